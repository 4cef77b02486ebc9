/* SPDX-License-Identifier: MIT */
/* test_header - the lines at column 1. */
#include "base/limits.h"
#include "protocol/dialect.h"
#include "tests/scenario/suites.h"

static const struct scenario *with(const char *headers)
{
    return parse_one(arena_printf(&arena,
                                  "scenario \"claim\"\nclients alice bob\n%s\n"
                                  "        alice syncs\n",
                                  headers)
                         .p);
}

/* The message for a header behind two others. */
static const char *error_of(const char *headers)
{
    return parse_error(arena_printf(&arena,
                                    "scenario \"claim\"\nclients alice bob\n"
                                    "%s\n        alice syncs\n",
                                    headers)
                           .p);
}

START_TEST(defaults)
{
    const struct scenario *s = with("");
    assert_text(s->file, "t.sync");
    assert_text(s->name, "claim");
    assert_text(s->variant, "");
    ck_assert_uint_eq(s->line, 1);
    ck_assert_uint_eq(s->index, 1);
    ck_assert_uint_eq(s->worlds, WORLD_VIRTUAL | WORLD_WIRE);
    ck_assert_uint_eq(s->dialects, DIALECT_V1 | DIALECT_V2);
    ck_assert(!s->timers && !s->restartable && !s->repeated_values);
    ck_assert(!s->alone);
    assert_text(s->strategy, "field-level-lww");
    ck_assert_int_eq(s->latency_low_ms, 20);
    ck_assert_int_eq(s->latency_high_ms, 20);
    ck_assert_int_eq(s->server_low_ms, 0);
    ck_assert_int_eq(s->server_high_ms, 0);
    ck_assert_int_eq(s->page_size, 0);
    ck_assert_uint_eq(s->planted.n + s->caught_by.n + s->caught_clause.n, 0);
    ck_assert_uint_eq(s->cover_count + s->source_count, 0);
    ck_assert_uint_eq(s->collection_count + s->onboarding_count, 0);
}
END_TEST

START_TEST(settings)
{
    const struct scenario *s =
        with("worlds virtual\ndialect v2\ntimers on\nstrategy server-wins\n"
             "values repeated\nneeds restart\nalone\npage 10\nlatency 5ms..2s\n"
             "takes 0ms..40ms # slow\n"
             "plants server:cursor-goes-back\n"
             "caught by=cursors clause=CURSOR-3\n");
    ck_assert_uint_eq(s->worlds, WORLD_VIRTUAL);
    ck_assert_uint_eq(s->dialects, DIALECT_V2);
    ck_assert(s->timers && s->restartable && s->repeated_values);
    ck_assert(s->alone);
    assert_text(s->strategy, "server-wins");
    ck_assert_int_eq(s->page_size, 10);
    ck_assert_int_eq(s->latency_low_ms, 5);
    ck_assert_int_eq(s->latency_high_ms, 2000);
    ck_assert_int_eq(s->server_low_ms, 0);
    ck_assert_int_eq(s->server_high_ms, 40);
    assert_text(s->planted, "server:cursor-goes-back");
    assert_text(s->caught_by, "cursors");
    assert_text(s->caught_clause, "CURSOR-3");
}
END_TEST

START_TEST(settings_may_say_the_default)
{
    const struct scenario *s = with("worlds both\ndialect both\ntimers off\n"
                                    "strategy field-level-lww\n");
    ck_assert_uint_eq(s->worlds, WORLD_VIRTUAL | WORLD_WIRE);
    ck_assert_uint_eq(s->dialects, DIALECT_V1 | DIALECT_V2);
    ck_assert(!s->timers);
    assert_text(with("worlds wire\n")->strategy, "field-level-lww");
    ck_assert_uint_eq(with("worlds wire\n")->worlds, WORLD_WIRE);
    ck_assert_uint_eq(with("dialect v1\n")->dialects, DIALECT_V1);
}
END_TEST

