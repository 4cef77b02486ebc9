/* SPDX-License-Identifier: MIT */
/* witness - see witness.h.  Layer: harness/run. */
#include "harness/run/witness.h"

enum { HANGS = 2 }; /* requests timed out: it would only take as long again */

static bool line_hears(const struct scenario *scenario, uint32_t line)
{
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        if (step->line == line && step->verb->id == VERB_HEARS) {
            return true;
        }
    }
    return false;
}

bool witness_may_help(const struct scenario *scenario,
                      const struct run_result *result)
{
    for (size_t i = 0; i < result->verdict_count; i++) {
        const struct verdict *v = &result->verdicts[i];
        bool missed = str_is(v->checker, "notices") ||
                      str_is(v->checker, "streams") ||
                      (str_is(v->checker, "expectation") &&
                       line_hears(scenario, v->line));
        if (v->outcome == OUT_FAIL && missed) {
            return true;
        }
    }
    return false;
}

void witness_hear(const struct scenario *scenario,
                  const struct run_options *options, struct arena *arena,
                  struct run_result *result)
{
    struct run_options again = *options;
    struct run_result second;
    bool hangs = result->timeouts >= HANGS && !options->first_look;
    if (!options->wire || options->witness || hangs ||
        !witness_may_help(scenario, result)) {
        return;
    }
    again.witness = true;
    again.first_look = false;
    again.tag = arena_printf(arena, "%.*sw", STR_ARG(options->tag));
    run_scenario(scenario, &again, arena, &second);
    if (second.outcome == OUT_ERROR) {
        return;
    }
    if (second.outcome != OUT_FAIL) {
        second.note = STR("a message was missed by the socket library alone: "
                          "it failed with it, and not with the witness");
    } else if (!options->first_look) {
        return;
    }
    *result = second;
}
