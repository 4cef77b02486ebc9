/* SPDX-License-Identifier: MIT */
/* device_copy - backup of a whole device, and putting it back.
 * Layer: harness/client.
 *
 * Texts and the fields of rows never change in place, so copies share them;
 * records do change, so their registers are copied. */
#include "harness/client/device_state.h"

static void copy_record(struct device *to, const struct entry *from)
{
    struct arena *arena = to->config.arena;
    const struct record *record = &from->record;
    struct entry *entry = replica_obtain(to, record->collection, record->id);
    for (size_t i = 0; i < record->field_count; i++) {
        struct field field = record->fields[i];
        field.name = intern_put(to->config.intern, field.name);
        record_put(&entry->record, arena, &field);
    }
    entry->gone = from->gone;
}

/* server-wins takes fields out of rows, and the bases with them. */
static struct field *copy_bases(struct arena *arena, const struct row *row)
{
    if (!row->bases) {
        return NULL;
    }
    struct field *bases =
        arena_must(arena, row->field_count + 1, sizeof *bases);
    for (size_t i = 0; i < row->field_count; i++) {
        bases[i] = row->bases[i];
    }
    return bases;
}

static void copy_row(struct device *to, const struct row *from)
{
    const struct record *record = &from->entry->record;
    bool gone = from->entry->gone;
    struct entry *entry = replica_obtain(to, record->collection, record->id);
    struct row *row = queue_append(to, entry, *from);
    row->number = from->number;
    row->bases = copy_bases(to->config.arena, from);
    entry->gone = gone;
}

/* `to` is empty. */
static void copy_contents(struct device *to, const struct device *from)
{
    for (size_t i = 0; i < from->replica.count; i++) {
        copy_record(to, from->replica.entries[i]);
    }
    for (size_t i = 0; i < from->queue.count; i++) {
        copy_row(to, from->queue.rows[i]);
    }
    for (size_t i = 0; i < to->config.collection_count; i++) {
        to->cursors[i] = device_cursor(from, to->config.collections[i]);
    }
    to->onboarded = from->onboarded;
}

struct device *device_snapshot(const struct device *device)
{
    struct device *copy = device_create(&device->config);
    copy_contents(copy, device);
    copy->queue.last_number = device->queue.last_number;
    copy->last_stamp = device->last_stamp;
    return copy;
}

void device_restore(struct device *device, const struct device *snapshot,
                    bool with_client_id)
{
    uint64_t last_number = device->queue.last_number;
    struct instant last_stamp = device->last_stamp;
    device_wipe(device);
    copy_contents(device, snapshot);
    /* Row numbers and stamps that were given out stay given out. */
    device->queue.last_number = last_number > snapshot->queue.last_number
                                    ? last_number
                                    : snapshot->queue.last_number;
    device->last_stamp = instant_cmp(last_stamp, snapshot->last_stamp) > 0
                             ? last_stamp
                             : snapshot->last_stamp;
    if (with_client_id || device_bug(device, CLIENT_BUG_SAME_CLIENT_ID)) {
        device->config.client_id = snapshot->config.client_id;
    }
}
