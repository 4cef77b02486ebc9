/* SPDX-License-Identifier: MIT */
/* live_stream - an event stream of the bundled server: what its collections
 * hold behind a cursor, then what is committed, always read from the log.
 * Layer: mock_server. */
#include <stdlib.h>

#include "base/asserts.h"
#include "base/utf8.h"
#include "mock_server/merging.h"

enum { EVENT_FRAME_BYTES = 128 }; /* of an event beside its data, about */

/* ---- the request ---- */

static bool stream_name_is_new(const struct server_job *job, struct str name)
{
    for (size_t i = 0; i < job->collection_count; i++) {
        if (str_eq(job->collections[i], name)) {
            return false;
        }
    }
    return true;
}

static void stream_collection(struct server_job *job, struct str name)
{
    if (!name.n || name.n > LIMIT_NAME_BYTES) {
        reply_refuse(job, 400, "bad_collection",
                     "each of the query's collections must have 1 to %d bytes",
                     LIMIT_NAME_BYTES);
    } else if (utf8_bad_at(name) < name.n) {
        reply_refuse(job, 400, "bad_collection",
                     "the query's collections are not UTF-8");
    } else if (stream_name_is_new(job, name)) {
        if (job->collection_count == LIMIT_COLLECTIONS) {
            reply_refuse(job, 400, "bad_collection",
                         "the query has over %d collections",
                         LIMIT_COLLECTIONS);
            return;
        }
        job->collections[job->collection_count++] = name;
    }
}

static void stream_collections(struct server_job *job, struct str list)
{
    job->collections =
        arena_must(&job->arena, LIMIT_COLLECTIONS, sizeof(*job->collections));
    for (bool more = true; more && !job->status;) {
        size_t end = str_find(list, ',');

        stream_collection(job, str_take(list, end));
        more = end < list.n;
        list = str_skip(list, end + 1);
    }
}

void live_stream_begin(struct server *server,
                       const struct http_request *request,
                       struct server_job *job)
{
    const struct dialect *dialect = server->config.dialect;
    struct str list,
        since = http_header_find(request->headers, request->header_count,
                                 "last-event-id");

    admit_client(server, request, job);
    if (job->status ||
        !admit_query(request, dialect_name(dialect, NAME_QUERY_COLLECTIONS),
                     job, &list)) {
        return;
    }
    if (since.n) {
        since = arena_str(&job->arena, since);
    } else if (!admit_query(request, dialect_name(dialect, NAME_QUERY_SINCE),
                            job, &since)) {
        return;
    }
    stream_collections(job, list);
    if (!job->status) {
        admit_since(server, since, job);
    }
    job->begun_head_ns =
        server->store->ops->part_head_ns(server->store, job->user, job->app);
}

/* ---- the channel ---- */

static bool stream_copy_feeds(struct live_stream *stream,
                              const struct server_job *job)
{
    size_t bytes = job->collection_count * sizeof(*stream->feeds);

    for (size_t i = 0; i < job->collection_count; i++) {
        bytes += job->collections[i].n;
    }
    stream->feeds = malloc(bytes);
    if (!stream->feeds) {
        return false;
    }
    char *p = (char *)(stream->feeds + job->collection_count);

    for (size_t i = 0; i < job->collection_count; i++) {
        struct str name = job->collections[i];

        memcpy(p, name.p, name.n);
        stream->feeds[i] = (struct live_feed){.name = {p, name.n},
                                              .told_ns = job->after_ns,
                                              .after_ns = job->after_ns,
                                              .until_ns = job->begun_head_ns,
                                              .own_too = job->own_too,
                                              .behind = true};
        p += name.n;
    }
    stream->count = job->collection_count;
    stream->bytes = bytes;
    return true;
}

void live_stream_finish(struct server *server, struct server_job *job,
                        struct http_reply *reply)
{
    struct live_hub *hub = server->live;
    struct live *live;

    if (!delta_cursor_known(server, job)) {
        return;
    }
    live = live_create(hub, true, job->app, job->client);
    hub->fresh = live;
    if (!live || !stream_copy_feeds(&live->stream, job) ||
        !live_user_join(hub, live, job->user)) {
        reply_refuse(job, 503, "out_of_memory", "no memory for a stream");
        return;
    }
    live->holds_head = bug_on(&server->config.bugs, BUG_STREAM_HEADERS_LATE);
    reply_stream(server, job, reply);
}

