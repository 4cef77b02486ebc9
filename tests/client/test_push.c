/* SPDX-License-Identifier: MIT */
/* Pushing: what leaves, coalesced, and what an answer clears.
 * Layer: tests. */
#include "tests/client/rig.h"

#define LATER "2026-01-01T00:00:09.1234567Z"

static struct rig rig;

static void open_rig(void)
{
    rig_ready(&rig, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void push(void)
{
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
}

static const char *header(const char *name)
{
    struct str value = http_header_find(rig.request.http.headers,
                                        rig.request.http.header_count, name);
    return value.p ? arena_str(&rig.arena, value).p : "(absent)";
}

START_TEST(a_push_is_written_to_the_byte)
{
    rig_insert(&rig, "1", "title", "\"Milch \\\"1\\\"\"", NULL);
    push();
    ck_assert(str_is(rig.request.http.method, "POST"));
    ck_assert(str_is(rig.request.http.target, "/sync/to%20do"));
    CK_STR(header("Authorization"), "Bearer jwt");
    CK_STR(header("X-Client-Id"), "device-a");
    CK_STR(header("Content-Type"), "application/json");
    ck_assert(
        str_is(rig.request.http.body,
               "{\"clientId\":\"device-a\",\"appId\":\"to do\","
               "\"since\":\"2026-01-01T00:00:00.000000001Z\",\"changes\":[{"
               "\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\",\"data\":{"
               "\"createdAt\":\"2026-01-01T00:00:00.000Z\",\"deletedAt\":null,"
               "\"id\":\"1\",\"title\":\"Milch \\\"1\\\"\","
               "\"updatedAt\":\"2026-01-01T00:00:00.000Z\"}}]}"));
    ck_assert(str_is(rig.request.since, "2026-01-01T00:00:00.000000001Z"));
}
END_TEST

START_TEST(the_dialect_names_the_stamp)
{
    rig_close(&rig);
    rig_ready(&rig, &(struct rig_options){.dialect = "v1"});
    rig_insert(&rig, "1", "n", "1", NULL);
    push();
    rig_answer(&rig, "", LATER, false);
    rig_update(&rig, "1", "n", "2", NULL);
    push();
    ck_assert_ptr_nonnull(strstr(
        rig.request.http.body.p,
        "{\"n\":{\"value\":2,\"updatedAt\":\"2026-01-01T00:00:00.001Z\"}}"));
}
END_TEST

START_TEST(no_token_no_header)
{
    rig.token = "";
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    CK_STR(header("Authorization"), "(absent)");
    CK_STR(header("Content-Type"), "(absent)");
    CK_STR(header("X-Client-Id"), "device-a");
}
END_TEST

START_TEST(an_empty_queue_sends_nothing_and_is_fine)
{
    engine_push(rig.engine, rig.at);
    ck_assert(rig_quiet(&rig));
    ck_assert(!engine_busy(rig.engine));
    struct engine_outcome outcome = engine_outcome(rig.engine);
    ck_assert(outcome.any && outcome.ok && outcome.requests == 0);
}
END_TEST

START_TEST(insert_and_edits_go_as_insert_and_one_update)
{
    rig_insert(&rig, "1", "a", "1", "b", "1", NULL);
    rig_wait(&rig, 10);
    rig_update(&rig, "1", "a", "2", NULL);
    rig_wait(&rig, 10);
    rig_update(&rig, "1", "a", "3", "c", "3", NULL);
    push();
    struct changeset set = rig_pushed(&rig);
    CK_NUM(set.count, 2);
    CK_NUM(set.changes[0].op, OP_INSERT);
    ck_assert(str_is(rig_pushed_field(&rig, 0, "a")->value, "1"));
    ck_assert(str_is(rig_pushed_field(&rig, 0, "updatedAt")->value,
                     "\"2026-01-01T00:00:00.000Z\""));
    CK_NUM(set.changes[1].op, OP_UPDATE);
    CK_NUM(set.changes[1].field_count, 2);
    ck_assert(str_is(rig_pushed_field(&rig, 1, "a")->value, "3"));
    ck_assert(str_is(rig_pushed_field(&rig, 1, "c")->at_text,
                     "2026-01-01T00:00:00.020Z"));
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(each_field_keeps_its_own_stamp)
{
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\","
                   "\"data\":{\"a\":0,\"b\":0}}");
    rig_update(&rig, "1", "a", "1", NULL);
    rig_wait(&rig, 10);
    rig_update(&rig, "1", "b", "2", NULL);
    push();
    CK_NUM(rig_pushed(&rig).count, 1);
    ck_assert(str_is(rig_pushed_field(&rig, 0, "a")->at_text,
                     "2026-01-01T00:00:00.000Z"));
    ck_assert(str_is(rig_pushed_field(&rig, 0, "b")->at_text,
                     "2026-01-01T00:00:00.010Z"));
}
END_TEST

START_TEST(update_and_delete_go_in_that_order)
{
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\","
                   "\"data\":{\"a\":0}}");
    rig_update(&rig, "1", "a", "1", NULL);
    rig_wait(&rig, 10);
    rig_delete(&rig, "1");
    push();
    struct changeset set = rig_pushed(&rig);
    CK_NUM(set.count, 2);
    CK_NUM(set.changes[0].op, OP_UPDATE);
    CK_NUM(set.changes[0].field_count, 1);
    CK_NUM(set.changes[1].op, OP_DELETE);
    ck_assert(
        str_is(set.changes[1].deleted_at_text, "2026-01-01T00:00:00.010Z"));
}
END_TEST

START_TEST(insert_and_delete_send_both_facts)
{
    rig_insert(&rig, "1", "a", "1", NULL);
    rig_delete(&rig, "1");
    push();
    struct changeset set = rig_pushed(&rig);
    CK_NUM(set.count, 2);
    CK_NUM(set.changes[0].op, OP_INSERT);
    ck_assert(str_is(rig_pushed_field(&rig, 0, "deletedAt")->value, "null"));
    CK_NUM(set.changes[1].op, OP_DELETE);
}
END_TEST

START_TEST(an_undelete_is_an_update_to_null)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_answer(&rig, "", LATER, false);
    rig_delete(&rig, "1");
    rig_undelete(&rig, "1");
    push();
    struct changeset set = rig_pushed(&rig);
    CK_NUM(set.count, 1);
    CK_NUM(set.changes[0].op, OP_UPDATE);
    ck_assert(str_is(rig_pushed_field(&rig, 0, "deletedAt")->value, "null"));
    ck_assert(str_is(rig_pushed_field(&rig, 0, "deletedAt")->at_text,
                     "2026-01-01T00:00:00.002Z"));
}
END_TEST