START_TEST(covers_and_sources_add_up)
{
    const struct scenario *s =
        with("covers PUSH-4 QUEUE-1\nsource rxdb#6292 pubkey/rxdb#1\n"
             "covers QUEUE-3\nsource ode#404 # x#1\n");
    ck_assert_uint_eq(s->cover_count, 3);
    assert_text(s->covers[0], "PUSH-4");
    assert_text(s->covers[2], "QUEUE-3");
    ck_assert_uint_eq(s->source_count, 3);
    assert_text(s->sources[1], "pubkey/rxdb#1");
    assert_text(s->sources[2], "ode#404");
}
END_TEST

START_TEST(clients_have_options_by_line)
{
    const struct scenario *s =
        with("clients mallory oscar user=mallory app=\"my calendar\" guest\n"
             "clients off offline\n"
             "clients tab1 tab2 tab=mallory offline\n");
    ck_assert_uint_eq(s->client_count, 7);
    assert_text(s->clients[0].user, "user");
    assert_text(s->clients[0].app, "app");
    assert_text(s->clients[3].name, "oscar");
    assert_text(s->clients[3].user, "mallory");
    assert_text(s->clients[3].app, "my calendar");
    ck_assert(s->clients[3].guest && !s->clients[3].offline);
    ck_assert(s->clients[4].offline && !s->clients[4].guest);
    assert_text(s->clients[6].tab_of, "mallory");
    assert_text(s->clients[6].user, "mallory");
    assert_text(s->clients[6].app, "my calendar");
    ck_assert(s->clients[6].offline && !s->clients[6].guest);
    ck_assert_uint_eq(s->clients[6].line, 5);
    ck_assert_uint_eq(s->clients[6].column, 14);
}
END_TEST

START_TEST(collections_have_fields)
{
    const struct scenario *s =
        with("collection tasks title:text done:bool n:number j:json t:time "
             "x:any\ncollection notes\n");
    ck_assert_uint_eq(s->collection_count, 2);
    assert_text(s->collections[0].name, "tasks");
    ck_assert_uint_eq(s->collections[0].field_count, 6);
    assert_text(s->collections[0].fields[5].name, "x");
    assert_text(s->collections[0].fields[5].type, "any");
    ck_assert_uint_eq(s->collections[1].field_count, 0);
}
END_TEST

START_TEST(without_collections_those_that_are_named_exist)
{
    const struct scenario *s =
        parse_one("scenario \"c\"\nclients alice\n"
                  "onboarding lists/inbox\n"
                  "        alice inserts tasks/1\n"
                  "        alice pulls notes\n"
                  "        alice lacks tasks/2 more/1\n"
                  "        storm writes writers=2 changes=2 collection=s\n"
                  "        alice sends GET /x?since={alice.cursor.cur}\n");
    static const char *const names[] = {"lists", "tasks", "notes",
                                        "more",  "s",     "cur"};
    ck_assert_uint_eq(s->collection_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_text(s->collections[i].name, names[i]);
        ck_assert_uint_eq(s->collections[i].field_count, 0);
    }
}
END_TEST

START_TEST(onboarding_records)
{
    const struct scenario *s = with("collection tasks title:text\n"
                                    "onboarding tasks/welcome title=\"Hi\"\n"
                                    "onboarding tasks/\"the second\"\n");
    ck_assert_uint_eq(s->onboarding_count, 2);
    const struct step *step = &s->onboarding[0];
    ck_assert_int_eq(step->verb->id, VERB_INSERTS);
    assert_text(step->words[0].value, "tasks/welcome");
    assert_text(step->fields[0].key, "title");
    assert_text(step->fields[0].json, "\"Hi\"");
    ck_assert_uint_eq(step->line, 4);
    assert_text(s->onboarding[1].words[0].value, "tasks/the second");
}
END_TEST

