/* SPDX-License-Identifier: MIT */
/* Turns by a clock that is given, and shared with a process that was forked. */
#include <sys/wait.h>
#include <unistd.h>

#include "harness/transport/pace.h"
#include "tests/transport/rig.h"

#define S  1000000000LL
#define MS 1000000LL

static struct pace *four_a_second(void)
{
    struct err err = {.status = ST_OK};
    struct pace *pace = pace_create(4, &err);
    ck_assert_msg(pace != NULL, "%s", err.text);
    return pace;
}

START_TEST(a_turn_is_given_once)
{
    struct pace *pace = four_a_second();
    ck_assert(pace_permits(pace, 10 * S));
    ck_assert(!pace_permits(pace, 10 * S));
    ck_assert(!pace_permits(pace, 10 * S + 244 * MS));
    ck_assert_int_eq(pace_left_ns(pace, 10 * S + 244 * MS), MS);
    ck_assert(pace_permits(pace, 10 * S + 245 * MS));
    pace_free(pace);
}
END_TEST

/* Five milliseconds late, and the turn after it is in its own time. */
START_TEST(a_late_timer_costs_nothing)
{
    struct pace *pace = four_a_second();
    ck_assert(pace_permits(pace, 10 * S));
    ck_assert(pace_permits(pace, 10 * S + 249 * MS));
    ck_assert(!pace_permits(pace, 10 * S + 494 * MS));
    ck_assert(pace_permits(pace, 10 * S + 495 * MS));
    pace_free(pace);
}
END_TEST

START_TEST(a_pause_is_not_saved_up)
{
    struct pace *pace = four_a_second();
    ck_assert(pace_permits(pace, 10 * S));
    ck_assert(pace_permits(pace, 20 * S));
    ck_assert(!pace_permits(pace, 20 * S + 244 * MS));
    ck_assert(pace_permits(pace, 20 * S + 245 * MS));
    pace_free(pace);
}
END_TEST

START_TEST(a_forked_process_shares_the_turns)
{
    struct pace *pace = four_a_second();
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        _exit(pace_permits(pace, 10 * S) ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(!pace_permits(pace, 10 * S));
    ck_assert_int_gt(pace_left_ns(pace, 10 * S), 0);
    pace_free(pace);
}
END_TEST

START_TEST(no_pace_is_nothing_to_free)
{
    pace_free(NULL);
}
END_TEST

Suite *suite_pace(void)
{
    Suite *suite = suite_create("pace");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, a_turn_is_given_once);
    tcase_add_test(tests, a_late_timer_costs_nothing);
    tcase_add_test(tests, a_pause_is_not_saved_up);
    tcase_add_test(tests, a_forked_process_shares_the_turns);
    tcase_add_test(tests, no_pace_is_nothing_to_free);
    suite_add_tcase(suite, tests);
    return suite;
}
