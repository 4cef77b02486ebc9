/* SPDX-License-Identifier: MIT */
/* embedded - the scenarios and pages that the program carries, so that it is
 * one file.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_EMBEDDED_H
#define SYNCSPEC_HARNESS_RUN_EMBEDDED_H

#include "base/embedded.h"

/* Each is sorted by path, bytewise, and ends with a NULL path. */
extern const struct embedded_file embedded_clauses[];   /* docs/clauses/ */
extern const struct embedded_file embedded_scenarios[]; /* no malformed ones */
extern const struct embedded_file embedded_profiles[];  /* see profile.h */

#endif
