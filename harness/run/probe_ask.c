/* SPDX-License-Identifier: MIT */
/* probe_ask - see probe_ask.h.  Layer: harness/run. */
#include "harness/run/probe_ask.h"

#include <string.h>

#include "protocol/translate.h"

enum { HEAR_MS = 2000 };

enum status prober_begin(struct prober *prober, struct err *err)
{
    const struct probe_config *config = prober->config;
    const struct token_ask ask = {
        .user = STR("user"), .tag = config->tag, .kind = TOKEN_GOOD};
    prober->app =
        arena_printf(prober->arena, "probe-%.*s", STR_ARG(config->tag));
    return tokens_get(config->tokens, &ask, prober->arena, &prober->token, err);
}

struct str prober_target(struct prober *prober, const char *rest)
{
    struct str target =
        arena_printf(prober->arena, "/sync/%.*s%s", STR_ARG(prober->app), rest);
    return translate_target(prober->out->dialect, target, prober->arena);
}

static struct str device_id(struct prober *prober, const char *device)
{
    return arena_printf(prober->arena, "probe-%s-%.*s", device,
                        STR_ARG(prober->config->tag));
}

static void add_identity(struct prober *prober, const char *device,
                         struct http_request *request)
{
    if (device) {
        http_header_add(
            request, STR("Authorization"),
            arena_printf(prober->arena, "Bearer %.*s", STR_ARG(prober->token)));
        http_header_add(
            request, translate_header(prober->out->dialect, STR("X-Client-Id")),
            device_id(prober, device));
    }
    http_header_add(request, STR("X-Sync-Test"), STR("probe"));
}

struct ending prober_ask(struct prober *prober,
                         const struct probe_request *request)
{
    struct http_request http = {.method = str_of(request->method),
                                .target = request->target,
                                .body = request->body};
    add_identity(prober, request->device, &http);
    if (request->body.n > 0) {
        http_header_add(&http, STR("Content-Type"), STR("application/json"));
    }
    for (size_t i = 0; i < request->header_count; i++) {
        http_header_add(&http, request->headers[i].name,
                        request->headers[i].value);
    }
    return ask_request(prober->config->transport, &http,
                       prober->config->timeout_ms, prober->arena);
}

static struct str prober_body(struct prober *prober,
                              enum dialect_group document, struct str text)
{
    return translate_to_wire(prober->out->dialect, document, text,
                             prober->arena);
}

struct ending prober_push(struct prober *prober, const char *device,
                          struct str changes)
{
    struct str id = device_id(prober, device);
    struct str text =
        arena_printf(prober->arena,
                     "{\"clientId\":\"%.*s\",\"appId\":\"%.*s\","
                     "\"since\":\"1970-01-01T00:00:00.000Z\","
                     "\"changes\":[%.*s]}",
                     STR_ARG(id), STR_ARG(prober->app), STR_ARG(changes));
    const struct probe_request request = {
        .method = "POST",
        .target = prober_target(prober, ""),
        .device = device,
        .body = prober_body(prober, GROUP_PUSH, text)};
    return prober_ask(prober, &request);
}

struct ending prober_push_large(struct prober *prober, size_t bytes)
{
    struct buf change;
    buf_init(&change, bytes + 1024);
    buf_puts(&change, "{\"table\":\"large\",\"id\":\"1\",\"op\":\"insert\","
                      "\"data\":{\"text\":\"");
    for (size_t i = 0; i < bytes; i++) {
        buf_putc(&change, 'x');
    }
    buf_puts(&change, "\",\"updatedAt\":\"2026-03-27T09:00:00.000Z\"}}");
    struct ending ending = prober_push(prober, "a", buf_view(&change));
    buf_free(&change);
    return ending;
}

struct ending prober_pull(struct prober *prober, const char *device,
                          const char *collection, const char *since)
{
    struct str rest =
        arena_printf(prober->arena, "/pull?collection=%s&since=%s", collection,
                     since ? since : PROBE_EPOCH);
    const struct probe_request request = {.method = "GET",
                                          .target =
                                              prober_target(prober, rest.p),
                                          .device = device};
    return prober_ask(prober, &request);
}

struct str prober_edit(struct prober *prober, const char *collection,
                       const char *id, int n)
{
    return arena_printf(prober->arena,
                        "{\"table\":\"%s\",\"id\":\"%s\",\"op\":\"update\","
                        "\"fields\":{\"n\":{\"value\":%d,\"%s\":"
                        "\"2026-03-27T09:00:0%d.000Z\"}}}",
                        collection, id, n,
                        prober->out->dialect->base->stamp_key, n % 10);
}

struct asked_channel prober_socket(struct prober *prober, bool all)
{
    const struct dialect *dialect = prober->out->dialect;
    struct arena *arena = prober->arena;
    struct str auth =
        arena_printf(arena, "{\"type\":\"auth\",\"token\":\"%.*s\"}",
                     STR_ARG(prober->token));
    struct str path =
        all ? STR("/ws")
            : arena_printf(arena, "/ws/%.*s", STR_ARG(prober->app));
    struct ask_channel ask = {
        .kind = CHANNEL_SOCKET,
        .timeout_ms = HEAR_MS,
        .until = dialect->ws_auth_ok ? dialect_name(dialect, NAME_TYPE_AUTH_OK)
                                     : STR(""),
        .say = prober_body(prober, GROUP_NOTICE, auth)};
    ask.request.method = STR("GET");
    ask.request.target = translate_target(dialect, path, arena);
    add_identity(prober, "b", &ask.request);
    return ask_open(prober->config->transport, &ask, arena);
}

struct asked_channel prober_stream(struct prober *prober)
{
    struct ask_channel ask = {.kind = CHANNEL_STREAM, .timeout_ms = HEAR_MS};
    ask.request.method = STR("GET");
    ask.request.target =
        prober_target(prober, "/stream?collections=probe&since=" PROBE_EPOCH);
    add_identity(prober, "b", &ask.request);
    return ask_open(prober->config->transport, &ask, prober->arena);
}
