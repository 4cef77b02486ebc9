/* SPDX-License-Identifier: MIT */
/* plain_stream - an event stream read in the plainest way.  Layer: fuzz. */
#include "fuzz/plain_stream.h"

struct plain {
    struct buf *out;
    struct buf data;
    struct str type, id;
    size_t count;
};

static void put_event(struct plain *plain)
{
    if (plain->data.n > 0) {
        plain->count++;
        buf_str(plain->out, plain->type.n > 0 ? plain->type : STR("message"));
        buf_putc(plain->out, '\0');
        buf_put(plain->out, plain->data.p, plain->data.n - 1);
        buf_putc(plain->out, '\0');
        buf_str(plain->out, plain->id);
        buf_putc(plain->out, '\0');
    }
    buf_clear(&plain->data);
    plain->type = STR("");
}

static void put_line(struct plain *plain, struct str line)
{
    size_t colon = str_find(line, ':');
    struct str name = str_take(line, colon), value = str_skip(line, colon + 1);
    if (value.n > 0 && value.p[0] == ' ') {
        value = str_skip(value, 1);
    }
    if (line.n == 0) {
        put_event(plain);
    } else if (str_is(name, "event")) {
        plain->type = value;
    } else if (str_is(name, "data")) {
        buf_str(&plain->data, value);
        buf_putc(&plain->data, '\n');
    } else if (str_is(name, "id") && str_find(value, '\0') == value.n) {
        plain->id = value;
    }
}

size_t plain_stream_read(struct str text, struct buf *out)
{
    struct plain plain = {.out = out, .type = {"", 0}, .id = {"", 0}};
    buf_init(&plain.data, text.n + 1);
    if (str_starts(text, STR("\xEF\xBB\xBF"))) {
        text = str_skip(text, 3);
    }
    size_t begin = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\r' || text.p[i] == '\n') {
            put_line(&plain, str_take(str_skip(text, begin), i - begin));
            if (text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n') {
                i++;
            }
            begin = i + 1;
        }
    }
    buf_free(&plain.data);
    return plain.count;
}
