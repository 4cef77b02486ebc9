/* SPDX-License-Identifier: MIT */
/* storm - who writes what in a storm, as arithmetic: it must not depend on
 * whose answer comes first.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_STORM_H
#define SYNCSPEC_HARNESS_RUN_STORM_H

#include <stddef.h>

struct storm_plan {
    size_t writers;          /* at least 1 */
    size_t rounds;           /* pushes of each writer, without a total */
    size_t batch, batch_max; /* writes in one push, the sizes go round */
    size_t total;            /* of all writes; 0: what the rounds come to */
};

/* The writes of one push: numbers from `first` on.  Those of all pushes are
 * each number from 0 on, once. */
struct storm_batch {
    size_t first, count;
};

/* Writes of all writers in one round. */
size_t storm_round_writes(const struct storm_plan *plan);
/* How often each writer pushes; the last times there may be nothing left. */
size_t storm_rounds(const struct storm_plan *plan);
/* Writes of all writers in all rounds. */
size_t storm_writes(const struct storm_plan *plan);
struct storm_batch storm_batch_of(const struct storm_plan *plan, size_t round,
                                  size_t writer);

#endif
