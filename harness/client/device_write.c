/* SPDX-License-Identifier: MIT */
/* device_write - local writes: the record and its pending row in one
 * transaction.  Layer: harness/client. */
#include "base/asserts.h"
#include "base/limits.h"
#include "harness/client/device_state.h"

static enum status check_names(const struct device *device,
                               const struct edit *edit, struct err *err)
{
    if (device_collection(device, edit->collection) ==
        device->config.collection_count) {
        return err_set(err, ST_NOT_FOUND, "collection %.*s is not registered",
                       STR_ARG(edit->collection));
    }
    if (edit->id.n == 0 || edit->id.n > LIMIT_NAME_BYTES) {
        return err_set(err, ST_LIMIT,
                       "an id has 1 to %d bytes, this one has %zu",
                       LIMIT_NAME_BYTES, edit->id.n);
    }
    if (edit->field_count > LIMIT_FIELDS) {
        return err_set(err, ST_LIMIT, "%zu fields in one write, at most %d",
                       edit->field_count, LIMIT_FIELDS);
    }
    return ST_OK;
}

static enum status check_fields(const struct edit *edit, struct err *err)
{
    bool takes = edit->kind == EDIT_INSERT || edit->kind == EDIT_UPDATE;
    if (!takes && edit->field_count > 0) {
        return err_set(err, ST_USAGE, "a delete or undelete takes no fields");
    }
    if (edit->kind == EDIT_UPDATE && edit->field_count == 0) {
        return err_set(err, ST_USAGE, "an update of no field");
    }
    for (size_t i = 0; i < edit->field_count; i++) {
        struct str name = edit->fields[i].name;
        if (str_is(name, "id") || str_is(name, "updatedAt") ||
            str_is(name, "deletedAt")) {
            return err_set(err, ST_USAGE, "%.*s is not for a client to write",
                           STR_ARG(name));
        }
    }
    return ST_OK;
}

static enum status check_record(const struct entry *entry,
                                const struct edit *edit, struct err *err)
{
    bool live = entry && record_live(&entry->record);
    const char *wrong = NULL;
    enum status status = ST_USAGE;
    switch (edit->kind) {
    case EDIT_INSERT:
        wrong = !entry ? NULL
                : live ? "is there already"
                       : "is deleted: undelete it instead";
        break;
    case EDIT_UPDATE:
    case EDIT_DELETE:
        status = ST_NOT_FOUND;
        wrong = live ? NULL : entry ? "is deleted" : "is not there";
        break;
    case EDIT_UNDELETE:
        status = entry ? ST_USAGE : ST_NOT_FOUND;
        wrong = !entry ? "is not there" : live ? "is not deleted" : NULL;
        break;
    }
    if (!wrong) {
        return ST_OK;
    }
    return err_set(err, status, "%.*s/%.*s %s", STR_ARG(edit->collection),
                   STR_ARG(edit->id), wrong);
}

static void collect_put(struct device *device, struct record *writes,
                        struct str name, struct str value)
{
    struct field write = {
        .name = intern_put(device->config.intern, name),
        .value = value,
    };
    record_put(writes, device->config.arena, &write);
}

/* The registers that this edit writes, sorted, with their one stamp. */
static struct record collect_writes(struct device *device,
                                    const struct edit *edit,
                                    struct instant stamp)
{
    struct record writes = {0};
    struct str now = record_instant_value(device->config.arena, stamp);
    if (edit->kind == EDIT_INSERT) {
        collect_put(device, &writes, STR("createdAt"), now);
    }
    for (size_t i = 0; i < edit->field_count; i++) {
        collect_put(device, &writes, edit->fields[i].name,
                    device_keep(device, edit->fields[i].value));
    }
    if (edit->kind != EDIT_UPDATE) {
        collect_put(device, &writes, STR("deletedAt"),
                    edit->kind == EDIT_DELETE ? now : STR("null"));
    }
    for (size_t i = 0; i < writes.field_count; i++) {
        writes.fields[i].at = stamp;
    }
    return writes;
}

static struct field *collect_bases(struct device *device,
                                   const struct entry *entry,
                                   const struct record *writes)
{
    if (device->config.strategy != STRATEGY_SERVER_WINS) {
        return NULL;
    }
    struct field *bases = arena_must(device->config.arena,
                                     writes->field_count + 1, sizeof *bases);
    for (size_t i = 0; i < writes->field_count; i++) {
        const struct field *held =
            record_field(&entry->record, writes->fields[i].name);
        if (held) {
            bases[i] = *held;
        }
    }
    return bases;
}

