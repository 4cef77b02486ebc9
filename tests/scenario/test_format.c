/* SPDX-License-Identifier: MIT */
/* test_format - columns, and nothing but columns. */
#include "tests/scenario/suites.h"

static struct str formatted(struct str text)
{
    struct buf out;
    struct err err = {.status = ST_OK};
    buf_init(&out, (size_t)16 << 20);
    enum status status = scenario_format(STR("t.sync"), text, &out, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    struct str result = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return result;
}

static void check(const char *text, const char *expected)
{
    struct str result = formatted(str_of(text));
    assert_text(result, expected);
    assert_same(formatted(result), result);
    struct scenario_list before = parse_all(str_of(text));
    struct scenario_list after = parse_all(result);
    assert_same(dump_all(&after), dump_all(&before));
}

START_TEST(the_examples_are_formatted)
{
    static const char *const files[] = {"tests/scenario/lost_response.sync",
                                        "tests/scenario/unknown_op.sync"};
    for (size_t i = 0; i < 2; i++) {
        struct str text = file_text(files[i]);
        assert_same(formatted(text), text);
    }
}
END_TEST

START_TEST(columns)
{
    check("scenario    \"c\"\n"
          "clients alice   bob\n"
          "collection tasks title:text   done:bool\n"
          "covers PUSH-4\n"
          " alice inserts tasks/1   title=\"a  b\"   done=false\n"
          "\t+2s everyone  settles\n"
          "+1500ms net drops response to=alice\n"
          "+15000ms bob syncs\n",
          "scenario \"c\"\n"
          "clients    alice bob\n"
          "collection tasks title:text done:bool\n"
          "covers     PUSH-4\n"
          "        alice    inserts tasks/1 title=\"a  b\" done=false\n"
          "+2s     everyone settles\n"
          "+1500ms net      drops   response to=alice\n"
          "+15000ms bob      syncs\n");
}
END_TEST

START_TEST(wide_columns)
{
    check("scenario \"c\"\n"
          "clients alice bob carol\n"
          " alice bob carol reinstalls\n"
          " net duplicates request\n"
          " bob syncs\n",
          "scenario \"c\"\n"
          "clients alice bob carol\n"
          "        alice bob carol reinstalls\n"
          "        net             duplicates request\n"
          "        bob             syncs\n");
}
END_TEST

START_TEST(very_long_lists_do_not_push_the_column)
{
    check("scenario \"c\"\n"
          "clients alice123456 bob1234567 carol123456\n"
          " alice123456 bob1234567 carol123456 syncs gets=ok\n"
          " bob1234567 syncs gets=ok\n",
          "scenario \"c\"\n"
          "clients alice123456 bob1234567 carol123456\n"
          "        alice123456 bob1234567 carol123456 syncs   gets=ok\n"
          "        bob1234567 syncs   gets=ok\n");
}
END_TEST

START_TEST(each_scenario_has_its_own_widths)
{
    check("scenario \"c\"\nclients alice\ncollection t\n alice undeletes t/1\n"
          "\n\n# next\nscenario \"d\"\nclients alice\ntimers on\n"
          " alice syncs gets=ok\n",
          "scenario \"c\"\n"
          "clients    alice\n"
          "collection t\n"
          "        alice    undeletes t/1\n"
          "\n"
          "\n"
          "# next\n"
          "scenario \"d\"\n"
          "clients alice\n"
          "timers  on\n"
          "        alice    syncs   gets=ok\n");
}
END_TEST

START_TEST(comments_stay)
{
    check("# top  of it  \n"
          "\n"
          "scenario \"c\" # the claim\n"
          "clients alice  #x\n"
          "  # indented\n"
          "        alice syncs      # behind   \n"
          "#left\n"
          "        alice has pending=0 #no\n"
          "                             # far\n",
          "# top  of it\n"
          "\n"
          "scenario \"c\"  # the claim\n"
          "clients alice  #x\n"
          "        # indented\n"
          "        alice    syncs  # behind\n"
          "#left\n"
          "        alice    has     pending=0  #no\n"
          "        # far\n");
}
END_TEST

START_TEST(bodies_keep_their_bytes)
{
    check("scenario \"c\"\nclients alice\n"
          " alice sends POST   /sync/{app} times=2\n"
          "   | {\"a\":   [1,\n"
          "   |   2]}  \n"
          "   |\n"
          "   |tight # x\n"
          "   expects   status=400   body~=\"a  b\"\n"
          "  or  status=4xx    grade=info # as well\n",
          "scenario \"c\"\nclients alice\n"
          "        alice    sends   POST /sync/{app} times=2\n"
          "        | {\"a\":   [1,\n"
          "        |   2]}  \n"
          "        |\n"
          "        | tight # x\n"
          "        expects  status=400 body~=\"a  b\"\n"
          "        or       status=4xx grade=info  # as well\n");
}
END_TEST

START_TEST(live_channels)
{
    check("scenario \"c\"\nclients alice\ncollection tasks\n"
          " alice connects   /ws/{app}   auth=no\n"
          "  expects   status=101\n"
          " alice says\n"
          "   | {\"type\":   \"ping\"}\n"
          " alice hears   pong   # soon\n"
          "+1s alice disconnects\n"
          " net  cuts message   to=alice\n",
          "scenario \"c\"\n"
          "clients    alice\n"
          "collection tasks\n"
          "        alice    connects    /ws/{app} auth=no\n"
          "        expects  status=101\n"
          "        alice    says\n"
          "        | {\"type\":   \"ping\"}\n"
          "        alice    hears       pong  # soon\n"
          "+1s     alice    disconnects\n"
          "        net      cuts        message to=alice\n");
}
END_TEST

START_TEST(values_keep_their_blanks)
{
    check("scenario \"c\"\nclients alice\n"
          " alice inserts t/\"a  b\"   l=[1,   2]   o={\"a\":  1}\n",
          "scenario \"c\"\nclients alice\n"
          "        alice    inserts t/\"a  b\" l=[1,   2] o={\"a\":  1}\n");
}
END_TEST

START_TEST(each_lines)
{
    check("scenario \"{OP} {N}\"\neach OP   =   \"a  b\"   c\neach N=1 2\n"
          "clients alice\n alice syncs\n",
          "scenario \"{OP} {N}\"\n"
          "each    OP = \"a  b\" c\n"
          "each    N=1 2\n"
          "clients alice\n"
          "        alice    syncs\n");
}
END_TEST

START_TEST(actors_that_come_by_each)
{
    check("scenario \"c\"\neach W = alice everyone\neach V = pushes syncs\n"
          "clients alice bob\n {W} {V} gets=ok\n bob {V}\n",
          "scenario \"c\"\n"
          "each    W = alice everyone\n"
          "each    V = pushes syncs\n"
          "clients alice bob\n"
          "        {W}      {V}     gets=ok\n"
          "        bob      {V}\n");
}
END_TEST

START_TEST(line_ends)
{
    check("scenario \"c\"\r\nclients alice\r\n\r\n alice sends POST /\r\n"
          " | x\r\n\r\n\r\n",
          "scenario \"c\"\nclients alice\n\n"
          "        alice    sends   POST /\n"
          "        | x\n");
    check("scenario \"c\"\nclients alice\n alice syncs",
          "scenario \"c\"\nclients alice\n        alice    syncs\n");
}
END_TEST

START_TEST(what_does_not_parse_is_left_alone)
{
    struct buf out;
    struct err err = {.status = ST_OK};
    buf_init(&out, 1024);
    ck_assert_int_eq(
        scenario_format(STR("t.sync"), STR("scenario \"c\"\n"), &out, &err),
        ST_SYNTAX);
    ck_assert_str_eq(err.text,
                     "t.sync:1:1: this scenario has no clients: expected a "
                     "line as clients alice bob");
    ck_assert_uint_eq(out.n, 0);
    buf_free(&out);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_is_told)
{
    struct buf out;
    struct err err = {.status = ST_OK};
    buf_init(&out, 30);
    ck_assert_int_eq(
        scenario_format(STR("t.sync"),
                        STR("scenario \"c\"\nclients a\n a syncs\n"), &out,
                        &err),
        ST_LIMIT);
    ck_assert_str_eq(err.text, "t.sync: formatted it is over 30 bytes");
    buf_free(&out);
}
END_TEST

Suite *suite_format(void)
{
    Suite *suite = suite_create("format");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, the_examples_are_formatted);
    tcase_add_test(tests, columns);
    tcase_add_test(tests, wide_columns);
    tcase_add_test(tests, very_long_lists_do_not_push_the_column);
    tcase_add_test(tests, each_scenario_has_its_own_widths);
    tcase_add_test(tests, comments_stay);
    tcase_add_test(tests, bodies_keep_their_bytes);
    tcase_add_test(tests, live_channels);
    tcase_add_test(tests, values_keep_their_blanks);
    tcase_add_test(tests, each_lines);
    tcase_add_test(tests, actors_that_come_by_each);
    tcase_add_test(tests, line_ends);
    tcase_add_test(tests, what_does_not_parse_is_left_alone);
    tcase_add_test(tests, a_buffer_that_is_too_small_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
