/* SPDX-License-Identifier: MIT */
/* evidence - what went over the wire, for the verdicts that are about it: the
 * request, its answer, and a line that sends it again, or what was said and
 * heard on a live channel.  Layer: harness/run.
 *
 * All of it is read from the history.  In virtual time there is nothing. */
#ifndef SYNCSPEC_HARNESS_RUN_EVIDENCE_H
#define SYNCSPEC_HARNESS_RUN_EVIDENCE_H

#include "harness/run/runner.h"

/* Put the exchange of that number into a verdict on the step that is played;
 * 0: the last ones that the step's clients sent for it. */
void evidence_of_step(struct runner *runner, struct verdict *verdict,
                      uint32_t exchange);
/* The same for all that the checkers found: those that a finding names as #12,
 * or else the first of the line that it names. */
void evidence_of_findings(struct runner *runner);

#endif
