/* SPDX-License-Identifier: MIT */
/* sse - a text/event-stream becomes events, and events become text.
 * Layer: protocol.
 *
 * Lines are interpreted as they end, while bytes are fed; events that are whole
 * wait in `ready` until they are asked for. */
#include "protocol/sse.h"

#include "base/asserts.h"
#include "base/limits.h"
#include "base/utf8.h"

#define BYTE_ORDER_MARK STR("\xEF\xBB\xBF")
#define REPLACEMENT     STR("\xEF\xBF\xBD")

/* What stands in front of each blank line's findings in `ready`; type, data
 * and id follow. */
struct ready_head {
    size_t type_n, data_n, id_n;
    bool is_event; /* else only the last event id changes */
    bool has_id;
};

void sse_parser_init(struct sse_parser *parser, size_t limit)
{
    *parser = (struct sse_parser){.limit = limit, .retry_ms = -1};
    buf_init(&parser->line, limit);
    buf_init(&parser->type, limit);
    /* Until the event ends, each line of data has a \n behind it. */
    buf_init(&parser->data, limit < SIZE_MAX ? limit + 1 : limit);
    buf_init(&parser->id, limit);
    buf_init(&parser->last_id, limit);
    buf_init(&parser->ready, 4 * LIMIT_REPLY_BYTES);
}

void sse_parser_free(struct sse_parser *parser)
{
    buf_free(&parser->line);
    buf_free(&parser->type);
    buf_free(&parser->data);
    buf_free(&parser->id);
    buf_free(&parser->last_id);
    buf_free(&parser->ready);
}

/* Decoding a line at a time is decoding the stream: a line's end is never part
 * of a longer sequence. */
static void put_decoded(struct buf *out, struct str text)
{
    for (;;) {
        size_t good = utf8_bad_at(text);
        buf_str(out, str_take(text, good));
        if (good == text.n) {
            return;
        }
        text = str_skip(text, good);
        size_t begun = utf8_begun(text.p, text.n);
        buf_str(out, REPLACEMENT);
        text = str_skip(text, begun > 0 ? begun : 1);
    }
}

static void set_retry(struct sse_parser *parser, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') {
            return;
        }
    }
    if (value.n > 0 && !str_to_i64(value, &parser->retry_ms)) {
        parser->retry_ms = INT64_MAX;
    }
}

static void take_field(struct sse_parser *parser, struct str name,
                       struct str value)
{
    if (str_is(name, "data")) {
        put_decoded(&parser->data, value);
        buf_putc(&parser->data, '\n');
        parser->has_data = true;
    } else if (str_is(name, "event")) {
        buf_clear(&parser->type);
        put_decoded(&parser->type, value);
    } else if (str_is(name, "id")) {
        if (str_find(value, '\0') == value.n) {
            buf_clear(&parser->id);
            put_decoded(&parser->id, value);
            parser->has_id = true;
        }
    } else if (str_is(name, "retry")) {
        set_retry(parser, value);
    }
}

/* A blank line: what was gathered waits to be told. */
static void end_event(struct sse_parser *parser)
{
    struct ready_head head = {.is_event = parser->has_data,
                              .has_id = parser->has_id};
    if (head.is_event || head.has_id) {
        head.type_n = parser->type.n;
        head.data_n = parser->has_data ? parser->data.n - 1 : 0;
        head.id_n = parser->has_id ? parser->id.n : 0;
        /* All or nothing: half an entry could not be read. */
        if (buf_reserve(&parser->ready,
                        sizeof head + head.type_n + head.data_n + head.id_n)) {
            buf_put(&parser->ready, &head, sizeof head);
            buf_put(&parser->ready, parser->type.p, head.type_n);
            buf_put(&parser->ready, parser->data.p, head.data_n);
            buf_put(&parser->ready, parser->id.p, head.id_n);
        }
    }
    buf_clear(&parser->type);
    buf_clear(&parser->data);
    parser->has_data = false;
    parser->has_id = false;
}

static void take_line(struct sse_parser *parser, struct str line)
{
    size_t colon = str_find(line, ':');
    if (line.n == 0) {
        end_event(parser);
    } else if (colon == 0) {
        parser->comments++;
    } else {
        struct str value = str_skip(line, colon + 1);
        take_field(parser, str_take(line, colon),
                   str_starts(value, STR(" ")) ? str_skip(value, 1) : value);
    }
    parser->failed = parser->failed || parser->type.failed ||
                     parser->data.failed || parser->id.failed ||
                     parser->ready.failed;
}

/* Index of the first line's end, or text.n. */
static size_t line_end(struct str text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r') {
        n++;
    }
    return n;
}

