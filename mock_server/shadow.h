/* SPDX-License-Identifier: MIT */
/* shadow - merged state of every record, as servers that merge by themselves
 * keep it: only made when a planted bug needs it.  Layer: mock_server, not for
 * others. */
#ifndef SYNCSPEC_MOCK_SERVER_SHADOW_H
#define SYNCSPEC_MOCK_SERVER_SHADOW_H

#include "mock_server/bugs.h"
#include "protocol/change.h"

struct shadow;

/* Does one of these bugs look at merged state? */
bool shadow_needed(const struct bug_set *bugs);
struct shadow *shadow_create(void); /* NULL when out of memory */
void shadow_free(struct shadow *shadow);

/* Where a change belongs, who sent it, and where memory for answers is. */
struct shadow_place {
    struct str user, app, client;
    struct arena *arena;
};

/* A change is about to be stored: the merging bugs may alter it (new arrays
 * come from the arena) or drop it (false). */
bool shadow_admit(struct shadow *shadow, const struct bug_set *bugs,
                  const struct shadow_place *place, struct change *change);
/* It was stored: merge it.  True when `correction` (from the arena) has to be
 * delivered to everybody behind it. */
bool shadow_merge(struct shadow *shadow, const struct bug_set *bugs,
                  const struct shadow_place *place, const struct change *change,
                  struct change *correction);
/* Did this client write the record last? */
bool shadow_wrote_last(struct shadow *shadow, const struct shadow_place *place,
                       struct str table, struct str id);

#endif
