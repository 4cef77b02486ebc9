/* SPDX-License-Identifier: MIT */
/* batch - the changes of one push on their way to rows of the log.
 * Layer: mock_server. */
#include "mock_server/batch.h"

#include <string.h>

#include "base/asserts.h"
#include "mock_server/mangle.h"

enum { BATCH_BUG_CUT = 100, BATCH_EVENT_ID = 64 }; /* and its name */

/* As sent, without what the server adds: in server->scratch. */
static void batch_scratch(struct server *server, const struct change *change)
{
    buf_clear(&server->scratch);
    change_write(change, server->config.dialect, &server->scratch);
}

static uint64_t batch_digest(struct server *server,
                             const struct server_job *job)
{
    uint64_t hash = hash_str(HASH_START, job->user);

    hash = hash_str(hash, job->app);
    hash = hash_str(hash, job->client);
    hash = hash_str(hash, buf_view(&server->scratch));
    return hash ^ hash >> 32; /* tables go by its low bits */
}

/* The last `digits` hexadecimal digits; returns what is behind them.  A push
 * may hold thousands of changes: printf is too slow here. */
static char *batch_hex(char *out, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    return out + digits;
}

/* `{"NAME":"`; returns what is behind it. */
static char *batch_open(struct str name, char *out)
{
    memcpy(out, "{\"", 2);
    memcpy(out + 2, name.p, name.n);
    memcpy(out + 2 + name.n, "\":\"", 3);
    return out + 2 + name.n + 3;
}

/* `{"eventId":"…",` in the shape of a UUID.  It depends on nothing but the
 * change and its sender, so that a repetition has the same; a time that the
 * server gave is part of it. */
static size_t batch_event_id(struct str name, const struct buf *text,
                             const struct store_row *row, char *out)
{
    uint64_t a = hash_u64(row->digest, 0);
    char *p = batch_open(name, out);

    if (row->untimed) {
        a = hash_bytes(a, text->p, text->n);
    }
    uint64_t b = hash_u64(a, 1);

    p = batch_hex(p, a >> 32, 8);
    *p++ = '-';
    p = batch_hex(p, a >> 16, 4);
    *p++ = '-';
    *p++ = '4';
    p = batch_hex(p, a, 3);
    *p++ = '-';
    *p++ = 'a';
    p = batch_hex(p, b >> 52, 3);
    *p++ = '-';
    p = batch_hex(p, b, 12);
    *p++ = '"';
    *p++ = ',';
    return (size_t)(p - out);
}

/* The change as delivered. */
static struct str batch_text(struct server *server, struct server_job *job,
                             const struct store_row *row)
{
    const struct buf *scratch = &server->scratch;
    const struct dialect *dialect = server->config.dialect;
    struct str name = dialect_name(dialect, NAME_EVENT_ID);
    bool extras = dialect->change_extras;
    char *p = arena_raw(&job->arena,
                        scratch->n + (extras ? BATCH_EVENT_ID + name.n : 1));
    ASSERT(p);
    size_t n = extras ? batch_event_id(name, scratch, row, p) : 0;
    size_t skip = extras ? 1 : 0; /* the brace is in the head */

    memcpy(p + n, scratch->p + skip, scratch->n - skip);
    n += scratch->n - skip;
    p[n] = '\0';
    return (struct str){p, n};
}

/* Did an earlier change of this very push say the same? */
static bool batch_seen(struct batch *batch, uint64_t digest)
{
    size_t i = digest & batch->seen_mask;

    digest |= digest == 0;
    while (batch->seen[i] && batch->seen[i] != digest) {
        i = (i + 1) & batch->seen_mask;
    }
    if (batch->seen[i]) {
        return true;
    }
    batch->seen[i] = digest;
    return false;
}

/* A retry of what is already in the log. */
static bool batch_repeats(struct server *server, struct batch *batch,
                          const struct store_row *row)
{
    if (server->store->ops->contains(server->store, row)) {
        return true;
    }
    return batch->seen && !row->untimed && batch_seen(batch, row->digest);
}

/* The planted bugs that look at one change before it is stored; false: the
 * change is dropped.  server->scratch is encoded anew. */
static bool batch_mangle(struct server *server, struct server_job *job,
                         struct instant now, struct change *change)
{
    const struct bug_set *bugs = &server->config.bugs;
    struct shadow_place place = {job->user, job->app, job->client, &job->arena};

    if (!mangle_change(bugs, now, &job->arena, change)) {
        return false;
    }
    if (server->shadow && !shadow_admit(server->shadow, bugs, &place, change)) {
        return false;
    }
    batch_scratch(server, change);
    return true;
}

