/* SPDX-License-Identifier: MIT */
/* fuzz_server - a list of requests, by several devices of two users in two
 * apps, against the bundled server's core and its memory store: pushes made
 * and raw, retries, pulls with cursors of any origin, and requests that
 * overlap.  Nothing is ever answered with a 5xx, every answer can be read, and
 * each holds exactly what the naive model (model.h) says.  Layer: fuzz.
 *
 * The first byte chooses dialect and page size; then each step is an op byte
 * and what that op reads, see step_play(). */
#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "fuzz/claim.h"
#include "fuzz/input.h"
#include "fuzz/model.h"
#include "mock_server/auth.h"
#include "mock_server/server.h"
#include "mock_server/store.h"

enum {
    STEPS_MAX = 64,
    USERS = 2,
    APPS = 2,
    DEVICES = 4, /* the last one appears at the end, to read everything */
    TABLES = 2,
    HELD_MAX = 4,
    BODY_MAX = 1 << 20,
    KEEP_BYTES_MAX = 1 << 20,
    FAULT_MS = 1000 /* how far a cursor may be ahead of all clocks */
};

/* 2026-03-27T10:00:00Z */
#define BASE_S INT64_C(1774605600)

static const struct str users[USERS] = {{"alice", 5}, {"bob", 3}};
static const struct str apps[APPS] = {{"todo", 4}, {"a b/c", 5}};
static const struct str paths[APPS] = {{"/sync/todo", 10},
                                       {"/sync/a%20b%2Fc", 15}};
/* The same ids in both users' hands. */
static const struct str devices[DEVICES] = {
    {"d0", 2}, {"d1", 2}, {"d2", 2}, {"reader", 6}};
static const struct str tables[TABLES] = {{"tasks", 5}, {"notes", 5}};

/* One device of one user in one app. */
struct peer {
    struct str user, app, client, path;
    struct str pushed, pulled[TABLES]; /* its cursors */
    struct str body;                   /* of its last push */
    bool busy;                         /* did anything yet */
};

struct call {
    struct peer *peer;
    struct http_request request;
    struct question question;
    struct str *cursor; /* to be moved by the answer, or NULL */
    bool pushes, pulls; /* neither: any request, that stores nothing */
    bool good;          /* has to be answered with 200 */
    struct server_job *job;
};

struct bench {
    struct arena arena;
    struct model model;
    struct codec_rules rules;
    const struct dialect *dialect;
    struct store *store;
    struct server *server;
    struct instant now, latest; /* the clock, and the most it ever showed */
    struct peer peers[USERS][APPS][DEVICES];
    struct call *held[HELD_MAX];
    size_t held_count;
    unsigned serial;
    bool full; /* the model has no more room */
};

/* ---- the answers ---- */

static void claim_refusal(struct bench *bench, const struct http_reply *reply)
{
    const struct json_node *node;
    struct err err = {0};
    enum status status =
        json_read(reply->body, &bench->rules.json, &bench->arena, &node, &err);
    CLAIM(status == ST_OK, "a refusal is JSON: %s", err.text);
    const struct json_node *message = json_member(node, "message");
    CLAIM(message && json_member(node, "error"), "a refusal says why");
    claim_sentence(json_string(message), "a refusal's message");
}

static void claim_clock(const struct bench *bench, const struct call *call,
                        const struct response *answer)
{
    struct instant most = instant_add_ms(bench->latest, FAULT_MS);
    CLAIM(instant_cmp(answer->synced_until_at, most) <= 0 ||
              !model_mark(&bench->model, call->question.since),
          "a cursor is not in the future: %.*s", STR_ARG(answer->synced_until));
}

