/* SPDX-License-Identifier: MIT */
/* test_json - documents after the parse, and canonical values. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "protocol/json.h"
#include "tests/protocol/suites.h"

static struct arena arena;
static struct err err;

static void setup(void)
{
    arena_init(&arena, (size_t)256 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

/* From an exact copy, so that reading past the end is caught. */
static const struct json_node *read_node(struct str text)
{
    const struct json_node *node = NULL;
    char *copy = malloc(text.n > 0 ? text.n : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text.p, text.n);
    enum status status = json_read((struct str){copy, text.n},
                                   &json_limits_default, &arena, &node, &err);
    free(copy);
    ck_assert_msg(status == ST_OK, "%.*s: %s", STR_ARG(text), err.text);
    return node;
}

static const struct {
    struct str text;
    const char *canonical;
} values[] = {
    {TEXT(" null "), "null"},
    {TEXT("true"), "true"},
    {TEXT("false"), "false"},
    {TEXT("[ ]"), "[]"},
    {TEXT("{ }"), "{}"},
    {TEXT("[1, [2,\t[]], {}]"), "[1,[2,[]],{}]"},
    /* numbers */
    {TEXT("0"), "0"},
    {TEXT("-0"), "-0"},
    {TEXT("-0.0"), "-0"},
    {TEXT("1.0"), "1"},
    {TEXT("1e0"), "1"},
    {TEXT("10e-1"), "1"},
    {TEXT("100e-2"), "1"},
    {TEXT("123456789012345"), "123456789012345"},
    {TEXT("-123456789012345"), "-123456789012345"},
    {TEXT("9007199254740991"), "9007199254740991"},
    {TEXT("9007199254740992"), "9007199254740992"},
    {TEXT("9007199254740993"), "9007199254740993"},
    {TEXT("-9007199254740993"), "-9007199254740993"},
    {TEXT("1.0000000000000002"), "1.0000000000000002"},
    {TEXT("0.10000000000000000555"), "0.10000000000000000555"},
    {TEXT("1e400"), "1e400"},
    {TEXT("1E400"), "1E400"},
    {TEXT("1E21"), "1e+21"},
    {TEXT("1e20"), "100000000000000000000"},
    {TEXT("0.000001"), "0.000001"},
    {TEXT("0.0000001"), "1e-7"},
    {TEXT("1.7976931348623157e308"), "1.7976931348623157e+308"},
    {TEXT("1e-320"), "1e-320"},
    {TEXT("5e-324"), "5e-324"},
    {TEXT("1e-400"), "1e-400"},
    {TEXT("0.5"), "0.5"},
    {TEXT("12345678901234567890123456789012345678901234567890123456789012345678"
          "90"),
     "1234567890123456789012345678901234567890123456789012345678901234567890"},
    {TEXT(
         "[1.000000000000000000000000000000000000000000000000000000000000000000"
         "0, 2]"),
     "[1,2]"},
    {TEXT("0.000000000000000000000000000000000000000000000000000000000000000001"
          "5"),
     "1.5e-66"},
    /* strings */
    {TEXT("\"\""), "\"\""},
    {TEXT("\"a\\u0000b\""), "\"a\\u0000b\""},
    {TEXT("\"\\u0000\""), "\"\\u0000\""},
    {TEXT("\"\\b\\f\\n\\r\\t\\\"\\\\\\/\""), "\"\\b\\f\\n\\r\\t\\\"\\\\/\""},
    {TEXT("\"\\u0001\\u001F\\u007f\""), "\"\\u0001\\u001f\x7f\""},
    {TEXT("\"\\u003cb\\u003e \\u0026\""), "\"<b> &\""},
    {TEXT("\"\\ud83e\\udd5B\\u00e9\\u2028\""),
     "\"\xf0\x9f\xa5\x9b\xc3\xa9\xe2\x80\xa8\""},
    {TEXT("\"caf\xc3\xa9 \xf0\x9f\x98\x80 eight bytes and more\""),
     "\"caf\xc3\xa9 \xf0\x9f\x98\x80 eight bytes and more\""},
    /* objects */
    {TEXT("{\"b\":1,\"a\":{\"d\":[{\"z\":1,\"y\":2}],\"c\":null}}"),
     "{\"a\":{\"c\":null,\"d\":[{\"y\":2,\"z\":1}]},\"b\":1}"},
    {TEXT("{\"\\u00e9\":1,\"z\":2,\"\":3,\"a b\":4,\"ab\":5,\"a\":6,\"A\":7}"),
     "{\"\":3,\"A\":7,\"a\":6,\"a b\":4,\"ab\":5,\"z\":2,\"\xc3\xa9\":1}"},
    {TEXT("{\"\\n\":1,\"\\t\":2,\"\\\"\":3}"),
     "{\"\\t\":2,\"\\n\":1,\"\\\"\":3}"},
    {TEXT("{\"__proto__\":1,\"constructor\":2}"),
     "{\"__proto__\":1,\"constructor\":2}"},
};

