/* SPDX-License-Identifier: MIT */
/* push - POST /sync/{app}: what is taken, how it is stored, what comes back.
 * Layer: mock_server. */
#include <stdlib.h>
#include <string.h>

#include "mock_server/batch.h"
#include "mock_server/merging.h"
#include "mock_server/salvage.h"

#define WRITTEN_S INT64_C(1775001600) /* 2026-04-01 */

static const char *push_code(enum status status)
{
    return status == ST_SYNTAX  ? "bad_json"
           : status == ST_LIMIT ? "too_much"
                                : "bad_changeset";
}

static void push_read_body(struct server *server, struct str body,
                           struct server_job *job)
{
    struct err err = {0};
    enum status status =
        changeset_read(body, &server->rules, &job->arena, &job->set, &err);

    if (status == ST_OK) {
        return;
    }
    struct salvage_case found = {&server->config.bugs, &server->rules, body,
                                 status};

    job->set = (struct changeset){0};
    switch (salvage_body(&found, &job->arena, &job->set)) {
    case SALVAGE_ACK:
        return;
    case SALVAGE_PARTIAL:
        job->keeps_partial = true;
        break;
    case SALVAGE_CRASH:
        server->dead = true;
        reply_refuse(job, 500, "panic", "a field of null was looked into");
        return;
    case SALVAGE_500:
        reply_refuse(job, 500, "internal", "%s", err.text);
        return;
    case SALVAGE_NOTHING:
        break;
    }
    reply_refuse(job, 400, push_code(status), "%s", err.text);
}

static bool push_is_null(struct str canonical)
{
    return str_is(canonical, "null");
}

/* A personal space is its owner's alone; any other stays in the partition of
 * the user who sent it. */
static void push_check_space(struct server_job *job, size_t index)
{
    struct str name;
    const struct change *change = &job->set.changes[index];

    if (!json_unquote(change->space_id, &job->arena, &name)) {
        reply_refuse(job, 400, "bad_changeset",
                     "changes[%zu].spaceId: not a string", index);
    } else if (str_starts(name, STR("_personal:")) &&
               !str_eq(str_skip(name, 10), job->user)) {
        reply_refuse(job, 403, "space_forbidden",
                     "changes[%zu].spaceId: the personal space of another "
                     "user",
                     index);
    }
}

/* Members that a client leaves out are spelled null by some: the same. */
static void push_normalise(struct server *server, struct server_job *job)
{
    if (!server->config.dialect->change_extras) {
        return;
    }
    for (size_t i = 0; i < job->set.count && !job->status; i++) {
        struct change *change = &job->set.changes[i];
        struct str *extras[] = {&change->actor, &change->origin,
                                &change->space_id};

        for (size_t k = 0; k < sizeof(extras) / sizeof(extras[0]); k++) {
            if (push_is_null(*extras[k])) {
                *extras[k] = (struct str){0};
            }
        }
        change->event_id = (struct str){0};
        change->schema_version = 1;
        if (change->space_id.n) {
            push_check_space(job, i);
        }
    }
}

/* A stamp of the year 2999 would freeze its field until then.  A clock that
 * shows a time before this program was written is wrong, and no measure. */
static void push_check_stamps(const struct server *server, struct instant now,
                              struct server_job *job)
{
    struct instant limit = {(now.s > WRITTEN_S ? now.s : WRITTEN_S) +
                                server->config.ahead_limit_s,
                            0};

    for (size_t i = 0;
         server->config.ahead_limit_s > 0 && i < job->set.count && !job->status;
         i++) {
        if (instant_cmp(change_newest_stamp(&job->set.changes[i]), limit) > 0) {
            reply_refuse(job, 400, "stamp_ahead",
                         "changes[%zu]: a stamp over %lld s ahead of the "
                         "server's clock: is the device's right?",
                         i, (long long)server->config.ahead_limit_s);
        }
    }
}

void push_begin(struct server *server, const struct http_request *request,
                struct instant now, struct server_job *job)
{
    if (request->body_too_long || request->body.n > server->config.body_limit) {
        reply_refuse(job, 413, "too_large", "the body has over %zu bytes",
                     server->config.body_limit);
        return;
    }
    push_read_body(server, request->body, job);
    if (job->status && !job->keeps_partial) {
        return;
    }
    if (job->set.has_app_id && !str_eq(job->set.app_id, job->app) &&
        !bug_on(&server->config.bugs, BUG_CROSS_APP_LEAK)) {
        reply_refuse(job, 400, "app_mismatch",
                     "appId: contradicts the app of the path");
        return;
    }
    admit_client(server, request, job);
    admit_since(server,
                job->set.has_since ? job->set.since : STR(CURSOR_EPOCH_TEXT),
                job);
    push_normalise(server, job);
    push_check_stamps(server, now, job);
}

