/* SPDX-License-Identifier: MIT */
/* tokens - see tokens.h.  Layer: harness/run. */
#include "harness/run/tokens.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "harness/transport/command.h"

enum {
    LEEWAY_S = 5, /* before a token's end it counts as ended */
    TOKENS_ARENA = 1 << 30,
    ERROR_USER_MAX = 64
};

struct kept_token {
    struct str user, token;
    int64_t exp_s; /* 0: it does not say */
};

struct tokens {
    struct tokens_config config;
    struct arena arena;
    struct str tag; /* of the issuer's kept tokens */
    struct kept_token *list;
    size_t count, cap;
};

static const struct issuer developers = {.dev = true};

/* ---- what a token may look like ---- */

static enum status token_check(struct str token, struct err *err)
{
    if (token.n == 0) {
        return err_set(err, ST_USAGE, "there is no token");
    }
    if (token.n > LIMIT_TOKEN_BYTES) {
        return err_set(err, ST_USAGE, "over %d bytes", LIMIT_TOKEN_BYTES);
    }
    for (size_t i = 0; i < token.n; i++) {
        if (token.p[i] == '\n') {
            return err_set(err, ST_USAGE,
                           "more than one line: expected the bare token");
        }
        if (token.p[i] <= ' ' || token.p[i] > '~') {
            return err_set(err, ST_USAGE,
                           "byte %zu is 0x%02x: expected the bare token, "
                           "visible ASCII without blanks",
                           i + 1, (unsigned)(unsigned char)token.p[i]);
        }
    }
    return ST_OK;
}

static bool has_ended(const struct tokens *tokens, int64_t exp_s,
                      int64_t leeway_s)
{
    return exp_s != 0 && tokens->config.now_s() + leeway_s >= exp_s;
}

struct tokens *tokens_create(const struct tokens_config *config,
                             struct err *err)
{
    struct tokens *tokens = calloc(1, sizeof(*tokens));
    int64_t exp_s = 0;
    struct str sub;
    ASSERT(tokens);
    tokens->config = *config;
    arena_init(&tokens->arena, TOKENS_ARENA);
    if (config->source != TOKENS_FIXED) {
        return tokens;
    }
    struct str fixed = str_of(config->fixed);
    issuer_peek(fixed, &tokens->arena, &exp_s, &sub);
    if (token_check(fixed, err) != ST_OK) {
        err_prefix(err, "--token: ");
    } else if (has_ended(tokens, exp_s, 0)) {
        err_set(err, ST_USAGE, "--token: it expired %lld s ago",
                (long long)(config->now_s() - exp_s));
    }
    return tokens;
}

void tokens_free(struct tokens *tokens)
{
    if (tokens) {
        arena_free(&tokens->arena);
        free(tokens);
    }
}

enum token_source tokens_source(const struct tokens *tokens)
{
    return tokens ? tokens->config.source : TOKENS_NAME;
}

/* ---- those that are kept ---- */

static struct kept_token *kept_find(struct tokens *tokens, struct str user)
{
    for (size_t i = 0; i < tokens->count; i++) {
        if (str_eq(tokens->list[i].user, user)) {
            return &tokens->list[i];
        }
    }
    return NULL;
}

static struct str kept_put(struct tokens *tokens, struct str user,
                           struct str token)
{
    struct kept_token *kept = kept_find(tokens, user);
    struct str sub;
    if (!kept) {
        tokens->list = arena_grow(&tokens->arena, tokens->list, tokens->count,
                                  &tokens->cap, sizeof(*tokens->list));
        kept = &tokens->list[tokens->count++];
        kept->user = arena_str(&tokens->arena, user);
    }
    kept->token = arena_str(&tokens->arena, token);
    issuer_peek(kept->token, &tokens->arena, &kept->exp_s, &sub);
    return kept->token;
}

/* Users of another run are other users: nothing of them is needed any more. */
static void kept_forget(struct tokens *tokens, struct str tag)
{
    if (tokens->config.source != TOKENS_ISSUER || str_eq(tokens->tag, tag)) {
        return;
    }
    arena_reset(&tokens->arena);
    tokens->list = NULL;
    tokens->count = tokens->cap = 0;
    tokens->tag = arena_str(&tokens->arena, tag);
}

/* ---- where they come from ---- */

static struct str live_user(struct str user, struct str tag,
                            struct arena *arena)
{
    return tag.n == 0
               ? user
               : arena_printf(arena, "%.*s-%.*s", STR_ARG(user), STR_ARG(tag));
}

static struct str other_user(struct str user, struct arena *arena)
{
    return arena_printf(arena, "not-%.*s", STR_ARG(user));
}

static enum status by_issuer(const struct tokens *tokens,
                             const struct token_ask *ask, struct arena *arena,
                             struct str *token, struct err *err)
{
    const struct tokens_config *config = &tokens->config;
    struct str sub = live_user(ask->user, ask->tag, arena);
    const struct token_wish wish = {.kind = ask->kind,
                                    .sub = sub,
                                    .other = other_user(sub, arena),
                                    .now_s = config->now_s(),
                                    .life_s = config->life_s};
    return issuer_token(&config->issuer, &wish, arena, token, err);
}

