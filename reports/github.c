/* SPDX-License-Identifier: MIT */
/* github - results as workflow commands, which GitHub shows at the line of the
 * file in question.  Layer: reports. */
#include <inttypes.h>

#include "reports/block.h"
#include "reports/escape.h"
#include "reports/renderer.h"

/* As the workflow commands demand: three characters in the message, two more
 * in properties. */
static void put_escaped(struct buf *out, struct str text, bool in_property)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%' || c == '\r' || c == '\n' ||
            (in_property && (c == ':' || c == ','))) {
            buf_printf(out, "%%%02X", (unsigned)c);
        } else {
            buf_putc(out, c);
        }
    }
}

static void put_property(struct buf *out, const char *name,
                         const struct buf *value, bool first)
{
    if (value->n > 0) {
        buf_printf(out, "%s%s=", first ? " " : ",", name);
        put_escaped(out, buf_view(value), true);
    }
}

/* The level of its annotation; NULL: it gets none. */
static const char *command_of(const struct report *report,
                              const struct run_result *result)
{
    enum outcome outcome = result->outcome;
    if (outcome == OUT_UNKNOWN) {
        return "warning";
    }
    if (report_is_bad(report, result)) {
        return "error";
    }
    if (outcome == OUT_NONSTRICT || outcome == OUT_FLAKY) {
        return "warning";
    }
    return outcome == OUT_INFO || result->note.n > 0 ? "notice" : NULL;
}

static void put_command(struct report *report, const struct run_result *result)
{
    struct buf *out = &report->out;
    const struct verdict *worst = block_worst(result);
    struct str file = worst && worst->file.n > 0 ? worst->file : result->file;
    struct buf name, title, line, text;
    buf_init(&name, RENDERER_BYTES);
    buf_init(&title, RENDERER_BYTES);
    buf_init(&line, RENDERER_BYTES);
    buf_init(&text, RENDERER_BYTES);
    escape_line(&name, file, SIZE_MAX);
    if (worst && worst->line > 0) {
        buf_printf(&line, "%" PRIu32, worst->line);
    }
    block_title(&title, result, &block_brief);
    block_body(&text, result, &block_brief);
    buf_printf(out, "::%s", command_of(report, result));
    put_property(out, "file", &name, true);
    put_property(out, "line", &line, name.n == 0);
    put_property(out, "title", &title, name.n == 0 && line.n == 0);
    buf_puts(out, "::");
    put_escaped(out, buf_view(&text), false);
    buf_putc(out, '\n');
    buf_free(&name);
    buf_free(&title);
    buf_free(&line);
    buf_free(&text);
}

/* Those that never began have nothing to show at a line: they are counted, so
 * that a run that is cut short does not drown its failures. */
struct github_state {
    size_t never_began;
};

static void github_begin(struct report *report)
{
    report->state = arena_must(&report->arena, 1, sizeof(struct github_state));
}

static void github_result(struct report *report,
                          const struct run_result *result)
{
    struct github_state *state = report->state;
    if (result->outcome == OUT_NOT_RUN && result->verdict_count == 0) {
        state->never_began++;
    } else if (command_of(report, result)) {
        put_command(report, result);
    }
}

static void github_end(struct report *report)
{
    const struct github_state *state = report->state;
    struct buf *out = &report->out;
    if (state->never_began > 0) {
        buf_printf(out, "::error title=NOT RUN::%zu planned runs never began\n",
                   state->never_began);
    }
    buf_puts(out, "::notice title=syncspec::");
    report_scope_write(report, out);
    buf_puts(out, ": ");
    totals_write(&report->totals, out);
    buf_putc(out, '\n');
}

const struct renderer github_renderer = {
    .name = "github",
    .begin = github_begin,
    .result = github_result,
    .end = github_end,
};
