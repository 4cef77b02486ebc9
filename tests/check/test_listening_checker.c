/* SPDX-License-Identifier: MIT */
/* What the checkers say of what clients make of their live channels: each fault
 * is seen, and a sound client is not accused.  Layer: tests. */
#include "tests/check/live_story.h"
#include "tests/check/suites.h"

#define MILK UPDATE("title", "\"milk\"", "01")

static struct story s;

static void setup(void)
{
    story_begin(&s);
}

static void teardown(void)
{
    story_end(&s);
}

START_TEST(an_opening_without_a_pull)
{
    live_socket(&s, s.bob);
    live_passes(&s, 600);
    live_phases(&s);
    story_expect(&s, "listening", "CONN-1");
}
END_TEST

START_TEST(a_notice_without_a_pull)
{
    uint32_t channel = live_listen(&s, MILK);
    live_notice(&s, s.bob, channel, "tasks", NULL);
    live_passes(&s, 600);
    live_end(&s, MILK);
    story_expect(&s, "listening", "CONN-1");
}
END_TEST

START_TEST(a_pull_of_the_wrong_collection_pays_nothing)
{
    uint32_t channel = live_listen(&s, MILK);
    live_notice(&s, s.bob, channel, "tasks", NULL);
    story_pull(&s, (struct pull){s.bob, "notes", "[]", 1, 2, .more = false});
    live_passes(&s, 600);
    live_end(&s, MILK);
    story_expect(&s, "listening", "CONN-1");
}
END_TEST

START_TEST(two_channels_at_one_time)
{
    live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 1, 2);
    live_phases(&s);
    story_expect(&s, "listening", "CONN-1");
}
END_TEST

START_TEST(a_lost_channel_that_is_not_opened_again)
{
    uint32_t channel = live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_shut(&s, s.bob, channel, 0, 1001);
    live_passes(&s, 10100);
    live_phases(&s);
    story_expect(&s, "listening", "CONN-1");
}
END_TEST

/* Nobody is there who could open another one. */
START_TEST(a_channel_that_ended_with_its_process)
{
    uint32_t channel = live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    story_life(&s, s.bob, LIFE_CRASH);
    live_shut(&s, s.bob, channel, 1, 0);
    live_passes(&s, 30000);
    live_phases(&s);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_storm_of_openings)
{
    for (int i = 0; i < 6; i++) {
        uint32_t channel = live_socket(&s, s.bob);
        live_pull(&s, s.bob, "[]", 0, 1);
        live_shut(&s, s.bob, channel, 0, 1001);
    }
    live_phases(&s);
    story_expect(&s, "listening", "CONN-1");
}
END_TEST

START_TEST(openings_five_seconds_apart)
{
    for (int i = 0; i < 8; i++) {
        uint32_t channel = live_socket(&s, s.bob);
        live_pull(&s, s.bob, "[]", 0, 1);
        live_shut(&s, s.bob, channel, 0, 1001);
        live_passes(&s, 5000);
    }
    live_phases(&s);
    story_expect_clean(&s);
}
END_TEST

START_TEST(a_channel_that_outlives_the_session)
{
    live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    story_life(&s, s.bob, LIFE_SIGN_OUT);
    live_passes(&s, 600);
    live_phases(&s);
    story_expect(&s, "listening", "CONN-2");
}
END_TEST

START_TEST(a_channel_that_is_dead_and_kept)
{
    uint32_t channel = live_socket(&s, s.bob);
    live_pull(&s, s.bob, "[]", 0, 1);
    live_fault(&s, s.bob, channel);
    live_passes(&s, 91000);
    live_phases(&s);
    story_expect(&s, "listening", "CONN-1");
}
END_TEST

START_TEST(pulls_without_an_occasion)
{
    uint32_t channel = live_listen(&s, MILK);
    live_notice(&s, s.bob, channel, "tasks", NULL);
    for (int i = 0; i < 6; i++) {
        story_pull(
            &s, (struct pull){s.bob, NULL, "[]", 1 + i, 2 + i, .more = false});
    }
    live_end(&s, MILK);
    story_judge(&s);
    ck_assert_ptr_nonnull(story_verdict(&s, "listening"));
}
END_TEST

START_TEST(a_stream_resumed_behind_what_was_told)
{
    story_event(&s, (struct event){.kind = EV_CURSOR,
                                   .actor = s.bob,
                                   .collection = STR("tasks"),
                                   .text = STR("2026-03-27T11:00:01.5Z")});
    live_stream(&s, s.bob, 2);
    live_phases(&s);
    story_expect(&s, "cursors", "PULL-3");
}
END_TEST

Suite *suite_listening_checker(void)
{
    const TTest *const tests[] = {
        an_opening_without_a_pull,
        a_notice_without_a_pull,
        a_pull_of_the_wrong_collection_pays_nothing,
        two_channels_at_one_time,
        a_lost_channel_that_is_not_opened_again,
        a_channel_that_ended_with_its_process,
        a_storm_of_openings,
        openings_five_seconds_apart,
        a_channel_that_outlives_the_session,
        a_channel_that_is_dead_and_kept,
        pulls_without_an_occasion,
        a_stream_resumed_behind_what_was_told,
    };
    TCase *tcase = tcase_create("listening");
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    Suite *suite = suite_create("listening_checker");
    suite_add_tcase(suite, tcase);
    return suite;
}
