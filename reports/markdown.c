/* SPDX-License-Identifier: MIT */
/* markdown - the summary for a page of a CI system: totals, a section a
 * failure, the skipped folded away.  Layer: reports. */
#include <inttypes.h>

#include "reports/block.h"
#include "reports/escape.h"
#include "reports/renderer.h"

enum {
    MARKDOWN_VALUE = 300,
    FENCE_MIN = 3,
    /* Pages of CI systems stop at 1 MiB and then show nothing at all. */
    SECTIONS_BYTES = 640 << 10,
    TABLE_BYTES = 128 << 10
};

struct markdown_state {
    struct buf sections; /* of what needs attention; owned */
    struct buf skipped;  /* rows of a table; owned */
    struct buf not_run;  /* rows of a table; owned */
    size_t sections_left_out, skipped_left_out, not_run_left_out;
    size_t never_began; /* not run, and no verdict says more */
};

static void markdown_begin(struct report *report)
{
    struct markdown_state *state = arena_must(&report->arena, 1, sizeof *state);
    buf_init(&state->sections, SECTIONS_BYTES);
    buf_init(&state->skipped, TABLE_BYTES);
    buf_init(&state->not_run, TABLE_BYTES);
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

static void put_section(struct buf *out, const struct run_result *result)
{
    struct buf text, place;
    buf_init(&text, SECTIONS_BYTES);
    buf_init(&place, SECTIONS_BYTES);
    block_place(&place, result);
    block_body(&text, result, &block_brief);
    buf_printf(out, "### %s ", block_outcome(result->outcome));
    put_code(out, buf_view(&place));
    if (result->name.n > 0) {
        buf_putc(out, ' ');
        escape_markdown(out, result->name, MARKDOWN_VALUE);
    }
    buf_puts(out, "\n\n");
    size_t fence = longest_fence(buf_view(&text));
    put_fence(out, fence, "text");
    buf_str(out, buf_view(&text));
    put_fence(out, fence, "");
    buf_putc(out, '\n');
    out->failed = out->failed || text.failed;
    buf_free(&text);
    buf_free(&place);
}

static void put_row(struct buf *out, const struct run_result *result)
{
    struct buf place;
    buf_init(&place, TABLE_BYTES);
    block_place(&place, result);
    buf_puts(out, "| ");
    put_code(out, buf_view(&place));
    buf_puts(out, " | ");
    escape_markdown(out, result->skip, MARKDOWN_VALUE);
    buf_puts(out, " |\n");
    out->failed = out->failed || place.failed;
    buf_free(&place);
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
    if (result->outcome == OUT_SKIP) {
        put_whole(&state->skipped, &state->skipped_left_out, result, put_row);
    } else if (result->outcome == OUT_NOT_RUN && result->verdict_count == 0) {
        state->never_began++;
        put_whole(&state->not_run, &state->not_run_left_out, result, put_row);
    } else if (outcome_is_bad(result->outcome)) {
        put_whole(&state->sections, &state->sections_left_out, result,
                  put_section);
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

static void put_totals(struct report *report)
{
    const struct report_totals *totals = &report->totals;
    struct buf *out = &report->out;
    const struct {
        const char *label;
        size_t count;
    } rows[] = {
        {"passed", totals->passed},   {"failed", totals->failed},
        {"errors", totals->errors},   {"unknown", totals->unknown},
        {"skipped", totals->skipped}, {"not run", totals->not_run},
        {"planned", totals->planned},
    };
    buf_printf(out, "## syncspec: %s\n\n", headline(report_exit_code(totals)));
    buf_puts(out, "| outcome | runs |\n|---|---:|\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_printf(out, "| %s | %zu |\n", rows[i].label, rows[i].count);
    }
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
    buf_puts(out, ".\n\n");
}

static void put_table(struct buf *out, const char *title, size_t count,
                      const struct buf *rows)
{
    if (count == 0) {
        return;
    }
    buf_printf(out,
               "<details><summary>%s (%zu)</summary>\n\n"
               "| scenario | why |\n|---|---|\n",
               title, count);
    buf_str(out, buf_view(rows));
    buf_puts(out, "\n</details>\n\n");
}

static void put_left_out(struct buf *out, const char *what, size_t count)
{
    if (count > 0) {
        buf_printf(out, "%zu more %s do not fit on this page.\n\n", count,
                   what);
    }
}

static void markdown_end(struct report *report)
{
    const struct markdown_state *state = report->state;
    const struct report_totals *totals = &report->totals;
    struct buf *out = &report->out;
    put_totals(report);
    buf_str(out, buf_view(&state->sections));
    put_left_out(out, "failures", state->sections_left_out);
    put_table(out, "Skipped", totals->skipped, &state->skipped);
    put_left_out(out, "skipped runs", state->skipped_left_out);
    put_table(out, "Not run", state->never_began, &state->not_run);
    put_left_out(out, "runs that never began", state->not_run_left_out);
}

static void markdown_free(struct report *report)
{
    struct markdown_state *state = report->state;
    if (state) {
        buf_free(&state->sections);
        buf_free(&state->skipped);
        buf_free(&state->not_run);
    }
}

const struct renderer markdown_renderer = {
    .name = "markdown",
    .begin = markdown_begin,
    .result = markdown_result,
    .end = markdown_end,
    .free = markdown_free,
};
