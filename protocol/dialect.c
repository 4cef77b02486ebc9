/* SPDX-License-Identifier: MIT */
/* dialect - what differs between versions of the wire.  Layer: protocol. */
#include "protocol/dialect.h"

#include "base/limits.h"
#include "protocol/http.h"

#define WORD(literal)                                                          \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

/* What both have in common. */
#define COMMON_NAMES                                                           \
    [NAME_CLIENT_ID] = WORD("clientId"), [NAME_APP_ID] = WORD("appId"),        \
    [NAME_SINCE] = WORD("since"),                                              \
    [NAME_SCHEMA_VERSION] = WORD("schemaVersion"),                             \
    [NAME_CHANGES] = WORD("changes"),                                          \
    [NAME_SERVER_CHANGES] = WORD("serverChanges"),                             \
    [NAME_CONFLICTS] = WORD("conflicts"),                                      \
    [NAME_SYNCED_UNTIL] = WORD("syncedUntil"),                                 \
    [NAME_HAS_MORE] = WORD("hasMore"), [NAME_TABLE] = WORD("table"),           \
    [NAME_ID] = WORD("id"), [NAME_OP] = WORD("op"),                            \
    [NAME_DATA] = WORD("data"), [NAME_FIELDS] = WORD("fields"),                \
    [NAME_DELETED_AT] = WORD("deletedAt"), [NAME_EVENT_ID] = WORD("eventId"),  \
    [NAME_ACTOR] = WORD("actor"), [NAME_ORIGIN] = WORD("origin"),              \
    [NAME_SPACE_ID] = WORD("spaceId"), [NAME_VALUE] = WORD("value"),           \
    [NAME_UPDATED_AT] = WORD("updatedAt"),                                     \
    [NAME_CREATED_AT] = WORD("createdAt"), [NAME_TYPE] = WORD("type"),         \
    [NAME_TOKEN] = WORD("token"), [NAME_MESSAGE] = WORD("message"),            \
    [NAME_TABLES] = WORD("tables"), [NAME_OP_INSERT] = WORD("insert"),         \
    [NAME_OP_UPDATE] = WORD("update"), [NAME_OP_DELETE] = WORD("delete"),      \
    [NAME_TYPE_AUTH] = WORD("auth"), [NAME_TYPE_PING] = WORD("ping"),          \
    [NAME_TYPE_AUTH_OK] = WORD("auth-ok"), [NAME_TYPE_ERROR] = WORD("error"),  \
    [NAME_TYPE_PONG] = WORD("pong"),                                           \
    [NAME_TYPE_SYNC_AVAILABLE] = WORD("sync-available"),                       \
    [NAME_EVENT_CHANGES] = WORD("changes"),                                    \
    [NAME_EVENT_HEARTBEAT] = WORD("heartbeat"),                                \
    [NAME_QUERY_COLLECTION] = WORD("collection"),                              \
    [NAME_QUERY_SINCE] = WORD("since"),                                        \
    [NAME_QUERY_COLLECTIONS] = WORD("collections"),                            \
    [NAME_QUERY_CLIENT_ID] = WORD("clientId"),                                 \
    [NAME_HEADER_CLIENT_ID] = WORD("X-Client-Id")

#define COMMON_PATHS                                                           \
    {                                                                          \
        [PATH_PUSH] = WORD("/sync/{app}"),                                     \
        [PATH_PULL] = WORD("/sync/{app}/pull"),                                \
        [PATH_STREAM] = WORD("/sync/{app}/stream"),                            \
        [PATH_SOCKET] = WORD("/ws/{app}"), [PATH_SOCKET_ALL] = WORD("/ws"),    \
        [PATH_HEALTH] = WORD("/health")                                        \
    }

static const struct dialect dialects[] = {
    {.name = "v1",
     .bit = DIALECT_V1,
     .base = &dialects[0],
     .stamp_key = "updatedAt",
     .other_stamp_key = "at",
     .names = {COMMON_NAMES, [NAME_STAMP] = WORD("updatedAt")},
     .paths = COMMON_PATHS,
     .ws = true},
    {.name = "v2",
     .bit = DIALECT_V2,
     .base = &dialects[1],
     .stamp_key = "at",
     .other_stamp_key = "updatedAt",
     .names = {COMMON_NAMES, [NAME_STAMP] = WORD("at")},
     .paths = COMMON_PATHS,
     .page_size = 1000,
     .has_more = true,
     .change_extras = true,
     .schema_version_max = 1,
     .payment = true,
     .body_limit = LIMIT_BODY_BYTES,
     .ws = true,
     .ws_unified = true,
     .ws_auth_ok = true,
     .sse = true},
};

