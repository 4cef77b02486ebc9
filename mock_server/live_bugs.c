/* SPDX-License-Identifier: MIT */
/* live_bugs - the planted bugs of live channels that need more than an `if`.
 * Layer: mock_server. */
#include <stdlib.h>

#include "base/asserts.h"
#include "mock_server/live_core.h"

/* ---- who was here before ---- */

/* What is remembered of a device, its length in front. */
static struct str bug_device(struct live_hub *hub, const struct live *live)
{
    uint32_t n;

    buf_clear(&hub->text);
    buf_put(&hub->text, &(uint32_t){0}, sizeof(uint32_t));
    buf_printf(&hub->text, "%d %zu ", live->is_stream, live->client.n);
    buf_str(&hub->text, live_name_str(live->client));
    buf_str(&hub->text, live->user->name);
    n = (uint32_t)hub->text.n;
    memcpy(hub->text.p, &n, sizeof(n));
    return buf_view(&hub->text);
}

bool live_bug_was_here(struct live_hub *hub, const struct live *live)
{
    struct str device = bug_device(hub, live), rest = buf_view(&hub->gone);
    uint32_t n;

    for (; rest.n; rest = str_skip(rest, n)) {
        memcpy(&n, rest.p, sizeof(n));
        if (str_eq(str_take(rest, n), device)) {
            return true;
        }
    }
    return false;
}

void live_bug_leave(struct live_hub *hub, const struct live *live)
{
    const struct bug_set *bugs = &hub->server->config.bugs;

    if (!live->user) {
        return;
    }
    if (bug_on(bugs, BUG_NOTIFY_STOPS_AFTER_RECONNECT) ||
        bug_on(bugs, BUG_STREAM_RESUME_SKIPS)) {
        buf_str(&hub->gone, bug_device(hub, live));
    }
    if (bug_on(bugs, BUG_STREAM_BLOCKS_PUSH) && live->is_stream &&
        live->state == LIVE_OPEN) {
        buf_clear(&hub->wedged);
        buf_str(&hub->wedged, live->user->name);
    }
}

bool live_bug_is_wedged(struct live_hub *hub, struct str user)
{
    bool wedged = hub->wedged.n && str_eq(buf_view(&hub->wedged), user);

    if (wedged) {
        buf_clear(&hub->wedged);
    }
    return wedged;
}

/* ---- frames ---- */

void live_bug_unjoin(struct live *live, struct str bytes)
{
    struct buf *raw = live->socket.raw;
    struct ws_frame frame;
    size_t n, at = 0;

    if (!raw) {
        raw = live->socket.raw = malloc(sizeof(*raw));
        ASSERT(raw);
        buf_init(raw, LIMIT_REPLY_BYTES);
    }
    buf_str(raw, bytes);
    while ((n = ws_frame_read(str_skip(buf_view(raw), at), &frame)) > 0) {
        /* Every fragment says that it is the last one of a text. */
        if (frame.opcode == WS_CONTINUATION || !frame.fin) {
            raw->p[at] = (char)(0x80 | WS_TEXT);
        }
        at += n;
    }
    ws_reader_feed(&live->socket.reader, raw->p, at);
    memmove(raw->p, raw->p + at, raw->n - at);
    raw->n -= at;
}

/* ---- shapes ---- */

/* {"fields":{"title":{"value":1,"at":…}}} becomes {"fields":{"title":1}}. */
struct str live_bug_flatten(struct live_hub *hub, struct str text)
{
    const struct server *server = hub->server;
    const struct dialect *dialect = server->config.dialect;
    struct change change;
    struct str flat;
    struct buf out;

    if (change_read(text, &server->rules, &hub->arena, &change, NULL) !=
            ST_OK ||
        change.op != OP_UPDATE) {
        return text;
    }
    buf_init(&out, LIMIT_RUN_ARENA);
    buf_printf(&out, "{\"%s\":", dialect_name(dialect, NAME_TABLE).p);
    json_write_string(&out, change.table);
    buf_printf(&out, ",\"%s\":", dialect_name(dialect, NAME_ID).p);
    json_write_string(&out, change.id);
    buf_printf(&out, ",\"%s\":\"%s\",\"%s\":{",
               dialect_name(dialect, NAME_OP).p,
               dialect_name(dialect, NAME_OP_UPDATE).p,
               dialect_name(dialect, NAME_FIELDS).p);
    for (size_t i = 0; i < change.field_count; i++) {
        buf_puts(&out, i ? "," : "");
        json_write_string(&out, dialect_to_wire(dialect, GROUP_RECORD,
                                                change.fields[i].name));
        buf_putc(&out, ':');
        buf_str(&out, change.fields[i].value);
    }
    buf_puts(&out, "}}");
    flat = arena_str(&hub->arena, buf_view(&out));
    buf_free(&out);
    return flat;
}
