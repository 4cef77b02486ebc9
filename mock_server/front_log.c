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

void front_log_write(struct front_log *log, const struct http_request *request,
                     const struct front_log_entry *entry)
{
    char time[INSTANT_TEXT_MAX];
    struct buf *line = &log->line;

    if (!log->file) {
        return;
    }
    buf_clear(line);
    buf_printf(line, "{\"time\":\"%.*s\"",
               STR_ARG(instant_write_ms(entry->time, time)));
    log_string(line, "method", request->method);
    log_string(line, "target", request->target);
    buf_printf(
        line, ",\"status\":%d,\"bytesIn\":%zu,\"bytesOut\":%zu,\"us\":%" PRId64,
        entry->status, request->body.n, entry->bytes_out, entry->took_us);
    log_string(line, "clientId",
               http_header_find(request->headers, request->header_count,
                                "x-client-id"));
    buf_puts(line, "}\n");
    if (!line->failed) {
        fwrite(line->p, 1, line->n, log->file);
    }
}
