/* SPDX-License-Identifier: MIT */
/* suites - of layer run.  Layer: tests. */
#ifndef SYNCSPEC_TESTS_RUN_SUITES_H
#define SYNCSPEC_TESTS_RUN_SUITES_H

#include <check.h>

#include "harness/run/run.h"
#include "harness/run/select.h"
#include "protocol/clauses.h"

Suite *suite_determinism(void);
Suite *suite_runner(void);
Suite *suite_kill(void);
Suite *suite_live(void);
Suite *suite_live_wire(void);
Suite *suite_grades(void);
Suite *suite_known(void);
Suite *suite_witness(void);
Suite *suite_label(void);
Suite *suite_shell(void);
Suite *suite_evidence(void);
Suite *suite_select(void);
Suite *suite_conformance(void);
Suite *suite_patience(void);
Suite *suite_probe(void);
Suite *suite_suite(void);
Suite *suite_profile(void);
Suite *suite_embedded(void);
Suite *suite_issuer(void);
Suite *suite_tokens(void);
Suite *suite_soak(void);
Suite *suite_storm(void);
Suite *suite_service(void);

/* Parse a scenario from text, which must be right. */
struct scenario_list scenario_of(const char *text, struct arena *arena);
/* A clause of that level: which ones there are is of no test. */
const char *clause_of(enum clause_level level);
/* Why a run did not pass: its first verdict, for a message. */
const char *first_verdict(const struct run_result *result);

#endif
