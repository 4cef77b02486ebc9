/* SPDX-License-Identifier: MIT */
/* store_sqlite - the log in an SQLite file that a person can look into.
 * Layer: mock_server. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "mock_server/store.h"

enum {
    APPLICATION_ID = 0x73796e63, /* "sync" */
    SCHEMA_VERSION = 1,
    BUSY_MS = 5000
};

/* committed_at is for people; at_ns is what counts. */
static const char schema[] =
    "CREATE TABLE changes("
    " seq INTEGER PRIMARY KEY,"
    " at_ns INTEGER NOT NULL,"
    " committed_at TEXT NOT NULL,"
    " user TEXT NOT NULL,"
    " app TEXT NOT NULL,"
    " collection TEXT NOT NULL,"
    " record TEXT NOT NULL,"
    " op TEXT NOT NULL CHECK(op IN ('insert','update','delete')),"
    " client TEXT NOT NULL,"
    " \"change\" TEXT NOT NULL,"
    " digest INTEGER NOT NULL);"
    "CREATE INDEX changes_by_time ON changes(at_ns);"
    "CREATE INDEX changes_by_app ON changes(user, app, at_ns);"
    "CREATE INDEX changes_by_collection"
    " ON changes(user, app, collection, at_ns);"
    "CREATE INDEX changes_by_digest ON changes(digest);";

enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_INSERT,
    SQL_READ_APP,
    SQL_READ_COLLECTION,
    SQL_HEAD,
    SQL_PART_HEAD,
    SQL_CONTAINS,
    SQL_WIPE,
    SQL_COUNT
};

#define ROW_COLUMNS                                                            \
    "at_ns, user, app, collection, record, client, op, \"change\", digest"

static const char *const statements[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_INSERT] = "INSERT INTO changes(" ROW_COLUMNS ", committed_at)"
                   " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
    [SQL_READ_APP] =
        "SELECT " ROW_COLUMNS " FROM changes INDEXED BY changes_by_app"
        " WHERE user=?1 AND app=?2 AND at_ns>?3 AND client<>?4"
        " ORDER BY at_ns, seq LIMIT ?5",
    [SQL_READ_COLLECTION] =
        "SELECT " ROW_COLUMNS " FROM changes INDEXED BY changes_by_collection"
        " WHERE user=?1 AND app=?2 AND at_ns>?3 AND client<>?4"
        " AND collection=?6 ORDER BY at_ns, seq LIMIT ?5",
    [SQL_HEAD] = "SELECT max(at_ns) FROM changes",
    [SQL_PART_HEAD] = "SELECT max(at_ns) FROM changes WHERE user=?1 AND app=?2",
    [SQL_CONTAINS] =
        /* Left alone, the planner prefers the longer index, and reads a whole
         * collection for every row that comes in. */
    "SELECT 1 FROM changes AS c INDEXED BY changes_by_digest"
    " WHERE digest=?1 AND user=?2 AND app=?3"
    " AND collection=?4 AND record=?5 AND client=?6 AND op=?7"
    " AND (?8=0 OR NOT EXISTS(SELECT 1 FROM changes"
    " WHERE user=?2 AND app=?3 AND collection=?4 AND at_ns>c.at_ns"
    " AND record=?5)) LIMIT 1",
    [SQL_WIPE] = "DELETE FROM changes",
};

struct sql_store {
    struct store base;
    sqlite3 *db;
    sqlite3_stmt *prepared[SQL_COUNT];
    int64_t head_ns;
};

static struct sql_store *sql_of(struct store *store)
{
    return (struct sql_store *)store;
}

static enum status sql_fail(struct sql_store *store, struct err *err,
                            const char *what)
{
    return err_set(err, ST_IO, "SQLite: %s: %s", what,
                   sqlite3_errmsg(store->db));
}

static sqlite3_stmt *sql_use(struct sql_store *store, enum statement which)
{
    sqlite3_stmt *statement = store->prepared[which];

    sqlite3_reset(statement);
    return statement;
}

static void sql_text(sqlite3_stmt *statement, int at, struct str text)
{
    sqlite3_bind_text64(statement, at, text.p ? text.p : "", text.n,
                        SQLITE_STATIC, SQLITE_UTF8);
}

/* Run a statement without results; false when it failed. */
static bool sql_run(struct sql_store *store, enum statement which)
{
    sqlite3_stmt *statement = sql_use(store, which);
    bool ok = sqlite3_step(statement) == SQLITE_DONE;

    sqlite3_reset(statement);
    return ok;
}

/* ---- the interface ---- */

/* What names a row's change, from parameter `first` on; returns the next. */
static int sql_names(sqlite3_stmt *statement, int first,
                     const struct store_row *row)
{
    sql_text(statement, first, row->user);
    sql_text(statement, first + 1, row->app);
    sql_text(statement, first + 2, row->table);
    sql_text(statement, first + 3, row->id);
    sql_text(statement, first + 4, row->client_id);
    sql_text(statement, first + 5, str_of(op_name(row->op)));
    return first + 6;
}

