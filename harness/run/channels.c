/* SPDX-License-Identifier: MIT */
/* channels - see channels.h.  Layer: harness/run. */
#include "harness/run/channels.h"

#include <stdio.h>
#include <string.h>

#include "harness/run/label.h"
#include "protocol/ws.h"

enum {
    REAL_MS = 2000,  /* an answer is waited for, also where time is scaled */
    END_MS = 5000,   /* world time that all ends together may take */
    HEAL_MS = 30000, /* reconnecting, opening and being told who we are */
    FIRST_LOOK_PART = 2,
    SAID_MAX = 1 << 20 /* of what is said, in the history */
};

struct event channel_event(const struct run_channel *channel,
                           enum event_kind kind)
{
    const struct runner *runner = channel->runner;
    return (struct event){.kind = kind,
                          .actor = channel->actor,
                          .t_ms = runner->world.now_ms,
                          .line = runner->step ? runner->step->line : 0,
                          .exchange = channel->channel.id};
}

static struct moment moment_of(const struct run_channel *channel)
{
    return client_moment(channel->client);
}

static enum live_kind live_kind_of(const struct run_channel *channel)
{
    const struct dialect *dialect = channel->runner->options->dialect;
    struct str path = http_target_path(channel->channel.request.target);
    if (channel->channel.kind == CHANNEL_STREAM) {
        bool known = dialect_path_is(dialect, PATH_STREAM, path, NULL);
        return known ? LIVE_STREAM : LIVE_OTHER;
    }
    return dialect_path_is(dialect, PATH_SOCKET_ALL, path, NULL)
               ? LIVE_ALL_SOCKET
           : dialect_path_is(dialect, PATH_SOCKET, path, NULL) ? LIVE_APP_SOCKET
                                                               : LIVE_OTHER;
}

void channel_listens(struct run_channel *channel)
{
    channel->listens = true;
    channel->channel.awaits = false;
    if (channel->number > 0 || channel->vouched) {
        history_append(&channel->runner->history,
                       channel_event(channel, EV_LISTENS));
    }
}

/* ---- what the transport says ---- */

/* In band, and where nothing answers it with a ping behind it: its pong says
 * that the token was looked at. */
static void say_auth(struct run_channel *channel)
{
    const struct dialect *dialect = channel->runner->options->dialect;
    struct buf text;
    const struct notice auth = {.kind = NOTICE_AUTH,
                                .token = channel->token,
                                .client_id = channel->auth_id};
    const struct notice ping = {.kind = NOTICE_PING};
    buf_init(&text, LIMIT_TOKEN_BYTES * 8);
    notice_write(&auth, dialect, &text);
    channel_say(channel, buf_view(&text), STR(""));
    if (!dialect->ws_auth_ok) {
        buf_clear(&text);
        notice_write(&ping, dialect, &text);
        channel_say(channel, buf_view(&text), STR(""));
    }
    buf_free(&text);
    channel->channel.awaits = true;
}

static void channel_opened(struct channel *transport,
                           const struct http_reply *reply)
{
    struct run_channel *channel = transport->context;
    if (channel->phase == CHANNEL_ENDED) {
        return; /* nobody wants it any more */
    }
    channel->phase = CHANNEL_OPEN;
    channel->opened = true;
    reply_keep(channel->runner, reply, &channel->reply);
    struct event event = channel_event(channel, EV_OPENED);
    event.code = reply->status;
    event.head = head_keep(channel->runner, STR(""), reply->headers,
                           reply->header_count);
    history_append(&channel->runner->history, event);
    if (channel->number > 0) {
        engine_live_opened(channel->client->engine, moment_of(channel),
                           channel->number, &channel->reply);
        client_pump(channel->client);
    } else if (channel->token.p) {
        say_auth(channel);
    } else if (transport->kind == CHANNEL_STREAM) {
        channel_listens(channel);
    }
}

/* What answered in place of an open channel. */
static const struct http_head *refusal_head(const struct run_channel *channel)
{
    const struct http_reply *reply = &channel->reply;
    struct http_head *head = head_keep(channel->runner, STR(""), reply->headers,
                                       reply->header_count);
    if (head) {
        head->body = reply->body;
    }
    return head;
}

