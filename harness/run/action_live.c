/* SPDX-License-Identifier: MIT */
/* action_live - live channels: listens connects says frames pauses resumes
 * disconnects.  What comes on them is action_hear's.  Layer: harness/run. */
#include "harness/run/channels.h"
#include "harness/run/expect.h"
#include "harness/run/sender.h"
#include "protocol/ws.h"

enum {
    AUTH_MS = 10000,     /* … and for auth-ok, or the pong in v1 */
    END_MS = 15000,      /* for the peer's half of an end */
    PIECES_TIMED = 1000, /* more pieces of one frame follow without a pause */
    FRAME_BYTES = 32 << 20
};

static bool says_no(const struct step *step, const char *key)
{
    const struct arg *arg = step_option(step, key);
    return arg && str_is(arg->value, "no");
}

static int64_t number_of(const struct step *step, const char *key,
                         int64_t otherwise)
{
    const struct arg *arg = step_option(step, key);
    int64_t number = otherwise;
    if (arg) {
        str_to_i64(arg->value, &number);
    }
    return number;
}

/* ---- listens ---- */

struct listening {
    struct runner *runner;
    const struct step *step;
    uint32_t mark; /* channels that the step opened have greater numbers */
};

/* The first try of the client's engine since then, or NULL. */
static const struct run_channel *first_try(const struct run_client *client,
                                           uint32_t mark)
{
    const struct run_channel *first = NULL;
    for (const struct run_channel *channel = client->runner->channels;
         channel && channel->channel.id > mark; channel = channel->next) {
        if (channel->client == client && channel->number > 0) {
            first = channel;
        }
    }
    return first;
}

static bool opening_over(const struct run_client *client, uint32_t mark)
{
    enum live_state state = engine_live_state(client->engine);
    const struct run_channel *first = first_try(client, mark);
    return state == LIVE_STATE_OFF || state == LIVE_STATE_OPEN ||
           (first && first->phase == CHANNEL_ENDED);
}

static bool all_opened(void *context)
{
    const struct listening *listening = context;
    for (size_t w = 0; w < listening->step->who_count; w++) {
        uint32_t who = listening->step->who[w];
        if (!opening_over(listening->runner->clients[who], listening->mark)) {
            return false;
        }
    }
    return true;
}

static void expect_opening(struct run_client *client, struct str outcome,
                           struct str cause, uint32_t exchange)
{
    struct runner *runner = client->runner;
    const struct step *step = runner->step;
    const struct arg *gets = step_option(step, "gets");
    if (!gets || runner->broken) {
        return;
    }
    const struct claim claim = {
        .held = str_eq(gets->value, outcome),
        .what =
            arena_printf(runner->arena, "%.*s %s %.*s gets=%.*s",
                         STR_ARG(client->name), step->verb->name,
                         STR_ARG(step->words[0].value), STR_ARG(gets->value)),
        .expected = gets->value,
        .actual = outcome,
        .cause = cause,
        .exchange = exchange};
    step_expect_cause(runner, &claim);
}

static void judge_listening(struct run_client *client, uint32_t mark)
{
    const struct run_channel *first = first_try(client, mark);
    enum live_state state = engine_live_state(client->engine);
    struct str outcome = str_of(live_state_name(state));
    if (state != LIVE_STATE_OPEN && first) {
        outcome = channel_outcome(first);
    }
    expect_opening(client, outcome, engine_live_why(client->engine),
                   first ? first->channel.id : 0);
}

static enum listen_mode mode_of(const struct step *step)
{
    struct str word = step->words[0].value;
    return str_is(word, "socket")    ? LISTEN_SOCKET
           : str_is(word, "unified") ? LISTEN_UNIFIED
           : str_is(word, "stream")  ? LISTEN_STREAM
                                     : LISTEN_OFF;
}

