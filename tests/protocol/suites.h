/* SPDX-License-Identifier: MIT */
/* suites - the Check suites of layer protocol, and what they share. */
#ifndef SYNCSPEC_TESTS_PROTOCOL_SUITES_H
#define SYNCSPEC_TESTS_PROTOCOL_SUITES_H

#include <check.h>

#include "base/arena.h"
#include "protocol/dialect.h"

Suite *suite_captures(void);
Suite *suite_change(void);
Suite *suite_clauses(void);
Suite *suite_codec_read(void);
Suite *suite_codec_response(void);
Suite *suite_codec_write(void);
Suite *suite_dialect(void);
Suite *suite_http(void);
Suite *suite_instant(void);
Suite *suite_json(void);
Suite *suite_json_scan(void);
Suite *suite_notice(void);
Suite *suite_number(void);
Suite *suite_sse(void);
Suite *suite_translate(void);
Suite *suite_ws(void);
Suite *suite_ws_rules(void);

/* As STR, where C wants a constant initializer. */
#define TEXT(literal)                                                          \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

/* `count` copies of a text, one after the other. */
struct str repeated(struct arena *arena, const char *text, size_t count);
/* The whole file (fails the test if it cannot be read), in the arena. */
struct str file_text(struct arena *arena, const char *path);
const struct dialect *dialect_named(const char *name); /* must exist */
/* Fails the test unless the bytes are the same. */
void assert_text(struct str actual, const char *expected);

#endif
