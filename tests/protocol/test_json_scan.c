/* SPDX-License-Identifier: MIT */
/* test_json_scan - what is JSON and what is not, in the categories of the
 * public JSON test suite, and how a fault is told. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "protocol/json_scan.h"
#include "tests/protocol/json_cases.h"
#include "tests/protocol/suites.h"

static struct arena arena;
static struct err err;
static struct json_facts facts;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

static enum status scan(struct str text)
{
    return json_scan(text, &json_limits_default, &arena, &facts, &err);
}

START_TEST(takes_what_is_json)
{
    for (size_t i = 0; i < json_accepted_count; i++) {
        ck_assert_msg(scan(json_accepted[i]) == ST_OK, "refused %.*s: %s",
                      STR_ARG(json_accepted[i]), err.text);
    }
}
END_TEST

/* Every byte after the text is out of bounds of its own block, so that reading
 * on is caught by AddressSanitizer. */
START_TEST(refuses_what_is_not)
{
    for (size_t i = 0; i < json_refused_count; i++) {
        char *copy = malloc(json_refused[i].n > 0 ? json_refused[i].n : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, json_refused[i].p, json_refused[i].n);
        enum status status = scan((struct str){copy, json_refused[i].n});
        free(copy);
        ck_assert_msg(status == ST_SYNTAX, "case %zu took %.*s", i,
                      STR_ARG(json_refused[i]));
        ck_assert_uint_le(facts.fault.offset, json_refused[i].n);
    }
}
END_TEST

/* Each text cut short at every byte: never a crash, never a wrong place. */
START_TEST(refuses_every_cut_of_a_container)
{
    struct str whole = STR("{\"a\":[1,-2.5e+3,\"\\ud83d\\ude39\xcf\x80\","
                           "true,null,{}],\"b\":\"x\"}");
    ck_assert_int_eq(scan(whole), ST_OK);
    for (size_t n = 0; n < whole.n; n++) {
        char *copy = malloc(n > 0 ? n : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, whole.p, n);
        ck_assert_int_eq(scan((struct str){copy, n}), ST_SYNTAX);
        ck_assert_uint_le(facts.fault.offset, n);
        free(copy);
    }
}
END_TEST

static const struct {
    struct str text;
    const char *says;
} sentences[] = {
    {TEXT(""), "found the end of the text, expected a JSON value at offset 0 "
               "(line 1, column 1)"},
    {TEXT("{\n  \"a\": 1,\n  'b': 2\n}"),
     "found ''', expected '\"' of a member name at offset 14 (line 3, column "
     "3)"},
    {TEXT("{'a':1}"), "found ''', expected '\"' of a member name or '}' at "
                      "offset 1 (line 1, column 2)"},
    {TEXT("[1 2]"),
     "found '2', expected ',' or ']' at offset 3 (line 1, column 4)"},
    {TEXT("{\"a\":1 \"b\""),
     "found '\"', expected ',' or '}' at offset 7 (line 1, column 8)"},
    {TEXT("{\"a\" 1}"), "found '1', expected ':' after the member name at "
                        "offset 5 (line 1, column 6)"},
    {TEXT("[1]\0"), "found byte 0x00, expected the end of the text at offset 3 "
                    "(line 1, column 4)"},
    {TEXT("\xef\xbb\xbf[]"),
     "found byte 0xef, expected a JSON value at offset 0 (line 1, column 1)"},
    {TEXT("[01]"), "found '1', expected no digit after a leading 0 at offset 2 "
                   "(line 1, column 3)"},
    {TEXT("[1.]"), "found ']', expected a digit after the point at offset 3 "
                   "(line 1, column 4)"},
    {TEXT("[1e]"), "found ']', expected a digit in the exponent at offset 3 "
                   "(line 1, column 4)"},
    {TEXT("[-x]"),
     "found 'x', expected a digit at offset 2 (line 1, column 3)"},
    {TEXT("[nul]"),
     "found an unknown word, expected null at offset 1 (line 1, column 2)"},
    {TEXT("[\"a"), "found the end of the text, expected the '\"' that ends the "
                   "string at offset 3 (line 1, column 4)"},
    {TEXT("[\"a\nb\"]"),
     "found byte 0x0a, expected an escape: control characters may not stand in "
     "a string as they are at offset 3 (line 1, column 4)"},
    {TEXT("[\"\x80\"]"),
     "found byte 0x80, expected valid UTF-8 at offset 2 (line 1, column 3)"},
    {TEXT("[\"\\x\"]"),
     "found a bad escape, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t "
     "\\u at offset 2 (line 1, column 3)"},
    {TEXT("[\"\\u00g0\"]"),
     "found a bad escape, expected four hex digits after \\u at offset 2 (line "
     "1, column 3)"},
    {TEXT("[\"\\ud800\"]"),
     "found a lone high surrogate, expected \\uDC00-\\uDFFF behind it at "
     "offset 2 (line 1, column 3)"},
    {TEXT("[\"\\udc00\"]"),
     "found a lone low surrogate, expected \\uD800-\\uDBFF before it at offset "
     "2 (line 1, column 3)"},
    {TEXT("{\"a\":1,\n\"\\u0061\":2}"),
     "found member \"a\" twice in one object, expected it once at offset 8 "
     "(line 2, column 1)"},
    {TEXT("{\"a\\u0000\":1}"),
     "found \\u0000 in a member name, expected none at offset 1 (line 1, "
     "column 2)"},
};

