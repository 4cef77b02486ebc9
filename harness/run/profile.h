/* SPDX-License-Identifier: MIT */
/* profile - which cases are asked of a server: core, full or strict, as they
 * are today or as they were frozen under a date.  Layer: harness/run.
 *
 * A frozen list is scenarios/conformance/DATE.profile: a case a line, its
 * level's letter, a blank and its id ("M cursor/pages_come_to_an_end#1"). Empty
 * lines and those that begin with # count for nothing. */
#ifndef SYNCSPEC_HARNESS_RUN_PROFILE_H
#define SYNCSPEC_HARNESS_RUN_PROFILE_H

#include "harness/run/select.h"
#include "protocol/clauses.h"

struct profile {
    enum clause_level level;
    struct str date; /* "2026.1"; empty: as the cases are today */
    struct str list; /* the text of the frozen list; empty with an empty date */
};

/* "full", "full-2026.1".  ST_NOT_FOUND: the sentence names those there are. */
enum status profile_find(struct str name, struct profile *out, struct err *err);
/* "core", "full", "strict". */
const char *profile_name(enum clause_level level);
/* Keep the cases of the profile.  ST_NOT_FOUND when a frozen list names a case
 * of this level that is not among them, ST_SYNTAX with its number for a line
 * that is none of a list: the selection is as it was then. */
enum status profile_select(const struct profile *profile,
                           struct selection *selection, struct arena *arena,
                           struct err *err);
/* "group/stem#1" of a scenario, as reports call it. */
struct str profile_id(const struct scenario *scenario, struct arena *arena);

#endif
