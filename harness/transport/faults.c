/* SPDX-License-Identifier: MIT */
/* faults - a bad network in front of any transport.  Layer: harness/transport.
 *
 * Every exchange of a client becomes a flight with an inner exchange of its
 * own, so that the two can end at different times: a client may be told
 * "timeout" while the server answers, and the other way round. */
#include "harness/transport/faults.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/fault_rules.h"
#include "harness/transport/packet.h"

enum {
    ANSWER_AFTER_MS = 20,   /* an answer that somebody in between gives */
    REORDER_MOST_MS = 1000, /* held no longer than this */
    ERROR_TEXT_MAX = 96
};

enum stage {
    STAGE_FREE,
    STAGE_HELD,  /* the request will go on later */
    STAGE_INNER, /* it is with the inner transport */
    STAGE_LOST,  /* nothing comes any more but the timeout */
    STAGE_REPLY  /* the ending will be delivered later */
};

struct flight {
    struct faults *faults;
    struct exchange *outer; /* NULL: the client has its ending, or left */
    struct flight *twin;    /* the other of a doubled request, or NULL */
    enum stage stage;
    uint64_t turn;  /* of this use: events of an earlier one are stale */
    uint64_t since; /* order in which flights were held */
    int64_t expire_ms;
    int64_t timeout_ms;
    enum fate timeout_fate;
    uint32_t reorder_actor;       /* held for the next of this actor … */
    enum fault_direction reorder; /* … in this direction; 0: not */
    bool own;                     /* inner.request is in `request` */
    struct exchange inner;
    struct ending ending; /* STAGE_REPLY */
    struct packet request, reply;
    struct flight *next, *next_free;
};

struct faults {
    struct transport base;
    struct world *world;
    struct transport *inner;
    struct fault_rules rules;
    void (*hit)(void *context, const struct fault_victim *victim,
                const struct fault_rule *rule);
    void *context;
    struct flight *flights; /* all ever made, the last first */
    struct flight *free_flights;
    uint64_t held;    /* flights ever held */
    size_t reordered; /* flights waiting for another message now */
};

/* The rule that hits this message, copied; false when it goes through. */
static bool rule_find(struct faults *faults, enum fault_direction direction,
                      const struct exchange *exchange,
                      const struct ending *ending, struct fault_rule *out)
{
    if (!fault_rules_find(&faults->rules, direction, exchange, ending, out)) {
        return false;
    }
    if (faults->hit) {
        const struct fault_victim victim = {exchange->actor, exchange->id};
        faults->hit(faults->context, &victim, out);
    }
    return true;
}

/* --- flights ---------------------------------------------------------- */

static struct flight *flight_new(struct faults *faults)
{
    struct flight *flight = faults->free_flights;
    if (flight) {
        faults->free_flights = flight->next_free;
        return flight;
    }
    flight = calloc(1, sizeof *flight);
    ASSERT(flight);
    flight->faults = faults;
    flight->next = faults->flights;
    faults->flights = flight;
    return flight;
}

static void flight_unhold(struct flight *flight)
{
    if (flight->reorder) {
        flight->faults->reordered--;
        flight->reorder = 0;
    }
}

static void flight_release(struct flight *flight)
{
    struct faults *faults = flight->faults;
    ASSERT(flight->stage != STAGE_FREE && !flight->outer && !flight->twin);
    flight_unhold(flight);
    flight->turn++;
    flight->stage = STAGE_FREE;
    packet_trim(&flight->request);
    packet_trim(&flight->reply);
    flight->next_free = faults->free_flights;
    faults->free_flights = flight;
}

/* The client gets its ending; the flight may go on without it. */
static void flight_end(struct flight *flight, const struct ending *ending)
{
    struct exchange *outer = flight->outer;
    flight->outer = NULL;
    if (flight->twin) {
        flight->twin->outer = NULL;
        flight->twin->twin = NULL;
        flight->twin = NULL;
    }
    outer->internal = NULL;
    outer->done(outer, ending);
}

static void flight_expired(void *context, uint64_t turn)
{
    struct flight *flight = context;
    if (flight->turn != turn || !flight->outer) {
        return;
    }
    struct ending ending = {
        .kind = REPLY_TIMEOUT,
        .fate = flight->timeout_fate,
        .error = STR("no answer within the timeout"),
    };
    bool over = flight->stage != STAGE_HELD && flight->stage != STAGE_INNER;
    flight_end(flight, &ending);
    if (over) {
        flight_release(flight);
    }
}

