/* SPDX-License-Identifier: MIT */
/* live - open sockets and streams of the bundled server, without I/O: bytes of
 * a connection in, bytes to send out.  Layer: mock_server.
 *
 * How a front goes about it:
 * 1. An answer of server_finish() may open a live channel: then
 *    server_live_take() returns it, and the reply is only a head (101, or 200
 *    of a stream: no Content-Length, the connection is the stream's from now
 *    on; the front may send the bytes chunked or until the end).
 * 2. After every call of server_begin, server_finish, server_live_* the front
 *    asks server_live_next() until it says NULL, and sends live_output() of
 *    each as far as the connection takes it, telling live_sent().
 * 3. At server_live_due_ms() it calls server_live_tick().
 * 4. When live_is_over() and all output was sent, it ends the connection;
 *    whenever the connection ends it says server_live_gone(). */
#ifndef SYNCSPEC_MOCK_SERVER_LIVE_H
#define SYNCSPEC_MOCK_SERVER_LIVE_H

#include "mock_server/server.h"

enum {
    LIVE_AUTH_MS = 10000,       /* for a socket to say who it is */
    LIVE_HEARTBEAT_MS = 10000,  /* of a stream: 30 s at most are allowed */
    LIVE_PING_MS = 30000,       /* of a socket that is silent … */
    LIVE_PONG_MS = 20000,       /* … and so long it has to answer */
    LIVE_CLOSE_MS = 5000,       /* for the peer's half of a close handshake */
    LIVE_MESSAGE_BYTES = 65536, /* of one message to the server */
    LIVE_PENDING_BYTES = 262144 /* of output; a stream reads no page and a
                                   socket only collects tables beyond it */
};

struct live;

/* The channel that the last server_finish opened, NULL for an ordinary answer.
 * `now_ms` is a monotonic clock, that of all the calls below. */
struct live *server_live_take(struct server *server, int64_t now_ms);
/* Bytes came from its peer (a stream's peer has nothing to say: passed over).
 */
void server_live_receive(struct server *server, struct live *live,
                         struct str bytes, struct instant now, int64_t now_ms);
/* A channel that has output or is over, each once after it came to it; NULL:
 * no more. */
struct live *server_live_next(struct server *server);
/* What is to be sent; borrows until the next call about this channel. */
struct str live_output(const struct live *live);
/* The first n bytes of it were taken by the connection: a stream that waited
 * for its reader goes on. */
void live_sent(struct server *server, struct live *live, size_t n);
/* After its output nothing follows: end the connection. */
bool live_is_over(const struct live *live);
bool live_is_stream(const struct live *live);
/* Only for a planted bug: the reply's head is to be kept back until there is
 * output.  False for the sound server, whose heads go out at once. */
bool live_holds_head(const struct live *live);
/* The connection has ended, or is to be forgotten: frees it. */
void server_live_gone(struct server *server, struct live *live);
/* When something is to be done without a call from outside; INT64_MAX: never.
 */
int64_t server_live_due_ms(const struct server *server);
void server_live_tick(struct server *server, struct instant now,
                      int64_t now_ms);
/* The server shuts down: sockets are closed with 1001, streams end. */
void server_live_close_all(struct server *server, int64_t now_ms);

struct live_counts {
    size_t sockets, streams;              /* open now */
    uint64_t notices, events, heartbeats; /* sent */
    size_t bytes; /* of memory that the open channels hold */
};
struct live_counts server_live_counts(const struct server *server);

/* The front keeps what it likes with a channel. */
void live_set_context(struct live *live, void *context);
void *live_context(const struct live *live);

#endif
