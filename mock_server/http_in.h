/* SPDX-License-Identifier: MIT */
/* http_in - bytes of a connection become HTTP/1.1 requests, exactly as they
 * were sent: any method, the very target, nothing decoded.  No I/O.
 * Layer: mock_server, not for others.
 *
 * The HTTP parser of the socket library decodes and tidies targets, knows few
 * methods and drops connections of senders who err; a server that has to
 * answer every mistake with a reason needs the bytes. */
#ifndef SYNCSPEC_MOCK_SERVER_HTTP_IN_H
#define SYNCSPEC_MOCK_SERVER_HTTP_IN_H

#include "protocol/http.h"

enum http_in_result {
    HTTP_IN_MORE,  /* wait for bytes */
    HTTP_IN_READY, /* `request` is whole, until http_in_next() */
    HTTP_IN_BAD    /* answer `bad_status` and close */
};

enum http_in_phase { PHASE_HEAD, PHASE_BODY, PHASE_CHUNKS, PHASE_DONE };

struct http_in {
    struct buf bytes; /* received; the first `used` are done with */
    size_t used;
    size_t scanned; /* of the head: no end of it before here */
    size_t body_limit;

    enum http_in_phase phase;
    size_t head_n, body_n; /* bytes on the wire */
    bool chunked, keep_alive, expects_continue, has_host;
    bool has_length;
    bool is_1_0;       /* HTTP/1.0: knows neither chunks nor upgrades */
    struct buf chunks; /* decoded body of a chunked request */
    size_t chunk_at;   /* next byte to decode, from the head's start */
    size_t chunk_left; /* of the chunk's data */
    enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER } chunk_part;

    struct http_request request;
    int bad_status;
    const char *bad_code, *bad_text;
};

void http_in_init(struct http_in *in, size_t body_limit);
void http_in_free(struct http_in *in);
/* Bytes arrived; false when they do not fit (the caller should not have read
 * on while a request was ready). */
bool http_in_feed(struct http_in *in, const void *p, size_t n);
enum http_in_result http_in_step(struct http_in *in);
/* The request was answered: go on to the one behind it. */
void http_in_next(struct http_in *in);
/* While a request is ready: the bytes behind it; borrows. */
struct str http_in_rest(const struct http_in *in);
/* Has a request begun to arrive? */
bool http_in_begun(const struct http_in *in);
/* The sender waits for "100 Continue"; says so once. */
bool http_in_wants_continue(struct http_in *in);

#endif
