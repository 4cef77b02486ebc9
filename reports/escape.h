/* SPDX-License-Identifier: MIT */
/* escape - any bytes made fit for a line of text, for XML, for a quoted YAML
 * scalar, for Markdown.  Layer: reports.
 *
 * Names, bodies and error texts come from servers under test: they may hold
 * any byte, and none of them may break a report or drive a terminal. */
#ifndef SYNCSPEC_REPORTS_ESCAPE_H
#define SYNCSPEC_REPORTS_ESCAPE_H

#include "base/buf.h"

/* Append `s` as one line of valid UTF-8: line feed, tab and carriage return as
 * \n \t \r, other control characters and invalid bytes as \xNN, invisible and
 * direction-changing code points as \u{NNNN}.  Nothing else is changed, so
 * that the backslash is ambiguous: for people, not for machines.  After `max`
 * bytes of `s` (at a character's border) the rest is told as "… (N more
 * bytes)". */
void escape_line(struct buf *out, struct str s, size_t max);

/* Append `s` as XML 1.0 character data that is also good inside a quoted
 * attribute.  What XML cannot hold is shown as \xNN or \uNNNN text.  Line
 * feeds and tabs stay as they are outside of attributes. */
void escape_xml(struct buf *out, struct str s, bool in_attribute);

/* Append `s` as a YAML double-quoted scalar on one line, quotes included: as
 * escape_line, with quote and backslash escaped. */
void escape_yaml(struct buf *out, struct str s, size_t max);

/* Append `s` as Markdown that shows exactly these characters, fit for a table
 * cell: as escape_line, with everything that Markdown or HTML would take for
 * its own escaped. */
void escape_markdown(struct buf *out, struct str s, size_t max);

/* Append `s` as a JSON string with quotes; bytes that are not UTF-8 are shown
 * as \xNN text. */
void escape_json(struct buf *out, struct str s);

#endif
