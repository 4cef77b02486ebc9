/* SPDX-License-Identifier: MIT */
/* suspects - cases that were under way, in several processes, when a server
 * died: which of them kills it?  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_SUSPECTS_H
#define SYNCSPEC_HARNESS_RUN_SUSPECTS_H

#include "harness/run/session_core.h"

/* Remember this scenario. */
void suspects_add(struct playing *playing, size_t scenario);
/* Publish a result for each that was remembered, and name the culprit in
 * session->target_error.  Where the server can be had again (the suite starts
 * it, or somebody else does within suite->wait_ms), each is played alone: the
 * ones that kill it again are to blame, the others keep their own results.
 * Where not, all of them are told as errors, with each other's names. */
void suspects_judge(struct playing *playing);

#endif
