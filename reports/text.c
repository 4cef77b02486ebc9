/* SPDX-License-Identifier: MIT */
/* text - results for a person at a terminal or in a log: a mark for each, a
 * block for each that needs attention, a sum at the end.  Layer: reports. */
#include <inttypes.h>

#include "reports/block.h"
#include "reports/escape.h"
#include "reports/facts.h"
#include "reports/levels.h"
#include "reports/renderer.h"
#include "reports/trace.h"

enum {
    MARKS_IN_LINE = 60,
    BLOCKS_MAX = 20,  /* what needs attention behind them has a line each */
    BLOCKS_ALIKE = 3, /* of those that break one clause */
    REASONS_MAX = 12, /* shown one by one at the end */
    CLAUSES_MAX = 12, /* in one line */
    REASON_BYTES = 200,
    TRACE_VALUE = 160
};

/* Why something was skipped, not run, is not implemented or fails as it is
 * known to, and how often. */
struct reason {
    enum outcome outcome;
    struct str why; /* interned */
    size_t count;
};

/* Results with a block of their own whose worst verdict names the clause. */
struct alike {
    struct str clause; /* interned; empty: none */
    size_t count;
};

/* What did not fail and should be seen at the end all the same, a line each. */
struct aside {
    struct buf lines; /* owned */
    size_t count, left_out;
};
enum { ASIDE_FLAKY, ASIDE_NONSTRICT, ASIDE_INFO, ASIDE_NOTE, ASIDES };

struct text_state {
    struct aside asides[ASIDES];
    size_t marks;            /* in the open line, 0: no line is open */
    size_t finished;         /* results so far */
    struct clause_sums sums; /* of a conformance run */
    struct alike *alikes;
    size_t alike_count, alike_cap;
    size_t blocks, shortened;
    struct intern whys; /* and clauses */
    struct reason *reasons;
    size_t reason_count, reason_cap;
};

static struct block_style text_style(const struct report *report)
{
    struct block_style style =
        report->options.verbose ? block_full : block_brief;
    style.color = report->options.color;
    style.hint = " (--verbose)";
    return style;
}

static void text_begin(struct report *report)
{
    const struct report_run *run = &report->run;
    struct buf *out = &report->out;
    struct text_state *state = arena_must(&report->arena, 1, sizeof *state);
    intern_init(&state->whys, &report->arena);
    clause_sums_init(&state->sums, &report->arena);
    for (size_t i = 0; i < ASIDES; i++) {
        buf_init(&state->asides[i].lines, RENDERER_BYTES);
    }
    report->state = state;
    /* The seed first: it is what somebody needs when all else scrolls by. */
    buf_printf(out, "seed %" PRIu64, run->seed);
    if (run->target.n > 0) {
        buf_puts(out, "  target ");
        escape_line(out, run->target, REASON_BYTES);
    }
    if (run->tool.n > 0) {
        buf_puts(out, "  ");
        escape_line(out, run->tool, REASON_BYTES);
    }
    if (run->started.n > 0) {
        buf_puts(out, "  ");
        escape_line(out, run->started, REASON_BYTES);
    }
    buf_putc(out, '\n');
    facts_write_text(out, run, "  ");
}

static void reason_add(struct report *report, const struct run_result *result)
{
    struct text_state *state = report->state;
    struct str why = intern_put(&state->whys, result->skip);
    for (size_t i = 0; i < state->reason_count; i++) {
        struct reason *reason = &state->reasons[i];
        if (reason->outcome == result->outcome && reason->why.p == why.p) {
            reason->count++;
            return;
        }
    }
    state->reasons =
        arena_grow(&report->arena, state->reasons, state->reason_count,
                   &state->reason_cap, sizeof *state->reasons);
    state->reasons[state->reason_count++] =
        (struct reason){result->outcome, why, 1};
}

/* "FAIL  place  reason", the reason in one line. */
static void put_short(struct buf *out, const struct run_result *result,
                      const struct block_style *style)
{
    buf_printf(out, "%s%s%s  ", block_paint(style, result->outcome),
               block_outcome(result->outcome), block_unpaint(style));
    block_place(out, result);
    buf_puts(out, "  ");
    block_reason(out, result);
    buf_putc(out, '\n');
}

