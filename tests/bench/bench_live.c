/* SPDX-License-Identifier: MIT */
/* bench_live - sockets of the bundled server, which runs in a process of its
 * own, under load: notices to a thousand listeners, how soon they come, what a
 * socket costs that is only open.  Rows for run.sh; SYNCSPEC is the program. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/transport/spawn.h"
#include "protocol/ws.h"

enum {
    LISTENERS = 1000,
    IDLE = 5000,
    PUSHES = 300,   /* one after the other, for times */
    BUSY_MS = 3000, /* of pushes one behind the other, and of pings */
    PATIENCE_MS = 30000,
    EVENTS = 512,
    MESSAGE_MAX = 65536
};

static const uint8_t mask[4] = {1, 2, 3, 4};
static struct spawned server;

struct peer {
    int fd;
    struct ws_reader reader;
};
static struct peer peers[IDLE + 1];

static void fail(const char *what)
{
    fprintf(stderr, "bench_live: %s (errno: %s)\n", what, strerror(errno));
    spawn_free(&server);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the server ---- */

static void start_server(void)
{
    const char *program = getenv("SYNCSPEC");
    const char *argv[] = {program ? program : "build/release/syncspec",
                          "serve",
                          "--port",
                          "0",
                          "--dev-auth",
                          NULL};
    struct err err = {0};

    if (spawn_start(&server, argv, PATIENCE_MS, &err) != ST_OK) {
        fail(err.text);
    }
}

static void end_server(void)
{
    spawn_end(&server, SIGKILL, PATIENCE_MS, NULL);
    spawn_free(&server);
}

/* Resident memory of a process in KiB. */
static long memory_kib(pid_t pid)
{
    char name[64], line[256];
    long kib = 0;

    snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
    FILE *file = fopen(name, "r");

    if (!file) {
        fail(name);
    }
    while (fgets(line, sizeof(line), file) &&
           sscanf(line, "VmRSS: %ld", &kib) != 1) {
    }
    fclose(file);
    return kib;
}

/* ---- connections ---- */

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)server.port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        fail("no connection");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void put(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        if (sent <= 0) {
            fail("a connection broke");
        }
        p += sent;
        n -= (size_t)sent;
    }
}

/* Wait for the head of an answer, without what is behind it. */
static void get_head(int fd, const char *begins)
{
    char head[2048];
    size_t n = 0;

    while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0) {
        if (n == sizeof(head) || recv(fd, head + n, 1, 0) != 1) {
            fail("no answer");
        }
        n++;
    }
    if (strncmp(head, begins, strlen(begins)) != 0) {
        fail("another answer than expected");
    }
}

static void put_text(int fd, const char *text)
{
    char bytes[256];
    struct buf out;
    struct ws_frame frame = {.fin = true,
                             .opcode = WS_TEXT,
                             .masked = true,
                             .payload = str_of(text)};

    memcpy(frame.mask, mask, sizeof(mask));
    buf_init(&out, sizeof(bytes));
    ws_frame_write(&out, &frame);
    put(fd, out.p, out.n);
    buf_free(&out);
}

/* What came on a connection, without waiting; messages seen. */
static size_t read_messages(struct peer *peer)
{
    char block[4096];
    struct ws_event event;
    enum ws_event_kind kind;
    size_t seen = 0;
    ssize_t n = recv(peer->fd, block, sizeof(block), MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        fail("a socket ended");
    }
    if (n > 0 && !ws_reader_feed(&peer->reader, block, (size_t)n)) {
        fail("out of memory");
    }
    while ((kind = ws_reader_next(&peer->reader, &event)) != WS_EVENT_NONE) {
        if (kind == WS_EVENT_ERROR || kind == WS_EVENT_CLOSE) {
            fail("a socket was closed");
        }
        seen += kind == WS_EVENT_TEXT;
    }
    return seen;
}

