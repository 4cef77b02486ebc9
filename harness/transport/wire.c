/* SPDX-License-Identifier: MIT */
/* wire - real HTTP by libcurl on one libuv loop.  Layer: harness/transport.
 *
 * A call that ended inside the loop is only put aside; wire_poll delivers it
 * when the loop stands still, so that a callback may send and cancel. */
#include "harness/transport/wire.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/asserts.h"
#include "harness/transport/wire_live.h"
#include "harness/transport/wire_part.h"

enum {
    CONNECTIONS_DEFAULT = 128, /* libcurl's work grows with more of them */
    NUDGE_MS = 250,
    NS_PER_MS = 1000000
};

struct call_list {
    struct wire_call *first, *last;
};

struct wire {
    struct transport base;
    struct wire_config config;  /* its strings are these: */
    char *ca_file, *user_agent; /* owned; the URL is in `target` */
    struct wire_target target;
    uv_loop_t loop;
    uv_timer_t guard; /* wakes a poll when its time is over */
    struct wire_sockets sockets;
    struct wire_shard **shards;
    size_t shard_count;
    struct call_list held, running, ready, delivering, idle;
    uv_timer_t pace;  /* lets the next of `held` go; see config.pace */
    size_t in_flight; /* exchanges */
    struct wire_live live;
    struct wire_parts parts;
};

int64_t wire_clock_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

/* --- lists ------------------------------------------------------------ */

static void list_append(struct call_list *list, struct wire_call *call)
{
    call->previous = list->last;
    call->next = NULL;
    if (list->last) {
        list->last->next = call;
    } else {
        list->first = call;
    }
    list->last = call;
    call->list = list;
}

static void list_remove(struct wire_call *call)
{
    struct call_list *list = call->list;
    if (call->previous) {
        call->previous->next = call->next;
    } else {
        list->first = call->next;
    }
    if (call->next) {
        call->next->previous = call->previous;
    } else {
        list->last = call->previous;
    }
    call->list = NULL;
}

static void call_move(struct wire_call *call, struct call_list *to)
{
    list_remove(call);
    list_append(to, call);
}

/* --- sending ---------------------------------------------------------- */

static void on_ended(void *context, struct wire_call *call)
{
    struct wire *wire = context;
    call_move(call, &wire->ready);
}

static struct wire_shard *shard_pick(struct wire *wire)
{
    /* The first with room: its connections are the warmest. */
    for (size_t i = 0; i < wire->shard_count; i++) {
        if (wire->shards[i]->running < wire->config.connections) {
            return wire->shards[i];
        }
    }
    struct wire_shard **shards =
        realloc(wire->shards, (wire->shard_count + 1) * sizeof *shards);
    ASSERT(shards);
    wire->shards = shards;
    struct wire_shard *shard =
        wire_shard_create(&wire->sockets, wire->config.connections);
    ASSERT(shard);
    shard->ended = on_ended;
    shard->context = wire;
    wire->shards[wire->shard_count++] = shard;
    return shard;
}

static struct wire_call *call_take(struct wire *wire)
{
    struct wire_call *call = wire->idle.first;
    if (call) {
        list_remove(call);
        return call;
    }
    call = wire_call_create(&wire->config, &wire->target);
    ASSERT(call);
    return call;
}

static void call_go(struct wire *wire, struct wire_call *call)
{
    call_move(call, &wire->running);
    wire_shard_add(shard_pick(wire), call);
}

/* --- pacing ----------------------------------------------------------- */

static bool may_go(const struct wire *wire)
{
    struct pace *pace = wire->config.pace;
    return !pace || pace_permits(pace, (int64_t)uv_hrtime());
}

static void pace_wait(struct wire *wire);

static void on_pace(uv_timer_t *timer)
{
    struct wire *wire = timer->data;
    while (wire->held.first && may_go(wire)) {
        call_go(wire, wire->held.first);
    }
    pace_wait(wire);
}

static void pace_wait(struct wire *wire)
{
    if (wire->held.first) {
        int64_t left_ns = pace_left_ns(wire->config.pace, (int64_t)uv_hrtime());
        uv_timer_start(&wire->pace, on_pace,
                       left_ns > 0 ? (uint64_t)left_ns / NS_PER_MS + 1 : 0, 0);
    }
}

static void wire_send(struct transport *transport, struct exchange *exchange)
{
    struct wire *wire = (struct wire *)transport;
    struct wire_call *call = call_take(wire);
    exchange->internal = call;
    wire->in_flight++;
    if (!wire_call_prepare(call, exchange)) {
        list_append(&wire->ready, call);
        return;
    }
    list_append(&wire->held, call);
    if (wire->held.first == call && may_go(wire)) {
        call_go(wire, call);
    } else {
        pace_wait(wire);
    }
}

/* `call` is in no list. */
static void call_retire(struct wire *wire, struct wire_call *call)
{
    wire_call_clear(call);
    list_append(&wire->idle, call);
}

