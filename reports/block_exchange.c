/* SPDX-License-Identifier: MIT */
/* block_exchange - see block_exchange.h.  Layer: reports. */
#include "reports/block_exchange.h"

#include <inttypes.h>

#include "reports/escape.h"

/* Its first line, in brief with the body behind it. */
static void put_line(struct buf *out, const struct verdict_part *part,
                     const struct block_style *style)
{
    escape_line(out, part->line, style->value_bytes);
    if (!style->whole && part->body.n > 0) {
        size_t shown =
            part->body.n < style->body_bytes ? part->body.n : style->body_bytes;
        buf_putc(out, ' ');
        escape_line(out, str_take(part->body, shown), SIZE_MAX);
        if (shown < part->body_bytes) {
            buf_printf(out, "… (%zu bytes)", part->body_bytes);
        }
    }
}

static void put_rest(struct buf *out, const struct verdict_part *part,
                     const struct block_style *style)
{
    for (size_t i = 0; i < part->header_count; i++) {
        block_label(out, "", style);
        escape_line(out, part->headers[i], style->value_bytes);
        buf_putc(out, '\n');
    }
    if (part->body.n > 0) {
        block_label(out, "", style);
        escape_line(out, part->body, style->value_bytes);
        if (part->body.n < part->body_bytes) {
            buf_printf(out, "… (%zu bytes)", part->body_bytes);
        }
        buf_putc(out, '\n');
    }
}

static void put_part(struct buf *out, const char *label,
                     const struct verdict_part *part,
                     const struct block_style *style)
{
    if (part->line.n == 0) {
        return;
    }
    block_label(out, label, style);
    put_line(out, part, style);
    buf_putc(out, '\n');
    if (style->whole) {
        put_rest(out, part, style);
    }
}

static void put_messages(struct buf *out,
                         const struct verdict_exchange *exchange,
                         const struct block_style *style)
{
    size_t count = exchange->message_count, from = 0;
    if (!style->whole && count > style->messages) {
        /* The last ones are those that it ended with. */
        from = count - style->messages + 1;
        block_label(out, "messages", style);
        buf_printf(out, "… and %zu before%s\n", from, style->hint);
    }
    for (size_t i = from; i < count; i++) {
        block_label(out, i == 0 ? "messages" : "", style);
        escape_line(out, exchange->messages[i],
                    style->whole ? style->value_bytes : style->body_bytes);
        buf_putc(out, '\n');
    }
}

/* A command that is cut is no command. */
static void put_shell(struct buf *out, struct str shell,
                      const struct block_style *style)
{
    if (shell.n == 0) {
        return;
    }
    block_label(out, "try", style);
    if (shell.n > style->shell_bytes) {
        buf_printf(out, "a line of %zu bytes%s\n", shell.n,
                   style->hint[0] ? style->hint : ": see the whole report");
        return;
    }
    escape_line(out, shell, SIZE_MAX);
    buf_putc(out, '\n');
}

static void put_title(struct buf *out, const struct verdict_exchange *exchange,
                      const struct block_style *style)
{
    block_label(out, "exchange", style);
    buf_printf(out, "#%" PRIu32, exchange->number);
    if (exchange->who.n > 0) {
        buf_puts(out, " of ");
        escape_line(out, exchange->who, style->value_bytes);
    }
    if (exchange->line > 0) {
        buf_printf(out, ", line %" PRIu32, exchange->line);
    }
    buf_putc(out, '\n');
}

/* Was it shown with a verdict before this one? */
static bool was_shown(const struct run_result *result, size_t index,
                      uint32_t number)
{
    for (size_t v = 0; v < index; v++) {
        const struct verdict *verdict = &result->verdicts[v];
        for (size_t i = 0; i < verdict->exchange_count; i++) {
            if (verdict->exchanges[i].number == number) {
                return true;
            }
        }
    }
    return false;
}

void block_exchanges(struct buf *out, const struct run_result *result,
                     size_t index, const struct block_style *style)
{
    const struct verdict *verdict = &result->verdicts[index];
    bool tried = false;
    for (size_t i = 0; i < verdict->exchange_count; i++) {
        const struct verdict_exchange *exchange = &verdict->exchanges[i];
        if (was_shown(result, index, exchange->number)) {
            continue;
        }
        if (style->whole || verdict->exchange_count > 1) {
            put_title(out, exchange, style);
        }
        put_part(out, "request", &exchange->request, style);
        put_part(out, "answer", &exchange->answer, style);
        put_messages(out, exchange, style);
        if (style->whole || !tried) {
            put_shell(out, exchange->shell, style);
            tried = exchange->shell.n > 0;
        }
    }
}
