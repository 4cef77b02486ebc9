/* SPDX-License-Identifier: MIT */
/* faults - a bad network in front of any transport.  Layer: harness/transport.
 *
 * Here is what both halves share; exchanges are disturbed in fault_flight.c,
 * live channels in fault_lane.c, fault_line.c and faults_live.c. */
#include "harness/transport/faults.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/faults_core.h"

static void faults_tell(const struct faults *faults,
                        const struct fault_subject *subject,
                        const struct fault_rule *rule)
{
    if (faults->hit) {
        const struct fault_victim victim = {subject->actor, subject->id};
        faults->hit(faults->context, &victim, rule);
    }
}

bool faults_find(struct faults *faults, enum fault_direction direction,
                 const struct fault_subject *subject,
                 const struct ending *ending, struct fault_rule *out)
{
    if (!fault_rules_find(&faults->rules, direction, subject, ending, out)) {
        return false;
    }
    faults_tell(faults, subject, out);
    return true;
}

bool faults_hits(struct faults *faults, struct fault_active *active,
                 const struct fault_subject *subject)
{
    if (!fault_rules_hit(&faults->rules, active, subject)) {
        return false;
    }
    const struct fault_rule rule = active->rule;
    faults_tell(faults, subject, &rule);
    return true;
}

static void reply_header(struct ending *ending, const char *name,
                         struct str value)
{
    if (value.n > 0) {
        http_reply_header(&ending->reply, str_of(name), value);
    }
}

void faults_answer(const struct fault_rule *rule, enum fate fate,
                   struct packet *packet, struct ending *to)
{
    struct ending answer = {.kind = REPLY_ANSWER, .fate = fate};
    answer.reply.status = rule->status;
    answer.reply.body = rule->body;
    reply_header(&answer, "Content-Type", rule->content_type);
    reply_header(&answer, "Retry-After", rule->retry_after);
    packet_ending(packet, &answer, to);
}

/* --- the transport ---------------------------------------------------- */

static void faults_send(struct transport *transport, struct exchange *exchange)
{
    flight_send((struct faults *)transport, exchange);
}

static void faults_cancel(struct transport *transport,
                          struct exchange *exchange)
{
    (void)transport;
    flight_cancel(exchange);
}

static void faults_open(struct transport *transport, struct channel *channel)
{
    lane_open((struct faults *)transport, channel);
}

static void faults_say(struct transport *transport, struct channel *channel,
                       struct str bytes)
{
    (void)transport;
    lane_say(channel, bytes);
}

static void faults_shut(struct transport *transport, struct channel *channel,
                        int code)
{
    (void)transport;
    lane_shut(channel, code);
}

static void faults_pause(struct transport *transport, struct channel *channel,
                         bool paused)
{
    (void)transport;
    lane_pause(channel, paused);
}

static size_t faults_in_flight(struct transport *transport)
{
    struct transport *inner = ((struct faults *)transport)->inner;
    return inner->ops->in_flight(inner);
}

static size_t faults_listening(struct transport *transport)
{
    struct transport *inner = ((struct faults *)transport)->inner;
    return inner->ops->listening ? inner->ops->listening(inner) : 0;
}

static void faults_poll(struct transport *transport, int64_t max_ms)
{
    struct transport *inner = ((struct faults *)transport)->inner;
    inner->ops->poll(inner, max_ms);
}

static void faults_close(struct transport *transport)
{
    struct faults *faults = (struct faults *)transport;
    flights_free(faults);
    lanes_free(faults);
    fault_rules_free(&faults->rules);
    free(faults);
}

struct transport *
faults_create(struct world *world, struct transport *inner, uint64_t seed,
              void (*hit)(void *context, const struct fault_victim *victim,
                          const struct fault_rule *rule),
              void *context)
{
    static const struct transport_ops OPS = {
        .send = faults_send,
        .cancel = faults_cancel,
        .open = faults_open,
        .say = faults_say,
        .shut = faults_shut,
        .pause = faults_pause,
        .in_flight = faults_in_flight,
        .listening = faults_listening,
        .poll = faults_poll,
        .close = faults_close,
    };
    struct faults *faults = calloc(1, sizeof *faults);
    ASSERT(faults);
    faults->base.ops = &OPS;
    faults->world = world;
    faults->inner = inner;
    faults->hit = hit;
    faults->context = context;
    faults->last_lane = &faults->lanes;
    fault_rules_init(&faults->rules, seed);
    return &faults->base;
}

bool faults_add(struct transport *transport, const struct fault_rule *rule)
{
    struct faults *faults = (struct faults *)transport;
    uint64_t number = fault_rules_add(&faults->rules, rule);
    if (number != 0 && rule->direction == FAULT_MESSAGE) {
        lanes_add_rule(faults, number);
    }
    return number != 0;
}

void faults_heal(struct transport *transport)
{
    struct faults *faults = (struct faults *)transport;
    fault_rules_clear(&faults->rules);
    lanes_heal(faults);
}

void faults_rest(struct transport *transport, bool rest)
{
    ((struct faults *)transport)->rules.rest = rest;
}

size_t faults_active(struct transport *transport)
{
    return fault_rules_active(&((struct faults *)transport)->rules);
}
