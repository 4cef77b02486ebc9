/* SPDX-License-Identifier: MIT */
/* rng - seeded random numbers (xoshiro256**).  Layer: base. */
#include "base/rng.h"

#include "base/asserts.h"

/* splitmix64: spreads a seed over the state, as xoshiro's authors advise. */
static uint64_t seed_next(uint64_t *x)
{
    uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void rng_init(struct rng *rng, uint64_t seed, struct str label)
{
    /* FNV-1a for good: another hash would give old seeds other sequences. */
    unsigned char head[16];
    for (int i = 0; i < 8; i++) {
        head[i] = (unsigned char)(seed >> (8 * i));
        head[8 + i] = (unsigned char)((uint64_t)label.n >> (8 * i));
    }
    uint64_t x = hash_bytes(HASH_START, head, sizeof head);
    x = hash_bytes(x, label.p, label.n);
    for (int i = 0; i < 4; i++) {
        rng->s[i] = seed_next(&x);
    }
}

static uint64_t rotate_left(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    ASSERT(bound > 0);
    /* Draws below 2^64 mod bound are thrown away: the rest divides evenly. */
    uint64_t uneven = (0 - bound) % bound;
    uint64_t draw = rng_u64(rng);
    while (draw < uneven) {
        draw = rng_u64(rng);
    }
    return draw % bound;
}

int64_t rng_range(struct rng *rng, int64_t low, int64_t high)
{
    ASSERT(low <= high);
    uint64_t span = (uint64_t)high - (uint64_t)low;
    uint64_t draw =
        span == UINT64_MAX ? rng_u64(rng) : rng_below(rng, span + 1);
    return (int64_t)((uint64_t)low + draw);
}

bool rng_chance(struct rng *rng, unsigned per_mille)
{
    return rng_below(rng, 1000) < per_mille;
}
