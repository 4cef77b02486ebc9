/* SPDX-License-Identifier: MIT */
/* suite - what a conformance run has that other runs have not: a level of
 * requirement, a server that was looked at before, cases that are played
 * alone.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_SUITE_H
#define SYNCSPEC_HARNESS_RUN_SUITE_H

#include "harness/run/probe.h"
#include "harness/scenario/scenario.h"
#include "harness/transport/served.h"
#include "protocol/clauses.h"
#include "reports/verdict.h"

struct suite {
    enum clause_level level;   /* what is broken beyond it is nonstrict */
    const struct probe *probe; /* what the target has */
    struct served *served;     /* the suite started the server; or NULL */
    size_t alone_from;         /* index of the first scenario that is played
                                  when no other is */
    int64_t wait_ms;           /* for a server that died to be there again */
};

/* The level of a case: that of the clause it covers first. */
enum clause_level suite_level(const struct scenario *scenario);
/* Must it be played when nothing else is?  `own_users`: every case has users
 * of its own, so that nobody hears of others. */
bool suite_is_alone(const struct scenario *scenario, bool own_users);
/* Is most of it waiting, for seconds? */
bool suite_waits_long(const struct scenario *scenario);
/* Put the scenarios into the order of telling: those that are much work behind
 * the others, then those with live channels, then those that wait long, and
 * those that are alone last; returns the index of the first of these.  In each
 * of the five the first variant of every file comes before the second ones, or,
 * with a seed other than 0, the order is the seed's. */
size_t suite_order(struct scenario_list *list, bool own_users,
                   uint64_t shuffle_seed, struct arena *arena);
/* What the level does not ask for becomes nonstrict. */
void suite_judge(const struct suite *suite, struct run_result *result);

#endif
