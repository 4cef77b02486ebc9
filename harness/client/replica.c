/* SPDX-License-Identifier: MIT */
/* replica - records by collection and id, and what the server sends going
 * into them.  Layer: harness/client. */
#include <string.h>

#include "base/asserts.h"
#include "harness/client/device_state.h"

enum { REPLICA_FIRST_SLOTS = 64 };

static uint64_t key_hash(struct str collection, struct str id)
{
    return hash_str(hash_str(HASH_START, collection), id);
}

static bool str_same(struct str a, struct str b)
{
    return (a.p == b.p && a.n == b.n) || str_eq(a, b);
}

/* The slot that holds the key, or the free one where it belongs. */
static size_t slot_find(const struct replica *replica, struct str collection,
                        struct str id, uint64_t hash)
{
    size_t mask = replica->slot_count - 1;
    size_t at = (size_t)hash & mask;
    while (replica->slots[at] != 0) {
        const struct entry *there = replica->entries[replica->slots[at] - 1];
        if (there->hash == hash && str_same(there->record.id, id) &&
            str_same(there->record.collection, collection)) {
            break;
        }
        at = (at + 1) & mask;
    }
    return at;
}

static void slots_grow(struct device *device)
{
    struct replica *replica = &device->replica;
    size_t count = replica->slot_count ? replica->slot_count * 2
                                       : (size_t)REPLICA_FIRST_SLOTS;
    replica->slots =
        arena_must(device->config.arena, count, sizeof *replica->slots);
    replica->slot_count = count;
    for (size_t i = 0; i < replica->count; i++) {
        size_t at = (size_t)replica->entries[i]->hash & (count - 1);
        while (replica->slots[at] != 0) {
            at = (at + 1) & (count - 1);
        }
        replica->slots[at] = (uint32_t)i + 1;
    }
}

struct entry *replica_find(const struct device *device, struct str collection,
                           struct str id)
{
    const struct replica *replica = &device->replica;
    if (replica->count == 0) {
        return NULL;
    }
    size_t at = slot_find(replica, collection, id, key_hash(collection, id));
    if (replica->slots[at] == 0) {
        return NULL;
    }
    struct entry *entry = replica->entries[replica->slots[at] - 1];
    return entry->gone ? NULL : entry;
}

static struct entry *entry_add(struct device *device, struct str collection,
                               struct str id, uint64_t hash)
{
    struct replica *replica = &device->replica;
    struct entry *entry = arena_must(device->config.arena, 1, sizeof *entry);
    entry->record.collection = intern_put(device->config.intern, collection);
    entry->record.id = intern_put(device->config.intern, id);
    entry->hash = hash;
    replica->entries =
        arena_grow(device->config.arena, replica->entries, replica->count,
                   &replica->cap, sizeof(struct entry *));
    replica->entries[replica->count++] = entry;
    return entry;
}

struct entry *replica_obtain(struct device *device, struct str collection,
                             struct str id)
{
    struct replica *replica = &device->replica;
    uint64_t hash = key_hash(collection, id);
    if (replica->count * 4 >= replica->slot_count * 3) {
        slots_grow(device);
    }
    size_t at = slot_find(replica, collection, id, hash);
    if (replica->slots[at] != 0) {
        struct entry *entry = replica->entries[replica->slots[at] - 1];
        entry->gone = false;
        return entry;
    }
    ASSERT(replica->count < UINT32_MAX);
    replica->slots[at] = (uint32_t)replica->count + 1;
    return entry_add(device, collection, id, hash);
}

void replica_clear(struct device *device)
{
    struct replica *replica = &device->replica;
    replica->count = 0;
    if (replica->slot_count > 0) {
        memset(replica->slots, 0, replica->slot_count * sizeof *replica->slots);
    }
}

static void apply_write(struct device *device, struct entry *entry,
                        struct field write, bool replace,
                        const struct scribe *scribe)
{
    write.name = intern_put(device->config.intern, write.name);
    if (str_is(write.name, "deletedAt")) {
        write.value = record_deleted_value(device->config.arena, write.value);
    }
    strategy_merge(device, entry, write, replace, scribe);
}