enum { DIALECT_COUNT = sizeof dialects / sizeof dialects[0] };

const struct dialect *dialect_find(struct str name)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        if (str_is(name, dialects[i].name)) {
            return &dialects[i];
        }
    }
    return NULL;
}

const char *dialect_argument(const struct dialect *dialect)
{
    return dialect->file ? dialect->file : dialect->name;
}

const struct dialect *dialect_all(size_t *count)
{
    *count = DIALECT_COUNT;
    return dialects;
}

/* ---- names beside each other ---- */

enum { GROUP_NAMES_MAX = 11 };

static const struct {
    const char *text;
    size_t count;
    enum dialect_name names[GROUP_NAMES_MAX];
} groups[] = {
    [GROUP_PUSH] = {"a push",
                    5,
                    {NAME_CLIENT_ID, NAME_APP_ID, NAME_SINCE,
                     NAME_SCHEMA_VERSION, NAME_CHANGES}},
    [GROUP_ANSWER] = {"an answer",
                      4,
                      {NAME_SERVER_CHANGES, NAME_CONFLICTS, NAME_SYNCED_UNTIL,
                       NAME_HAS_MORE}},
    [GROUP_EVENT] = {"the data of a stream's event",
                     4,
                     {NAME_CHANGES, NAME_HAS_MORE, NAME_SYNCED_UNTIL,
                      NAME_TABLE}},
    [GROUP_NOTICE] = {"a message on a socket",
                      6,
                      {NAME_TYPE, NAME_TOKEN, NAME_CLIENT_ID, NAME_MESSAGE,
                       NAME_APP_ID, NAME_TABLES}},
    [GROUP_CHANGE] = {"a change",
                      11,
                      {NAME_TABLE, NAME_ID, NAME_OP, NAME_DATA, NAME_FIELDS,
                       NAME_DELETED_AT, NAME_EVENT_ID, NAME_SCHEMA_VERSION,
                       NAME_ACTOR, NAME_ORIGIN, NAME_SPACE_ID}},
    [GROUP_RECORD] = {"a record",
                      4,
                      {NAME_ID, NAME_UPDATED_AT, NAME_CREATED_AT,
                       NAME_DELETED_AT}},
    [GROUP_ENTRY] = {"a field's entry", 2, {NAME_VALUE, NAME_STAMP}},
    [GROUP_OPS] = {"the values of op",
                   3,
                   {NAME_OP_INSERT, NAME_OP_UPDATE, NAME_OP_DELETE}},
    [GROUP_TYPES] = {"the types of messages",
                     6,
                     {NAME_TYPE_AUTH, NAME_TYPE_PING, NAME_TYPE_AUTH_OK,
                      NAME_TYPE_ERROR, NAME_TYPE_PONG,
                      NAME_TYPE_SYNC_AVAILABLE}},
    [GROUP_EVENTS] = {"the events of a stream",
                      2,
                      {NAME_EVENT_CHANGES, NAME_EVENT_HEARTBEAT}},
    [GROUP_QUERY_PULL] = {"the query of a pull",
                          2,
                          {NAME_QUERY_COLLECTION, NAME_QUERY_SINCE}},
    [GROUP_QUERY_STREAM] = {"the query of a stream",
                            2,
                            {NAME_QUERY_COLLECTIONS, NAME_QUERY_SINCE}},
    [GROUP_QUERY_SOCKET] = {"the query of a socket", 1, {NAME_QUERY_CLIENT_ID}},
};

const char *dialect_group_text(enum dialect_group group)
{
    return groups[group].text;
}

const enum dialect_name *dialect_group_names(enum dialect_group group,
                                             size_t *count)
{
    *count = groups[group].count;
    return groups[group].names;
}

/* Where `word` is in the group by these names; its count: nowhere. */
static size_t group_at(const struct dialect *side, enum dialect_group group,
                       struct str word)
{
    size_t i = 0;
    while (i < groups[group].count &&
           !str_eq(side->names[groups[group].names[i]], word)) {
        i++;
    }
    return i;
}

/* A word that is a name only on the other side takes the place that became
 * free: the end of the chain of names behind it. */
