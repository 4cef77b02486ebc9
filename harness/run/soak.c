/* SPDX-License-Identifier: MIT */
/* soak - see soak.h.  What grew too much is judged in soak_judge.c.
 * Layer: harness/run. */
#include "harness/run/soak.h"

#include <poll.h>

#include "base/asserts.h"
#include "harness/run/soak_core.h"
#include "harness/run/witness.h"

enum {
    SCRIPT_BYTES = 64 << 20,
    REST_MS = 3000, /* for the server to see that all have gone */
    REST_LOOK_MS = 20,
    HANGS = 2 /* requests without an answer: it is dead */
};

/* One call of soak_run. */
struct soaking {
    const struct soak_options *options;
    struct soak_result *out;
    struct target target;
    struct run_options run;
    const struct scenario *scenario; /* of this round */
    size_t round, rounds;
    int64_t elapsed_ms; /* of the rounds before, and of this one's script */
    struct arena arena;
    struct err *err;
};

static pid_t server_pid(const struct soaking *soaking)
{
    const struct spawned *child = soaking->target.spawned;
    return child ? child->pid : 0;
}

static struct soak_mark look(const struct soaking *soaking)
{
    struct soak_mark mark = {.taken = true, .self = usage_of(0)};
    pid_t server = server_pid(soaking);
    if (server > 0) {
        mark.server = usage_of(server);
    }
    mark.history_bytes = soaking->arena.held;
    mark.pushes = soaking->out->pushes;
    return mark;
}

/* ---- one round ---- */

/* The rule as it stands in the script, maybe with a time in front. */
static bool is_cut(struct str rule)
{
    size_t blank = str_find(rule, ' ');
    return str_starts(rule, STR("net cuts")) ||
           str_starts(str_skip(rule, blank + 1), STR("net cuts"));
}

static void count_event(struct soak_result *out, const struct event *event)
{
    bool sends = event->kind == EV_SEND;
    bool hears = event->kind == EV_HEAR;
    out->pushes += sends && event->as.request_kind == REQUEST_PUSH;
    out->pulls += sends && event->as.request_kind == REQUEST_PULL;
    out->notices += hears && str_is(event->text, "sync-available");
    out->events += hears && str_is(event->text, "changes");
    out->cuts += event->kind == EV_FAULT && is_cut(event->text);
    out->leaves += event->kind == EV_LIFE && event->as.life == LIFE_OFFLINE;
}

/* Every channel of a client that is heard after its first. */
static size_t count_reconnects(const struct history *history,
                               struct arena *arena)
{
    bool *heard = arena_must(arena, history->actor_count + 1, sizeof(*heard));
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->kind == EV_LISTENS) {
            count += heard[event->actor];
            heard[event->actor] = true;
        }
    }
    return count;
}

static void count_round(struct soaking *soaking, const struct history *history)
{
    for (size_t i = 0; history && i < history->count; i++) {
        count_event(soaking->out, &history->events[i]);
    }
    if (history) {
        soaking->out->reconnects += count_reconnects(history, &soaking->arena);
    }
}

static size_t pushes_of(const struct history *history)
{
    struct soak_result counted = {0};
    for (size_t i = 0; i < history->count; i++) {
        count_event(&counted, &history->events[i]);
    }
    return counted.pushes;
}

/* A step was played: is a quarter over? */
static void on_step(void *context, size_t step, const struct history *history)
{
    struct soaking *soaking = context;
    struct soak_mark *marks = soaking->out->marks;
    int64_t whole_ms = soaking->options->plan.duration_ms;
    soaking->elapsed_ms += soaking->scenario->steps[step].after_ms;
    for (int64_t quarter = 0; quarter < SOAK_MARKS; quarter++) {
        if (!marks[quarter].taken &&
            soaking->elapsed_ms * SOAK_MARKS >= whole_ms * (quarter + 1)) {
            marks[quarter] = look(soaking);
            marks[quarter].pushes += pushes_of(history);
        }
    }
}

static struct soak_plan round_plan(const struct soak_options *options,
                                   size_t round)
{
    struct soak_plan plan = options->plan;
    int64_t left_ms = plan.duration_ms - (int64_t)round * SOAK_ROUND_MS;
    plan.duration_ms = left_ms < SOAK_ROUND_MS ? left_ms : SOAK_ROUND_MS;
    plan.seed += round;
    return plan;
}

/* The script of a round, in the arena; NULL after an error. */
static struct scenario *make_round(struct soaking *soaking, size_t round,
                                   bool told)
{
    const struct soak_options *options = soaking->options;
    struct soak_plan plan = round_plan(options, round);
    struct scenario_list *list = arena_must(&soaking->arena, 1, sizeof(*list));
    struct buf text;
    buf_init(&text, SCRIPT_BYTES);
    soak_script_write(&plan, &text);
    struct str kept = arena_str(&soaking->arena, buf_view(&text));
    bool whole = !text.failed;
    buf_free(&text);
    if (!whole || scenario_parse(options->file, kept, &soaking->arena, list,
                                 soaking->err) != ST_OK) {
        if (!whole) {
            err_set(soaking->err, ST_LIMIT, "the script is too long");
        }
        return NULL;
    }
    ASSERT(list->count == 1);
    if (told && options->scripted) {
        options->scripted(options->context, round, kept);
    }
    list->items[0].index = round + 1;
    return &list->items[0];
}

