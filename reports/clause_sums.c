/* SPDX-License-Identifier: MIT */
/* clause_sums - see clause_sums.h.  Layer: reports. */
#include "reports/clause_sums.h"

static const enum sum_group groups[OUTCOMES] = {
    [OUT_PASS] = SUM_PASSED,      [OUT_XPASS] = SUM_PASSED,
    [OUT_NONSTRICT] = SUM_GRADED, [OUT_INFO] = SUM_GRADED,
    [OUT_FAIL] = SUM_FAILED,      [OUT_XFAIL] = SUM_FAILED,
    [OUT_ERROR] = SUM_FAILED,     [OUT_UNKNOWN] = SUM_UNDECIDED,
    [OUT_FLAKY] = SUM_UNDECIDED,  [OUT_UNIMPLEMENTED] = SUM_UNIMPLEMENTED,
    [OUT_SKIP] = SUM_NOT_RUN,     [OUT_NOT_RUN] = SUM_NOT_RUN,
};

enum sum_group sum_group_of(enum outcome outcome)
{
    return groups[outcome];
}

const char *sum_group_word(enum sum_group group)
{
    static const char *const words[SUM_GROUPS] = {
        [SUM_PASSED] = "passed",   [SUM_GRADED] = "graded",
        [SUM_FAILED] = "failed",   [SUM_UNDECIDED] = "undecided",
        [SUM_NOT_RUN] = "not run", [SUM_UNIMPLEMENTED] = "unimplemented",
    };
    return words[group];
}

void clause_sums_init(struct clause_sums *sums, struct arena *arena)
{
    size_t count;
    const struct clause *clauses = clause_all(&count);
    *sums = (struct clause_sums){.arena = arena, .count = count};
    sums->items = arena_must(arena, count + 1, sizeof *sums->items);
    for (size_t i = 0; i < count; i++) {
        sums->items[i].clause = &clauses[i];
    }
}

bool clause_sums_apply(const struct clause_sums *sums,
                       const struct clause_sum *sum)
{
    const struct clause *clause = sum->clause;
    bool fits = sums->dialects == 0 || (clause->dialects & sums->dialects) != 0;
    return fits && strcmp(clause->group, "Client") != 0;
}

static struct clause_sum *sum_of(struct clause_sums *sums, struct str id)
{
    const struct clause *clause = clause_find(id);
    return clause ? &sums->items[clause - sums->items[0].clause] : NULL;
}

static bool words_have(struct str words, struct str word)
{
    while (words.n > 0) {
        size_t end = str_find(words, ' ');
        if (str_eq(str_take(words, end), word)) {
            return true;
        }
        words = str_skip(words, end + 1);
    }
    return false;
}

/* The worst verdict of that clause, also of none if `nameless`; false: there
 * is none. */
static bool verdict_on(const struct run_result *result, struct str id,
                       bool nameless, enum outcome *outcome)
{
    bool found = false;
    for (size_t i = 0; i < result->verdict_count; i++) {
        const struct verdict *verdict = &result->verdicts[i];
        bool about = str_eq(verdict->clause, id) ||
                     (nameless && !clause_find(verdict->clause));
        if (about && (!found || outcome_is_worse(verdict->outcome, *outcome))) {
            *outcome = verdict->outcome;
            found = true;
        }
    }
    return found;
}

/* Did it end where something was found, rather than go on? */
static bool ended_early(enum outcome outcome)
{
    enum sum_group group = groups[outcome];
    return group == SUM_FAILED || outcome == OUT_UNKNOWN ||
           outcome == OUT_NOT_RUN;
}

static void count(struct clause_sums *sums, struct clause_sum *sum,
                  const struct run_result *result, enum outcome outcome)
{
    sum->counts[outcome]++;
    if (groups[outcome] != SUM_PASSED &&
        (sum->first.n == 0 || outcome_is_worse(outcome, sum->first_outcome))) {
        sum->first = arena_str(sums->arena, result->id);
        sum->first_outcome = outcome;
    }
}

static void add_covered(struct clause_sums *sums, struct str id,
                        const struct run_result *result)
{
    struct clause_sum *sum = sum_of(sums, id);
    enum outcome outcome = result->outcome;
    if (!sum) {
        return;
    }
    if (verdict_on(result, id, true, &outcome) || result->verdict_count == 0) {
        count(sums, sum, result, outcome);
    } else if (ended_early(result->outcome)) {
        sum->cut++;
    } else {
        bool graded = groups[result->outcome] == SUM_GRADED ||
                      result->outcome == OUT_FLAKY;
        count(sums, sum, result, graded ? OUT_PASS : result->outcome);
    }
}

/* What a checker found that the case was not written for. */
static void add_accused(struct clause_sums *sums,
                        const struct run_result *result, size_t index)
{
    struct str id = result->verdicts[index].clause;
    struct clause_sum *sum = sum_of(sums, id);
    bool told = !sum || words_have(result->covers, id);
    for (size_t i = 0; i < index && !told; i++) {
        told = str_eq(result->verdicts[i].clause, id);
    }
    enum outcome outcome = OUT_PASS;
    if (!told && verdict_on(result, id, false, &outcome)) {
        count(sums, sum, result, outcome);
    }
}

void clause_sums_add(struct clause_sums *sums, const struct run_result *result)
{
    const struct dialect *dialect = dialect_find(result->dialect);
    struct str rest = result->covers;
    sums->dialects |= dialect ? dialect->bit : 0;
    while (rest.n > 0) {
        size_t end = str_find(rest, ' ');
        add_covered(sums, str_take(rest, end), result);
        rest = str_skip(rest, end + 1);
    }
    for (size_t i = 0; i < result->verdict_count; i++) {
        add_accused(sums, result, i);
    }
}

size_t clause_sum_count(const struct clause_sum *sum, enum sum_group group)
{
    size_t total = group == SUM_UNDECIDED ? sum->cut : 0;
    for (int i = 0; i < OUTCOMES; i++) {
        total += groups[i] == group ? sum->counts[i] : 0;
    }
    return total;
}

size_t clause_sum_cases(const struct clause_sum *sum)
{
    size_t total = 0;
    for (int group = 0; group < SUM_GROUPS; group++) {
        total += clause_sum_count(sum, (enum sum_group)group);
    }
    return total;
}

enum outcome clause_sum_outcome(const struct clause_sum *sum)
{
    bool decided = false;
    enum outcome worst = OUT_PASS;
    for (int i = 0; i < OUTCOMES; i++) {
        bool says = sum->counts[i] > 0 && groups[i] < SUM_UNIMPLEMENTED;
        if (says && outcome_is_worse((enum outcome)i, worst)) {
            worst = (enum outcome)i;
        }
        decided = decided || says;
    }
    return decided                              ? worst
           : sum->cut > 0                       ? OUT_UNKNOWN
           : sum->counts[OUT_UNIMPLEMENTED] > 0 ? OUT_UNIMPLEMENTED
           : sum->counts[OUT_NOT_RUN] > 0       ? OUT_NOT_RUN
           : sum->counts[OUT_SKIP] > 0          ? OUT_SKIP
                                                : OUT_NOT_RUN;
}
