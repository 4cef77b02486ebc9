/* SPDX-License-Identifier: MIT */
/* suite - see suite.h.  Layer: harness/run. */
#include "harness/run/suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

enum { LONG_WAIT_MS = 4000, WORK_MUCH = 100, WORK_BYTES = 1024 };

enum clause_level suite_level(const struct scenario *scenario)
{
    const struct clause *first =
        scenario->cover_count > 0 ? clause_find(scenario->covers[0]) : NULL;
    return first ? first->level : LEVEL_STRICT;
}

/* A socket of all apps hears of every case that has the same user. */
static bool hears_all_apps(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        const struct arg *word = step->word_count > 0 ? &step->words[0] : NULL;
        bool raw = step->verb->id == VERB_CONNECTS && word &&
                   str_is(http_target_path(word->value), "/ws");
        bool kept = step->verb->id == VERB_LISTENS && word &&
                    str_is(word->value, "unified");
        if (raw || kept) {
            return true;
        }
    }
    return false;
}

bool suite_is_alone(const struct scenario *scenario, bool own_users)
{
    return scenario->alone || scenario->restartable ||
           (!own_users && hears_all_apps(scenario));
}

/* A number, or milliseconds; 0: it does not say. */
static int64_t option_value(const struct step *step, const char *key)
{
    const struct arg *arg = step_option(step, key);
    return arg ? arg->ms : 0;
}

/* Heartbeats and limits come when their time is over, not before. */
static bool waits_for_a_timer(const struct step *step)
{
    struct str word = step->word_count > 0 ? step->words[0].value : STR("");
    return step->verb->id == VERB_HEARS &&
           (str_is(word, "heartbeat") || str_is(word, "close"));
}

/* Real time for which the script itself waits, roughly. */
static int64_t waits_ms(const struct scenario *scenario)
{
    int64_t sum_ms = 0;
    bool listens = scenario_listens(scenario);
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        if (listens || step_option(step, "clock")) {
            sum_ms += step->after_ms + option_value(step, "for");
            sum_ms +=
                waits_for_a_timer(step) ? option_value(step, "within") : 0;
        }
    }
    return sum_ms;
}

bool suite_waits_long(const struct scenario *scenario)
{
    return waits_ms(scenario) >= LONG_WAIT_MS;
}

static void swap(struct scenario *a, struct scenario *b)
{
    struct scenario kept = *a;
    *a = *b;
    *b = kept;
}

static void shuffle(struct scenario_list *list, uint64_t seed)
{
    struct rng rng;
    rng_init(&rng, seed, STR("shuffle"));
    for (size_t left = list->count; left > 1; left--) {
        swap(&list->items[left - 1], &list->items[rng_below(&rng, left)]);
    }
}

/* Requests and changes that the script asks for, roughly; a kilobyte of a body
 * is as much as one. */
static bool is_much_work(const struct scenario *scenario)
{
    int64_t sum = 0;
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        sum += option_value(step, "times") + option_value(step, "total") +
               option_value(step, "writers") * option_value(step, "changes") +
               (int64_t)(step->body_bytes / WORK_BYTES);
    }
    return sum >= WORK_MUCH;
}

/* What takes its time comes behind what does not, live channels behind that. */
enum { RANK_QUICK, RANK_WORK, RANK_LIVE, RANK_LONG, RANK_ALONE };

static int rank_of(const struct scenario *scenario, bool own_users)
{
    return suite_is_alone(scenario, own_users) ? RANK_ALONE
           : suite_waits_long(scenario)        ? RANK_LONG
           : scenario_listens(scenario)        ? RANK_LIVE
           : is_much_work(scenario)            ? RANK_WORK
                                               : RANK_QUICK;
}

struct place {
    int rank;
    size_t turn, from;
};

static int compare_sizes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_places(const void *first, const void *second)
{
    const struct place *a = first, *b = second;
    return a->rank != b->rank   ? a->rank - b->rank
           : a->turn != b->turn ? compare_sizes(a->turn, b->turn)
                                : compare_sizes(a->from, b->from);
}

size_t suite_order(struct scenario_list *list, bool own_users,
                   uint64_t shuffle_seed, struct arena *arena)
{
    size_t count = list->count, alone_from = count;
    struct scenario *sorted = arena_must(arena, count + 1, sizeof(*sorted));
    struct place *places = arena_must(arena, count + 1, sizeof(*places));
    if (shuffle_seed != 0) {
        shuffle(list, shuffle_seed);
    }
    for (size_t i = 0; i < count; i++) {
        const struct scenario *scenario = &list->items[i];
        /* Variants find much the same: the first one of each case, then the
         * second one of each. */
        places[i] = (struct place){.rank = rank_of(scenario, own_users),
                                   .turn = shuffle_seed ? 0 : scenario->index,
                                   .from = i};
    }
    qsort(places, count, sizeof(*places), compare_places);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = list->items[places[i].from];
        if (places[i].rank == RANK_ALONE && alone_from == count) {
            alone_from = i;
        }
    }
    list->items = sorted;
    list->cap = count;
    return alone_from;
}

void suite_judge(const struct suite *suite, struct run_result *result)
{
    enum outcome worst = OUT_PASS;
    bool changed = false;
    for (size_t i = 0; suite && i < result->verdict_count; i++) {
        struct verdict *verdict = &result->verdicts[i];
        const struct clause *clause = clause_find(verdict->clause);
        if (verdict->outcome == OUT_FAIL && clause &&
            clause->level > suite->level) {
            verdict->outcome = OUT_NONSTRICT;
            changed = true;
        }
        if (outcome_is_worse(verdict->outcome, worst)) {
            worst = verdict->outcome;
        }
    }
    if (changed) {
        result->outcome = worst;
    }
}