START_TEST(canonical_text)
{
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct json_node *node = read_node(values[i].text);
        struct buf out;
        buf_init(&out, 4096);
        json_canonical(node, &out);
        assert_text(buf_view(&out), values[i].canonical);
        buf_free(&out);
        assert_text(json_canonical_str(node, &arena), values[i].canonical);
    }
}
END_TEST

START_TEST(canonical_text_is_its_own)
{
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct str text = str_of(values[i].canonical);
        assert_text(json_canonical_str(read_node(text), &arena), text.p);
    }
}
END_TEST

START_TEST(many_members_are_sorted)
{
    struct buf text;
    buf_init(&text, 65536);
    for (int i = 99; i >= 0; i--) {
        buf_printf(&text, "%s\"k%02d\":%d", i == 99 ? "{" : ",", i, i);
    }
    buf_puts(&text, "}");
    struct str canonical =
        json_canonical_str(read_node(buf_view(&text)), &arena);
    buf_clear(&text);
    for (int i = 0; i < 100; i++) {
        buf_printf(&text, "%s\"k%02d\":%d", i == 0 ? "{" : ",", i, i);
    }
    buf_puts(&text, "}");
    assert_text(canonical, buf_view(&text).p);
    buf_free(&text);
}
END_TEST

START_TEST(walks_a_tree)
{
    const struct json_node *root =
        read_node(STR("{\"a\":[1,true],\"A\":\"x\",\"n\":null}"));
    const struct json_node *a = json_member(root, "a");
    ck_assert_int_eq(json_type(root), JSON_OBJECT);
    ck_assert_ptr_eq(json_child(root), a);
    ck_assert_int_eq(json_type(a), JSON_ARRAY);
    assert_text(json_name(a), "a");
    ck_assert_int_eq(json_type(json_child(a)), JSON_NUMBER);
    ck_assert(json_bool(json_next(json_child(a))));
    ck_assert_ptr_null(json_next(json_next(json_child(a))));
    assert_text(json_string(json_member(root, "A")), "x");
    ck_assert_int_eq(json_type(json_member(root, "n")), JSON_NULL);
    ck_assert_ptr_null(json_member(root, "N"));
    ck_assert_ptr_null(json_member(a, "a"));
    ck_assert_ptr_null(json_string(a).p);
    ck_assert_ptr_null(json_next(root));
}
END_TEST

START_TEST(strings_keep_nul)
{
    const struct json_node *node =
        read_node(STR("[\"x\",{\"k\":\"a\\u0000b\\n\"},\"\\u0000\"]"));
    struct str inner =
        json_string(json_member(json_next(json_child(node)), "k"));
    ck_assert(str_eq(inner, STR("a\0b\n")));
    struct str last = json_string(json_next(json_next(json_child(node))));
    ck_assert(str_eq(last, STR("\0")));
}
END_TEST

START_TEST(integers_are_exact)
{
    static const struct {
        const char *text;
        bool is;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-7", true, -7},
        {"1.0", true, 1},
        {"1e3", true, 1000},
        {"2147483648", true, INT64_C(2147483648)},
        {"9007199254740993", true, INT64_C(9007199254740993)},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9007199254740993000", true, INT64_C(9007199254740993000)},
        {"9223372036854775808", false, 0},
        {"1e19", false, 0},
        {"1e400", false, 0},
        {"1.5", false, 0},
        {"1e-7", false, 0},
        {"\"1\"", false, 0},
        {"null", false, 0},
        {"true", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        bool is = json_i64(read_node(str_of(cases[i].text)), &value);
        ck_assert_msg(is == cases[i].is, "%s", cases[i].text);
        ck_assert_msg(value == cases[i].value, "%s", cases[i].text);
    }
}
END_TEST

START_TEST(overflow_is_told)
{
    ck_assert(json_overflows(read_node(STR("1e400"))));
    ck_assert(json_overflows(read_node(STR("-1e309"))));
    ck_assert(!json_overflows(read_node(STR("1e308"))));
    ck_assert(!json_overflows(read_node(STR("9007199254740993"))));
    ck_assert(!json_overflows(read_node(STR("1e-400"))));
    ck_assert(!json_overflows(read_node(STR("\"1e400\""))));
}
END_TEST

/* A number of the length where the library starts to cut, in the middle of
 * others, so that a shift would show. */
START_TEST(long_numbers_stay_in_their_place)
{
    for (size_t n = 60; n < 68; n++) {
        struct str digits = repeated(&arena, "3", n);
        struct str text =
            arena_printf(&arena, "[1,%.*s,\"s\",2,\"\\u0000\",-%.*s,3]",
                         STR_ARG(digits), STR_ARG(digits));
        assert_text(json_canonical_str(read_node(text), &arena), text.p);
    }
}
END_TEST

START_TEST(deepest_document_is_read)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_str(&text, repeated(&arena, "[", LIMIT_JSON_DEPTH));
    buf_puts(&text, "1e400");
    buf_str(&text, repeated(&arena, "]", LIMIT_JSON_DEPTH));
    struct str canonical =
        json_canonical_str(read_node(buf_view(&text)), &arena);
    ck_assert(str_eq(canonical, buf_view(&text)));
    buf_free(&text);
}
END_TEST

