/* SPDX-License-Identifier: MIT */
/* clause_sums - what a run's results say of each clause, from the results
 * alone.  Layer: reports; only for the files of the formats.
 *
 * A case that fails says something of the clause that its verdict names, and
 * nothing of the others it covers: it ended before they were decided. */
#ifndef SYNCSPEC_REPORTS_CLAUSE_SUMS_H
#define SYNCSPEC_REPORTS_CLAUSE_SUMS_H

#include "base/arena.h"
#include "reports/verdict.h"

enum sum_group {
    SUM_PASSED,
    SUM_GRADED,    /* nonstrict, info: allowed */
    SUM_FAILED,    /* also as it is known to, and what died */
    SUM_UNDECIDED, /* unknown, flaky, or the case ended before */
    SUM_UNIMPLEMENTED,
    SUM_NOT_RUN /* also skipped; of a clause: no case of it was run */
};
enum { SUM_GROUPS = SUM_NOT_RUN + 1 };

struct clause_sum {
    const struct clause *clause;
    size_t counts[OUTCOMES]; /* of cases */
    size_t cut;              /* cases that ended before it was decided */
    struct str first;        /* id of the first of the worst cases; empty: all
                                are well */
    enum outcome first_outcome;
};

struct clause_sums {
    struct arena *arena;      /* borrows */
    struct clause_sum *items; /* of all clauses, in the table's order */
    size_t count;
    unsigned dialects; /* of the results so far */
};

void clause_sums_init(struct clause_sums *sums, struct arena *arena);
/* Count one result; borrows it for the call. */
void clause_sums_add(struct clause_sums *sums, const struct run_result *result);
/* Is it asked of a server, in a dialect that was spoken?  Clauses of clients
 * are not. */
bool clause_sums_apply(const struct clause_sums *sums,
                       const struct clause_sum *sum);

/* Cases that say something of it, or were to. */
size_t clause_sum_cases(const struct clause_sum *sum);
size_t clause_sum_count(const struct clause_sum *sum, enum sum_group group);
/* The worst of what its cases decided.  When none did: unknown if a case ended
 * before it, else unimplemented, skip, not run. */
enum outcome clause_sum_outcome(const struct clause_sum *sum);
enum sum_group sum_group_of(enum outcome outcome);
const char *sum_group_word(enum sum_group group); /* "passed", … */

#endif
