/* SPDX-License-Identifier: MIT */
/* test_sends - raw requests: target, body, expectations. */
#include <stdio.h>
#include <string.h>

#include "harness/scenario/body.h"
#include "tests/scenario/suites.h"

START_TEST(method_and_target)
{
    const struct step *step = parse_step(
        " alice sends PATCH /sync/{app}/pull?collection=a&since={epoch}\n", 0);
    ck_assert_uint_eq(step->word_count, 2);
    assert_text(step->words[0].value, "PATCH");
    assert_text(step->words[1].value,
                "/sync/{app}/pull?collection=a&since={epoch}");
    ck_assert(!step->has_body);
    ck_assert_uint_eq(step->body.n, 0);
    ck_assert_uint_eq(step->expect_count, 0);
}
END_TEST

START_TEST(targets_may_be_quoted_and_have_spells)
{
    const struct step *step = parse_step(
        " alice sends GET \"/a b?\\u0041\"\n alice sends GET /{3*x}{\\xFF}\n",
        0);
    assert_text(step->words[1].value, "/a b?A");
    assert_text(step[1].words[1].value, "/xxx\xff");
}
END_TEST

START_TEST(all_names_in_braces)
{
    parse_step(
        " alice sends GET "
        "/{app}{epoch}{at}{token}{time}{user}{bob}{bob.user}{bob.cursor.tasks}"
        "{\"json\"}{}{1}\n",
        0);
}
END_TEST

START_TEST(bodies_keep_their_blanks)
{
    const struct step *step = parse_step(" alice sends POST /\n"
                                         "      | {\"a\":  1, # no comment\n"
                                         "      |   \"b\": 2}  \n"
                                         "      |\n"
                                         "\n"
                                         "      # a comment\n"
                                         "      |tight\n"
                                         "      | \n"
                                         "      |  x\n"
                                         " bob syncs\n",
                                         0);
    ck_assert(step->has_body);
    assert_text(step->body,
                "{\"a\":  1, # no comment\n  \"b\": 2}  \n\ntight\n\n x");
    ck_assert_uint_eq(step->body_text.n, 0);
    ck_assert_int_eq(step[1].verb->id, VERB_SYNCS);
}
END_TEST

START_TEST(an_empty_body_is_a_body)
{
    const struct step *step = parse_step(" alice sends POST /\n |\n", 0);
    ck_assert(step->has_body);
    ck_assert_uint_eq(step->body.n, 0);
}
END_TEST

START_TEST(bodies_have_spells)
{
    const struct step *step = parse_step(" alice sends POST /\n"
                                         " | {2*[}{alice}{2*]}\n"
                                         " | {\\x00FF}\n",
                                         0);
    assert_same(step->body, (struct str){"[[{alice}]]\n\0\xff", 14});
    assert_text(step->body_text, "{2*[}{alice}{2*]}\n{\\x00FF}");
}
END_TEST

START_TEST(large_bodies)
{
    const struct step *step =
        parse_step(" alice sends POST /\n | {16777216*x}\n", 0);
    ck_assert_uint_eq(step->body_bytes, 16777216);
    ck_assert_uint_eq(step->body.n, 0);
    assert_text(step->body_text, "{16777216*x}");
    ck_assert_str_eq(step_error(" alice sends POST /\n | {16777215*x}\n | x\n"),
                     "4:2: a body over 16777216 bytes");
}
END_TEST

/* Up to 64 KiB they are made at once, larger ones when they are sent. */
START_TEST(large_bodies_are_made_later)
{
    static const struct {
        const char *lines;
        const char *head, *tail; /* of the body */
        size_t bytes;
        bool later;
    } bodies[] = {{" | {65536*x}\n", "xx", "xx", 65536, false},
                  {" | {65537*x}\n", "xx", "xx", 65537, true},
                  {" | a{\\x00}\n |\n | {70000*bc}\n | {alice}\n", "a",
                   "bc\n{alice}", 140012, true},
                  {" | {65536*x}\n |\n", "xx", "x\n", 65537, true}};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        char text[200];
        struct buf body;
        snprintf(text, sizeof(text), " alice sends POST /\n%s",
                 bodies[i].lines);
        const struct step *step = parse_step(text, 0);
        ck_assert_uint_eq(step->body_bytes, bodies[i].bytes);
        ck_assert_uint_eq(step->body.n, bodies[i].later ? 0 : step->body_bytes);
        buf_init(&body, BODY_BYTES_MAX);
        body_write(step, &body);
        struct str whole = buf_view(&body);
        ck_assert_uint_eq(whole.n, bodies[i].bytes);
        ck_assert(str_starts(whole, str_of(bodies[i].head)));
        ck_assert(str_ends(whole, str_of(bodies[i].tail)));
        buf_free(&body);
    }
}
END_TEST

