/* SPDX-License-Identifier: MIT */
/* action_server - kills stops restarts wipes stalls weighs
 * lives has.
 * Layer: harness/run. */
#include "harness/run/runner.h"

enum { STOP_LIMIT_MS = 15000, STOP_LOOK_MS = 5 }; /* real time */

static void server_life(struct runner *runner, enum life life)
{
    struct event event = {.kind = EV_LIFE,
                          .actor = runner->server_actor,
                          .t_ms = runner->world.now_ms,
                          .line = runner->step->line};
    event.as.life = life;
    history_append(&runner->history, event);
}

/* In virtual time a killed server loses what was not in its store: a new one
 * begins on the same store. */
static void renew(struct runner *runner)
{
    static const char *const origins[] = {RUN_ORIGIN, NULL};
    struct server_config config = {.origins = origins,
                                   .ahead_limit_s = RUN_AHEAD_LIMIT_S,
                                   .dialect = runner->options->dialect,
                                   .mode = runner->options->server_mode,
                                   .bugs = runner->options->server_bugs};
    config.page_size = (size_t)runner->scenario->page_size;
    server_free(runner->server);
    runner->server = server_create(&config, runner->store, runner->auth);
}

static void report(struct runner *runner, enum status status,
                   const struct err *err)
{
    if (status != ST_OK) {
        step_expect(runner, false, runner->step->text,
                    STR("a server that the suite controls"),
                    arena_str(runner->arena, str_of(err->text)));
    }
}

void server_kills(struct runner *runner)
{
    struct err err = {.status = ST_OK};
    const struct server_control *control = &runner->options->control;
    runner->killed = true;
    runner->server_down = true;
    server_life(runner, LIFE_SERVER_KILL);
    if (runner->server) {
        sim_server_down(runner->inner);
        renew(runner);
    } else if (control->kill) {
        report(runner, control->kill(control->context, &err), &err);
    }
}

/* Requests that are on their way go on meanwhile: that is what a clean end is
 * about. */
static void await_end(struct runner *runner)
{
    const struct server_control *control = &runner->options->control;
    struct transport *wire = runner->inner;
    struct err err = {.status = ST_OK};
    int64_t from_ms = runner->world.real_ms();
    while (control->running(control->context)) {
        if (runner->world.real_ms() - from_ms >= STOP_LIMIT_MS) {
            err_set(&err, ST_NETWORK, "it has not ended %d s after SIGTERM",
                    STOP_LIMIT_MS / 1000);
            report(runner, ST_NETWORK, &err);
            return;
        }
        if (wire->ops->in_flight(wire) > 0) {
            world_run(&runner->world, NULL, NULL,
                      runner->world.now_ms + STOP_LOOK_MS);
        } else {
            wire->ops->rest(wire, STOP_LOOK_MS);
        }
    }
}

void server_stops(struct runner *runner)
{
    const struct server_control *control = &runner->options->control;
    runner->killed = true;
    runner->server_down = true;
    server_life(runner, LIFE_SERVER_STOP);
    if (runner->server) {
        sim_server_down(runner->inner);
        renew(runner);
    } else if (control->stop) {
        control->stop(control->context);
        await_end(runner);
    }
}

void server_restarts(struct runner *runner)
{
    struct err err = {.status = ST_OK};
    const struct server_control *control = &runner->options->control;
    runner->server_down = false;
    server_life(runner, LIFE_SERVER_RESTART);
    if (runner->server) {
        sim_server_up(runner->inner, runner->server);
    } else if (control->restart) {
        report(runner, control->restart(control->context, &err), &err);
    }
}

static void wipes(struct runner *runner)
{
    struct err err = {.status = ST_OK};
    runner->killed = true;
    server_life(runner, LIFE_SERVER_WIPE);
    if (!runner->store) {
        err_set(&err, ST_UNSUPPORTED, "only in virtual time");
        report(runner, ST_UNSUPPORTED, &err);
        return;
    }
    report(runner, runner->store->ops->wipe(runner->store, &err), &err);
}

static void stalls(struct runner *runner, const struct step *step)
{
    const struct arg *by = step_option(step, "by");
    const struct arg *from = step_option(step, "from");
    const struct arg *count = step_option(step, "count");
    int64_t times = 1;
    uint32_t actor = UINT32_MAX;
    if (count) {
        str_to_i64(count->value, &times);
    }
    for (size_t i = 0; from && i < runner->client_count; i++) {
        if (str_eq(runner->clients[i]->name, from->value)) {
            actor = runner->clients[i]->actor;
        }
    }
    if (runner->server) {
        sim_stall(runner->inner, actor, (size_t)times, by ? by->ms : 0);
    }
}

