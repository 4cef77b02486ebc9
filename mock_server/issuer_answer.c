/* SPDX-License-Identifier: MIT */
/* issuer_answer - the HTTP side of the issuer.  Layer: mock_server. */
#include <inttypes.h>

#include "mock_server/issuer.h"
#include "protocol/json.h"

enum {
    ASKED_BYTES = 65536,
    LIFE_MOST_S = 1000000000 /* either way: some thirty years */
};

static void answer_text(struct http_reply *reply, int status, const char *type,
                        struct str body)
{
    *reply = (struct http_reply){.status = status, .body = body};
    http_reply_header(reply, STR("Content-Type"), str_of(type));
    /* Who tests with keys that change wants to see the change. */
    http_reply_header(reply, STR("Cache-Control"), STR("no-cache"));
}

static void answer_error(struct http_reply *reply, struct arena *arena,
                         int status, const char *what)
{
    struct buf json;

    buf_init(&json, 4096);
    buf_puts(&json, "{\"error\":");
    json_write_string(&json, str_of(what));
    buf_puts(&json, "}\n");
    answer_text(reply, status, "application/json",
                arena_str(arena, buf_view(&json)));
    buf_free(&json);
}

static enum status asked_text(const struct json_node *node, struct str *out,
                              struct err *err)
{
    if (json_type(node) != JSON_STRING || json_string(node).n == 0 ||
        json_string(node).n > LIMIT_NAME_BYTES) {
        return err_set(err, ST_PROTOCOL, "%.*s: not a text of 1 to %d bytes",
                       STR_ARG(json_name(node)), LIMIT_NAME_BYTES);
    }
    *out = json_string(node);
    return ST_OK;
}

static enum status asked_member(const struct json_node *node,
                                struct token_wish *wish, struct err *err)
{
    struct str name = json_name(node), kind = STR("");

    if (str_is(name, "sub")) {
        return asked_text(node, &wish->sub, err);
    }
    if (str_is(name, "other")) {
        return asked_text(node, &wish->other, err);
    }
    if (str_is(name, "kind")) {
        enum status status = asked_text(node, &kind, err);
        return status != ST_OK || token_kind_find(kind, &wish->kind)
                   ? status
                   : err_set(err, ST_PROTOCOL,
                             "kind: there is none of that name");
    }
    if (str_is(name, "exp_in_s")) {
        return json_type(node) == JSON_NUMBER &&
                       json_i64(node, &wish->life_s) && wish->life_s != 0 &&
                       wish->life_s >= -LIFE_MOST_S &&
                       wish->life_s <= LIFE_MOST_S
                   ? ST_OK
                   : err_set(err, ST_PROTOCOL,
                             "exp_in_s: not a whole number of seconds other "
                             "than 0, at most %d",
                             LIFE_MOST_S);
    }
    return err_set(err, ST_PROTOCOL,
                   "unknown member (expected sub, exp_in_s, kind, other)");
}

static enum status asked_read(struct str body, struct arena *arena,
                              struct token_wish *wish, struct err *err)
{
    const struct json_limits limits = {4, ASKED_BYTES, 16};
    const struct json_node *root = NULL;
    enum status status = json_read(body, &limits, arena, &root, err);

    if (status == ST_OK && json_type(root) != JSON_OBJECT) {
        status = err_set(err, ST_PROTOCOL, "not an object");
    }
    for (const struct json_node *node = status == ST_OK ? json_child(root)
                                                        : NULL;
         node && status == ST_OK; node = json_next(node)) {
        status = asked_member(node, wish, err);
    }
    if (status == ST_OK && !wish->sub.p) {
        status = err_set(err, ST_PROTOCOL, "sub: whose token?");
    }
    return status;
}

/* The bare text, so that a shell can use it as it comes. */
static void answer_token(const struct issuer_door *door, struct str body,
                         struct arena *arena, struct http_reply *reply)
{
    struct token_wish wish = {.now_s = door->now_s};
    struct err err = {.status = ST_OK};
    struct str token;

    if (asked_read(body, arena, &wish, &err) != ST_OK) {
        answer_error(reply, arena, 400, err.text);
        return;
    }
    if (!wish.other.p) {
        wish.other = arena_printf(arena, "not-%.*s", STR_ARG(wish.sub));
    }
    if (issuer_token(door->issuer, &wish, arena, &token, &err) != ST_OK) {
        answer_error(reply, arena, 500, err.text);
        return;
    }
    answer_text(reply, 200, "text/plain",
                arena_printf(arena, "%.*s\n", STR_ARG(token)));
}

static void answer_keys(const struct issuer_door *door, struct arena *arena,
                        struct http_reply *reply)
{
    struct err err = {.status = ST_OK};
    struct str jwks;

    if (issuer_key_set(door->issuer, door->now_s, arena, &jwks, &err) !=
        ST_OK) {
        answer_error(reply, arena, 500, err.text);
        return;
    }
    answer_text(reply, 200, "application/json", jwks);
}

void issuer_answer(const struct issuer_door *door,
                   const struct http_request *request, struct arena *arena,
                   struct http_reply *reply)
{
    struct str path = http_target_path(request->target);
    bool get =
        str_is(request->method, "GET") || str_is(request->method, "HEAD");
    bool keys =
        str_is(path, "/.well-known/jwks.json") || str_is(path, "/jwks.json");
    bool token = door->mints && str_is(path, "/token");

    if (keys && get) {
        answer_keys(door, arena, reply);
    } else if (str_is(path, "/health") && get) {
        answer_text(reply, 200, "application/json", STR("{\"status\":\"ok\"}"));
    } else if (token && str_is(request->method, "POST")) {
        answer_token(door, request->body, arena, reply);
    } else if (keys || token || str_is(path, "/health")) {
        answer_error(reply, arena, 405,
                     token ? "expected POST" : "expected GET");
        http_reply_header(reply, STR("Allow"),
                          token ? STR("POST") : STR("GET, HEAD"));
    } else {
        answer_error(reply, arena, 404,
                     "expected /.well-known/jwks.json or /jwks.json");
    }
}
