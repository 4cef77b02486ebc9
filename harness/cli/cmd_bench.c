/* SPDX-License-Identifier: MIT */
/* cmd_bench - `syncspec bench`: how fast virtual runs are.  Timings are told,
 * they never decide.  Layer: harness/cli. */
#include <stdio.h>

#include "harness/cli/edge.h"
#include "harness/scenario/generate.h"

struct bench {
    int64_t runs, clients, steps, seed;
    bool faults, no_check;
};

static void bench_one(const struct bench *bench, uint64_t seed,
                      struct arena *arena, struct run_result *result)
{
    const struct generate_options how = {.clients = (size_t)bench->clients,
                                         .steps = (size_t)bench->steps,
                                         .records = 8,
                                         .faults = bench->faults,
                                         .crashes = bench->faults};
    struct run_options options;
    struct scenario scenario;
    run_options_defaults(&options);
    options.seed = seed;
    options.check = !bench->no_check;
    scenario_generate(seed, &how, arena, &scenario);
    run_scenario(&scenario, &options, arena, result);
}

static int bench_runs(const struct bench *bench)
{
    struct arena arena;
    size_t failed = 0, requests = 0;
    uint64_t hash = HASH_START;
    arena_init(&arena, LIMIT_RUN_ARENA);
    int64_t began_ms = wire_clock_ms();
    for (int64_t i = 0; i < bench->runs; i++) {
        struct run_result result;
        uint64_t seed = (uint64_t)(bench->seed + i);
        arena_reset(&arena);
        bench_one(bench, seed, &arena, &result);
        requests += result.requests;
        hash = hash_u64(hash, result.hash);
        if (result.outcome == OUT_FAIL) {
            if (failed++ == 0 && result.verdict_count > 0) {
                const struct verdict *v = &result.verdicts[0];
                fprintf(stderr, "seed %llu: %.*s %.*s by %.*s\n",
                        (unsigned long long)seed, STR_ARG(v->clause),
                        STR_ARG(v->what), STR_ARG(v->checker));
            }
        }
    }
    int64_t took_ms = wire_clock_ms() - began_ms;
    double per_s =
        took_ms > 0 ? (double)bench->runs * 1000.0 / (double)took_ms : 0.0;
    printf("%lld runs of %lld clients x %lld steps in %lld ms: %.0f runs/s, "
           "%zu requests, %zu failed, hash %016llx\n",
           (long long)bench->runs, (long long)bench->clients,
           (long long)bench->steps, (long long)took_ms, per_s, requests, failed,
           (unsigned long long)hash);
    arena_free(&arena);
    return failed > 0 ? EXIT_PROPERTY : EXIT_PASS;
}

int cmd_bench(int argc, char **argv)
{
    struct bench bench = {.runs = 1000, .clients = 3, .steps = 50, .seed = 1};
    const struct cli_option options[] = {
        {"runs", CLI_NUMBER, &bench.runs, "N", "default: 1000"},
        {"clients", CLI_NUMBER, &bench.clients, "N", "default: 3"},
        {"steps", CLI_NUMBER, &bench.steps, "N", "default: 50"},
        {"seed", CLI_NUMBER, &bench.seed, "N", "of the first run"},
        {"faults", CLI_FLAG, &bench.faults, NULL,
         "drops, duplicates, delays and crashes too"},
        {"no-check", CLI_FLAG, &bench.no_check, NULL,
         "leave the checkers out, to see what they cost"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "bench", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    if (bench.clients < 1 || bench.clients > LIMIT_CLIENTS ||
        bench.steps > LIMIT_STEPS || bench.runs < 1) {
        return cli_fail(EXIT_USAGE,
                        "bench: runs and clients from 1, clients "
                        "to %d, steps to %d",
                        LIMIT_CLIENTS, LIMIT_STEPS);
    }
    return bench_runs(&bench);
}
