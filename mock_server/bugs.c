/* SPDX-License-Identifier: MIT */
/* bugs - the table of planted bugs as data.  Layer: mock_server. */
#include "mock_server/bugs.h"

#include "base/asserts.h"

static const struct bug_info bug_table[BUG_COUNT] = {
#define X(id, name, what, clauses, real) [id] = {name, what, clauses, real},
    SERVER_BUGS(X)
#undef X
};

const struct bug_info *bug_info(enum bug bug)
{
    ASSERT((unsigned)bug < BUG_COUNT);
    return &bug_table[bug];
}

enum bug bug_find(struct str name)
{
    for (int i = 0; i < BUG_COUNT; i++) {
        if (str_is(name, bug_table[i].name)) {
            return (enum bug)i;
        }
    }
    return BUG_COUNT;
}

void bug_add(struct bug_set *set, enum bug bug)
{
    ASSERT((unsigned)bug < BUG_COUNT);
    set->bits[bug / 64] |= UINT64_C(1) << (bug % 64);
}

bool bug_any(const struct bug_set *set)
{
    for (size_t i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++) {
        if (set->bits[i]) {
            return true;
        }
    }
    return false;
}