START_TEST(records_leave_in_the_order_they_were_first_written)
{
    rig_insert(&rig, "b", NULL);
    rig_insert(&rig, "a", NULL);
    rig_update(&rig, "b", "n", "1", NULL);
    push();
    struct changeset set = rig_pushed(&rig);
    CK_NUM(set.count, 3);
    ck_assert(str_is(set.changes[0].id, "b"));
    ck_assert(str_is(set.changes[1].id, "b"));
    ck_assert(str_is(set.changes[2].id, "a"));
}
END_TEST

START_TEST(only_what_was_sent_is_cleared)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    rig_insert(&rig, "2", "n", "1", NULL);
    push();
    rig_update(&rig, "1", "n", "2", NULL);
    rig_insert(&rig, "3", NULL);
    rig_answer(&rig, "", LATER, false);
    ck_assert(!engine_busy(rig.engine)); /* the new rows are not this push's */
    CK_NUM(rig_pending(&rig), 2);
    const struct event *ack = rig_last_event(&rig, EV_ACK);
    CK_NUM(ack->number, 2);
    CK_NUM(ack->code, 2);
    push();
    CK_NUM(rig_pushed(&rig).count, 2);
    ck_assert(str_is(rig_pushed_field(&rig, 0, "n")->value, "2"));
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(a_lost_answer_is_sent_again_with_the_same_stamps)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    push();
    struct str first = rig.request.http.body;
    rig_lose(&rig, REPLY_TIMEOUT, FATE_UNKNOWN);
    CK_NUM(rig_pending(&rig), 1);
    CK_NUM(engine_outcome(rig.engine).kind, REPLY_TIMEOUT);
    CK_STR(engine_outcome(rig.engine).why.p, "push: timeout: by the test");
    rig_wait(&rig, 5000);
    push();
    ck_assert(str_eq(rig.request.http.body, first));
    rig_lose(&rig, REPLY_RESET, FATE_UNKNOWN);
    rig_update(&rig, "1", "m", "2", NULL);
    push();
    CK_NUM(rig_pushed(&rig).count, 2);
    ck_assert(str_is(rig_pushed_field(&rig, 0, "updatedAt")->value,
                     "\"2026-01-01T00:00:00.000Z\""));
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(an_answer_that_comes_twice_counts_once)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_answer(&rig, "", LATER, false);
    rig_insert(&rig, "2", NULL);
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_pending(&rig), 1);
}
END_TEST

