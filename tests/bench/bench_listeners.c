/* SPDX-License-Identifier: MIT */
/* bench_listeners - what an open channel costs the suite: sockets by the
 * library and by the witness, and streams, all idle.  Rows for run.sh; SYNCSPEC
 * is the program. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/transport/spawn.h"
#include "harness/transport/wire.h"

enum { WARM = 50, CHANNELS = 1000, PATIENCE_MS = 30000 };

static struct spawned server;
static size_t opened;

static void fail(const char *what)
{
    fprintf(stderr, "bench_listeners: %s\n", what);
    spawn_end(&server, SIGKILL, PATIENCE_MS, NULL);
    exit(1);
}

static long memory_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    if (!file) {
        fail("no /proc");
    }
    while (fgets(line, sizeof(line), file) &&
           sscanf(line, "VmRSS: %ld", &kib) != 1) {
    }
    fclose(file);
    return kib;
}

static void on_opened(struct channel *channel, const struct http_reply *reply)
{
    (void)channel;
    (void)reply;
    opened++;
}

static void on_heard(struct channel *channel, const struct heard *what)
{
    (void)channel;
    (void)what;
}

static void on_ended(struct channel *channel, const struct channel_end *end)
{
    (void)channel;
    (void)end;
    fail("a channel ended");
}

static void open_channel(struct transport *wire, struct channel *channel,
                         const struct channel *like)
{
    const char *target = like->kind == CHANNEL_STREAM
                             ? "/sync/bench/stream?collections=tasks&since="
                               "1970-01-01T00:00:00.000Z"
                             : "/ws/bench";

    *channel = *like;
    channel->timeout_ms = PATIENCE_MS;
    channel->opened = on_opened;
    channel->heard = on_heard;
    channel->ended = on_ended;
    channel->request.method = STR("GET");
    channel->request.target = str_of(target);
    http_header_add(&channel->request, STR("Authorization"),
                    STR("Bearer bench"));
    http_header_add(&channel->request, STR("X-Client-Id"), STR("bench"));
    transport_open(wire, channel);
}

/* Open so many and wait until all are: a few at a time, as clients come. */
static void open_all(struct transport *wire, struct channel *channels,
                     size_t count, const struct channel *like)
{
    int64_t until_ms = wire_clock_ms() + PATIENCE_MS;

    opened = 0;
    for (size_t i = 0; i < count; i++) {
        open_channel(wire, &channels[i], like);
        while (opened + 20 < i && wire_clock_ms() < until_ms) {
            wire->ops->poll(wire, 10);
        }
    }
    while (opened < count && wire_clock_ms() < until_ms) {
        wire->ops->poll(wire, 10);
    }
    if (opened < count) {
        fail("not all channels opened");
    }
}

static void measure(const char *name, const struct channel *like)
{
    static struct channel channels[WARM + CHANNELS];
    const struct wire_config config = {.base_url = server.url,
                                       .connect_timeout_ms = PATIENCE_MS,
                                       .user_agent = "syncspec-bench"};
    struct err err = {.status = ST_OK};
    struct transport *wire = wire_create(&config, &err);

    if (!wire) {
        fail(err.text);
    }
    memset(channels, 0, sizeof(channels));
    /* The first ones pay for what all share. */
    open_all(wire, channels, WARM, like);
    long before_kib = memory_kib();
    open_all(wire, channels + WARM, CHANNELS, like);
    long after_kib = memory_kib();
    printf("memory of the suite, an idle %s of %d\t%.2f\tKB\tunder %d\n", name,
           CHANNELS, (double)(after_kib - before_kib) * 1.024 / CHANNELS,
           like->kind == CHANNEL_STREAM ? 32 : 16);
    fflush(stdout);
    for (size_t i = 0; i < WARM + CHANNELS; i++) {
        transport_shut(wire, &channels[i], 0);
    }
    transport_close(wire);
}

/* In a process of its own: what one kind gave back is not there for the next.
 */
static void measure_apart(const char *name, const struct channel *like)
{
    int how = 0;
    pid_t child = fork();

    if (child == 0) {
        measure(name, like);
        exit(0);
    }
    if (child < 0 || waitpid(child, &how, 0) != child || how != 0) {
        fail("a measurement failed");
    }
}

int main(void)
{
    const char *program = getenv("SYNCSPEC");
    const char *argv[] = {program ? program : "build/release/syncspec",
                          "serve",
                          "--port",
                          "0",
                          "--dev-auth",
                          NULL};
    struct err err = {.status = ST_OK};
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (spawn_start(&server, argv, PATIENCE_MS, &err) != ST_OK) {
        fail(err.text);
    }
    measure_apart("socket by the library",
                  &(const struct channel){.kind = CHANNEL_SOCKET});
    measure_apart(
        "socket by the witness",
        &(const struct channel){.kind = CHANNEL_SOCKET, .witness = true});
    measure_apart("stream", &(const struct channel){.kind = CHANNEL_STREAM});
    spawn_end(&server, SIGKILL, PATIENCE_MS, NULL);
    spawn_free(&server);
    return 0;
}
