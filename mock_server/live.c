/* SPDX-License-Identifier: MIT */
/* live - open sockets and streams of the bundled server, without I/O: their
 * life, their output, their timers.  Layer: mock_server. */
#include "mock_server/live.h"

#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "mock_server/live_core.h"

enum { COMPACT_BYTES = 65536 }; /* that were sent and stand in the way */

/* ---- the hub ---- */

struct live_hub *live_hub_create(struct server *server)
{
    struct live_hub *hub = calloc(1, sizeof(*hub));

    if (hub) {
        hub->server = server;
        arena_init(&hub->arena, LIMIT_REQUEST_ARENA);
        buf_init(&hub->gone, LIMIT_RUN_ARENA);
        buf_init(&hub->text, LIMIT_RUN_ARENA);
        buf_init(&hub->wedged, LIMIT_NAME_BYTES);
    }
    return hub;
}

static void live_free(struct live *live)
{
    if (!live) {
        return;
    }
    if (live->is_stream) {
        free(live->stream.feeds);
    } else {
        live_socket_free(live);
    }
    buf_free(&live->out);
    free(live->app.p);
    free(live->client.p);
    free(live);
}

void live_drop_fresh(struct live_hub *hub)
{
    if (hub->fresh) {
        live_user_leave(hub, hub->fresh);
        live_free(hub->fresh);
        hub->fresh = NULL;
    }
}

void live_hub_free(struct live_hub *hub)
{
    if (!hub) {
        return;
    }
    struct live *next;
    for (struct live *live = hub->first; live; live = next) {
        next = live->next;
        server_live_gone(hub->server, live);
    }
    live_drop_fresh(hub);
    free(hub->timers);
    free(hub->users);
    arena_free(&hub->arena);
    buf_free(&hub->text);
    buf_free(&hub->gone);
    buf_free(&hub->wedged);
    free(hub);
}

/* A reading of both clocks at one moment. */
static void live_clock_set(struct live_hub *hub, struct instant wall,
                           int64_t now_ms)
{
    hub->clock_ms = now_ms;
    hub->wall = wall;
}

/* The wall clock is believed as long as it does not jump. */
enum { CLOCK_STEP_MS = 30000 };

int64_t live_clock_ms(const struct live_hub *hub, struct instant now)
{
    int64_t passed_ms = instant_diff_ms(now, hub->wall);

    return passed_ms > 0 && passed_ms < CLOCK_STEP_MS
               ? hub->clock_ms + passed_ms
               : hub->clock_ms;
}

/* ---- a channel ---- */

bool live_name_set(struct live_name *name, struct str text)
{
    char *copy = NULL;

    if (text.n) {
        copy = malloc(text.n);
        if (!copy) {
            return false;
        }
        memcpy(copy, text.p, text.n);
    }
    free(name->p);
    *name = (struct live_name){copy, text.n};
    return true;
}

struct live *live_create(struct live_hub *hub, bool is_stream, struct str app,
                         struct str client)
{
    struct live *live = calloc(1, sizeof(*live));

    if (!live) {
        return NULL;
    }
    live->is_stream = is_stream;
    live->state = LIVE_FRESH;
    buf_init(&live->out, LIMIT_RUN_ARENA);
    if (!is_stream) {
        ws_reader_init(&live->socket.reader, true, LIVE_MESSAGE_BYTES);
        buf_init(&live->socket.held, LIMIT_REQUEST_ARENA);
    }
    if (!live_name_set(&live->app, app) ||
        !live_name_set(&live->client, client) || !live_timer_room(hub)) {
        live_free(live);
        return NULL;
    }
    return live;
}

static int64_t live_next_due_ms(const struct live_hub *hub,
                                const struct live *live)
{
    if (live->state == LIVE_OVER) {
        return live_pending(live) ? live->opened_ms + LIVE_CLOSE_MS : INT64_MAX;
    }
    return live->is_stream ? live_stream_due_ms(hub, live)
                           : live_socket_due_ms(hub, live);
}

static void live_plan(struct live_hub *hub, struct live *live)
{
    live_timer_set(hub, live, live_next_due_ms(hub, live));
}

/* ---- output ---- */

size_t live_pending(const struct live *live)
{
    return live->out.n - live->sent;
}

static void live_out_forget(struct live *live)
{
    buf_free(&live->out);
    buf_init(&live->out, LIMIT_RUN_ARENA);
    live->sent = 0;
}

struct buf *live_out(struct live *live)
{
    struct buf *out = &live->out;

    if (live->sent > COMPACT_BYTES && live->sent > out->n / 2) {
        memmove(out->p, out->p + live->sent, out->n - live->sent);
        out->n -= live->sent;
        live->sent = 0;
    }
    return out;
}

void live_wrote(struct live_hub *hub, struct live *live)
{
    if (live->out.failed) {
        /* What did not fit must not be missed unseen. */
        live_end(hub, live, true);
    } else {
        live_ready_add(hub, live);
        live_plan(hub, live);
    }
}

