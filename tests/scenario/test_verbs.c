/* SPDX-License-Identifier: MIT */
/* test_verbs - the table itself: whole, in order, true to its own parser. */
#include <string.h>

#include "harness/scenario/parse.h"
#include "protocol/clauses.h"
#include "tests/scenario/suites.h"

START_TEST(rows_are_complete)
{
    const struct verb *verb = verb_at((enum verb_id)_i);
    ck_assert_int_eq(verb->id, _i);
    ck_assert_ptr_nonnull(verb->who);
    ck_assert_ptr_nonnull(verb->name);
    ck_assert_ptr_nonnull(verb->options);
    ck_assert_ptr_nonnull(verb->clauses);
    ck_assert_msg(str_ends(str_of(verb->help), STR(".")), "%s", verb->help);
    ck_assert_int_eq(verb->words == WORDS_CHOICE || verb->words == WORDS_HEARD,
                     verb->choices != NULL);
    ck_assert(verb->everyone == false || str_is(str_of(verb->who), "client"));
    ck_assert_ptr_eq(verb_find(str_of(verb->who), str_of(verb->name)), verb);
}
END_TEST

/* A verb that can fail knows which clauses it is about; a raw request is
 * about what its scenario covers first. */
START_TEST(clauses_exist)
{
    const struct verb *verb = verb_at((enum verb_id)_i);
    struct str rest = str_of(verb->clauses);
    ck_assert_int_eq(rest.n > 0, verb->expects && verb->id != VERB_SENDS);
    while (rest.n > 0) {
        size_t end = str_find(rest, ' ');
        struct str id = str_take(rest, end);
        ck_assert_msg(clause_find(id) != NULL, "%s: %.*s", verb->name,
                      STR_ARG(id));
        rest = str_skip(rest, end + 1);
    }
}
END_TEST

static void check_options(const struct option *options, const char *owner)
{
    for (const struct option *o = options; o->name; o++) {
        ck_assert_msg(o->help && o->help[0], "%s %s", owner, o->name);
        ck_assert_int_le(o->low, o->high);
        ck_assert_ptr_eq(option_find(options, str_of(o->name)) ? o : NULL,
                         strchr(o->name, '.') ? NULL : o);
        for (const struct option *p = options; p < o; p++) {
            ck_assert_msg(strcmp(p->name, o->name) != 0, "%s %s", owner,
                          o->name);
        }
    }
}

START_TEST(options_are_complete)
{
    check_options(verb_at((enum verb_id)_i)->options,
                  verb_at((enum verb_id)_i)->name);
}
END_TEST

START_TEST(expectations_are_complete)
{
    check_options(expect_options(), "expects");
    static const char *const known[] = {"status", "gets", "changes", "body"};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_ptr_nonnull(option_find(expect_options(), str_of(known[i])));
    }
    ck_assert_ptr_nonnull(option_find(expect_options(), STR("header.a")));
    ck_assert_ptr_nonnull(option_find(expect_options(), STR("json.a.0")));
    ck_assert_ptr_null(option_find(expect_options(), STR("json")));
    ck_assert_ptr_null(option_find(expect_options(), STR("statu")));
}
END_TEST

/* Lines that open the channel that an example is about, and those below it. */
static const char *line_above(enum verb_id id)
{
    return id == VERB_FRAMES ? " everyone connects /ws/{app} via=frames\n"
           : id > VERB_CONNECTS && id <= VERB_DISCONNECTS
               ? " everyone connects /ws/{app}\n"
               : "";
}

/* The step of a line with all that it needs around it. */
static const struct step *step_around(const struct verb *verb, const char *line)
{
    const char *above = line_above(verb->id);
    const char *below = verb->id == VERB_SAYS ? " | x\n" : "";
    const struct scenario *scenario = parse_one(
        arena_printf(&arena,
                     "scenario \"claim\"\nclients alice bob carol\n"
                     "%s%s %s\n%s",
                     verb->id == VERB_HEARS ? "collection tasks\n" : "", above,
                     line, below)
            .p);
    ck_assert_uint_eq(scenario->step_count, above[0] ? 2 : 1);
    return &scenario->steps[scenario->step_count - 1];
}

