/* SPDX-License-Identifier: MIT */
/* test_malformed - each file of scenarios/malformed is refused with the very
 * message beside it.  SYNCSPEC_UPDATE=1 writes the messages. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/suites.h"

#define FOLDER "scenarios/malformed"

enum { FILES_MAX = 1000 };

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in the folder with this ending, without it, sorted. */
static size_t list_files(const char *ending, const char *names[FILES_MAX])
{
    DIR *folder = opendir(FOLDER);
    size_t count = 0;
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct str name = str_of(entry->d_name);
        if (str_ends(name, str_of(ending))) {
            ck_assert_uint_lt(count, FILES_MAX);
            names[count++] =
                arena_str(&arena, str_take(name, name.n - strlen(ending))).p;
        }
    }
    closedir(folder);
    qsort(names, count, sizeof names[0], by_name);
    return count;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_int_ge(fprintf(file, "%s\n", text), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void check_file(const char *name)
{
    struct str path = arena_printf(&arena, FOLDER "/%s.sync", name);
    struct str golden = arena_printf(&arena, FOLDER "/%s.expected", name);
    struct scenario_list list = {.count = 0};
    struct err err = {.status = ST_OK};
    enum status status =
        scenario_parse(path, file_text(path.p), &arena, &list, &err);
    ck_assert_msg(status != ST_OK, "%s is taken", path.p);
    ck_assert_msg(strchr(err.text, '\n') == NULL, "%s", err.text);
    ck_assert_msg(str_starts(str_of(err.text), path), "%s", err.text);
    if (getenv("SYNCSPEC_UPDATE")) {
        write_file(golden.p, err.text);
    }
    assert_same(arena_printf(&arena, "%s\n", err.text), file_text(golden.p));
    struct buf out;
    buf_init(&out, 1 << 20);
    ck_assert_int_eq(scenario_format(path, file_text(path.p), &out, NULL),
                     status);
    ck_assert_uint_eq(out.n, 0);
    buf_free(&out);
}

START_TEST(messages_are_as_written_beside_them)
{
    const char *names[FILES_MAX];
    size_t count = list_files(".sync", names);
    ck_assert_uint_ge(count, 100);
    for (size_t i = 0; i < count; i++) {
        check_file(names[i]);
    }
}
END_TEST

START_TEST(no_message_without_its_file)
{
    const char *files[FILES_MAX], *messages[FILES_MAX];
    size_t count = list_files(".sync", files);
    ck_assert_uint_eq(list_files(".expected", messages), count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(files[i], messages[i]);
    }
}
END_TEST

Suite *suite_malformed(void)
{
    Suite *suite = suite_create("malformed");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, messages_are_as_written_beside_them);
    tcase_add_test(tests, no_message_without_its_file);
    suite_add_tcase(suite, tests);
    return suite;
}
