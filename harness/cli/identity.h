/* SPDX-License-Identifier: MIT */
/* identity - the options that say who the users are to a server: `--token`,
 * `--token-command`, `--issuer` and their kin, and headers for every request.
 * Layer: harness/cli. */
#ifndef SYNCSPEC_HARNESS_CLI_IDENTITY_H
#define SYNCSPEC_HARNESS_CLI_IDENTITY_H

#include "harness/cli/options.h"
#include "harness/run/session.h"
#include "harness/run/tokens.h"
#include "harness/transport/issuer_child.h"

enum { IDENTITY_HEADERS_MAX = 16 };

struct identity {
    const char *token, *token_command, *issuer, *issuer_key, *rotate_every;
    struct cli_list headers;
    bool own_users; /* where a token is a name: names of each run alone */
    /* what was made of them */
    struct tokens_config config;
    struct tokens *tokens;
    struct issuer_child child;
    const char *header_lines[IDENTITY_HEADERS_MAX + 1];
};

/* The rows of an option table. */
#define IDENTITY_OPTIONS(id)                                                   \
    {"token", CLI_TEXT, &(id)->token, "TOKEN",                                 \
     "of a server at a URL: the bearer token, of the only user"},              \
        {"token-command", CLI_TEXT, &(id)->token_command, "CMD",               \
         "of a server at a URL: a line of shell that prints the token of $1"}, \
        {"issuer", CLI_TEXT, &(id)->issuer, "HOST:PORT",                       \
         "sign the users' tokens here, and serve the key set there"},          \
        {"issuer-key", CLI_TEXT, &(id)->issuer_key, "FILE",                    \
         "sign with the key in FILE (made if need be), as syncspec issuer "    \
         "--key does"},                                                        \
        {"rotate-every", CLI_TEXT, &(id)->rotate_every, "TIME",                \
         "another key signs every so often (60s, 5m)"},                        \
    {                                                                          \
        "header", CLI_LIST, &(id)->headers, "'NAME: VALUE'",                   \
            "of a server at a URL: one more header with every request"         \
    }

/* Do they fit together, and what they are for?  False after a message.  `url`:
 * a server is named; `wire`: there are sockets at all. */
bool identity_check(struct identity *identity, const char *command, bool url,
                    bool wire);
/* Make tokens and the issuer.  The exit code, EXIT_PASS when all is well, else
 * after a message. */
int identity_open(struct identity *identity, const char *command);
/* Ask a token command for every user, and fail now rather than later. */
int identity_prepare(struct identity *identity, const char *command,
                     const struct scenario_list *scenarios);
void identity_close(struct identity *identity);
/* What a target has to know. */
void identity_apply(const struct identity *identity,
                    struct target_config *config);
/* The options once more, for a replay, a blank behind each; secrets are left
 * out. */
struct str identity_replay(const struct identity *identity, struct str before,
                           struct arena *arena);
/* An argument of the command line, behind that one, as reports may show it:
 * without secrets. */
const char *identity_shown(const char *previous, const char *argument);

/* The key of FILE, 64 hexadecimal digits; made from the machine's randomness
 * when there is no such file.  NULL: a key that is kept nowhere. */
enum status identity_key(const char *file, unsigned char *seed,
                         struct err *err);
/* "60s" to whole seconds, 0 for NULL; false when it is nothing of that. */
bool identity_period(const char *text, int64_t *seconds);
int64_t identity_now_s(void); /* since 1970 */

#endif
