/* SPDX-License-Identifier: MIT */
/* when - durations and wall-clock times as scenarios write them.
 * Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_WHEN_H
#define SYNCSPEC_HARNESS_SCENARIO_WHEN_H

#include "harness/scenario/scenario.h"

enum { WHEN_TEXT_MAX = 48 };
/* 10 000 days: no duration is longer. */
#define WHEN_MS_MAX INT64_C(864000000000)
/* Wall clocks start here, and a clock time alone is of this day. */
#define WHEN_EPOCH_TEXT "2026-03-27T10:00:00.000Z"

/* What stands behind `@`: "10:05:00", "10:05:30.25", "+5s" (after the epoch)
 * or a whole RFC 3339 time, which is kept as spelled.  The complete text goes
 * to `out`; returns false when it is none of these. */
bool when_complete(struct str text, char out[WHEN_TEXT_MAX]);
/* "20ms" (low = high) or "5ms..80ms", neither negative. */
bool when_range(struct str text, int64_t *low_ms, int64_t *high_ms);
/* The shortest spelling that duration_parse reads back. */
void when_write(struct buf *out, int64_t ms);

#endif
