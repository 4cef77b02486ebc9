/* SPDX-License-Identifier: MIT */
/* suites - the suites of layer harness/scenario, and what they share. */
#ifndef SYNCSPEC_TESTS_SCENARIO_SUITES_H
#define SYNCSPEC_TESTS_SCENARIO_SUITES_H

#include <check.h>

#include "harness/scenario/scenario.h"

Suite *suite_dialect_file(void);
Suite *suite_lex(void);
Suite *suite_when(void);
Suite *suite_each(void);
Suite *suite_body(void);
Suite *suite_suggest(void);
Suite *suite_header(void);
Suite *suite_step(void);
Suite *suite_args(void);
Suite *suite_sends(void);
Suite *suite_live(void);
Suite *suite_live_faults(void);
Suite *suite_limits(void);
Suite *suite_verbs(void);
Suite *suite_malformed(void);
Suite *suite_format(void);
Suite *suite_print(void);
Suite *suite_generate(void);
Suite *suite_manual(void);
Suite *suite_mutations(void);

/* Of an array, for tests that are looped over one. */
#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

/* Memory of one test; a checked fixture opens and closes it. */
extern struct arena arena;
void arena_open(void);
void arena_close(void);

/* Parse, or fail the test with the parser's message. */
struct scenario_list parse_all(struct str text);
/* The only scenario of the text. */
const struct scenario *parse_one(const char *text);
/* Its step number `index`, behind a prelude of headers: clients alice bob
 * carol, and all clauses free. */
const struct step *parse_step(const char *lines, size_t index);
/* The message that the text is refused with, without "t.sync:"; fails the
 * test when it is not refused. */
const char *parse_error(const char *text);
/* The same for step lines behind the prelude of parse_step, which has
 * PRELUDE_LINES lines. */
const char *step_error(const char *lines);
enum { PRELUDE_LINES = 3 };
/* Everything that a scenario means, a line a fact; not where it stood. */
struct str dump(const struct scenario *scenario);
/* Of a whole list. */
struct str dump_all(const struct scenario_list *list);

struct str file_text(const char *path);
void assert_text(struct str actual, const char *expected);
void assert_same(struct str actual, struct str expected);

#endif
