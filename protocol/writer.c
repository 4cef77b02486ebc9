/* SPDX-License-Identifier: MIT */
/* writer - members of JSON objects, one after the other.  Layer: protocol. */
#include "protocol/writer.h"

#include "protocol/json.h"

void writer_name(struct buf *out, struct str name)
{
    if (out->n > 0 && out->p[out->n - 1] != '{') {
        buf_putc(out, ',');
    }
    buf_putc(out, '"');
    buf_str(out, name);
    buf_put(out, "\":", 2);
}

void writer_text(struct buf *out, struct str name, struct str text)
{
    writer_name(out, name);
    json_write_string(out, text);
}

void writer_list(struct buf *out, struct str name, const struct str *values,
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
