/* SPDX-License-Identifier: MIT */
/* history_json - one event as one JSON object, nothing lost.  Layer: reports.
 *
 * Members that are empty or zero are left out.  docs/report-schema.md
 * describes them. */
#include <inttypes.h>

#include "reports/jsonl.h"

const char *const jsonl_event_kinds[] = {[EV_STEP] = "step",
                                         [EV_EDIT] = "edit",
                                         [EV_SEND] = "send",
                                         [EV_REPLY] = "reply",
                                         [EV_APPLY] = "apply",
                                         [EV_ACK] = "ack",
                                         [EV_WITHDRAW] = "withdraw",
                                         [EV_CURSOR] = "cursor",
                                         [EV_STATUS] = "status",
                                         [EV_LIFE] = "life",
                                         [EV_FAULT] = "fault",
                                         [EV_EXPECT] = "expect",
                                         [EV_STATE] = "state",
                                         [EV_STUCK] = "stuck",
                                         [EV_PHASE] = "phase",
                                         [EV_OPEN] = "open",
                                         [EV_OPENED] = "opened",
                                         [EV_LISTENS] = "listens",
                                         [EV_SAY] = "say",
                                         [EV_HEAR] = "hear",
                                         [EV_PAUSE] = "pause",
                                         [EV_SHUT] = "shut",
                                         NULL};
const char *const jsonl_request_kinds[] = {[REQUEST_PUSH] = "push",
                                           [REQUEST_PULL] = "pull",
                                           [REQUEST_RAW] = "raw",
                                           NULL};
const char *const jsonl_fates[] = {[FATE_ANSWERED] = "answered",
                                   [FATE_NONE] = "none",
                                   [FATE_UNKNOWN] = "unknown",
                                   NULL};
const char *const jsonl_ops[] = {[OP_INSERT] = "insert",
                                 [OP_UPDATE] = "update",
                                 [OP_DELETE] = "delete",
                                 NULL};

static void put_nonzero(struct buf *out, const char *key, int64_t number)
{
    if (number != 0) {
        jsonl_put_number(out, key, number);
    }
}

/* `key_s` and `key_ns` stand beside the spelling, because a spelling need not
 * be a time that can be read. */
static void put_instant(struct buf *out, const char *key, struct instant at,
                        struct str spelled)
{
    jsonl_put_bytes(out, key, spelled);
    if (at.s != INSTANT_MIN.s || at.ns != INSTANT_MIN.ns) {
        buf_printf(out, ",\"%s_s\":%" PRId64 ",\"%s_ns\":%" PRId32, key, at.s,
                   key, at.ns);
    }
}

static void put_fields(struct buf *out, const char *key,
                       const struct field *fields, size_t count)
{
    jsonl_put_key(out, key);
    buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, i > 0 ? ",{" : "{");
        jsonl_put_bytes(out, "name", fields[i].name);
        jsonl_put_bytes(out, "value", fields[i].value);
        put_instant(out, "at", fields[i].at, fields[i].at_text);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_change(struct buf *out, const struct change *change)
{
    buf_printf(out, "{\"op\":\"%s\"", jsonl_ops[change->op]);
    jsonl_put_bytes(out, "table", change->table);
    jsonl_put_bytes(out, "id", change->id);
    if (change->has_data) {
        put_fields(out, "data", change->data, change->data_count);
    }
    if (change->has_fields) {
        put_fields(out, "fields", change->fields, change->field_count);
    }
    if (change->has_deleted_at) {
        buf_puts(out, ",\"deleted\":true");
        put_instant(out, "deleted_at", change->deleted_at,
                    change->deleted_at_text);
    }
    jsonl_put_bytes(out, "event_id", change->event_id);
    jsonl_put_bytes(out, "actor", change->actor);
    jsonl_put_bytes(out, "origin", change->origin);
    jsonl_put_bytes(out, "space_id", change->space_id);
    put_nonzero(out, "schema_version", change->schema_version);
    buf_putc(out, '}');
}

static void put_changes(struct buf *out, const struct event *event)
{
    if (event->change_count == 0) {
        return;
    }
    buf_puts(out, ",\"changes\":[");
    for (size_t i = 0; i < event->change_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_change(out, &event->changes[i]);
    }
    buf_putc(out, ']');
}

static void put_names(struct buf *out, const struct event *event)
{
    if (event->name_count == 0) {
        return;
    }
    buf_puts(out, ",\"names\":[");
    for (size_t i = 0; i < event->name_count; i++) {
        buf_puts(out, i > 0 ? ",{" : "{");
        jsonl_put_bytes(out, "name", event->names[i]);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

/* The member of `as` that the kind says is there. */
static void put_detail(struct buf *out, const struct event *event)
{
    if (event->kind == EV_SEND) {
        buf_printf(out, ",\"request\":\"%s\"",
                   jsonl_request_kinds[event->as.request_kind]);
    } else if (event->kind == EV_REPLY || event->kind == EV_SHUT) {
        buf_printf(out, ",\"reply\":\"%s\"",
                   reply_kind_name(event->as.reply_kind));
    } else if (event->kind == EV_OPEN) {
        buf_printf(out, ",\"live\":\"%s\"",
                   live_kind_name(event->as.live_kind));
    } else if (event->kind == EV_LIFE) {
        buf_printf(out, ",\"life\":\"%s\"", life_name(event->as.life));
    } else if (event->kind == EV_EDIT || event->kind == EV_APPLY) {
        buf_printf(out, ",\"op\":\"%s\"", jsonl_ops[event->as.op]);
    }
    if (event->kind == EV_REPLY || event->fate != FATE_ANSWERED) {
        buf_printf(out, ",\"fate\":\"%s\"", jsonl_fates[event->fate]);
    }
}

void history_write_json(const struct history *history,
                        const struct event *event, struct buf *out)
{
    buf_printf(out, "{\"seq\":%" PRIu32 ",\"t_ms\":%" PRId64, event->seq,
               event->t_ms);
    buf_printf(out, ",\"kind\":\"%s\",\"actor\":%" PRIu32,
               jsonl_event_kinds[event->kind], event->actor);
    if (event->actor < history->actor_count) {
        jsonl_put_text(out, "who", history->actors[event->actor].name);
    }
    put_nonzero(out, "line", event->line);
    put_nonzero(out, "exchange", event->exchange);
    put_detail(out, event);
    put_nonzero(out, "code", event->code);
    put_nonzero(out, "number", event->number);
    jsonl_put_bytes(out, "collection", event->collection);
    jsonl_put_bytes(out, "id", event->id);
    jsonl_put_bytes(out, "text", event->text);
    jsonl_put_bytes(out, "body", event->body);
    if (event->field_count > 0) {
        put_fields(out, "fields", event->fields, event->field_count);
    }
    put_changes(out, event);
    put_names(out, event);
    buf_putc(out, '}');
}
