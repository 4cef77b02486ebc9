/* SPDX-License-Identifier: MIT */
/* shell - see shell.h.  Layer: harness/run. */
#include "harness/run/shell.h"

#include <string.h>

#include "base/utf8.h"
#include "reports/escape.h"

enum {
    UNIT_MAX = 64,   /* bytes that are repeated as one */
    RUN_LEAST = 200, /* bytes that are worth a command of their own */
    TIMES_LEAST = 4,
    STEP_SHOWN = 32 /* one character, however it is shown */
};

/* Is the sequence of `n` bytes at p shown as it is?  What reports would spell
 * out, nobody could copy from them. */
static bool is_shown(const char *p, size_t n)
{
    struct buf shown;
    if (n == 1) {
        return *p >= ' ' && *p < 127;
    }
    buf_init(&shown, STEP_SHOWN);
    escape_line(&shown, (struct str){p, n}, SIZE_MAX);
    bool same = shown.n == n && memcmp(shown.p, p, n) == 0;
    buf_free(&shown);
    return same;
}

/* Bytes of the character at p, 0 when it is not shown as it is. */
static size_t shown_step(const char *p, size_t n)
{
    size_t step = utf8_step(p, n);
    return step > 0 && is_shown(p, step) ? step : 0;
}

bool shell_is_plain(struct str text)
{
    size_t i = 0, step = 1;
    while (i < text.n && (step = shown_step(text.p + i, text.n - i)) > 0) {
        i += step;
    }
    return step > 0;
}

/* ---- words ---- */

static bool is_bare(struct str text)
{
    static const char marks[] = "_@%+=:,./-";
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z');
        if (!word && (c == '\0' || !strchr(marks, c))) {
            return false;
        }
    }
    return text.n > 0;
}

/* `'…'"$NAME"'…'` */
static void put_secret(struct buf *out, const struct secret *secret,
                       const char *open)
{
    buf_printf(out, "'\"$%.*s\"%s", STR_ARG(secret->name), open);
}

static void put_quoted(struct buf *out, const char *p, size_t n)
{
    if (*p == '\'') {
        buf_puts(out, "'\\''");
    } else {
        buf_put(out, p, n);
    }
}

/* Inside of $'…'. */
static void put_spelled(struct buf *out, const char *p, size_t n)
{
    if (*p == '\'' || *p == '\\') {
        buf_putc(out, '\\');
        buf_putc(out, *p);
    } else if (n > 0) {
        buf_put(out, p, n);
    } else if (*p == '\n') {
        buf_puts(out, "\\n");
    } else {
        /* Octal ends after three digits, whatever follows. */
        buf_printf(out, "\\%03o", (unsigned)(unsigned char)*p);
    }
}

static bool holds_secret(const struct runner *runner, struct str text)
{
    size_t i = 0;
    while (i < text.n && !secret_at(runner, text, i)) {
        i++;
    }
    return i < text.n;
}

/* "Authorization: Bearer $TOKEN", which is what people write; false, and
 * nothing written, if that would mean something else. */
static bool put_double(struct buf *out, const struct runner *runner,
                       struct str text)
{
    struct buf word;
    buf_init(&word, out->max);
    bool same = shell_is_plain(text);
    for (size_t i = 0; i < text.n && same;) {
        const struct secret *secret = secret_at(runner, text, i);
        if (secret) {
            i += secret->text.n;
            bool ends = i == text.n || text.p[i] == ' ';
            buf_printf(&word, ends ? "$%.*s" : "${%.*s}",
                       STR_ARG(secret->name));
        } else {
            same = !strchr("\"$`\\!", text.p[i]);
            buf_putc(&word, text.p[i++]);
        }
    }
    if (same) {
        buf_printf(out, "\"%.*s\"", STR_ARG(buf_view(&word)));
    }
    buf_free(&word);
    return same;
}

void shell_word(struct buf *out, const struct runner *runner, struct str text)
{
    bool plain = shell_is_plain(text);
    bool secret_inside = holds_secret(runner, text);
    const char *open = plain ? "'" : "$'";
    if (!secret_inside && is_bare(text)) {
        buf_str(out, text);
        return;
    }
    if (secret_inside && put_double(out, runner, text)) {
        return;
    }
    buf_puts(out, open);
    for (size_t i = 0; i < text.n;) {
        const struct secret *secret = secret_at(runner, text, i);
        size_t step = shown_step(text.p + i, text.n - i);
        if (secret) {
            put_secret(out, secret, open);
            i += secret->text.n;
            continue;
        }
        if (plain) {
            put_quoted(out, text.p + i, step);
        } else {
            put_spelled(out, text.p + i, step);
        }
        i += step > 0 ? step : 1;
    }
    buf_putc(out, '\'');
}

