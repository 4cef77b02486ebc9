/* SPDX-License-Identifier: MIT */
/* rng - seeded random numbers (xoshiro256**): same seed, same sequence, on
 * every machine.  Layer: base. */
#ifndef SYNCSPEC_BASE_RNG_H
#define SYNCSPEC_BASE_RNG_H

#include "base/str.h"

struct rng {
    uint64_t s[4];
};

/* `label` separates streams of one seed, so that drawing more in one place
 * does not shift another. */
void rng_init(struct rng *rng, uint64_t seed, struct str label);
uint64_t rng_u64(struct rng *rng);
/* Uniform in [0, bound); bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
/* Uniform in [low, high], both included. */
int64_t rng_range(struct rng *rng, int64_t low, int64_t high);
/* True with probability per_mille / 1000. */
bool rng_chance(struct rng *rng, unsigned per_mille);

#endif
