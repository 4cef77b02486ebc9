/* SPDX-License-Identifier: MIT */
/* wire_live - sockets and streams of the front, byte by byte.
 * Layer: tests/mock_server. */
#include "tests/mock_server/wire_live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 65536, MAX_BYTES = 64 << 20 };

static bool has(struct str text, const char *part)
{
    for (size_t i = 0; i < text.n; i++) {
        if (str_starts(str_skip(text, i), str_of(part))) {
            return true;
        }
    }
    return !*part;
}

/* ---- sockets ---- */

void socket_init(struct wire_socket *socket, int fd)
{
    *socket = (struct wire_socket){.fd = fd};
    ws_reader_init(&socket->reader, false, 1 << 20);
}

void socket_upgrade(struct wire_socket *socket)
{
    socket_init(socket, wire_dial());
    ck_assert_int_eq(
        wire_ask(socket->fd, "GET /ws/todo HTTP/1.1\r\n" WIRE_UPGRADE), 101);
}

void socket_open(struct wire_socket *socket, const char *user,
                 const char *client)
{
    char text[256];

    socket_upgrade(socket);
    snprintf(text, sizeof(text),
             "{\"type\":\"auth\",\"token\":\"%s\",\"clientId\":\"%s\"}", user,
             client);
    socket_say(socket, text);
    socket_hears(socket, "auth-ok");
}

void socket_end(struct wire_socket *socket)
{
    close(socket->fd);
    ws_reader_free(&socket->reader);
}

void frame_text(struct buf *out, const char *text)
{
    struct ws_frame frame = {.fin = true,
                             .opcode = WS_TEXT,
                             .masked = true,
                             .mask = {1, 2, 3, 4},
                             .payload = str_of(text)};

    ws_frame_write(out, &frame);
}

void socket_say(struct wire_socket *socket, const char *text)
{
    struct buf out;

    buf_init(&out, MAX_BYTES);
    frame_text(&out, text);
    wire_put_bytes(socket->fd, out.p, out.n);
    buf_free(&out);
}

enum ws_event_kind socket_hear(struct wire_socket *socket)
{
    enum ws_event_kind kind;
    char block[4096];

    while ((kind = ws_reader_next(&socket->reader, &socket->event)) ==
           WS_EVENT_NONE) {
        ssize_t n = wire_get(socket->fd, block, sizeof(block));

        if (n <= 0) {
            return WS_EVENT_NONE;
        }
        ck_assert(ws_reader_feed(&socket->reader, block, (size_t)n));
    }
    ck_assert_msg(kind != WS_EVENT_ERROR, "%s", socket->event.why);
    return kind;
}

void socket_hears(struct wire_socket *socket, const char *part)
{
    enum ws_event_kind kind = socket_hear(socket);

    ck_assert_msg(kind == WS_EVENT_TEXT, "heard %d, code %d", (int)kind,
                  socket->event.code);
    ck_assert_msg(has(socket->event.payload, part), "heard %.*s, not %s",
                  STR_ARG(socket->event.payload), part);
}

void socket_hears_close(struct wire_socket *socket, int code)
{
    enum ws_event_kind kind;

    do {
        kind = socket_hear(socket);
    } while (kind == WS_EVENT_TEXT || kind == WS_EVENT_PING);
    ck_assert_int_eq(kind, WS_EVENT_CLOSE);
    ck_assert_int_eq(socket->event.code, code);
    struct buf out;

    buf_init(&out, MAX_BYTES);
    ws_close_write(&out, code, STR(""), (const uint8_t[4]){0});
    wire_put_bytes(socket->fd, out.p, out.n);
    buf_free(&out);
    ck_assert(wire_is_closed(socket->fd));
}

void socket_is_quiet(struct wire_socket *socket)
{
    socket_say(socket, "{\"type\":\"ping\"}");
    socket_hears(socket, "\"pong\"");
}

/* ---- streams ---- */

void stream_open(struct wire_stream *stream, const char *user,
                 const char *query, const char *version)
{
    char text[512];

    *stream = (struct wire_stream){.fd = wire_dial()};
    buf_init(&stream->bytes, MAX_BYTES);
    sse_parser_init(&stream->parser, MAX_BYTES);
    snprintf(text, sizeof(text),
             "GET /sync/todo/stream?%s HTTP/%s\r\nHost: x\r\n"
             "Authorization: Bearer %s\r\nX-Client-Id: %s-reader\r\n\r\n",
             query, version, user, user);
    ck_assert_int_eq(wire_ask(stream->fd, text), 200);
    ck_assert_ptr_nonnull(
        strstr(wire_answer, "\r\nContent-Type: text/event-stream"));
    ck_assert_ptr_null(strstr(wire_answer, "Content-Length"));
    stream->chunked =
        strstr(wire_answer, "\r\nTransfer-Encoding: chunked\r\n") != NULL;
}

