/* SPDX-License-Identifier: MIT */
/* escape - any bytes made fit for each format.  Layer: reports. */
#include "reports/escape.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "protocol/json.h"

/* Of a valid sequence of `size` bytes. */
static uint32_t code_point_of(const char *p, size_t size)
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code_point = (unsigned char)p[0] & lead[size];
    for (size_t i = 1; i < size; i++) {
        code_point = code_point << 6 | ((unsigned char)p[i] & 0x3f);
    }
    return code_point;
}

/* Code points that a terminal obeys or a reader cannot see. */
static bool is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c & 0xfffe) == 0xfffe || (c >= 0xe0000 && c <= 0xe007f);
}

enum { NOTE_MAX = 16 }; /* longest stand-in and NUL */

static int note_byte(char note[NOTE_MAX], unsigned char byte)
{
    return snprintf(note, NOTE_MAX, "\\x%02X", byte);
}

/* The stand-in for the sequence of `size` bytes at p (0: not UTF-8); returns
 * its length, 0 if the sequence may be shown as it is. */
static int note_of(char note[NOTE_MAX], const char *p, size_t size)
{
    if (size == 0) {
        return note_byte(note, (unsigned char)*p);
    }
    uint32_t c = code_point_of(p, size);
    if (!is_hidden(c)) {
        return 0;
    }
    if (c == '\n' || c == '\t' || c == '\r') {
        return snprintf(note, NOTE_MAX, "\\%c",
                        c == '\n'   ? 'n'
                        : c == '\t' ? 't'
                                    : 'r');
    }
    if (c < 0x80) {
        return note_byte(note, (unsigned char)c);
    }
    return snprintf(note, NOTE_MAX, "\\u{%04X}", (unsigned)c);
}

/* The first bytes of `s`, `max` at most, that end at a character's border. */
static struct str cut_at(struct str s, size_t max)
{
    if (s.n <= max) {
        return s;
    }
    size_t end = max;
    while (end > 0 && max - end < 3 &&
           ((unsigned char)s.p[end] & 0xc0) == 0x80) {
        end--;
    }
    /* Bytes that are no character anyway may be cut anywhere. */
    bool whole = utf8_step(s.p + end, s.n - end) > 0;
    return str_take(s, whole ? end : max);
}

typedef void put_fn(struct buf *out, const char *p, size_t n);

static void put_note(struct buf *out, unsigned char byte)
{
    char note[NOTE_MAX];
    buf_put(out, note, (size_t)note_byte(note, byte));
}

static void put_plain(struct buf *out, const char *p, size_t n)
{
    buf_put(out, p, n);
}

/* As escape_line, each visible character through `put`, the notation for the
 * others too. */
static void walk_line(struct buf *out, struct str s, size_t max, put_fn *put)
{
    struct str shown = cut_at(s, max);
    for (size_t i = 0; i < shown.n;) {
        char note[NOTE_MAX];
        size_t size = utf8_step(shown.p + i, shown.n - i);
        int note_n = note_of(note, shown.p + i, size);
        for (int k = 0; k < note_n; k++) {
            put(out, note + k, 1);
        }
        if (note_n == 0) {
            put(out, shown.p + i, size);
        }
        i += size > 0 ? size : 1;
    }
    if (shown.n < s.n) {
        buf_printf(out, "… (%zu more bytes)", s.n - shown.n);
    }
}

void escape_line(struct buf *out, struct str s, size_t max)
{
    walk_line(out, s, max, put_plain);
}

static void put_yaml(struct buf *out, const char *p, size_t n)
{
    if (*p == '"' || *p == '\\') {
        buf_putc(out, '\\');
    }
    buf_put(out, p, n);
}

void escape_yaml(struct buf *out, struct str s, size_t max)
{
    buf_putc(out, '"');
    walk_line(out, s, max, put_yaml);
    buf_putc(out, '"');
}

static void put_markdown(struct buf *out, const char *p, size_t n)
{
    if (strchr("<>&|", *p)) {
        buf_printf(out, "&#%d;", *p);
    } else if (strchr("\\`*_[]~$#", *p)) {
        buf_putc(out, '\\');
        buf_putc(out, *p);
    } else {
        buf_put(out, p, n);
    }
}

void escape_markdown(struct buf *out, struct str s, size_t max)
{
    walk_line(out, s, max, put_markdown);
}

/* The character `c` of XML, or its stand-in. */
static void put_xml(struct buf *out, uint32_t c, struct str bytes,
                    bool in_attribute)
{
    if (c == '&') {
        buf_puts(out, "&amp;");
    } else if (c == '<') {
        buf_puts(out, "&lt;");
    } else if (c == '>') {
        buf_puts(out, "&gt;");
    } else if (c == '"') {
        buf_puts(out, "&quot;");
    } else if (c == '\r' || (in_attribute && (c == '\n' || c == '\t'))) {
        /* A parser would make a plain one into a space or a line feed. */
        buf_printf(out, "&#%u;", (unsigned)c);
    } else if (c < 0x20 && c != '\n' && c != '\t') {
        put_note(out, (unsigned char)c);
    } else if (c == 0xfffe || c == 0xffff) {
        buf_printf(out, "\\u%04X", (unsigned)c);
    } else {
        buf_str(out, bytes);
    }
}

void escape_xml(struct buf *out, struct str s, bool in_attribute)
{
    for (size_t i = 0; i < s.n;) {
        size_t size = utf8_step(s.p + i, s.n - i);
        if (size == 0) {
            put_note(out, (unsigned char)s.p[i++]);
            continue;
        }
        put_xml(out, code_point_of(s.p + i, size), (struct str){s.p + i, size},
                in_attribute);
        i += size;
    }
}

void escape_json(struct buf *out, struct str s)
{
    if (utf8_bad_at(s) == s.n) {
        json_write_string(out, s);
        return;
    }
    struct buf text;
    buf_init(&text, s.n * 4);
    while (s.n > 0) {
        size_t good = utf8_bad_at(s);
        buf_put(&text, s.p, good);
        s = str_skip(s, good);
        if (s.n > 0) {
            put_note(&text, (unsigned char)s.p[0]);
            s = str_skip(s, 1);
        }
    }
    json_write_string(out, buf_view(&text));
    buf_free(&text);
}
