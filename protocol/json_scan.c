/* SPDX-License-Identifier: MIT */
/* json_scan - the strict judge of JSON.  Iterative: the depth is an array, not
 * the stack.  Layer: protocol. */
#include "protocol/json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "protocol/json_text.h"
#include "protocol/number.h"

const struct json_limits json_limits_default = {
    LIMIT_JSON_DEPTH, LIMIT_REPLY_BYTES, LIMIT_JSON_MEMBERS};

enum {
    NAMES_INLINE = 96,      /* of open objects, before memory is asked for */
    NAMES_PAIRWISE = 16,    /* up to here each is compared with each */
    NUMBER_LIBRARY_MAX = 63 /* the parser library cuts longer tokens */
};

enum { FOUND_ESCAPE = 1, FOUND_NUL = 2 };

/* A member name, unescaped. */
struct name {
    const char *p;
    size_t n;
    size_t offset; /* of its opening quote */
};

struct frame {
    bool is_object;
    size_t first_name; /* in scan.names */
};

struct scan {
    const char *start, *p, *end;
    const struct json_limits *limits;
    struct arena *arena;
    struct json_facts *facts; /* or NULL */
    size_t note_cap;
    struct err *err;
    size_t depth;
    struct name *names; /* of all open objects, innermost last */
    size_t name_count, name_cap;
    struct frame frames[LIMIT_JSON_DEPTH];
    struct name first_names[NAMES_INLINE];
};

