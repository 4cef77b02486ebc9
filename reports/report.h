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

enum { REPORT_FACTS = 256 };

/* Something found of the target before anything is run: a row of its feature
 * matrix. */
struct report_fact {
    struct str name;  /* "channels.sse" */
    struct str value; /* "yes", "no", "unknown", "5000" */
    struct str note;  /* how it was found; may be empty */
};

struct report_run {
    struct str tool;   /* "syncspec 0.1.0" */
    struct str target; /* "bundled", or the URL */
    struct str args;   /* the command line */
    uint64_t seed;
    struct str started; /* RFC 3339, given by the edge; may be empty */
    bool strict;        /* what is nonstrict is a failure */
    struct str profile; /* what a conformance run asks for, "full-2026.1";
                           empty: it is none */
    const struct report_fact *facts;
    size_t fact_count; /* at most REPORT_FACTS */
};

struct report_totals {
    size_t planned, passed, failed, unknown, skipped, errors, not_run;
    size_t nonstrict, info, unimplemented, xfail, xpass, flaky;
    size_t steps, requests;
    int64_t took_ms;
    bool strict; /* of the run */
};

struct report; /* one renderer writing to one stream */

struct report_options {
    bool color;
    bool verbose;     /* text: also the passes */
    bool trace;       /* text and JSON lines: whole histories */
    bool annotations; /* Markdown: GitHub's ::error lines instead */
    bool shared; /* text: others write to the stream too, so no marks, which
                    leave a line open */
};

/* format: "text" "junit" "tap" "jsonl" "markdown" "github" "clauses" "badge"
 * "shields".  Borrows `stream`,
 * which must outlive the report and is not closed.  `options` may be NULL: all
 * off.  NULL and ST_NOT_FOUND for an unknown format. */
struct report *report_create(struct str format, FILE *stream,
                             const struct report_options *options,
                             struct err *err);
/* Is it one of these?  ST_NOT_FOUND, with their names. */
enum status report_format_check(struct str format, struct err *err);
/* One that writes nothing and calls `each` for every result, which it borrows
 * for the call; at the end also what was planned and is not run. */
struct report *report_collect(void (*each)(void *context,
                                           const struct run_result *result),
                              void *context);
/* Once, before any result.  `planned` have id, name, file, group, world,
 * dialect, covers and may have a seed; all is copied.  Id, world and dialect
 * together name a result; a name may be planned several times. */
void report_begin(struct report *report, const struct report_run *run,
                  const struct run_result *planned, size_t count);
/* One result, whole; borrows it for the call.  What was not planned counts as
 * planned from now on (open-ended runs plan nothing). */
void report_result(struct report *report, const struct run_result *result);
/* Once.  Writes what is left (those planned and not ended as not run); returns
 * the totals (`totals` may be NULL).  `took_ms` is negative when it is not
 * known.  ST_IO when the stream failed at any time. */
enum status report_end(struct report *report, int64_t took_ms,
                       struct report_totals *totals, struct err *err);
/* At any time; NULL is allowed. */
void report_free(struct report *report);

/* Feed all of `to` from a JSON lines file: begins and ends them.  A last line
 * that is cut and an end that is missing are no errors: what was planned and
 * has no result is then not run, and totals->took_ms is negative.  With event
 * lines in the file the results have their histories.
 * ST_SYNTAX with "line N: …" for a bad line, also when the end line disagrees
 * with the others; ST_UNSUPPORTED for another schema; ST_LIMIT; ST_IO when the
 * file cannot be read or a report not be written. */
enum status report_replay(FILE *jsonl, struct report *const *to, size_t count,
                          struct report_totals *totals, struct err *err);

/* The exit code of a run; the first that fits counts:
 *   3  something ended as an error: the target died or the tool failed
 *   1  a property failed, or something passed that is known to fail, or the
 *      run is strict and something is nonstrict
 *   2  something is unknown, nothing failed
 *   4  nothing passed either, graded, flaky or as it is known to: nothing ran
 *   3  something planned was not run
 *   0  all that applies passed */
int report_exit_code(const struct report_totals *totals);

#endif
