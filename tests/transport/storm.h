/* SPDX-License-Identifier: MIT */
/* storm - a bench with a bad network in front of it, for the tests of faults.
 */
#ifndef SYNCSPEC_TESTS_TRANSPORT_STORM_H
#define SYNCSPEC_TESTS_TRANSPORT_STORM_H

#include "harness/transport/faults.h"
#include "tests/transport/rig.h"

struct storm {
    struct bench bench;
    struct transport *net;
    int hits;
    uint32_t last_actor;
};

void storm_open_at(struct storm *storm, const struct sim_config *config);
void storm_open(struct storm *storm); /* at BENCH_CONFIG */
void storm_close(struct storm *storm);
void storm_add(struct storm *storm, struct fault_rule rule);
/* One push under one rule, run to the end. */
void storm_push(struct storm *storm, struct shot *shot, struct fault_rule rule);
/* A rule of that action for everybody, always. */
struct fault_rule rule_of(enum fault_action action,
                          enum fault_direction direction);
/* One that answers 503 with a page. */
struct fault_rule rule_answer(enum fault_direction direction);
/* The exchange ended so. */
void shot_ended(const struct shot *shot, enum reply_kind kind, enum fate fate,
                int64_t at_ms);
/* It was answered by rule_answer. */
void shot_answered_503(const struct shot *shot);

#endif