void live_end(struct live_hub *hub, struct live *live, bool at_once)
{
    if (live->state != LIVE_OVER) {
        live->state = LIVE_OVER;
        live->opened_ms = hub->clock_ms;
    }
    if (at_once) {
        live_out_forget(live);
    }
    live_ready_add(hub, live);
    live_plan(hub, live);
}

struct str live_output(const struct live *live)
{
    return str_skip(buf_view(&live->out), live->sent);
}

void live_sent(struct server *server, struct live *live, size_t n)
{
    struct live_hub *hub = server->live;

    ASSERT(n <= live_pending(live));
    live->sent += n;
    if (live_pending(live) == 0) {
        live_out_forget(live);
    }
    if (live->state == LIVE_OPEN && live->is_stream) {
        live_stream_pump(hub, live, hub->clock_ms);
    } else if (live->state == LIVE_OPEN && live_pending(live) == 0) {
        live_notice_tell_held(hub, live);
    }
    live_plan(hub, live);
}

/* ---- what a front calls ---- */

struct live *server_live_take(struct server *server, int64_t now_ms)
{
    struct live_hub *hub = server->live;
    struct live *live = hub->fresh;

    if (!live) {
        return NULL;
    }
    hub->fresh = NULL;
    live_clock_set(hub, server->finished_at, now_ms);
    live->state = LIVE_OPEN;
    live->opened_ms = now_ms;
    live->serial = hub->next_serial++;
    live->next = hub->first;
    live->link = &hub->first;
    if (hub->first) {
        hub->first->link = &live->next;
    }
    hub->first = live;
    live_timer_add(hub, live);
    if (live->is_stream) {
        hub->counts.streams++;
        live_stream_start(hub, live);
    } else {
        hub->counts.sockets++;
        live_socket_start(hub, live);
    }
    live_plan(hub, live);
    return live;
}

void server_live_receive(struct server *server, struct live *live,
                         struct str bytes, struct instant now, int64_t now_ms)
{
    struct live_hub *hub = server->live;

    live_clock_set(hub, now, now_ms);
    if (!live->is_stream && live->state != LIVE_OVER && bytes.n) {
        live_socket_receive(hub, live, bytes, now);
        live_plan(hub, live);
    }
}

struct live *server_live_next(struct server *server)
{
    struct live *live = server->live->ready_first;

    if (live) {
        live_ready_remove(server->live, live);
    }
    return live;
}

bool live_is_over(const struct live *live)
{
    return live->state == LIVE_OVER;
}

bool live_is_stream(const struct live *live)
{
    return live->is_stream;
}

void server_live_gone(struct server *server, struct live *live)
{
    struct live_hub *hub = server->live;

    live_bug_leave(hub, live);
    if (live->is_stream) {
        hub->counts.streams--;
    } else {
        hub->counts.sockets--;
    }
    *live->link = live->next;
    if (live->next) {
        live->next->link = live->link;
    }
    live_ready_remove(hub, live);
    live_user_leave(hub, live);
    live_timer_remove(hub, live);
    live_free(live);
}

int64_t server_live_due_ms(const struct server *server)
{
    const struct live_hub *hub = server->live;

    return hub->count ? hub->timers[0]->due_ms : INT64_MAX;
}

void server_live_tick(struct server *server, struct instant now, int64_t now_ms)
{
    struct live_hub *hub = server->live;

    live_clock_set(hub, now, now_ms);
    while (hub->count && hub->timers[0]->due_ms <= now_ms) {
        struct live *live = hub->timers[0];

        if (live->state == LIVE_OVER) {
            live_end(hub, live, true);
        } else if (live->is_stream) {
            live_stream_expire(hub, live);
        } else {
            live_socket_expire(hub, live);
        }
        live_plan(hub, live);
        ASSERT(live->due_ms > now_ms);
    }
}

void server_live_close_all(struct server *server, int64_t now_ms)
{
    struct live_hub *hub = server->live;

    hub->clock_ms = now_ms;
    for (struct live *live = hub->first; live; live = live->next) {
        if (live->is_stream) {
            live_end(hub, live, false);
        } else {
            live_socket_close(hub, live, WS_CODE_GOING_AWAY,
                              "the server shuts down");
        }
    }
}

struct live_counts server_live_counts(const struct server *server)
{
    const struct live_hub *hub = server->live;
    struct live_counts counts = hub->counts;

    counts.bytes = 0;
    for (const struct live *live = hub->first; live; live = live->next) {
        counts.bytes +=
            sizeof(*live) + sizeof(struct live *) + live->out.cap +
            live->app.n + live->client.n +
            (live->is_stream ? live->stream.bytes : live_socket_bytes(live));
        if (live->user && live->user->first == live) {
            counts.bytes += sizeof(*live->user) + live->user->name.n + 1;
        }
    }
    return counts;
}

bool live_holds_head(const struct live *live)
{
    return live->holds_head;
}

void live_set_context(struct live *live, void *context)
{
    live->context = context;
}

void *live_context(const struct live *live)
{
    return live->context;
}
