/* SPDX-License-Identifier: MIT */
/* levels - see levels.h.  Layer: reports. */
#include "reports/levels.h"

enum { NAMED_MAX = 8 }; /* clauses of one kind in a statement */

/* Of the profile's name what is behind the level: "-2026.1" of "full-2026.1".
 */
static struct str version_of(struct str profile)
{
    return str_skip(profile, str_find(profile, '-'));
}

static struct str level_of(struct str profile)
{
    return str_take(profile, str_find(profile, '-'));
}

static bool belongs(const struct level *level, const struct clause_sums *sums,
                    const struct clause_sum *sum)
{
    return sum->clause->level <= level->up_to && clause_sums_apply(sums, sum);
}

/* Less than what is recommended is not enough where just that is asked. */
static bool falls_short(const struct level *level, const struct clause_sum *sum)
{
    return level->up_to == LEVEL_STRICT &&
           clause_sum_outcome(sum) == OUT_NONSTRICT;
}

static enum sum_group group_in(const struct level *level,
                               const struct clause_sum *sum)
{
    return falls_short(level, sum) ? SUM_FAILED
                                   : sum_group_of(clause_sum_outcome(sum));
}

static void level_count(struct level *level, const struct clause_sums *sums)
{
    bool failed = false;
    for (size_t i = 0; i < sums->count; i++) {
        if (!belongs(level, sums, &sums->items[i])) {
            continue;
        }
        enum sum_group group = group_in(level, &sums->items[i]);
        level->unimplemented += group == SUM_UNIMPLEMENTED;
        level->clauses += group != SUM_UNIMPLEMENTED;
        level->passing += group == SUM_PASSED || group == SUM_GRADED;
        failed = failed || group == SUM_FAILED;
    }
    bool all = level->passing == level->clauses && level->clauses > 0;
    level->state = failed ? LEVEL_NO : all ? LEVEL_YES : LEVEL_NOT_SHOWN;
}

void levels_find(const struct clause_sums *sums, const struct report_run *run,
                 struct level levels[LEVELS])
{
    static const struct {
        const char *name;
        enum clause_level up_to;
    } all[LEVELS] = {
        {"core", LEVEL_MUST},
        {"full", LEVEL_SHOULD},
        {"strict", LEVEL_STRICT},
    };
    bool asked = true;
    for (size_t i = 0; i < LEVELS; i++) {
        levels[i] = (struct level){
            .name = all[i].name, .up_to = all[i].up_to, .asked = asked};
        asked = asked && !str_is(level_of(run->profile), all[i].name);
        level_count(&levels[i], sums);
    }
}

/* "; PUSH-5, VALID-9 failed", or nothing: those of one group, or those that
 * only fall short. */
static void put_clauses(struct buf *out, const struct level *level,
                        const struct clause_sums *sums, enum sum_group group)
{
    size_t found = 0;
    for (size_t i = 0; i < sums->count; i++) {
        const struct clause_sum *sum = &sums->items[i];
        if (!belongs(level, sums, sum) ||
            sum_group_of(clause_sum_outcome(sum)) != group ||
            (group == SUM_GRADED && !falls_short(level, sum))) {
            continue;
        }
        if (found < NAMED_MAX) {
            buf_printf(out, "%s%s", found == 0 ? "; " : ", ", sum->clause->id);
        }
        found++;
    }
    if (found > NAMED_MAX) {
        buf_printf(out, " and %zu more", found - NAMED_MAX);
    }
    if (found > 0) {
        buf_printf(out, " %s",
                   group == SUM_GRADED ? "nonstrict" : sum_group_word(group));
    }
}

static void put_level(struct buf *out, const struct level *level,
                      const struct clause_sums *sums)
{
    static const enum sum_group told[] = {SUM_FAILED, SUM_GRADED, SUM_UNDECIDED,
                                          SUM_NOT_RUN};
    static const char *const words[] = {[LEVEL_NO] = "no",
                                        [LEVEL_NOT_SHOWN] = "not shown",
                                        [LEVEL_YES] = "yes"};
    buf_printf(out, "%s: ", level->name);
    if (!level->asked) {
        buf_puts(out, "not asked");
        return;
    }
    buf_printf(out, "%s (%zu of %zu%s clauses", words[level->state],
               level->passing, level->clauses,
               level->up_to == LEVEL_MUST ? " must" : "");
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        put_clauses(out, level, sums, told[i]);
    }
    if (level->unimplemented > 0) {
        buf_printf(out, "; %zu unimplemented", level->unimplemented);
    }
    buf_putc(out, ')');
}

void levels_write(struct buf *out, const struct clause_sums *sums,
                  const struct report_run *run, const char *before)
{
    struct level levels[LEVELS];
    levels_find(sums, run, levels);
    for (size_t i = 0; i < LEVELS; i++) {
        buf_puts(out, before);
        put_level(out, &levels[i], sums);
        buf_putc(out, '\n');
    }
}

struct str levels_reached(const struct clause_sums *sums,
                          const struct report_run *run, struct arena *arena,
                          enum level_state *state)
{
    struct level levels[LEVELS];
    struct str reached = STR("");
    levels_find(sums, run, levels);
    for (size_t i = 0; i < LEVELS && levels[i].asked; i++) {
        *state = levels[i].state;
        if (levels[i].state == LEVEL_YES) {
            reached = arena_printf(arena, "%s%.*s", levels[i].name,
                                   STR_ARG(version_of(run->profile)));
        }
    }
    return reached;
}
