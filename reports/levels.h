/* SPDX-License-Identifier: MIT */
/* levels - which profiles a server has shown to reach.  Layer: reports; only
 * for the files of the formats.
 *
 * A profile is reached when each clause of it that applies has a case that
 * passed and none that failed, or was undecided.  What a case found to be an
 * optional part that the server does not have does not apply; what no case was
 * run for applies, so that a part of the suite shows no profile. */
#ifndef SYNCSPEC_REPORTS_LEVELS_H
#define SYNCSPEC_REPORTS_LEVELS_H

#include "base/buf.h"
#include "reports/clause_sums.h"
#include "reports/report.h"

enum level_state { LEVEL_NO, LEVEL_NOT_SHOWN, LEVEL_YES };

struct level {
    const char *name;        /* "core", "full", "strict" */
    enum clause_level up_to; /* the clauses that belong to it */
    bool asked;              /* the run's profile is this or a greater one */
    enum level_state state;
    size_t clauses;       /* that apply */
    size_t passing;       /* of them */
    size_t unimplemented; /* that do not */
};
enum { LEVELS = 3 };

/* The smallest first. */
void levels_find(const struct clause_sums *sums, const struct report_run *run,
                 struct level levels[LEVELS]);
/* Append a line a level, `before` in front of each: "core: yes (62 of 62 must
 * clauses)", "full: no (88 of 90 clauses; PUSH-5, VALID-9 failed)",
 * "strict: not asked". */
void levels_write(struct buf *out, const struct clause_sums *sums,
                  const struct report_run *run, const char *before);
/* The greatest that was asked and reached, with what the run's profile has
 * behind its level's name ("core-2026.1"), in the arena; empty: none.
 * `state`: of the one that was asked. */
struct str levels_reached(const struct clause_sums *sums,
                          const struct report_run *run, struct arena *arena,
                          enum level_state *state);

#endif
