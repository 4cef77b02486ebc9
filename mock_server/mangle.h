/* SPDX-License-Identifier: MIT */
/* mangle - planted bugs that change what a change says, one by one and without
 * memory of others.  Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_MANGLE_H
#define SYNCSPEC_MOCK_SERVER_MANGLE_H

#include "mock_server/bugs.h"
#include "protocol/change.h"

/* Every stamp of the change becomes `at`; arrays are altered in place, a
 * missing data.updatedAt is added (from `arena`). */
void mangle_restamp(struct change *change, struct instant at,
                    struct arena *arena);
/* Apply the bugs that are on; false when the change is dropped. */
bool mangle_change(const struct bug_set *bugs, struct instant now,
                   struct arena *arena, struct change *change);
/* The same on the encoded text, from `text` to a text in the arena. */
struct str mangle_text(const struct bug_set *bugs, struct str text,
                       struct arena *arena);

#endif
