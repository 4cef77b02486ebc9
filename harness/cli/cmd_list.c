/* SPDX-License-Identifier: MIT */
/* cmd_list - `syncspec list` and `syncspec clauses`: what there is to run and
 * what it is held against.  Layer: harness/cli. */
#include <stdio.h>

#include "base/limits.h"
#include "harness/check/check.h"
#include "harness/cli/edge.h"
#include "harness/cli/options.h"
#include "harness/run/run.h"
#include "harness/run/select.h"
#include "protocol/clauses.h"

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

static void print_clause(const struct clause *clause)
{
    printf("%-10s %c %s %s\n", clause->id, clause_level_letter(clause->level),
           clause->dialects == DIALECT_V2 ? "v2" : "  ", clause->text);
}

static size_t count_covering(const struct selection *selection, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < selection->list.count; i++) {
        const struct scenario *s = &selection->list.items[i];
        for (size_t c = 0; c < s->cover_count; c++) {
            count += str_is(s->covers[c], id);
        }
    }
    return count;
}

static int print_coverage(char **paths, size_t path_count)
{
    struct arena arena;
    struct selection selection = {.files = 0};
    struct err err = {.status = ST_OK};
    char *standard[] = {edge_scenarios("")};
    int code = EXIT_PASS;
    arena_init(&arena, LIMIT_RUN_ARENA);
    paths = path_count > 0 ? paths : standard;
    for (size_t i = 0; i < (path_count > 0 ? path_count : 1); i++) {
        if (select_path(paths[i], &arena, &selection, &err) != ST_OK) {
            code = cli_fail(EXIT_USAGE, "%s", err.text);
        }
    }
    size_t count = 0, covered = 0;
    const struct clause *all = clause_all(&count);
    for (size_t i = 0; code == EXIT_PASS && i < count; i++) {
        size_t scenarios = count_covering(&selection, all[i].id);
        covered += scenarios > 0;
        printf("%-10s %c %4zu\n", all[i].id, clause_level_letter(all[i].level),
               scenarios);
    }
    if (code == EXIT_PASS) {
        printf("%zu of %zu clauses covered\n", covered, count);
    }
    arena_free(&arena);
    return code;
}

int cmd_clauses(int argc, char **argv)
{
    bool coverage = false;
    const struct cli_option options[] = {
        {"coverage", CLI_FLAG, &coverage, NULL,
         "how many scenarios (of the given folders) cover each"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "clauses", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    if (coverage) {
        return print_coverage(argv, parse.left);
    }
    size_t count = 0;
    const struct clause *all = clause_all(&count);
    for (size_t i = 0; parse.left == 0 && i < count; i++) {
        print_clause(&all[i]);
    }
    for (size_t i = 0; i < parse.left; i++) {
        const struct clause *clause = clause_find(str_of(argv[i]));
        if (!clause) {
            const struct clause *near = clause_closest(str_of(argv[i]));
            return cli_fail(EXIT_USAGE, "clauses: there is no %s%s%s%s",
                            argv[i], near ? "; did you mean " : "",
                            near ? near->id : "", near ? "?" : "");
        }
        print_clause(clause);
    }
    return EXIT_PASS;
}
