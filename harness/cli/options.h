/* SPDX-License-Identifier: MIT */
/* options - the command line as a table: parsing, help and completion come
 * from the same rows.  Layer: harness/cli. */
#ifndef SYNCSPEC_HARNESS_CLI_OPTIONS_H
#define SYNCSPEC_HARNESS_CLI_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/str.h"

enum exit_code {
    EXIT_PASS = 0,
    EXIT_PROPERTY = 1, /* a property failed */
    EXIT_UNKNOWN = 2,
    EXIT_TARGET = 3, /* the target is unreachable or died */
    EXIT_NOTHING = 4,
    EXIT_USAGE = 64,
    EXIT_OURS = 70
};

enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER, CLI_LIST };

enum { CLI_LIST_MAX = 64 };
struct cli_list {
    const char *items[CLI_LIST_MAX];
    size_t count;
};

struct cli_option {
    const char *name; /* without the dashes */
    enum cli_kind kind;
    void *target; /* bool *, const char **, int64_t *, struct cli_list * */
    const char *argument; /* "FILE" for the help; NULL for flags */
    const char *help;
};

struct cli_command {
    const char *name;
    const char *arguments; /* "[OPTION…] PATH…" */
    const char *help;      /* one sentence */
    int (*run)(int argc, char **argv);
};

/* All commands, NULL name at the end. */
extern const struct cli_command cli_commands[];

/* `--name value` and `--name=value`; the rest are positional (moved to the
 * front of argv, their number in *left).  "--" ends options.  On failure a
 * message was written to standard error; false.  `--help` prints the help of
 * the command and sets *helped. */
struct cli_parse {
    const char *command;
    const struct cli_option *options; /* NULL name at the end */
    size_t left;
    bool helped;
};
bool cli_parse(struct cli_parse *parse, int argc, char **argv);
/* "syncspec: …" on standard error; returns the exit code. */
int cli_fail(enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The exit code that fits a status. */
enum exit_code cli_code_of(enum status status);
void cli_help(FILE *out);

/* The commands, one file each. */
int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_lint(int argc, char **argv);
int cmd_fmt(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_clauses(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_issuer(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_completion(int argc, char **argv);

#endif
