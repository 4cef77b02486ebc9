/* SPDX-License-Identifier: MIT */
/* strategy - a write that comes in against what is held and what is pending.
 * Layer: harness/client. */
#include "base/asserts.h"
#include "harness/client/device_state.h"

static void strategy_store(struct device *device, struct entry *entry,
                           struct field write)
{
    write.value = device_keep(device, write.value);
    write.at_text = device_bug(device, CLIENT_BUG_STAMPS_AS_TEXT)
                        ? device_keep(device, write.at_text)
                        : (struct str){0};
    record_put(&entry->record, device->config.arena, &write);
}

static struct str stamp_text(const struct field *field,
                             char scratch[INSTANT_TEXT_MAX])
{
    return field->at_text.n > 0 ? field->at_text
                                : instant_write_ms(field->at, scratch);
}

static bool strategy_wins(const struct device *device,
                          const struct field *write, const struct field *held)
{
    if (device_bug(device, CLIENT_BUG_TIE_TAKES_INCOMING) &&
        instant_cmp(write->at, held->at) == 0) {
        return true;
    }
    if (device_bug(device, CLIENT_BUG_STAMPS_AS_TEXT)) {
        char a[INSTANT_TEXT_MAX], b[INSTANT_TEXT_MAX];
        int order = str_cmp(stamp_text(write, a), stamp_text(held, b));
        return order != 0 ? order > 0 : str_cmp(write->value, held->value) > 0;
    }
    return record_order(write, held) > 0;
}

/* The index of the field in the row, or field_count. */
static size_t row_field(const struct row *row, struct str name)
{
    size_t i = 0;
    while (i < row->field_count && row->fields[i].name.p != name.p) {
        i++;
    }
    return i;
}

static bool row_has(const struct row *row, struct str name)
{
    return row_field(row, name) < row->field_count;
}

static struct row *pending_last(const struct entry *entry, struct str name)
{
    struct row *last = NULL;
    for (struct row *row = entry->rows; row; row = row->next) {
        if (row_has(row, name)) {
            last = row;
        }
    }
    return last;
}

static struct row *pending_first_unsent(const struct entry *entry,
                                        struct str name)
{
    struct row *row = entry->rows;
    while (row && (row->doubts > 0 || !row_has(row, name))) {
        row = row->next;
    }
    return row;
}

/* The event history borrows the fields of rows: a changed row gets a copy. */
static struct field *fields_copy(struct device *device, const struct row *row)
{
    struct field *copy =
        arena_must(device->config.arena, row->field_count, sizeof *copy);
    for (size_t i = 0; i < row->field_count; i++) {
        copy[i] = row->fields[i];
    }
    return copy;
}

static void restamp_note(const struct device *device, const struct row *row,
                         struct field *field, const struct scribe *scribe)
{
    bool deletes =
        str_is(field->name, "deletedAt") && !str_is(field->value, "null");
    scribe_note(scribe, (struct event){
                            .kind = EV_EDIT,
                            .collection = row->entry->record.collection,
                            .id = row->entry->record.id,
                            .as.op = deletes ? OP_DELETE : OP_UPDATE,
                            .exchange = (uint32_t)row->number,
                            .number = (int64_t)device->queue.count,
                            .text = STR("restamped"),
                            .fields = field,
                            .field_count = 1,
                        });
}

/* A row that the server may already have keeps its stamps: the new stamp then
 * travels in a row of its own. */
static struct row *restamp_row(struct device *device, struct row *row,
                               struct field *field, const struct scribe *scribe)
{
    if (row->doubts == 0) {
        row->fields = fields_copy(device, row);
        row->fields[row_field(row, field->name)] = *field;
        return row;
    }
    return queue_append(device, row->entry,
                        (struct row){.kind = EDIT_UPDATE,
                                     .stamp = field->at,
                                     .shown = field->at,
                                     .fields = field,
                                     .field_count = 1,
                                     .queued_ms = scribe->now_ms});
}

