/* SPDX-License-Identifier: MIT */
/* tokens_scenario - which users and which kinds of tokens a scenario asks for,
 * and whether they can be had.  Layer: harness/run. */
#include "harness/run/tokens.h"

enum { PREPARE_ARENA = 64 << 20 };

bool token_option_kind(const struct arg *option, enum token_kind *kind)
{
    return option && !option->quoted && !str_is(option->value, "none") &&
           !str_is(option->value, "good") &&
           token_kind_find(option->value, kind);
}

bool token_name_kind(struct str name, enum token_kind *kind)
{
    struct str prefix = STR("token.");
    return str_starts(name, prefix) &&
           token_kind_find(str_skip(name, prefix.n), kind);
}

/* A user that the scenario has, one after the other, some more than once;
 * false at the end. */
struct user_walk {
    const struct scenario *scenario;
    size_t client, step;
};

static bool walk_user(struct user_walk *walk, struct str *user)
{
    const struct scenario *scenario = walk->scenario;
    if (walk->client < scenario->client_count) {
        *user = scenario->clients[walk->client++].user;
        return true;
    }
    while (walk->step < scenario->step_count) {
        const struct step *step = &scenario->steps[walk->step++];
        const char *key = step->verb->id == VERB_SIGNS ? "user" : "as";
        const struct arg *named = step_option(step, key);
        if (named) {
            *user = named->value;
            return true;
        }
    }
    return false;
}

static bool has_several_users(const struct scenario *scenario)
{
    struct user_walk walk = {.scenario = scenario};
    struct str first, other;
    if (!walk_user(&walk, &first)) {
        return false;
    }
    while (walk_user(&walk, &other)) {
        if (!str_eq(first, other)) {
            return true;
        }
    }
    return false;
}

/* Does the text name a kind that only its issuer can make? */
static bool text_wants_issuer(struct str text, enum token_kind *kind)
{
    for (size_t at = 0; (at += str_find(str_skip(text, at), '{')) < text.n;
         at++) {
        struct str name = str_skip(text, at + 1);
        name = str_take(name, str_find(name, '}'));
        if (token_name_kind(name, kind) && *kind != TOKEN_GOOD &&
            !token_kind_is_forgery(*kind)) {
            return true;
        }
    }
    return false;
}

static bool step_wants_issuer(const struct step *step, enum token_kind *kind)
{
    const struct arg *token = step_option(step, "token");
    if (token_option_kind(token, kind) && !token_kind_is_forgery(*kind)) {
        return true;
    }
    for (size_t i = 0; i < step->option_count; i++) {
        if (text_wants_issuer(step->options[i].value, kind)) {
            return true;
        }
    }
    for (size_t i = 0; i < step->word_count; i++) {
        if (text_wants_issuer(step->words[i].value, kind)) {
            return true;
        }
    }
    return text_wants_issuer(step->body, kind) ||
           text_wants_issuer(step->body_text, kind);
}

struct str tokens_skip(enum token_source source,
                       const struct scenario *scenario)
{
    static const char *const reasons[TOKEN_KINDS] = {
        [TOKEN_EXPIRED] = "needs an expired token: only --issuer makes one",
        [TOKEN_FUTURE] = "needs a token of the future: only --issuer makes one",
        [TOKEN_NO_EXP] = "needs a token without exp: only --issuer makes one",
        [TOKEN_OTHER_USER] =
            "needs another user's token: only --issuer makes one"};
    enum token_kind kind = TOKEN_GOOD;
    if (source == TOKENS_NAME || source == TOKENS_ISSUER) {
        return STR("");
    }
    if (source == TOKENS_FIXED && has_several_users(scenario)) {
        return STR("has several users: --token is the token of one");
    }
    for (size_t i = 0; i < scenario->step_count; i++) {
        if (step_wants_issuer(&scenario->steps[i], &kind)) {
            return str_of(reasons[kind]);
        }
    }
    return STR("");
}

enum status tokens_prepare(struct tokens *tokens,
                           const struct scenario_list *scenarios,
                           struct err *err)
{
    struct arena arena;
    enum status status = ST_OK;
    if (tokens_source(tokens) != TOKENS_COMMAND) {
        return ST_OK;
    }
    arena_init(&arena, PREPARE_ARENA);
    for (size_t i = 0; i < scenarios->count && status == ST_OK; i++) {
        struct user_walk walk = {.scenario = &scenarios->items[i]};
        struct token_ask ask = {.tag = STR("")};
        bool wire = (walk.scenario->worlds & WORLD_WIRE) != 0;
        struct str token;
        while (wire && status == ST_OK && walk_user(&walk, &ask.user)) {
            status = tokens_get(tokens, &ask, &arena, &token, err);
        }
    }
    arena_free(&arena);
    return status;
}
