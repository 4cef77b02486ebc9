/* SPDX-License-Identifier: MIT */
/* cmd_selftest - `syncspec selftest`: the museum and the canary.
 * Layer: harness/cli. */
#include <stdio.h>

#include "base/limits.h"
#include "harness/cli/edge.h"
#include "harness/cli/options.h"
#include "harness/run/museum.h"
#include "harness/run/select.h"

struct tally {
    size_t caught, failed, without;
    bool verbose;
};

static void show(const struct scenario *scenario,
                 const struct run_options *options, struct arena *arena,
                 struct tally *tally)
{
    struct exhibit exhibit;
    arena_reset(arena);
    museum_show(scenario, options, arena, &exhibit);
    bool caught = exhibit.state == EXHIBIT_CAUGHT;
    *(caught ? &tally->caught : &tally->failed) += 1;
    if (caught && !tally->verbose) {
        return;
    }
    printf("%-6s %-48.*s %s %.*s by %.*s\n", caught ? "ok" : "NOT OK",
           STR_ARG(exhibit.bug), exhibit_state_name(exhibit.state),
           STR_ARG(scenario->caught_clause), STR_ARG(scenario->caught_by));
    if (!caught) {
        printf("       %.*s:%u\n       %.*s\n", STR_ARG(scenario->file),
               scenario->line, STR_ARG(exhibit.detail));
    }
}

/* A scenario that passes must fail when its result is falsified. */
static bool canary_sings(const struct scenario_list *list,
                         const struct run_options *options, struct arena *arena)
{
    struct run_options falsified = *options;
    falsified.canary = true;
    for (size_t i = 0; i < list->count; i++) {
        struct run_result clean, result;
        arena_reset(arena);
        run_scenario(&list->items[i], options, arena, &clean);
        run_scenario(&list->items[i], &falsified, arena, &result);
        if (clean.outcome == OUT_PASS && result.outcome == OUT_FAIL) {
            return true;
        }
    }
    return false;
}

static bool is_shown(const struct scenario_list *list, const char *side,
                     const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        struct str planted = list->items[i].planted;
        size_t colon = str_find(planted, ':');
        if (str_is(str_take(planted, colon), side) &&
            str_is(str_skip(planted, colon + 1), name)) {
            return true;
        }
    }
    return false;
}

/* Bugs that can be planted and that no scenario shows. */
static void list_missing(const struct scenario_list *list, struct tally *tally)
{
    for (enum bug b = 0; b < BUG_COUNT; b++) {
        if (!is_shown(list, "server", bug_info(b)->name)) {
            printf("no scenario plants server:%s\n", bug_info(b)->name);
            tally->without++;
        }
    }
    for (enum client_bug b = 0; b < CLIENT_BUG_COUNT; b++) {
        if (!is_shown(list, "client", client_bug_info(b)->name)) {
            printf("no scenario plants client:%s\n", client_bug_info(b)->name);
            tally->without++;
        }
    }
}

static int run_museum(const struct selection *selection, const char *only,
                      struct arena *arena, struct tally *tally)
{
    struct run_options options;
    run_options_defaults(&options);
    for (size_t i = 0; i < selection->list.count; i++) {
        const struct scenario *scenario = &selection->list.items[i];
        if (scenario->planted.n == 0) {
            continue;
        }
        bool v2 = (scenario->dialects & DIALECT_V2) != 0;
        options.dialect = dialect_find(v2 ? STR("v2") : STR("v1"));
        show(scenario, &options, arena, tally);
    }
    if (tally->caught + tally->failed == 0) {
        return cli_fail(EXIT_NOTHING, "selftest: no scenario plants a bug");
    }
    options.dialect = dialect_find(STR("v2"));
    bool sings = canary_sings(&selection->list, &options, arena);
    printf("%s canary: a falsified result %s\n", sings ? "ok    " : "NOT OK",
           sings ? "fails" : "passed");
    if (!only) {
        list_missing(&selection->list, tally);
    }
    printf("%zu bugs caught, %zu not, %zu without a scenario\n", tally->caught,
           tally->failed, tally->without);
    return tally->failed > 0 || !sings ? EXIT_PROPERTY : EXIT_PASS;
}

int cmd_selftest(int argc, char **argv)
{
    const char *only = NULL;
    struct tally tally = {0};
    const struct cli_option options[] = {
        {"only", CLI_TEXT, &only, "TEXT", "as in syncspec run"},
        {"verbose", CLI_FLAG, &tally.verbose, NULL, "show what was caught"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "selftest", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    struct arena texts, runs;
    struct selection selection = {.files = 0};
    struct err err = {.status = ST_OK};
    arena_init(&texts, LIMIT_RUN_ARENA);
    arena_init(&runs, LIMIT_RUN_ARENA);
    char *standard[] = {edge_scenarios("/museum")};
    char **paths = parse.left > 0 ? argv : standard;
    size_t count = parse.left > 0 ? parse.left : 1;
    int code = EXIT_PASS;
    for (size_t i = 0; i < count && code == EXIT_PASS; i++) {
        if (select_path(paths[i], &texts, &selection, &err) != ST_OK) {
            code = cli_fail(EXIT_USAGE, "%s", err.text);
        }
    }
    if (code == EXIT_PASS && only && select_only(&selection, only) == 0) {
        code = cli_fail(EXIT_NOTHING, "selftest: nothing matches \"%s\"", only);
    }
    if (code == EXIT_PASS) {
        code = run_museum(&selection, only, &runs, &tally);
    }
    arena_free(&runs);
    arena_free(&texts);
    return code;
}
