/* SPDX-License-Identifier: MIT */
/* plain_stream - an event stream that is there as a whole, read in the plainest
 * way: what fuzz_live holds the parser to.  It shares nothing with it.
 * Layer: fuzz. */
#ifndef SYNCSPEC_FUZZ_PLAIN_STREAM_H
#define SYNCSPEC_FUZZ_PLAIN_STREAM_H

#include "base/buf.h"

/* Append each event as "type\0data\0id\0", with bytes that are not UTF-8 as
 * they are; returns how many there are. */
size_t plain_stream_read(struct str text, struct buf *out);

#endif