void push_stamp_early(struct server *server, struct server_job *job,
                      struct instant now)
{
    int64_t head_ns = server->store->ops->head_ns(server->store);
    struct store_row row = {0};

    head_ns = head_ns > server->early_ns ? head_ns : server->early_ns;
    if (job->route == ROUTE_PUSH && !job->status &&
        store_stamp(&row, 1, head_ns, now, NULL) == ST_OK) {
        job->stamped_ns = row.at_ns;
        server->early_ns = row.at_ns + 2 * (int64_t)job->set.count;
    }
}

/* The planted bugs that choose a row's place in the log; the sound server
 * gives places in the order of commits. */
static bool push_misplaces(struct server *server, struct server_job *job,
                           struct batch *batch)
{
    if (bug_on(&server->config.bugs, BUG_CURSOR_BEFORE_COMMIT) &&
        job->stamped_ns) {
        for (size_t i = 0; i < batch->count; i++) {
            batch->rows[i].at_ns = job->stamped_ns + 2 * (int64_t)i;
        }
        return true;
    }
    /* batch_fill() has set the client's stamps. */
    return bug_on(&server->config.bugs, BUG_ORDER_BY_CLIENT_STAMP);
}

/* All or nothing; false: the job was refused. */
static bool push_append(struct server *server, struct server_job *job,
                        struct instant now, struct batch *batch)
{
    const struct bug_set *bugs = &server->config.bugs;
    const struct store_ops *ops = server->store->ops;
    struct err err = {0};
    enum status status = ST_OK;

    if (batch->count == 0) {
        return true;
    }
    if (bug_on(bugs, BUG_ACK_BEFORE_DURABLE)) {
        unsaved_add(&server->unsaved, batch->rows, batch->count, now);
        return true;
    }
    if (!push_misplaces(server, job, batch)) {
        status =
            store_stamp(batch->rows, batch->count, ops->head_ns(server->store),
                        server_merges(server) ? merging_clock(now) : now, &err);
    }
    if (status == ST_OK) {
        status = ops->append(server->store, batch->rows, batch->count, &err);
    }
    if (status == ST_OK || bug_on(bugs, BUG_ACK_THEN_DROP_ON_ERROR)) {
        return true;
    }
    reply_refuse(job, 500, "store", "%s", err.text);
    return false;
}

static void push_remember_pusher(struct server *server, struct str user)
{
    char *copy = malloc(user.n + 1);

    if (copy) {
        memcpy(copy, user.p, user.n);
        free(server->last_pusher);
        server->last_pusher = copy;
        server->last_pusher_n = user.n;
    }
}

/* What the merging bugs want everybody to have, the sender included. */
static void push_correct(struct server *server, struct server_job *job,
                         struct instant now, struct batch *batch)
{
    struct batch further = {0};

    if (batch->correction_count == 0) {
        return;
    }
    job->set.changes = batch->corrections;
    job->set.count = batch->correction_count;
    job->client = (struct str){0};
    batch_encode(server, job, &further);
    push_append(server, job, now, &further);
}

void push_finish(struct server *server, struct server_job *job,
                 struct instant now, struct http_reply *reply)
{
    const struct bug_set *bugs = &server->config.bugs;
    struct batch batch = {0};
    struct store_page page;

    if (bug_on(bugs, BUG_STREAM_BLOCKS_PUSH) &&
        live_bug_is_wedged(server->live, job->user)) {
        reply_refuse(job, 500, "internal", "a stream of this user is gone");
        return;
    }
    /* The delta is read first: it shall not hold what is pushed here. */
    if (!delta_cursor_known(server, job) ||
        !delta_read(server, job, now, &page)) {
        return;
    }
    batch_fill(server, job, now, &batch);
    if (!push_append(server, job, now, &batch)) {
        return;
    }
    server->counts.pushes++;
    server->counts.changes += batch.count;
    if (bug_on(bugs, BUG_AUTH_ONLY_ON_PUSH)) {
        push_remember_pusher(server, job->user);
    }
    if (bug_on(bugs, BUG_OWN_CHANGES_ECHOED) &&
        !delta_read(server, job, now, &page)) {
        return;
    }
    delta_answer(server, job, &page, now, reply);
    push_correct(server, job, now, &batch);
    live_notice_commit(server, job, batch.rows, batch.count, now);
}

void push_keep_partial(struct server *server, struct server_job *job,
                       struct instant now)
{
    struct batch batch = {0};

    if (job->user.n && job->client.n) {
        batch_fill(server, job, now, &batch);
        push_append(server, job, now, &batch);
    }
}
