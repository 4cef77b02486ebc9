/* SPDX-License-Identifier: MIT */
/* test_when - durations and wall-clock times. */
#include "harness/scenario/when.h"

#include <inttypes.h>

#include "tests/scenario/suites.h"

static const struct {
    const char *text;
    int64_t ms;
} durations[] = {
    {"0ms", 0},
    {"250ms", 250},
    {"2s", 2000},
    {"5m", 300000},
    {"1h", 3600000},
    {"1d", 86400000},
    {"-5m", -300000},
    {"0s", 0},
    {"007ms", 7},
    {"10000d", WHEN_MS_MAX},
    {"-10000d", -WHEN_MS_MAX},
    {"864000000000ms", WHEN_MS_MAX},
};

START_TEST(durations_are_read)
{
    int64_t ms = -1;
    ck_assert(duration_parse(str_of(durations[_i].text), &ms));
    ck_assert_int_eq(ms, durations[_i].ms);
}
END_TEST

static const char *const no_durations[] = {
    "",
    "s",
    "5",
    "5 s",
    "5S",
    "1.5s",
    "+5s",
    "--5s",
    "5ss",
    "5sec",
    "-",
    "-s",
    "\x35\x00s",
    "10001d",
    "864000000001ms",
    "9223372036854775807s",
    "99999999999999999999ms",
    "1h30m",
    "s5",
};

START_TEST(other_texts_are_no_durations)
{
    int64_t ms = 77;
    ck_assert_msg(!duration_parse(str_of(no_durations[_i]), &ms), "%s",
                  no_durations[_i]);
    ck_assert_int_eq(ms, 77);
}
END_TEST

START_TEST(durations_are_written_short)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0ms"},
                 {1, "1ms"},
                 {1000, "1s"},
                 {1500, "1500ms"},
                 {60000, "1m"},
                 {61000, "61s"},
                 {3600000, "1h"},
                 {86400000, "1d"},
                 {-60000, "-1m"},
                 {90000, "90s"},
                 {WHEN_MS_MAX, "10000d"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        int64_t back = -1;
        buf_init(&out, 64);
        when_write(&out, cases[i].ms);
        assert_text(buf_view(&out), cases[i].text);
        ck_assert(duration_parse(buf_view(&out), &back));
        ck_assert_int_eq(back, cases[i].ms);
        buf_free(&out);
    }
}
END_TEST

START_TEST(ranges)
{
    int64_t low = -1, high = -1;
    ck_assert(when_range(STR("20ms"), &low, &high));
    ck_assert(low == 20 && high == 20);
    ck_assert(when_range(STR("5ms..2s"), &low, &high));
    ck_assert(low == 5 && high == 2000);
    ck_assert(when_range(STR("5ms..5ms"), &low, &high));
    static const char *const wrong[] = {
        "",         "5",         "5ms..", "..5ms",     "5ms.6ms",
        "6ms..5ms", "-1ms..5ms", "-5ms",  "5ms...6ms", "5ms..6ms..7ms"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!when_range(str_of(wrong[i]), &low, &high), "%s",
                      wrong[i]);
    }
}
END_TEST

static const struct {
    const char *text, *complete;
} times[] = {
    {"10:05:00", "2026-03-27T10:05:00.000Z"},
    {"10:05:30.250", "2026-03-27T10:05:30.250Z"},
    {"10:05:30.5", "2026-03-27T10:05:30.500Z"},
    {"10:05:30.123456789", "2026-03-27T10:05:30.123456789Z"},
    {"00:00:00", "2026-03-27T00:00:00.000Z"},
    {"23:59:59.999", "2026-03-27T23:59:59.999Z"},
    {"+5s", "2026-03-27T10:00:05.000Z"},
    {"+0ms", "2026-03-27T10:00:00.000Z"},
    {"-1h", "2026-03-27T09:00:00.000Z"},
    {"+1d", "2026-03-28T10:00:00.000Z"},
    {"2026-03-27T10:05:00.000Z", "2026-03-27T10:05:00.000Z"},
    {"2026-03-27T10:05:00+02:00", "2026-03-27T10:05:00+02:00"},
    {"2099-12-31T23:59:59Z", "2099-12-31T23:59:59Z"},
};

START_TEST(times_become_complete)
{
    char out[WHEN_TEXT_MAX];
    ck_assert(when_complete(str_of(times[_i].text), out));
    ck_assert_str_eq(out, times[_i].complete);
}
END_TEST

START_TEST(other_texts_are_no_times)
{
    static const char *const wrong[] = {
        "",
        "10:05",
        "10:05:00.",
        "24:00:00",
        "10:60:00",
        "10:05:60",
        "10:05:00Z",
        "1:05:00",
        "10:05:0x",
        "+",
        "+5",
        "+-5s",
        "-",
        "--5s",
        "10:05:00.1234567890",
        "2026-02-30T10:00:00Z",
        "2026-03-27",
        "2026-03-27T10:05:00",
        "2026-03-27 10:05:00Z",
        "2026-03-27t10:05:00Z",
        "2026-03-27T10:05:00.000000000000000000000000000000Z",
        "-10000d0",
        "10:05:00.1T"};
    char out[WHEN_TEXT_MAX];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!when_complete(str_of(wrong[i]), out), "%s", wrong[i]);
    }
}
END_TEST

Suite *suite_when(void)
{
    Suite *suite = suite_create("when");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, durations_are_read, 0, COUNT(durations));
    tcase_add_loop_test(tests, other_texts_are_no_durations, 0,
                        COUNT(no_durations));
    tcase_add_test(tests, durations_are_written_short);
    tcase_add_test(tests, ranges);
    tcase_add_loop_test(tests, times_become_complete, 0, COUNT(times));
    tcase_add_test(tests, other_texts_are_no_times);
    suite_add_tcase(suite, tests);
    return suite;
}
