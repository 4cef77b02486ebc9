/* SPDX-License-Identifier: MIT */
/* test_bugs - every planted bug shows: the same steps are seen to end one way
 * on the sound server and another way with the bug. */
#include <string.h>

#include "protocol/clauses.h"
#include "tests/mock_server/bug_steps.h"
#include "tests/mock_server/suites.h"

static const struct showing {
    enum bug bug;
    const char *(*steps)(void);
    const char *sound, *wrong;
} showings[] = {
    {BUG_CURSOR_FROM_CLOCK_AFTER_READ, steps_commit_during_pull, "1 | 2",
     " | 2"},
    {BUG_CURSOR_BEFORE_COMMIT, steps_overlap, "0 early | late", "0 early | "},
    {BUG_CURSOR_CUT_TO_MILLISECONDS, steps_pull_again, "", "2"},
    {BUG_CURSOR_GOES_BACK, steps_cursor_of_nothing, "not back", "back"},
    {BUG_PAGE_SKIPS_EQUAL_STAMPS, steps_pages, "25", "10"},
    {BUG_PAGE_WITHOUT_HAS_MORE, steps_pages, "25", "10"},
    {BUG_HAS_MORE_NEVER_FALSE, steps_pages, "25", "endless"},
    {BUG_PUSH_DELTA_TRUNCATED, steps_delta_of_push, "more", "10+0"},
    {BUG_PUSH_CURSOR_SKIPS_OTHER_COLLECTIONS, steps_delta_over_collections,
     "1+0", "0+0"},
    {BUG_FIRST_SYNC_MISSES_OLDEST, steps_first_sync, "1 2", "2"},
    {BUG_ORDER_BY_CLIENT_STAMP, steps_late_offline_edit, "old", ""},
    {BUG_OWN_CHANGES_ECHOED, steps_echo, "0", "0 1"},
    {BUG_ECHO_FILTER_DROPS_OTHERS, steps_both_write_one_record,
     "update 1 done=true@" T1, ""},
    {BUG_ACK_BEFORE_DURABLE, steps_kill_after_ack, "update 1 title=1@" T0, ""},
    {BUG_ACK_THEN_DROP_ON_ERROR, steps_string_with_nul, "200 1", "200 0"},
    {BUG_PARTIAL_PUSH_KEPT, steps_bad_behind_good, "400 0", "400 1"},
    {BUG_RETRY_APPLIED_TWICE_AS_NEW, steps_retry,
     "update 1 title=\"old\"@" T0 "; update 1 title=\"new\"@" T1,
     "update 1 title=\"old\"@" T0 "; update 1 title=\"new\"@" T1
     "; update 1 title=\"old\"@2025-06-15T15:06:40.003Z"},
    {BUG_RETRY_STORED_AGAIN, steps_retry,
     "update 1 title=\"old\"@" T0 "; update 1 title=\"new\"@" T1,
     "update 1 title=\"old\"@" T0 "; update 1 title=\"new\"@" T1
     "; update 1 title=\"old\"@" T0},
    {BUG_DEDUPE_DROPS_SECOND_EDIT, steps_two_edits,
     "update 1 title=1@" T0 "; update 1 title=2@" T1, "update 1 title=1@" T0},
    {BUG_BATCH_ORDER_REVERSED, steps_order_in_push,
     "insert 1 n=1; delete 1 " T1, "delete 1 " T1 "; insert 1 n=1"},
    {BUG_LARGE_BATCH_TAIL_LOST, steps_large_push, "150", "100"},
    {BUG_RECORD_LEVEL_LWW, steps_older_edit_of_other_field,
     "update 1 title=1@" T2 "; update 1 done=true@" T1, "update 1 title=1@" T2},
    {BUG_SERVER_STAMP_INSTEAD_OF_CLIENT_STAMP, steps_one_stamp,
     "update 1 title=1@" T0, "update 1 title=1@2025-06-15T15:06:40.001Z"},
    {BUG_ARRIVAL_ORDER_WINS, steps_older_edit_arrives_later,
     "update 1 title=\"new\"@" T1 "; update 1 title=\"old\"@" T0,
     "update 1 title=\"new\"@" T1
     "; update 1 title=\"old\"@2025-01-01T00:00:01.000000001Z"},
    {BUG_TIE_BY_ARRIVAL, steps_tie,
     "update 1 title=\"y\"@" T0 "; update 1 title=\"x\"@" T0,
     "update 1 title=\"y\"@" T0
     "; update 1 title=\"x\"@2025-01-01T00:00:00.000000001Z"},
    {BUG_TIE_WRONG_EVERYWHERE, steps_tie_seen_by_writers,
     "update 1 title=\"x\"@" T0 " | ",
     "update 1 title=\"x\"@" T0
     "; update 1 title=\"x\"@2025-01-01T00:00:00.000000001Z | "
     "update 1 title=\"x\"@2025-01-01T00:00:00.000000001Z"},
    {BUG_STAMPS_COMPARED_AS_TEXT, steps_stamps_of_different_length,
     "update 1 title=1@2025-01-01T00:00:00Z; update 1 "
     "title=2@2025-01-01T00:00:00.5Z",
     "update 1 title=1@2025-01-01T00:00:00Z"},
    {BUG_DELETE_NOT_DELIVERED, steps_delete_it, "insert 1 n=1; delete 1 " T1,
     "insert 1 n=1"},
    {BUG_DELETE_TIME_LOST, steps_delete_it, "insert 1 n=1; delete 1 " T1,
     "insert 1 n=1; delete 1"},
    {BUG_INSERT_REDELIVERED_AFTER_DELETE, steps_delete_it,
     "insert 1 n=1; delete 1 " T1,
     "insert 1 n=1; delete 1 " T1 "; insert 1 deletedAt=null n=1 "
     "updatedAt=\"2025-01-01T00:00:01.000000001Z\""},
    {BUG_TOMBSTONE_PURGED_EARLY, steps_delete_and_wait, "1 then 1", "1 then 0"},
    {BUG_UPDATE_CREATES_NOTHING, steps_update_without_insert,
     "insert 1 n=1; update 1 title=1@" T0 "; update 2 title=1@" T0,
     "insert 1 n=1; update 1 title=1@" T0},
    {BUG_NULL_BECOMES_ABSENT, steps_values,
     "insert 1 a=null b=\"\" c={} d=[] e=0 f=false; insert 2",
     "insert 1 b=\"\" c={} d=[] e=0 f=false; insert 2"},
    {BUG_EMPTY_DATA_DROPPED, steps_values,
     "insert 1 a=null b=\"\" c={} d=[] e=0 f=false; insert 2",
     "insert 1 a=null e=0 f=false"},
    {BUG_INT_THROUGH_DOUBLE, steps_big_number,
     "insert 1 n=9007199254740991 s=\"1234567890123456\"",
     "insert 1 n=9007199254740990 s=\"1234567890123456\""},
    {BUG_UNICODE_NORMALISED, steps_combining, "insert 1 s=\"e\xcc\x81x\"",
     "insert 1 s=\"\xc3\xa9x\""},
    {BUG_UNKNOWN_FIELD_DROPPED, steps_new_field,
     "insert 1 n=1; update 1 title=1@" T0, "insert 1 n=1"},
    {BUG_CROSS_USER_LEAK, steps_another_user, "", "update 1 title=1@" T0},
    {BUG_CROSS_APP_LEAK, steps_another_app, "", "update 1 title=1@" T0},
    {BUG_CROSS_COLLECTION_LEAK, steps_another_collection, "",
     "update 1 title=1@" T0},
    {BUG_BODY_CLIENT_ID_TRUSTED, steps_whose_client_id, "0", "1"},
    {BUG_AUTH_ONLY_ON_PUSH, steps_pull_without_token, "401", "1"},
    {BUG_BAD_OP_ACKED, steps_bad_op, "400 0", "200 1"},
    {BUG_500_ON_BAD_JSON, steps_broken_json, "400", "500"},
    {BUG_TRAILING_GARBAGE_ACCEPTED, steps_garbage_behind, "400",
     "update } title=\"]\\\"}\"@" T0},
    {BUG_BAD_SINCE_IS_EPOCH, steps_bad_since, "400", "1"},
    {BUG_NULL_FIELD_CRASHES, steps_null_field, "400 200", "500 503"},
};

