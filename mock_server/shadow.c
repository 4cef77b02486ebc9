/* SPDX-License-Identifier: MIT */
/* shadow - merged state of every record, for planted bugs.
 * Layer: mock_server. */
#include "mock_server/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "mock_server/mangle.h"

struct shadow_edit {
    struct str client;
    unsigned ops; /* bits by enum op */
};

struct shadow_record {
    struct str user, app, table, id;
    uint64_t hash;
    struct field *fields; /* winners; not sorted */
    size_t count, cap;
    struct instant newest;
    bool has_insert;
    struct change insert; /* the first */
    struct str last_client;
    struct shadow_edit *edits;
    size_t edit_count, edit_cap;
};

struct shadow {
    struct arena arena;
    struct shadow_record **slots; /* open addressing, malloc'd */
    size_t count, cap;
};

static const enum bug shadow_bugs[] = {
    BUG_ECHO_FILTER_DROPS_OTHERS, BUG_DEDUPE_DROPS_SECOND_EDIT,
    BUG_RECORD_LEVEL_LWW,         BUG_ARRIVAL_ORDER_WINS,
    BUG_TIE_BY_ARRIVAL,           BUG_TIE_WRONG_EVERYWHERE,
    BUG_STAMPS_COMPARED_AS_TEXT,  BUG_INSERT_REDELIVERED_AFTER_DELETE,
    BUG_UPDATE_CREATES_NOTHING,   BUG_UNKNOWN_FIELD_DROPPED,
};

bool shadow_needed(const struct bug_set *bugs)
{
    for (size_t i = 0; i < sizeof(shadow_bugs) / sizeof(shadow_bugs[0]); i++) {
        if (bug_on(bugs, shadow_bugs[i])) {
            return true;
        }
    }
    return false;
}

struct shadow *shadow_create(void)
{
    struct shadow *shadow = calloc(1, sizeof(*shadow));

    if (shadow) {
        arena_init(&shadow->arena, LIMIT_RUN_ARENA);
    }
    return shadow;
}

void shadow_free(struct shadow *shadow)
{
    if (shadow) {
        arena_free(&shadow->arena);
        free(shadow->slots);
        free(shadow);
    }
}

/* ---- records by name ---- */

static void shadow_rehash(struct shadow *shadow)
{
    size_t cap = shadow->cap ? shadow->cap * 2 : 64;
    struct shadow_record **slots = calloc(cap, sizeof(struct shadow_record *));

    ASSERT(slots);
    for (size_t i = 0; i < shadow->cap; i++) {
        if (shadow->slots[i]) {
            size_t at = shadow->slots[i]->hash & (cap - 1);

            while (slots[at]) {
                at = (at + 1) & (cap - 1);
            }
            slots[at] = shadow->slots[i];
        }
    }
    free(shadow->slots);
    shadow->slots = slots;
    shadow->cap = cap;
}

static bool shadow_is(const struct shadow_record *record,
                      const struct shadow_place *place, struct str table,
                      struct str id)
{
    return str_eq(record->id, id) && str_eq(record->table, table) &&
           str_eq(record->app, place->app) && str_eq(record->user, place->user);
}

/* The record; made when it is not there. */
static struct shadow_record *shadow_find(struct shadow *shadow,
                                         const struct shadow_place *place,
                                         struct str table, struct str id)
{
    uint64_t hash = hash_str(hash_str(HASH_START, place->user), place->app);

    hash = hash_str(hash_str(hash, table), id);
    if (2 * shadow->count >= shadow->cap) {
        shadow_rehash(shadow);
    }
    size_t at = hash & (shadow->cap - 1);

    while (shadow->slots[at]) {
        if (shadow_is(shadow->slots[at], place, table, id)) {
            return shadow->slots[at];
        }
        at = (at + 1) & (shadow->cap - 1);
    }
    struct shadow_record *record =
        arena_must(&shadow->arena, 1, sizeof(*record));

    *record =
        (struct shadow_record){.user = arena_str(&shadow->arena, place->user),
                               .app = arena_str(&shadow->arena, place->app),
                               .table = arena_str(&shadow->arena, table),
                               .id = arena_str(&shadow->arena, id),
                               .hash = hash,
                               .newest = INSTANT_MIN};
    shadow->slots[at] = record;
    shadow->count++;
    return record;
}

