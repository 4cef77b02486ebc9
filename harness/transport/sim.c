/* SPDX-License-Identifier: MIT */
/* sim - the virtual network: requests.  Layer: harness/transport.
 *
 * A call goes through three hops, each an event: to the server (up), inside
 * it (from server_begin to server_finish), and back (down).  What its client
 * does meanwhile - run into a timeout, give up - does not stop the message. */
#include "harness/transport/sim.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/sim_core.h"

enum stage { STAGE_FREE, STAGE_UP, STAGE_INSIDE, STAGE_DOWN };

struct call {
    struct sim *sim;
    struct exchange *exchange; /* NULL: its client has its ending, or left */
    uint32_t actor;
    enum stage stage;
    uint64_t turn; /* of this use: events of an earlier one are stale */
    bool timer;    /* the timeout is on the heap */
    int64_t expire_ms;
    struct server_job *job; /* inside */
    struct http_request request;
    struct ending ending; /* on the way down */
    struct packet up, down;
    struct call *next_free;
};

static int64_t long_tail(const struct latency *latency, struct rng *rng)
{
    /* Half of all stay in the first 64th of the span, half of the rest in the
     * first 32nd, and so on: integers only, the same on every machine. */
    int64_t span = latency->high_ms - latency->low_ms;
    int64_t reach = span / 64 > 1 ? span / 64 : 1;
    while (reach < span && rng_chance(rng, 500)) {
        reach *= 2;
    }
    return rng_range(rng, latency->low_ms,
                     latency->low_ms + (reach < span ? reach : span));
}

int64_t sim_latency_ms(const struct latency *latency, struct rng *rng)
{
    int64_t ms = latency->low_ms;
    if (latency->high_ms > latency->low_ms) {
        switch (latency->kind) {
        case LATENCY_FIXED:
            break;
        case LATENCY_UNIFORM:
            ms = rng_range(rng, latency->low_ms, latency->high_ms);
            break;
        case LATENCY_LONG_TAIL:
            ms = long_tail(latency, rng);
            break;
        }
    }
    return ms > 0 ? ms : 0;
}

static struct call *call_new(struct sim *sim)
{
    struct call *call = sim->free_calls;
    if (call) {
        sim->free_calls = call->next_free;
        return call;
    }
    if (sim->call_count == sim->call_cap) {
        sim->call_cap = sim->call_cap ? 2 * sim->call_cap : 16;
        sim->calls = realloc(sim->calls, sim->call_cap * sizeof *sim->calls);
        ASSERT(sim->calls);
    }
    call = calloc(1, sizeof *call);
    ASSERT(call);
    call->sim = sim;
    sim->calls[sim->call_count++] = call;
    return call;
}

static void call_release(struct call *call)
{
    struct sim *sim = call->sim;
    call->turn++;
    call->stage = STAGE_FREE;
    call->timer = false;
    call->exchange = NULL;
    packet_trim(&call->up);
    packet_trim(&call->down);
    call->next_free = sim->free_calls;
    sim->free_calls = call;
}

static void call_end(struct call *call, const struct ending *ending)
{
    struct exchange *exchange = call->exchange;
    call->exchange = NULL;
    exchange->internal = NULL;
    exchange->done(exchange, ending);
}

static void call_timeout(void *context, uint64_t turn)
{
    struct call *call = context;
    if (call->turn != turn || !call->exchange) {
        return;
    }
    /* Only a refusal that is on its way back proves that nothing came in:
     * whatever else is still travelling may take effect later. */
    bool refused =
        call->stage == STAGE_DOWN && call->ending.kind == REPLY_REFUSED;
    struct ending ending = {
        .kind = REPLY_TIMEOUT,
        .fate = refused ? FATE_NONE : FATE_UNKNOWN,
        .error = STR("no answer within the timeout"),
    };
    bool over = call->stage == STAGE_DOWN;
    call_end(call, &ending);
    if (over) {
        call_release(call);
    }
}

/* Schedule the next hop; the timeout only if it comes before that. */
static void call_hop(struct call *call, int64_t after_ms,
                     void (*fire)(void *context, uint64_t turn))
{
    struct world *world = call->sim->world;
    int64_t at_ms = world->now_ms + after_ms;
    if (call->exchange && !call->timer && at_ms > call->expire_ms) {
        call->timer = true;
        world_at(world, call->expire_ms, call_timeout, call, call->turn);
    }
    world_at(world, at_ms, fire, call, call->turn);
}