static bool sql_insert(struct sql_store *store, const struct store_row *row)
{
    sqlite3_stmt *statement = sql_use(store, SQL_INSERT);
    char committed_at[INSTANT_TEXT_MAX];

    sqlite3_bind_int64(statement, 1, row->at_ns);
    int next = sql_names(statement, 2, row);
    sql_text(statement, next, row->text);
    sqlite3_bind_int64(statement, next + 1, (int64_t)row->digest);
    sql_text(statement, next + 2,
             instant_write_ns(instant_of_ns(row->at_ns), committed_at));
    return sql_run(store, SQL_INSERT);
}

static enum status sql_append(struct store *base, const struct store_row *rows,
                              size_t count, struct err *err)
{
    struct sql_store *store = sql_of(base);
    int64_t head_ns = store->head_ns;

    if (!sql_run(store, SQL_BEGIN)) {
        return sql_fail(store, err, "begin");
    }
    for (size_t i = 0; i < count; i++) {
        if (!sql_insert(store, &rows[i])) {
            enum status status = sql_fail(store, err, "insert");

            sql_run(store, SQL_ROLLBACK);
            return status;
        }
        head_ns = rows[i].at_ns > head_ns ? rows[i].at_ns : head_ns;
    }
    if (!sql_run(store, SQL_COMMIT)) {
        enum status status = sql_fail(store, err, "commit");

        sql_run(store, SQL_ROLLBACK);
        return status;
    }
    store->head_ns = head_ns;
    return ST_OK;
}

static struct str sql_column(sqlite3_stmt *statement, int at,
                             struct arena *arena)
{
    const unsigned char *p = sqlite3_column_text(statement, at);
    int n = sqlite3_column_bytes(statement, at);

    return arena_str(arena,
                     (struct str){p ? (const char *)p : "", p ? (size_t)n : 0});
}

static enum op sql_op(sqlite3_stmt *statement, int at)
{
    const unsigned char *name = sqlite3_column_text(statement, at);

    switch (name ? name[0] : 0) {
    case 'i':
        return OP_INSERT;
    case 'd':
        return OP_DELETE;
    default:
        return OP_UPDATE;
    }
}

/* False when the arena is full. */
static bool sql_row(sqlite3_stmt *statement, struct arena *arena,
                    struct store_row *row)
{
    *row = (struct store_row){.at_ns = sqlite3_column_int64(statement, 0),
                              .user = sql_column(statement, 1, arena),
                              .app = sql_column(statement, 2, arena),
                              .table = sql_column(statement, 3, arena),
                              .id = sql_column(statement, 4, arena),
                              .client_id = sql_column(statement, 5, arena),
                              .op = sql_op(statement, 6),
                              .text = sql_column(statement, 7, arena),
                              .digest =
                                  (uint64_t)sqlite3_column_int64(statement, 8)};
    return row->user.p && row->app.p && row->table.p && row->id.p &&
           row->client_id.p && row->text.p;
}

static sqlite3_stmt *sql_bind_query(struct sql_store *store,
                                    const struct store_query *query)
{
    sqlite3_stmt *statement =
        sql_use(store, query->table.n ? SQL_READ_COLLECTION : SQL_READ_APP);
    /* One more than asked shows whether there is more. */
    int64_t limit = query->limit ? (int64_t)query->limit + 1 : -1;

    sql_text(statement, 1, query->user);
    sql_text(statement, 2, query->app);
    sqlite3_bind_int64(statement, 3, query->after_ns);
    sql_text(statement, 4, query->not_client);
    sqlite3_bind_int64(statement, 5, limit);
    if (query->table.n) {
        sql_text(statement, 6, query->table);
    }
    if (!query->not_client.n) {
        /* No text is greater than a blob, none is equal to one: nobody is
         * left out. */
        sqlite3_bind_zeroblob(statement, 4, 0);
    }
    return statement;
}

static enum status sql_read(struct store *base, const struct store_query *query,
                            struct arena *arena, struct store_page *page,
                            struct err *err)
{
    struct sql_store *store = sql_of(base);
    sqlite3_stmt *statement = sql_bind_query(store, query);
    size_t cap = 0;
    int step;

    *page = (struct store_page){0};
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        if (query->limit && page->count == query->limit) {
            page->more = true;
            break;
        }
        page->rows = arena_grow(arena, page->rows, page->count, &cap,
                                sizeof(*page->rows));
        if (!sql_row(statement, arena, &page->rows[page->count])) {
            sqlite3_reset(statement);
            return err_set(err, ST_LIMIT, "the answer needs too much memory");
        }
        page->count++;
    }
    if (step != SQLITE_ROW && step != SQLITE_DONE) {
        enum status status = sql_fail(store, err, "read");

        sqlite3_reset(statement);
        return status;
    }
    sqlite3_reset(statement);
    return ST_OK;
}

static int64_t sql_head_ns(struct store *base)
{
    return sql_of(base)->head_ns;
}

static int64_t sql_part_head_ns(struct store *base, struct str user,
                                struct str app)
{
    struct sql_store *store = sql_of(base);
    sqlite3_stmt *statement = sql_use(store, SQL_PART_HEAD);
    int64_t head_ns = 0;

