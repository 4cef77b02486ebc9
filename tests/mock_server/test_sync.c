/* SPDX-License-Identifier: MIT */
/* test_sync - push, pull, cursors, pages, repetition: over both stores. */
#include <stdio.h>
#include <string.h>

#include "tests/mock_server/rig.h"
#include "tests/mock_server/suites.h"

enum { IN_MEMORY, IN_SQLITE, STORES };

static struct rig rig;

static struct store *open_store(int kind)
{
    struct err err = {0};
    struct store *store;

    if (kind == IN_MEMORY) {
        return store_memory_open();
    }
    store = store_sqlite_open(":memory:", &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    return store;
}

static void open_rig(int kind, size_t page_size)
{
    rig_open(&rig, "v2", page_size, BUG_COUNT, open_store(kind));
}

static void teardown(void)
{
    rig_close(&rig);
}

static const char *update(const char *id)
{
    return rig_update(&rig, id, "\"x\"", "2026-01-01T00:00:00.000Z");
}

/* Updates of FIRST..LAST, ids "r007". */
static const char *updates(int first, int last)
{
    struct buf out;

    buf_init(&out, 16 << 20);
    for (int i = first; i <= last; i++) {
        buf_printf(&out,
                   "%s{\"table\":\"tasks\",\"id\":\"r%04d\","
                   "\"op\":\"update\",\"fields\":{\"n\":{\"value\":%d,"
                   "\"at\":\"2026-01-01T00:00:00.000Z\"}}}",
                   i > first ? "," : "", i, i);
    }
    const char *text = arena_str(&rig.arena, buf_view(&out)).p;
    buf_free(&out);
    return text;
}

START_TEST(others_get_it_the_sender_does_not)
{
    open_rig(_i, 0);
    ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, update("1")), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
    const char *mine = rig.cursor;

    ck_assert_int_eq(rig_push(&rig, "alice", "b", EPOCH, update("2")), 200);
    ck_assert_str_eq(rig_ids(&rig), "1");
    ck_assert_int_eq(rig_pull(&rig, "alice", "a", mine), 200);
    ck_assert_str_eq(rig_ids(&rig), "2");
    ck_assert_int_eq(rig_pull(&rig, "alice", "a", rig.cursor), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
    /* A device that lost its database gets its own as well. */
    ck_assert_int_eq(rig_pull(&rig, "alice", "a", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&rig), "1 2");
}
END_TEST

START_TEST(users_apps_and_collections_do_not_mix)
{
    open_rig(_i, 0);
    rig_push(&rig, "alice", "a", EPOCH, update("1"));
    ck_assert_int_eq(rig_pull(&rig, "bob", "b", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
    ck_assert_str_eq(rig.cursor, "1970-01-01T00:00:00Z");
    rig_do(&rig, "GET /sync/other/pull?collection=tasks&since=" EPOCH, "alice",
           "b", NULL);
    ck_assert_str_eq(rig_ids(&rig), "");
    rig_do(&rig, "GET /sync/todo/pull?collection=task&since=" EPOCH, "alice",
           "b", NULL);
    ck_assert_str_eq(rig_ids(&rig), "");
    rig_do(&rig, "GET /sync/t%6fdo/pull?since=" EPOCH "&collection=t%61sks",
           "alice", "b", NULL);
    ck_assert_str_eq(rig_ids(&rig), "1");
}
END_TEST

START_TEST(any_spelling_of_an_instant_is_the_cursor)
{
    static const char *const starts[] = {
        "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000000Z",
        "1970-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z"};

    open_rig(_i, 0);
    rig_push(&rig, "alice", "a", EPOCH, update("1"));
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        ck_assert_int_eq(rig_pull(&rig, "alice", "a", starts[i]), 200);
        ck_assert_str_eq(rig_ids(&rig), "1");
    }
    const char *head = rig.cursor;
    struct instant at;

    ck_assert_int_eq(instant_parse(str_of(head), &at, NULL), ST_OK);
    size_t n = strlen(head);

    ck_assert(head[n - 1] == 'Z');
    const char *other = rig_text(&rig, "%.*s+00:00", (int)n - 1, head);

    ck_assert_int_eq(rig_pull(&rig, "alice", "b", other), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
    ck_assert_str_eq(rig.cursor, head);
}
END_TEST

START_TEST(cursors_never_go_back_although_the_clock_does)
{
    struct instant last = INSTANT_EPOCH;

    open_rig(_i, 0);
    for (int i = 0; i < 20; i++) {
        char id[8];

        snprintf(id, sizeof(id), "%d", i);
        ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, update(id)), 200);
        ck_assert_int_gt(instant_cmp(rig.got.synced_until_at, last), 0);
        last = rig.got.synced_until_at;
        rig.now = instant_add_ms(rig.now, -500);
    }
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 20);
    ck_assert_int_eq(instant_cmp(rig.got.synced_until_at, last), 0);
}
END_TEST

