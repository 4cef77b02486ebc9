/* SPDX-License-Identifier: MIT */
/* known_options - the options of what is known to fail: `--known-failing`,
 * `--known-flaky`, `--retries`, `--write-known-failing`, `--baseline`.
 * Layer: harness/cli. */
#ifndef SYNCSPEC_HARNESS_CLI_KNOWN_OPTIONS_H
#define SYNCSPEC_HARNESS_CLI_KNOWN_OPTIONS_H

#include "harness/cli/options.h"
#include "harness/run/session.h"

enum { RETRIES_USUAL = 2, RETRIES_MAX = 100 };

struct known_options {
    const char *failing, *flaky, *write, *baseline;
    int64_t retries; /* KNOWN_RETRIES_UNSAID: as usual */
    /* what was made of them */
    struct known known;
    struct past before, now;
    struct str today;
};
enum { KNOWN_RETRIES_UNSAID = INT32_MAX };

/* The rows of an option table. */
#define KNOWN_OPTIONS(o)                                                       \
    {"known-failing", CLI_TEXT, &(o)->failing, "FILE",                         \
     "a list of failures that do not count; stale entries do"},                \
        {"known-flaky", CLI_TEXT, &(o)->flaky, "FILE",                         \
         "a list of failures that are tried again"},                           \
        {"retries", CLI_NUMBER, &(o)->retries, "N",                            \
         "how often what is known to be flaky is tried again (default: 2)"},   \
        {"baseline", CLI_TEXT, &(o)->baseline, "OLD.jsonl",                    \
         "what failed in that run does not count"},                            \
    {                                                                          \
        "write-known-failing", CLI_TEXT, &(o)->write, "FILE",                  \
            "write a list of all that failed"                                  \
    }

/* Read and check the files; `scenarios` are all that could be selected.  The
 * exit code, EXIT_PASS when all is well, else after a message. */
int known_options_open(struct known_options *options, const char *command,
                       const struct scenario_list *scenarios,
                       struct arena *arena);
/* Let the session know; before it runs, when its reports are open. */
int known_options_attach(struct known_options *options, const char *command,
                         struct session *session);
/* Write the list that was asked for; false after a message. */
bool known_options_close(struct known_options *options, const char *command);

#endif
