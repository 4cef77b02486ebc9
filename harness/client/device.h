/* SPDX-License-Identifier: MIT */
/* device - a client's local database: records, pending queue, cursors.  What
 * is in here survives a crash.  Layer: harness/client. */
#ifndef SYNCSPEC_HARNESS_CLIENT_DEVICE_H
#define SYNCSPEC_HARNESS_CLIENT_DEVICE_H

#include "base/intern.h"
#include "harness/client/client_bugs.h"
#include "reports/history.h"

enum strategy {
    STRATEGY_FIELD_LWW,
    STRATEGY_CLIENT_WINS,
    STRATEGY_SERVER_WINS
};

struct device_config {
    struct arena *arena;   /* of the run; everything lives there */
    struct intern *intern; /* of the run */
    struct str client_id;
    const struct str *collections; /* registered ones */
    size_t collection_count;
    enum strategy strategy;
    struct client_bug_set bugs;
    struct history *history; /* may be NULL */
    uint32_t actor;
};

struct device;
struct device *device_create(const struct device_config *config);
struct str device_client_id(const struct device *device);

enum edit_kind { EDIT_INSERT, EDIT_UPDATE, EDIT_DELETE, EDIT_UNDELETE };
struct edit {
    enum edit_kind kind;
    struct str collection, id;
    const struct field *fields; /* name and canonical value; stamps ignored */
    size_t field_count;
};

/* One register of a record, as held. */
struct record {
    struct str collection, id; /* interned */
    struct field *fields;      /* sorted by name; `deletedAt` is one of them;
                                  `id` and `updatedAt` are not */
    size_t field_count, field_cap;
};
bool record_live(const struct record *record); /* deletedAt absent or null */
const struct field *record_field(const struct record *record, struct str name);

/* NULL when there is none (tombstones are records). */
const struct record *device_record(const struct device *device,
                                   struct str collection, struct str id);
/* All records, tombstones too, sorted by collection and id, into the arena. */
const struct record *const *device_records(const struct device *device,
                                           struct arena *arena, size_t *count);

struct query {
    struct str collection;
    const struct field *where; /* name and canonical value, all must match */
    size_t where_count;
    struct str order; /* field name; empty: by id */
    bool descending;
    size_t limit, offset; /* limit 0: none */
};
/* Live records that match; count is also the answer of a count query. */
const struct record *const *device_query(const struct device *device,
                                         const struct query *query,
                                         struct arena *arena, size_t *count);

/* Pending rows (local writes not yet acknowledged); empty: all. */
size_t device_pending_count(const struct device *device, struct str collection);
/* Of these, rows that the server refused for good: not sent again until they
 * are edited anew. */
size_t device_refused_count(const struct device *device);
/* One row for people: "tasks/1 update"; index < count. */
struct pending_view {
    struct str collection, id;
    enum edit_kind kind;
    uint64_t row;
    int64_t queued_ms; /* world time */
};
struct pending_view device_pending_at(const struct device *device,
                                      size_t index);

struct str device_cursor(const struct device *device, struct str collection);

/* Guest data with fixed ids, put once into collections that are empty, as
 * ordinary local writes.  Returns how many records went in. */
size_t device_onboard(struct device *device, struct instant wall,
                      int64_t now_ms, const struct edit *records, size_t count);

void device_wipe(struct device *device); /* records, pending, cursors, flags */
void device_reinstall(struct device *device, struct str new_client_id);
void device_reset_cursors(struct device *device);
void device_reseed(struct device *device); /* records, cursors; not pending */
/* Remove tombstones that are not pending; returns how many. */
size_t device_purge(struct device *device, struct str collection);
/* A copy of everything (backup), and putting it back: the client id comes
 * along only if `with_client_id`. */
struct device *device_snapshot(const struct device *device);
void device_restore(struct device *device, const struct device *snapshot,
                    bool with_client_id);

#endif
