/* SPDX-License-Identifier: MIT */
/* wire_live - sockets and streams of the front, byte by byte.
 * Layer: tests/mock_server. */
#ifndef SYNCSPEC_TESTS_MOCK_SERVER_WIRE_LIVE_H
#define SYNCSPEC_TESTS_MOCK_SERVER_WIRE_LIVE_H

#include "protocol/sse.h"
#include "protocol/ws.h"
#include "tests/mock_server/wire.h"

#define WIRE_UPGRADE                                                           \
    "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                 \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25"      \
    "jZQ==\r\n\r\n"
#define WIRE_EPOCH      "1970-01-01T00:00:00.000Z"
#define WIRE_FROM_START "collections=t,u&since=" WIRE_EPOCH

/* ---- sockets ---- */

struct wire_socket {
    int fd;
    struct ws_reader reader;
    struct ws_event event; /* the last */
};

/* One that is upgraded already, or will be by the test. */
void socket_init(struct wire_socket *socket, int fd);
/* Dial, upgrade at /ws/todo, say who it is, hear auth-ok. */
void socket_open(struct wire_socket *socket, const char *user,
                 const char *client);
/* Only the first two. */
void socket_upgrade(struct wire_socket *socket);
void socket_end(struct wire_socket *socket);

/* Append a masked text frame. */
void frame_text(struct buf *out, const char *text);
void socket_say(struct wire_socket *socket, const char *text);
/* The next event; fails the test after ten seconds.  WS_EVENT_NONE: the
 * connection ended. */
enum ws_event_kind socket_hear(struct wire_socket *socket);
/* The next event has to be a text with this in it. */
void socket_hears(struct wire_socket *socket, const char *part);
/* … or a close frame with this code, and then the end. */
void socket_hears_close(struct wire_socket *socket, int code);
/* Say ping; the next text has to be the pong. */
void socket_is_quiet(struct wire_socket *socket);

/* ---- streams ---- */

struct wire_stream {
    int fd;
    bool chunked;
    struct buf bytes; /* received, the first `used` are done with */
    size_t used, chunks;
    bool ended; /* by the last chunk, or by the connection's end */
    struct sse_parser parser;
    struct sse_event event; /* the last */
};

/* GET /sync/todo/stream?QUERY as `user`; `version` is "1.0" or "1.1". */
void stream_open(struct wire_stream *stream, const char *user,
                 const char *query, const char *version);
void stream_close(struct wire_stream *stream);
/* The next event; false: the stream ended. */
bool stream_hear(struct wire_stream *stream);
/* The next event has to be of this type, with this in it. */
void stream_hears(struct wire_stream *stream, const char *type,
                  const char *part);

/* ---- fronts ---- */

/* Slow enough for a busy machine to say in time who one is. */
enum { WIRE_FAST = 40 };

/* Fixtures: a front that has taken a first push; one with fast timers; its end,
 * if it runs. */
void wire_live_start(void);
void wire_live_start_fast(void);
void wire_live_end(void);
/* The front was told to end before, and has to. */
void wire_live_ends(void);
int64_t wire_clock_ms(void);

/* ---- pushes ---- */

/* Insert record `id` of collection `table`, with `size` bytes in it; has to be
 * taken.  The first push to a server has to be that of id 0: before it, there
 * is no other cursor. */
void wire_push(int fd, const char *who, const char *table, int id, size_t size);

#endif
