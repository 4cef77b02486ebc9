/* SPDX-License-Identifier: MIT */
/* suites - of the bundled server.  Layer: tests/mock_server. */
#ifndef SYNCSPEC_TESTS_MOCK_SERVER_SUITES_H
#define SYNCSPEC_TESTS_MOCK_SERVER_SUITES_H

#include <check.h>

Suite *suite_server(void);
Suite *suite_sync(void);
Suite *suite_captures(void);
Suite *suite_store(void);
Suite *suite_auth(void);
Suite *suite_bugs(void);
Suite *suite_http_in(void);
Suite *suite_front(void);
Suite *suite_front_stop(void);
Suite *suite_front_live(void);
Suite *suite_front_stream(void);
Suite *suite_live(void);
Suite *suite_live_stream(void);
Suite *suite_live_cursor(void);
Suite *suite_live_notice(void);
Suite *suite_live_ws(void);
Suite *suite_live_bugs(void);
Suite *suite_merging(void);
Suite *suite_merging_style(void);

#endif
