/* SPDX-License-Identifier: MIT */
/* finding - how a checker says what it found: the clause that fits best, the
 * evidence, and a limit on repetition.  Layer: harness/check. */
#ifndef SYNCSPEC_HARNESS_CHECK_FINDING_H
#define SYNCSPEC_HARNESS_CHECK_FINDING_H

#include "harness/check/ledger.h"

enum { FINDINGS_PER_CHECKER = 3 };

struct finder {
    struct ledger *ledger;
    struct run_result *result;
    const char *checker;
    size_t found; /* by this checker */
};

/* The first of the space-separated ids that the scenario covers, else the
 * first.  Empty when all are of level S or X and none is covered: then
 * nothing may be reported. */
struct str clause_pick(const struct ledger *ledger, const char *candidates);

struct finding {
    const char *candidates; /* clauses, most fitting first */
    uint32_t line;
    struct str what, expected, actual, cause;
};

/* Start a verdict; NULL when it may not or need not be reported (level, or
 * over FINDINGS_PER_CHECKER).  Add evidence to the returned verdict, then
 * finding_end. */
struct verdict *finding_begin(struct finder *finder,
                              const struct finding *finding);
void finding_end(struct finder *finder, struct verdict *verdict);

/* One line a write of the register, and who holds what. */
void explain_register(const struct ledger *ledger, const struct reg *reg,
                      struct verdict *verdict);
/* `"Buy milk" @2026-03-27T10:05:00.000Z`, or "nothing". */
struct str held_text(struct arena *arena, const struct held *held);
struct str write_text(struct arena *arena, const struct write *write);
struct str time_text(struct arena *arena, int64_t t_ms); /* "t=2.140s" */
struct str reg_text(struct arena *arena, const struct reg *reg);

/* The same record, op, values and stamps. */
bool change_same(const struct change *a, const struct change *b);

/* The checkers. */
void check_tenancy(struct finder *finder);
void check_oracle(struct finder *finder);
void check_delivery(struct finder *finder);
void check_convergence(struct finder *finder);
void check_cursors(struct finder *finder);
void check_pages(struct finder *finder);
void check_atomicity(struct finder *finder);
void check_idempotence(struct finder *finder);
void check_order(struct finder *finder);
void check_queue(struct finder *finder);
void check_session(struct finder *finder);
void check_progress(struct finder *finder);
void check_honesty(struct finder *finder);
void check_liveness(struct finder *finder);
void check_notices(struct finder *finder);
void check_streams(struct finder *finder);
void check_listening(struct finder *finder);

#endif
