/* SPDX-License-Identifier: MIT */
/* faults_live - which live channels are hit as a whole: silenced, stalled, cut,
 * told something.  Layer: harness/transport.
 *
 * A channel that is silent is not read any more either, so that its pings stay
 * unanswered and the server finds out by itself; when its client leaves, the
 * server is not told, and the lane stays until the inner channel ends or the
 * network is healed. */
#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/fault_lane.h"

static bool lane_can_be_hit(const struct lane *lane)
{
    return lane->outer && lane->stage == LANE_OPEN && !lane->silent;
}

static void lane_stall(struct lane *lane, const struct fault_rule *rule)
{
    int64_t until_ms = lane->faults->world->now_ms +
                       fault_rules_delay_ms(&lane->faults->rules, rule);
    if (until_ms > lane->stalled_until_ms) {
        lane->stalled_until_ms = until_ms;
        lane_set_pause(lane);
        lane_flow_later(lane, until_ms);
    }
}

static void lane_silence(struct lane *lane)
{
    lane->silent = true;
    /* Nothing will come: on the wire the clock need not wait for it. */
    lane->inner.outer = NULL;
    line_clear(lane);
    lane_set_pause(lane);
}

static void lane_arm(struct lane *lane, const struct fault_active *active)
{
    const struct fault_subject subject =
        lane_subject(lane, FAULT_BIT(FAULT_CUT));
    for (size_t i = 0; i < lane->arm_count; i++) {
        if (lane->arms[i].rule == active->number) {
            return;
        }
    }
    if (!fault_rules_match(active, &subject)) {
        return;
    }
    if (lane->arm_count == lane->arm_cap) {
        size_t cap = lane->arm_cap ? 2 * lane->arm_cap : 2;
        struct cut_arm *arms = realloc(lane->arms, cap * sizeof *arms);
        ASSERT(arms);
        lane->arms = arms;
        lane->arm_cap = cap;
    }
    lane->arms[lane->arm_count++] =
        (struct cut_arm){active->number, lane->bytes_in + active->rule.bytes};
}

/* One rule hits, or is to hit, one open channel. */
static void lane_hit(struct lane *lane, struct fault_active *active)
{
    const struct fault_subject subject =
        lane_subject(lane, FAULT_BIT(active->rule.action));
    const struct fault_rule rule = active->rule;
    if (!lane_can_be_hit(lane)) {
        return;
    }
    if (rule.action == FAULT_CUT && rule.bytes > 0) {
        lane_arm(lane, active);
        return;
    }
    if (!faults_hits(lane->faults, active, &subject)) {
        return;
    }
    if (rule.action == FAULT_ANNOUNCE) {
        line_announce(lane, rule.body);
    } else if (rule.action == FAULT_STALL) {
        lane_stall(lane, &rule);
    } else if (rule.action == FAULT_SILENCE) {
        lane_silence(lane);
    } else {
        lane_break(lane, REPLY_RESET, "connection reset");
    }
}

static void lanes_hit(struct faults *faults, struct fault_active *active)
{
    for (struct lane *lane = faults->lanes; lane; lane = lane->next) {
        if (active->rule.action != FAULT_ANNOUNCE ||
            lane->inner.kind == CHANNEL_SOCKET) {
            lane_hit(lane, active);
        }
    }
}

/* A rule that goes on hits those that have opened just now. */
static bool rule_goes_on(const struct faults *faults,
                         const struct fault_active *active)
{
    switch (active->rule.action) {
    case FAULT_SILENCE:
    case FAULT_STALL:
        return true;
    case FAULT_CUT:
        return active->rule.bytes > 0
                   ? faults->world->now_ms >= active->rest_until_ms
                   : active->rule.every_ms <= 0;
    case FAULT_DROP:
    case FAULT_DELAY:
    case FAULT_DUPLICATE:
    case FAULT_REORDER:
    case FAULT_TRUNCATE:
    case FAULT_RESET:
    case FAULT_TRICKLE:
    case FAULT_ANSWER:
    case FAULT_REPEAT:
    case FAULT_ANNOUNCE:
    case FAULT_SPLIT:
        break;
    }
    return false;
}

void lane_hit_fresh(struct lane *lane)
{
    struct faults *faults = lane->faults;
    for (size_t i = 0; i < faults->rules.count; i++) {
        if (rule_goes_on(faults, &faults->rules.items[i])) {
            lane_hit(lane, &faults->rules.items[i]);
        }
    }
}

static void lanes_cut_round(void *context, uint64_t number)
{
    struct faults *faults = context;
    struct fault_active *active = fault_rules_get(&faults->rules, number);
    if (!active) {
        return;
    }
    const struct fault_rule *rule = &active->rule;
    lanes_hit(faults, active);
    if (rule->bytes == 0 && rule->every_ms > 0) {
        world_at(faults->world, faults->world->now_ms + rule->every_ms,
                 lanes_cut_round, faults, number);
    }
}

void lanes_cut_again(struct faults *faults, struct fault_active *active)
{
    if (active->rule.every_ms > 0) {
        active->rest_until_ms = faults->world->now_ms + active->rule.every_ms;
        world_at(faults->world, active->rest_until_ms, lanes_cut_round, faults,
                 active->number);
    }
}

void lanes_add_rule(struct faults *faults, uint64_t number)
{
    struct fault_active *active = fault_rules_get(&faults->rules, number);
    struct fault_rule *rule = &active->rule;
    bool once = rule->count == 0 && rule->every_ms <= 0;
    if (rule->action == FAULT_CUT) {
        rule->count = once && rule->bytes > 0 ? 1 : rule->count;
        lanes_cut_round(faults, number);
        active->spent = once && rule->bytes == 0;
    } else if (rule->action == FAULT_ANNOUNCE) {
        lanes_hit(faults, active);
        active->spent = true;
    } else if (rule->action == FAULT_STALL) {
        lanes_hit(faults, active);
        active->spent = rule->count == 0;
    } else if (rule->action == FAULT_SILENCE) {
        lanes_hit(faults, active);
    }
}

void lanes_heal(struct faults *faults)
{
    int64_t now_ms = faults->world->now_ms;
    for (struct lane *lane = faults->lanes; lane; lane = lane->next) {
        if (lane->outer && lane->stage == LANE_OPEN && lane_is_stalled(lane)) {
            lane->stalled_until_ms = now_ms;
            lane_flow_later(lane, now_ms);
        } else if (!lane->outer && lane->linked) {
            lane_forget(lane);
        }
    }
}
