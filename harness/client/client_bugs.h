/* SPDX-License-Identifier: MIT */
/* client_bugs - the museum's switches of the model client, as bugs.h has them
 * for the server.  Layer: harness/client. */
#ifndef SYNCSPEC_HARNESS_CLIENT_CLIENT_BUGS_H
#define SYNCSPEC_HARNESS_CLIENT_CLIENT_BUGS_H

#include "base/str.h"

#include "harness/client/client_bugs.def"

enum client_bug {
#define X(id, name, what, clauses, real) id,
    CLIENT_BUGS(X)
#undef X
        CLIENT_BUG_COUNT
};

struct client_bug_set {
    uint64_t bits[(CLIENT_BUG_COUNT + 63) / 64];
};

struct client_bug_info {
    const char *name, *what, *clauses, *real;
};

const struct client_bug_info *client_bug_info(enum client_bug bug);
/* CLIENT_BUG_COUNT when there is none of that name. */
enum client_bug client_bug_find(struct str name);
void client_bug_add(struct client_bug_set *set, enum client_bug bug);

static inline bool client_bug_on(const struct client_bug_set *set,
                                 enum client_bug bug)
{
    return (set->bits[bug / 64] >> (bug % 64)) & 1u;
}

#endif