/* Where a log that is ordered by clients' clocks puts a change. */
static int64_t batch_stamp_ns(const struct change *change, struct instant now)
{
    struct instant newest = change_newest_stamp(change);

    if (instant_cmp(newest, INSTANT_EPOCH) < 0) {
        newest = now;
    }
    return instant_to_ns(newest) / 2 * 2;
}

/* Without its text, which is in server->scratch. */
static struct store_row batch_row_of(struct server *server,
                                     const struct server_job *job,
                                     const struct change *change)
{
    batch_scratch(server, change);
    return (struct store_row){.user = job->user,
                              .app = job->app,
                              .table = change->table,
                              .id = change->id,
                              .op = change->op,
                              .client_id = job->client,
                              .digest = batch_digest(server, job)};
}

/* One change to one row; false: nothing is to be stored for it. */
static bool batch_row(struct server *server, struct server_job *job,
                      struct batch *batch, struct instant now,
                      struct change *change)
{
    const struct bug_set *bugs = &server->config.bugs;
    struct store_row *row = &batch->rows[batch->count];

    *row = batch_row_of(server, job, change);
    row->untimed = change->op == OP_DELETE && !change->has_deleted_at;
    bool again = batch_repeats(server, batch, row);
    if (again && !bug_on(bugs, BUG_RETRY_STORED_AGAIN)) {
        if (!bug_on(bugs, BUG_RETRY_APPLIED_TWICE_AS_NEW)) {
            return false;
        }
        mangle_restamp(change, now, &job->arena);
        batch_scratch(server, change);
    }
    if (row->untimed) {
        change->has_deleted_at = true;
        change->deleted_at = now;
        batch_scratch(server, change);
    }
    if (server->mangles && !batch_mangle(server, job, now, change)) {
        return false;
    }
    if (bug_on(bugs, BUG_ORDER_BY_CLIENT_STAMP)) {
        row->at_ns = batch_stamp_ns(change, now);
    }
    row->text = batch_text(server, job, row);
    if (server->mangles) {
        row->text = mangle_text(bugs, row->text, &job->arena);
        /* As a database whose text type has no NUL. */
        if (bug_on(bugs, BUG_ACK_THEN_DROP_ON_ERROR) && row->text.n > 0 &&
            strstr(row->text.p, "\\u0000")) {
            return false;
        }
    }
    batch->count++;
    return true;
}

/* A change is about to be in the log: the merging bugs take note of it, and
 * may want a further one behind it. */
static void batch_merge(struct server *server, struct server_job *job,
                        struct batch *batch, const struct change *change)
{
    struct shadow_place place = {job->user, job->app, job->client, &job->arena};
    struct change correction;

    if (!server->shadow || !shadow_merge(server->shadow, &server->config.bugs,
                                         &place, change, &correction)) {
        return;
    }
    batch->corrections =
        arena_grow(&job->arena, batch->corrections, batch->correction_count,
                   &batch->correction_cap, sizeof(correction));
    batch->corrections[batch->correction_count++] = correction;
}

void batch_fill(struct server *server, struct server_job *job,
                struct instant now, struct batch *batch)
{
    const struct bug_set *bugs = &server->config.bugs;
    size_t count = job->set.count;

    batch->rows = arena_must(&job->arena, count + 1, sizeof(*batch->rows));
    if (count > 1) {
        size_t slots = 4;

        while (slots < 2 * count) {
            slots *= 2;
        }
        batch->seen = arena_must(&job->arena, slots, sizeof(*batch->seen));
        batch->seen_mask = slots - 1;
    }
    if (bug_on(bugs, BUG_LARGE_BATCH_TAIL_LOST) && count > BATCH_BUG_CUT) {
        count = BATCH_BUG_CUT;
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = bug_on(bugs, BUG_BATCH_ORDER_REVERSED) ? count - 1 - i : i;
        struct change *change = &job->set.changes[at];

        if (batch_row(server, job, batch, now, change)) {
            batch_merge(server, job, batch, change);
        }
    }
}

void batch_encode(struct server *server, struct server_job *job,
                  struct batch *batch)
{
    batch->rows =
        arena_must(&job->arena, job->set.count + 1, sizeof(*batch->rows));
    for (size_t i = 0; i < job->set.count; i++) {
        const struct change *change = &job->set.changes[i];
        struct store_row *row = &batch->rows[batch->count++];

        *row = batch_row_of(server, job, change);
        row->text = batch_text(server, job, row);
    }
}
