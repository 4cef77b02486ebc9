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
    struct buf bytes; /* received, the first `used` are done with */
    size_t used, scanned;
    struct buf type, data, id, last_id;
    struct buf out_type, out_data; /* of the event told last */
    size_t limit;                  /* of one line, and of one event's data */
    int64_t retry_ms;              /* asked for by the server; -1: never */
    size_t comments;               /* lines that began with a colon */
    bool begun;                    /* a byte order mark may not come any more */
    bool has_data;
    bool ended_by_cr; /* a \n that follows belongs to it */
    bool failed;      /* over the limit: nothing comes any more */
};

void sse_parser_init(struct sse_parser *parser, size_t limit);
void sse_parser_free(struct sse_parser *parser);
/* Bytes arrived, cut anywhere.  False when over the limit or out of memory. */
bool sse_parser_feed(struct sse_parser *parser, const void *p, size_t n);
/* The next event that is whole; its strings hold until the next call or feed.
 * An event that the stream's end cuts off is never told. */
bool sse_parser_next(struct sse_parser *parser, struct sse_event *out);
/* Is an event begun and not ended: would it be lost if the stream ended now? */
bool sse_parser_inside(const struct sse_parser *parser);

/* Append an event: `type` empty leaves the line out, `id` empty too; data of
 * several lines becomes several data lines. */
void sse_event_write(struct buf *out, const struct sse_event *event);

#endif
