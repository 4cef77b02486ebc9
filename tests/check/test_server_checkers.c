/* SPDX-License-Identifier: MIT */
/* What the checkers say of servers: each fault is seen, a sound one is not
 * accused.  Layer: tests. */
#include "tests/check/suites.h"

#define MILK UPDATE("title", "\"milk\"", "01")
#define EGGS UPDATE("title", "\"eggs\"", "02")

/* alice writes milk, bob eggs; everybody ends with eggs. */
static void play_sound(struct story *s)
{
    story_edit(s, s->alice, "title", "\"milk\"", 1);
    story_push(s,
               (struct push){s->alice, MILK, 200, NULL, 0, 1, .more = false});
    story_pull(s, (struct pull){s->bob, NULL, MILK, 0, 1, .more = false});
    story_edit(s, s->bob, "title", "\"eggs\"", 2);
    story_push(s, (struct push){s->bob, EGGS, 200, NULL, 1, 2, .more = false});
    story_pull(s, (struct pull){s->alice, NULL, EGGS, 1, 2, .more = false});
}

static void end_with(struct story *s, const char *served)
{
    story_pull(s,
               (struct pull){s->observer, NULL, served, 0, 3, .more = false});
    story_holds(s, s->alice, "title", "\"eggs\"", 2);
    story_holds(s, s->bob, "title", "\"eggs\"", 2);
}

START_TEST(sound_run_is_clean)
{
    struct story s;
    story_begin(&s);
    play_sound(&s);
    end_with(&s, EGGS);
    story_expect_clean(&s);
    story_end(&s);
}
END_TEST

START_TEST(acknowledged_write_that_nobody_gets_is_lost)
{
    struct story s;
    story_begin(&s);
    story_push(
        &s, (struct push){s.alice, MILK, 200, NULL, 0, 1, .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.observer, NULL, "[]", 0, 3, .more = false});
    story_expect(&s, "oracle", "PUSH-2");
    story_end(&s);
}
END_TEST

START_TEST(what_the_observer_could_not_read_is_unknown)
{
    struct story s;
    story_begin(&s);
    story_push(
        &s, (struct push){s.alice, MILK, 200, NULL, 0, 1, .kind = REQUEST_RAW});
    uint32_t id = story_pull(
        &s, (struct pull){s.observer, NULL, NULL, 0, 0, .status = 503});
    story_event(&s, (struct event){
                        .kind = EV_FAULT, .actor = s.observer, .exchange = id});
    story_judge(&s);
    ck_assert_int_eq(s.result.outcome, OUT_UNKNOWN);
    ck_assert_uint_eq(s.result.verdict_count, 1);
    story_end(&s);
}
END_TEST

START_TEST(older_write_served_as_the_winner)
{
    struct story s;
    story_begin(&s);
    play_sound(&s);
    end_with(&s, MILK);
    story_expect(&s, "oracle", "MERGE-2");
    story_end(&s);
}
END_TEST

START_TEST(tie_resolved_to_the_smaller_value)
{
    struct story s;
    story_begin(&s);
    story_push(&s, (struct push){s.alice, UPDATE("title", "\"a\"", "01"), 200,
                                 NULL, 0, 1, .kind = REQUEST_RAW});
    story_push(&s, (struct push){s.bob, UPDATE("title", "\"b\"", "01"), 200,
                                 NULL, 0, 2, .kind = REQUEST_RAW});
    story_pull(&s,
               (struct pull){s.observer, NULL, UPDATE("title", "\"a\"", "01"),
                             0, 3, .more = false});
    story_expect(&s, "oracle", "MERGE-3");
    story_end(&s);
}
END_TEST

START_TEST(stamp_changed_on_the_way)
{
    struct story s;
    story_begin(&s);
    story_push(
        &s, (struct push){s.alice, MILK, 200, NULL, 0, 1, .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.observer, NULL,
                                 UPDATE("title", "\"milk\"", "09"), 0, 3,
                                 .more = false});
    story_expect(&s, "oracle", "FID-6");
    story_end(&s);
}
END_TEST

