/* SPDX-License-Identifier: MIT */
/* change - what clients and servers tell each other, as data.
 * Layer: protocol.  All strings borrow from the arena that they were decoded
 * into, or from their maker. */
#ifndef SYNCSPEC_PROTOCOL_CHANGE_H
#define SYNCSPEC_PROTOCOL_CHANGE_H

#include "protocol/dialect.h"
#include "protocol/http.h"
#include "protocol/instant.h"
#include "protocol/json.h"

enum op { OP_INSERT, OP_UPDATE, OP_DELETE };
const char *op_name(enum op op); /* "insert", … */

/* One write to one register. */
struct field {
    struct str name;
    struct str value;   /* canonical JSON text, see json.h */
    struct instant at;  /* stamp; unused (minimum) in `data` of an insert */
    struct str at_text; /* the stamp as spelled on the wire; empty: not yet */
};

struct change {
    struct str table, id;
    enum op op;
    bool has_data, has_fields, has_deleted_at;
    struct field *data; /* insert: members of the record, sorted by name */
    size_t data_count;
    struct field *fields; /* update: sorted by name */
    size_t field_count;
    struct instant deleted_at;
    struct str deleted_at_text;
    /* v2; canonical JSON text of the member, empty when absent */
    struct str event_id, actor, origin, space_id;
    int64_t schema_version; /* 0: absent */
};

struct changeset {
    struct str client_id, app_id, since;
    bool has_client_id, has_app_id, has_since;
    struct change *changes;
    size_t count;
    int64_t schema_version; /* 0: absent */
};

struct malformed {
    size_t index;     /* in serverChanges */
    const char *why;  /* "serverChanges[3].op: unknown op \"upsert\"" */
    struct str table; /* when it could be read, else empty */
};

struct response {
    struct change *changes; /* the well-formed ones, in order */
    size_t count;
    struct malformed *malformed; /* the others (a client goes on without) */
    size_t malformed_count;
    struct str *conflicts; /* canonical texts */
    size_t conflict_count;
    struct str synced_until; /* the very bytes, to send back */
    struct instant synced_until_at;
    bool has_more, has_has_more;
};

/* The stamp of every field of an insert: data.updatedAt, else
 * data.createdAt, else INSTANT_MIN. */
struct instant change_insert_stamp(const struct change *change);
/* The newest stamp in a change; INSTANT_MIN when it has none. */
struct instant change_newest_stamp(const struct change *change);
/* Field of a list by name, or NULL. */
const struct field *field_find(const struct field *fields, size_t count,
                               struct str name);
/* Sort by name, bytewise. */
void field_sort(struct field *fields, size_t count);

#endif
