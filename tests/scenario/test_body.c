/* SPDX-License-Identifier: MIT */
/* test_body - spells and names in braces. */
#include "harness/scenario/body.h"

#include <string.h>

#include "base/utf8.h"
#include "tests/scenario/suites.h"

static struct str expanded(struct str text)
{
    struct buf out;
    buf_init(&out, BODY_BYTES_MAX);
    body_expand(text, &out);
    ck_assert(!out.failed);
    struct str result = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return result;
}

static const struct {
    const char *text, *bytes;
} spells[] = {
    {"", ""},
    {"{3*ab}", "ababab"},
    {"x{2*-}y{1*z}", "x--yz"},
    {"{3*}}", "}}}"},
    {"{2*[}1{2*]}", "[[1]]"},
    {"{2*{\"a\":}1", "{\"a\":{\"a\":1"},
    {"{0*a}", ""},
    {"{\\x41}", "A"},
    {"{\\xc3A9}", "\xc3\xa9"},
    {"{\\xFFfe}", "\xff\xfe"},
    {"{\\x7B}3*a}", "{3*a}"},
    /* what is no spell stays */
    {"{3*}", "{3*}"},
    {"{3*a", "{3*a"},
    {"{*a}", "{*a}"},
    {"{-3*a}", "{-3*a}"},
    {"{3 *a}", "{3 *a}"},
    {"{3}", "{3}"},
    {"{", "{"},
    {"{\\x}", "{\\x}"},
    {"{\\x4}", "{\\x4}"},
    {"{\\x414}", "{\\x414}"},
    {"{\\x41", "{\\x41"},
    {"{\\xGG}", "{\\xGG}"},
    {"{\"a\":{alice}}", "{\"a\":{alice}}"},
    {"{99999999999*a}", "{99999999999*a}"},
};

START_TEST(spells_are_put_in)
{
    assert_text(expanded(str_of(spells[_i].text)), spells[_i].bytes);
}
END_TEST

START_TEST(what_is_escaped_expands_to_the_same)
{
    static const struct str cases[] = {{"a\0b", 3},
                                       {"\xff\xfe", 2},
                                       {"{3*ab}", 6},
                                       {"{\\x41}", 6},
                                       {"\r\t\x7f", 3},
                                       {"line\nline", 9},
                                       {"caf\xc3\xa9 {", 7},
                                       {"\xed\xa0\x80", 3},
                                       {"{app}", 5},
                                       {"{{3*a}", 6},
                                       {"{3*a\x16", 5},
                                       {"{3*\x16}", 5},
                                       {"", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, 256);
        body_escape(cases[i], &out);
        struct str text = buf_view(&out);
        ck_assert_uint_eq(utf8_bad_at(text), text.n);
        assert_same(expanded(text), cases[i]);
        buf_free(&out);
    }
}
END_TEST

START_TEST(what_is_respelled_expands_to_the_same)
{
    static const struct {
        struct str line;
        const char *respelled;
    } cases[] = {
        {{"{3*ab} {app} {\\xFF}", 19}, "{3*ab} {app} {\\xFF}"},
        {{"a\x16z", 3}, "a{\\x16}z"},
        {{"{3*a} \x16", 7}, "{3*a} {\\x16}"},
        {{"{3*a\x16", 5}, "{\\x7B}3*a{\\x16}"},
        {{"{2*a\x16}", 6}, "a{\\x16}a{\\x16}"},
        {{"{2*a {2*b", 9}, "{2*a {2*b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, 256);
        body_respell(cases[i].line, &out);
        ck_assert_str_eq(buf_view(&out).p, cases[i].respelled);
        struct buf same;
        buf_init(&same, 256);
        body_expand(cases[i].line, &same);
        assert_same(expanded(buf_view(&out)), buf_view(&same));
        buf_free(&same);
        buf_free(&out);
    }
}
END_TEST

START_TEST(bodies_have_a_ceiling)
{
    struct buf out;
    buf_init(&out, 10);
    body_expand(STR("{5*ab}"), &out);
    ck_assert(!out.failed);
    ck_assert_uint_eq(out.n, 10);
    buf_clear(&out);
    body_expand(STR("x{5*ab}"), &out);
    ck_assert(out.failed);
    buf_clear(&out);
    body_expand(STR("{9999999999*a}"), &out);
    ck_assert(out.failed);
    buf_free(&out);
}
END_TEST

START_TEST(names_are_found)
{
    struct body_name name;
    struct str text = STR("{\"a\":\"{app}\"} {alice.cursor.tasks}{1}{ x}{b");
    ck_assert(body_next_name(text, 0, &name));
    assert_text(name.name, "app");
    ck_assert_uint_eq(name.offset, 6);
    ck_assert(body_next_name(text, name.offset + 1, &name));
    assert_text(name.name, "alice.cursor.tasks");
    ck_assert(!body_next_name(text, name.offset + 1, &name));
    ck_assert(!body_next_name(STR(""), 0, &name));
}
END_TEST

Suite *suite_body(void)
{
    Suite *suite = suite_create("body");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_loop_test(tests, spells_are_put_in, 0,
                        (int)(sizeof spells / sizeof spells[0]));
    tcase_add_test(tests, what_is_escaped_expands_to_the_same);
    tcase_add_test(tests, what_is_respelled_expands_to_the_same);
    tcase_add_test(tests, bodies_have_a_ceiling);
    tcase_add_test(tests, names_are_found);
    suite_add_tcase(suite, tests);
    return suite;
}
