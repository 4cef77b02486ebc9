/* SPDX-License-Identifier: MIT */
/* handover - results on their way from a process that plays to the one that
 * tells, through a file without a name: each is a report of JSON lines of its
 * own, behind its length.  The report's format is the protocol between the
 * two, so nothing can be lost that a report would have.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_HANDOVER_H
#define SYNCSPEC_HARNESS_RUN_HANDOVER_H

#include <stdint.h>
#include <stdio.h>

#include "reports/report.h"

struct handover {
    FILE *file;    /* the writer's at its end, the reader's anywhere */
    int64_t taken; /* bytes that the reader has taken */
    bool trace;    /* whole histories */
    uint64_t seed;
};

/* Append a result, whole: a reader sees all of it or nothing. */
void handover_put(struct handover *handover, const struct run_result *result);
/* Give all that is new to `each`, which borrows it.  False when what is there
 * cannot be read: `err` says why. */
bool handover_take(struct handover *handover,
                   void (*each)(void *context, const struct run_result *result),
                   void *context, struct err *err);

#endif
