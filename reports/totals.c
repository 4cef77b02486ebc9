/* SPDX-License-Identifier: MIT */
/* totals - counts and times as people read them.  Layer: reports. */
#include <inttypes.h>

#include "reports/renderer.h"

void totals_write(const struct report_totals *totals, struct buf *out)
{
    const struct {
        size_t count;
        const char *word;
    } rest[] = {
        {totals->failed, "failed"},   {totals->errors, "errors"},
        {totals->unknown, "unknown"}, {totals->skipped, "skipped"},
        {totals->not_run, "not run"},
    };
    buf_printf(out, "%zu passed", totals->passed);
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        if (rest[i].count > 0) {
            buf_printf(out, ", %zu %s", rest[i].count, rest[i].word);
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