START_TEST(pages_deliver_a_backlog_of_any_size)
{
    size_t sizes[] = {9, 10, 11, 20, 21, 95};

    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        const char *cursor = EPOCH;
        size_t got = 0, pages = 0;

        open_rig(_i, 10);
        ck_assert_int_eq(
            rig_push(&rig, "alice", "a", EPOCH, updates(1, (int)sizes[k])),
            200);
        do {
            struct instant before;

            ck_assert_int_eq(instant_parse(str_of(cursor), &before, NULL),
                             ST_OK);
            ck_assert_int_eq(rig_pull(&rig, "alice", "b", cursor), 200);
            ck_assert_uint_le(rig.got.count, 10);
            ck_assert_int_gt(instant_cmp(rig.got.synced_until_at, before), 0);
            for (size_t i = 0; i < rig.got.count; i++) {
                char id[8];

                snprintf(id, sizeof(id), "r%04zu", ++got);
                ck_assert(str_is(rig.got.changes[i].id, id));
            }
            cursor = rig.cursor;
            pages++;
        } while (rig.got.has_more);
        ck_assert_uint_eq(got, sizes[k]);
        ck_assert_uint_eq(pages, (sizes[k] + 9) / 10);
        if (k + 1 < sizeof(sizes) / sizeof(sizes[0])) {
            rig_close(&rig);
        }
    }
}
END_TEST

START_TEST(own_changes_fill_no_page)
{
    open_rig(_i, 2);
    rig_push(&rig, "alice", "b", EPOCH, update("first"));
    const char *start = rig.cursor;

    rig_push(&rig, "alice", "a", start, updates(1, 5));
    rig_push(&rig, "alice", "b", start, update("x"));
    rig_push(&rig, "alice", "a", EPOCH, updates(6, 7));
    rig_push(&rig, "alice", "b", start, update("y"));
    /* 5 own, x, 2 own, y: one page of two, and that is all. */
    ck_assert_int_eq(rig_pull(&rig, "alice", "a", start), 200);
    ck_assert_str_eq(rig_ids(&rig), "x y");
    ck_assert(!rig.got.has_more);
    /* b's view: 7 of a, in pages, its own left out. */
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", start), 200);
    ck_assert_str_eq(rig_ids(&rig), "r0001 r0002");
    ck_assert(rig.got.has_more);
    rig_pull(&rig, "alice", "b", rig.cursor);
    rig_pull(&rig, "alice", "b", rig.cursor);
    ck_assert_str_eq(rig_ids(&rig), "r0005 r0006");
    rig_pull(&rig, "alice", "b", rig.cursor);
    ck_assert_str_eq(rig_ids(&rig), "r0007");
    ck_assert(!rig.got.has_more);
}
END_TEST

START_TEST(a_first_sync_has_own_changes_on_every_page)
{
    const char *cursor = EPOCH;
    size_t got = 0;

    open_rig(_i, 10);
    rig_push(&rig, "alice", "a", EPOCH, updates(1, 35));
    do {
        ck_assert_int_eq(rig_pull(&rig, "alice", "a", cursor), 200);
        got += rig.got.count;
        cursor = rig.cursor;
    } while (rig.got.has_more);
    ck_assert_uint_eq(got, 35);
    ck_assert_int_eq(rig_pull(&rig, "alice", "a", cursor), 200);
    ck_assert_uint_eq(rig.got.count, 0);
}
END_TEST

