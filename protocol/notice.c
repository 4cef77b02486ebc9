/* SPDX-License-Identifier: MIT */
/* notice - the messages of the live channels as data.  Layer: protocol. */
#include "protocol/notice.h"

#include "base/asserts.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

static const char *const names[] = {
    [NOTICE_AUTH] = "auth",       [NOTICE_PING] = "ping",
    [NOTICE_AUTH_OK] = "auth-ok", [NOTICE_ERROR] = "error",
    [NOTICE_PONG] = "pong",       [NOTICE_SYNC_AVAILABLE] = "sync-available",
    [NOTICE_UNKNOWN] = "unknown",
};

const char *notice_kind_name(enum notice_kind kind)
{
    return names[kind];
}

static struct str kind_word(const struct dialect *dialect,
                            enum notice_kind kind)
{
    return dialect_name(dialect, NAME_TYPE_AUTH + kind);
}

static enum notice_kind kind_of(const struct dialect *dialect, struct str type)
{
    for (enum notice_kind kind = NOTICE_AUTH; kind < NOTICE_UNKNOWN; kind++) {
        if (str_eq(type, kind_word(dialect, kind))) {
            return kind;
        }
    }
    return NOTICE_UNKNOWN;
}

struct notice_members {
    const struct json_node *type, *token, *client_id, *message, *app, *tables;
};

static void notice_members_find(const struct reader *reader,
                                const struct json_node *node,
                                struct notice_members *out)
{
    static const struct wanted wanted[] = {
        WANTED(NAME_TYPE, struct notice_members, type),
        WANTED(NAME_TOKEN, struct notice_members, token),
        WANTED(NAME_CLIENT_ID, struct notice_members, client_id),
        WANTED(NAME_MESSAGE, struct notice_members, message),
        WANTED(NAME_APP_ID, struct notice_members, app),
        WANTED(NAME_TABLES, struct notice_members, tables)};
    reader_members(
        reader, node,
        &(struct wanted_list){wanted, sizeof wanted / sizeof wanted[0]}, out);
}

/* The readers of a kind return false for a member of a wrong type. */
static bool take_text(const struct json_node *node, struct str *out)
{
    if (!node || json_type(node) != JSON_STRING) {
        return false;
    }
    *out = json_string(node);
    return true;
}

/* Absent, or null for it, is fine. */
static bool take_optional(const struct json_node *node, struct str *out)
{
    return !reader_present(node) || take_text(node, out);
}

static bool is_list_of_texts(const struct json_node *node)
{
    if (!node || json_type(node) != JSON_ARRAY) {
        return false;
    }
    for (node = json_child(node); node; node = json_next(node)) {
        if (json_type(node) != JSON_STRING) {
            return false;
        }
    }
    return true;
}

static enum status read_tables(struct reader *reader, const struct place *at,
                               const struct json_node *node, struct notice *out)
{
    size_t count = reader_count(node);
    if (count > NOTICE_TABLES_MAX) {
        return place_fail(at, reader->err, ST_LIMIT, "%zu tables, at most %d",
                          count, NOTICE_TABLES_MAX);
    }
    out->tables = arena_array(reader->arena, count > 0 ? count : 1,
                              sizeof out->tables[0]);
    if (!out->tables) {
        return reader_fail_memory(reader, at);
    }
    for (node = json_child(node); node; node = json_next(node)) {
        out->tables[out->table_count++] = json_string(node);
    }
    return ST_OK;
}

/* Members that this kind needs; false: it is not such a notice. */
static bool take_members(const struct notice_members *members,
                         struct notice *out)
{
    switch (out->kind) {
    case NOTICE_AUTH:
        return take_text(members->token, &out->token) &&
               take_optional(members->client_id, &out->client_id);
    case NOTICE_SYNC_AVAILABLE:
        out->has_app = reader_present(members->app) != NULL;
        return is_list_of_texts(members->tables) &&
               take_optional(members->app, &out->app);
    case NOTICE_ERROR:
        /* An error whose text cannot be read is an error all the same. */
        take_text(members->message, &out->message);
        return true;
    case NOTICE_PING:
    case NOTICE_AUTH_OK:
    case NOTICE_PONG:
    case NOTICE_UNKNOWN:
        return true;
    }
    ASSERT_NEVER("a kind of notice");
}

static enum status read_notice(struct reader *reader, const struct place *root,
                               const struct notice_members *members,
                               struct notice *out)
{
    struct place type = reader_place(reader, root, NAME_TYPE);
    struct place tables = reader_place(reader, root, NAME_TABLES);
    enum status status = reader_key(reader, &type, members->type, &out->type);
    if (status != ST_OK) {
        return status;
    }
    out->kind = kind_of(reader->rules->dialect, out->type);
    if (!take_members(members, out)) {
        *out = (struct notice){.kind = NOTICE_UNKNOWN, .type = out->type};
    }
    return out->kind == NOTICE_SYNC_AVAILABLE
               ? read_tables(reader, &tables, members->tables, out)
               : ST_OK;
}

