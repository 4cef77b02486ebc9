/* SPDX-License-Identifier: MIT */
/* test_step - who does what, and when. */
#include "tests/scenario/suites.h"

START_TEST(one_client)
{
    const struct step *step = parse_step("        bob      syncs\n", 0);
    ck_assert_int_eq(step->who_kind, WHO_CLIENTS);
    ck_assert_uint_eq(step->who_count, 1);
    ck_assert_uint_eq(step->who[0], 1);
    ck_assert_int_eq(step->verb->id, VERB_SYNCS);
    ck_assert_uint_eq(step->line, PRELUDE_LINES + 1);
    ck_assert_uint_eq(step->column, 9);
    ck_assert_int_eq(step->after_ms, 0);
    assert_text(step->text, "bob syncs");
}
END_TEST

START_TEST(several_clients_in_their_order)
{
    const struct step *step =
        parse_step("        carol  alice\tsyncs   gets=ok  # both\n", 0);
    ck_assert_int_eq(step->who_kind, WHO_CLIENTS);
    ck_assert_uint_eq(step->who_count, 2);
    ck_assert_uint_eq(step->who[0], 2);
    ck_assert_uint_eq(step->who[1], 0);
    assert_text(step->text, "carol alice syncs gets=ok");
}
END_TEST

START_TEST(everyone_is_all_of_them)
{
    const struct step *step = parse_step(" everyone pulls tasks\n", 0);
    ck_assert_int_eq(step->who_kind, WHO_EVERYONE);
    ck_assert_uint_eq(step->who_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(step->who[i], i);
    }
    ck_assert_int_eq(step->verb->id, VERB_PULLS);
}
END_TEST

static const struct {
    const char *line;
    enum who_kind who;
    enum verb_id verb;
} actors[] = {
    {" everyone settles within=60s", WHO_EVERYONE, VERB_SETTLES},
    {" everyone agrees", WHO_EVERYONE, VERB_AGREES},
    {" everyone waits", WHO_EVERYONE, VERB_WAITS},
    {" alice waits for=30s", WHO_CLIENTS, VERB_WAITS},
    {" everyone has pending=0", WHO_EVERYONE, VERB_HAS},
    {" server has pushes=1", WHO_SERVER, VERB_SERVER_HAS},
    {" alice restarts", WHO_CLIENTS, VERB_RESTARTS},
    {" server restarts", WHO_SERVER, VERB_SERVER_RESTARTS},
    {" server stops", WHO_SERVER, VERB_SERVER_STOPS},
    {" alice wipes", WHO_CLIENTS, VERB_WIPES},
    {" server wipes", WHO_SERVER, VERB_SERVER_WIPES},
    {" alice resets", WHO_CLIENTS, VERB_RESETS},
    {" net resets response", WHO_NET, VERB_NET_RESETS},
    {" net heals", WHO_NET, VERB_NET_HEALS},
    {" clock steps alice by=-1h", WHO_CLOCK, VERB_CLOCK_STEPS},
    {" storm writes writers=2 changes=3", WHO_STORM, VERB_STORM_WRITES},
};

START_TEST(the_same_word_of_another_actor_is_another_verb)
{
    const struct step *step =
        parse_step(arena_printf(&arena, "%s\n", actors[_i].line).p, 0);
    ck_assert_int_eq(step->who_kind, actors[_i].who);
    ck_assert_int_eq(step->verb->id, actors[_i].verb);
    bool clients =
        actors[_i].who == WHO_CLIENTS || actors[_i].who == WHO_EVERYONE;
    ck_assert_int_eq(step->who_count > 0, clients);
}
END_TEST

START_TEST(times_stand_in_front)
{
    ck_assert_int_eq(parse_step("+2s     alice syncs\n", 0)->after_ms, 2000);
    ck_assert_int_eq(parse_step("   +250ms alice syncs\n", 0)->after_ms, 250);
    ck_assert_int_eq(parse_step("+0ms alice syncs\n", 0)->after_ms, 0);
    ck_assert_int_eq(parse_step("+1d everyone waits\n", 0)->after_ms, 86400000);
    assert_text(parse_step("+2s     alice    syncs\n", 0)->text,
                "+2s alice syncs");
    ck_assert_uint_eq(parse_step("+2s     alice    syncs\n", 0)->column, 1);
}
END_TEST