static struct field *shadow_field(const struct shadow_record *record,
                                  struct str name)
{
    for (size_t i = 0; i < record->count; i++) {
        if (str_eq(record->fields[i].name, name)) {
            return &record->fields[i];
        }
    }
    return NULL;
}

/* ---- a change as single writes ---- */

static struct str shadow_stamp_text(const struct field *field,
                                    struct arena *arena)
{
    char text[INSTANT_TEXT_MAX];

    return field->at_text.n
               ? field->at_text
               : arena_str(arena, instant_write_ms(field->at, text));
}

static struct field *shadow_writes(const struct change *change,
                                   struct arena *arena, size_t *count)
{
    struct field *list;

    if (change->op == OP_DELETE) {
        list = arena_must(arena, 1, sizeof(*list));
        list->name = STR("deletedAt");
        list->at = change->deleted_at;
        list->at_text = change->deleted_at_text;
        list->at_text = shadow_stamp_text(list, arena);
        list->value = arena_printf(arena, "\"%.*s\"", STR_ARG(list->at_text));
        *count = change->has_deleted_at ? 1 : 0;
        return list;
    }
    const struct field *from =
        change->op == OP_INSERT ? change->data : change->fields;

    *count = change->op == OP_INSERT ? change->data_count : change->field_count;
    list = arena_must(arena, *count + 1, sizeof(*list));
    for (size_t i = 0; i < *count; i++) {
        list[i] = from[i];
        if (change->op == OP_INSERT) {
            list[i].at = change_insert_stamp(change);
        }
        list[i].at_text = shadow_stamp_text(&list[i], arena);
    }
    return list;
}

/* ---- before a change is stored ---- */

static bool shadow_edited(const struct shadow_record *record, struct str client,
                          enum op op)
{
    for (size_t i = 0; i < record->edit_count; i++) {
        if (str_eq(record->edits[i].client, client)) {
            return record->edits[i].ops >> op & 1u;
        }
    }
    return false;
}

/* Of a collection: kept under an id that no client can send. */
static struct shadow_record *shadow_schema(struct shadow *shadow,
                                           const struct shadow_place *place,
                                           struct str table)
{
    return shadow_find(shadow, place, table, (struct str){0});
}

static size_t shadow_keep_known(const struct shadow_record *schema,
                                struct field *list, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (shadow_field(schema, list[i].name)) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

static bool shadow_admit_schema(const struct shadow_record *schema,
                                struct change *change)
{
    if (!schema->has_insert) {
        return true;
    }
    change->data_count =
        shadow_keep_known(schema, change->data, change->data_count);
    change->field_count =
        shadow_keep_known(schema, change->fields, change->field_count);
    return change->op != OP_UPDATE || change->field_count > 0;
}

static bool shadow_admit_text(const struct shadow_record *record,
                              struct arena *arena, struct change *change)
{
    size_t kept = 0, count;
    const struct field *writes = shadow_writes(change, arena, &count);

    if (change->op == OP_INSERT) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        const struct field *old = shadow_field(record, writes[i].name);

        if (old && str_cmp(writes[i].at_text, old->at_text) < 0) {
            continue;
        }
        if (change->op == OP_UPDATE) {
            change->fields[kept] = change->fields[i];
        }
        kept++;
    }
    if (change->op == OP_UPDATE) {
        change->field_count = kept;
    }
    return kept > 0;
}

/* Should this write, by the rule of a bug, beat what is there although its
 * stamp does not? */
static bool shadow_lifts(const struct bug_set *bugs, const struct field *write,
                         const struct field *old)
{
    int order = old ? instant_cmp(write->at, old->at) : 1;

    if (order > 0 || str_eq(write->value, old->value)) {
        return false;
    }
    return bug_on(bugs, BUG_ARRIVAL_ORDER_WINS) ||
           (bug_on(bugs, BUG_TIE_BY_ARRIVAL) && order == 0 &&
            str_cmp(write->value, old->value) < 0);
}

