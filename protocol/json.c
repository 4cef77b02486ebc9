/* SPDX-License-Identifier: MIT */
/* json - parsed documents and canonical values.  The only file with cJSON in
 * it.  Layer: protocol.
 *
 * What cJSON would lose is put back after the parse: a number that a double
 * does not carry becomes a cJSON_Raw item with its token; a string with
 * \u0000 gets its length in `valueint`, which no other string uses. */
#include "protocol/json.h"

#include <cJSON.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "base/asserts.h"
#include "base/limits.h"
#include "protocol/json_text.h"
#include "protocol/number.h"

enum {
    LIBRARY_NUMBER_MAX = 63, /* cJSON copies no more of a number than this */
    SORT_INLINE = 32         /* members sorted without asking for memory */
};

/* cJSON's hooks are global and know no context.  They are set once and serve
 * every thread: from the arena while json_read runs in it, else from malloc,
 * so that other users of the library are not disturbed. */
static _Thread_local struct arena *current_arena;
static once_flag hooks_once = ONCE_FLAG_INIT;

static void *hook_alloc(size_t size)
{
    return current_arena ? arena_raw(current_arena, size) : malloc(size);
}

static void hook_free(void *p)
{
    if (!current_arena) {
        free(p);
    }
}

static void hooks_set(void)
{
    cJSON_Hooks hooks = {hook_alloc, hook_free};
    cJSON_InitHooks(&hooks);
}

static const cJSON *item_of(const struct json_node *node)
{
    return (const cJSON *)(const void *)node;
}

static const struct json_node *node_of(const cJSON *item)
{
    return (const struct json_node *)(const void *)item;
}

/* The tree in document order, to find the items that notes speak of. */
struct mending {
    const struct json_note *note, *end;
    size_t numbers, strings;
    struct arena *arena;
};

static bool mend_number(cJSON *item, struct str token, struct arena *arena)
{
    if (number_is_exact(token)) {
        item->valuedouble = number_value(token);
        return true;
    }
    item->type = cJSON_Raw;
    item->valuestring = (char *)(uintptr_t)arena_str(arena, token).p;
    return item->valuestring != NULL;
}

static bool mend_string(cJSON *item, struct str token, struct arena *arena)
{
    struct str text;
    if (!json_unquote(token, arena, &text) || text.n > INT_MAX) {
        return false;
    }
    item->valuestring = (char *)(uintptr_t)text.p;
    item->valueint = (int)text.n;
    return true;
}

static bool mend_scalar(struct mending *mending, cJSON *item)
{
    const struct json_note *note = mending->note;
    bool number = cJSON_IsNumber(item);
    if (!number && !cJSON_IsString(item)) {
        return true;
    }
    size_t ordinal = number ? mending->numbers++ : mending->strings++;
    if (note == mending->end || (note->kind == NOTE_NUMBER) != number ||
        note->ordinal != ordinal) {
        return true;
    }
    mending->note++;
    return number ? mend_number(item, note->token, mending->arena)
                  : mend_string(item, note->token, mending->arena);
}

static bool mend_tree(struct mending *mending, cJSON *root)
{
    cJSON *stack[LIMIT_JSON_DEPTH + 1];
    size_t depth = 0;
    stack[depth++] = root;
    while (depth > 0 && mending->note < mending->end) {
        cJSON *item = stack[depth - 1];
        if (!item) {
            depth--;
            continue;
        }
        /* A root has no sibling: cJSON leaves its `next` NULL. */
        stack[depth - 1] = item->next;
        if (!mend_scalar(mending, item)) {
            return false;
        }
        if (item->child) {
            ASSERT(depth <= LIMIT_JSON_DEPTH);
            stack[depth++] = item->child;
        }
    }
    ASSERT(mending->note == mending->end);
    return true;
}

/* A copy in which the library can read every number: one that it would cut is
 * a 0 and spaces until it is mended. */
static struct str readable_copy(struct str text, const struct json_facts *facts,
                                struct arena *arena)
{
    struct str copy = arena_str(arena, text);
    char *bytes = (char *)(uintptr_t)copy.p;
    for (size_t i = 0; bytes && i < facts->note_count; i++) {
        const struct json_note *note = &facts->notes[i];
        if (note->kind == NOTE_NUMBER && note->token.n > LIBRARY_NUMBER_MAX) {
            char *at = bytes + (note->token.p - text.p);
            memset(at, ' ', note->token.n);
            at[0] = '0';
        }
    }
    return copy;
}

