/* SPDX-License-Identifier: MIT */
/* test_str - borrowed bytes, numbers, hashes and distances. */
#include <string.h>

#include "base/str.h"
#include "tests/base/suites.h"

static const struct str nothing = {NULL, 0};

START_TEST(of_null_is_empty)
{
    ck_assert_uint_eq(str_of(NULL).n, 0);
    ck_assert_ptr_nonnull(str_of(NULL).p);
    ck_assert_uint_eq(str_of("abc").n, 3);
}
END_TEST

START_TEST(equality_is_bytewise)
{
    ck_assert(str_eq(STR("a\0b"), STR("a\0b")));
    ck_assert(!str_eq(STR("a\0b"), STR("a\0c")));
    ck_assert(!str_eq(STR("ab"), STR("abc")));
    ck_assert(str_eq(nothing, STR("")));
    ck_assert(str_is(STR("abc"), "abc"));
    ck_assert(!str_is(STR("abc\0"), "abc"));
    ck_assert(str_is(nothing, ""));
    ck_assert(str_is(nothing, NULL));
}
END_TEST

START_TEST(order_is_bytewise_shorter_first)
{
    ck_assert_int_lt(str_cmp(STR("a"), STR("b")), 0);
    ck_assert_int_lt(str_cmp(STR("a"), STR("aa")), 0);
    ck_assert_int_gt(str_cmp(STR("\xff"), STR("z")), 0);
    ck_assert_int_gt(str_cmp(STR("b"), STR("aa")), 0);
    ck_assert_int_eq(str_cmp(STR("x\0y"), STR("x\0y")), 0);
    ck_assert_int_lt(str_cmp(nothing, STR("\0")), 0);
    ck_assert_int_eq(str_cmp(nothing, STR("")), 0);
}
END_TEST

START_TEST(starts_and_ends)
{
    ck_assert(str_starts(STR("abc"), STR("ab")));
    ck_assert(str_starts(STR("abc"), nothing));
    ck_assert(!str_starts(STR("ab"), STR("abc")));
    ck_assert(!str_starts(STR("abc"), STR("b")));
    ck_assert(str_ends(STR("abc"), STR("bc")));
    ck_assert(str_ends(STR("abc"), STR("abc")));
    ck_assert(str_ends(nothing, nothing));
    ck_assert(!str_ends(STR("bc"), STR("abc")));
    ck_assert(!str_ends(STR("abc"), STR("ab")));
}
END_TEST

START_TEST(find_skip_take)
{
    ck_assert_uint_eq(str_find(STR("a=b=c"), '='), 1);
    ck_assert_uint_eq(str_find(STR("abc"), '='), 3);
    ck_assert_uint_eq(str_find(nothing, 'x'), 0);
    ck_assert(str_is(str_skip(STR("abc"), 1), "bc"));
    ck_assert(str_is(str_skip(STR("abc"), 3), ""));
    ck_assert(str_is(str_skip(STR("abc"), 99), ""));
    ck_assert(str_is(str_skip(nothing, 0), ""));
    ck_assert(str_is(str_take(STR("abc"), 2), "ab"));
    ck_assert(str_is(str_take(STR("abc"), 99), "abc"));
    ck_assert(str_is(str_take(nothing, 5), ""));
}
END_TEST

START_TEST(hex_digits_of_both_cases_and_nothing_else)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    int found = 0;
    for (int c = -128; c < 128; c++) {
        const char *digit = c ? strchr(digits, c) : NULL;
        int want = digit ? (int)(digit - digits) : -1;
        ck_assert_int_eq(str_hex((char)c), want > 15 ? want - 6 : want);
        found += digit != NULL;
    }
    ck_assert_int_eq(found, 22);
}
END_TEST

static void number_is(const char *text, int64_t expected)
{
    int64_t value = 77;
    ck_assert_msg(str_to_i64(str_of(text), &value), "%s", text);
    ck_assert_int_eq(value, expected);
}

START_TEST(numbers_up_to_both_ends)
{
    number_is("0", 0);
    number_is("-0", 0);
    number_is("007", 7);
    number_is("42", 42);
    number_is("-1", -1);
    number_is("9223372036854775807", INT64_MAX);
    number_is("-9223372036854775808", INT64_MIN);
    number_is("0000000000000000000000000000000000000001", 1);
}
END_TEST

START_TEST(numbers_refused)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1e3",
                                      "0x10",
                                      "--1",
                                      "1-",
                                      "१",
                                      "a",
                                      "1a",
                                      "-a",
                                      "9223372036854775808",
                                      "1\n",
                                      "1,0",
                                      "1_0",
                                      "\t1",
                                      "-9223372036854775809",
                                      "18446744073709551616",
                                      "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value = 77;
        ck_assert_msg(!str_to_i64(str_of(bad[i]), &value), "'%s'", bad[i]);
        ck_assert_int_eq(value, 77);
    }
    int64_t value = 77;
    ck_assert(!str_to_i64(STR("1\0"), &value));
    ck_assert(!str_to_i64(nothing, &value));
}
END_TEST

