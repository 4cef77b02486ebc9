/* SPDX-License-Identifier: MIT */
/* explain - what `syncspec explain` prints about clauses, checkers and cases,
 * from what the program carries.  Layer: harness/cli. */
#ifndef SYNCSPEC_HARNESS_CLI_EXPLAIN_H
#define SYNCSPEC_HARNESS_CLI_EXPLAIN_H

#include <stdio.h>

#include "harness/run/embedded.h"
#include "protocol/clauses.h"

/* The pages that the program carries. */
#define EXPLAIN_CLAUSES  "docs/clauses/"
#define EXPLAIN_CHECKERS "docs/checkers.md"

struct explain {
    FILE *out;
    bool bold; /* labels, on a terminal */
    struct arena arena;
    struct selection selection; /* all scenarios that the program carries */
};

/* A label on a line of its own. */
void explain_label(const struct explain *explain, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The lines of a text, indented; fences of code are left out. */
void explain_text(const struct explain *explain, struct str text);
/* All parts of a section that have a label. */
void explain_parts(const struct explain *explain, struct str section);
/* One line: id, level, dialect, text. */
void explain_sentence(const struct explain *explain,
                      const struct clause *clause);

/* A clause with its advice and the cases that check it. */
void explain_clause(const struct explain *explain, const struct clause *clause);
/* A checker, by its section on the page about them. */
void explain_checker(const struct explain *explain, struct str name);

/* The scenario that was meant by an id (`cursor/pages_come_to_an_end#1`), by
 * an id without its number, a stem or a path; conformance cases first.  NULL:
 * there is none. */
const struct scenario *explain_find(const struct explain *explain,
                                    struct str name);
/* Was one of several in its file meant? */
bool explain_is_one(struct str name);
/* `text` is the whole file of the scenario; `one`: this block of it only. */
void explain_case(const struct explain *explain,
                  const struct scenario *scenario, struct str text, bool one);
/* "cursor/pages_come_to_an_end", into the arena of `explain`. */
struct str explain_case_name(const struct scenario *scenario);

#endif