/* The newest commit of the stream's user and app. */
static int64_t stream_head_ns(struct live_hub *hub, const struct live *live)
{
    struct store *store = hub->server->store;

    return store->ops->part_head_ns(store, live->user->name,
                                    live_name_str(live->app));
}

void live_stream_start(struct live_hub *hub, struct live *live)
{
    const struct bug_set *bugs = &hub->server->config.bugs;

    live->stream.spoke_ms = hub->clock_ms;
    if (server_merges(hub->server)) {
        merging_stream_begin(live_out(live));
        live_wrote(hub, live);
    }
    if (bug_on(bugs, BUG_STREAM_RESUME_SKIPS) && live_bug_was_here(hub, live)) {
        for (size_t i = 0; i < live->stream.count; i++) {
            live->stream.feeds[i].after_ns = stream_head_ns(hub, live);
        }
    }
    live_stream_pump(hub, live, hub->clock_ms);
}

/* ---- events ---- */

/* Is a first sync still on its way in some collection? */
static bool stream_owes_own(const struct live_stream *stream)
{
    for (size_t i = 0; i < stream->count; i++) {
        if (stream->feeds[i].own_too) {
            return true;
        }
    }
    return false;
}

/* Where a stream of all the collections could go on without a loss: before
 * the first row of any of them that was not delivered. */
static int64_t stream_safe_ns(const struct live_stream *stream,
                              const struct live_feed *told)
{
    int64_t safe_ns = told->told_ns;

    for (size_t i = 0; i < stream->count; i++) {
        const struct live_feed *feed = &stream->feeds[i];

        if (feed->behind && feed->told_ns < safe_ns) {
            safe_ns = feed->told_ns;
        }
    }
    return safe_ns;
}

/* See admit_since() for odd cursors. */
static struct str stream_cursor(const struct live_hub *hub,
                                const struct live_stream *stream, int64_t at_ns,
                                char text[INSTANT_TEXT_MAX])
{
    if (at_ns && stream_owes_own(stream)) {
        at_ns |= 1;
    }
    return server_merges(hub->server)
               ? merging_cursor(instant_of_ns(at_ns), text)
               : instant_write_ns(instant_of_ns(at_ns), text);
}

static void stream_write(struct live_hub *hub, struct live *live,
                         const struct sse_event *event)
{
    if (server_merges(hub->server)) {
        merging_event(event->type, event->data, live_out(live));
    } else {
        sse_event_write(live_out(live), event);
    }
}

/* `count` rows were delivered of the feed, whose state is that behind them. */
static void stream_changes(struct live_hub *hub, struct live *live,
                           const struct live_feed *feed,
                           const struct store_row *rows, size_t count)
{
    char cursor[INSTANT_TEXT_MAX], id[INSTANT_TEXT_MAX];
    struct str *texts = arena_must(&hub->arena, count, sizeof(*texts));
    const struct dialect *dialect = hub->server->config.dialect;
    struct response_head head = {.has_more = feed->behind, .table = feed->name};
    struct sse_event event = {.type =
                                  dialect_name(dialect, NAME_EVENT_CHANGES)};

    for (size_t i = 0; i < count; i++) {
        texts[i] = rows[i].text;
        if (bug_on(&hub->server->config.bugs, BUG_STREAM_SHAPE_DIFFERS)) {
            texts[i] = live_bug_flatten(hub, texts[i]);
        }
    }
    head.synced_until =
        stream_cursor(hub, &live->stream, feed->told_ns, cursor);
    event.id = stream_cursor(hub, &live->stream,
                             stream_safe_ns(&live->stream, feed), id);
    buf_clear(&hub->text);
    stream_event_write(texts, count, &head, dialect, &hub->text);
    event.data = buf_view(&hub->text);
    /* One allocation for a large event, not a row of growing ones. */
    buf_reserve(live_out(live), hub->text.n + EVENT_FRAME_BYTES);
    stream_write(hub, live, &event);
    live->out.failed = live->out.failed || hub->text.failed;
    live->holds_head = false;
    hub->counts.events++;
    live_wrote(hub, live);
}

/* ---- reading the log ---- */

static bool stream_read(struct live_hub *hub, struct live *live,
                        const struct live_feed *feed, struct store_page *page)
{
    struct store *store = hub->server->store;
    struct err err = {0};
    struct store_query query = {.user = live->user->name,
                                .app = live_name_str(live->app),
                                .table = feed->name,
                                .after_ns = feed->after_ns,
                                .limit = hub->server->page_size};

    if (!feed->own_too) {
        query.not_client = live_name_str(live->client);
    }
    if (bug_on(&hub->server->config.bugs, BUG_STREAM_ALL_COLLECTIONS)) {
        query.table = (struct str){0};
    }
    arena_reset(&hub->arena);
    return store->ops->read(store, &query, &hub->arena, page, &err) == ST_OK;
}