static void judge_sync(struct bench *bench, struct call *call,
                       const struct http_reply *reply)
{
    struct response answer;
    struct changeset set = {0};
    struct err err = {0};
    struct str body = arena_str(&bench->arena, reply->body);
    enum status status =
        response_read(body, &bench->rules, &bench->arena, &answer, &err);
    CLAIM(status == ST_OK, "an answer can be read: %s", err.text);
    if (call->pushes) {
        status = changeset_read(call->request.body, &bench->rules,
                                &bench->arena, &set, &err);
        CLAIM(status == ST_OK, "what was taken can be read: %s", err.text);
        call->question.since =
            set.has_since ? set.since : STR(CURSOR_EPOCH_TEXT);
    }
    if (!model_has_room(&bench->model, set.count)) {
        bench->full = true;
        return;
    }
    struct instant since;
    CLAIM(instant_parse(call->question.since, &since, NULL) == ST_OK,
          "what is no time is no cursor: %.*s", STR_ARG(call->question.since));
    claim_clock(bench, call, &answer);
    model_judge(&bench->model, &call->question, &answer,
                call->pushes ? &set : NULL);
    if (call->cursor && model_mark(&bench->model, answer.synced_until)) {
        *call->cursor = answer.synced_until;
    }
}

static int call_finish(struct bench *bench, struct call *call)
{
    struct http_reply reply;
    server_finish(bench->server, call->job, bench->now, &reply);
    CLAIM(reply.status >= 200 && reply.status < 500,
          "a server does not fail: "
          "%d %.*s",
          reply.status, STR_ARG(reply.body));
    CLAIM(!call->good || reply.status == 200,
          "a good request is answered with 200: %d %.*s", reply.status,
          STR_ARG(reply.body));
    CLAIM(reply.status != 200 ||
              !str_starts(call->request.target, STR("/sync")) ||
              http_header_find(call->request.headers,
                               call->request.header_count, "authorization")
                      .n > 0,
          "without credentials nothing is answered: %.*s", STR_ARG(reply.body));
    if (reply.status >= 400) {
        claim_refusal(bench, &reply);
    } else if (reply.status == 200 && (call->pushes || call->pulls)) {
        judge_sync(bench, call, &reply);
    }
    return reply.status;
}

static void held_take(struct bench *bench, size_t at, bool finish)
{
    struct call *call = bench->held[at];
    bench->held_count--;
    for (size_t i = at; i < bench->held_count; i++) {
        bench->held[i] = bench->held[i + 1];
    }
    if (finish && !bench->full) {
        call_finish(bench, call);
    } else {
        server_abandon(bench->server, call->job);
    }
}

static void call_start(struct bench *bench, struct call *call, bool holds)
{
    call->job = server_begin(bench->server, &call->request, bench->now);
    if (!holds) {
        call_finish(bench, call);
        return;
    }
    if (bench->held_count == HELD_MAX) {
        held_take(bench, 0, true);
    }
    bench->held[bench->held_count++] = call;
}

/* ---- the requests ---- */

static struct call *call_make(struct bench *bench, struct peer *peer)
{
    struct call *call = arena_must(&bench->arena, 1, sizeof *call);
    peer->busy = true;
    call->peer = peer;
    call->question = (struct question){
        .user = peer->user, .app = peer->app, .client = peer->client};
    call->request.method = STR("POST");
    call->request.target = peer->path;
    http_header_add(
        &call->request, STR("Authorization"),
        arena_printf(&bench->arena, "Bearer %.*s", STR_ARG(peer->user)));
    http_header_add(&call->request, STR("X-Client-Id"), peer->client);
    return call;
}

/* The device's own cursor, the first-sync cursor, any cursor that was ever
 * given to anybody, another spelling of it, or raw bytes. */
static struct str since_make(struct bench *bench, struct input *input,
                             struct str own)
{
    struct arena *arena = &bench->arena;
    char text[INSTANT_TEXT_MAX];
    unsigned choice = input_byte(input);
    if (choice < 64) {
        return own;
    }
    if (choice < 96) {
        return STR(CURSOR_EPOCH_TEXT);
    }
    if (choice >= 224) {
        return arena_str(arena, input_take(input, choice & 31));
    }
    const struct mark *mark =
        &bench->model.marks[choice % bench->model.mark_count];
    struct str spelled = instant_write_ns(mark->at, text);
    return choice < 192
               ? arena_str(arena, spelled)
               : arena_printf(arena, "%.*s+00:00",
                              STR_ARG(str_take(spelled, spelled.n - 1)));
}

