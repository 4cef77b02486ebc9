/* SPDX-License-Identifier: MIT */
/* What the program carries is what lies in the tree, byte for byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "harness/run/embedded.h"
#include "tests/run/suites.h"

/* Returns how many there are. */
static size_t compare_with_tree(const struct embedded_file *files)
{
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, LIMIT_RUN_ARENA);
    for (const struct embedded_file *f = files; f->path; f++, count++) {
        struct str text;
        struct err err = {.status = ST_OK};
        ck_assert_msg(count == 0 || strcmp(f[-1].path, f->path) < 0,
                      "%s is not in its place", f->path);
        enum status status =
            file_read(f->path, LIMIT_SCENARIO_BYTES, &arena, &text, &err);
        ck_assert_msg(status == ST_OK, "%s", err.text);
        ck_assert_msg(f->size == text.n &&
                          memcmp(f->bytes, text.p, text.n) == 0,
                      "%s differs", f->path);
        ck_assert_uint_eq(f->bytes[f->size], 0);
    }
    arena_free(&arena);
    return count;
}

START_TEST(scenarios_are_those_of_the_tree)
{
    struct arena arena;
    struct selection selection = {.files = 0};
    struct err err = {.status = ST_OK};
    arena_init(&arena, LIMIT_RUN_ARENA);
    enum status status = select_path("scenarios", &arena, &selection, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    ck_assert_uint_eq(compare_with_tree(embedded_scenarios), selection.files);
    arena_free(&arena);
}
END_TEST

START_TEST(pages_are_those_of_the_tree)
{
    ck_assert_uint_gt(compare_with_tree(embedded_clauses), 0);
}
END_TEST

Suite *suite_embedded(void)
{
    Suite *suite = suite_create("embedded");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, scenarios_are_those_of_the_tree);
    tcase_add_test(tcase, pages_are_those_of_the_tree);
    suite_add_tcase(suite, tcase);
    return suite;
}