START_TEST(refused_push_must_not_be_seen)
{
    struct story s;
    story_begin(&s);
    story_push(
        &s, (struct push){s.alice, MILK, 400, NULL, 0, 1, .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.observer, NULL, MILK, 0, 3, .more = false});
    story_expect(&s, "atomicity", "PUSH-3");
    story_end(&s);
}
END_TEST

START_TEST(unknown_push_may_appear_or_not)
{
    for (int seen = 0; seen < 2; seen++) {
        struct story s;
        story_begin(&s);
        uint32_t id = story_push(&s, (struct push){s.alice, MILK, -1, NULL, 0,
                                                   1, .kind = REQUEST_RAW});
        story_event(
            &s,
            (struct event){.kind = EV_FAULT, .actor = s.alice, .exchange = id});
        story_pull(&s, (struct pull){s.observer, NULL, seen ? MILK : "[]", 0, 3,
                                     .more = false});
        story_expect_clean(&s);
        story_end(&s);
    }
}
END_TEST

START_TEST(push_that_never_arrived_must_not_be_seen)
{
    struct story s;
    story_begin(&s);
    story_push(
        &s, (struct push){s.alice, MILK, -2, NULL, 0, 1, .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.observer, NULL, MILK, 0, 3, .more = false});
    story_judge(&s);
    ck_assert(s.result.verdict_count > 0);
    story_end(&s);
}
END_TEST

START_TEST(half_of_an_unknown_push)
{
    struct story s;
    story_begin(&s);
    story_push(&s, (struct push){
                       s.alice,
                       "[{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\","
                       "\"fields\":{\"a\":{\"value\":1,"
                       "\"at\":\"2026-03-27T10:00:01Z\"}}},"
                       "{\"table\":\"tasks\",\"id\":\"2\",\"op\":\"update\","
                       "\"fields\":{\"a\":{\"value\":2,"
                       "\"at\":\"2026-03-27T10:00:01Z\"}}}]",
                       -1, NULL, 0, 1, .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.observer, NULL, UPDATE("a", "1", "01"), 0, 3,
                                 .more = false});
    story_expect(&s, "atomicity", "PUSH-3");
    story_end(&s);
}
END_TEST

START_TEST(another_users_data_is_a_leak)
{
    struct story s;
    story_begin(&s);
    story_push(&s, (struct push){s.stranger, MILK, 200, NULL, 0, 1,
                                 .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.bob, NULL, MILK, 0, 2, .more = false});
    story_expect(&s, "tenancy", "ISO-1");
    story_end(&s);
}
END_TEST

START_TEST(record_of_nobody)
{
    struct story s;
    story_begin(&s);
    story_push(
        &s, (struct push){s.alice, "[]", 200, NULL, 0, 1, .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.bob, NULL, MILK, 0, 2, .more = false});
    story_expect(&s, "tenancy", "PUSH-2");
    story_end(&s);
}
END_TEST

/* It took a body that is no changeset: who knows what it found there? */
START_TEST(record_of_a_body_that_cannot_be_read)
{
    for (int taken = 0; taken < 2; taken++) {
        struct story s;
        story_begin(&s);
        story_push(&s,
                   (struct push){s.alice, "[]", taken ? 200 : 400, NULL, 0, 1,
                                 .kind = REQUEST_RAW, .unreadable = true});
        story_pull(&s, (struct pull){s.bob, NULL, MILK, 0, 2, .more = false});
        if (taken) {
            story_expect_clean(&s);
        } else {
            story_expect(&s, "tenancy", "PUSH-2");
        }
        story_end(&s);
    }
}
END_TEST

START_TEST(another_collection_in_a_pull)
{
    struct story s;
    story_begin(&s);
    story_push(
        &s, (struct push){s.alice, MILK, 200, NULL, 0, 1, .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.bob, "notes", MILK, 0, 2, .more = false});
    story_expect(&s, "tenancy", "ISO-2");
    story_end(&s);
}
END_TEST

START_TEST(value_changed_on_the_way)
{
    struct story s;
    story_begin(&s);
    story_push(&s, (struct push){s.alice, UPDATE("n", "9007199254740993", "01"),
                                 200, NULL, 0, 1, .kind = REQUEST_RAW});
    story_pull(&s, (struct pull){s.observer, NULL,
                                 UPDATE("n", "9007199254740992", "01"), 0, 3,
                                 .more = false});
    story_expect(&s, "tenancy", "FID-2");
    story_end(&s);
}
END_TEST

