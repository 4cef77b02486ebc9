/* SPDX-License-Identifier: MIT */
/* raw_server - a server of bare sockets in threads. */
#include "tests/transport/raw_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINES_MAX = 2048, BUFFER_FIRST = 4096 };

struct line { /* one connection */
    struct raw_server *server;
    pthread_t thread;
    int fd;   /* -1: closed */
    char *in; /* NUL-terminated */
    size_t n, cap;
};

struct raw_server {
    int listener;
    int port;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock; /* of the lines' fds */
    struct line lines[LINES_MAX];
    int line_count;
    atomic_int connections, requests, sick;
    atomic_bool deaf; /* accepts no more */
};

static int bind_any(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

int raw_dead_port(void)
{
    int port;
    close(bind_any(&port));
    return port;
}

/* --- answers ---------------------------------------------------------- */

static int put(struct line *line, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(line->fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return -1;
        }
        bytes += sent;
        n -= (size_t)sent;
    }
    return 0;
}

static int puts_all(struct line *line, const char *text)
{
    return put(line, text, strlen(text));
}

static void nap(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000,
                             .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static int answer_reset(struct line *line)
{
    struct linger hard = {.l_onoff = 1};
    nap(5); /* so that what was written is read before the reset */
    setsockopt(line->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    return -1;
}

static int answer_never(struct line *line)
{
    char byte;
    return recv(line->fd, &byte, 1, 0) > 0 ? 0 : -1;
}

static int answer_big(struct line *line)
{
    static char block[65536];
    puts_all(line, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
    for (size_t sent = 0; sent < 104857600; sent += sizeof block) {
        if (put(line, block, sizeof block) != 0) {
            return -1;
        }
    }
    return 0;
}

static int answer_echo(struct line *line, size_t size)
{
    char head[128];
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    puts_all(line, head);
    return put(line, line->in, size);
}

static int answer_headers(struct line *line)
{
    char head[64];
    puts_all(line, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n");
    for (int i = 0; i < 40; i++) {
        snprintf(head, sizeof head, "X-Noise-%d:  %d \r\n", i, i);
        puts_all(line, head);
    }
    return puts_all(line, "www-authenticate: Bearer realm=\"x\"\r\n"
                          "Retry-After: 3\r\nAllow: GET, POST\r\n"
                          "Access-Control-Allow-Origin: *\r\n"
                          "X-Empty:\r\nno colon here\r\n\r\n");
}

static int answer_huge_header(struct line *line)
{
    char part[1024];
    memset(part, 'a', sizeof part);
    puts_all(line, "HTTP/1.1 200 OK\r\nX-Huge: ");
    for (int i = 0; i < 400; i++) {
        if (put(line, part, sizeof part) != 0) {
            return -1;
        }
    }
    return puts_all(line, "\r\nContent-Length: 0\r\n\r\n");
}

static int answer_many_headers(struct line *line)
{
    char part[1024];
    memset(part, 'a', sizeof part);
    memcpy(part, "X-Many: ", 8);
    memcpy(part + sizeof part - 2, "\r\n", 2);
    puts_all(line, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 400; i++) {
        if (put(line, part, sizeof part) != 0) {
            return -1;
        }
    }
    return puts_all(line, "Content-Length: 0\r\n\r\n");
}

static int answer_health(struct line *line)
{
    int sick = atomic_load(&line->server->sick);
    if (sick > 0) {
        atomic_fetch_sub(&line->server->sick, 1);
        return puts_all(line, "HTTP/1.1 503 Service Unavailable\r\n"
                              "Content-Length: 0\r\n\r\n");
    }
    return puts_all(line, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static int answer_die(struct line *line)
{
    atomic_store(&line->server->deaf, true);
    shutdown(line->server->listener, SHUT_RDWR);
    nap(20); /* until the listener is gone */
    return -1;
}

static int answer_slowly(struct line *line, long ms)
{
    nap(ms);
    return puts_all(line, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
}

/* Answers that are just bytes; `close` behind those that end so. */
static const struct {
    const char *path, *bytes;
    bool close;
} CANNED[] = {
    {"/ok",
     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
     "Content-Length: 11\r\n\r\n{\"ok\":true}",
     false},
    {"/chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\nX-Trailer: t\r\n\r\n",
     false},
    {"/html",
     "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n"
     "Content-Length: 16\r\n\r\n<html>bad</html>",
     false},
    {"/interim",
     "HTTP/1.1 100 Continue\r\n\r\n"
     "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nRetry-After: 9\r\n\r\n"
     "HTTP/1.1 201 Created\r\nDate: today\r\nContent-Length: 2\r\n\r\nhi",
     false},
    {"/until-close", "HTTP/1.1 200 OK\r\n\r\nto the end", true},
    {"/then-close", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true},
    {"/redirect",
     "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", false},
    {"/gzip",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
     "Content-Length: 8\r\n\r\nnot gzip",
     false},
    {"/none", "HTTP/1.1 204 No Content\r\n\r\n", false},
    {"/head", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", false},
    {"/close", "", true},
    {"/partial", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789",
     true},
    {"/bad-chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
     true},
    {"/garbage", "\x7f\x45\x4c\x46 this is not HTTP\r\n\r\n", true},
    {"/bad-status", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", true},
    {"/half-head", "HTTP/1.1 200 OK\r\nContent-Le", true},
};

static int answer_canned(struct line *line, const char *path)
{
    for (size_t i = 0; i < sizeof CANNED / sizeof *CANNED; i++) {
        if (strcmp(path, CANNED[i].path) == 0) {
            puts_all(line, CANNED[i].bytes);
            return CANNED[i].close ? -1 : 0;
        }
    }
    return puts_all(line, "HTTP/1.1 404 Not Found\r\n"
                          "Content-Length: 0\r\n\r\n");
}

static int answer(struct line *line, const char *path, size_t size)
{
    if (strcmp(path, "/health") == 0) {
        return answer_health(line);
    }
    if (strcmp(path, "/hang") == 0) {
        return answer_never(line);
    }
    if (strcmp(path, "/hang-body") == 0) {
        puts_all(line, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n01234");
        return answer_never(line);
    }
    if (strcmp(path, "/reset") == 0) {
        return answer_reset(line);
    }
    if (strcmp(path, "/reset-body") == 0) {
        puts_all(line, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n01234");
        return answer_reset(line);
    }
    if (strcmp(path, "/big") == 0) {
        return answer_big(line);
    }
    if (strcmp(path, "/headers") == 0) {
        return answer_headers(line);
    }
    if (strcmp(path, "/huge-header") == 0) {
        return answer_huge_header(line);
    }
    if (strcmp(path, "/many-headers") == 0) {
        return answer_many_headers(line);
    }
    if (strcmp(path, "/die") == 0) {
        return answer_die(line);
    }
    if (strncmp(path, "/slow/", 6) == 0) {
        return answer_slowly(line, atol(path + 6));
    }
    if (strncmp(path, "/echo", 5) == 0) {
        return answer_echo(line, size);
    }
    return answer_canned(line, path);
}

/* --- requests --------------------------------------------------------- */

/* Bytes of the first request in the buffer, 0 when it is not complete. */
static size_t request_size(const struct line *line)
{
    char *end = strstr(line->in, "\r\n\r\n");
    if (!end) {
        return 0;
    }
    size_t size = (size_t)(end - line->in) + 4;
    char *length = strstr(line->in, "Content-Length: ");
    if (length && length < end) {
        size += strtoul(length + 16, NULL, 10);
    }
    return size <= line->n ? size : 0;
}

static int serve_one(struct line *line)
{
    size_t size;
    while ((size = request_size(line)) == 0) {
        if (line->n + 1 == line->cap) {
            line->cap *= 2;
            line->in = realloc(line->in, line->cap);
        }
        ssize_t got =
            recv(line->fd, line->in + line->n, line->cap - line->n - 1, 0);
        if (got <= 0) {
            return -1;
        }
        line->n += (size_t)got;
        line->in[line->n] = '\0';
    }
    char path[256] = "";
    atomic_fetch_add(&line->server->requests, 1);
    sscanf(line->in, "%*s %255s", path);
    int code = answer(line, path, size);
    memmove(line->in, line->in + size, line->n - size + 1);
    line->n -= size;
    return code;
}

static void *serve(void *context)
{
    struct line *line = context;
    line->cap = BUFFER_FIRST;
    line->in = calloc(1, line->cap);
    while (serve_one(line) == 0) {
    }
    free(line->in);
    pthread_mutex_lock(&line->server->lock);
    close(line->fd);
    line->fd = -1;
    pthread_mutex_unlock(&line->server->lock);
    return NULL;
}

static void *listen_on(void *context)
{
    struct raw_server *server = context;
    for (;;) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0 || atomic_load(&server->deaf) ||
            server->line_count == LINES_MAX) {
            close(server->listener);
            if (fd >= 0) {
                close(fd);
            }
            return NULL;
        }
        atomic_fetch_add(&server->connections, 1);
        struct line *line = &server->lines[server->line_count++];
        *line = (struct line){.server = server, .fd = fd};
        pthread_create(&line->thread, NULL, serve, line);
    }
}

struct raw_server *raw_start(void)
{
    struct raw_server *server = calloc(1, sizeof *server);
    server->listener = bind_any(&server->port);
    ck_assert_int_eq(listen(server->listener, 1024), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d",
             server->port);
    pthread_mutex_init(&server->lock, NULL);
    pthread_create(&server->thread, NULL, listen_on, server);
    return server;
}

void raw_stop(struct raw_server *server)
{
    if (!atomic_exchange(&server->deaf, true)) {
        shutdown(server->listener, SHUT_RDWR);
    }
    pthread_join(server->thread, NULL);
    for (int i = 0; i < server->line_count; i++) {
        struct line *line = &server->lines[i];
        pthread_mutex_lock(&server->lock);
        if (line->fd >= 0) {
            shutdown(line->fd, SHUT_RDWR);
        }
        pthread_mutex_unlock(&server->lock);
        pthread_join(line->thread, NULL);
    }
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *raw_url(const struct raw_server *server)
{
    return server->url;
}

int raw_connections(struct raw_server *server)
{
    return atomic_load(&server->connections);
}

int raw_requests(struct raw_server *server)
{
    return atomic_load(&server->requests);
}

void raw_sicken(struct raw_server *server, int count)
{
    atomic_store(&server->sick, count);
}