START_TEST(says_what_where_and_what_was_expected)
{
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        ck_assert_int_eq(scan(sentences[i].text), ST_SYNTAX);
        ck_assert_str_eq(err.text, sentences[i].says);
        ck_assert_int_eq(err.status, ST_SYNTAX);
    }
}
END_TEST

START_TEST(facts_and_err_are_optional)
{
    ck_assert_int_eq(json_scan(STR("[1e400,\"\\u0000\"]"), &json_limits_default,
                               &arena, NULL, NULL),
                     ST_OK);
    ck_assert_int_eq(
        json_scan(STR("[1"), &json_limits_default, &arena, NULL, NULL),
        ST_SYNTAX);
}
END_TEST

START_TEST(place_counts_lines_and_bytes)
{
    struct str text = STR("a\nbc\r\n\xc3\xa9x");
    struct json_place at = json_place_of(text, 0);
    ck_assert_uint_eq(at.line, 1);
    ck_assert_uint_eq(at.column, 1);
    at = json_place_of(text, 1);
    ck_assert_uint_eq(at.column, 2);
    at = json_place_of(text, 2);
    ck_assert_uint_eq(at.line, 2);
    ck_assert_uint_eq(at.column, 1);
    at = json_place_of(text, 8);
    ck_assert_uint_eq(at.line, 3);
    ck_assert_uint_eq(at.column, 3);
    at = json_place_of(text, 100);
    ck_assert_uint_eq(at.offset, 100);
    ck_assert_uint_eq(at.line, 3);
}
END_TEST

START_TEST(notes_what_the_library_would_lose)
{
    struct str text =
        STR("{\"n\\n\":\"x\",\"a\":[1,9007199254740993,\"a\\u0000\",0.1,"
            "1e400,\"\\\\u0000\",-0,1.0,0.10000000000000000555,"
            "123456789012345678]}");
    ck_assert_int_eq(
        json_scan(text, &json_limits_default, &arena, &facts, &err), ST_OK);
    ck_assert_uint_eq(facts.numbers, 8);
    ck_assert_uint_eq(facts.strings, 3);
    ck_assert_uint_eq(facts.note_count, 5);
    ck_assert_int_eq(facts.notes[0].kind, NOTE_NUMBER);
    ck_assert_uint_eq(facts.notes[0].ordinal, 1);
    assert_text(facts.notes[0].token, "9007199254740993");
    ck_assert_int_eq(facts.notes[1].kind, NOTE_STRING);
    ck_assert_uint_eq(facts.notes[1].ordinal, 1);
    assert_text(facts.notes[1].token, "\"a\\u0000\"");
    ck_assert_uint_eq(facts.notes[2].ordinal, 3);
    assert_text(facts.notes[2].token, "1e400");
    ck_assert_uint_eq(facts.notes[3].ordinal, 6);
    ck_assert_uint_eq(facts.notes[4].ordinal, 7);
    assert_text(facts.notes[4].token, "123456789012345678");
}
END_TEST

static enum status scan_within(struct str text, struct json_limits limits)
{
    return json_scan(text, &limits, &arena, &facts, &err);
}

START_TEST(depth_limit_is_exact)
{
    for (size_t depth = 1; depth <= LIMIT_JSON_DEPTH + 1; depth += 127) {
        struct buf text;
        buf_init(&text, 4096);
        buf_str(&text, repeated(&arena, "[", depth));
        buf_str(&text, repeated(&arena, "]", depth));
        struct json_limits limits = json_limits_default;
        ck_assert_int_eq(scan_within(buf_view(&text), limits), ST_OK);
        limits.depth = depth - 1;
        ck_assert_int_eq(scan_within(buf_view(&text), limits), ST_LIMIT);
        ck_assert_uint_eq(facts.fault.offset, depth - 1);
        buf_free(&text);
    }
    struct str deep = repeated(&arena, "{\"a\":", 10000);
    ck_assert_int_eq(scan(deep), ST_LIMIT);
    ck_assert_str_eq(err.text, "over 128 containers inside each other at "
                               "offset 640 (line 1, column 641)");
    ck_assert_int_eq(scan(repeated(&arena, "[", 100000)), ST_LIMIT);
}
END_TEST

