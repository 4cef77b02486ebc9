/* SPDX-License-Identifier: MIT */
/* fault_flight - requests and answers in a bad network.
 * Layer: harness/transport.
 *
 * Every exchange of a client becomes a flight with an inner exchange of its
 * own, so that the two can end at different times: a client may be told
 * "timeout" while the server answers, and the other way round. */
#include <stdio.h>
#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/faults_core.h"

enum { ERROR_TEXT_MAX = 96 };

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

static bool rule_find(struct faults *faults, enum fault_direction direction,
                      const struct exchange *exchange,
                      const struct ending *ending, struct fault_rule *out)
{
    const struct fault_subject subject = {exchange->actor, exchange->id,
                                          exchange->request.target,
                                          FAULT_BITS_ALL};
    return faults_find(faults, direction, &subject, ending, out);
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
    flights_passed(faults, FAULT_RESPONSE, actor);
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
    flights_passed(flight->faults, FAULT_REQUEST, flight->inner.actor);
}

void flights_passed(struct faults *faults, enum fault_direction direction,
                    uint32_t actor)
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

static struct flight *flight_of(struct faults *faults,
                                struct exchange *exchange)
{
    struct flight *flight = flight_new(faults);
    flight->outer = exchange;
    flight->timeout_ms = exchange->timeout_ms;
    flight->inner.fresh = exchange->fresh;
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
        flights_passed(flight->faults, FAULT_REQUEST, exchange->actor);
        break;
    case FAULT_REORDER:
        flight_hold(flight, rule);
        request_hold(flight, REORDER_MOST_MS);
        break;
    case FAULT_ANSWER:
        faults_answer(rule, FATE_NONE, &flight->reply, &flight->ending);
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

void flight_send(struct faults *faults, struct exchange *exchange)
{
    struct flight *flight = flight_of(faults, exchange);
    struct fault_rule rule;
    exchange->internal = flight;
    if (rule_find(faults, FAULT_REQUEST, exchange, NULL, &rule)) {
        request_disturb(flight, exchange, &rule);
        return;
    }
    http_request_copy(&flight->inner.request, &exchange->request);
    flight_forward(flight);
    flights_passed(faults, FAULT_REQUEST, exchange->actor);
}

/* --- responses -------------------------------------------------------- */

static void response_pass(struct flight *flight, const struct ending *ending)
{
    struct faults *faults = flight->faults;
    uint32_t actor = flight->inner.actor;
    flight_end(flight, ending);
    flight_release(flight);
    flights_passed(faults, FAULT_RESPONSE, actor);
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
        faults_answer(rule, FATE_UNKNOWN, &flight->reply, &flight->ending);
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

void flight_cancel(struct exchange *exchange)
{
    struct flight *flight = exchange->internal;
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

void flights_free(struct faults *faults)
{
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
}
