/* SPDX-License-Identifier: MIT */
/* action_raw - `sends`: requests that a good client would never make, and what
 * the script expects of the answer.  Layer: harness/run. */
#include "harness/run/expect.h"

#include "harness/run/runner.h"

/* A raw sender is a device of its own beside the model client, so that what it
 * writes is news to that client. */
static uint32_t raw_sender(struct runner *runner, const struct step *step)
{
    struct run_client *client = runner->clients[step->who[0]];
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
    if (str_is(name, "at")) {
        return str_of(runner->options->dialect->stamp_key);
    }
    if (str_is(name, "token") || str_is(name, "user")) {
        return who->user;
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
        struct str rest = str_skip(text, i + 1);
        size_t end = text.p[i] == '{' ? str_find(rest, '}') : rest.n;
        struct str live = {0};
        if (end < rest.n) {
            live = stand_in(runner, sender, str_take(rest, end));
        }
        if (!live.p) {
            buf_putc(&out, text.p[i]);
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

/* X-Client-Id of a request: as the step says, or the sender's own. */
static struct str client_id(struct raw_call *call, const struct arg *client)
{
    if (!client) {
        return call->runner->history.actors[call->actor].client_id;
    }
    struct str live = stand_in(call->runner, call->actor, client->value);
    return live.p ? live : client->value;
}

static void add_headers(struct runner *runner, const struct step *step,
                        struct raw_call *call)
{
    struct http_request *request = &call->request;
    const struct actor *who = &runner->history.actors[call->actor];
    const struct arg *token = step_option(step, "token");
    const struct arg *client = step_option(step, "client");
    bool no_token = token && !token->quoted && str_is(token->value, "none");
    if (!no_token) {
        struct str text = token ? token->value : who->user;
        bool whole = token && str_find(text, ' ') < text.n;
        http_header_add(
            request, STR("Authorization"),
            whole ? text
                  : arena_printf(runner->arena, "Bearer %.*s", STR_ARG(text)));
    }
    if (!client || !str_is(client->value, "none")) {
        http_header_add(request, STR("X-Client-Id"), client_id(call, client));
    }
    if (step->has_body) {
        http_header_add(request, STR("Content-Type"), STR("application/json"));
    }
    for (size_t i = 0; i < step->option_count; i++) {
        struct str key = step->options[i].key;
        if (str_starts(key, STR("header."))) {
            http_header_add(
                request, str_skip(key, 7),
                substitute(runner, call->actor, step->options[i].value, false));
        }
    }
}

static void send_one(struct runner *runner, const struct step *step,
                     uint32_t sender)
{
    struct raw_call *call = arena_must(runner->arena, 1, sizeof(*call));
    call->runner = runner;
    call->actor = sender;
    call->kind = REQUEST_RAW;
    call->request.method = step->words[0].value;
    call->request.target =
        substitute(runner, sender, step->words[1].value, true);
    call->request.body = substitute(runner, sender, step->body, false);
    add_headers(runner, step, call);
    raw_start(call);
    const struct arg *wait = step_option(step, "wait");
    if (wait && str_is(wait->value, "no")) {
        return;
    }
    world_run(&runner->world, raw_done, call,
              runner->world.now_ms + OPERATION_LIMIT_MS);
    for (size_t i = 0; i < step->expect_count && !runner->broken; i++) {
        expectation_judge(runner, step, &step->expects[i], call);
    }
}

bool action_raw(struct runner *runner, const struct step *step)
{
    if (step->verb->id != VERB_SENDS) {
        return false;
    }
    const struct arg *times = step_option(step, "times");
    int64_t count = 1;
    if (times) {
        str_to_i64(times->value, &count);
    }
    uint32_t sender = raw_sender(runner, step);
    for (int64_t i = 0; i < count && !runner->broken; i++) {
        send_one(runner, step, sender);
    }
    return true;
}
