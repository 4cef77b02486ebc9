/* SPDX-License-Identifier: MIT */
/* codec_write - changes, changesets and responses to canonical bytes.
 * Layer: protocol. */
#include <inttypes.h>

#include "base/asserts.h"
#include "protocol/codec.h"
#include "protocol/writer.h"

static void write_time(struct buf *out, const char *name, struct str spelled,
                       struct instant at)
{
    char text[INSTANT_TEXT_MAX];
    writer_text(out, name,
                spelled.n > 0 ? spelled : instant_write_ms(at, text));
}

/* A member whose value is canonical text; absent when that is empty. */
static void write_extra(struct buf *out, const char *name, struct str value)
{
    if (value.n > 0) {
        writer_name(out, name);
        buf_str(out, value);
    }
}

static void write_version(struct buf *out, int64_t version)
{
    if (version != 0) {
        writer_name(out, "schemaVersion");
        buf_printf(out, "%" PRId64, version);
    }
}

/* The name of the i-th field, after a comma if it is not the first. */
static void write_field_name(struct buf *out, const struct field *fields,
                             size_t i)
{
    if (i > 0) {
        ASSERT(str_cmp(fields[i - 1].name, fields[i].name) <= 0);
        buf_putc(out, ',');
    }
    json_write_string(out, fields[i].name);
    buf_putc(out, ':');
}

static void write_data(const struct change *change, struct buf *out)
{
    writer_name(out, "data");
    buf_putc(out, '{');
    for (size_t i = 0; i < change->data_count; i++) {
        write_field_name(out, change->data, i);
        buf_str(out, change->data[i].value);
    }
    buf_putc(out, '}');
}

static void write_fields(const struct change *change,
                         const struct dialect *dialect, struct buf *out)
{
    writer_name(out, "fields");
    buf_putc(out, '{');
    for (size_t i = 0; i < change->field_count; i++) {
        const struct field *field = &change->fields[i];
        write_field_name(out, change->fields, i);
        buf_putc(out, '{');
        write_extra(out, "value", field->value);
        write_time(out, dialect->stamp_key, field->at_text, field->at);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
}

void change_write(const struct change *change, const struct dialect *dialect,
                  struct buf *out)
{
    buf_putc(out, '{');
    if (dialect->change_extras) {
        write_extra(out, "eventId", change->event_id);
        write_version(out, change->schema_version);
    }
    writer_text(out, "table", change->table);
    writer_text(out, "id", change->id);
    writer_text(out, "op", str_of(op_name(change->op)));
    if (change->has_data) {
        write_data(change, out);
    }
    if (change->has_fields) {
        write_fields(change, dialect, out);
    }
    if (change->has_deleted_at) {
        write_time(out, "deletedAt", change->deleted_at_text,
                   change->deleted_at);
    }
    if (dialect->change_extras) {
        write_extra(out, "spaceId", change->space_id);
        write_extra(out, "actor", change->actor);
        write_extra(out, "origin", change->origin);
    }
    buf_putc(out, '}');
}

void changeset_write(const struct changeset *set, const struct dialect *dialect,
                     struct buf *out)
{
    buf_putc(out, '{');
    if (set->has_client_id) {
        writer_text(out, "clientId", set->client_id);
    }
    if (set->has_app_id) {
        writer_text(out, "appId", set->app_id);
    }
    if (set->has_since) {
        writer_text(out, "since", set->since);
    }
    if (dialect->schema_version_max > 0) {
        write_version(out, set->schema_version);
    }
    writer_name(out, "changes");
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
    writer_list(out, "serverChanges", changes, count);
    writer_list(out, "conflicts", NULL, 0);
    writer_text(out, "syncedUntil", head->synced_until);
    if (dialect->has_more && head->has_more) {
        writer_name(out, "hasMore");
        buf_puts(out, "true");
    }
    buf_putc(out, '}');
}
