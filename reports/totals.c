/* SPDX-License-Identifier: MIT */
/* totals - counts and times as people read them.  Layer: reports. */
#include <inttypes.h>
#include <stddef.h>

#include "reports/renderer.h"

#define ROW(outcome, member, word)                                             \
    {                                                                          \
        outcome, #member, word, offsetof(struct report_totals, member)         \
    }
const struct totals_row totals_rows[OUTCOMES] = {
    ROW(OUT_PASS, passed, "passed"),
    ROW(OUT_FAIL, failed, "failed"),
    ROW(OUT_XPASS, xpass, "passed unexpectedly"),
    ROW(OUT_ERROR, errors, "errors"),
    ROW(OUT_UNKNOWN, unknown, "unknown"),
    ROW(OUT_NONSTRICT, nonstrict, "nonstrict"),
    ROW(OUT_INFO, info, "info"),
    ROW(OUT_FLAKY, flaky, "flaky"),
    ROW(OUT_XFAIL, xfail, "failed as known"),
    ROW(OUT_UNIMPLEMENTED, unimplemented, "unimplemented"),
    ROW(OUT_SKIP, skipped, "skipped"),
    ROW(OUT_NOT_RUN, not_run, "not run"),
};

size_t *totals_count(struct report_totals *totals, const struct totals_row *row)
{
    return (size_t *)(void *)((char *)totals + row->offset);
}

size_t totals_get(const struct report_totals *totals,
                  const struct totals_row *row)
{
    return *(const size_t *)(const void *)((const char *)totals + row->offset);
}

void totals_write(const struct report_totals *totals, struct buf *out)
{
    for (size_t i = 0; i < OUTCOMES; i++) {
        const struct totals_row *row = &totals_rows[i];
        size_t count = totals_get(totals, row);
        if (count > 0 || row->outcome == OUT_PASS) {
            buf_printf(out, "%s%zu %s", i > 0 ? ", " : "", count, row->word);
        }
    }
}

void report_scope_write(const struct report *report, struct buf *out)
{
    size_t scenarios = report->ids.count, worlds = report->worlds.count;
    buf_printf(out, "%zu scenario%s", scenarios, scenarios == 1 ? "" : "s");
    if (worlds > 0) {
        buf_printf(out, " in %zu world%s", worlds, worlds == 1 ? "" : "s");
    }
}

void duration_write(int64_t took_ms, struct buf *out)
{
    if (took_ms < 1000) {
        buf_printf(out, "%" PRId64 " ms", took_ms);
    } else if (took_ms < 100000) {
        buf_printf(out, "%" PRId64 ".%" PRId64 " s", took_ms / 1000,
                   took_ms / 100 % 10);
    } else {
        buf_printf(out, "%" PRId64 " min %" PRId64 " s", took_ms / 60000,
                   took_ms / 1000 % 60);
    }
}
