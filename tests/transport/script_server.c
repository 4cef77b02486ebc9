/* SPDX-License-Identifier: MIT */
/* script_server - a scripted server of bare sockets. */
#include "tests/transport/script_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "protocol/ws.h"

enum { PEERS_MAX = 4096, HEAD_MAX = 65536, LOG_MAX = 16384 };

struct script_peer {
    struct script_server *server;
    pthread_t thread;
    int fd; /* -1: closed */
    char *script;
    struct buf in;
    size_t used;
};

struct script_server {
    int listener;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    char *script;
    struct script_peer peers[PEERS_MAX];
    int count, ended;
    char request[HEAD_MAX], request_copy[HEAD_MAX];
    char log[LOG_MAX], log_copy[LOG_MAX];
};

/* --- bytes ------------------------------------------------------------ */

static bool put(struct script_peer *peer, struct str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(peer->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        bytes = str_skip(bytes, (size_t)n);
    }
    return true;
}

static bool get(struct script_peer *peer)
{
    char room[4096];
    ssize_t n = recv(peer->fd, room, sizeof room, 0);
    if (n > 0) {
        buf_put(&peer->in, room, (size_t)n);
    }
    return n > 0;
}

static struct str unread(const struct script_peer *peer)
{
    return str_skip(buf_view(&peer->in), peer->used);
}

static void nap(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000,
                             .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* --- HTTP ------------------------------------------------------------- */

static bool read_request(struct script_peer *peer)
{
    struct script_server *server = peer->server;
    const char *end;
    while (!(end = strstr(buf_view(&peer->in).p + peer->used, "\r\n\r\n"))) {
        if (!get(peer)) {
            return false;
        }
    }
    size_t n = (size_t)(end - peer->in.p) + 4 - peer->used;
    pthread_mutex_lock(&server->lock);
    snprintf(server->request, HEAD_MAX, "%.*s", (int)n,
             peer->in.p + peer->used);
    pthread_mutex_unlock(&server->lock);
    peer->used += n;
    return true;
}

static bool upgrade(struct script_peer *peer, const char *more)
{
    char accept[WS_ACCEPT_BYTES], answer[256];
    const char *name = "Sec-WebSocket-Key: ";
    const char *key = strstr(peer->in.p, name);
    struct str value = str_of(key ? key + strlen(name) : "");
    ws_accept_key(str_take(value, str_find(value, '\r')), accept);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 101 Switching Protocols\r\n%sX-Server: script\r\n"
             "Upgrade: websocket\r\nConnection: keep-alive, upgrade\r\n"
             "Server: script\r\nSec-WebSocket-Accept: %.*s\r\n\r\n",
             more, (int)sizeof accept, accept);
    return put(peer, str_of(answer));
}

/* --- frames ----------------------------------------------------------- */

static bool send_frame(struct script_peer *peer, struct ws_frame frame)
{
    struct buf out;
    buf_init(&out, LIMIT_REPLY_BYTES);
    ws_frame_write(&out, &frame);
    bool good = put(peer, buf_view(&out));
    buf_free(&out);
    return good;
}

static bool send_close(struct script_peer *peer, const char *args)
{
    struct buf out;
    int code = atoi(args);
    const char *reason = strchr(args, ':');
    buf_init(&out, 256);
    ws_close_write(&out, code ? code : WS_CODE_NONE,
                   str_of(reason ? reason + 1 : ""), NULL);
    bool good = put(peer, buf_view(&out));
    buf_free(&out);
    return good;
}

static bool send_big(struct script_peer *peer, size_t n)
{
    static const char BLOCK[65536];
    bool good = true;
    for (bool first = true; good && n > 0; first = false) {
        size_t part = n < sizeof BLOCK ? n : sizeof BLOCK;
        n -= part;
        good = send_frame(peer, (struct ws_frame){.fin = n == 0,
                                                  .opcode = first ? WS_TEXT : 0,
                                                  .payload = {BLOCK, part}});
    }
    return good;
}

