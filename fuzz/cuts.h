/* SPDX-License-Identifier: MIT */
/* cuts - the ways in which a fuzz target hands bytes to a reader that must not
 * care how they are cut.  Layer: fuzz. */
#ifndef SYNCSPEC_FUZZ_CUTS_H
#define SYNCSPEC_FUZZ_CUTS_H

#include "base/str.h"

struct cuts {
    struct str rest; /* borrows */
    uint32_t state;  /* 0: all at once, 1: byte for byte, else of any length */
};

struct cuts cuts_of(struct str bytes, uint32_t state);
/* The next piece, which is not empty; false: there is none. */
bool cuts_next(struct cuts *cuts, struct str *out);

#endif