static bool long_number(const struct json_facts *facts)
{
    for (size_t i = 0; i < facts->note_count; i++) {
        if (facts->notes[i].kind == NOTE_NUMBER &&
            facts->notes[i].token.n > LIBRARY_NUMBER_MAX) {
            return true;
        }
    }
    return false;
}

static cJSON *library_parse(struct str text, struct arena *arena)
{
    const char *end = NULL;
    call_once(&hooks_once, hooks_set);
    current_arena = arena;
    cJSON *root = cJSON_ParseWithLengthOpts(text.p, text.n, &end, false);
    current_arena = NULL;
    if (root) {
        /* The scanner saw one document; the library must have seen it all. */
        for (; end < text.p + text.n; end++) {
            ASSERT(strchr(" \t\r\n", *end) && *end != '\0');
        }
    }
    return root;
}

enum status json_read(struct str text, const struct json_limits *limits,
                      struct arena *arena, const struct json_node **out,
                      struct err *err)
{
    struct json_facts facts;
    enum status status = json_scan(text, limits, arena, &facts, err);
    if (status != ST_OK) {
        return status;
    }
    if (long_number(&facts)) {
        text = readable_copy(text, &facts, arena);
    }
    cJSON *root = text.p ? library_parse(text, arena) : NULL;
    struct mending mending = {facts.notes, facts.notes, 0, 0, arena};
    if (facts.note_count > 0) {
        mending.end = facts.notes + facts.note_count;
    }
    if (!root || !mend_tree(&mending, root)) {
        return err_set(err, ST_LIMIT,
                       "no memory left for a document of %zu "
                       "bytes",
                       text.n);
    }
    *out = node_of(root);
    return ST_OK;
}

enum json_type json_type(const struct json_node *node)
{
    switch (item_of(node)->type & 0xFF) {
    case cJSON_NULL:
        return JSON_NULL;
    case cJSON_False:
    case cJSON_True:
        return JSON_BOOL;
    case cJSON_Number:
    case cJSON_Raw:
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_STRING;
    case cJSON_Array:
        return JSON_ARRAY;
    default:
        return JSON_OBJECT;
    }
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_BOOL] = "a boolean",
        [JSON_NUMBER] = "a number", [JSON_STRING] = "a string",
        [JSON_ARRAY] = "an array",  [JSON_OBJECT] = "an object"};
    return names[type];
}

const struct json_node *json_child(const struct json_node *node)
{
    return node_of(item_of(node)->child);
}

const struct json_node *json_next(const struct json_node *node)
{
    return node_of(item_of(node)->next);
}

struct str json_name(const struct json_node *node)
{
    return str_of(item_of(node)->string);
}

const struct json_node *json_member(const struct json_node *object,
                                    const char *name)
{
    const cJSON *item = item_of(object);
    if (!cJSON_IsObject(item)) {
        return NULL;
    }
    for (item = item->child; item; item = item->next) {
        if (strcmp(item->string, name) == 0) {
            break;
        }
    }
    return node_of(item);
}

bool json_bool(const struct json_node *node)
{
    return cJSON_IsTrue(item_of(node)) != 0;
}

/* In canonical spelling. */
static struct str number_text(const cJSON *item, char out[NUMBER_TEXT_MAX])
{
    return cJSON_IsRaw(item) ? str_of(item->valuestring)
                             : number_write(item->valuedouble, out);
}

bool json_i64(const struct json_node *node, int64_t *out)
{
    char text[NUMBER_TEXT_MAX];
    if (json_type(node) != JSON_NUMBER) {
        return false;
    }
    return str_to_i64(number_text(item_of(node), text), out);
}

bool json_overflows(const struct json_node *node)
{
    const cJSON *item = item_of(node);
    return cJSON_IsRaw(item) && isinf(number_value(str_of(item->valuestring)));
}

struct str json_string(const struct json_node *node)
{
    const cJSON *item = item_of(node);
    if (!cJSON_IsString(item)) {
        return (struct str){0};
    }
    size_t n =
        item->valueint > 0 ? (size_t)item->valueint : strlen(item->valuestring);
    return (struct str){item->valuestring, n};
}

static void write_value(const cJSON *item, struct buf *out);

