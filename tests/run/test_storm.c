/* SPDX-License-Identifier: MIT */
/* storm - every write of a plan has one number, whoever makes it and when;
 * storms write exactly what they are told to, and lose nothing of it. */
#include "harness/run/storm.h"

#include <stdlib.h>

#include "tests/run/suites.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
}

static void teardown(void)
{
    arena_free(&arena);
}

/* ---- the plan ---- */

static const struct storm_plan plans[] = {
    {.writers = 1, .rounds = 1, .batch = 1, .batch_max = 1},
    {.writers = 8, .rounds = 10, .batch = 7, .batch_max = 7},
    {.writers = 5, .rounds = 4, .batch = 1, .batch_max = 50},
    {.writers = 1, .rounds = 10, .batch = 2, .batch_max = 300, .total = 1001},
    {.writers = 8, .rounds = 10, .batch = 1, .batch_max = 40, .total = 999},
    {.writers = 32, .rounds = 1, .batch = 25, .batch_max = 25, .total = 3},
};

START_TEST(every_number_is_given_once)
{
    const struct storm_plan *plan = &plans[_i];
    size_t writes = storm_writes(plan), given = 0;
    unsigned char *seen = calloc(writes, 1);
    for (size_t r = 0; r < storm_rounds(plan); r++) {
        for (size_t w = 0; w < plan->writers; w++) {
            struct storm_batch batch = storm_batch_of(plan, r, w);
            for (size_t b = 0; b < batch.count; b++) {
                ck_assert_uint_lt(batch.first + b, writes);
                ck_assert_uint_eq(seen[batch.first + b]++, 0);
                given++;
            }
        }
    }
    ck_assert_uint_eq(given, writes);
    ck_assert(plan->total == 0 || writes == plan->total);
    free(seen);
}
END_TEST

/* Small ones beside large ones, and every writer has its turn with each. */
START_TEST(sizes_go_round)
{
    const struct storm_plan plan = {
        .writers = 4, .rounds = 4, .batch = 1, .batch_max = 10};
    for (size_t w = 0; w < 4; w++) {
        bool small = false, large = false;
        for (size_t r = 0; r < 4; r++) {
            size_t count = storm_batch_of(&plan, r, w).count;
            small = small || count == 1;
            large = large || count == 10;
        }
        ck_assert(small && large);
    }
}
END_TEST

/* ---- played ---- */

static struct run_result play(const char *text, const char *bug)
{
    struct scenario_list list = scenario_of(text, &arena);
    struct run_options options;
    struct run_result result;
    run_options_defaults(&options);
    if (bug) {
        bug_add(&options.server_bugs, bug_find(str_of(bug)));
    }
    run_scenario(&list.items[0], &options, &arena, &result);
    return result;
}

static void passes(const char *text)
{
    struct run_result result = play(text, NULL);
    ck_assert_msg(result.outcome == OUT_PASS, "%s", first_verdict(&result));
}

START_TEST(total_is_exact)
{
    passes("scenario \"c\"\ncovers CURSOR-4\nclients alice\n"
           " alice goes offline\n"
           " storm writes writers=3 batch=40 batch-max=90 total=1001 "
           "collection=tasks\n"
           " alice goes online\n"
           " alice counts tasks is=1001\n"
           " server has changes=1001\n");
}
END_TEST

START_TEST(total_of_updates_leaves_the_records)
{
    passes("scenario \"c\"\ncovers MERGE-5\nclients alice\n"
           " storm writes writers=4 records=6 batch=3 total=50 "
           "collection=tasks\n"
           " alice pulls\n"
           " alice counts tasks is=6\n"
           " everyone settles\n"
           " everyone agrees\n");
}
END_TEST

static size_t readers_of(const struct run_result *result)
{
    size_t count = 0;
    for (size_t i = 0; i < result->history->actor_count; i++) {
        count += str_starts(result->history->actors[i].name, STR("reader"));
    }
    return count;
}

/* Half of the answers are lost: eight devices would hardly get the records all
 * at once, and nobody would be to blame. */
START_TEST(a_bad_network_is_not_the_server_that_refuses)
{
    passes("scenario \"c\"\ndialect v2\nclients a b\n"
           " net drops response chance=50%\n"
           " storm writes writers=6 changes=2 records=4 collection=tasks\n"
           " net heals\n"
           " everyone settles\n");
}
END_TEST

START_TEST(readers_begin_one_after_the_other)
{
    struct run_result result =
        play("scenario \"c\"\ncovers CURSOR-2\nclients alice\npage 10\n"
             " storm writes writers=4 changes=8 batch=5 readers=5 "
             "collection=tasks\n",
             NULL);
    ck_assert_msg(result.outcome == OUT_PASS, "%s", first_verdict(&result));
    ck_assert_uint_eq(readers_of(&result), 4); /* and the tail */
}
END_TEST

/* Small pushes overtake large ones; a page that is cut inside of a
 * millisecond loses what readers on their way have not seen. */
static const struct {
    const char *bug, *clause;
} bad[] = {
    {"cursor-before-commit", "CURSOR-2"},
    {"cursor-from-clock-after-read", "CURSOR-2"},
};

START_TEST(bad_servers_are_found)
{
    struct run_result result =
        play("scenario \"c\"\ncovers CURSOR-2\nclients alice\n"
             " storm writes writers=8 changes=6 batch=1 batch-max=60 "
             "readers=3 collection=tasks\n",
             bad[_i].bug);
    ck_assert_int_eq(result.outcome, OUT_FAIL);
    ck_assert_msg(str_is(result.verdicts[0].clause, bad[_i].clause), "%s",
                  first_verdict(&result));
}
END_TEST

static const char *const upsets[] = {"kills", "stops"};

START_TEST(acknowledged_writes_outlive_the_server)
{
    passes(arena_printf(&arena,
                        "scenario \"c\"\ncovers SVC-2 SVC-5\nclients alice\n"
                        "needs restart\n"
                        " storm writes writers=6 changes=8 batch=3 server=%s "
                        "collection=tasks\n"
                        " everyone settles\n"
                        " alice counts tasks is=144\n",
                        upsets[_i])
               .p);
}
END_TEST

START_TEST(a_server_that_forgets_is_found)
{
    struct run_result result =
        play("scenario \"c\"\ncovers SVC-2\nclients alice\nneeds restart\n"
             " storm writes writers=6 changes=8 batch=3 server=kills "
             "collection=tasks\n",
             "ack-before-durable");
    ck_assert_int_eq(result.outcome, OUT_FAIL);
    ck_assert_msg(str_is(result.verdicts[0].clause, "SVC-2"), "%s",
                  first_verdict(&result));
}
END_TEST

Suite *suite_storm(void)
{
    Suite *suite = suite_create("storm");
    TCase *tests = tcase_create("storm");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, every_number_is_given_once, 0,
                        sizeof(plans) / sizeof(plans[0]));
    tcase_add_test(tests, sizes_go_round);
    tcase_add_test(tests, total_is_exact);
    tcase_add_test(tests, total_of_updates_leaves_the_records);
    tcase_add_test(tests, readers_begin_one_after_the_other);
    tcase_add_test(tests, a_bad_network_is_not_the_server_that_refuses);
    tcase_add_loop_test(tests, bad_servers_are_found, 0, 2);
    tcase_add_loop_test(tests, acknowledged_writes_outlive_the_server, 0, 2);
    tcase_add_test(tests, a_server_that_forgets_is_found);
    suite_add_tcase(suite, tests);
    return suite;
}
