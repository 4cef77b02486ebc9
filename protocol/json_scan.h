/* SPDX-License-Identifier: MIT */
/* json_scan - the strict judge of JSON in front of the parser library: RFC
 * 8259 grammar, UTF-8, surrogates, duplicate members, depth, trailing bytes.
 * Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_JSON_SCAN_H
#define SYNCSPEC_PROTOCOL_JSON_SCAN_H

#include "base/arena.h"
#include "base/err.h"

struct json_limits {
    size_t depth;   /* containers inside each other; <= LIMIT_JSON_DEPTH */
    size_t bytes;   /* of the whole document */
    size_t members; /* of one object */
};

/* base/limits.h; bytes: what we read of an answer.  Who takes requests has a
 * lower limit for them. */
extern const struct json_limits json_limits_default;

/* Where the parser library would lose something, in document order. */
struct json_note {
    enum { NOTE_NUMBER, NOTE_STRING } kind;
    size_t ordinal;   /* the how-many-th number, or string value, of the text */
    struct str token; /* as spelled, quotes included; borrows the text */
};

struct json_place {
    size_t offset;       /* in bytes, from 0 */
    size_t line, column; /* from 1; column in bytes */
};

struct json_facts {
    struct json_note *notes; /* numbers that a double does not carry exactly
                                or that are too long for the library, strings
                                with \u0000; in the arena */
    size_t note_count;
    size_t numbers, strings; /* string values, not member names */
    struct json_place fault; /* where a refused text is wrong, else zeros */
};

/* ST_OK when `text` is one JSON document and nothing else but white space.
 * Otherwise ST_SYNTAX (or ST_LIMIT) and a sentence that ends in
 * "at offset 12 (line 1, column 13)", the place in `facts->fault`.  Duplicate
 * members are compared after unescaping.  A member name with \u0000 is
 * refused; in a value it is noted.  `facts` may be NULL. */
enum status json_scan(struct str text, const struct json_limits *limits,
                      struct arena *arena, struct json_facts *facts,
                      struct err *err);

struct json_place json_place_of(struct str text, size_t offset);

#endif
