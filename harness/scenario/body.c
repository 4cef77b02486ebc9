/* SPDX-License-Identifier: MIT */
/* body - raw text that a scenario sends.  Layer: harness/scenario. */
#include "harness/scenario/body.h"

#include <string.h>

#include "base/utf8.h"
#include "harness/scenario/lex.h"

enum { BODY_CHUNK = 8192 };

const char *const body_names = "app|epoch|at|token|time|user";

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Length of `{\xFF00}` at the start of `s`, 0 if it is not there. */
static size_t spell_bytes(struct str s)
{
    if (!str_starts(s, STR("{\\x"))) {
        return 0;
    }
    size_t i = 3;
    while (i + 1 < s.n && hex_digit(s.p[i]) >= 0 &&
           hex_digit(s.p[i + 1]) >= 0) {
        i += 2;
    }
    return i > 3 && i < s.n && s.p[i] == '}' ? i + 1 : 0;
}

/* Length of `{3*ab}` at the start of `s`, 0 if it is not there. */
static size_t spell_repeat(struct str s, int64_t *times, struct str *what)
{
    size_t digits = 1;
    while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9') {
        digits++;
    }
    if (digits == 1 || digits > 10 || digits >= s.n || s.p[digits] != '*' ||
        !str_to_i64(str_take(str_skip(s, 1), digits - 1), times)) {
        return 0;
    }
    struct str rest = str_skip(s, digits + 1);
    size_t end = str_find(rest, '}');
    if (end == 0 && rest.n > 1 && rest.p[1] == '}') {
        end = 1; /* {3*}}: the brace itself */
    }
    *what = str_take(rest, end);
    return end > 0 && end < rest.n ? digits + 1 + end + 1 : 0;
}

static void put_bytes(struct str hex, struct buf *out)
{
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        buf_putc(out,
                 (char)(hex_digit(hex.p[i]) * 16 + hex_digit(hex.p[i + 1])));
    }
}

/* By chunks: a million single bytes are a few hundred copies. */
static void put_repeat(int64_t times, struct str what, struct buf *out)
{
    char chunk[BODY_CHUNK];
    size_t left = (size_t)times;
    if (left > (out->max - out->n) / what.n) {
        out->failed = true;
        return;
    }
    size_t fit = what.n < sizeof chunk ? sizeof chunk / what.n : 1;
    fit = fit < left ? fit : left;
    for (size_t i = 0; fit > 1 && i < fit; i++) {
        memcpy(chunk + i * what.n, what.p, what.n);
    }
    for (; fit > 1 && left >= fit; left -= fit) {
        buf_put(out, chunk, fit * what.n);
    }
    for (; left > 0; left--) {
        buf_str(out, what);
    }
}

void body_expand(struct str text, struct buf *out)
{
    size_t from = 0;
    while (from < text.n && !out->failed) {
        struct str rest = str_skip(text, from);
        size_t brace = str_find(rest, '{');
        buf_put(out, rest.p, brace);
        from += brace;
        rest = str_skip(text, from);
        if (rest.n == 0) {
            return;
        }
        int64_t times;
        struct str what;
        size_t n = spell_bytes(rest);
        if (n > 0) {
            put_bytes(str_take(str_skip(rest, 3), n - 4), out);
        } else if ((n = spell_repeat(rest, &times, &what)) > 0) {
            put_repeat(times, what, out);
        } else {
            buf_putc(out, '{');
            n = 1;
        }
        from += n;
    }
}

void body_write(const struct step *step, struct buf *out)
{
    struct str rest = step->body_text;
    if (step->body.n == step->body_bytes) {
        buf_str(out, step->body);
        return;
    }
    for (bool more = true; more;) {
        size_t end = str_find(rest, '\n');
        more = end < rest.n;
        body_expand(str_take(rest, end), out);
        buf_puts(out, more ? "\n" : "");
        rest = str_skip(rest, end + 1);
    }
}

/* What a line of a scenario cannot hold. */
static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\n') || c == 0x7f;
}

static bool has_control(struct str s)
{
    size_t i = 0;
    while (i < s.n && !is_control(s.p[i])) {
        i++;
    }
    return i < s.n;
}

/* Is `{3*` at the start of `s`?  The "}" of a byte spelled out further on
 * would make it a spell. */
static bool spell_opens(struct str s)
{
    size_t digits = 1;
    while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9') {
        digits++;
    }
    return s.n > 0 && s.p[0] == '{' && digits > 1 && digits < s.n &&
           s.p[digits] == '*';
}

static void put_spelled(char byte, struct buf *out)
{
    buf_printf(out, "{\\x%02X}", (unsigned char)byte);
}

void body_escape(struct str bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.n;) {
        struct str rest = str_skip(bytes, i);
        size_t step = utf8_step(rest.p, rest.n);
        if (step == 0 || is_control(rest.p[0]) || spell_opens(rest) ||
            spell_bytes(rest) > 0) {
            put_spelled(rest.p[0], out);
            step = 1;
        } else {
            buf_put(out, rest.p, step);
        }
        i += step;
    }
}

void body_respell(struct str line, struct buf *out)
{
    int64_t times;
    struct str what;
    for (size_t i = 0; i < line.n;) {
        struct str rest = str_skip(line, i);
        size_t step = spell_opens(rest) ? spell_repeat(rest, &times, &what) : 0;
        if (step > 0 && has_control(what)) {
            struct buf expanded;
            buf_init(&expanded, out->max - out->n);
            put_repeat(times, what, &expanded);
            body_escape(buf_view(&expanded), out);
            out->failed = out->failed || expanded.failed;
            buf_free(&expanded);
        } else if (step == 0 && (is_control(rest.p[0]) ||
                                 (spell_opens(rest) && has_control(rest)))) {
            put_spelled(rest.p[0], out);
            step = 1;
        } else {
            step = step > 0 ? step : 1;
            buf_put(out, rest.p, step);
        }
        i += step;
    }
}

bool body_next_name(struct str text, size_t from, struct body_name *out)
{
    while (from < text.n) {
        from += str_find(str_skip(text, from), '{');
        struct str rest = str_skip(text, from + 1);
        size_t end = str_find(rest, '}');
        if (end < rest.n && lex_is_name(str_take(rest, end))) {
            *out = (struct body_name){str_take(rest, end), from};
            return true;
        }
        from++;
    }
    return false;
}