static void wait_message(struct peer *peer)
{
    struct timeval patience = {PATIENCE_MS / 1000, 0};
    char byte;

    setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    do {
        if (recv(peer->fd, &byte, 1, MSG_PEEK) != 1) {
            fail("no message");
        }
    } while (read_messages(peer) == 0);
}

/* A socket that has said who it is. */
static void open_peer(struct peer *peer, const char *user, int number)
{
    static const char upgrade[] =
        "GET /ws/bench HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char text[128];

    *peer = (struct peer){.fd = dial()};
    ws_reader_init(&peer->reader, false, MESSAGE_MAX);
    put(peer->fd, upgrade, sizeof(upgrade) - 1);
    get_head(peer->fd, "HTTP/1.1 101 ");
    snprintf(text, sizeof(text),
             "{\"type\":\"auth\",\"token\":\"%s\",\"clientId\":\"c%d\"}", user,
             number);
    put_text(peer->fd, text);
    wait_message(peer);
}

static void open_peers(size_t count, const char *user)
{
    for (size_t i = 0; i < count; i++) {
        open_peer(&peers[i], user, (int)i);
    }
}

static void close_peers(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        close(peers[i].fd);
        ws_reader_free(&peers[i].reader);
    }
}

static int watch_peers(size_t count, int pusher)
{
    int epoll = epoll_create1(0);

    for (size_t i = 0; i <= count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};

        if (epoll_ctl(epoll, EPOLL_CTL_ADD, i < count ? peers[i].fd : pusher,
                      &event) != 0) {
            fail("epoll");
        }
    }
    return epoll;
}

/* ---- notices ---- */

static void put_push(int fd, int number)
{
    char text[1024], body[512];
    int n = snprintf(
        body, sizeof(body),
        "{\"since\":\"1970-01-01T00:00:00.00000000%dZ\",\"changes\":[{"
        "\"table\":\"tasks\",\"id\":\"r%d\",\"op\":\"insert\",\"data\":{"
        "\"title\":\"Buy milk\",\"updatedAt\":\"2026-03-27T10:00:00.000Z\"}}]}",
        number > 0 ? 2 : 0, number);
    int all = snprintf(text, sizeof(text),
                       "POST /sync/bench HTTP/1.1\r\nHost: bench\r\n"
                       "Authorization: Bearer many\r\nX-Client-Id: pusher\r\n"
                       "Content-Length: %d\r\n\r\n%s",
                       n, body);

    put(fd, text, (size_t)all);
}

/* Read one answer's bytes off the connection; the answers are small, and one at
 * a time. */
static void take_answer(int fd)
{
    char block[65536];
    ssize_t n = recv(fd, block, sizeof(block), MSG_DONTWAIT);

    if (n < 13 || strncmp(block, "HTTP/1.1 200 ", 13) != 0) {
        fail("a push was not taken");
    }
}

struct times {
    uint32_t *us;
    size_t count, cap;
};

