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

Suite *suite_select(void)
{
    Suite *suite = suite_create("select");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, folders_are_read_in_the_order_of_names);
    tcase_add_test(tcase, what_cannot_be_read_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
