/* SPDX-License-Identifier: MIT */
/* bugs - the museum's switches of the bundled server: one line a bug, one `if`
 * where the real mistake would be made.  Layer: mock_server. */
#ifndef SYNCSPEC_MOCK_SERVER_BUGS_H
#define SYNCSPEC_MOCK_SERVER_BUGS_H

#include "base/str.h"

/* X(enumerator, "name", "what it does", "CLAUSES IT BREAKS", "real failure") */
#include "mock_server/bugs.def"

enum bug {
#define X(id, name, what, clauses, real) id,
    SERVER_BUGS(X)
#undef X
        BUG_COUNT
};

struct bug_set {
    uint64_t bits[(BUG_COUNT + 63) / 64];
};

struct bug_info {
    const char *name, *what, *clauses, *real;
};

const struct bug_info *bug_info(enum bug bug);
/* BUG_COUNT when there is none of that name. */
enum bug bug_find(struct str name);
void bug_add(struct bug_set *set, enum bug bug);
bool bug_any(const struct bug_set *set);

static inline bool bug_on(const struct bug_set *set, enum bug bug)
{
    return (set->bits[bug / 64] >> (bug % 64)) & 1u;
}

#endif
