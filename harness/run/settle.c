/* SPDX-License-Identifier: MIT */
/* settle - after the faults: everything works again, all clients sync in
 * bounded rounds until a round brings nothing new.  Layer: harness/run. */
#include "harness/run/channels.h"

/* Pending rows that the client still means to send. */
static size_t pending_of(const struct run_client *client)
{
    return device_pending_count(client->device, STR("")) -
           device_refused_count(client->device);
}

static bool settles(const struct run_client *client)
{
    return client->takes_part && engine_signed_in(client->engine) &&
           !engine_crashed(client->engine);
}

struct round {
    bool news;   /* something was applied or acknowledged */
    bool failed; /* the server failed, and the script's network did nothing */
};

/* The one that began at `mark` of the history. */
static struct round round_of(const struct runner *runner, size_t mark)
{
    struct round round = {.news = false};
    bool upset = false;
    for (size_t i = mark; i < runner->history.count; i++) {
        const struct event *event = &runner->history.events[i];
        round.news =
            round.news || event->kind == EV_APPLY || event->kind == EV_ACK;
        round.failed =
            round.failed || (event->kind == EV_REPLY && event->code >= 500);
        upset = upset || event->kind == EV_FAULT;
    }
    round.failed = round.failed && !round.news && !upset;
    return round;
}

/* What keeps this client from being settled; empty when nothing does. */
static struct str obstacle(struct runner *runner, struct run_client *client)
{
    struct engine_outcome outcome = engine_outcome(client->engine);
    size_t pending = pending_of(client);
    if (engine_stopped_by_payment(client->engine)) {
        return STR("stopped by 402");
    }
    if (outcome.any && !outcome.ok &&
        device_refused_count(client->device) == 0) {
        return arena_printf(runner->arena, "%zu pending, last attempt: %.*s",
                            pending, STR_ARG(outcome.why));
    }
    if (pending > 0) {
        struct pending_view view = device_pending_at(client->device, 0);
        return arena_printf(runner->arena, "%zu pending, first %.*s/%.*s",
                            pending, STR_ARG(view.collection),
                            STR_ARG(view.id));
    }
    return STR("");
}

static void report_stuck(struct runner *runner, bool news, bool endless)
{
    for (size_t i = 0; i < runner->client_count; i++) {
        struct run_client *client = runner->clients[i];
        if (!settles(client)) {
            continue;
        }
        struct str why = obstacle(runner, client);
        if (endless && engine_busy(client->engine)) {
            why = STR("a sync did not end in time");
        }
        if (why.n == 0 && !news) {
            continue;
        }
        struct event event = {
            .kind = EV_STUCK,
            .actor = client->actor,
            .t_ms = runner->world.now_ms,
            .number = (int64_t)pending_of(client),
            .text = why.n > 0 ? why : STR("every round brings changes anew")};
        history_append(&runner->history, event);
    }
}

static void sync_all(struct runner *runner)
{
    for (size_t i = 0; i < runner->client_count; i++) {
        struct run_client *client = runner->clients[i];
        if (settles(client)) {
            engine_sync(client->engine, client_moment(client));
            client_pump(client);
        }
    }
}

bool run_settle(struct runner *runner, int64_t within_ms)
{
    int64_t deadline_ms = runner->world.now_ms + within_ms;
    struct round last = {.news = false};
    bool endless = false;
    size_t failed = 0;
    for (size_t round = 0; round < SETTLE_ROUNDS_MAX; round++) {
        size_t mark = runner->history.count;
        sync_all(runner);
        if (!world_run(&runner->world, clients_idle, runner, deadline_ms)) {
            endless = true;
            break;
        }
        last = round_of(runner, mark);
        if (run_is_hopeless(runner)) {
            break;
        }
        bool clear = !last.news;
        for (size_t i = 0; clear && i < runner->client_count; i++) {
            struct run_client *client = runner->clients[i];
            clear = !settles(client) || obstacle(runner, client).n == 0;
        }
        if (clear) {
            return true;
        }
        failed = last.failed ? failed + 1 : 0;
        if (runner->options->wire && failed == FAILED_ROUNDS_MAX) {
            break; /* each round costs requests, and the answer is the same */
        }
        if (!last.news) { /* it refuses: give it time, not only rounds */
            world_run(&runner->world, NULL, NULL, runner->world.now_ms + 250);
        }
    }
    report_stuck(runner, last.news, endless);
    return false;
}