static struct str named_user(const struct tokens *tokens, struct str user,
                             struct str tag, struct arena *arena)
{
    return tokens && tokens->config.own_users ? live_user(user, tag, arena)
                                              : user;
}

/* In development only what is not good has to be signed. */
static enum status by_name(const struct tokens *tokens,
                           const struct token_ask *ask, struct arena *arena,
                           struct str *token, struct err *err)
{
    struct str sub = named_user(tokens, ask->user, ask->tag, arena);
    const struct token_wish wish = {
        .kind = ask->kind, .sub = sub, .other = other_user(sub, arena)};
    if (ask->kind == TOKEN_GOOD) {
        *token = sub;
        return ST_OK;
    }
    return issuer_token(&developers, &wish, arena, token, err);
}

static enum status run_command(const struct tokens *tokens,
                               const struct token_ask *ask, struct buf *out,
                               struct err *err)
{
    struct buf text;
    buf_init(&text, LIMIT_NAME_BYTES * 2);
    buf_puts(&text, "SYNCSPEC_USER=");
    buf_str(&text, ask->user);
    int64_t limit_ms = tokens->config.command_ms;
    const char *environment[] = {
        text.p, ask->fresh ? "SYNCSPEC_FRESH=1" : "SYNCSPEC_FRESH=", NULL};
    const struct command command = {
        .line = tokens->config.command,
        .argument = strchr(text.p, '=') + 1,
        .environment = environment,
        .limit_ms = limit_ms > 0 ? limit_ms : TOKENS_COMMAND_MS};
    enum status status = command_run(&command, out, err);
    buf_free(&text);
    return status;
}

static enum status by_command(const struct tokens *tokens,
                              const struct token_ask *ask, struct arena *arena,
                              struct str *token, struct err *err)
{
    struct buf out;
    buf_init(&out, LIMIT_TOKEN_BYTES * 2);
    enum status status = run_command(tokens, ask, &out, err);
    struct str text = buf_view(&out);
    while (text.n > 0 && strchr("\r\n", text.p[text.n - 1])) {
        text.n--;
    }
    if (status == ST_OK && token_check(text, err) != ST_OK) {
        status = err_prefix(err, "what it printed is no token: ");
    }
    if (status != ST_OK) {
        err_prefix(err, "--token-command for user %.*s: ",
                   STR_ARG(str_take(ask->user, ERROR_USER_MAX)));
    }
    *token = arena_str(arena, text);
    buf_free(&out);
    return status;
}

static enum status good_token(struct tokens *tokens,
                              const struct token_ask *ask, struct arena *arena,
                              struct str *token, struct err *err)
{
    struct token_ask good = *ask;
    good.kind = TOKEN_GOOD;
    if (tokens->config.source == TOKENS_FIXED) {
        *token = str_of(tokens->config.fixed);
        return ST_OK;
    }
    kept_forget(tokens, ask->tag);
    const struct kept_token *kept = kept_find(tokens, ask->user);
    if (kept && !ask->fresh && !has_ended(tokens, kept->exp_s, LEEWAY_S)) {
        *token = kept->token;
        return ST_OK;
    }
    enum status status = tokens->config.source == TOKENS_ISSUER
                             ? by_issuer(tokens, &good, arena, token, err)
                             : by_command(tokens, &good, arena, token, err);
    if (status == ST_OK) {
        *token = kept_put(tokens, ask->user, *token);
    }
    return status;
}

enum status tokens_get(struct tokens *tokens, const struct token_ask *ask,
                       struct arena *arena, struct str *token, struct err *err)
{
    if (tokens_source(tokens) == TOKENS_NAME) {
        return by_name(tokens, ask, arena, token, err);
    }
    if (ask->kind != TOKEN_GOOD && tokens->config.source == TOKENS_ISSUER) {
        return by_issuer(tokens, ask, arena, token, err);
    }
    enum status status = good_token(tokens, ask, arena, token, err);
    const struct token_wish wish = {.kind = ask->kind, .sub = ask->user};
    return status != ST_OK || ask->kind == TOKEN_GOOD
               ? status
               : issuer_forge(&wish, *token, arena, token, err);
}

struct str tokens_user(struct tokens *tokens, struct str user, struct str tag,
                       struct arena *arena)
{
    const struct token_ask ask = {.user = user, .tag = tag};
    struct str token, sub = {0};
    int64_t exp_s = 0;
    if (tokens_source(tokens) == TOKENS_NAME) {
        return named_user(tokens, user, tag, arena);
    }
    if (tokens->config.source == TOKENS_ISSUER) {
        return live_user(user, tag, arena);
    }
    if (tokens_get(tokens, &ask, arena, &token, NULL) == ST_OK) {
        issuer_peek(token, arena, &exp_s, &sub);
    }
    return sub.n > 0 ? sub : user;
}