    sql_text(statement, 1, user);
    sql_text(statement, 2, app);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        head_ns = sqlite3_column_int64(statement, 0);
    }
    sqlite3_reset(statement);
    return head_ns;
}

static bool sql_contains(struct store *base, const struct store_row *row)
{
    struct sql_store *store = sql_of(base);
    sqlite3_stmt *statement = sql_use(store, SQL_CONTAINS);

    sqlite3_bind_int64(statement, 1, (int64_t)row->digest);
    int next = sql_names(statement, 2, row);
    sqlite3_bind_int(statement, next, row->untimed);
    bool found = sqlite3_step(statement) == SQLITE_ROW;

    sqlite3_reset(statement);
    return found;
}

static enum status sql_wipe(struct store *base, struct err *err)
{
    struct sql_store *store = sql_of(base);

    if (!sql_run(store, SQL_WIPE)) {
        return sql_fail(store, err, "wipe");
    }
    store->head_ns = 0;
    return ST_OK;
}

static void sql_close(struct store *base)
{
    struct sql_store *store = sql_of(base);

    for (int i = 0; i < SQL_COUNT; i++) {
        sqlite3_finalize(store->prepared[i]);
    }
    sqlite3_close(store->db);
    free(store);
}

/* ---- opening ---- */

static int64_t sql_ask_number(struct sql_store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;

    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        value = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return value;
}

/* New files become ours; files of others are refused before anything is
 * written to them. */
static enum status sql_claim(struct sql_store *store, const char *path,
                             struct err *err)
{
    int64_t owner = sql_ask_number(store, "PRAGMA application_id");
    int64_t objects =
        sql_ask_number(store, "SELECT count(*) FROM sqlite_schema");
    int64_t version = sql_ask_number(store, "PRAGMA user_version");

    if (owner < 0 || objects < 0) {
        return err_set(err, ST_IO, "%s: not an SQLite database: %s", path,
                       sqlite3_errmsg(store->db));
    }
    if (owner == APPLICATION_ID && version != SCHEMA_VERSION) {
        return err_set(err, ST_UNSUPPORTED,
                       "%s: a store of version %" PRId64
                       ", this program reads version %d",
                       path, version, SCHEMA_VERSION);
    }
    if (owner != APPLICATION_ID && (owner != 0 || objects != 0)) {
        return err_set(err, ST_USAGE,
                       "%s: an SQLite database of another program", path);
    }
    return ST_OK;
}

static enum status sql_exec(struct sql_store *store, const char *sql,
                            struct err *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? ST_OK
               : sql_fail(store, err, sql);
}

static enum status sql_make(struct sql_store *store, struct err *err)
{
    char owner[96];
    enum status status = sql_exec(store, "BEGIN IMMEDIATE", err);

    sqlite3_snprintf(sizeof(owner), owner,
                     "PRAGMA application_id=%d; PRAGMA user_version=%d",
                     APPLICATION_ID, SCHEMA_VERSION);
    if (status == ST_OK &&
        sql_ask_number(store, "SELECT count(*) FROM sqlite_schema") == 0) {
        status = sql_exec(store, schema, err);
        if (status == ST_OK) {
            status = sql_exec(store, owner, err);
        }
    }
    if (status == ST_OK) {
        status = sql_exec(store, "COMMIT", err);
    }
    return status;
}

static enum status sql_setup(struct sql_store *store, const char *path,
                             struct err *err)
{
    enum status status;

    sqlite3_busy_timeout(store->db, BUSY_MS);
    status = sql_claim(store, path, err);
    if (status == ST_OK) {
        status = sql_exec(
            store, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", err);
    }
    if (status == ST_OK) {
        status = sql_make(store, err);
    }
    for (int i = 0; i < SQL_COUNT && status == ST_OK; i++) {
        if (sqlite3_prepare_v3(store->db, statements[i], -1,
                               SQLITE_PREPARE_PERSISTENT, &store->prepared[i],
                               NULL) != SQLITE_OK) {
            status = sql_fail(store, err, statements[i]);
        }
    }
    if (status == ST_OK) {
        store->head_ns = sql_ask_number(store, statements[SQL_HEAD]);
    }
    return status;
}

struct store *store_sqlite_open(const char *path, struct err *err)
{
    static const struct store_ops ops = {
        .append = sql_append,
        .read = sql_read,
        .head_ns = sql_head_ns,
        .part_head_ns = sql_part_head_ns,
        .contains = sql_contains,
        .wipe = sql_wipe,
        .close = sql_close,
    };
    struct sql_store *store = calloc(1, sizeof(*store));

    if (!store) {
        err_set(err, ST_LIMIT, "out of memory");
        return NULL;
    }
    store->base.ops = &ops;
    if (sqlite3_open_v2(path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        NULL) != SQLITE_OK) {
        err_set(err, ST_IO, "%s: %s", path, sqlite3_errmsg(store->db));
        sql_close(&store->base);
        return NULL;
    }
    if (sql_setup(store, path, err) != ST_OK) {
        sql_close(&store->base);
        return NULL;
    }
    return &store->base;
}
