/* SPDX-License-Identifier: MIT */
/* session - see session.h.  Layer: harness/run. */
#include "harness/run/session_core.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "harness/run/witness.h"
#include "harness/run/workers.h"

enum {
    HANGS = 2,       /* requests of one run without an answer: it hangs */
    HANGING_RUNS = 3 /* of a suite, on end: so does the server */
};

struct run_options session_options(const struct session *session, size_t target)
{
    struct run_options options = session->options;
    options.dialect = session->targets[target].dialect;
    options.world = str_of(session->targets[target].world);
    options.replay = session->targets[target].replay;
    return options;
}

bool session_applies(const struct scenario *scenario,
                     const struct run_options *options)
{
    return (scenario->dialects & options->dialect->bit) != 0;
}

/* Everything that will run, before the first of it does. */
static void make_plan(struct playing *playing)
{
    struct session *session = playing->session;
    size_t count = session->scenarios->count * session->target_count;
    playing->planned =
        arena_must(&playing->plan_arena, count + 1, sizeof(*playing->planned));
    playing->states =
        arena_must(&playing->plan_arena, 2 * session->scenarios->count + 1,
                   sizeof(*playing->states));
    for (size_t t = 0; t < session->target_count; t++) {
        struct run_options options = session_options(session, t);
        for (size_t s = 0; s < session->scenarios->count; s++) {
            const struct scenario *scenario = &session->scenarios->items[s];
            if (session_applies(scenario, &options)) {
                run_describe(scenario, &options, &playing->plan_arena,
                             &playing->planned[playing->planned_count++]);
            }
        }
    }
}

/* The same script must end in the same states wherever it is played. */
static void compare_worlds(struct playing *playing, size_t scenario,
                           const struct dialect *dialect,
                           struct run_result *result)
{
    size_t row = dialect->bit == DIALECT_V1 ? 0 : 1;
    uint64_t *state =
        &playing->states[row * playing->session->scenarios->count + scenario];
    if (result->outcome != OUT_PASS) {
        return;
    }
    if (*state == 0) {
        *state = result->state_hash;
    }
    if (*state == result->state_hash) {
        return;
    }
    const struct verdict verdict = {
        .outcome = OUT_FAIL,
        .checker = STR("worlds"),
        .file = result->file,
        .line = playing->session->scenarios->items[scenario].line,
        .what = STR("the final states differ from those of the first world"),
        .expected = arena_printf(&playing->run_arena, "state hash %016llx",
                                 (unsigned long long)*state),
        .actual = arena_printf(&playing->run_arena, "state hash %016llx",
                               (unsigned long long)result->state_hash)};
    result_add(result, &playing->run_arena, &verdict);
}

void session_publish(struct playing *playing, size_t scenario,
                     const struct dialect *dialect, struct run_result *result)
{
    const struct known *known = playing->session->known;
    if (!playing->hands_over) {
        compare_worlds(playing, scenario, dialect, result);
        suite_judge(playing->session->suite, result);
        known_judge(known, &playing->run_arena, result);
    }
    for (size_t i = 0; i < playing->session->report_count; i++) {
        report_result(playing->session->reports[i], result);
    }
    if (!playing->hands_over && playing->session->fail_fast &&
        outcome_fails(result->outcome, known && known->strict)) {
        playing->died = true;
    }
}

bool session_stopped(const struct playing *playing)
{
    const struct session *session = playing->session;
    return playing->died || (session->interrupted && *session->interrupted);
}

/* What is known to be flaky is given more tries; nothing else is, because a
 * second try would hide it. */
static void retry(struct playing *playing, const struct scenario *scenario,
                  const struct run_options *options, struct run_result *result)
{
    const struct known *known = playing->session->known;
    const struct known_entry *entry = known_flaky(known, result);
    struct arena *arena = &playing->run_arena;
    struct run_options again = *options;
    struct run_result second;
    again.first_look = false;
    for (int64_t try = 1; entry && try <= known->retries; try++) {
        again.tag =
            arena_printf(arena, "%.*sr%d", STR_ARG(options->tag), (int)try);
        run_scenario(scenario, &again, arena, &second);
        if (!outcome_fails(second.outcome, known->strict) &&
            second.outcome != OUT_ERROR) {
            known_flaked(entry, arena, result, (size_t)try + 1, &second);
            *result = second;
            return;
        }
    }
    if (entry) {
        known_failed_again(known, entry, arena, result);
    }
}

static bool is_lacking(const struct session *session,
                       const struct scenario *scenario,
                       const struct run_options *options, struct arena *arena,
                       struct run_result *result)
{
    struct str lacks =
        session->suite ? probe_lacks(session->suite->probe, scenario) : STR("");
    if (lacks.n > 0) {
        run_describe(scenario, options, arena, result);
        result->outcome = OUT_UNIMPLEMENTED;
        result->skip = lacks;
    }
    return lacks.n > 0;
}

/* One run that hangs is enough where there is no case that could have caused
 * it by what it sends. */