START_TEST(the_delta_of_a_push_is_paged_too)
{
    size_t got;
    const char *other = "{\"table\":\"notes\",\"id\":\"n\",\"op\":\"delete\"}";

    open_rig(_i, 10);
    rig_push(&rig, "alice", "a", EPOCH, updates(1, 15));
    rig_push(&rig, "alice", "a", EPOCH, other);
    ck_assert_int_eq(rig_push(&rig, "alice", "b", EPOCH, update("mine")), 200);
    got = rig.got.count;
    ck_assert_uint_eq(got, 10);
    ck_assert(rig.got.has_more);
    ck_assert_int_eq(rig_push(&rig, "alice", "b", rig.cursor, ""), 200);
    /* "mine" is delivered too: pages that began at the first-sync cursor. */
    ck_assert_uint_eq(rig.got.count, 7);
    ck_assert(str_is(rig.got.changes[5].table, "notes"));
    ck_assert(!rig.got.has_more);
}
END_TEST

START_TEST(v1_gives_all_at_once)
{
    rig_open(&rig, "v1", 10, BUG_COUNT, open_store(_i));
    struct buf out;

    buf_init(&out, 1 << 20);
    for (int i = 0; i < 1500; i++) {
        buf_printf(&out,
                   "%s{\"table\":\"tasks\",\"id\":\"%d\",\"op\":"
                   "\"delete\",\"deletedAt\":\"2026-01-01T00:00:00Z\"}",
                   i ? "," : "", i);
    }
    ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, out.p), 200);
    buf_free(&out);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 1500);
    ck_assert(!rig_body_has(&rig, "hasMore"));
    ck_assert(!rig_body_has(&rig, "eventId"));
    ck_assert(!rig_body_has(&rig, "schemaVersion"));
}
END_TEST

START_TEST(v2_pages_at_1000)
{
    open_rig(_i, 0);
    ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, updates(1, 1001)),
                     200);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 1000);
    ck_assert(rig.got.has_more);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", rig.cursor), 200);
    ck_assert_str_eq(rig_ids(&rig), "r1001");
}
END_TEST

/* The rig's clock shows June 2025, which is before the server was written: it
 * is wrong, and the first day that could be right counts. */
START_TEST(stamps_far_ahead_are_refused)
{
    static const struct {
        const char *change;
        int status;
    } cases[] = {
        {"\"op\":\"update\",\"fields\":{\"n\":{\"value\":1,\"at\":"
         "\"2026-04-01T23:00:00Z\"}}",
         200},
        {"\"op\":\"update\",\"fields\":{\"n\":{\"value\":1,\"at\":"
         "\"2026-04-02T01:00:00Z\"}}",
         400},
        {"\"op\":\"insert\",\"data\":{\"updatedAt\":"
         "\"2999-01-01T00:00:00Z\"}",
         400},
        {"\"op\":\"delete\",\"deletedAt\":\"2999-01-01T00:00:00Z\"", 400},
    };

    open_rig(_i, 0);
    rig.config.ahead_limit_s = 86400;
    rig_restart(&rig);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *change =
            rig_text(&rig, "{\"table\":\"tasks\",\"id\":\"%zu\",%s}", i,
                     cases[i].change);

        ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, change),
                         cases[i].status);
    }
    rig_pull(&rig, "alice", "b", EPOCH);
    ck_assert_str_eq(rig_ids(&rig), "0");
}
END_TEST

START_TEST(a_push_is_all_or_nothing)
{
    open_rig(_i, 0);
    const char *bad = rig_text(
        &rig, "%s,{\"table\":\"tasks\",\"id\":\"2\",\"op\":\"upsert\"}",
        update("1"));

    ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, bad), 400);
    ck_assert(rig_body_has(&rig, "changes[1].op"));
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 0);
}
END_TEST

