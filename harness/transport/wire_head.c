/* SPDX-License-Identifier: MIT */
/* wire_head - the header lines of an answer.  Layer: harness/transport. */
#include "harness/transport/wire_head.h"

#include <strings.h>

enum { HEAD_MAX = 512 << 10 }; /* libcurl gives up at 300 KB */

static bool name_is(const char *name, size_t n, const char *wanted)
{
    return strlen(wanted) == n && strncasecmp(name, wanted, n) == 0;
}

static bool is_wanted(const char *name, size_t n)
{
    static const char *const NAMES[] = {
        "Content-Type", "Retry-After", "WWW-Authenticate",    "Allow", "Date",
        "Upgrade",      "Connection",  "Sec-WebSocket-Accept"};
    static const char CORS[] = "Access-Control-";
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (name_is(name, n, NAMES[i])) {
            return true;
        }
    }
    return n > sizeof CORS - 1 && strncasecmp(name, CORS, sizeof CORS - 1) == 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

void wire_head_init(struct wire_head *head)
{
    buf_init(&head->lines, HEAD_MAX);
    head->first_count = head->rest_count = 0;
}

void wire_head_free(struct wire_head *head)
{
    buf_free(&head->lines);
}

void wire_head_clear(struct wire_head *head)
{
    buf_clear(&head->lines);
    head->first_count = head->rest_count = 0;
}

static void header_keep(struct wire_head *head, struct wire_header header,
                        bool wanted)
{
    if (wanted && head->first_count < WIRE_HEADERS_FIRST) {
        head->first[head->first_count++] = header;
    } else if (!wanted && head->rest_count < WIRE_HEADERS_REST) {
        head->rest[head->rest_count++] = header;
    }
}

static void header_line(struct wire_head *head, const char *p, size_t n)
{
    const char *colon = memchr(p, ':', n);
    if (!colon) {
        return;
    }
    size_t from = (size_t)(colon - p) + 1;
    while (from < n && is_blank(p[from])) {
        from++;
    }
    while (n > from && is_blank(p[n - 1])) {
        n--;
    }
    size_t start = head->lines.n;
    buf_put(&head->lines, p, n);
    if (!head->lines.failed) {
        struct wire_header header = {start, (size_t)(colon - p), start + from,
                                     n - from};
        header_keep(head, header, is_wanted(p, header.name_bytes));
    }
}

void wire_head_line(struct wire_head *head, const char *p, size_t n)
{
    if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
        wire_head_clear(head);
    } else {
        header_line(head, p, n);
    }
}

static struct str part(const struct wire_head *head, size_t from, size_t n)
{
    return (struct str){head->lines.p + from, n};
}

static void put_headers(const struct wire_head *head, struct http_reply *reply,
                        const struct wire_header *headers, size_t count)
{
    for (size_t i = 0; i < count && reply->header_count < HTTP_REPLY_HEADERS;
         i++) {
        const struct wire_header *header = &headers[i];
        http_reply_header(reply, part(head, header->name, header->name_bytes),
                          part(head, header->value, header->value_bytes));
    }
}

void wire_head_put(const struct wire_head *head, struct http_reply *reply)
{
    put_headers(head, reply, head->first, head->first_count);
    put_headers(head, reply, head->rest, head->rest_count);
}

static struct str find_in(const struct wire_head *head,
                          const struct wire_header *headers, size_t count,
                          const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (name_is(head->lines.p + headers[i].name, headers[i].name_bytes,
                    name)) {
            return part(head, headers[i].value, headers[i].value_bytes);
        }
    }
    return (struct str){0};
}

struct str wire_head_find(const struct wire_head *head, const char *name)
{
    struct str value = find_in(head, head->first, head->first_count, name);
    return value.p ? value : find_in(head, head->rest, head->rest_count, name);
}
