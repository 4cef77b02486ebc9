/* SPDX-License-Identifier: MIT */
/* queue - local writes that the server has not acknowledged, oldest first.
 * Layer: harness/client. */
#include "base/asserts.h"
#include "harness/client/device_state.h"

struct row *queue_append(struct device *device, struct entry *entry,
                         struct row row)
{
    struct queue *queue = &device->queue;
    struct row *added = arena_must(device->config.arena, 1, sizeof *added);
    *added = row;
    added->number = ++queue->last_number;
    added->entry = entry;
    added->next = NULL;
    if (entry->last) {
        entry->last->next = added;
    } else {
        entry->rows = added;
    }
    entry->last = added;
    queue->rows = arena_grow(device->config.arena, queue->rows, queue->count,
                             &queue->cap, sizeof(struct row *));
    queue->rows[queue->count++] = added;
    return added;
}

static void row_unhang(struct row *row)
{
    struct entry *entry = row->entry;
    struct row *before = NULL;
    for (struct row *at = entry->rows; at != row; at = at->next) {
        before = at;
    }
    if (before) {
        before->next = row->next;
    } else {
        entry->rows = row->next;
    }
    if (entry->last == row) {
        entry->last = before;
    }
}

void queue_drop(struct device *device, struct row *row)
{
    struct queue *queue = &device->queue;
    size_t at = 0;
    while (queue->rows[at] != row) {
        at++;
    }
    for (queue->count--; at < queue->count; at++) {
        queue->rows[at] = queue->rows[at + 1];
    }
    row_unhang(row);
}

void queue_clear(struct device *device)
{
    for (size_t i = 0; i < device->queue.count; i++) {
        struct entry *entry = device->queue.rows[i]->entry;
        entry->rows = entry->last = NULL;
    }
    device->queue.count = 0;
}

/* Is the row among these ascending numbers?  `at` walks along. */
static bool row_among(const struct row *row, const uint64_t *numbers,
                      size_t count, size_t *at)
{
    while (*at < count && numbers[*at] < row->number) {
        (*at)++;
    }
    return *at < count && numbers[*at] == row->number;
}

size_t queue_acknowledge(struct device *device, const uint64_t *numbers,
                         size_t count, const struct scribe *scribe)
{
    struct queue *queue = &device->queue;
    size_t kept = 0, at = 0, cleared = 0;
    uint64_t greatest = 0;
    for (size_t i = 0; i < queue->count; i++) {
        struct row *row = queue->rows[i];
        if (row_among(row, numbers, count, &at)) {
            row_unhang(row);
            greatest = row->number;
            cleared++;
        } else {
            queue->rows[kept++] = row;
        }
    }
    queue->count = kept;
    if (cleared > 0) {
        scribe_note(scribe, (struct event){.kind = EV_ACK,
                                           .number = (int64_t)greatest,
                                           .code = (int32_t)cleared});
    }
    return cleared;
}

void queue_doubt(struct device *device, const uint64_t *numbers, size_t count,
                 int step)
{
    size_t at = 0;
    for (size_t i = 0; i < device->queue.count; i++) {
        struct row *row = device->queue.rows[i];
        if (row_among(row, numbers, count, &at)) {
            ASSERT(step > 0 || row->doubts > 0);
            row->doubts = step > 0 ? row->doubts + 1 : row->doubts - 1;
        }
    }
}

void queue_note_withdraw(const struct row *row, struct str why,
                         const struct field *fields, size_t field_count,
                         const struct scribe *scribe)
{
    scribe_note(scribe, (struct event){
                            .kind = EV_WITHDRAW,
                            .collection = row->entry->record.collection,
                            .id = row->entry->record.id,
                            .exchange = (uint32_t)row->number,
                            .text = why,
                            .fields = fields,
                            .field_count = field_count,
                        });
}

void queue_refuse(struct device *device, const uint64_t *numbers, size_t count,
                  struct str why, const struct scribe *scribe)
{
    size_t at = 0;
    for (size_t i = 0; i < device->queue.count; i++) {
        struct row *row = device->queue.rows[i];
        if (!row_among(row, numbers, count, &at)) {
            continue;
        }
        row->refused = true;
        queue_note_withdraw(row, why, row->fields, row->field_count, scribe);
    }
}

void queue_forgive(struct device *device)
{
    for (size_t i = 0; i < device->queue.count; i++) {
        device->queue.rows[i]->refused = false;
    }
}

size_t device_pending_count(const struct device *device, struct str collection)
{
    if (collection.n == 0) {
        return device->queue.count;
    }
    size_t count = 0;
    for (size_t i = 0; i < device->queue.count; i++) {
        count +=
            str_eq(device->queue.rows[i]->entry->record.collection, collection);
    }
    return count;
}

size_t device_refused_count(const struct device *device)
{
    size_t count = 0;
    for (size_t i = 0; i < device->queue.count; i++) {
        count += device->queue.rows[i]->entry->last->refused;
    }
    return count;
}

struct pending_view device_pending_at(const struct device *device, size_t index)
{
    ASSERT(index < device->queue.count);
    const struct row *row = device->queue.rows[index];
    return (struct pending_view){
        .collection = row->entry->record.collection,
        .id = row->entry->record.id,
        .kind = row->kind,
        .row = row->number,
        .queued_ms = row->queued_ms,
    };
}
