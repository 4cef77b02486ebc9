/* SPDX-License-Identifier: MIT */
/* dialect_file - see dialect_file.h.  Layer: harness/scenario. */
#include "harness/scenario/dialect_file.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/asserts.h"
#include "base/utf8.h"
#include "harness/scenario/dialect_keys.h"
#include "harness/scenario/suggest.h"

enum {
    KEYS_MAX = 80,
    SHOWN_MAX = 60, /* bytes of a wrong text in an error */
    TITLE_MAX = 32,
    BODY_LEAST = 1024
};

struct reading {
    const char *file;
    struct arena *arena;
    struct err *err;
    struct dialect *dialect; /* NULL before `base` */
    struct str line;
    uint32_t number; /* of the line, from 1 */
    struct str key, value;
    uint32_t key_column, value_column;
    bool quoted;
    uint32_t lines[KEYS_MAX];   /* where a key was said; 0: nowhere */
    uint32_t columns[KEYS_MAX]; /* of its value */
};

/* `found` is shown where the format has its %s; it may hold any bytes. */
static enum status fail_at(struct reading *reading, uint32_t column,
                           const char *format, struct str found)
{
    struct buf shown, text;
    buf_init(&shown, 8 * SHOWN_MAX);
    buf_init(&text, ERR_TEXT_MAX);
    utf8_quote(&shown, found, SHOWN_MAX);
    for (const char *p = format; *p; p++) {
        if (p[0] == '%' && p[1] == 's') {
            buf_str(&text, buf_view(&shown));
            p++;
        } else {
            buf_putc(&text, *p);
        }
    }
    enum status status =
        err_set(reading->err, ST_SYNTAX, "%s:%u:%u: %s", reading->file,
                reading->number, column, buf_view(&text).p);
    buf_free(&shown);
    buf_free(&text);
    return status;
}

static enum status fail_value(struct reading *reading, const char *format)
{
    return fail_at(reading, reading->value_column, format, reading->value);
}

/* ---- one line ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static size_t skip_blanks(struct str line, size_t at)
{
    while (at < line.n && is_blank(line.p[at])) {
        at++;
    }
    return at;
}

static bool line_ends(struct str line, size_t at)
{
    return at >= line.n || line.p[at] == '#';
}

static enum status split_value(struct reading *reading, size_t at)
{
    struct str line = reading->line;
    size_t end = at;
    reading->quoted = !line_ends(line, at) && line.p[at] == '"';
    reading->value_column = (uint32_t)at + 1;
    if (reading->quoted) {
        end = at + 1 + str_find(str_skip(line, at + 1), '"');
        if (end >= line.n) {
            return fail_at(reading, (uint32_t)at + 1,
                           "a text that begins with a quote ends with one",
                           line);
        }
        reading->value = str_take(str_skip(line, at + 1), end - at - 1);
        end++;
    } else {
        while (!line_ends(line, end) && !is_blank(line.p[end])) {
            end++;
        }
        reading->value = str_take(str_skip(line, at), end - at);
    }
    size_t behind = skip_blanks(line, end);
    if (!line_ends(line, behind)) {
        return fail_at(reading, (uint32_t)behind + 1,
                       "\"%s\" behind the value: a value with a blank in it is "
                       "quoted",
                       str_skip(line, behind));
    }
    return ST_OK;
}

/* `*empty`: there is nothing on it but a comment. */
static enum status split_line(struct reading *reading, bool *empty)
{
    struct str line = reading->line;
    size_t at = skip_blanks(line, 0), end = at;
    *empty = line_ends(line, at);
    if (*empty) {
        return ST_OK;
    }
    while (!line_ends(line, end) && !is_blank(line.p[end]) &&
           line.p[end] != '=') {
        end++;
    }
    reading->key = str_take(str_skip(line, at), end - at);
    reading->key_column = (uint32_t)at + 1;
    at = skip_blanks(line, end);
    if (at >= line.n || line.p[at] != '=') {
        return fail_at(reading, (uint32_t)at + 1,
                       "expected \"=\" behind \"%s\": lines are key = value",
                       reading->key);
    }
    at = skip_blanks(line, at + 1);
    if (line_ends(line, at)) {
        return fail_at(reading, (uint32_t)at + 1, "%s has no value",
                       reading->key);
    }
    return split_value(reading, at);
}

/* ---- values ---- */

static enum status take_base(struct reading *reading)
{
    const struct dialect *base = dialect_find(reading->value);
    if (!base) {
        return fail_value(reading, "no dialect to begin with is \"%s\"; "
                                   "expected v1 or v2");
    }
    reading->dialect = dialect_derive(base, reading->arena);
    reading->dialect->file = reading->file;
    return ST_OK;
}

