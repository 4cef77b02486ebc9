/* SPDX-License-Identifier: MIT */
/* test_utf8 - validity, code points, and quoting for people. */
#include <string.h>

#include "base/utf8.h"
#include "tests/base/suites.h"

START_TEST(every_code_point_goes_there_and_back)
{
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (c >= 0xD800 && c <= 0xDFFF) {
            continue;
        }
        char out[4];
        size_t n = utf8_put(out, c);
        size_t expected = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (n != expected || utf8_step(out, n) != n ||
            (n > 1 && utf8_step(out, n - 1) != 0)) {
            ck_abort_msg("U+%04X", c);
        }
    }
}
END_TEST

START_TEST(put_writes_known_bytes)
{
    char out[4];
    ck_assert_uint_eq(utf8_put(out, 'A'), 1);
    ck_assert_int_eq(out[0], 'A');
    ck_assert_uint_eq(utf8_put(out, 0xE9), 2);
    ck_assert_mem_eq(out, "é", 2);
    ck_assert_uint_eq(utf8_put(out, 0x20AC), 3);
    ck_assert_mem_eq(out, "€", 3);
    ck_assert_uint_eq(utf8_put(out, 0x1F600), 4);
    ck_assert_mem_eq(out, "😀", 4);
}
END_TEST

/* How many of all strings of `n` bytes, the last one from `last`, are one
 * valid sequence. */
static size_t count_valid(size_t n, const char *last, size_t last_count)
{
    size_t valid = 0, heads = (size_t)1 << (8 * (n - 1));
    for (size_t head = 0; head < heads; head++) {
        char p[4] = {0};
        for (size_t i = 0; i < n - 1; i++) {
            p[i] = (char)(head >> (8 * i));
        }
        for (size_t i = 0; i < last_count; i++) {
            p[n - 1] = last[i];
            valid += utf8_step(p, n) == n;
        }
    }
    return valid;
}

START_TEST(nothing_else_is_valid)
{
    /* U+0080-07FF; U+0800-FFFF without surrogates; U+10000-10FFFF. With two
     * of 64 last bytes tried, a 32nd of each must be found. */
    static const char edges[] = {'\x7f', '\x80', '\xbf', '\xc0', '\xff'};
    ck_assert_uint_eq(count_valid(2, edges, 5), 1920 / 32);
    ck_assert_uint_eq(count_valid(3, edges, 5), 61440 / 32);
    char b[4] = {0};
    size_t valid = 0;
    for (int head = 0xF0; head <= 0xFF; head++) {
        b[0] = (char)head;
        for (int middle = 0; middle < 0x10000; middle++) {
            b[1] = (char)(middle >> 8);
            b[2] = (char)middle;
            b[3] = '\x80';
            valid += utf8_step(b, 4) == 4;
        }
    }
    ck_assert_uint_eq(valid, 1048576 / 64);
}
END_TEST

START_TEST(broken_sequences_have_no_step)
{
    static const char *const bad[] = {
        "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",
        "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",     "\xed\xbf\xbf",
        "\xf4\x90\x80", "\xf5\x80\x80", "\xf0\x8f\xbf\xbf", "\xff",
        "\xfe",         "\xc3",         "\xe2\x82",         "\xf0\x9f\x98",
        "\xc3(",        "\xe2(\xa1",    "\xe2\x82(",        "\xf0\x9f\x98("};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_uint_eq(utf8_step(bad[i], strlen(bad[i])), 0);
    }
    ck_assert_uint_eq(utf8_step("", 0), 0);
    ck_assert_uint_eq(utf8_step("\0", 1), 1);
}
END_TEST

/* The longest proper beginning of any valid sequence that p begins with. */
static size_t begun_naively(const char *p, size_t n)
{
    static const char tails[] = {'\x80', '\x8f', '\x90',
                                 '\x9f', '\xa0', '\xbf'};
    for (size_t keep = n < 3 ? n : 3; keep > 0; keep--) {
        for (size_t i = 0; i < sizeof tails * sizeof tails; i++) {
            char whole[8] = {0};
            memcpy(whole, p, keep);
            whole[keep] = tails[i % sizeof tails];
            whole[keep + 1] = tails[i / sizeof tails];
            whole[keep + 2] = '\x80';
            if (utf8_step(whole, sizeof whole) > keep) {
                return keep;
            }
        }
    }
    return 0;
}

START_TEST(begun_is_the_longest_beginning)
{
    static const char bytes[] = {'a',    '\x80', '\x8f', '\x90', '\x9f',
                                 '\xa0', '\xbf', '\xc1', '\xc2', '\xdf',
                                 '\xe0', '\xe1', '\xed', '\xef', '\xf0',
                                 '\xf1', '\xf4', '\xf5', '\xff'};
    enum { COUNT = sizeof bytes };
    ck_assert_uint_eq(utf8_begun("", 0), 0);
    ck_assert_uint_eq(utf8_begun("\xf0\x9f\x98", 3), 3);
    ck_assert_uint_eq(utf8_begun("\xed\xa0\x80", 3), 1);
    for (int i = 0; i < COUNT * COUNT * COUNT * COUNT; i++) {
        const char p[] = {bytes[i % COUNT], bytes[i / COUNT % COUNT],
                          bytes[i / COUNT / COUNT % COUNT],
                          bytes[i / COUNT / COUNT / COUNT]};
        size_t n = i % 4 + 1;
        if (utf8_step(p, n) == 0 && utf8_begun(p, n) != begun_naively(p, n)) {
            ck_abort_msg("%02x %02x %02x %02x of %zu", p[0] & 255, p[1] & 255,
                         p[2] & 255, p[3] & 255, n);
        }
    }
}
END_TEST