static void listens(struct runner *runner, const struct step *step)
{
    struct listening listening = {runner, step, runner->next_exchange};
    enum listen_mode mode = mode_of(step);
    for (size_t w = 0; w < step->who_count; w++) {
        struct run_client *client = runner->clients[step->who[w]];
        client->raw = mode == LISTEN_OFF ? client->raw : NULL;
        engine_live(client->engine, client_moment(client), mode);
        client_pump(client);
    }
    if (mode == LISTEN_OFF || says_no(step, "wait")) {
        return;
    }
    world_run(&runner->world, all_opened, &listening,
              runner->world.now_ms + OPERATION_LIMIT_MS);
    for (size_t w = 0; w < step->who_count; w++) {
        judge_listening(runner->clients[step->who[w]], listening.mark);
    }
}

/* ---- connects ---- */

static struct str channel_name(const struct step *step)
{
    const struct arg *on = step_option(step, "on");
    return on ? on->value : STR("raw");
}

static void plan_request(struct run_channel *channel, const struct step *step,
                         bool socket)
{
    struct runner *runner = channel->runner;
    struct http_request *request = &channel->channel.request;
    const struct arg *auth = step_option(step, "auth");
    bool in_band = socket && auth && str_is(auth->value, "yes");
    bool authorize =
        !in_band && (!socket || step_option(step, "token") != NULL);
    request->method = STR("GET");
    request->target =
        sender_target(runner, channel->actor, step->words[0].value);
    sender_headers(runner, channel->actor, step, authorize, request);
    channel->vouched = !step_option(step, "token");
    if (in_band) {
        struct str id = sender_client_id(runner, channel->actor, step);
        channel->token = sender_token(runner, channel->actor, step);
        channel->auth_id = id.p ? id : STR("");
    }
    if (!socket) {
        http_header_add(request, STR("Accept"), STR("text/event-stream"));
        struct str name =
            dialect_name(runner->options->dialect, NAME_QUERY_SINCE);
        http_query_find(request->target, name.p, runner->arena,
                        &channel->since);
    }
}

static struct run_channel *connect_one(struct run_client *client,
                                       const struct step *step, uint32_t sender)
{
    struct run_channel *channel = channel_create(client, sender);
    const struct arg *via = step_option(step, "via");
    bool socket = target_is_socket(step->words[0].value);
    bool frames = via && str_is(via->value, "frames");
    channel->name = channel_name(step);
    channel->channel.kind = !socket  ? CHANNEL_STREAM
                            : frames ? CHANNEL_FRAMES
                                     : CHANNEL_SOCKET;
    plan_request(channel, step, socket);
    client->raw = channel;
    channel_start(channel);
    return channel;
}

static bool connect_over(void *context)
{
    const struct run_channel *channel = context;
    bool authenticates = channel->token.p != NULL;
    return channel->phase == CHANNEL_ENDED || channel->listens ||
           (channel->phase == CHANNEL_OPEN && !authenticates);
}

/* The answer to the opening, as `expects` lines judge answers. */
static struct raw_call *answer_of(struct run_channel *channel)
{
    struct arena *arena = channel->runner->arena;
    struct raw_call *call = arena_must(arena, 1, sizeof(*call));
    call->runner = channel->runner;
    call->actor = channel->actor;
    call->done = channel->opened || channel->phase == CHANNEL_ENDED;
    call->reply_kind = channel->opened ? REPLY_ANSWER : channel->end_kind;
    call->reply = channel->reply;
    call->error = channel->end_text;
    call->exchange.id = channel->channel.id;
    return call;
}

/* The opening may take no longer than the step says. */
static void connect_in_time(struct run_channel *channel, const struct arg *time)
{
    struct runner *runner = channel->runner;
    int64_t real_ms = channels_real_ms(runner, time->ms);
    int64_t patience_ms = runner->options->control.patience_ms;
    bool held = world_await(&runner->world, connect_over, channel,
                            runner->world.now_ms + time->ms,
                            real_ms > patience_ms ? real_ms : patience_ms);
    step_expect(runner, held,
                arena_printf(runner->arena, "%.*s connects",
                             STR_ARG(channel->client->name)),
                arena_printf(runner->arena,
                             "an answer to the opening within "
                             "%.*s",
                             STR_ARG(time->value)),
                held ? STR("an answer") : STR("none yet"));
}

