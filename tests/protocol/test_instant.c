/* SPDX-License-Identifier: MIT */
/* test_instant - times in and out, and their order. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "protocol/instant.h"
#include "tests/protocol/suites.h"

static struct err err;

static struct instant parsed(const char *text)
{
    struct instant at = {-1, -1};
    ck_assert_msg(instant_parse(str_of(text), &at, &err) == ST_OK, "%s",
                  err.text);
    return at;
}

static const struct {
    const char *text;
    int64_t s;
    int32_t ns;
} times[] = {
    {"1970-01-01T00:00:00.000Z", 0, 0},
    {"1970-01-01T00:00:00Z", 0, 0},
    {"1969-12-31T23:59:59.999999999Z", -1, 999999999},
    {"2026-03-27T10:05:00.000Z", 1774605900, 0},
    {"2026-03-27T10:05:30.25Z", 1774605930, 250000000},
    {"2026-03-27T12:05:30.25+02:00", 1774605930, 250000000},
    {"2026-03-27T10:05:30.250-00:00", 1774605930, 250000000},
    {"2026-03-26T10:06:30.1-23:59", 1774605930, 100000000},
    {"2026-03-28T10:04:30.1+23:59", 1774605930, 100000000},
    {"2026-11-22T15:55:41.635070592Z", 1795362941, 635070592},
    {"0000-01-01T00:00:00Z", INT64_C(-62167219200), 0},
    {"0000-02-29T00:00:00Z", INT64_C(-62162121600), 0},
    {"9999-12-31T23:59:59.999999999Z", INT64_C(253402300799), 999999999},
    {"2000-02-29T23:59:59Z", 951868799, 0},
    {"2024-02-29T00:00:00.000000001Z", 1709164800, 1},
    {"1900-02-28T00:00:00Z", INT64_C(-2203977600), 0},
};

START_TEST(reads_times)
{
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct instant at = parsed(times[i].text);
        ck_assert_msg(at.s == times[i].s, "%s: %lld", times[i].text,
                      (long long)at.s);
        ck_assert_msg(at.ns == times[i].ns, "%s", times[i].text);
    }
}
END_TEST

static const struct {
    const char *text, *why;
} wrong[] = {
    {"", ""},
    {"10:05", ""},
    {"2026-03-27", ""},
    {"2026-03-27T10:05:00", ""},
    {"2026-03-27T10:05Z", ""},
    {"2026-03-27 10:05:00Z", ""},
    {"2026-03-27t10:05:00Z", ""},
    {"2026-03-27T10:05:00z", ""},
    {"2026-03-27T10:05:00.Z", ""},
    {"2026-03-27T10:05:00,5Z", ""},
    {"2026-03-27T10:05:00.1234567890Z", ""},
    {"2026-03-27T10:05:00.123456789012Z", ""},
    {"2026-03-27T10:05:00+0100", ""},
    {"2026-03-27T10:05:00+01", ""},
    {"2026-03-27T10:05:00+24:00", ""},
    {"2026-03-27T10:05:00+01:60", ""},
    {"2026-03-27T10:05:00Z ", ""},
    {" 2026-03-27T10:05:00Z", ""},
    {"2026-03-27T10:05:00ZZ", ""},
    {"+026-03-27T10:05:00Z", ""},
    {"2026-3-27T10:05:00.0Z", ""},
    {"02026-03-27T10:05:00Z", ""},
    {"2026-03-27T10:05:0xZ", ""},
    {"1774605900", ""},
    {"Fri, 27 Mar 2026 10:05:00 GMT", ""},
    {"2026-00-27T10:05:00Z", "no such month; "},
    {"2026-13-27T10:05:00Z", "no such month; "},
    {"2026-03-00T10:05:00Z", "no such day; "},
    {"2026-04-31T10:05:00Z", "no such day; "},
    {"2026-02-29T10:05:00Z", "no such day; "},
    {"1900-02-29T10:05:00Z", "no such day; "},
    {"2026-03-27T24:00:00Z", "no such time of day; "},
    {"2026-03-27T10:60:00Z", "no such time of day; "},
    {"2026-12-31T23:59:60Z", "no such time of day; "},
    {"0000-01-01T00:00:00+00:01", "outside the years 0000-9999 in UTC; "},
    {"9999-12-31T23:59:00-00:01", "outside the years 0000-9999 in UTC; "},
};

START_TEST(refuses_what_is_no_time_and_says_why)
{
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct instant at = {42, 42};
        char want[ERR_TEXT_MAX];
        ck_assert_msg(instant_parse(str_of(wrong[i].text), &at, &err) ==
                          ST_SYNTAX,
                      "%s", wrong[i].text);
        snprintf(want, sizeof want,
                 "not a time: \"%s\" (%sexpected RFC 3339, e.g. "
                 "2026-03-27T10:05:00.000Z)",
                 wrong[i].text, wrong[i].why);
        ck_assert_str_eq(err.text, want);
        ck_assert_int_eq(at.s, 42);
        ck_assert_int_eq(instant_parse(str_of(wrong[i].text), &at, NULL),
                         ST_SYNTAX);
    }
}
END_TEST

/* Every byte in every place: a digit stays a digit, all else is itself. */
START_TEST(no_other_byte_passes_for_one)
{
    static const char good[] = "2012-11-12T10:11:12.101+11:10";
    for (size_t i = 0; i < sizeof good - 1; i++) {
        bool digit = good[i] >= '0' && good[i] <= '9';
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof good];
            struct instant at;
            memcpy(text, good, sizeof good);
            text[i] = (char)byte;
            bool kept =
                digit ? byte >= '0' && byte <= '9'
                      : text[i] == good[i] || (good[i] == '+' && byte == '-');
            bool read = instant_parse((struct str){text, sizeof good - 1}, &at,
                                      NULL) == ST_OK;
            ck_assert_msg(!read || kept, "byte %d at %zu", byte, i);
            ck_assert_msg(read || !kept || digit, "byte %d at %zu", byte, i);
        }
    }
}
END_TEST

