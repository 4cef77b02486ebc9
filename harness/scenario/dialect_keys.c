/* SPDX-License-Identifier: MIT */
/* dialect_keys - see dialect_keys.h.  Layer: harness/scenario. */
#include "harness/scenario/dialect_keys.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/limits.h"

#define PAGE_MAX    100000
#define VERSION_MAX 1000

#define PATH(key, path, help)                                                  \
    {                                                                          \
        key, DIALECT_KEY_PATH, path, 0, 0, help                                \
    }
#define NAME(key, name, help)                                                  \
    {                                                                          \
        key, DIALECT_KEY_NAME, name, 0, 0, help                                \
    }
#define PARAM(key, name, help)                                                 \
    {                                                                          \
        key, DIALECT_KEY_PARAM, name, 0, 0, help                               \
    }
#define FLAG(key, member, help)                                                \
    {                                                                          \
        key, DIALECT_KEY_FLAG, 0, offsetof(struct dialect, member), 1, help    \
    }

static const struct dialect_key keys[] = {
    {"base", DIALECT_KEY_BASE, 0, 0, 0,
     "What is not said is as there: v1 or v2.  The first line."},
    {"name", DIALECT_KEY_TITLE, 0, 0, 0,
     "What reports call the dialect (default: the file's name without its "
     "ending)."},

    PATH("path.push", PATH_PUSH, "Where changes are posted."),
    PATH("path.pull", PATH_PULL, "Where one collection is read."),
    PATH("path.stream", PATH_STREAM, "Where an event stream begins."),
    PATH("path.socket", PATH_SOCKET, "Where the socket of one app opens."),
    PATH("path.socket_all", PATH_SOCKET_ALL,
         "Where the socket of all apps opens."),
    PATH("path.health", PATH_HEALTH, "What answers 200 without credentials."),

    {"header.clientId", DIALECT_KEY_HEADER, NAME_HEADER_CLIENT_ID, 0, 0,
     "The header that says which device asks."},
    PARAM("query.collection", NAME_QUERY_COLLECTION,
          "Of a pull: the collection."),
    PARAM("query.since", NAME_QUERY_SINCE, "Of a pull or stream: the cursor."),
    PARAM("query.collections", NAME_QUERY_COLLECTIONS,
          "Of a stream: its collections, with commas between them."),
    PARAM("query.clientId", NAME_QUERY_CLIENT_ID,
          "Of a socket: which device asks."),

    NAME("name.clientId", NAME_CLIENT_ID, "Of a push and of auth: the device."),
    NAME("name.appId", NAME_APP_ID, "Of a push and of a notice: the app."),
    NAME("name.since", NAME_SINCE, "Of a push: the cursor."),
    NAME("name.schemaVersion", NAME_SCHEMA_VERSION,
         "Of a push and of a change: the version of their shape."),
    NAME("name.changes", NAME_CHANGES,
         "Of a push and of a stream's event: the changes."),
    NAME("name.serverChanges", NAME_SERVER_CHANGES,
         "Of an answer: the changes."),
    NAME("name.conflicts", NAME_CONFLICTS, "Of an answer: the conflicts."),
    NAME("name.syncedUntil", NAME_SYNCED_UNTIL,
         "Of an answer and of a stream's event: the cursor."),
    NAME("name.hasMore", NAME_HAS_MORE,
         "Of an answer and of a stream's event: is there more?"),
    NAME("name.table", NAME_TABLE,
         "Of a change and of a stream's event: the collection."),
    NAME("name.id", NAME_ID, "Of a change and of a record: its id."),
    NAME("name.op", NAME_OP, "Of a change: what it does."),
    NAME("name.data", NAME_DATA, "Of an insert: the record."),
    NAME("name.fields", NAME_FIELDS, "Of an update: the fields."),
    NAME("name.value", NAME_VALUE, "Of a field's entry: the value."),
    NAME("stamp_key", NAME_STAMP, "Of a field's entry: its time."),
    NAME("name.deletedAt", NAME_DELETED_AT,
         "Of a delete and of a record: when it was deleted."),
    NAME("name.updatedAt", NAME_UPDATED_AT,
         "Of a record: the time of its last write."),
    NAME("name.createdAt", NAME_CREATED_AT,
         "Of a record: the time of its first write."),
    NAME("name.eventId", NAME_EVENT_ID, "Of a change: the server's id of it."),
    NAME("name.actor", NAME_ACTOR, "Of a change: who made it."),
    NAME("name.origin", NAME_ORIGIN, "Of a change: where it comes from."),
    NAME("name.spaceId", NAME_SPACE_ID, "Of a change: its space."),
    NAME("op.insert", NAME_OP_INSERT, "The op of an insert."),
    NAME("op.update", NAME_OP_UPDATE, "The op of an update."),
    NAME("op.delete", NAME_OP_DELETE, "The op of a delete."),

    NAME("name.type", NAME_TYPE, "Of a message on a socket: its type."),
    NAME("name.token", NAME_TOKEN, "Of auth: the token."),
    NAME("name.message", NAME_MESSAGE, "Of an error: its text."),
    NAME("name.tables", NAME_TABLES, "Of a notice: the collections."),
    NAME("type.auth", NAME_TYPE_AUTH, "The client says who it is."),
    NAME("type.auth-ok", NAME_TYPE_AUTH_OK, "The server takes it."),
    NAME("type.error", NAME_TYPE_ERROR, "The server does not."),
    NAME("type.ping", NAME_TYPE_PING, "The client asks for a sign of life."),
    NAME("type.pong", NAME_TYPE_PONG, "The server gives it."),
    NAME("type.sync-available", NAME_TYPE_SYNC_AVAILABLE,
         "There is something to pull."),
    NAME("event.changes", NAME_EVENT_CHANGES, "A stream's event with changes."),
    NAME("event.heartbeat", NAME_EVENT_HEARTBEAT, "A stream's sign of life."),

    {"page_size", DIALECT_KEY_COUNT, 0, offsetof(struct dialect, page_size),
     PAGE_MAX, "Changes in one answer of the bundled server; 0: no pages."},
    {"body_limit", DIALECT_KEY_BYTES, 0, offsetof(struct dialect, body_limit),
     LIMIT_BODY_BYTES,
     "Bytes of one request, up to 10MiB; 0: no limit is stated."},
    {"schema_version", DIALECT_KEY_COUNT, 0,
     offsetof(struct dialect, schema_version_max), VERSION_MAX,
     "The greatest schemaVersion; 0: there is no such member."},
    FLAG("has.more", has_more, "Are there pages, and hasMore in answers?"),
    FLAG("has.extras", change_extras,
         "Do changes have eventId, schemaVersion, actor, origin, spaceId?"),
    FLAG("has.socket", ws, "Is there a socket of one app?"),
    FLAG("has.socket_all", ws_unified, "Is there a socket of all apps?"),
    FLAG("has.auth_ok", ws_auth_ok, "Is auth on a socket answered?"),
    FLAG("has.stream", sse, "Is there an event stream?"),
    FLAG("has.payment", payment, "May an app be unpaid (402)?"),
};

