/* SPDX-License-Identifier: MIT */
/* writer - members of JSON objects, one after the other.
 * Layer: protocol; only for codec and notice. */
#ifndef SYNCSPEC_PROTOCOL_WRITER_H
#define SYNCSPEC_PROTOCOL_WRITER_H

#include "base/buf.h"

/* "name": with a comma before it unless it opens its object.  `name` is plain
 * text that needs no escapes. */
void writer_name(struct buf *out, struct str name);
/* A member that is a string. */
void writer_text(struct buf *out, struct str name, struct str text);
/* A member that is an array of values that are encoded already. */
void writer_list(struct buf *out, struct str name, const struct str *values,
                 size_t count);

#endif
