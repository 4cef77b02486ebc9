/* SPDX-License-Identifier: MIT */
/* What the server sends goes into the replica.  Layer: tests. */
#include "tests/client/rig.h"

#define INSERT_1                                                               \
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\",\"data\":{"           \
    "\"id\":\"1\",\"title\":\"a\",\"done\":false,"                             \
    "\"createdAt\":\"2026-01-01T00:00:00.000Z\","                              \
    "\"updatedAt\":\"2026-01-01T00:00:05.000Z\",\"deletedAt\":null}}"
#define UPDATE_1(value, at)                                                    \
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"         \
    "\"title\":{\"value\":" value ",\"at\":\"" at "\"}}}"
#define DELETE_1(at)                                                           \
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"delete\",\"deletedAt\":\"" at  \
    "\"}"

static struct rig rig;

static void open_rig(void)
{
    rig_ready(&rig, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

START_TEST(insert_stamps_every_member_with_updated_at)
{
    rig_feed(&rig, INSERT_1);
    CK_STR(rig_print(&rig.arena, rig.device),
           "tasks/1 createdAt=\"2026-01-01T00:00:00.000Z\"@"
           "2026-01-01T00:00:05Z deletedAt=null@2026-01-01T00:00:05Z "
           "done=false@2026-01-01T00:00:05Z title=\"a\"@2026-01-01T00:00:05Z"
           "\n\n");
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(insert_without_any_time_is_older_than_everything)
{
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\","
                   "\"data\":{\"title\":\"timeless\"}}");
    CK_STR(rig_value(&rig, "1", "title"), "\"timeless\"");
    rig_feed(&rig, UPDATE_1("\"b\"", "0001-01-01T00:00:00Z"));
    CK_STR(rig_value(&rig, "1", "title"), "\"b\"");
}
END_TEST

START_TEST(insert_with_created_at_alone_takes_that)
{
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\","
                   "\"data\":{\"title\":\"a\","
                   "\"createdAt\":\"2026-01-01T00:00:07Z\"}}");
    rig_feed(&rig, UPDATE_1("\"b\"", "2026-01-01T00:00:06.999Z"));
    CK_STR(rig_value(&rig, "1", "title"), "\"a\"");
}
END_TEST

START_TEST(insert_of_nothing_is_a_record)
{
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\","
                   "\"data\":{}}");
    ck_assert(rig_live(&rig, "1"));
}
END_TEST

START_TEST(update_before_its_insert_is_kept_and_insert_merges_under_it)
{
    rig_feed(&rig, UPDATE_1("\"late\"", "2026-01-01T00:00:06Z"));
    ck_assert(rig_live(&rig, "1"));
    CK_STR(rig_value(&rig, "1", "done"), "(absent)");
    rig_feed(&rig, INSERT_1);
    CK_STR(rig_value(&rig, "1", "title"), "\"late\"");
    CK_STR(rig_value(&rig, "1", "done"), "false");
}
END_TEST

START_TEST(delete_before_its_insert_is_kept)
{
    rig_feed(&rig, DELETE_1("2026-01-01T00:00:06Z"));
    rig_feed(&rig, INSERT_1);
    ck_assert(!rig_live(&rig, "1"));
    CK_STR(rig_value(&rig, "1", "deletedAt"), "\"2026-01-01T00:00:06.000Z\"");
}
END_TEST

START_TEST(older_edit_and_redelivered_insert_revive_nothing)
{
    rig_feed(&rig, INSERT_1 "," DELETE_1("2026-01-01T00:00:06Z"));
    rig_feed(&rig, UPDATE_1("\"x\"", "2026-01-01T00:00:07Z") "," INSERT_1);
    ck_assert(!rig_live(&rig, "1"));
    CK_STR(rig_value(&rig, "1", "title"), "\"x\"");
}
END_TEST

START_TEST(later_undelete_brings_it_back_and_an_older_one_does_not)
{
    rig_feed(&rig, INSERT_1 "," DELETE_1("2026-01-01T00:00:06Z"));
    rig_feed(&rig,
             "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"
             "\"deletedAt\":{\"value\":null,"
             "\"at\":\"2026-01-01T00:00:05.999Z\"}}}");
    ck_assert(!rig_live(&rig, "1"));
    rig_feed(&rig,
             "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"
             "\"deletedAt\":{\"value\":null,"
             "\"at\":\"2026-01-01T00:00:06.000000001Z\"}}}");
    ck_assert(rig_live(&rig, "1"));
}
END_TEST

START_TEST(redelivery_changes_nothing)
{
    rig_feed(&rig, INSERT_1 "," UPDATE_1("\"b\"", "2026-01-01T00:00:09Z"));
    const char *before = rig_print(&rig.arena, rig.device);
    rig_wait(&rig, 60000);
    rig_feed(&rig, UPDATE_1("\"b\"", "2026-01-01T00:00:09.000Z") "," INSERT_1);
    CK_STR(rig_print(&rig.arena, rig.device), before);
}
END_TEST