const struct dialect_key *dialect_keys(size_t *count)
{
    *count = sizeof keys / sizeof keys[0];
    return keys;
}

static void put_bytes(size_t bytes, struct buf *out)
{
    if (bytes > 0 && bytes % (1 << 20) == 0) {
        buf_printf(out, "%zuMiB", bytes >> 20);
    } else if (bytes > 0 && bytes % 1024 == 0) {
        buf_printf(out, "%zuKiB", bytes >> 10);
    } else {
        buf_printf(out, "%zu", bytes);
    }
}

void dialect_key_value(const struct dialect_key *key,
                       const struct dialect *dialect, struct buf *out)
{
    const char *member = (const char *)dialect + key->offset;
    switch (key->kind) {
    case DIALECT_KEY_BASE:
        buf_puts(out, dialect->base->name);
        break;
    case DIALECT_KEY_TITLE:
        buf_puts(out, dialect->name);
        break;
    case DIALECT_KEY_PATH:
        buf_str(out, dialect->paths[key->which]);
        break;
    case DIALECT_KEY_NAME:
    case DIALECT_KEY_PARAM:
    case DIALECT_KEY_HEADER:
        buf_str(out, dialect->names[key->which]);
        break;
    case DIALECT_KEY_COUNT:
        if (key->offset == offsetof(struct dialect, page_size)) {
            buf_printf(out, "%zu", dialect->page_size);
        } else {
            buf_printf(out, "%d", dialect->schema_version_max);
        }
        break;
    case DIALECT_KEY_BYTES:
        put_bytes(dialect->body_limit, out);
        break;
    case DIALECT_KEY_FLAG:
        buf_puts(out, *(const bool *)member ? "yes" : "no");
        break;
    }
}

