/* SPDX-License-Identifier: MIT */
/* delta - what a client has not seen yet, and the cursor that stands for it.
 * Layer: mock_server. */
#include "mock_server/merging.h"

enum { DELTA_PAGE_DEFAULT = 1000 }; /* of bugs, where a dialect has no pages */

#define NS_PER_MS         INT64_C(1000000)
#define NS_PER_S          INT64_C(1000000000)
#define TOMBSTONE_KEPT_NS (10 * NS_PER_S)

bool delta_cursor_known(struct server *server, struct server_job *job)
{
    /* A clock for a cursor runs ahead of the log: such a server cannot tell. */
    if (job->after_ns <= server->store->ops->head_ns(server->store) ||
        bug_on(&server->config.bugs, BUG_CURSOR_FROM_CLOCK_AFTER_READ)) {
        return true;
    }
    reply_refuse(job, 409, "cursor_ahead",
                 "since: %.*s was never given by this store: start over from "
                 "the first-sync cursor " CURSOR_EPOCH_TEXT,
                 STR_ARG(job->since));
    return false;
}

static bool delta_pushed_table(const struct changeset *set, struct str table)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq(set->changes[i].table, table)) {
            return true;
        }
    }
    return set->count == 0;
}

static int64_t delta_tombstone_ns(const struct server *server)
{
    int64_t scale = server->config.time_scale;

    return scale > 1 ? TOMBSTONE_KEPT_NS / scale : TOMBSTONE_KEPT_NS;
}

/* The planted bugs that lose a row between the log and the answer. */
static bool delta_hides(struct server *server, struct server_job *job,
                        struct instant now, const struct store_row *row,
                        bool first)
{
    const struct bug_set *bugs = &server->config.bugs;

    if (bug_on(bugs, BUG_FIRST_SYNC_MISSES_OLDEST) && first &&
        job->after_ns == 0) {
        return true;
    }
    if (bug_on(bugs, BUG_DELETE_NOT_DELIVERED) && row->op == OP_DELETE) {
        return true;
    }
    if (bug_on(bugs, BUG_TOMBSTONE_PURGED_EARLY) && row->op == OP_DELETE &&
        row->at_ns < instant_to_ns(now) - delta_tombstone_ns(server)) {
        return true;
    }
    if (bug_on(bugs, BUG_PUSH_CURSOR_SKIPS_OTHER_COLLECTIONS) &&
        job->route == ROUTE_PUSH &&
        !delta_pushed_table(&job->set, row->table)) {
        return true;
    }
    if (bug_on(bugs, BUG_ECHO_FILTER_DROPS_OTHERS) && !job->own_too) {
        struct shadow_place place = {job->user, job->app, job->client,
                                     &job->arena};

        return shadow_wrote_last(server->shadow, &place, row->table, row->id);
    }
    return false;
}

static struct store_query delta_query(struct server *server,
                                      const struct server_job *job)
{
    const struct bug_set *bugs = &server->config.bugs;
    struct store_query query = {.user = job->user,
                                .app = job->app,
                                .table = job->collection,
                                .after_ns = job->after_ns,
                                .limit = server->page_size};

    if (!job->own_too && !bug_on(bugs, BUG_OWN_CHANGES_ECHOED)) {
        query.not_client = job->client;
    }
    if (bug_on(bugs, BUG_CROSS_COLLECTION_LEAK)) {
        query.table = (struct str){0};
    }
    return query;
}

/* The planted bugs that cut an answer and do not say so. */
static bool delta_cuts(const struct server *server,
                       const struct server_job *job)
{
    const struct bug_set *bugs = &server->config.bugs;

    return bug_on(bugs, BUG_PAGE_WITHOUT_HAS_MORE) ||
           (bug_on(bugs, BUG_PUSH_DELTA_TRUNCATED) && job->route == ROUTE_PUSH);
}

bool delta_read(struct server *server, struct server_job *job,
                struct instant now, struct store_page *page)
{
    struct store_query query = delta_query(server, job);
    struct err err = {0};
    size_t kept = 0;

