/* SPDX-License-Identifier: MIT */
/* test_each - one text, many scenarios. */
#include "harness/scenario/each.h"

#include "tests/scenario/suites.h"

static struct str replaced(struct each *each, const char *line)
{
    struct buf out;
    buf_init(&out, 4096);
    each_replace(each, str_of(line), &out);
    struct str text = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return text;
}

static void add(struct each *each, const char *line)
{
    struct each_fault fault = {.what = ""};
    ck_assert_msg(each_add(each, str_of(line), 1, &arena, &fault), "%s",
                  fault.what);
}

START_TEST(values_are_unescaped)
{
    struct each each = {.count = 0};
    add(&each, "each  X = \"a b\" c \"\" [1, 2] \"\\u0041\\n\" x=y # rest");
    static const char *const expected[] = {"a b",    "c",   "",
                                           "[1, 2]", "A\n", "x=y"};
    ck_assert_uint_eq(each_product(&each), 6);
    for (size_t i = 0; i < 6; i++) {
        each_choose(&each, i);
        assert_text(replaced(&each, "{X}"), expected[i]);
    }
}
END_TEST

START_TEST(numbers_of_the_server)
{
    static const struct scenario_facts known = {.page_size = 250,
                                                .body_limit = 4096};
    static const struct scenario_facts tiny = {.page_size = 1};
    static const struct {
        const char *text;
        int64_t by_default, known, tiny;
    } cases[] = {{"@page", 1000, 250, 1},
                 {"@page-1", 999, 249, 1},
                 {"@page+1", 1001, 251, 2},
                 {"@page*2", 2000, 500, 2},
                 {"@page*2+1", 2001, 501, 3},
                 {"@page*3-2", 2998, 748, 1},
                 {"@body", 10485760, 4096, 10485760},
                 {"@body+1000", 10486760, 5096, 10486760}};
    static const char *const wrong[] = {
        "@pages",    "@page-",           "@page*",    "@page*2*2",
        "@page+1-1", "@page 1",          "@size",     "page",
        "@",         "@page+1000000001", "@body*1000"};
    int64_t number;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str text = str_of(cases[i].text);
        ck_assert(each_number(text, NULL, &number));
        ck_assert_int_eq(number, cases[i].by_default);
        ck_assert(each_number(text, &known, &number));
        ck_assert_int_eq(number, cases[i].known);
        ck_assert(each_number(text, &tiny, &number));
        ck_assert_int_eq(number, cases[i].tiny);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(!each_number(str_of(wrong[i]), NULL, &number), "%s",
                      wrong[i]);
    }
}
END_TEST

/* Where two names stand for one number there are two scenarios all the same:
 * that of the third is still the third. */
START_TEST(places_do_not_depend_on_the_server)
{
    static const struct scenario_facts facts = {.page_size = 1};
    struct each each = {.facts = &facts};
    add(&each, "each N = @page-1 @page @page+1 \"@page\" @10:05:00 @+5s");
    static const char *const expected[] = {"1",     "1",         "2",
                                           "@page", "@10:05:00", "@+5s"};
    ck_assert_uint_eq(each_product(&each), COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        each_choose(&each, i);
        assert_text(replaced(&each, "{N}"), expected[i]);
    }
}
END_TEST

START_TEST(a_list_has_the_facts)
{
    static const struct scenario_facts facts = {.page_size = 7};
    struct scenario_list list = {.facts = &facts};
    struct err err = {.status = ST_OK};
    ck_assert_int_eq(
        scenario_parse(STR("t.sync"),
                       STR("scenario \"c\"\nclients alice\n"
                           "each N = @page @page+1\n"
                           " storm writes total={N} collection=tasks\n"),
                       &arena, &list, &err),
        ST_OK);
    ck_assert_uint_eq(list.count, 2);
    assert_text(list.items[0].variant, "N=\"7\"");
    assert_text(step_option(&list.items[1].steps[0], "total")->value, "8");
}
END_TEST

START_TEST(the_sign_may_stand_close)
{
    struct each each = {.count = 0};
    add(&each, "each X=1 2");
    ck_assert_uint_eq(each_product(&each), 2);
    assert_text(each.variables[0].values[0], "1");
}
END_TEST