START_TEST(comments_and_blank_lines_are_nothing)
{
    const struct scenario *s = parse_one("# before\n\n"
                                         "scenario \"c\" # behind\n"
                                         "   # indented\n"
                                         "clients alice # one\n"
                                         "\n"
                                         "        alice syncs # 1\n"
                                         "# between\n"
                                         "        alice syncs\n");
    ck_assert_uint_eq(s->line, 3);
    ck_assert_uint_eq(s->step_count, 2);
    ck_assert_uint_eq(s->steps[0].line, 7);
    ck_assert_uint_eq(s->steps[1].line, 9);
    assert_text(s->steps[0].text, "alice syncs");
}
END_TEST

static const struct {
    const char *line, *error;
} faults[] = {
    {" dave syncs", "4:2: unknown client \"dave\"; expected one of alice, "
                    "bob, carol, everyone, net, clock, server, storm"},
    {" Alice syncs", "4:2: unknown client \"Alice\"; did you mean "
                     "\"alice\"?"},
    {" everyon syncs", "4:2: unknown client \"everyon\"; did you mean "
                       "\"everyone\"?"},
    {" alice bbo carol syncs", "4:8: unknown client \"bbo\"; did you mean "
                               "\"bob\"?"},
    {" alice sync", "4:8: unknown verb \"sync\"; did you mean \"syncs\"?"},
    {" alice \"syncs\"", "4:8: unknown verb \"syncs\"; did you mean "
                         "\"syncs\"?"},
    {" everyone alice syncs", "4:11: unknown verb \"alice\""},
    {" everyone clones from=alice", "4:11: clones is said of a client, not "
                                    "of everyone"},
    {" alice settles", "4:8: settles is said of everyone, not of a client"},
    {" net syncs", "4:6: syncs is said of a client, not of net"},
    {" server agrees", "4:9: agrees is said of everyone, not of server"},
    {" clock", "4:7: expected a verb"},
    {" alice bob", "4:11: expected a verb"},
    {" clients dave", "4:2: clients is a header: it starts at column 1"},
    {" pulls tasks", "4:2: who pulls? expected a client, everyone, net, "
                     "clock, server or storm first"},
    {"+2 alice syncs", "4:1: \"+2\" is not a duration: expected as +250ms, "
                       "+2s, +5m, +1h or +1d"},
    {"+ alice syncs", "4:1: \"+\" is not a duration: expected as +250ms, "
                      "+2s, +5m, +1h or +1d"},
    {" + 2s alice syncs", "4:2: \"+\" is not a duration: expected as "
                          "+250ms, +2s, +5m, +1h or +1d"},
    {"+1s", "4:4: expected who does something after the time"},
    {" alice syncs\n+1s +1s bob syncs", "5:5: unknown client \"+1s\""},
    {" alice=1 syncs", "4:2: unknown client \"alice=1\"; did you mean "
                       "\"alice\"?"},
    {" \"alice\" syncs", "4:2: unknown client \"alice\"; did you mean "
                         "\"alice\"?"},
};

START_TEST(faults_are_told)
{
    const char *error =
        step_error(arena_printf(&arena, "%s\n", faults[_i].line).p);
    ck_assert_msg(str_starts(str_of(error), str_of(faults[_i].error)),
                  "got  %s\nwant %s", error, faults[_i].error);
}
END_TEST

Suite *suite_step(void)
{
    Suite *suite = suite_create("step");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, one_client);
    tcase_add_test(tests, several_clients_in_their_order);
    tcase_add_test(tests, everyone_is_all_of_them);
    tcase_add_loop_test(tests, the_same_word_of_another_actor_is_another_verb,
                        0, COUNT(actors));
    tcase_add_test(tests, times_stand_in_front);
    tcase_add_test(tests, comments_and_blank_lines_are_nothing);
    tcase_add_loop_test(tests, faults_are_told, 0, COUNT(faults));
    suite_add_tcase(suite, tests);
    return suite;
}
