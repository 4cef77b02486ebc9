/* SPDX-License-Identifier: MIT */
/* markdown - the summary for a page of a CI system: totals, a section a
 * failure, the skipped folded away.  Layer: reports. */
#include <inttypes.h>

#include "reports/block_exchange.h"
#include "reports/escape.h"
#include "reports/facts.h"
#include "reports/levels.h"
#include "reports/renderer.h"

enum {
    MARKDOWN_VALUE = 300,
    EXCHANGE_VALUE = 2000,
    FENCE_MIN = 3,
    /* Pages of CI systems stop at 1 MiB and then show nothing at all. */
    SECTIONS_BYTES = 640 << 10,
    TABLE_BYTES = 128 << 10
};

/* Runs that did not fail, or never began, folded away. */
struct table {
    struct buf rows; /* owned */
    size_t count, left_out;
};

/* By outcome; of a pass those with a note, of not run those that no verdict
 * says more of. */
static const char *const table_titles[OUTCOMES] = {
    [OUT_NONSTRICT] = "Nonstrict", [OUT_INFO] = "Info",
    [OUT_FLAKY] = "Flaky",         [OUT_XFAIL] = "Failed as known",
    [OUT_PASS] = "Notes",          [OUT_UNIMPLEMENTED] = "Unimplemented",
    [OUT_SKIP] = "Skipped",        [OUT_NOT_RUN] = "Not run",
};
static const enum outcome table_order[] = {
    OUT_NONSTRICT, OUT_INFO,          OUT_FLAKY, OUT_XFAIL,
    OUT_PASS,      OUT_UNIMPLEMENTED, OUT_SKIP,  OUT_NOT_RUN};
enum { TABLES = sizeof table_order / sizeof table_order[0] };

struct markdown_state {
    struct buf sections; /* of what needs attention; owned */
    size_t sections_left_out;
    struct table tables[OUTCOMES];
    struct clause_sums sums; /* of a conformance run */
};

static void markdown_begin(struct report *report)
{
    struct markdown_state *state = arena_must(&report->arena, 1, sizeof *state);
    buf_init(&state->sections, SECTIONS_BYTES);
    for (size_t i = 0; i < OUTCOMES; i++) {
        buf_init(&state->tables[i].rows, TABLE_BYTES);
    }
    clause_sums_init(&state->sums, &report->arena);
    report->state = state;
}