static void connects(struct runner *runner, const struct step *step,
                     struct run_client *client)
{
    struct run_channel *channel =
        connect_one(client, step, sender_of(client, step));
    const struct arg *within = step_option(step, "within");
    int64_t limit_ms = channel->token.p ? runner->options->timeout_ms + AUTH_MS
                                        : OPERATION_LIMIT_MS;
    if (says_no(step, "wait")) {
        return;
    }
    if (within) {
        connect_in_time(channel, within);
    } else {
        world_run(&runner->world, connect_over, channel,
                  runner->world.now_ms + limit_ms);
    }
    if (runner->broken) {
        return;
    }
    channel->channel.awaits = false;
    expect_opening(client, channel_outcome(channel), channel_end_text(channel),
                   channel->channel.id);
    expectations_judge(runner, step, answer_of(channel));
}

/* ---- says, frames ---- */

static void expect_channel(struct run_client *client,
                           const struct run_channel *channel, bool frames)
{
    struct runner *runner = client->runner;
    bool right =
        channel && (!frames || channel->channel.kind == CHANNEL_FRAMES);
    bool held = right && channel->phase == CHANNEL_OPEN;
    struct str actual = STR("none that the script opened");
    if (channel) {
        actual = !right ? STR("it was not opened via=frames")
                 : channel->phase == CHANNEL_OPENING
                     ? STR("it is not open yet")
                     : channel_end_text(channel);
    }
    if (held) {
        return;
    }
    const struct claim claim = {
        .what = arena_printf(runner->arena, "%.*s %s", STR_ARG(client->name),
                             runner->step->verb->name),
        .expected = frames ? STR("a raw channel of frames, open")
                           : STR("a raw channel, open"),
        .actual = actual,
        .exchange = channel ? channel->channel.id : 0};
    step_expect_cause(runner, &claim);
}

static void says(struct run_client *client, const struct step *step,
                 struct run_channel *channel)
{
    struct runner *runner = client->runner;
    expect_channel(client, channel, false);
    if (channel && !runner->broken) {
        channel_say(channel,
                    sender_body(runner, channel->actor, GROUP_NOTICE, step),
                    STR(""));
    }
}

static uint8_t opcode_of(const struct step *step)
{
    static const struct {
        const char *word;
        uint8_t opcode;
    } opcodes[] = {{"text", WS_TEXT},   {"binary", WS_BINARY},
                   {"ping", WS_PING},   {"pong", WS_PONG},
                   {"close", WS_CLOSE}, {"continuation", WS_CONTINUATION}};
    int64_t opcode = 0;
    for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
        if (str_is(step->words[0].value, opcodes[i].word)) {
            opcode = opcodes[i].opcode;
        }
    }
    return (uint8_t)number_of(step, "opcode", opcode);
}

/* The bytes of the frame that the step describes. */
static void frame_make(const struct step *step, struct str payload,
                       struct buf *out)
{
    struct ws_frame frame = {.fin = !says_no(step, "fin"),
                             .rsv = (uint8_t)number_of(step, "rsv", 0),
                             .opcode = opcode_of(step),
                             .masked = !says_no(step, "mask"),
                             .mask = {0x37, 0xfa, 0x21, 0x3d},
                             .payload = payload,
                             .has_length = step_option(step, "length") != NULL};
    struct buf coded;
    buf_init(&coded, FRAME_BYTES);
    int64_t code = number_of(step, "code", -1);
    if (code >= 0) {
        buf_putc(&coded, (char)(code >> 8));
        buf_putc(&coded, (char)(code & 0xff));
        buf_str(&coded, payload);
        frame.payload = buf_view(&coded);
    }
    frame.length = (uint64_t)number_of(step, "length", 0);
    if (str_is(step->words[0].value, "bytes")) {
        buf_str(out, payload);
    } else {
        ws_frame_write(out, &frame);
    }
    buf_free(&coded);
}

