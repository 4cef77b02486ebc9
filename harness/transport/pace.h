/* SPDX-License-Identifier: MIT */
/* pace - so many requests in a second, of all processes that share it: those
 * that were forked after it was made.  Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_PACE_H
#define SYNCSPEC_HARNESS_TRANSPORT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct pace;

/* `rate_per_s` from 1 on.  NULL: there is no memory that can be shared. */
struct pace *pace_create(int64_t rate_per_s, struct err *err);
void pace_free(struct pace *pace); /* NULL: nothing happens */
/* May a request begin now, by a monotonic clock of the whole machine?  Then the
 * next one, whoever asks, has to wait for its turn. */
bool pace_permits(struct pace *pace, int64_t now_ns);
/* Until there may be a turn; 0 or less: now. */
int64_t pace_left_ns(struct pace *pace, int64_t now_ns);

#endif
