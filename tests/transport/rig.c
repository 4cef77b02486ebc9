/* SPDX-License-Identifier: MIT */
/* rig - what the transport tests share. */
#include "tests/transport/rig.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mock_server/auth.h"
#include "mock_server/store.h"
#include "protocol/dialect.h"

const struct sim_config BENCH_CONFIG = {
    .up = {LATENCY_FIXED, 10, 10},
    .down = {LATENCY_FIXED, 20, 20},
    .server = {LATENCY_FIXED, 5, 5},
    .seed = 1,
    .epoch = {1774605900, 0},
};

static void copy_text(char *to, size_t size, struct str from)
{
    snprintf(to, size, "%.*s", STR_ARG(from));
}

static void on_done(struct exchange *exchange, const struct ending *ending)
{
    struct shot *shot = exchange->context;
    const struct http_reply *reply = &ending->reply;
    shot->done++;
    shot->kind = ending->kind;
    shot->fate = ending->fate;
    shot->status = reply->status;
    shot->at_ms = shot->world ? shot->world->now_ms : 0;
    shot->body_bytes = reply->body.n;
    shot->header_count = reply->header_count;
    if (reply->body.n > 0) {
        size_t n = reply->body.n < sizeof shot->body ? reply->body.n
                                                     : sizeof shot->body - 1;
        memcpy(shot->body, reply->body.p, n);
    }
    copy_text(shot->error, sizeof shot->error, ending->error);
    for (size_t i = 0; i < reply->header_count; i++) {
        copy_text(shot->headers[i].name, sizeof shot->headers[i].name,
                  reply->headers[i].name);
        copy_text(shot->headers[i].value, sizeof shot->headers[i].value,
                  reply->headers[i].value);
    }
    const char *type = shot_header(shot, "Content-Type");
    snprintf(shot->type, sizeof shot->type, "%s", type ? type : "");
    if (shot->then) {
        shot->then(shot);
    }
}

void shot_init(struct shot *shot, struct world *world, const char *method,
               const char *target)
{
    memset(shot, 0, sizeof *shot);
    shot->world = world;
    shot->exchange.request.method = str_of(method);
    shot->exchange.request.target = str_of(target);
    shot->exchange.timeout_ms = 10000;
    shot->exchange.done = on_done;
    shot->exchange.context = shot;
}

void shot_send(struct shot *shot, struct transport *transport)
{
    int before = shot->done;
    transport_send(transport, &shot->exchange);
    ck_assert_int_eq(shot->done, before);
}

const char *shot_header(const struct shot *shot, const char *name)
{
    for (size_t i = 0; i < shot->header_count; i++) {
        if (strcasecmp(shot->headers[i].name, name) == 0) {
            return shot->headers[i].value;
        }
    }
    return NULL;
}

struct server *bench_server(const struct bench *bench)
{
    struct server_config config = {.dialect = dialect_find(STR("v1"))};
    struct server *server = server_create(&config, bench->store, bench->auth);
    ck_assert_ptr_nonnull(server);
    return server;
}

void bench_open(struct bench *bench, const struct sim_config *config)
{
    world_init(&bench->world);
    bench->store = store_memory_open();
    bench->auth = auth_dev();
    bench->server = bench_server(bench);
    bench->sim = sim_create(config, &bench->world, bench->server);
}

void bench_close(struct bench *bench)
{
    transport_close(bench->sim);
    server_free(bench->server);
    auth_free(bench->auth);
    bench->store->ops->close(bench->store);
    world_free(&bench->world);
}

void shot_push(struct shot *shot, struct bench *bench, const char *id)
{
    static char bodies[64][256];
    static size_t next;
    char *body = bodies[next++ % 64];
    int n = snprintf(body, 256,
                     "{\"clientId\":\"a1\",\"appId\":\"todo\",\"since\":"
                     "\"1970-01-01T00:00:00.000Z\",\"changes\":[{\"table\":"
                     "\"tasks\",\"id\":\"%s\",\"op\":\"insert\",\"data\":"
                     "{\"n\":1}}]}",
                     id);
    ck_assert_int_lt(n, 256);
    shot_init(shot, &bench->world, "POST", "/sync/todo");
    shot->exchange.request.body = (struct str){body, (size_t)n};
    http_header_add(&shot->exchange.request, STR("Authorization"),
                    STR("Bearer alice"));
    http_header_add(&shot->exchange.request, STR("X-Client-Id"), STR("a1"));
    http_header_add(&shot->exchange.request, STR("Content-Type"),
                    STR("application/json"));
}

void bench_pull(struct bench *bench, char *text, size_t size)
{
    struct http_request request = {
        .method = STR("GET"),
        .target = STR("/sync/todo/pull?collection=tasks&since="
                      "1970-01-01T00:00:00.000Z")};
    struct http_reply reply = {0};
    http_header_add(&request, STR("Authorization"), STR("Bearer alice"));
    http_header_add(&request, STR("X-Client-Id"), STR("b1"));
    struct server *server = bench_server(bench);
    server_handle(server, &request, (struct instant){1774609500, 0}, &reply);
    ck_assert_int_eq(reply.status, 200);
    copy_text(text, size, reply.body);
    server_free(server);
}

size_t bench_stored(struct bench *bench)
{
    static char text[65536];
    size_t count = 0;
    bench_pull(bench, text, sizeof text);
    for (char *p = text; (p = strstr(p, "\"op\":")) != NULL; p++) {
        count++;
    }
    return count;
}

void bench_run(struct bench *bench, int64_t to_ms)
{
    ck_assert(world_run(&bench->world, NULL, NULL, to_ms));
    ck_assert_int_eq(bench->world.now_ms, to_ms);
}
