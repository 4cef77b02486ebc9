/* SPDX-License-Identifier: MIT */
/* clause_table - what a run says of each clause, as a page of Markdown: the
 * levels, counts, and a row a clause.  Layer: reports. */
#include "reports/block.h"
#include "reports/escape.h"
#include "reports/levels.h"
#include "reports/renderer.h"

enum { CELL_BYTES = 300 };

static void table_begin(struct report *report)
{
    struct clause_sums *sums = arena_must(&report->arena, 1, sizeof *sums);
    clause_sums_init(sums, &report->arena);
    report->state = sums;
}

static void table_result(struct report *report, const struct run_result *result)
{
    clause_sums_add(report->state, result);
}

static void put_code(struct buf *out, struct str text)
{
    if (text.n > 0) {
        buf_puts(out, "<code>");
        escape_markdown(out, text, CELL_BYTES);
        buf_puts(out, "</code>");
    }
}

static void put_head(struct report *report)
{
    const struct report_run *run = &report->run;
    struct buf *out = &report->out;
    buf_puts(out, "## Clauses\n\n");
    if (run->target.n > 0) {
        buf_puts(out, "Target ");
        put_code(out, run->target);
        buf_puts(out, run->profile.n > 0 ? ", " : ".\n\n");
    }
    if (run->profile.n > 0) {
        buf_puts(out, run->target.n > 0 ? "profile " : "Profile ");
        put_code(out, run->profile);
        buf_puts(out, ".\n\n");
    }
    levels_write(out, report->state, run, "- ");
    buf_putc(out, '\n');
}

/* How many clauses of a level came to what. */
static void put_counts(struct buf *out, const struct clause_sums *sums)
{
    static const enum clause_level levels[] = {LEVEL_MUST, LEVEL_SHOULD,
                                               LEVEL_STRICT};
    buf_puts(out, "| level | clauses |");
    for (int group = 0; group < SUM_GROUPS; group++) {
        buf_printf(out, " %s |", sum_group_word((enum sum_group)group));
    }
    buf_puts(out, "\n|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++) {
        size_t counts[SUM_GROUPS] = {0}, all = 0;
        for (size_t i = 0; i < sums->count; i++) {
            const struct clause_sum *sum = &sums->items[i];
            if (sum->clause->level == levels[l] &&
                clause_sums_apply(sums, sum)) {
                counts[sum_group_of(clause_sum_outcome(sum))]++;
                all++;
            }
        }
        buf_printf(out, "| %c | %zu |", clause_level_letter(levels[l]), all);
        for (int group = 0; group < SUM_GROUPS; group++) {
            buf_printf(out, " %zu |", counts[group]);
        }
        buf_putc(out, '\n');
    }
}

/* Cases that were well, of all. */
static void put_cases(struct buf *out, const struct clause_sum *sum)
{
    size_t all = clause_sum_cases(sum);
    if (all > 0) {
        buf_printf(out, "%zu/%zu",
                   clause_sum_count(sum, SUM_PASSED) +
                       clause_sum_count(sum, SUM_GRADED),
                   all);
    }
}

static void put_row(struct buf *out, const struct clause_sum *sum)
{
    const struct clause *clause = sum->clause;
    enum outcome outcome = clause_sum_outcome(sum);
    bool bad = sum_group_of(outcome) == SUM_FAILED;
    buf_printf(out, "| %s | %c | %s%s%s | ", clause->id,
               clause_level_letter(clause->level), bad ? "**" : "",
               outcome_name(outcome), bad ? "**" : "");
    put_cases(out, sum);
    buf_puts(out, " | ");
    buf_puts(out, clause->text); /* it is Markdown, and our own */
    buf_puts(out, " | ");
    put_code(out, outcome == OUT_PASS ? STR("") : sum->first);
    buf_puts(out, " |\n");
}

static void table_end(struct report *report)
{
    const struct clause_sums *sums = report->state;
    struct buf *out = &report->out;
    const char *group = "";
    put_head(report);
    put_counts(out, sums);
    for (size_t i = 0; i < sums->count; i++) {
        const struct clause_sum *sum = &sums->items[i];
        if (!clause_sums_apply(sums, sum)) {
            continue;
        }
        if (strcmp(group, sum->clause->group) != 0) {
            group = sum->clause->group;
            buf_printf(
                out,
                "\n### %s\n\n"
                "| clause | level | verdict | cases | text | first case |\n"
                "|---|---|---|---:|---|---|\n",
                group);
        }
        put_row(out, sum);
    }
}

const struct renderer clauses_renderer = {
    .name = "clauses",
    .begin = table_begin,
    .result = table_result,
    .end = table_end,
};