enum status notice_read(struct str text, const struct codec_rules *rules,
                        struct arena *arena, struct notice *out,
                        struct err *err)
{
    struct reader reader = {rules, arena, err, false};
    struct place root = place_root("message");
    struct notice_members members = {0};
    const struct json_node *node;
    *out = (struct notice){.kind = NOTICE_UNKNOWN};
    enum status status = reader_root(&reader, &root, text, &node);
    if (status != ST_OK) {
        return status;
    }
    notice_members_find(&reader, node, &members);
    return read_notice(&reader, &root, &members, out);
}

static void write_optional(struct buf *out, struct str name, struct str text)
{
    if (text.n > 0) {
        writer_text(out, name, text);
    }
}

static void write_tables(const struct notice *notice,
                         const struct dialect *dialect, struct buf *out)
{
    writer_name(out, dialect_name(dialect, NAME_TABLES));
    buf_putc(out, '[');
    for (size_t i = 0; i < notice->table_count; i++) {
        if (i > 0) {
            buf_putc(out, ',');
        }
        json_write_string(out, notice->tables[i]);
    }
    buf_putc(out, ']');
}

void notice_write(const struct notice *notice, const struct dialect *dialect,
                  struct buf *out)
{
    buf_putc(out, '{');
    writer_text(out, dialect_name(dialect, NAME_TYPE),
                notice->kind == NOTICE_UNKNOWN
                    ? notice->type
                    : kind_word(dialect, notice->kind));
    if (notice->kind == NOTICE_AUTH) {
        writer_text(out, dialect_name(dialect, NAME_TOKEN), notice->token);
        write_optional(out, dialect_name(dialect, NAME_CLIENT_ID),
                       notice->client_id);
    }
    if (notice->kind == NOTICE_ERROR) {
        write_optional(out, dialect_name(dialect, NAME_MESSAGE),
                       notice->message);
    }
    if (notice->kind == NOTICE_SYNC_AVAILABLE) {
        write_tables(notice, dialect, out);
        if (notice->has_app) {
            writer_text(out, dialect_name(dialect, NAME_APP_ID), notice->app);
        }
    }
    buf_putc(out, '}');
}

struct stream_members {
    const struct json_node *changes, *has_more, *synced_until, *table;
};

static void stream_members_find(const struct reader *reader,
                                const struct json_node *node,
                                struct stream_members *out)
{
    static const struct wanted wanted[] = {
        WANTED(NAME_CHANGES, struct stream_members, changes),
        WANTED(NAME_HAS_MORE, struct stream_members, has_more),
        WANTED(NAME_SYNCED_UNTIL, struct stream_members, synced_until),
        WANTED(NAME_TABLE, struct stream_members, table)};
    reader_members(
        reader, node,
        &(struct wanted_list){wanted, sizeof wanted / sizeof wanted[0]}, out);
}

enum status stream_event_read(struct str data, const struct codec_rules *rules,
                              struct arena *arena, struct stream_event *out,
                              struct err *err)
{
    struct err why; /* malformed entries need a text even if nobody asked */
    struct reader reader = {rules, arena, err ? err : &why, false};
    struct place root = place_root("event");
    struct place changes = reader_place(&reader, &root, NAME_CHANGES);
    struct place table = reader_place(&reader, &root, NAME_TABLE);
    struct stream_members members = {0};
    const struct json_node *node;
    *out = (struct stream_event){0};
    enum status status = reader_root(&reader, &root, data, &node);
    if (status != ST_OK) {
        return status;
    }
    stream_members_find(&reader, node, &members);
    status =
        reader_delivery(&reader, &changes, members.changes, &out->response);
    if (status == ST_OK) {
        status = reader_progress(&reader, &root, members.synced_until,
                                 members.has_more, &out->response);
    }
    return status == ST_OK
               ? reader_key(&reader, &table, members.table, &out->table)
               : status;
}

void stream_event_write(const struct str *changes, size_t count,
                        const struct response_head *head,
                        const struct dialect *dialect, struct buf *out)
{
    buf_putc(out, '{');
    writer_list(out, dialect_name(dialect, NAME_CHANGES), changes, count);
    writer_name(out, dialect_name(dialect, NAME_HAS_MORE));
    buf_puts(out, head->has_more ? "true" : "false");
    writer_text(out, dialect_name(dialect, NAME_SYNCED_UNTIL),
                head->synced_until);
    writer_text(out, dialect_name(dialect, NAME_TABLE), head->table);
    buf_putc(out, '}');
}