static void flight_expire_later(struct flight *flight, enum fate fate)
{
    flight->timeout_fate = fate;
    if (flight->expire_ms < INT64_MAX) {
        world_at(flight->faults->world, flight->expire_ms, flight_expired,
                 flight, flight->turn);
    }
}

static void flight_lose(struct flight *flight, enum fate fate)
{
    flight->stage = STAGE_LOST;
    flight_expire_later(flight, fate);
}

/* Something of this actor went through: what was held for it may follow. */
static void messages_passed(struct faults *faults,
                            enum fault_direction direction, uint32_t actor);

static void flight_deliver(void *context, uint64_t turn)
{
    struct flight *flight = context;
    if (flight->turn != turn || flight->stage != STAGE_REPLY) {
        return;
    }
    struct faults *faults = flight->faults;
    uint32_t actor = flight->inner.actor;
    flight_unhold(flight);
    flight_end(flight, &flight->ending);
    flight_release(flight);
    messages_passed(faults, FAULT_RESPONSE, actor);
}

/* Deliver flight->ending after that time, or the timeout if it is first. */
static void flight_reply_later(struct flight *flight, int64_t after_ms,
                               enum fate timeout_fate)
{
    struct world *world = flight->faults->world;
    flight->stage = STAGE_REPLY;
    if (after_ms > flight->expire_ms - world->now_ms) {
        flight_expire_later(flight, timeout_fate);
    }
    if (after_ms < INT64_MAX) {
        world_at(world, world->now_ms + after_ms, flight_deliver, flight,
                 flight->turn);
    }
}

/* --- requests --------------------------------------------------------- */

static void flight_done(struct exchange *inner, const struct ending *ending);

static void flight_forward(struct flight *flight)
{
    struct faults *faults = flight->faults;
    flight_unhold(flight);
    flight->stage = STAGE_INNER;
    flight->inner.timeout_ms = flight->timeout_ms;
    if (flight->outer && flight->expire_ms < INT64_MAX) {
        flight->inner.timeout_ms = flight->expire_ms - faults->world->now_ms;
    }
    transport_send(faults->inner, &flight->inner);
}

static void flight_forward_later(void *context, uint64_t turn)
{
    struct flight *flight = context;
    if (flight->turn != turn || flight->stage != STAGE_HELD) {
        return;
    }
    flight_forward(flight);
    messages_passed(flight->faults, FAULT_REQUEST, flight->inner.actor);
}

static void messages_passed(struct faults *faults,
                            enum fault_direction direction, uint32_t actor)
{
    /* Through the heap, so that no callback runs inside another and those
     * held follow after the one that passed. */
    while (faults->reordered > 0) {
        struct flight *first = NULL;
        for (struct flight *flight = faults->flights; flight;
             flight = flight->next) {
            if (flight->reorder == direction &&
                (flight->reorder_actor == UINT32_MAX ||
                 flight->reorder_actor == actor) &&
                (!first || flight->since < first->since)) {
                first = flight;
            }
        }
        if (!first) {
            return;
        }
        flight_unhold(first);
        world_at(faults->world, faults->world->now_ms,
                 direction == FAULT_REQUEST ? flight_forward_later
                                            : flight_deliver,
                 first, first->turn);
    }
}

static void flight_hold(struct flight *flight, const struct fault_rule *rule)
{
    flight->reorder = rule->direction;
    flight->reorder_actor =
        rule->actor == UINT32_MAX ? UINT32_MAX : flight->inner.actor;
    flight->since = flight->faults->held++;
    flight->faults->reordered++;
}

static void request_hold(struct flight *flight, int64_t by_ms)
{
    struct world *world = flight->faults->world;
    flight->stage = STAGE_HELD;
    if (by_ms >= flight->expire_ms - world->now_ms) {
        flight_expire_later(flight, FATE_UNKNOWN);
    }
    world_at(world, world->now_ms + by_ms, flight_forward_later, flight,
             flight->turn);
}

static void request_answer(struct flight *flight, const struct fault_rule *rule,
                           enum fate fate);

static struct flight *flight_of(struct faults *faults,
                                struct exchange *exchange)
{
    struct flight *flight = flight_new(faults);
    flight->outer = exchange;
    flight->timeout_ms = exchange->timeout_ms;
    flight->expire_ms = exchange->timeout_ms > 0
                            ? faults->world->now_ms + exchange->timeout_ms
                            : INT64_MAX;
    flight->own = false;
    flight->inner.actor = exchange->actor;
    flight->inner.id = exchange->id;
    flight->inner.done = flight_done;
    flight->inner.context = flight;
    flight->inner.internal = NULL;
    return flight;
}

