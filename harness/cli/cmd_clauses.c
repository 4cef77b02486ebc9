/* SPDX-License-Identifier: MIT */
/* cmd_clauses - `syncspec clauses`: what servers and clients are held against,
 * and which cases do it.  Layer: harness/cli. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "harness/cli/options.h"
#include "harness/run/profile.h"
#include "protocol/clauses.h"

static void print_clause(const struct clause *clause)
{
    printf("%-10s %c %s %s\n", clause->id, clause_level_letter(clause->level),
           clause->dialects == DIALECT_V2 ? "v2" : "  ", clause->text);
}

/* ---- coverage ---- */

struct coverage {
    struct selection cases; /* of servers */
    struct selection rest;  /* of clients too: all that is bundled */
    struct arena arena;
    size_t untested, tested, bare;
};

static bool covers(const struct scenario *scenario, const char *id)
{
    for (size_t i = 0; i < scenario->cover_count; i++) {
        if (str_is(scenario->covers[i], id)) {
            return true;
        }
    }
    return false;
}

/* "cursor/stem" of "cursor/stem#12". */
static struct str stem_of(const struct scenario *scenario, struct arena *arena)
{
    struct str id = profile_id(scenario, arena);
    return str_take(id, str_find(id, '#'));
}

static void print_cases(struct coverage *coverage,
                        const struct scenario_list *list, const char *id)
{
    size_t i = 0;
    while (i < list->count) {
        const struct scenario *scenario = &list->items[i];
        size_t same = 0;
        for (; i < list->count && str_eq(list->items[i].file, scenario->file);
             i++) {
            same += covers(&list->items[i], id);
        }
        if (same > 0) {
            struct str stem = stem_of(scenario, &coverage->arena);
            printf("    %-60.*s %zu\n", STR_ARG(stem), same);
        }
    }
}

static void print_covered(struct coverage *coverage,
                          const struct clause *clause)
{
    bool of_clients = strcmp(clause->group, "Client") == 0;
    const struct scenario_list *list =
        of_clients ? &coverage->rest.list : &coverage->cases.list;
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += covers(&list->items[i], clause->id);
    }
    bool needed = clause->level != LEVEL_STRICT;
    printf("%-10s %c %s %4zu case%s%s\n", clause->id,
           clause_level_letter(clause->level),
           clause->dialects == DIALECT_V2 ? "v2" : "  ", count,
           count == 1 ? "" : "s",
           count > 0 ? ""
           : needed  ? "  UNTESTED"
                     : "  (strict only, not tested)");
    print_cases(coverage, list, clause->id);
    coverage->tested += count > 0;
    coverage->untested += count == 0 && needed;
}

static void find_bare(struct coverage *coverage)
{
    const struct scenario_list *list = &coverage->rest.list;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].cover_count == 0) {
            struct str id = profile_id(&list->items[i], &coverage->arena);
            printf("%.*s  NO CLAUSE\n", STR_ARG(id));
            coverage->bare++;
        }
    }
}

/* Of the given files and folders, or of what is inside the program: then the
 * clauses of servers are held against the cases of `syncspec check` alone. */
static enum status read_cases(struct coverage *coverage, char **paths,
                              size_t path_count, struct err *err)
{
    enum status status = ST_OK;
    struct arena *arena = &coverage->arena;
    for (size_t i = 0; status == ST_OK && i < path_count; i++) {
        status = select_path(paths[i], arena, &coverage->rest, err);
    }
    if (path_count > 0) {
        coverage->cases = coverage->rest;
        return status;
    }
    status = select_embedded("scenarios/", arena, &coverage->rest, err);
    return status == ST_OK ? select_embedded("scenarios/conformance/", arena,
                                             &coverage->cases, err)
                           : status;
}

static int print_coverage(char **paths, size_t path_count)
{
    struct coverage coverage = {.tested = 0};
    struct err err = {.status = ST_OK};
    int code = EXIT_PASS;
    arena_init(&coverage.arena, LIMIT_RUN_ARENA);
    if (read_cases(&coverage, paths, path_count, &err) != ST_OK) {
        code = cli_fail(EXIT_USAGE, "%s", err.text);
    } else if (coverage.rest.list.count == 0) {
        code = cli_fail(EXIT_NOTHING, "clauses: there are no cases");
    }
    size_t count = 0;
    const struct clause *all = clause_all(&count);
    for (size_t i = 0; code == EXIT_PASS && i < count; i++) {
        print_covered(&coverage, &all[i]);
    }
    if (code == EXIT_PASS) {
        find_bare(&coverage);
        printf(
            "%zu of %zu clauses tested by %zu cases of servers and %zu other "
            "scenarios; %zu must or should clauses untested, %zu cases "
            "without a clause\n",
            coverage.tested, count, coverage.cases.list.count,
            coverage.rest.list.count - coverage.cases.list.count,
            coverage.untested, coverage.bare);
        code =
            coverage.untested + coverage.bare > 0 ? EXIT_PROPERTY : EXIT_PASS;
    }
    arena_free(&coverage.arena);
    return code;
}

int cmd_clauses(int argc, char **argv)
{
    bool coverage = false;
    const struct cli_option options[] = {{"coverage", CLI_FLAG, &coverage, NULL,
                                          "which cases cover each; fails where "
                                          "a must or should clause has none"},
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
