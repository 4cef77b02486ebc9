/* SPDX-License-Identifier: MIT */
/* report - renderers of results: each is fed the plan, then every result as
 * it ends, then the end.  Layer: reports.
 *
 * JSON lines are the source of truth; `report_replay` feeds any renderer from
 * such a file, also one that a kill cut short: what was planned and never
 * ended is then told as not run. */
#ifndef SYNCSPEC_REPORTS_REPORT_H
#define SYNCSPEC_REPORTS_REPORT_H

#include <stdio.h>

#include "reports/verdict.h"

struct report_run {
    struct str tool;   /* "syncspec 0.1.0" */
    struct str target; /* "bundled", or the URL */
    struct str args;   /* the command line */
    uint64_t seed;
    struct str started; /* RFC 3339, given by the edge; may be empty */
};

struct report_totals {
    size_t planned, passed, failed, unknown, skipped, errors, not_run;
    size_t steps, requests;
    int64_t took_ms;
};

struct report; /* one renderer writing to one stream */

struct report_options {
    bool color;
    bool verbose;    /* text: also the passes */
    bool trace;      /* text and JSON lines: whole histories */
    bool annotations; /* Markdown: GitHub's ::error lines instead */
};

/* format: "text" "junit" "tap" "jsonl" "markdown" "github".  Borrows `stream`.
 * NULL and ST_NOT_FOUND for an unknown format. */
struct report *report_create(struct str format, FILE *stream,
                             const struct report_options *options,
                             struct err *err);
/* `planned` have id, name, file, group, world, dialect, covers. */
void report_begin(struct report *report, const struct report_run *run,
                  const struct run_result *planned, size_t count);
void report_result(struct report *report, const struct run_result *result);
/* Writes what is left (those planned and not ended as not run); returns the
 * totals.  ST_IO when the stream failed at any time. */
enum status report_end(struct report *report, int64_t took_ms,
                       struct report_totals *totals, struct err *err);
void report_free(struct report *report);

/* Feed `to` from a JSON lines file. */
enum status report_replay(FILE *jsonl, struct report *const *to, size_t count,
                          struct report_totals *totals, struct err *err);

/* DESIGN of exits: 0 pass, 1 failed, 2 unknown only, 3 target died, 4 nothing
 * ran. */
int report_exit_code(const struct report_totals *totals);

#endif