static size_t *blocks_like(struct report *report,
                           const struct run_result *result)
{
    struct text_state *state = report->state;
    const struct verdict *worst = block_worst(result);
    struct str clause =
        intern_put(&state->whys, worst ? worst->clause : STR(""));
    for (size_t i = 0; i < state->alike_count; i++) {
        if (str_eq(state->alikes[i].clause, clause)) {
            return &state->alikes[i].count;
        }
    }
    state->alikes =
        arena_grow(&report->arena, state->alikes, state->alike_count,
                   &state->alike_cap, sizeof *state->alikes);
    state->alikes[state->alike_count++] = (struct alike){clause, 0};
    return &state->alikes[state->alike_count - 1].count;
}

/* A server that can do next to nothing fails everywhere: what the first say in
 * full the others say in a line. */
static bool is_one_too_many(struct report *report,
                            const struct run_result *result)
{
    struct text_state *state = report->state;
    size_t *alike = blocks_like(report, result);
    if (!report->options.verbose && !report->options.trace &&
        (state->blocks >= BLOCKS_MAX || *alike >= BLOCKS_ALIKE)) {
        state->shortened++;
        return true;
    }
    state->blocks++;
    ++*alike;
    return false;
}

static void aside_add(struct report *report, const struct run_result *result,
                      size_t kind)
{
    struct aside *aside = &((struct text_state *)report->state)->asides[kind];
    struct buf *out = &aside->lines;
    if (++aside->count > REASONS_MAX && !report->options.verbose) {
        aside->left_out++;
        return;
    }
    if (kind != ASIDE_NOTE) {
        put_short(out, result, &(struct block_style){.color = false});
        return;
    }
    buf_puts(out, "NOTE  ");
    block_place(out, result);
    buf_puts(out, "  ");
    escape_line(out, result->note, SIZE_MAX);
    buf_putc(out, '\n');
}

static void asides_add(struct report *report, const struct run_result *result)
{
    if (result->outcome == OUT_FLAKY) {
        aside_add(report, result, ASIDE_FLAKY);
    } else if (result->outcome == OUT_NONSTRICT) {
        aside_add(report, result, ASIDE_NONSTRICT);
    } else if (result->outcome == OUT_INFO) {
        aside_add(report, result, ASIDE_INFO);
    }
    if (result->note.n > 0) {
        aside_add(report, result, ASIDE_NOTE);
    }
}

static char mark_of(enum outcome outcome)
{
    static const char marks[OUTCOMES + 1] = {
        [OUT_PASS] = '.',      [OUT_FAIL] = 'F',  [OUT_UNKNOWN] = '?',
        [OUT_SKIP] = 's',      [OUT_ERROR] = 'E', [OUT_NOT_RUN] = '-',
        [OUT_NONSTRICT] = 'n', [OUT_INFO] = 'i',  [OUT_UNIMPLEMENTED] = 'u',
        [OUT_XFAIL] = 'x',     [OUT_XPASS] = 'X', [OUT_FLAKY] = 'f',
    };
    return marks[outcome];
}

static void marks_close(struct report *report)
{
    struct text_state *state = report->state;
    if (state->marks > 0) {
        buf_putc(&report->out, '\n');
        state->marks = 0;
    }
}

static void put_mark(struct report *report, enum outcome outcome)
{
    struct text_state *state = report->state;
    struct block_style style = text_style(report);
    buf_printf(&report->out, "%s%c%s", block_paint(&style, outcome),
               mark_of(outcome), block_unpaint(&style));
    if (++state->marks == MARKS_IN_LINE) {
        buf_printf(&report->out, "  %zu/%zu", state->finished,
                   report->totals.planned);
        marks_close(report);
    }
}

