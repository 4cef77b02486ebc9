/* SPDX-License-Identifier: MIT */
/* diff - what changed from one run to a later one.  Layer: reports. */
#ifndef SYNCSPEC_REPORTS_DIFF_H
#define SYNCSPEC_REPORTS_DIFF_H

#include "reports/past.h"

enum diff_kind {
    DIFF_SAME,
    DIFF_FAILS,    /* bad now and was not, or was not there: a failure, an
                      error, not decided, not run */
    DIFF_PASSES,   /* the other way round */
    DIFF_APPEARED, /* was not there, and is not bad */
    DIFF_VANISHED,
    DIFF_MESSAGE, /* bad in both, in another way */
    DIFF_OUTCOME  /* bad in neither: as a pass that is skipped now */
};
enum { DIFF_KINDS = DIFF_OUTCOME + 1 };

struct diff {
    size_t counts[DIFF_KINDS];
};

/* Either may be NULL, not both: it is not in that run. */
enum diff_kind diff_kind_of(const struct past_result *old,
                            const struct past_result *now);
/* Append what changed from `old` to `now`, as text or as Markdown, sections in
 * the order above and by name in each, then a line of sums. */
struct diff diff_write(const struct past *old, const struct past *now,
                       bool markdown, struct buf *out);

#endif
