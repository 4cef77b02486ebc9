/* SPDX-License-Identifier: MIT */
/* translate - see translate.h.  Layer: protocol. */
#include "protocol/translate.h"

#include "base/limits.h"
#include "protocol/http.h"

/* What an object or array is.  Below a value nothing has a name of the
 * protocol, so that this many levels are enough; deeper ones are counted. */
enum kind {
    KIND_VALUE,
    KIND_DOCUMENT,
    KIND_CHANGES, /* an array of … */
    KIND_CHANGE,
    KIND_RECORD,
    KIND_FIELDS, /* of a record, but their values are entries */
    KIND_ENTRY
};
enum { LEVELS_MAX = 8 };

struct scan {
    const struct dialect *dialect;
    enum dialect_group document;
    bool to_wire;
    struct str rest;
    struct buf out;
    enum kind levels[LEVELS_MAX];
    size_t depth;             /* of levels */
    size_t values;            /* containers that are open below them */
    enum kind next;           /* a container that opens now */
    enum dialect_group words; /* of a string that comes now; or GROUP_COUNT */
};

static struct str mapped(const struct scan *scan, enum dialect_group group,
                         struct str word)
{
    return scan->to_wire ? dialect_to_wire(scan->dialect, group, word)
                         : dialect_from_wire(scan->dialect, group, word);
}

/* The names of an object's members; GROUP_COUNT: none of the protocol's. */
static enum dialect_group group_of(const struct scan *scan, enum kind kind)
{
    switch (kind) {
    case KIND_DOCUMENT:
        return scan->document;
    case KIND_CHANGE:
        return GROUP_CHANGE;
    case KIND_RECORD:
    case KIND_FIELDS:
        return GROUP_RECORD;
    case KIND_ENTRY:
        return GROUP_ENTRY;
    case KIND_VALUE:
    case KIND_CHANGES:
        break;
    }
    return GROUP_COUNT;
}

static bool brings_changes(enum dialect_group document, const struct str *names,
                           struct str word)
{
    return document == GROUP_ANSWER
               ? str_eq(word, names[NAME_SERVER_CHANGES])
               : document != GROUP_NOTICE && str_eq(word, names[NAME_CHANGES]);
}

/* What stands behind the member `word`, by its name in the base. */
static void expect_value(struct scan *scan, enum kind kind, struct str word)
{
    const struct str *names = scan->dialect->base->names;
    if (kind == KIND_FIELDS) {
        scan->next = KIND_ENTRY;
    } else if (kind == KIND_CHANGE && str_eq(word, names[NAME_DATA])) {
        scan->next = KIND_RECORD;
    } else if (kind == KIND_CHANGE && str_eq(word, names[NAME_FIELDS])) {
        scan->next = KIND_FIELDS;
    } else if (kind == KIND_CHANGE && str_eq(word, names[NAME_OP])) {
        scan->words = GROUP_OPS;
    } else if (kind == KIND_DOCUMENT && scan->document == GROUP_NOTICE &&
               str_eq(word, names[NAME_TYPE])) {
        scan->words = GROUP_TYPES;
    } else if (kind == KIND_DOCUMENT &&
               brings_changes(scan->document, names, word)) {
        scan->next = KIND_CHANGES;
    }
}

static enum kind here(const struct scan *scan)
{
    return scan->values > 0  ? KIND_VALUE
           : scan->depth > 0 ? scan->levels[scan->depth - 1]
                             : KIND_VALUE;
}

static void expect_nothing(struct scan *scan)
{
    scan->next = KIND_VALUE;
    scan->words = GROUP_COUNT;
}

static void open(struct scan *scan, bool array)
{
    enum kind kind = scan->depth == 0 && scan->values == 0 ? KIND_DOCUMENT
                     : here(scan) == KIND_CHANGES          ? KIND_CHANGE
                                                           : scan->next;
    bool fits = (kind == KIND_CHANGES) == array && kind != KIND_VALUE;
    if (scan->values == 0 && fits && scan->depth < LEVELS_MAX) {
        scan->levels[scan->depth++] = kind;
    } else {
        scan->values++;
    }
    expect_nothing(scan);
}

static void shut(struct scan *scan)
{
    if (scan->values > 0) {
        scan->values--;
    } else if (scan->depth > 0) {
        scan->depth--;
    }
    expect_nothing(scan);
}

/* Bytes up to the quote that ends it; text.n: there is none. */
static size_t string_end(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"') {
            return i;
        }
        i += text.p[i] == '\\';
    }
    return text.n;
}

static bool colon_follows(struct str text)
{
    size_t i = 0;
    while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\t' ||
                          text.p[i] == '\n' || text.p[i] == '\r')) {
        i++;
    }
    return i < text.n && text.p[i] == ':';
}

