/* SPDX-License-Identifier: MIT */
/* cmd_list - `syncspec list`: what there is to run.  Layer: harness/cli. */
#include <stdio.h>

#include "base/limits.h"
#include "harness/check/check.h"
#include "harness/cli/edge.h"
#include "harness/cli/options.h"
#include "harness/run/run.h"
#include "harness/run/select.h"

static void list_bugs(void)
{
    for (enum bug b = 0; b < BUG_COUNT; b++) {
        const struct bug_info *info = bug_info(b);
        printf("server:%-42s %-28s %s  [%s]\n", info->name, info->clauses,
               info->what, info->real);
    }
    for (enum client_bug b = 0; b < CLIENT_BUG_COUNT; b++) {
        const struct client_bug_info *info = client_bug_info(b);
        printf("client:%-42s %-28s %s  [%s]\n", info->name, info->clauses,
               info->what, info->real);
    }
}

static void list_scenarios(const struct selection *selection,
                           struct arena *arena)
{
    struct run_options options;
    run_options_defaults(&options);
    for (size_t i = 0; i < selection->list.count; i++) {
        struct run_result result;
        run_describe(&selection->list.items[i], &options, arena, &result);
        printf("%-44.*s %.*s  [%.*s]\n", STR_ARG(result.id),
               STR_ARG(result.name), STR_ARG(result.covers));
    }
    printf("%zu scenarios in %zu files\n", selection->list.count,
           selection->files);
}

int cmd_list(int argc, char **argv)
{
    const char *only = NULL;
    bool bugs = false, checkers = false;
    const struct cli_option options[] = {
        {"only", CLI_TEXT, &only, "TEXT", "as in syncspec run"},
        {"bugs", CLI_FLAG, &bugs, NULL,
         "the bugs that can be planted: what they do, what they break and "
         "[what they stand for]"},
        {"checkers", CLI_FLAG, &checkers, NULL, "the checkers"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "list", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    if (bugs) {
        list_bugs();
    }
    for (const char *const *c = checker_names(); checkers && *c; c++) {
        puts(*c);
    }
    if (parse.left == 0) {
        return bugs || checkers
                   ? (int)EXIT_PASS
                   : cli_fail(EXIT_USAGE, "list: which files or folders?");
    }
    struct arena arena;
    struct selection selection = {.files = 0};
    struct err err = {.status = ST_OK};
    int code = EXIT_PASS;
    arena_init(&arena, LIMIT_RUN_ARENA);
    for (size_t i = 0; i < parse.left && code == EXIT_PASS; i++) {
        if (select_path(argv[i], &arena, &selection, &err) != ST_OK) {
            code = cli_fail(EXIT_USAGE, "%s", err.text);
        }
    }
    if (code == EXIT_PASS && only && select_only(&selection, only) == 0) {
        code = cli_fail(EXIT_NOTHING, "list: nothing matches \"%s\"", only);
    }
    if (code == EXIT_PASS) {
        list_scenarios(&selection, &arena);
    }
    arena_free(&arena);
    return code;
}
