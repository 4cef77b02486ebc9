/* SPDX-License-Identifier: MIT */
/* str - borrowed bytes with a length: may hold NUL, need not end with one.
 * Layer: base. */
#ifndef SYNCSPEC_BASE_STR_H
#define SYNCSPEC_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p; /* borrows; may be NULL only when n is 0 */
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* These three stand here because most are asked about a literal, whose length
 * the compiler then knows.  NULL gives the empty string. */
static inline struct str str_of(const char *text)
{
    return text ? (struct str){text, strlen(text)} : (struct str){"", 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || a.p == b.p || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
    return str_eq(a, str_of(text));
}

/* Eight bytes as a number, the first one lowest, whatever the machine is. */
static inline uint64_t str_word(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
           (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 |
           (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* The bytes behind the last whole eight of them, as str_word with zeros. */
uint64_t str_last_word(struct str s);
/* Bytewise order, shorter first on a common prefix: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the byte, or s.n. */
size_t str_find(struct str s, char byte);
/* From `from` to the end; empty if from > s.n. */
struct str str_skip(struct str s, size_t from);
struct str str_take(struct str s, size_t count);
/* Strict decimal, no sign unless '-', whole string; false on overflow, *out
 * untouched.  Leading zeros are digits like others. */
bool str_to_i64(struct str s, int64_t *out);
/* The value of a hexadecimal digit of either case; -1: it is none. */
int str_hex(char digit);
/* FNV-1a over the bytes, continuing from `hash` (start with HASH_START). */
#define HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t hash_bytes(uint64_t hash, const void *p, size_t n);
/* The fast ones, by words: the same on every machine and compiler.  Low bits
 * alone are weak: fold the high half in before masking. */
uint64_t hash_str(uint64_t hash, struct str s); /* length, then bytes */
uint64_t hash_u64(uint64_t hash, uint64_t value);
/* Edit distance for did-you-mean (a swap of neighbours counts one), capped: >
 * limit returns limit + 1.  Unequal strings over 128 bytes are always far. */
size_t str_distance(struct str a, struct str b, size_t limit);

#endif
