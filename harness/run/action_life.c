/* SPDX-License-Identifier: MIT */
/* action_life - goes signs crashes restarts reinstalls wipes resets reseeds
 * saves restores clones, and the clock's verbs.  Layer: harness/run. */
#include "harness/run/runner.h"

static bool word_is(const struct step *step, size_t index, const char *text)
{
    return step->word_count > index && str_is(step->words[index].value, text);
}

static void goes(struct run_client *client, const struct step *step)
{
    bool online = word_is(step, 0, "online");
    client_life(client, online ? LIFE_ONLINE : LIFE_OFFLINE);
    engine_online(client->engine, client_moment(client), online);
}

static void signs(struct run_client *client, const struct step *step)
{
    struct runner *runner = client->runner;
    const struct arg *user = step_option(step, "user");
    bool in = word_is(step, 0, "in");
    if (user) {
        client->user = user->value;
    }
    if (user && !client->was_in) { /* a guest's data is the user's */
        runner->history.actors[client->actor].user = user->value;
    }
    client->was_in = client->was_in || in;
    client_life(client, in ? LIFE_SIGN_IN : LIFE_SIGN_OUT);
    if (in) {
        client->takes_part = true;
        engine_sign_in(client->engine, client_moment(client));
    } else {
        client->takes_part = false;
        engine_sign_out(client->engine, client_moment(client));
    }
}

static void crashes(struct run_client *client, const struct step *step)
{
    const struct arg *during = step_option(step, "during");
    if (during) {
        enum crash_point point = str_is(during->value, "write") ? CRASH_IN_WRITE
                                 : str_is(during->value, "apply")
                                     ? CRASH_IN_APPLY
                                     : CRASH_IN_ACK;
        engine_crash_at(client->engine, point);
        return;
    }
    engine_crash(client->engine);
}

static void restarts(struct run_client *client, const struct step *step)
{
    (void)step;
    client_life(client, LIFE_RESTART);
    engine_restart(client->engine, client_moment(client));
}

static struct str next_client_id(struct run_client *client)
{
    struct runner *runner = client->runner;
    struct str id =
        arena_printf(runner->arena, "%.*s+%u",
                     STR_ARG(runner->history.actors[client->actor].client_id),
                     (unsigned)runner->history.count);
    runner->history.actors[client->actor].client_id = id;
    return id;
}

/* The program starts anew on another database. */
static void reopen(struct run_client *client, enum life life)
{
    client_life(client, life);
    engine_restart(client->engine, client_moment(client));
    if (client->takes_part && !engine_signed_in(client->engine)) {
        client_life(client, LIFE_SIGN_IN);
        engine_sign_in(client->engine, client_moment(client));
    }
}

static void reinstalls(struct run_client *client, const struct step *step)
{
    (void)step;
    engine_crash(client->engine);
    device_reinstall(client->device, next_client_id(client));
    reopen(client, LIFE_REINSTALL);
}

static void wipes(struct run_client *client, const struct step *step)
{
    (void)step;
    engine_crash(client->engine);
    device_wipe(client->device);
    reopen(client, LIFE_WIPE);
}

static void resets(struct run_client *client, const struct step *step)
{
    (void)step;
    device_reset_cursors(client->device);
    client_life(client, LIFE_RESET);
}

static void reseeds(struct run_client *client, const struct step *step)
{
    (void)step;
    device_reseed(client->device);
    client_life(client, LIFE_RESEED);
}

static void saves(struct run_client *client, const struct step *step)
{
    (void)step;
    client->saved = device_snapshot(client->device);
    client_life(client, LIFE_SAVE);
}

static void put_back(struct run_client *client, const struct step *step,
                     const struct device *copy, bool same_id)
{
    (void)step;
    engine_crash(client->engine);
    if (!same_id) {
        device_reinstall(client->device, next_client_id(client));
    }
    device_restore(client->device, copy, same_id);
    reopen(client, LIFE_CLONE);
    struct runner *runner = client->runner;
    runner->history.actors[client->actor].client_id =
        device_client_id(client->device);
}

static void restores(struct run_client *client, const struct step *step)
{
    const struct arg *id = step_option(step, "id");
    if (!client->saved) {
        step_expect(client->runner, false, step->text,
                    STR("a backup that `saves` made"), STR("none"));
        return;
    }
    put_back(client, step, client->saved, id && str_is(id->value, "kept"));
}

static void clones(struct run_client *client, const struct step *step)
{
    const struct arg *from = step_option(step, "from");
    const struct arg *id = step_option(step, "id");
    struct runner *runner = client->runner;
    for (size_t i = 0; from && i < runner->client_count; i++) {
        if (str_eq(runner->clients[i]->name, from->value)) {
            put_back(client, step, device_snapshot(runner->clients[i]->device),
                     id && str_is(id->value, "same"));
            return;
        }
    }
}

static bool action_clock(struct runner *runner, const struct step *step)
{
    bool skews = step->verb->id == VERB_CLOCK_SKEWS;
    if (!skews && step->verb->id != VERB_CLOCK_STEPS) {
        return false;
    }
    const struct arg *by = step_option(step, "by");
    for (size_t i = 0; by && i < runner->client_count; i++) {
        struct run_client *client = runner->clients[i];
        for (size_t w = 0; w < step->word_count; w++) {
            if (str_eq(client->name, step->words[w].value)) {
                client->skew_ms = skews ? by->ms : client->skew_ms + by->ms;
            }
        }
    }
    return true;
}

bool action_life(struct runner *runner, const struct step *step)
{
    static const struct {
        enum verb_id verb;
        void (*act)(struct run_client *client, const struct step *step);
    } acts[] = {{VERB_GOES, goes},
                {VERB_SIGNS, signs},
                {VERB_CRASHES, crashes},
                {VERB_RESTARTS, restarts},
                {VERB_REINSTALLS, reinstalls},
                {VERB_WIPES, wipes},
                {VERB_RESETS, resets},
                {VERB_RESEEDS, reseeds},
                {VERB_SAVES, saves},
                {VERB_RESTORES, restores},
                {VERB_CLONES, clones}};
    for (size_t a = 0; a < sizeof(acts) / sizeof(acts[0]); a++) {
        if (acts[a].verb != step->verb->id) {
            continue;
        }
        for (size_t w = 0; w < step->who_count && !runner->broken; w++) {
            struct run_client *client = runner->clients[step->who[w]];
            acts[a].act(client, step);
            client_pump(client);
        }
        const struct arg *wait = step_option(step, "wait");
        if (!wait || !str_is(wait->value, "no")) {
            clients_finish(runner);
        }
        return true;
    }
    return action_clock(runner, step);
}