START_TEST(bad_at_finds_the_first)
{
    ck_assert_uint_eq(utf8_bad_at((struct str){NULL, 0}), 0);
    ck_assert_uint_eq(utf8_bad_at(STR("plain")), 5);
    ck_assert_uint_eq(utf8_bad_at(STR("é€😀")), 9);
    /* At every offset around the eight bytes that are looked at together. */
    char text[40];
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, 'a', sizeof text);
        text[at] = '\x80';
        ck_assert_uint_eq(utf8_bad_at((struct str){text, sizeof text}), at);
        ck_assert_uint_eq(utf8_bad_at((struct str){text, at}), at);
        text[at] = '\xc3';
        ck_assert_uint_eq(utf8_bad_at((struct str){text, sizeof text}), at);
        ck_assert_uint_eq(utf8_bad_at((struct str){text, at + 1}), at);
    }
}
END_TEST

static void quotes_as(struct str s, size_t max, const char *expected)
{
    struct buf buf;
    buf_init(&buf, 10000);
    utf8_quote(&buf, s, max);
    ck_assert_str_eq(buf.p ? buf.p : "", expected);
    ck_assert(!buf.failed);
    buf_free(&buf);
}

START_TEST(quote_leaves_text_alone)
{
    quotes_as(STR("Buy milk"), 100, "Buy milk");
    quotes_as(STR("naïve € 😀"), 100, "naïve € 😀");
    quotes_as((struct str){NULL, 0}, 0, "");
}
END_TEST

START_TEST(quote_escapes)
{
    quotes_as(STR("a\nb\tc\r"), 100, "a\\x0ab\\x09c\\x0d");
    quotes_as(STR("\0\x1b[31m\x7f"), 100, "\\x00\\x1b[31m\\x7f");
    quotes_as(STR("say \"a\\b\""), 100, "say \\\"a\\\\b\\\"");
    quotes_as(STR("\xff|\xc3|\xed\xa0\x80"), 100,
              "\\xff|\\xc3|\\xed\\xa0\\x80");
}
END_TEST

START_TEST(quote_shows_what_hides)
{
    quotes_as(STR("\xc2\x9b"), 100, "\\xc2\\x9b");          /* C1 CSI */
    quotes_as(STR("\xc2\xa0"), 100, "\xc2\xa0");            /* no-break space */
    quotes_as(STR("\xe2\x80\xa8"), 100, "\\xe2\\x80\\xa8"); /* line separator */
    quotes_as(STR("\xe2\x80\xae"), 100, "\\xe2\\x80\\xae"); /* right to left */
    quotes_as(STR("\xe2\x80\xaf"), 100, "\xe2\x80\xaf");
    quotes_as(STR("\xe2\x81\xa6"), 100, "\\xe2\\x81\\xa6"); /* isolate */
    quotes_as(STR("\xef\xbb\xbf"), 100, "\\xef\\xbb\\xbf"); /* byte order */
}
END_TEST

START_TEST(quote_cuts_between_characters)
{
    quotes_as(STR("abcdef"), 6, "abcdef");
    quotes_as(STR("abcdef"), 5, "abcde…");
    quotes_as(STR("abcdef"), 0, "…");
    quotes_as(STR("a€b"), 3, "a…");
    quotes_as(STR("a€b"), 4, "a€…");
    quotes_as(STR("a€b"), 5, "a€b");
    quotes_as(STR("a\nb"), 4, "a…");
    quotes_as(STR("a\"b"), 2, "a…");
}
END_TEST

static void put_surrogate(void)
{
    char out[4];
    utf8_put(out, 0xD800);
}

static void put_too_high(void)
{
    char out[4];
    utf8_put(out, 0x110000);
}

START_TEST(put_of_nonsense_ends_the_process)
{
    ck_assert(dies_saying(put_surrogate, "utf8.c:"));
    ck_assert(dies_saying(put_too_high, "utf8.c:"));
}
END_TEST

Suite *suite_utf8(void)
{
    Suite *suite = suite_create("base/utf8");
    TCase *tests = tcase_create("utf8");
    tcase_add_test(tests, every_code_point_goes_there_and_back);
    tcase_add_test(tests, put_writes_known_bytes);
    tcase_add_test(tests, nothing_else_is_valid);
    tcase_add_test(tests, broken_sequences_have_no_step);
    tcase_add_test(tests, begun_is_the_longest_beginning);
    tcase_add_test(tests, bad_at_finds_the_first);
    tcase_add_test(tests, quote_leaves_text_alone);
    tcase_add_test(tests, quote_escapes);
    tcase_add_test(tests, quote_shows_what_hides);
    tcase_add_test(tests, quote_cuts_between_characters);
    tcase_add_test(tests, put_of_nonsense_ends_the_process);
    suite_add_tcase(suite, tests);
    return suite;
}
