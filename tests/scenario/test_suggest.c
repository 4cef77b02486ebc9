/* SPDX-License-Identifier: MIT */
/* test_suggest - "did you mean". */
#include "harness/scenario/suggest.h"

#include "tests/scenario/suites.h"

static struct str hint(const char *asked, const char *choices)
{
    struct suggest suggest;
    struct buf out;
    buf_init(&out, 1024);
    suggest_init(&suggest, str_of(asked));
    suggest_offer_choices(&suggest, choices);
    suggest_write(&suggest, &out);
    suggest_free(&suggest);
    struct str text = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return text;
}

START_TEST(the_nearest_is_meant)
{
    assert_text(hint("alcie", "bob|alice|alicia"), "; did you mean \"alice\"?");
    assert_text(hint("bbo", "alice|bob"), "; did you mean \"bob\"?");
    assert_text(hint("drop", "drops|delays"), "; did you mean \"drops\"?");
    assert_text(hint("recieves", "receives"), "; did you mean \"receives\"?");
}
END_TEST

START_TEST(of_equally_near_ones_the_first)
{
    assert_text(hint("cat", "bat|hat"), "; did you mean \"bat\"?");
}
END_TEST

START_TEST(far_ones_are_listed)
{
    assert_text(hint("frobnicate", "on|off"), "; expected one of on, off");
    assert_text(hint("99", "ok|STATUS"),
                "; expected one of ok, a status as 404");
    assert_text(hint("", "a|b"), "; expected one of a, b");
    assert_text(hint("x", "y|z"), "; expected one of y, z");
}
END_TEST

START_TEST(without_choices_nothing_is_said)
{
    assert_text(hint("x", ""), "");
}
END_TEST

START_TEST(long_lists_are_cut)
{
    struct str choices = STR("first");
    for (int i = 0; i < 100; i++) {
        choices = arena_printf(&arena, "%.*s|choice%d", STR_ARG(choices), i);
    }
    struct str text = hint("frobnicate", choices.p);
    ck_assert(str_starts(text, STR("; expected one of first, choice0, ")));
    ck_assert(str_ends(text, STR(", \xe2\x80\xa6")));
    ck_assert_uint_lt(text.n, 300);
}
END_TEST

START_TEST(very_long_words_are_near_nothing)
{
    struct str word = STR("a");
    for (int i = 0; i < 100; i++) {
        word = arena_printf(&arena, "%.*sa", STR_ARG(word));
    }
    assert_text(hint(word.p, "on|off"), "; expected one of on, off");
}
END_TEST

Suite *suite_suggest(void)
{
    Suite *suite = suite_create("suggest");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, the_nearest_is_meant);
    tcase_add_test(tests, of_equally_near_ones_the_first);
    tcase_add_test(tests, far_ones_are_listed);
    tcase_add_test(tests, without_choices_nothing_is_said);
    tcase_add_test(tests, long_lists_are_cut);
    tcase_add_test(tests, very_long_words_are_near_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
