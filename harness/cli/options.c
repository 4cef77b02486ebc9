/* SPDX-License-Identifier: MIT */
/* options - see options.h.  Layer: harness/cli. */
#include "harness/cli/options.h"

#include <stdarg.h>
#include <string.h>

#include "base/asserts.h"

int cli_fail(enum exit_code code, const char *format, ...)
{
    va_list args;
    fflush(stdout);
    fputs("syncspec: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return (int)code;
}

enum exit_code cli_code_of(enum status status)
{
    switch (status) {
    case ST_OK:
        return EXIT_PASS;
    case ST_NETWORK:
        return EXIT_TARGET;
    case ST_INTERNAL:
        return EXIT_OURS;
    case ST_SYNTAX:
    case ST_PROTOCOL:
    case ST_LIMIT:
    case ST_IO:
    case ST_USAGE:
    case ST_NOT_FOUND:
    case ST_UNSUPPORTED:
        break;
    }
    return EXIT_USAGE;
}

static const struct cli_option *find(const struct cli_option *options,
                                     struct str name)
{
    for (; options->name; options++) {
        if (str_is(name, options->name)) {
            return options;
        }
    }
    return NULL;
}

static bool unknown(const struct cli_parse *parse, struct str name)
{
    const char *closest = NULL;
    size_t best = 4;
    for (const struct cli_option *o = parse->options; o->name; o++) {
        size_t distance = str_distance(name, str_of(o->name), best);
        if (distance < best) {
            best = distance;
            closest = o->name;
        }
    }
    if (closest) {
        cli_fail(EXIT_USAGE, "%s: unknown option --%.*s; did you mean --%s?",
                 parse->command, STR_ARG(name), closest);
    } else {
        cli_fail(EXIT_USAGE,
                 "%s: unknown option --%.*s; see syncspec %s --help",
                 parse->command, STR_ARG(name), parse->command);
    }
    return false;
}

static bool store_value(const struct cli_parse *parse,
                        const struct cli_option *option, const char *value)
{
    ASSERT(option);
    struct cli_list *list = option->target;
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)option->target = true;
        return true;
    case CLI_TEXT:
        *(const char **)option->target = value;
        return true;
    case CLI_NUMBER:
        if (!str_to_i64(str_of(value), option->target) ||
            *(int64_t *)option->target < 0) {
            cli_fail(EXIT_USAGE, "%s: --%s wants a whole number, not \"%s\"",
                     parse->command, option->name, value);
            return false;
        }
        return true;
    case CLI_LIST:
        if (list->count == CLI_LIST_MAX) {
            cli_fail(EXIT_USAGE, "%s: --%s more than %d times", parse->command,
                     option->name, CLI_LIST_MAX);
            return false;
        }
        list->items[list->count++] = value;
        return true;
    }
    return false;
}

static void print_help(const struct cli_parse *parse)
{
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        if (strcmp(c->name, parse->command) == 0) {
            printf("usage: syncspec %s %s\n\n%s\n\n", c->name, c->arguments,
                   c->help);
        }
    }
    for (const struct cli_option *o = parse->options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", o->name,
                 o->argument ? " " : "", o->argument ? o->argument : "");
        printf("  %-24s %s\n", left, o->help);
    }
}

static bool take_option(struct cli_parse *parse, int argc, char **argv,
                        int *index)
{
    struct str text = str_of(argv[*index] + 2);
    size_t equals = str_find(text, '=');
    struct str name = str_take(text, equals);
    const struct cli_option *option = find(parse->options, name);
    if (str_is(name, "help")) {
        print_help(parse);
        parse->helped = true;
        return true;
    }
    if (!option) {
        return unknown(parse, name);
    }
    bool inlined = equals < text.n;
    if (option->kind == CLI_FLAG) {
        if (inlined) {
            cli_fail(EXIT_USAGE, "%s: --%s takes no value", parse->command,
                     option->name);
            return false;
        }
        return store_value(parse, option, NULL);
    }
    const char *value = inlined ? text.p + equals + 1 : NULL;
    if (!value) {
        if (*index + 1 >= argc) {
            cli_fail(EXIT_USAGE, "%s: --%s wants a value: %s", parse->command,
                     option->name, option->argument);
            return false;
        }
        value = argv[++*index];
    }
    return store_value(parse, option, value);
}

/* The one short option, for fingers that know make: -j4, -j 4. */
static bool take_jobs(const struct cli_parse *parse, int argc, char **argv,
                      int *index)
{
    const struct cli_option *jobs = find(parse->options, STR("jobs"));
    const char *value = argv[*index] + 2;
    if (*value == '\0') {
        if (*index + 1 >= argc) {
            cli_fail(EXIT_USAGE, "%s: -j wants a value: N", parse->command);
            return false;
        }
        value = argv[++*index];
    }
    return store_value(parse, jobs, value);
}

bool cli_parse(struct cli_parse *parse, int argc, char **argv)
{
    bool ended = false;
    parse->left = 0;
    for (int i = 0; i < argc; i++) {
        bool option = !ended && strncmp(argv[i], "--", 2) == 0;
        if (option && argv[i][2] == '\0') {
            ended = true;
        } else if (option) {
            if (!take_option(parse, argc, argv, &i)) {
                return false;
            }
        } else if (!ended && strncmp(argv[i], "-j", 2) == 0 &&
                   find(parse->options, STR("jobs"))) {
            if (!take_jobs(parse, argc, argv, &i)) {
                return false;
            }
        } else if (!ended && argv[i][0] == '-' && argv[i][1] != '\0') {
            cli_fail(EXIT_USAGE,
                     "%s: unknown option %s; options are long: "
                     "see syncspec %s --help",
                     parse->command, argv[i], parse->command);
            return false;
        } else {
            argv[parse->left++] = argv[i];
        }
    }
    return true;
}
