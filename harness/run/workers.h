/* SPDX-License-Identifier: MIT */
/* workers - a session played by several processes at one time, told in the
 * order in which one alone would have told it; a suite's results are told as
 * they come, those of one chunk in its order.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_WORKERS_H
#define SYNCSPEC_HARNESS_RUN_WORKERS_H

#include "harness/run/session_core.h"

/* Plays everything with session->jobs processes.  A process that dies is told
 * as a target that could not be had; its runs are not run. */
void workers_play(struct playing *playing);

#endif