static bool is_title_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

static bool is_title(struct str text)
{
    size_t i = 0;
    while (i < text.n && is_title_byte(text.p[i])) {
        i++;
    }
    return text.n > 0 && text.n <= TITLE_MAX && i == text.n &&
           !dialect_find(text) && !str_is(text, "both");
}

static enum status take_title(struct reading *reading)
{
    if (!is_title(reading->value)) {
        return fail_value(reading,
                          "\"%s\" names no dialect: expected up to 32 letters, "
                          "digits, dots and dashes, and not v1, v2 or both");
    }
    reading->dialect->name = arena_str(reading->arena, reading->value).p;
    return ST_OK;
}

/* Nothing that JSON, an event's line or a report would have to escape. */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
            return false;
        }
    }
    return text.n > 0 && text.p[0] != ' ' && text.p[text.n - 1] != ' ';
}

static bool has_any(struct str text, const char *bytes)
{
    for (; *bytes; bytes++) {
        if (str_find(text, *bytes) < text.n) {
            return true;
        }
    }
    return false;
}

static enum status take_name(struct reading *reading,
                             const struct dialect_key *key)
{
    struct str value = reading->value;
    if (value.n > DIALECT_WORD_MAX) {
        return fail_value(reading, "a name has at most 64 bytes: \"%s\"");
    }
    if (!is_plain(value)) {
        return fail_value(reading,
                          "\"%s\" is no name: expected printable ASCII "
                          "without quotes and backslashes, and no blank at "
                          "either end");
    }
    if (key->kind == DIALECT_KEY_PARAM && has_any(value, "&=+#% ?{}")) {
        return fail_value(reading, "\"%s\" cannot stand in a query: it has a "
                                   "blank or one of & = + # % ? { }");
    }
    if (key->kind == DIALECT_KEY_HEADER && has_any(value, "(),/:;<=>?@[]{} ")) {
        return fail_value(reading, "\"%s\" is no name of a header");
    }
    reading->dialect->names[key->which] = arena_str(reading->arena, value);
    return ST_OK;
}

/* How many times "{app}" stands there; braces elsewhere give SIZE_MAX. */
static size_t count_apps(struct str path)
{
    static const struct str app = {"{app}", 5};
    size_t count = 0;
    for (size_t i = 0; i < path.n; i++) {
        if (str_starts(str_skip(path, i), app)) {
            count++;
            i += app.n - 1;
        } else if (path.p[i] == '{' || path.p[i] == '}') {
            return SIZE_MAX;
        }
    }
    return count;
}

static enum status take_path(struct reading *reading,
                             const struct dialect_key *key)
{
    struct str value = reading->value;
    bool of_app = key->which < PATH_SOCKET_ALL;
    if (value.n > DIALECT_TEXT_MAX) {
        return fail_value(reading, "a path has at most 256 bytes: \"%s\"");
    }
    if (!is_plain(value) || value.p[0] != '/' || has_any(value, "?# ")) {
        return fail_value(reading, "\"%s\" is no path: expected one as "
                                   "/sync/{app}, without a query");
    }
    size_t apps = count_apps(value);
    if (apps == SIZE_MAX) {
        return fail_value(reading,
                          "\"%s\": braces stand for nothing but {app}");
    }
    if (of_app && apps != 1) {
        return fail_value(reading, apps == 0
                                       ? "the path \"%s\" does not have {app}"
                                       : "the path \"%s\" has {app} twice");
    }
    if (!of_app && apps > 0) {
        return fail_value(reading, "the path \"%s\" is of no app: {app} cannot "
                                   "be in it");
    }
    reading->dialect->paths[key->which] = arena_str(reading->arena, value);
    return ST_OK;
}

/* ---- numbers ---- */

static bool read_number(const struct dialect_key *key, struct str text,
                        int64_t *out)
{
    int64_t unit = 1, number = 0;
    if (key->kind == DIALECT_KEY_BYTES && str_ends(text, STR("KiB"))) {
        unit = 1024;
    } else if (key->kind == DIALECT_KEY_BYTES && str_ends(text, STR("MiB"))) {
        unit = 1 << 20;
    }
    if (unit > 1) {
        text = str_take(text, text.n - 3);
    }
    if (text.n == 0 || text.p[0] == '-' || !str_to_i64(text, &number) ||
        number > key->max / unit) {
        return false;
    }
    *out = number * unit;
    return key->kind != DIALECT_KEY_BYTES || *out == 0 || *out >= BODY_LEAST;
}

