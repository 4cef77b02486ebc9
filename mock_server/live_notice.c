/* SPDX-License-Identifier: MIT */
/* live_notice - a commit reaches the channels of its user: sockets are told
 * its tables, streams look into the log.  Layer: mock_server. */
#include "base/asserts.h"
#include "mock_server/merging.h"

enum {
    NOTICE_BYTES = LIVE_MESSAGE_BYTES, /* of the tables of one notice */
    LOST_EVERY = 3                     /* of a planted bug */
};

/* ---- a notice, or several when the tables are many ---- */

/* How many of the tables fit into one notice: one at least. */
static size_t notice_fits(const struct live_hub *hub, const struct str *tables,
                          size_t count)
{
    size_t n = 0, bytes = 0;

    if (server_merges(hub->server)) {
        return 1;
    }
    while (n < count && n < NOTICE_TABLES_MAX && bytes <= NOTICE_BYTES) {
        bytes += tables[n++].n;
    }
    return n;
}

/* Tell as many tables as the output has room for; how many were told. */
static size_t notice_write_some(struct live_hub *hub, struct live *live,
                                const struct live_commit *commit)
{
    size_t told = 0;

    while (told < commit->count && live->state == LIVE_OPEN &&
           live_pending(live) <= LIVE_PENDING_BYTES) {
        struct notice notice = {
            .kind = NOTICE_SYNC_AVAILABLE,
            .app = commit->app,
            .has_app = live->socket.unified,
            .tables = commit->tables + told,
            .table_count =
                notice_fits(hub, commit->tables + told, commit->count - told)};

        told += notice.table_count;
        live_socket_say(hub, live, &notice);
        hub->counts.notices++;
    }
    return told;
}

/* ---- what a slow peer has to be told later: entries of two lengths, the app
 * (empty but on a unified socket) and the table ---- */

struct held_entry {
    struct str app, table;
};

static struct held_entry held_read(const struct buf *held, size_t *at)
{
    uint16_t lengths[2];

    memcpy(lengths, held->p + *at, sizeof(lengths));
    struct held_entry entry = {
        {held->p + *at + sizeof(lengths), lengths[0]},
        {held->p + *at + sizeof(lengths) + lengths[0], lengths[1]}};

    *at += sizeof(lengths) + lengths[0] + lengths[1];
    return entry;
}

static bool held_has(const struct buf *held, struct str app, struct str table)
{
    for (size_t at = 0; at < held->n;) {
        struct held_entry entry = held_read(held, &at);

        if (str_eq(entry.table, table) && str_eq(entry.app, app)) {
            return true;
        }
    }
    return false;
}

static void held_add(struct live_hub *hub, struct live *live, struct str app,
                     struct str table)
{
    struct live_socket *socket = &live->socket;
    uint16_t lengths[2] = {(uint16_t)app.n, (uint16_t)table.n};

    if (held_has(&socket->held, app, table)) {
        return;
    }
    buf_put(&socket->held, lengths, sizeof(lengths));
    buf_str(&socket->held, app);
    buf_str(&socket->held, table);
    socket->held_count++;
    /* A peer that reconnects pulls everything: closing loses nothing. */
    if (socket->held.failed || socket->held.n > LIVE_PENDING_BYTES ||
        socket->held_count > NOTICE_TABLES_MAX) {
        live_socket_close(hub, live, WS_CODE_POLICY,
                          "the notices are not read");
    }
}

static void notice_hold(struct live_hub *hub, struct live *live,
                        const struct live_commit *commit, size_t from)
{
    struct str app = live->socket.unified ? commit->app : STR("");

    for (size_t i = from; i < commit->count && live->state == LIVE_OPEN; i++) {
        held_add(hub, live, app, commit->tables[i]);
    }
}

/* The first entry's app and all its tables; the others stay held. */
static struct live_commit held_take(struct live_hub *hub, struct live *live)
{
    struct buf held = live->socket.held;
    struct live_commit commit = {0};
    size_t at = 0;

    commit.tables = arena_must(&hub->arena, live->socket.held_count,
                               sizeof(*commit.tables));
    commit.app = arena_str(&hub->arena, held_read(&held, &at).app);
    buf_init(&live->socket.held, held.max);
    live->socket.held_count = 0;
    for (at = 0; at < held.n;) {
        struct held_entry entry = held_read(&held, &at);

        if (str_eq(entry.app, commit.app)) {
            commit.tables[commit.count++] = arena_str(&hub->arena, entry.table);
        } else {
            held_add(hub, live, entry.app, entry.table);
        }
    }
    buf_free(&held);
    return commit;
}

void live_notice_tell_held(struct live_hub *hub, struct live *live)
{
    arena_reset(&hub->arena);
    while (live->state == LIVE_OPEN && live->socket.held.n &&
           live_pending(live) <= LIVE_PENDING_BYTES) {
        struct live_commit commit = held_take(hub, live);
        size_t told = notice_write_some(hub, live, &commit);

        notice_hold(hub, live, &commit, told);
    }
}

/* ---- who is told ---- */

