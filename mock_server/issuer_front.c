/* SPDX-License-Identifier: MIT */
/* issuer_front - the issuer on a socket: one libuv loop, a request a
 * connection or several.  Layer: mock_server. */
#include "mock_server/issuer_front.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/asserts.h"
#include "mock_server/http_in.h"

enum {
    BACKLOG = 128,
    BODY_MAX = 65536,
    READ_BYTES = 16384,
    ANSWER_MAX = 1 << 20,
    ANSWER_ARENA = 32 << 20,
    IDLE_MS = 30000
};

struct desk {
    const struct issuer_front *front;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_pipe_t lifeline;
    uv_signal_t signals[2];
    struct arena arena; /* of one answer */
    char block[READ_BYTES];
};

struct guest {
    struct desk *desk;
    uv_tcp_t tcp;
    uv_timer_t idle;
    uv_write_t write;
    struct http_in in;
    struct buf out; /* what is being written */
    int closing;    /* handles that are not closed yet, once it ends */
    bool writing, last;
};

/* ---- guests ---- */

static void guest_closed(uv_handle_t *handle)
{
    struct guest *guest = handle->data;

    if (--guest->closing == 0) {
        http_in_free(&guest->in);
        buf_free(&guest->out);
        free(guest);
    }
}

static void guest_end(struct guest *guest)
{
    if (guest->closing == 0) {
        guest->closing = 2;
        uv_close((uv_handle_t *)&guest->tcp, guest_closed);
        uv_close((uv_handle_t *)&guest->idle, guest_closed);
    }
}

static void guest_idled(uv_timer_t *timer)
{
    guest_end(timer->data);
}

static void guest_go_on(struct guest *guest);

static void guest_written(uv_write_t *write, int status)
{
    struct guest *guest = write->data;

    guest->writing = false;
    buf_clear(&guest->out);
    if (status != 0 || guest->last) {
        guest_end(guest);
    } else if (guest->closing == 0) {
        guest_go_on(guest);
    }
}

static void guest_write(struct guest *guest)
{
    uv_buf_t bytes = uv_buf_init(guest->out.p, (unsigned)guest->out.n);

    guest->write.data = guest;
    guest->writing = true;
    if (guest->out.failed || uv_write(&guest->write, (uv_stream_t *)&guest->tcp,
                                      &bytes, 1, guest_written) != 0) {
        guest->writing = false;
        guest_end(guest);
    }
}

static void guest_say(struct guest *guest, const struct http_reply *reply)
{
    struct buf *out = &guest->out;

    buf_printf(out, "HTTP/1.1 %d %s\r\n", reply->status,
               http_reason(reply->status));
    for (size_t i = 0; i < reply->header_count; i++) {
        buf_printf(out, "%.*s: %.*s\r\n", STR_ARG(reply->headers[i].name),
                   STR_ARG(reply->headers[i].value));
    }
    buf_printf(out, "Content-Length: %zu\r\n%s\r\n", reply->body.n,
               guest->last ? "Connection: close\r\n" : "");
    if (!str_is(guest->in.request.method, "HEAD")) {
        buf_str(out, reply->body);
    }
    guest_write(guest);
}

static void guest_answer(struct guest *guest)
{
    struct desk *desk = guest->desk;
    const struct issuer_door door = {.issuer = &desk->front->issuer,
                                     .mints = desk->front->mints,
                                     .now_s = desk->front->now_s()};
    struct http_reply reply;

    guest->last = !guest->in.keep_alive;
    arena_reset(&desk->arena);
    issuer_answer(&door, &guest->in.request, &desk->arena, &reply);
    guest_say(guest, &reply);
    http_in_next(&guest->in);
}

static void guest_refuse(struct guest *guest)
{
    struct http_reply reply = {.status = guest->in.bad_status,
                               .body = str_of(guest->in.bad_text)};

    guest->last = true;
    guest->in.request.method = STR("");
    http_reply_header(&reply, STR("Content-Type"), STR("text/plain"));
    guest_say(guest, &reply);
}

static void guest_go_on(struct guest *guest)
{
    if (guest->writing || guest->closing > 0) {
        return;
    }
    switch (http_in_step(&guest->in)) {
    case HTTP_IN_READY:
        guest_answer(guest);
        return;
    case HTTP_IN_BAD:
        guest_refuse(guest);
        return;
    case HTTP_IN_MORE:
        break;
    }
    if (http_in_wants_continue(&guest->in)) {
        buf_puts(&guest->out, "HTTP/1.1 100 Continue\r\n\r\n");
        guest_write(guest);
    }
}

static void guest_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct guest *guest = handle->data;

    (void)wanted;
    *out = uv_buf_init(guest->desk->block, READ_BYTES);
}

static void guest_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct guest *guest = stream->data;

    if (n == 0) {
        return;
    }
    if (n < 0 || !http_in_feed(&guest->in, bytes->base, (size_t)n)) {
        guest_end(guest);
        return;
    }
    uv_timer_start(&guest->idle, guest_idled, IDLE_MS, 0);
    guest_go_on(guest);
}

