/* SPDX-License-Identifier: MIT */
/* reader_change - one change, from its node to its struct.
 * Layer: protocol. */
#include "base/limits.h"
#include "base/utf8.h"
#include "protocol/reader.h"

enum { SHOWN_MAX = 48 }; /* bytes of a wrong value that an error shows */

/* Room for the members of `data` or `fields`. */
static enum status fields_alloc(struct reader *reader, const struct place *at,
                                const struct json_node *object,
                                struct field **out)
{
    if (json_type(object) != JSON_OBJECT) {
        return reader_fail_type(reader, at, object, "an object");
    }
    size_t count = reader_count(object);
    if (count > LIMIT_FIELDS) {
        return place_fail(at, reader->err, ST_LIMIT, "%zu fields, at most %d",
                          count, LIMIT_FIELDS);
    }
    *out =
        arena_array(reader->arena, count > 0 ? count : 1, sizeof(struct field));
    return *out ? ST_OK : reader_fail_memory(reader, at);
}

/* The name that everything but the wire has for a member of a record. */
static struct str record_name(const struct reader *reader, struct str name)
{
    const struct dialect *dialect = reader->rules->dialect;
    return dialect->renames_records
               ? dialect_from_wire(dialect, GROUP_RECORD, name)
               : name;
}

/* A record's own times make the stamp of an insert, so they must be times. */
static enum status check_record_time(struct reader *reader,
                                     const struct place *at,
                                     const struct json_node *node,
                                     struct str name)
{
    struct instant when;
    struct str text;
    bool stamp = str_is(name, "updatedAt") || str_is(name, "createdAt");
    if (stamp || (str_is(name, "deletedAt") && json_type(node) != JSON_NULL)) {
        return reader_time(reader, at, node, &text, &when);
    }
    return ST_OK;
}

static enum status read_data(struct reader *reader, const struct place *at,
                             const struct json_node *node, struct change *out)
{
    enum status status = fields_alloc(reader, at, node, &out->data);
    if (status != ST_OK) {
        return status;
    }
    out->has_data = true;
    for (const struct json_node *member = json_child(node); member;
         member = json_next(member)) {
        struct field *field = &out->data[out->data_count];
        struct str name = json_name(member);
        *field = (struct field){.name = record_name(reader, name),
                                .at = INSTANT_MIN};
        struct place inner = place_member(at, name);
        status = reader_check_name(reader, &inner, field->name);
        if (status == ST_OK && out->op == OP_INSERT) {
            status = check_record_time(reader, &inner, member, field->name);
        }
        if (status == ST_OK) {
            status = reader_value(reader, &inner, member, &field->value);
        }
        if (status != ST_OK) {
            return status;
        }
        out->data_count++;
    }
    field_sort(out->data, out->data_count);
    return ST_OK;
}

static enum status fail_other_stamp(struct reader *reader,
                                    const struct place *entry)
{
    const struct dialect *dialect = reader->rules->dialect;
    return place_fail(entry, reader->err, ST_PROTOCOL,
                      "stamp under \"%s\", the key of another dialect "
                      "(%s expects \"%s\")",
                      dialect->other_stamp_key, dialect->name,
                      dialect->stamp_key);
}

/* {"value": any, STAMPKEY: time} */
static enum status read_entry(struct reader *reader, const struct place *at,
                              const struct json_node *node, struct field *out)
{
    if (json_type(node) != JSON_OBJECT) {
        return reader_fail_type(reader, at, node,
                                "an object with value and stamp");
    }
    const struct dialect *dialect = reader->rules->dialect;
    const struct json_node *value =
        json_member(node, dialect_name(dialect, NAME_VALUE).p);
    const struct json_node *stamp = json_member(node, dialect->stamp_key);
    struct place value_at = reader_place(reader, at, NAME_VALUE);
    struct place stamp_at = reader_place(reader, at, NAME_STAMP);
    if (!stamp && json_member(node, dialect->other_stamp_key)) {
        return fail_other_stamp(reader, at);
    }
    enum status status =
        reader_time(reader, &stamp_at, stamp, &out->at_text, &out->at);
    if (status == ST_OK && !value) {
        status = place_fail(&value_at, reader->err, ST_PROTOCOL,
                            "missing (expected any JSON value)");
    }
    if (status == ST_OK) {
        status = reader_value(reader, &value_at, value, &out->value);
    }
    return status;
}

