/* SPDX-License-Identifier: MIT */
/* fault_rules - which message is disturbed, and by which rule.
 * Layer: harness/transport.  Knows nothing of clocks and transports. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_FAULT_RULES_H
#define SYNCSPEC_HARNESS_TRANSPORT_FAULT_RULES_H

#include "base/rng.h"
#include "harness/transport/faults.h"

/* A set of actions. */
#define FAULT_BIT(action) (1u << (action))
#define FAULT_BITS_ALL    (~0u)

/* What a rule may hit: a request, an answer, a channel or its message. */
struct fault_subject {
    uint32_t actor;
    uint32_t id;
    struct str target;
    unsigned actions; /* FAULT_BIT()s of those that make sense for it */
};

struct fault_active {
    struct fault_rule rule;
    uint64_t number; /* of its own, never again; from 1 */
    size_t seen;     /* messages that it let pass for `skip` */
    size_t hits;
    int64_t rest_until_ms; /* CUT with `every_ms`: nothing before that */
    bool spent;            /* used up, whatever `count` says */
};

struct fault_rules {
    struct fault_active *items; /* owned, in the order they were added */
    size_t count, cap;
    uint64_t last_number;
    struct rng rng;
    bool rest; /* while it is set none hits or counts */
};

void fault_rules_init(struct fault_rules *rules, uint64_t seed);
void fault_rules_free(struct fault_rules *rules);
/* As faults_add; the number of the rule, 0 when it was refused. */
uint64_t fault_rules_add(struct fault_rules *rules,
                         const struct fault_rule *rule);
void fault_rules_clear(struct fault_rules *rules);
/* Forget rules that were used up; how many are left. */
size_t fault_rules_active(struct fault_rules *rules);
/* The rule that hits this, copied to `out`, and counted; false when it goes
 * through.  `ending` is NULL for all but a response of an exchange. */
bool fault_rules_find(struct fault_rules *rules, enum fault_direction direction,
                      const struct fault_subject *subject,
                      const struct ending *ending, struct fault_rule *out);
/* The rule of that number, unless it was used up or cleared: NULL then.
 * Borrows until the next rule is added or rules are forgotten. */
struct fault_active *fault_rules_get(struct fault_rules *rules,
                                     uint64_t number);
/* Is this rule (not used up) meant for the subject, and does it hit it: skip
 * and probability count, and so does the hit. */
bool fault_rules_hit(struct fault_rules *rules, struct fault_active *active,
                     const struct fault_subject *subject);
/* Is it meant for the subject?  Counts nothing. */
bool fault_rules_match(const struct fault_active *active,
                       const struct fault_subject *subject);
/* Draw the delay of a FAULT_DELAY rule. */
int64_t fault_rules_delay_ms(struct fault_rules *rules,
                             const struct fault_rule *rule);
/* How long a body of so many bytes trickles; INT64_MAX: for ever. */
int64_t fault_rule_trickle_ms(const struct fault_rule *rule, size_t body_bytes);

#endif
