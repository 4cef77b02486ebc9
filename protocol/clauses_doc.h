/* SPDX-License-Identifier: MIT */
/* clauses_doc - the protocol as a page for people who write servers and
 * clients: prose, worked examples, dialect and clause tables.
 * Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_CLAUSES_DOC_H
#define SYNCSPEC_PROTOCOL_CLAUSES_DOC_H

#include "base/buf.h"

enum { CLAUSES_PAGE_MAX = 32 };

/* Append docs/PROTOCOL.md, whole, as Markdown. */
void clauses_write_doc(struct buf *out);
/* What the clauses of a group have in common, a sentence; empty: nothing. */
const char *clauses_preamble(const char *group);
/* "cursors" for "Cursors and pages": the page in docs/clauses/ about a group.
 */
struct str clauses_page(const char *group, char out[CLAUSES_PAGE_MAX]);

#endif
