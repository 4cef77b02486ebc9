/* SPDX-License-Identifier: MIT */
/* json_text - the inside of JSON strings, escaped and not: what scanner and
 * writer share.  Layer: protocol; only for the json files. */
#ifndef SYNCSPEC_PROTOCOL_JSON_TEXT_H
#define SYNCSPEC_PROTOCOL_JSON_TEXT_H

#include <string.h>

#include "base/str.h"

/* What a byte is inside a string. */
enum json_byte { BYTE_PLAIN, BYTE_HIGH, BYTE_QUOTE, BYTE_SLASH, BYTE_CONTROL };
extern const unsigned char json_bytes[256];

/* First byte in [p, end) that is not plain (printable ASCII other than '"' and
 * '\'), or end. */
static inline const char *json_plain_end(const char *p, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t highs = ones * 0x80;
    while ((size_t)(end - p) >= sizeof(uint64_t)) {
        uint64_t word = str_word(p);
        uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
        /* A zero byte borrows from its top bit; a byte that is high already
         * is special by itself, and a borrow can only start at a special one:
         * the test never misses, and the lowest hit is exact. */
        uint64_t special =
            (word | (word - ones * 0x20) | (quote - ones) | (slash - ones)) &
            highs;
        if (special != 0) {
            return p + __builtin_ctzll(special) / 8;
        }
        p += sizeof word;
    }
    while (p < end && json_bytes[(unsigned char)*p] == BYTE_PLAIN) {
        p++;
    }
    return p;
}

/* Unescape what stands between the quotes of a string into `out`, which has
 * room for body.n bytes; returns the length, or SIZE_MAX if an escape is
 * malformed or a surrogate stands alone. */
size_t json_unescape(struct str body, char *out);
/* Four hex digits at p; false if they are not. */
bool json_hex4(const char *p, const char *end, uint32_t *out);
/* Bytes that the escaped form of `s` is longer than `s`. */
size_t json_escape_extra(struct str s);
/* Write the escaped form, without quotes; returns the end. */
char *json_escape(struct str s, char *out);
/* The same in quotes; `extra` is json_escape_extra(s). */
char *json_quote(struct str s, size_t extra, char *out);

#endif