START_TEST(the_delta_of_a_push_is_applied_and_moves_all_cursors)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_answer(&rig,
               "{\"table\":\"notes\",\"id\":\"n\",\"op\":\"insert\","
               "\"data\":{\"x\":1}}",
               LATER, false);
    ck_assert_ptr_nonnull(device_record(rig.device, STR("notes"), STR("n")));
    CK_STR(rig_cursor(&rig, "tasks"), LATER);
    CK_STR(rig_cursor(&rig, "notes"), LATER);
    ck_assert(rig_quiet(&rig));
}
END_TEST

START_TEST(a_delta_that_goes_on_is_pulled)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_answer(&rig, "", LATER, true);
    rig_take(&rig);
    CK_NUM(rig.request.kind, REQUEST_PULL);
    ck_assert(str_is(rig.request.since, LATER));
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_drain(&rig, LATER), 1);
}
END_TEST

START_TEST(a_push_asks_from_the_oldest_cursor_by_its_very_bytes)
{
    engine_pull(rig.engine, rig.at, STR("notes"));
    rig_take(&rig);
    rig_answer(&rig, "", "2026-01-01T01:00:00.50+01:00", false);
    rig_insert(&rig, "1", NULL);
    push();
    ck_assert(str_is(rig.request.since, "2026-01-01T00:00:00.000000001Z"));
    rig_answer(&rig, "", "2026-01-01T00:00:00.25Z", false);
    CK_STR(rig_cursor(&rig, "notes"), "2026-01-01T01:00:00.50+01:00");
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:00.25Z");
}
END_TEST

START_TEST(more_than_one_push_holds_follow_in_the_same_operation)
{
    rig_close(&rig);
    rig_ready(&rig, &(struct rig_options){.push_max = 3});
    for (int i = 0; i < 4; i++) {
        rig_insert(&rig, rig_format(&rig, "%d", i).p, "n", "0", NULL);
    }
    rig_update(&rig, "2", "n", "1", NULL);
    push();
    CK_NUM(rig_pushed(&rig).count, 2); /* the third record takes two */
    rig_insert(&rig, "late", NULL);
    rig_answer(&rig, "", LATER, false);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 3);
    rig_answer(&rig, "", LATER, false);
    ck_assert(!engine_busy(rig.engine));
    CK_NUM(rig_pending(&rig), 1);
    CK_NUM(engine_outcome(rig.engine).requests, 2);
}
END_TEST

START_TEST(one_record_goes_whole_even_over_the_maximum)
{
    rig_close(&rig);
    rig_ready(&rig, &(struct rig_options){.push_max = 1});
    rig_insert(&rig, "1", "n", "0", NULL);
    rig_update(&rig, "1", "n", "1", NULL);
    rig_delete(&rig, "1");
    rig_insert(&rig, "2", NULL);
    push();
    CK_NUM(rig_pushed(&rig).count, 3);
    rig_answer(&rig, "", LATER, false);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 1);
}
END_TEST

START_TEST(a_body_over_the_limit_is_halved_before_it_leaves)
{
    struct buf large;
    buf_init(&large, (size_t)4 << 20);
    buf_putc(&large, '"');
    for (size_t i = 0; i < (size_t)3 << 20; i++) {
        buf_putc(&large, 'x');
    }
    buf_putc(&large, '"');
    for (int i = 0; i < 4; i++) {
        rig_insert(&rig, rig_format(&rig, "%d", i).p, "t", large.p, NULL);
    }
    buf_free(&large);
    push();
    CK_NUM(rig.request.count, 2);
    ck_assert(rig.request.http.body.n < (size_t)10 << 20);
    rig_answer(&rig, "", LATER, false);
    rig_take(&rig);
    CK_NUM(rig.request.count, 2);
}
END_TEST

