/* SPDX-License-Identifier: MIT */
/* trace - a history as lines for people: time, actor, what happened.
 * Layer: reports. */
#ifndef SYNCSPEC_REPORTS_TRACE_H
#define SYNCSPEC_REPORTS_TRACE_H

#include "reports/history.h"

/* Append every event, one line each, columns aligned; values and bodies are
 * cut after `value_bytes`. */
void trace_write(struct buf *out, const struct history *history,
                 size_t value_bytes);

#endif
