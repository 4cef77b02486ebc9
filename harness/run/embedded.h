/* SPDX-License-Identifier: MIT */
/* embedded - the scenarios and pages that the program carries, so that it is
 * one file.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_EMBEDDED_H
#define SYNCSPEC_HARNESS_RUN_EMBEDDED_H

#include "base/embedded.h"
#include "base/sections.h"
#include "harness/run/select.h"

/* Each is sorted by path, bytewise, and ends with a NULL path. */
extern const struct embedded_file embedded_clauses[];   /* docs/clauses/ and
                                                           docs/checkers.md */
extern const struct embedded_file embedded_scenarios[]; /* no malformed ones */
extern const struct embedded_file embedded_profiles[];  /* see profile.h */

/* The text of that very path, borrowed for ever; empty: there is none. */
struct str embedded_text(const struct embedded_file *files, struct str path);
/* Parse every scenario that the program carries; appends. */
enum status embedded_select(struct arena *arena, struct selection *selection,
                            struct err *err);
/* What the pages say about a clause or a checker: the section of that name,
 * in the first page whose path begins with `folder`.  False: nothing. */
bool embedded_advice(const char *folder, struct str name, struct section *out);

#endif
