/* SPDX-License-Identifier: MIT */
/* wire_head - the header lines of an answer as they come in.
 * Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_HEAD_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_HEAD_H

#include "base/buf.h"
#include "protocol/http.h"

enum {
    WIRE_HEADERS_FIRST = HTTP_REPLY_HEADERS,
    WIRE_HEADERS_REST = HTTP_REPLY_HEADERS
};

struct wire_header { /* offsets into wire_head.lines */
    size_t name, name_bytes, value, value_bytes;
};

/* Those headers that clauses ask for are kept before a proxy's small talk. */
struct wire_head {
    struct buf lines;
    struct wire_header first[WIRE_HEADERS_FIRST]; /* those we care for */
    struct wire_header rest[WIRE_HEADERS_REST];
    size_t first_count, rest_count;
};

void wire_head_init(struct wire_head *head);
void wire_head_free(struct wire_head *head);
void wire_head_clear(struct wire_head *head);
/* One line, with or without its end.  A status line begins a new head: what
 * came before was an interim answer.  A line without a colon is passed over. */
void wire_head_line(struct wire_head *head, const char *p, size_t n);
/* Append the headers to a reply, which borrows from the head. */
void wire_head_put(const struct wire_head *head, struct http_reply *reply);
/* The value of a header, name compared without case; .p NULL: absent.  Only
 * the first of a name counts. */
struct str wire_head_find(const struct wire_head *head, const char *name);

#endif
