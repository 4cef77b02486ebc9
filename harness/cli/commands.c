/* SPDX-License-Identifier: MIT */
/* commands - the table of commands, and those that only tell: help, version,
 * completion.  Layer: harness/cli. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "harness/cli/options.h"
#include "harness/scenario/dialect_keys.h"
#include "harness/scenario/verbs.h"

const struct cli_command cli_commands[] = {
    {"run", "[OPTION]... PATH...",
     "Run scenarios, in virtual time or on the wire, and judge them.", cmd_run},
    {"check", "[OPTION]... URL | --server-command CMD [URL]",
     "Check a server: which clauses hold, which do not, and why.", cmd_check},
    {"selftest", "[OPTION]... [PATH]...",
     "Plant every bug of the museum and demand that it is caught.",
     cmd_selftest},
    {"lint", "[--as KIND] [--dialect NAME|FILE] FILE...|-",
     "Say whether bytes are what the protocol allows, and if not where.",
     cmd_lint},
    {"fmt", "[--check] FILE...", "Align scenario files.", cmd_fmt},
    {"list", "[OPTION]... PATH...", "List scenarios.", cmd_list},
    {"clauses", "[OPTION]... [ID|PATH]...", "Show the clauses of the protocol.",
     cmd_clauses},
    {"explain", "CLAUSE|CASE|CHECKER...",
     "Tell why a clause matters, what breaks it and how to mend that.",
     cmd_explain},
    {"serve", "[OPTION]...", "Run the bundled server.", cmd_serve},
    {"issuer", "[OPTION]...", "Sign tokens for a server that wants them.",
     cmd_issuer},
    {"report", "[OPTION]... FILE.jsonl",
     "Render a JSON lines report in another format.", cmd_report},
    {"diff", "[--as FORMAT] OLD.jsonl NEW.jsonl",
     "Tell what changed from one run to a later one.", cmd_diff},
    {"load", "[OPTION]...",
     "Keep many wire clients busy, or live channels open, and measure.",
     cmd_load},
    {"bench", "[OPTION]...", "Measure virtual runs a second.", cmd_bench},
    {"completion", "bash", "Print the completion script of a shell.",
     cmd_completion},
    {"version", "", "Print the version and those of the libraries.",
     cmd_version},
    {"help", "[COMMAND|verbs|dialect]",
     "Print this, the help of a command, the scenario language, or what a file "
     "of a dialect says.",
     cmd_help},
    {NULL, NULL, NULL, NULL}};

void cli_help(FILE *out)
{
    fputs("syncspec - a test tool for local-first sync\n\n"
          "usage: syncspec COMMAND [OPTION]... [ARGUMENT]...\n\n",
          out);
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        fprintf(out, "  %-11s %s\n", c->name, c->help);
    }
    fputs("\nsyncspec COMMAND --help tells its options.\n"
          "Exit: 0 pass, 1 a property failed, 2 unknown only, 3 the target is "
          "unreachable\nor died, 4 nothing ran, 64 usage, 70 our own fault.\n",
          out);
}

static int print_manual(void (*write)(struct buf *out))
{
    struct buf manual;
    buf_init(&manual, LIMIT_SCENARIO_BYTES);
    write(&manual);
    fwrite(manual.p, 1, manual.n, stdout);
    buf_free(&manual);
    return EXIT_PASS;
}

int cmd_help(int argc, char **argv)
{
    if (argc == 0) {
        cli_help(stdout);
        return EXIT_PASS;
    }
    if (strcmp(argv[0], "verbs") == 0) {
        return print_manual(verbs_write_manual);
    }
    if (strcmp(argv[0], "dialect") == 0) {
        return print_manual(dialect_keys_manual);
    }
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        if (strcmp(c->name, argv[0]) == 0) {
            char help[] = "--help";
            char *args[] = {help, NULL};
            return c->run(1, args);
        }
    }
    return cli_fail(EXIT_USAGE, "unknown command \"%s\"; see syncspec help",
                    argv[0]);
}

int cmd_completion(int argc, char **argv)
{
    static const struct cli_option none[] = {
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "completion", .options = none};
    if (!cli_parse(&parse, argc, argv)) {
        return EXIT_USAGE;
    }
    if (parse.helped) {
        return EXIT_PASS;
    }
    if (parse.left != 1 || strcmp(argv[0], "bash") != 0) {
        return cli_fail(EXIT_USAGE, "completion: the shell must be bash");
    }
    puts("# bash completion of syncspec: options come from each command's "
         "own --help.\n"
         "_syncspec() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} cmd=${COMP_WORDS[1]}\n"
         "  COMPREPLY=()\n"
         "  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W \"\\");
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        printf("%s ", c->name);
    }
    puts("\" -- \"$cur\"))\n"
         "  elif [[ $cur == --* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$(syncspec \"$cmd\" --help "
         "2>/dev/null |\n"
         "      sed -n 's/^  \\(--[a-z-]*\\).*/\\1/p')\" -- \"$cur\"))\n"
         "  elif [[ $cmd == explain || $cmd == clauses ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$(syncspec clauses 2>/dev/null |\n"
         "      cut -d ' ' -f 1) $([[ $cmd == clauses ]] ||\n"
         "      syncspec list --checkers 2>/dev/null)\" -- \"$cur\")\n"
         "      $(compgen -f -- \"$cur\"))\n"
         "  else\n    COMPREPLY=($(compgen -f -- \"$cur\"))\n  fi\n}\n"
         "complete -o filenames -F _syncspec syncspec");
    return EXIT_PASS;
}
