/* SPDX-License-Identifier: MIT */
/* server - the two steps of a request, and what lives longer than one.
 * Layer: mock_server. */
#include "mock_server/server.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "mock_server/merging.h"

enum {
    IDLE_JOBS_MAX = 64,
    KEEP_BYTES_MAX = 1 << 20, /* of memory kept for the next request */
    LEAK_BYTES = 16 << 10,
    LEAK_DEADLY_BYTES = 16 << 20, /* what a small container would allow */
    OVERLAP_MS = 15,
    COMMIT_MS = 5, /* and one for each row, up to: */
    ROWS_MAX = 100
};

bool server_mode_find(struct str name, enum server_mode *out)
{
    static const char *const names[] = {[SERVER_LOG] = "log",
                                        [SERVER_MERGING] = "merging",
                                        [SERVER_REPEATING] = "repeating"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(name, names[i])) {
            *out = (enum server_mode)i;
            return true;
        }
    }
    return false;
}

/* Between the server and its log, when it is to merge. */
static bool server_open_view(struct server *server)
{
    if (!server_merges(server)) {
        return true;
    }
    server->view = merging_open(server->store, &server->rules,
                                server->config.mode == SERVER_REPEATING);
    server->store = server->view;
    if (server->page_size && !server->config.page_size) {
        server->page_size = MERGING_PAGE;
    }
    return server->view != NULL;
}

struct server *server_create(const struct server_config *config,
                             struct store *store, struct auth *auth)
{
    struct server *server = calloc(1, sizeof(*server));

    if (!server) {
        return NULL;
    }
    server->config = *config;
    server->rules = codec_rules_default(config->dialect);
    if (!server->config.body_limit) {
        server->config.body_limit = config->dialect->body_limit
                                        ? config->dialect->body_limit
                                        : LIMIT_BODY_BYTES;
    }
    if (server->rules.json.bytes < server->config.body_limit) {
        server->rules.json.bytes = server->config.body_limit;
    }
    if (config->dialect->has_more) {
        server->page_size =
            config->page_size ? config->page_size : config->dialect->page_size;
    }
    server->store = store;
    server->auth = auth;
    buf_init(&server->body, LIMIT_RUN_ARENA);
    buf_init(&server->scratch, LIMIT_REQUEST_ARENA);
    unsaved_init(&server->unsaved);
    server->live = live_hub_create(server);
    if (!server->live || !server_open_view(server)) {
        server_free(server);
        return NULL;
    }
    server->mangles = bug_any(&config->bugs);
    if (shadow_needed(&config->bugs)) {
        server->shadow = shadow_create();
        if (!server->shadow) {
            server_free(server);
            return NULL;
        }
    }
    return server;
}

static void server_job_free(struct server_job *job)
{
    if (job) {
        arena_free(&job->arena);
        free(job);
    }
}

void server_free(struct server *server)
{
    if (!server) {
        return;
    }
    while (server->idle) {
        struct server_job *job = server->idle;

        server->idle = job->next;
        server_job_free(job);
    }
    server_job_free(server->answered);
    while (server->leaked) {
        void *block = server->leaked;

        server->leaked = *(void **)block;
        free(block);
    }
    live_hub_free(server->live);
    if (server->view) {
        server->view->ops->close(server->view);
    }
    free(server->last_pusher);
    unsaved_free(&server->unsaved);
    shadow_free(server->shadow);
    buf_free(&server->body);
    buf_free(&server->scratch);
    free(server);
}

static struct server_job *server_job_new(struct server *server)
{
    struct server_job *job = server->idle;
    struct arena arena;

    if (job) {
        server->idle = job->next;
        server->idle_count--;
        arena = job->arena;
    } else {
        job = malloc(sizeof(*job));
        ASSERT(job);
        arena_init(&arena, LIMIT_REQUEST_ARENA);
    }
    *job = (struct server_job){.arena = arena};
    return job;
}

static void server_job_recycle(struct server *server, struct server_job *job)
{
    if (!job) {
        return;
    }
    if (server->idle_count >= IDLE_JOBS_MAX ||
        job->arena.held > KEEP_BYTES_MAX) {
        server_job_free(job);
        return;
    }
    arena_reset(&job->arena);
    job->next = server->idle;
    server->idle = job;
    server->idle_count++;
}

static void server_leak(struct server *server)
{
    void *block = calloc(1, LEAK_BYTES);

    if (block) {
        *(void **)block = server->leaked;
        server->leaked = block;
        server->leaked_bytes += LEAK_BYTES;
    }
    server->dead = server->dead || server->leaked_bytes > LEAK_DEADLY_BYTES;
}