static enum status take_number(struct reading *reading,
                               const struct dialect_key *key)
{
    int64_t number = 0;
    struct dialect *dialect = reading->dialect;
    if (reading->quoted || !read_number(key, reading->value, &number)) {
        char format[160];
        snprintf(format, sizeof format,
                 key->kind == DIALECT_KEY_BYTES
                     ? "\"%%s\" is no size: expected 0, or 1KiB to %" PRId64
                       "MiB"
                     : "\"%%s\" is no number from 0 to %" PRId64,
                 key->kind == DIALECT_KEY_BYTES ? key->max >> 20 : key->max);
        return fail_value(reading, format);
    }
    if (key->kind == DIALECT_KEY_BYTES) {
        dialect->body_limit = (size_t)number;
    } else if (key->offset == offsetof(struct dialect, page_size)) {
        dialect->page_size = (size_t)number;
    } else {
        dialect->schema_version_max = (int)number;
    }
    return ST_OK;
}

static enum status take_flag(struct reading *reading,
                             const struct dialect_key *key)
{
    bool yes = str_is(reading->value, "yes");
    if (!yes && !str_is(reading->value, "no")) {
        return fail_value(reading, "\"%s\" is neither yes nor no");
    }
    *(bool *)(void *)((char *)reading->dialect + key->offset) = yes;
    return ST_OK;
}

static enum status take_value(struct reading *reading,
                              const struct dialect_key *key)
{
    switch (key->kind) {
    case DIALECT_KEY_BASE:
        return take_base(reading);
    case DIALECT_KEY_TITLE:
        return take_title(reading);
    case DIALECT_KEY_PATH:
        return take_path(reading, key);
    case DIALECT_KEY_NAME:
    case DIALECT_KEY_PARAM:
    case DIALECT_KEY_HEADER:
        return take_name(reading, key);
    case DIALECT_KEY_COUNT:
    case DIALECT_KEY_BYTES:
        return take_number(reading, key);
    case DIALECT_KEY_FLAG:
        return take_flag(reading, key);
    }
    ASSERT_NEVER("a kind of key");
}

/* ---- keys ---- */

static enum status fail_unknown(struct reading *reading)
{
    size_t count = 0;
    const struct dialect_key *keys = dialect_keys(&count);
    struct suggest suggest;
    struct buf text;
    suggest_init(&suggest, reading->key);
    buf_init(&text, ERR_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        suggest_offer(&suggest, str_of(keys[i].key));
    }
    buf_puts(&text, "unknown key \"%s\"");
    suggest_write(&suggest, &text);
    enum status status =
        fail_at(reading, reading->key_column, buf_view(&text).p, reading->key);
    suggest_free(&suggest);
    buf_free(&text);
    return status;
}

static enum status fail_twice(struct reading *reading, size_t key)
{
    char format[64];
    snprintf(format, sizeof format, "%%s was said on line %u already",
             reading->lines[key]);
    return fail_at(reading, reading->key_column, format, reading->key);
}

static enum status take_line(struct reading *reading)
{
    size_t count = 0, i = 0;
    const struct dialect_key *keys = dialect_keys(&count);
    ASSERT(count <= KEYS_MAX);
    while (i < count && !str_is(reading->key, keys[i].key)) {
        i++;
    }
    if (!reading->dialect && (i == count || keys[i].kind != DIALECT_KEY_BASE)) {
        return fail_at(reading, reading->key_column,
                       "\"%s\" comes too early: the first line is base = v1 "
                       "or base = v2",
                       reading->key);
    }
    if (i == count) {
        return fail_unknown(reading);
    }
    if (reading->lines[i] > 0) {
        return fail_twice(reading, i);
    }
    reading->lines[i] = reading->number;
    reading->columns[i] = reading->value_column;
    return take_value(reading, &keys[i]);
}

/* ---- the whole ---- */

static bool is_name_key(const struct dialect_key *key)
{
    return key->kind == DIALECT_KEY_NAME || key->kind == DIALECT_KEY_PARAM;
}

/* The row of a name or path. */
static size_t row_of(enum dialect_key_kind kind, int which)
{
    size_t count = 0, i = 0;
    const struct dialect_key *keys = dialect_keys(&count);
    while (i < count && !((kind == DIALECT_KEY_NAME ? is_name_key(&keys[i])
                                                    : keys[i].kind == kind) &&
                          keys[i].which == which)) {
        i++;
    }
    ASSERT(i < count);
    return i;
}

