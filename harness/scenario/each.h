/* SPDX-License-Identifier: MIT */
/* each - one text, many scenarios: the values of `each` lines put in for
 * {NAME}.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_EACH_H
#define SYNCSPEC_HARNESS_SCENARIO_EACH_H

#include "harness/scenario/scenario.h"

enum { EACH_VARIABLES = 16 }; /* `each` lines of one scenario */

struct each_variable {
    struct str name;
    struct str *values; /* unescaped */
    size_t value_count, value_cap;
    size_t chosen; /* index of the value that stands for {name} now */
    uint32_t line, column;
    bool used; /* {name} was met */
};

struct each {
    struct each_variable variables[EACH_VARIABLES];
    size_t count;
    const struct scenario_facts *facts; /* borrowed; NULL: the defaults */
};

struct each_fault {
    uint32_t column;
    const char *what; /* a sentence */
    enum status status;
};

/* Read one `each NAME = VALUE …` line and add it; strings go to the arena.
 * False with `fault` set and nothing added. */
bool each_add(struct each *each, struct str line, uint32_t number,
              struct arena *arena, struct each_fault *fault);
/* The number behind `@page`, `@page-1`, `@page*2+1`, `@body`, at least 1.
 * False when it is not that, or over a thousand million. */
bool each_number(struct str text, const struct scenario_facts *facts,
                 int64_t *out);
/* How many scenarios come out (1 without variables); more than
 * LIMIT_EACH_VALUES is never reached: each_add refuses it. */
size_t each_product(const struct each *each);
/* Choose the values of the which-th scenario, the first variable slowest. */
void each_choose(struct each *each, size_t which);
/* Append `line` with the chosen values put in. */
void each_replace(struct each *each, struct str line, struct buf *out);
/* The column of `line` that `column` of the replaced line came from. */
uint32_t each_column(const struct each *each, struct str line, uint32_t column);
/* `OP="upsert" N="2"`, or nothing without variables. */
void each_describe(const struct each *each, struct buf *out);

#endif