static void guest_arrives(uv_stream_t *listener, int status)
{
    struct desk *desk = listener->data;
    struct guest *guest = status == 0 ? calloc(1, sizeof(*guest)) : NULL;

    if (!guest) {
        return;
    }
    guest->desk = desk;
    http_in_init(&guest->in, BODY_MAX);
    buf_init(&guest->out, ANSWER_MAX);
    uv_tcp_init(&desk->loop, &guest->tcp);
    uv_timer_init(&desk->loop, &guest->idle);
    guest->tcp.data = guest;
    guest->idle.data = guest;
    if (uv_accept(listener, (uv_stream_t *)&guest->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&guest->tcp, guest_room, guest_read) !=
            0) {
        guest_end(guest);
        return;
    }
    uv_tcp_nodelay(&guest->tcp, 1);
    uv_timer_start(&guest->idle, guest_idled, IDLE_MS, 0);
}

/* ---- the desk ---- */

static void desk_close(uv_handle_t *handle, void *context)
{
    struct desk *desk = context;
    bool guests =
        handle->type == UV_TCP && handle != (uv_handle_t *)&desk->listener;

    if (guests) {
        guest_end(handle->data);
    } else if (!uv_is_closing(handle) && handle->type != UV_TIMER) {
        uv_close(handle, NULL);
    }
}

/* Everything closes, then the loop has nothing to wait for. */
static void desk_end(struct desk *desk)
{
    uv_walk(&desk->loop, desk_close, desk);
}

static void desk_signalled(uv_signal_t *signal, int number)
{
    (void)number;
    desk_end(signal->data);
}

static void desk_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct desk *desk = handle->data;

    (void)wanted;
    *out = uv_buf_init(desk->block, READ_BYTES);
}

static void desk_cut(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    (void)bytes;
    if (n != 0) {
        desk_end(stream->data);
    }
}

static int desk_open(struct desk *desk)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    const struct issuer_front *front = desk->front;
    int code = uv_tcp_init(&desk->loop, &desk->listener);

    desk->listener.data = desk;
    code = code ? code : uv_tcp_open(&desk->listener, front->listener);
    code = code ? code
                : uv_listen((uv_stream_t *)&desk->listener, BACKLOG,
                            guest_arrives);
    for (size_t i = 0; code == 0 && front->heeds_signals && i < 2; i++) {
        code = uv_signal_init(&desk->loop, &desk->signals[i]);
        desk->signals[i].data = desk;
        code = code ? code
                    : uv_signal_start(&desk->signals[i], desk_signalled,
                                      numbers[i]);
    }
    if (code == 0 && front->lifeline >= 0) {
        code = uv_pipe_init(&desk->loop, &desk->lifeline, 0);
        desk->lifeline.data = desk;
        code = code ? code : uv_pipe_open(&desk->lifeline, front->lifeline);
        code = code ? code
                    : uv_read_start((uv_stream_t *)&desk->lifeline, desk_room,
                                    desk_cut);
    }
    return code;
}

enum status issuer_front_serve(const struct issuer_front *front,
                               struct err *err)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    int code = desk ? uv_loop_init(&desk->loop) : UV_ENOMEM;

    if (code != 0) {
        free(desk);
        return err_set(err, ST_INTERNAL, "the issuer's loop: %s",
                       uv_strerror(code));
    }
    desk->front = front;
    arena_init(&desk->arena, ANSWER_ARENA);
    signal(SIGPIPE, SIG_IGN);
    if (!front->heeds_signals) {
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_DFL);
    }
    code = desk_open(desk);
    if (code != 0) {
        desk_end(desk);
    }
    uv_run(&desk->loop, UV_RUN_DEFAULT);
    int open = uv_loop_close(&desk->loop);

    ASSERT(open == 0);
    arena_free(&desk->arena);
    free(desk);
    return code == 0 ? ST_OK
                     : err_set(err, ST_INTERNAL, "the issuer's loop: %s",
                               uv_strerror(code));
}

/* ---- listening ---- */

static int listen_at(const struct addrinfo *place)
{
    int on = 1;
    int fd = socket(place->ai_family, SOCK_STREAM, 0);

    if (fd < 0) {
        return -1;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, place->ai_addr, place->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_storage place;
    socklen_t n = sizeof(place);
    char digits[16];
    int64_t port = 0;

    if (getsockname(fd, (struct sockaddr *)&place, &n) == 0 &&
        getnameinfo((struct sockaddr *)&place, n, NULL, 0, digits,
                    sizeof(digits), NI_NUMERICSERV) == 0) {
        str_to_i64(str_of(digits), &port);
    }
    return (int)port;
}

enum status issuer_front_listen(const char *host, int *port, int *listener,
                                struct err *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *places = NULL;
    char digits[16];

    snprintf(digits, sizeof(digits), "%d", *port);
    int code = getaddrinfo(host, digits, &hints, &places);

    if (code != 0) {
        return err_set(err, ST_USAGE, "%s: %s", host, gai_strerror(code));
    }
    int fd = listen_at(places);

    freeaddrinfo(places);
    if (fd < 0) {
        return err_set(err, ST_USAGE, "cannot listen on %s:%d: %s", host, *port,
                       strerror(errno));
    }
    *listener = fd;
    *port = port_of(fd);
    return ST_OK;
}