/* ---- printing ---- */

struct run {
    size_t unit, times; /* unit 0: nothing repeats here */
};

/* What `yes` can print, a line each. */
static bool is_unit(struct str unit)
{
    return unit.n == 1 || (shell_is_plain(unit) && unit.p[0] != '-');
}

/* The shortest text that repeats itself at the start of `bytes`. */
static struct run run_at(struct str bytes)
{
    for (size_t unit = 1; unit <= UNIT_MAX && unit * 2 <= bytes.n; unit++) {
        size_t end = unit;
        while (end < bytes.n && bytes.p[end] == bytes.p[end - unit]) {
            end++;
        }
        size_t times = end / unit;
        if (times >= TIMES_LEAST && times * unit >= RUN_LEAST &&
            is_unit(str_take(bytes, unit))) {
            return (struct run){unit, times};
        }
    }
    return (struct run){0, 0};
}

bool shell_repeats(struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (run_at(str_skip(bytes, i)).unit > 0) {
            return true;
        }
    }
    return false;
}

static void put_run(struct buf *out, struct str bytes, struct run run)
{
    char c = bytes.p[0];
    bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                  (c >= 'a' && c <= 'z');
    if (run.unit > 1) {
        buf_puts(out, "yes '");
        for (size_t i = 0; i < run.unit; i++) {
            put_quoted(out, bytes.p + i, 1);
        }
        buf_printf(out, "' | head -n %zu | tr -d '\\n'", run.times);
    } else if (letter) {
        buf_printf(out, "head -c %zu /dev/zero | tr '\\0' %c", run.times, c);
    } else {
        buf_printf(out, "head -c %zu /dev/zero | tr '\\0' '\\%03o'", run.times,
                   (unsigned)(unsigned char)c);
    }
}

/* Inside of the format of a printf. */
static void put_format(struct buf *out, const char *p, size_t n)
{
    if (*p == '%' || *p == '\\') {
        buf_putc(out, *p);
        buf_putc(out, *p);
    } else if (n > 0) {
        put_quoted(out, p, n);
    } else if (*p == '\n') {
        buf_puts(out, "\\n");
    } else {
        buf_printf(out, "\\%03o", (unsigned)(unsigned char)*p);
    }
}

/* Up to what repeats itself; returns how many bytes that were. */
static size_t put_printf(struct buf *out, const struct runner *runner,
                         struct str bytes)
{
    size_t i = 0;
    buf_puts(out, "printf '");
    while (i < bytes.n && !out->failed) {
        const struct secret *secret = secret_at(runner, bytes, i);
        if (secret) {
            put_secret(out, secret, "'");
            i += secret->text.n;
            continue;
        }
        if (i > 0 && run_at(str_skip(bytes, i)).unit > 0) {
            break;
        }
        size_t step = shown_step(bytes.p + i, bytes.n - i);
        /* A format that begins with a hyphen would be taken for an option. */
        if (i == 0 && bytes.p[0] == '-') {
            step = 0;
        }
        put_format(out, bytes.p + i, step);
        i += step > 0 ? step : 1;
    }
    buf_putc(out, '\'');
    return i;
}

bool shell_print(struct buf *out, const struct runner *runner, struct str bytes)
{
    struct buf commands;
    size_t count = 0, i = 0;
    buf_init(&commands, out->max);
    do {
        struct str rest = str_skip(bytes, i);
        struct run run = run_at(rest);
        buf_puts(&commands, count++ > 0 ? "; " : "");
        if (run.unit > 0) {
            put_run(&commands, rest, run);
            i += run.unit * run.times;
        } else {
            i += put_printf(&commands, runner, rest);
        }
    } while (i < bytes.n && !commands.failed);
    buf_puts(out, count > 1 ? "{ " : "");
    buf_str(out, buf_view(&commands));
    buf_puts(out, count > 1 ? "; }" : "");
    bool whole = !out->failed && !commands.failed;
    buf_free(&commands);
    return whole;
}
