/* SPDX-License-Identifier: MIT */
/* writer - members of JSON objects, one after the other.  Layer: protocol. */
#include "protocol/writer.h"

#include "protocol/json.h"

void writer_name(struct buf *out, const char *name)
{
    if (out->n > 0 && out->p[out->n - 1] != '{') {
        buf_putc(out, ',');
    }
    buf_putc(out, '"');
    buf_puts(out, name);
    buf_puts(out, "\":");
}

void writer_text(struct buf *out, const char *name, struct str text)
{
    writer_name(out, name);
    json_write_string(out, text);
}

void writer_list(struct buf *out, const char *name, const struct str *values,
                 size_t count)
{
    writer_name(out, name);
    buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_putc(out, ',');
        }
        buf_str(out, values[i]);
    }
    buf_putc(out, ']');
}
