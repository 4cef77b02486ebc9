/* SPDX-License-Identifier: MIT */
/* suites - the Check suites of layer base, and what they share. */
#ifndef SYNCSPEC_TESTS_BASE_SUITES_H
#define SYNCSPEC_TESTS_BASE_SUITES_H

#include <check.h>
#include <stdbool.h>

Suite *suite_arena(void);
Suite *suite_asserts(void);
Suite *suite_buf(void);
Suite *suite_err(void);
Suite *suite_heap(void);
Suite *suite_intern(void);
Suite *suite_sections(void);
Suite *suite_rng(void);
Suite *suite_str(void);
Suite *suite_utf8(void);

/* Run `act` in a child process; true if it aborted and wrote `words` to
 * standard error. */
bool dies_saying(void (*act)(void), const char *words);

#endif
