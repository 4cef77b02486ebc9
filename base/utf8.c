/* SPDX-License-Identifier: MIT */
/* utf8 - is it UTF-8, code points, and quoting for people.  Layer: base. */
#include "base/utf8.h"

#include <string.h>

#include "base/asserts.h"

static bool is_tail(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The second byte carries what the first cannot rule out: overlong forms,
 * surrogates and everything over U+10FFFF (Unicode, table 3-7). */
static bool second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second <= 0x9F;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second <= 0x8F;
    default:
        return true;
    }
}

static size_t length_of(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return 2;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        return 3;
    }
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

size_t utf8_step(const char *p, size_t n)
{
    if (n == 0) {
        return 0;
    }
    size_t length = length_of((unsigned char)p[0]);
    if (length > n) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (!is_tail(p[i])) {
            return 0;
        }
    }
    if (length > 1 && !second_fits((unsigned char)p[0], (unsigned char)p[1])) {
        return 0;
    }
    return length;
}

size_t utf8_begun(const char *p, size_t n)
{
    if (n == 0) {
        return 0;
    }
    size_t length = length_of((unsigned char)p[0]), begun = length > 1 ? 1 : 0;
    if (length > 1 && n > 1 &&
        !second_fits((unsigned char)p[0], (unsigned char)p[1])) {
        return 1;
    }
    while (begun > 0 && begun < length - 1 && begun < n && is_tail(p[begun])) {
        begun++;
    }
    return begun;
}

size_t utf8_bad_at(struct str s)
{
    size_t i = 0;
    while (i < s.n) {
        uint64_t word;
        if (s.n - i >= sizeof word) {
            memcpy(&word, s.p + i, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof word;
                continue;
            }
        }
        size_t step = utf8_step(s.p + i, s.n - i);
        if (step == 0) {
            return i;
        }
        i += step;
    }
    return s.n;
}

size_t utf8_put(char out[4], uint32_t code_point)
{
    ASSERT(code_point <= 0x10FFFF);
    ASSERT(code_point < 0xD800 || code_point > 0xDFFF);
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[length] | code_point);
    return length;
}

/* Sequences that a terminal acts on or that break or turn the line: controls,
 * U+0080-009F, U+2028-202E (separators, direction), U+2066-2069, U+FEFF. */
static bool is_hidden(const char *p, size_t length)
{
    unsigned char a = (unsigned char)p[0];
    if (length == 1) {
        return a < 0x20 || a == 0x7F;
    }
    unsigned char b = (unsigned char)p[1];
    if (length == 2) {
        return a == 0xC2 && b < 0xA0;
    }
    unsigned char c = (unsigned char)p[2];
    return length == 3 && ((a == 0xE2 && b == 0x80 && c >= 0xA8 && c <= 0xAE) ||
                           (a == 0xE2 && b == 0x81 && c >= 0xA6 && c <= 0xA9) ||
                           (a == 0xEF && b == 0xBB && c == 0xBF));
}

/* The readable form of the sequence at p (n bytes left) into `out`; returns
 * its length, and in *step how many bytes it stands for. */
static size_t quote_one(char out[16], const char *p, size_t n, size_t *step)
{
    static const char hex[] = "0123456789abcdef";
    size_t length = utf8_step(p, n), written = 0;
    *step = length > 0 ? length : 1;
    if (length == 0 || is_hidden(p, length)) {
        for (size_t i = 0; i < *step; i++) {
            unsigned char byte = (unsigned char)p[i];
            out[written++] = '\\';
            out[written++] = 'x';
            out[written++] = hex[byte >> 4];
            out[written++] = hex[byte & 15];
        }
        return written;
    }
    if (*p == '"' || *p == '\\') {
        out[written++] = '\\';
    }
    memcpy(out + written, p, length);
    return written + length;
}

void utf8_quote(struct buf *out, struct str s, size_t max)
{
    size_t total = 0, step = 0;
    for (size_t i = 0; i < s.n; i += step) {
        char piece[16];
        size_t n = quote_one(piece, s.p + i, s.n - i, &step);
        if (n > max - total) {
            buf_puts(out, "…");
            return;
        }
        buf_put(out, piece, n);
        total += n;
    }
}