START_TEST(examples_are_true)
{
    const struct verb *verb = verb_at((enum verb_id)_i);
    ck_assert_ptr_eq(step_around(verb, verb->example)->verb, verb);
}
END_TEST

START_TEST(what_everyone_may_say)
{
    const struct verb *verb = verb_at((enum verb_id)_i);
    const char *rest = strstr(verb->example, verb->name);
    if (!str_is(str_of(verb->who), "client")) {
        return;
    }
    const char *line = arena_printf(&arena, "everyone %s", rest).p;
    if (verb->everyone) {
        ck_assert_ptr_eq(step_around(verb, line)->verb, verb);
    } else {
        line = arena_printf(&arena, " %s\n", line).p;
        ck_assert_ptr_nonnull(strstr(step_error(line), "not of everyone"));
    }
}
END_TEST

START_TEST(headers_are_complete)
{
    const struct header *header = &header_all()[_i];
    ck_assert_int_eq(header->id, _i);
    ck_assert_msg(str_ends(str_of(header->help), STR(".")), "%s", header->help);
    ck_assert(lex_starts_with(str_of(header->example), header->name));
}
END_TEST

START_TEST(header_examples_are_true)
{
    const struct header *header = &header_all()[_i];
    const char *example = header->example;
    bool museum = header->id == HEADER_PLANTS || header->id == HEADER_CAUGHT;
    if (header->id == HEADER_SCENARIO) {
        parse_one(arena_printf(&arena, "%s\nclients a\n a syncs\n", example).p);
    } else if (museum) {
        parse_one(arena_printf(&arena,
                               "scenario \"c\"\nclients a\n%s\n%s\n"
                               " a syncs\n",
                               header_all()[HEADER_PLANTS].example,
                               header_all()[HEADER_CAUGHT].example)
                      .p);
    } else {
        struct scenario_list list = parse_all(arena_printf(
            &arena,
            "scenario \"c {OP}\"\n%s\nclients a\n%s"
            " a syncs\n",
            example, header->id == HEADER_EACH ? "" : "each OP = 1\n"));
        ck_assert_uint_eq(list.count, header->id == HEADER_EACH ? 3 : 1);
    }
}
END_TEST

START_TEST(finding)
{
    ck_assert_ptr_null(verb_find(STR("client"), STR("drops")));
    ck_assert_ptr_null(verb_find(STR("net"), STR("syncs")));
    ck_assert_ptr_null(verb_find(STR(""), STR("")));
    ck_assert_int_eq(verb_find(STR("server"), STR("has"))->id, VERB_SERVER_HAS);
    ck_assert(choices_have("a|bc|d", STR("bc")));
    ck_assert(choices_have("a", STR("a")));
    ck_assert(!choices_have("a|bc|d", STR("b")));
    ck_assert(!choices_have("a|bc|d", STR("a|bc")));
    ck_assert(!choices_have("a|bc|d", STR("")));
    ck_assert(!choices_have(NULL, STR("a")));
    ck_assert_ptr_null(option_find(NULL, STR("a")));
}
END_TEST

Suite *suite_verbs(void)
{
    Suite *suite = suite_create("verbs");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_loop_test(tests, rows_are_complete, 0, VERB_COUNT);
    tcase_add_loop_test(tests, clauses_exist, 0, VERB_COUNT);
    tcase_add_loop_test(tests, options_are_complete, 0, VERB_COUNT);
    tcase_add_test(tests, expectations_are_complete);
    tcase_add_loop_test(tests, examples_are_true, 0, VERB_COUNT);
    tcase_add_loop_test(tests, what_everyone_may_say, 0, VERB_COUNT);
    tcase_add_loop_test(tests, headers_are_complete, 0, HEADER_COUNT);
    tcase_add_loop_test(tests, header_examples_are_true, 0, HEADER_COUNT);
    tcase_add_test(tests, finding);
    suite_add_tcase(suite, tests);
    return suite;
}
