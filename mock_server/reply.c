/* SPDX-License-Identifier: MIT */
/* reply - the shape of answers: errors as JSON, CORS headers.
 * Layer: mock_server. */
#include <stdarg.h>
#include <stdio.h>

#include "base/asserts.h"
#include "base/utf8.h"
#include "mock_server/merging.h"

void reply_refuse(struct server_job *job, int status, const char *code,
                  const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;

    if (job->status) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    job->status = status;
    job->code = code;
    job->message = arena_str(&job->arena, str_of(text));
}

struct str reply_origin(const struct server *server,
                        const struct http_request *request,
                        struct server_job *job)
{
    const char *const *allowed = server->config.origins;
    struct str origin =
        http_header_find(request->headers, request->header_count, "origin");

    if (!allowed || !origin.n || origin.n > LIMIT_NAME_BYTES) {
        return (struct str){0};
    }
    for (; *allowed; allowed++) {
        if (str_is(STR("*"), *allowed)) {
            return STR("*");
        }
        if (str_is(origin, *allowed)) {
            return arena_str(&job->arena, origin);
        }
    }
    return (struct str){0};
}

/* Names of headers have no case; these are told in lower case. */
static struct str reply_allowed_headers(const struct server *server,
                                        struct server_job *job)
{
    struct str name =
        dialect_name(server->config.dialect, NAME_HEADER_CLIENT_ID);
    struct str text = arena_printf(
        &job->arena, "authorization, content-type, last-event-id, %s", name.p);
    char *end = arena_raw(&job->arena, text.n + 1);

    ASSERT(end);
    for (size_t i = 0; i < text.n; i++) {
        end[i] = http_lower(text.p[i]);
    }
    end[text.n] = '\0';
    return (struct str){end, text.n};
}

static void reply_cors(struct server *server, struct server_job *job,
                       struct http_reply *reply)
{
    if (server->config.origins) {
        http_reply_header(reply, STR("Vary"), STR("Origin"));
    }
    if (!job->origin.n) {
        return;
    }
    http_reply_header(reply, STR("Access-Control-Allow-Origin"), job->origin);
    if (!str_is(job->origin, "*")) {
        http_reply_header(reply, STR("Access-Control-Allow-Credentials"),
                          STR("true"));
    }
    if (job->preflight) {
        http_reply_header(reply, STR("Access-Control-Allow-Methods"),
                          STR("GET, POST, OPTIONS"));
        http_reply_header(reply, STR("Access-Control-Allow-Headers"),
                          reply_allowed_headers(server, job));
        http_reply_header(reply, STR("Access-Control-Max-Age"), STR("600"));
    }
}

void reply_json(struct server *server, struct server_job *job, int status,
                struct http_reply *reply)
{
    reply->status = status;
    http_reply_header(reply, STR("Content-Type"),
                      server_merges(server)
                          ? STR("application/json; charset=utf-8")
                          : STR("application/json"));
    http_reply_header(reply, STR("Cache-Control"), STR("no-store"));
    reply_cors(server, job, reply);
    reply->body = buf_view(&server->body);
}

void reply_stream(struct server *server, struct server_job *job,
                  struct http_reply *reply)
{
    reply->status = 200;
    http_reply_header(reply, STR("Content-Type"), STR("text/event-stream"));
    http_reply_header(reply, STR("Cache-Control"), STR("no-cache"));
    http_reply_header(reply, STR("X-Accel-Buffering"), STR("no"));
    reply_cors(server, job, reply);
}

/* An error text may quote what the client sent, which need not be UTF-8. */
static void reply_write_text(struct buf *out, struct str text)
{
    if (utf8_bad_at(text) == text.n) {
        json_write_string(out, text);
        return;
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char byte = (unsigned char)text.p[i];

        buf_putc(out, byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\'
                          ? '?'
                          : (char)byte);
    }
    buf_putc(out, '"');
}

static void reply_merging(struct server *server, struct server_job *job,
                          struct http_reply *reply)
{
    struct buf message;
    const char *type;

    buf_init(&message, LIMIT_REPLY_BYTES);
    reply_write_text(&message, job->message);
    job->status = merging_status(
        job->status, job->code, job->message,
        dialect_name(server->config.dialect, NAME_SCHEMA_VERSION).p);
    type = merging_refusal(job->status, job->code, buf_view(&message),
                           &server->body);
    buf_free(&message);
    reply_json(server, job, job->status, reply);
    reply->headers[0].value = str_of(type);
}

void reply_decided(struct server *server, struct server_job *job,
                   struct http_reply *reply)
{
    *reply = (struct http_reply){0};
    buf_clear(&server->body);
    if (job->status == 204) {
        reply->status = 204;
        reply_cors(server, job, reply);
    } else if (server_merges(server)) {
        reply_merging(server, job, reply);
    } else {
        buf_puts(&server->body, "{\"error\":\"");
        buf_puts(&server->body, job->code);
        buf_puts(&server->body, "\",\"message\":");
        reply_write_text(&server->body, job->message);
        buf_putc(&server->body, '}');
        reply_json(server, job, job->status, reply);
    }
    if (job->allow) {
        http_reply_header(reply, STR("Allow"), str_of(job->allow));
    }
    if (job->upgrade && job->status == 426) {
        http_reply_header(reply, STR("Upgrade"), STR("websocket"));
        http_reply_header(reply, STR("Connection"), STR("Upgrade"));
        http_reply_header(reply, STR("Sec-WebSocket-Version"), STR("13"));
    }
    if (job->challenge) {
        http_reply_header(reply, STR("WWW-Authenticate"),
                          str_of(job->challenge));
    }
}
