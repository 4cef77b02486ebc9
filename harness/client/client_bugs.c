/* SPDX-License-Identifier: MIT */
/* client_bugs - names of the museum's switches.  Layer: harness/client. */
#include "harness/client/client_bugs.h"

#include "base/asserts.h"

static const struct client_bug_info infos[CLIENT_BUG_COUNT] = {
#define X(id, name, what, clauses, real) {name, what, clauses, real},
    CLIENT_BUGS(X)
#undef X
};

const struct client_bug_info *client_bug_info(enum client_bug bug)
{
    ASSERT(bug < CLIENT_BUG_COUNT);
    return &infos[bug];
}

enum client_bug client_bug_find(struct str name)
{
    for (int i = 0; i < CLIENT_BUG_COUNT; i++) {
        if (str_is(name, infos[i].name)) {
            return (enum client_bug)i;
        }
    }
    return CLIENT_BUG_COUNT;
}

void client_bug_add(struct client_bug_set *set, enum client_bug bug)
{
    ASSERT(bug < CLIENT_BUG_COUNT);
    set->bits[bug / 64] |= UINT64_C(1) << (bug % 64);
}
