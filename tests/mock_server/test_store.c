/* SPDX-License-Identifier: MIT */
/* test_store - what is behind the interface of stores: files, restarts, kills,
 * foreign files; and commit times. */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mock_server/rig.h"
#include "tests/mock_server/suites.h"

static char folder[] = "/tmp/syncspec-store-XXXXXX";
static char file[64];

static void setup(void)
{
    memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/log.db", folder);
}

static void teardown(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char path[96];

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", file, ends[i]);
        unlink(path);
    }
    rmdir(folder);
}

static struct store *open_file(void)
{
    struct err err = {0};
    struct store *store = store_sqlite_open(file, &err);

    ck_assert_msg(store != NULL, "%s", err.text);
    return store;
}

static void refuses(const char *path, enum status status, const char *text)
{
    struct err err = {0};

    ck_assert_ptr_null(store_sqlite_open(path, &err));
    ck_assert_int_eq(err.status, status);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
}

static void make_file(const char *sql)
{
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

START_TEST(commit_times_are_even_and_strictly_increasing)
{
    struct store_row rows[3] = {0};
    struct instant now = instant_of_ns(1001);

    ck_assert_int_eq(store_stamp(rows, 3, 0, now, NULL), ST_OK);
    ck_assert_int_eq(rows[0].at_ns, 1000);
    ck_assert_int_eq(rows[1].at_ns, 1002);
    ck_assert_int_eq(rows[2].at_ns, 1004);
    ck_assert_int_eq(store_stamp(rows, 2, 5001, now, NULL), ST_OK);
    ck_assert_int_eq(rows[0].at_ns, 5002);
    ck_assert_int_eq(rows[1].at_ns, 5004);
    ck_assert_int_eq(store_stamp(rows, 1, 0, instant_of_ns(-5), NULL), ST_OK);
    ck_assert_int_eq(rows[0].at_ns, 2);
    ck_assert_int_eq(store_stamp(rows, 1, INT64_MAX - 1, now, NULL), ST_LIMIT);
    ck_assert_int_eq(
        store_stamp(rows, 1, 0, (struct instant){INT64_MAX / 4, 0}, NULL),
        ST_LIMIT);
}
END_TEST

START_TEST(a_file_outlives_its_server)
{
    struct rig rig;
    const char *cursor;

    rig_open(&rig, "v2", 0, BUG_COUNT, open_file());
    rig_push(&rig, "alice", "a", EPOCH,
             rig_update(&rig, "1", "1", "2026-01-01T00:00:00Z"));
    cursor = rig_text(&rig, "%s", rig.cursor);
    rig.store->ops->close(rig.store);
    rig.store = open_file();
    rig_restart(&rig);
    /* The clock went back a year meanwhile. */
    rig.now = instant_add_ms(rig.now, INT64_C(-31536000000));
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", cursor), 200);
    ck_assert_uint_eq(rig.got.count, 0);
    rig_push(&rig, "alice", "a", cursor,
             rig_update(&rig, "1", "1", "2026-01-01T00:00:00Z"));
    rig_push(&rig, "alice", "a", cursor,
             rig_update(&rig, "2", "1", "2026-01-01T00:00:00Z"));
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", cursor), 200);
    ck_assert_str_eq(rig_ids(&rig), "2");
    rig_close(&rig);
}
END_TEST

/* One number from the file, as a person with the sqlite3 shell would ask. */
static int64_t ask(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t value = -1;

    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL),
                     SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        value = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

START_TEST(a_person_can_read_the_file)
{
    struct rig rig;

    rig_open(&rig, "v2", 0, BUG_COUNT, open_file());
    rig_push(&rig, "alice", "a", EPOCH,
             rig_update(&rig, "1", "\"milk\"", "2026-01-01T00:00:00Z"));
    rig_close(&rig);
    ck_assert_int_eq(
        ask("SELECT count(*) FROM changes WHERE user='alice' AND app='todo' "
            "AND collection='tasks' AND record='1' AND op='update' AND "
            "client='a' AND committed_at LIKE '2025-06-15T%Z' AND "
            "json_extract(\"change\",'$.fields.title.value')='milk'"),
        1);
    ck_assert_int_eq(ask("SELECT count(*) FROM pragma_journal_mode "
                         "WHERE journal_mode='wal'"),
                     1);
}
END_TEST

START_TEST(names_with_nul_are_names)
{
    struct rig rig;

    rig_open(&rig, "v2", 0, BUG_COUNT, open_file());
    ck_assert_int_eq(
        rig_push(&rig, "alice", "a", EPOCH,
                 "{\"table\":\"tasks\",\"id\":\"x\\u0000y\",\"op\":\"delete\","
                 "\"deletedAt\":\"2026-01-01T00:00:00Z\"}"),
        200);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 1);
    ck_assert_uint_eq(rig.got.changes[0].id.n, 3);
    rig_close(&rig);
}
END_TEST