static void shadow_lift(const struct shadow_record *record,
                        const struct bug_set *bugs, struct arena *arena,
                        struct change *change)
{
    size_t count;
    const struct field *writes = shadow_writes(change, arena, &count);

    for (size_t i = 0; i < count; i++) {
        const struct field *old = shadow_field(record, writes[i].name);
        char text[INSTANT_TEXT_MAX];

        if (!shadow_lifts(bugs, &writes[i], old)) {
            continue;
        }
        struct instant at = instant_add_ns(old->at, 1);

        if (change->op != OP_UPDATE) {
            mangle_restamp(change, at, arena);
            return;
        }
        change->fields[i].at = at;
        change->fields[i].at_text =
            arena_str(arena, instant_write_ns(at, text));
    }
}

bool shadow_admit(struct shadow *shadow, const struct bug_set *bugs,
                  const struct shadow_place *place, struct change *change)
{
    struct shadow_record *record =
        shadow_find(shadow, place, change->table, change->id);

    if (bug_on(bugs, BUG_DEDUPE_DROPS_SECOND_EDIT) &&
        shadow_edited(record, place->client, change->op)) {
        return false;
    }
    if (bug_on(bugs, BUG_UPDATE_CREATES_NOTHING) && change->op == OP_UPDATE &&
        !record->has_insert) {
        return false;
    }
    if (bug_on(bugs, BUG_RECORD_LEVEL_LWW) && change->op == OP_UPDATE &&
        instant_cmp(change_newest_stamp(change), record->newest) < 0) {
        return false;
    }
    if (bug_on(bugs, BUG_UNKNOWN_FIELD_DROPPED) &&
        !shadow_admit_schema(shadow_schema(shadow, place, change->table),
                             change)) {
        return false;
    }
    if (bug_on(bugs, BUG_STAMPS_COMPARED_AS_TEXT) &&
        !shadow_admit_text(record, place->arena, change)) {
        return false;
    }
    shadow_lift(record, bugs, place->arena, change);
    return true;
}

/* ---- after it was stored ---- */

static struct field shadow_copy_field(struct arena *arena,
                                      const struct field *field)
{
    return (struct field){.name = arena_str(arena, field->name),
                          .value = arena_str(arena, field->value),
                          .at = field->at,
                          .at_text = arena_str(arena, field->at_text)};
}

static void shadow_set_field(struct shadow *shadow,
                             struct shadow_record *record,
                             const struct field *write)
{
    struct field *old = shadow_field(record, write->name);
    struct field copy = shadow_copy_field(&shadow->arena, write);

    if (old) {
        *old = copy;
        return;
    }
    record->fields = arena_grow(&shadow->arena, record->fields, record->count,
                                &record->cap, sizeof(copy));
    record->fields[record->count++] = copy;
}

static void shadow_note_edit(struct shadow *shadow,
                             struct shadow_record *record, struct str client,
                             enum op op)
{
    size_t i = 0;

    while (i < record->edit_count && !str_eq(record->edits[i].client, client)) {
        i++;
    }
    if (i == record->edit_count) {
        record->edits =
            arena_grow(&shadow->arena, record->edits, record->edit_count,
                       &record->edit_cap, sizeof(*record->edits));
        record->edits[record->edit_count++] =
            (struct shadow_edit){.client = arena_str(&shadow->arena, client)};
    }
    record->edits[i].ops |= 1u << op;
    record->last_client = record->edits[i].client;
}

static void shadow_note_insert(struct shadow *shadow,
                               struct shadow_record *record,
                               const struct change *change)
{
    struct field *data =
        arena_must(&shadow->arena, change->data_count + 1, sizeof(*data));

    for (size_t i = 0; i < change->data_count; i++) {
        data[i] = shadow_copy_field(&shadow->arena, &change->data[i]);
    }
    record->has_insert = true;
    record->insert = (struct change){.table = record->table,
                                     .id = record->id,
                                     .op = OP_INSERT,
                                     .has_data = true,
                                     .data = data,
                                     .data_count = change->data_count,
                                     .schema_version = change->schema_version};
}

