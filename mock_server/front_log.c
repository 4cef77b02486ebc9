/* SPDX-License-Identifier: MIT */
/* front_log - the access log.  Layer: mock_server. */
#include "mock_server/front_log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "protocol/json.h"

enum { LINE_MAX_BYTES = 1 << 20, QUOTE_MAX = 1024 };

enum status front_log_open(struct front_log *log, const char *name,
                           struct err *err)
{
    *log = (struct front_log){0};
    buf_init(&log->line, LINE_MAX_BYTES);
    buf_init(&log->kept, LINE_MAX_BYTES);
    if (!name) {
        return ST_OK;
    }
    log->file = strcmp(name, "-") == 0 ? stdout : fopen(name, "a");
    return log->file ? ST_OK
                     : err_set(err, ST_IO, "access log %s: %s", name,
                               strerror(errno));
}

void front_log_flush(struct front_log *log)
{
    if (log->file) {
        fflush(log->file);
    }
}

void front_log_close(struct front_log *log)
{
    front_log_flush(log);
    if (log->file && log->file != stdout) {
        fclose(log->file);
    }
    log->file = NULL;
    buf_free(&log->line);
    buf_free(&log->kept);
}

/* What a client sent need not be UTF-8. */
static void log_string(struct buf *out, const char *name, struct str text)
{
    struct buf quoted;

    buf_printf(out, ",\"%s\":", name);
    if (utf8_bad_at(text) == text.n) {
        json_write_string(out, text.p ? text : STR(""));
        return;
    }
    buf_init(&quoted, LINE_MAX_BYTES);
    utf8_quote(&quoted, text, QUOTE_MAX);
    json_write_string(out, buf_view(&quoted));
    buf_free(&quoted);
}

/* Its two parts are lines: what is quoted holds no line's end. */
void front_log_keep(const struct front_log *log,
                    const struct http_request *request, struct buf *kept)
{
    log_string(kept, "method", request->method);
    log_string(kept, "target", request->target);
    buf_putc(kept, '\n');
    log_string(
        kept, "clientId",
        http_header_find(request->headers, request->header_count,
                         dialect_name(log->dialect, NAME_HEADER_CLIENT_ID).p));
}

void front_log_write_kept(struct front_log *log, const struct buf *kept,
                          const struct front_log_entry *entry)
{
    char time[INSTANT_TEXT_MAX];
    struct buf *line = &log->line;
    size_t end = str_find(buf_view(kept), '\n');

    if (!log->file || kept->failed) {
        return;
    }
    buf_clear(line);
    buf_printf(line, "{\"time\":\"%.*s\"",
               STR_ARG(instant_write_ms(entry->time, time)));
    buf_str(line, str_take(buf_view(kept), end));
    buf_printf(
        line, ",\"status\":%d,\"bytesIn\":%zu,\"bytesOut\":%zu,\"us\":%" PRId64,
        entry->status, entry->bytes_in, entry->bytes_out, entry->took_us);
    buf_str(line, str_skip(buf_view(kept), end + 1));
    buf_puts(line, "}\n");
    if (!line->failed) {
        fwrite(line->p, 1, line->n, log->file);
    }
}

void front_log_write(struct front_log *log, const struct http_request *request,
                     const struct front_log_entry *entry)
{
    if (log->file) {
        buf_clear(&log->kept);
        front_log_keep(log, request, &log->kept);
        front_log_write_kept(log, &log->kept, entry);
    }
}