static bool send_flood(struct script_peer *peer, int count)
{
    bool good = true;
    for (int i = 0; good && i < count; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        good = send_frame(peer, (struct ws_frame){.fin = true,
                                                  .opcode = WS_TEXT,
                                                  .payload = str_of(text)});
    }
    return good;
}

static void write_down(struct script_peer *peer, const struct ws_frame *frame,
                       struct str payload)
{
    struct script_server *server = peer->server;
    const unsigned char *p = (const unsigned char *)payload.p;
    pthread_mutex_lock(&server->lock);
    size_t at = strlen(server->log);
    char *to = server->log + at;
    const char *gap = at > 0 ? " " : "";
    const char *mask = frame->masked ? "" : "!";
    if (frame->opcode == WS_CLOSE && payload.n >= 2) {
        snprintf(to, LOG_MAX - at, "%s8%s'%d'", gap, mask, p[0] << 8 | p[1]);
    } else {
        snprintf(to, LOG_MAX - at, "%s%u%s'%.*s'", gap, frame->opcode, mask,
                 STR_ARG(payload));
    }
    pthread_mutex_unlock(&server->lock);
}

/* Its payload is in the peer's buffer until the next one. */
static bool read_frame(struct script_peer *peer, struct ws_frame *frame)
{
    size_t n;
    while ((n = ws_frame_read(unread(peer), frame)) == 0) {
        if (!get(peer)) {
            return false;
        }
    }
    size_t at = (size_t)(frame->payload.p - peer->in.p);
    if (frame->masked) {
        ws_frame_unmask(peer->in.p + at, frame->payload.n, frame->mask);
    }
    peer->used += n;
    write_down(peer, frame, frame->payload);
    return true;
}

static bool echo(struct script_peer *peer)
{
    struct ws_frame frame;
    bool good = read_frame(peer, &frame);
    while (good && frame.opcode != WS_CLOSE) {
        good = send_frame(peer, (struct ws_frame){.fin = frame.fin,
                                                  .opcode = frame.opcode,
                                                  .payload = frame.payload}) &&
               read_frame(peer, &frame);
    }
    return good &&
           send_frame(peer, (struct ws_frame){.fin = true,
                                              .opcode = WS_CLOSE,
                                              .payload = frame.payload});
}

/* --- steps ------------------------------------------------------------ */

static bool send_simple(struct script_peer *peer, const char *verb,
                        const char *args)
{
    static const struct {
        const char *verb;
        uint8_t opcode;
        bool fin;
    } FRAMES[] = {{"text", WS_TEXT, true},  {"bin", WS_BINARY, true},
                  {"part", WS_TEXT, false}, {"cont", WS_CONTINUATION, false},
                  {"end", 0, true},         {"ping", WS_PING, true},
                  {"masked", WS_TEXT, true}};
    for (size_t i = 0; i < sizeof FRAMES / sizeof *FRAMES; i++) {
        if (strcmp(verb, FRAMES[i].verb) == 0) {
            return send_frame(
                peer, (struct ws_frame){.fin = FRAMES[i].fin,
                                        .opcode = FRAMES[i].opcode,
                                        .masked = strcmp(verb, "masked") == 0,
                                        .mask = {1, 2, 3, 4},
                                        .payload = str_of(args)});
        }
    }
    fprintf(stderr, "script_server: what is %s?\n", verb);
    abort();
}

static bool end_hard(struct script_peer *peer)
{
    struct linger hard = {.l_onoff = 1};
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    return false;
}

static bool hang(struct script_peer *peer)
{
    while (get(peer)) {
    }
    return false;
}