/* One line: the title, the reason or the time, the note. */
static void put_one_line(struct report *report, const struct run_result *result)
{
    struct block_style style = text_style(report);
    struct buf *out = &report->out;
    block_title(out, result, &style);
    if (result->skip.n > 0) {
        buf_puts(out, " — ");
        escape_line(out, result->skip, style.value_bytes);
    } else if (result->outcome == OUT_PASS) {
        buf_puts(out, "  ");
        duration_write(result->took_ms, out);
    }
    if (result->note.n > 0) {
        buf_puts(out, "  note: ");
        escape_line(out, result->note, style.value_bytes);
    }
    buf_putc(out, '\n');
}

static void put_block(struct report *report, const struct run_result *result)
{
    struct block_style style = text_style(report);
    struct buf *out = &report->out;
    block_title(out, result, &style);
    buf_putc(out, '\n');
    block_body(out, result, &style);
    if (report->options.trace && result->history) {
        trace_write(out, result->history,
                    report->options.verbose ? style.value_bytes : TRACE_VALUE);
    }
    buf_putc(out, '\n');
}

/* Does it have its own block?  What was never begun has nothing to show, and
 * what did not fail has one only where all is wanted. */
static bool has_block(const struct report *report,
                      const struct run_result *result)
{
    if (report_is_bad(report, result)) {
        return result->outcome != OUT_NOT_RUN || result->verdict_count > 0;
    }
    return report->options.verbose && result->verdict_count > 0;
}

static void text_result(struct report *report, const struct run_result *result)
{
    struct text_state *state = report->state;
    enum outcome outcome = result->outcome;
    bool block = has_block(report, result);
    state->finished++;
    clause_sums_add(&state->sums, result);
    if (outcome == OUT_SKIP || outcome == OUT_NOT_RUN ||
        outcome == OUT_UNIMPLEMENTED || outcome == OUT_XFAIL) {
        reason_add(report, result);
    }
    if (!block && !report->options.verbose) {
        asides_add(report, result);
    }
    if (report->options.verbose && !block) {
        put_one_line(report, result);
        return;
    }
    if (block && is_one_too_many(report, result)) {
        struct block_style style = text_style(report);
        marks_close(report);
        put_short(&report->out, result, &style);
        return;
    }
    if (!report->options.verbose && !report->options.shared) {
        put_mark(report, outcome);
    }
    if (block) {
        marks_close(report);
        put_block(report, result);
    }
}

static const char *reason_word(enum outcome outcome)
{
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (totals_rows[i].outcome == outcome) {
            return totals_rows[i].word;
        }
    }
    return "";
}

static void put_reasons(struct report *report)
{
    const struct text_state *state = report->state;
    struct buf *out = &report->out;
    for (size_t i = 0; i < state->reason_count && i < REASONS_MAX; i++) {
        const struct reason *reason = &state->reasons[i];
        buf_printf(out, "%s %zu: ", reason_word(reason->outcome),
                   reason->count);
        escape_line(out, reason->why.n > 0 ? reason->why : STR("no reason"),
                    REASON_BYTES);
        buf_putc(out, '\n');
    }
    if (state->reason_count > REASONS_MAX) {
        buf_printf(out, "… and %zu more reasons (--verbose)\n",
                   state->reason_count - REASONS_MAX);
    }
}

static void put_asides(struct report *report)
{
    const struct text_state *state = report->state;
    struct buf *out = &report->out;
    for (size_t i = 0; i < ASIDES; i++) {
        const struct aside *aside = &state->asides[i];
        buf_str(out, buf_view(&aside->lines));
        out->failed = out->failed || aside->lines.failed;
        if (aside->left_out > 0) {
            buf_printf(out, "… and %zu more (--verbose)\n", aside->left_out);
        }
    }
}