/* client-wins: lift the pending write over the one that came in.  A whole
 * millisecond, because that is what the wire carries of our stamps. */
static void strategy_restamp(struct device *device, struct row *row,
                             const struct field *over,
                             const struct scribe *scribe)
{
    struct instant stamp = instant_add_ms(over->at, 1);
    stamp.ns -= stamp.ns % 1000000;
    struct field *field = arena_must(device->config.arena, 1, sizeof *field);
    *field = row->fields[row_field(row, over->name)];
    field->at = stamp;
    if (str_is(field->name, "deletedAt") && !str_is(field->value, "null")) {
        field->value = record_instant_value(device->config.arena, stamp);
    }
    if (instant_cmp(stamp, device->last_stamp) > 0) {
        device->last_stamp = stamp;
    }
    record_put(&row->entry->record, device->config.arena, field);
    row = restamp_row(device, row, field, scribe);
    restamp_note(device, row, field, scribe);
}

static void row_drop_field(struct device *device, struct row *row, size_t at,
                           const struct scribe *scribe)
{
    queue_note_withdraw(row, STR("server-wins"), &row->fields[at], 1, scribe);
    row->fields = fields_copy(device, row);
    row->field_count--;
    for (size_t i = at; i < row->field_count; i++) {
        row->fields[i] = row->fields[i + 1];
        row->bases[i] = row->bases[i + 1];
    }
    if (row->field_count == 0 && row->kind != EDIT_INSERT) {
        queue_drop(device, row);
    }
}

/* server-wins: only news drop a pending write.  What is older than the value
 * that the write was made upon is a redelivery. */
static void strategy_yield(struct device *device, struct entry *entry,
                           struct row *first, const struct field *write,
                           const struct scribe *scribe)
{
    const struct field *base = &first->bases[row_field(first, write->name)];
    if (base->name.p && record_order(write, base) <= 0) {
        return;
    }
    strategy_store(device, entry, *write);
    struct row *next;
    for (struct row *row = first; row; row = next) {
        next = row->next;
        size_t at = row_field(row, write->name);
        if (row->doubts == 0 && at < row->field_count) {
            row_drop_field(device, row, at, scribe);
        }
    }
}

/* Museum: mistakes that take the write without a look at the order. */
static bool strategy_blind(const struct device *device,
                           const struct entry *entry, const struct field *write)
{
    return device_bug(device, CLIENT_BUG_APPLY_WITHOUT_LWW) ||
           (device_bug(device, CLIENT_BUG_REMOTE_BEATS_PENDING) &&
            pending_last(entry, write->name));
}

void strategy_merge(struct device *device, struct entry *entry,
                    struct field write, bool replace,
                    const struct scribe *scribe)
{
    if (device_bug(device, CLIENT_BUG_RECEIVER_CLOCK)) {
        write.at = scribe->wall;
    }
    const struct field *held = record_register(&entry->record, write.name);
    if (!held || replace || strategy_blind(device, entry, &write)) {
        strategy_store(device, entry, write);
        return;
    }
    if (device_bug(device, CLIENT_BUG_REDELIVERY_NOW) &&
        record_order(&write, held) == 0) {
        write.at = scribe->wall;
        strategy_store(device, entry, write);
        return;
    }
    bool wins = strategy_wins(device, &write, held);
    struct row *row = NULL;
    if (device->config.strategy == STRATEGY_CLIENT_WINS) {
        row = pending_last(entry, write.name);
        if (row && wins) {
            strategy_restamp(device, row, &write, scribe);
            return;
        }
    } else if (device->config.strategy == STRATEGY_SERVER_WINS) {
        row = pending_first_unsent(entry, write.name);
        if (row) {
            strategy_yield(device, entry, row, &write, scribe);
            return;
        }
    }
    if (wins) {
        strategy_store(device, entry, write);
    }
}
