/* SPDX-License-Identifier: MIT */
/* expect - `expects` and `or` lines: status, headers, body, JSON members of an
 * answer. Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_EXPECT_H
#define SYNCSPEC_HARNESS_RUN_EXPECT_H

#include "harness/run/runner.h"

/* Judge the `expects` lines of the step against the ended call:
 * `status=400`, `status=4xx`, `gets=timeout`, `changes=3`,
 * `header.content-type~="json"`, `body~="text"`, `json.a.0.b="value"`.  With
 * `or` lines behind one, the first of them that holds decides: its grade
 * becomes a verdict of that outcome, and the script goes on. */
void expectations_judge(struct runner *runner, const struct step *step,
                        const struct raw_call *call);

#endif
