/* SPDX-License-Identifier: MIT */
/* secrets - see secrets.h.  Layer: harness/run. */
#include "harness/run/secrets.h"

#include <string.h>

enum { SHORT = 8 }; /* less than this may be a part of any word */

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_';
}

struct str secret_name(struct runner *runner, struct str name)
{
    char *text = arena_must(runner->arena, name.n + 1, 1);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        text[i] = !is_word(c)            ? '_'
                  : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A')
                                         : c;
    }
    return (struct str){text, name.n};
}

static void note(struct runner *runner, struct str text, struct str name)
{
    for (size_t i = 0; i < runner->secret_count; i++) {
        if (str_eq(runner->secrets[i].text, text)) {
            return;
        }
    }
    if (text.n > 0) {
        runner->secrets =
            arena_grow(runner->arena, runner->secrets, runner->secret_count,
                       &runner->secret_cap, sizeof(*runner->secrets));
        runner->secrets[runner->secret_count++] = (struct secret){text, name};
    }
}

/* As it is, and as it stands in a URL. */
static void note_both(struct runner *runner, struct str text, struct str name)
{
    struct buf encoded;
    buf_init(&encoded, LIMIT_TOKEN_BYTES * 3);
    http_encode(&encoded, text);
    note(runner, arena_str(runner->arena, text), name);
    note(runner, arena_str(runner->arena, buf_view(&encoded)), name);
    buf_free(&encoded);
}

void secrets_note_headers(struct runner *runner)
{
    const char *const *headers = runner->options->address.headers;
    for (size_t i = 0; headers && headers[i]; i++) {
        struct str line = str_of(headers[i]);
        size_t colon = str_find(line, ':');
        struct str value = str_skip(line, colon + 1);
        while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t')) {
            value = str_skip(value, 1);
        }
        note_both(runner, value, secret_name(runner, str_take(line, colon)));
    }
}

static bool has_several_users(const struct scenario *scenario)
{
    for (size_t i = 1; i < scenario->client_count; i++) {
        if (!str_eq(scenario->clients[i].user, scenario->clients[0].user)) {
            return true;
        }
    }
    return false;
}

void secrets_note_token(struct runner *runner, const struct token_ask *ask,
                        struct str token)
{
    struct arena *arena = runner->arena;
    struct str name = STR("TOKEN");
    if (!runner->options->address.base_url || !runner->result ||
        tokens_source(runner->options->tokens) == TOKENS_NAME) {
        return;
    }
    if (ask->kind != TOKEN_GOOD) {
        struct str kind =
            secret_name(runner, str_of(token_kind_name(ask->kind)));
        name = arena_printf(arena, "TOKEN_%.*s", STR_ARG(kind));
    }
    if (has_several_users(runner->scenario)) {
        struct str user = secret_name(runner, ask->user);
        name = arena_printf(arena, "%.*s_%.*s", STR_ARG(name), STR_ARG(user));
    }
    note_both(runner, token, name);
}

static bool stands_alone(struct str text, size_t from, size_t to)
{
    return (from == 0 || !is_word(text.p[from - 1])) &&
           (to == text.n || !is_word(text.p[to]));
}

const struct secret *secret_at(const struct runner *runner, struct str text,
                               size_t at)
{
    const struct secret *longest = NULL;
    for (size_t i = 0; i < runner->secret_count; i++) {
        const struct secret *secret = &runner->secrets[i];
        bool here = str_starts(str_skip(text, at), secret->text) &&
                    (secret->text.n >= SHORT ||
                     stands_alone(text, at, at + secret->text.n));
        if (here && (!longest || secret->text.n > longest->text.n)) {
            longest = secret;
        }
    }
    return longest;
}

struct str secrets_hide(struct runner *runner, struct str text, size_t max)
{
    struct buf out;
    size_t from = 0, end = text.n < max ? text.n : max;
    buf_init(&out, LIMIT_REPLY_BYTES);
    for (size_t i = 0; i < end; i++) {
        const struct secret *secret = secret_at(runner, text, i);
        if (secret) {
            buf_str(&out, str_take(str_skip(text, from), i - from));
            buf_printf(&out, "$%.*s", STR_ARG(secret->name));
            from = i + secret->text.n;
            i = from - 1;
        }
    }
    struct str shown = str_take(text, end);
    if (from > 0) {
        buf_str(&out, str_skip(str_take(text, end), from));
        shown = arena_str(runner->arena, buf_view(&out));
    }
    buf_free(&out);
    return shown;
}
