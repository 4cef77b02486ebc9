/* SPDX-License-Identifier: MIT */
/* packet - own copies of requests and ends.  Layer: harness/transport. */
#include "harness/transport/packet.h"

#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"

enum { BLOCK_FIRST = 1024, BLOCK_KEPT = 64 << 10 };

static void reserve(struct packet *packet, size_t size)
{
    packet->n = 0;
    if (size <= packet->cap) {
        return;
    }
    size_t cap = size < BLOCK_FIRST ? BLOCK_FIRST : size;
    free(packet->p);
    packet->p = malloc(cap);
    ASSERT(packet->p);
    packet->cap = cap;
}

static struct str put(struct packet *packet, struct str s)
{
    if (s.n == 0) {
        /* Absent and empty stay what they were. */
        return (struct str){s.p ? "" : NULL, 0};
    }
    char *at = packet->p + packet->n;
    memcpy(at, s.p, s.n);
    packet->n += s.n;
    return (struct str){at, s.n};
}

static size_t headers_size(const struct http_header *headers, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += headers[i].name.n + headers[i].value.n;
    }
    return size;
}

static void put_headers(struct packet *packet, const struct http_header *from,
                        size_t count, struct http_header *to)
{
    for (size_t i = 0; i < count; i++) {
        to[i].name = put(packet, from[i].name);
        to[i].value = put(packet, from[i].value);
    }
}

void packet_request(struct packet *packet, const struct http_request *from,
                    struct http_request *to)
{
    ASSERT(from->header_count <= LIMIT_HEADERS);
    reserve(packet, from->method.n + from->target.n + from->body.n +
                        headers_size(from->headers, from->header_count));
    to->method = put(packet, from->method);
    to->target = put(packet, from->target);
    put_headers(packet, from->headers, from->header_count, to->headers);
    to->header_count = from->header_count;
    to->body = put(packet, from->body);
    to->body_too_long = from->body_too_long;
}

static size_t reply_size(const struct http_reply *reply)
{
    ASSERT(reply->header_count <= HTTP_REPLY_HEADERS);
    return reply->body.n + headers_size(reply->headers, reply->header_count);
}

static void put_reply(struct packet *packet, const struct http_reply *from,
                      struct http_reply *to)
{
    to->status = from->status;
    put_headers(packet, from->headers, from->header_count, to->headers);
    to->header_count = from->header_count;
    to->body = put(packet, from->body);
}

void packet_ending(struct packet *packet, const struct ending *from,
                   struct ending *to)
{
    reserve(packet, from->error.n + reply_size(&from->reply));
    to->kind = from->kind;
    to->fate = from->fate;
    to->error = put(packet, from->error);
    put_reply(packet, &from->reply, &to->reply);
}

void packet_reply(struct packet *packet, const struct http_reply *from,
                  struct http_reply *to)
{
    reserve(packet, reply_size(from));
    put_reply(packet, from, to);
}

void packet_channel_end(struct packet *packet, const struct channel_end *from,
                        struct channel_end *to)
{
    reserve(packet, from->error.n + from->reason.n + reply_size(&from->reply));
    to->kind = from->kind;
    to->opened = from->opened;
    to->code = from->code;
    to->error = put(packet, from->error);
    to->reason = put(packet, from->reason);
    put_reply(packet, &from->reply, &to->reply);
}

void packet_trim(struct packet *packet)
{
    if (packet->cap > BLOCK_KEPT) {
        packet_free(packet);
    }
}

void packet_free(struct packet *packet)
{
    free(packet->p);
    *packet = (struct packet){0};
}