START_TEST(cursor_that_covers_what_was_not_delivered)
{
    struct story s;
    story_begin(&s);
    story_edit(&s, s.alice, "title", "\"milk\"", 1);
    story_push(&s,
               (struct push){s.alice, MILK, 200, NULL, 0, 1, .more = false});
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 2, .more = false});
    story_pull(&s, (struct pull){s.observer, NULL, MILK, 0, 3, .more = false});
    story_holds(&s, s.alice, "title", "\"milk\"", 1);
    story_event(&s,
                (struct event){.kind = EV_STATE, .actor = s.bob, .number = 1});
    story_expect(&s, "delivery", "CURSOR-1");
    story_end(&s);
}
END_TEST

START_TEST(cursor_given_while_a_push_was_on_its_way)
{
    struct story s;
    story_begin(&s);
    story_edit(&s, s.alice, "title", "\"milk\"", 1);
    /* bob's pull lies inside alice's push, and its cursor covers it. */
    uint32_t push =
        story_push(&s, (struct push){s.alice, MILK, 0, .more = false});
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 2, .more = false});
    struct event ack = {.kind = EV_REPLY,
                        .actor = s.alice,
                        .exchange = push,
                        .code = 200,
                        .fate = FATE_ANSWERED};
    ack.as.reply_kind = REPLY_ANSWER;
    story_event(&s, ack);
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 2, 3, .more = false});
    story_pull(&s, (struct pull){s.observer, NULL, MILK, 0, 4, .more = false});
    story_event(&s,
                (struct event){.kind = EV_STATE, .actor = s.bob, .number = 1});
    story_expect(&s, "delivery", "CURSOR-2");
    story_end(&s);
}
END_TEST

#define SET(value, second)                                                     \
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{\"n\":{"  \
    "\"value\":" value ",\"at\":\"2026-03-27T10:00:" second ".000Z\"}}}"

START_TEST(changes_of_a_record_out_of_order)
{
    for (int swapped = 0; swapped < 2; swapped++) {
        struct story s;
        story_begin(&s);
        story_push(&s, (struct push){s.alice,
                                     "[" SET("1", "01") "," SET("2", "02") "]",
                                     200, NULL, 0, 1, .kind = REQUEST_RAW});
        story_pull(&s, (struct pull){
                           s.observer, NULL,
                           swapped ? "[" SET("2", "02") "," SET("1", "01") "]"
                                   : "[" SET("1", "01") "," SET("2", "02") "]",
                           0, 3, .more = false});
        if (swapped) {
            story_expect(&s, "order", "PUSH-6");
        } else {
            story_expect_clean(&s);
        }
        story_end(&s);
    }
}
END_TEST

START_TEST(cursor_that_goes_back)
{
    struct story s;
    story_begin(&s);
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 5, .more = false});
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 5, 4, .more = false});
    story_expect(&s, "cursors", "CURSOR-3");
    story_end(&s);
}
END_TEST

START_TEST(page_that_does_not_advance)
{
    struct story s;
    story_begin(&s);
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 0, 5, .more = false});
    story_pull(&s, (struct pull){s.bob, NULL, "[]", 5, 5, .more = true});
    story_expect(&s, "pages", "CURSOR-5");
    story_end(&s);
}
END_TEST

START_TEST(delivered_twice_counts_only_where_covered)
{
    for (int covered = 0; covered < 2; covered++) {
        struct story s;
        story_begin(&s);
        if (covered) {
            story_covers(&s, "PUSH-5");
        }
        story_push(&s, (struct push){s.alice, MILK, 200, NULL, 0, 1,
                                     .kind = REQUEST_RAW});
        story_pull(&s,
                   (struct pull){s.observer, NULL, MILK, 0, 3, .more = true});
        story_pull(&s,
                   (struct pull){s.observer, NULL, MILK, 3, 4, .more = false});
        if (covered) {
            story_expect(&s, "idempotence", "PUSH-5");
        } else {
            story_expect_clean(&s);
        }
        story_end(&s);
    }
}
END_TEST

