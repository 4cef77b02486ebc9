/* SPDX-License-Identifier: MIT */
/* action_sync - pushes pulls syncs finishes settles agrees waits.
 * Layer: harness/run. */
#include "harness/run/runner.h"

static struct str outcome_text(struct runner *runner,
                               const struct engine_outcome *outcome)
{
    if (!outcome->any) {
        return STR("nothing was attempted");
    }
    if (outcome->ok) {
        return STR("ok");
    }
    if (outcome->kind == REPLY_ANSWER) {
        return arena_printf(runner->arena, "%d (%.*s)", outcome->status,
                            STR_ARG(outcome->why));
    }
    return arena_printf(runner->arena, "%s (%.*s)",
                        reply_kind_name(outcome->kind), STR_ARG(outcome->why));
}

static bool outcome_is(const struct engine_outcome *outcome, struct str want)
{
    int64_t status = 0;
    if (str_is(want, "ok")) {
        return outcome->any && outcome->ok;
    }
    if (!outcome->any || outcome->ok) {
        return false;
    }
    if (str_to_i64(want, &status)) {
        return outcome->kind == REPLY_ANSWER && outcome->status == status;
    }
    return outcome->kind != REPLY_ANSWER &&
           str_is(want, reply_kind_name(outcome->kind));
}

static void expect_outcome(struct run_client *client, const struct step *step)
{
    const struct arg *gets = step_option(step, "gets");
    struct runner *runner = client->runner;
    if (!gets || runner->broken) {
        return;
    }
    struct engine_outcome outcome = engine_outcome(client->engine);
    step_expect(runner, outcome_is(&outcome, gets->value),
                arena_printf(runner->arena, "%.*s %s gets=%.*s",
                             STR_ARG(client->name), step->verb->name,
                             STR_ARG(gets->value)),
                gets->value, outcome_text(runner, &outcome));
}

static void start(struct run_client *client, const struct step *step)
{
    struct moment moment = client_moment(client);
    switch ((int)step->verb->id) {
    case VERB_PUSHES:
        engine_push(client->engine, moment);
        break;
    case VERB_PULLS:
        engine_pull(client->engine, moment,
                    step->word_count > 0 ? step->words[0].value : STR(""));
        break;
    case VERB_SYNCS:
        engine_sync(client->engine, moment);
        break;
    default:
        break; /* finishes: what runs already */
    }
    client_pump(client);
}

struct waiting {
    struct runner *runner;
    const struct step *step;
};

static bool those_idle(void *context)
{
    const struct waiting *waiting = context;
    for (size_t w = 0; w < waiting->step->who_count; w++) {
        uint32_t who = waiting->step->who[w];
        if (engine_busy(waiting->runner->clients[who]->engine)) {
            return false;
        }
    }
    return true;
}

static void finish(struct runner *runner, const struct step *step)
{
    struct waiting waiting = {runner, step};
    bool ended = world_run(&runner->world, those_idle, &waiting,
                           runner->world.now_ms + OPERATION_LIMIT_MS);
    if (!ended) {
        step_expect(runner, false, step->text, STR("an end"),
                    STR("still busy after ten minutes of the run's time"));
    }
    for (size_t w = 0; w < step->who_count; w++) {
        struct run_client *client = runner->clients[step->who[w]];
        expect_outcome(client, step);
    }
}

static bool waits(const struct step *step)
{
    const struct arg *wait = step_option(step, "wait");
    return !wait || !str_is(wait->value, "no");
}

static void settle(struct runner *runner, const struct step *step)
{
    const struct arg *within = step_option(step, "within");
    size_t mark = runner->history.count;
    bool ended = run_settle(runner, within ? within->ms : 60000);
    struct str why = STR("settled");
    for (size_t i = mark; !ended && i < runner->history.count; i++) {
        const struct event *event = &runner->history.events[i];
        if (event->kind == EV_STUCK) {
            why =
                arena_printf(runner->arena, "STUCK %.*s: %.*s",
                             STR_ARG(runner->history.actors[event->actor].name),
                             STR_ARG(event->text));
        }
    }
    step_expect(runner, ended, STR("everyone settles"),
                STR("nothing pending and nothing new"), why);
}

static void agree(struct runner *runner)
{
    struct str why = {0};
    bool agreed = clients_agree(runner, &why);
    step_expect(runner, agreed, STR("everyone agrees"),
                STR("equal live records on all clients"),
                agreed ? STR("equal") : why);
}

/* Where nothing is under way the world's clock jumps, and the server's does
 * not. */
static void wait_really(struct runner *runner, int64_t ms)
{
    struct transport *wire = runner->inner;
    int64_t from_ms = runner->world.real_ms();
    int64_t left_ms = runner->world.scale > 1 ? ms / runner->world.scale : ms;
    while (left_ms > 0) {
        wire->ops->rest(wire, left_ms);
        left_ms -= runner->world.real_ms() - from_ms;
        from_ms = runner->world.real_ms();
    }
}

static void wait_for(struct runner *runner, const struct step *step)
{
    const struct arg *time = step_option(step, "for");
    struct transport *wire = runner->inner;
    int64_t ms = time ? time->ms : 0;
    bool listens = runner->world.wire && wire->ops->listening &&
                   wire->ops->listening(wire) > 0;
    if (step_option(step, "clock") && runner->world.wire && !listens) {
        wait_really(runner, ms);
    }
    runner->script_ms += ms;
    world_run(&runner->world, NULL, NULL, runner->world.now_ms + ms);
}

bool action_sync(struct runner *runner, const struct step *step)
{
    switch ((int)step->verb->id) {
    case VERB_PUSHES:
    case VERB_PULLS:
    case VERB_SYNCS:
    case VERB_FINISHES:
        for (size_t w = 0; w < step->who_count; w++) {
            start(runner->clients[step->who[w]], step);
        }
        if (waits(step)) {
            finish(runner, step);
        }
        return true;
    case VERB_SETTLES:
        settle(runner, step);
        return true;
    case VERB_AGREES:
        agree(runner);
        return true;
    case VERB_WAITS:
        wait_for(runner, step);
        return true;
    default:
        return false;
    }
}
