/* SPDX-License-Identifier: MIT */
/* cmd_lint - `syncspec lint`: are these bytes what the protocol allows?
 * Layer: harness/cli. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "harness/cli/dialect.h"
#include "harness/cli/options.h"
#include "harness/run/select.h"
#include "protocol/codec.h"

struct lint {
    const char *as, *dialect;
    const char *path;
    struct str text;
    struct codec_rules rules;
    struct arena arena;
};

static enum status lint_json(struct lint *lint, struct err *err)
{
    return json_scan(lint->text, &lint->rules.json, &lint->arena, NULL, err);
}

static enum status lint_changeset(struct lint *lint, struct err *err)
{
    struct changeset set;
    return changeset_read(lint->text, &lint->rules, &lint->arena, &set, err);
}

/* A client goes on without a malformed entry; a judge does not. */
static enum status lint_response(struct lint *lint, struct err *err)
{
    struct response response;
    enum status status =
        response_read(lint->text, &lint->rules, &lint->arena, &response, err);
    if (status == ST_OK && response.malformed_count > 0) {
        return err_set(err, ST_PROTOCOL, "%s", response.malformed[0].why);
    }
    return status;
}

static enum status lint_scenario(struct lint *lint, struct err *err)
{
    struct scenario_list list = {.count = 0};
    return scenario_parse(str_of(lint->path), lint->text, &lint->arena, &list,
                          err);
}

static const struct {
    const char *name;
    enum status (*run)(struct lint *lint, struct err *err);
} kinds[] = {{"json", lint_json},
             {"changeset", lint_changeset},
             {"response", lint_response},
             {"scenario", lint_scenario}};

static int lint_file(struct lint *lint)
{
    struct err err = {.status = ST_OK};
    bool scenario = str_ends(str_of(lint->path), STR(".sync"));
    const char *as = lint->as ? lint->as : scenario ? "scenario" : "changeset";
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, as) != 0) {
            continue;
        }
        if (file_read(lint->path, LIMIT_REPLY_BYTES, &lint->arena, &lint->text,
                      &err) != ST_OK) {
            return cli_fail(EXIT_USAGE, "lint: %s", err.text);
        }
        if (kinds[i].run(lint, &err) == ST_OK) {
            printf("%s: a valid %s (%s)\n", lint->path, as, lint->dialect);
            return EXIT_PASS;
        }
        if (strcmp(as, "scenario") == 0) { /* its errors name the file */
            puts(err.text);
        } else {
            printf("%s: %s\n", lint->path, err.text);
        }
        return EXIT_PROPERTY;
    }
    return cli_fail(EXIT_USAGE,
                    "lint: --as wants json, changeset, response "
                    "or scenario, not \"%s\"",
                    as);
}

static int lint_files(struct lint *lint, char **paths, size_t count)
{
    int worst = EXIT_PASS;
    for (size_t i = 0; i < count; i++) {
        lint->path = paths[i];
        arena_init(&lint->arena, LIMIT_RUN_ARENA);
        int code = lint_file(lint);
        worst = code > worst ? code : worst;
        arena_free(&lint->arena);
    }
    return worst;
}

int cmd_lint(int argc, char **argv)
{
    struct lint lint = {.dialect = "v2"};
    const struct cli_option options[] = {
        {"as", CLI_TEXT, &lint.as, "KIND",
         "json, changeset, response or scenario (default: by the name)"},
        {"dialect", CLI_TEXT, &lint.dialect, CLI_DIALECT_ARGUMENT,
         "v1, v2 (default), or one described by a file"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "lint", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    if (parse.left == 0) {
        return cli_fail(EXIT_USAGE, "lint: which file? - is standard input");
    }
    const struct dialect *dialect;
    struct arena arena;
    arena_init(&arena, LIMIT_RUN_ARENA);
    int code = EXIT_USAGE;
    if (cli_dialect(lint.dialect, &arena, &dialect)) {
        lint.rules = codec_rules_default(dialect);
        lint.dialect = dialect->name;
        code = lint_files(&lint, argv, parse.left);
    }
    arena_free(&arena);
    return code;
}
