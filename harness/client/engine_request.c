/* SPDX-License-Identifier: MIT */
/* engine_request - requests: made, handed out, and their ends recognised.
 * Layer: harness/client. */
#include <string.h>

#include "base/asserts.h"
#include "base/utf8.h"
#include "harness/client/engine_state.h"
#include "protocol/codec.h"

static void request_copy(struct engine_request *to,
                         const struct engine_request *from)
{
    to->id = from->id;
    to->kind = from->kind;
    http_request_copy(&to->http, &from->http);
    to->collection = from->collection;
    to->since = from->since;
    to->changes = from->changes;
    to->count = from->count;
}

static void flight_copy(struct flight *to, const struct flight *from)
{
    to->state = from->state;
    request_copy(&to->request, &from->request);
    to->batch = from->batch;
    to->collection = from->collection;
    to->fresh = from->fresh;
    to->extra = from->extra;
    to->queue_generation = from->queue_generation;
    to->cursor_generation = from->cursor_generation;
}

/* As new, without touching the places of headers. */
static void flight_clear(struct flight *flight)
{
    static const struct flight none;
    flight_copy(flight, &none);
}

static struct flight *flight_free(struct engine *engine)
{
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        if (engine->flights[i].state == FLIGHT_FREE) {
            return &engine->flights[i];
        }
    }
    return NULL;
}

struct str engine_request_token(struct engine *engine, bool fresh)
{
    bool keeps = engine_bug(engine, CLIENT_BUG_TOKEN_NOT_REFRESHED);
    if (keeps && engine->token_kept.n > 0) {
        return engine->token_kept;
    }
    if (!engine->config.token) {
        return (struct str){0};
    }
    struct str token =
        engine->config.token(engine->config.token_context, fresh);
    if (keeps) {
        engine->token_kept = device_keep(engine->device, token);
    }
    return token;
}

/* Tokens change seldom: the header is kept. */
static struct str bearer_of(struct engine *engine, struct str token)
{
    if (!str_eq(str_skip(engine->bearer, 7), token)) {
        engine->bearer =
            arena_printf(engine->config.arena, "Bearer %.*s", STR_ARG(token));
    }
    return engine->bearer;
}

void engine_request_headers(struct engine *engine, struct http_request *http,
                            struct str token)
{
    http->header_count = 0;
    if (token.n > 0) {
        http_header_add(http, STR("Authorization"), bearer_of(engine, token));
    }
    http_header_add(http,
                    dialect_name(engine->config.dialect, NAME_HEADER_CLIENT_ID),
                    device_client_id(engine->device));
    if (http->body.n > 0) {
        http_header_add(http, STR("Content-Type"), STR("application/json"));
    }
}

static void flight_ready(struct engine *engine, struct flight *flight,
                         struct str token)
{
    flight->state = FLIGHT_READY;
    flight->request.id = ++engine->last_id;
    flight->queue_generation = engine->device->queue_generation;
    flight->cursor_generation = engine->device->cursor_generation;
    engine->outcome.requests++;
    engine_request_headers(engine, &flight->request.http, token);
}

size_t engine_request_limit(const struct engine *engine)
{
    size_t stated = engine->config.dialect->body_limit;
    return stated > 0 ? stated : LIMIT_BODY_BYTES;
}

struct str engine_request_body(struct engine *engine, const struct batch *batch)
{
    struct changeset set = {
        .client_id = device_client_id(engine->device),
        .app_id = engine->config.app,
        .since = device_oldest_cursor(engine->device),
        .has_client_id = true,
        .has_app_id = true,
        .has_since = true,
        .changes = batch->changes,
        .count = batch->count,
    };
    struct buf body;
    buf_init(&body, LIMIT_REPLY_BYTES);
    changeset_write(&set, engine->config.dialect, &body);
    struct str kept = {0};
    if (!body.failed) {
        kept = device_keep(engine->device, buf_view(&body));
    }
    buf_free(&body);
    return kept;
}

bool engine_request_push(struct engine *engine, const struct batch *batch,
                         struct str body, bool extra)
{
    struct flight *flight = flight_free(engine);
    if (!flight) {
        return false;
    }
    flight_clear(flight);
    flight->batch = *batch;
    flight->extra = extra;
    flight->request.kind = REQUEST_PUSH;
    flight->request.since = device_oldest_cursor(engine->device);
    flight->request.changes = batch->changes;
    flight->request.count = batch->count;
    flight->request.http.method = STR("POST");
    flight->request.http.target = engine->paths[PATH_PUSH];
    flight->request.http.body = body;
    queue_doubt(engine->device, batch->rows, batch->row_count, 1);
    flight_ready(engine, flight, engine_request_token(engine, false));
    return true;
}

static struct str pull_target(struct engine *engine, struct str collection,
                              struct str since)
{
    struct buf target;
    buf_init(&target, LIMIT_TARGET_BYTES);
    buf_str(&target, engine->paths[PATH_PULL]);
    dialect_pull_write(engine->config.dialect, collection, since, &target);
    struct str kept = device_keep(engine->device, buf_view(&target));
    buf_free(&target);
    return kept;
}

