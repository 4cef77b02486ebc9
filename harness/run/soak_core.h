/* SPDX-License-Identifier: MIT */
/* soak_core - what the files of the soak share.
 * Layer: harness/run, not for others. */
#ifndef SYNCSPEC_HARNESS_RUN_SOAK_CORE_H
#define SYNCSPEC_HARNESS_RUN_SOAK_CORE_H

#include "harness/run/soak.h"

/* Verdicts about what both processes hold, from the marks. */
void soak_judge(const struct soak_options *options,
                const struct soak_result *out, struct arena *arena,
                struct run_result *result);
/* The figures on one line, for the reports. */
struct str soak_note(const struct soak_options *options,
                     const struct soak_result *out, struct arena *arena);

#endif
