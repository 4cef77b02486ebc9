/* SPDX-License-Identifier: MIT */
/* text - results for a person at a terminal or in a log: a mark for each, a
 * block for each that needs attention, a sum at the end.  Layer: reports. */
#include <inttypes.h>

#include "reports/block.h"
#include "reports/escape.h"
#include "reports/renderer.h"
#include "reports/trace.h"

enum {
    MARKS_IN_LINE = 60,
    REASONS_MAX = 12, /* shown one by one at the end */
    REASON_BYTES = 200,
    TRACE_VALUE = 160
};

/* Why something was skipped or not run, and how often. */
struct reason {
    enum outcome outcome;
    struct str why; /* interned */
    size_t count;
};

struct text_state {
    size_t marks;    /* in the open line, 0: no line is open */
    size_t finished; /* results so far */
    struct intern whys;
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

static char mark_of(enum outcome outcome)
{
    switch (outcome) {
    case OUT_PASS:
        return '.';
    case OUT_FAIL:
        return 'F';
    case OUT_UNKNOWN:
        return '?';
    case OUT_SKIP:
        return 's';
    case OUT_ERROR:
        return 'E';
    case OUT_NOT_RUN:
        return '-';
    }
    return '?';
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

/* One line: the title, and the reason or the time. */
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

static void text_result(struct report *report, const struct run_result *result)
{
    struct text_state *state = report->state;
    bool block = outcome_is_bad(result->outcome) &&
                 (result->outcome != OUT_NOT_RUN || result->verdict_count > 0);
    state->finished++;
    if (result->outcome == OUT_SKIP || result->outcome == OUT_NOT_RUN) {
        reason_add(report, result);
    }
    if (report->options.verbose && !block) {
        put_one_line(report, result);
        return;
    }
    if (!report->options.verbose) {
        put_mark(report, result->outcome);
    }
    if (block) {
        marks_close(report);
        put_block(report, result);
    }
}

static void put_reasons(struct report *report)
{
    const struct text_state *state = report->state;
    struct buf *out = &report->out;
    for (size_t i = 0; i < state->reason_count && i < REASONS_MAX; i++) {
        const struct reason *reason = &state->reasons[i];
        buf_printf(out, "%s %zu: ",
                   reason->outcome == OUT_SKIP ? "skipped" : "not run",
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
    struct buf *out = &report->out;
    struct block_style style = text_style(report);
    const struct report_totals *totals = &report->totals;
    marks_close(report);
    put_reasons(report);
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

const struct renderer text_renderer = {
    .name = "text",
    .begin = text_begin,
    .result = text_result,
    .end = text_end,
};
