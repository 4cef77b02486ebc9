/* SPDX-License-Identifier: MIT */
/* jsonl_exchange - what went over the wire as members of a verdict, out and
 * in.  Layer: reports. */
#include "reports/escape.h"
#include "reports/jsonl.h"

static void put_list(struct buf *out, const char *key, const struct str *list,
                     size_t count)
{
    if (count == 0) {
        return;
    }
    jsonl_put_key(out, key);
    buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        escape_json(out, list[i]);
    }
    buf_putc(out, ']');
}

static void put_part(struct buf *out, const char *key,
                     const struct verdict_part *part)
{
    if (part->line.n == 0) {
        return;
    }
    jsonl_put_key(out, key);
    buf_putc(out, '{');
    jsonl_put_text(out, "line", part->line);
    put_list(out, "headers", part->headers, part->header_count);
    jsonl_put_bytes(out, "body", part->body);
    if (part->body_bytes > 0) {
        jsonl_put_number(out, "body_bytes", (int64_t)part->body_bytes);
    }
    buf_putc(out, '}');
}

void jsonl_put_exchanges(struct buf *out, const struct verdict *verdict)
{
    if (verdict->exchange_count == 0) {
        return;
    }
    jsonl_put_key(out, "exchanges");
    buf_putc(out, '[');
    for (size_t i = 0; i < verdict->exchange_count; i++) {
        const struct verdict_exchange *exchange = &verdict->exchanges[i];
        buf_puts(out, i > 0 ? ",{" : "{");
        jsonl_put_number(out, "exchange", exchange->number);
        if (exchange->line > 0) {
            jsonl_put_number(out, "line", exchange->line);
        }
        jsonl_put_text(out, "who", exchange->who);
        put_part(out, "request", &exchange->request);
        put_part(out, "answer", &exchange->answer);
        put_list(out, "messages", exchange->messages, exchange->message_count);
        jsonl_put_text(out, "shell", exchange->shell);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

/* Returns how many there were. */
static size_t read_list(struct jsonl_in *in, const struct json_node *object,
                        const char *key, struct str *list, size_t max)
{
    const struct json_node *array = jsonl_array(in, object, key);
    size_t count = 0;
    for (const struct json_node *node = array ? json_child(array) : NULL;
         node && jsonl_expect(in, node, JSON_STRING, key);
         node = json_next(node)) {
        if (count == max) {
            in->status = err_set(in->err, ST_SYNTAX, "%s: expected at most %zu",
                                 key, max);
            break;
        }
        list[count++] = json_string(node);
    }
    return count;
}

static struct verdict_part
read_part(struct jsonl_in *in, const struct json_node *object, const char *key)
{
    struct verdict_part part = {.body_bytes = 0};
    const struct json_node *node = json_member(object, key);
    if (!node || !jsonl_expect(in, node, JSON_OBJECT, key)) {
        return part;
    }
    part.line = jsonl_text(in, node, "line");
    part.header_count =
        read_list(in, node, "headers", part.headers, PART_HEADERS);
    part.body = jsonl_bytes(in, node, "body");
    part.body_bytes = (size_t)jsonl_count(in, node, "body_bytes", SIZE_MAX / 2);
    return part;
}

static struct verdict_exchange read_exchange(struct jsonl_in *in,
                                             const struct json_node *node)
{
    struct verdict_exchange exchange = {
        .number = (uint32_t)jsonl_count(in, node, "exchange", UINT32_MAX),
        .line = (uint32_t)jsonl_count(in, node, "line", UINT32_MAX),
        .who = jsonl_text(in, node, "who"),
        .request = read_part(in, node, "request"),
        .answer = read_part(in, node, "answer"),
        .shell = jsonl_text(in, node, "shell")};
    exchange.message_count =
        read_list(in, node, "messages", exchange.messages, EXCHANGE_MESSAGES);
    return exchange;
}

void jsonl_exchanges(struct jsonl_in *in, const struct json_node *object,
                     struct verdict *verdict)
{
    const struct json_node *array = jsonl_array(in, object, "exchanges");
    struct verdict_exchange *list = NULL;
    size_t cap = 0;
    for (const struct json_node *node = array ? json_child(array) : NULL;
         node && jsonl_expect(in, node, JSON_OBJECT, "exchanges");
         node = json_next(node)) {
        if (verdict->exchange_count == VERDICT_EXCHANGES) {
            in->status =
                err_set(in->err, ST_SYNTAX, "exchanges: expected at most %d",
                        VERDICT_EXCHANGES);
            break;
        }
        list = arena_grow(in->arena, list, verdict->exchange_count, &cap,
                          sizeof *list);
        list[verdict->exchange_count++] = read_exchange(in, node);
    }
    verdict->exchanges = list;
}
