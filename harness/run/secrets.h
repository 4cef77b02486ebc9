/* SPDX-License-Identifier: MIT */
/* secrets - tokens and headers of this run that no report may show.
 * Layer: harness/run.
 *
 * In development a token is the user's name, and no secret.  All others are
 * noted when they are handed out, and looked for in everything that is shown:
 * a server may echo them anywhere. */
#ifndef SYNCSPEC_HARNESS_RUN_SECRETS_H
#define SYNCSPEC_HARNESS_RUN_SECRETS_H

#include "harness/run/runner.h"

struct secret {
    struct str text;
    struct str name; /* "TOKEN": shown as $TOKEN, which a shell fills in */
};

/* The values of the headers that every request has. */
void secrets_note_headers(struct runner *runner);
/* A token that was handed out.  $TOKEN when the scenario has one user; else
 * $TOKEN_ALICE; one that is not good $TOKEN_EXPIRED. */
void secrets_note_token(struct runner *runner, const struct token_ask *ask,
                        struct str token);
/* The longest secret that begins at text.p[at], or NULL.  One of less than
 * eight bytes counts only where it stands alone. */
const struct secret *secret_at(const struct runner *runner, struct str text,
                               size_t at);
/* `text` up to `max` bytes with its secrets as $NAME, also one that `max` would
 * cut; in the run's arena if there are any. */
struct str secrets_hide(struct runner *runner, struct str text, size_t max);
/* "X_TENANT" of a header's name, in the run's arena. */
struct str secret_name(struct runner *runner, struct str name);

#endif