START_TEST(byte_limit_is_exact)
{
    struct json_limits limits = json_limits_default;
    limits.bytes = 5;
    ck_assert_int_eq(scan_within(STR("[1,2]"), limits), ST_OK);
    ck_assert_int_eq(scan_within(STR("[1,2] "), limits), ST_LIMIT);
    ck_assert_str_eq(err.text, "a document of 6 bytes, at most 5, at offset 5 "
                               "(line 1, column 6)");
}
END_TEST

START_TEST(member_limit_is_exact_and_of_one_object)
{
    struct json_limits limits = json_limits_default;
    limits.members = 2;
    ck_assert_int_eq(scan_within(STR("{\"a\":1,\"b\":2}"), limits), ST_OK);
    ck_assert_int_eq(
        scan_within(STR("{\"a\":{\"c\":1,\"d\":2},\"b\":[{\"e\":1}]}"), limits),
        ST_OK);
    ck_assert_int_eq(scan_within(STR("{\"a\":1,\"b\":2,\"c\":3}"), limits),
                     ST_LIMIT);
    ck_assert_str_eq(err.text, "an object with over 2 members at offset 13 "
                               "(line 1, column 14)");
}
END_TEST

START_TEST(number_limit_is_exact)
{
    struct str digits = repeated(&arena, "7", LIMIT_NUMBER_BYTES + 1);
    ck_assert_int_eq(scan(str_take(digits, LIMIT_NUMBER_BYTES)), ST_OK);
    ck_assert_int_eq(scan(digits), ST_LIMIT);
    ck_assert_str_eq(err.text, "a number of 1025 bytes, at most 1024 at offset "
                               "0 (line 1, column 1)");
}
END_TEST

static void put_members(struct buf *text, size_t count)
{
    buf_putc(text, '{');
    for (size_t i = 0; i < count; i++) {
        /* Scattered, so that sorting has something to do. */
        buf_printf(text, "%s\"member-%zu\":%zu", i > 0 ? "," : "",
                   i * 7919 % 100003, i);
    }
}

/* Both ways of looking for duplicates, and the border between them. */
START_TEST(finds_duplicates_among_few_and_many)
{
    static const size_t counts[] = {1,  2,  15, 16,   17,    18,
                                    95, 96, 97, 1000, 30000, 99999};
    struct buf text;
    buf_init(&text, (size_t)8 << 20);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        buf_clear(&text);
        put_members(&text, counts[i]);
        size_t end = text.n;
        buf_puts(&text, "}");
        ck_assert_msg(scan(buf_view(&text)) == ST_OK, "%s", err.text);
        text.n = end;
        buf_puts(&text, ",\"member-\\u0030\":0}");
        ck_assert_int_eq(scan(buf_view(&text)), ST_SYNTAX);
        ck_assert_uint_eq(facts.fault.offset, end + 1);
        ck_assert_ptr_nonnull(strstr(err.text, "found member \"member-0\""));
    }
    buf_free(&text);
}
END_TEST

START_TEST(names_the_first_duplicate_of_many)
{
    struct buf text;
    buf_init(&text, 65536);
    put_members(&text, 40);
    size_t first = text.n + 1;
    buf_puts(&text, ",\"member-7919\":0,\"member-0\":0,\"member-0\":1}");
    ck_assert_int_eq(scan(buf_view(&text)), ST_SYNTAX);
    ck_assert_uint_eq(facts.fault.offset, first);
    buf_free(&text);
}
END_TEST

START_TEST(running_out_of_memory_is_a_limit)
{
    struct arena small;
    arena_init(&small, 0);
    ck_assert_int_eq(
        json_scan(STR("[1e400]"), &json_limits_default, &small, &facts, &err),
        ST_LIMIT);
    ck_assert_int_eq(json_scan(STR("{\"\\n\":1}"), &json_limits_default, &small,
                               &facts, &err),
                     ST_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.text, "no memory left"));
    ck_assert_int_eq(
        json_scan(STR("{\"n\":1}"), &json_limits_default, &small, &facts, &err),
        ST_OK);
    arena_free(&small);
}
END_TEST

Suite *suite_json_scan(void)
{
    Suite *suite = suite_create("json_scan");
    TCase *tests = tcase_create("json_scan");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, takes_what_is_json);
    tcase_add_test(tests, refuses_what_is_not);
    tcase_add_test(tests, refuses_every_cut_of_a_container);
    tcase_add_test(tests, says_what_where_and_what_was_expected);
    tcase_add_test(tests, facts_and_err_are_optional);
    tcase_add_test(tests, place_counts_lines_and_bytes);
    tcase_add_test(tests, notes_what_the_library_would_lose);
    tcase_add_test(tests, depth_limit_is_exact);
    tcase_add_test(tests, byte_limit_is_exact);
    tcase_add_test(tests, member_limit_is_exact_and_of_one_object);
    tcase_add_test(tests, number_limit_is_exact);
    tcase_add_test(tests, finds_duplicates_among_few_and_many);
    tcase_add_test(tests, names_the_first_duplicate_of_many);
    tcase_add_test(tests, running_out_of_memory_is_a_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
