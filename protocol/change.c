/* SPDX-License-Identifier: MIT */
/* change - what clients and servers tell each other, as data.
 * Layer: protocol. */
#include "protocol/change.h"

#include <stdlib.h>

enum { SORT_BY_HAND = 12 }; /* few, or nearly in order: cheaper than qsort */

const char *op_name(enum op op)
{
    static const char *const names[] = {
        [OP_INSERT] = "insert", [OP_UPDATE] = "update", [OP_DELETE] = "delete"};
    return names[op];
}

const struct field *field_find(const struct field *fields, size_t count,
                               struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(fields[i].name, name)) {
            return &fields[i];
        }
    }
    return NULL;
}

/* A time is written without escapes, so the text between the quotes of the
 * canonical value is the time itself. */
static bool time_of(const struct change *change, struct str name,
                    struct instant *out)
{
    const struct field *field =
        field_find(change->data, change->data_count, name);
    if (!field || field->value.n < 2 || field->value.p[0] != '"') {
        return false;
    }
    struct str text = {field->value.p + 1, field->value.n - 2};
    return instant_parse(text, out, NULL) == ST_OK;
}

struct instant change_insert_stamp(const struct change *change)
{
    struct instant at = INSTANT_MIN;
    if (!time_of(change, STR("updatedAt"), &at)) {
        time_of(change, STR("createdAt"), &at);
    }
    return at;
}

struct instant change_newest_stamp(const struct change *change)
{
    struct instant newest =
        change->op == OP_INSERT ? change_insert_stamp(change) : INSTANT_MIN;
    for (size_t i = 0; i < change->field_count; i++) {
        if (instant_cmp(change->fields[i].at, newest) > 0) {
            newest = change->fields[i].at;
        }
    }
    if (change->has_deleted_at && instant_cmp(change->deleted_at, newest) > 0) {
        newest = change->deleted_at;
    }
    return newest;
}

static int field_cmp(const void *left, const void *right)
{
    const struct field *a = left, *b = right;
    return str_cmp(a->name, b->name);
}

static bool is_sorted(const struct field *fields, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (str_cmp(fields[i - 1].name, fields[i].name) > 0) {
            return false;
        }
    }
    return true;
}

void field_sort(struct field *fields, size_t count)
{
    if (is_sorted(fields, count)) {
        return;
    }
    if (count > SORT_BY_HAND) {
        qsort(fields, count, sizeof fields[0], field_cmp);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct field moving = fields[i];
        size_t k = i;
        for (; k > 0 && str_cmp(fields[k - 1].name, moving.name) > 0; k--) {
            fields[k] = fields[k - 1];
        }
        fields[k] = moving;
    }
}