START_TEST(ties_end_equal_whatever_comes_first)
{
    rig_feed(&rig, UPDATE_1("\"b\"", "2026-01-01T00:00:09Z"));
    rig_feed(&rig, UPDATE_1("\"a\"", "2026-01-01T00:00:09.000Z"));
    CK_STR(rig_value(&rig, "1", "title"), "\"b\"");
    rig_feed(&rig, UPDATE_1("\"c\"", "2026-01-01T01:00:09+01:00"));
    CK_STR(rig_value(&rig, "1", "title"), "\"c\"");
}
END_TEST

START_TEST(malformed_and_foreign_changes_stop_nobody)
{
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"0\",\"op\":\"upsert\"},7,"
                   "{\"table\":\"aliens\",\"id\":\"1\",\"op\":\"insert\","
                   "\"data\":{\"x\":1}}," INSERT_1 ","
                   "{\"table\":\"notes\",\"id\":\"9\",\"op\":\"update\","
                   "\"fields\":{\"n\":{\"value\":1,\"updatedAt\":\"nope\"}}}");
    ck_assert(rig_live(&rig, "1"));
    size_t count;
    device_records(rig.device, &rig.arena, &count);
    CK_NUM(count, 1);
    CK_NUM(rig_events(&rig, EV_APPLY), 1);
    ck_assert(engine_outcome(rig.engine).ok);
}
END_TEST

START_TEST(changes_that_say_nothing_make_no_record)
{
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\","
                   "\"fields\":{}},"
                   "{\"table\":\"tasks\",\"id\":\"2\",\"op\":\"delete\"}");
    size_t count;
    device_records(rig.device, &rig.arena, &count);
    CK_NUM(count, 0);
}
END_TEST

START_TEST(applied_changes_are_told_to_the_history)
{
    rig_feed(&rig, INSERT_1 "," DELETE_1("2026-01-01T00:00:06Z"));
    const struct event *event = rig_last_event(&rig, EV_APPLY);
    CK_NUM(event->as.op, OP_DELETE);
    CK_NUM(event->code, 0);
    ck_assert(str_is(event->collection, "tasks"));
    ck_assert(str_is(event->id, "1"));
    CK_NUM(rig_events(&rig, EV_APPLY), 2);
}
END_TEST

START_TEST(pending_local_value_yields_to_newer_and_not_to_older)
{
    rig_insert(&rig, "1", "title", "\"mine\"", NULL); /* at T0 */
    rig_feed(&rig, UPDATE_1("\"older\"", "2025-12-31T23:59:59.999999999Z"));
    CK_STR(rig_value(&rig, "1", "title"), "\"mine\"");
    rig_feed(&rig, UPDATE_1("\"newer\"", "2026-01-01T00:00:00.000000001Z"));
    CK_STR(rig_value(&rig, "1", "title"), "\"newer\"");
    CK_NUM(rig_pending(&rig), 1);
}
END_TEST

START_TEST(many_records_are_found_again)
{
    struct buf changes;
    buf_init(&changes, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        buf_printf(&changes,
                   "%s{\"table\":\"tasks\",\"id\":\"r%d\",\"op\":\"insert\","
                   "\"data\":{\"n\":%d}}",
                   i ? "," : "", i, i);
    }
    rig_feed(&rig, buf_view(&changes).p);
    buf_free(&changes);
    size_t count;
    const struct record *const *records =
        device_records(rig.device, &rig.arena, &count);
    CK_NUM(count, 1000);
    ck_assert(str_is(records[0]->id, "r0"));
    ck_assert(str_is(records[999]->id, "r999"));
    ck_assert(str_is(records[2]->id, "r10"));
    CK_STR(rig_value(&rig, "r777", "n"), "777");
    CK_STR(rig_value(&rig, "r1000", "n"), "(none)");
}
END_TEST

Suite *suite_apply(void)
{
    Suite *suite = suite_create("apply");
    TCase *tests = tcase_create("apply");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, insert_stamps_every_member_with_updated_at);
    tcase_add_test(tests, insert_without_any_time_is_older_than_everything);
    tcase_add_test(tests, insert_with_created_at_alone_takes_that);
    tcase_add_test(tests, insert_of_nothing_is_a_record);
    tcase_add_test(tests,
                   update_before_its_insert_is_kept_and_insert_merges_under_it);
    tcase_add_test(tests, delete_before_its_insert_is_kept);
    tcase_add_test(tests, older_edit_and_redelivered_insert_revive_nothing);
    tcase_add_test(tests,
                   later_undelete_brings_it_back_and_an_older_one_does_not);
    tcase_add_test(tests, redelivery_changes_nothing);
    tcase_add_test(tests, ties_end_equal_whatever_comes_first);
    tcase_add_test(tests, malformed_and_foreign_changes_stop_nobody);
    tcase_add_test(tests, changes_that_say_nothing_make_no_record);
    tcase_add_test(tests, applied_changes_are_told_to_the_history);
    tcase_add_test(tests, pending_local_value_yields_to_newer_and_not_to_older);
    tcase_add_test(tests, many_records_are_found_again);
    suite_add_tcase(suite, tests);
    return suite;
}