enum { SHOWINGS = sizeof(showings) / sizeof(showings[0]) };

static void shows(const struct showing *showing, enum bug bug,
                  const char *wanted)
{
    const char *seen;

    rig_open(&rig, "v2", 10, bug, NULL);
    seen = showing->steps();
    ck_assert_msg(strcmp(seen, wanted) == 0, "%s, %s: \"%s\", not \"%s\"",
                  bug_info(showing->bug)->name,
                  bug == BUG_COUNT ? "sound" : "planted", seen, wanted);
    rig_close(&rig);
}

START_TEST(the_bug_shows_and_only_with_the_bug)
{
    const struct showing *showing = &showings[_i];

    shows(showing, BUG_COUNT, showing->sound);
    shows(showing, showing->bug, showing->wrong);
}
END_TEST

/* The others are shown by the tests of auth and by the one below. */
START_TEST(every_bug_is_shown)
{
    struct bug_set shown = {{0}};

    live_bugs_shown(&shown);
    bug_add(&shown, BUG_EXPIRED_TOKEN_ACCEPTED);
    bug_add(&shown, BUG_ALG_NONE_ACCEPTED);
    bug_add(&shown, BUG_LEAK_PER_REQUEST);
    for (size_t i = 0; i < SHOWINGS; i++) {
        bug_add(&shown, showings[i].bug);
    }
    for (int bug = 0; bug < BUG_COUNT; bug++) {
        ck_assert_msg(bug_on(&shown, (enum bug)bug), "%s",
                      bug_info((enum bug)bug)->name);
    }
}
END_TEST