static void wire_cancel(struct transport *transport, struct exchange *exchange)
{
    struct wire *wire = (struct wire *)transport;
    struct wire_call *call = exchange->internal;
    if (!call) {
        return;
    }
    exchange->internal = NULL;
    if (call->shard) {
        wire_shard_remove(call);
    }
    wire->in_flight--;
    list_remove(call);
    call_retire(wire, call);
}

static size_t wire_in_flight(struct transport *transport)
{
    struct wire *wire = (struct wire *)transport;
    return wire->in_flight + wire_live_in_flight(&wire->live);
}

/* --- live channels ---------------------------------------------------- */

static void wire_open(struct transport *transport, struct channel *channel)
{
    wire_live_open(&((struct wire *)transport)->live, channel);
}

static void wire_say(struct transport *transport, struct channel *channel,
                     struct str bytes)
{
    (void)transport;
    wire_live_say(channel, bytes);
}

static void wire_shut(struct transport *transport, struct channel *channel,
                      int code)
{
    (void)transport;
    wire_live_shut(channel, code);
}

static void wire_pause(struct transport *transport, struct channel *channel,
                       bool paused)
{
    (void)transport;
    wire_live_pause(channel, paused);
}

static size_t wire_listening(struct transport *transport)
{
    return wire_live_listening(&((struct wire *)transport)->live);
}

/* --- waiting ---------------------------------------------------------- */

static void call_deliver(struct wire *wire, struct wire_call *call)
{
    struct exchange *exchange = call->exchange;
    struct ending ending;
    list_remove(call);
    wire_call_ending(call, &ending);
    exchange->internal = NULL;
    wire->in_flight--;
    exchange->done(exchange, &ending);
    call_retire(wire, call);
}

static bool is_ready(const struct wire *wire)
{
    return wire->ready.first || wire_live_is_ready(&wire->live);
}

static void deliver_ready(struct wire *wire)
{
    if (!is_ready(wire)) {
        return;
    }
    if (wire->base.woke) {
        wire->base.woke(wire->base.woke_context);
    }
    /* Only these: a callback that sends what cannot be sent gets the next
     * ending at the next poll. */
    while (wire->ready.first) {
        call_move(wire->ready.first, &wire->delivering);
    }
    while (wire->delivering.first) {
        call_deliver(wire, wire->delivering.first);
    }
    /* Answers first: on another connection than what they caused, but it
     * reads better that way. */
    wire_live_deliver(&wire->live);
}

static void on_guard(uv_timer_t *timer)
{
    (void)timer; /* that the loop woke up is all */
}

/* A wake-up that got lost between libcurl and the loop must not become a
 * request without an end: look at what is due, wanted or not. */
static void nudge(struct wire *wire)
{
    for (size_t i = 0; i < wire->shard_count; i++) {
        if (wire->shards[i]->running > 0) {
            wire_shard_nudge(wire->shards[i]);
        }
    }
    wire_live_nudge(&wire->live);
}

static void wait_for_ready(struct wire *wire, int64_t max_ms)
{
    int64_t end_ms = wire_clock_ms() + (max_ms > 0 ? max_ms : 0);
    int64_t left_ms = max_ms;
    uv_run(&wire->loop, UV_RUN_NOWAIT);
    while (!is_ready(wire) && left_ms > 0) {
        int64_t wait_ms = left_ms < NUDGE_MS ? left_ms : NUDGE_MS;
        int64_t began_ms = wire_clock_ms();
        uv_update_time(&wire->loop);
        uv_timer_start(&wire->guard, on_guard, (uint64_t)wait_ms, 0);
        uv_run(&wire->loop, UV_RUN_ONCE);
        if (wire_clock_ms() - began_ms >= NUDGE_MS) {
            nudge(wire);
        }
        left_ms = end_ms - wire_clock_ms();
    }
    uv_timer_stop(&wire->guard);
}

static void wire_rest(struct transport *transport, int64_t max_ms)
{
    struct wire *wire = (struct wire *)transport;
    if (!is_ready(wire)) {
        wait_for_ready(wire, max_ms);
    }
    deliver_ready(wire);
}

static void wire_poll(struct transport *transport, int64_t max_ms)
{
    struct wire *wire = (struct wire *)transport;
    if (wire->in_flight > 0 || wire->live.all.first) {
        wire_rest(transport, max_ms);
    }
}

/* --- life ------------------------------------------------------------- */

static void list_free(struct call_list *list)
{
    while (list->first) {
        struct wire_call *call = list->first;
        list_remove(call);
        if (call->shard) {
            wire_shard_remove(call);
        }
        wire_call_free(call);
    }
}

static void config_free(struct wire *wire)
{
    free(wire->target.base_url);
    free(wire->ca_file);
    free(wire->user_agent);
}

