/* SPDX-License-Identifier: MIT */
/* cmd_explain - `syncspec explain`: help for who wrote the server whose check
 * failed.  Layer: harness/cli. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "harness/cli/edge.h"
#include "harness/cli/explain.h"
#include "harness/cli/options.h"

enum { NAME_MAX_BYTES = 512, CHECKER_DISTANCE_MAX = 3 };

/* As ids are written: `cursor-2` is a clause too. */
static const struct clause *find_clause(const char *name)
{
    char id[32];
    size_t n = strlen(name);
    if (n >= sizeof(id)) {
        return NULL;
    }
    for (size_t i = 0; i <= n; i++) {
        bool small = name[i] >= 'a' && name[i] <= 'z';
        id[i] = small ? (char)(name[i] - 'a' + 'A') : name[i];
    }
    return clause_find(str_of(id));
}

/* The checker of that name or, within `limit` edits, the nearest one; empty:
 * there is none. */
static struct str find_checker(const char *name, size_t limit)
{
    struct str rest = embedded_text(embedded_clauses, STR(EXPLAIN_CHECKERS));
    struct str best = {0};
    struct section section;
    size_t least = limit + 1;
    while (section_next(&rest, &section)) {
        size_t distance = str_distance(str_of(name), section.name, limit);
        if (distance < least) {
            least = distance;
            best = section.name;
        }
    }
    return best;
}

static int fail_unknown(const struct explain *explain, const char *name)
{
    const struct clause *clause = clause_closest(str_of(name));
    struct str checker = find_checker(name, CHECKER_DISTANCE_MAX);
    char path[NAME_MAX_BYTES];
    struct str stem = str_of(name);
    for (size_t i = stem.n; i-- > 0;) {
        if (stem.p[i] == '/') {
            stem = str_skip(stem, i + 1);
            break;
        }
    }
    stem = str_take(stem, str_find(stem, '#'));
    snprintf(path, sizeof(path), "%.*s", STR_ARG(stem));
    struct str near = select_closest(&explain->selection, path);
    if (clause) {
        near = str_of(clause->id);
    } else if (checker.n > 0) {
        near = checker;
    }
    if (near.n == 0) {
        return cli_fail(EXIT_USAGE,
                        "explain: there is no clause, case or checker \"%s\"; "
                        "see syncspec clauses, syncspec list",
                        name);
    }
    return cli_fail(EXIT_USAGE,
                    "explain: there is no clause, case or checker \"%s\"; did "
                    "you mean %.*s?",
                    name, STR_ARG(near));
}

/* A scenario of the user's own, by its path. */
static int explain_file(struct explain *explain, const char *path)
{
    struct str text;
    struct err err = {.status = ST_OK};
    struct scenario_list list = {.count = 0};
    if (file_read(path, LIMIT_SCENARIO_BYTES, &explain->arena, &text, &err) !=
        ST_OK) {
        return fail_unknown(explain, path);
    }
    if (scenario_parse(str_of(path), text, &explain->arena, &list, &err) !=
        ST_OK) {
        return cli_fail(EXIT_USAGE, "%s", err.text);
    }
    explain_case(explain, &list.items[0], text, false);
    return EXIT_PASS;
}

static int explain_name(struct explain *explain, const char *name)
{
    const struct clause *clause = find_clause(name);
    struct str checker = find_checker(name, 0);
    const struct scenario *scenario = explain_find(explain, str_of(name));
    if (clause) {
        explain_clause(explain, clause);
    } else if (checker.n > 0) {
        explain_checker(explain, checker);
    } else if (scenario) {
        struct str text = embedded_text(embedded_scenarios, scenario->file);
        explain_case(explain, scenario, text, explain_is_one(str_of(name)));
    } else if (str_ends(str_of(name), STR(".sync"))) {
        return explain_file(explain, name);
    } else {
        return fail_unknown(explain, name);
    }
    return EXIT_PASS;
}

int cmd_explain(int argc, char **argv)
{
    const struct cli_option options[] = {{NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "explain", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    if (parse.left == 0) {
        return cli_fail(EXIT_USAGE, "explain: which clause, case or checker?");
    }
    struct explain explain = {.out = stdout, .bold = edge_colors(stdout)};
    struct err err = {.status = ST_OK};
    arena_init(&explain.arena, LIMIT_RUN_ARENA);
    int code = EXIT_PASS;
    if (embedded_select(&explain.arena, &explain.selection, &err) != ST_OK) {
        code = cli_fail(EXIT_OURS, "%s", err.text);
    }
    for (size_t i = 0; i < parse.left && code == EXIT_PASS; i++) {
        fputs(i > 0 ? "\n\n" : "", stdout);
        code = explain_name(&explain, argv[i]);
    }
    arena_free(&explain.arena);
    return code;
}
