/* SPDX-License-Identifier: MIT */
/* pull - GET /sync/{app}/pull.  Layer: mock_server. */
#include "base/utf8.h"
#include "mock_server/server_core.h"

void pull_begin(struct server *server, const struct http_request *request,
                struct server_job *job)
{
    const struct dialect *dialect = server->config.dialect;
    struct str since;

    admit_client(server, request, job);
    if (job->status ||
        !admit_query(request, dialect_name(dialect, NAME_QUERY_COLLECTION), job,
                     &job->collection) ||
        !admit_query(request, dialect_name(dialect, NAME_QUERY_SINCE), job,
                     &since)) {
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