static enum status read_fields(struct reader *reader, const struct place *at,
                               const struct json_node *node, struct change *out)
{
    enum status status = fields_alloc(reader, at, node, &out->fields);
    if (status != ST_OK) {
        return status;
    }
    out->has_fields = true;
    for (const struct json_node *member = json_child(node); member;
         member = json_next(member)) {
        struct field *field = &out->fields[out->field_count];
        field->name = record_name(reader, json_name(member));
        struct place inner = place_member(at, json_name(member));
        status = reader_check_name(reader, &inner, field->name);
        if (status == ST_OK) {
            status = read_entry(reader, &inner, member, field);
        }
        if (status != ST_OK) {
            return status;
        }
        out->field_count++;
    }
    field_sort(out->fields, out->field_count);
    return ST_OK;
}

#define OPS_TEXT      "(expected %.*s, %.*s or %.*s)"
#define OPS_ARGS(ops) STR_ARG((ops)[0]), STR_ARG((ops)[1]), STR_ARG((ops)[2])

static enum status fail_op(struct reader *reader, const struct place *at,
                           struct str found, const struct str *ops)
{
    struct buf shown;
    buf_init(&shown, 2 * SHOWN_MAX);
    utf8_quote(&shown, found, SHOWN_MAX);
    enum status status =
        place_fail(at, reader->err, ST_PROTOCOL, "unknown op \"%s\" " OPS_TEXT,
                   buf_view(&shown).p, OPS_ARGS(ops));
    buf_free(&shown);
    return status;
}

static enum status read_op(struct reader *reader, const struct place *at,
                           const struct json_node *node, enum op *out)
{
    const struct str *ops = &reader->rules->dialect->names[NAME_OP_INSERT];
    if (!node) {
        return place_fail(at, reader->err, ST_PROTOCOL, "missing " OPS_TEXT,
                          OPS_ARGS(ops));
    }
    struct str text;
    enum status status = reader_string(reader, at, node, &text);
    if (status != ST_OK) {
        return status;
    }
    for (enum op op = OP_INSERT; op <= OP_DELETE; op++) {
        if (str_eq(text, ops[op])) {
            *out = op;
            return ST_OK;
        }
    }
    return fail_op(reader, at, text, ops);
}

struct change_members {
    const struct json_node *table, *id, *op, *data, *fields, *deleted_at;
    const struct json_node *event_id, *schema_version, *actor, *origin,
        *space_id;
};

static void change_members_find(const struct reader *reader,
                                const struct json_node *node,
                                struct change_members *out)
{
    static const struct wanted wanted[] = {
        WANTED(NAME_TABLE, struct change_members, table),
        WANTED(NAME_ID, struct change_members, id),
        WANTED(NAME_OP, struct change_members, op),
        WANTED(NAME_DATA, struct change_members, data),
        WANTED(NAME_FIELDS, struct change_members, fields),
        WANTED(NAME_DELETED_AT, struct change_members, deleted_at),
        WANTED(NAME_EVENT_ID, struct change_members, event_id),
        WANTED(NAME_SCHEMA_VERSION, struct change_members, schema_version),
        WANTED(NAME_ACTOR, struct change_members, actor),
        WANTED(NAME_ORIGIN, struct change_members, origin),
        WANTED(NAME_SPACE_ID, struct change_members, space_id)};
    reader_members(
        reader, node,
        &(struct wanted_list){wanted, sizeof wanted / sizeof wanted[0]}, out);
}

