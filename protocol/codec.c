/* SPDX-License-Identifier: MIT */
/* codec - changesets and responses from bytes; the writers are in
 * codec_write.c.  Layer: protocol. */
#include "protocol/codec.h"

#include "base/limits.h"
#include "protocol/reader.h"

struct codec_rules codec_rules_default(const struct dialect *dialect)
{
    return (struct codec_rules){.dialect = dialect,
                                .json = json_limits_default,
                                .changes = LIMIT_CHANGES,
                                .name_bytes = LIMIT_NAME_BYTES};
}

enum status change_read(struct str bytes, const struct codec_rules *rules,
                        struct arena *arena, struct change *out,
                        struct err *err)
{
    struct reader reader = {rules, arena, err, false};
    struct place root = place_root("change");
    const struct json_node *node;
    enum status status = reader_root(&reader, &root, bytes, &node);
    return status == ST_OK ? reader_change(&reader, &root, node, out) : status;
}

struct changeset_members {
    const struct json_node *client_id, *app_id, *since, *schema_version,
        *changes;
};

static void changeset_members_find(const struct reader *reader,
                                   const struct json_node *node,
                                   struct changeset_members *out)
{
    static const struct wanted wanted[] = {
        WANTED(NAME_CLIENT_ID, struct changeset_members, client_id),
        WANTED(NAME_APP_ID, struct changeset_members, app_id),
        WANTED(NAME_SINCE, struct changeset_members, since),
        WANTED(NAME_SCHEMA_VERSION, struct changeset_members, schema_version),
        WANTED(NAME_CHANGES, struct changeset_members, changes)};
    reader_members(
        reader, node,
        &(struct wanted_list){wanted, sizeof wanted / sizeof wanted[0]}, out);
}

static enum status read_version(struct reader *reader, const struct place *root,
                                const struct json_node *node, int64_t *out)
{
    int most = reader->rules->dialect->schema_version_max;
    struct place at = reader_place(reader, root, NAME_SCHEMA_VERSION);
    if (most == 0 || !node) {
        return ST_OK;
    }
    enum status status = reader_integer(reader, &at, node, out);
    if (status == ST_OK && *out > most) {
        return err_set(
            reader->err, ST_PROTOCOL, "unsupported %s %lld (max %d)",
            dialect_name(reader->rules->dialect, NAME_SCHEMA_VERSION).p,
            (long long)*out, most);
    }
    if (status == ST_OK && *out <= 0) {
        *out = 1;
    }
    return status;
}

static enum status read_head(struct reader *reader, const struct place *root,
                             const struct changeset_members *members,
                             struct changeset *out)
{
    struct place client = reader_place(reader, root, NAME_CLIENT_ID);
    struct place app = reader_place(reader, root, NAME_APP_ID);
    struct place since = reader_place(reader, root, NAME_SINCE);
    enum status status = ST_OK;
    out->has_client_id = members->client_id != NULL;
    out->has_app_id = members->app_id != NULL;
    out->has_since = members->since != NULL;
    if (out->has_client_id) {
        status =
            reader_name(reader, &client, members->client_id, &out->client_id);
    }
    if (status == ST_OK && out->has_app_id) {
        status = reader_name(reader, &app, members->app_id, &out->app_id);
    }
    if (status == ST_OK && out->has_since) {
        status = reader_string(reader, &since, members->since, &out->since);
    }
    return status == ST_OK ? read_version(reader, root, members->schema_version,
                                          &out->schema_version)
                           : status;
}

static enum status read_changes(struct reader *reader, const struct place *at,
                                const struct json_node *node,
                                struct changeset *out)
{
    enum status status = reader_array(reader, at, node);
    if (status != ST_OK) {
        return status;
    }
    size_t count = reader_count(node);
    if (count > reader->rules->changes) {
        return place_fail(at, reader->err, ST_LIMIT, "%zu changes, at most %zu",
                          count, reader->rules->changes);
    }
    out->changes = arena_array(reader->arena, count > 0 ? count : 1,
                               sizeof out->changes[0]);
    if (!out->changes) {
        return reader_fail_memory(reader, at);
    }
    for (node = json_child(node); node && status == ST_OK;
         node = json_next(node)) {
        struct place entry = place_index(at, out->count);
        status =
            reader_change(reader, &entry, node, &out->changes[out->count++]);
    }
    return status;
}

enum status changeset_read(struct str bytes, const struct codec_rules *rules,
                           struct arena *arena, struct changeset *out,
                           struct err *err)
{
    struct reader reader = {rules, arena, err, false};
    struct place root = place_root("changeset");
    struct place changes = reader_place(&reader, &root, NAME_CHANGES);
    struct changeset_members members = {0};
    const struct json_node *node;
    *out = (struct changeset){0};
    enum status status = reader_root(&reader, &root, bytes, &node);
    if (status != ST_OK) {
        return status;
    }
    changeset_members_find(&reader, node, &members);
    status = read_head(&reader, &root, &members, out);
    return status == ST_OK
               ? read_changes(&reader, &changes, members.changes, out)
               : status;
}

struct response_members {
    const struct json_node *server_changes, *conflicts, *synced_until,
        *has_more;
};

static void response_members_find(const struct reader *reader,
                                  const struct json_node *node,
                                  struct response_members *out)
{
    static const struct wanted wanted[] = {
        WANTED(NAME_SERVER_CHANGES, struct response_members, server_changes),
        WANTED(NAME_CONFLICTS, struct response_members, conflicts),
        WANTED(NAME_SYNCED_UNTIL, struct response_members, synced_until),
        WANTED(NAME_HAS_MORE, struct response_members, has_more)};
    reader_members(
        reader, node,
        &(struct wanted_list){wanted, sizeof wanted / sizeof wanted[0]}, out);
}

static enum status read_conflicts(struct reader *reader, const struct place *at,
                                  const struct json_node *node,
                                  struct response *out)
{
    enum status status = reader_array(reader, at, node);
    if (status != ST_OK) {
        return status;
    }
    size_t count = reader_count(node);
    out->conflicts = arena_array(reader->arena, count > 0 ? count : 1,
                                 sizeof out->conflicts[0]);
    if (!out->conflicts) {
        return reader_fail_memory(reader, at);
    }
    for (node = json_child(node); node && status == ST_OK;
         node = json_next(node)) {
        struct place entry = place_index(at, out->conflict_count);
        status = reader_value(reader, &entry, node,
                              &out->conflicts[out->conflict_count++]);
    }
    return status;
}

enum status response_read(struct str bytes, const struct codec_rules *rules,
                          struct arena *arena, struct response *out,
                          struct err *err)
{
    struct err why; /* malformed entries need a text even if nobody asked */
    struct reader reader = {rules, arena, err ? err : &why, false};
    struct place root = place_root("response");
    struct place changes = reader_place(&reader, &root, NAME_SERVER_CHANGES);
    struct place conflicts = reader_place(&reader, &root, NAME_CONFLICTS);
    struct response_members members = {0};
    const struct json_node *node;
    *out = (struct response){0};
    enum status status = reader_root(&reader, &root, bytes, &node);
    if (status != ST_OK) {
        return status;
    }
    response_members_find(&reader, node, &members);
    status = reader_delivery(&reader, &changes, members.server_changes, out);
    if (status == ST_OK) {
        status = read_conflicts(&reader, &conflicts, members.conflicts, out);
    }
    return status == ST_OK
               ? reader_progress(&reader, &root, members.synced_until,
                                 members.has_more, out)
               : status;
}