void stream_close(struct wire_stream *stream)
{
    close(stream->fd);
    buf_free(&stream->bytes);
    sse_parser_free(&stream->parser);
}

/* A whole chunk to the parser; false: more bytes are needed. */
static bool stream_take_chunk(struct wire_stream *stream)
{
    struct str rest = str_skip(buf_view(&stream->bytes), stream->used);
    size_t line = str_find(rest, '\n');
    char *end;

    if (line == rest.n) {
        return false;
    }
    size_t size = strtoul(rest.p, &end, 16);

    ck_assert_msg(end > rest.p && end == rest.p + line - 1 && *end == '\r',
                  "not a chunk's head: %.*s", (int)line, rest.p);
    if (rest.n < line + 1 + size + 2) {
        return false;
    }
    ck_assert_int_eq(memcmp(rest.p + line + 1 + size, "\r\n", 2), 0);
    ck_assert(sse_parser_feed(&stream->parser, rest.p + line + 1, size));
    stream->used += line + 1 + size + 2;
    stream->chunks++;
    stream->ended = size == 0;
    return true;
}

static void stream_take(struct wire_stream *stream)
{
    if (!stream->chunked) {
        ck_assert(
            sse_parser_feed(&stream->parser, stream->bytes.p, stream->bytes.n));
        buf_clear(&stream->bytes);
        return;
    }
    while (!stream->ended && stream_take_chunk(stream)) {
    }
    if (stream->used == stream->bytes.n) {
        buf_clear(&stream->bytes);
        stream->used = 0;
    }
}

bool stream_hear(struct wire_stream *stream)
{
    static char block[BLOCK];

    while (!sse_parser_next(&stream->parser, &stream->event)) {
        ssize_t n;

        if (stream->ended) {
            return false;
        }
        n = wire_get(stream->fd, block, sizeof(block));
        ck_assert_msg(n > 0 || !stream->chunked,
                      "a chunked stream ended without its last chunk");
        stream->ended = n <= 0;
        if (n > 0) {
            buf_put(&stream->bytes, block, (size_t)n);
            stream_take(stream);
        }
    }
    return true;
}

void stream_hears(struct wire_stream *stream, const char *type,
                  const char *part)
{
    ck_assert(stream_hear(stream));
    ck_assert_msg(str_is(stream->event.type, type), "%.*s: %.*s",
                  STR_ARG(stream->event.type), STR_ARG(stream->event.data));
    ck_assert_msg(has(stream->event.data, part), "no %s in %.*s", part,
                  STR_ARG(stream->event.data));
}

/* ---- fronts ---- */

void wire_live_start(void)
{
    wire_start(wire_config());
    int fd = wire_dial();

    wire_push(fd, "zoe", "t", 0, 1); /* so that there are cursors */
    close(fd);
}

void wire_live_start_fast(void)
{
    struct front_config config = wire_config();

    config.time_scale = WIRE_FAST;
    wire_start(config);
}

void wire_live_end(void)
{
    if (wire_child) {
        ck_assert_int_eq(wire_end(SIGTERM), 0);
    }
}

void wire_live_ends(void)
{
    int status;

    ck_assert_int_eq(waitpid(wire_child, &status, 0), wire_child);
    wire_child = 0;
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int64_t wire_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- pushes ---- */

void wire_push(int fd, const char *who, const char *table, int id, size_t size)
{
    struct buf body, all;

    buf_init(&body, MAX_BYTES);
    buf_init(&all, MAX_BYTES);
    buf_printf(&body,
               "{\"since\":\"1970-01-01T00:00:00.00000000%dZ\",\"changes\":["
               "{\"table\":\"%s\",\"id\":\"r%d\",\"op\":\"insert\",\"data\":{"
               "\"v\":\"",
               id > 0 ? 2 : 0, table, id);
    ck_assert(buf_reserve(&body, size));
    memset(body.p + body.n, 'x', size);
    body.n += size;
    buf_puts(&body, "\"}}]}");
    buf_printf(&all,
               "POST /sync/todo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
               "%s\r\nX-Client-Id: %s-writer\r\nContent-Length: %zu\r\n\r\n",
               who, who, body.n);
    buf_str(&all, buf_view(&body));
    /* At once: two small writes would wait for each other. */
    wire_put_bytes(fd, all.p, all.n);
    buf_free(&body);
    buf_free(&all);
    ck_assert_int_eq(wire_read(fd), 200);
}