void engine_request_pull(struct engine *engine, size_t collection)
{
    struct device *device = engine->device;
    struct flight *flight = flight_free(engine);
    ASSERT(flight);
    flight_clear(flight);
    flight->collection = collection;
    flight->request.kind = REQUEST_PULL;
    flight->request.collection = device->config.collections[collection];
    flight->request.since = device->cursors[collection];
    flight->request.http.method = STR("GET");
    flight->request.http.target =
        pull_target(engine, flight->request.collection, flight->request.since);
    flight_ready(engine, flight, engine_request_token(engine, false));
}

bool engine_request_again(struct engine *engine, const struct flight *flight)
{
    struct flight *next = flight_free(engine);
    if (flight->fresh || engine_barred(engine) || !next ||
        engine_bug(engine, CLIENT_BUG_TOKEN_NOT_REFRESHED)) {
        return false;
    }
    struct str token = engine_request_token(engine, true);
    if (token.n == 0) {
        return false;
    }
    uint64_t queue_generation = flight->queue_generation;
    uint64_t cursor_generation = flight->cursor_generation;
    flight_copy(next, flight);
    next->fresh = true;
    flight_ready(engine, next, token);
    next->queue_generation = queue_generation;
    next->cursor_generation = cursor_generation;
    return true;
}

bool engine_take(struct engine *engine, struct engine_request *out)
{
    struct flight *first = NULL;
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        struct flight *flight = &engine->flights[i];
        if (flight->state == FLIGHT_READY &&
            (!first || flight->request.id < first->request.id)) {
            first = flight;
        }
    }
    if (!first) {
        return false;
    }
    first->state = FLIGHT_SENT;
    request_copy(out, &first->request);
    return true;
}

static bool text_contains(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (memcmp(text.p + i, part.p, part.n) == 0) {
            return true;
        }
    }
    return false;
}

bool engine_refuses_cursor(struct engine *engine, const struct landing *landing)
{
    const struct json_node *root, *error;
    if (landing->status == 409 || landing->status == 410) {
        return true;
    }
    if (json_read(landing->ending->reply.body, &json_limits_default,
                  engine->config.arena, &root, NULL) != ST_OK ||
        json_type(root) != JSON_OBJECT) {
        return false;
    }
    error = json_member(root, "error");
    return error && json_type(error) == JSON_STRING &&
           text_contains(json_string(error), STR("cursor"));
}

bool landing_transient(const struct landing *landing)
{
    int status = landing->status;
    return status < 400 || status == 408 || status == 429 || status >= 500;
}

bool landing_closed(const struct landing *landing)
{
    int status = landing->status;
    return status == 0 || status == 401 || status == 402 || status == 429;
}

bool landing_definite(const struct landing *landing)
{
    const struct ending *ending = landing->ending;
    return ending->fate == FATE_NONE ||
           (ending->kind == REPLY_ANSWER && ending->fate == FATE_ANSWERED &&
            landing->status >= 400 && landing->status < 500);
}

struct str engine_said(struct arena *arena, struct str said)
{
    enum { SAID_MAX = 200 };
    said = str_take(said, SAID_MAX);
    said = str_take(said, utf8_bad_at(said));
    char *text = arena_must(arena, said.n + 1, 1);
    for (size_t i = 0; i < said.n; i++) {
        unsigned char byte = (unsigned char)said.p[i];
        text[i] = byte < 0x20 || byte == 0x7f ? ' ' : said.p[i];
    }
    return (struct str){text, said.n};
}

struct str landing_said(const struct landing *landing, struct arena *arena)
{
    return engine_said(arena, landing->unreadable
                                  ? str_of(landing->unreadable->text)
                                  : landing->ending->reply.body);
}

int64_t landing_retry_after_ms(const struct landing *landing)
{
    const struct ending *ending = landing->ending;
    enum { DAY_S = 86400 };
    int64_t s;
    struct str text = http_header_find(
        ending->reply.headers, ending->reply.header_count, "Retry-After");
    if (ending->kind != REPLY_ANSWER || !text.p || !str_to_i64(text, &s) ||
        s < 0) {
        return 0;
    }
    return (s < DAY_S ? s : DAY_S) * 1000;
}

void engine_receive(struct engine *engine, struct moment at, uint32_t id,
                    const struct engine_reply *reply)
{
    const struct ending *ending = reply->ending;
    struct flight *flight = NULL;
    for (size_t i = 0; i < FLIGHTS_MAX && !flight; i++) {
        if (engine->flights[i].state == FLIGHT_SENT &&
            engine->flights[i].request.id == id) {
            flight = &engine->flights[i];
        }
    }
    if (!flight) {
        return;
    }
    /* Its place is free for the request that follows. */
    struct flight landed;
    flight_copy(&landed, flight);
    flight->state = FLIGHT_FREE;
    int status = ending->kind == REPLY_ANSWER ? ending->reply.status : 0;
    bool good = status >= 200 && status < 300;
    /* What a refusal says is in its body: nobody tried to decode that. */
    struct landing landing = {
        .ending = ending,
        .response = good ? reply->response : NULL,
        .unreadable = good && !reply->response ? reply->unreadable : NULL,
        .status = status,
    };
    if (landed.request.kind == REQUEST_PUSH) {
        engine_push_land(engine, at, &landed, &landing);
    } else {
        engine_pull_land(engine, at, &landed, &landing);
    }
    engine_live_update(engine, at);
    engine_status_update(engine, at);
}