enum { VALUES = 10 };
static const char *const values[VALUES] = {
    "0",
    "null",
    "{}",
    "[[],{\"b\":1,\"a\":-0}]",
    "\"\"",
    "\"\\u0000\"",
    "\"e\xcc\x81 \xc3\xa9 \\ud83d\\ude00\"",
    "9007199254740993",
    "1e-320",
    "123456789012345678901234567890.5"};

/* Bits 0-1 update, insert, delete, delete without a time; bit 2 the id, bit 3
 * the table, bit 4 an actor (v2), bit 5 a value of a list instead of a new
 * one, bits 6-7 the stamp. */
static void change_make(struct bench *bench, struct input *input,
                        struct buf *body)
{
    static const char *const stamps[] = {
        "2026-03-27T10:00:00.000Z", "2026-03-27T10:00:00.001Z",
        "2026-03-27T11:00:00.5+01:00", "1999-12-31T23:59:59Z"};
    unsigned choice = input_byte(input);
    const char *stamp = stamps[choice >> 6];
    char serial[16];
    snprintf(serial, sizeof serial, "%u", ++bench->serial);
    const char *value =
        choice >> 5 & 1 ? values[input_below(input, VALUES)] : serial;
    buf_printf(body, "{\"table\":\"%s\",\"id\":\"%u\",",
               tables[choice >> 3 & 1].p, choice >> 2 & 1);
    switch (choice & 3) {
    case 0:
        buf_printf(body,
                   "\"op\":\"update\",\"fields\":{\"n\":{\"value\":%s,"
                   "\"%s\":\"%s\"}}",
                   value, bench->dialect->stamp_key, stamp);
        break;
    case 1:
        buf_printf(body,
                   "\"op\":\"insert\",\"data\":{\"n\":%s,\"updatedAt\":\"%s\"}",
                   value, stamp);
        break;
    case 2:
        buf_printf(body, "\"op\":\"delete\",\"deletedAt\":\"%s\"", stamp);
        break;
    default:
        buf_puts(body, "\"op\":\"delete\"");
        break;
    }
    buf_puts(body,
             choice >> 4 & 1 ? ",\"actor\":{\"k\":1},\"origin\":null}" : "}");
}

/* Bits 0-1 how many changes; bit 2 the client id in the body instead of the
 * header, bit 3 no `since`, bit 4 another device's id in the body: the header
 * wins. */
static void push_make(struct bench *bench, struct input *input,
                      struct call *call)
{
    struct peer *peer = call->peer;
    unsigned shape = input_byte(input);
    struct buf body;
    buf_init(&body, BODY_MAX);
    buf_putc(&body, '{');
    if (shape >> 2 & 1) {
        buf_printf(&body, "\"clientId\":\"%s\",", peer->client.p);
        call->request.header_count--;
    } else if (shape >> 4 & 1) {
        buf_puts(&body, "\"clientId\":\"d1\",");
    }
    if (!(shape >> 3 & 1)) {
        struct str since = since_make(bench, input, peer->pushed);
        call->good = model_mark(&bench->model, since) != NULL;
        buf_puts(&body, "\"since\":");
        json_write_string(&body,
                          utf8_bad_at(since) < since.n ? STR("") : since);
        buf_putc(&body, ',');
    } else {
        call->good = true;
    }
    buf_puts(&body, "\"changes\":[");
    for (unsigned i = 0; i < (shape & 3); i++) {
        buf_puts(&body, i > 0 ? "," : "");
        change_make(bench, input, &body);
    }
    buf_puts(&body, "]}");
    call->pushes = true;
    call->cursor = &peer->pushed;
    call->request.body = arena_str(&bench->arena, buf_view(&body));
    buf_free(&body);
    peer->body = call->request.body;
}

static void pull_set(struct bench *bench, struct call *call, struct str table,
                     struct str since)
{
    struct buf target;
    buf_init(&target, LIMIT_TARGET_BYTES);
    buf_str(&target, call->peer->path);
    buf_puts(&target, "/pull?collection=");
    http_encode(&target, table);
    buf_puts(&target, "&since=");
    http_encode(&target, since);
    call->request.method = STR("GET");
    call->request.target = arena_str(&bench->arena, buf_view(&target));
    call->question.table = table;
    call->question.since = since;
    call->pulls = true;
    call->good = model_mark(&bench->model, since) != NULL;
    buf_free(&target);
}

