/* SPDX-License-Identifier: MIT */
/* check - the checkers: they read a run's history, and only that, and say what
 * was broken, with the evidence.  Layer: harness/check.
 *
 * Clauses of level M are always checked.  Those of level S and X only where
 * the scenario covers them, so that a server is not accused of what it never
 * promised. */
#ifndef SYNCSPEC_HARNESS_CHECK_CHECK_H
#define SYNCSPEC_HARNESS_CHECK_CHECK_H

#include "reports/verdict.h"

struct check_input {
    const struct history *history; /* borrows */
    struct arena *arena;           /* verdicts go there */
    struct str file;               /* of the scenario */
    const struct str *covers;      /* clause ids of the scenario */
    size_t cover_count;
    const struct str *collections; /* that the clients have */
    size_t collection_count;
    bool lww;      /* all clients merge by field-level-lww */
    bool settled;  /* the run came to its end: final states mean something */
    bool timers;   /* clients act by themselves, not only when told */
    int64_t scale; /* world time per real time while listening; 0: 1 */
    const struct dialect *dialect; /* that was spoken; NULL: v2 */
    bool killed; /* the script itself ended or wiped the server */
};

/* Run all; failures are appended to `result`. */
void checkers_run(const struct check_input *input, struct run_result *result);

/* Names of all checkers, for the manual; ends with NULL. */
const char *const *checker_names(void);

#endif