START_TEST(all_combinations_the_first_slowest)
{
    struct each each = {.count = 0};
    add(&each, "each A = 1 2");
    add(&each, "each B = x y z");
    static const char *const expected[] = {"1x", "1y", "1z", "2x", "2y", "2z"};
    ck_assert_uint_eq(each_product(&each), 6);
    for (size_t i = 0; i < 6; i++) {
        each_choose(&each, i);
        assert_text(replaced(&each, "{A}{B}"), expected[i]);
    }
}
END_TEST

START_TEST(only_its_own_names_are_replaced)
{
    struct each each = {.count = 0};
    add(&each, "each OP = {A}");
    ck_assert_int_eq(each.variables[0].used, false);
    assert_text(replaced(&each, "{OPX} {O} {op} OP {{OP}} {OP"),
                "{OPX} {O} {op} OP {{A}} {OP");
    ck_assert_int_eq(each.variables[0].used, true);
}
END_TEST

START_TEST(columns_lead_back)
{
    struct each each = {.count = 0};
    struct str line = STR("ab {X} cd {X}!");
    add(&each, "each X = 1234567");
    assert_text(replaced(&each, line.p), "ab 1234567 cd 1234567!");
    ck_assert_uint_eq(each_column(&each, line, 1), 1);
    ck_assert_uint_eq(each_column(&each, line, 4), 4);   /* value starts */
    ck_assert_uint_eq(each_column(&each, line, 9), 4);   /* inside it */
    ck_assert_uint_eq(each_column(&each, line, 11), 7);  /* the blank */
    ck_assert_uint_eq(each_column(&each, line, 12), 8);  /* c */
    ck_assert_uint_eq(each_column(&each, line, 22), 14); /* ! */
    ck_assert_uint_eq(each_column(&each, line, 99), 15); /* past the end */
}
END_TEST

START_TEST(it_says_which)
{
    struct each each = {.count = 0};
    struct buf out;
    buf_init(&out, 256);
    add(&each, "each OP = \"a\\\"\\n\" 2");
    add(&each, "each N = 7");
    each_choose(&each, 0);
    each_describe(&each, &out);
    assert_text(buf_view(&out), "OP=\"a\\\"\\n\" N=\"7\"");
    buf_free(&out);
}
END_TEST

static const struct {
    const char *line;
    uint32_t column;
    const char *what;
} faults[] = {
    {"each", 1, "expected NAME = VALUE VALUE ..."},
    {"each op = 1", 6, "expected a name in capitals, as in OP = 1 2 3"},
    {"each 1X = 1", 6, "expected a name in capitals, as in OP = 1 2 3"},
    {"each X", 7, "expected = after the name"},
    {"each X 1 2", 9, "expected = after the name"},
    {"each X!=1", 6, "expected = after the name"},
    {"each X =", 9, "expected a value"},
    {"each X = \"a", 10, "this string is never closed: expected \""},
    {"each X = 1 \"a", 12, "this string is never closed: expected \""},
    {"each X = \"\\q\"", 10, "not a JSON string"},
    {"each X = 1 2 1", 14, "this value is there twice"},
};

START_TEST(faults_are_told)
{
    struct each each = {.count = 0};
    struct each_fault fault = {.what = ""};
    ck_assert(!each_add(&each, str_of(faults[_i].line), 1, &arena, &fault));
    ck_assert_str_eq(fault.what, faults[_i].what);
    ck_assert_uint_eq(fault.column, faults[_i].column);
    ck_assert_int_eq(fault.status, ST_SYNTAX);
    ck_assert_uint_eq(each.count, 0);
}
END_TEST