/* Two of them are equal: the later line is the one that is wrong. */
static enum status fail_collision(struct reading *reading, size_t one,
                                  size_t two, const char *where)
{
    size_t count = 0;
    const struct dialect_key *keys = dialect_keys(&count);
    size_t late = reading->lines[one] > reading->lines[two] ? one : two;
    size_t early = late == one ? two : one;
    char format[200];
    snprintf(format, sizeof format,
             "%s = \"%%s\" is what %s is called already, and both stand in %s",
             keys[late].key, keys[early].key, where);
    reading->number = reading->lines[late];
    struct buf value;
    buf_init(&value, DIALECT_TEXT_MAX + 1);
    dialect_key_value(&keys[late], reading->dialect, &value);
    enum status status =
        fail_at(reading, reading->columns[late], format, buf_view(&value));
    buf_free(&value);
    return status;
}

static enum status check_group(struct reading *reading,
                               enum dialect_group group)
{
    size_t count = 0;
    const enum dialect_name *names = dialect_group_names(group, &count);
    const struct str *words = reading->dialect->names;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (str_eq(words[names[i]], words[names[k]])) {
                return fail_collision(reading,
                                      row_of(DIALECT_KEY_NAME, (int)names[i]),
                                      row_of(DIALECT_KEY_NAME, (int)names[k]),
                                      dialect_group_text(group));
            }
        }
    }
    return ST_OK;
}

/* Push alone is a POST: it may share a path. */
static enum status check_paths(struct reading *reading)
{
    const struct str *paths = reading->dialect->paths;
    for (int i = PATH_PULL; i < PATH_COUNT; i++) {
        for (int k = PATH_PULL; k < i; k++) {
            if (str_eq(paths[i], paths[k])) {
                return fail_collision(reading, row_of(DIALECT_KEY_PATH, i),
                                      row_of(DIALECT_KEY_PATH, k),
                                      "a request with GET");
            }
        }
    }
    return ST_OK;
}

static enum status check_pages(struct reading *reading)
{
    const struct dialect *dialect = reading->dialect;
    return dialect->has_more && dialect->page_size == 0
               ? fail_at(reading, 1,
                         "has.more = yes wants a page_size of its own", STR(""))
               : ST_OK;
}

/* "acme" of "dialects/acme.dialect". */
static void name_by_file(struct reading *reading)
{
    struct str name = str_of(reading->file);
    size_t slash;
    while ((slash = str_find(name, '/')) < name.n) {
        name = str_skip(name, slash + 1);
    }
    size_t dot = name.n;
    while (dot > 1 && name.p[dot - 1] != '.') {
        dot--;
    }
    struct str stem = dot > 1 ? str_take(name, dot - 1) : name;
    reading->dialect->name =
        is_title(stem) ? arena_str(reading->arena, stem).p : "unnamed";
}

static enum status finish(struct reading *reading)
{
    enum status status = ST_OK;
    if (!reading->dialect) {
        reading->number = 1;
        return fail_at(reading, 1, "there is no base = v1 or base = v2",
                       STR(""));
    }
    for (enum dialect_group group = GROUP_PUSH;
         group < GROUP_COUNT && status == ST_OK; group++) {
        status = check_group(reading, group);
    }
    status = status == ST_OK ? check_paths(reading) : status;
    status = status == ST_OK ? check_pages(reading) : status;
    if (status == ST_OK) {
        if (reading->dialect->name == reading->dialect->base->name) {
            name_by_file(reading);
        }
        dialect_finish(reading->dialect);
    }
    return status;
}

enum status dialect_file_read(const char *file, struct str text,
                              struct arena *arena, const struct dialect **out,
                              struct err *err)
{
    struct reading reading = {
        .file = arena_str(arena, str_of(file)).p, .arena = arena, .err = err};
    enum status status = ST_OK;
    bool empty = false;
    if (text.n > DIALECT_FILE_MAX) {
        return err_set(err, ST_LIMIT, "%s: %zu bytes, at most %d", file, text.n,
                       DIALECT_FILE_MAX);
    }
    while (text.n > 0 && status == ST_OK) {
        size_t end = str_find(text, '\n');
        reading.line = str_take(text, end);
        reading.number++;
        text = str_skip(text, end + 1);
        status = split_line(&reading, &empty);
        if (status == ST_OK && !empty) {
            status = take_line(&reading);
        }
    }
    status = status == ST_OK ? finish(&reading) : status;
    *out = status == ST_OK ? reading.dialect : NULL;
    return status;
}
