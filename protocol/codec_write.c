/* SPDX-License-Identifier: MIT */
/* codec_write - changes, changesets and responses to canonical bytes.
 * Layer: protocol. */
#include <inttypes.h>

#include "base/asserts.h"
#include "protocol/codec.h"
#include "protocol/writer.h"

static void write_time(struct buf *out, struct str name, struct str spelled,
                       struct instant at)
{
    char text[INSTANT_TEXT_MAX];
    writer_text(out, name,
                spelled.n > 0 ? spelled : instant_write_ms(at, text));
}

/* A member whose value is canonical text; absent when that is empty. */
static void write_extra(struct buf *out, struct str name, struct str value)
{
    if (value.n > 0) {
        writer_name(out, name);
        buf_str(out, value);
    }
}

static void write_version(const struct dialect *dialect, int64_t version,
                          struct buf *out)
{
    if (version != 0) {
        writer_name(out, dialect_name(dialect, NAME_SCHEMA_VERSION));
        buf_printf(out, "%" PRId64, version);
    }
}

/* The name of the i-th field, after a comma if it is not the first. */
static void write_field_name(const struct dialect *dialect,
                             const struct field *fields, size_t i,
                             struct buf *out)
{
    struct str name = fields[i].name;
    if (dialect->renames_records) {
        name = dialect_to_wire(dialect, GROUP_RECORD, name);
    }
    if (i > 0) {
        ASSERT(str_cmp(fields[i - 1].name, fields[i].name) <= 0);
        buf_putc(out, ',');
    }
    json_write_string(out, name);
    buf_putc(out, ':');
}

static void write_data(const struct change *change,
                       const struct dialect *dialect, struct buf *out)
{
    writer_name(out, dialect_name(dialect, NAME_DATA));
    buf_putc(out, '{');
    for (size_t i = 0; i < change->data_count; i++) {
        write_field_name(dialect, change->data, i, out);
        buf_str(out, change->data[i].value);
    }
    buf_putc(out, '}');
}

static void write_fields(const struct change *change,
                         const struct dialect *dialect, struct buf *out)
{
    writer_name(out, dialect_name(dialect, NAME_FIELDS));
    buf_putc(out, '{');
    for (size_t i = 0; i < change->field_count; i++) {
        const struct field *field = &change->fields[i];
        write_field_name(dialect, change->fields, i, out);
        buf_putc(out, '{');
        write_extra(out, dialect_name(dialect, NAME_VALUE), field->value);
        write_time(out, dialect_name(dialect, NAME_STAMP), field->at_text,
                   field->at);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
}

void change_write(const struct change *change, const struct dialect *dialect,
                  struct buf *out)
{
    buf_putc(out, '{');
    if (dialect->change_extras) {
        write_extra(out, dialect_name(dialect, NAME_EVENT_ID),
                    change->event_id);
        write_version(dialect, change->schema_version, out);
    }
    writer_text(out, dialect_name(dialect, NAME_TABLE), change->table);
    writer_text(out, dialect_name(dialect, NAME_ID), change->id);
    writer_text(out, dialect_name(dialect, NAME_OP),
                dialect_name(dialect, NAME_OP_INSERT + change->op));
    if (change->has_data) {
        write_data(change, dialect, out);
    }
    if (change->has_fields) {
        write_fields(change, dialect, out);
    }
    if (change->has_deleted_at) {
        write_time(out, dialect_name(dialect, NAME_DELETED_AT),
                   change->deleted_at_text, change->deleted_at);
    }
    if (dialect->change_extras) {
        write_extra(out, dialect_name(dialect, NAME_SPACE_ID),
                    change->space_id);
        write_extra(out, dialect_name(dialect, NAME_ACTOR), change->actor);
        write_extra(out, dialect_name(dialect, NAME_ORIGIN), change->origin);
    }
    buf_putc(out, '}');
}

void changeset_write(const struct changeset *set, const struct dialect *dialect,
                     struct buf *out)
{
    buf_putc(out, '{');
    if (set->has_client_id) {
        writer_text(out, dialect_name(dialect, NAME_CLIENT_ID), set->client_id);
    }
    if (set->has_app_id) {
        writer_text(out, dialect_name(dialect, NAME_APP_ID), set->app_id);
    }
    if (set->has_since) {
        writer_text(out, dialect_name(dialect, NAME_SINCE), set->since);
    }
    if (dialect->schema_version_max > 0) {
        write_version(dialect, set->schema_version, out);
    }
    writer_name(out, dialect_name(dialect, NAME_CHANGES));
    buf_putc(out, '[');
    for (size_t i = 0; i < set->count; i++) {
        if (i > 0) {
            buf_putc(out, ',');
        }
        change_write(&set->changes[i], dialect, out);
    }
    buf_puts(out, "]}");
}

void response_write(const struct str *changes, size_t count,
                    const struct response_head *head,
                    const struct dialect *dialect, struct buf *out)
{
    buf_putc(out, '{');
    writer_list(out, dialect_name(dialect, NAME_SERVER_CHANGES), changes,
                count);
    writer_list(out, dialect_name(dialect, NAME_CONFLICTS), NULL, 0);
    writer_text(out, dialect_name(dialect, NAME_SYNCED_UNTIL),
                head->synced_until);
    if (dialect->has_more && head->has_more) {
        writer_name(out, dialect_name(dialect, NAME_HAS_MORE));
        buf_puts(out, "true");
    }
    buf_putc(out, '}');
}
