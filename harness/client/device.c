/* SPDX-License-Identifier: MIT */
/* device - a client's local database: what outlives a crash.
 * Layer: harness/client. */
#include "harness/client/device.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "base/limits.h"
#include "harness/client/device_state.h"

struct device *device_create(const struct device_config *config)
{
    struct arena *arena = config->arena;
    size_t count = config->collection_count;
    ASSERT(count <= LIMIT_COLLECTIONS);
    struct device *device = arena_must(arena, 1, sizeof *device);
    struct str *names = arena_must(arena, count + 1, sizeof *names);
    device->config = *config;
    device->cursors = arena_must(arena, count + 1, sizeof *device->cursors);
    for (size_t i = 0; i < count; i++) {
        names[i] = intern_put(config->intern, config->collections[i]);
        device->cursors[i] = STR(CURSOR_EPOCH_TEXT);
    }
    device->config.collections = names;
    device->config.client_id = device_keep(device, config->client_id);
    device->last_stamp = INSTANT_MIN;
    return device;
}

void scribe_note(const struct scribe *scribe, struct event event)
{
    if (scribe->history) {
        event.actor = scribe->actor;
        event.t_ms = scribe->now_ms;
        history_append(scribe->history, event);
    }
}

struct str device_keep(struct device *device, struct str text)
{
    if (text.n == 0) {
        return (struct str){"", 0};
    }
    struct str kept = arena_str(device->config.arena, text);
    ASSERT(kept.p != NULL);
    return kept;
}

struct str device_client_id(const struct device *device)
{
    return device->config.client_id;
}

size_t device_collection(const struct device *device, struct str name)
{
    size_t i = 0;
    while (i < device->config.collection_count &&
           !str_eq(device->config.collections[i], name)) {
        i++;
    }
    return i;
}

const struct record *device_record(const struct device *device,
                                   struct str collection, struct str id)
{
    const struct entry *entry = replica_find(device, collection, id);
    return entry ? &entry->record : NULL;
}

static int record_place_cmp(const void *a, const void *b)
{
    const struct record *x = *(const struct record *const *)a;
    const struct record *y = *(const struct record *const *)b;
    int order = x->collection.p == y->collection.p
                    ? 0
                    : str_cmp(x->collection, y->collection);
    return order != 0 ? order : str_cmp(x->id, y->id);
}

const struct record *const *device_records(const struct device *device,
                                           struct arena *arena, size_t *count)
{
    const struct replica *replica = &device->replica;
    const struct record **list =
        arena_must(arena, replica->count + 1, sizeof(const struct record *));
    *count = 0;
    for (size_t i = 0; i < replica->count; i++) {
        if (!replica->entries[i]->gone) {
            list[(*count)++] = &replica->entries[i]->record;
        }
    }
    if (*count > 1) {
        qsort(list, *count, sizeof(const struct record *), record_place_cmp);
    }
    return list;
}

/* Stamps. */

struct instant device_stamp(struct device *device, struct instant wall)
{
    wall.ns -= wall.ns % 1000000;
    if (device_bug(device, CLIENT_BUG_CLOCK_STEP_BACK)) {
        return wall;
    }
    if (instant_cmp(wall, device->last_stamp) <= 0) {
        wall = instant_add_ms(device->last_stamp, 1);
    }
    device->last_stamp = wall;
    return wall;
}

/* Cursors. */

struct str device_cursor(const struct device *device, struct str collection)
{
    size_t at = device_collection(device, collection);
    return at < device->config.collection_count ? device->cursors[at]
                                                : STR(CURSOR_EPOCH_TEXT);
}

static void cursor_set(struct device *device, size_t collection,
                       struct str cursor, const struct scribe *scribe)
{
    device->cursors[collection] = device_keep(device, cursor);
    scribe_note(scribe,
                (struct event){
                    .kind = EV_CURSOR,
                    .collection = device->config.collections[collection],
                    .text = device->cursors[collection],
                });
}

