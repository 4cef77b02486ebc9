/* SPDX-License-Identifier: MIT */
/* instant - a point in time with nanoseconds, years 0000-9999; RFC 3339 in
 * and out.  Instants are compared, never their spelling.  Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_INSTANT_H
#define SYNCSPEC_PROTOCOL_INSTANT_H

#include "base/err.h"
#include "base/str.h"

struct instant {
    int64_t s;  /* seconds since 1970-01-01T00:00:00Z */
    int32_t ns; /* 0..999999999 */
};

enum { INSTANT_TEXT_MAX = 40 }; /* longest spelling and NUL */

/* Earlier than anything that can be written: the stamp of a write that came
 * with no time at all. */
#define INSTANT_MIN       ((struct instant){INT64_MIN, 0})
#define INSTANT_EPOCH     ((struct instant){0, 0})
#define CURSOR_EPOCH_TEXT "1970-01-01T00:00:00.000Z"

/* Strict RFC 3339: `YYYY-MM-DDTHH:MM:SS[.1-9 digits](Z|±HH:MM)`, upper-case T
 * and Z, real calendar days, no second 60.  ST_SYNTAX says what is wrong. */
enum status instant_parse(struct str text, struct instant *out,
                          struct err *err);
int instant_cmp(struct instant a, struct instant b);
/* As clients write: always three fraction digits, `…:00.000Z` (cuts finer). */
struct str instant_write_ms(struct instant at, char out[INSTANT_TEXT_MAX]);
/* As servers write: up to nine digits, trailing zeros cut.  INSTANT_MIN is
 * written as year 0000. */
struct str instant_write_ns(struct instant at, char out[INSTANT_TEXT_MAX]);
struct instant instant_add_ns(struct instant at, int64_t ns);
struct instant instant_add_ms(struct instant at, int64_t ms);
/* a - b in milliseconds, saturating. */
int64_t instant_diff_ms(struct instant a, struct instant b);
struct instant instant_of_ms(int64_t ms); /* since the epoch */
struct instant instant_of_ns(int64_t ns); /* since the epoch */
int64_t instant_to_ns(struct instant at); /* saturating */

#endif
