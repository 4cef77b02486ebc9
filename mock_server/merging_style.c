/* SPDX-License-Identifier: MIT */
/* merging_style - what the protocol leaves free, spelled otherwise than by the
 * log mode, much as libraries of other languages do.  Layer: mock_server. */
#include "base/utf8.h"
#include "mock_server/merging.h"

enum {
    EPOCH_YEARS = 20,
    CARRIED_DIGITS = 15,     /* that every double carries */
    RESPELLED_BYTES = 65536, /* of a string; longer ones stay as they are */
    LINE_LEVELS = 3          /* of nesting, in which members have own lines */
};

/* ---- times ---- */

struct instant merging_clock(struct instant now)
{
    return (struct instant){now.s - INT64_C(31556952) * EPOCH_YEARS, now.ns};
}

struct str merging_cursor(struct instant at, char out[INSTANT_TEXT_MAX])
{
    static const char offset[] = "+00:00";
    struct str text = instant_write_ns((struct instant){at.s, 999999999}, out);
    int32_t ns = at.ns;

    /* All nine digits are there: put the real ones in. */
    for (size_t i = text.n - 2; out[i] != '.'; i--, ns /= 10) {
        out[i] = (char)('0' + ns % 10);
    }
    memcpy(out + text.n - 1, offset, sizeof(offset));
    return (struct str){out, text.n - 1 + sizeof(offset) - 1};
}

/* ---- JSON ---- */

static uint32_t code_point(const char *p, size_t n)
{
    static const unsigned char masks[] = {0x7f, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = (unsigned char)p[0] & masks[n];

    for (size_t i = 1; i < n; i++) {
        code = code << 6 | ((unsigned char)p[i] & 0x3f);
    }
    return code;
}

static void escape(struct buf *out, const char *p, size_t n)
{
    uint32_t code = code_point(p, n);

    if (code >= 0x10000) {
        code -= 0x10000;
        buf_printf(out, "\\u%04X", 0xd800 + (code >> 10));
        code = 0xdc00 + (code & 0x3ff);
    }
    buf_printf(out, "\\u%04x", code);
}

/* From quote to quote; returns its length. */
static size_t string_length(struct str json)
{
    size_t n = 1;

    while (n < json.n && json.p[n] != '"') {
        n += json.p[n] == '\\' ? 2 : 1;
    }
    return n < json.n ? n + 1 : json.n;
}

static void respell_string(struct str string, struct buf *out)
{
    if (string.n > RESPELLED_BYTES) {
        buf_str(out, string);
        return;
    }
    for (size_t i = 0; i < string.n;) {
        size_t n = utf8_step(string.p + i, string.n - i);

        if (n > 1) {
            escape(out, string.p + i, n);
        } else if (string.p[i] == '\\' && i + 1 < string.n) {
            n = 2;
            buf_put(out, string.p + i, n);
        } else {
            n = 1;
            buf_puts(out, string.p[i] == '/' ? "\\" : "");
            buf_putc(out, string.p[i]);
        }
        i += n;
    }
}

static size_t number_length(struct str json)
{
    size_t n = 0;

    while (n < json.n && json.p[n] && strchr("+-.0123456789eE", json.p[n])) {
        n++;
    }
    return n;
}

/* Whole numbers stay whole; of the others the value is kept, and only where a
 * double carries it: longer ones may be more than a double. */
static void respell_number(struct str number, struct buf *out)
{
    size_t exponent = str_find(number, 'e');
    bool fraction = str_find(number, '.') < exponent;

    if (number.n > CARRIED_DIGITS) {
        buf_str(out, number);
        return;
    }
    buf_str(out, str_take(number, exponent));
    if (fraction) {
        buf_putc(out, '0');
    }
    if (exponent < number.n) {
        buf_putc(out, 'E');
        buf_str(out, str_skip(number, exponent + 1));
    }
}

static void respell_mark(char mark, size_t depth, struct buf *out)
{
    buf_putc(out, mark);
    if (mark == ',' && depth <= LINE_LEVELS) {
        buf_put(out, "\n        ", 1 + depth);
    } else if (mark == ',' || mark == ':') {
        buf_putc(out, ' ');
    }
}

void merging_respell(struct str json, struct buf *out)
{
    size_t depth = 0;

    while (json.n) {
        char c = json.p[0];
        size_t n = 1;

        if (c == '"') {
            n = string_length(json);
            respell_string(str_take(json, n), out);
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            n = number_length(json);
            respell_number(str_take(json, n), out);
        } else {
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            respell_mark(c, depth, out);
        }
        json = str_skip(json, n);
    }
    buf_putc(out, '\n');
}

/* ---- answers ---- */

static void respell_all(struct buf *text, struct buf *out)
{
    merging_respell(buf_view(text), out);
    out->failed = out->failed || text->failed;
    buf_free(text);
}

void merging_answer(const struct str *changes, size_t count,
                    const struct response_head *head,
                    const struct dialect *dialect, struct buf *out)
{
    struct buf text;

    buf_init(&text, out->max);
    const char *changes_name = dialect_name(dialect, NAME_SERVER_CHANGES).p;

    buf_printf(&text,
               "{\"api\":{\"merges\":true,\"%s\":null},"
               "\"%s\":[],",
               changes_name, dialect_name(dialect, NAME_CONFLICTS).p);
    if (dialect->has_more) {
        buf_printf(&text, "\"%s\":%s,", dialect_name(dialect, NAME_HAS_MORE).p,
                   head->has_more ? "true" : "false");
    }
    buf_printf(&text, "\"%s\":", dialect_name(dialect, NAME_SYNCED_UNTIL).p);
    json_write_string(&text, head->synced_until);
    buf_printf(&text, ",\"%s\":[", changes_name);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_putc(&text, ',');
        }
        buf_str(&text, changes[i]);
    }
    buf_puts(&text, "],\"warnings\":[]}");
    respell_all(&text, out);
}

