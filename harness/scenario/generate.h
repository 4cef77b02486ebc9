/* SPDX-License-Identifier: MIT */
/* generate - random scenarios from a seed, made of the language's own steps.
 * Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_GENERATE_H
#define SYNCSPEC_HARNESS_SCENARIO_GENERATE_H

#include "base/rng.h"
#include "harness/scenario/scenario.h"

struct generate_options {
    size_t clients, steps, records;
    bool faults; /* drops, duplicates, delays */
    bool crashes;
};

/* Everything in the arena; never fails for options within the limits. */
void scenario_generate(uint64_t seed, const struct generate_options *options,
                       struct arena *arena, struct scenario *out);

#endif