static void times_add(struct times *times, int64_t us)
{
    if (times->count < times->cap) {
        times->us[times->count++] = us > 0 ? (uint32_t)us : 0;
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static double times_ms(const struct times *times, double part)
{
    size_t at = (size_t)((double)times->count * part);

    return times->us[at < times->count ? at : times->count - 1] / 1000.0;
}

struct round {
    int epoll, pusher;
    int64_t sent_us, answered_us; /* of the last push; 0: not answered */
    size_t notices;
    struct times since_push, since_answer;
};

/* Take what comes until `until`; true when there was something. */
static bool round_step(struct round *round)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(round->epoll, events, EVENTS, PATIENCE_MS);

    for (int i = 0; i < n; i++) {
        size_t at = events[i].data.u32;
        int64_t us = now_us();

        if (at == LISTENERS) {
            take_answer(round->pusher);
            round->answered_us = us;
            continue;
        }
        for (size_t seen = read_messages(&peers[at]); seen > 0; seen--) {
            round->notices++;
            times_add(&round->since_push, us - round->sent_us);
            times_add(&round->since_answer,
                      round->answered_us ? us - round->answered_us : 0);
        }
    }
    return n > 0;
}

static void round_push(struct round *round, int number)
{
    round->answered_us = 0;
    round->sent_us = now_us();
    put_push(round->pusher, number);
}

static void tell_times(const char *what, struct times *times)
{
    qsort(times->us, times->count, sizeof(*times->us), by_size);
    printf("notices to %d sockets, from the push's %s, p50\t%.2f\tms\n",
           LISTENERS, what, times_ms(times, 0.5));
    printf("notices to %d sockets, from the push's %s, p99\t%.2f\tms\n",
           LISTENERS, what, times_ms(times, 0.99));
}

/* One push after the other, each when all have heard of the last. */
static void bench_times(struct round *round)
{
    size_t cap = (size_t)PUSHES * LISTENERS;

    round->since_push = (struct times){calloc(cap, 4), 0, cap};
    round->since_answer = (struct times){calloc(cap, 4), 0, cap};
    if (!round->since_push.us || !round->since_answer.us) {
        fail("out of memory");
    }
    for (int i = 0; i < PUSHES; i++) {
        size_t wanted = (size_t)(i + 1) * LISTENERS;

        round_push(round, i);
        while (round->notices < wanted || !round->answered_us) {
            if (!round_step(round)) {
                fail("a notice did not come");
            }
        }
    }
    tell_times("sending", &round->since_push);
    tell_times("answer", &round->since_answer);
    free(round->since_push.us);
    free(round->since_answer.us);
    round->since_push = round->since_answer = (struct times){0};
}

/* The next push as soon as one is answered. */
static void bench_rate(struct round *round)
{
    int64_t start_us = now_us();
    int pushes = 0;

    round->notices = 0;
    while (now_us() < start_us + (int64_t)BUSY_MS * 1000) {
        round_push(round, PUSHES + pushes++);
        while (!round->answered_us) {
            if (!round_step(round)) {
                fail("a push was not answered");
            }
        }
    }
    while (round->notices < (size_t)pushes * LISTENERS) {
        if (!round_step(round)) {
            fail("a notice did not come");
        }
    }
    double seconds = (double)(now_us() - start_us) / 1e6;

    printf("notices to %d sockets\t%.0f\tnotices/s\n", LISTENERS,
           (double)round->notices / seconds);
    printf("pushes that %d sockets are told of\t%.0f\tpushes/s\n", LISTENERS,
           pushes / seconds);
}

static void bench_notices(void)
{
    struct round round = {0};

    start_server();
    open_peers(LISTENERS, "many");
    round.pusher = dial();
    round.epoll = watch_peers(LISTENERS, round.pusher);
    bench_times(&round);
    bench_rate(&round);
    close(round.epoll);
    close(round.pusher);
    close_peers(LISTENERS);
    end_server();
}

/* ---- idle sockets ---- */

static void bench_idle(void)
{
    struct peer *busy = &peers[IDLE];
    size_t trips = 0;

    start_server();
    open_peer(busy, "busy", IDLE);
    long before_kib = memory_kib(server.pid);

    open_peers(IDLE, "idle");
    printf("memory of the bundled server, an idle socket of %d\t%.2f\t"
           "KB/socket\tunder 4\n",
           IDLE, (double)(memory_kib(server.pid) - before_kib) / IDLE);
    int64_t start_us = now_us();

    while (now_us() < start_us + (int64_t)BUSY_MS * 1000) {
        put_text(busy->fd, "{\"type\":\"ping\"}");
        wait_message(busy);
        trips++;
    }
    printf("ping round trips of one socket beside %d idle ones\t%.0f\ttrips/s"
           "\n",
           IDLE, (double)trips / ((double)(now_us() - start_us) / 1e6));
    close_peers(IDLE + 1);
    end_server();
}

int main(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    bench_notices();
    bench_idle();
    return 0;
}