static size_t longest_fence(struct str text)
{
    size_t longest = FENCE_MIN - 1, run = 0;
    for (size_t i = 0; i < text.n; i++) {
        run = text.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest + 1;
}

static void put_fence(struct buf *out, size_t length, const char *info)
{
    for (size_t i = 0; i < length; i++) {
        buf_putc(out, '`');
    }
    buf_printf(out, "%s\n", info);
}

/* Names in <code>: elsewhere "retry/lost#1" would become a link to an issue of
 * somebody's. */
static void put_code(struct buf *out, struct str text)
{
    buf_puts(out, "<code>");
    escape_markdown(out, text, MARKDOWN_VALUE);
    buf_puts(out, "</code>");
}

static void put_fenced(struct buf *out, const struct buf *text)
{
    size_t fence = longest_fence(buf_view(text));
    put_fence(out, fence, "text");
    buf_str(out, buf_view(text));
    put_fence(out, fence, "");
    buf_putc(out, '\n');
    out->failed = out->failed || text->failed;
}

/* Folded away: what is above says what is wrong, this how to see it. */
static void put_exchanges(struct buf *out, const struct run_result *result)
{
    struct block_style style = block_full;
    struct buf text;
    buf_init(&text, SECTIONS_BYTES);
    style.value_bytes = EXCHANGE_VALUE;
    for (size_t i = 0; i < result->verdict_count && i < block_brief.verdicts;
         i++) {
        block_exchanges(&text, result, i, &style);
    }
    if (text.n > 0) {
        buf_puts(out, "<details><summary>Request and answer</summary>\n\n");
        put_fenced(out, &text);
        buf_puts(out, "</details>\n\n");
    }
    buf_free(&text);
}

static void put_section(struct buf *out, const struct run_result *result)
{
    struct block_style style = block_brief;
    struct buf text, place;
    style.no_exchanges = true;
    buf_init(&text, SECTIONS_BYTES);
    buf_init(&place, SECTIONS_BYTES);
    block_place(&place, result);
    block_body(&text, result, &style);
    buf_printf(out, "### %s ", block_outcome(result->outcome));
    put_code(out, buf_view(&place));
    if (result->name.n > 0) {
        buf_putc(out, ' ');
        escape_markdown(out, result->name, MARKDOWN_VALUE);
    }
    buf_puts(out, "\n\n");
    put_fenced(out, &text);
    put_exchanges(out, result);
    buf_free(&text);
    buf_free(&place);
}

static void put_row(struct buf *out, const struct run_result *result)
{
    struct buf place, why;
    buf_init(&place, TABLE_BYTES);
    buf_init(&why, TABLE_BYTES);
    block_place(&place, result);
    block_reason(&why, result);
    if (result->note.n > 0) {
        buf_puts(&why, why.n > 0 ? "; note: " : "");
        escape_line(&why, result->note, MARKDOWN_VALUE);
    }
    buf_puts(out, "| ");
    put_code(out, buf_view(&place));
    buf_puts(out, " | ");
    escape_markdown(out, buf_view(&why), MARKDOWN_VALUE * 2);
    buf_puts(out, " |\n");
    out->failed = out->failed || place.failed || why.failed;
    buf_free(&place);
    buf_free(&why);
}

/* Append what `put` writes, or nothing and one more left out. */
static void put_whole(struct buf *out, size_t *left_out,
                      const struct run_result *result,
                      void (*put)(struct buf *, const struct run_result *))
{
    size_t before = out->n;
    if (*left_out == 0) {
        put(out, result);
        if (!out->failed) {
            return;
        }
        out->n = before;
        out->failed = false;
    }
    ++*left_out;
}

static void markdown_result(struct report *report,
                            const struct run_result *result)
{
    struct markdown_state *state = report->state;
    struct table *table = &state->tables[result->outcome];
    bool never_began =
        result->outcome == OUT_NOT_RUN && result->verdict_count == 0;
    clause_sums_add(&state->sums, result);
    if (report_is_bad(report, result) && !never_began) {
        put_whole(&state->sections, &state->sections_left_out, result,
                  put_section);
    } else if (result->outcome != OUT_PASS || result->note.n > 0) {
        table->count++;
        put_whole(&table->rows, &table->left_out, result, put_row);
    }
}

static const char *headline(int exit_code)
{
    switch (exit_code) {
    case 0:
        return "passed";
    case 1:
        return "failed";
    case 2:
        return "undecided";
    case 4:
        return "nothing ran";
    default:
        return "did not end well";
    }
}

/* Counted also where there is none. */
static bool usual(enum outcome outcome)
{
    return outcome <= OUT_NOT_RUN;
}

static void put_totals(struct report *report)
{
    const struct markdown_state *state = report->state;
    const struct report_totals *totals = &report->totals;
    struct buf *out = &report->out;
    buf_printf(out, "## syncspec: %s\n\n", headline(report_exit_code(totals)));
    buf_puts(out, "| outcome | runs |\n|---|---:|\n");
    for (size_t i = 0; i < OUTCOMES; i++) {
        size_t count = totals_get(totals, &totals_rows[i]);
        if (count > 0 || usual(totals_rows[i].outcome)) {
            buf_printf(out, "| %s | %zu |\n", totals_rows[i].word, count);
        }
    }
    buf_printf(out, "| planned | %zu |\n", totals->planned);
    buf_putc(out, '\n');
    report_scope_write(report, out);
    if (totals->took_ms >= 0) {
        buf_puts(out, " in ");
        duration_write(totals->took_ms, out);
    }
    buf_printf(out, ", seed %" PRIu64, report->run.seed);
    if (report->run.target.n > 0) {
        buf_puts(out, ", target ");
        put_code(out, report->run.target);
    }
    if (report->run.profile.n > 0) {
        buf_puts(out, ", profile ");
        put_code(out, report->run.profile);
    }
    buf_puts(out, ".\n\n");
    if (report->run.profile.n > 0) {
        levels_write(out, &state->sums, &report->run, "- ");
        buf_putc(out, '\n');
    }
    facts_write_markdown(out, &report->run);
}

static void put_left_out(struct buf *out, const char *what, size_t count)
{
    if (count > 0) {
        buf_printf(out, "%zu more %s do not fit on this page.\n\n", count,
                   what);
    }
}

static void put_table(struct buf *out, const char *title,
                      const struct table *table)
{
    char what[64];
    if (table->count == 0) {
        return;
    }
    buf_printf(out,
               "<details><summary>%s (%zu)</summary>\n\n"
               "| scenario | why |\n|---|---|\n",
               title, table->count);
    buf_str(out, buf_view(&table->rows));
    buf_puts(out, "\n</details>\n\n");
    snprintf(what, sizeof what, "of \"%s\"", title);
    put_left_out(out, what, table->left_out);
}

static void markdown_end(struct report *report)
{
    const struct markdown_state *state = report->state;
    struct buf *out = &report->out;
    put_totals(report);
    buf_str(out, buf_view(&state->sections));
    put_left_out(out, "failures", state->sections_left_out);
    for (size_t i = 0; i < TABLES; i++) {
        enum outcome outcome = table_order[i];
        put_table(out, table_titles[outcome], &state->tables[outcome]);
    }
}

static void markdown_free(struct report *report)
{
    struct markdown_state *state = report->state;
    if (state) {
        buf_free(&state->sections);
        for (size_t i = 0; i < OUTCOMES; i++) {
            buf_free(&state->tables[i].rows);
        }
    }
}

const struct renderer markdown_renderer = {
    .name = "markdown",
    .begin = markdown_begin,
    .result = markdown_result,
    .end = markdown_end,
    .free = markdown_free,
};