START_TEST(an_unreadable_answer_is_a_failure)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_reply(&rig, 200, "<html>", NULL);
    CK_NUM(rig_pending(&rig), 1);
    ck_assert(!engine_outcome(rig.engine).ok);
    CK_NUM(engine_outcome(rig.engine).status, 200);
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:00.000000001Z");
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
}
END_TEST

START_TEST(sync_pushes_and_then_pulls_in_order)
{
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    rig_take(&rig);
    CK_NUM(rig.request.kind, REQUEST_PUSH);
    ck_assert(rig_quiet(&rig));
    rig_answer(&rig, "", LATER, false);
    rig_take(&rig);
    ck_assert(str_is(rig.request.collection, "tasks"));
    rig_answer(&rig, "", LATER, false);
    rig_take(&rig);
    ck_assert(str_is(rig.request.collection, "notes"));
    rig_answer(&rig, "", LATER, false);
    CK_NUM(engine_outcome(rig.engine).requests, 3);
    CK_NUM(engine_status(rig.engine), SYNC_SYNCED);
}
END_TEST

START_TEST(asking_during_an_operation_makes_one_more_round)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_insert(&rig, "2", NULL);
    engine_push(rig.engine, rig.at);
    engine_push(rig.engine, rig.at);
    engine_pull(rig.engine, rig.at, STR("notes"));
    ck_assert(rig_quiet(&rig));
    rig_answer(&rig, "", LATER, false);
    ck_assert(engine_busy(rig.engine));
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 1);
    rig_answer(&rig, "", LATER, false);
    rig_take(&rig);
    ck_assert(str_is(rig.request.collection, "notes"));
    rig_answer(&rig, "", LATER, false);
    ck_assert(!engine_busy(rig.engine));
}
END_TEST

START_TEST(a_long_queue_leaves_in_ten_pushes)
{
    rig_close(&rig);
    rig_ready(&rig, &(struct rig_options){.push_max = 300});
    for (int i = 0; i < 3000; i++) {
        rig_insert(&rig, rig_format(&rig, "%d", i).p, NULL);
    }
    push();
    CK_NUM(rig.request.count, 300);
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_drain(&rig, LATER), 9);
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

Suite *suite_push(void)
{
    Suite *suite = suite_create("push");
    TCase *tests = tcase_create("push");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, a_push_is_written_to_the_byte);
    tcase_add_test(tests, the_dialect_names_the_stamp);
    tcase_add_test(tests, no_token_no_header);
    tcase_add_test(tests, an_empty_queue_sends_nothing_and_is_fine);
    tcase_add_test(tests, insert_and_edits_go_as_insert_and_one_update);
    tcase_add_test(tests, each_field_keeps_its_own_stamp);
    tcase_add_test(tests, update_and_delete_go_in_that_order);
    tcase_add_test(tests, insert_and_delete_send_both_facts);
    tcase_add_test(tests, an_undelete_is_an_update_to_null);
    tcase_add_test(tests, records_leave_in_the_order_they_were_first_written);
    tcase_add_test(tests, only_what_was_sent_is_cleared);
    tcase_add_test(tests, a_lost_answer_is_sent_again_with_the_same_stamps);
    tcase_add_test(tests, an_answer_that_comes_twice_counts_once);
    tcase_add_test(tests, the_delta_of_a_push_is_applied_and_moves_all_cursors);
    tcase_add_test(tests, a_delta_that_goes_on_is_pulled);
    tcase_add_test(tests, a_push_asks_from_the_oldest_cursor_by_its_very_bytes);
    tcase_add_test(tests,
                   more_than_one_push_holds_follow_in_the_same_operation);
    tcase_add_test(tests, one_record_goes_whole_even_over_the_maximum);
    tcase_add_test(tests, a_body_over_the_limit_is_halved_before_it_leaves);
    tcase_add_test(tests, an_unreadable_answer_is_a_failure);
    tcase_add_test(tests, sync_pushes_and_then_pulls_in_order);
    tcase_add_test(tests, asking_during_an_operation_makes_one_more_round);
    tcase_add_test(tests, a_long_queue_leaves_in_ten_pushes);
    suite_add_tcase(suite, tests);
    return suite;
}
