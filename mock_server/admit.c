/* SPDX-License-Identifier: MIT */
/* admit - who asks, from which device, and from where in the log on.
 * Layer: mock_server. */
#include <string.h>

#include "base/utf8.h"
#include "mock_server/server_core.h"

enum status admit_token(struct server *server,
                        const struct auth_question *question,
                        struct arena *arena, struct str *user, struct err *err)
{
    enum status status = auth_check(server->auth, question, arena, user, err);

    if (status == ST_OK && bug_on(&server->config.bugs, BUG_CROSS_USER_LEAK)) {
        *user = STR("everybody");
    }
    return status;
}

void admit_user(struct server *server, const struct http_request *request,
                struct instant now, struct server_job *job)
{
    struct err err = {0};
    struct auth_question question = {
        .header = http_header_find(request->headers, request->header_count,
                                   "authorization"),
        .now = now,
        .bugs = &server->config.bugs};

    if (job->status) {
        return;
    }
    if (job->route == ROUTE_PULL && !question.header.p && server->last_pusher &&
        bug_on(&server->config.bugs, BUG_AUTH_ONLY_ON_PUSH)) {
        job->user = arena_str(&job->arena, (struct str){server->last_pusher,
                                                        server->last_pusher_n});
        return;
    }
    if (admit_token(server, &question, &job->arena, &job->user, &err) !=
        ST_OK) {
        job->challenge = "Bearer";
        reply_refuse(job, 401, "unauthorized", "%s", err.text);
        return;
    }
    if (bug_on(&server->config.bugs, BUG_CROSS_APP_LEAK)) {
        job->app = STR("every app");
    }
}

/* The header wins over the body. */
void admit_client(struct server *server, const struct http_request *request,
                  struct server_job *job)
{
    struct str name =
        dialect_name(server->config.dialect, NAME_HEADER_CLIENT_ID);
    struct str header =
        http_header_find(request->headers, request->header_count, name.p);
    bool body_has = job->set.has_client_id && job->set.client_id.n;

    if (bug_on(&server->config.bugs, BUG_BODY_CLIENT_ID_TRUSTED) && body_has) {
        header = (struct str){0};
    }
    if (header.n) {
        job->client = arena_str(&job->arena, header);
    } else if (body_has) {
        job->client = job->set.client_id;
    }
    if (!job->client.n) {
        reply_refuse(job, 400, "no_client_id", "%s is missing%s", name.p,
                     job->route == ROUTE_PUSH ? ", and so is clientId" : "");
    } else if (job->client.n > LIMIT_NAME_BYTES) {
        reply_refuse(job, 400, "bad_client_id",
                     "the client id has over %d bytes", LIMIT_NAME_BYTES);
    } else if (utf8_bad_at(job->client) < job->client.n) {
        reply_refuse(job, 400, "bad_client_id", "%s is not UTF-8", name.p);
    }
}

/* Commit times are even nanoseconds.  The odd one behind a row stands for the
 * same place in the log, and says that the pages began at the first-sync
 * cursor: own changes belong into the next page as well. */
void admit_since(struct server *server, struct str since,
                 struct server_job *job)
{
    struct err err = {0};

    job->since = since;
    if (since.n > LIMIT_CURSOR_BYTES) {
        reply_refuse(job, 400, "bad_cursor", "since has over %d bytes",
                     LIMIT_CURSOR_BYTES);
    } else if (instant_parse(since, &job->since_at, &err) != ST_OK) {
        if (bug_on(&server->config.bugs, BUG_BAD_SINCE_IS_EPOCH)) {
            job->since_at = INSTANT_EPOCH;
            job->own_too = true;
            return;
        }
        reply_refuse(job, 400, "bad_cursor", "since: %s", err.text);
    }
    if (job->status) {
        return;
    }
    job->after_ns = instant_to_ns(job->since_at);
    if (job->after_ns < 0) {
        job->after_ns = 0;
        job->since_at = INSTANT_EPOCH;
    }
    job->own_too = job->after_ns == 0 || job->after_ns % 2 == 1;
}

bool admit_query(const struct http_request *request, struct str name,
                 struct server_job *job, struct str *out)
{
    if (!http_query_find(request->target, name.p, &job->arena, out)) {
        reply_refuse(job, 400, "missing_parameter",
                     "the query's %s is missing or not decodable", name.p);
        return false;
    }
    return true;
}