/* The bytes of the request outlive its client's interest in them. */
static void flight_own(struct flight *flight, const struct exchange *exchange)
{
    packet_request(&flight->request, &exchange->request,
                   &flight->inner.request);
    flight->own = true;
}

static void request_double(struct flight *flight, struct exchange *exchange)
{
    struct flight *twin = flight_of(flight->faults, exchange);
    flight_own(twin, exchange);
    flight->twin = twin;
    twin->twin = flight;
    flight_forward(flight);
    flight_forward(twin);
}

static void request_disturb(struct flight *flight, struct exchange *exchange,
                            const struct fault_rule *rule)
{
    flight_own(flight, exchange);
    switch (rule->action) {
    case FAULT_DROP:
        flight_lose(flight, FATE_NONE);
        break;
    case FAULT_DELAY:
        request_hold(flight,
                     fault_rules_delay_ms(&flight->faults->rules, rule));
        break;
    case FAULT_DUPLICATE:
        request_double(flight, exchange);
        messages_passed(flight->faults, FAULT_REQUEST, exchange->actor);
        break;
    case FAULT_REORDER:
        flight_hold(flight, rule);
        request_hold(flight, REORDER_MOST_MS);
        break;
    case FAULT_ANSWER:
        request_answer(flight, rule, FATE_NONE);
        flight_reply_later(flight, ANSWER_AFTER_MS, FATE_NONE);
        break;
    case FAULT_REPEAT:
    case FAULT_ANNOUNCE:
    case FAULT_CUT:
    case FAULT_SILENCE:
    case FAULT_STALL:
    case FAULT_SPLIT:
    case FAULT_TRUNCATE:
    case FAULT_RESET:
    case FAULT_TRICKLE:
        ASSERT(false);
        break;
    }
}

static void faults_send(struct transport *transport, struct exchange *exchange)
{
    struct faults *faults = (struct faults *)transport;
    struct flight *flight = flight_of(faults, exchange);
    struct fault_rule rule;
    exchange->internal = flight;
    if (rule_find(faults, FAULT_REQUEST, exchange, NULL, &rule)) {
        request_disturb(flight, exchange, &rule);
        return;
    }
    http_request_copy(&flight->inner.request, &exchange->request);
    flight_forward(flight);
    messages_passed(faults, FAULT_REQUEST, exchange->actor);
}

/* --- responses -------------------------------------------------------- */

static void reply_header(struct ending *ending, const char *name,
                         struct str value)
{
    if (value.n > 0) {
        http_reply_header(&ending->reply, str_of(name), value);
    }
}

/* Make flight->ending what the rule answers with. */
static void request_answer(struct flight *flight, const struct fault_rule *rule,
                           enum fate fate)
{
    struct ending answer = {.kind = REPLY_ANSWER, .fate = fate};
    answer.reply.status = rule->status;
    answer.reply.body = rule->body;
    reply_header(&answer, "Content-Type", rule->content_type);
    reply_header(&answer, "Retry-After", rule->retry_after);
    packet_ending(&flight->reply, &answer, &flight->ending);
}

static void response_pass(struct flight *flight, const struct ending *ending)
{
    struct faults *faults = flight->faults;
    uint32_t actor = flight->inner.actor;
    flight_end(flight, ending);
    flight_release(flight);
    messages_passed(faults, FAULT_RESPONSE, actor);
}

static void response_cut(struct flight *flight, const struct ending *ending,
                         const struct fault_rule *rule)
{
    bool reset = rule->action == FAULT_RESET;
    size_t whole = ending->reply.body.n;
    char text[ERROR_TEXT_MAX];
    struct ending cut = *ending;
    cut.kind = reset ? REPLY_RESET : REPLY_GARBLED;
    cut.fate = FATE_UNKNOWN;
    cut.reply.body = str_take(ending->reply.body, rule->bytes);
    snprintf(text, sizeof text, "%s after %zu of %zu bytes of the body",
             reset ? "connection reset" : "answer cut", cut.reply.body.n,
             whole);
    cut.error = str_of(text);
    response_pass(flight, &cut);
}

