/* SPDX-License-Identifier: MIT */
/* clients - model clients of a run: their engines' requests go out, the ends
 * come back, their timers are kept.  Layer: harness/run. */
#include "harness/run/channels.h"
#include "harness/run/label.h"
#include "harness/run/secrets.h"

struct flight {
    struct flight *next_free;
    struct run_client *client;
    struct engine_request request;
    struct exchange exchange;
};

struct moment client_moment(const struct run_client *client)
{
    const struct runner *runner = client->runner;
    int64_t leak =
        runner->options->clock_leak_ms ? runner->options->clock_leak_ms() : 0;
    return (struct moment){
        .now_ms = runner->world.now_ms,
        .wall = instant_add_ms(SCRIPT_EPOCH,
                               runner->script_ms + client->skew_ms + leak)};
}

static void flight_ended(struct exchange *exchange, const struct ending *ending)
{
    struct flight *flight = exchange->context;
    struct run_client *client = flight->client;
    struct runner *runner = client->runner;
    struct ending kept = *ending;
    reply_keep(runner, &ending->reply, &kept.reply);
    struct event event = history_reply(runner, client->actor, exchange, ending);
    struct err unreadable = {.status = ST_OK};
    event.body = kept.reply.body;
    event.response = reply_decode(runner, ending, kept.reply.body, &unreadable);
    event.collection = flight->request.collection;
    kept.error = event.text;
    history_append(&runner->history, event);
    uint32_t id = flight->request.id;
    flight->next_free = runner->free_flights;
    runner->free_flights = flight;
    const struct engine_reply reply = {&kept, event.response, &unreadable};
    engine_receive(client->engine, client_moment(client), id, &reply);
    client_pump(client);
}

static void flight_start(struct run_client *client, struct flight *flight)
{
    struct runner *runner = client->runner;
    struct exchange *exchange = &flight->exchange;
    flight->client = client;
    exchange->actor = client->actor;
    exchange->id = ++runner->next_exchange;
    exchange->timeout_ms = runner->options->timeout_ms;
    exchange->done = flight_ended;
    exchange->context = flight;
    exchange->internal = NULL;
    http_request_copy(&exchange->request, &flight->request.http);
    label_add(runner, &exchange->request);
    struct event event = history_send(runner, client->actor, exchange);
    event.as.request_kind = flight->request.kind;
    event.collection = flight->request.collection;
    event.id = flight->request.since;
    event.changes = flight->request.changes;
    event.change_count = flight->request.count;
    history_append(&runner->history, event);
    client->requests++;
    client->pulls += flight->request.kind == REQUEST_PULL;
    transport_send(runner->net, exchange);
}

static void client_ticks(void *context, uint64_t arg)
{
    struct run_client *client = context;
    (void)arg;
    if (client->tick_at_ms > client->runner->world.now_ms) {
        return; /* a later one was scheduled meanwhile */
    }
    client->tick_at_ms = INT64_MAX;
    engine_tick(client->engine, client_moment(client));
    client_pump(client);
}

/* A crash that was armed comes whenever something is applied: the answer of a
 * request, or an event of a stream. */
static void note_crash(struct run_client *client)
{
    bool down = engine_crashed(client->engine);
    if (down && !client->down) {
        client_life(client, LIFE_CRASH);
    }
    client->down = down;
}

void client_pump(struct run_client *client)
{
    struct runner *runner = client->runner;
    note_crash(client);
    channels_note(client);
    for (;;) {
        struct flight *flight = runner->free_flights;
        if (flight) {
            runner->free_flights = flight->next_free;
        } else {
            flight = arena_must(runner->arena, 1, sizeof(*flight));
        }
        if (!engine_take(client->engine, &flight->request)) {
            flight->next_free = runner->free_flights;
            runner->free_flights = flight;
            break;
        }
        flight_start(client, flight);
    }
    channels_pump(client);
    int64_t next_ms = engine_next_ms(client->engine);
    if (next_ms < client->tick_at_ms) {
        client->tick_at_ms = next_ms;
        world_at(&runner->world, next_ms, client_ticks, client, 0);
    }
}

bool clients_idle(void *context)
{
    const struct runner *runner = context;
    for (size_t i = 0; i < runner->client_count; i++) {
        if (engine_busy(runner->clients[i]->engine)) {
            return false;
        }
    }
    return true;
}

bool clients_finish(struct runner *runner)
{
    return world_run(&runner->world, clients_idle, runner,
                     runner->world.now_ms + OPERATION_LIMIT_MS);
}

/* In virtual time a token names its user: the server is in this process. */
static struct tokens *tokens_of(const struct runner *runner)
{
    return runner->options->wire ? runner->options->tokens : NULL;
}

static void token_missing(struct runner *runner, const struct err *err)
{
    const struct verdict verdict = {
        .outcome = OUT_ERROR,
        .checker = STR("runner"),
        .file = runner->scenario->file,
        .line = runner->step ? runner->step->line : runner->scenario->line,
        .what = STR("there is no token to send"),
        .expected = STR("a token of the user"),
        .actual = arena_str(runner->arena, str_of(err->text))};
    if (!runner->broken) {
        result_add(runner->result, runner->arena, &verdict);
        runner->broken = true;
    }
}