/* The lesser of two values with one stamp, written a moment later. */
static struct field shadow_tie(const struct field *a, const struct field *b,
                               struct arena *arena)
{
    char text[INSTANT_TEXT_MAX];
    struct field lesser = str_cmp(a->value, b->value) < 0 ? *a : *b;

    lesser.at = instant_add_ns(lesser.at, 1);
    lesser.at_text = arena_str(arena, instant_write_ns(lesser.at, text));
    return lesser;
}

/* Merge the writes; fields of ties go to `ties`. */
static size_t shadow_merge_fields(struct shadow *shadow,
                                  const struct bug_set *bugs,
                                  struct shadow_record *record,
                                  struct field *writes, size_t count)
{
    size_t ties = 0;

    for (size_t i = 0; i < count; i++) {
        const struct field *old = shadow_field(record, writes[i].name);
        int order = old ? instant_cmp(writes[i].at, old->at) : 1;

        if (order == 0 && bug_on(bugs, BUG_TIE_WRONG_EVERYWHERE) &&
            instant_cmp(writes[i].at, INSTANT_MIN) > 0 &&
            !str_eq(writes[i].value, old->value)) {
            struct field tie = shadow_tie(&writes[i], old, &shadow->arena);

            shadow_set_field(shadow, record, &tie);
            writes[ties++] = tie;
        } else if (order > 0 || bug_on(bugs, BUG_STAMPS_COMPARED_AS_TEXT) ||
                   (order == 0 && str_cmp(writes[i].value, old->value) > 0)) {
            shadow_set_field(shadow, record, &writes[i]);
        }
    }
    return ties;
}

/* The record's insert once more, as if written after its delete. */
static void shadow_revive(const struct shadow_record *record,
                          struct instant deleted_at, struct arena *arena,
                          struct change *out)
{
    *out = record->insert;
    out->data = arena_must(arena, out->data_count + 2, sizeof(*out->data));
    out->data_count = 0;
    for (size_t i = 0; i < record->insert.data_count; i++) {
        if (!str_is(record->insert.data[i].name, "deletedAt")) {
            out->data[out->data_count++] = record->insert.data[i];
        }
    }
    out->data[out->data_count++] =
        (struct field){.name = STR("deletedAt"), .value = STR("null")};
    field_sort(out->data, out->data_count);
    mangle_restamp(out, instant_add_ns(deleted_at, 1), arena);
}

bool shadow_merge(struct shadow *shadow, const struct bug_set *bugs,
                  const struct shadow_place *place, const struct change *change,
                  struct change *correction)
{
    struct shadow_record *record =
        shadow_find(shadow, place, change->table, change->id);
    size_t count;
    struct field *writes = shadow_writes(change, place->arena, &count);
    struct instant newest = change_newest_stamp(change);

    shadow_note_edit(shadow, record, place->client, change->op);
    if (change->op == OP_INSERT && !record->has_insert) {
        struct shadow_record *schema =
            shadow_schema(shadow, place, change->table);

        shadow_note_insert(shadow, record, change);
        for (size_t i = 0; i < count && !schema->has_insert; i++) {
            shadow_set_field(shadow, schema, &writes[i]);
        }
        schema->has_insert = true;
    }
    if (instant_cmp(newest, record->newest) > 0) {
        record->newest = newest;
    }
    size_t ties = shadow_merge_fields(shadow, bugs, record, writes, count);

    if (ties > 0) {
        *correction = (struct change){.table = change->table,
                                      .id = change->id,
                                      .op = OP_UPDATE,
                                      .has_fields = true,
                                      .fields = writes,
                                      .field_count = ties,
                                      .schema_version = change->schema_version};
        return true;
    }
    if (bug_on(bugs, BUG_INSERT_REDELIVERED_AFTER_DELETE) &&
        change->op == OP_DELETE && record->has_insert) {
        shadow_revive(record, change->deleted_at, place->arena, correction);
        return true;
    }
    return false;
}

bool shadow_wrote_last(struct shadow *shadow, const struct shadow_place *place,
                       struct str table, struct str id)
{
    return str_eq(shadow_find(shadow, place, table, id)->last_client,
                  place->client);
}