static const struct {
    const char *headers, *error;
} faults[] = {
    {"covers PUSH-4\ncovers PUSH-4", "4:8: clause PUSH-4 is there twice"},
    {"source #12", "3:11: expected more, as in: source "
                   "firebase-android-sdk#8440 ode#404"},
    {"source a#", "3:8: \"a#\" is not a report: expected REPOSITORY#NUMBER"},
    {"source a#0", "3:8: \"a#0\" is not a report: expected "
                   "REPOSITORY#NUMBER"},
    {"source a#1x", "3:8: \"a#1x\" is not a report: expected "
                    "REPOSITORY#NUMBER"},
    {"clients", "3:8: expected more, as in: clients mallory user=mallory "
                "app=calendar guest offline"},
    {"clients guest", "3:14: expected more, as in: clients mallory "
                      "user=mallory app=calendar guest offline"},
    {"clients a.b", "3:9: \"a.b\" is not a client's name: expected letters, "
                    "digits, _ and -"},
    {"clients \"a\"", "3:9: \"a\" is not a client's name: expected letters, "
                      "digits, _ and -"},
    {"clients everyone", "3:9: \"everyone\" cannot name a client: the word "
                         "is taken"},
    {"clients app", "3:9: \"app\" cannot name a client: the word is taken"},
    {"clients x user!=y", "3:11: expected = here"},
    {"clients x user=a user=b", "3:18: \"user=b\" is there twice"},
    {"clients x tab=alice tab=bob", "3:21: \"tab=bob\" is there twice"},
    {"clients x tab=alice app=b", "3:1: a tab has its device's user and app: "
                                  "leave out user= and app="},
    {"clients x Offline offlin", NULL},
    {"collection", "3:11: expected more, as in: collection tasks title:text "
                   "done:bool"},
    {"collection 1x", "3:12: \"1x\" is not a collection's name: expected "
                      "letters, digits, _ - and ."},
    {"collection t a:text=1", "3:16: unknown type \"text=1\"; did you mean "
                              "\"text\"?"},
    {"collection t a=b", "3:14: expected a field as name:type, not \"a=b\""},
    {"collection t :text", "3:14: expected a field as name:type, not "
                           "\":text\""},
    {"collection t a:", "3:16: unknown type \"\"; expected one of text, "
                        "number, bool, json, time, any"},
    {"onboarding tasks/1 a=1 @10:00:00", "3:1: onboarding takes no @TIME"},
    {"onboarding tasks", "3:12: \"tasks\" is not a record: expected "
                         "COLLECTION/ID, as tasks/1 or tasks/\"any id\""},
    {"onboarding tasks/1\ncollection tasks",
     "4:12: collection \"tasks\" is there twice"},
    {"onboarding tasks/1\ncollection notes",
     "4:1: collection comes before onboarding"},
    {"timers", "3:7: expected more, as in: timers on"},
    {"timers on off", "3:11: \"off\" is too much here, expected as in: "
                      "timers on"},
    {"timers=on", "3:1: unknown header \"timers=on\"; did you mean "
                  "\"timers\"?"},
    {"values unique", "3:8: unknown value of values \"unique\"; expected one "
                      "of repeated"},
    {"page", "3:5: expected more, as in: page 10"},
    {"page many", "3:6: expected a number of changes from 1 to 100000, not "
                  "\"many\""},
    {"page 100001", "3:6: expected a number of changes from 1 to 100000, not "
                    "\"100001\""},
    {"latency -5ms", "3:9: expected a duration as 20ms, or two as "
                     "5ms..80ms, not \"-5ms\""},
    {"plants server:", "3:8: expected server:BUG or client:BUG, not "
                       "\"server:\""},
    {"caught by=x clause=y", "3:20: unknown clause \"y\"; expected as "
                             "PUSH-4"},
    {"caught by=x by=y", "3:13: \"by=y\" is there twice"},
    {"caught by=1 clause=PUSH-4", "3:11: expected the name of a checker"},
    {"caught x", "3:8: expected by=CHECKER clause=ID, not \"x\""},
    {"caught who=x", "3:8: expected by=CHECKER clause=ID, not \"who=x\""},
    {"alone yes", "3:7: \"yes\" is too much here, expected as in: alone"},
    {"frobnicate", "3:1: unknown header \"frobnicate\"; expected one of "
                   "scenario, covers, source, clients, collection, each, "
                   "onboarding, worlds, dialect, timers, strategy, values, "
                   "needs, alone, page, latency, takes, plants, caught"},
    {"everyone syncs", "3:1: a step must be indented: put blanks in front"},
    {"bob syncs", "3:1: a step must be indented: put blanks in front"},
    {"expects status=2", "3:1: a step must be indented: put blanks in "
                         "front"},
    {"timers \"on", "3:8: this string is never closed: expected \""},
};

