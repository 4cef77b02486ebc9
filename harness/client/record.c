/* SPDX-License-Identifier: MIT */
/* record - registers and their order.  Layer: harness/client. */
#include "harness/client/record.h"

#include <string.h>

int record_order(const struct field *a, const struct field *b)
{
    int by_time = instant_cmp(a->at, b->at);
    return by_time != 0 ? by_time : str_cmp(a->value, b->value);
}

/* Index of the register, or where it would go. */
static size_t place_find(const struct record *record, struct str name,
                         bool *found)
{
    size_t low = 0, high = record->field_count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct str there = record->fields[middle].name;
        int order =
            there.p == name.p && there.n == name.n ? 0 : str_cmp(there, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct field *record_register(struct record *record, struct str name)
{
    bool found;
    size_t at = place_find(record, name, &found);
    return found ? &record->fields[at] : NULL;
}

const struct field *record_field(const struct record *record, struct str name)
{
    bool found;
    size_t at = place_find(record, name, &found);
    return found ? &record->fields[at] : NULL;
}

bool record_live(const struct record *record)
{
    const struct field *deleted = record_field(record, STR("deletedAt"));
    return !deleted || str_is(deleted->value, "null");
}

static void record_open(struct record *record, struct arena *arena, size_t at,
                        const struct field *write)
{
    record->fields = arena_grow(arena, record->fields, record->field_count,
                                &record->field_cap, sizeof *record->fields);
    memmove(&record->fields[at + 1], &record->fields[at],
            (record->field_count - at) * sizeof *record->fields);
    record->fields[at] = *write;
    record->field_count++;
}

void record_put(struct record *record, struct arena *arena,
                const struct field *write)
{
    bool found;
    size_t at = place_find(record, write->name, &found);
    if (found) {
        record->fields[at] = *write;
    } else {
        record_open(record, arena, at, write);
    }
}

bool record_merge(struct record *record, struct arena *arena,
                  const struct field *write)
{
    bool found;
    size_t at = place_find(record, write->name, &found);
    if (!found) {
        record_open(record, arena, at, write);
        return true;
    }
    if (record_order(write, &record->fields[at]) <= 0) {
        return false;
    }
    record->fields[at] = *write;
    return true;
}

struct instant record_updated_at(const struct record *record)
{
    struct instant latest = INSTANT_MIN;
    for (size_t i = 0; i < record->field_count; i++) {
        if (instant_cmp(record->fields[i].at, latest) > 0) {
            latest = record->fields[i].at;
        }
    }
    return latest;
}

struct str record_instant_value(struct arena *arena, struct instant at)
{
    char text[INSTANT_TEXT_MAX + 2] = "\"";
    struct str spelled = at.ns % 1000000 == 0 ? instant_write_ms(at, text + 1)
                                              : instant_write_ns(at, text + 1);
    text[spelled.n + 1] = '"';
    return arena_str(arena, (struct str){text, spelled.n + 2});
}

struct str record_deleted_value(struct arena *arena, struct str canonical)
{
    struct instant at;
    if (canonical.n < 2 || canonical.p[0] != '"') {
        return canonical;
    }
    struct str inside = {canonical.p + 1, canonical.n - 2};
    if (instant_parse(inside, &at, NULL) != ST_OK) {
        return canonical;
    }
    return record_instant_value(arena, at);
}
