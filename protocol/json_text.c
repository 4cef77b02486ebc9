/* SPDX-License-Identifier: MIT */
/* json_text - the inside of JSON strings, escaped and not.
 * Layer: protocol. */
#include "protocol/json_text.h"

#include <string.h>

#include "base/utf8.h"
#include "protocol/json.h"

/* Sixteen of one kind, so that the table reads as the ASCII chart. */
#define ROW(kind)                                                              \
    kind, kind, kind, kind, kind, kind, kind, kind, kind, kind, kind, kind,    \
        kind, kind, kind, kind
#define C BYTE_CONTROL
#define P BYTE_PLAIN

const unsigned char json_bytes[256] = {ROW(C),
                                       ROW(C),
                                       /* 0x20 */ P,
                                       P,
                                       BYTE_QUOTE,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       ROW(P),
                                       ROW(P),
                                       /* 0x50 */ P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       P,
                                       BYTE_SLASH,
                                       P,
                                       P,
                                       P,
                                       ROW(P),
                                       ROW(P),
                                       ROW(BYTE_HIGH),
                                       ROW(BYTE_HIGH),
                                       ROW(BYTE_HIGH),
                                       ROW(BYTE_HIGH),
                                       ROW(BYTE_HIGH),
                                       ROW(BYTE_HIGH),
                                       ROW(BYTE_HIGH),
                                       ROW(BYTE_HIGH)};

#undef ROW
#undef C
#undef P

bool json_hex4(const char *p, const char *end, uint32_t *out)
{
    if (end - p < 4) {
        return false;
    }
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = str_hex(p[i]);
        if (digit < 0) {
            return false;
        }
        value = value << 4 | (uint32_t)digit;
    }
    *out = value;
    return true;
}

/* The escape whose backslash stands before p: past it, or NULL. */
static const char *unescape_unicode(const char *p, const char *end, char **out)
{
    uint32_t code, low;
    if (!json_hex4(p, end, &code)) {
        return NULL;
    }
    p += 4;
    if (code >= 0xDC00 && code <= 0xDFFF) {
        return NULL;
    }
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u' ||
            !json_hex4(p + 2, end, &low) || low < 0xDC00 || low > 0xDFFF) {
            return NULL;
        }
        p += 6;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    *out += utf8_put(*out, code);
    return p;
}

static char unescape_letter(char c)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *at = c != '\0' ? strchr(letters, c) : NULL;
    return at ? values[at - letters] : '\0';
}

size_t json_unescape(struct str body, char *out)
{
    const char *p = body.p, *end = p + body.n;
    char *start = out;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p);
        memcpy(out, p, plain);
        out += plain;
        p += plain;
        if (!slash) {
            break;
        }
        if (end - p < 2) {
            return SIZE_MAX;
        }
        if (p[1] == 'u') {
            p = unescape_unicode(p + 2, end, &out);
            if (!p) {
                return SIZE_MAX;
            }
            continue;
        }
        char letter = unescape_letter(p[1]);
        if (letter == '\0') {
            return SIZE_MAX;
        }
        *out++ = letter;
        p += 2;
    }
    return (size_t)(out - start);
}

/* The letter of a two-character escape, or 0. */
static char escape_letter(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

/* First byte that must be escaped, or end. */
static const char *clean_end(const char *p, const char *end)
{
    for (;;) {
        p = json_plain_end(p, end);
        while (p < end && json_bytes[(unsigned char)*p] == BYTE_HIGH) {
            p++;
        }
        if (p == end || json_bytes[(unsigned char)*p] != BYTE_PLAIN) {
            return p;
        }
    }
}

size_t json_escape_extra(struct str s)
{
    const char *p = s.p, *end = p + s.n;
    size_t extra = 0;
    if (s.n == 0) {
        return 0;
    }
    while ((p = clean_end(p, end)) < end) {
        extra += escape_letter(*p++) != '\0' ? 1 : 5;
    }
    return extra;
}

char *json_escape(struct str s, char *out)
{
    static const char hex[] = "0123456789abcdef";
    const char *p = s.p, *end = p + s.n;
    while (s.n > 0 && p < end) {
        const char *stop = clean_end(p, end);
        memcpy(out, p, (size_t)(stop - p));
        out += stop - p;
        p = stop;
        if (p == end) {
            break;
        }
        unsigned char byte = (unsigned char)*p++;
        char letter = escape_letter((char)byte);
        *out++ = '\\';
        if (letter != '\0') {
            *out++ = letter;
            continue;
        }
        memcpy(out, "u00", 3);
        out[3] = hex[byte >> 4];
        out[4] = hex[byte & 15];
        out += 5;
    }
    return out;
}

char *json_quote(struct str s, size_t extra, char *out)
{
    *out++ = '"';
    if (extra > 0) {
        out = json_escape(s, out);
    } else if (s.n > 0) {
        memcpy(out, s.p, s.n);
        out += s.n;
    }
    *out++ = '"';
    return out;
}

void json_write_string(struct buf *out, struct str s)
{
    size_t extra = json_escape_extra(s);
    if (!buf_reserve(out, s.n + extra + 2)) {
        return;
    }
    char *end = json_quote(s, extra, out->p + out->n);
    *end = '\0';
    out->n = (size_t)(end - out->p);
}

bool json_unquote(struct str canonical, struct arena *arena, struct str *out)
{
    if (canonical.n < 2 || canonical.p[0] != '"' ||
        canonical.p[canonical.n - 1] != '"') {
        return false;
    }
    struct str body = {canonical.p + 1, canonical.n - 2};
    char *text = arena_raw(arena, body.n + 1);
    if (!text) {
        return false;
    }
    size_t n = json_unescape(body, text);
    if (n == SIZE_MAX) {
        return false;
    }
    text[n] = '\0';
    *out = (struct str){text, n};
    return true;
}
