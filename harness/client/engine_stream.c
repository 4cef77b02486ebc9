/* SPDX-License-Identifier: MIT */
/* engine_stream - the live channel that carries the changes themselves: where
 * it begins, and what comes going into the device.  Layer: harness/client. */
#include "base/asserts.h"
#include "harness/client/engine_state.h"
#include "protocol/notice.h"

/* Museum: the cursor of the collection that is furthest. */
static struct str cursor_newest(const struct device *device)
{
    struct str newest = device_oldest_cursor(device);
    struct instant newest_at = INSTANT_MIN, at;
    for (size_t i = 0; i < device->config.collection_count; i++) {
        if (instant_parse(device->cursors[i], &at, NULL) == ST_OK &&
            instant_cmp(at, newest_at) > 0) {
            newest = device->cursors[i];
            newest_at = at;
        }
    }
    return newest;
}

struct str engine_stream_target(struct engine *engine, struct str *since,
                                const char **why)
{
    const struct device *device = engine->device;
    const struct dialect *dialect = engine->config.dialect;
    struct buf target;
    if (!dialect->sse) {
        *why = "this dialect has no stream";
        return (struct str){0};
    }
    *since = engine_bug(engine, CLIENT_BUG_STREAM_FROM_NEWEST)
                 ? cursor_newest(device)
                 : device_oldest_cursor(device);
    engine->live.cursor_falls = device->cursor_falls;
    buf_init(&target, LIMIT_TARGET_BYTES);
    buf_str(&target, engine->paths[PATH_STREAM]);
    buf_putc(&target, '?');
    buf_str(&target, dialect_name(dialect, NAME_QUERY_COLLECTIONS));
    buf_putc(&target, '=');
    for (size_t i = 0; i < device->config.collection_count; i++) {
        if (i > 0) {
            buf_putc(&target, ',');
        }
        http_encode(&target, device->config.collections[i]);
    }
    buf_putc(&target, '&');
    buf_str(&target, dialect_name(dialect, NAME_QUERY_SINCE));
    buf_putc(&target, '=');
    http_encode(&target, *since);
    struct str kept = {0};
    if (device->config.collection_count == 0) {
        *why = "no collections to stream";
    } else if (target.failed) {
        *why = "the collections' names are too long for one request";
    } else {
        kept = device_keep(engine->device, buf_view(&target));
    }
    buf_free(&target);
    return kept;
}

bool engine_stream_is_stale(const struct engine *engine)
{
    return engine->live.cursor_falls != engine->device->cursor_falls;
}

void engine_stream_apply(struct engine *engine, struct moment at,
                         const struct stream_event *event)
{
    struct device *device = engine->device;
    struct scribe scribe = engine_scribe(engine, at);
    size_t collection = device_collection(device, event->table);
    bool early = engine_bug(engine, CLIENT_BUG_STREAM_CURSOR_EARLY);
    /* What came before the cursor fell back is not part of this stream. */
    bool moves = !engine_stream_is_stale(engine);
    if (collection == device->config.collection_count) {
        return;
    }
    if (early && moves) {
        device_cursor_move(device, collection, event->response.synced_until,
                           &scribe);
    }
    if (!engine_apply(engine, at, &event->response)) {
        return;
    }
    if (!early && moves) {
        device_cursor_move(device, collection, event->response.synced_until,
                           &scribe);
    }
}

void engine_stream_forget(struct engine *engine, struct moment at)
{
    struct device *device = engine->device;
    struct scribe scribe = engine_scribe(engine, at);
    for (size_t i = 0; i < device->config.collection_count; i++) {
        device_cursor_forget(device, i, &scribe);
    }
}
