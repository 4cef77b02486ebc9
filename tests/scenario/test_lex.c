/* SPDX-License-Identifier: MIT */
/* test_lex - a line cut into words and key=value pairs. */
#include "harness/scenario/lex.h"

#include "tests/scenario/suites.h"

/* The tokens as <key|op|value@column>, then the comment or the fault. */
static struct str cut(const char *line)
{
    struct lexer lexer;
    struct token token;
    enum lex_result result;
    struct str text = STR("");
    lex_init(&lexer, str_of(line));
    while ((result = lex_next(&lexer, &token)) == LEX_TOKEN) {
        text =
            token.has_key
                ? arena_printf(&arena, "%.*s<%.*s|%s|%.*s@%u>", STR_ARG(text),
                               STR_ARG(token.key), lex_op_name(token.op),
                               STR_ARG(token.value), token.column)
                : arena_printf(&arena, "%.*s<%.*s@%u>", STR_ARG(text),
                               STR_ARG(token.value), token.column);
    }
    return result == LEX_FAULT
               ? arena_printf(&arena, "%.*s!%u %s", STR_ARG(text), lexer.column,
                              lexer.fault)
               : arena_printf(&arena, "%.*s%.*s", STR_ARG(text),
                              STR_ARG(lexer.comment));
}

static const struct {
    const char *line, *tokens;
} lines[] = {
    {"", ""},
    {"  \t ", ""},
    {"alice syncs", "<alice@1><syncs@7>"},
    {"\talice\t syncs  ", "<alice@2><syncs@9>"},
    {"a # b c", "<a@1># b c"},
    {"#all", "#all"},
    {"repo#12 x#", "<repo#12@1><x#@9>"},
    {"a=1 b!=2 c~=3 d<=4 e>=5", "<a|=|1@1><b|!=|2@5><c|~=|3@10><d|<=|4@15>"
                                "<e|>=|5@20>"},
    {"a==1", "<a|=|=1@1>"},
    {"a =1", "<a@1><=1@3>"},
    {"a-b.c_d=1", "<a-b.c_d|=|1@1>"},
    {"1a=2", "<1a=2@1>"},
    {"tasks/1=2", "<tasks/1=2@1>"},
    {"/sync/{app}?a=b&c=d", "</sync/{app}?a=b&c=d@1>"},
    {"@10:00:00 +2s", "<@10:00:00@1><+2s@11>"},
    {"t=\"a # b\"", "<t|=|\"a # b\"@1>"},
    {"t=\"a \\\" b\"", "<t|=|\"a \\\" b\"@1>"},
    {"t=\"\\\\\" u", "<t|=|\"\\\\\"@1><u@8>"},
    {"t=[1, \"]\", [2]] u", "<t|=|[1, \"]\", [2]]@1><u@17>"},
    {"t={\"a\": {\"}\": 1}}", "<t|=|{\"a\": {\"}\": 1}}@1>"},
    {"\"a b\"=1", "<\"a b\"|=|1@1>"},
    {"\"a b\"", "<\"a b\"@1>"},
    {"x/\"a b\" y", "<x/\"a b\"@1><y@9>"},
    {"t=\"\"", "<t|=|\"\"@1>"},
    {"caf\xc3\xa9=1", "<caf\xc3\xa9=1@1>"},
    {"t=\"abc", "!3 this string is never closed: expected \""},
    {"t=\"abc\\\"", "!3 this string is never closed: expected \""},
    {"x/\"abc", "!3 this string is never closed: expected \""},
    {"\"abc", "!1 this string is never closed: expected \""},
    {"t=[1, 2", "!3 this bracket is never closed"},
    {"t=[\"a]", "!3 this bracket is never closed"},
    {"t={", "!3 this bracket is never closed"},
    {"t=", "!3 expected a value; an empty text is \"\""},
    {"t= u", "!3 expected a value; an empty text is \"\""},
    {"t=\"a\"b", "!6 expected a blank after the value that ends here"},
    {"t=[1]]", "!6 expected a blank after the value that ends here"},
    {"a\001b", "!2 a control character; in a string it is written as \\u00NN"},
    {"a\177", "!2 a control character; in a string it is written as \\u00NN"},
};

START_TEST(lines_are_cut)
{
    assert_text(cut(lines[_i].line), lines[_i].tokens);
}
END_TEST

START_TEST(tokens_know_their_raw_text)
{
    struct lexer lexer;
    struct token token;
    lex_init(&lexer, STR("  title=\"a b\"  x"));
    ck_assert_int_eq(lex_next(&lexer, &token), LEX_TOKEN);
    assert_text(token.raw, "title=\"a b\"");
    ck_assert_uint_eq(token.value_column, 9);
    ck_assert_int_eq(lex_next(&lexer, &token), LEX_TOKEN);
    assert_text(token.raw, "x");
    ck_assert_int_eq(lex_next(&lexer, &token), LEX_END);
    ck_assert_int_eq(lex_next(&lexer, &token), LEX_END);
}
END_TEST

START_TEST(text_is_cut_into_lines)
{
    size_t at = 0;
    struct str text = STR("a\n\r\nb\r\n\nc\r\r\nd");
    static const char *const expected[] = {"a", "", "b", "", "c", "d"};
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_lt(at, text.n);
        assert_text(lex_line(text, &at), expected[i]);
    }
    ck_assert_uint_ge(at, text.n);
}
END_TEST

START_TEST(names)
{
    ck_assert(lex_is_name(STR("a")));
    ck_assert(lex_is_name(STR("_a-1.b")));
    ck_assert(!lex_is_name(STR("")));
    ck_assert(!lex_is_name(STR("1a")));
    ck_assert(!lex_is_name(STR("-a")));
    ck_assert(!lex_is_name(STR("a b")));
    ck_assert(!lex_is_name(STR("caf\xc3\xa9")));
}
END_TEST

START_TEST(kinds_of_lines)
{
    ck_assert(lex_is_empty(STR("")));
    ck_assert(lex_is_empty(STR(" \t # x")));
    ck_assert(!lex_is_empty(STR(" x # y")));
    ck_assert(lex_is_step(STR(" x")));
    ck_assert(lex_is_step(STR("+1s x")));
    ck_assert(!lex_is_step(STR("x")));
    ck_assert(!lex_is_step(STR("")));
    ck_assert(lex_starts_with(STR("each"), "each"));
    ck_assert(lex_starts_with(STR("each\tX"), "each"));
    ck_assert(!lex_starts_with(STR("eaches"), "each"));
    ck_assert(!lex_starts_with(STR(" each"), "each"));
}
END_TEST

Suite *suite_lex(void)
{
    Suite *suite = suite_create("lex");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_loop_test(tests, lines_are_cut, 0,
                        (int)(sizeof lines / sizeof lines[0]));
    tcase_add_test(tests, tokens_know_their_raw_text);
    tcase_add_test(tests, text_is_cut_into_lines);
    tcase_add_test(tests, names);
    tcase_add_test(tests, kinds_of_lines);
    suite_add_tcase(suite, tests);
    return suite;
}
