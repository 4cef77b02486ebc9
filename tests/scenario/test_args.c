/* SPDX-License-Identifier: MIT */
/* test_args - words, options and fields behind a verb. */
#include "base/limits.h"
#include "tests/scenario/suites.h"

static const struct step *step_of(const char *line)
{
    return parse_step(arena_printf(&arena, " %s\n", line).p, 0);
}

static const struct arg *option_of(const char *line, const char *key)
{
    const struct arg *arg = step_option(step_of(line), key);
    ck_assert_msg(arg != NULL, "no %s in %s", key, line);
    return arg;
}

static const struct {
    const char *word, *value;
} refs[] = {
    {"tasks/1", "tasks/1"},
    {"tasks/a/b", "tasks/a/b"},
    {"tasks/..", "tasks/.."},
    {"tasks/a=b", "tasks/a=b"},
    {"tasks/a#b", "tasks/a#b"},
    {"tasks/\xc3\xa9", "tasks/\xc3\xa9"},
    {"tasks/{x}", "tasks/{x}"},
    {"tasks/\"a b\"", "tasks/a b"},
    {"tasks/\"a\\\"\\u0041/\\n\"", "tasks/a\"A/\n"},
    {"my.tasks-1/x", "my.tasks-1/x"},
};

START_TEST(references)
{
    const struct step *step =
        step_of(arena_printf(&arena, "alice deletes %s x/1", refs[_i].word).p);
    ck_assert_uint_eq(step->word_count, 2);
    assert_text(step->words[0].value, refs[_i].value);
    assert_text(step->words[1].value, "x/1");
}
END_TEST

static const struct {
    const char *field, *key, *json;
} fields[] = {
    {"title=\"Buy milk\"", "title", "\"Buy milk\""},
    {"title=\"\"", "title", "\"\""},
    {"title=\"\\u00e9\\/\"", "title", "\"\xc3\xa9/\""},
    {"n=1", "n", "1"},
    {"n=-0.50", "n", "-0.5"},
    {"n=1E3", "n", "1000"},
    {"n=9007199254740993", "n", "9007199254740993"},
    {"b=true", "b", "true"},
    {"b=false", "b", "false"},
    {"x=null", "x", "null"},
    {"l=[]", "l", "[]"},
    {"l=[1, \"a b\", [ ]]", "l", "[1,\"a b\",[]]"},
    {"o={\"b\": 1, \"a\": {}}", "o", "{\"a\":{},\"b\":1}"},
    {"\"a b\"=1", "a b", "1"},
    {"\"\"=1", "", "1"},
    {"\"__proto__\"=1", "__proto__", "1"},
    {"a.b=1", "a.b", "1"},
};

START_TEST(field_values_are_canonical_json)
{
    const struct step *step = step_of(
        arena_printf(&arena, "alice inserts tasks/1 %s", fields[_i].field).p);
    ck_assert_uint_eq(step->field_count, 1);
    assert_text(step->fields[0].key, fields[_i].key);
    assert_text(step->fields[0].json, fields[_i].json);
}
END_TEST

START_TEST(text_keeps_both_forms)
{
    const struct step *step = step_of("alice inserts tasks/1 t=\"a\\tb\" n=10");
    assert_text(step->fields[0].value, "a\tb");
    ck_assert(step->fields[0].quoted);
    assert_text(step->fields[1].value, "10");
    ck_assert(!step->fields[1].quoted);
    ck_assert_uint_eq(step->fields[0].column, 24);
}
END_TEST

START_TEST(quoted_names_are_fields)
{
    const struct step *step =
        step_of("alice queries tasks gives=\"1\" limit=2 \"limit\"=3");
    ck_assert_uint_eq(step->option_count, 2);
    ck_assert_uint_eq(step->field_count, 1);
    assert_text(step->fields[0].key, "limit");
    assert_text(step->fields[0].json, "3");
}
END_TEST

