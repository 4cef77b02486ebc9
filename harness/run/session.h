/* SPDX-License-Identifier: MIT */
/* session - a whole selection in one or more worlds, each result handed to the
 * reports as it ends.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_SESSION_H
#define SYNCSPEC_HARNESS_RUN_SESSION_H

#include "harness/run/known.h"
#include "harness/run/select.h"
#include "harness/run/suite.h"
#include "harness/run/target.h"
#include "reports/report.h"

enum { SESSION_WORLDS_MAX = 8, SESSION_REPORTS_MAX = 16 };

struct session {
    const struct scenario_list *scenarios;
    struct target_config targets[SESSION_WORLDS_MAX]; /* dialect set too */
    size_t target_count;
    struct run_options options; /* what all runs have in common */
    struct str tag_base;        /* of the edge: unique for this invocation */
    struct report *reports[SESSION_REPORTS_MAX];
    size_t report_count;
    volatile int *interrupted; /* set by a signal: end after this scenario */
    int64_t (*real_ms)(void);
    bool fail_fast;
    const struct suite *suite; /* of a conformance run; NULL: it is none */
    const struct known *known; /* what is known to fail; NULL: nothing */
    bool trace;                /* whole histories are wanted */
    void (*leave)(int code);   /* the edge's: ends a child process at once */
    size_t jobs; /* processes that play at one time; 0 and 1: this one alone */
    struct err target_error; /* the first target that could not be had */
};

/* Plan, run, report; `totals` are those of the last report.  ST_NETWORK when
 * a target could not be reached or died (its runs are then told as errors or
 * not run), ST_IO when a report could not be written. */
enum status session_run(struct session *session, const struct report_run *run,
                        struct report_totals *totals, struct err *err);

#endif
