/* SPDX-License-Identifier: MIT */
/* suites - the suites of layer reports, and what they share. */
#ifndef SYNCSPEC_TESTS_REPORTS_SUITES_H
#define SYNCSPEC_TESTS_REPORTS_SUITES_H

#include <check.h>

#include "base/arena.h"
#include "base/buf.h"
#include "reports/report.h"

Suite *suite_history(void);
Suite *suite_verdict(void);
Suite *suite_escape(void);
Suite *suite_report(void);
Suite *suite_golden(void);
Suite *suite_bytes(void);
Suite *suite_replay(void);
Suite *suite_kill(void);
Suite *suite_diff(void);
Suite *suite_levels(void);

/* A run with each outcome, unprintable bytes, UTF-8 and long text.  Lives in
 * the arena. */
struct fixture {
    struct report_run run;
    struct run_result *plan;
    size_t plan_count;
    struct run_result *results; /* one planned has none */
    size_t result_count;
    int64_t took_ms;
};

/* A run of each outcome, some with notes; the one that was not run has no
 * result.  The first two are a pass and a nonstrict one. */
void fixture_grades(struct fixture *fixture, struct arena *arena);
/* A conformance run: each clause of a server in v2 has a case that passes, and
 * some have others. */
void fixture_conformance(struct fixture *fixture, struct arena *arena);
void fixture_build(struct fixture *fixture, struct arena *arena);
/* One case, with a verdict on `clause` unless that is NULL. */
struct run_result fixture_case(const char *id, const char *covers,
                               enum outcome outcome, const char *clause,
                               struct arena *arena);
/* A case that passes for each clause of a server in v2; returns how many.  200
 * are room enough. */
size_t fixture_clauses(struct run_result *results, struct arena *arena);
/* A short history in which each kind of event is. */
struct history *fixture_history(struct arena *arena);
/* A fixture whose every string is `text` with a number in front where names
 * must differ: one result of each outcome. */
void fixture_of_text(struct fixture *fixture, struct arena *arena,
                     struct str text);

/* What a format makes of a fixture; the result lives in the arena. */
struct str fixture_render(const struct fixture *fixture, const char *format,
                          const struct report_options *options,
                          struct arena *arena);
/* What a format makes of JSON lines; fails the test if they are refused. */
struct str fixture_replay(struct str jsonl, const char *format,
                          const struct report_options *options,
                          struct arena *arena);
/* Replay into nothing but totals. */
enum status fixture_totals(struct str jsonl, struct report_totals *totals,
                           struct err *err);

/* STR for objects of static storage, where a compound literal may not be. */
#define LIT(literal)                                                           \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

/* Does `s` hold `part`? */
bool str_holds(struct str s, struct str part);

#endif