START_TEST(newlines_of_each_stay_in_their_line)
{
    struct scenario_list list =
        parse_all(STR("scenario \"c\"\nclients alice\n"
                      "each X = \"a\\nb\"\n"
                      " alice sends POST /\n | {30000*{X}}\n"));
    const struct step *step = &list.items[0].steps[0];
    ck_assert_uint_eq(step->body.n, step->body_bytes);
    ck_assert_uint_eq(step->body.n, 90000);
}
END_TEST

START_TEST(each_values_may_bring_any_character)
{
    struct scenario_list list =
        parse_all(STR("scenario \"c\"\nclients alice\n"
                      "each X = \"\\u0000\" \"a\\nb\" \"\\r\"\n"
                      " alice sends POST /\n | <{X}>\n"));
    ck_assert_uint_eq(list.count, 3);
    assert_same(list.items[0].steps[0].body, (struct str){"<\0>", 3});
    assert_text(list.items[1].steps[0].body, "<a\nb>");
    assert_text(list.items[2].steps[0].body, "<\r>");
}
END_TEST

START_TEST(expectations_belong_to_the_last_sends)
{
    const struct step *step =
        parse_step(" alice sends POST /\n"
                   " | x\n"
                   " expects status=4xx header.WWW-Authenticate~=\"Bearer\"\n"
                   " expects json.serverChanges.0.data={\"b\":1,\"a\":2} "
                   "json.x=absent changes>=1 body!=\"\" clause=AUTH-4\n"
                   " bob sends GET /\n"
                   " expects gets=timeout\n",
                   0);
    ck_assert_uint_eq(step[0].expect_count, 2);
    ck_assert_uint_eq(step[1].expect_count, 1);
    const struct expectation *first = &step[0].expects[0];
    ck_assert_uint_eq(first->count, 2);
    ck_assert_uint_eq(first->line, PRELUDE_LINES + 3);
    ck_assert_uint_eq(first->column, 2);
    assert_text(first->args[0].key, "status");
    assert_text(first->args[0].value, "4xx");
    assert_text(first->args[1].key, "header.WWW-Authenticate");
    ck_assert_int_eq(first->args[1].op, ARG_CONTAINS);
    const struct expectation *second = &step[0].expects[1];
    ck_assert_uint_eq(second->count, 4);
    assert_text(second->args[0].json, "{\"a\":2,\"b\":1}");
    ck_assert_int_eq(second->args[2].op, ARG_GE);
    ck_assert_int_eq(second->args[2].ms, 1);
    assert_text(second->clause, "AUTH-4");
    assert_text(first->clause, "");
}
END_TEST

START_TEST(alternatives_follow_what_they_replace)
{
    const struct step *step =
        parse_step(" alice sends POST /\n"
                   " expects status=413\n"
                   " or status=4xx header.a=absent grade=nonstrict\n"
                   " or gets=reset grade=info clause=VALID-12\n"
                   " expects body!=\"\"\n"
                   " or status=204\n"
                   " alice connects /ws/{app}\n"
                   " expects status=101\n"
                   " or status=404 grade=info\n",
                   0);
    static const struct {
        bool alternative;
        enum grade grade;
        size_t count;
    } wanted[] = {{false, GRADE_PASS, 1},
                  {true, GRADE_NONSTRICT, 2},
                  {true, GRADE_INFO, 1},
                  {false, GRADE_PASS, 1},
                  {true, GRADE_PASS, 1}};
    ck_assert_uint_eq(step->expect_count, COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++) {
        const struct expectation *one = &step->expects[i];
        ck_assert_int_eq(one->alternative, wanted[i].alternative);
        ck_assert_int_eq(one->grade, wanted[i].grade);
        ck_assert_uint_eq(one->count, wanted[i].count);
        ck_assert_uint_eq(one->line, PRELUDE_LINES + 2 + i);
    }
    assert_text(step->expects[2].clause, "VALID-12");
    ck_assert_uint_eq(step[1].expect_count, 2);
    ck_assert_int_eq(step[1].expects[1].grade, GRADE_INFO);
    ck_assert_str_eq(grade_name(GRADE_PASS), "pass");
    ck_assert_str_eq(grade_name(GRADE_NONSTRICT), "nonstrict");
    ck_assert_str_eq(grade_name(GRADE_INFO), "info");
}
END_TEST