START_TEST(a_hostile_time_is_quoted_and_cut)
{
    struct arena arena;
    struct instant at;
    arena_init(&arena, 65536);
    ck_assert_int_eq(instant_parse(STR("a\"\n\0"), &at, &err), ST_SYNTAX);
    ck_assert_str_eq(err.text, "not a time: \"a\\\"\\x0a\\x00\" (expected RFC "
                               "3339, e.g. 2026-03-27T10:05:00.000Z)");
    ck_assert_int_eq(instant_parse(repeated(&arena, "\x01", 5000), &at, &err),
                     ST_SYNTAX);
    ck_assert_uint_lt(str_of(err.text).n, 200);
    arena_free(&arena);
}
END_TEST

START_TEST(writes_as_clients_and_as_servers)
{
    static const struct {
        const char *text, *ms, *ns;
    } cases[] = {
        {"2026-03-27T10:05:00Z", "2026-03-27T10:05:00.000Z",
         "2026-03-27T10:05:00Z"},
        {"2026-11-22T15:55:41.663906700Z", "2026-11-22T15:55:41.663Z",
         "2026-11-22T15:55:41.6639067Z"},
        {"2026-11-22T15:55:41.635070592+01:00", "2026-11-22T14:55:41.635Z",
         "2026-11-22T14:55:41.635070592Z"},
        {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z",
         "1969-12-31T23:59:59.5Z"},
        {"0000-03-01T00:00:00Z", "0000-03-01T00:00:00.000Z",
         "0000-03-01T00:00:00Z"},
        {"9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999Z",
         "9999-12-31T23:59:59.999999999Z"},
    };
    char out[INSTANT_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct instant at = parsed(cases[i].text);
        assert_text(instant_write_ms(at, out), cases[i].ms);
        assert_text(instant_write_ns(at, out), cases[i].ns);
        ck_assert_int_eq(instant_cmp(parsed(out), at), 0);
    }
    assert_text(instant_write_ms(INSTANT_EPOCH, out), CURSOR_EPOCH_TEXT);
}
END_TEST

START_TEST(writes_the_nearest_of_what_no_year_can_say)
{
    char out[INSTANT_TEXT_MAX];
    assert_text(instant_write_ns(INSTANT_MIN, out), "0000-01-01T00:00:00Z");
    assert_text(instant_write_ms(INSTANT_MIN, out), "0000-01-01T00:00:00.000Z");
    assert_text(instant_write_ns((struct instant){INT64_MAX, 5}, out),
                "9999-12-31T23:59:59.999999999Z");
}
END_TEST

/* One day in 37 of ten thousand years, so that every date of the calendar
 * is met, against the C library. */