START_TEST(hash_is_fnv1a)
{
    ck_assert_uint_eq(hash_bytes(HASH_START, NULL, 0), HASH_START);
    ck_assert_uint_eq(hash_bytes(HASH_START, "a", 1),
                      UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(hash_bytes(HASH_START, "foobar", 6),
                      UINT64_C(0x85944171f73967e8));
}
END_TEST

START_TEST(hash_of_parts_keeps_borders)
{
    uint64_t ab_c = hash_str(hash_str(HASH_START, STR("ab")), STR("c"));
    uint64_t a_bc = hash_str(hash_str(HASH_START, STR("a")), STR("bc"));
    ck_assert_uint_ne(ab_c, a_bc);
    ck_assert(hash_str(HASH_START, STR("a")) !=
              hash_str(HASH_START, ((struct str){"a\0", 2})));
    ck_assert(hash_u64(HASH_START, 0) != HASH_START);
}
END_TEST

static void distance_is(const char *a, const char *b, size_t expected)
{
    ck_assert_uint_eq(str_distance(str_of(a), str_of(b), 10), expected);
    ck_assert_uint_eq(str_distance(str_of(b), str_of(a), 10), expected);
}

START_TEST(distance_counts_edits)
{
    distance_is("", "", 0);
    distance_is("same", "same", 0);
    distance_is("", "abc", 3);
    distance_is("kitten", "sitting", 3);
    distance_is("updates", "udpates", 1);
    distance_is("inserts", "insert", 1);
    distance_is("ab", "ba", 1);
    distance_is("abcd", "badc", 2);
    distance_is("ca", "abc", 3);
}
END_TEST

START_TEST(distance_stops_at_limit)
{
    ck_assert_uint_eq(str_distance(STR("kitten"), STR("sitting"), 3), 3);
    ck_assert_uint_eq(str_distance(STR("kitten"), STR("sitting"), 2), 3);
    ck_assert_uint_eq(str_distance(STR("abcdef"), STR("uvwxyz"), 2), 3);
    ck_assert_uint_eq(str_distance(STR("a"), STR("abcdefgh"), 2), 3);
    ck_assert_uint_eq(str_distance(STR("a"), STR("b"), 0), 1);
    ck_assert_uint_eq(str_distance(nothing, nothing, 0), 0);
}
END_TEST

START_TEST(distance_of_long_strings)
{
    char a[200], b[200];
    memset(a, 'a', sizeof a);
    memset(b, 'a', sizeof b);
    b[100] = 'b';
    struct str a128 = {a, 128}, b128 = {b, 128};
    ck_assert_uint_eq(str_distance(a128, b128, 2), 1);
    struct str a129 = {a, 129}, b129 = {b, 129};
    ck_assert_uint_eq(str_distance(a129, b129, 2), 3);
    ck_assert_uint_eq(str_distance(a129, a129, 2), 0);
    ck_assert_uint_eq(str_distance(a129, a128, 2), 3);
}
END_TEST

START_TEST(hash_by_words_never_changes)
{
    /* Hashes of recorded histories rest on these. */
    ck_assert_uint_eq(hash_u64(HASH_START, UINT64_C(0x0807060504030201)),
                      UINT64_C(0xa2dc7029af447b03));
    ck_assert_uint_eq(hash_str(HASH_START, STR("xy")),
                      UINT64_C(0x200118e242caecb2));
    ck_assert_uint_eq(hash_str(HASH_START, STR("collection")),
                      UINT64_C(0xeb9e1b96ec8bfc1b));
    ck_assert_uint_eq(hash_str(HASH_START, nothing),
                      hash_str(HASH_START, STR("")));
}
END_TEST

Suite *suite_str(void)
{
    Suite *suite = suite_create("base/str");
    TCase *tests = tcase_create("str");
    tcase_add_test(tests, hex_digits_of_both_cases_and_nothing_else);
    tcase_add_test(tests, of_null_is_empty);
    tcase_add_test(tests, equality_is_bytewise);
    tcase_add_test(tests, order_is_bytewise_shorter_first);
    tcase_add_test(tests, starts_and_ends);
    tcase_add_test(tests, find_skip_take);
    tcase_add_test(tests, numbers_up_to_both_ends);
    tcase_add_test(tests, numbers_refused);
    tcase_add_test(tests, hash_is_fnv1a);
    tcase_add_test(tests, hash_of_parts_keeps_borders);
    tcase_add_test(tests, hash_by_words_never_changes);
    tcase_add_test(tests, distance_counts_edits);
    tcase_add_test(tests, distance_stops_at_limit);
    tcase_add_test(tests, distance_of_long_strings);
    suite_add_tcase(suite, tests);
    return suite;
}
