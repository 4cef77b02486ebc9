/* SPDX-License-Identifier: MIT */
/* utf8 - is it UTF-8, code points, and quoting for people.  Layer: base. */
#ifndef SYNCSPEC_BASE_UTF8_H
#define SYNCSPEC_BASE_UTF8_H

#include "base/buf.h"

/* Length (1-4) of the valid UTF-8 sequence at p, 0 if there is none: no
 * overlong forms, no surrogates, nothing over U+10FFFF. */
size_t utf8_step(const char *p, size_t n);
/* Where utf8_step says 0: how many bytes (0-3) at p are the beginning of a
 * valid sequence, which the end of the n bytes cuts off (then all of them are)
 * or a wrong byte breaks off. */
size_t utf8_begun(const char *p, size_t n);
/* Offset of the first byte that is not valid, or s.n. */
size_t utf8_bad_at(struct str s);
/* Write the 1-4 bytes of a code point (not a surrogate); returns the count. */
size_t utf8_put(char out[4], uint32_t code_point);
/* Append `s` readable on one line: control and direction characters and
 * invalid bytes as \xNN, quotes and backslashes escaped; no quotes around it.
 * Over `max` bytes written it is cut, never inside a character or an escape,
 * and "…" follows. */
void utf8_quote(struct buf *out, struct str s, size_t max);

#endif
