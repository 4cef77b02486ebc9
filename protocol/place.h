/* SPDX-License-Identifier: MIT */
/* place - where in a document a fault is, for a person: changes[2].fields["a
 * b"].at.  Layer: protocol; only for the codec. */
#ifndef SYNCSPEC_PROTOCOL_PLACE_H
#define SYNCSPEC_PROTOCOL_PLACE_H

#include "base/buf.h"
#include "base/err.h"

/* A chain on the stack of the functions that walk the document, innermost
 * first.  The outermost (up == NULL) only names the whole. */
struct place {
    const struct place *up; /* borrows */
    struct str name;        /* of a member, or of the whole; borrows */
    size_t index;           /* of an array's element, when is_index */
    bool is_index;
};

struct place place_root(const char *name);
struct place place_member(const struct place *up, struct str name);
struct place place_index(const struct place *up, size_t index);

/* Append the path; the root by its name when there is nothing below it. */
void place_write(const struct place *place, struct buf *out);
/* Fill `err` (may be NULL) with "path: text" and return `status`. */
enum status place_fail(const struct place *place, struct err *err,
                       enum status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