START_TEST(a_push_sent_again_changes_nothing)
{
    const char *set;

    open_rig(_i, 0);
    set = rig_text(&rig,
                   "%s,{\"table\":\"tasks\",\"id\":\"2\",\"op\":\"insert\","
                   "\"data\":{\"b\":1,\"a\":[1,2]}},"
                   "{\"table\":\"tasks\",\"id\":\"2\",\"op\":\"delete\"}",
                   update("1"));
    ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, set), 200);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    const char *once = rig.body;

    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, set), 200);
    }
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_str_eq(rig.body, once);
    /* Another client that says the same is another change. */
    ck_assert_int_eq(rig_push(&rig, "alice", "c", EPOCH, update("1")), 200);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 4);
    /* Another user's is none of ours. */
    ck_assert_int_eq(rig_push(&rig, "bob", "a", EPOCH, set), 200);
    ck_assert_int_eq(rig_pull(&rig, "bob", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 3);
}
END_TEST

START_TEST(the_same_change_twice_in_one_push_is_one)
{
    open_rig(_i, 0);
    rig_push(&rig, "alice", "a", EPOCH,
             rig_text(&rig, "%s,%s,%s", update("1"), update("2"), update("1")));
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&rig), "1 2");
}
END_TEST

START_TEST(a_delete_without_time_is_new_after_an_undelete)
{
    const char *gone = "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"delete\"}";

    open_rig(_i, 0);
    rig_push(&rig, "alice", "a", EPOCH, gone);
    rig_push(&rig, "alice", "a", EPOCH, gone);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 1);
    ck_assert(rig.got.changes[0].has_deleted_at);
    struct instant first = rig.got.changes[0].deleted_at;

    ck_assert_int_eq(instant_diff_ms(first, instant_of_ms(RIG_START_MS)), 1);
    rig_push(&rig, "alice", "b", EPOCH,
             rig_text(&rig, "%s",
                      "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\","
                      "\"fields\":{\"deletedAt\":{\"value\":null,\"at\":"
                      "\"2026-06-01T00:00:00Z\"}}}"));
    rig_push(&rig, "alice", "a", EPOCH, gone);
    rig_push(&rig, "alice", "a", EPOCH, gone);
    ck_assert_int_eq(rig_pull(&rig, "alice", "c", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 3);
    ck_assert(rig.got.changes[2].op == OP_DELETE);
    ck_assert_int_gt(instant_cmp(rig.got.changes[2].deleted_at, first), 0);
    ck_assert(
        !str_eq(rig.got.changes[0].event_id, rig.got.changes[2].event_id));
}
END_TEST

START_TEST(changes_come_back_as_sent)
{
    open_rig(_i, 0);
    rig_push(&rig, "alice", "a", EPOCH,
             "{\"table\":\"tasks\",\"id\":\"\\ud83e\\udd5b/ .. \\\"\","
             "\"op\":\"insert\",\"data\":{\"z\":null,\"a\":\"\",\"n\":"
             "9007199254740993,\"o\":{},\"l\":[],\"u\":\"e\\u0301\\u2028\"},"
             "\"actor\":{\"kind\":\"user\"},\"origin\":\"x\","
             "\"eventId\":\"forged\",\"schemaVersion\":1,\"more\":1}");
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 1);
    const struct change *change = &rig.got.changes[0];

    ck_assert(str_is(change->id, "\xf0\x9f\xa5\x9b/ .. \""));
    ck_assert_uint_eq(change->data_count, 6);
    ck_assert(rig_body_has(&rig, "\"a\":\"\",\"l\":[],\"n\":9007199254740993,"
                                 "\"o\":{},\"u\":\"e\xcc\x81\xe2\x80\xa8\","
                                 "\"z\":null"));
    ck_assert(str_is(change->actor, "{\"kind\":\"user\"}"));
    ck_assert(str_is(change->origin, "\"x\""));
    ck_assert_int_eq(change->schema_version, 1);
    ck_assert_uint_eq(change->event_id.n, 38);
    ck_assert(!rig_body_has(&rig, "forged"));
}
END_TEST