/* The quote that opens it was taken. */
static void take_string(struct scan *scan)
{
    size_t end = string_end(scan->rest);
    struct str word = str_take(scan->rest, end), told = word;
    if (end == scan->rest.n) {
        buf_str(&scan->out, word);
        scan->rest = STR("");
        return;
    }
    scan->rest = str_skip(scan->rest, end);
    enum kind kind = here(scan);
    if (colon_follows(str_skip(scan->rest, 1))) {
        enum dialect_group group = group_of(scan, kind);
        told = group == GROUP_COUNT ? word : mapped(scan, group, word);
        expect_nothing(scan);
        expect_value(scan, kind, scan->to_wire ? word : told);
    } else if (scan->words != GROUP_COUNT) {
        told = mapped(scan, scan->words, word);
        expect_nothing(scan);
    }
    buf_str(&scan->out, told);
    buf_putc(&scan->out, '"');
    scan->rest = str_skip(scan->rest, 1);
}

static void take_byte(struct scan *scan)
{
    char byte = scan->rest.p[0];
    scan->rest = str_skip(scan->rest, 1);
    buf_putc(&scan->out, byte);
    switch (byte) {
    case '"':
        take_string(scan);
        break;
    case '{':
    case '[':
        open(scan, byte == '[');
        break;
    case '}':
    case ']':
        shut(scan);
        break;
    case ',':
        expect_nothing(scan);
        break;
    default:
        break;
    }
}

static struct str translate(struct scan *scan, struct str text,
                            struct arena *arena)
{
    if (!scan->dialect->renames || text.n == 0) {
        return text;
    }
    /* A name may be longer on the other side: each by a few bytes. */
    buf_init(&scan->out, LIMIT_REPLY_BYTES * 4);
    scan->rest = text;
    expect_nothing(scan);
    while (scan->rest.n > 0) {
        take_byte(scan);
    }
    struct str kept =
        scan->out.failed ? text : arena_str(arena, buf_view(&scan->out));
    buf_free(&scan->out);
    return kept.p ? kept : text;
}

struct str translate_to_wire(const struct dialect *dialect,
                             enum dialect_group document, struct str text,
                             struct arena *arena)
{
    struct scan scan = {
        .dialect = dialect, .document = document, .to_wire = true};
    return translate(&scan, text, arena);
}

struct str translate_from_wire(const struct dialect *dialect,
                               enum dialect_group document, struct str text,
                               struct arena *arena)
{
    struct scan scan = {.dialect = dialect, .document = document};
    return translate(&scan, text, arena);
}

/* ---- targets and headers ---- */

static enum dialect_group query_of(enum dialect_path path)
{
    switch (path) {
    case PATH_PULL:
        return GROUP_QUERY_PULL;
    case PATH_STREAM:
        return GROUP_QUERY_STREAM;
    case PATH_SOCKET:
    case PATH_SOCKET_ALL:
        return GROUP_QUERY_SOCKET;
    case PATH_PUSH:
    case PATH_HEALTH:
    case PATH_COUNT:
        break;
    }
    return GROUP_COUNT;
}

/* `query` begins with its question mark, or is empty. */
static void put_query(const struct scan *scan, enum dialect_group group,
                      struct str query, struct buf *out)
{
    while (query.n > 0) {
        size_t end = 1;
        while (end < query.n && query.p[end] != '&') {
            end++;
        }
        struct str pair = str_skip(str_take(query, end), 1);
        size_t equals = str_find(pair, '=');
        struct str name = str_take(pair, equals);
        buf_putc(out, query.p[0]);
        buf_str(out, group == GROUP_COUNT ? name : mapped(scan, group, name));
        buf_str(out, str_skip(pair, equals));
        query = str_skip(query, end);
    }
}

static struct str target_told(const struct scan *scan, struct str target,
                              struct arena *arena)
{
    const struct dialect *dialect = scan->dialect, *base = dialect->base;
    struct str path = http_target_path(target), app = STR("");
    enum dialect_path which =
        dialect->renames
            ? dialect_path_find(scan->to_wire ? base : dialect, path, &app)
            : PATH_COUNT;
    if (which == PATH_COUNT) {
        return target;
    }
    struct buf out;
    buf_init(&out, 2 * (size_t)LIMIT_BODY_BYTES);
    dialect_path_write(scan->to_wire ? dialect : base, which, app, &out);
    put_query(scan, query_of(which), str_skip(target, path.n), &out);
    struct str kept = out.failed ? target : arena_str(arena, buf_view(&out));
    buf_free(&out);
    return kept.p ? kept : target;
}

struct str translate_target(const struct dialect *dialect, struct str target,
                            struct arena *arena)
{
    const struct scan scan = {.dialect = dialect, .to_wire = true};
    return target_told(&scan, target, arena);
}

struct str translate_target_back(const struct dialect *dialect,
                                 struct str target, struct arena *arena)
{
    const struct scan scan = {.dialect = dialect};
    return target_told(&scan, target, arena);
}

struct str translate_header(const struct dialect *dialect, struct str name)
{
    const struct http_header header = {.name = name, .value = STR("")};
    struct str base = dialect->base->names[NAME_HEADER_CLIENT_ID];
    return http_header_find(&header, 1, base.p).p
               ? dialect_name(dialect, NAME_HEADER_CLIENT_ID)
               : name;
}