START_TEST(a_thousand_scenarios_and_no_more)
{
    struct each each = {.count = 0};
    struct each_fault fault = {.what = ""};
    struct str line = STR("each A =");
    for (int i = 0; i < 100; i++) {
        line = arena_printf(&arena, "%.*s %d", STR_ARG(line), i);
    }
    add(&each, line.p);
    add(&each, "each B = 1 2 3 4 5 6 7 8 9 10");
    ck_assert_uint_eq(each_product(&each), 1000);
    add(&each, "each C = 1");
    ck_assert(!each_add(&each, STR("each D = 1 2"), 1, &arena, &fault));
    ck_assert_int_eq(fault.status, ST_LIMIT);
    ck_assert_str_eq(fault.what, "over 1000 scenarios by `each`");
}
END_TEST

START_TEST(sixteen_lines_and_no_more)
{
    struct each each = {.count = 0};
    struct each_fault fault = {.what = ""};
    for (int i = 0; i < EACH_VARIABLES; i++) {
        add(&each, arena_printf(&arena, "each X%d = 1", i).p);
    }
    ck_assert(!each_add(&each, STR("each Y = 1"), 1, &arena, &fault));
    ck_assert_str_eq(fault.what, "over 16 `each` lines");
}
END_TEST

START_TEST(scenarios_come_out_of_it)
{
    struct scenario_list list = parse_all(STR("scenario \"the {A}\"\n"
                                              "each A = x \"y z\"\n"
                                              "clients alice\n"
                                              "each B = pushes syncs\n"
                                              "        alice {B} # {A}\n"
                                              "scenario \"another\"\n"
                                              "clients bob\n"
                                              "        bob syncs\n"));
    ck_assert_uint_eq(list.count, 5);
    assert_text(list.items[0].name, "the x");
    assert_text(list.items[0].variant, "A=\"x\" B=\"pushes\"");
    assert_text(list.items[3].name, "the y z");
    assert_text(list.items[3].variant, "A=\"y z\" B=\"syncs\"");
    ck_assert_int_eq(list.items[3].steps[0].verb->id, VERB_SYNCS);
    ck_assert_uint_eq(list.items[3].index, 4);
    ck_assert_uint_eq(list.items[3].line, 1);
    ck_assert_uint_eq(list.items[4].index, 5);
    ck_assert_uint_eq(list.items[4].line, 6);
    assert_text(list.items[4].variant, "");
}
END_TEST

START_TEST(the_first_fault_of_the_file_is_told)
{
    ck_assert_str_eq(parse_error("scenario \"claim\"\n"
                                 "covers NOPE-1\n"
                                 "each X =\n"),
                     "2:8: unknown clause \"NOPE-1\"; expected as PUSH-4");
    ck_assert_str_eq(parse_error("scenario \"claim {X}\"\n"
                                 "each X =\n"
                                 "covers NOPE-1\n"),
                     "2:9: expected a value");
}
END_TEST

START_TEST(errors_say_which_scenario_of_a_line)
{
    ck_assert_str_eq(
        parse_error("scenario \"claim\"\n"
                    "clients alice\n"
                    "each N = 1 many\n"
                    "each B = push\n"
                    "        net drops request path={B} count={N}\n"),
        "5:42: expected a whole number, not \"many\" (with N=\"many\" "
        "B=\"push\")");
}
END_TEST

Suite *suite_each(void)
{
    Suite *suite = suite_create("each");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, values_are_unescaped);
    tcase_add_test(tests, numbers_of_the_server);
    tcase_add_test(tests, places_do_not_depend_on_the_server);
    tcase_add_test(tests, a_list_has_the_facts);
    tcase_add_test(tests, the_sign_may_stand_close);
    tcase_add_test(tests, all_combinations_the_first_slowest);
    tcase_add_test(tests, only_its_own_names_are_replaced);
    tcase_add_test(tests, columns_lead_back);
    tcase_add_test(tests, it_says_which);
    tcase_add_loop_test(tests, faults_are_told, 0, COUNT(faults));
    tcase_add_test(tests, a_thousand_scenarios_and_no_more);
    tcase_add_test(tests, sixteen_lines_and_no_more);
    tcase_add_test(tests, scenarios_come_out_of_it);
    tcase_add_test(tests, the_first_fault_of_the_file_is_told);
    tcase_add_test(tests, errors_say_which_scenario_of_a_line);
    suite_add_tcase(suite, tests);
    return suite;
}
