/* SPDX-License-Identifier: MIT */
/* pull - GET /sync/{app}/pull.  Layer: mock_server. */
#include "base/utf8.h"
#include "mock_server/server_core.h"

static bool pull_query(const struct http_request *request, const char *name,
                       struct server_job *job, struct str *out)
{
    if (!http_query_find(request->target, name, &job->arena, out)) {
        reply_refuse(job, 400, "missing_parameter",
                     "the query's %s is missing or not decodable", name);
        return false;
    }
    return true;
}

void pull_begin(struct server *server, const struct http_request *request,
                struct server_job *job)
{
    struct str since;

    admit_client(server, request, job);
    if (job->status ||
        !pull_query(request, "collection", job, &job->collection) ||
        !pull_query(request, "since", job, &since)) {
        return;
    }
    if (!job->collection.n || job->collection.n > LIMIT_NAME_BYTES) {
        reply_refuse(job, 400, "bad_collection",
                     "the query's collection must have 1 to %d bytes",
                     LIMIT_NAME_BYTES);
    } else if (utf8_bad_at(job->collection) < job->collection.n) {
        reply_refuse(job, 400, "bad_collection",
                     "the query's collection is not UTF-8");
    } else {
        admit_since(server, since, job);
    }
}

void pull_finish(struct server *server, struct server_job *job,
                 struct instant now, struct http_reply *reply)
{
    struct store_page page;

    if (delta_cursor_known(server, job) &&
        delta_read(server, job, now, &page)) {
        server->counts.pulls++;
        delta_answer(server, job, &page, now, reply);
    }
}