static void call_delivered(void *context, uint64_t turn)
{
    struct call *call = context;
    if (call->turn != turn) {
        return;
    }
    call_end(call, &call->ending);
    call_release(call);
}

/* Send call->ending back, if anybody still waits for it. */
static void call_return(struct call *call)
{
    if (!call->exchange) {
        call_release(call);
        return;
    }
    struct sim *sim = call->sim;
    call->stage = STAGE_DOWN;
    call_hop(call, sim_latency_ms(&sim->config.down, &sim->down),
             call_delivered);
}

struct instant sim_server_now(const struct sim *sim)
{
    return instant_add_ms(sim->config.epoch, sim->world->now_ms);
}

static void ending_of_reply(struct call *call, const struct http_reply *reply)
{
    struct ending ending = {
        .kind = REPLY_ANSWER, .fate = FATE_ANSWERED, .reply = *reply};
    if (reply->body.n > LIMIT_REPLY_BYTES) {
        ending.kind = REPLY_TOO_BIG;
        ending.fate = FATE_UNKNOWN;
        ending.reply.body = (struct str){0};
        ending.error = STR("the answer is longer than the limit");
    }
    packet_ending(&call->down, &ending, &call->ending);
}

/* The answer has no end: whoever asks for it as for any other waits until his
 * time is over. */
static void call_hang(struct call *call)
{
    if (!call->exchange) {
        call_release(call);
        return;
    }
    call->stage = STAGE_DOWN;
    call->ending = (struct ending){.kind = REPLY_ANSWER};
    if (!call->timer && call->expire_ms < INT64_MAX) {
        call->timer = true;
        world_at(call->sim->world, call->expire_ms, call_timeout, call,
                 call->turn);
    }
}

static void call_finished(void *context, uint64_t turn)
{
    struct call *call = context;
    if (call->turn != turn) {
        return;
    }
    struct http_reply reply = {0};
    server_finish(call->sim->server, call->job, sim_server_now(call->sim),
                  &reply);
    call->job = NULL;
    struct live *live =
        server_live_take(call->sim->server, call->sim->world->now_ms);
    if (live) {
        server_live_gone(call->sim->server, live);
        call_hang(call);
    } else {
        if (call->exchange) {
            ending_of_reply(call, &reply);
        }
        call_return(call);
    }
    sim_live_settle(call->sim);
}

static bool is_push(const struct sim *sim, const struct http_request *request)
{
    const struct dialect *dialect =
        sim->config.dialect ? sim->config.dialect : dialect_find(STR("v2"));
    return str_is(request->method, "POST") &&
           dialect_path_is(dialect, PATH_PUSH,
                           http_target_path(request->target), NULL);
}

/* The first stall that is meant for this call, used up by one. */
static int64_t stall_take(struct sim *sim, const struct call *call,
                          uint32_t actor)
{
    if (!is_push(sim, &call->request)) {
        return 0;
    }
    for (size_t i = 0; i < sim->stall_count; i++) {
        struct stall *stall = &sim->stalls[i];
        if (stall->count > 0 &&
            (stall->actor == UINT32_MAX || stall->actor == actor)) {
            stall->count--;
            return stall->by_ms;
        }
    }
    return 0;
}

static void call_arrived(void *context, uint64_t turn)
{
    struct call *call = context;
    struct sim *sim = call->sim;
    if (call->turn != turn) {
        return;
    }
    if (!sim->server) {
        call->ending = (struct ending){
            .kind = REPLY_REFUSED,
            .fate = FATE_NONE,
            .error = STR("connection refused: the server is down"),
        };
        call_return(call);
        return;
    }
    int64_t inside_ms = sim_latency_ms(&sim->config.server, &sim->inside);
    call->job = server_begin(sim->server, &call->request, sim_server_now(sim));
    ASSERT(call->job);
    int64_t overlap_ms = server_overlap_ms(sim->server, call->job);
    inside_ms = inside_ms > overlap_ms ? inside_ms : overlap_ms;
    inside_ms += stall_take(sim, call, call->actor);
    sim_live_settle(sim);
    call->stage = STAGE_INSIDE;
    call_hop(call, inside_ms, call_finished);
}

