/* SPDX-License-Identifier: MIT */
/* What the checkers say of clients.  Layer: tests. */
#include "tests/check/suites.h"

#define MILK UPDATE("title", "\"milk\"", "01")
#define EGGS UPDATE("title", "\"eggs\"", "02")

static void milk_to_bob(struct story *s)
{
    story_edit(s, s->alice, "title", "\"milk\"", 1);
    story_push(s,
               (struct push){s->alice, MILK, 200, NULL, 0, 1, .more = false});
    story_pull(s, (struct pull){s->bob, NULL, MILK, 0, 1, .more = false});
    story_pull(s, (struct pull){s->observer, NULL, MILK, 0, 3, .more = false});
}

START_TEST(client_that_was_told_and_forgot)
{
    struct story s;
    story_begin(&s);
    milk_to_bob(&s);
    story_holds(&s, s.alice, "title", "\"milk\"", 1);
    story_event(&s,
                (struct event){.kind = EV_STATE, .actor = s.bob, .number = 1});
    story_expect(&s, "convergence", "APPLY-3");
    story_end(&s);
}
END_TEST

START_TEST(client_that_forgot_after_a_crash)
{
    struct story s;
    story_begin(&s);
    milk_to_bob(&s);
    story_life(&s, s.bob, LIFE_CRASH);
    story_event(&s,
                (struct event){.kind = EV_STATE, .actor = s.bob, .number = 1});
    story_expect(&s, "convergence", "PULL-1");
    story_end(&s);
}
END_TEST

START_TEST(client_with_a_stamp_of_its_own)
{
    struct story s;
    story_begin(&s);
    milk_to_bob(&s);
    story_holds(&s, s.alice, "title", "\"milk\"", 1);
    story_holds(&s, s.bob, "title", "\"milk\"", 7);
    story_expect(&s, "convergence", "APPLY-5");
    story_end(&s);
}
END_TEST

START_TEST(clients_that_hold_different_values)
{
    struct story s;
    story_begin(&s);
    s.other_strategy = true; /* replicas are compared with each other only */
    milk_to_bob(&s);
    story_holds(&s, s.alice, "title", "\"milk\"", 1);
    story_holds(&s, s.bob, "title", "\"beer\"", 1);
    story_expect(&s, "convergence", "MERGE-5");
    story_end(&s);
}
END_TEST

START_TEST(edit_that_was_never_pushed)
{
    struct story s;
    story_begin(&s);
    story_edit(&s, s.alice, "title", "\"milk\"", 1);
    story_expect(&s, "queue", "QUEUE-1");
    story_end(&s);
}
END_TEST

START_TEST(edit_of_a_guest_or_of_a_wiped_device_is_excused)
{
    struct story s;
    story_begin(&s);
    story_edit(&s, s.alice, "title", "\"milk\"", 1);
    story_life(&s, s.alice, LIFE_WIPE);
    story_edit(&s, s.bob, "title", "\"eggs\"", 2);
    story_life(&s, s.bob, LIFE_SIGN_OUT);
    story_expect_clean(&s);
    story_end(&s);
}
END_TEST

START_TEST(edit_that_later_pushes_left_out)
{
    struct story s;
    story_begin(&s);
    story_edit(&s, s.alice, "title", "\"milk\"", 1);
    story_edit(&s, s.alice, "done", "true", 2);
    story_push(&s, (struct push){s.alice, UPDATE("done", "true", "02"), 200,
                                 NULL, 0, 1, .more = false});
    story_expect(&s, "queue", "QUEUE-2");
    story_end(&s);
}
END_TEST

START_TEST(push_of_something_nobody_wrote)
{
    struct story s;
    story_begin(&s);
    story_edit(&s, s.alice, "title", "\"milk\"", 1);
    story_push(&s, (struct push){s.alice, UPDATE("title", "\"milk\"", "05"),
                                 200, NULL, 0, 1, .more = false});
    story_expect(&s, "queue", "APPLY-5");
    story_end(&s);
}
END_TEST