static void pull_make(struct bench *bench, struct input *input,
                      struct call *call)
{
    unsigned table = input_below(input, TABLES);
    struct str *own = &call->peer->pulled[table];
    struct str since = since_make(bench, input, *own);
    call->cursor = own;
    pull_set(bench, call, tables[table], since);
}

/* A body from the input, or the last body of this device with one byte
 * changed.  A length of 0 changes. */
static void raw_make(struct bench *bench, struct input *input,
                     struct call *call)
{
    size_t length = input_byte(input);
    struct str body = call->peer->body;
    if (length > 0 || body.n == 0) {
        body = arena_str(&bench->arena, input_take(input, length * 4));
    } else {
        size_t at = (input_byte(input) * 256u + input_byte(input)) % body.n;
        char *copy = arena_must(&bench->arena, body.n + 1, 1);
        memcpy(copy, body.p, body.n);
        copy[at] = (char)input_byte(input);
        body.p = copy;
    }
    call->pushes = true;
    call->request.body = body;
}

/* Requests that are not the protocol's: nothing is stored by them. */
static void odd_make(struct bench *bench, struct input *input,
                     struct call *call)
{
    static const char *const methods[] = {"GET", "POST", "OPTIONS", "PUT",
                                          "",    "get",  "DELETE",  "HEAD"};
    static const char *const targets[] = {
        "/health",     "/metrics",
        "/sync/todo",  "/sync/todo/pull",
        "/sync/",      "/sync//",
        "/sync/%zz/x", "/sync/a/pull?collection=b&since=%00"};
    static const struct str headers[] = {
        {"Authorization", 13}, {"X-Client-Id", 11}, {"Origin", 6}, {"X", 1}};
    unsigned choice = input_byte(input);
    struct http_request *request = &call->request;
    request->method = str_of(methods[choice & 7]);
    request->target = str_of(targets[choice >> 3 & 7]);
    if (choice >> 6 & 1) {
        request->target =
            arena_str(&bench->arena, input_take(input, input_byte(input)));
    }
    if (choice >> 7) {
        request->header_count = 0;
        for (unsigned i = input_below(input, 3); i < 3; i++) {
            struct str name = headers[input_below(input, 4)];
            struct str value = input_take(input, input_byte(input));
            http_header_add(request, name, arena_str(&bench->arena, value));
        }
    }
}

static void clock_step(struct bench *bench, struct input *input)
{
    static const int64_t steps_ms[] = {0,     1,     -1,       1000,
                                       -1000, 60000, 86400000, -86400000};
    bench->now = instant_add_ms(bench->now, steps_ms[input_below(input, 8)]);
    if (instant_cmp(bench->now, bench->latest) > 0) {
        bench->latest = bench->now;
    }
}

/* Push, pull, the last push again, a raw push, an odd request. */
static void request_fill(struct bench *bench, struct input *input,
                         struct call *call, unsigned kind)
{
    switch (kind) {
    case 0:
        push_make(bench, input, call);
        break;
    case 1:
        pull_make(bench, input, call);
        break;
    case 2:
        call->pushes = true;
        call->request.body = call->peer->body;
        break;
    case 3:
        raw_make(bench, input, call);
        break;
    default:
        odd_make(bench, input, call);
        break;
    }
}

/* Bits 0-2: one of five requests, the end of a held request, its loss, the
 * clock.  Bit 3: begin only, and hold.  Bit 4 the user, bit 5 the app, bits
 * 6-7 the device. */