/* One that a case says something bad of: `fail       PUSH-5     S  2/3  …`. */
static void put_clause(struct report *report, const struct clause_sum *sum)
{
    struct buf *out = &report->out;
    struct block_style style = text_style(report);
    enum outcome outcome = clause_sum_outcome(sum);
    buf_printf(
        out, "  %s%-9s%s  %-9s  %c  %zu/%zu  ", block_paint(&style, outcome),
        outcome_name(outcome), block_unpaint(&style), sum->clause->id,
        clause_level_letter(sum->clause->level),
        clause_sum_count(sum, SUM_PASSED) + clause_sum_count(sum, SUM_GRADED),
        clause_sum_cases(sum));
    escape_line(out, sum->first, REASON_BYTES);
    buf_printf(out, "%s%s\n", sum->first.n > 0 ? "  " : "", sum->clause->text);
}

/* Those that nothing more is to be said of, in one line. */
static void put_clause_ids(struct report *report, enum outcome outcome)
{
    const struct text_state *state = report->state;
    struct buf *out = &report->out;
    size_t found = 0;
    for (size_t i = 0; i < state->sums.count; i++) {
        const struct clause_sum *sum = &state->sums.items[i];
        if (clause_sums_apply(&state->sums, sum) &&
            clause_sum_outcome(sum) == outcome) {
            if (found++ == 0) {
                buf_printf(out, "  %s:", reason_word(outcome));
            }
            if (found <= CLAUSES_MAX) {
                buf_printf(out, " %s", sum->clause->id);
            }
        }
    }
    if (found > CLAUSES_MAX) {
        buf_printf(out, " and %zu more", found - CLAUSES_MAX);
    }
    buf_puts(out, found > 0 ? "\n" : "");
}

/* All clauses that are not simply passing. */
static void put_clauses(struct report *report)
{
    static const enum outcome short_ones[] = {OUT_UNIMPLEMENTED, OUT_SKIP,
                                              OUT_NOT_RUN};
    const struct text_state *state = report->state;
    struct buf *out = &report->out;
    size_t before = out->n;
    for (size_t i = 0; i < state->sums.count; i++) {
        const struct clause_sum *sum = &state->sums.items[i];
        enum sum_group group = sum_group_of(clause_sum_outcome(sum));
        if (clause_sums_apply(&state->sums, sum) && group != SUM_PASSED &&
            group < SUM_UNIMPLEMENTED) {
            put_clause(report, sum);
        }
    }
    for (size_t i = 0; i < sizeof short_ones / sizeof short_ones[0]; i++) {
        put_clause_ids(report, short_ones[i]);
    }
    if (out->n == before) {
        buf_puts(out, "  all pass\n");
    }
}

/* What the whole run came to, for the colour of its last line. */
static enum outcome totals_outcome(const struct report_totals *totals)
{
    switch (report_exit_code(totals)) {
    case 0:
        return OUT_PASS;
    case 1:
        return OUT_FAIL;
    case 2:
        return OUT_UNKNOWN;
    default:
        return OUT_ERROR;
    }
}

static void text_end(struct report *report)
{
    const struct text_state *state = report->state;
    struct buf *out = &report->out;
    struct block_style style = text_style(report);
    const struct report_totals *totals = &report->totals;
    marks_close(report);
    if (state->shortened > 0) {
        buf_printf(out, "%zu of these in one line each (--verbose)\n",
                   state->shortened);
    }
    put_asides(report);
    put_reasons(report);
    if (report->run.profile.n > 0) {
        buf_puts(out, "clauses\n");
        put_clauses(report);
        levels_write(out, &state->sums, &report->run, "");
    }
    if (report_exit_code(totals) == 4) {
        buf_puts(out, "nothing ran\n");
    }
    buf_puts(out, block_paint(&style, totals_outcome(totals)));
    report_scope_write(report, out);
    buf_puts(out, ": ");
    totals_write(totals, out);
    if (totals->took_ms >= 0) {
        buf_puts(out, " in ");
        duration_write(totals->took_ms, out);
    }
    buf_printf(out, "%s\n", block_unpaint(&style));
}

static void text_free(struct report *report)
{
    struct text_state *state = report->state;
    for (size_t i = 0; state && i < ASIDES; i++) {
        buf_free(&state->asides[i].lines);
    }
}

const struct renderer text_renderer = {
    .name = "text",
    .begin = text_begin,
    .result = text_result,
    .end = text_end,
    .free = text_free,
};