START_TEST(memory_out_is_a_limit)
{
    struct str text = arena_printf(
        &arena, "[%.*s1]", STR_ARG(repeated(&arena, "\"text\",", 2000)));
    const struct json_node *node;
    struct arena small;
    arena_init(&small, 40000);
    ck_assert_int_eq(json_read(text, &json_limits_default, &small, &node, &err),
                     ST_LIMIT);
    ck_assert_str_eq(err.text, "no memory left for a document of 14003 bytes");
    arena_free(&small);
    node = read_node(text);
    arena_init(&small, 1000);
    ck_assert_ptr_null(json_canonical_str(node, &small).p);
    arena_free(&small);
}
END_TEST

START_TEST(a_full_buffer_fails)
{
    struct buf out;
    buf_init(&out, 4);
    json_write_string(&out, STR("ab"));
    ck_assert(!out.failed);
    json_write_string(&out, STR(""));
    ck_assert(out.failed);
    assert_text(buf_view(&out), "\"ab\"");
    buf_free(&out);
}
END_TEST

START_TEST(writes_and_unquotes_any_string)
{
    char bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i % 128);
    }
    for (size_t n = 0; n < sizeof bytes; n++) {
        struct buf out;
        struct str back;
        buf_init(&out, 4096);
        json_write_string(&out, (struct str){bytes, n});
        ck_assert(json_unquote(buf_view(&out), &arena, &back));
        ck_assert(str_eq(back, (struct str){bytes, n}));
        buf_free(&out);
    }
}
END_TEST

START_TEST(unquote_refuses_what_is_no_string)
{
    static const char *const texts[] = {"",
                                        "\"",
                                        "null",
                                        "\"a",
                                        "a\"",
                                        "\"\\\"",
                                        "\"\\x\"",
                                        "\"\\u12\"",
                                        "\"\\uD800\"",
                                        "\"\\uDC00\"",
                                        "[\"\"]",
                                        "\"\\uD800\\u0041\"",
                                        "\"\\u00g0\"",
                                        "\"\\uD800\\n1234\""};
    struct str out;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ck_assert_msg(!json_unquote(str_of(texts[i]), &arena, &out), "%s",
                      texts[i]);
    }
    ck_assert(json_unquote(STR("\"\\ud83d\\ude39\\/\""), &arena, &out));
    assert_text(out, "\xf0\x9f\x98\xb9/");
}
END_TEST

START_TEST(types_have_names)
{
    ck_assert_str_eq(json_type_name(JSON_NULL), "null");
    ck_assert_str_eq(json_type_name(JSON_BOOL), "a boolean");
    ck_assert_str_eq(json_type_name(JSON_NUMBER), "a number");
    ck_assert_str_eq(json_type_name(JSON_STRING), "a string");
    ck_assert_str_eq(json_type_name(JSON_ARRAY), "an array");
    ck_assert_str_eq(json_type_name(JSON_OBJECT), "an object");
}
END_TEST

Suite *suite_json(void)
{
    Suite *suite = suite_create("json");
    TCase *tests = tcase_create("json");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, canonical_text);
    tcase_add_test(tests, canonical_text_is_its_own);
    tcase_add_test(tests, many_members_are_sorted);
    tcase_add_test(tests, walks_a_tree);
    tcase_add_test(tests, strings_keep_nul);
    tcase_add_test(tests, integers_are_exact);
    tcase_add_test(tests, overflow_is_told);
    tcase_add_test(tests, long_numbers_stay_in_their_place);
    tcase_add_test(tests, deepest_document_is_read);
    tcase_add_test(tests, memory_out_is_a_limit);
    tcase_add_test(tests, a_full_buffer_fails);
    tcase_add_test(tests, writes_and_unquotes_any_string);
    tcase_add_test(tests, unquote_refuses_what_is_no_string);
    tcase_add_test(tests, types_have_names);
    suite_add_tcase(suite, tests);
    return suite;
}
