/* SPDX-License-Identifier: MIT */
/* main - finds the command and runs it.  Layer: harness/cli. */
#include <signal.h>
#include <string.h>

#include "harness/cli/options.h"

int main(int argc, char **argv)
{
    /* A reader that went away is an error of the write, not our end. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        cli_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    const char *closest = NULL;
    size_t best = 4;
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        if (strcmp(c->name, name) == 0) {
            return c->run(argc - 2, argv + 2);
        }
        size_t distance = str_distance(str_of(name), str_of(c->name), best);
        if (distance < best) {
            best = distance;
            closest = c->name;
        }
    }
    if (closest) {
        return cli_fail(EXIT_USAGE, "unknown command \"%s\"; did you mean %s?",
                        name, closest);
    }
    return cli_fail(EXIT_USAGE, "unknown command \"%s\"; see syncspec help",
                    name);
}