static void sim_send(struct transport *transport, struct exchange *exchange)
{
    struct sim *sim = (struct sim *)transport;
    struct call *call = call_new(sim);
    call->exchange = exchange;
    call->actor = exchange->actor;
    call->stage = STAGE_UP;
    call->expire_ms = exchange->timeout_ms > 0
                          ? sim->world->now_ms + exchange->timeout_ms
                          : INT64_MAX;
    exchange->internal = call;
    packet_request(&call->up, &exchange->request, &call->request);
    call_hop(call, sim_latency_ms(&sim->config.up, &sim->up), call_arrived);
}

static void sim_cancel(struct transport *transport, struct exchange *exchange)
{
    struct call *call = exchange->internal;
    (void)transport;
    if (!call) {
        return;
    }
    exchange->internal = NULL;
    call->exchange = NULL;
    if (call->stage == STAGE_DOWN) {
        call_release(call);
    }
}

static void sim_open(struct transport *transport, struct channel *channel)
{
    sim_live_open((struct sim *)transport, channel);
}

static void sim_say(struct transport *transport, struct channel *channel,
                    struct str bytes)
{
    (void)transport;
    sim_live_say(channel, bytes);
}

static void sim_shut(struct transport *transport, struct channel *channel,
                     int code)
{
    (void)transport;
    sim_live_shut(channel, code);
}

static void sim_pause(struct transport *transport, struct channel *channel,
                      bool paused)
{
    (void)transport;
    sim_live_pause(channel, paused);
}

static size_t sim_nothing_real(struct transport *transport)
{
    (void)transport;
    return 0;
}

static void sim_poll(struct transport *transport, int64_t max_ms)
{
    (void)transport;
    (void)max_ms;
}

static void sim_close(struct transport *transport)
{
    struct sim *sim = (struct sim *)transport;
    for (size_t i = 0; i < sim->call_count; i++) {
        struct call *call = sim->calls[i];
        if (call->job) {
            server_abandon(sim->server, call->job);
        }
        packet_free(&call->up);
        packet_free(&call->down);
        free(call);
    }
    sim_live_free(sim);
    free(sim->calls);
    free(sim->stalls);
    free(sim);
}

struct transport *sim_create(const struct sim_config *config,
                             struct world *world, struct server *server)
{
    static const struct transport_ops OPS = {
        .send = sim_send,
        .cancel = sim_cancel,
        .open = sim_open,
        .say = sim_say,
        .shut = sim_shut,
        .pause = sim_pause,
        .in_flight = sim_nothing_real,
        .listening = sim_nothing_real,
        .poll = sim_poll,
        .close = sim_close,
    };
    struct sim *sim = calloc(1, sizeof *sim);
    ASSERT(sim);
    sim->base.ops = &OPS;
    sim->config = *config;
    sim->world = world;
    sim->server = server;
    rng_init(&sim->up, config->seed, STR("sim up"));
    rng_init(&sim->down, config->seed, STR("sim down"));
    rng_init(&sim->inside, config->seed, STR("sim server"));
    sim_live_init(sim);
    return &sim->base;
}

/* The request was taken in, its transaction will never be. */
static void call_lost(struct call *call)
{
    server_abandon(call->sim->server, call->job);
    call->job = NULL;
    /* The finish that is on the heap must not find this turn any more, and
     * with it the timer goes stale. */
    call->turn++;
    call->timer = false;
    call->ending = (struct ending){
        .kind = REPLY_RESET,
        .fate = FATE_UNKNOWN,
        .error = STR("connection reset: the server went down"),
    };
    call_return(call);
}

void sim_server_down(struct transport *transport)
{
    struct sim *sim = (struct sim *)transport;
    if (!sim->server) {
        return;
    }
    for (size_t i = 0; i < sim->call_count; i++) {
        if (sim->calls[i]->stage == STAGE_INSIDE) {
            call_lost(sim->calls[i]);
        }
    }
    sim_live_down(sim);
    sim->server = NULL;
}

void sim_server_up(struct transport *transport, struct server *server)
{
    /* What is inside the old one must not be finished by the new one. */
    sim_server_down(transport);
    ((struct sim *)transport)->server = server;
}

void sim_stall(struct transport *transport, uint32_t actor, size_t count,
               int64_t by_ms)
{
    struct sim *sim = (struct sim *)transport;
    if (sim->stall_count == sim->stall_cap) {
        sim->stall_cap = sim->stall_cap ? 2 * sim->stall_cap : 4;
        sim->stalls =
            realloc(sim->stalls, sim->stall_cap * sizeof *sim->stalls);
        ASSERT(sim->stalls);
    }
    sim->stalls[sim->stall_count++] = (struct stall){actor, count, by_ms};
}
