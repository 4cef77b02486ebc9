/* SPDX-License-Identifier: MIT */
/* handover - see handover.h.  Layer: harness/run. */
#include "harness/run/handover.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/asserts.h"

void handover_put(struct handover *handover, const struct run_result *result)
{
    const struct report_options options = {.trace = handover->trace};
    const struct report_run run = {.seed = handover->seed};
    struct err err = {.status = ST_OK};
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    ASSERT(memory);
    struct report *report = report_create(STR("jsonl"), memory, &options, &err);
    ASSERT(report);
    report_begin(report, &run, NULL, 0);
    report_result(report, result);
    report_end(report, -1, NULL, &err);
    report_free(report);
    fclose(memory);
    uint64_t length = n;
    fwrite(&length, sizeof(length), 1, handover->file);
    fwrite(text, 1, n, handover->file);
    fflush(handover->file);
    free(text);
}

/* The next one in memory of the caller's, `*n` bytes; NULL: it is not whole
 * yet. */
static char *next_text(const struct handover *handover, size_t *n)
{
    uint64_t length = 0;
    int file = fileno(handover->file);
    off_t end = lseek(file, 0, SEEK_END);
    off_t at = (off_t)handover->taken;
    if (pread(file, &length, sizeof(length), at) != (ssize_t)sizeof(length) ||
        end - at - (off_t)sizeof(length) < (off_t)length) {
        return NULL;
    }
    char *text = malloc(length + 1);
    ASSERT(text);
    size_t have = 0;
    at += (off_t)sizeof(length);
    while (have < length) {
        ssize_t got = pread(file, text + have, length - have, at + (off_t)have);
        if (got <= 0) {
            free(text);
            return NULL;
        }
        have += (size_t)got;
    }
    *n = have;
    return text;
}

bool handover_take(struct handover *handover,
                   void (*each)(void *context, const struct run_result *result),
                   void *context, struct err *err)
{
    char *text;
    size_t n = 0;
    enum status status = ST_OK;
    while (status == ST_OK && (text = next_text(handover, &n))) {
        handover->taken += (int64_t)(sizeof(uint64_t) + n);
        FILE *memory = fmemopen(text, n, "rb");
        ASSERT(memory);
        struct report *collector = report_collect(each, context);
        status = report_replay(memory, &collector, 1, NULL, err);
        report_free(collector);
        fclose(memory);
        free(text);
    }
    return status == ST_OK;
}