START_TEST(contents_may_be_asked_for_twice)
{
    const struct step *step =
        parse_step(" alice sends GET /\n"
                   " expects body~=\"a\" body~=\"b\" status!=500 "
                   "status!=503\n",
                   0);
    ck_assert_uint_eq(step->expects[0].count, 4);
}
END_TEST

static const struct {
    const char *lines, *error;
} faults[] = {
    {" | x", "4:2: a body line without `sends`, `says` or `frames` above it"},
    {" alice syncs\n | x",
     "5:2: a body line without `sends`, `says` or `frames` above it"},
    {" expects status=200",
     "4:2: expects without `sends` or `connects` above it"},
    {" alice sends GET /\n bob syncs\n expects status=200",
     "6:2: expects without `sends` or `connects` above it"},
    {" alice sends GET /\n bob syncs\n | x",
     "6:2: a body line without `sends`, `says` or `frames` above it"},
    {" alice sends GET /\n expects status=200\n | x",
     "6:2: the body comes before `expects`"},
    {" alice sends GET /\n expects", "5:9: expected more, as in: expects "
                                     "status=400"},
    {" alice sends GET /\n expects 200", "5:10: expected KEY=VALUE, as "
                                         "status=400, not \"200\""},
    {" alice sends GET /\n expects status=200 status=201",
     "5:21: status is there twice"},
    {" alice sends GET /\n expects status<=200",
     "5:10: status<= does not work: expected status with = or !="},
    {" alice sends GET /\n expects gets!=ok",
     "5:10: gets!= does not work: expected gets with ="},
    {" alice sends GET /\n expects body>=\"x\"",
     "5:10: body>= does not work: expected body with = != or ~="},
    {" alice sends GET /\n expects json.=1", "5:10: unknown option "
                                             "\"json.\""},
    {" alice sends GET /\n expects \"status\"=200", "5:10: unknown option"},
    {" alice sends GET /\n expects json.a=maybe",
     "5:17: unknown value of json.a \"maybe\"; expected one of absent, time, "
     "array, object"},
    {" alice sends GET /\n expects clause=AUTH-1 clause=AUTH-1",
     "5:24: clause is there twice"},
    {" alice sends GET /\n expects status=200 clause=X-1",
     "5:28: unknown clause \"X-1\""},
    {" alice sends GET /{nobody}", "4:19: unknown name in braces "
                                   "\"nobody\""},
    {" alice sends GET /{alise}", "4:19: unknown name in braces \"alise\"; "
                                  "did you mean \"alice\"?"},
    {" alice sends GET /{alice.curs.x}",
     "4:19: expected {NAME}, {NAME.user} or {NAME.cursor.COLLECTION}"},
    {" alice sends GET /{app.x}", "4:19: unknown name in braces \"app\""},
    {" alice sends GET / /", "4:20: \"/\" is too much"},
    {" alice sends", "4:2: sends needs more"},
    {" alice bob sends GET /", "4:2: one client at a time sends"},
    {" alice sends GET / client=dave", "4:27: unknown client \"dave\""},
    {" alice sends GET / times=0", "4:26: times: expected 1 to 100000, not "
                                   "\"0\""},
    {" alice sends GET / header.=x", "4:20: unknown option \"header.\"; did "
                                     "you mean \"header.\"?"},
};

START_TEST(faults_are_told)
{
    const char *error =
        step_error(arena_printf(&arena, "%s\n", faults[_i].lines).p);
    ck_assert_msg(str_starts(str_of(error), str_of(faults[_i].error)),
                  "got  %s\nwant %s", error, faults[_i].error);
}
END_TEST

Suite *suite_sends(void)
{
    Suite *suite = suite_create("sends");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, method_and_target);
    tcase_add_test(tests, targets_may_be_quoted_and_have_spells);
    tcase_add_test(tests, all_names_in_braces);
    tcase_add_test(tests, bodies_keep_their_blanks);
    tcase_add_test(tests, an_empty_body_is_a_body);
    tcase_add_test(tests, bodies_have_spells);
    tcase_add_test(tests, large_bodies);
    tcase_add_test(tests, large_bodies_are_made_later);
    tcase_add_test(tests, newlines_of_each_stay_in_their_line);
    tcase_add_test(tests, each_values_may_bring_any_character);
    tcase_add_test(tests, expectations_belong_to_the_last_sends);
    tcase_add_test(tests, alternatives_follow_what_they_replace);
    tcase_add_test(tests, contents_may_be_asked_for_twice);
    tcase_add_loop_test(tests, faults_are_told, 0, COUNT(faults));
    suite_add_tcase(suite, tests);
    return suite;
}