static void server_up(struct runner *runner)
{
    struct err err = {.status = ST_OK};
    if (!runner->server_down) {
        return;
    }
    runner->server_down = false;
    if (runner->server) {
        sim_server_up(runner->inner, runner->server);
    } else if (runner->options->control.restart) {
        runner->options->control.restart(runner->options->control.context,
                                         &err);
    }
}

void run_mend(struct runner *runner)
{
    faults_heal(runner->net);
    if (runner->inner->ops->drop) {
        runner->inner->ops->drop(runner->inner);
    }
    server_up(runner);
}

void run_heal(struct runner *runner)
{
    run_mend(runner);
    for (size_t i = 0; i < runner->client_count; i++) {
        struct run_client *client = runner->clients[i];
        engine_crash_at(client->engine, CRASH_NEVER);
        if (engine_crashed(client->engine)) {
            client_life(client, LIFE_RESTART);
            engine_restart(client->engine, client_moment(client));
        }
        if (!client->takes_part) {
            continue;
        }
        client_life(client, LIFE_ONLINE);
        engine_online(client->engine, client_moment(client), true);
        if (engine_stopped_by_payment(client->engine)) {
            client_life(client, LIFE_SIGN_IN);
            engine_sign_in(client->engine, client_moment(client));
        }
        client_pump(client);
    }
    clients_finish(runner);
    channels_heal(runner);
    clients_finish(runner);
}

static bool same_live(const struct run_client *a, const struct run_client *b,
                      struct arena *arena, struct str *why)
{
    size_t na = 0, nb = 0, i = 0, j = 0;
    const struct record *const *ra = device_records(a->device, arena, &na);
    const struct record *const *rb = device_records(b->device, arena, &nb);
    for (;;) {
        while (i < na && !record_live(ra[i])) {
            i++;
        }
        while (j < nb && !record_live(rb[j])) {
            j++;
        }
        if (i == na && j == nb) {
            return true;
        }
        bool both = i < na && j < nb;
        if (!both || !str_eq(ra[i]->id, rb[j]->id) ||
            !str_eq(ra[i]->collection, rb[j]->collection)) {
            const struct record *odd = i < na ? ra[i] : rb[j];
            *why =
                arena_printf(arena, "only one of %.*s and %.*s has %.*s/%.*s",
                             STR_ARG(a->name), STR_ARG(b->name),
                             STR_ARG(odd->collection), STR_ARG(odd->id));
            return false;
        }
        for (size_t f = 0; f < ra[i]->field_count; f++) {
            const struct field *mine = &ra[i]->fields[f];
            const struct field *other = record_field(rb[j], mine->name);
            bool null_or_none = str_is(mine->name, "deletedAt");
            if (!null_or_none &&
                (!other || !str_eq(other->value, mine->value))) {
                *why = arena_printf(
                    arena, "%.*s/%.*s %.*s: %.*s has %.*s, %.*s has %.*s",
                    STR_ARG(ra[i]->collection), STR_ARG(ra[i]->id),
                    STR_ARG(mine->name), STR_ARG(a->name), STR_ARG(mine->value),
                    STR_ARG(b->name),
                    STR_ARG(other ? other->value : STR("nothing")));
                return false;
            }
        }
        i++;
        j++;
    }
}

bool clients_agree(struct runner *runner, struct str *why)
{
    for (size_t i = 0; i < runner->client_count; i++) {
        for (size_t j = i + 1; j < runner->client_count; j++) {
            struct run_client *a = runner->clients[i], *b = runner->clients[j];
            bool peers = a->takes_part && b->takes_part &&
                         str_eq(a->user, b->user) && str_eq(a->app, b->app);
            if (peers && !same_live(a, b, runner->arena, why)) {
                return false;
            }
            if (peers) {
                break; /* equality is transitive: neighbours are enough */
            }
        }
    }
    return true;
}
