/* SPDX-License-Identifier: MIT */
/* sender - see sender.h.  Layer: harness/run. */
#include "harness/run/sender.h"

#include "harness/scenario/body.h"
#include "protocol/translate.h"

/* A device of its own beside the model client, so that what it writes is news
 * to that client. */
uint32_t sender_of(struct run_client *client, const struct step *step)
{
    struct runner *runner = client->runner;
    const struct arg *as = step_option(step, "as");
    if (!as && client->raw_actor != 0) {
        return client->raw_actor;
    }
    const struct actor model = runner->history.actors[client->actor];
    const struct actor actor = {
        .name =
            arena_printf(runner->arena, "%.*s (raw)", STR_ARG(client->name)),
        .user = as ? as->value : model.user,
        .app = model.app,
        .client_id =
            arena_printf(runner->arena, "%.*s-raw", STR_ARG(model.client_id)),
        .device = (uint32_t)runner->history.actor_count};
    uint32_t made = history_actor(&runner->history, actor);
    if (!as) {
        client->raw_actor = made;
    }
    return made;
}

static struct str cursor_of(struct run_client *client, struct str rest)
{
    struct str prefix = STR("cursor.");
    return str_starts(rest, prefix)
               ? device_cursor(client->device, str_skip(rest, prefix.n))
               : (struct str){0};
}

/* The live text that a name in braces stands for; .p NULL when there is none
 * such. */
static struct str stand_in(struct runner *runner, uint32_t sender,
                           struct str name)
{
    const struct actor *who = &runner->history.actors[sender];
    char text[INSTANT_TEXT_MAX];
    if (str_is(name, "app")) {
        return who->app;
    }
    if (str_is(name, "epoch")) {
        return STR(CURSOR_EPOCH_TEXT);
    }
    if (str_is(name, "at")) { /* as scripts say it: translated with the rest */
        return str_of(runner->options->dialect->base->stamp_key);
    }
    if (str_is(name, "user")) {
        return user_live(runner, who->user);
    }
    enum token_kind kind = TOKEN_GOOD;
    if (str_is(name, "token") || token_name_kind(name, &kind)) {
        return user_token(runner, who->user, kind, false);
    }
    if (str_is(name, "time")) {
        struct moment now = client_moment(runner->clients[0]);
        return arena_str(runner->arena, instant_write_ms(now.wall, text));
    }
    size_t dot = str_find(name, '.');
    for (size_t i = 0; i < runner->client_count; i++) {
        struct run_client *client = runner->clients[i];
        if (!str_eq(client->name, str_take(name, dot))) {
            continue;
        }
        if (str_is(str_skip(name, dot), ".user")) {
            return user_live(runner, client->user);
        }
        if (dot < name.n) {
            return cursor_of(client, str_skip(name, dot + 1));
        }
        return arena_printf(
            runner->arena, "%.*s-raw",
            STR_ARG(runner->history.actors[client->actor].client_id));
    }
    return (struct str){0};
}

static struct str substitute(struct runner *runner, uint32_t sender,
                             struct str text, bool encode)
{
    struct buf out;
    buf_init(&out, LIMIT_BODY_BYTES * 2);
    for (size_t i = 0; i < text.n; i++) {
        size_t plain = str_find(str_skip(text, i), '{');
        buf_put(&out, text.p + i, plain);
        i += plain;
        struct str rest = str_skip(text, i + 1);
        size_t end = str_find(rest, '}');
        struct str live = {0};
        if (end < rest.n) {
            live = stand_in(runner, sender, str_take(rest, end));
        }
        if (!live.p) {
            buf_put(&out, text.p + i, i < text.n);
            continue;
        }
        if (encode) {
            http_encode(&out, live);
        } else {
            buf_str(&out, live);
        }
        i += end + 1;
    }
    struct str result = arena_str(runner->arena, buf_view(&out));
    buf_free(&out);
    return result;
}

struct str sender_text(struct runner *runner, uint32_t sender, struct str text)
{
    return substitute(runner, sender, text, false);
}

struct str sender_bytes(struct runner *runner, uint32_t sender,
                        const struct step *step)
{
    struct buf body;
    buf_init(&body, BODY_BYTES_MAX);
    body_write(step, &body);
    struct str bytes = sender_text(runner, sender, buf_view(&body));
    buf_free(&body);
    return bytes;
}

struct str sender_body(struct runner *runner, uint32_t sender,
                       enum dialect_group document, const struct step *step)
{
    return translate_to_wire(runner->options->dialect, document,
                             sender_bytes(runner, sender, step), runner->arena);
}

struct str sender_target(struct runner *runner, uint32_t sender,
                         struct str text)
{
    return translate_target(runner->options->dialect,
                            substitute(runner, sender, text, true),
                            runner->arena);
}

struct str sender_client_id(struct runner *runner, uint32_t sender,
                            const struct step *step)
{
    const struct arg *client = step_option(step, "client");
    if (!client) {
        return runner->history.actors[sender].client_id;
    }
    if (str_is(client->value, "none")) {
        return (struct str){0};
    }
    struct str live = stand_in(runner, sender, client->value);
    return live.p ? live : client->value;
}

struct str sender_token(struct runner *runner, uint32_t sender,
                        const struct step *step)
{
    const struct arg *token = step_option(step, "token");
    enum token_kind kind = TOKEN_GOOD;
    if (!token || token_option_kind(token, &kind)) {
        return user_token(runner, runner->history.actors[sender].user, kind,
                          false);
    }
    if (!token->quoted && str_is(token->value, "none")) {
        return (struct str){0};
    }
    return sender_text(runner, sender, token->value);
}

void sender_headers(struct runner *runner, uint32_t sender,
                    const struct step *step, bool authorize,
                    struct http_request *request)
{
    struct str token = sender_token(runner, sender, step);
    struct str client_id = sender_client_id(runner, sender, step);
    const struct dialect *dialect = runner->options->dialect;
    if (authorize && token.p) {
        /* A text with a space is the whole header, whatever its scheme. */
        bool whole =
            step_option(step, "token") && str_find(token, ' ') < token.n;
        http_header_add(
            request, STR("Authorization"),
            whole ? token
                  : arena_printf(runner->arena, "Bearer %.*s", STR_ARG(token)));
    }
    if (client_id.p) {
        http_header_add(request, dialect_name(dialect, NAME_HEADER_CLIENT_ID),
                        client_id);
    }
    if (step->has_body) {
        http_header_add(request, STR("Content-Type"), STR("application/json"));
    }
    for (size_t i = 0; i < step->option_count; i++) {
        struct str key = step->options[i].key;
        if (str_starts(key, STR("header."))) {
            http_header_add(
                request, translate_header(dialect, str_skip(key, 7)),
                sender_text(runner, sender, step->options[i].value));
        }
    }
}
