/* SPDX-License-Identifier: MIT */
/* steps - one line of the script: let time pass, write it down, do it.
 * Layer: harness/run. */
#include "base/asserts.h"
#include "harness/run/evidence.h"
#include "harness/run/secrets.h"

void ref_split(struct str ref, struct str *collection, struct str *id)
{
    size_t slash = str_find(ref, '/');
    *collection = str_take(ref, slash);
    *id = str_skip(ref, slash + 1);
}

static uint32_t step_actor(const struct runner *runner, const struct step *step)
{
    switch (step->who_kind) {
    case WHO_CLIENTS:
        return runner->clients[step->who[0]]->actor;
    case WHO_NET:
        return runner->net_actor;
    case WHO_SERVER:
        return runner->server_actor;
    case WHO_EVERYONE:
    case WHO_CLOCK:
    case WHO_STORM:
        break;
    }
    return runner->everyone_actor;
}

/* Which clause a failed expectation of this step is about. */
static struct str step_clause(const struct runner *runner,
                              const struct step *step)
{
    const struct scenario *scenario = runner->scenario;
    if (step->clause.n > 0) {
        return step->clause;
    }
    struct str rest = str_of(step->verb->clauses);
    while (rest.n > 0) {
        size_t end = str_find(rest, ' ');
        struct str id = str_take(rest, end);
        for (size_t i = 0; i < scenario->cover_count; i++) {
            if (str_eq(scenario->covers[i], id)) {
                return id;
            }
        }
        rest = str_skip(rest, end + 1);
    }
    return scenario->cover_count > 0 ? scenario->covers[0] : STR("");
}

void step_expect_cause(struct runner *runner, const struct claim *claim)
{
    const struct step *step = runner->step;
    history_append(&runner->history,
                   (struct event){.kind = EV_EXPECT,
                                  .actor = step_actor(runner, step),
                                  .t_ms = runner->world.now_ms,
                                  .line = step->line,
                                  .code = claim->held,
                                  .text = claim->what});
    static const enum outcome graded[] = {OUT_PASS, OUT_NONSTRICT, OUT_INFO};
    runner->broken = runner->broken || !claim->held;
    if (claim->held && claim->grade == GRADE_PASS) {
        return;
    }
    struct verdict verdict = {
        .outcome = claim->held ? graded[claim->grade] : OUT_FAIL,
        .checker = STR("expectation"),
        .clause =
            claim->clause.n > 0 ? claim->clause : step_clause(runner, step),
        .file = runner->scenario->file,
        .line = step->line,
        .what = secrets_hide(runner, claim->what, SIZE_MAX),
        .expected = secrets_hide(runner, claim->expected, SIZE_MAX),
        .actual = secrets_hide(runner, claim->actual, SIZE_MAX),
        .cause = secrets_hide(runner, claim->cause, SIZE_MAX)};
    evidence_of_step(runner, &verdict, claim->exchange);
    result_add(runner->result, runner->arena, &verdict);
}

void step_expect(struct runner *runner, bool held, struct str what,
                 struct str expected, struct str actual)
{
    const struct claim claim = {
        .held = held, .what = what, .expected = expected, .actual = actual};
    step_expect_cause(runner, &claim);
}

void step_play(struct runner *runner, const struct step *step)
{
    runner->step = step;
    runner->history.line = step->line;
    /* A later line is later on every clock, also when it says no time. */
    runner->script_ms += step->after_ms > 0 ? step->after_ms : 1;
    if (step->after_ms > 0) {
        world_run(&runner->world, NULL, NULL,
                  runner->world.now_ms + step->after_ms);
    }
    history_append(&runner->history,
                   (struct event){.kind = EV_STEP,
                                  .actor = step_actor(runner, step),
                                  .t_ms = runner->world.now_ms,
                                  .line = step->line,
                                  .text = step->text});
    bool done = action_edit(runner, step) || action_sync(runner, step) ||
                action_life(runner, step) || action_read(runner, step) ||
                action_raw(runner, step) || action_live(runner, step) ||
                action_hear(runner, step) || action_net(runner, step) ||
                action_server(runner, step) || action_storm(runner, step);
    ASSERT(done); /* every verb of the table has its action */
}