static void frames(struct run_client *client, const struct step *step,
                   struct run_channel *channel)
{
    struct runner *runner = client->runner;
    struct buf bytes;
    expect_channel(client, channel, true);
    if (!channel || runner->broken) {
        return;
    }
    buf_init(&bytes, FRAME_BYTES);
    struct str payload =
        str_is(step->words[0].value, "text")
            ? sender_body(runner, channel->actor, GROUP_NOTICE, step)
            : sender_bytes(runner, channel->actor, step);
    frame_make(step, payload, &bytes);
    struct str rest = buf_view(&bytes);
    size_t piece = (size_t)number_of(step, "split", (int64_t)rest.n);
    bool timed = piece > 0 && rest.n / piece <= PIECES_TIMED;
    while (rest.n > 0) {
        channel_say(channel, str_take(rest, piece), step->words[0].value);
        rest = str_skip(rest, piece);
        if (timed && rest.n > 0) { /* so that they do not travel together */
            world_run(&runner->world, NULL, NULL, runner->world.now_ms + 1);
        }
    }
    buf_free(&bytes);
}

/* ---- pauses, resumes, disconnects ---- */

static void stops(struct run_client *client, struct run_channel *channel,
                  bool paused)
{
    if (channel) {
        channel_pause(channel, paused);
    } else {
        step_expect(client->runner, false, client->runner->step->text,
                    STR("a live channel"), STR("none"));
    }
}

static bool channel_over(void *context)
{
    return ((const struct run_channel *)context)->phase == CHANNEL_ENDED;
}

static void disconnects(struct run_client *client, const struct step *step,
                        struct run_channel *channel)
{
    struct runner *runner = client->runner;
    const struct arg *how = step_option(step, "how");
    bool cut = how && str_is(how->value, "cut");
    if (!channel) {
        step_expect(runner, false, step->text, STR("a raw channel"),
                    STR("none that the script opened"));
        return;
    }
    channel_shut(channel,
                 cut ? 0 : (int)number_of(step, "code", WS_CODE_NORMAL));
    world_run(&runner->world, channel_over, channel,
              runner->world.now_ms + END_MS);
    channel_shut(channel, 0); /* the peer's half never came */
    if (client->raw == channel && client->channel) {
        client->raw = NULL;
    }
}

static void act_on(struct run_client *client, const struct step *step)
{
    bool named = step_option(step, "on") != NULL;
    struct run_channel *raw = channel_named(client, step);
    struct run_channel *any = raw || named ? raw : client->channel;
    switch ((int)step->verb->id) {
    case VERB_SAYS:
        says(client, step, raw);
        break;
    case VERB_FRAMES:
        frames(client, step, raw);
        break;
    case VERB_PAUSES:
        stops(client, any, true);
        break;
    case VERB_RESUMES:
        stops(client, any, false);
        break;
    default:
        disconnects(client, step, raw);
    }
}

bool action_live(struct runner *runner, const struct step *step)
{
    switch ((int)step->verb->id) {
    case VERB_LISTENS:
        listens(runner, step);
        return true;
    case VERB_CONNECTS:
    case VERB_SAYS:
    case VERB_FRAMES:
    case VERB_PAUSES:
    case VERB_RESUMES:
    case VERB_DISCONNECTS:
        break;
    default:
        return false;
    }
    for (size_t w = 0; w < step->who_count && !runner->broken; w++) {
        struct run_client *client = runner->clients[step->who[w]];
        if (step->verb->id == VERB_CONNECTS) {
            connects(runner, step, client);
        } else {
            act_on(client, step);
        }
    }
    return true;
}
