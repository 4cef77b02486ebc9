/* SPDX-License-Identifier: MIT */
/* body - raw text that a scenario sends: its spells, and the names in braces
 * that the runner fills in.  Layer: harness/scenario.
 *
 *   {3*ab}     ababab: the text up to the next "}", so often; {3*}} is }}}
 *   {\xFF00}   the bytes FF 00
 * Both are put in when the scenario is parsed.  All other braces stay. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_BODY_H
#define SYNCSPEC_HARNESS_SCENARIO_BODY_H

#include "harness/scenario/scenario.h"

enum {
    BODY_BYTES_MAX = 16 << 20, /* of one body with its spells */
    BODY_KEPT_MAX = 64 << 10   /* larger ones are kept as they were written */
};

/* Append `text` with its spells put in; out->failed over its ceiling. */
void body_expand(struct str text, struct buf *out);
/* Append the whole body of a step, also a large one. */
void body_write(const struct step *step, struct buf *out);
/* Append text that body_expand turns into `bytes`: valid UTF-8, no control
 * characters but newlines. */
void body_escape(struct str bytes, struct buf *out);
/* Append one line as it was written, with only what a line cannot hold (it
 * came by `each`) spelled out: body_expand makes the same bytes of both. */
void body_respell(struct str line, struct buf *out);

/* A name in braces, as {alice.cursor.tasks}. */
struct body_name {
    struct str name;
    size_t offset; /* of its "{" */
};
/* The next one at or after `from`; false when there is none. */
bool body_next_name(struct str text, size_t from, struct body_name *out);
/* Names that are always there: "app|epoch|at|token|time|user". */
extern const char *const body_names;

#endif
