/* SPDX-License-Identifier: MIT */
/* command - a line of shell, run to its end within a time, and what it said.
 * Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_COMMAND_H
#define SYNCSPEC_HARNESS_TRANSPORT_COMMAND_H

#include "base/buf.h"
#include "base/err.h"

struct command {
    const char *line;     /* for /bin/sh */
    const char *argument; /* its $1; put behind the line when that does not
                             mention $1, $@, $* or a name of `environment` */
    const char *const *environment; /* "NAME=VALUE" beside our own, NULL at the
                                       end; or NULL */
    int64_t limit_ms;
};

/* Run it with nothing on standard input, what it prints into `out`.  On
 * failure the sentence has the end of its standard error: ST_USAGE when it
 * failed, printed over the ceiling of `out`, or did not end in time (then it
 * and all that it started in its group are killed); ST_INTERNAL when it could
 * not be started. */
enum status command_run(const struct command *command, struct buf *out,
                        struct err *err);

#endif