/* It is over: remember how, and write it down. */
static void channel_note_end(struct run_channel *channel,
                             const struct channel_end *end)
{
    struct runner *runner = channel->runner;
    bool refused = !end->opened && end->kind == REPLY_ANSWER;
    channel->phase = CHANNEL_ENDED;
    channel->channel.awaits = false;
    channel->end_kind = end->kind;
    channel->end_code = refused ? end->reply.status : end->code;
    struct str text = end->reason.n > 0 ? end->reason : end->error;
    channel->end_text = arena_str(runner->arena, text);
    channel->ended_ms = runner->world.now_ms;
    struct event event = channel_event(channel, EV_SHUT);
    event.head = refused ? refusal_head(channel) : NULL;
    event.as.reply_kind = end->kind;
    event.code = channel->end_code;
    event.text = channel->end_text;
    event.number = channel->shut;
    history_append(&runner->history, event);
    const struct message message = {.t_ms = channel->ended_ms,
                                    .what = STR("close"),
                                    .bytes = channel->end_text,
                                    .code = channel->end_code};
    if (channel->opened && !channel->shut) {
        inbox_add(channel->inbox, runner->arena, &message);
    }
}

static void channel_ended(struct channel *transport,
                          const struct channel_end *end)
{
    struct run_channel *channel = transport->context;
    struct channel_end kept = *end;
    channel->over = true;
    if (channel->phase == CHANNEL_ENDED) {
        return; /* its engine had done with it */
    }
    if (!channel->opened) {
        reply_keep(channel->runner, &end->reply, &channel->reply);
        kept.reply = channel->reply;
    }
    channel_note_end(channel, end);
    if (channel->number > 0) {
        kept.reason = kept.error = channel->end_text;
        engine_live_ended(channel->client->engine, moment_of(channel),
                          channel->number, &kept);
        client_pump(channel->client);
    }
}

/* ---- what is done with one ---- */

static struct inbox *inbox_of(struct run_client *client)
{
    if (!client->inbox) {
        client->inbox =
            arena_must(client->runner->arena, 1, sizeof(*client->inbox));
    }
    return client->inbox;
}

struct run_channel *channel_create(struct run_client *client, uint32_t actor)
{
    struct runner *runner = client->runner;
    struct run_channel *channel =
        arena_must(runner->arena, 1, sizeof(*channel));
    channel->runner = runner;
    channel->client = client;
    channel->actor = actor;
    channel->inbox = arena_must(runner->arena, 1, sizeof(*channel->inbox));
    channel->inbox->since_ms = runner->world.now_ms;
    channel->next = runner->channels;
    runner->channels = channel;
    sse_parser_init(&channel->sse, LIMIT_REPLY_BYTES);
    return channel;
}

void channel_start(struct run_channel *channel)
{
    struct runner *runner = channel->runner;
    struct channel *transport = &channel->channel;
    transport->id = ++runner->next_exchange;
    /* The script's network knows clients, not their raw senders. */
    transport->actor = channel->client->actor;
    transport->timeout_ms = runner->options->timeout_ms;
    transport->witness = runner->options->witness;
    transport->opened = channel_opened;
    transport->heard = channel_heard;
    transport->ended = channel_ended;
    transport->context = channel;
    label_add(runner, &transport->request);
    struct event event = channel_event(channel, EV_OPEN);
    event.as.live_kind = live_kind_of(channel);
    event.text = transport->request.target;
    event.id = channel->since;
    event.head =
        head_keep(runner, transport->request.method, transport->request.headers,
                  transport->request.header_count);
    history_append(&runner->history, event);
    transport_open(runner->net, transport);
}

/* An engine is through with a channel when it says so, whatever the peer still
 * answers; a raw one goes on to its end. */
void channel_shut(struct run_channel *channel, int code)
{
    const struct channel_end end = {.kind =
                                        code == 0 ? REPLY_RESET : REPLY_ANSWER,
                                    .opened = true,
                                    .code = code};
    if (channel->over) {
        return;
    }
    channel->shut = true;
    channel->over = code == 0;
    transport_shut(channel->runner->net, &channel->channel, code);
    if (channel->phase != CHANNEL_ENDED && (code == 0 || channel->number > 0)) {
        channel_note_end(channel, &end);
    }
}

void channel_break(struct run_channel *channel, enum reply_kind kind,
                   struct str why)
{
    const struct channel_end end = {.kind = kind,
                                    .opened = channel->opened,
                                    .code = WS_CODE_ABNORMAL,
                                    .error = why};
    transport_shut(channel->runner->net, &channel->channel, 0);
    channel_ended(&channel->channel, &end);
}

