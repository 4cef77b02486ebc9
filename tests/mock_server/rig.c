/* SPDX-License-Identifier: MIT */
/* rig - a server in the hand of a test.  Layer: tests/mock_server. */
#include "tests/mock_server/rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void rig_open(struct rig *rig, const char *dialect, size_t page_size,
              enum bug bug, struct store *store)
{
    *rig = (struct rig){0};
    arena_init(&rig->arena, LIMIT_REQUEST_ARENA);
    rig->config.dialect = dialect_find(str_of(dialect));
    ck_assert_ptr_nonnull(rig->config.dialect);
    rig->config.page_size = page_size;
    if (bug != BUG_COUNT) {
        bug_add(&rig->config.bugs, bug);
    }
    rig->store = store ? store : store_memory_open();
    rig->auth = auth_dev();
    rig->server = server_create(&rig->config, rig->store, rig->auth);
    rig->now = instant_of_ms(RIG_START_MS);
    ck_assert_ptr_nonnull(rig->server);
}

void rig_close(struct rig *rig)
{
    server_free(rig->server);
    rig->store->ops->close(rig->store);
    auth_free(rig->auth);
    arena_free(&rig->arena);
}

void rig_restart(struct rig *rig)
{
    server_free(rig->server);
    rig->server = server_create(&rig->config, rig->store, rig->auth);
}

const char *rig_text(struct rig *rig, const char *format, ...)
{
    va_list args, again;
    char *text;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    text = arena_must(&rig->arena, (size_t)n + 1, 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

struct http_request rig_request(struct rig *rig, const char *method,
                                const char *target, const char *user,
                                const char *client)
{
    struct http_request request = {.method = str_of(method),
                                   .target = str_of(target)};

    if (user) {
        http_header_add(&request, STR("Authorization"),
                        str_of(rig_text(rig, "Bearer %s", user)));
    }
    if (client) {
        http_header_add(&request, STR("X-Client-Id"), str_of(client));
    }
    return request;
}

/* Keep the reply beyond the next request. */
static int rig_take(struct rig *rig)
{
    struct codec_rules rules = codec_rules_default(rig->config.dialect);
    struct str body = arena_str(&rig->arena, rig->reply.body);
    struct err err;

    rig->body = body.p;
    rig->got = (struct response){0};
    rig->cursor = NULL;
    for (size_t i = 0; i < rig->reply.header_count; i++) {
        rig->reply.headers[i].value =
            arena_str(&rig->arena, rig->reply.headers[i].value);
    }
    if (rig->reply.status == 200 && body.n && strstr(body.p, "syncedUntil")) {
        rules.json.bytes = body.n;
        rules.changes = 1000000;
        if (response_read(body, &rules, &rig->arena, &rig->got, &err) !=
            ST_OK) {
            ck_abort_msg("%s in %s", err.text, body.p);
        }
        rig->cursor = arena_str(&rig->arena, rig->got.synced_until).p;
    }
    return rig->reply.status;
}

int rig_send(struct rig *rig, struct http_request *request)
{
    rig->now = instant_add_ms(rig->now, 1);
    server_handle(rig->server, request, rig->now, &rig->reply);
    return rig_take(rig);
}

int rig_do(struct rig *rig, const char *line, const char *user,
           const char *client, const char *body)
{
    size_t space = strcspn(line, " ");
    struct http_request request =
        rig_request(rig, rig_text(rig, "%.*s", (int)space, line),
                    line + space + 1, user, client);

    request.body = str_of(body);
    return rig_send(rig, &request);
}

static const char *rig_push_body(struct rig *rig, const char *since,
                                 const char *changes)
{
    return rig_text(rig, "{\"since\":\"%s\",\"changes\":[%s]}", since, changes);
}

static const char *rig_pull_target(struct rig *rig, const char *since)
{
    struct buf out;

    buf_init(&out, 4096);
    buf_puts(&out, "/sync/todo/pull?collection=tasks&since=");
    http_encode(&out, str_of(since));
    const char *target = arena_str(&rig->arena, buf_view(&out)).p;
    buf_free(&out);
    return target;
}

int rig_push(struct rig *rig, const char *user, const char *client,
             const char *since, const char *changes)
{
    return rig_do(rig, "POST /sync/todo", user, client,
                  rig_push_body(rig, since, changes));
}

int rig_pull(struct rig *rig, const char *user, const char *client,
             const char *since)
{
    return rig_do(rig, rig_text(rig, "GET %s", rig_pull_target(rig, since)),
                  user, client, NULL);
}

struct server_job *rig_begin_push(struct rig *rig, const char *client,
                                  const char *since, const char *changes)
{
    struct http_request request =
        rig_request(rig, "POST", "/sync/todo", "alice", client);

    request.body = str_of(rig_push_body(rig, since, changes));
    rig->now = instant_add_ms(rig->now, 1);
    return server_begin(rig->server, &request, rig->now);
}

struct server_job *rig_begin_pull(struct rig *rig, const char *client,
                                  const char *since)
{
    struct http_request request =
        rig_request(rig, "GET", rig_pull_target(rig, since), "alice", client);

    rig->now = instant_add_ms(rig->now, 1);
    return server_begin(rig->server, &request, rig->now);
}

int rig_finish(struct rig *rig, struct server_job *job)
{
    rig->now = instant_add_ms(rig->now, 1);
    server_finish(rig->server, job, rig->now, &rig->reply);
    return rig_take(rig);
}

const char *rig_ids(struct rig *rig)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < rig->got.count; i++) {
        buf_printf(&out, "%s%.*s", i ? " " : "",
                   STR_ARG(rig->got.changes[i].id));
    }
    const char *ids = arena_str(&rig->arena, buf_view(&out)).p;
    buf_free(&out);
    return ids;
}

bool rig_body_has(const struct rig *rig, const char *text)
{
    return rig->body && strstr(rig->body, text) != NULL;
}

struct str rig_header(const struct rig *rig, const char *name)
{
    return http_header_find(rig->reply.headers, rig->reply.header_count, name);
}

const char *rig_update(struct rig *rig, const char *id, const char *value,
                       const char *at)
{
    return rig_text(rig,
                    "{\"table\":\"tasks\",\"id\":\"%s\",\"op\":\"update\","
                    "\"fields\":{\"title\":{\"value\":%s,\"%s\":\"%s\"}}}",
                    id, value, rig->config.dialect->stamp_key, at);
}