struct str user_token(struct runner *runner, struct str user,
                      enum token_kind kind, bool fresh)
{
    const struct token_ask ask = {.user = user,
                                  .tag = runner->options->tag,
                                  .kind = kind,
                                  .fresh = fresh};
    struct err err = {.status = ST_OK};
    struct str token = STR("");
    if (tokens_get(tokens_of(runner), &ask, runner->arena, &token, &err) !=
        ST_OK) {
        token_missing(runner, &err);
        return STR("");
    }
    secrets_note_token(runner, &ask, token);
    return token;
}

struct str user_live(struct runner *runner, struct str user)
{
    return tokens_user(tokens_of(runner), user, runner->options->tag,
                       runner->arena);
}

struct str client_token(void *context, bool fresh)
{
    struct run_client *client = context;
    return user_token(client->runner, client->user, TOKEN_GOOD, fresh);
}

void client_life(struct run_client *client, enum life life)
{
    struct runner *runner = client->runner;
    struct event event = {.kind = EV_LIFE,
                          .actor = client->actor,
                          .t_ms = runner->world.now_ms,
                          .line = runner->step ? runner->step->line : 0,
                          .text = client->user};
    event.as.life = life;
    event.number = (int64_t)device_pending_count(client->device, STR(""));
    history_append(&runner->history, event);
}

struct str client_live_id(struct runner *runner, struct str name)
{
    struct str tag = runner->options->tag;
    return tag.n == 0 ? name
                      : arena_printf(runner->arena, "%.*s-%.*s", STR_ARG(name),
                                     STR_ARG(tag));
}

static enum strategy strategy_of(struct str name)
{
    return str_is(name, "client-wins")   ? STRATEGY_CLIENT_WINS
           : str_is(name, "server-wins") ? STRATEGY_SERVER_WINS
                                         : STRATEGY_FIELD_LWW;
}

static void make_device(struct run_client *client)
{
    struct runner *runner = client->runner;
    for (size_t i = 0; client->tab && i < runner->client_count; i++) {
        if (str_eq(runner->clients[i]->name, client->decl->tab_of)) {
            client->device = runner->clients[i]->device;
            return;
        }
    }
    const struct device_config config = {
        .arena = runner->arena,
        .intern = &runner->intern,
        .client_id = client_live_id(runner, client->name),
        .collections = runner->collections,
        .collection_count = runner->collection_count,
        .strategy = strategy_of(runner->scenario->strategy),
        .bugs = runner->options->client_bugs,
        .history = &runner->history,
        .actor = client->actor};
    client->device = device_create(&config);
}

static uint32_t device_number(const struct run_client *client)
{
    const struct runner *runner = client->runner;
    for (size_t i = 0; client->tab && i < runner->client_count; i++) {
        if (str_eq(runner->clients[i]->name, client->decl->tab_of)) {
            return runner->history.actors[runner->clients[i]->actor].device;
        }
    }
    return (uint32_t)runner->history.actor_count;
}

/* The engine is told once, when it is made: the script says it where it first
 * matters. */
static int64_t live_jitter_ms(const struct run_client *client)
{
    const struct scenario *scenario = client->runner->scenario;
    size_t self = client->runner->client_count;
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        const struct arg *jitter =
            step->verb->id == VERB_LISTENS ? step_option(step, "jitter") : NULL;
        for (size_t w = 0; jitter && w < step->who_count; w++) {
            if (step->who[w] == self) {
                return jitter->ms;
            }
        }
    }
    return 0;
}

static void make_engine(struct run_client *client)
{
    struct runner *runner = client->runner;
    struct engine_config config = {0};
    engine_config_defaults(&config);
    config.dialect = runner->options->dialect;
    config.app = client->app;
    config.timers = runner->scenario->timers;
    config.live_jitter_ms = live_jitter_ms(client);
    config.bugs = runner->options->client_bugs;
    config.seed = rng_u64(&runner->rng);
    config.token = client_token;
    config.token_context = client;
    config.history = &runner->history;
    config.actor = client->actor;
    config.arena = runner->arena;
    client->engine = engine_create(&config, client->device);
}

struct run_client *client_create(struct runner *runner, struct str name,
                                 const struct client_decl *decl)
{
    struct arena *arena = runner->arena;
    struct run_client *client = arena_must(arena, 1, sizeof(*client));
    *client = (struct run_client){.runner = runner,
                                  .name = name,
                                  .user = decl->user,
                                  .app = client_live_id(runner, decl->app),
                                  .decl = decl,
                                  .tick_at_ms = INT64_MAX,
                                  .tab = decl->tab_of.n > 0};
    const struct actor actor = {.name = name,
                                .user = client->user,
                                .app = client->app,
                                .client_id = client_live_id(runner, name),
                                .device = device_number(client),
                                .is_client = true};
    client->actor = history_actor(&runner->history, actor);
    make_device(client);
    make_engine(client);
    runner->clients = arena_grow(arena, runner->clients, runner->client_count,
                                 &runner->client_cap, sizeof(*runner->clients));
    runner->clients[runner->client_count++] = client;
    return client;
}