    if (job->has_early) {
        *page = job->early;
        return true;
    }
    if (delta_cuts(server, job) && !query.limit) {
        query.limit = server->config.page_size ? server->config.page_size
                                               : DELTA_PAGE_DEFAULT;
    }
    if (server->store->ops->read(server->store, &query, &job->arena, page,
                                 &err) != ST_OK) {
        reply_refuse(job, 500, "store", "%s", err.text);
        return false;
    }
    job->page_end_ns = page->count ? page->rows[page->count - 1].at_ns : 0;
    for (size_t i = 0; i < page->count; i++) {
        if (!delta_hides(server, job, now, &page->rows[i], i == 0)) {
            page->rows[kept++] = page->rows[i];
        }
    }
    page->count = kept;
    if (delta_cuts(server, job)) {
        page->more = false;
    }
    return true;
}

void delta_read_early(struct server *server, struct server_job *job,
                      struct instant now)
{
    if (job->status || (job->route != ROUTE_PUSH && job->route != ROUTE_PULL) ||
        !delta_read(server, job, now, &job->early)) {
        return;
    }
    job->has_early = true;
    /* The store may be wiped before the answer. */
    for (size_t i = 0; i < job->early.count; i++) {
        struct store_row *row = &job->early.rows[i];

        row->text = arena_str(&job->arena, row->text);
    }
}

/* The cursor of an answer, in nanoseconds. */
static int64_t delta_cursor(struct server *server, struct server_job *job,
                            const struct store_page *page, struct instant now)
{
    const struct bug_set *bugs = &server->config.bugs;
    int64_t head =
        server->store->ops->part_head_ns(server->store, job->user, job->app);
    int64_t cursor = head > job->after_ns ? head : job->after_ns;

    if (bug_on(bugs, BUG_CURSOR_FROM_CLOCK_AFTER_READ)) {
        int64_t clock = instant_to_ns(now);

        cursor = clock > job->after_ns ? clock : job->after_ns;
    }
    if (page->more) {
        cursor = job->page_end_ns + (job->own_too ? 1 : 0);
    }
    if (page->more && bug_on(bugs, BUG_PAGE_SKIPS_EQUAL_STAMPS)) {
        cursor = job->page_end_ns / NS_PER_MS * NS_PER_MS + NS_PER_MS - 1;
        cursor = cursor < head ? cursor : head;
    }
    if (bug_on(bugs, BUG_CURSOR_GOES_BACK) && page->count == 0) {
        cursor = cursor > NS_PER_S ? cursor - NS_PER_S : 0;
    }
    return cursor;
}

void delta_answer(struct server *server, struct server_job *job,
                  const struct store_page *page, struct instant now,
                  struct http_reply *reply)
{
    struct instant cursor = instant_of_ns(delta_cursor(server, job, page, now));
    struct str *texts =
        arena_must(&job->arena, page->count + 1, sizeof(*texts));
    struct response_head head = {.has_more = page->more};
    char text[INSTANT_TEXT_MAX];

    for (size_t i = 0; i < page->count; i++) {
        texts[i] = page->rows[i].text;
    }
    head.synced_until = instant_write_ns(cursor, text);
    if (bug_on(&server->config.bugs, BUG_CURSOR_CUT_TO_MILLISECONDS)) {
        head.synced_until = instant_write_ms(cursor, text);
    }
    if (bug_on(&server->config.bugs, BUG_HAS_MORE_NEVER_FALSE)) {
        head.has_more = true;
    }
    if (server_merges(server)) {
        head.synced_until = merging_cursor(cursor, text);
        merging_answer(texts, page->count, &head, server->config.dialect,
                       &server->body);
    } else {
        response_write(texts, page->count, &head, server->config.dialect,
                       &server->body);
    }
    if (server->body.failed) {
        reply_refuse(job, 500, "too_large", "the answer is too large");
        return;
    }
    /* What was stored was made: any 2xx says so. */
    reply_json(server, job, server_merges(server) && job->set.count ? 201 : 200,
               reply);
}
