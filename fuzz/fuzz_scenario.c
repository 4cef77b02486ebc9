/* SPDX-License-Identifier: MIT */
/* fuzz_scenario - bytes as a scenario file: refused with a place and a
 * sentence, or parsed to something that can be formatted, printed and parsed
 * again without a difference; small ones are run twice in virtual time, which
 * has to be the same both times.  Layer: fuzz. */
#include <string.h>

#include "base/limits.h"
#include "fuzz/claim.h"
#include "harness/run/run.h"

enum {
    PRINTED_MAX = 8, /* scenarios of one input that are printed … */
    RUN_MAX = 2,     /* … and run */
    RUN_CLIENTS = 4,
    RUN_STEPS = 30,
    RUN_BYTES = 4096,  /* of one text in a step */
    RUN_MS = 600000,   /* of all times in a scenario */
    TEXT_MAX = 8 << 20 /* of one scenario that is compared */
};

#define FILE_NAME "fuzz/input.sync"

static bool parse(struct str text, struct arena *arena,
                  struct scenario_list *list, struct err *err)
{
    *list = (struct scenario_list){0};
    *err = (struct err){0};
    enum status status = scenario_parse(STR(FILE_NAME), text, arena, list, err);
    if (status != ST_OK) {
        claim_error(status, err);
        CLAIM(str_starts(str_of(err->text), STR(FILE_NAME)),
              "an error names its file: %s", err->text);
    }
    return status == ST_OK;
}

/* ---- text and back ---- */

/* Without the comment that names the values of `each`: they are in the steps
 * already, and a comment says nothing to the parser. */
static struct str print(const struct scenario *scenario, struct arena *arena)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    scenario_print(scenario, &out);
    struct str text =
        !out.failed ? arena_str(arena, buf_view(&out)) : (struct str){0};
    buf_free(&out);
    return str_starts(text, STR("#")) ? str_skip(text, str_find(text, '\n') + 1)
                                      : text;
}

static void try_print(const struct scenario *scenario, struct arena *arena)
{
    struct scenario_list again;
    struct err err;
    struct str text = print(scenario, arena);
    if (!text.p) {
        return;
    }
    if (!parse(text, arena, &again, &err)) {
        /* What `each` put in may be longer when it is spelled out. */
        CLAIM(err.status == ST_LIMIT, "what was printed parses: %s\n%.*s",
              err.text, STR_ARG(text));
        return;
    }
    CLAIM(again.count == 1, "one scenario is printed as one: %zu", again.count);
    claim_same(text, print(&again.items[0], arena), "the second print");
    CLAIM(again.items[0].step_count == scenario->step_count,
          "printing keeps all steps");
}

static struct str format(struct str text, struct arena *arena)
{
    struct buf out;
    struct err err = {0};
    buf_init(&out, TEXT_MAX);
    enum status status = scenario_format(STR(FILE_NAME), text, &out, &err);
    CLAIM(status == ST_OK, "what parses can be formatted: %s", err.text);
    struct str formatted = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return formatted;
}

static void try_format(struct str text, const struct scenario_list *list,
                       struct arena *arena)
{
    struct scenario_list again;
    struct err err;
    struct str once = format(text, arena);
    CLAIM(parse(once, arena, &again, &err), "what was formatted parses: %s",
          err.text);
    CLAIM(again.count == list->count, "formatting keeps all scenarios");
    for (size_t i = 0; i < list->count && i < PRINTED_MAX; i++) {
        claim_same(print(&list->items[i], arena), print(&again.items[i], arena),
                   "a scenario after formatting");
    }
    claim_same(once, format(once, arena), "the second formatting");
}

/* ---- runs ---- */

static bool args_small(const struct arg *args, size_t count, int64_t *ms)
{
    for (size_t i = 0; i < count; i++) {
        if (args[i].value.n > RUN_BYTES || args[i].ms > RUN_MS ||
            args[i].ms < -RUN_MS) {
            return false;
        }
        *ms += args[i].ms > 0 ? args[i].ms : -args[i].ms;
    }
    return true;
}