static bool step(struct script_peer *peer, const char *verb, const char *args)
{
    struct ws_frame frame;
    if (strcmp(verb, "request") == 0) {
        return read_request(peer);
    } else if (strcmp(verb, "101") == 0) {
        return upgrade(peer, args);
    } else if (strcmp(verb, "raw") == 0) {
        return put(peer, str_of(args));
    } else if (strcmp(verb, "close") == 0) {
        return send_close(peer, args);
    } else if (strcmp(verb, "big") == 0) {
        return send_big(peer, strtoul(args, NULL, 10));
    } else if (strcmp(verb, "flood") == 0) {
        return send_flood(peer, atoi(args));
    } else if (strcmp(verb, "read") == 0) {
        return read_frame(peer, &frame);
    } else if (strcmp(verb, "echo") == 0) {
        return echo(peer);
    } else if (strcmp(verb, "nap") == 0) {
        nap(atol(args));
        return true;
    } else if (strcmp(verb, "fin") == 0) {
        shutdown(peer->fd, SHUT_WR);
        return hang(peer);
    } else if (strcmp(verb, "reset") == 0) {
        return end_hard(peer);
    } else if (strcmp(verb, "hang") == 0) {
        return hang(peer);
    }
    return send_simple(peer, verb, args);
}

static void *serve(void *context)
{
    struct script_peer *peer = context;
    struct script_server *server = peer->server;
    char *at = peer->script;
    bool good = read_request(peer);
    while (good && at && *at) {
        char *next = strchr(at, '|');
        if (next) {
            *next++ = '\0';
        }
        char *args = strchr(at, ':');
        if (args) {
            *args++ = '\0';
        }
        good = step(peer, at, args ? args : "");
        at = next;
    }
    pthread_mutex_lock(&server->lock);
    close(peer->fd);
    peer->fd = -1;
    server->ended++;
    pthread_mutex_unlock(&server->lock);
    buf_free(&peer->in);
    free(peer->script);
    return NULL;
}

/* --- life ------------------------------------------------------------- */

static void *listen_on(void *context)
{
    struct script_server *server = context;
    int fd;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        pthread_attr_t attributes;
        pthread_mutex_lock(&server->lock);
        struct script_peer *peer = &server->peers[server->count++];
        *peer = (struct script_peer){
            .server = server, .fd = fd, .script = strdup(server->script)};
        buf_init(&peer->in, LIMIT_REPLY_BYTES);
        pthread_mutex_unlock(&server->lock);
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 256 << 10);
        pthread_create(&peer->thread, &attributes, serve, peer);
        pthread_attr_destroy(&attributes);
    }
    return NULL;
}

struct script_server *script_start(const char *script)
{
    struct script_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(server->listener, (struct sockaddr *)&address, size),
                     0);
    ck_assert_int_eq(
        getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(listen(server->listener, 4096), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d",
             ntohs(address.sin_port));
    pthread_mutex_init(&server->lock, NULL);
    server->script = strdup(script);
    pthread_create(&server->thread, NULL, listen_on, server);
    return server;
}

void script_set(struct script_server *server, const char *script)
{
    pthread_mutex_lock(&server->lock);
    free(server->script);
    server->script = strdup(script);
    server->log[0] = server->request[0] = '\0';
    pthread_mutex_unlock(&server->lock);
}

void script_stop(struct script_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    for (int i = 0; i < server->count; i++) {
        struct script_peer *peer = &server->peers[i];
        pthread_mutex_lock(&server->lock);
        if (peer->fd >= 0) {
            shutdown(peer->fd, SHUT_RDWR);
        }
        pthread_mutex_unlock(&server->lock);
        pthread_join(peer->thread, NULL);
    }
    pthread_mutex_destroy(&server->lock);
    free(server->script);
    free(server);
}

const char *script_url(const struct script_server *server)
{
    return server->url;
}

static const char *copy_of(struct script_server *server, const char *from,
                           char *to, size_t size)
{
    pthread_mutex_lock(&server->lock);
    snprintf(to, size, "%s", from);
    pthread_mutex_unlock(&server->lock);
    return to;
}

const char *script_request(struct script_server *server)
{
    return copy_of(server, server->request, server->request_copy, HEAD_MAX);
}

const char *script_frames(struct script_server *server)
{
    return copy_of(server, server->log, server->log_copy, LOG_MAX);
}

int script_connections(struct script_server *server)
{
    pthread_mutex_lock(&server->lock);
    int count = server->count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

int script_ended(struct script_server *server)
{
    pthread_mutex_lock(&server->lock);
    int count = server->ended;
    pthread_mutex_unlock(&server->lock);
    return count;
}