START_TEST(faults_are_told)
{
    if (!faults[_i].error) {
        ck_assert_uint_eq(with(faults[_i].headers)->client_count, 5);
        return;
    }
    const char *error = error_of(faults[_i].headers);
    ck_assert_msg(str_starts(str_of(error), str_of(faults[_i].error)),
                  "got  %s\nwant %s", error, faults[_i].error);
}
END_TEST

/* Every header that may be there once is refused the second time. */
START_TEST(single_headers_are_single)
{
    static const char *const lines[] = {
        "worlds wire",   "dialect v1",  "timers on", "strategy client-wins",
        "page 1",        "latency 1ms", "takes 1ms", "values repeated",
        "needs restart", "alone"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct str word = str_of(lines[i]);
        word = str_take(word, str_find(word, ' '));
        const char *error =
            error_of(arena_printf(&arena, "%s\n%s\n", lines[i], lines[i]).p);
        assert_text(str_of(error),
                    arena_printf(&arena,
                                 "4:1: %.*s is already there, in line 3",
                                 STR_ARG(word))
                        .p);
    }
}
END_TEST

START_TEST(the_end_of_a_scenario_is_checked)
{
    ck_assert_str_eq(parse_error("scenario \"c\"\n"),
                     "1:1: this scenario has no clients: expected a line as "
                     "clients alice bob");
    ck_assert_str_eq(parse_error("\nscenario \"c\"\nclients a1\n"),
                     "2:1: this scenario has no steps");
    ck_assert_str_eq(
        error_of("plants client:x\n"),
        "3:1: plants without caught: expected a line as caught by=cursors "
        "clause=CURSOR-3");
}
END_TEST

START_TEST(line_ends_do_not_matter)
{
    const struct scenario *unix_like =
        parse_one("scenario \"c\"\nclients a1\n\n a1 sends POST /\n | x\n");
    const struct scenario *dos =
        parse_one("scenario \"c\"\r\nclients a1\r\n\r\n a1 sends POST /\r\n"
                  " | x\r\n");
    const struct scenario *cut =
        parse_one("scenario \"c\"\nclients a1\n\n a1 sends POST /\n | x");
    assert_same(dump(dos), dump(unix_like));
    assert_same(dump(cut), dump(unix_like));
}
END_TEST

START_TEST(scenarios_are_appended_to_a_list)
{
    struct scenario_list list =
        parse_all(STR("scenario \"one\"\nclients a1\n a1 syncs\n"));
    struct err err;
    ck_assert_int_eq(
        scenario_parse(STR("u.sync"),
                       STR("scenario \"two\"\nclients a1\n a1 syncs\n"), &arena,
                       &list, &err),
        ST_OK);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_uint_eq(list.items[1].index, 1);
    assert_text(list.items[1].file, "u.sync");
    ck_assert_int_eq(scenario_parse(STR("v.sync"),
                                    STR("scenario \"three\"\nclients a1\n"
                                        " a1 syncs\nscenario\n"),
                                    &arena, &list, &err),
                     ST_SYNTAX);
    ck_assert_uint_eq(list.count, 2);
    assert_text(list.items[0].name, "one");
    assert_text(list.items[1].name, "two");
}
END_TEST

Suite *suite_header(void)
{
    Suite *suite = suite_create("header");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, defaults);
    tcase_add_test(tests, settings);
    tcase_add_test(tests, settings_may_say_the_default);
    tcase_add_test(tests, covers_and_sources_add_up);
    tcase_add_test(tests, clients_have_options_by_line);
    tcase_add_test(tests, collections_have_fields);
    tcase_add_test(tests, without_collections_those_that_are_named_exist);
    tcase_add_test(tests, onboarding_records);
    tcase_add_loop_test(tests, faults_are_told, 0, COUNT(faults));
    tcase_add_test(tests, single_headers_are_single);
    tcase_add_test(tests, the_end_of_a_scenario_is_checked);
    tcase_add_test(tests, line_ends_do_not_matter);
    tcase_add_test(tests, scenarios_are_appended_to_a_list);
    suite_add_tcase(suite, tests);
    return suite;
}
