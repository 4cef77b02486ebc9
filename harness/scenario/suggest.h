/* SPDX-License-Identifier: MIT */
/* suggest - "did you mean": the nearest of the names that were possible.
 * Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_SUGGEST_H
#define SYNCSPEC_HARNESS_SCENARIO_SUGGEST_H

#include "base/buf.h"

struct suggest {
    struct str asked, best;
    size_t distance; /* of best; over the limit: nothing is near */
    struct buf all;  /* "a, b, c": shown when nothing is near */
};

void suggest_init(struct suggest *suggest, struct str asked);
void suggest_free(struct suggest *suggest);
/* One more possible name; the first of equally near ones stays. */
void suggest_offer(struct suggest *suggest, struct str name);
/* All of "a|b|c". */
void suggest_offer_choices(struct suggest *suggest, const char *choices);
/* Append `; did you mean "x"?`, or `; expected one of a, b, c`, or nothing
 * when nothing was offered. */
void suggest_write(const struct suggest *suggest, struct buf *out);

#endif