struct json_place json_place_of(struct str text, size_t offset)
{
    struct json_place place = {offset, 1, 1};
    for (size_t i = 0; i < offset && i < text.n; i++) {
        place.column++;
        if (text.p[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

static enum status fail_at(struct scan *scan, enum status status,
                           const char *at, const char *what)
{
    struct str text = {scan->start, (size_t)(scan->end - scan->start)};
    struct json_place place = json_place_of(text, (size_t)(at - scan->start));
    if (scan->facts) {
        scan->facts->fault = place;
    }
    return err_set(scan->err, status, "%s at offset %zu (line %zu, column %zu)",
                   what, place.offset, place.line, place.column);
}

/* "found 'x', expected ..." at the current byte. */
static enum status fail_found(struct scan *scan, const char *expected)
{
    char what[160];
    if (scan->p == scan->end) {
        snprintf(what, sizeof what, "found the end of the text, expected %s",
                 expected);
    } else if (*scan->p > ' ' && *scan->p <= '~') {
        snprintf(what, sizeof what, "found '%c', expected %s", *scan->p,
                 expected);
    } else {
        snprintf(what, sizeof what, "found byte 0x%02x, expected %s",
                 (unsigned)(unsigned char)*scan->p, expected);
    }
    return fail_at(scan, ST_SYNTAX, scan->p, what);
}

static enum status fail_memory(struct scan *scan)
{
    return fail_at(scan, ST_LIMIT, scan->p, "no memory left for the document");
}

static void skip_space(struct scan *scan)
{
    const char *p = scan->p;
    while (p < scan->end &&
           (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    scan->p = p;
}

static enum status note_add(struct scan *scan, struct json_note note)
{
    struct json_facts *facts = scan->facts;
    if (facts->note_count == scan->note_cap) {
        size_t cap = scan->note_cap > 0 ? scan->note_cap * 2 : 8;
        struct json_note *notes =
            arena_array(scan->arena, cap, sizeof facts->notes[0]);
        if (!notes) {
            return fail_memory(scan);
        }
        if (facts->note_count > 0) {
            memcpy(notes, facts->notes, facts->note_count * sizeof notes[0]);
        }
        facts->notes = notes;
        scan->note_cap = cap;
    }
    facts->notes[facts->note_count++] = note;
    return ST_OK;
}

/* After the backslash and the 'u' at scan->p. */
static enum status scan_unicode(struct scan *scan, unsigned *found)
{
    uint32_t code, low;
    const char *p = scan->p, *end = scan->end;
    if (!json_hex4(p + 2, end, &code)) {
        return fail_at(scan, ST_SYNTAX, p,
                       "found a bad escape, expected four hex digits after "
                       "\\u");
    }
    bool high = code >= 0xD800 && code <= 0xDBFF;
    if (high) {
        if (end - p < 12 || p[6] != '\\' || p[7] != 'u' ||
            !json_hex4(p + 8, end, &low) || low < 0xDC00 || low > 0xDFFF) {
            return fail_at(scan, ST_SYNTAX, p,
                           "found a lone high surrogate, expected "
                           "\\uDC00-\\uDFFF behind it");
        }
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
        return fail_at(scan, ST_SYNTAX, p,
                       "found a lone low surrogate, expected "
                       "\\uD800-\\uDBFF before it");
    }
    if (code == 0) {
        *found |= FOUND_NUL;
    }
    scan->p += high ? 12 : 6;
    return ST_OK;
}

static enum status scan_escape(struct scan *scan, unsigned *found)
{
    *found |= FOUND_ESCAPE;
    char letter = scan->end - scan->p >= 2 ? scan->p[1] : '\0';
    if (letter == 'u') {
        return scan_unicode(scan, found);
    }
    if (letter == '\0' || !strchr("\"\\/bfnrt", letter)) {
        return fail_at(scan, ST_SYNTAX, scan->p,
                       "found a bad escape, expected one of \\\" \\\\ \\/ \\b "
                       "\\f \\n \\r \\t \\u");
    }
    scan->p += 2;
    return ST_OK;
}

static enum status scan_special(struct scan *scan, unsigned *found)
{
    switch (json_bytes[(unsigned char)*scan->p]) {
    case BYTE_HIGH: {
        size_t step = utf8_step(scan->p, (size_t)(scan->end - scan->p));
        if (step == 0) {
            return fail_found(scan, "valid UTF-8");
        }
        scan->p += step;
        return ST_OK;
    }
    case BYTE_SLASH:
        return scan_escape(scan, found);
    default:
        return fail_found(scan, "an escape: control characters may not stand "
                                "in a string as they are");
    }
}

/* From the opening quote to past the closing one. */
static enum status scan_string(struct scan *scan, unsigned *found)
{
    scan->p++;
    for (;;) {
        scan->p = json_plain_end(scan->p, scan->end);
        if (scan->p == scan->end) {
            return fail_found(scan, "the '\"' that ends the string");
        }
        if (*scan->p == '"') {
            scan->p++;
            return ST_OK;
        }
        enum status status = scan_special(scan, found);
        if (status != ST_OK) {
            return status;
        }
    }
}

static bool is_digit(const struct scan *scan)
{
    return scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9';
}

static bool skip_digits(struct scan *scan)
{
    const char *start = scan->p;
    while (is_digit(scan)) {
        scan->p++;
    }
    return scan->p > start;
}

/* Past the digits before the point. */
static enum status scan_integer(struct scan *scan)
{
    if (*scan->p == '-') {
        scan->p++;
    }
    if (scan->p < scan->end && *scan->p == '0') {
        scan->p++;
        return is_digit(scan) ? fail_found(scan, "no digit after a leading 0")
                              : ST_OK;
    }
    return skip_digits(scan) ? ST_OK : fail_found(scan, "a digit");
}

static enum status scan_fraction(struct scan *scan)
{
    if (scan->p < scan->end && *scan->p == '.') {
        scan->p++;
        if (!skip_digits(scan)) {
            return fail_found(scan, "a digit after the point");
        }
    }
    if (scan->p < scan->end && (*scan->p == 'e' || *scan->p == 'E')) {
        scan->p++;
        if (scan->p < scan->end && (*scan->p == '+' || *scan->p == '-')) {
            scan->p++;
        }
        if (!skip_digits(scan)) {
            return fail_found(scan, "a digit in the exponent");
        }
    }
    return ST_OK;
}

static enum status scan_number(struct scan *scan)
{
    const char *start = scan->p;
    enum status status = scan_integer(scan);
    const char *point = scan->p;
    if (status == ST_OK) {
        status = scan_fraction(scan);
    }
    if (status != ST_OK) {
        return status;
    }
    struct str token = {start, (size_t)(scan->p - start)};
    if (token.n > LIMIT_NUMBER_BYTES) {
        char what[80];
        snprintf(what, sizeof what, "a number of %zu bytes, at most %d",
                 token.n, LIMIT_NUMBER_BYTES);
        return fail_at(scan, ST_LIMIT, start, what);
    }
    if (!scan->facts) {
        return ST_OK;
    }
    size_t ordinal = scan->facts->numbers++;
    bool carried = point == scan->p && token.n <= 15;
    if (carried || (token.n <= NUMBER_LIBRARY_MAX && number_is_exact(token))) {
        return ST_OK;
    }
    return note_add(scan, (struct json_note){NOTE_NUMBER, ordinal, token});
}

static enum status scan_text(struct scan *scan)
{
    const char *start = scan->p;
    unsigned found = 0;
    enum status status = scan_string(scan, &found);
    if (status != ST_OK || !scan->facts) {
        return status;
    }
    size_t ordinal = scan->facts->strings++;
    if ((found & FOUND_NUL) == 0) {
        return ST_OK;
    }
    struct str token = {start, (size_t)(scan->p - start)};
    return note_add(scan, (struct json_note){NOTE_STRING, ordinal, token});
}

static enum status scan_word(struct scan *scan, struct str word)
{
    size_t left = (size_t)(scan->end - scan->p);
    if (left < word.n || memcmp(scan->p, word.p, word.n) != 0) {
        char what[64];
        snprintf(what, sizeof what, "found an unknown word, expected %s",
                 word.p);
        return fail_at(scan, ST_SYNTAX, scan->p, what);
    }
    scan->p += word.n;
    return ST_OK;
}

static enum status names_grow(struct scan *scan)
{
    size_t cap = scan->name_cap * 2;
    bool inside = scan->names == scan->first_names;
    struct name *names =
        realloc(inside ? NULL : scan->names, cap * sizeof names[0]);
    if (!names) {
        return fail_memory(scan);
    }
    if (inside) {
        memcpy(names, scan->first_names,
               scan->name_count * sizeof scan->names[0]);
    }
    scan->names = names;
    scan->name_cap = cap;
    return ST_OK;
}

/* The name whose token starts at `start` and ends before scan->p. */
static enum status name_add(struct scan *scan, const char *start,
                            unsigned found)
{
    struct name name = {start + 1, (size_t)(scan->p - start - 2),
                        (size_t)(start - scan->start)};
    const struct frame *frame = &scan->frames[scan->depth - 1];
    if ((found & FOUND_NUL) != 0) {
        return fail_at(scan, ST_SYNTAX, start,
                       "found \\u0000 in a member name, expected none");
    }
    if (scan->name_count - frame->first_name >= scan->limits->members) {
        char what[80];
        snprintf(what, sizeof what, "an object with over %zu members",
                 scan->limits->members);
        return fail_at(scan, ST_LIMIT, start, what);
    }
    if ((found & FOUND_ESCAPE) != 0) {
        char *text = arena_alloc(scan->arena, name.n);
        if (!text) {
            return fail_memory(scan);
        }
        name.n = json_unescape((struct str){name.p, name.n}, text);
        ASSERT(name.n != SIZE_MAX);
        name.p = text;
    }
    if (scan->name_count == scan->name_cap) {
        enum status status = names_grow(scan);
        if (status != ST_OK) {
            return status;
        }
    }
    scan->names[scan->name_count++] = name;
    return ST_OK;
}

/* From a member name to past its colon. */
static enum status scan_name(struct scan *scan, const char *expected)
{
    if (scan->p == scan->end || *scan->p != '"') {
        return fail_found(scan, expected);
    }
    const char *start = scan->p;
    unsigned found = 0;
    enum status status = scan_string(scan, &found);
    if (status == ST_OK) {
        status = name_add(scan, start, found);
    }
    if (status != ST_OK) {
        return status;
    }
    skip_space(scan);
    if (scan->p == scan->end || *scan->p != ':') {
        return fail_found(scan, "':' after the member name");
    }
    scan->p++;
    return ST_OK;
}

static bool name_same(const struct name *a, const struct name *b)
{
    return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* Length first: most names differ there, without a look at their bytes. */
static int name_cmp(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    if (a->n != b->n) {
        return a->n < b->n ? -1 : 1;
    }
    int order = memcmp(a->p, b->p, a->n);
    if (order == 0) {
        order = a->offset < b->offset ? -1 : 1;
    }
    return order;
}

/* The second of two equal names that comes first in the text, or NULL. */
static const struct name *duplicate_find(struct name *names, size_t count)
{
    const struct name *found = NULL;
    if (count <= NAMES_PAIRWISE) {
        for (size_t i = 1; i < count; i++) {
            for (size_t k = 0; k < i; k++) {
                if (name_same(&names[i], &names[k])) {
                    return &names[i];
                }
            }
        }
        return NULL;
    }
    qsort(names, count, sizeof names[0], name_cmp);
    for (size_t i = 1; i < count; i++) {
        if (name_same(&names[i - 1], &names[i]) &&
            (!found || names[i].offset < found->offset)) {
            found = &names[i];
        }
    }
    return found;
}

static enum status fail_duplicate(struct scan *scan, const struct name *name)
{
    struct buf what;
    buf_init(&what, 256);
    buf_puts(&what, "found member \"");
    utf8_quote(&what, (struct str){name->p, name->n}, 64);
    buf_puts(&what, "\" twice in one object, expected it once");
    enum status status =
        fail_at(scan, ST_SYNTAX, scan->start + name->offset, buf_view(&what).p);
    buf_free(&what);
    return status;
}

static enum status scan_close(struct scan *scan)
{
    const struct frame *frame = &scan->frames[--scan->depth];
    scan->p++;
    if (frame->is_object) {
        size_t first = frame->first_name;
        const struct name *twice =
            duplicate_find(scan->names + first, scan->name_count - first);
        if (twice) {
            return fail_duplicate(scan, twice);
        }
        scan->name_count = first;
    }
    return ST_OK;
}

/* What comes next: a value, or the end of one. */
enum next { NEXT_VALUE, NEXT_AFTER };

static enum status scan_open(struct scan *scan, enum next *next)
{
    bool is_object = *scan->p == '{';
    if (scan->depth >= scan->limits->depth) {
        char what[80];
        snprintf(what, sizeof what, "over %zu containers inside each other",
                 scan->limits->depth);
        return fail_at(scan, ST_LIMIT, scan->p, what);
    }
    scan->frames[scan->depth++] = (struct frame){is_object, scan->name_count};
    scan->p++;
    skip_space(scan);
    *next = NEXT_AFTER;
    if (scan->p < scan->end && *scan->p == (is_object ? '}' : ']')) {
        return scan_close(scan);
    }
    *next = NEXT_VALUE;
    return is_object ? scan_name(scan, "'\"' of a member name or '}'") : ST_OK;
}

static enum status scan_value(struct scan *scan, enum next *next)
{
    skip_space(scan);
    *next = NEXT_AFTER;
    switch (scan->p < scan->end ? *scan->p : '\0') {
    case '{':
    case '[':
        return scan_open(scan, next);
    case '"':
        return scan_text(scan);
    case 't':
        return scan_word(scan, STR("true"));
    case 'f':
        return scan_word(scan, STR("false"));
    case 'n':
        return scan_word(scan, STR("null"));
    case '-':
        return scan_number(scan);
    default:
        return is_digit(scan) ? scan_number(scan)
                              : fail_found(scan, "a JSON value");
    }
}

/* After a value inside a container. */
static enum status scan_after(struct scan *scan, enum next *next)
{
    bool is_object = scan->frames[scan->depth - 1].is_object;
    skip_space(scan);
    char c = scan->p < scan->end ? *scan->p : '\0';
    if (c == (is_object ? '}' : ']')) {
        return scan_close(scan);
    }
    if (c != ',') {
        return fail_found(scan, is_object ? "',' or '}'" : "',' or ']'");
    }
    scan->p++;
    *next = NEXT_VALUE;
    if (!is_object) {
        return ST_OK;
    }
    skip_space(scan);
    return scan_name(scan, "'\"' of a member name");
}

static enum status scan_document(struct scan *scan)
{
    enum next next = NEXT_VALUE;
    do {
        enum status status = next == NEXT_VALUE ? scan_value(scan, &next)
                                                : scan_after(scan, &next);
        if (status != ST_OK) {
            return status;
        }
    } while (next == NEXT_VALUE || scan->depth > 0);
    skip_space(scan);
    return scan->p == scan->end ? ST_OK
                                : fail_found(scan, "the end of the text");
}

enum status json_scan(struct str text, const struct json_limits *limits,
                      struct arena *arena, struct json_facts *facts,
                      struct err *err)
{
    struct scan scan; /* not zeroed as a whole: it is large and often made */
    ASSERT(limits->depth <= LIMIT_JSON_DEPTH);
    scan.start = scan.p = text.n > 0 ? text.p : "";
    scan.end = scan.start + text.n;
    scan.limits = limits;
    scan.arena = arena;
    scan.facts = facts;
    scan.note_cap = 0;
    scan.err = err;
    scan.depth = 0;
    scan.names = scan.first_names;
    scan.name_count = 0;
    scan.name_cap = NAMES_INLINE;
    if (facts) {
        *facts = (struct json_facts){0};
    }
    if (text.n > limits->bytes) {
        char what[96];
        snprintf(what, sizeof what, "a document of %zu bytes, at most %zu,",
                 text.n, limits->bytes);
        scan.p = scan.start + limits->bytes;
        return fail_at(&scan, ST_LIMIT, scan.p, what);
    }
    enum status status = scan_document(&scan);
    if (scan.names != scan.first_names) {
        free(scan.names);
    }
    return status;
}
