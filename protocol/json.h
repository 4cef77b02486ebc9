/* SPDX-License-Identifier: MIT */
/* json - parsed documents (cJSON behind the strict scanner) and canonical
 * values.  The only file with cJSON in it is json.c.  Layer: protocol.
 *
 * A canonical value is text: no white space, members sorted by the bytes of
 * their names, strings with the shortest escapes (only what JSON demands),
 * numbers in the shortest spelling that reads back as the same double, and
 * number tokens that a double does not carry exactly left as they were
 * spelled.  Two values are equal exactly if their canonical texts are. */
#ifndef SYNCSPEC_PROTOCOL_JSON_H
#define SYNCSPEC_PROTOCOL_JSON_H

#include "base/buf.h"
#include "protocol/json_scan.h"

struct json_node; /* opaque; lives in the arena it was parsed into */

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Scan strictly, then parse.  The tree borrows nothing from `text`. */
enum status json_read(struct str text, const struct json_limits *limits,
                      struct arena *arena, const struct json_node **out,
                      struct err *err);

enum json_type json_type(const struct json_node *node);
const char *json_type_name(enum json_type type); /* "a string", "null", … */
/* First child of an array or object, next sibling; NULL at the end. */
const struct json_node *json_child(const struct json_node *node);
const struct json_node *json_next(const struct json_node *node);
struct str json_name(const struct json_node *node); /* as member */
const struct json_node *json_member(const struct json_node *object,
                                    const char *name);
bool json_bool(const struct json_node *node);
/* Exact integer in the number's token (1.0 is 1); false if it is not one. */
bool json_i64(const struct json_node *node, int64_t *out);
/* True when the number is too large for a double (1e400). */
bool json_overflows(const struct json_node *node);
/* The string, unescaped, NUL included; lives in the tree's arena. */
struct str json_string(const struct json_node *node);

/* Append the canonical text of a value. */
void json_canonical(const struct json_node *node, struct buf *out);
/* The same into an arena; .p is NULL over its ceiling. */
struct str json_canonical_str(const struct json_node *node,
                              struct arena *arena);
/* Append `s` as a JSON string with quotes, canonical escapes. */
void json_write_string(struct buf *out, struct str s);
/* The content of a canonical string value ("\"a\"" gives "a"), unescaped into
 * the arena; false if `canonical` is not a string. */
bool json_unquote(struct str canonical, struct arena *arena, struct str *out);

#endif
