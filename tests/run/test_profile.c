/* SPDX-License-Identifier: MIT */
/* Profiles: their names, what a level keeps, and frozen lists, right and
 * wrong. */
#include <string.h>

#include "harness/run/embedded.h"
#include "harness/run/profile.h"
#include "tests/run/suites.h"

static struct arena arena;
static struct err err;
static struct selection selection;

/* The first clause of each case: M, S, X, and none. */
static const char cases[] = "scenario \"must\"\ncovers PUSH-2 %s\nclients a\n"
                            " a syncs\n\n"
                            "scenario \"should\"\ncovers %s\nclients a\n"
                            " a syncs\n\n"
                            "scenario \"strict\"\ncovers %s\nclients a\n"
                            " a syncs\n\n"
                            "scenario \"none\"\nclients a\n a syncs\n";

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
    err = (struct err){.status = ST_OK};
    selection = (struct selection){.files = 1};
    ck_assert_int_eq(clause_find(STR("PUSH-2"))->level, LEVEL_MUST);
    struct str text =
        arena_printf(&arena, cases, clause_of(LEVEL_STRICT),
                     clause_of(LEVEL_SHOULD), clause_of(LEVEL_STRICT));
    ck_assert_msg(scenario_parse(STR("scenarios/conformance/push/some.sync"),
                                 text, &arena, &selection.list, &err) == ST_OK,
                  "%s", err.text);
    ck_assert_uint_eq(selection.list.count, 4);
}

static void teardown(void)
{
    arena_free(&arena);
}

/* ---- names ---- */

static const struct {
    const char *name;
    enum clause_level level;
} names[] = {{"core", LEVEL_MUST},          {"full", LEVEL_SHOULD},
             {"strict", LEVEL_STRICT},      {"core-2026.1", LEVEL_MUST},
             {"full-2026.1", LEVEL_SHOULD}, {"strict-2026.1", LEVEL_STRICT}};

START_TEST(names_are_found)
{
    struct profile profile;
    bool frozen = strchr(names[_i].name, '-') != NULL;
    ck_assert_msg(profile_find(str_of(names[_i].name), &profile, &err) == ST_OK,
                  "%s", err.text);
    ck_assert_int_eq(profile.level, names[_i].level);
    ck_assert(str_is(profile.date, frozen ? "2026.1" : ""));
    ck_assert(frozen == (profile.list.n > 0));
}
END_TEST

static const struct {
    const char *name, *error;
} strangers[] = {
    {"", "no profile is named \"\"; there are core, full and strict, and"},
    {"Full", "no profile is named \"Full\""},
    {"ful", "no profile is named \"ful\""},
    {"fully", "no profile is named \"fully\""},
    {"-2026.1", "no profile is named \"-2026.1\""},
    {"other-2026.1", "no profile is named \"other-2026.1\""},
    {"full-", "no profile is frozen as \"\"; the newest is "},
    {"full-2026", "no profile is frozen as \"2026\"; the newest is "},
    {"full-2026.1.profile", "no profile is frozen as \"2026.1.profile\""},
    {"full-1999.1", "no profile is frozen as \"1999.1\"; the newest is "},
};

START_TEST(other_names_are_not)
{
    struct profile profile;
    ck_assert_int_eq(profile_find(str_of(strangers[_i].name), &profile, &err),
                     ST_NOT_FOUND);
    ck_assert_msg(strstr(err.text, strangers[_i].error) == err.text, "%s",
                  err.text);
}
END_TEST

/* ---- as the cases are ---- */

static void selects(const struct profile *profile, const char *expected)
{
    struct str text = STR("");
    ck_assert_msg(profile_select(profile, &selection, &arena, &err) == ST_OK,
                  "%s", err.text);
    for (size_t i = 0; i < selection.list.count; i++) {
        text =
            arena_printf(&arena, "%.*s%s%.*s", STR_ARG(text), i > 0 ? " " : "",
                         STR_ARG(selection.list.items[i].name));
    }
    ck_assert_str_eq(text.p, expected);
}

static const char *const by_level[] = {"must", "must should",
                                       "must should strict none"};

START_TEST(a_level_has_all_below_it)
{
    const struct profile profile = {.level = (enum clause_level)_i};
    selects(&profile, by_level[_i]);
}
END_TEST

START_TEST(ids_are_those_of_reports)
{
    const struct scenario *items = selection.list.items;
    ck_assert(str_is(profile_id(&items[0], &arena), "push/some#1"));
    ck_assert(str_is(profile_id(&items[3], &arena), "push/some#4"));
}
END_TEST

/* ---- frozen ---- */

