/* SPDX-License-Identifier: MIT */
/* verdict - adding verdicts to a result, evidence to a verdict.
 * Layer: reports. */
#include "reports/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/asserts.h"

const char *outcome_name(enum outcome outcome)
{
    switch (outcome) {
    case OUT_PASS:
        return "pass";
    case OUT_FAIL:
        return "fail";
    case OUT_UNKNOWN:
        return "unknown";
    case OUT_SKIP:
        return "skip";
    case OUT_ERROR:
        return "error";
    case OUT_NOT_RUN:
        return "not-run";
    }
    return "?";
}

/* A target that died says less than a failed property would, but makes all
 * that came after it worthless: it is the worst. */
static int outcome_rank(enum outcome outcome)
{
    switch (outcome) {
    case OUT_PASS:
        return 0;
    case OUT_SKIP:
        return 1;
    case OUT_NOT_RUN:
        return 2;
    case OUT_UNKNOWN:
        return 3;
    case OUT_FAIL:
        return 4;
    case OUT_ERROR:
        return 5;
    }
    return 5;
}

void result_add(struct run_result *result, struct arena *arena,
                const struct verdict *verdict)
{
    if (outcome_rank(verdict->outcome) > outcome_rank(result->outcome)) {
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