START_TEST(rows_cleared_without_an_answer)
{
    struct story s;
    story_begin(&s);
    story_edit(&s, s.alice, "title", "\"milk\"", 1);
    story_push(&s, (struct push){s.alice, MILK, -1, NULL, 0, 1, .more = false});
    story_event(&s,
                (struct event){
                    .kind = EV_ACK, .actor = s.alice, .code = 1, .number = 1});
    story_expect(&s, "honesty", "QUEUE-3");
    story_end(&s);
}
END_TEST

START_TEST(synced_with_something_pending)
{
    struct story s;
    story_begin(&s);
    story_covers(&s, "STATUS-1");
    story_event(&s, (struct event){.kind = EV_STATUS,
                                   .actor = s.alice,
                                   .text = STR("synced"),
                                   .number = 1});
    story_expect(&s, "honesty", "STATUS-1");
    story_end(&s);
}
END_TEST

START_TEST(cursor_that_nobody_gave)
{
    struct story s;
    story_begin(&s);
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 5, .more = false});
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 6,
                                 .raw_since = "2026-03-27T11:00:05.500Z"});
    story_expect(&s, "cursors", "PULL-3");
    story_end(&s);
}
END_TEST

START_TEST(cursor_of_another_collection)
{
    struct story s;
    story_begin(&s);
    story_pull(&s, (struct pull){s.bob, "notes", "[]", 0, 5, .more = false});
    story_pull(&s, (struct pull){s.bob, "tasks", "[]", 5, 6, .more = false});
    story_expect(&s, "cursors", "PULL-3");
    story_end(&s);
}
END_TEST

START_TEST(page_that_was_not_followed)
{
    struct story s;
    story_begin(&s);
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 5, .more = true});
    story_expect(&s, "cursors", "PULL-2");
    story_end(&s);
}
END_TEST

/* Pulls from the first-sync cursor that bring nothing. */
static void pull_on(struct story *s, bool more, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        story_pull(s, (struct pull){s->bob, NULL, "[]", 0, 0, .more = more});
    }
}

START_TEST(page_that_never_advances_is_asked_for_in_a_loop)
{
    struct story s;
    story_begin(&s);
    pull_on(&s, true, 12);
    story_expect(&s, "progress", "PULL-2");
    story_end(&s);
}
END_TEST

/* A tail that asks for news while a first push is on its way. */
START_TEST(asking_for_news_until_there_is_a_page_is_no_loop)
{
    struct story s;
    story_begin(&s);
    pull_on(&s, false, 5);
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 5, .more = true});
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 5, 6, .more = false});
    story_expect_clean(&s);
    story_end(&s);
}
END_TEST

START_TEST(traffic_while_offline)
{
    struct story s;
    story_begin(&s);
    story_life(&s, s.bob, LIFE_OFFLINE);
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 5, .more = false});
    story_expect(&s, "progress", "CONN-1");
    story_end(&s);
}
END_TEST

START_TEST(stuck_is_told_with_its_queue)
{
    struct story s;
    story_begin(&s);
    story_event(&s, (struct event){.kind = EV_STUCK,
                                   .actor = s.bob,
                                   .number = 2,
                                   .text = STR("2 pending")});
    story_expect(&s, "progress", "QUEUE-1");
    story_end(&s);
}
END_TEST

START_TEST(retries_without_a_pause)
{
    struct story s;
    story_begin(&s);
    s.timers = true;
    for (int i = 0; i < 12; i++) {
        uint32_t id = story_pull(
            &s, (struct pull){s.bob, NULL, NULL, 0, 0, .status = 503});
        story_event(&s, (struct event){
                            .kind = EV_FAULT, .actor = s.bob, .exchange = id});
    }
    story_expect(&s, "progress", "QUEUE-4");
    story_end(&s);
}
END_TEST

