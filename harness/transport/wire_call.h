/* SPDX-License-Identifier: MIT */
/* wire_call - one exchange as a libcurl easy handle: set up, capture of the
 * answer, and what its result means.  Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_CALL_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_CALL_H

#include <curl/curl.h>

#include "base/buf.h"
#include "harness/transport/transport.h"
#include "harness/transport/wire_head.h"

struct wire_shard;
struct call_list;

struct wire_target {
    char *base_url;             /* owned; no slash at its end */
    size_t prefix;              /* where the path begins in it, if it has one */
    const char *const *headers; /* of every request, see wire.h; or NULL */
};

struct wire_call {
    CURL *easy;
    const struct wire_target *target;
    struct wire_shard *shard;  /* where it runs; NULL: nowhere */
    struct exchange *exchange; /* NULL: it is a stream's */
    void *stream;              /* wire_stream.c's */
    struct call_list *list;    /* wire.c's: the one it is in */
    struct wire_call *previous, *next;
    struct curl_slist *headers;
    struct buf line;       /* request target, NUL-terminated; header lines */
    struct wire_head head; /* of the last answer, interim ones are gone */
    struct buf body;
    bool too_big;
    CURLcode result;
    char refused[96]; /* why it was never started; empty: it was */
    char detail[CURL_ERROR_SIZE];
    char text[CURL_ERROR_SIZE + 256]; /* the sentence of the ending */
};

struct wire_config;

/* Options that do not depend on the request. */
void wire_call_fixed(CURL *easy, const struct wire_config *config);
/* NULL when out of memory.  Borrows the target; options that no request
 * changes are set here. */
struct wire_call *wire_call_create(const struct wire_config *config,
                                   const struct wire_target *target);
void wire_call_free(struct wire_call *call);
/* Make it ready to be added to a multi handle.  False when the request cannot
 * be written at all: then call->refused says why.  Borrows the exchange until
 * wire_call_clear. */
bool wire_call_prepare(struct wire_call *call, struct exchange *exchange);
/* The same without an exchange and without a time-out.  Borrows the request. */
bool wire_call_request(struct wire_call *call,
                       const struct http_request *request);
/* Those headers of the target that the request does not have itself: the next
 * one at or behind *index, which moves past it; NULL: no more. */
const char *wire_target_header(const struct wire_target *target,
                               const struct http_request *request,
                               size_t *index);
/* What libcurl brought: a line of the head; a piece of the body, false when it
 * is over LIMIT_REPLY_BYTES. */
void wire_call_header(struct wire_call *call, const char *p, size_t n);
bool wire_call_body(struct wire_call *call, const char *p, size_t n);
/* The ending of a call whose `result` is set.  Borrows from the call. */
void wire_call_ending(struct wire_call *call, struct ending *ending);
/* Ready for the next exchange; large buffers are given back. */
void wire_call_clear(struct wire_call *call);

#endif