static void store_writes(struct device *device, struct entry *entry,
                         const struct record *writes, enum edit_kind kind)
{
    struct arena *arena = device->config.arena;
    for (size_t i = 0; i < writes->field_count; i++) {
        /* A stamp that went back still shows here: that is the mistake. */
        if (device_bug(device, CLIENT_BUG_CLOCK_STEP_BACK)) {
            record_put(&entry->record, arena, &writes->fields[i]);
        } else {
            record_merge(&entry->record, arena, &writes->fields[i]);
        }
    }
    if (kind == EDIT_DELETE && device_bug(device, CLIENT_BUG_HARD_DELETE)) {
        entry->record.field_count = 0;
        entry->gone = true;
    }
}

/* Museum: the write goes into a row that is on its way. */
static bool row_join(struct device *device, struct entry *entry,
                     const struct writing *writing, const struct record *writes)
{
    struct row *row = entry->rows;
    while (row &&
           (writing->into_row == 0 || row->number != writing->into_row)) {
        row = row->next;
    }
    if (!row) {
        return false;
    }
    struct record joined = {0};
    for (size_t i = 0; i < row->field_count; i++) {
        record_merge(&joined, device->config.arena, &row->fields[i]);
    }
    for (size_t i = 0; i < writes->field_count; i++) {
        record_merge(&joined, device->config.arena, &writes->fields[i]);
    }
    row->fields = joined.fields;
    row->field_count = joined.field_count;
    row->bases = collect_bases(device, entry, &joined);
    return true;
}

static void write_note(const struct device *device, const struct entry *entry,
                       const struct writing *writing,
                       const struct record *writes, uint64_t row)
{
    static const enum op ops[] = {
        [EDIT_INSERT] = OP_INSERT,
        [EDIT_UPDATE] = OP_UPDATE,
        [EDIT_DELETE] = OP_DELETE,
        [EDIT_UNDELETE] = OP_UPDATE,
    };
    scribe_note(writing->scribe, (struct event){
                                     .kind = EV_EDIT,
                                     .collection = entry->record.collection,
                                     .id = entry->record.id,
                                     .as.op = ops[writing->edit->kind],
                                     .exchange = (uint32_t)row,
                                     .number = (int64_t)device->queue.count,
                                     .fields = writes->fields,
                                     .field_count = writes->field_count,
                                 });
}

enum status device_write(struct device *device, const struct writing *writing,
                         struct err *err)
{
    const struct edit *edit = writing->edit;
    const struct scribe *scribe = writing->scribe;
    enum status status = check_names(device, edit, err);
    status = status == ST_OK ? check_fields(edit, err) : status;
    struct entry *entry = replica_find(device, edit->collection, edit->id);
    status = status == ST_OK ? check_record(entry, edit, err) : status;
    if (status != ST_OK) {
        return status;
    }
    struct instant stamp = device_stamp(device, scribe->wall);
    struct instant shown = scribe->wall;
    shown.ns -= shown.ns % 1000000;
    struct record writes = collect_writes(device, edit, stamp);
    entry = replica_obtain(device, edit->collection, edit->id);
    uint64_t number = writing->into_row;
    if (writing->unqueued) {
        number = 0;
    } else if (!row_join(device, entry, writing, &writes)) {
        struct row row = {.kind = edit->kind,
                          .stamp = stamp,
                          .shown = shown,
                          .fields = writes.fields,
                          .field_count = writes.field_count,
                          .bases = collect_bases(device, entry, &writes),
                          .queued_ms = scribe->now_ms};
        number = queue_append(device, entry, row)->number;
    }
    store_writes(device, entry, &writes, edit->kind);
    write_note(device, entry, writing, &writes, number);
    return ST_OK;
}

static bool collection_empty(const struct device *device, struct str name)
{
    for (size_t i = 0; i < device->replica.count; i++) {
        const struct entry *entry = device->replica.entries[i];
        if (!entry->gone && str_eq(entry->record.collection, name)) {
            return false;
        }
    }
    return true;
}

size_t device_onboard(struct device *device, struct instant wall,
                      int64_t now_ms, const struct edit *records, size_t count)
{
    struct scribe scribe = {device->config.history, device->config.actor,
                            now_ms, wall};
    uint64_t open = 0, filled = 0;
    size_t written = 0;
    for (size_t i = 0; i < device->config.collection_count; i++) {
        if (!(device->onboarded >> i & 1u) &&
            collection_empty(device, device->config.collections[i])) {
            open |= UINT64_C(1) << i;
        }
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = device_collection(device, records[i].collection);
        if (at == device->config.collection_count || !(open >> at & 1u)) {
            continue;
        }
        struct edit edit = records[i];
        edit.kind = EDIT_INSERT;
        struct writing writing = {.edit = &edit, .scribe = &scribe};
        if (device_write(device, &writing, NULL) == ST_OK) {
            filled |= UINT64_C(1) << at;
            written++;
        }
    }
    device->onboarded |= filled;
    return written;
}
