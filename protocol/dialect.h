/* SPDX-License-Identifier: MIT */
/* dialect - what differs between versions of the wire, as data: names, paths,
 * limits and what there is at all.  Layer: protocol.
 *
 * Codec, engine, observers and the bundled server read it, so that a further
 * dialect costs a table (or a file, see dialect_keys.h) and not a branch.  In
 * memory and in scripts everything keeps the name that the base has. */
#ifndef SYNCSPEC_PROTOCOL_DIALECT_H
#define SYNCSPEC_PROTOCOL_DIALECT_H

#include "base/arena.h"
#include "base/buf.h"

enum { DIALECT_V1 = 1, DIALECT_V2 = 2 }; /* bits, for clause tables */

/* Everything that has a name on the wire.  One word of the protocol has one
 * name wherever it stands. */
enum dialect_name {
    /* members of a push … */
    NAME_CLIENT_ID,
    NAME_APP_ID,
    NAME_SINCE,
    NAME_SCHEMA_VERSION,
    NAME_CHANGES,
    /* … of an answer */
    NAME_SERVER_CHANGES,
    NAME_CONFLICTS,
    NAME_SYNCED_UNTIL,
    NAME_HAS_MORE,
    /* … of a change */
    NAME_TABLE,
    NAME_ID,
    NAME_OP,
    NAME_DATA,
    NAME_FIELDS,
    NAME_DELETED_AT,
    NAME_EVENT_ID,
    NAME_ACTOR,
    NAME_ORIGIN,
    NAME_SPACE_ID,
    /* … of a field's entry */
    NAME_VALUE,
    NAME_STAMP,
    /* … of a record, beside id and deletedAt */
    NAME_UPDATED_AT,
    NAME_CREATED_AT,
    /* … of a message on a socket */
    NAME_TYPE,
    NAME_TOKEN,
    NAME_MESSAGE,
    NAME_TABLES,
    /* values of op, as enum op has them */
    NAME_OP_INSERT,
    NAME_OP_UPDATE,
    NAME_OP_DELETE,
    /* values of type, as enum notice_kind has them */
    NAME_TYPE_AUTH,
    NAME_TYPE_PING,
    NAME_TYPE_AUTH_OK,
    NAME_TYPE_ERROR,
    NAME_TYPE_PONG,
    NAME_TYPE_SYNC_AVAILABLE,
    /* events of a stream */
    NAME_EVENT_CHANGES,
    NAME_EVENT_HEARTBEAT,
    /* parameters of a query */
    NAME_QUERY_COLLECTION,
    NAME_QUERY_SINCE,
    NAME_QUERY_COLLECTIONS,
    NAME_QUERY_CLIENT_ID,
    /* a header */
    NAME_HEADER_CLIENT_ID,
    NAME_COUNT
};

enum dialect_path {
    PATH_PUSH,
    PATH_PULL,
    PATH_STREAM,
    PATH_SOCKET,
    PATH_SOCKET_ALL,
    PATH_HEALTH,
    PATH_COUNT
};

enum { DIALECT_TEXT_MAX = 256 }; /* bytes of a name or path */

struct dialect {
    const char *name;            /* "v1", or what a file calls it */
    const char *file;            /* it was read from; NULL: built in */
    unsigned bit;                /* DIALECT_V1 …; of a file: of its base */
    const struct dialect *base;  /* whose names scripts use; itself: built in */
    const char *stamp_key;       /* names[NAME_STAMP] */
    const char *other_stamp_key; /* the key that a mistaken peer would use */
    struct str names[NAME_COUNT]; /* all with a NUL behind */
    struct str paths[PATH_COUNT]; /* "/sync/{app}/pull" */
    bool renames;                 /* any name or path is not the base's */
    bool renames_records;         /* one of those of a record */
    size_t page_size;             /* of pull and push delta; 0: none */
    bool has_more;                /* `hasMore` in answers */
    bool change_extras;     /* eventId, schemaVersion, actor, origin, spaceId */
    int schema_version_max; /* 0: the member does not exist */
    bool payment;           /* 402 sync_inactive exists */
    size_t body_limit;      /* 0: none stated; a server may still have one */
    bool ws;                /* /ws/{app} */
    bool ws_unified;        /* /ws beside /ws/{app} */
    bool ws_auth_ok;        /* `auth` on a socket is answered */
    bool sse;               /* /sync/{app}/stream */
};

/* By name, or NULL. */
const struct dialect *dialect_find(struct str name);
/* What `--dialect` has to say for it: its name, or its file. */
const char *dialect_argument(const struct dialect *dialect);
/* All built-in ones, `*count` of them. */
const struct dialect *dialect_all(size_t *count);
/* The name of a thing; with a NUL behind. */
static inline struct str dialect_name(const struct dialect *dialect,
                                      enum dialect_name name)
{
    return dialect->names[name];
}
static inline bool dialect_is(const struct dialect *dialect,
                              enum dialect_name name, struct str text)
{
    return str_eq(dialect->names[name], text);
}

/* Names that stand beside each other somewhere, so that no two of them may be
 * equal: what the members of one object are, or the values of one member. */
enum dialect_group {
    GROUP_PUSH,
    GROUP_ANSWER,
    GROUP_EVENT, /* data of a stream's `changes` */
    GROUP_NOTICE,
    GROUP_CHANGE,
    GROUP_RECORD,
    GROUP_ENTRY,
    GROUP_OPS,
    GROUP_TYPES,
    GROUP_EVENTS,
    GROUP_QUERY_PULL,
    GROUP_QUERY_STREAM,
    GROUP_QUERY_SOCKET,
    GROUP_COUNT
};
const char *dialect_group_text(enum dialect_group group); /* "a push" … */
/* Its names, `*count` of them. */
const enum dialect_name *dialect_group_names(enum dialect_group group,
                                             size_t *count);

/* Is a name of one of the two groups not the base's? */
bool dialect_renames(const struct dialect *dialect, enum dialect_group one,
                     enum dialect_group two);

/* The other name of a word of that group: from the base's to the dialect's, or
 * back.  Words that the group does not have stay, except that a word which is a
 * name on the other side makes room for it: the map is one to one, and what
 * goes there and back is what it was. */
struct str dialect_to_wire(const struct dialect *dialect,
                           enum dialect_group group, struct str word);
struct str dialect_from_wire(const struct dialect *dialect,
                             enum dialect_group group, struct str word);

/* Append the path of an app; `app` is percent-encoded already (empty where the
 * path has none). */
void dialect_path_write(const struct dialect *dialect, enum dialect_path path,
                        struct str app, struct buf *out);
/* Is `text` (without a query) such a path?  `*app`, which may be NULL, borrows
 * its app, still encoded and never empty. */
bool dialect_path_is(const struct dialect *dialect, enum dialect_path path,
                     struct str text, struct str *app);
/* The path that `text` is, or PATH_COUNT.  Paths without an app go first. */
enum dialect_path dialect_path_find(const struct dialect *dialect,
                                    struct str text, struct str *app);

/* Append the query of a pull: "?collection=tasks&since=…". */
void dialect_pull_write(const struct dialect *dialect, struct str collection,
                        struct str since, struct buf *out);

/* A copy of `base` that is to be changed: arena-held, base and bit set. */
struct dialect *dialect_derive(const struct dialect *base, struct arena *arena);
/* Names and paths are as they shall be: work out what follows from them. */
void dialect_finish(struct dialect *dialect);

#endif
