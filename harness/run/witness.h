/* SPDX-License-Identifier: MIT */
/* witness - a second, plain client of sockets, asked when the library may have
 * lost what came right before a connection's end.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_WITNESS_H
#define SYNCSPEC_HARNESS_RUN_WITNESS_H

#include "harness/run/run.h"

/* Did it fail in something that a lost message alone would explain: something
 * was not heard, by the script or by the checkers of live channels? */
bool witness_may_help(const struct scenario *scenario,
                      const struct run_result *result);
/* The scenario was played with `options` and came to `result`.  On the wire,
 * when the witness may help and was not asked yet, it is played once more with
 * it; if that does not fail, its result takes the place, with a note.  That of
 * a first look gives way to it in any case: it has not seen everything. */
void witness_hear(const struct scenario *scenario,
                  const struct run_options *options, struct arena *arena,
                  struct run_result *result);

#endif