START_TEST(calendar_agrees_with_the_c_library)
{
    for (int64_t s = parsed("0000-01-01T00:00:00Z").s;
         s <= parsed("9999-12-31T00:00:00Z").s; s += 37 * 86400) {
        time_t t = (time_t)s;
        struct tm tm;
        char want[64], out[INSTANT_TEXT_MAX];
        gmtime_r(&t, &tm);
        snprintf(want, sizeof want, "%04d-%02d-%02dT00:00:00Z",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        instant_write_ns((struct instant){s, 0}, out);
        if (strcmp(out, want) != 0 || parsed(out).s != s) {
            ck_abort_msg("%s, the library says %s", out, want);
        }
    }
}
END_TEST

START_TEST(order_is_of_instants_not_of_text)
{
    struct instant whole = parsed("2026-01-01T00:00:00Z");
    struct instant half = parsed("2026-01-01T00:00:00.5Z");
    ck_assert_int_lt(instant_cmp(whole, half), 0);
    ck_assert_int_gt(instant_cmp(half, whole), 0);
    ck_assert_int_eq(instant_cmp(parsed("2026-01-01T00:00:00.1Z"),
                                 parsed("2026-01-01T01:00:00.100+01:00")),
                     0);
    ck_assert_int_lt(instant_cmp(parsed("2026-01-01T23:00:00+02:00"),
                                 parsed("2026-01-01T22:00:00Z")),
                     0);
    ck_assert_int_lt(instant_cmp(INSTANT_MIN, parsed("0000-01-01T00:00:00Z")),
                     0);
    ck_assert_int_eq(instant_cmp(INSTANT_MIN, INSTANT_MIN), 0);
}
END_TEST

START_TEST(adds_across_zero_and_saturates)
{
    struct instant at = instant_add_ms((struct instant){0, 500000000}, -501);
    ck_assert_int_eq(at.s, -1);
    ck_assert_int_eq(at.ns, 999000000);
    at = instant_add_ns(at, 1000000);
    ck_assert_int_eq(at.s, 0);
    ck_assert_int_eq(at.ns, 0);
    at = instant_add_ns(INSTANT_EPOCH, INT64_MIN);
    ck_assert_int_eq(instant_to_ns(at), INT64_MIN);
    at = instant_add_ns(INSTANT_EPOCH, INT64_MAX);
    ck_assert_int_eq(instant_to_ns(at), INT64_MAX);
    ck_assert_int_eq(instant_cmp(instant_add_ms(INSTANT_MIN, -1), INSTANT_MIN),
                     0);
    ck_assert_int_eq(instant_cmp(instant_add_ms(INSTANT_MIN, 0), INSTANT_MIN),
                     0);
    at = instant_add_ms((struct instant){INT64_MAX, 999999999}, INT64_MAX);
    ck_assert_int_eq(at.s, INT64_MAX);
    ck_assert_int_eq(at.ns, 999999999);
}
END_TEST

START_TEST(converts_and_saturates)
{
    ck_assert_int_eq(instant_of_ms(-1).s, -1);
    ck_assert_int_eq(instant_of_ms(-1).ns, 999000000);
    ck_assert_int_eq(instant_of_ms(1774605930250).s, 1774605930);
    ck_assert_int_eq(instant_of_ns(-1).ns, 999999999);
    ck_assert_int_eq(instant_to_ns(instant_of_ns(-1)), -1);
    ck_assert_int_eq(instant_to_ns(instant_of_ns(-1000000001)), -1000000001);
    ck_assert_int_eq(instant_to_ns(INSTANT_MIN), INT64_MIN);
    ck_assert_int_eq(instant_to_ns((struct instant){INT64_MAX, 0}), INT64_MAX);
    ck_assert_int_eq(instant_to_ns(parsed("9999-12-31T00:00:00Z")), INT64_MAX);
    ck_assert_int_eq(instant_to_ns(parsed("0000-12-31T00:00:00Z")), INT64_MIN);
    ck_assert_int_eq(instant_to_ns((struct instant){INT64_C(-9223372037), 0}),
                     INT64_MIN);
    ck_assert_int_eq(
        instant_to_ns((struct instant){INT64_C(-9223372037), 145224192}),
        INT64_MIN);
    ck_assert_int_eq(
        instant_to_ns((struct instant){INT64_C(-9223372037), 145224193}),
        INT64_MIN + 1);
    ck_assert_int_eq(
        instant_to_ns((struct instant){INT64_C(9223372036), 854775807}),
        INT64_MAX);
}
END_TEST

START_TEST(differences_in_milliseconds)
{
    struct instant a = parsed("2026-01-01T00:00:00.250Z");
    struct instant b = parsed("2026-01-01T00:00:01Z");
    ck_assert_int_eq(instant_diff_ms(b, a), 750);
    ck_assert_int_eq(instant_diff_ms(a, b), -750);
    ck_assert_int_eq(instant_diff_ms(a, a), 0);
    ck_assert_int_eq(instant_diff_ms(a, INSTANT_MIN), INT64_MAX);
    ck_assert_int_eq(instant_diff_ms(INSTANT_MIN, a), INT64_MIN);
    ck_assert_int_eq(instant_diff_ms((struct instant){INT64_MAX, 0},
                                     (struct instant){-5, 0}),
                     INT64_MAX);
    ck_assert_int_eq(
        instant_diff_ms((struct instant){INT64_MIN, 0}, (struct instant){0, 1}),
        INT64_MIN);
}
END_TEST

Suite *suite_instant(void)
{
    Suite *suite = suite_create("instant");
    TCase *tests = tcase_create("instant");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, reads_times);
    tcase_add_test(tests, refuses_what_is_no_time_and_says_why);
    tcase_add_test(tests, no_other_byte_passes_for_one);
    tcase_add_test(tests, a_hostile_time_is_quoted_and_cut);
    tcase_add_test(tests, writes_as_clients_and_as_servers);
    tcase_add_test(tests, writes_the_nearest_of_what_no_year_can_say);
    tcase_add_test(tests, calendar_agrees_with_the_c_library);
    tcase_add_test(tests, order_is_of_instants_not_of_text);
    tcase_add_test(tests, adds_across_zero_and_saturates);
    tcase_add_test(tests, converts_and_saturates);
    tcase_add_test(tests, differences_in_milliseconds);
    suite_add_tcase(suite, tests);
    return suite;
}
