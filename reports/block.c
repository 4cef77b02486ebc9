/* SPDX-License-Identifier: MIT */
/* block - one result as a block of text.  Layer: reports. */
#include "reports/block.h"

#include <inttypes.h>

#include "reports/block_exchange.h"
#include "reports/escape.h"

enum {
    BRIEF_VALUE = 400,
    BRIEF_BODY = 160,
    BRIEF_SHELL = 2000,
    TITLE_VALUE = 300,
    SAME_LINE = 24, /* an expected value this short shares its line */
    FULL_VALUE = 64 << 10
};

const struct block_style block_brief = {.value_bytes = BRIEF_VALUE,
                                        .explain_lines = 10,
                                        .verdicts = 5,
                                        .body_bytes = BRIEF_BODY,
                                        .messages = 6,
                                        .shell_bytes = BRIEF_SHELL,
                                        .hint = ""};
const struct block_style block_full = {.value_bytes = FULL_VALUE,
                                       .explain_lines = VERDICT_LINES,
                                       .verdicts = SIZE_MAX,
                                       .whole = true,
                                       .shell_bytes = SIZE_MAX,
                                       .hint = ""};

const char *block_outcome(enum outcome outcome)
{
    static const char *const words[OUTCOMES] = {
        [OUT_PASS] = "PASS",       [OUT_FAIL] = "FAIL",
        [OUT_UNKNOWN] = "UNKNOWN", [OUT_SKIP] = "SKIP",
        [OUT_ERROR] = "ERROR",     [OUT_NOT_RUN] = "NOT RUN",
        [OUT_INFO] = "INFO",       [OUT_NONSTRICT] = "NONSTRICT",
        [OUT_XFAIL] = "XFAIL",     [OUT_UNIMPLEMENTED] = "UNIMPLEMENTED",
        [OUT_XPASS] = "XPASS",     [OUT_FLAKY] = "FLAKY",
    };
    return words[outcome];
}

const char *block_paint(const struct block_style *style, enum outcome outcome)
{
    static const char *const paints[OUTCOMES] = {
        [OUT_PASS] = "\033[32m",      [OUT_FAIL] = "\033[1;31m",
        [OUT_ERROR] = "\033[1;31m",   [OUT_XPASS] = "\033[1;31m",
        [OUT_UNKNOWN] = "\033[1;33m", [OUT_NOT_RUN] = "\033[1;33m",
        [OUT_NONSTRICT] = "\033[33m", [OUT_FLAKY] = "\033[33m",
        [OUT_XFAIL] = "\033[33m",     [OUT_INFO] = "\033[36m",
        [OUT_SKIP] = "\033[36m",      [OUT_UNIMPLEMENTED] = "\033[36m",
    };
    return style->color ? paints[outcome] : "";
}

const char *block_unpaint(const struct block_style *style)
{
    return style->color ? "\033[0m" : "";
}

const struct verdict *block_worst(const struct run_result *result)
{
    const struct verdict *first = NULL;
    for (size_t i = 0; i < result->verdict_count; i++) {
        const struct verdict *verdict = &result->verdicts[i];
        if (verdict->outcome == result->outcome) {
            return verdict;
        }
        first = first ? first : verdict;
    }
    return first;
}

void block_place(struct buf *out, const struct run_result *result)
{
    escape_line(out, result->id.n > 0 ? result->id : STR("unnamed"),
                TITLE_VALUE);
    if (result->world.n == 0 && result->dialect.n == 0) {
        return;
    }
    buf_puts(out, " (");
    escape_line(out, result->world, TITLE_VALUE);
    if (result->world.n > 0 && result->dialect.n > 0) {
        buf_puts(out, ", ");
    }
    escape_line(out, result->dialect, TITLE_VALUE);
    buf_puts(out, ")");
}

void block_title(struct buf *out, const struct run_result *result,
                 const struct block_style *style)
{
    buf_printf(out, "%s%s%s  ", block_paint(style, result->outcome),
               block_outcome(result->outcome), block_unpaint(style));
    block_place(out, result);
    if (result->name.n > 0) {
        buf_puts(out, ": ");
        escape_line(out, result->name, TITLE_VALUE);
    }
}

void block_headline(struct buf *out, const struct run_result *result,
                    const struct verdict *verdict)
{
    struct str file = verdict->file.n > 0 ? verdict->file : result->file;
    escape_line(out, file.n > 0 ? file : result->id, TITLE_VALUE);
    if (verdict->line > 0) {
        buf_printf(out, ":%" PRIu32, verdict->line);
    }
    buf_puts(out, ": ");
    escape_line(out, verdict->what, BRIEF_VALUE);
}