static const struct raw_call *get(struct runner *runner, struct str target)
{
    struct raw_call *call = arena_must(runner->arena, 1, sizeof(*call));
    call->runner = runner;
    call->actor = runner->server_actor;
    call->kind = REQUEST_RAW;
    call->direct = true;
    call->request.method = STR("GET");
    call->request.target = target;
    raw_start(call);
    world_run(&runner->world, raw_done, call,
              runner->world.now_ms + OPERATION_LIMIT_MS);
    return call;
}

static void lives(struct runner *runner)
{
    struct str path = runner->options->dialect->paths[PATH_HEALTH];
    const struct raw_call *call = get(runner, path);
    bool held = call->done && call->reply_kind == REPLY_ANSWER &&
                call->reply.status == 200;
    struct str actual =
        call->done && call->reply_kind == REPLY_ANSWER
            ? arena_printf(runner->arena, "%d", call->reply.status)
            : call->error;
    step_expect(runner, held, STR("server lives"),
                arena_printf(runner->arena, "GET %s answers 200", path.p),
                actual);
}

static bool number_holds(enum arg_op op, int64_t have, int64_t want)
{
    return op == ARG_LE   ? have <= want
           : op == ARG_GE ? have >= want
           : op == ARG_NE ? have != want
                          : have == want;
}

static size_t memory_of(const struct runner *runner)
{
    const struct server_control *control = &runner->options->control;
    return control->memory ? control->memory(control->context) : 0;
}

static void has_grown(struct runner *runner, const struct step *step)
{
    const struct arg *grown = step_option(step, "grown");
    size_t now = memory_of(runner), before = runner->weighed_bytes;
    int64_t want = 0, have = now > before ? (int64_t)((now - before) >> 20) : 0;
    if (!grown || now == 0 || before == 0 || !str_to_i64(grown->value, &want)) {
        return;
    }
    step_expect(runner, number_holds(grown->op, have, want), step->text,
                arena_printf(runner->arena,
                             "%.*s MiB more than the %zu MiB "
                             "when it was weighed",
                             STR_ARG(grown->value), before >> 20),
                arena_printf(runner->arena, "%lld MiB more", (long long)have));
}

/* Counts are of the bundled server in process; elsewhere nobody can know. */
static void has(struct runner *runner, const struct step *step)
{
    has_grown(runner, step);
    if (!runner->server) {
        return;
    }
    struct server_counts counts = server_counts(runner->server);
    const struct {
        const char *name;
        uint64_t value;
    } known[] = {{"requests", counts.requests},
                 {"pushes", counts.pushes},
                 {"pulls", counts.pulls},
                 {"changes", counts.changes},
                 {"refused", counts.refused}};
    for (size_t i = 0; i < step->option_count && !runner->broken; i++) {
        const struct arg *arg = &step->options[i];
        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
            int64_t want = 0, have = (int64_t)known[k].value;
            if (!str_is(arg->key, known[k].name) ||
                !str_to_i64(arg->value, &want)) {
                continue;
            }
            step_expect(runner, number_holds(arg->op, have, want), step->text,
                        arg->value,
                        arena_printf(runner->arena, "%s=%lld", known[k].name,
                                     (long long)have));
        }
    }
}

bool action_server(struct runner *runner, const struct step *step)
{
    switch ((int)step->verb->id) {
    case VERB_SERVER_KILLS:
        server_kills(runner);
        return true;
    case VERB_SERVER_STOPS:
        server_stops(runner);
        return true;
    case VERB_SERVER_RESTARTS:
        server_restarts(runner);
        return true;
    case VERB_SERVER_WIPES:
        wipes(runner);
        return true;
    case VERB_SERVER_STALLS:
        stalls(runner, step);
        return true;
    case VERB_SERVER_WEIGHS:
        runner->weighed_bytes = memory_of(runner);
        return true;
    case VERB_SERVER_LIVES:
        lives(runner);
        return true;
    case VERB_SERVER_HAS:
        has(runner, step);
        return true;
    default:
        return false;
    }
}