static struct str rename_word(const struct dialect *from,
                              const struct dialect *to,
                              enum dialect_group group, struct str word)
{
    size_t count = groups[group].count, at = group_at(from, group, word);
    if (at < count) {
        return to->names[groups[group].names[at]];
    }
    while ((at = group_at(to, group, word)) < count) {
        word = from->names[groups[group].names[at]];
    }
    return word;
}

struct str dialect_to_wire(const struct dialect *dialect,
                           enum dialect_group group, struct str word)
{
    return rename_word(dialect->base, dialect, group, word);
}

struct str dialect_from_wire(const struct dialect *dialect,
                             enum dialect_group group, struct str word)
{
    return rename_word(dialect, dialect->base, group, word);
}

/* ---- paths ---- */

#define APP "{app}"

/* Index of the place of the app; path.n: it has none. */
static size_t app_at(struct str path)
{
    size_t at = str_find(path, '{');
    return str_starts(str_skip(path, at), STR(APP)) ? at : path.n;
}

void dialect_path_write(const struct dialect *dialect, enum dialect_path path,
                        struct str app, struct buf *out)
{
    struct str text = dialect->paths[path];
    size_t at = app_at(text);
    buf_str(out, str_take(text, at));
    if (at < text.n) {
        buf_str(out, app);
        buf_str(out, str_skip(text, at + sizeof(APP) - 1));
    }
}

bool dialect_path_is(const struct dialect *dialect, enum dialect_path path,
                     struct str text, struct str *app)
{
    struct str wanted = dialect->paths[path];
    size_t at = app_at(wanted);
    if (at == wanted.n) {
        return str_eq(text, wanted);
    }
    struct str rest = str_skip(text, at);
    struct str end = str_skip(wanted, at + sizeof(APP) - 1);
    if (!str_starts(text, str_take(wanted, at)) || rest.n <= end.n ||
        !str_ends(rest, end)) {
        return false;
    }
    rest = str_take(rest, rest.n - end.n);
    if (str_find(rest, '/') < rest.n) {
        return false;
    }
    if (app) {
        *app = rest;
    }
    return true;
}

enum dialect_path dialect_path_find(const struct dialect *dialect,
                                    struct str text, struct str *app)
{
    for (int exact = 1; exact >= 0; exact--) {
        for (enum dialect_path path = PATH_PUSH; path < PATH_COUNT; path++) {
            struct str wanted = dialect->paths[path];
            if ((app_at(wanted) == wanted.n) == (exact != 0) &&
                dialect_path_is(dialect, path, text, app)) {
                return path;
            }
        }
    }
    return PATH_COUNT;
}

void dialect_pull_write(const struct dialect *dialect, struct str collection,
                        struct str since, struct buf *out)
{
    buf_putc(out, '?');
    buf_str(out, dialect->names[NAME_QUERY_COLLECTION]);
    buf_putc(out, '=');
    http_encode(out, collection);
    buf_putc(out, '&');
    buf_str(out, dialect->names[NAME_QUERY_SINCE]);
    buf_putc(out, '=');
    http_encode(out, since);
}

/* ---- dialects from elsewhere ---- */

struct dialect *dialect_derive(const struct dialect *base, struct arena *arena)
{
    struct dialect *dialect = arena_must(arena, 1, sizeof *dialect);
    *dialect = *base;
    return dialect;
}

static bool group_differs(const struct dialect *dialect,
                          enum dialect_group group)
{
    bool differs = false;
    for (size_t i = 0; i < groups[group].count; i++) {
        enum dialect_name name = groups[group].names[i];
        differs = differs ||
                  !str_eq(dialect->names[name], dialect->base->names[name]);
    }
    return differs;
}

bool dialect_renames(const struct dialect *dialect, enum dialect_group one,
                     enum dialect_group two)
{
    return group_differs(dialect, one) || group_differs(dialect, two);
}

void dialect_finish(struct dialect *dialect)
{
    const struct dialect *base = dialect->base;
    dialect->renames = false;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        dialect->renames =
            dialect->renames || !str_eq(dialect->names[i], base->names[i]);
    }
    for (size_t i = 0; i < PATH_COUNT; i++) {
        dialect->renames =
            dialect->renames || !str_eq(dialect->paths[i], base->paths[i]);
    }
    dialect->renames_records = group_differs(dialect, GROUP_RECORD);
    dialect->stamp_key = dialect->names[NAME_STAMP].p;
    /* Whoever took the base's key is mistaken as well. */
    if (!str_is(base->names[NAME_STAMP], dialect->stamp_key)) {
        dialect->other_stamp_key = base->stamp_key;
    }
}