/* The text without the tokens in it: `"token":"…"`. */
static struct str without_tokens(const struct dialect *dialect,
                                 struct arena *arena, struct str text)
{
    char key[DIALECT_TEXT_MAX + 3];
    size_t length = (size_t)snprintf(key, sizeof(key), "\"%s\"",
                                     dialect_name(dialect, NAME_TOKEN).p);
    struct buf out;
    size_t from = 0;
    buf_init(&out, (size_t)SAID_MAX * 2);
    for (size_t i = 0; i + length + 1 < text.n; i++) {
        if (memcmp(text.p + i, key, length) != 0) {
            continue;
        }
        size_t p = i + length;
        while (p < text.n && (text.p[p] == ' ' || text.p[p] == ':')) {
            p++;
        }
        struct str rest = str_skip(text, p + 1);
        size_t end = str_find(rest, '"');
        if (p < text.n && text.p[p] == '"' && end < rest.n) {
            buf_str(&out, str_take(str_skip(text, from), p + 1 - from));
            buf_puts(&out, "…");
            from = p + 1 + end;
            i = from;
        }
    }
    buf_str(&out, str_skip(text, from));
    struct str kept = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return kept;
}

void channel_say(struct run_channel *channel, struct str bytes,
                 struct str frame)
{
    struct runner *runner = channel->runner;
    struct event event = channel_event(channel, EV_SAY);
    event.text = frame;
    event.body = without_tokens(runner->options->dialect, runner->arena,
                                str_take(bytes, SAID_MAX));
    history_append(&runner->history, event);
    transport_say(runner->net, &channel->channel, bytes);
}

void channel_pause(struct run_channel *channel, bool paused)
{
    if (channel->paused == paused || channel->phase == CHANNEL_ENDED) {
        return;
    }
    channel->paused = paused;
    struct event event = channel_event(channel, EV_PAUSE);
    event.number = paused;
    history_append(&channel->runner->history, event);
    transport_pause(channel->runner->net, &channel->channel, paused);
}

/* ---- what came of one ---- */

struct str channel_outcome(const struct run_channel *channel)
{
    bool wanted = channel->token.p || channel->number > 0;
    if (channel->listens || (channel->phase == CHANNEL_OPEN && !wanted)) {
        return STR("open");
    }
    if (channel->phase != CHANNEL_ENDED) {
        return channel->opened ? STR("timeout") : STR("opening");
    }
    if (channel->shut) { /* given up: nobody answered in time */
        return STR("timeout");
    }
    if (channel->end_kind != REPLY_ANSWER) {
        return str_of(reply_kind_name(channel->end_kind));
    }
    return channel->opened
               ? STR("closed")
               : arena_printf(channel->runner->arena, "%d", channel->end_code);
}

struct str channel_end_text(const struct run_channel *channel)
{
    struct arena *arena = channel->runner->arena;
    struct str when = time_said(arena, channel->ended_ms);
    bool proper = channel->end_kind == REPLY_ANSWER;
    if (channel->phase != CHANNEL_ENDED) {
        return STR("");
    }
    const char *how = !proper           ? reply_kind_name(channel->end_kind)
                      : channel->opened ? "closed"
                                        : "refused";
    struct str code = channel->end_code == 0
                          ? STR("")
                          : arena_printf(arena, " %d", channel->end_code);
    return arena_printf(arena, "the channel ended at %.*s: %s%.*s%s%.*s%s",
                        STR_ARG(when), how, STR_ARG(code),
                        channel->end_text.n > 0 ? ", " : "",
                        STR_ARG(channel->end_text),
                        channel->shut ? ", by the client itself" : "");
}

struct run_channel *channel_find(const struct runner *runner, uint32_t id)
{
    struct run_channel *channel = runner->channels;
    while (channel && channel->channel.id != id) {
        channel = channel->next;
    }
    return channel;
}

struct run_channel *channel_named(const struct run_client *client,
                                  const struct step *step)
{
    const struct arg *on = step_option(step, "on");
    struct run_channel *channel = client->runner->channels;
    if (!on) {
        return client->raw;
    }
    while (channel && (channel->client != client || channel->number > 0 ||
                       !str_eq(channel->name, on->value))) {
        channel = channel->next;
    }
    return channel;
}

int64_t channels_real_ms(const struct runner *runner, int64_t within_ms)
{
    if (runner->options->patience > 1) {
        within_ms *= runner->options->patience;
    }
    int64_t scale = runner->options->time_scale;
    int64_t least_ms = within_ms < REAL_MS ? within_ms : REAL_MS;
    int64_t patience_ms = runner->options->control.patience_ms;
    int64_t real_ms = scale > 1 ? within_ms / scale : within_ms;
    least_ms = least_ms > patience_ms ? least_ms : patience_ms;
    if (runner->options->first_look) {
        least_ms /= FIRST_LOOK_PART;
    }
    return real_ms > least_ms ? real_ms : least_ms;
}

