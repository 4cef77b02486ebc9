/* SPDX-License-Identifier: MIT */
/* fault_rules - which message is disturbed.  Layer: harness/transport. */
#include "harness/transport/fault_rules.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "base/limits.h"
#include "protocol/translate.h"

void fault_rules_init(struct fault_rules *rules, uint64_t seed)
{
    *rules = (struct fault_rules){0};
    rng_init(&rules->rng, seed, STR("faults"));
}

void fault_rules_free(struct fault_rules *rules)
{
    free(rules->items);
    rules->items = NULL;
}

void fault_rules_clear(struct fault_rules *rules)
{
    rules->count = 0;
}

static bool is_used_up(const struct fault_active *active)
{
    return active->spent ||
           (active->rule.count > 0 && active->hits >= active->rule.count);
}

size_t fault_rules_active(struct fault_rules *rules)
{
    size_t kept = 0;
    for (size_t i = 0; i < rules->count; i++) {
        if (!is_used_up(&rules->items[i])) {
            rules->items[kept++] = rules->items[i];
        }
    }
    rules->count = kept;
    return kept;
}

static bool action_exists(const struct fault_rule *rule)
{
    bool request = rule->direction == FAULT_REQUEST;
    bool message = rule->direction == FAULT_MESSAGE;
    switch (rule->action) {
    case FAULT_DUPLICATE:
        return request || message;
    case FAULT_TRUNCATE:
    case FAULT_RESET:
    case FAULT_TRICKLE:
        return !request && !message;
    case FAULT_ANSWER:
        return !message;
    case FAULT_REPEAT:
    case FAULT_ANNOUNCE:
    case FAULT_CUT:
    case FAULT_SILENCE:
    case FAULT_STALL:
    case FAULT_SPLIT:
        return message;
    case FAULT_DROP:
    case FAULT_DELAY:
    case FAULT_REORDER:
        break;
    }
    return true;
}

uint64_t fault_rules_add(struct fault_rules *rules,
                         const struct fault_rule *rule)
{
    if (!action_exists(rule) || fault_rules_active(rules) == LIMIT_RULES) {
        return 0;
    }
    if (rules->count == rules->cap) {
        rules->cap = rules->cap ? 2 * rules->cap : 4;
        rules->items = realloc(rules->items, rules->cap * sizeof *rules->items);
        ASSERT(rules->items);
    }
    rules->items[rules->count++] =
        (struct fault_active){.rule = *rule, .number = ++rules->last_number};
    return rules->last_number;
}

static bool contains(struct str s, struct str part)
{
    for (size_t i = 0; i + part.n <= s.n; i++) {
        if (str_starts(str_skip(s, i), part)) {
            return true;
        }
    }
    return false;
}

/* As scripts call it. */
static bool target_fits(const struct fault_rule *rule, struct str target)
{
    struct arena arena;
    if (rule->match.n == 0 || !rule->dialect || !rule->dialect->renames) {
        return contains(target, rule->match);
    }
    arena_init(&arena, 1 << 20);
    bool fits = contains(translate_target_back(rule->dialect, target, &arena),
                         rule->match);
    arena_free(&arena);
    return fits;
}

static bool can_cut(const struct fault_rule *rule, const struct ending *ending)
{
    bool cuts = rule->action == FAULT_TRUNCATE || rule->action == FAULT_RESET;
    return !cuts || rule->bytes == 0 || ending->reply.body.n > rule->bytes;
}

bool fault_rules_match(const struct fault_active *active,
                       const struct fault_subject *subject)
{
    const struct fault_rule *rule = &active->rule;
    return !is_used_up(active) &&
           (subject->actions & FAULT_BIT(rule->action)) != 0 &&
           (rule->actor == UINT32_MAX || rule->actor == subject->actor) &&
           target_fits(rule, subject->target);
}

static bool hits(struct fault_rules *rules, struct fault_active *active)
{
    if (active->seen < active->rule.skip) {
        active->seen++;
        return false;
    }
    if (active->rule.per_mille < 1000 &&
        !rng_chance(&rules->rng, active->rule.per_mille)) {
        return false;
    }
    active->hits++;
    return true;
}

bool fault_rules_hit(struct fault_rules *rules, struct fault_active *active,
                     const struct fault_subject *subject)
{
    return !rules->rest && fault_rules_match(active, subject) &&
           hits(rules, active);
}

bool fault_rules_find(struct fault_rules *rules, enum fault_direction direction,
                      const struct fault_subject *subject,
                      const struct ending *ending, struct fault_rule *out)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct fault_active *active = &rules->items[i];
        if (active->rule.direction == direction &&
            (!ending || can_cut(&active->rule, ending)) &&
            fault_rules_hit(rules, active, subject)) {
            *out = active->rule;
            return true;
        }
    }
    return false;
}

struct fault_active *fault_rules_get(struct fault_rules *rules, uint64_t number)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->items[i].number == number) {
            return is_used_up(&rules->items[i]) ? NULL : &rules->items[i];
        }
    }
    return NULL;
}

int64_t fault_rules_delay_ms(struct fault_rules *rules,
                             const struct fault_rule *rule)
{
    int64_t delay_ms = rule->by_ms > 0 ? rule->by_ms : 0;
    if (rule->jitter_ms > 0) {
        delay_ms += rng_range(&rules->rng, 0, rule->jitter_ms);
    }
    return delay_ms;
}

int64_t fault_rule_trickle_ms(const struct fault_rule *rule, size_t body_bytes)
{
    if (rule->bytes == 0) {
        return INT64_MAX;
    }
    /* A body is at most LIMIT_REPLY_BYTES: far from an overflow. */
    return (int64_t)(body_bytes * 1000 / rule->bytes);
}
