/* SPDX-License-Identifier: MIT */
/* front_log - the access log: one JSON object a line.
 * Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_FRONT_LOG_H
#define SYNCSPEC_MOCK_SERVER_FRONT_LOG_H

#include <stdio.h>

#include "base/err.h"
#include "protocol/dialect.h"
#include "protocol/http.h"
#include "protocol/instant.h"

struct front_log {
    FILE *file;                    /* NULL: off */
    const struct dialect *dialect; /* has the header of the client id */
    struct buf line;
    struct buf kept; /* of the request whose line is written */
};

/* `name`: a file that is appended to, "-" for standard output, NULL: off. */
enum status front_log_open(struct front_log *log, const char *name,
                           struct err *err);
void front_log_close(struct front_log *log);
void front_log_flush(struct front_log *log);

struct front_log_entry {
    struct instant time;
    int status;
    size_t bytes_in, bytes_out;
    int64_t took_us;
};

void front_log_write(struct front_log *log, const struct http_request *request,
                     const struct front_log_entry *entry);
/* The same in two steps, when the request will be forgotten before its line can
 * be written.  Appends to `kept` what has to be remembered of it. */
void front_log_keep(const struct front_log *log,
                    const struct http_request *request, struct buf *kept);
void front_log_write_kept(struct front_log *log, const struct buf *kept,
                          const struct front_log_entry *entry);

#endif