/* Rows of an event, so that a few large ones do not make it endless. */
static size_t stream_fits(const struct store_page *page)
{
    size_t n = 0, bytes = 0;

    while (n < page->count && bytes <= LIVE_PENDING_BYTES) {
        bytes += page->rows[n++].text.n;
    }
    return n;
}

/* The planted bugs that end a backlog too early. */
static void stream_cut(struct live_hub *hub, const struct live_feed *feed,
                       struct store_page *page)
{
    const struct bug_set *bugs = &hub->server->config.bugs;

    if (feed->is_live) {
        return;
    }
    if (bug_on(bugs, BUG_STREAM_BACKLOG_ONE_PAGE)) {
        page->more = false;
    }
    while (bug_on(bugs, BUG_STREAM_GAP_AFTER_BACKLOG) && page->count &&
           page->rows[page->count - 1].at_ns > feed->until_ns) {
        page->count--;
        page->more = false;
    }
}

/* The next event of a collection, or the finding that there is none. */
static void stream_step(struct live_hub *hub, struct live *live,
                        struct live_feed *feed, int64_t now_ms)
{
    struct store_page page;

    if (!stream_read(hub, live, feed, &page)) {
        live_end(hub, live, false);
        return;
    }
    stream_cut(hub, feed, &page);
    size_t count = stream_fits(&page);

    feed->behind = page.more || count < page.count;
    if (count > 0) {
        feed->told_ns = page.rows[count - 1].at_ns;
    }
    if (feed->behind) {
        feed->after_ns = feed->told_ns;
    } else {
        /* Own rows, and those of other collections, are not looked at again. */
        feed->after_ns = stream_head_ns(hub, live);
        feed->own_too = false;
        feed->is_live = true;
    }
    /* Beyond the limit only a planted bug reads on, and drops what it read. */
    if (count > 0 && live_pending(live) <= LIVE_PENDING_BYTES) {
        live->stream.spoke_ms = now_ms;
        stream_changes(hub, live, feed, page.rows, count);
    }
}

static struct live_feed *stream_behind(struct live_stream *stream)
{
    for (size_t i = 0; i < stream->count; i++) {
        if (stream->feeds[i].behind) {
            return &stream->feeds[i];
        }
    }
    return NULL;
}

void live_stream_pump(struct live_hub *hub, struct live *live, int64_t now_ms)
{
    bool drops =
        bug_on(&hub->server->config.bugs, BUG_SLOW_READER_DROPPED_SILENTLY);
    struct live_feed *feed = NULL;

    while (live->state == LIVE_OPEN &&
           (live_pending(live) <= LIVE_PENDING_BYTES || drops) &&
           (feed = stream_behind(&live->stream)) != NULL) {
        stream_step(hub, live, feed, now_ms);
    }
}

void live_stream_mark(struct live_hub *hub, struct live *live, struct str table)
{
    bool all = bug_on(&hub->server->config.bugs, BUG_STREAM_ALL_COLLECTIONS);

    for (size_t i = 0; i < live->stream.count; i++) {
        struct live_feed *feed = &live->stream.feeds[i];

        feed->behind = feed->behind || all || str_eq(feed->name, table);
    }
}

/* ---- heartbeats ---- */

int64_t live_stream_due_ms(const struct live_hub *hub, const struct live *live)
{
    if (bug_on(&hub->server->config.bugs, BUG_STREAM_NO_HEARTBEAT) ||
        live->holds_head) {
        return INT64_MAX;
    }
    return live->stream.spoke_ms + (server_merges(hub->server)
                                        ? MERGING_HEARTBEAT_MS
                                        : LIVE_HEARTBEAT_MS);
}

void live_stream_expire(struct live_hub *hub, struct live *live)
{
    live->stream.spoke_ms = hub->clock_ms;
    /* A reader that stands still is not given more and more of them. */
    if (live_pending(live) <= LIVE_PENDING_BYTES) {
        stream_write(hub, live,
                     &(struct sse_event){
                         .type = dialect_name(hub->server->config.dialect,
                                              NAME_EVENT_HEARTBEAT),
                         .data = STR("{}")});
        hub->counts.heartbeats++;
        live_wrote(hub, live);
    }
}