START_TEST(requests_may_overlap_in_any_order)
{
    struct server_job *push_a, *push_b, *pull;
    const char *cursor;

    open_rig(_i, 0);
    push_a = rig_begin_push(&rig, "a", EPOCH, update("A"));
    push_b = rig_begin_push(&rig, "b", EPOCH, update("B"));
    pull = rig_begin_pull(&rig, "c", EPOCH);
    ck_assert_int_eq(rig_finish(&rig, push_b), 200);
    ck_assert_int_eq(rig_finish(&rig, pull), 200);
    ck_assert_str_eq(rig_ids(&rig), "B");
    cursor = rig.cursor;
    ck_assert_int_eq(rig_finish(&rig, push_a), 200);
    ck_assert_str_eq(rig_ids(&rig), "B");
    ck_assert_int_eq(rig_pull(&rig, "alice", "c", cursor), 200);
    ck_assert_str_eq(rig_ids(&rig), "A");
}
END_TEST

START_TEST(abandoned_requests_leave_no_trace)
{
    open_rig(_i, 0);
    server_abandon(rig.server, rig_begin_push(&rig, "a", EPOCH, update("A")));
    ck_assert_int_eq(rig_pull(&rig, "alice", "c", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
}
END_TEST

START_TEST(after_a_wipe_old_cursors_are_refused)
{
    const char *cursor;

    open_rig(_i, 0);
    rig_push(&rig, "alice", "a", EPOCH, update("A"));
    cursor = rig.cursor;
    ck_assert_int_eq(rig.store->ops->wipe(rig.store, NULL), ST_OK);
    ck_assert_int_eq(rig_pull(&rig, "alice", "a", cursor), 409);
    ck_assert_int_eq(rig_pull(&rig, "alice", "a", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
    /* And the same change is new again. */
    ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, update("A")), 200);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&rig), "A");
}
END_TEST

/* Many writers, one tailing reader: CURSOR-2 in small. */
START_TEST(a_tailing_reader_misses_nothing)
{
    struct server_job *open_jobs[8] = {0};
    const char *cursor = EPOCH;
    size_t seen = 0, sent = 0;

    open_rig(_i, 3);
    for (int i = 0; i < 200; i++) {
        size_t at = (size_t)(i * 5 % 8);
        char client[8], id[8];

        if (open_jobs[at]) {
            ck_assert_int_eq(rig_finish(&rig, open_jobs[at]), 200);
            sent++;
        }
        snprintf(client, sizeof(client), "c%zu", at);
        snprintf(id, sizeof(id), "%d", i);
        open_jobs[at] = rig_begin_push(&rig, client, EPOCH, update(id));
        if (i % 3 == 0) {
            ck_assert_int_eq(rig_pull(&rig, "alice", "reader", cursor), 200);
            cursor = rig.cursor;
            seen += rig.got.count;
        }
    }
    for (size_t at = 0; at < 8; at++) {
        ck_assert_int_eq(rig_finish(&rig, open_jobs[at]), 200);
        sent++;
    }
    do {
        ck_assert_int_eq(rig_pull(&rig, "alice", "reader", cursor), 200);
        cursor = rig.cursor;
        seen += rig.got.count;
    } while (rig.got.has_more);
    ck_assert_uint_eq(seen, sent);
    ck_assert_uint_eq(sent, 200);
}
END_TEST

Suite *suite_sync(void)
{
    const TTest *const tests[] = {
        others_get_it_the_sender_does_not,
        users_apps_and_collections_do_not_mix,
        any_spelling_of_an_instant_is_the_cursor,
        cursors_never_go_back_although_the_clock_does,
        pages_deliver_a_backlog_of_any_size,
        own_changes_fill_no_page,
        a_first_sync_has_own_changes_on_every_page,
        the_delta_of_a_push_is_paged_too,
        v1_gives_all_at_once,
        v2_pages_at_1000,
        stamps_far_ahead_are_refused,
        a_push_is_all_or_nothing,
        a_push_sent_again_changes_nothing,
        the_same_change_twice_in_one_push_is_one,
        a_delete_without_time_is_new_after_an_undelete,
        changes_come_back_as_sent,
        requests_may_overlap_in_any_order,
        abandoned_requests_leave_no_trace,
        after_a_wipe_old_cursors_are_refused,
        a_tailing_reader_misses_nothing,
    };
    Suite *suite = suite_create("sync");
    TCase *group = tcase_create("both stores");

    tcase_add_checked_fixture(group, NULL, teardown);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tcase_add_loop_test(group, tests[i], 0, STORES);
    }
    suite_add_tcase(suite, group);
    return suite;
}
