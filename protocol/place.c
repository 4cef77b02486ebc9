/* SPDX-License-Identifier: MIT */
/* place - where in a document a fault is.  Layer: protocol. */
#include "protocol/place.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"

enum {
    PLACE_DEPTH = LIMIT_JSON_DEPTH + 8, /* deeper documents are not read */
    PLACE_NAME_MAX = 64,                /* bytes of one name that are shown */
    PLACE_TEXT_MAX = 320 /* of a whole path: leaves room for the sentence */
};

struct place place_root(const char *name)
{
    return (struct place){.name = str_of(name)};
}

struct place place_member(const struct place *up, struct str name)
{
    return (struct place){.up = up, .name = name};
}

struct place place_index(const struct place *up, size_t index)
{
    return (struct place){.up = up, .index = index, .is_index = true};
}

static bool is_identifier(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return name.n > 0 && name.n <= PLACE_NAME_MAX;
}

static void write_step(const struct place *place, struct buf *out)
{
    if (place->is_index) {
        buf_printf(out, "[%zu]", place->index);
    } else if (is_identifier(place->name)) {
        if (out->n > 0) {
            buf_putc(out, '.');
        }
        buf_str(out, place->name);
    } else {
        buf_puts(out, "[\"");
        utf8_quote(out, place->name, PLACE_NAME_MAX);
        buf_puts(out, "\"]");
    }
}

void place_write(const struct place *place, struct buf *out)
{
    const struct place *steps[PLACE_DEPTH];
    size_t count = 0;
    if (!place->up) {
        buf_str(out, place->name);
        return;
    }
    for (; place->up && count < PLACE_DEPTH; place = place->up) {
        steps[count++] = place;
    }
    while (count > 0) {
        write_step(steps[--count], out);
    }
}

enum status place_fail(const struct place *place, struct err *err,
                       enum status status, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    struct buf path;
    va_list ap;
    if (!err) {
        return status;
    }
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    /* A path that is too long loses its inner steps, not the sentence. */
    buf_init(&path, PLACE_TEXT_MAX);
    place_write(place, &path);
    err_set(err, status, "%s%s: %s", buf_view(&path).p, path.failed ? "…" : "",
            text);
    buf_free(&path);
    return status;
}
