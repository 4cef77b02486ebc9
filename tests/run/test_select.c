/* SPDX-License-Identifier: MIT */
/* Which scenarios: files, folders, filters, and what is told when nothing is
 * left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/run/suites.h"

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

#define ONE(name)                                                              \
    "scenario \"" name "\"\ncovers PUSH-4\nclients a\n\n  a syncs\n"

START_TEST(folders_are_read_in_the_order_of_names)
{
    char folder[] = "/tmp/syncspec-select-XXXXXX";
    ck_assert(mkdtemp(folder) != NULL);
    write_file(folder, "b.sync", ONE("second"));
    write_file(folder, "a.sync", ONE("first"));
    write_file(folder, "notes.txt", "nothing");
    struct arena arena;
    struct selection selection = {.files = 0};
    struct err err;
    arena_init(&arena, LIMIT_RUN_ARENA);
    ck_assert_int_eq(select_path(folder, &arena, &selection, &err), ST_OK);
    ck_assert_uint_eq(selection.files, 2);
    ck_assert_uint_eq(selection.list.count, 2);
    ck_assert(str_is(selection.list.items[0].name, "first"));
    struct selection one = selection;
    ck_assert_uint_eq(select_only(&one, "PUSH-4"), 2);
    ck_assert_uint_eq(select_only(&one, "seco"), 1);
    ck_assert_uint_eq(select_only(&one, "nothing like it"), 0);
    char path[600];
    snprintf(path, sizeof(path), "%s/a.sync", folder);
    unlink(path);
    snprintf(path, sizeof(path), "%s/b.sync", folder);
    unlink(path);
    snprintf(path, sizeof(path), "%s/notes.txt", folder);
    unlink(path);
    rmdir(folder);
    arena_free(&arena);
}
END_TEST

START_TEST(what_cannot_be_read_is_named)
{
    struct arena arena;
    struct selection selection = {.files = 0};
    struct err err;
    arena_init(&arena, LIMIT_RUN_ARENA);
    ck_assert_int_eq(select_path("/no/such/place", &arena, &selection, &err),
                     ST_IO);
    ck_assert_msg(strstr(err.text, "/no/such/place") != NULL, "%s", err.text);
    struct str text;
    ck_assert_int_eq(file_read("LICENSE", 10, &arena, &text, &err), ST_LIMIT);
    ck_assert_msg(strstr(err.text, "larger than 10 bytes") != NULL, "%s",
                  err.text);
    arena_free(&arena);
}
END_TEST

/* ---- by id, and by what is near ---- */

static struct arena texts;
static struct selection five;

static void parse(const char *path, const char *text)
{
    struct err err = {.status = ST_OK};
    ck_assert_msg(scenario_parse(str_of(path), str_of(text), &texts, &five.list,
                                 &err) == ST_OK,
                  "%s", err.text);
}

static void setup(void)
{
    arena_init(&texts, LIMIT_RUN_ARENA);
    five = (struct selection){.files = 0};
    parse("scenarios/conformance/push/some.sync", ONE("a") "\n" ONE("b"));
    parse("scenarios/conformance/push/awesome.sync", ONE("c"));
    parse("some.sync", ONE("d"));
    parse("scenarios/conformance/pull/pages_come_to_an_end.sync", ONE("e"));
}

static void teardown(void)
{
    arena_free(&texts);
}

static const struct {
    const char *pattern, *kept; /* names */
} ids[] = {
    {"push/some#1", "a"},
    {"push/some#2", "b"},
    {"push/some#3", ""},
    {"push/some#12", ""},
    {"push/some#", ""},
    {"conformance/push/some#2", "b"},
    {"scenarios/conformance/push/some#2", "b"},
    {"/scenarios/conformance/push/some#2", ""},
    {"some#1", "ad"},
    {"some#2", "b"},
    {"ome#1", ""},
    {"ush/some#1", ""},
    {"#1", ""},
    {"push/some.sync#1", ""},
    {"push/some", "ab"},
    {"some", "abcd"},
    {"PUSH-4", "abcde"},
    {"PUSH", "abcde"},
    {"PUS", ""},
    {"PUSH-", ""},
    {"PUSH-44", ""},
    {"", "abcde"},
};

START_TEST(an_id_is_whole_words_of_a_path)
{
    char names[8] = "";
    size_t kept = select_only(&five, ids[_i].pattern);
    ck_assert_uint_eq(kept, five.list.count);
    for (size_t i = 0; i < kept; i++) {
        names[i] = five.list.items[i].name.p[0];
    }
    ck_assert_str_eq(names, ids[_i].kept);
}
END_TEST

static const struct {
    const char *pattern;
    size_t most;
    const char *near;
} nears[] = {
    {"push/sone", 3, "push/some push/awesome"},
    {"push/some#9", 1, "push/some"},
    {"some", 3, "push/some some pull/pages_come_to_an_end"},
    {"some", 2, "push/some some"},
    {"some", 0, ""},
    {"come_to", 3, "pull/pages_come_to_an_end"},
    {"com_tu", 3, "pull/pages_come_to_an_end"},
    {"zzzzzzzz", 3, ""},
};

START_TEST(what_is_near_is_told_nearest_first)
{
    struct str near[3], text = STR("");
    size_t count =
        select_near(&five, nears[_i].pattern, &texts, near, nears[_i].most);
    ck_assert_uint_le(count, nears[_i].most);
    for (size_t i = 0; i < count; i++) {
        text = arena_printf(&texts, "%.*s%s%.*s", STR_ARG(text),
                            i > 0 ? " " : "", STR_ARG(near[i]));
    }
    ck_assert_str_eq(text.n > 0 ? text.p : "", nears[_i].near);
    ck_assert_uint_eq(five.list.count, 5); /* nothing was left out */
}
END_TEST

START_TEST(what_is_inside_is_what_is_in_the_tree)
{
    struct selection inside = {.files = 0}, tree = {.files = 0};
    struct err err = {.status = ST_OK};
    ck_assert_int_eq(
        select_embedded("scenarios/conformance/", &texts, &inside, &err),
        ST_OK);
    ck_assert_int_eq(select_path("scenarios/conformance/", &texts, &tree, &err),
                     ST_OK);
    ck_assert_uint_gt(inside.list.count, 100);
    ck_assert_uint_eq(inside.files, tree.files);
    ck_assert_uint_eq(inside.list.count, tree.list.count);
    size_t before = inside.list.count;
    ck_assert_int_eq(select_embedded("no/such/", &texts, &inside, &err), ST_OK);
    ck_assert_uint_eq(inside.list.count, before);
    /* It appends. */
    ck_assert_int_eq(
        select_embedded("scenarios/conformance/push/", &texts, &inside, &err),
        ST_OK);
    ck_assert_uint_gt(inside.list.count, before);
    ck_assert(str_starts(inside.list.items[before].file,
                         STR("scenarios/conformance/push/")));
}
END_TEST

Suite *suite_select(void)
{
    Suite *suite = suite_create("select");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, folders_are_read_in_the_order_of_names);
    tcase_add_test(tcase, what_cannot_be_read_is_named);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("names");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, an_id_is_whole_words_of_a_path, 0,
                        sizeof ids / sizeof *ids);
    tcase_add_loop_test(tcase, what_is_near_is_told_nearest_first, 0,
                        sizeof nears / sizeof *nears);
    tcase_add_test(tcase, what_is_inside_is_what_is_in_the_tree);
    suite_add_tcase(suite, tcase);
    return suite;
}