static void note_dead(struct soaking *soaking, struct run_result *result)
{
    struct err err = {.status = ST_OK};
    bool hangs = result->timeouts >= HANGS;
    if (result->outcome != OUT_FAIL ||
        (!hangs && target_alive(&soaking->target, &err))) {
        return;
    }
    if (hangs) {
        err_set(&err, ST_NETWORK, "%zu requests timed out", result->timeouts);
    }
    target_blame(result, &soaking->arena, &err);
}

/* Close every connection of this process; the server shall see it soon. */
static void come_to_rest(struct soaking *soaking)
{
    struct soak_result *out = soaking->out;
    size_t rest = out->before.server.descriptors + SOAK_REST_DESCRIPTORS;
    if (!soaking->target.wire) {
        return;
    }
    transport_close(soaking->target.wire);
    soaking->target.wire = NULL;
    for (int waited_ms = 0; waited_ms < REST_MS; waited_ms += REST_LOOK_MS) {
        out->rest = look(soaking);
        if (!out->rest.server.known || out->rest.server.descriptors <= rest) {
            break;
        }
        poll(NULL, 0, REST_LOOK_MS);
    }
}

static void play_round(struct soaking *soaking)
{
    const struct soak_options *options = soaking->options;
    struct run_result result;
    int64_t began_ms = wire_clock_ms();
    soaking->elapsed_ms = (int64_t)soaking->round * SOAK_ROUND_MS;
    soaking->run.seed = options->plan.seed + soaking->round;
    soaking->run.tag =
        soaking->target.wire
            ? arena_printf(&soaking->arena, "%.*s%zu",
                           STR_ARG(options->tag_base), soaking->round + 1)
            : STR("");
    run_scenario(soaking->scenario, &soaking->run, &soaking->arena, &result);
    witness_hear(soaking->scenario, &soaking->run, &soaking->arena, &result);
    result.took_ms = wire_clock_ms() - began_ms;
    result.replay = options->replay;
    count_round(soaking, result.history);
    note_dead(soaking, &result);
    bool interrupted = options->interrupted && *options->interrupted;
    if (soaking->round + 1 == soaking->rounds || interrupted) {
        soaking->rounds = soaking->round + 1;
        come_to_rest(soaking);
        soak_judge(options, soaking->out, &soaking->arena, &result);
    }
    soaking->out->rounds++;
    result.note = soak_note(options, soaking->out, &soaking->arena);
    soaking->out->failed += result.outcome != OUT_PASS;
    if (result.outcome == OUT_ERROR) {
        soaking->rounds = soaking->round + 1;
    }
    if (options->ended) {
        options->ended(options->context, &result);
    }
}

/* ---- all of it ---- */

static bool tell_plan(struct soaking *soaking)
{
    const struct soak_options *options = soaking->options;
    struct scenario *scenario = make_round(soaking, 0, false);
    if (!scenario) {
        return false;
    }
    struct run_result *planned =
        arena_must(&soaking->arena, soaking->rounds, sizeof(*planned));
    for (size_t i = 0; i < soaking->rounds; i++) {
        struct run_options run = soaking->run;
        scenario->index = i + 1;
        run.seed = options->plan.seed + i;
        run_describe(scenario, &run, &soaking->arena, &planned[i]);
    }
    if (options->planned) {
        options->planned(options->context, planned, soaking->rounds);
    }
    return true;
}

static enum status soak(struct soaking *soaking)
{
    const struct soak_options *options = soaking->options;
    struct soak_result *out = soaking->out;
    soaking->run = options->run;
    soaking->run.dialect = options->target.dialect;
    soaking->run.world = str_of(options->target.world);
    soaking->run.stepped = on_step;
    soaking->run.stepped_context = soaking;
    if (!tell_plan(soaking)) {
        return soaking->err->status;
    }
    if (target_open(&soaking->target, &options->target, soaking->err) !=
        ST_OK) {
        return soaking->err->status;
    }
    target_apply(&soaking->target, &soaking->run);
    out->before = look(soaking);
    for (; soaking->round < soaking->rounds; soaking->round++) {
        arena_reset(&soaking->arena);
        usage_trim();
        soaking->scenario = make_round(soaking, soaking->round, true);
        if (!soaking->scenario) {
            return soaking->err->status;
        }
        play_round(soaking);
    }
    return ST_OK;
}

enum status soak_run(const struct soak_options *options,
                     struct soak_result *out, struct err *err)
{
    static struct soaking soaking;
    const struct soak_plan *plan = &options->plan;
    ASSERT(plan->duration_ms > 0);
    *out = (struct soak_result){0};
    soaking = (struct soaking){.options = options, .out = out, .err = err};
    soaking.rounds =
        (size_t)((plan->duration_ms + SOAK_ROUND_MS - 1) / SOAK_ROUND_MS);
    arena_init(&soaking.arena, LIMIT_RUN_ARENA);
    int64_t began_ms = wire_clock_ms();
    enum status status = soak(&soaking);
    target_close(&soaking.target);
    out->took_ms = wire_clock_ms() - began_ms;
    arena_free(&soaking.arena);
    return status;
}
