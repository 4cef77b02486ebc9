/* SPDX-License-Identifier: MIT */
/* store - where the bundled server keeps its log: one interface, in memory or
 * in SQLite.  Layer: mock_server. */
#ifndef SYNCSPEC_MOCK_SERVER_STORE_H
#define SYNCSPEC_MOCK_SERVER_STORE_H

#include "protocol/change.h"

/* One accepted change.  `at_ns` is the commit time that cursors are made of:
 * strictly increasing over the whole store, given at commit. */
struct store_row {
    int64_t at_ns;
    struct str user, app, table, id, client_id;
    enum op op;
    struct str text; /* the change as it is delivered */
    uint64_t digest; /* of the change as it was sent, with its sender */
    bool untimed; /* a delete that was sent without a time: repeated only while
                     nothing else was written to the record (not stored) */
};

struct store_query {
    struct str user, app;
    struct str table;      /* empty: all collections */
    int64_t after_ns;      /* rows with a greater at_ns */
    size_t limit;          /* 0: all */
    struct str not_client; /* leave out this client's rows; empty: none */
};

struct store_page {
    struct store_row *rows; /* in the order of at_ns; arena of the caller */
    size_t count;
    bool more; /* there were further rows behind the limit */
};

struct store;
struct store_ops {
    /* All rows or none, durable on return (memory: as durable as it gets).
     * The rows already have their at_ns. */
    enum status (*append)(struct store *store, const struct store_row *rows,
                          size_t count, struct err *err);
    enum status (*read)(struct store *store, const struct store_query *query,
                        struct arena *arena, struct store_page *page,
                        struct err *err);
    /* Greatest at_ns of the whole store; 0 when empty. */
    int64_t (*head_ns)(struct store *store);
    /* Greatest at_ns of a user's app; 0 when empty. */
    int64_t (*part_head_ns)(struct store *store, struct str user,
                            struct str app);
    /* Was this very change already accepted from this client (same digest,
     * record, op and client)? */
    bool (*contains)(struct store *store, const struct store_row *row);
    /* Forget everything, as a restore from an empty backup would. */
    enum status (*wipe)(struct store *store, struct err *err);
    void (*close)(struct store *store);
};

struct store {
    const struct store_ops *ops;
};

/* Give rows their commit times: strictly increasing, after `head_ns`, not
 * before `now`, and even, so that the odd ones between are free to mark
 * cursors.  Fails with ST_LIMIT when the clock is at the end of time. */
enum status store_stamp(struct store_row *rows, size_t count, int64_t head_ns,
                        struct instant now, struct err *err);

struct store *store_memory_open(void);
/* Opens or makes the file: WAL, synchronous=FULL, one transaction a push. */
struct store *store_sqlite_open(const char *path, struct err *err);

#endif