static void step_play(struct bench *bench, struct input *input)
{
    unsigned op = input_byte(input), kind = op & 7;
    struct peer *peer =
        &bench->peers[op >> 4 & 1][op >> 5 & 1][(op >> 6) % (DEVICES - 1)];
    bool holds = op >> 3 & 1;
    if (kind < 5) {
        struct call *call = call_make(bench, peer);
        request_fill(bench, input, call, kind);
        call_start(bench, call, holds);
    } else if (kind == 7) {
        clock_step(bench, input);
    } else if (bench->held_count > 0) {
        held_take(bench, holds ? bench->held_count - 1 : 0, kind == 5);
    }
}

/* ---- the end ---- */

/* Follow the cursor of one device and table until it stands still. */
static void drain(struct bench *bench, struct peer *peer, unsigned table)
{
    struct str since = {0};
    while (!bench->full && !str_eq(since, peer->pulled[table])) {
        since = peer->pulled[table];
        struct call *call = call_make(bench, peer);
        pull_set(bench, call, tables[table], since);
        call->cursor = &peer->pulled[table];
        call_start(bench, call, false);
    }
}

/* Everybody who took part, and a reader who comes last, reads on to the end:
 * the model tells whether anything is missing. */
static void drain_all(struct bench *bench)
{
    for (unsigned i = 0; i < USERS * APPS * DEVICES; i++) {
        struct peer *peers =
            bench->peers[i / DEVICES / APPS][i / DEVICES % APPS];
        struct peer *peer = &peers[i % DEVICES];
        bool reads = peers[0].busy || peers[1].busy || peers[2].busy;
        for (unsigned table = 0; table < TABLES; table++) {
            if (peer->busy || (i % DEVICES == DEVICES - 1 && reads)) {
                drain(bench, peer, table);
            }
        }
    }
}

static void peers_open(struct bench *bench)
{
    for (unsigned i = 0; i < USERS * APPS * DEVICES; i++) {
        unsigned user = i / DEVICES / APPS, app = i / DEVICES % APPS;
        struct peer *peer = &bench->peers[user][app][i % DEVICES];
        *peer = (struct peer){.user = users[user],
                              .app = apps[app],
                              .path = paths[app],
                              .client = devices[i % DEVICES],
                              .pushed = STR(CURSOR_EPOCH_TEXT)};
        for (unsigned table = 0; table < TABLES; table++) {
            peer->pulled[table] = STR(CURSOR_EPOCH_TEXT);
        }
    }
}

static void bench_open(struct bench *bench, unsigned choice)
{
    static struct auth *auth;
    static const size_t page_sizes[] = {0, 1, 2, 5};
    static const char *const origins[] = {"https://good.example", NULL};
    auth = auth ? auth : auth_dev();
    if (bench->arena.ceiling == 0) {
        arena_init(&bench->arena, LIMIT_REQUEST_ARENA);
    }
    bench->dialect = dialect_find(choice & 1 ? STR("v1") : STR("v2"));
    bench->rules = codec_rules_default(bench->dialect);
    struct server_config config = {.dialect = bench->dialect,
                                   .page_size = page_sizes[choice >> 1 & 3],
                                   .origins = origins};
    bench->store = store_memory_open();
    bench->server = server_create(&config, bench->store, auth);
    CLAIM(auth && bench->store && bench->server, "there is memory");
    model_open(&bench->model, &bench->arena, bench->dialect,
               !bench->dialect->has_more ? 0
               : config.page_size > 0    ? config.page_size
                                         : bench->dialect->page_size);
    bench->now = bench->latest = (struct instant){BASE_S, 0};
    bench->held_count = 0;
    bench->serial = 0;
    bench->full = false;
    peers_open(bench);
}

static void bench_close(struct bench *bench)
{
    model_close(&bench->model);
    server_free(bench->server);
    bench->store->ops->close(bench->store);
    if (bench->arena.held > KEEP_BYTES_MAX) {
        arena_free(&bench->arena);
    }
    arena_reset(&bench->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench bench;
    struct input input = input_of(data, size);
    bench_open(&bench, input_byte(&input));
    for (unsigned i = 0; i < STEPS_MAX && !bench.full && !input_ended(&input);
         i++) {
        step_play(&bench, &input);
    }
    while (bench.held_count > 0) {
        held_take(&bench, 0, true);
    }
    drain_all(&bench);
    bench_close(&bench);
    return 0;
}