static void response_disturb(struct flight *flight, const struct ending *ending,
                             const struct fault_rule *rule)
{
    struct faults *faults = flight->faults;
    switch (rule->action) {
    case FAULT_DROP:
        flight_lose(flight, FATE_UNKNOWN);
        break;
    case FAULT_DELAY:
        packet_ending(&flight->reply, ending, &flight->ending);
        flight_reply_later(flight, fault_rules_delay_ms(&faults->rules, rule),
                           FATE_UNKNOWN);
        break;
    case FAULT_REORDER:
        packet_ending(&flight->reply, ending, &flight->ending);
        flight_hold(flight, rule);
        flight_reply_later(flight, REORDER_MOST_MS, FATE_UNKNOWN);
        break;
    case FAULT_TRUNCATE:
    case FAULT_RESET:
        response_cut(flight, ending, rule);
        break;
    case FAULT_TRICKLE:
        packet_ending(&flight->reply, ending, &flight->ending);
        flight_reply_later(flight,
                           fault_rule_trickle_ms(rule, ending->reply.body.n),
                           FATE_UNKNOWN);
        break;
    case FAULT_ANSWER:
        request_answer(flight, rule, FATE_UNKNOWN);
        response_pass(flight, &flight->ending);
        break;
    case FAULT_REPEAT:
    case FAULT_ANNOUNCE:
    case FAULT_CUT:
    case FAULT_SILENCE:
    case FAULT_STALL:
    case FAULT_SPLIT:
    case FAULT_DUPLICATE:
        ASSERT(false);
        break;
    }
}

/* One of a doubled request failed while the other is still on its way. */
static void flight_leave_to_twin(struct flight *flight)
{
    flight->outer->internal = flight->twin;
    flight->twin->twin = NULL;
    flight->twin = NULL;
    flight->outer = NULL;
    flight_release(flight);
}

/* The first answer counts: the other's will not be looked at. */
static void flight_leave_twin(struct flight *flight)
{
    if (flight->twin) {
        flight->outer->internal = flight;
        flight->twin->outer = NULL;
        flight->twin->twin = NULL;
        flight->twin = NULL;
    }
}

static void flight_done(struct exchange *inner, const struct ending *ending)
{
    struct flight *flight = inner->context;
    struct fault_rule rule;
    ASSERT(flight->stage == STAGE_INNER);
    if (!flight->outer) {
        flight_release(flight);
        return;
    }
    if (ending->kind != REPLY_ANSWER) {
        if (flight->twin) {
            flight_leave_to_twin(flight);
        } else {
            flight_end(flight, ending);
            flight_release(flight);
        }
        return;
    }
    flight_leave_twin(flight);
    if (rule_find(flight->faults, FAULT_RESPONSE, flight->outer, ending,
                  &rule)) {
        response_disturb(flight, ending, &rule);
    } else {
        response_pass(flight, ending);
    }
}

/* --- the transport ---------------------------------------------------- */

static void flight_forget(struct flight *flight)
{
    flight->outer = NULL;
    flight->twin = NULL;
    switch (flight->stage) {
    case STAGE_INNER:
        if (!flight->own) {
            transport_cancel(flight->faults->inner, &flight->inner);
            flight_release(flight);
        }
        break;
    case STAGE_LOST:
    case STAGE_REPLY:
        flight_release(flight);
        break;
    case STAGE_HELD:
    case STAGE_FREE:
        break;
    }
}

static void faults_cancel(struct transport *transport,
                          struct exchange *exchange)
{
    struct flight *flight = exchange->internal;
    (void)transport;
    if (!flight) {
        return;
    }
    struct flight *twin = flight->twin;
    exchange->internal = NULL;
    flight_forget(flight);
    if (twin) {
        flight_forget(twin);
    }
}

static size_t faults_in_flight(struct transport *transport)
{
    struct transport *inner = ((struct faults *)transport)->inner;
    return inner->ops->in_flight(inner);
}

static void faults_poll(struct transport *transport, int64_t max_ms)
{
    struct transport *inner = ((struct faults *)transport)->inner;
    inner->ops->poll(inner, max_ms);
}

static void faults_close(struct transport *transport)
{
    struct faults *faults = (struct faults *)transport;
    for (struct flight *flight = faults->flights, *next; flight;
         flight = next) {
        next = flight->next;
        if (flight->stage == STAGE_INNER) {
            transport_cancel(faults->inner, &flight->inner);
        }
        packet_free(&flight->request);
        packet_free(&flight->reply);
        free(flight);
    }
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
        .in_flight = faults_in_flight,
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
    fault_rules_init(&faults->rules, seed);
    return &faults->base;
}

bool faults_add(struct transport *transport, const struct fault_rule *rule)
{
    return fault_rules_add(&((struct faults *)transport)->rules, rule);
}

void faults_heal(struct transport *transport)
{
    fault_rules_clear(&((struct faults *)transport)->rules);
}

size_t faults_active(struct transport *transport)
{
    return fault_rules_active(&((struct faults *)transport)->rules);
}
