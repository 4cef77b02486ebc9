/* SPDX-License-Identifier: MIT */
/* service - verbs about the server's process and about requests that never
 * become whole, against the bundled server over sockets. */
#include <stdlib.h>

#include "harness/run/target.h"
#include "harness/transport/wire.h"
#include "tests/run/suites.h"

static struct arena arena;
static struct target target;
static struct run_options options;

static void open_target(const char *world)
{
    struct err err = {.status = ST_OK};
    const struct target_config config = {.world = world,
                                         .program = getenv("SYNCSPEC"),
                                         .folder = "/tmp",
                                         .dialect = dialect_find(STR("v2"))};
    ck_assert_msg(config.program != NULL, "SYNCSPEC must name the program");
    ck_assert_msg(target_open(&target, &config, &err) == ST_OK, "%s", err.text);
    run_options_defaults(&options);
    target_apply(&target, &options);
    options.tag = STR("service");
}

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
    open_target("wire:sqlite");
}

static void teardown(void)
{
    target_close(&target);
    arena_free(&arena);
}

static struct run_result play(const char *steps)
{
    struct scenario_list list =
        scenario_of(arena_printf(&arena,
                                 "scenario \"c\"\ncovers SVC-1\nneeds restart\n"
                                 "clients alice bob\n%s",
                                 steps)
                        .p,
                    &arena);
    struct run_result result;
    run_scenario(&list.items[0], &options, &arena, &result);
    return result;
}

static void passes(const char *steps)
{
    struct run_result result = play(steps);
    ck_assert_msg(result.outcome == OUT_PASS, "%s", first_verdict(&result));
}

/* ---- memory ---- */

static size_t grown_bytes;

static size_t memory(void *context)
{
    (void)context;
    return grown_bytes += (size_t)20 << 20;
}

START_TEST(memory_that_grows_is_seen)
{
    const char *steps = " server weighs\n server has grown<=16\n";
    options.control.memory = memory;
    struct run_result result = play(steps);
    ck_assert_int_eq(result.outcome, OUT_FAIL);
    ck_assert_msg(str_is(result.verdicts[0].clause, "SVC-1"), "%s",
                  first_verdict(&result));
    passes(" server weighs\n server has grown<=20\n");
}
END_TEST

START_TEST(memory_of_the_spawned_server_is_known)
{
    ck_assert_uint_gt(options.control.memory(options.control.context),
                      (size_t)1 << 20);
    passes(" server weighs\n server has grown<=64\n");
}
END_TEST

START_TEST(unknown_memory_is_not_judged)
{
    options.control.memory = NULL;
    struct run_result result = play(" server weighs\n server has grown<=1\n");
    ck_assert_int_eq(result.outcome, OUT_SKIP);
}
END_TEST

/* ---- the end of the process ---- */

START_TEST(stops_and_starts_again)
{
    passes(" alice inserts tasks/1 n=1\n alice pushes wait=no\n"
           " server stops\n server restarts\n alice finishes\n"
           " alice pushes\n bob pulls gets=ok\n bob sees tasks/1 n=1\n");
    ck_assert(options.control.running(options.control.context));
}
END_TEST

START_TEST(a_server_that_cannot_be_asked_is_skipped)
{
    options.control.stop = NULL;
    ck_assert_int_eq(play(" server stops\n server restarts\n").outcome,
                     OUT_SKIP);
    ck_assert_int_eq(play(" storm writes server=stops\n").outcome, OUT_SKIP);
}
END_TEST

/* ---- requests that stop ---- */

#define PUSH                                                                   \
    " | {\"clientId\":\"{alice}\",\"since\":\"{epoch}\",\"changes\":[{"        \
    "\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\",\"data\":{\"n\":1}}]}" \
    "\n"

static const char *const parts[] = {"stops=0%", "stops=50% times=20",
                                    "stops=99%", "stops=99% ends=cut times=20",
                                    "stops=0% ends=cut"};

START_TEST(parts_are_never_stored)
{
    passes(arena_printf(&arena,
                        " alice sends POST /sync/{app} %s\n" PUSH
                        " bob sends GET "
                        "/sync/{app}/pull?collection=tasks&since={epoch} "
                        "connection=new\n"
                        " expects status=200 changes=0\n"
                        " server lives\n",
                        parts[_i])
               .p);
}
END_TEST

/* All of it was sent: the server has it, whoever still listens. */
START_TEST(the_whole_is_a_request)
{
    passes(" alice sends POST /sync/{app} stops=100%\n" PUSH
           " alice waits for=2s clock=server\n"
           " bob pulls gets=ok\n bob sees tasks/1 n=1\n");
}
END_TEST

START_TEST(in_virtual_time_nothing_arrives)
{
    struct scenario_list list =
        scenario_of("scenario \"c\"\ncovers SVC-4\nclients alice bob\n"
                    " alice sends POST /sync/{app} stops=100%\n" PUSH
                    " bob pulls gets=ok\n bob lacks tasks/1\n server has "
                    "pushes=0 changes=0\n",
                    &arena);
    struct run_result result;
    struct run_options plain;
    run_options_defaults(&plain);
    run_scenario(&list.items[0], &plain, &arena, &result);
    ck_assert_msg(result.outcome == OUT_PASS, "%s", first_verdict(&result));
}
END_TEST

/* ---- time of the server ---- */

START_TEST(time_passes_for_the_server_too)
{
    int64_t from_ms = wire_clock_ms();
    passes(" alice waits for=10s\n");
    int64_t jumped_ms = wire_clock_ms() - from_ms;
    options.time_scale = 20;
    passes(" alice waits for=60s clock=server\n");
    ck_assert_int_ge(wire_clock_ms() - from_ms - jumped_ms, 3000);
}
END_TEST

Suite *suite_service(void)
{
    Suite *suite = suite_create("service");
    TCase *tests = tcase_create("service");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, memory_that_grows_is_seen);
    tcase_add_test(tests, memory_of_the_spawned_server_is_known);
    tcase_add_test(tests, unknown_memory_is_not_judged);
    tcase_add_test(tests, stops_and_starts_again);
    tcase_add_test(tests, a_server_that_cannot_be_asked_is_skipped);
    tcase_add_loop_test(tests, parts_are_never_stored, 0,
                        sizeof(parts) / sizeof(parts[0]));
    tcase_add_test(tests, the_whole_is_a_request);
    tcase_add_test(tests, in_virtual_time_nothing_arrives);
    tcase_add_test(tests, time_passes_for_the_server_too);
    suite_add_tcase(suite, tests);
    return suite;
}
