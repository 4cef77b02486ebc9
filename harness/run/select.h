/* SPDX-License-Identifier: MIT */
/* select - which scenarios: files and folders to parsed scenarios, filtered.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_SELECT_H
#define SYNCSPEC_HARNESS_RUN_SELECT_H

#include "harness/scenario/scenario.h"

struct selection {
    struct scenario_list list;
    size_t files;
};

/* Read a file whole into the arena.  ST_IO names it and says why; ST_LIMIT
 * over LIMIT_SCENARIO_BYTES. */
enum status file_read(const char *path, size_t max, struct arena *arena,
                      struct str *out, struct err *err);
/* A .sync file, or a folder (all .sync files below it, in the order of their
 * names, `malformed` folders left out unless named).  Appends. */
enum status select_path(const char *path, struct arena *arena,
                        struct selection *selection, struct err *err);
/* The same of the files inside the program whose path begins with `prefix`
 * ("scenarios/conformance/"). */
enum status select_embedded(const char *prefix, struct arena *arena,
                            struct selection *selection, struct err *err);
/* Keep those whose id or name contains `pattern`, or that cover such a clause
 * or group ("PUSH"); returns how many are left. */
size_t select_only(struct selection *selection, const char *pattern);
/* The name of a scenario or clause nearest to a pattern that matched nothing;
 * empty when there is none near. */
struct str select_closest(const struct selection *selection,
                          const char *pattern);

/* The ids ("group/stem") that are nearest to a pattern that matched nothing, or
 * that have a part of it, at most `most`; returns how many. */
size_t select_near(const struct selection *selection, const char *pattern,
                   struct arena *arena, struct str *out, size_t most);

#endif