static const struct {
    const char *list;
    enum clause_level level;
    const char *kept;
} frozen[] = {
    {"", LEVEL_STRICT, ""},
    {"# nothing yet\n\n", LEVEL_STRICT, ""},
    {"M push/some#1\nS push/some#2\nX push/some#3\n", LEVEL_MUST, "must"},
    {"M push/some#1\nS push/some#2\nX push/some#3\n", LEVEL_SHOULD,
     "must should"},
    {"M push/some#1\nS push/some#2\nX push/some#3\n", LEVEL_STRICT,
     "must should strict"},
    /* The level is that of the list, whatever the case is today. */
    {"M push/some#3\n", LEVEL_MUST, "strict"},
    {"X push/some#1\n", LEVEL_SHOULD, ""},
    /* The order is that of the cases; twice is once. */
    {"M push/some#4\nM push/some#1\nM push/some#4\n", LEVEL_MUST, "must none"},
    {"# one\nM push/some#2", LEVEL_MUST, "should"},
    {"\n# one\n\nM push/some#2\n#M push/some#3\n", LEVEL_MUST, "should"},
    /* A case of a level that is not asked for may be gone. */
    {"M push/some#1\nX push/gone#1\n", LEVEL_SHOULD, "must"},
};

static struct profile frozen_as(const char *list, enum clause_level level)
{
    return (struct profile){
        .level = level, .date = STR("1.1"), .list = str_of(list)};
}

START_TEST(a_frozen_list_is_what_it_says)
{
    const struct profile profile = frozen_as(frozen[_i].list, frozen[_i].level);
    selects(&profile, frozen[_i].kept);
}
END_TEST

static const struct {
    const char *list;
    enum status status;
    const char *error;
} wrong[] = {
    {"M push/some#1\nM push/gone#1\n", ST_NOT_FOUND,
     "the profile of 1.1 has a case that is not here: push/gone#1"},
    {"M push/some#5\n", ST_NOT_FOUND,
     "the profile of 1.1 has a case that is not here: push/some#5"},
    {"M push/some\n", ST_NOT_FOUND,
     "the profile of 1.1 has a case that is not here: push/some"},
    {"Q push/some#1\n", ST_SYNTAX,
     "the profile of 1.1, line 1: \"Q push/some#1\" is not a level (M, S or "
     "X), a blank and an id"},
    {"# one\n\nm push/some#1\n", ST_SYNTAX, "the profile of 1.1, line 3: "},
    {"M push/some#1\npush/some#2\n", ST_SYNTAX,
     "the profile of 1.1, line 2: \"push/some#2\" is not a level"},
    {"M\n", ST_SYNTAX, "the profile of 1.1, line 1: \"M\" is not"},
    {"M \n", ST_SYNTAX, "the profile of 1.1, line 1: \"M \" is not"},
    {"M  push/some#1\n", ST_SYNTAX, "the profile of 1.1, line 1: "},
    {"M\tpush/some#1\n", ST_SYNTAX, "the profile of 1.1, line 1: "},
    {" M push/some#1\n", ST_SYNTAX, "the profile of 1.1, line 1: "},
    {" # not a comment\n", ST_SYNTAX, "the profile of 1.1, line 1: "},
    {"M push/some#1 \n", ST_SYNTAX, "the profile of 1.1, line 1: "},
    {"M push/some#1\r\n", ST_SYNTAX, "the profile of 1.1, line 1: "},
    {"MM push/some#1", ST_SYNTAX, "the profile of 1.1, line 1: "},
    /* Also where its level is not asked for. */
    {"M push/some#1\nX\n", ST_SYNTAX, "the profile of 1.1, line 2: "},
};

START_TEST(a_wrong_list_is_an_error)
{
    const struct profile profile = frozen_as(wrong[_i].list, LEVEL_MUST);
    ck_assert_int_eq(profile_select(&profile, &selection, &arena, &err),
                     wrong[_i].status);
    ck_assert_msg(strstr(err.text, wrong[_i].error) == err.text, "%s",
                  err.text);
}
END_TEST

/* The lists that the program carries fit the cases that it carries. */
START_TEST(bundled_lists_are_good)
{
    const struct embedded_file *file = embedded_profiles;
    ck_assert_ptr_nonnull(file->path);
    for (; file->path; file++) {
        struct selection all = {.files = 0};
        struct profile profile = frozen_as("", LEVEL_STRICT);
        profile.list = (struct str){(const char *)file->bytes, file->size};
        ck_assert_int_eq(
            select_embedded("scenarios/conformance/", &arena, &all, &err),
            ST_OK);
        ck_assert_msg(profile_select(&profile, &all, &arena, &err) == ST_OK,
                      "%s: %s", file->path, err.text);
    }
}
END_TEST

Suite *suite_profile(void)
{
    Suite *suite = suite_create("profile");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, names_are_found, 0,
                        sizeof names / sizeof *names);
    tcase_add_loop_test(tcase, other_names_are_not, 0,
                        sizeof strangers / sizeof *strangers);
    tcase_add_loop_test(tcase, a_level_has_all_below_it, LEVEL_MUST,
                        LEVEL_STRICT + 1);
    tcase_add_test(tcase, ids_are_those_of_reports);
    tcase_add_loop_test(tcase, a_frozen_list_is_what_it_says, 0,
                        sizeof frozen / sizeof *frozen);
    tcase_add_loop_test(tcase, a_wrong_list_is_an_error, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_test(tcase, bundled_lists_are_good);
    suite_add_tcase(suite, tcase);
    return suite;
}