START_TEST(read_that_went_back)
{
    struct story s;
    story_begin(&s);
    milk_to_bob(&s);
    story_reads(&s, s.bob, "title", "\"milk\"", 5);
    story_reads(&s, s.bob, "title", "\"milk\"", 1);
    story_holds(&s, s.alice, "title", "\"milk\"", 1);
    story_holds(&s, s.bob, "title", "\"milk\"", 1);
    story_expect(&s, "session", "APPLY-1");
    story_end(&s);
}
END_TEST

static void settle(struct story *s)
{
    story_event(s, (struct event){.kind = EV_PHASE, .text = STR("settle")});
}

START_TEST(reconnect_that_does_not_pull)
{
    for (int pulls = 0; pulls < 2; pulls++) {
        struct story s;
        story_begin(&s);
        story_life(&s, s.bob, LIFE_OFFLINE);
        story_life(&s, s.bob, LIFE_ONLINE);
        if (pulls) {
            story_pull(&s,
                       (struct pull){s.bob, NULL, "[]", 0, 1, .more = false});
        }
        settle(&s);
        if (pulls) {
            story_expect_clean(&s);
        } else {
            story_expect(&s, "progress", "CONN-1");
        }
        story_end(&s);
    }
}
END_TEST

START_TEST(refused_token_that_is_not_renewed)
{
    for (int again = 0; again < 2; again++) {
        struct story s;
        story_begin(&s);
        story_pull(&s, (struct pull){s.bob, NULL, NULL, 0, 0, .status = 401});
        if (again) {
            story_pull(&s,
                       (struct pull){s.bob, NULL, "[]", 0, 1, .more = false});
        }
        settle(&s);
        if (again) {
            story_expect_clean(&s);
        } else {
            story_expect(&s, "progress", "CONN-2");
        }
        story_end(&s);
    }
}
END_TEST

START_TEST(findings_of_one_kind_are_counted_not_repeated)
{
    struct story s;
    story_begin(&s);
    for (int i = 0; i < 9; i++) {
        story_pull(&s, (struct pull){s.bob, NULL, NULL, 0, 0, .status = 500});
    }
    story_judge(&s);
    size_t told = 0;
    for (size_t i = 0; i < s.result.verdict_count; i++) {
        told += str_is(s.result.verdicts[i].checker, "liveness");
    }
    ck_assert_uint_eq(told, 3);
    story_end(&s);
}
END_TEST

Suite *suite_client_checkers(void)
{
    Suite *suite = suite_create("client checkers");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, client_that_was_told_and_forgot);
    tcase_add_test(tcase, client_that_forgot_after_a_crash);
    tcase_add_test(tcase, client_with_a_stamp_of_its_own);
    tcase_add_test(tcase, clients_that_hold_different_values);
    tcase_add_test(tcase, edit_that_was_never_pushed);
    tcase_add_test(tcase, edit_of_a_guest_or_of_a_wiped_device_is_excused);
    tcase_add_test(tcase, edit_that_later_pushes_left_out);
    tcase_add_test(tcase, push_of_something_nobody_wrote);
    tcase_add_test(tcase, rows_cleared_without_an_answer);
    tcase_add_test(tcase, synced_with_something_pending);
    tcase_add_test(tcase, cursor_that_nobody_gave);
    tcase_add_test(tcase, cursor_of_another_collection);
    tcase_add_test(tcase, page_that_was_not_followed);
    tcase_add_test(tcase, page_that_never_advances_is_asked_for_in_a_loop);
    tcase_add_test(tcase, asking_for_news_until_there_is_a_page_is_no_loop);
    tcase_add_test(tcase, traffic_while_offline);
    tcase_add_test(tcase, stuck_is_told_with_its_queue);
    tcase_add_test(tcase, retries_without_a_pause);
    tcase_add_test(tcase, read_that_went_back);
    tcase_add_test(tcase, reconnect_that_does_not_pull);
    tcase_add_test(tcase, refused_token_that_is_not_renewed);
    tcase_add_test(tcase, findings_of_one_kind_are_counted_not_repeated);
    suite_add_tcase(suite, tcase);
    return suite;
}