#define ONE SET("1", "01")
#define TWO SET("2", "02")

/* Everything twice, or only what was sent twice, or that one more often.  What
 * the network may have doubled was not sent once. */
START_TEST(what_was_sent_once_is_the_measure)
{
    static const struct {
        const char *answer;
        bool accused, faulted;
    } rows[] = {
        {"[" ONE "," TWO "]", false, false},
        {"[" ONE "," TWO "," ONE "]", true, false},
        {"[" ONE "," ONE "," TWO "," TWO "]", false, false},
        {"[" ONE "," ONE "," TWO "," TWO "," ONE "]", true, false},
        {"[" ONE "," ONE "," TWO "," TWO "]", true, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct story s;
        story_begin(&s);
        story_covers(&s, "PUSH-5");
        story_push(&s, (struct push){s.alice, "[" ONE "]", 200, NULL, 0, 1,
                                     .kind = REQUEST_RAW});
        uint32_t id =
            story_push(&s, (struct push){s.alice, "[" ONE "," TWO "]", 200,
                                         NULL, 0, 2, .kind = REQUEST_RAW});
        if (rows[i].faulted) {
            story_event(&s, (struct event){.kind = EV_FAULT,
                                           .actor = s.alice,
                                           .exchange = id});
        }
        story_pull(&s, (struct pull){s.observer, NULL, rows[i].answer, 0, 3,
                                     .more = false});
        if (rows[i].accused) {
            story_expect(&s, "idempotence", "PUSH-5");
        } else {
            story_expect_clean(&s);
        }
        story_end(&s);
    }
}
END_TEST

START_TEST(server_error_without_a_cause)
{
    struct story s;
    story_begin(&s);
    story_pull(&s, (struct pull){s.bob, NULL, NULL, 0, 0, .status = 500});
    story_expect(&s, "liveness", "VALID-17");
    story_end(&s);
}
END_TEST

START_TEST(injected_server_error_is_nobodys_fault)
{
    struct story s;
    story_begin(&s);
    uint32_t id =
        story_pull(&s, (struct pull){s.bob, NULL, NULL, 0, 0, .status = 500});
    story_event(
        &s, (struct event){.kind = EV_FAULT, .actor = s.bob, .exchange = id});
    story_expect_clean(&s);
    story_end(&s);
}
END_TEST

Suite *suite_server_checkers(void)
{
    Suite *suite = suite_create("server checkers");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, sound_run_is_clean);
    tcase_add_test(tcase, acknowledged_write_that_nobody_gets_is_lost);
    tcase_add_test(tcase, what_the_observer_could_not_read_is_unknown);
    tcase_add_test(tcase, older_write_served_as_the_winner);
    tcase_add_test(tcase, tie_resolved_to_the_smaller_value);
    tcase_add_test(tcase, stamp_changed_on_the_way);
    tcase_add_test(tcase, refused_push_must_not_be_seen);
    tcase_add_test(tcase, unknown_push_may_appear_or_not);
    tcase_add_test(tcase, push_that_never_arrived_must_not_be_seen);
    tcase_add_test(tcase, half_of_an_unknown_push);
    tcase_add_test(tcase, another_users_data_is_a_leak);
    tcase_add_test(tcase, record_of_nobody);
    tcase_add_test(tcase, record_of_a_body_that_cannot_be_read);
    tcase_add_test(tcase, another_collection_in_a_pull);
    tcase_add_test(tcase, value_changed_on_the_way);
    tcase_add_test(tcase, cursor_that_covers_what_was_not_delivered);
    tcase_add_test(tcase, cursor_given_while_a_push_was_on_its_way);
    tcase_add_test(tcase, changes_of_a_record_out_of_order);
    tcase_add_test(tcase, cursor_that_goes_back);
    tcase_add_test(tcase, page_that_does_not_advance);
    tcase_add_test(tcase, delivered_twice_counts_only_where_covered);
    tcase_add_test(tcase, what_was_sent_once_is_the_measure);
    tcase_add_test(tcase, server_error_without_a_cause);
    tcase_add_test(tcase, injected_server_error_is_nobodys_fault);
    suite_add_tcase(suite, tcase);
    return suite;
}
