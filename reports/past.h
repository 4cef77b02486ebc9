/* SPDX-License-Identifier: MIT */
/* past - what a run came to, in short: the outcome and the message of each
 * result by its name, to hold another run against.  Layer: reports. */
#ifndef SYNCSPEC_REPORTS_PAST_H
#define SYNCSPEC_REPORTS_PAST_H

#include "reports/report.h"

struct past_result {
    struct str id, world, dialect; /* these name it */
    struct str name;               /* the claim */
    enum outcome outcome;
    struct str what;   /* the message: of the worst verdict, or why it was
                          skipped; may be empty */
    struct str reason; /* the same with where, what was expected and came */
    struct str replay;
};

struct past {
    struct arena *arena; /* borrows */
    struct past_result *items;
    size_t count, cap;
    bool sorted;
};

void past_init(struct past *past, struct arena *arena);
/* Keep a result; copies. */
void past_add(struct past *past, const struct run_result *result);
/* No more will come: in the order of their names; of several of one name (of
 * several seeds) the worst stays. */
void past_sort(struct past *past);
/* Add all of a JSON lines file, what was planned and never ended as not run,
 * and sort.  Fails as report_replay does. */
enum status past_read(struct past *past, FILE *jsonl, struct err *err);
/* The one of that name, NULL if there is none.  Only behind past_sort. */
const struct past_result *past_find(const struct past *past,
                                    const struct run_result *result);
/* By id, world and dialect: as strcmp does. */
int past_order(const struct past_result *a, const struct past_result *b);

#endif
