/* SPDX-License-Identifier: MIT */
/* jsonl_members - members of JSON objects, out and in.  Layer: reports. */
#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"
#include "reports/escape.h"
#include "reports/jsonl.h"

enum { KEY_MAX = 64 };

void jsonl_put_key(struct buf *out, const char *key)
{
    if (out->n > 0 && out->p[out->n - 1] != '{') {
        buf_putc(out, ',');
    }
    buf_printf(out, "\"%s\":", key);
}

void jsonl_put_text(struct buf *out, const char *key, struct str text)
{
    if (text.n > 0) {
        jsonl_put_key(out, key);
        escape_json(out, text);
    }
}

static void put_hex(struct buf *out, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.n; i++) {
        buf_putc(out, digits[(unsigned char)bytes.p[i] >> 4]);
        buf_putc(out, digits[(unsigned char)bytes.p[i] & 15]);
    }
}

void jsonl_put_bytes(struct buf *out, const char *key, struct str bytes)
{
    if (utf8_bad_at(bytes) == bytes.n) {
        jsonl_put_text(out, key, bytes);
        return;
    }
    char hex_key[KEY_MAX];
    snprintf(hex_key, sizeof hex_key, "%s_hex", key);
    jsonl_put_key(out, hex_key);
    buf_putc(out, '"');
    put_hex(out, bytes);
    buf_putc(out, '"');
}

void jsonl_put_number(struct buf *out, const char *key, int64_t number)
{
    jsonl_put_key(out, key);
    buf_printf(out, "%" PRId64, number);
}

bool jsonl_expect(struct jsonl_in *in, const struct json_node *node,
                  enum json_type type, const char *key)
{
    if (in->status == ST_OK && json_type(node) != type) {
        in->status =
            err_set(in->err, ST_SYNTAX, "%s: expected %s, found %s", key,
                    json_type_name(type), json_type_name(json_type(node)));
    }
    return in->status == ST_OK;
}

/* The member, or NULL when it is absent or anything has failed. */
static const struct json_node *member_of(struct jsonl_in *in,
                                         const struct json_node *object,
                                         const char *key, enum json_type type)
{
    if (in->status != ST_OK) {
        return NULL;
    }
    const struct json_node *node = json_member(object, key);
    return node && jsonl_expect(in, node, type, key) ? node : NULL;
}

struct str jsonl_text(struct jsonl_in *in, const struct json_node *object,
                      const char *key)
{
    const struct json_node *node = member_of(in, object, key, JSON_STRING);
    return node ? json_string(node) : STR("");
}

static struct str keep(struct jsonl_in *in, struct str text, const char *key)
{
    struct str kept = arena_str(in->arena, text);
    if (!kept.p && in->status == ST_OK) {
        in->status = err_set(in->err, ST_LIMIT, "%s: too long to keep", key);
    }
    return kept.p ? kept : STR("");
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static bool hex_read(struct str text, char *bytes)
{
    if (text.n % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < text.n; i += 2) {
        int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i / 2] = (char)(unsigned char)(high << 4 | low);
    }
    return true;
}

struct str jsonl_bytes(struct jsonl_in *in, const struct json_node *object,
                       const char *key)
{
    struct str text = jsonl_text(in, object, key);
    if (text.n > 0) {
        return keep(in, text, key);
    }
    char hex_key[KEY_MAX];
    snprintf(hex_key, sizeof hex_key, "%s_hex", key);
    text = jsonl_text(in, object, hex_key);
    if (text.n == 0) {
        return STR("");
    }
    char *bytes = arena_array(in->arena, text.n / 2 + 1, 1);
    if (!bytes) {
        in->status = err_set(in->err, ST_LIMIT, "%s: too long to keep", key);
        return STR("");
    }
    if (!hex_read(text, bytes)) {
        in->status = err_set(in->err, ST_SYNTAX,
                             "%s: expected pairs of digits 0-9a-f", hex_key);
        return STR("");
    }
    return (struct str){bytes, text.n / 2};
}

int64_t jsonl_number(struct jsonl_in *in, const struct json_node *object,
                     const char *key, int64_t absent)
{
    const struct json_node *node = member_of(in, object, key, JSON_NUMBER);
    int64_t number = absent;
    if (node && !json_i64(node, &number)) {
        in->status = err_set(
            in->err, ST_SYNTAX,
            "%s: expected an integer of 64 bits, found another number", key);
    }
    return number;
}

uint64_t jsonl_count(struct jsonl_in *in, const struct json_node *object,
                     const char *key, uint64_t max)
{
    int64_t number = jsonl_number(in, object, key, 0);
    if (number < 0 || (uint64_t)number > max) {
        in->status = err_set(in->err, ST_SYNTAX,
                             "%s: expected 0 to %" PRIu64 ", found %" PRId64,
                             key, max, number);
        return 0;
    }
    return (uint64_t)number;
}

uint64_t jsonl_u64(struct jsonl_in *in, const struct json_node *object,
                   const char *key, unsigned base)
{
    struct str text = jsonl_text(in, object, key);
    uint64_t number = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = hex_digit(text.p[i]);
        if (digit < 0 || (unsigned)digit >= base ||
            number > (UINT64_MAX - (unsigned)digit) / base) {
            in->status = err_set(in->err, ST_SYNTAX,
                                 "%s: expected a number of 64 bits in base %u",
                                 key, base);
            return 0;
        }
        number = number * base + (unsigned)digit;
    }
    return number;
}

bool jsonl_bool(struct jsonl_in *in, const struct json_node *object,
                const char *key)
{
    const struct json_node *node = member_of(in, object, key, JSON_BOOL);
    return node && json_bool(node);
}

const struct json_node *jsonl_array(struct jsonl_in *in,
                                    const struct json_node *object,
                                    const char *key)
{
    return member_of(in, object, key, JSON_ARRAY);
}

struct str jsonl_words(struct jsonl_in *in, const struct json_node *object,
                       const char *key)
{
    const struct json_node *array = jsonl_array(in, object, key);
    struct buf words;
    buf_init(&words, JSONL_LINE_BYTES);
    for (const struct json_node *node = array ? json_child(array) : NULL;
         node && jsonl_expect(in, node, JSON_STRING, key);
         node = json_next(node)) {
        buf_puts(&words, words.n > 0 ? " " : "");
        buf_str(&words, json_string(node));
    }
    struct str kept = keep(in, buf_view(&words), key);
    buf_free(&words);
    return kept;
}

static void choice_fail(struct jsonl_in *in, const char *key,
                        const char *const *names, struct str found)
{
    struct buf list;
    buf_init(&list, ERR_TEXT_MAX);
    for (int i = 0; names[i]; i++) {
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    buf_puts(&list, "; found \"");
    utf8_quote(&list, found, KEY_MAX);
    buf_putc(&list, '"');
    in->status = err_set(in->err, ST_SYNTAX, "%s: expected one of %.*s", key,
                         STR_ARG(buf_view(&list)));
    buf_free(&list);
}

int jsonl_choice(struct jsonl_in *in, const struct json_node *object,
                 const char *key, const char *const *names, int absent)
{
    const struct json_node *node = member_of(in, object, key, JSON_STRING);
    if (!node) {
        return absent;
    }
    for (int i = 0; names[i]; i++) {
        if (str_is(json_string(node), names[i])) {
            return i;
        }
    }
    choice_fail(in, key, names, json_string(node));
    return absent;
}