static bool step_small(const struct step *step, int64_t *ms)
{
    *ms += step->after_ms < RUN_MS ? step->after_ms : RUN_MS;
    return step->who_kind != WHO_STORM && step->body_bytes <= RUN_BYTES &&
           args_small(step->words, step->word_count, ms) &&
           args_small(step->options, step->option_count, ms) &&
           args_small(step->fields, step->field_count, ms);
}

static bool scenario_small(const struct scenario *scenario)
{
    int64_t ms = 0;
    bool small = scenario->step_count <= RUN_STEPS &&
                 scenario->client_count <= RUN_CLIENTS &&
                 scenario->collection_count <= RUN_CLIENTS &&
                 scenario->onboarding_count <= RUN_STEPS &&
                 scenario->latency_high_ms <= RUN_MS &&
                 scenario->server_high_ms <= RUN_MS;
    for (size_t i = 0; i < scenario->step_count && small; i++) {
        small = step_small(&scenario->steps[i], &ms) && ms <= RUN_MS;
    }
    for (size_t i = 0; i < scenario->onboarding_count && small; i++) {
        small = step_small(&scenario->onboarding[i], &ms);
    }
    return small;
}

static void run(const struct scenario *scenario, struct arena *arena,
                struct run_result *result)
{
    struct run_options options;
    run_options_defaults(&options);
    if (!(scenario->dialects & options.dialect->bit)) {
        options.dialect = dialect_find(STR("v1"));
    }
    run_describe(scenario, &options, arena, result);
    if (run_skip_reason(scenario, &options).n == 0) {
        run_scenario(scenario, &options, arena, result);
    }
}

/* Does the script make the peers up, so that checkers may well complain? */
static bool scenario_honest(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->step_count; i++) {
        enum verb_id verb = scenario->steps[i].verb->id;
        if (verb == VERB_SENDS || verb == VERB_NET_ANSWERS) {
            return false;
        }
    }
    return true;
}

/* Model client and bundled server are sound: an expectation of the script may
 * fail, a checker may not. */
static void claim_sound(const struct scenario *scenario,
                        const struct run_result *result)
{
    for (size_t i = 0; i < result->verdict_count; i++) {
        const struct verdict *verdict = &result->verdicts[i];
        CLAIM(str_is(verdict->checker, "expectation") ||
                  verdict->outcome != OUT_FAIL || !scenario_honest(scenario),
              "%.*s accuses nobody: %.*s %.*s; expected %.*s, actual %.*s",
              STR_ARG(verdict->checker), STR_ARG(verdict->clause),
              STR_ARG(verdict->what), STR_ARG(verdict->expected),
              STR_ARG(verdict->actual));
    }
}

static void try_run(const struct scenario *scenario, struct arena *arena)
{
    struct run_result one, two;
    run(scenario, arena, &one);
    run(scenario, arena, &two);
    CLAIM(one.hash == two.hash && one.state_hash == two.state_hash &&
              one.outcome == two.outcome && one.world_ms == two.world_ms,
          "the same run twice is the same: %s, %s", outcome_name(one.outcome),
          outcome_name(two.outcome));
    CLAIM(one.verdict_count == two.verdict_count &&
              (one.verdict_count == 0) == (one.outcome == OUT_PASS),
          "whatever is not a pass has a verdict");
    for (size_t i = 0; i < one.verdict_count; i++) {
        claim_same(one.verdicts[i].what, two.verdicts[i].what, "a verdict");
    }
    claim_sound(scenario, &one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct scenario_list list;
    struct err err;
    struct str text = {(const char *)data, size};
    arena_init(&arena, LIMIT_RUN_ARENA);
    if (parse(text, &arena, &list, &err)) {
        try_format(text, &list, &arena);
        for (size_t i = 0; i < list.count && i < PRINTED_MAX; i++) {
            try_print(&list.items[i], &arena);
        }
        for (size_t i = 0; i < list.count && i < RUN_MAX; i++) {
            if (scenario_small(&list.items[i])) {
                try_run(&list.items[i], &arena);
            }
        }
    }
    arena_free(&arena);
    return 0;
}