static void write_array(const cJSON *array, struct buf *out)
{
    buf_putc(out, '[');
    for (const cJSON *item = array->child; item; item = item->next) {
        write_value(item, out);
        if (item->next) {
            buf_putc(out, ',');
        }
    }
    buf_putc(out, ']');
}

static void write_member(const cJSON *item, struct buf *out)
{
    json_write_string(out, str_of(item->string));
    buf_putc(out, ':');
    write_value(item, out);
}

/* Names hold no NUL (the scanner refuses it), so strcmp sees all of them, and
 * it compares as unsigned bytes. */
static int member_cmp(const void *left, const void *right)
{
    const cJSON *const *a = left, *const *b = right;
    return strcmp((*a)->string, (*b)->string);
}

static bool is_sorted(const cJSON *object, size_t *count)
{
    bool sorted = true;
    *count = 0;
    for (const cJSON *item = object->child; item; item = item->next) {
        ++*count;
        if (item->next && strcmp(item->string, item->next->string) > 0) {
            sorted = false;
        }
    }
    return sorted;
}

static void write_sorted(const cJSON *object, size_t count, struct buf *out)
{
    const cJSON *few[SORT_INLINE];
    const cJSON **members = few;
    if (count > SORT_INLINE) {
        members = malloc(count * sizeof(const cJSON *));
        if (!members) {
            out->failed = true;
            return;
        }
    }
    size_t n = 0;
    for (const cJSON *item = object->child; item; item = item->next) {
        members[n++] = item;
    }
    qsort(members, n, sizeof(const cJSON *), member_cmp);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            buf_putc(out, ',');
        }
        write_member(members[i], out);
    }
    if (members != few) {
        free((void *)(uintptr_t)members);
    }
}

static void write_object(const cJSON *object, struct buf *out)
{
    size_t count;
    buf_putc(out, '{');
    if (is_sorted(object, &count)) {
        for (const cJSON *item = object->child; item; item = item->next) {
            write_member(item, out);
            if (item->next) {
                buf_putc(out, ',');
            }
        }
    } else {
        write_sorted(object, count, out);
    }
    buf_putc(out, '}');
}

static struct str word_of(const cJSON *item)
{
    if (cJSON_IsBool(item)) {
        return cJSON_IsTrue(item) ? STR("true") : STR("false");
    }
    return STR("null");
}

/* Recursive: as deep as the scanner let the document be. */
static void write_value(const cJSON *item, struct buf *out)
{
    char text[NUMBER_TEXT_MAX];
    switch (json_type(node_of(item))) {
    case JSON_NUMBER:
        buf_str(out, number_text(item, text));
        break;
    case JSON_STRING:
        json_write_string(out, json_string(node_of(item)));
        break;
    case JSON_ARRAY:
        write_array(item, out);
        break;
    case JSON_OBJECT:
        write_object(item, out);
        break;
    case JSON_NULL:
    case JSON_BOOL:
        buf_str(out, word_of(item));
        break;
    }
}

void json_canonical(const struct json_node *node, struct buf *out)
{
    write_value(item_of(node), out);
}

static struct str string_to_arena(struct str s, struct arena *arena)
{
    size_t extra = json_escape_extra(s);
    char *text = arena_raw(arena, s.n + extra + 2);
    if (!text) {
        return (struct str){0};
    }
    return (struct str){text, (size_t)(json_quote(s, extra, text) - text)};
}

static struct str container_to_arena(const cJSON *item, struct arena *arena)
{
    struct buf text;
    struct str copy = {0};
    if (!item->child) {
        return cJSON_IsArray(item) ? STR("[]") : STR("{}");
    }
    buf_init(&text, SIZE_MAX);
    write_value(item, &text);
    if (!text.failed) {
        copy = arena_str(arena, buf_view(&text));
    }
    buf_free(&text);
    return copy;
}

struct str json_canonical_str(const struct json_node *node, struct arena *arena)
{
    char text[NUMBER_TEXT_MAX];
    const cJSON *item = item_of(node);
    switch (json_type(node)) {
    case JSON_NUMBER:
        return arena_str(arena, number_text(item, text));
    case JSON_STRING:
        return string_to_arena(json_string(node), arena);
    case JSON_ARRAY:
    case JSON_OBJECT:
        return container_to_arena(item, arena);
    case JSON_NULL:
    case JSON_BOOL:
        break;
    }
    return word_of(item);
}