static void put_part(struct buf *out, const char *joint, struct str text)
{
    if (text.n > 0) {
        buf_puts(out, joint);
        escape_line(out, text, BRIEF_VALUE);
    }
}

void block_reason(struct buf *out, const struct run_result *result)
{
    const struct verdict *worst = block_worst(result);
    if (!worst) {
        put_part(out, "", result->skip);
        return;
    }
    block_headline(out, result, worst);
    put_part(out, "; expected ", worst->expected);
    put_part(out, "; actual ", worst->actual);
    put_part(out, "; ", result->skip);
}

void block_label(struct buf *out, const char *label,
                 const struct block_style *style)
{
    buf_printf(out, "  %s%-9s%s ", style->color ? "\033[2m" : "", label,
               block_unpaint(style));
}

static void put_value(struct buf *out, const char *label, struct str value,
                      const struct block_style *style)
{
    if (value.n > 0) {
        block_label(out, label, style);
        escape_line(out, value, style->value_bytes);
        buf_putc(out, '\n');
    }
}

static void put_comparison(struct buf *out, const struct verdict *verdict,
                           const struct block_style *style)
{
    /* Side by side, as long as the eye need not travel far. */
    if (verdict->actual.n > 0 && verdict->expected.n > 0 &&
        verdict->expected.n <= SAME_LINE) {
        block_label(out, "expected", style);
        escape_line(out, verdict->expected, style->value_bytes);
        buf_puts(out, "        actual  ");
        escape_line(out, verdict->actual, style->value_bytes);
        buf_putc(out, '\n');
        return;
    }
    put_value(out, "expected", verdict->expected, style);
    put_value(out, "actual", verdict->actual, style);
}

static void put_clause(struct buf *out, const struct verdict *verdict,
                       const struct block_style *style)
{
    if (verdict->clause.n == 0) {
        return;
    }
    const struct clause *clause = clause_find(verdict->clause);
    block_label(out, "clause", style);
    escape_line(out, verdict->clause, TITLE_VALUE);
    if (clause) {
        buf_printf(out, " %c  ", clause_level_letter(clause->level));
        escape_line(out, str_of(clause->text), FULL_VALUE);
    }
    buf_putc(out, '\n');
}

static void put_evidence(struct buf *out, const struct verdict *verdict,
                         const struct block_style *style)
{
    size_t count = verdict->explain_count, shown = count;
    if (count > style->explain_lines) {
        /* The line that tells how many are missing is one of them. */
        shown = style->explain_lines - 1;
    }
    for (size_t i = 0; i < shown; i++) {
        block_label(out, i == 0 ? "evidence" : "", style);
        escape_line(out, verdict->explain[i], style->value_bytes);
        buf_putc(out, '\n');
    }
    if (shown < count) {
        block_label(out, "", style);
        buf_printf(out, "… and %zu more lines%s\n", count - shown, style->hint);
    }
}

static void put_verdict(struct buf *out, const struct run_result *result,
                        const struct verdict *verdict,
                        const struct block_style *style)
{
    buf_puts(out, style->color ? "\033[1m" : "");
    block_headline(out, result, verdict);
    buf_puts(out, block_unpaint(style));
    if (verdict->outcome != result->outcome) {
        buf_printf(out, " [%s]", outcome_name(verdict->outcome));
    }
    buf_putc(out, '\n');
    put_comparison(out, verdict, style);
    put_value(out, "cause", verdict->cause, style);
    put_clause(out, verdict, style);
    if (!str_is(verdict->checker, "expectation")) {
        put_value(out, "checker", verdict->checker, style);
    }
    put_evidence(out, verdict, style);
    if (!style->no_exchanges) {
        block_exchanges(out, result, (size_t)(verdict - result->verdicts),
                        style);
    }
}

void block_body(struct buf *out, const struct run_result *result,
                const struct block_style *style)
{
    size_t count = result->verdict_count;
    size_t shown = count < style->verdicts ? count : style->verdicts;
    for (size_t i = 0; i < shown; i++) {
        put_verdict(out, result, &result->verdicts[i], style);
    }
    if (shown < count) {
        buf_printf(out, "… and %zu more verdict%s on this run%s\n",
                   count - shown, count - shown == 1 ? "" : "s", style->hint);
    }
    if (count == 0) {
        put_value(out, "file", result->file, style);
    }
    put_value(out, "why", result->skip, style);
    put_value(out, "note", result->note, style);
    put_value(out, "replay", result->replay, style);
}
