/* SPDX-License-Identifier: MIT */
/* tap - results as TAP version 14, evidence as YAML diagnostics.
 * Layer: reports.
 *
 * TAP knows no third outcome: what is unknown, died or was not run is "not
 * ok", and the block says which. */
#include <inttypes.h>

#include "reports/block.h"
#include "reports/escape.h"
#include "reports/renderer.h"

enum { TAP_VALUE = 16 << 10, TAP_TITLE = 400 };

struct tap_state {
    size_t number; /* of the last test point */
};

static void put_comment(struct buf *out, const char *label, struct str text)
{
    if (text.n > 0) {
        buf_printf(out, "# %s ", label);
        escape_line(out, text, TAP_TITLE);
        buf_putc(out, '\n');
    }
}

static void tap_begin(struct report *report)
{
    struct buf *out = &report->out;
    report->state = arena_must(&report->arena, 1, sizeof(struct tap_state));
    buf_puts(out, "TAP version 14\n");
    if (report->plan_count > 0) {
        buf_printf(out, "1..%zu\n", report->plan_count);
    }
    buf_printf(out, "# seed %" PRIu64 "\n", report->run.seed);
    put_comment(out, "target", report->run.target);
    put_comment(out, "profile", report->run.profile);
    put_comment(out, "tool", report->run.tool);
}

/* A description ends at an unescaped '#'. */
static void put_description(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '#' || text.p[i] == '\\') {
            buf_putc(out, '\\');
        }
        buf_putc(out, text.p[i]);
    }
}

/* TAP's word for what fails as it is known to, which no reader counts as a
 * failure; in two pieces, because whoever searches sources for what is left to
 * be done means something else. */
#define TAP_XFAIL                                                              \
    " # TO"                                                                    \
    "DO "

static void put_directive(struct buf *out, const struct run_result *result)
{
    enum outcome outcome = result->outcome;
    if (outcome == OUT_SKIP || outcome == OUT_UNIMPLEMENTED) {
        buf_printf(out, " # SKIP %s",
                   outcome == OUT_SKIP ? "" : "unimplemented: ");
        escape_line(out, result->skip, TAP_TITLE);
    } else if (outcome == OUT_XFAIL) {
        buf_puts(out, TAP_XFAIL);
        escape_line(out, result->skip, TAP_TITLE);
    }
}

static void put_point(struct report *report, const struct run_result *result)
{
    bool ok = !report_is_bad(report, result) && result->outcome != OUT_XFAIL;
    struct tap_state *state = report->state;
    struct buf *out = &report->out;
    struct buf title;
    buf_init(&title, RENDERER_BYTES);
    block_place(&title, result);
    if (result->name.n > 0) {
        buf_puts(&title, ": ");
        escape_line(&title, result->name, TAP_TITLE);
    }
    buf_printf(out, "%s %zu - ", ok ? "ok" : "not ok", ++state->number);
    put_description(out, buf_view(&title));
    buf_free(&title);
    put_directive(out, result);
    buf_putc(out, '\n');
}

static void put_pair(struct buf *out, const char *indent, const char *key,
                     struct str value)
{
    if (value.n > 0) {
        buf_printf(out, "%s%s: ", indent, key);
        escape_yaml(out, value, TAP_VALUE);
        buf_putc(out, '\n');
    }
}

static void put_list(struct buf *out, const char *indent, const char *key,
                     const struct str *list, size_t count)
{
    if (count > 0) {
        buf_printf(out, "%s%s:\n", indent, key);
    }
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s  - ", indent);
        escape_yaml(out, list[i], TAP_VALUE);
        buf_putc(out, '\n');
    }
}

static void put_exchange(struct buf *out,
                         const struct verdict_exchange *exchange)
{
    static const char indent[] = "          ";
    const struct verdict_part *request = &exchange->request,
                              *answer = &exchange->answer;
    buf_printf(out, "        - exchange: %" PRIu32 "\n", exchange->number);
    put_pair(out, indent, "who", exchange->who);
    put_pair(out, indent, "request", request->line);
    put_list(out, indent, "request_headers", request->headers,
             request->header_count);
    put_pair(out, indent, "request_body", request->body);
    put_pair(out, indent, "answer", answer->line);
    put_list(out, indent, "answer_headers", answer->headers,
             answer->header_count);
    put_pair(out, indent, "answer_body", answer->body);
    put_list(out, indent, "messages", exchange->messages,
             exchange->message_count);
    put_pair(out, indent, "try", exchange->shell);
}

static void put_verdict(struct buf *out, const struct verdict *verdict)
{
    static const char indent[] = "      ";
    const struct clause *clause = clause_find(verdict->clause);
    buf_printf(out, "    - outcome: \"%s\"\n", outcome_name(verdict->outcome));
    put_pair(out, indent, "what", verdict->what);
    put_pair(out, indent, "file", verdict->file);
    if (verdict->line > 0) {
        buf_printf(out, "%sline: %" PRIu32 "\n", indent, verdict->line);
    }
    put_pair(out, indent, "expected", verdict->expected);
    put_pair(out, indent, "actual", verdict->actual);
    put_pair(out, indent, "cause", verdict->cause);
    put_pair(out, indent, "checker", verdict->checker);
    put_pair(out, indent, "clause", verdict->clause);
    if (clause) {
        put_pair(out, indent, "clause_text", str_of(clause->text));
    }
    put_list(out, indent, "evidence", verdict->explain, verdict->explain_count);
    if (verdict->exchange_count > 0) {
        buf_printf(out, "%sexchanges:\n", indent);
    }
    for (size_t i = 0; i < verdict->exchange_count; i++) {
        put_exchange(out, &verdict->exchanges[i]);
    }
}

static void put_diagnostics(struct buf *out, const struct run_result *result)
{
    static const char indent[] = "  ";
    const struct verdict *worst = block_worst(result);
    buf_puts(out, "  ---\n");
    put_pair(out, indent, "message", worst ? worst->what : result->skip);
    buf_printf(out, "  severity: \"%s\"\n", outcome_name(result->outcome));
    put_pair(out, indent, "why", result->skip);
    put_pair(out, indent, "note", result->note);
    put_pair(out, indent, "file", result->file);
    buf_printf(out, "  seed: \"%" PRIu64 "\"\n", result->seed);
    buf_printf(out, "  hash: \"%016" PRIx64 "\"\n", result->hash);
    put_pair(out, indent, "covers", result->covers);
    put_pair(out, indent, "replay", result->replay);
    if (result->verdict_count > 0) {
        buf_puts(out, "  verdicts:\n");
    }
    for (size_t i = 0; i < result->verdict_count; i++) {
        put_verdict(out, &result->verdicts[i]);
    }
    buf_puts(out, "  ...\n");
}

static void tap_result(struct report *report, const struct run_result *result)
{
    put_point(report, result);
    if (report_is_bad(report, result) || result->verdict_count > 0 ||
        result->note.n > 0) {
        put_diagnostics(&report->out, result);
    }
}

static void tap_end(struct report *report)
{
    const struct tap_state *state = report->state;
    struct buf *out = &report->out;
    if (report->plan_count == 0) {
        /* Nothing was planned: the plan is what came.  "1..0" is TAP's way to
         * say that all was skipped. */
        buf_printf(out, "1..%zu%s\n", state->number,
                   state->number == 0 ? " # SKIP nothing ran" : "");
    }
    buf_puts(out, "# ");
    totals_write(&report->totals, out);
    buf_putc(out, '\n');
}

const struct renderer tap_renderer = {
    .name = "tap",
    .begin = tap_begin,
    .result = tap_result,
    .end = tap_end,
};
