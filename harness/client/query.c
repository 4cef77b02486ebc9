/* SPDX-License-Identifier: MIT */
/* query - live records that match, in an order that is the same everywhere.
 * Layer: harness/client. */
#include <stdlib.h>
#include <string.h>

#include "harness/client/device_state.h"

/* Values of different types: absent, null, false, true, numbers, strings,
 * arrays, objects. */
static int value_rank(struct str value)
{
    static const char first[] = "nft0\"[{";
    if (value.n == 0) {
        return -1;
    }
    char byte = value.p[0];
    if (byte == '-' || (byte >= '0' && byte <= '9')) {
        byte = '0';
    }
    const char *at = strchr(first, byte);
    return at ? (int)(at - first) : (int)sizeof first;
}

static int number_order(struct str a, struct str b)
{
    char x[64], y[64];
    if (a.n >= sizeof x || b.n >= sizeof y) {
        return str_cmp(a, b);
    }
    memcpy(x, a.p, a.n);
    x[a.n] = '\0';
    memcpy(y, b.p, b.n);
    y[b.n] = '\0';
    double p = strtod(x, NULL), q = strtod(y, NULL);
    return p < q ? -1 : p > q ? 1 : str_cmp(a, b);
}

static int value_order(struct str a, struct str b)
{
    int x = value_rank(a), y = value_rank(b);
    if (x != y) {
        return x < y ? -1 : 1;
    }
    return x == 3 ? number_order(a, b) : str_cmp(a, b);
}

struct sorted {
    const struct record *record;
    struct str key; /* canonical, or the content of a string after a quote */
    bool key_descends, id_descends;
};

static int sorted_cmp(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    int order = value_order(x->key, y->key);
    if (order != 0) {
        return x->key_descends ? -order : order;
    }
    order = str_cmp(x->record->id, y->record->id);
    return x->id_descends ? -order : order;
}

static struct str quoted(struct arena *arena, struct str content)
{
    char *text = arena_must(arena, content.n + 1, 1);
    text[0] = '"';
    memcpy(text + 1, content.p, content.n);
    return (struct str){text, content.n + 1};
}

/* What the record is sorted by.  Escapes would sort by their spelling, so
 * strings lose them. */
static struct str sort_key(const struct record *record, struct str name,
                           struct arena *arena)
{
    struct str content;
    if (name.n == 0 || str_is(name, "id")) {
        return (struct str){0};
    }
    if (str_is(name, "updatedAt")) {
        return record_instant_value(arena, record_updated_at(record));
    }
    const struct field *field = record_field(record, name);
    if (!field) {
        return (struct str){0};
    }
    if (memchr(field->value.p, '\\', field->value.n) &&
        json_unquote(field->value, arena, &content)) {
        return quoted(arena, content);
    }
    return field->value;
}

static bool id_matches(const struct record *record, struct str value,
                       struct arena *arena)
{
    struct str id;
    return json_unquote(value, arena, &id) && str_eq(record->id, id);
}

static bool query_matches(const struct query *query,
                          const struct record *record, struct arena *arena)
{
    if (!str_eq(record->collection, query->collection) ||
        !record_live(record)) {
        return false;
    }
    for (size_t i = 0; i < query->where_count; i++) {
        const struct field *want = &query->where[i];
        if (str_is(want->name, "id")) {
            if (!id_matches(record, want->value, arena)) {
                return false;
            }
            continue;
        }
        const struct field *held = record_field(record, want->name);
        if (!held || !str_eq(held->value, want->value)) {
            return false;
        }
    }
    return true;
}

const struct record *const *device_query(const struct device *device,
                                         const struct query *query,
                                         struct arena *arena, size_t *count)
{
    const struct replica *replica = &device->replica;
    struct sorted *found = arena_must(arena, replica->count + 1, sizeof *found);
    bool by_id = query->order.n == 0 || str_is(query->order, "id");
    size_t n = 0;
    for (size_t i = 0; i < replica->count; i++) {
        const struct record *record = &replica->entries[i]->record;
        if (!replica->entries[i]->gone && query_matches(query, record, arena)) {
            found[n++] =
                (struct sorted){record, sort_key(record, query->order, arena),
                                query->descending, query->descending && by_id};
        }
    }
    if (n > 1) {
        qsort(found, n, sizeof *found, sorted_cmp);
    }
    size_t from = query->offset < n ? query->offset : n;
    size_t taken = n - from;
    taken = query->limit > 0 && query->limit < taken ? query->limit : taken;
    const struct record **list =
        arena_must(arena, taken + 1, sizeof(const struct record *));
    for (size_t i = 0; i < taken; i++) {
        list[i] = found[from + i].record;
    }
    *count = taken;
    return list;
}
