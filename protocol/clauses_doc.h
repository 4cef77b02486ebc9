/* SPDX-License-Identifier: MIT */
/* clauses_doc - the protocol as a page for people who write servers and
 * clients: prose, worked examples, dialect and clause tables.
 * Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_CLAUSES_DOC_H
#define SYNCSPEC_PROTOCOL_CLAUSES_DOC_H

#include "base/buf.h"

/* Append docs/PROTOCOL.md, whole, as Markdown. */
void clauses_write_doc(struct buf *out);

#endif
