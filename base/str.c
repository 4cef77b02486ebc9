/* SPDX-License-Identifier: MIT */
/* str - borrowed bytes with a length.  Layer: base. */
#include "base/str.h"

#include <string.h>

/* Longest string str_distance measures: its rows live on the stack. */
enum { DISTANCE_MAX = 128 };

int str_cmp(struct str a, struct str b)
{
    size_t common = a.n < b.n ? a.n : b.n;
    int order = common > 0 ? memcmp(a.p, b.p, common) : 0;
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_take(s, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

size_t str_find(struct str s, char byte)
{
    const char *at = s.n > 0 ? memchr(s.p, byte, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

struct str str_skip(struct str s, size_t from)
{
    if (from == 0) {
        return s;
    }
    return from >= s.n ? (struct str){"", 0}
                       : (struct str){s.p + from, s.n - from};
}

struct str str_take(struct str s, size_t count)
{
    return (struct str){s.p, count < s.n ? count : s.n};
}

bool str_to_i64(struct str s, int64_t *out)
{
    bool minus = s.n > 0 && s.p[0] == '-';
    if (s.n == (minus ? 1 : 0)) {
        return false;
    }
    /* Counted downwards: INT64_MIN has no positive twin. */
    int64_t value = 0;
    for (size_t i = minus ? 1 : 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        int digit = s.p[i] - '0';
        if (value < (INT64_MIN + digit) / 10) {
            return false;
        }
        value = value * 10 - digit;
    }
    if (!minus && value == INT64_MIN) {
        return false;
    }
    *out = minus ? value : -value;
    return true;
}

int str_hex(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

uint64_t hash_bytes(uint64_t hash, const void *p, size_t n)
{
    const unsigned char *bytes = p;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Words, read little-endian whatever the machine is, each folded in by the body
 * of a MurmurHash3 lane, which is a bijection of the state. */
static uint64_t rotate(uint64_t value, unsigned by)
{
    return (value << by) | (value >> (64 - by));
}

uint64_t hash_u64(uint64_t hash, uint64_t value)
{
    value *= UINT64_C(0x87c37b91114253d5);
    value = rotate(value, 31);
    value *= UINT64_C(0x4cf5ad432745937f);
    hash = rotate(hash ^ value, 27);
    return hash * 5 + UINT64_C(0x52dce729);
}

/* Without a copy on the stack: bytes written one by one cannot be read back as
 * a word at once, and strings that are hashed are short. */
uint64_t str_last_word(struct str s)
{
    size_t left = s.n % 8;
    if (s.n >= 8) {
        return left > 0 ? str_word(s.p + s.n - 8) >> (64 - 8 * left) : 0;
    }
    uint64_t word = 0;
    for (size_t i = left; i-- > 0;) {
        word = word << 8 | (unsigned char)s.p[i];
    }
    return word;
}

uint64_t hash_str(uint64_t hash, struct str s)
{
    /* The length goes first, so that the zeros that fill the last word and
     * the border between two strings cannot be mistaken for content. */
    hash = hash_u64(hash, s.n);
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        hash = hash_u64(hash, str_word(s.p + i));
    }
    return i < s.n ? hash_u64(hash, str_last_word(s)) : hash;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Fill row i of the distance table from the two before it; returns the least
 * of the row, which no later row can go below. */
static size_t distance_row(struct str a, struct str b, size_t i,
                           size_t rows[3][DISTANCE_MAX + 1])
{
    size_t *row = rows[i % 3], *above = rows[(i + 2) % 3];
    const size_t *before = rows[(i + 1) % 3];
    size_t least = row[0] = i;
    for (size_t j = 1; j <= b.n; j++) {
        size_t differs = a.p[i - 1] != b.p[j - 1];
        row[j] = min3(row[j - 1] + 1, above[j] + 1, above[j - 1] + differs);
        if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
            a.p[i - 2] == b.p[j - 1] && before[j - 2] + 1 < row[j]) {
            row[j] = before[j - 2] + 1;
        }
        least = row[j] < least ? row[j] : least;
    }
    return least;
}

size_t str_distance(struct str a, struct str b, size_t limit)
{
    size_t apart = a.n > b.n ? a.n - b.n : b.n - a.n;
    if (apart > limit) {
        return limit + 1;
    }
    if (a.n > DISTANCE_MAX || b.n > DISTANCE_MAX) {
        return str_eq(a, b) ? 0 : limit + 1;
    }
    size_t rows[3][DISTANCE_MAX + 1];
    for (size_t j = 0; j <= b.n; j++) {
        rows[0][j] = j;
    }
    size_t least_before = 0;
    for (size_t i = 1; i <= a.n; i++) {
        size_t least = distance_row(a, b, i, rows);
        /* Two rows, because a swap reaches over one. */
        if (least > limit && least_before > limit) {
            return limit + 1;
        }
        least_before = least;
    }
    size_t found = rows[a.n % 3][b.n];
    return found > limit ? limit + 1 : found;
}