START_TEST(declared_fields_are_checked_unless_quoted)
{
    const char *head = "scenario \"c\"\nclients alice\n"
                       "collection t a:text n:number b:bool j:json w:time "
                       "x:any\n";
    static const char *const good[] = {"a=\"x\"",
                                       "n=1",
                                       "n=-1",
                                       "b=true",
                                       "j=[1]",
                                       "w=\"2026-01-01T00:00:00Z\"",
                                       "x=1",
                                       "x=\"y\"",
                                       "a=null",
                                       "b=null",
                                       "deletedAt=null",
                                       "id=\"t\"",
                                       "createdAt=\"x\"",
                                       "updatedAt=1",
                                       "\"zz\"=1",
                                       "\"a\"=1"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        parse_one(
            arena_printf(&arena, "%s alice inserts t/1 %s\n", head, good[i]).p);
    }
    static const struct {
        const char *field, *error;
    } bad[] = {
        {"a=1", "4:22: a is declared as text, not \"1\""},
        {"n=\"1\"", "4:22: n is declared as number, not \"1\""},
        {"n=true", "4:22: n is declared as number, not \"true\""},
        {"b=0", "4:22: b is declared as bool, not \"0\""},
        {"w=\"10:00\"", "4:22: w is declared as time, not \"10:00\""},
        {"w=5", "4:22: w is declared as time, not \"5\""},
        {"zz=5", "4:20: unknown field \"zz\"; expected one of a, n, b, j, w, "
                 "x"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_text(str_of(parse_error(arena_printf(&arena,
                                                    "%s alice inserts t/1 "
                                                    "%s\n",
                                                    head, bad[i].field)
                                           .p)),
                    bad[i].error);
    }
}
END_TEST

START_TEST(sees_knows_absent_and_not)
{
    const struct step *step =
        step_of("bob sees tasks/1 a=absent b!=\"x\" c=\"absent\" d!=\"y\" "
                "d!=\"z\" deleted=yes clause=FID-3");
    ck_assert_uint_eq(step->field_count, 5);
    assert_text(step->fields[0].value, "absent");
    assert_text(step->fields[0].json, "");
    ck_assert_int_eq(step->fields[1].op, ARG_NE);
    assert_text(step->fields[2].json, "\"absent\"");
    assert_text(step_option(step, "deleted")->value, "yes");
    assert_text(step->clause, "FID-3");
}
END_TEST

START_TEST(options_are_parsed_by_their_kind)
{
    const char *delays = "net delays response by=2s jitter=250ms to=bob "
                         "count=3 skip=1 chance=2.5% path=\"/pull\"";
    ck_assert_int_eq(option_of(delays, "by")->ms, 2000);
    ck_assert_int_eq(option_of(delays, "jitter")->ms, 250);
    ck_assert_int_eq(option_of(delays, "to")->ms, 1);
    ck_assert_int_eq(option_of(delays, "count")->ms, 3);
    ck_assert_int_eq(option_of(delays, "chance")->ms, 25);
    assert_text(option_of(delays, "path")->value, "/pull");
    assert_text(option_of(delays, "count")->json, "3");
    ck_assert_ptr_null(step_option(step_of(delays), "from"));
    ck_assert_int_eq(option_of("alice pushes gets=503", "gets")->ms, 503);
    ck_assert_int_eq(option_of("alice pushes gets=ok", "gets")->ms, 0);
    ck_assert_int_eq(option_of("clock skews alice bob by=-5m", "by")->ms,
                     -300000);
    ck_assert_int_eq(option_of("net drops request chance=100%", "chance")->ms,
                     1000);
    ck_assert_int_eq(option_of("alice sends GET / client=none", "client")->ms,
                     -1);
    ck_assert_int_eq(option_of("alice sends GET / client=carol", "client")->ms,
                     2);
    assert_text(
        option_of("alice sends GET / header.X-Y=\"a b\"", "header.X-Y")->value,
        "a b");
    ck_assert_int_eq(option_of("alice has pending<=2", "pending")->op, ARG_LE);
    ck_assert_int_eq(option_of("alice has status!=error", "status")->op,
                     ARG_NE);
    assert_text(option_of("alice queries t gives=\"\"", "gives")->value, "");
    assert_text(option_of("alice queries t gives=1,2", "gives")->value, "1,2");
}
END_TEST

START_TEST(a_number_may_have_two_bounds)
{
    const struct step *step = step_of("alice has requests>=1 requests<=3");
    ck_assert_uint_eq(step->option_count, 2);
}
END_TEST

START_TEST(clients_behind_a_verb)
{
    const struct step *step = step_of("clock steps carol alice by=1s");
    ck_assert_uint_eq(step->word_count, 2);
    ck_assert_int_eq(step->words[0].ms, 2);
    ck_assert_int_eq(step->words[1].ms, 0);
}
END_TEST

START_TEST(wall_clocks_of_edits)
{
    const struct step *step = step_of("alice updates tasks/1 @10:05:30.5 a=1");
    ck_assert(step->has_at);
    assert_text(step->at, "2026-03-27T10:05:30.500Z");
    ck_assert(!step_of("alice updates tasks/1 a=1")->has_at);
    assert_text(step_of("alice deletes tasks/1 @+5s")->at,
                "2026-03-27T10:00:05.000Z");
}
END_TEST

static const struct {
    const char *line, *error;
} faults[] = {
    {"alice inserts tasks", "4:16: \"tasks\" is not a record: expected "
                            "COLLECTION/ID, as tasks/1 or tasks/\"any id\""},
    {"alice inserts tasks/", "4:16: \"tasks/\" is not a record"},
    {"alice inserts /1", "4:16: \"\" is not a collection's name"},
    {"alice inserts tasks/\"\"", "4:22: expected an id of 1 to 4096 bytes"},
    {"alice inserts tasks/a\"b\"", "4:22: quotes go around the whole id"},
    {"alice inserts tasks/\"a\"b", "4:22: quotes go around the whole id"},
    {"alice inserts \"tasks\"/1", "4:23: expected a blank after the value"},
    {"alice inserts \"tasks/1\"", "4:16: \"tasks/1\" is not a record"},
    {"alice inserts t{}/1", "4:16: \"t{}\" is not a collection's name"},
    {"alice inserts tasks/1 a=x", "4:26: \"x\" is not a value: expected a "
                                  "number, true, false, null, [..], {..} or "
                                  "text in quotes"},
    {"alice inserts tasks/1 a=absent", "4:26: \"absent\" is not a value"},
    {"alice inserts tasks/1 a!=1", "4:24: expected = for a field here, not "
                                   "!="},
    {"alice sees tasks/1 a<=1", "4:21: expected = or != for a field here, "
                                "not <="},
    {"alice sees tasks/1 a!=absent", "4:24: \"absent\" is not a value"},
    {"alice inserts tasks/1 a=1 \"a\"=2", "4:28: field \"a\" is there twice"},
    {"alice inserts tasks/1 a=-", "4:27: not JSON: "},
    {"alice inserts tasks/1 a={\"x\":1 \"y\":2}", "4:33: not JSON: "},
    {"alice inserts tasks/1 \"\\ud800\"=1", "4:25: not JSON: "},
    {"alice inserts tasks/1 clause=QUEUE-1", NULL},
    {"alice deletes tasks/1 a=1", "4:24: deletes takes no options, so not "
                                  "\"a\""},
    {"alice deletes tasks/1 \"a\"=1", "4:24: deletes takes no fields"},
    {"alice pulls tasks notes", "4:20: \"notes\" is too much, expected as "
                                "in: alice pulls tasks"},
    {"alice counts is=1", "4:2: counts needs more"},
    {"alice counts", "4:2: counts needs more, expected as in: bob counts"},
    {"alice counts tasks", "4:2: counts needs is=, as in: bob counts tasks "
                           "is=3 done=true"},
    {"alice queries tasks", "4:2: queries needs gives="},
    {"alice clones", "4:2: clones needs from=, as in: bob clones from=alice "
                     "id=new"},
    {"clock skews by=1s", "4:2: skews needs more"},
    {"clock skews alice", "4:2: skews needs by="},
    {"clock skews alice alice by=1s", "4:20: alice is there twice"},
    {"net drops", "4:2: drops needs more"},
    {"net drops both", "4:12: unknown word \"both\"; expected one of request, "
                       "response"},
    {"net duplicates response", "4:17: unknown word \"response\"; expected "
                                "one of request"},
    {"net truncates request", "4:16: unknown word \"request\"; expected one "
                              "of response"},
    {"net answers request", "4:2: answers needs status="},
    {"net answers request status=99", "4:29: status: expected 100 to 599, "
                                      "not \"99\""},
    {"net answers request status=600", "4:29: status: expected 100 to 599, "
                                       "not \"600\""},
    {"net drops request chance=30", "4:27: expected a percentage"},
    {"net drops request chance=100.1%", "4:27: expected a percentage"},
    {"net drops request chance=2.55%", "4:27: expected a percentage"},
    {"net drops request chance=-1%", "4:27: expected a percentage"},
    {"net drops request chance=%", "4:27: expected a percentage"},
    {"net drops request count=-1", "4:26: count: expected 0 to 1000000000, "
                                   "not \"-1\""},
    {"net drops request count=\"x\"", "4:26: expected a whole number, not "
                                      "\"x\""},
    {"net drops request from=everyone", "4:25: unknown client \"everyone\""},
    {"net drops request count<=1", "4:20: count<= does not work: expected "
                                   "count with ="},
    {"alice has pending~=1", "4:12: pending~= does not work: expected "
                             "pending with = != <= or >="},
    {"alice has status=sync", "4:19: unknown value of status \"sync\""},
    {"alice has clause=QUEUE-1", "4:2: has what?"},
    {"alice has pending=0 clause!=QUEUE-1", "4:22: expected clause=ID"},
    {"alice has pending=0 clause=QUEUE-1 clause=QUEUE-1",
     "4:37: clause is there twice"},
    {"alice pushes \"gets\"=ok", "4:15: pushes takes no fields"},
    {"everyone settles within=12d", "4:26: within: expected a duration that "
                                    "is not negative and not over 11 days"},
    {"alice syncs @10:00:00", "4:14: syncs takes no @TIME"},
    {"alice deletes t/1 @10:00:00 @10:00:01", "4:30: @TIME is there twice"},
    {"alice deletes t/1 @", "4:20: \"@\" is not a time"},
    {"alice goes online offline", "4:20: \"offline\" is too much"},
    {"storm writes total=0", "4:21: total: expected 1 to 1000000, not \"0\""},
    {"storm writes server=dies", "4:22: unknown value of server \"dies\""},
    {"storm writes writers=0", "4:23: writers: expected 1 to 512, not \"0\""},
};

START_TEST(faults_are_told)
{
    const char *line = arena_printf(&arena, " %s\n", faults[_i].line).p;
    if (!faults[_i].error) { /* a verb that cannot fail has such a field */
        ck_assert_str_eq(step_error(line),
                         "4:31: \"QUEUE-1\" is not a value: expected a "
                         "number, true, false, null, [..], {..} or text in "
                         "quotes");
        return;
    }
    const char *error = step_error(line);
    ck_assert_msg(str_starts(str_of(error), str_of(faults[_i].error)),
                  "got  %s\nwant %s", error, faults[_i].error);
}
END_TEST

Suite *suite_args(void)
{
    Suite *suite = suite_create("args");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_loop_test(tests, references, 0, COUNT(refs));
    tcase_add_loop_test(tests, field_values_are_canonical_json, 0,
                        COUNT(fields));
    tcase_add_test(tests, text_keeps_both_forms);
    tcase_add_test(tests, quoted_names_are_fields);
    tcase_add_test(tests, declared_fields_are_checked_unless_quoted);
    tcase_add_test(tests, sees_knows_absent_and_not);
    tcase_add_test(tests, options_are_parsed_by_their_kind);
    tcase_add_test(tests, a_number_may_have_two_bounds);
    tcase_add_test(tests, clients_behind_a_verb);
    tcase_add_test(tests, wall_clocks_of_edits);
    tcase_add_loop_test(tests, faults_are_told, 0, COUNT(faults));
    suite_add_tcase(suite, tests);
    return suite;
}
