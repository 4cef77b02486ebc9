/* SPDX-License-Identifier: MIT */
/* test_escape - any bytes made fit for each format. */
#include <stdlib.h>

#include "reports/escape.h"
#include "tests/reports/suites.h"

enum { NO_MAX = 1 << 20 };

static struct buf out;

static void setup(void)
{
    buf_init(&out, 1 << 20);
}

static void teardown(void)
{
    buf_free(&out);
}

static const struct {
    struct str text;
    const char *line;
} lines[] = {
    {LIT(""), ""},
    {LIT("plain \"text\" \\ <&>"), "plain \"text\" \\ <&>"},
    {LIT("żółw 通知 🐢"), "żółw 通知 🐢"},
    {LIT("a\nb\tc\rd"), "a\\nb\\tc\\rd"},
    {LIT("\0\x1b[31m\x7f"), "\\x00\\x1B[31m\\x7F"},
    {LIT("\xff\xc0\x80"), "\\xFF\\xC0\\x80"},
    {LIT("\xed\xa0\x80"), "\\xED\\xA0\\x80"},
    {LIT("\xc2\x85\xc2\x9b"), "\\u{0085}\\u{009B}"},
    {LIT("\xe2\x80\xae\xef\xbb\xbf\xef\xbf\xbe"),
     "\\u{202E}\\u{FEFF}\\u{FFFE}"},
    {LIT("\xc2\xa0\xef\xbf\xbd"), "\xc2\xa0\xef\xbf\xbd"},
};

START_TEST(line_shows_what_cannot_be_seen)
{
    escape_line(&out, lines[_i].text, NO_MAX);
    ck_assert_str_eq(out.p ? out.p : "", lines[_i].line);
}
END_TEST

static void assert_cut(struct str text, size_t max, const char *wanted)
{
    buf_clear(&out);
    escape_line(&out, text, max);
    ck_assert_str_eq(out.p, wanted);
}

START_TEST(line_is_cut_between_characters)
{
    assert_cut(STR("abcd"), 4, "abcd");
    assert_cut(STR("abcde"), 4, "abcd… (1 more bytes)");
    assert_cut(STR("abc\xc5\xbc"), 4, "abc… (2 more bytes)");
    assert_cut(STR("a🐢b"), 4, "a… (5 more bytes)");
    assert_cut(STR("a🐢b"), 5, "a🐢… (1 more bytes)");
    assert_cut(STR("a"), 0, "… (1 more bytes)");
    /* Bytes that only continue: no character to keep whole. */
    assert_cut(STR("\x80\x80\x80\x80\x80\x80"), 4,
               "\\x80\\x80\\x80\\x80… (2 more bytes)");
}
END_TEST

static const struct {
    struct str text;
    const char *content, *attribute;
} xmls[] = {
    {LIT("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;'", "a&lt;b&gt;&amp;&quot;'"},
    {LIT("]]>"), "]]&gt;", "]]&gt;"},
    {LIT("a\nb\tc\rd"), "a\nb\tc&#13;d", "a&#10;b&#9;c&#13;d"},
    {LIT("\0\x01\x1f"), "\\x00\\x01\\x1F", "\\x00\\x01\\x1F"},
    {LIT("\xff\xed\xbf\xbf"), "\\xFF\\xED\\xBF\\xBF", "\\xFF\\xED\\xBF\\xBF"},
    {LIT("\xef\xbf\xbe\xef\xbf\xbf"), "\\uFFFE\\uFFFF", "\\uFFFE\\uFFFF"},
    {LIT("\xf0\x9f\xbf\xbe 🐢"), "\xf0\x9f\xbf\xbe 🐢", "\xf0\x9f\xbf\xbe 🐢"},
};

START_TEST(xml_holds_only_what_it_may)
{
    escape_xml(&out, xmls[_i].text, false);
    ck_assert_str_eq(out.p, xmls[_i].content);
    buf_clear(&out);
    escape_xml(&out, xmls[_i].text, true);
    ck_assert_str_eq(out.p, xmls[_i].attribute);
}
END_TEST

START_TEST(yaml_is_one_quoted_scalar)
{
    escape_yaml(&out, STR("a \"b\" \\ \n\xff # : - 🐢"), NO_MAX);
    ck_assert_str_eq(out.p, "\"a \\\"b\\\" \\\\ \\\\n\\\\xFF # : - 🐢\"");
}
END_TEST

START_TEST(markdown_shows_the_characters)
{
    escape_markdown(&out, STR("a|b <i> & `c` *d* _e_ [f] ~g~ #1 $x \\\n"),
                    NO_MAX);
    ck_assert_str_eq(out.p,
                     "a&#124;b &#60;i&#62; &#38; \\`c\\` \\*d\\* \\_e\\_ "
                     "\\[f\\] \\~g\\~ \\#1 \\$x \\\\\\\\n");
}
END_TEST

START_TEST(json_is_valid_whatever_comes)
{
    escape_json(&out, STR("a\xff\"\xc5\xbc\x80\n"));
    ck_assert_str_eq(out.p, "\"a\\\\xFF\\\"\xc5\xbc\\\\x80\\n\"");
}
END_TEST

Suite *suite_escape(void)
{
    Suite *suite = suite_create("escape");
    TCase *tcase = tcase_create("escape");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, line_shows_what_cannot_be_seen, 0,
                        sizeof lines / sizeof lines[0]);
    tcase_add_test(tcase, line_is_cut_between_characters);
    tcase_add_loop_test(tcase, xml_holds_only_what_it_may, 0,
                        sizeof xmls / sizeof xmls[0]);
    tcase_add_test(tcase, yaml_is_one_quoted_scalar);
    tcase_add_test(tcase, markdown_shows_the_characters);
    tcase_add_test(tcase, json_is_valid_whatever_comes);
    suite_add_tcase(suite, tcase);
    return suite;
}
