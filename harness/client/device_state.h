/* SPDX-License-Identifier: MIT */
/* device_state - what a device is made of: for the files of this folder only.
 * Layer: harness/client.
 *
 * device.c      creation, cursors, the great resets
 * device_copy.c backup and restore
 * device_write.c local writes
 * replica.c     records by id, and what comes in from the server
 * strategy.c    what comes in against what is pending
 * queue.c       pending rows; batch.c makes changes of them
 * query.c       live records, filtered and sorted
 */
#ifndef SYNCSPEC_HARNESS_CLIENT_DEVICE_STATE_H
#define SYNCSPEC_HARNESS_CLIENT_DEVICE_STATE_H

#include "harness/client/record.h"

/* One local write that the server has not acknowledged. */
struct row {
    uint64_t number; /* ascending in the queue, never used twice */
    enum edit_kind kind;
    struct entry *entry;
    struct instant stamp;
    struct instant shown; /* what the clock showed, cut to milliseconds */
    struct field *fields; /* sorted; never changed in place: events borrow */
    size_t field_count;
    struct field *bases; /* server-wins: the register before this write, one a
                            field, name.p NULL if there was none; else NULL */
    uint32_t doubts;     /* requests that carried it and whose effect on the
                            server is not known to be none */
    bool refused;        /* by the server, alone: waits for a new edit */
    int64_t queued_ms;
    struct row *next; /* of the same record */
};

/* A record and the pending rows of it. */
struct entry {
    struct record record;
    struct row *rows, *last; /* oldest, newest; NULL: none */
    uint64_t hash;
    bool gone; /* purged; comes back when it is written again */
};

struct replica {
    struct entry **entries; /* in the order they came */
    size_t count, cap;
    uint32_t *slots; /* index + 1; open addressing */
    size_t slot_count;
};

struct queue {
    struct row **rows;
    size_t count, cap;
    uint64_t last_number;
};

struct device {
    struct device_config config; /* client_id and collections are own */
    struct replica replica;
    struct queue queue;
    struct str *cursors;       /* one a collection */
    struct instant last_stamp; /* of an own write */
    uint64_t onboarded;        /* bit a collection */
    /* Grow when the database is replaced or cursors are forgotten under a
     * request in flight: its answer must not clear or move then. */
    uint64_t queue_generation, cursor_generation;
    uint64_t cursor_falls; /* how often a cursor was forgotten */
};

/* Who writes into which history, and when. */
struct scribe {
    struct history *history; /* may be NULL */
    uint32_t actor;
    int64_t now_ms;
    struct instant wall;
};

/* Append the event with actor and time filled in. */
void scribe_note(const struct scribe *scribe, struct event event);

static inline bool device_bug(const struct device *device, enum client_bug bug)
{
    return client_bug_on(&device->config.bugs, bug);
}

/* A lasting copy. */
struct str device_keep(struct device *device, struct str text);
/* Index of a registered collection, or collection_count. */
size_t device_collection(const struct device *device, struct str name);
/* A stamp for a local write: the wall clock in milliseconds, later than any
 * stamp before it. */
struct instant device_stamp(struct device *device, struct instant wall);
/* Store a cursor as it came; only forward when both are instants.  True if it
 * moved. */
bool device_cursor_move(struct device *device, size_t collection,
                        struct str cursor, const struct scribe *scribe);
/* Back to the first-sync cursor. */
void device_cursor_forget(struct device *device, size_t collection,
                          const struct scribe *scribe);
/* The cursor that no collection is behind of: the oldest, or the first-sync
 * cursor when they cannot be compared. */
struct str device_oldest_cursor(const struct device *device);

/* One local write: record and pending row, both or neither. */
struct writing {
    const struct edit *edit;
    const struct scribe *scribe;
    bool unqueued;     /* museum: the record only */
    uint64_t into_row; /* museum: add to that row instead of a new one */
};
/* Fails with ST_NOT_FOUND or ST_USAGE, nothing written. */
enum status device_write(struct device *device, const struct writing *writing,
                         struct err *err);

/* The record, or NULL. */
struct entry *replica_find(const struct device *device, struct str collection,
                           struct str id);
/* The record, made (empty) if it is not there; interns. */
struct entry *replica_obtain(struct device *device, struct str collection,
                             struct str id);
/* Forget all records; pending rows must be rehung by the caller. */
void replica_clear(struct device *device);
/* Apply one change of the server's. */
void replica_apply(struct device *device, const struct change *change,
                   const struct scribe *scribe);

/* Merge one write that came in, under the device's strategy.  `write` has
 * lasting strings; `replace`: whatever is there. */
void strategy_merge(struct device *device, struct entry *entry,
                    struct field write, bool replace,
                    const struct scribe *scribe);

/* Append a row; number, next and entry links are set here. */
struct row *queue_append(struct device *device, struct entry *entry,
                         struct row row);
/* Remove the rows of these ascending numbers; returns how many there were and
 * notes EV_ACK. */
size_t queue_acknowledge(struct device *device, const uint64_t *numbers,
                         size_t count, const struct scribe *scribe);
/* Take one row out, unacknowledged. */
void queue_drop(struct device *device, struct row *row);
/* Forget all rows. */
void queue_clear(struct device *device);
/* The rows of these ascending numbers are in doubt once more, or once less. */
void queue_doubt(struct device *device, const uint64_t *numbers, size_t count,
                 int step);
/* The server refuses these rows: kept, noted, not sent until edited again. */
void queue_refuse(struct device *device, const uint64_t *numbers, size_t count,
                  struct str why, const struct scribe *scribe);
/* Note EV_WITHDRAW: these fields of the row will not be sent, and why. */
void queue_note_withdraw(const struct row *row, struct str why,
                         const struct field *fields, size_t field_count,
                         const struct scribe *scribe);
/* Refused rows may be tried again. */
void queue_forgive(struct device *device);

/* What one push carries, frozen. */
struct batch {
    struct change *changes;
    size_t count;
    uint64_t *rows; /* ascending numbers: exactly what a 2xx clears */
    size_t row_count, row_cap;
    size_t records;
};
struct batch_limits {
    size_t changes; /* at least one record goes in, whatever it takes */
    size_t records;
    uint64_t fence; /* rows up to this number */
};
/* Coalesce pending rows, oldest record first, into the arena. */
void batch_make(struct device *device, const struct batch_limits *limits,
                struct batch *out);

#endif