static const char manual_head[] =
    "<!-- Generated from harness/scenario/dialect_keys.c; CONTRIBUTING.md "
    "says how. -->\n"
    "# Dialects\n\n"
    "A server that speaks the protocol with other names, another key for "
    "stamps, other\n"
    "paths, limits or without some part of it is described by a file.  "
    "`--dialect FILE`\n"
    "takes it wherever `--dialect v2` stands: `syncspec run`, `load`, `lint`, "
    "and `serve`,\n"
    "whose bundled server then speaks it.\n\n"
    "```\n"
    "# acme.dialect\n"
    "base = v2                             # what is not said is as there\n"
    "name = acme\n"
    "path.push = \"/api/sync/{app}\"\n"
    "path.pull = \"/api/sync/{app}/pull\"\n"
    "name.serverChanges = \"changes\"\n"
    "stamp_key = ts\n"
    "page_size = 500\n"
    "body_limit = 1MiB\n"
    "has.stream = no\n"
    "```\n\n"
    "Lines are `key = value`; `#` begins a comment, quotes are needed only for "
    "a value with a\n"
    "blank or a `#` in it, and the first line is `base`.  What cannot be right "
    "is an error with its\n"
    "place: an unknown key or one said twice, two members of one object with "
    "the same name, a path\n"
    "without `{app}`, a number out of its bounds.\n\n"
    "Scripts do not change.  They name paths, parameters, members, ops and "
    "types as the base does,\n"
    "raw ones too, and what is sent is rewritten on its way: a quoted name in "
    "front of a colon,\n"
    "where the protocol has names, so that a body that is broken on purpose "
    "stays as broken as it\n"
    "was.  Data inside of a record is never touched.  Answers are looked at "
    "with the base's names as\n"
    "well, and so are `path=` of the network's faults and what they answer or "
    "announce; reports and\n"
    "the history show what was on the wire.  A message that is cut into frames "
    "cannot be rewritten:\n"
    "such a scenario is skipped where messages have other names.\n\n"
    "Clauses and scenarios of the base are those of the dialect.  Skipped is a "
    "scenario that opens\n"
    "a channel which the dialect does not have, or whose clauses are about "
    "another part of v2 that\n"
    "it lacks: pages, extras, `auth-ok`, a version.  One that sends a body "
    "over "
    "the dialect's\n"
    "`body_limit` is not known as such: name it in a file of known "
    "failures.\n\n"
    "## Keys\n\n"
    "| key | v1 | v2 | |\n|---|---|---|---|\n";

void dialect_keys_manual(struct buf *out)
{
    const struct dialect *v1 = dialect_find(STR("v1"));
    const struct dialect *v2 = dialect_find(STR("v2"));
    buf_puts(out, manual_head);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        bool none = keys[i].kind == DIALECT_KEY_BASE ||
                    keys[i].kind == DIALECT_KEY_TITLE;
        buf_printf(out, "| `%s` | ", keys[i].key);
        if (!none) {
            buf_putc(out, '`');
            dialect_key_value(&keys[i], v1, out);
            buf_puts(out, "` | `");
            dialect_key_value(&keys[i], v2, out);
            buf_putc(out, '`');
        } else {
            buf_puts(out, "|");
        }
        buf_printf(out, " | %s |\n", keys[i].help);
    }
}