static bool is_one_of(const char *code, const char *const *codes)
{
    while (*codes && strcmp(*codes, code) != 0) {
        codes++;
    }
    return *codes != NULL;
}

/* 401, 404, 405, 413 and 426, and 400 for a cursor or a version, are stated; of
 * a version only the text knows. */
int merging_status(int status, const char *code, struct str message,
                   const char *version_name)
{
    static const char *const fields[] = {"bad_changeset", "missing_parameter",
                                         "bad_collection", "too_much", NULL};
    static const char *const conflicts[] = {"app_mismatch", NULL};

    if (status == 400 && is_one_of(code, fields) &&
        !strstr(message.p, version_name)) {
        return 422;
    }
    if (status == 400 && is_one_of(code, conflicts)) {
        return 409;
    }
    return status == 409 ? 410 : status == 403 ? 404 : status;
}

const char *merging_refusal(int status, const char *code, struct str message,
                            struct buf *out)
{
    struct buf text;

    if (status == 401 || status == 404 || status == 405) {
        buf_printf(out, "%d: ", status);
        buf_str(out, str_take(str_skip(message, 1), message.n - 2));
        buf_putc(out, '\n');
        return "text/plain; charset=utf-8";
    }
    buf_init(&text, out->max);
    if (status == 422) {
        buf_printf(&text, "{\"errors\":[{\"status\":%d,\"title\":", status);
        buf_str(&text, message);
        buf_puts(&text, "}],\"message\":null}");
        respell_all(&text, out);
        return "application/json; charset=utf-8";
    }
    buf_printf(&text,
               "{\"type\":\"about:blank#%s\",\"status\":%d,\"detail\":", code,
               status);
    buf_str(&text, message);
    buf_putc(&text, '}');
    respell_all(&text, out);
    return "application/problem+json";
}

/* ---- live channels ---- */

void merging_notice(const struct notice *notice, const struct dialect *dialect,
                    struct buf *out)
{
    struct buf text, more;

    buf_init(&text, out->max);
    buf_init(&more, out->max);
    notice_write(notice, dialect, &text);
    buf_printf(&more, "{\"v\":2,\"meta\":{\"%s\":\"%s\",\"%s\":[\"x\"]},",
               dialect_name(dialect, NAME_TYPE).p,
               dialect_name(dialect, NAME_TYPE_PING).p,
               dialect_name(dialect, NAME_TABLES).p);
    buf_str(&more, str_skip(buf_view(&text), 1));
    respell_all(&more, out);
    out->failed = out->failed || text.failed;
    buf_free(&text);
}

void merging_stream_begin(struct buf *out)
{
    buf_puts(out, ": records, not changes\r\nretry: 2500\r\n\r\n");
}

void merging_event(struct str type, struct str data, struct buf *out)
{
    struct buf text;
    struct str rest;

    buf_init(&text, out->max);
    merging_respell(data, &text);
    rest = buf_view(&text);
    buf_puts(out, ": next\r\n");
    while (rest.n) {
        size_t end = str_find(rest, '\n');

        buf_puts(out, "data:");
        buf_str(out, str_take(rest, end));
        buf_puts(out, "\r\n");
        rest = str_skip(rest, end + 1);
    }
    buf_puts(out, "event:");
    buf_str(out, type);
    buf_puts(out, "\r\n\r\n");
    out->failed = out->failed || text.failed;
    buf_free(&text);
}