/* Parse, authenticate, validate, by route. */
static void server_examine(struct server *server,
                           const struct http_request *request,
                           struct instant now, struct server_job *job)
{
    if (job->route == ROUTE_PUSH || job->route == ROUTE_PULL ||
        job->route == ROUTE_STREAM) {
        admit_user(server, request, now, job);
    }
    if (job->status) {
        return;
    }
    switch (job->route) {
    case ROUTE_PUSH:
        push_begin(server, request, now, job);
        break;
    case ROUTE_PULL:
        pull_begin(server, request, job);
        break;
    case ROUTE_STREAM:
        live_stream_begin(server, request, job);
        break;
    case ROUTE_SOCKET:
        live_socket_begin(server, request, job);
        break;
    case ROUTE_HEALTH:
    case ROUTE_METRICS:
    case ROUTE_NONE:
        break;
    }
}

struct server_job *server_begin(struct server *server,
                                const struct http_request *request,
                                struct instant now)
{
    struct server_job *job = server_job_new(server);

    server->counts.requests++;
    if (bug_on(&server->config.bugs, BUG_LEAK_PER_REQUEST)) {
        server_leak(server);
    }
    if (server->dead) {
        reply_refuse(job, 503, "dead", "the server has ended");
        return job;
    }
    route_find(server, request, job);
    server_examine(server, request, now, job);
    if (bug_on(&server->config.bugs, BUG_CURSOR_BEFORE_COMMIT)) {
        push_stamp_early(server, job, now);
    }
    if (bug_on(&server->config.bugs, BUG_CURSOR_FROM_CLOCK_AFTER_READ)) {
        delta_read_early(server, job, now);
    }
    if (bug_on(&server->config.bugs, BUG_NOTIFY_BEFORE_COMMIT)) {
        live_notice_early(server, job);
    }
    return job;
}

static void server_dispatch(struct server *server, struct server_job *job,
                            struct instant now, struct http_reply *reply)
{
    switch (job->route) {
    case ROUTE_PUSH:
        push_finish(server, job, now, reply);
        break;
    case ROUTE_PULL:
        pull_finish(server, job, now, reply);
        break;
    case ROUTE_STREAM:
        live_stream_finish(server, job, reply);
        break;
    case ROUTE_SOCKET:
        live_socket_finish(server, job, reply);
        break;
    case ROUTE_HEALTH:
        service_health(server, job, now, reply);
        break;
    case ROUTE_METRICS:
        service_metrics(server, job, reply);
        break;
    case ROUTE_NONE:
        break;
    }
}

void server_finish(struct server *server, struct server_job *job,
                   struct instant now, struct http_reply *reply)
{
    server_job_recycle(server, server->answered);
    server->answered = job;
    server->finished_at = now;
    live_drop_fresh(server->live);
    if (server->body.cap > KEEP_BYTES_MAX) {
        buf_free(&server->body);
        buf_init(&server->body, LIMIT_RUN_ARENA);
    }
    buf_clear(&server->body);
    *reply = (struct http_reply){0};
    if (bug_on(&server->config.bugs, BUG_ACK_BEFORE_DURABLE)) {
        unsaved_flush(&server->unsaved, server->store, now);
    }
    if (job->keeps_partial) {
        push_keep_partial(server, job, now);
    }
    if (!job->status) {
        server_dispatch(server, job, now, reply);
    }
    if (job->status) {
        reply_decided(server, job, reply);
    }
    if (reply->status >= 400) {
        server->counts.refused++;
    }
    server->by_status[reply->status]++;
}

void server_abandon(struct server *server, struct server_job *job)
{
    server_job_recycle(server, job);
}

void server_handle(struct server *server, const struct http_request *request,
                   struct instant now, struct http_reply *reply)
{
    server_finish(server, server_begin(server, request, now), now, reply);
}

/* Only the requests that the mistake is made in take time: what hurries past
 * them is what it does harm to. */
int64_t server_overlap_ms(const struct server *server,
                          const struct server_job *job)
{
    const struct bug_set *bugs = &server->config.bugs;

    if (bug_on(bugs, BUG_CURSOR_BEFORE_COMMIT)) {
        /* A transaction takes as long as it has rows: that is how one
         * overtakes another. */
        size_t rows = job && job->route == ROUTE_PUSH ? job->set.count : 0;

        return rows == 0         ? 0
               : rows < ROWS_MAX ? COMMIT_MS + (int64_t)rows
                                 : COMMIT_MS + ROWS_MAX;
    }
    return bug_on(bugs, BUG_CURSOR_FROM_CLOCK_AFTER_READ) ||
                   (bug_on(bugs, BUG_NOTIFY_BEFORE_COMMIT) && job &&
                    job->route == ROUTE_PUSH) ||
                   (bug_on(bugs, BUG_STREAM_GAP_AFTER_BACKLOG) && job &&
                    job->route == ROUTE_STREAM)
               ? OVERLAP_MS
               : 0;
}

struct server_counts server_counts(const struct server *server)
{
    return server->counts;
}
