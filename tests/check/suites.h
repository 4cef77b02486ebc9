/* SPDX-License-Identifier: MIT */
/* suites - of layer check.  Layer: tests. */
#ifndef SYNCSPEC_TESTS_CHECK_SUITES_H
#define SYNCSPEC_TESTS_CHECK_SUITES_H

#include "tests/check/story.h"

Suite *suite_server_checkers(void);
Suite *suite_client_checkers(void);
Suite *suite_live_checkers(void);
Suite *suite_listening_checker(void);

#endif
