/* SPDX-License-Identifier: MIT */
/* verbs - the table of the language, found by id and by name.
 * Layer: harness/scenario. */
#include "harness/scenario/verbs.h"

#include "base/asserts.h"
#include "harness/scenario/options.h"
#include "harness/scenario/verbs_parts.h"

const struct verb *verb_at(enum verb_id id)
{
    ASSERT(id < VERB_COUNT);
    if (id >= VERB_SETTLES) {
        return &verbs_world[id - VERB_SETTLES];
    }
    return id >= VERB_LISTENS ? &verbs_live[id - VERB_LISTENS]
                              : &verbs_client[id];
}

const struct verb *verb_find(struct str who, struct str name)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        const struct verb *verb = verb_at((enum verb_id)i);
        if (str_is(name, verb->name) && str_is(who, verb->who)) {
            return verb;
        }
    }
    return NULL;
}

const struct option *expect_options(void)
{
    return options_expects;
}

const struct option *option_find(const struct option *options, struct str name)
{
    for (; options && options->name; options++) {
        struct str own = str_of(options->name);
        bool beginning = str_ends(own, STR("."));
        if (beginning ? str_starts(name, own) && name.n > own.n
                      : str_eq(name, own)) {
            return options;
        }
    }
    return NULL;
}

bool choices_have(const char *choices, struct str word)
{
    struct str rest = str_of(choices);
    while (rest.n > 0) {
        size_t bar = str_find(rest, '|');
        if (str_eq(str_take(rest, bar), word)) {
            return true;
        }
        rest = str_skip(rest, bar + 1);
    }
    return false;
}
