/* SPDX-License-Identifier: MIT */
/* test_err - statuses and their one sentence. */
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "tests/base/suites.h"

START_TEST(set_fills_and_returns)
{
    struct err err = {ST_OK, "old"};
    enum status status = err_set(&err, ST_LIMIT, "%d of %s", 3, "two");
    ck_assert_int_eq(status, ST_LIMIT);
    ck_assert_int_eq(err.status, ST_LIMIT);
    ck_assert_str_eq(err.text, "3 of two");
}
END_TEST

START_TEST(set_without_err_returns_status)
{
    ck_assert_int_eq(err_set(NULL, ST_IO, "%s", "unseen"), ST_IO);
}
END_TEST

START_TEST(text_is_cut_exactly_at_capacity)
{
    char text[ERR_TEXT_MAX + 10];
    memset(text, 'x', sizeof text);
    text[ERR_TEXT_MAX - 1] = '\0';
    struct err err;
    err_set(&err, ST_IO, "%s", text);
    ck_assert_uint_eq(strlen(err.text), ERR_TEXT_MAX - 1);
    text[ERR_TEXT_MAX - 1] = 'y';
    text[ERR_TEXT_MAX] = '\0';
    err_set(&err, ST_IO, "%s", text);
    ck_assert_uint_eq(strlen(err.text), ERR_TEXT_MAX - 1);
    ck_assert_ptr_null(strchr(err.text, 'y'));
}
END_TEST

START_TEST(cut_never_splits_a_character)
{
    static const char *const characters[] = {"é", "€", "😀"};
    for (size_t kind = 0; kind < 3; kind++) {
        size_t length = strlen(characters[kind]);
        for (size_t before = 0; before < 8; before++) {
            char text[2 * ERR_TEXT_MAX];
            memset(text, 'x', before);
            size_t n = before;
            while (n + length < sizeof text) {
                memcpy(text + n, characters[kind], length);
                n += length;
            }
            text[n] = '\0';
            struct err err;
            err_set(&err, ST_SYNTAX, "%s", text);
            struct str cut = str_of(err.text);
            ck_assert_uint_eq(utf8_bad_at(cut), cut.n);
            ck_assert_uint_gt(cut.n + length, ERR_TEXT_MAX - 1);
        }
    }
}
END_TEST

START_TEST(text_stays_on_one_line)
{
    struct err err;
    err_set(&err, ST_SYNTAX, "a\nb\r\nc\n");
    ck_assert_str_eq(err.text, "a b  c ");
}
END_TEST

START_TEST(arguments_may_point_into_err)
{
    struct err err;
    err_set(&err, ST_IO, "inner");
    err_set(&err, ST_NETWORK, "outer: %s", err.text);
    ck_assert_str_eq(err.text, "outer: inner");
}
END_TEST

START_TEST(prefix_keeps_status)
{
    struct err err;
    err_set(&err, ST_NOT_FOUND, "no such table");
    ck_assert_int_eq(err_prefix(&err, "%s:%d: ", "a.sync", 7), ST_NOT_FOUND);
    ck_assert_str_eq(err.text, "a.sync:7: no such table");
    ck_assert_int_eq(err.status, ST_NOT_FOUND);
    ck_assert_int_eq(err_prefix(NULL, "x"), ST_INTERNAL);
}
END_TEST

START_TEST(prefix_of_full_text_cuts_its_end)
{
    struct err err;
    char text[ERR_TEXT_MAX];
    memset(text, 'x', sizeof text);
    text[ERR_TEXT_MAX - 1] = '\0';
    err_set(&err, ST_IO, "%s", text);
    err_prefix(&err, "here: ");
    ck_assert_uint_eq(strlen(err.text), ERR_TEXT_MAX - 1);
    ck_assert(str_starts(str_of(err.text), STR("here: xxx")));
}
END_TEST

START_TEST(every_status_has_its_own_name)
{
    for (int a = ST_OK; a <= ST_INTERNAL; a++) {
        ck_assert_uint_gt(strlen(status_name((enum status)a)), 0);
        for (int b = a + 1; b <= ST_INTERNAL; b++) {
            ck_assert_str_ne(status_name((enum status)a),
                             status_name((enum status)b));
        }
    }
    ck_assert_str_eq(status_name(ST_SYNTAX), "syntax");
    ck_assert_str_eq(status_name(ST_LIMIT), "limit");
}
END_TEST

Suite *suite_err(void)
{
    Suite *suite = suite_create("base/err");
    TCase *tests = tcase_create("err");
    tcase_add_test(tests, set_fills_and_returns);
    tcase_add_test(tests, set_without_err_returns_status);
    tcase_add_test(tests, text_is_cut_exactly_at_capacity);
    tcase_add_test(tests, cut_never_splits_a_character);
    tcase_add_test(tests, text_stays_on_one_line);
    tcase_add_test(tests, arguments_may_point_into_err);
    tcase_add_test(tests, prefix_keeps_status);
    tcase_add_test(tests, prefix_of_full_text_cuts_its_end);
    tcase_add_test(tests, every_status_has_its_own_name);
    suite_add_tcase(suite, tests);
    return suite;
}