/* What is kept is given back with the server: the sanitizer would tell. */
START_TEST(every_request_leaks_until_the_server_ends)
{
    rig_open(&rig, "v2", 10, BUG_LEAK_PER_REQUEST, NULL);
    for (int i = 0; i < 1024; i++) {
        ck_assert_int_eq(rig_do(&rig, "GET /health", NULL, NULL, NULL), 200);
    }
    ck_assert_int_eq(rig_do(&rig, "GET /health", NULL, NULL, NULL), 503);
    rig_close(&rig);
}
END_TEST

START_TEST(the_table_is_whole)
{
    for (int i = 0; i < BUG_COUNT; i++) {
        const struct bug_info *info = bug_info((enum bug)i);

        ck_assert(info->name[0] && info->what[0] && info->clauses[0] &&
                  info->real[0]);
        ck_assert_int_eq(bug_find(str_of(info->name)), i);
        for (int k = 0; k < i; k++) {
            ck_assert_str_ne(info->name, bug_info((enum bug)k)->name);
        }
    }
    ck_assert_int_eq(bug_find(STR("no-such-bug")), BUG_COUNT);
    ck_assert_int_eq(bug_find(STR("")), BUG_COUNT);
    struct bug_set set = {{0}};

    ck_assert(!bug_any(&set));
    bug_add(&set, (enum bug)(BUG_COUNT - 1));
    ck_assert(bug_any(&set));
    ck_assert(bug_on(&set, (enum bug)(BUG_COUNT - 1)));
    ck_assert(!bug_on(&set, (enum bug)0));
}
END_TEST

START_TEST(bugs_name_clauses_that_exist)
{
    for (int i = 0; i < BUG_COUNT; i++) {
        struct str rest = str_of(bug_info((enum bug)i)->clauses);

        while (rest.n) {
            size_t end = str_find(rest, ' ');

            ck_assert_msg(clause_find(str_take(rest, end)) != NULL, "%.*s",
                          STR_ARG(rest));
            rest = str_skip(rest, end + 1);
        }
    }
}
END_TEST

/* Of a push, a pull and a stream: "1 1 0" for those that take time. */
static const char *overlaps(void)
{
    struct http_request stream = rig_request(
        &rig, "GET", "/sync/todo/stream?collections=tasks&since=" EPOCH,
        "alice", "b");
    struct server_job *jobs[] = {
        rig_begin_push(&rig, "a", EPOCH, rig_update(&rig, "1", "1", T0)),
        rig_begin_pull(&rig, "b", EPOCH),
        server_begin(rig.server, &stream, rig.now)};
    bool takes[3];

    for (size_t i = 0; i < 3; i++) {
        takes[i] = server_overlap_ms(rig.server, jobs[i]) > 0;
        server_abandon(rig.server, jobs[i]);
    }
    return rig_text(&rig, "%d %d %d", takes[0], takes[1], takes[2]);
}

START_TEST(only_four_bugs_need_overlap_and_only_where_it_shows)
{
    for (int i = 0; i <= BUG_COUNT; i++) {
        const char *want = i == BUG_CURSOR_FROM_CLOCK_AFTER_READ ? "1 1 1"
                           : i == BUG_CURSOR_BEFORE_COMMIT       ? "1 0 0"
                           : i == BUG_NOTIFY_BEFORE_COMMIT       ? "1 0 0"
                           : i == BUG_STREAM_GAP_AFTER_BACKLOG   ? "0 0 1"
                                                                 : "0 0 0";
        rig_open(&rig, "v2", 10, (enum bug)i, NULL);
        ck_assert_str_eq(overlaps(), want);
        rig_close(&rig);
    }
}
END_TEST

/* So that over sockets too the second of two pushes may commit first. */
START_TEST(small_commits_overtake_large_ones)
{
    const char *one = NULL;

    rig_open(&rig, "v2", 10, BUG_CURSOR_BEFORE_COMMIT, NULL);
    one = rig_update(&rig, "1", "1", T0);
    struct server_job *small = rig_begin_push(&rig, "a", EPOCH, one);
    struct server_job *large = rig_begin_push(
        &rig, "b", EPOCH, rig_text(&rig, "%s,%s,%s", one, one, one));
    struct server_job *pull = rig_begin_pull(&rig, "c", EPOCH);

    ck_assert_int_lt(server_overlap_ms(rig.server, small),
                     server_overlap_ms(rig.server, large));
    ck_assert_int_eq(server_overlap_ms(rig.server, pull), 0);
    server_abandon(rig.server, small);
    server_abandon(rig.server, large);
    server_abandon(rig.server, pull);
    rig_close(&rig);
}
END_TEST

Suite *suite_bugs(void)
{
    Suite *suite = suite_create("bugs");
    TCase *group = tcase_create("museum");

    tcase_add_loop_test(group, the_bug_shows_and_only_with_the_bug, 0,
                        SHOWINGS);
    tcase_add_test(group, every_bug_is_shown);
    tcase_add_test(group, every_request_leaks_until_the_server_ends);
    tcase_add_test(group, the_table_is_whole);
    tcase_add_test(group, bugs_name_clauses_that_exist);
    tcase_add_test(group, only_four_bugs_need_overlap_and_only_where_it_shows);
    tcase_add_test(group, small_commits_overtake_large_ones);
    suite_add_tcase(suite, group);
    return suite;
}
