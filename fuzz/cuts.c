/* SPDX-License-Identifier: MIT */
/* cuts - the ways in which bytes are cut.  Layer: fuzz. */
#include "fuzz/cuts.h"

struct cuts cuts_of(struct str bytes, uint32_t state)
{
    return (struct cuts){bytes, state};
}

/* Mostly short, so that heads are cut too; sometimes long, so that many bytes
 * need few pieces. */
static size_t any_length(struct cuts *cuts)
{
    cuts->state = cuts->state * 1664525 + 1013904223;
    uint32_t number = cuts->state >> 16;
    return 1 + (number % 8 == 0 ? number / 8 % 300 + cuts->rest.n / 8
                                : number / 8 % 9);
}

bool cuts_next(struct cuts *cuts, struct str *out)
{
    size_t n = cuts->state == 0   ? cuts->rest.n
               : cuts->state == 1 ? 1
                                  : any_length(cuts);
    *out = str_take(cuts->rest, n);
    cuts->rest = str_skip(cuts->rest, out->n);
    return out->n > 0;
}