static bool notice_concerns(struct live_hub *hub, const struct live *live,
                            const struct live_commit *commit)
{
    const struct bug_set *bugs = &hub->server->config.bugs;
    const struct live_socket *socket = &live->socket;

    if (live->state != LIVE_OPEN || !socket->authenticated ||
        socket->forgotten) {
        return false;
    }
    if (!socket->unified && !str_eq(live_name_str(live->app), commit->app) &&
        !bug_on(bugs, BUG_NOTIFY_WRONG_APP)) {
        return false;
    }
    /* A peer that never said which device it is may be any. */
    return !live->client.n ||
           !str_eq(live_name_str(live->client), commit->client) ||
           bug_on(bugs, BUG_NOTIFY_OWN_PUSH);
}

static void notice_tell(struct live_hub *hub, struct live *live,
                        const struct live_commit *commit)
{
    size_t told = 0;

    if (!notice_concerns(hub, live, commit)) {
        return;
    }
    if (bug_on(&hub->server->config.bugs, BUG_NOTIFY_LOST) &&
        ++live->socket.told_count % LOST_EVERY == 0) {
        return;
    }
    if (live->socket.held.n == 0) {
        told = notice_write_some(hub, live, commit);
    }
    notice_hold(hub, live, commit, told);
}

/* ---- the commit ---- */

/* The planted bugs for whom a socket's user does not matter. */
static void notice_tell_others(struct live_hub *hub,
                               const struct live_commit *commit)
{
    bool all = bug_on(&hub->server->config.bugs, BUG_NOTIFY_OTHER_USER);
    bool unproven =
        bug_on(&hub->server->config.bugs, BUG_BAD_TOKEN_GETS_NOTICES);

    if (!all && !unproven) {
        return;
    }
    for (struct live *live = hub->first; live; live = live->next) {
        if (!live->is_stream &&
            ((all && live->user && !str_eq(live->user->name, commit->user)) ||
             (unproven && live->socket.unproven))) {
            notice_tell(hub, live, commit);
        }
    }
}

static void notice_tell_sockets(struct live_hub *hub,
                                const struct live_commit *commit)
{
    const struct live_user *user = live_user_find(hub, commit->user);
    struct live *next;

    for (struct live *live = user ? user->first : NULL; live; live = next) {
        next = live->user_next; /* a socket that is closed leaves the list */
        if (!live->is_stream) {
            notice_tell(hub, live, commit);
        }
    }
    notice_tell_others(hub, commit);
}

static void notice_tell_streams(struct live_hub *hub,
                                const struct live_commit *commit,
                                int64_t now_ms)
{
    const struct live_user *user = live_user_find(hub, commit->user);
    struct live *next;

    for (struct live *live = user ? user->first : NULL; live; live = next) {
        next = live->user_next;
        if (!live->is_stream || live->state != LIVE_OPEN ||
            !str_eq(live_name_str(live->app), commit->app)) {
            continue;
        }
        for (size_t i = 0; i < commit->count; i++) {
            live_stream_mark(hub, live, commit->tables[i]);
        }
        live_stream_pump(hub, live, now_ms);
    }
}

/* Room for `count` tables, none yet. */
static struct intern commit_begin(struct live_commit *commit,
                                  struct arena *arena, size_t count)
{
    struct intern names;

    intern_init(&names, arena);
    commit->tables = arena_must(arena, count, sizeof(*commit->tables));
    return names;
}

/* Distinct, in order. */
static void commit_table(struct live_commit *commit, struct intern *names,
                         struct str table)
{
    struct str name = intern_put(names, table);

    if (names->count > commit->count) {
        commit->tables[commit->count++] = name;
    }
}

/* No order is promised. */
static void commit_turn(struct live_commit *commit)
{
    for (size_t i = 0; i < commit->count / 2; i++) {
        struct str first = commit->tables[i];

        commit->tables[i] = commit->tables[commit->count - 1 - i];
        commit->tables[commit->count - 1 - i] = first;
    }
}

void live_notice_commit(struct server *server, struct server_job *job,
                        const struct store_row *rows, size_t count,
                        struct instant now)
{
    struct live_hub *hub = server->live;

    if (hub->count == 0 || count == 0) {
        return;
    }
    struct live_commit commit = {
        .user = rows[0].user, .app = rows[0].app, .client = rows[0].client_id};

    struct intern names = commit_begin(&commit, &job->arena, count);
    for (size_t i = 0; i < count; i++) {
        commit_table(&commit, &names, rows[i].table);
    }
    if (server_merges(server)) {
        commit_turn(&commit);
    }
    if (!bug_on(&server->config.bugs, BUG_NOTIFY_BEFORE_COMMIT)) {
        notice_tell_sockets(hub, &commit);
    }
    notice_tell_streams(hub, &commit, live_clock_ms(hub, now));
}

void live_notice_early(struct server *server, struct server_job *job)
{
    if (job->route != ROUTE_PUSH || job->status || server->live->count == 0) {
        return;
    }
    struct live_commit commit = {
        .user = job->user, .app = job->app, .client = job->client};

    struct intern names = commit_begin(&commit, &job->arena, job->set.count);
    for (size_t i = 0; i < job->set.count; i++) {
        commit_table(&commit, &names, job->set.changes[i].table);
    }
    if (commit.count > 0) {
        notice_tell_sockets(server->live, &commit);
    }
}