static void wire_close(struct transport *transport)
{
    struct wire *wire = (struct wire *)transport;
    list_free(&wire->held);
    list_free(&wire->running);
    list_free(&wire->ready);
    list_free(&wire->delivering);
    list_free(&wire->idle);
    for (size_t i = 0; i < wire->shard_count; i++) {
        wire_shard_close(wire->shards[i]);
    }
    free(wire->shards);
    wire_parts_free(&wire->parts);
    wire_live_close(&wire->live);
    wire_sockets_close(&wire->sockets);
    uv_close((uv_handle_t *)&wire->guard, NULL);
    uv_close((uv_handle_t *)&wire->pace, NULL);
    uv_run(&wire->loop, UV_RUN_DEFAULT);
    wire_live_free(&wire->live);
    uv_run(&wire->loop, UV_RUN_DEFAULT);
    int code = uv_loop_close(&wire->loop);
    ASSERT(code == 0);
    config_free(wire);
    free(wire);
    curl_global_cleanup();
}

static bool url_has(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

static enum status url_check(const char *text, struct err *err)
{
    enum status status = ST_OK;
    CURLU *url = curl_url();
    ASSERT(url);
    bool http =
        strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, 0);
    if (!http) {
        status = err_set(err, ST_USAGE,
                         "%s: a server's address begins with http:// or "
                         "https://",
                         text);
    } else if (code != CURLUE_OK) {
        status =
            err_set(err, ST_USAGE, "%s: %s", text, curl_url_strerror(code));
    } else if (url_has(url, CURLUPART_QUERY) ||
               url_has(url, CURLUPART_FRAGMENT)) {
        status =
            err_set(err, ST_USAGE,
                    "%s: a server's address has no query or fragment", text);
    }
    curl_url_cleanup(url);
    return status;
}

static enum status config_check(const struct wire_config *config,
                                struct err *err)
{
    if (config->ca_file && access(config->ca_file, R_OK) != 0) {
        return err_set(err, ST_USAGE,
                       "%s: this file of certificates cannot "
                       "be read",
                       config->ca_file);
    }
    return url_check(config->base_url, err);
}

static enum status wire_part(struct transport *transport,
                             const struct part *part, struct err *err)
{
    struct wire *wire = (struct wire *)transport;
    return wire_part_send(&wire->parts, &wire->config, &wire->target, part,
                          err);
}

static void wire_drop(struct transport *transport)
{
    wire_parts_drop(&((struct wire *)transport)->parts);
}

static char *copy(const char *text)
{
    char *own = text ? strdup(text) : NULL;
    ASSERT(own || !text);
    return own;
}

static void config_copy(struct wire *wire, const struct wire_config *config)
{
    char *url = copy(config->base_url);
    ASSERT(url);
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/') {
        url[--n] = '\0';
    }
    size_t host = (size_t)(strstr(url, "://") - url) + 3;
    wire->target.base_url = url;
    wire->target.prefix = host + strcspn(url + host, "/");
    wire->ca_file = copy(config->ca_file);
    wire->user_agent = copy(config->user_agent);
    wire->config = *config;
    wire->target.headers = config->headers;
    wire->config.base_url = url;
    wire->config.ca_file = wire->ca_file;
    wire->config.user_agent = wire->user_agent;
    if (wire->config.connections == 0) {
        wire->config.connections = CONNECTIONS_DEFAULT;
    }
}

/* Without signals in libcurl, a server that hangs up while we write would end
 * the process. */
static void ignore_broken_pipes(void)
{
    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
        old.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &old, NULL);
    }
}

static void live_init(struct wire *wire)
{
    wire->live.loop = &wire->loop;
    wire->live.config = &wire->config;
    wire->live.target = &wire->target;
    wire->live.sockets = &wire->sockets;
    wire_live_init(&wire->live);
}

struct transport *wire_create(const struct wire_config *config, struct err *err)
{
    static const struct transport_ops OPS = {
        .send = wire_send,
        .cancel = wire_cancel,
        .open = wire_open,
        .say = wire_say,
        .shut = wire_shut,
        .pause = wire_pause,
        .in_flight = wire_in_flight,
        .listening = wire_listening,
        .poll = wire_poll,
        .rest = wire_rest,
        .part = wire_part,
        .drop = wire_drop,
        .close = wire_close,
    };
    if (config_check(config, err) != ST_OK) {
        return NULL;
    }
    struct wire *wire = calloc(1, sizeof *wire);
    if (!wire || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(wire);
        err_set(err, ST_INTERNAL, "the HTTP client cannot be set up");
        return NULL;
    }
    if (uv_loop_init(&wire->loop) != 0) {
        free(wire);
        curl_global_cleanup();
        err_set(err, ST_INTERNAL, "the event loop cannot be set up");
        return NULL;
    }
    ignore_broken_pipes();
    config_copy(wire, config);
    wire->base.ops = &OPS;
    uv_timer_init(&wire->loop, &wire->guard);
    uv_timer_init(&wire->loop, &wire->pace);
    wire->pace.data = wire;
    wire_sockets_init(&wire->sockets, &wire->loop);
    live_init(wire);
    return &wire->base;
}

const char *wire_base_url(struct transport *transport)
{
    return ((struct wire *)transport)->target.base_url;
}

struct str wire_health_path(struct transport *transport)
{
    struct str path = ((const struct wire *)transport)->config.health;
    return path.n > 0 ? path : STR("/health");
}
