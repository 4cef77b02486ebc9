/* SPDX-License-Identifier: MIT */
/* tokens - the bearer token of a user, wherever it comes from: the name itself,
 * one that was given, a command that prints one, or the suite's own issuer.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_TOKENS_H
#define SYNCSPEC_HARNESS_RUN_TOKENS_H

#include "harness/scenario/scenario.h"
#include "mock_server/issuer.h"

enum token_source {
    TOKENS_NAME,    /* development: the token is the user's name, or with
                       `own_users` one of this run alone */
    TOKENS_FIXED,   /* one token, so one user */
    TOKENS_COMMAND, /* a line of shell prints the token of its $1 */
    TOKENS_ISSUER   /* signed here; users have names of this run alone */
};

enum { TOKENS_COMMAND_MS = 10000 };

struct tokens_config {
    enum token_source source;
    bool own_users;              /* TOKENS_NAME: names of the run alone */
    const char *fixed, *command; /* borrowed */
    int64_t command_ms;          /* that it may take; 0: TOKENS_COMMAND_MS */
    struct issuer issuer;
    int64_t life_s;         /* of the issuer's tokens; 0: ISSUER_LIFE_S */
    int64_t (*now_s)(void); /* seconds since 1970; not for TOKENS_NAME */
};

struct tokens;

/* Never NULL.  ST_USAGE in `err` when the fixed token cannot be one, or has
 * expired: it is to be freed all the same. */
struct tokens *tokens_create(const struct tokens_config *config,
                             struct err *err);
void tokens_free(struct tokens *tokens);

/* What is asked. */
struct token_ask {
    struct str user; /* by the script */
    struct str tag;  /* of the run */
    enum token_kind kind;
    bool fresh; /* the last one was refused */
};

/* In all that follows, NULL tokens are those of TOKENS_NAME. */

/* The token; holds until somebody asks with another tag, and at least as long
 * as the arena or the tokens live.  Fails as the command does (its output must
 * be one line, a token without white space); ST_UNSUPPORTED when such a kind
 * cannot be made from this source. */
enum status tokens_get(struct tokens *tokens, const struct token_ask *ask,
                       struct arena *arena, struct str *token, struct err *err);
/* What the server calls that user, as far as can be known. */
struct str tokens_user(struct tokens *tokens, struct str user, struct str tag,
                       struct arena *arena);
enum token_source tokens_source(const struct tokens *tokens);
/* Why the scenario cannot be played with tokens from there; empty when it
 * can. */
struct str tokens_skip(enum token_source source,
                       const struct scenario *scenario);
/* Ask for the token of every user of these scenarios that may be played on the
 * wire, so that a command that fails is known before anything is played.
 * Nothing is asked of other sources. */
enum status tokens_prepare(struct tokens *tokens,
                           const struct scenario_list *scenarios,
                           struct err *err);
/* `expired` of "token=expired": a kind by its bare name.  None of those of
 * "token=none", which means no header at all. */
bool token_option_kind(const struct arg *option, enum token_kind *kind);
/* `token.KIND` of a text's `{token.KIND}`. */
bool token_name_kind(struct str name, enum token_kind *kind);

#endif
