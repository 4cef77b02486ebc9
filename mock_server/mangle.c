/* SPDX-License-Identifier: MIT */
/* mangle - planted bugs that change what a change says.
 * Layer: mock_server. */
#include "mock_server/mangle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct str mangle_spell(struct instant at, struct arena *arena)
{
    char text[INSTANT_TEXT_MAX];

    return arena_str(arena, instant_write_ns(at, text));
}

static struct str mangle_quote(struct str text, struct arena *arena)
{
    return arena_printf(arena, "\"%.*s\"", STR_ARG(text));
}

static void mangle_restamp_insert(struct change *change, struct str text,
                                  struct arena *arena)
{
    struct field *data =
        arena_must(arena, change->data_count + 1, sizeof(*data));
    struct str value = mangle_quote(text, arena);
    bool found = false;

    for (size_t i = 0; i < change->data_count; i++) {
        data[i] = change->data[i];
        if (str_is(data[i].name, "updatedAt")) {
            data[i].value = value;
            found = true;
        }
    }
    change->data = data;
    if (!found) {
        data[change->data_count++] = (struct field){
            .name = STR("updatedAt"), .value = value, .at = INSTANT_MIN};
        field_sort(data, change->data_count);
    }
}

void mangle_restamp(struct change *change, struct instant at,
                    struct arena *arena)
{
    struct str text = mangle_spell(at, arena);

    for (size_t i = 0; i < change->field_count; i++) {
        change->fields[i].at = at;
        change->fields[i].at_text = text;
    }
    if (change->has_deleted_at) {
        change->deleted_at = at;
        change->deleted_at_text = text;
    }
    if (change->op == OP_INSERT && change->has_data) {
        mangle_restamp_insert(change, text, arena);
    }
}

static bool mangle_is_empty(struct str value)
{
    return str_is(value, "\"\"") || str_is(value, "{}") || str_is(value, "[]");
}

static size_t mangle_filter(struct field *list, size_t count, bool nulls,
                            bool empties)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (!(nulls && str_is(list[i].value, "null")) &&
            !(empties && mangle_is_empty(list[i].value))) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

bool mangle_change(const struct bug_set *bugs, struct instant now,
                   struct arena *arena, struct change *change)
{
    bool nulls = bug_on(bugs, BUG_NULL_BECOMES_ABSENT);
    bool empties = bug_on(bugs, BUG_EMPTY_DATA_DROPPED);

    change->data_count =
        mangle_filter(change->data, change->data_count, nulls, empties);
    change->field_count =
        mangle_filter(change->fields, change->field_count, nulls, empties);
    if (empties && ((change->op == OP_INSERT && change->data_count == 0) ||
                    (change->op == OP_UPDATE && change->field_count == 0))) {
        return false;
    }
    if (bug_on(bugs, BUG_SERVER_STAMP_INSTEAD_OF_CLIENT_STAMP)) {
        mangle_restamp(change, now, arena);
    }
    if (bug_on(bugs, BUG_DELETE_TIME_LOST) && change->op == OP_DELETE) {
        change->has_deleted_at = false;
    }
    if (bug_on(bugs, BUG_UNKNOWN_FIELD_DROPPED)) {
        change->actor = change->origin = (struct str){0};
    }
    return true;
}

/* Copy one number token as a library would that has only doubles. */
static size_t mangle_number(struct str text, size_t at, struct buf *out)
{
    char token[LIMIT_NUMBER_BYTES + 1];
    size_t n = 0;

    while (at + n < text.n && n < LIMIT_NUMBER_BYTES &&
           strchr("+-.0123456789eE", text.p[at + n])) {
        token[n] = text.p[at + n];
        n++;
    }
    token[n] = '\0';
    buf_printf(out, "%1.15g", strtod(token, NULL));
    return n;
}

static void mangle_numbers(struct str text, struct buf *out)
{
    bool quoted = false;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (!quoted && (c == '-' || (c >= '0' && c <= '9'))) {
            i += mangle_number(text, i, out) - 1;
            continue;
        }
        buf_putc(out, c);
        if (quoted && c == '\\' && i + 1 < text.n) {
            buf_putc(out, text.p[++i]);
        } else if (c == '"') {
            quoted = !quoted;
        }
    }
}

/* The compositions of a few letters: enough to be wrong. */
static const char *const mangle_compositions[][2] = {
    {"a\xcc\x80", "\xc3\xa0"}, {"a\xcc\x81", "\xc3\xa1"},
    {"a\xcc\x88", "\xc3\xa4"}, {"a\xcc\x8a", "\xc3\xa5"},
    {"c\xcc\xa7", "\xc3\xa7"}, {"e\xcc\x80", "\xc3\xa8"},
    {"e\xcc\x81", "\xc3\xa9"}, {"e\xcc\x88", "\xc3\xab"},
    {"i\xcc\x81", "\xc3\xad"}, {"n\xcc\x83", "\xc3\xb1"},
    {"o\xcc\x81", "\xc3\xb3"}, {"o\xcc\x88", "\xc3\xb6"},
    {"u\xcc\x81", "\xc3\xba"}, {"u\xcc\x88", "\xc3\xbc"},
    {"A\xcc\x8a", "\xc3\x85"}, {"A\xcc\x88", "\xc3\x84"},
    {"E\xcc\x81", "\xc3\x89"}, {"O\xcc\x88", "\xc3\x96"},
    {"U\xcc\x88", "\xc3\x9c"},
};

static void mangle_compose(struct str text, struct buf *out)
{
    const size_t count =
        sizeof(mangle_compositions) / sizeof(mangle_compositions[0]);

    for (size_t i = 0; i < text.n; i++) {
        size_t k = 0;

        while (k < count &&
               (text.n - i < 3 ||
                memcmp(text.p + i, mangle_compositions[k][0], 3) != 0)) {
            k++;
        }
        if (k < count) {
            buf_puts(out, mangle_compositions[k][1]);
            i += 2;
        } else {
            buf_putc(out, text.p[i]);
        }
    }
}

static struct str mangle_with(void (*rewrite)(struct str, struct buf *),
                              struct str text, struct arena *arena)
{
    struct buf out;

    buf_init(&out, LIMIT_REQUEST_ARENA);
    rewrite(text, &out);
    struct str copy = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return copy.p ? copy : text;
}

struct str mangle_text(const struct bug_set *bugs, struct str text,
                       struct arena *arena)
{
    if (bug_on(bugs, BUG_INT_THROUGH_DOUBLE)) {
        text = mangle_with(mangle_numbers, text, arena);
    }
    if (bug_on(bugs, BUG_UNICODE_NORMALISED)) {
        text = mangle_with(mangle_compose, text, arena);
    }
    return text;
}
