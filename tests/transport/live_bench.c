/* SPDX-License-Identifier: MIT */
/* live_bench - a bundled server of v2 behind the virtual network. */
#include "tests/transport/live_bench.h"

#include <string.h>

#include "mock_server/live.h"
#include "protocol/dialect.h"

/* A bench that speaks v2, with at most one planted bug. */
struct server *live_server(struct bench *bench, const char *bug)
{
    struct server_config config = {.dialect = dialect_find(STR("v2"))};
    if (bug) {
        ck_assert_int_ne(bug_find(str_of(bug)), BUG_COUNT);
        bug_add(&config.bugs, bug_find(str_of(bug)));
    }
    struct server *server = server_create(&config, bench->store, bench->auth);
    ck_assert_ptr_nonnull(server);
    return server;
}

void live_bench(struct bench *bench, const struct sim_config *config,
                const char *bug)
{
    bench_open(bench, config);
    transport_close(bench->sim);
    server_free(bench->server);
    bench->server = live_server(bench, bug);
    bench->sim = sim_create(config, &bench->world, bench->server);
}

void ear_header(struct ear *ear, const char *name, const char *value)
{
    ck_assert(
        http_header_add(&ear->channel.request, str_of(name), str_of(value)));
}

void live_say(struct bench *bench, struct ear *ear, const char *text)
{
    size_t before = ear->log_bytes;
    transport_say(bench->sim, &ear->channel, str_of(text));
    ck_assert_uint_eq(ear->log_bytes, before);
}

void live_push(struct bench *bench, const char *id)
{
    struct shot shot;
    int64_t from_ms = bench->world.now_ms;
    shot_push(&shot, bench, id);
    shot_send(&shot, bench->sim);
    bench_run(bench, from_ms + 35);
    ck_assert_int_eq(shot.status, 200);
}

size_t open_sockets(const struct bench *bench)
{
    return server_live_counts(bench->server).sockets;
}
size_t open_streams(const struct bench *bench)
{
    return server_live_counts(bench->server).streams;
}

const char LIVE_HELLO[] = "{\"type\":\"auth\",\"token\":\"alice\"}";

/* A socket of alice that the server knows; its time is 65 ms. */
void live_listen(struct bench *bench, struct ear *ear)
{
    int64_t from_ms = bench->world.now_ms;
    ear_init(ear, &bench->world, CHANNEL_SOCKET, "/ws/todo");
    ear_header(ear, "X-Client-Id", "b1");
    ear_open(ear, bench->sim);
    bench_run(bench, from_ms + 35);
    live_say(bench, ear, LIVE_HELLO);
    bench_run(bench, from_ms + 65);
    ck_assert_ptr_nonnull(strstr(ear->log, "opened 101@"));
    ck_assert_ptr_nonnull(strstr(ear->log, "auth-ok"));
    ear->log[0] = '\0';
    ear->log_bytes = 0;
}

void stream_init(struct bench *bench, struct ear *ear)
{
    ear_init(ear, &bench->world, CHANNEL_STREAM,
             "/sync/todo/stream?collections=tasks&since="
             "1970-01-01T00:00:00.000Z");
    ear_header(ear, "Authorization", "Bearer alice");
    ear_header(ear, "X-Client-Id", "b1");
}