static bool hangs(struct playing *playing, const struct target *target,
                  const struct run_result *result, struct err *err)
{
    size_t enough = playing->session->suite ? HANGING_RUNS : 1;
    bool hung = target->wire && result->timeouts >= HANGS;
    playing->hanging = hung ? playing->hanging + 1 : 0;
    if (playing->hanging >= enough) {
        err_set(err, ST_NETWORK, "%s does not answer: %zu requests timed out",
                target->url, result->timeouts);
    }
    return playing->hanging >= enough;
}

/* What passed may have killed it too, with its last request. */
static bool is_dead(const struct session *session, struct target *target,
                    const struct run_result *result, struct err *err)
{
    bool suite = session->suite && result->outcome != OUT_SKIP;
    if ((!suite && result->outcome != OUT_FAIL) || target_alive(target, err)) {
        return false;
    }
    if (session->suite) {
        served_has_ended(session->suite->served, err);
    }
    return true;
}

bool session_try(struct playing *playing, struct target *target,
                 size_t scenario, struct run_result *result, struct err *err)
{
    struct run_options *options = &playing->options;
    struct session *session = playing->session;
    struct arena *arena = &playing->run_arena;
    const struct scenario *script = &session->scenarios->items[scenario];
    arena_reset(arena);
    if (target->wire) {
        options->tag =
            arena_printf(arena, "%.*s%zu", STR_ARG(session->tag_base),
                         playing->first_number + scenario);
    }
    if (is_lacking(session, script, options, arena, result)) {
        return false;
    }
    int64_t began_ms = session->real_ms ? session->real_ms() : 0;
    options->first_look = target->wire != NULL;
    run_scenario(script, options, arena, result);
    witness_hear(script, options, arena, result);
    bool hung = hangs(playing, target, result, err);
    suite_judge(session->suite, result);
    if (!hung) {
        retry(playing, script, options, result);
    }
    result->took_ms = session->real_ms ? session->real_ms() - began_ms : 0;
    return (hung && result->outcome == OUT_FAIL) ||
           is_dead(session, target, result, err);
}

static void play_one(struct playing *playing, struct target *target,
                     size_t index)
{
    struct session *session = playing->session;
    struct run_result result;
    struct err err = {.status = ST_OK};
    if (session_try(playing, target, index, &result, &err)) {
        target_blame(&result, &playing->run_arena, &err);
        if (session->suite) {
            err_prefix(&err, "the server died with %.*s: ", STR_ARG(result.id));
        }
        session->target_error = err;
        playing->died = true;
    }
    session_publish(playing, index, playing->options.dialect, &result);
}

void session_play(struct playing *playing, size_t target_index, size_t from,
                  size_t to)
{
    struct session *session = playing->session;
    struct target target;
    struct err err = {.status = ST_OK};
    if (target_open(&target, &session->targets[target_index], &err) != ST_OK) {
        if (session->target_error.status == ST_OK) {
            session->target_error = err;
        }
        return;
    }
    playing->options = session_options(session, target_index);
    target_apply(&target, &playing->options);
    playing->first_number = target_index * session->scenarios->count + 1;
    for (size_t s = from; s < to && !session_stopped(playing); s++) {
        if (session_applies(&session->scenarios->items[s], &playing->options)) {
            play_one(playing, &target, s);
        }
    }
    target_close(&target);
    if (!session->fail_fast) {
        playing->died = false; /* another target may be well */
    }
}

static enum status finish(struct playing *playing, int64_t took_ms,
                          struct err *err)
{
    enum status status = ST_OK;
    struct session *session = playing->session;
    for (size_t i = 0; i < session->report_count; i++) {
        enum status one =
            report_end(session->reports[i], took_ms, playing->totals, err);
        status = status == ST_OK ? one : status;
    }
    return status;
}

enum status session_run(struct session *session, const struct report_run *run,
                        struct report_totals *totals, struct err *err)
{
    struct playing playing = {.session = session, .totals = totals};
    arena_init(&playing.plan_arena, LIMIT_RUN_ARENA);
    arena_init(&playing.run_arena, LIMIT_RUN_ARENA);
    make_plan(&playing);
    for (size_t i = 0; i < session->report_count; i++) {
        report_begin(session->reports[i], run, playing.planned,
                     playing.planned_count);
    }
    int64_t began_ms = session->real_ms ? session->real_ms() : 0;
    if (session->jobs > 1) {
        workers_play(&playing);
    }
    for (size_t t = 0; session->jobs <= 1 && t < session->target_count &&
                       !session_stopped(&playing);
         t++) {
        session_play(&playing, t, 0, session->scenarios->count);
    }
    int64_t took_ms = session->real_ms ? session->real_ms() - began_ms : 0;
    enum status status = finish(&playing, took_ms, err);
    arena_free(&playing.run_arena);
    arena_free(&playing.plan_arena);
    if (status == ST_OK && session->target_error.status != ST_OK) {
        *err = session->target_error;
        return err->status;
    }
    return status;
}
