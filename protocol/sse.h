/* SPDX-License-Identifier: MIT */
/* sse - a text/event-stream becomes events, to the letter of the WHATWG text
 * (section "Server-sent events"), and events become text.  No I/O.
 * Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_SSE_H
#define SYNCSPEC_PROTOCOL_SSE_H

#include "base/buf.h"

struct sse_event {
    struct str type; /* "message" when the stream names none */
    struct str data; /* lines joined by \n */
    struct str id;   /* the last event id as it stands, maybe empty */
};

struct sse_parser {
    struct buf line;           /* the one that has not ended yet */
    struct buf type, data, id; /* of the event that is being put together */
    struct buf ready;          /* events that are whole, in order … */
    size_t told;               /* … of which so many bytes were told */
    struct buf last_id;        /* as of the event told last */
    size_t limit;              /* of one line, and of one event's data */
    int64_t retry_ms;          /* asked for by the server; -1: never */
    size_t comments;           /* lines that began with a colon */
    uint8_t mark_seen;         /* bytes of a byte order mark */
    bool begun;                /* a byte order mark may not come any more */
    bool has_data, has_id;     /* since the last blank line */
    bool ended_by_cr;          /* a \n that follows belongs to it */
    bool failed;               /* over the limit: nothing is taken any more */
};

void sse_parser_init(struct sse_parser *parser, size_t limit);
void sse_parser_free(struct sse_parser *parser);
/* Bytes arrived, cut anywhere.  False when over the limit or out of memory:
 * then events that were whole before are still told, and nothing after them.
 * What is not UTF-8 is read as U+FFFD, as the text demands. */
bool sse_parser_feed(struct sse_parser *parser, const void *p, size_t n);
/* The next event that is whole; its strings hold until the next call or feed.
 * An event that the stream's end cuts off is never told. */
bool sse_parser_next(struct sse_parser *parser, struct sse_event *out);
/* Is an event begun and not ended: would it be lost if the stream ended now? */
bool sse_parser_inside(const struct sse_parser *parser);

/* Append an event: `type` empty leaves the line out, `id` empty too; data of
 * several lines becomes several data lines, however they end.  Type and id are
 * one line each, and an id has no NUL. */
void sse_event_write(struct buf *out, const struct sse_event *event);

#endif
