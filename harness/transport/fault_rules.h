/* SPDX-License-Identifier: MIT */
/* fault_rules - which message is disturbed, and by which rule.
 * Layer: harness/transport.  Knows nothing of clocks and transports. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_FAULT_RULES_H
#define SYNCSPEC_HARNESS_TRANSPORT_FAULT_RULES_H

#include "base/rng.h"
#include "harness/transport/faults.h"

struct fault_active {
    struct fault_rule rule;
    size_t seen; /* messages that it let pass for `skip` */
    size_t hits;
};

struct fault_rules {
    struct fault_active *items; /* owned, in the order they were added */
    size_t count, cap;
    struct rng rng;
};

void fault_rules_init(struct fault_rules *rules, uint64_t seed);
void fault_rules_free(struct fault_rules *rules);
/* As faults_add. */
bool fault_rules_add(struct fault_rules *rules, const struct fault_rule *rule);
void fault_rules_clear(struct fault_rules *rules);
/* Forget rules that were used up; how many are left. */
size_t fault_rules_active(struct fault_rules *rules);
/* The rule that hits this message, copied to `out`, and counted; false when it
 * goes through.  `ending` is NULL for a request. */
bool fault_rules_find(struct fault_rules *rules, enum fault_direction direction,
                      const struct exchange *exchange,
                      const struct ending *ending, struct fault_rule *out);
/* Draw the delay of a FAULT_DELAY rule. */
int64_t fault_rules_delay_ms(struct fault_rules *rules,
                             const struct fault_rule *rule);
/* How long a body of so many bytes trickles; INT64_MAX: for ever. */
int64_t fault_rule_trickle_ms(const struct fault_rule *rule, size_t body_bytes);

#endif
