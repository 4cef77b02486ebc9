/* SPDX-License-Identifier: MIT */
/* batch - pending rows become the changes of one push.
 * Layer: harness/client.
 *
 * Of one record at most three changes leave: the insert as it was written, one
 * update with the newest value of every field since, and a delete.  Nothing
 * is lost by that, because every field keeps its own stamp. */
#include <stdlib.h>

#include "base/asserts.h"
#include "base/limits.h"
#include "harness/client/device_state.h"

/* What the rows of one record come to. */
struct pile {
    const struct row *insert;
    struct record later;     /* newest write of each field */
    const struct row *alone; /* all of `later` is this row */
};

static const struct row *last_within(const struct entry *entry, uint64_t fence)
{
    const struct row *last = NULL;
    for (const struct row *row = entry->rows; row && row->number <= fence;
         row = row->next) {
        last = row;
    }
    ASSERT(last);
    return last;
}

static void pile_add_fields(struct device *device, struct pile *pile,
                            const struct row *row)
{
    for (size_t i = 0; i < row->field_count; i++) {
        record_merge(&pile->later, device->config.arena, &row->fields[i]);
    }
}

/* An insert has one stamp; fields that were stamped anew since go again. */
static void pile_add_insert(struct device *device, struct pile *pile,
                            const struct row *row)
{
    pile->insert = row;
    for (size_t i = 0; i < row->field_count; i++) {
        if (instant_cmp(row->fields[i].at, row->stamp) != 0) {
            record_merge(&pile->later, device->config.arena, &row->fields[i]);
        }
    }
}

static bool pile_skips(const struct device *device, const struct row *before,
                       const struct row *row)
{
    return device_bug(device, CLIENT_BUG_COALESCE_KEEPS_FIRST) && before &&
           instant_cmp(before->shown, row->shown) == 0;
}

static void pile_make(struct device *device, const struct entry *entry,
                      uint64_t fence, struct pile *pile)
{
    const struct row *last = last_within(entry, fence);
    const struct row *before = NULL;
    *pile = (struct pile){0};
    if (last == entry->rows && last->kind != EDIT_INSERT) {
        pile->alone = last;
        return;
    }
    for (const struct row *row = entry->rows; row && row->number <= fence;
         row = row->next) {
        if (pile_skips(device, before, row)) {
            continue;
        }
        before = row;
        if (row->kind != EDIT_INSERT || pile->insert) {
            pile_add_fields(device, pile, row);
        } else if (!device_bug(device, CLIENT_BUG_COALESCE_DROPS_INSERT) ||
                   row == last) {
            pile_add_insert(device, pile, row);
        }
    }
}

static struct change *batch_add(struct batch *batch, const struct entry *entry,
                                enum op op)
{
    struct change *change = &batch->changes[batch->count++];
    *change = (struct change){
        .table = entry->record.collection, .id = entry->record.id, .op = op};
    return change;
}

static struct str id_value(struct device *device, struct str id)
{
    struct buf text;
    buf_init(&text, (size_t)LIMIT_NAME_BYTES * 6 + 2);
    json_write_string(&text, id);
    ASSERT(!text.failed);
    struct str kept = device_keep(device, buf_view(&text));
    buf_free(&text);
    return kept;
}

static void batch_add_insert(struct device *device, struct batch *batch,
                             const struct entry *entry, const struct row *row)
{
    struct arena *arena = device->config.arena;
    struct change *change = batch_add(batch, entry, OP_INSERT);
    size_t n = row->field_count;
    struct field *data = arena_must(arena, n + 2, sizeof *data);
    for (size_t i = 0; i < n; i++) {
        data[i] = row->fields[i];
    }
    data[n++] = (struct field){.name = STR("id"),
                               .value = id_value(device, entry->record.id)};
    data[n++] =
        (struct field){.name = STR("updatedAt"),
                       .value = record_instant_value(arena, row->stamp)};
    field_sort(data, n);
    change->has_data = true;
    change->data = data;
    change->data_count = n;
}

static void batch_add_delete(struct batch *batch, const struct entry *entry,
                             const struct field *deleted)
{
    struct change *change = batch_add(batch, entry, OP_DELETE);
    change->has_deleted_at = true;
    change->deleted_at = deleted->at;
}

static bool field_deletes(const struct field *field)
{
    return str_is(field->name, "deletedAt") && !str_is(field->value, "null");
}

/* Fields as one update, and a delete as the delete that it is. */
static void batch_add_later(struct device *device, struct batch *batch,
                            const struct entry *entry, struct field *fields,
                            size_t count)
{
    const struct field *deleted = NULL;
    for (size_t i = 0; i < count && !deleted; i++) {
        deleted = field_deletes(&fields[i]) ? &fields[i] : NULL;
    }
    size_t others = deleted ? count - 1 : count;
    if (others > 0) {
        struct change *change = batch_add(batch, entry, OP_UPDATE);
        change->has_fields = true;
        change->fields = fields;
        change->field_count = others;
        if (deleted) {
            change->fields = arena_must(device->config.arena, others,
                                        sizeof *change->fields);
            for (size_t i = 0, to = 0; i < count; i++) {
                if (&fields[i] != deleted) {
                    change->fields[to++] = fields[i];
                }
            }
        }
    }
    if (deleted) {
        batch_add_delete(batch, entry, deleted);
    }
}

static void batch_add_rows(struct device *device, struct batch *batch,
                           const struct entry *entry, uint64_t fence)
{
    for (const struct row *row = entry->rows; row && row->number <= fence;
         row = row->next) {
        batch->rows =
            arena_grow(device->config.arena, batch->rows, batch->row_count,
                       &batch->row_cap, sizeof *batch->rows);
        batch->rows[batch->row_count++] = row->number;
    }
}

static void batch_add_record(struct device *device, struct batch *batch,
                             const struct entry *entry, uint64_t fence)
{
    struct pile pile;
    pile_make(device, entry, fence, &pile);
    if (pile.insert) {
        batch_add_insert(device, batch, entry, pile.insert);
    }
    if (pile.alone) {
        batch_add_later(device, batch, entry, pile.alone->fields,
                        pile.alone->field_count);
    } else {
        batch_add_later(device, batch, entry, pile.later.fields,
                        pile.later.field_count);
    }
    batch_add_rows(device, batch, entry, fence);
    batch->records++;
}

static int number_cmp(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

enum { CHANGES_A_RECORD = 3 };

void batch_make(struct device *device, const struct batch_limits *limits,
                struct batch *out)
{
    const struct queue *queue = &device->queue;
    size_t room = queue->count * CHANGES_A_RECORD;
    size_t wanted = limits->changes;
    *out = (struct batch){0};
    room = room < wanted ? room : wanted;
    out->changes = arena_must(device->config.arena, room + CHANGES_A_RECORD,
                              sizeof *out->changes);
    for (size_t i = 0; i < queue->count; i++) {
        const struct row *row = queue->rows[i];
        if (row->number > limits->fence || out->records >= limits->records ||
            out->count >= wanted) {
            break;
        }
        if (row != row->entry->rows ||
            last_within(row->entry, limits->fence)->refused) {
            continue;
        }
        struct batch before = *out;
        batch_add_record(device, out, row->entry, limits->fence);
        if (out->count > wanted && before.records > 0) {
            before.rows = out->rows;
            before.row_cap = out->row_cap;
            *out = before;
            break;
        }
    }
    if (out->row_count > 1) {
        qsort(out->rows, out->row_count, sizeof *out->rows, number_cmp);
    }
}
