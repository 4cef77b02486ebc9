/* SPDX-License-Identifier: MIT */
/* What the checkers say of live channels: each fault is seen, and a sound
 * server or client is not accused.  Layer: tests. */
#include "tests/check/live_story.h"
#include "tests/check/suites.h"

#define MILK  UPDATE("title", "\"milk\"", "01")
#define EGGS  UPDATE("title", "\"eggs\"", "02")
#define STALE UPDATE("title", "\"old\"", "00")

static struct story s;

static void setup(void)
{
    story_begin(&s);
}

static void teardown(void)
{
    story_end(&s);
}

START_TEST(a_notice_and_a_pull_are_clean)
{
    uint32_t channel = live_listen(&s, MILK);
    live_notice(&s, s.bob, channel, "tasks", NULL);
    live_pull(&s, s.bob, MILK, 1, 2);
    live_passes(&s, 5000);
    live_end(&s, MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_commit_that_wakes_nobody)
{
    live_listen(&s, MILK);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect(&s, "notices", "WS-5");
}
END_TEST

START_TEST(a_commit_just_before_the_end_need_not_wake)
{
    live_listen(&s, MILK);
    live_passes(&s, 1900);
    live_end(&s, MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_channel_that_the_script_disturbed_is_excused)
{
    uint32_t channel = live_listen(&s, MILK);
    live_fault(&s, s.bob, channel);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_channel_that_does_not_listen_yet_is_excused)
{
    uint32_t channel = live_open(&s, s.bob, LIVE_APP_SOCKET, "/ws/app");
    live_event(&s, s.bob, channel, EV_OPENED);
    live_push(&s, s.alice, MILK);
    live_event(&s, s.bob, channel, EV_LISTENS);
    live_pull(&s, s.bob, MILK, 0, 1);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_repetition_and_a_stale_write_need_not_wake)
{
    uint32_t channel = live_listen(&s, MILK);
    live_notice(&s, s.bob, channel, "tasks", NULL);
    live_pull(&s, s.bob, MILK, 1, 2);
    live_push(&s, s.alice, MILK);
    live_push(&s, s.alice, STALE);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(another_app_is_not_woken)
{
    uint32_t channel = live_open(&s, s.bob, LIVE_APP_SOCKET, "/ws/other");
    live_event(&s, s.bob, channel, EV_OPENED);
    live_event(&s, s.bob, channel, EV_LISTENS);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_push(&s, s.alice, MILK);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(the_unified_socket_is_woken_for_every_app)
{
    uint32_t channel = live_open(&s, s.bob, LIVE_ALL_SOCKET, "/ws");
    live_event(&s, s.bob, channel, EV_OPENED);
    live_event(&s, s.bob, channel, EV_LISTENS);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_push(&s, s.alice, MILK);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect(&s, "notices", "WS-5");
}
END_TEST

START_TEST(a_notice_of_a_stranger_s_push)
{
    uint32_t channel = live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_push(&s, s.stranger, MILK);
    live_notice(&s, s.bob, channel, "tasks", NULL);
    live_pull(&s, s.bob, "[]", 1, 2);
    live_phases(&s);
    story_expect(&s, "notices", "WS-7");
}
END_TEST

START_TEST(a_notice_of_an_app_that_nobody_here_has_is_somebody_else_s)
{
    uint32_t channel = live_open(&s, s.bob, LIVE_ALL_SOCKET, "/ws");
    live_event(&s, s.bob, channel, EV_OPENED);
    live_event(&s, s.bob, channel, EV_LISTENS);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_notice(&s, s.bob, channel, "tasks", "app-of-another-run");
    live_phases(&s);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_notice_of_the_own_push_where_that_is_covered)
{
    uint32_t channel = live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_push(&s, s.bob, MILK);
    live_notice(&s, s.bob, channel, "tasks", NULL);
    live_pull(&s, s.bob, "[]", 1, 2);
    live_end(&s, MILK);
    story_expect_clean(&s);
    s.result = (struct run_result){0};
    story_covers(&s, "WS-8");
    story_expect(&s, "notices", "WS-8");
}
END_TEST

/* The notice comes while the push is under way. */
static void early_notice(const char *found)
{
    uint32_t channel = live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    uint32_t id = story_push(
        &s, (struct push){s.alice, MILK, 0, NULL, 0, 1, .kind = REQUEST_RAW});
    live_notice(&s, s.bob, channel, "tasks", NULL);
    live_pull(&s, s.bob, found, 1, 2);
    struct event reply = {.kind = EV_REPLY,
                          .actor = s.alice,
                          .exchange = id,
                          .code = 200,
                          .body = STR("{}")};
    story_event(&s, reply);
    live_end(&s, MILK);
}

START_TEST(a_notice_before_its_data)
{
    early_notice("[]");
    story_expect(&s, "notices", "WS-6");
}
END_TEST

START_TEST(a_notice_before_the_answer_is_no_fault)
{
    early_notice(MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_late_notice_of_an_earlier_push_is_no_early_one)
{
    uint32_t channel = live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_push(&s, s.alice, MILK);
    uint32_t id = story_push(
        &s, (struct push){s.alice, EGGS, 0, NULL, 0, 1, .kind = REQUEST_RAW});
    live_notice(&s, s.bob, channel, "tasks", NULL); /* of milk */
    live_pull(&s, s.bob, MILK, 1, 2);
    struct event reply = {.kind = EV_REPLY,
                          .actor = s.alice,
                          .exchange = id,
                          .code = 200,
                          .body = STR("{}")};
    story_event(&s, reply);
    live_notice(&s, s.bob, channel, "tasks", NULL);
    live_pull(&s, s.bob, EGGS, 2, 3);
    live_end(&s, EGGS);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_socket_that_the_server_closes)
{
    uint32_t channel = live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_shut(&s, s.bob, channel, 0, 1006);
    live_phases(&s);
    story_expect(&s, "notices", "WS-1");
}
END_TEST

START_TEST(a_socket_that_is_closed_for_a_reason)
{
    static const int codes[] = {1001, 1008, 1012, 1013};
    for (size_t i = 0; i < 4; i++) {
        uint32_t channel = live_socket(&s, s.bob);
        live_pull(&s, s.bob, "[]", 0, 1);
        live_shut(&s, s.bob, channel, 0, codes[i]);
        live_passes(&s, 6000);
    }
    live_phases(&s);
    story_expect_clean(&s);
}
END_TEST

/* ---- streams ---- */

/* A socket without a word, for so long. */
static uint32_t nobody_s(int64_t ms)
{
    uint32_t channel = live_open(&s, s.bob, LIVE_APP_SOCKET, "/ws/app");
    live_event(&s, s.bob, channel, EV_OPENED);
    live_passes(&s, ms);
    return channel;
}

START_TEST(a_socket_that_nobody_owns_where_that_is_covered)
{
    nobody_s(16000);
    live_phases(&s);
    story_expect_clean(&s);
    s.result = (struct run_result){0};
    story_covers(&s, "WS-4");
    story_expect(&s, "notices", "WS-4");
}
END_TEST

START_TEST(a_socket_that_nobody_owns_is_closed_in_time)
{
    story_covers(&s, "WS-4");
    live_shut(&s, s.bob, nobody_s(15400), 0, 1008);
    live_passes(&s, 5000);
    live_phases(&s);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_socket_on_which_something_was_said_may_stay)
{
    story_covers(&s, "WS-4");
    uint32_t channel = nobody_s(100);
    live_event(&s, s.bob, channel, EV_SAY);
    live_event(&s, s.bob, channel, EV_LISTENS);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_passes(&s, 30000);
    live_phases(&s);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_stream_that_brings_all_is_clean)
{
    live_push(&s, s.alice, MILK);
    uint32_t channel = live_stream(&s, s.bob, 0);
    live_changes(&s, (struct changes){s.bob, channel, NULL, MILK, 0, 1, false});
    live_push(&s, s.alice, EGGS);
    live_changes(&s, (struct changes){s.bob, channel, NULL, EGGS, 1, 2, false});
    live_passes(&s, 5000);
    live_end(&s, EGGS);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_backlog_that_does_not_come)
{
    live_push(&s, s.alice, MILK);
    live_stream(&s, s.bob, 0);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect(&s, "streams", "SSE-2");
}
END_TEST

START_TEST(a_live_change_that_does_not_come)
{
    live_stream(&s, s.bob, 0);
    live_push(&s, s.alice, MILK);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect(&s, "streams", "SSE-3");
}
END_TEST

START_TEST(a_stream_in_the_middle_of_its_pages_is_not_accused)
{
    live_push(&s, s.alice, MILK);
    live_push(&s, s.alice, UPDATE("done", "true", "03"));
    uint32_t channel = live_stream(&s, s.bob, 0);
    live_changes(&s, (struct changes){s.bob, channel, NULL, MILK, 0, 1, true});
    live_passes(&s, 2500);
    live_end(&s, "[]");
    story_judge(&s);
    ck_assert_ptr_null(story_verdict(&s, "streams"));
}
END_TEST

START_TEST(a_stream_that_ends_in_the_middle_of_its_pages)
{
    live_push(&s, s.alice, MILK);
    live_push(&s, s.alice, UPDATE("done", "true", "03"));
    uint32_t channel = live_stream(&s, s.bob, 0);
    live_changes(&s, (struct changes){s.bob, channel, NULL, MILK, 0, 1, true});
    live_passes(&s, 12500);
    live_end(&s, "[]");
    story_expect(&s, "streams", "SSE-2");
}
END_TEST

START_TEST(a_resumed_stream_owes_what_came_after_its_cursor)
{
    live_push(&s, s.alice, MILK);
    live_pull(&s, s.bob, MILK, 0, 1);
    live_push(&s, s.alice, EGGS);
    live_stream(&s, s.bob, 1);
    live_passes(&s, 2500);
    live_end(&s, EGGS);
    story_expect(&s, "streams", "SSE-5");
}
END_TEST

START_TEST(a_resumed_stream_owes_nothing_of_before_its_cursor)
{
    live_push(&s, s.alice, MILK);
    live_pull(&s, s.bob, MILK, 0, 1);
    story_event(&s, (struct event){.kind = EV_CURSOR,
                                   .actor = s.bob,
                                   .collection = STR("tasks"),
                                   .text = STR("2026-03-27T11:00:01.5Z")});
    live_stream(&s, s.bob, 1);
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_reader_that_went_on_is_owed_everything)
{
    uint32_t channel = live_stream(&s, s.bob, 0);
    story_event(&s, (struct event){.kind = EV_PAUSE,
                                   .actor = s.bob,
                                   .exchange = channel,
                                   .number = 1});
    live_push(&s, s.alice, MILK);
    live_passes(&s, 5000);
    story_event(&s, (struct event){
                        .kind = EV_PAUSE, .actor = s.bob, .exchange = channel});
    live_passes(&s, 2500);
    live_end(&s, MILK);
    story_expect(&s, "streams", "SSE-7");
}
END_TEST

START_TEST(a_reader_that_stopped_is_owed_nothing)
{
    uint32_t channel = live_stream(&s, s.bob, 0);
    story_event(&s, (struct event){.kind = EV_PAUSE,
                                   .actor = s.bob,
                                   .exchange = channel,
                                   .number = 1});
    live_push(&s, s.alice, MILK);
    live_passes(&s, 5000);
    live_end(&s, MILK);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_collection_that_nobody_asked_for)
{
    uint32_t channel = live_stream(&s, s.bob, 0);
    live_changes(&s,
                 (struct changes){s.bob, channel, "notes", "[]", 0, 1, false});
    live_phases(&s);
    story_expect(&s, "streams", "SSE-4");
}
END_TEST

START_TEST(changes_of_another_shape)
{
    uint32_t channel = live_stream(&s, s.bob, 0);
    live_changes(&s, (struct changes){s.bob, channel, NULL,
                                      "[{\"table\":\"tasks\",\"id\":\"1\","
                                      "\"op\":\"update\",\"fields\":"
                                      "{\"title\":\"milk\"}}]",
                                      0, 1, false});
    live_phases(&s);
    story_expect(&s, "streams", "SSE-4");
}
END_TEST

START_TEST(an_event_that_cannot_be_read)
{
    uint32_t channel = live_stream(&s, s.bob, 0);
    live_hear(&s, s.bob, channel, "unreadable");
    live_phases(&s);
    story_expect(&s, "streams", "SSE-4");
}
END_TEST

START_TEST(a_late_head_where_that_is_covered)
{
    uint32_t channel =
        live_open(&s, s.bob, LIVE_STREAM, "/sync/app/stream?collections=tasks");
    live_passes(&s, 2600);
    live_event(&s, s.bob, channel, EV_OPENED);
    live_phases(&s);
    story_expect_clean(&s);
    s.result = (struct run_result){0};
    story_covers(&s, "SSE-1");
    story_expect(&s, "streams", "SSE-1");
}
END_TEST

START_TEST(a_stream_without_heartbeats_where_that_is_covered)
{
    live_stream(&s, s.bob, 0);
    story_covers(&s, "SSE-6");
    live_passes(&s, 34900);
    live_phases(&s);
    story_expect_clean(&s);
    story_end(&s);
    story_begin(&s);
    story_covers(&s, "SSE-6");
    live_stream(&s, s.bob, 0);
    live_passes(&s, 35100);
    live_phases(&s);
    story_expect(&s, "streams", "SSE-6");
}
END_TEST

START_TEST(another_user_s_change_on_a_stream)
{
    live_push(&s, s.stranger, MILK);
    uint32_t channel = live_stream(&s, s.bob, 0);
    live_changes(&s, (struct changes){s.bob, channel, NULL, MILK, 0, 1, false});
    live_phases(&s);
    story_expect(&s, "tenancy", "ISO-1");
}
END_TEST

Suite *suite_live_checkers(void)
{
    const TTest *const tests[] = {
        a_notice_and_a_pull_are_clean,
        a_commit_that_wakes_nobody,
        a_commit_just_before_the_end_need_not_wake,
        a_channel_that_the_script_disturbed_is_excused,
        a_channel_that_does_not_listen_yet_is_excused,
        a_repetition_and_a_stale_write_need_not_wake,
        another_app_is_not_woken,
        the_unified_socket_is_woken_for_every_app,
        a_notice_of_a_stranger_s_push,
        a_notice_of_an_app_that_nobody_here_has_is_somebody_else_s,
        a_notice_of_the_own_push_where_that_is_covered,
        a_notice_before_its_data,
        a_notice_before_the_answer_is_no_fault,
        a_late_notice_of_an_earlier_push_is_no_early_one,
        a_socket_that_the_server_closes,
        a_socket_that_is_closed_for_a_reason,
        a_socket_that_nobody_owns_where_that_is_covered,
        a_socket_that_nobody_owns_is_closed_in_time,
        a_socket_on_which_something_was_said_may_stay,
        a_stream_that_brings_all_is_clean,
        a_backlog_that_does_not_come,
        a_live_change_that_does_not_come,
        a_stream_in_the_middle_of_its_pages_is_not_accused,
        a_stream_that_ends_in_the_middle_of_its_pages,
        a_resumed_stream_owes_what_came_after_its_cursor,
        a_resumed_stream_owes_nothing_of_before_its_cursor,
        a_reader_that_went_on_is_owed_everything,
        a_reader_that_stopped_is_owed_nothing,
        a_collection_that_nobody_asked_for,
        changes_of_another_shape,
        an_event_that_cannot_be_read,
        a_late_head_where_that_is_covered,
        a_stream_without_heartbeats_where_that_is_covered,
        another_user_s_change_on_a_stream,
    };
    TCase *tcase = tcase_create("live");
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    Suite *suite = suite_create("live_checkers");
    suite_add_tcase(suite, tcase);
    return suite;
}