/* One line, or what is there of it; returns what follows. */
static struct str take_part(struct sse_parser *parser, struct str text)
{
    if (parser->ended_by_cr) {
        parser->ended_by_cr = false;
        if (text.p[0] == '\n') {
            return str_skip(text, 1);
        }
    }
    size_t n = line_end(text);
    struct str line = str_take(text, n);
    if (n > parser->limit - parser->line.n) {
        parser->failed = true;
        return text;
    }
    if (parser->line.n > 0 || n == text.n) {
        buf_str(&parser->line, line);
        line = buf_view(&parser->line);
        parser->failed = parser->line.failed;
    }
    if (n == text.n || parser->failed) {
        return str_skip(text, n);
    }
    parser->ended_by_cr = text.p[n] == '\r';
    take_line(parser, line);
    buf_clear(&parser->line);
    return str_skip(text, n + 1);
}

static void take_text(struct sse_parser *parser, struct str text)
{
    while (text.n > 0 && !parser->failed) {
        text = take_part(parser, text);
    }
}

/* A byte order mark in front is swallowed; what only began like one was text
 * all along. */
static struct str take_mark(struct sse_parser *parser, struct str text)
{
    struct str mark = BYTE_ORDER_MARK;
    while (parser->mark_seen < mark.n && text.n > 0 &&
           text.p[0] == mark.p[parser->mark_seen]) {
        parser->mark_seen++;
        text = str_skip(text, 1);
    }
    parser->begun = parser->mark_seen == mark.n || text.n > 0;
    if (parser->begun && parser->mark_seen < mark.n) {
        take_text(parser, str_take(mark, parser->mark_seen));
    }
    return text;
}

/* Drop what was told, when that is at least half. */
static void forget_told(struct sse_parser *parser)
{
    struct buf *ready = &parser->ready;
    if (parser->told == 0 || parser->told < ready->n - parser->told) {
        return;
    }
    ready->n -= parser->told;
    memmove(ready->p, ready->p + parser->told, ready->n);
    parser->told = 0;
}

bool sse_parser_feed(struct sse_parser *parser, const void *p, size_t n)
{
    struct str text = {p, n};
    if (parser->failed) {
        return false;
    }
    forget_told(parser);
    if (!parser->begun) {
        text = take_mark(parser, text);
    }
    take_text(parser, text);
    return !parser->failed;
}

/* Set the last event id; it is told with this event and those behind it. */
static void tell_id(struct sse_parser *parser, struct str id)
{
    buf_clear(&parser->last_id);
    buf_str(&parser->last_id, id);
    if (parser->last_id.failed) {
        parser->failed = true;
    }
}

bool sse_parser_next(struct sse_parser *parser, struct sse_event *out)
{
    while (parser->told < parser->ready.n) {
        struct ready_head head;
        struct str rest = str_skip(buf_view(&parser->ready), parser->told);
        memcpy(&head, rest.p, sizeof head);
        struct str type = str_take(str_skip(rest, sizeof head), head.type_n);
        struct str data = {type.p + type.n, head.data_n};
        struct str id = {data.p + data.n, head.id_n};
        parser->told += sizeof head + type.n + data.n + id.n;
        if (head.has_id) {
            tell_id(parser, id);
        }
        if (head.is_event) {
            *out = (struct sse_event){type.n > 0 ? type : STR("message"), data,
                                      buf_view(&parser->last_id)};
            return true;
        }
    }
    return false;
}

bool sse_parser_inside(const struct sse_parser *parser)
{
    return parser->has_data || parser->has_id || parser->type.n > 0 ||
           (parser->line.n > 0 && parser->line.p[0] != ':');
}

static void write_field(struct buf *out, const char *name, struct str value)
{
    buf_puts(out, name);
    buf_puts(out, ": ");
    buf_str(out, value);
    buf_putc(out, '\n');
}

static void write_data(struct buf *out, struct str data)
{
    for (;;) {
        size_t n = line_end(data);
        write_field(out, "data", str_take(data, n));
        if (n == data.n) {
            return;
        }
        bool two = data.p[n] == '\r' && n + 1 < data.n && data.p[n + 1] == '\n';
        data = str_skip(data, n + (two ? 2 : 1));
    }
}

void sse_event_write(struct buf *out, const struct sse_event *event)
{
    ASSERT(line_end(event->type) == event->type.n);
    ASSERT(line_end(event->id) == event->id.n);
    ASSERT(str_find(event->id, '\0') == event->id.n);
    if (event->type.n > 0) {
        write_field(out, "event", event->type);
    }
    if (event->id.n > 0) {
        write_field(out, "id", event->id);
    }
    write_data(out, event->data);
    buf_putc(out, '\n');
}
