/* SPDX-License-Identifier: MIT */
/* expect - `expects` lines: status, headers, body, JSON members of an answer.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_EXPECT_H
#define SYNCSPEC_HARNESS_RUN_EXPECT_H

#include "harness/run/runner.h"

/* Judge every argument of one `expects` line against the ended call:
 * `status=400`, `status=4xx`, `gets=timeout`, `changes=3`,
 * `header.content-type~="json"`, `body~="text"`, `json.a.0.b="value"`. */
void expectation_judge(struct runner *runner, const struct step *step,
                       const struct expectation *expectation,
                       const struct raw_call *call);

#endif
