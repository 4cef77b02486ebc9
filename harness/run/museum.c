/* SPDX-License-Identifier: MIT */
/* museum - see museum.h.  Layer: harness/run. */
#include "harness/run/museum.h"

const char *exhibit_state_name(enum exhibit_state state)
{
    static const char *const names[] = {"caught", "clean build accused",
                                        "missed", "caught as another clause"};
    return names[state];
}

enum status museum_plant(struct str planted, struct run_options *options,
                         struct err *err)
{
    size_t colon = str_find(planted, ':');
    struct str side = str_take(planted, colon);
    struct str name = str_skip(planted, colon + 1);
    enum bug bug = bug_find(name);
    enum client_bug client_bug = client_bug_find(name);
    if (str_is(side, "server") && bug != BUG_COUNT) {
        bug_add(&options->server_bugs, bug);
        return ST_OK;
    }
    if (str_is(side, "client") && client_bug != CLIENT_BUG_COUNT) {
        client_bug_add(&options->client_bugs, client_bug);
        return ST_OK;
    }
    return err_set(err, ST_NOT_FOUND, "no bug is named \"%.*s\"",
                   STR_ARG(planted));
}

static struct str bug_clauses(struct str planted)
{
    struct str name = str_skip(planted, str_find(planted, ':') + 1);
    if (str_starts(planted, STR("server:"))) {
        enum bug bug = bug_find(name);
        return bug == BUG_COUNT ? STR("") : str_of(bug_info(bug)->clauses);
    }
    enum client_bug bug = client_bug_find(name);
    return bug == CLIENT_BUG_COUNT ? STR("")
                                   : str_of(client_bug_info(bug)->clauses);
}

static struct str verdicts_text(const struct run_result *result,
                                struct arena *arena)
{
    struct str text = {0};
    for (size_t i = 0; i < result->verdict_count && i < 4; i++) {
        const struct verdict *v = &result->verdicts[i];
        text = arena_printf(arena, "%.*s%s%.*s by %.*s (%.*s)", STR_ARG(text),
                            i > 0 ? "; " : "", STR_ARG(v->clause),
                            STR_ARG(v->checker), STR_ARG(v->what));
    }
    return text;
}

static bool named(const struct scenario *scenario,
                  const struct run_result *result)
{
    for (size_t i = 0; i < result->verdict_count; i++) {
        const struct verdict *v = &result->verdicts[i];
        if (v->outcome == OUT_FAIL && str_eq(v->checker, scenario->caught_by) &&
            str_eq(v->clause, scenario->caught_clause)) {
            return true;
        }
    }
    return false;
}

void museum_show(const struct scenario *scenario,
                 const struct run_options *options, struct arena *arena,
                 struct exhibit *out)
{
    struct run_result clean, planted;
    struct run_options sick = *options;
    struct err err = {.status = ST_OK};
    *out = (struct exhibit){.bug = scenario->planted,
                            .clauses = bug_clauses(scenario->planted)};
    run_scenario(scenario, options, arena, &clean);
    if (clean.outcome != OUT_PASS) {
        out->state = EXHIBIT_ACCUSED;
        out->detail =
            clean.skip.n > 0 ? clean.skip : verdicts_text(&clean, arena);
        return;
    }
    if (museum_plant(scenario->planted, &sick, &err) != ST_OK) {
        out->state = EXHIBIT_MISSED;
        out->detail = arena_str(arena, str_of(err.text));
        return;
    }
    run_scenario(scenario, &sick, arena, &planted);
    out->world_ms = planted.world_ms;
    if (planted.outcome == OUT_PASS) {
        out->state = EXHIBIT_MISSED;
        out->detail = STR("the run passed with the bug in it");
    } else if (!named(scenario, &planted)) {
        out->state = EXHIBIT_MISNAMED;
        out->detail = verdicts_text(&planted, arena);
    } else {
        out->state = EXHIBIT_CAUGHT;
    }
}
