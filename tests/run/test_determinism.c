/* SPDX-License-Identifier: MIT */
/* One seed, one history: every scenario twice, and what breaks it. */
#include <time.h>

#include "harness/scenario/generate.h"
#include "tests/run/suites.h"

static uint64_t hash_of(const struct scenario *scenario,
                        const struct run_options *options, struct arena *arena)
{
    struct run_result result;
    arena_reset(arena);
    run_scenario(scenario, options, arena, &result);
    return result.hash;
}

START_TEST(every_scenario_gives_one_history)
{
    struct arena texts, runs;
    struct selection selection = {.files = 0};
    struct err err = {.status = ST_OK};
    arena_init(&texts, LIMIT_RUN_ARENA);
    arena_init(&runs, LIMIT_RUN_ARENA);
    ck_assert_msg(select_path("scenarios", &texts, &selection, &err) == ST_OK,
                  "%s", err.text);
    struct run_options options;
    run_options_defaults(&options);
    size_t played = 0;
    for (size_t i = 0; i < selection.list.count; i++) {
        const struct scenario *scenario = &selection.list.items[i];
        /* Storms are long, and made of what the others do. */
        bool big = scenario->step_count > 0 &&
                   str_starts(scenario->file, STR("scenarios/scale"));
        if (big || run_skip_reason(scenario, &options).n > 0) {
            continue;
        }
        uint64_t first = hash_of(scenario, &options, &runs);
        uint64_t second = hash_of(scenario, &options, &runs);
        ck_assert_msg(first == second, "%.*s:%u has two histories",
                      STR_ARG(scenario->file), scenario->line);
        played++;
    }
    ck_assert_uint_gt(played, 80);
    arena_free(&runs);
    arena_free(&texts);
}
END_TEST

static const char chancy[] = "scenario \"much is left to chance\"\n"
                             "clients alice bob\n"
                             "latency 5ms..80ms\n"
                             "\n"
                             "  net drops response chance=30%\n"
                             "  alice inserts tasks/1 title=\"a\"\n"
                             "  everyone syncs\n"
                             "  bob inserts tasks/2 title=\"b\"\n"
                             "  everyone syncs\n";

START_TEST(another_seed_gives_another_history)
{
    struct arena texts, runs;
    arena_init(&texts, LIMIT_RUN_ARENA);
    arena_init(&runs, LIMIT_RUN_ARENA);
    struct scenario_list list = scenario_of(chancy, &texts);
    struct run_options options;
    run_options_defaults(&options);
    uint64_t first = hash_of(&list.items[0], &options, &runs);
    options.seed = 2;
    uint64_t second = hash_of(&list.items[0], &options, &runs);
    ck_assert(first != second);
    options.seed = 1;
    ck_assert(hash_of(&list.items[0], &options, &runs) == first);
    arena_free(&runs);
    arena_free(&texts);
}
END_TEST

static int64_t real_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A planted read of the real clock must break what the tests above hold. */
START_TEST(a_leaked_clock_is_seen)
{
    struct arena texts, runs;
    arena_init(&texts, LIMIT_RUN_ARENA);
    arena_init(&runs, LIMIT_RUN_ARENA);
    struct scenario_list list = scenario_of(chancy, &texts);
    struct run_options options;
    run_options_defaults(&options);
    options.clock_leak_ms = real_clock_ms;
    uint64_t first = hash_of(&list.items[0], &options, &runs);
    struct timespec pause = {.tv_nsec = 3000000};
    nanosleep(&pause, NULL);
    uint64_t second = hash_of(&list.items[0], &options, &runs);
    ck_assert(first != second);
    arena_free(&runs);
    arena_free(&texts);
}
END_TEST

START_TEST(generated_runs_pass_and_repeat)
{
    struct arena runs;
    arena_init(&runs, LIMIT_RUN_ARENA);
    const struct generate_options how = {.clients = 3,
                                         .steps = 50,
                                         .records = 6,
                                         .faults = true,
                                         .crashes = true};
    struct run_options options;
    run_options_defaults(&options);
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct scenario scenario;
        struct run_result result;
        arena_reset(&runs);
        options.seed = seed;
        scenario_generate(seed, &how, &runs, &scenario);
        run_scenario(&scenario, &options, &runs, &result);
        ck_assert_msg(result.outcome == OUT_PASS, "seed %llu: %s",
                      (unsigned long long)seed, first_verdict(&result));
        uint64_t first = result.hash;
        run_scenario(&scenario, &options, &runs, &result);
        ck_assert_msg(result.hash == first, "seed %llu has two histories",
                      (unsigned long long)seed);
    }
    arena_free(&runs);
}
END_TEST

Suite *suite_determinism(void)
{
    Suite *suite = suite_create("determinism");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 240);
    tcase_add_test(tcase, every_scenario_gives_one_history);
    tcase_add_test(tcase, another_seed_gives_another_history);
    tcase_add_test(tcase, a_leaked_clock_is_seen);
    tcase_add_test(tcase, generated_runs_pass_and_repeat);
    suite_add_tcase(suite, tcase);
    return suite;
}
