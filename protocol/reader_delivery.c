/* SPDX-License-Identifier: MIT */
/* reader_delivery - what a server delivers, by an answer or by a stream:
 * changes, and how far they bring a client.  Layer: protocol. */
#include "protocol/reader.h"

/* `left`: how many entries may still be malformed, this one included. */
static enum status malformed_add(struct reader *reader, const struct place *at,
                                 struct response *out, size_t left,
                                 struct str table)
{
    if (!out->malformed) {
        out->malformed =
            arena_array(reader->arena, left, sizeof out->malformed[0]);
    }
    struct str why = arena_str(reader->arena, str_of(reader->err->text));
    if (!out->malformed || !why.p) {
        return reader_fail_memory(reader, at);
    }
    out->malformed[out->malformed_count++] =
        (struct malformed){at->index, why.p, table};
    return ST_OK;
}

/* One bad entry does not stop the others. */
enum status reader_delivery(struct reader *reader, const struct place *at,
                            const struct json_node *node, struct response *out)
{
    enum status status = reader_array(reader, at, node);
    if (status != ST_OK) {
        return status;
    }
    size_t count = reader_count(node), index = 0;
    out->changes = arena_array(reader->arena, count > 0 ? count : 1,
                               sizeof out->changes[0]);
    if (!out->changes) {
        return reader_fail_memory(reader, at);
    }
    for (node = json_child(node); node && status == ST_OK;
         node = json_next(node), index++) {
        struct place entry = place_index(at, index);
        struct change *change = &out->changes[out->count];
        if (reader_change(reader, &entry, node, change) == ST_OK) {
            out->count++;
        } else if (reader->starved) {
            return ST_LIMIT;
        } else {
            status = malformed_add(reader, &entry, out, count - index,
                                   change->table);
        }
    }
    return status;
}

enum status reader_progress(struct reader *reader, const struct place *root,
                            const struct json_node *synced_until,
                            const struct json_node *has_more,
                            struct response *out)
{
    struct place until = reader_place(reader, root, NAME_SYNCED_UNTIL);
    struct place more = reader_place(reader, root, NAME_HAS_MORE);
    enum status status = reader_time(reader, &until, synced_until,
                                     &out->synced_until, &out->synced_until_at);
    if (status != ST_OK || !has_more || !reader->rules->dialect->has_more) {
        return status;
    }
    if (json_type(has_more) != JSON_BOOL) {
        return reader_fail_type(reader, &more, has_more, "a boolean");
    }
    out->has_has_more = true;
    out->has_more = json_bool(has_more);
    return ST_OK;
}
