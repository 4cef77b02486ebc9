/* SPDX-License-Identifier: MIT */
/* inbox - see inbox.h.  Layer: harness/run. */
#include "harness/run/inbox.h"

#include <inttypes.h>

#include "base/asserts.h"

enum { SHOWN_MAX = 8, SHOWN_BYTES = 80 };

void inbox_add(struct inbox *inbox, struct arena *arena,
               const struct message *message)
{
    inbox->items = arena_grow(arena, inbox->items, inbox->count, &inbox->cap,
                              sizeof(*inbox->items));
    inbox->items[inbox->count++] = *message;
}

void inbox_consume(struct inbox *inbox, size_t used, int64_t now_ms)
{
    ASSERT(used <= inbox->count);
    if (used > inbox->used) {
        inbox->used = used;
    }
    inbox->since_ms = now_ms;
}

struct str time_said(struct arena *arena, int64_t t_ms)
{
    return arena_printf(arena, "t=%" PRId64 ".%03" PRId64 "s", t_ms / 1000,
                        t_ms % 1000);
}

bool message_is_news(const struct message *message)
{
    if (message->event) { /* one without changes only moves the cursor */
        return message->event->response.count > 0 ||
               message->event->response.malformed_count > 0;
    }
    return str_is(message->frame, "changes") ||
           str_is(message->what, "sync-available");
}

static void put_changes(struct buf *out, const struct stream_event *event)
{
    const struct response *response = &event->response;
    buf_printf(out, " of %.*s:", STR_ARG(event->table));
    for (size_t i = 0; i < response->count && i < SHOWN_MAX; i++) {
        const struct change *change = &response->changes[i];
        buf_printf(out, " %s %.*s", op_name(change->op),
                   STR_ARG(str_take(change->id, SHOWN_BYTES)));
    }
    if (response->count > SHOWN_MAX) {
        buf_printf(out, " and %zu more", response->count - SHOWN_MAX);
    }
    buf_puts(out, response->count == 0 ? " none" : "");
}

static void put_message(struct buf *out, const struct message *message)
{
    const struct notice *notice = message->notice;
    buf_str(out, message->what);
    if (message->event) {
        put_changes(out, message->event);
    } else if (notice && notice->kind == NOTICE_SYNC_AVAILABLE) {
        for (size_t i = 0; i < notice->table_count && i < SHOWN_MAX; i++) {
            buf_printf(out, " %.*s", STR_ARG(notice->tables[i]));
        }
        if (notice->has_app) {
            buf_printf(out, " of app %.*s", STR_ARG(notice->app));
        }
    } else if (message->bytes.n > 0 && !str_is(message->what, "heartbeat")) {
        buf_printf(out, " %.*s",
                   STR_ARG(str_take(message->bytes, SHOWN_BYTES)));
    }
}

struct str inbox_text(const struct inbox *inbox, struct arena *arena)
{
    struct buf out;
    size_t left = inbox->count - inbox->used;
    size_t first = left > SHOWN_MAX ? inbox->count - SHOWN_MAX : inbox->used;
    if (left == 0) {
        return arena_printf(arena, "nothing since %.*s",
                            STR_ARG(time_said(arena, inbox->since_ms)));
    }
    buf_init(&out, 65536);
    if (first > inbox->used) {
        buf_printf(&out, "%zu messages, then ", first - inbox->used);
    }
    for (size_t i = first; i < inbox->count; i++) {
        const struct message *message = &inbox->items[i];
        buf_puts(&out, i > first ? "; " : "");
        buf_str(&out, time_said(arena, message->t_ms));
        buf_putc(&out, ' ');
        if (str_is(message->what, "close")) {
            buf_printf(&out, "close %d ", message->code);
            buf_str(&out, str_take(message->bytes, SHOWN_BYTES));
        } else {
            put_message(&out, message);
        }
    }
    struct str text = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return text;
}