/* Kept as canonical text.  Only an actor may be anything. */
static enum status read_extra(struct reader *reader, const struct place *up,
                              const struct json_node *node, struct str *out)
{
    if (!reader_present(node)) {
        return ST_OK;
    }
    struct place at = place_member(up, json_name(node));
    if (json_type(node) != JSON_STRING &&
        !dialect_is(reader->rules->dialect, NAME_ACTOR, at.name)) {
        return reader_fail_type(reader, &at, node, "a string");
    }
    return reader_value(reader, &at, node, out);
}

static enum status read_extras(struct reader *reader, const struct place *up,
                               const struct change_members *members,
                               struct change *out)
{
    const struct json_node *const nodes[] = {
        members->event_id, members->actor, members->origin, members->space_id};
    struct str *const outs[] = {&out->event_id, &out->actor, &out->origin,
                                &out->space_id};
    enum status status = ST_OK;
    if (reader_present(members->schema_version)) {
        struct place at = reader_place(reader, up, NAME_SCHEMA_VERSION);
        status = reader_integer(reader, &at, members->schema_version,
                                &out->schema_version);
    }
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0] && status == ST_OK;
         i++) {
        status = read_extra(reader, up, nodes[i], outs[i]);
    }
    return status;
}

static enum status read_who(struct reader *reader, const struct place *up,
                            const struct change_members *members,
                            struct change *out)
{
    struct place table = reader_place(reader, up, NAME_TABLE);
    struct place id = reader_place(reader, up, NAME_ID);
    struct place op = reader_place(reader, up, NAME_OP);
    enum status status =
        reader_key(reader, &table, members->table, &out->table);
    if (status == ST_OK) {
        status = reader_key(reader, &id, members->id, &out->id);
    }
    return status == ST_OK ? read_op(reader, &op, members->op, &out->op)
                           : status;
}

static enum status fail_missing(struct reader *reader, const struct place *at,
                                const struct json_node *node, enum op op)
{
    const char *expected = op == OP_INSERT ? "an insert carries the record here"
                                           : "an update carries what it "
                                             "changes here";
    return place_fail(at, reader->err, ST_PROTOCOL, "%s (%s)",
                      node ? "null" : "missing", expected);
}

static enum status read_what(struct reader *reader, const struct place *up,
                             const struct change_members *members,
                             struct change *out)
{
    struct place data = reader_place(reader, up, NAME_DATA);
    struct place fields = reader_place(reader, up, NAME_FIELDS);
    struct place deleted = reader_place(reader, up, NAME_DELETED_AT);
    enum status status = ST_OK;
    if (out->op == OP_INSERT && !reader_present(members->data)) {
        return fail_missing(reader, &data, members->data, out->op);
    }
    if (out->op == OP_UPDATE && !reader_present(members->fields)) {
        return fail_missing(reader, &fields, members->fields, out->op);
    }
    if (reader_present(members->data)) {
        status = read_data(reader, &data, members->data, out);
    }
    if (status == ST_OK && reader_present(members->fields)) {
        status = read_fields(reader, &fields, members->fields, out);
    }
    if (status == ST_OK && reader_present(members->deleted_at)) {
        out->has_deleted_at = true;
        status = reader_time(reader, &deleted, members->deleted_at,
                             &out->deleted_at_text, &out->deleted_at);
    }
    return status;
}

enum status reader_change(struct reader *reader, const struct place *at,
                          const struct json_node *node, struct change *out)
{
    *out = (struct change){.deleted_at = INSTANT_MIN};
    if (json_type(node) != JSON_OBJECT) {
        return reader_fail_type(reader, at, node, "an object");
    }
    struct change_members members = {0};
    change_members_find(reader, node, &members);
    enum status status = read_who(reader, at, &members, out);
    if (status == ST_OK) {
        status = read_what(reader, at, &members, out);
    }
    if (status == ST_OK && reader->rules->dialect->change_extras) {
        status = read_extras(reader, at, &members, out);
    }
    return status;
}
