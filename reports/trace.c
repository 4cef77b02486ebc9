/* SPDX-License-Identifier: MIT */
/* trace - a history as lines for people.  Layer: reports. */
#include "reports/trace.h"

#include <inttypes.h>

#include "base/utf8.h"
#include "reports/escape.h"

enum { ACTOR_COLUMN_MAX = 16, ACTOR_BYTES_MAX = 64, TIME_COLUMN = 10 };

struct trace {
    struct buf *out;
    const struct history *history;
    size_t value_bytes;
    size_t actor_column;
};

/* Columns that a name takes, one a character. */
static size_t text_columns(struct str text)
{
    size_t columns = 0;
    for (size_t i = 0; i < text.n; i++) {
        columns += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    return columns;
}

static struct str actor_name(const struct history *history, uint32_t actor)
{
    return actor < history->actor_count ? history->actors[actor].name
                                        : STR("?");
}

static void put_padding(struct buf *out, size_t from, size_t column)
{
    size_t have = text_columns(str_skip(buf_view(out), from));
    buf_printf(out, "%*s", (int)(have < column ? column - have : 0), "");
}

static void put_text(const struct trace *trace, struct str text)
{
    escape_line(trace->out, text, trace->value_bytes);
}

static void put_record(const struct trace *trace, const struct event *event)
{
    put_text(trace, event->collection);
    if (event->id.n > 0) {
        buf_putc(trace->out, '/');
        put_text(trace, event->id);
    }
    for (size_t i = 0; i < event->field_count; i++) {
        buf_putc(trace->out, ' ');
        put_text(trace, event->fields[i].name);
        buf_putc(trace->out, '=');
        put_text(trace, event->fields[i].value);
    }
}

static void put_body(const struct trace *trace, const struct event *event)
{
    if (event->body.n > 0) {
        buf_printf(trace->out, "  %zu bytes  ", event->body.n);
        put_text(trace, event->body);
    }
}

static const char *request_name(enum request_kind kind)
{
    return kind == REQUEST_PUSH   ? "push"
           : kind == REQUEST_PULL ? "pull"
                                  : "request";
}

static void put_send(const struct trace *trace, const struct event *event)
{
    buf_printf(trace->out, "→ %s #%" PRIu32 "  ",
               request_name(event->as.request_kind), event->exchange);
    put_text(trace, event->text);
    if (event->collection.n > 0) {
        buf_puts(trace->out, "  of ");
        put_text(trace, event->collection);
    }
    if (event->id.n > 0) {
        buf_puts(trace->out, "  since ");
        put_text(trace, event->id);
    }
    if (event->change_count > 0) {
        buf_printf(trace->out, "  %zu change%s", event->change_count,
                   event->change_count == 1 ? "" : "s");
    }
    put_body(trace, event);
}

static void put_reply(const struct trace *trace, const struct event *event)
{
    buf_printf(trace->out, "← #%" PRIu32 " ", event->exchange);
    if (event->as.reply_kind == REPLY_ANSWER) {
        buf_printf(trace->out, "%" PRId32, event->code);
    } else {
        buf_puts(trace->out, reply_kind_name(event->as.reply_kind));
    }
    if (event->fate == FATE_UNKNOWN) {
        buf_puts(trace->out, " (may have taken effect)");
    } else if (event->fate == FATE_NONE) {
        buf_puts(trace->out, " (never reached the server)");
    }
    if (event->text.n > 0) {
        buf_puts(trace->out, "  ");
        put_text(trace, event->text);
    }
    put_body(trace, event);
}

static void put_life(const struct trace *trace, const struct event *event)
{
    buf_puts(trace->out, life_name(event->as.life));
    if (event->text.n > 0) {
        buf_putc(trace->out, ' ');
        put_text(trace, event->text);
    }
    if (event->as.life == LIFE_CLONE) {
        buf_printf(trace->out, " of device %" PRId64, event->number);
    } else if (event->number > 0) {
        buf_printf(trace->out, " with %" PRId64 " pending", event->number);
    }
}

static void put_op(const struct trace *trace, const struct event *event,
                   const char *prefix)
{
    buf_printf(trace->out, "%s%s ", prefix, op_name(event->as.op));
    put_record(trace, event);
}

static void put_record_text(const struct trace *trace,
                            const struct event *event, const char *prefix)
{
    buf_puts(trace->out, prefix);
    put_record(trace, event);
    if (event->text.n > 0) {
        buf_puts(trace->out, "  ");
        put_text(trace, event->text);
    }
}

static void put_prefixed(const struct trace *trace, const struct event *event,
                         const char *prefix)
{
    buf_puts(trace->out, prefix);
    put_text(trace, event->text);
}

static void put_fault(const struct trace *trace, const struct event *event)
{
    buf_puts(trace->out, "fault");
    if (event->exchange > 0) {
        buf_printf(trace->out, " on #%" PRIu32, event->exchange);
    }
    put_prefixed(trace, event, ": ");
}

/* What a client does with its own data. */
static void put_client_event(const struct trace *trace,
                             const struct event *event)
{
    if (event->kind == EV_EDIT) {
        put_op(trace, event, "");
        if (event->exchange > 0) {
            buf_printf(trace->out, "  (row %" PRIu32 ")", event->exchange);
        }
    } else if (event->kind == EV_APPLY) {
        put_op(trace, event, "applied ");
    } else if (event->kind == EV_ACK) {
        buf_printf(trace->out, "cleared pending rows up to %" PRId64,
                   event->number);
    } else if (event->kind == EV_WITHDRAW) {
        put_record_text(trace, event, "gave up ");
    } else if (event->kind == EV_CURSOR) {
        put_record_text(trace, event, "cursor of ");
    } else if (event->kind == EV_STATUS) {
        put_prefixed(trace, event, "status ");
        buf_printf(trace->out, ", %" PRId64 " pending", event->number);
    } else {
        put_record_text(trace, event, "holds ");
    }
}

static void put_hear(const struct trace *trace, const struct event *event)
{
    buf_printf(trace->out, "⇐ ~%" PRIu32 " ", event->exchange);
    put_text(trace, event->text);
    for (size_t i = 0; i < event->name_count; i++) {
        buf_putc(trace->out, ' ');
        put_text(trace, event->names[i]);
    }
    if (event->number == 1) {
        buf_puts(trace->out, " of app ");
        put_text(trace, event->id);
    } else if (event->collection.n > 0) {
        buf_puts(trace->out, " of ");
        put_text(trace, event->collection);
        buf_puts(trace->out, " since ");
        put_text(trace, event->id);
    }
    put_body(trace, event);
}

static void put_shut(const struct trace *trace, const struct event *event)
{
    buf_printf(trace->out, "%s ~%" PRIu32 " ended",
               event->number == 1 ? "✕" : "⇐", event->exchange);
    if (event->as.reply_kind != REPLY_ANSWER) {
        buf_printf(trace->out, " (%s)", reply_kind_name(event->as.reply_kind));
    }
    if (event->code != 0) {
        buf_printf(trace->out, " %" PRId32, event->code);
    }
    if (event->text.n > 0) {
        put_prefixed(trace, event, "  ");
    }
}

/* What happens on a live channel; ~N is its number. */
static void put_live_event(const struct trace *trace, const struct event *event)
{
    if (event->kind == EV_HEAR) {
        put_hear(trace, event);
    } else if (event->kind == EV_SHUT) {
        put_shut(trace, event);
    } else if (event->kind == EV_OPEN) {
        buf_printf(trace->out, "⇒ ~%" PRIu32 " opens %s  ", event->exchange,
                   live_kind_name(event->as.live_kind));
        put_text(trace, event->text);
    } else if (event->kind == EV_OPENED) {
        buf_printf(trace->out, "⇐ ~%" PRIu32 " %" PRId32, event->exchange,
                   event->code);
    } else if (event->kind == EV_LISTENS) {
        buf_printf(trace->out, "  ~%" PRIu32 " listens", event->exchange);
    } else if (event->kind == EV_SAY) {
        buf_printf(trace->out, "⇒ ~%" PRIu32 " says", event->exchange);
        put_body(trace, event);
    } else {
        buf_printf(trace->out, "  ~%" PRIu32 " %s", event->exchange,
                   event->number == 1 ? "stops reading" : "reads again");
    }
}

static void put_event(const struct trace *trace, const struct event *event)
{
    switch (event->kind) {
    case EV_STEP:
        buf_printf(trace->out, "── line %" PRIu32, event->line);
        put_prefixed(trace, event, ": ");
        break;
    case EV_SEND:
        put_send(trace, event);
        break;
    case EV_REPLY:
        put_reply(trace, event);
        break;
    case EV_LIFE:
        put_life(trace, event);
        break;
    case EV_FAULT:
        put_fault(trace, event);
        break;
    case EV_EXPECT:
        put_prefixed(trace, event, event->code != 0 ? "held: " : "FAILED: ");
        break;
    case EV_STUCK:
        put_prefixed(trace, event, "STUCK: ");
        break;
    case EV_PHASE:
        put_prefixed(trace, event, "── phase ");
        break;
    case EV_EDIT:
    case EV_APPLY:
    case EV_ACK:
    case EV_WITHDRAW:
    case EV_CURSOR:
    case EV_STATUS:
    case EV_STATE:
        put_client_event(trace, event);
        break;
    case EV_OPEN:
    case EV_OPENED:
    case EV_LISTENS:
    case EV_SAY:
    case EV_HEAR:
    case EV_PAUSE:
    case EV_SHUT:
        put_live_event(trace, event);
        break;
    }
}

static void put_line(const struct trace *trace, const struct event *event)
{
    struct buf *out = trace->out;
    size_t from = out->n;
    buf_printf(out, "t=%" PRId64 ".%03ds", event->t_ms / 1000,
               (int)(event->t_ms % 1000));
    put_padding(out, from, TIME_COLUMN);
    from = out->n;
    escape_line(out, actor_name(trace->history, event->actor), ACTOR_BYTES_MAX);
    put_padding(out, from, trace->actor_column);
    buf_puts(out, "  ");
    put_event(trace, event);
    buf_putc(out, '\n');
}

void trace_write(struct buf *out, const struct history *history,
                 size_t value_bytes)
{
    struct trace trace = {out, history, value_bytes, 0};
    for (size_t i = 0; i < history->actor_count; i++) {
        size_t columns = text_columns(history->actors[i].name);
        if (columns > trace.actor_column) {
            trace.actor_column = columns;
        }
    }
    if (trace.actor_column > ACTOR_COLUMN_MAX) {
        trace.actor_column = ACTOR_COLUMN_MAX;
    }
    for (size_t i = 0; i < history->count; i++) {
        put_line(&trace, &history->events[i]);
    }
}
