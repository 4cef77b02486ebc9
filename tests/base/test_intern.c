/* SPDX-License-Identifier: MIT */
/* test_intern - equal strings become one pointer. */
#include <stdio.h>
#include <string.h>

#include "base/intern.h"
#include "tests/base/suites.h"

enum { MANY = 20000 };

START_TEST(equal_strings_share_a_pointer)
{
    struct arena arena;
    struct intern table;
    arena_init(&arena, 1 << 20);
    intern_init(&table, &arena);
    char text[] = "tasks";
    struct str a = intern_put(&table, str_of(text));
    struct str b = intern_put(&table, STR("tasks"));
    text[0] = 'x';
    ck_assert_ptr_eq(a.p, b.p);
    ck_assert(str_is(a, "tasks"));
    ck_assert_int_eq(a.p[a.n], '\0');
    ck_assert_ptr_ne(intern_put(&table, STR("task")).p, a.p);
    ck_assert_uint_eq(table.count, 2);
    arena_free(&arena);
}
END_TEST

START_TEST(length_and_nul_count)
{
    struct arena arena;
    struct intern table;
    arena_init(&arena, 1 << 20);
    intern_init(&table, &arena);
    struct str strings[] = {{NULL, 0},       STR("\0"),        STR("\0\0"),
                            STR("a"),        STR("a\0"),       STR("a\0b"),
                            STR("12345678"), STR("12345678\0")};
    for (size_t i = 0; i < 8; i++) {
        struct str s = intern_put(&table, strings[i]);
        ck_assert(str_eq(s, strings[i]));
        ck_assert_uint_eq(table.count, i + 1);
        ck_assert_int_eq(s.p[s.n], '\0');
    }
    ck_assert_ptr_eq(intern_put(&table, STR("")).p,
                     intern_put(&table, (struct str){NULL, 0}).p);
    arena_free(&arena);
}
END_TEST

START_TEST(pointers_survive_growth)
{
    static struct str kept[MANY];
    struct arena arena;
    struct intern table;
    arena_init(&arena, 64 << 20);
    intern_init(&table, &arena);
    char text[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "collection/%d/row", i);
        kept[i] = intern_put(&table, str_of(text));
    }
    ck_assert_uint_eq(table.count, MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "collection/%d/row", i);
        ck_assert_ptr_eq(intern_put(&table, str_of(text)).p, kept[i].p);
        ck_assert(str_is(kept[i], text));
    }
    ck_assert_uint_eq(table.count, MANY);
    arena_free(&arena);
}
END_TEST

START_TEST(full_arena_is_told)
{
    struct arena arena;
    struct intern table;
    arena_init(&arena, 20000);
    intern_init(&table, &arena);
    char text[32];
    struct str last = STR(""), s = STR("");
    size_t count = 0;
    for (int i = 0; s.p; i++) {
        ck_assert_int_lt(i, 20000);
        last = s;
        count = table.count;
        snprintf(text, sizeof text, "string %d", i);
        s = intern_put(&table, str_of(text));
    }
    ck_assert_uint_gt(count, 64);
    ck_assert_uint_eq(table.count, count);
    /* What is in is still found. */
    ck_assert_ptr_eq(intern_put(&table, last).p, last.p);
    ck_assert_ptr_null(intern_put(&table, str_of(text)).p);
    arena_free(&arena);
}
END_TEST

START_TEST(fresh_after_reset)
{
    struct arena arena;
    struct intern table;
    arena_init(&arena, 1 << 20);
    for (int round = 0; round < 3; round++) {
        intern_init(&table, &arena);
        ck_assert(str_is(intern_put(&table, STR("x")), "x"));
        ck_assert_uint_eq(table.count, 1);
        arena_reset(&arena);
    }
    arena_free(&arena);
}
END_TEST

Suite *suite_intern(void)
{
    Suite *suite = suite_create("base/intern");
    TCase *tests = tcase_create("intern");
    tcase_add_test(tests, equal_strings_share_a_pointer);
    tcase_add_test(tests, length_and_nul_count);
    tcase_add_test(tests, pointers_survive_growth);
    tcase_add_test(tests, full_arena_is_told);
    tcase_add_test(tests, fresh_after_reset);
    suite_add_tcase(suite, tests);
    return suite;
}