/* How the stamp of an insert is spelled: only the museum wants to know. */
static struct str insert_stamp_text(const struct change *change)
{
    const struct field *stamp =
        field_find(change->data, change->data_count, STR("updatedAt"));
    if (!stamp) {
        stamp = field_find(change->data, change->data_count, STR("createdAt"));
    }
    if (!stamp || stamp->value.n < 2 || stamp->value.p[0] != '"') {
        return (struct str){0};
    }
    return (struct str){stamp->value.p + 1, stamp->value.n - 2};
}

static void apply_data(struct device *device, struct entry *entry,
                       const struct change *change, const struct scribe *scribe)
{
    struct instant stamp = change_insert_stamp(change);
    struct str spelled = insert_stamp_text(change);
    bool replace = device_bug(device, CLIENT_BUG_INSERT_OVERWRITES);
    for (size_t i = 0; i < change->data_count; i++) {
        struct field write = change->data[i];
        if (str_is(write.name, "id") || str_is(write.name, "updatedAt")) {
            continue;
        }
        write.at = stamp;
        write.at_text = spelled;
        apply_write(device, entry, write, replace, scribe);
    }
}

static void apply_delete(struct device *device, struct entry *entry,
                         const struct change *change,
                         const struct scribe *scribe)
{
    struct field write = {
        .name = STR("deletedAt"),
        .value = record_instant_value(device->config.arena, change->deleted_at),
        .at = change->deleted_at,
        .at_text = change->deleted_at_text,
    };
    apply_write(device, entry, write, false, scribe);
}

/* A change that says nothing must not make a record. */
static const char *apply_skips(const struct device *device,
                               const struct change *change, bool known)
{
    if (change->op == OP_DELETE && !change->has_deleted_at) {
        return "skipped: a delete without deletedAt";
    }
    if (change->op == OP_UPDATE && change->field_count == 0 &&
        !change->has_deleted_at) {
        return "skipped: an update of nothing";
    }
    if (!known && change->op == OP_UPDATE &&
        device_bug(device, CLIENT_BUG_UPDATE_UNKNOWN_DROPPED)) {
        return "skipped: no such record";
    }
    if (!known && change->op == OP_DELETE &&
        device_bug(device, CLIENT_BUG_DELETE_UNKNOWN_DROPPED)) {
        return "skipped: no such record";
    }
    return NULL;
}

static void apply_into(struct device *device, struct entry *entry,
                       const struct change *change, const struct scribe *scribe)
{
    if (change->op == OP_INSERT) {
        apply_data(device, entry, change, scribe);
    }
    if (change->op != OP_DELETE) {
        for (size_t i = 0; i < change->field_count; i++) {
            apply_write(device, entry, change->fields[i], false, scribe);
        }
    }
    if (change->has_deleted_at) {
        apply_delete(device, entry, change, scribe);
    }
    if (device_bug(device, CLIENT_BUG_HARD_DELETE) &&
        !record_live(&entry->record)) {
        entry->record.field_count = 0;
        entry->gone = true;
    }
}

void replica_apply(struct device *device, const struct change *change,
                   const struct scribe *scribe)
{
    size_t collection = device_collection(device, change->table);
    if (collection == device->config.collection_count) {
        return;
    }
    struct event event = {
        .kind = EV_APPLY,
        .collection = device->config.collections[collection],
        .id = intern_put(device->config.intern, change->id),
        .as.op = change->op,
    };
    bool known = replica_find(device, event.collection, event.id) != NULL;
    const char *skips = apply_skips(device, change, known);
    if (skips) {
        event.code = -1;
        event.text = str_of(skips);
    } else {
        apply_into(device, replica_obtain(device, event.collection, event.id),
                   change, scribe);
    }
    scribe_note(scribe, event);
}