size_t channels_open(const struct run_client *client)
{
    size_t count = 0;
    for (const struct run_channel *channel = client->runner->channels; channel;
         channel = channel->next) {
        count += channel->client == client && channel->number > 0 &&
                 channel->phase == CHANNEL_OPEN;
    }
    return count;
}

/* ---- the engines' ---- */

static void engine_opens(struct run_client *client, const struct live_act *act)
{
    struct run_channel *channel = channel_create(client, client->actor);
    channel->inbox = inbox_of(client);
    channel->number = act->channel;
    channel->since = act->since;
    channel->channel.kind = act->channel_kind;
    http_request_copy(&channel->channel.request, &act->http);
    client->channel = channel;
    channel_start(channel);
}

static struct run_channel *engine_channel(const struct run_client *client,
                                          uint32_t number)
{
    struct run_channel *channel = client->runner->channels;
    while (channel &&
           (channel->client != client || channel->number != number)) {
        channel = channel->next;
    }
    return channel;
}

static void engine_acts(struct run_client *client, const struct live_act *act)
{
    if (act->kind == LIVE_ACT_OPEN) {
        engine_opens(client, act);
        return;
    }
    struct run_channel *channel = engine_channel(client, act->channel);
    if (!channel || channel->phase == CHANNEL_ENDED) {
        return; /* its end was on the way to the engine */
    }
    if (act->kind == LIVE_ACT_SAY) {
        channel_say(channel, act->text, STR(""));
    } else {
        channel_shut(channel, act->code);
    }
}

void channels_pump(struct run_client *client)
{
    struct live_act act;
    while (engine_live_take(client->engine, &act)) {
        engine_acts(client, &act);
    }
    struct run_channel *channel = client->channel;
    if (channel && channel->phase != CHANNEL_ENDED) {
        channel->channel.awaits = engine_live_awaits(client->engine);
    }
}

void channels_note(struct run_client *client)
{
    struct run_channel *channel = client->channel;
    if (channel && !channel->listens && channel->phase == CHANNEL_OPEN &&
        engine_live_state(client->engine) == LIVE_STATE_OPEN) {
        channel_listens(channel);
    }
}

/* ---- heal and end ---- */

static bool engines_heard(void *context)
{
    const struct runner *runner = context;
    for (size_t i = 0; i < runner->client_count; i++) {
        enum live_state state = engine_live_state(runner->clients[i]->engine);
        if (state == LIVE_STATE_OPENING || state == LIVE_STATE_WAITING) {
            return false;
        }
    }
    return true;
}

void channels_heal(struct runner *runner)
{
    if (!runner->channels) {
        return;
    }
    for (struct run_channel *channel = runner->channels; channel;
         channel = channel->next) {
        if (channel->silenced && channel->phase != CHANNEL_ENDED) {
            /* As a connection breaks when packets pass again. */
            channel_break(channel, REPLY_RESET, STR("was half-open"));
        } else {
            channel_pause(channel, false);
        }
    }
    if (!run_is_hopeless(runner)) {
        world_run(&runner->world, engines_heard, runner,
                  runner->world.now_ms + HEAL_MS);
    }
}

static bool channels_ended(void *context)
{
    const struct runner *runner = context;
    for (const struct run_channel *channel = runner->channels; channel;
         channel = channel->next) {
        if (!channel->over) {
            return false;
        }
    }
    return true;
}

void channels_end(struct runner *runner)
{
    if (!runner->channels) {
        return;
    }
    for (size_t i = 0; i < runner->client_count; i++) {
        struct run_client *client = runner->clients[i];
        engine_live(client->engine, client_moment(client), LISTEN_OFF);
        client_pump(client);
    }
    for (struct run_channel *channel = runner->channels; channel;
         channel = channel->next) {
        if (!channel->shut) {
            channel_shut(channel, WS_CODE_NORMAL);
        }
    }
    world_run(&runner->world, channels_ended, runner,
              runner->world.now_ms + END_MS);
    for (struct run_channel *channel = runner->channels; channel;
         channel = channel->next) {
        channel_shut(channel, 0);
    }
}

void channels_free(struct runner *runner)
{
    for (struct run_channel *channel = runner->channels; channel;
         channel = channel->next) {
        if (!channel->over) {
            channel->over = true;
            transport_shut(runner->net, &channel->channel, 0);
        }
        sse_parser_free(&channel->sse);
    }
}