START_TEST(a_kill_loses_nothing_acknowledged)
{
    int pipes[2];
    char acked = 0;
    size_t count = 0;
    struct rig rig;

    ck_assert_int_eq(pipe(pipes), 0);
    pid_t child = fork();

    if (child == 0) {
        rig_open(&rig, "v2", 0, BUG_COUNT, open_file());
        for (int i = 0;; i++) {
            char id[16];

            snprintf(id, sizeof(id), "%d", i);
            acked = rig_push(&rig, "alice", "a", EPOCH,
                             rig_update(&rig, id, "1",
                                        "2026-01-01T00:00:00Z")) == 200;
            if (write(pipes[1], &acked, 1) != 1 || !acked) {
                _exit(1);
            }
        }
    }
    close(pipes[1]);
    while (count < 50 && read(pipes[0], &acked, 1) == 1) {
        count++;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(pipes[0], &acked, 1) == 1) {
        count++;
    }
    close(pipes[0]);
    rig_open(&rig, "v2", 0, BUG_COUNT, open_file());
    rig.now = instant_add_ms(rig.now, 1000000);
    size_t there = 0;
    const char *cursor = EPOCH;

    do {
        ck_assert_int_eq(rig_pull(&rig, "alice", "b", cursor), 200);
        there += rig.got.count;
        cursor = rig.cursor;
    } while (rig.got.has_more);
    /* The last one may be in the file without its answer. */
    ck_assert_uint_ge(count, 50);
    ck_assert_msg(there == count || there == count + 1, "%zu of %zu", there,
                  count);
    rig_close(&rig);
}
END_TEST

START_TEST(a_file_opened_twice_shows_what_was_there)
{
    struct rig one, two;

    rig_open(&one, "v2", 0, BUG_COUNT, open_file());
    rig_push(&one, "alice", "a", EPOCH,
             rig_update(&one, "1", "1", "2026-01-01T00:00:00Z"));
    rig_open(&two, "v2", 0, BUG_COUNT, open_file());
    ck_assert_int_eq(rig_pull(&two, "alice", "b", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&two), "1");
    rig_close(&two);
    rig_close(&one);
}
END_TEST

START_TEST(files_of_others_are_refused)
{
    FILE *text = fopen(file, "w");

    fputs("this is a text, and not a short one, as far as that matters: it "
          "has more than a hundred bytes, which is what a header needs.\n",
          text);
    fclose(text);
    refuses(file, ST_IO, "not an SQLite database");
    unlink(file);
    make_file("CREATE TABLE bookmarks(url TEXT)");
    refuses(file, ST_USAGE, "another program");
    ck_assert_int_eq(ask("SELECT count(*) FROM sqlite_schema"), 1);
    unlink(file);
    make_file("PRAGMA application_id=7");
    refuses(file, ST_USAGE, "another program");
    unlink(file);
    make_file("PRAGMA application_id=1937337955; PRAGMA user_version=99;"
              "CREATE TABLE changes(x)");
    refuses(file, ST_UNSUPPORTED, "version 99");
    refuses("/nonexistent/folder/x.db", ST_IO, "unable to open");
}
END_TEST

START_TEST(a_store_that_cannot_write_refuses_the_push)
{
    struct rig rig;
    sqlite3 *db;

    rig_open(&rig, "v2", 0, BUG_COUNT, open_file());
    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "DROP TABLE changes", 0, 0, 0),
                     SQLITE_OK);
    sqlite3_close(db);
    ck_assert_int_eq(
        rig_push(&rig, "alice", "a", EPOCH,
                 rig_update(&rig, "1", "1", "2026-01-01T00:00:00Z")),
        500);
    ck_assert(rig_body_has(&rig, "\"error\":\"store\""));
    ck_assert(rig_body_has(&rig, "changes"));
    rig_close(&rig);
}
END_TEST

START_TEST(the_memory_store_keeps_many_partitions)
{
    struct store *store = store_memory_open();
    struct arena arena;
    struct store_page page;

    arena_init(&arena, LIMIT_REQUEST_ARENA);
    for (int i = 0; i < 500; i++) {
        char user[16];

        snprintf(user, sizeof(user), "u%d", i);
        struct store_row row = {.at_ns = 2 * (i + 1),
                                .user = str_of(user),
                                .app = STR("a"),
                                .table = STR("t"),
                                .id = STR("i"),
                                .client_id = STR("c"),
                                .digest = (uint64_t)i,
                                .text = STR("{}")};

        ck_assert(!store->ops->contains(store, &row));
        ck_assert_int_eq(store->ops->append(store, &row, 1, NULL), ST_OK);
        ck_assert(store->ops->contains(store, &row));
    }
    ck_assert_int_eq(store->ops->head_ns(store), 1000);
    for (int i = 0; i < 500; i++) {
        char user[16];

        snprintf(user, sizeof(user), "u%d", i);
        struct store_query query = {.user = str_of(user), .app = STR("a")};

        ck_assert_int_eq(store->ops->part_head_ns(store, query.user, query.app),
                         2 * (i + 1));
        ck_assert_int_eq(store->ops->read(store, &query, &arena, &page, NULL),
                         ST_OK);
        ck_assert_uint_eq(page.count, 1);
        query.after_ns = 2 * (i + 1);
        ck_assert_int_eq(store->ops->read(store, &query, &arena, &page, NULL),
                         ST_OK);
        ck_assert_uint_eq(page.count, 0);
    }
    ck_assert_int_eq(store->ops->part_head_ns(store, STR("u500"), STR("a")), 0);
    arena_free(&arena);
    store->ops->close(store);
}
END_TEST

Suite *suite_store(void)
{
    Suite *suite = suite_create("store");
    TCase *group = tcase_create("files");

    tcase_add_checked_fixture(group, setup, teardown);
    tcase_add_test(group, commit_times_are_even_and_strictly_increasing);
    tcase_add_test(group, a_file_outlives_its_server);
    tcase_add_test(group, a_person_can_read_the_file);
    tcase_add_test(group, names_with_nul_are_names);
    tcase_add_test(group, a_kill_loses_nothing_acknowledged);
    tcase_add_test(group, a_file_opened_twice_shows_what_was_there);
    tcase_add_test(group, files_of_others_are_refused);
    tcase_add_test(group, a_store_that_cannot_write_refuses_the_push);
    tcase_add_test(group, the_memory_store_keeps_many_partitions);
    suite_add_tcase(suite, group);
    return suite;
}
