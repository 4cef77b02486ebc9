/* SPDX-License-Identifier: MIT */
/* Pulling: targets, pages, cursors.  Layer: tests. */
#include "tests/client/rig.h"

static struct rig rig;

static void open_rig(void)
{
    rig_ready(&rig, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void pull(const char *collection)
{
    engine_pull(rig.engine, rig.at, str_of(collection));
    rig_take(&rig);
}

#define NEW_RECORD(id)                                                         \
    "{\"table\":\"tasks\",\"id\":\"" id                                        \
    "\",\"op\":\"insert\",\"data\":{\"n\":1}}"

START_TEST(a_pull_is_written_to_the_byte)
{
    pull("tasks");
    rig_answer(&rig, "", "2026-01-01T01:00:00.50+01:00", false);
    pull("tasks");
    ck_assert(str_is(rig.request.http.method, "GET"));
    ck_assert(str_is(rig.request.http.target,
                     "/sync/to%20do/pull?collection=tasks&"
                     "since=2026-01-01T01%3A00%3A00.50%2B01%3A00"));
    CK_NUM(rig.request.http.body.n, 0);
    ck_assert(str_is(rig.request.since, "2026-01-01T01:00:00.50+01:00"));
}
END_TEST

START_TEST(cursors_belong_to_one_collection)
{
    pull("tasks");
    rig_answer(&rig, NEW_RECORD("1"), "2026-01-01T00:00:02Z", false);
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:02Z");
    CK_STR(rig_cursor(&rig, "notes"), "2026-01-01T00:00:00.000000001Z");
    ck_assert(rig_live(&rig, "1"));
}
END_TEST

START_TEST(pages_are_followed_to_the_end)
{
    pull("");
    rig_answer(&rig, NEW_RECORD("1"), "2026-01-01T00:00:02Z", true);
    rig_take(&rig);
    ck_assert(str_is(rig.request.collection, "tasks"));
    ck_assert(str_is(rig.request.since, "2026-01-01T00:00:02Z"));
    rig_answer(&rig, NEW_RECORD("2"), "2026-01-01T00:00:02.000000001Z", true);
    rig_take(&rig);
    rig_answer(&rig, NEW_RECORD("3"), "2026-01-01T00:00:03Z", false);
    rig_take(&rig);
    ck_assert(str_is(rig.request.collection, "notes"));
    rig_answer(&rig, "", "2026-01-01T00:00:03Z", false);
    ck_assert(engine_outcome(rig.engine).ok);
    CK_NUM(engine_outcome(rig.engine).requests, 4);
    ck_assert(rig_live(&rig, "1") && rig_live(&rig, "2") &&
              rig_live(&rig, "3"));
}
END_TEST

START_TEST(a_page_that_stands_still_ends_with_an_error)
{
    static const char *const cursors[] = {
        "2026-01-01T00:00:00.000000001Z",      /* the same bytes */
        "2026-01-01T01:00:00.000000001+01:00", /* the same instant */
        "2025-01-01T00:00:00Z",                /* back */
    };
    for (size_t i = 0; i < 3; i++) {
        pull("tasks");
        rig_answer(&rig, NEW_RECORD("1"), cursors[i], true);
        ck_assert(rig_quiet(&rig));
        ck_assert(!engine_busy(rig.engine));
        ck_assert(!engine_outcome(rig.engine).ok);
        ck_assert_ptr_nonnull(
            strstr(engine_outcome(rig.engine).why.p, "did not advance"));
        ck_assert(rig_live(&rig, "1"));
        CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:00.000000001Z");
    }
}
END_TEST

START_TEST(pages_without_end_end)
{
    pull("tasks");
    size_t pages = 1;
    for (;; pages++) {
        rig_answer(&rig, "",
                   rig_format(&rig, "2026-01-01T00:00:01.%09zuZ", pages).p,
                   true);
        if (!engine_take(rig.engine, &rig.request)) {
            break;
        }
        ck_assert_uint_le(pages, 10000);
    }
    CK_NUM(pages, 10000);
    ck_assert(!engine_outcome(rig.engine).ok);
}
END_TEST

START_TEST(a_refused_cursor_starts_that_collection_over_once)
{
    static const int statuses[] = {400, 409, 410};
    for (size_t i = 0; i < 3; i++) {
        pull("tasks");
        rig_reply(&rig, statuses[i], "", NULL);
        rig_take(&rig);
        ck_assert(str_is(rig.request.since, CURSOR_EPOCH_TEXT));
        CK_STR(rig_cursor(&rig, "notes"), "2026-01-01T00:00:00.000000001Z");
        rig_answer(&rig, "", "2026-01-01T00:00:05Z", false);
        ck_assert(engine_outcome(rig.engine).ok);
    }
    pull("tasks");
    rig_reply(&rig, 400, "", NULL);
    rig_take(&rig);
    rig_reply(&rig, 400, "still no", NULL);
    ck_assert(rig_quiet(&rig));
    CK_NUM(engine_outcome(rig.engine).status, 400);
}
END_TEST

START_TEST(collections_fail_on_their_own)
{
    pull("");
    rig_reply(&rig, 500, "", NULL);
    rig_take(&rig);
    ck_assert(str_is(rig.request.collection, "notes"));
    rig_answer(&rig, "", "2026-01-01T00:00:05Z", false);
    ck_assert(!engine_outcome(rig.engine).ok);
    CK_NUM(engine_outcome(rig.engine).status, 500);
    CK_STR(rig_cursor(&rig, "notes"), "2026-01-01T00:00:05Z");
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
}
END_TEST

START_TEST(without_a_way_to_the_server_nothing_else_is_tried)
{
    pull("");
    rig_lose(&rig, REPLY_REFUSED, FATE_NONE);
    ck_assert(rig_quiet(&rig));
    CK_NUM(engine_outcome(rig.engine).kind, REPLY_REFUSED);
    CK_NUM(engine_outcome(rig.engine).status, 0);
}
END_TEST

START_TEST(an_unreadable_page_moves_nothing)
{
    pull("tasks");
    rig_reply(&rig, 200, "{\"serverChanges\":[" NEW_RECORD("1") "]}", NULL);
    ck_assert(!rig_live(&rig, "1"));
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:00.000000001Z");
    ck_assert(!engine_outcome(rig.engine).ok);
}
END_TEST

START_TEST(a_crash_in_the_middle_of_a_page_pulls_it_again)
{
    engine_crash_at(rig.engine, CRASH_IN_APPLY);
    pull("tasks");
    rig_answer(&rig, NEW_RECORD("1") "," NEW_RECORD("2") "," NEW_RECORD("3"),
               "2026-01-01T00:00:05Z", false);
    ck_assert(engine_crashed(rig.engine));
    ck_assert(rig_live(&rig, "1"));
    ck_assert(!rig_live(&rig, "2"));
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:00.000000001Z");
    engine_restart(rig.engine, rig.at);
    pull("tasks");
    rig_answer(&rig, NEW_RECORD("1") "," NEW_RECORD("2") "," NEW_RECORD("3"),
               "2026-01-01T00:00:05Z", false);
    ck_assert(rig_live(&rig, "3"));
}
END_TEST

START_TEST(an_unknown_collection_is_not_asked_for)
{
    engine_pull(rig.engine, rig.at, STR("aliens"));
    ck_assert(rig_quiet(&rig));
    ck_assert(!engine_busy(rig.engine));
}
END_TEST

Suite *suite_pull(void)
{
    Suite *suite = suite_create("pull");
    TCase *tests = tcase_create("pull");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, a_pull_is_written_to_the_byte);
    tcase_add_test(tests, cursors_belong_to_one_collection);
    tcase_add_test(tests, pages_are_followed_to_the_end);
    tcase_add_test(tests, a_page_that_stands_still_ends_with_an_error);
    tcase_add_test(tests, pages_without_end_end);
    tcase_add_test(tests, a_refused_cursor_starts_that_collection_over_once);
    tcase_add_test(tests, collections_fail_on_their_own);
    tcase_add_test(tests, without_a_way_to_the_server_nothing_else_is_tried);
    tcase_add_test(tests, an_unreadable_page_moves_nothing);
    tcase_add_test(tests, a_crash_in_the_middle_of_a_page_pulls_it_again);
    tcase_add_test(tests, an_unknown_collection_is_not_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}
