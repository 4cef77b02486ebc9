/* SPDX-License-Identifier: MIT */
/* lines - see lines.h.  Layer: harness/check. */
#include "harness/check/lines.h"

#include "protocol/dialect.h"
#include "protocol/http.h"

struct line *line_find(const struct ledger *ledger, uint32_t exchange)
{
    size_t low = 0, high = ledger->line_count;
    while (low < high) { /* numbers only grow */
        size_t middle = low + (high - low) / 2;
        if (ledger->lines[middle].open->exchange < exchange) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ledger->line_count &&
                   ledger->lines[low].open->exchange == exchange
               ? &ledger->lines[low]
               : NULL;
}

bool line_is_socket(const struct line *line)
{
    return line->open->as.live_kind == LIVE_APP_SOCKET ||
           line->open->as.live_kind == LIVE_ALL_SOCKET;
}

static const struct dialect *dialect_of(const struct ledger *ledger)
{
    const struct dialect *spoken = ledger->input->dialect;
    return spoken ? spoken : dialect_find(STR("v2"));
}

bool line_asks(const struct ledger *ledger, const struct line *line,
               struct str table)
{
    struct str list;
    if (!http_query_find(
            line->open->text,
            dialect_name(dialect_of(ledger), NAME_QUERY_COLLECTIONS).p,
            ledger->arena, &list)) {
        return false;
    }
    while (list.n > 0) {
        size_t end = str_find(list, ',');
        if (str_eq(str_take(list, end), table)) {
            return true;
        }
        list = str_skip(list, end + 1);
    }
    return false;
}

int64_t line_until_ms(const struct ledger *ledger, const struct line *line)
{
    return line->shut && line->shut->t_ms < ledger->settled_ms
               ? line->shut->t_ms
               : ledger->settled_ms;
}

int64_t ledger_scaled_ms(const struct ledger *ledger, int64_t ms)
{
    int64_t scale = ledger->input->scale;
    return scale > 1 ? ms * scale : ms;
}

const struct event *heard_cursor(const struct ledger *ledger, uint32_t device,
                                 const struct event *send, uint32_t before)
{
    for (size_t i = ledger->heard_count; i-- > 0;) {
        const struct event *event = ledger->heard[i];
        if (event->seq < before && event->response &&
            ledger_actor(ledger, event)->device == device &&
            (send->as.request_kind == REQUEST_PUSH ||
             str_eq(event->collection, send->collection)) &&
            str_eq(event->response->synced_until, send->id)) {
            return event;
        }
    }
    return NULL;
}

/* The app of a socket's or a stream's path. */
static struct str target_app(const struct ledger *ledger, struct str target)
{
    struct str path = http_target_path(target);
    struct str app = STR(""), decoded;
    dialect_path_find(dialect_of(ledger), path, &app);
    return http_decode(app, false, ledger->arena, &decoded) ? decoded
                                                            : (struct str){0};
}

static void on_open(struct ledger *ledger, const struct event *event)
{
    ledger->lines[ledger->line_count++] =
        (struct line){.open = event,
                      .who = ledger_actor(ledger, event),
                      .app = target_app(ledger, event->text)};
}

void lines_take(struct ledger *ledger, const struct event *event)
{
    if (event->kind == EV_OPEN) {
        on_open(ledger, event);
        return;
    }
    if (event->kind == EV_HEAR) {
        ledger->heard[ledger->heard_count++] = event;
    }
    struct line *line = line_find(ledger, event->exchange);
    if (!line) {
        return;
    }
    if (event->kind == EV_FAULT) {
        line->touched = true;
    } else if (event->kind == EV_SAY) {
        line->spoke = true;
    } else if (event->kind == EV_OPENED) {
        line->opened = event;
    } else if (event->kind == EV_LISTENS) {
        line->listens = event;
    } else if (event->kind == EV_SHUT) {
        line->shut = event;
    } else if (event->kind == EV_PAUSE) {
        line->paused = event->number == 1;
        line->resumed = line->paused ? line->resumed : event;
    }
}

void lines_begin(struct ledger *ledger)
{
    const struct history *history = ledger->input->history;
    size_t opens = 0, hears = 0;
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        opens += event->kind == EV_OPEN;
        hears += event->kind == EV_HEAR;
        if (event->seq <= ledger->settle_seq) {
            ledger->settled_ms = event->t_ms;
        }
    }
    ledger->lines = arena_must(ledger->arena, opens + 1, sizeof(struct line));
    ledger->heard =
        arena_must(ledger->arena, hears + 1, sizeof(*ledger->heard));
}
