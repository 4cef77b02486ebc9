/* SPDX-License-Identifier: MIT */
/* verdict - adding verdicts to a result, evidence to a verdict.
 * Layer: reports. */
#include "reports/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/asserts.h"

/* A target that died says less than a failed property would, but makes all
 * that came after it worthless: it is the worst. */
static const struct {
    const char *name;
    int rank;
} outcomes[OUTCOMES] = {
    [OUT_PASS] = {"pass", 0},
    [OUT_SKIP] = {"skip", 1},
    [OUT_UNIMPLEMENTED] = {"unimplemented", 2},
    [OUT_FLAKY] = {"flaky", 3},
    [OUT_INFO] = {"info", 4},
    [OUT_NONSTRICT] = {"nonstrict", 5},
    [OUT_XFAIL] = {"xfail", 6},
    [OUT_NOT_RUN] = {"not-run", 7},
    [OUT_UNKNOWN] = {"unknown", 8},
    [OUT_XPASS] = {"xpass", 9},
    [OUT_FAIL] = {"fail", 10},
    [OUT_ERROR] = {"error", 11},
};

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome].name;
}

bool outcome_is_worse(enum outcome a, enum outcome b)
{
    return outcomes[a].rank > outcomes[b].rank;
}

bool outcome_fails(enum outcome outcome, bool strict)
{
    return outcome == OUT_FAIL || outcome == OUT_XPASS ||
           (strict && outcome == OUT_NONSTRICT);
}

void result_add(struct run_result *result, struct arena *arena,
                const struct verdict *verdict)
{
    if (outcome_is_worse(verdict->outcome, result->outcome)) {
        result->outcome = verdict->outcome;
    }
    if (verdict->outcome == OUT_PASS) {
        return;
    }
    result->verdicts =
        arena_grow(arena, result->verdicts, result->verdict_count,
                   &result->verdict_cap, sizeof *result->verdicts);
    result->verdicts[result->verdict_count++] = *verdict;
}

void verdict_explain(struct verdict *verdict, struct arena *arena,
                     const char *format, ...)
{
    ASSERT(verdict->explain_count <= VERDICT_LINES);
    if (verdict->explain_count == VERDICT_LINES) {
        /* Silently dropped evidence would read as all there is. */
        verdict->explain[VERDICT_LINES - 1] = STR("… and more");
        return;
    }
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(size >= 0);
    char *line = arena_must(arena, (size_t)size + 1, 1);
    va_start(args, format);
    vsnprintf(line, (size_t)size + 1, format, args);
    va_end(args);
    verdict->explain[verdict->explain_count++] =
        (struct str){line, (size_t)size};
}