/* Museum: what a client does that takes cursors for its own times. */
static struct str cursor_rounded(struct str cursor, char text[INSTANT_TEXT_MAX])
{
    struct instant at;
    if (instant_parse(cursor, &at, NULL) != ST_OK) {
        return cursor;
    }
    return instant_write_ms(instant_add_ns(at, 999999), text);
}

bool device_cursor_move(struct device *device, size_t collection,
                        struct str cursor, const struct scribe *scribe)
{
    char text[INSTANT_TEXT_MAX];
    struct str held = device->cursors[collection];
    struct instant from, to;
    if (device_bug(device, CLIENT_BUG_CURSOR_ROUNDED)) {
        cursor = cursor_rounded(cursor, text);
    }
    if (str_eq(held, cursor)) {
        return false;
    }
    if (instant_parse(held, &from, NULL) == ST_OK &&
        instant_parse(cursor, &to, NULL) == ST_OK &&
        instant_cmp(to, from) <= 0) {
        return false;
    }
    cursor_set(device, collection, cursor, scribe);
    return true;
}

void device_cursor_forget(struct device *device, size_t collection,
                          const struct scribe *scribe)
{
    cursor_set(device, collection, STR(CURSOR_EPOCH_TEXT), scribe);
    device->cursor_falls++;
}

struct str device_oldest_cursor(const struct device *device)
{
    struct str oldest = STR(CURSOR_EPOCH_TEXT);
    struct instant oldest_at = INSTANT_EPOCH, at;
    bool same = true, comparable = true;
    for (size_t i = 0; i < device->config.collection_count; i++) {
        struct str cursor = device->cursors[i];
        bool parsed = instant_parse(cursor, &at, NULL) == ST_OK;
        same = same && str_eq(cursor, device->cursors[0]);
        comparable = comparable && parsed;
        if (i == 0 || (parsed && instant_cmp(at, oldest_at) < 0)) {
            oldest = cursor;
            oldest_at = parsed ? at : INSTANT_EPOCH;
        }
    }
    return same || comparable ? oldest : STR(CURSOR_EPOCH_TEXT);
}

void device_reset_cursors(struct device *device)
{
    for (size_t i = 0; i < device->config.collection_count; i++) {
        device->cursors[i] = STR(CURSOR_EPOCH_TEXT);
    }
    device->cursor_generation++;
    device->cursor_falls++;
}

/* The great resets. */

void device_wipe(struct device *device)
{
    queue_clear(device);
    replica_clear(device);
    device_reset_cursors(device);
    device->last_stamp = INSTANT_MIN;
    device->onboarded = 0;
    device->queue_generation++;
}

void device_reinstall(struct device *device, struct str new_client_id)
{
    device_wipe(device);
    device->config.client_id = device_keep(device, new_client_id);
}

/* Pending writes are nowhere but here: they go into the empty database again,
 * or the device would not see its own writes. */
void device_reseed(struct device *device)
{
    struct queue old = device->queue;
    replica_clear(device);
    device_reset_cursors(device);
    device->queue = (struct queue){.last_number = old.last_number};
    for (size_t i = 0; i < old.count; i++) {
        struct row *row = old.rows[i];
        struct entry *entry = replica_obtain(
            device, row->entry->record.collection, row->entry->record.id);
        uint64_t number = row->number;
        queue_append(device, entry, *row)->number = number;
        for (size_t f = 0; f < row->field_count; f++) {
            record_merge(&entry->record, device->config.arena, &row->fields[f]);
        }
    }
    device->queue.last_number = old.last_number;
}

size_t device_purge(struct device *device, struct str collection)
{
    size_t purged = 0;
    for (size_t i = 0; i < device->replica.count; i++) {
        struct entry *entry = device->replica.entries[i];
        if (entry->gone || entry->rows || record_live(&entry->record) ||
            (collection.n > 0 &&
             !str_eq(entry->record.collection, collection))) {
            continue;
        }
        entry->gone = true;
        entry->record.field_count = 0;
        purged++;
    }
    return purged;
}
