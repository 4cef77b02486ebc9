/* SPDX-License-Identifier: MIT */
/* test_arena - bump allocation under a ceiling. */
#include <string.h>

#include "base/arena.h"
#include "tests/base/suites.h"

static const size_t mebibyte = (size_t)1 << 20;

static bool is_zero(const void *p, size_t n)
{
    const char *bytes = p;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

START_TEST(memory_is_aligned_zeroed_and_apart)
{
    struct arena arena;
    arena_init(&arena, 16 * mebibyte);
    char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_alloc(&arena, i * 7);
        ck_assert_ptr_nonnull(pieces[i]);
        ck_assert_uint_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        ck_assert(is_zero(pieces[i], i * 7));
        memset(pieces[i], (int)i, i * 7);
        arena_str(&arena, STR("odd"));
    }
    for (size_t i = 0; i < 200; i++) {
        char expected[200 * 7];
        memset(expected, (int)i, i * 7);
        ck_assert(memcmp(pieces[i], expected, i * 7) == 0);
    }
    arena_free(&arena);
}
END_TEST

START_TEST(size_zero_is_a_piece_of_its_own)
{
    struct arena arena;
    arena_init(&arena, mebibyte);
    void *a = arena_alloc(&arena, 0), *b = arena_alloc(&arena, 0);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_nonnull(arena_array(&arena, 0, 8));
    ck_assert_ptr_nonnull(arena_array(&arena, 8, 0));
    arena_free(&arena);
}
END_TEST

START_TEST(ceiling_holds)
{
    struct arena arena;
    arena_init(&arena, 100000);
    size_t got = 0;
    while (arena_alloc(&arena, 1000)) {
        got++;
        ck_assert_uint_le(arena.held, 100000);
    }
    ck_assert_uint_ge(got, 90);
    ck_assert_uint_eq(arena.used, got * 1000);
    /* A smaller piece may still fit, and the arena is not broken. */
    arena_reset(&arena);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 1000));
    arena_free(&arena);
    ck_assert_uint_eq(arena.held, 0);
    ck_assert_uint_eq(arena.used, 0);
    ck_assert_uint_eq(arena.ceiling, 100000);
}
END_TEST

START_TEST(no_room_at_all)
{
    struct arena arena;
    for (size_t ceiling = 0; ceiling <= 32; ceiling++) {
        arena_init(&arena, ceiling);
        ck_assert_ptr_null(arena_alloc(&arena, ceiling + 1));
        ck_assert_ptr_null(arena_str(&arena, STR("0123456789012345678901234"
                                                 "56789012"))
                               .p);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(sizes_that_overflow_fail)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_ptr_null(arena_array(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(arena_array(&arena, 3, SIZE_MAX / 2));
    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX - 15));
    ck_assert_ptr_null(arena_str(&arena, (struct str){"", SIZE_MAX}).p);
    ck_assert_uint_eq(arena.held, 0);
    arena_free(&arena);
}
END_TEST

static void must_too_much(void)
{
    struct arena arena;
    arena_init(&arena, 1000);
    arena_must(&arena, 1000, 1000);
}

START_TEST(must_ends_the_process)
{
    ck_assert(dies_saying(must_too_much, "arena.c:"));
    struct arena arena;
    arena_init(&arena, mebibyte);
    ck_assert(is_zero(arena_must(&arena, 10, 10), 100));
    arena_free(&arena);
}
END_TEST

START_TEST(reset_keeps_the_largest_block)
{
    struct arena arena;
    arena_init(&arena, 64 * mebibyte);
    arena_alloc(&arena, 100);
    char *large = arena_alloc(&arena, 5 * mebibyte);
    memset(large, 'x', 5 * mebibyte);
    arena_alloc(&arena, 2 * mebibyte);
    ck_assert_uint_gt(arena.held, 7 * mebibyte);
    arena_reset(&arena);
    ck_assert_uint_eq(arena.used, 0);
    ck_assert_uint_ge(arena.held, 5 * mebibyte);
    ck_assert_uint_lt(arena.held, 5 * mebibyte + 4096);
    char *again = arena_alloc(&arena, 5 * mebibyte);
    ck_assert_ptr_eq(again, large);
    ck_assert(is_zero(again, 5 * mebibyte));
    arena_free(&arena);
}
END_TEST

START_TEST(reset_again_and_again_takes_no_more)
{
    struct arena arena;
    arena_init(&arena, 64 * mebibyte);
    size_t held = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 3000; i++) {
            arena_alloc(&arena, 100);
        }
        arena_reset(&arena);
        ck_assert(round < 10 || arena.held == held);
        held = arena.held;
    }
    arena_free(&arena);
}
END_TEST

START_TEST(reset_and_free_of_an_empty_arena)
{
    struct arena arena;
    arena_init(&arena, mebibyte);
    arena_reset(&arena);
    arena_free(&arena);
    arena_free(&arena);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 10));
    arena_free(&arena);
}
END_TEST

START_TEST(str_copies_and_ends_with_nul)
{
    struct arena arena;
    arena_init(&arena, mebibyte);
    char text[] = "a\0b";
    struct str copy = arena_str(&arena, (struct str){text, 3});
    text[0] = 'x';
    ck_assert(str_eq(copy, STR("a\0b")));
    ck_assert_int_eq(copy.p[3], '\0');
    struct str empty = arena_str(&arena, (struct str){NULL, 0});
    ck_assert_ptr_nonnull(empty.p);
    ck_assert_uint_eq(empty.n, 0);
    ck_assert_int_eq(empty.p[0], '\0');
    arena_free(&arena);
}
END_TEST

START_TEST(str_fills_a_block_to_its_last_byte)
{
    struct arena arena;
    arena_init(&arena, 64 * mebibyte);
    arena_alloc(&arena, 1);
    size_t room = (size_t)(arena.end - arena.next);
    static char many[1 << 16];
    memset(many, 'm', sizeof many);
    ck_assert_uint_lt(room, sizeof many);
    size_t held = arena.held;
    arena_str(&arena, (struct str){many, room - 1});
    ck_assert_uint_eq(arena.held, held);
    ck_assert_ptr_eq(arena.next, arena.end);
    arena_str(&arena, STR(""));
    ck_assert_uint_gt(arena.held, held);
    arena_free(&arena);
}
END_TEST

START_TEST(printf_short_and_long)
{
    struct arena arena;
    arena_init(&arena, mebibyte);
    ck_assert(str_is(arena_printf(&arena, "%s/%d", "tasks", 7), "tasks/7"));
    for (int n = 250; n < 260; n++) {
        struct str s = arena_printf(&arena, "%*d|", n, 1);
        ck_assert_uint_eq(s.n, (size_t)n + 1);
        ck_assert_int_eq(s.p[n], '|');
        ck_assert_int_eq(s.p[n + 1], '\0');
    }
    ck_assert_uint_eq(arena_printf(&arena, "%s", "").n, 0);
    arena_free(&arena);
}
END_TEST

START_TEST(grow_keeps_what_was_there)
{
    struct arena arena;
    arena_init(&arena, 64 * mebibyte);
    int *list = NULL;
    size_t cap = 0;
    for (size_t count = 0; count < 5000; count++) {
        list = arena_grow(&arena, list, count, &cap, sizeof *list);
        ck_assert_uint_gt(cap, count);
        ck_assert_int_eq(list[count], 0);
        list[count] = (int)count + 1;
        if (count % 100 == 0) {
            arena_str(&arena, STR("in the way"));
        }
    }
    for (int i = 0; i < 5000; i++) {
        ck_assert_int_eq(list[i], i + 1);
    }
    ck_assert(is_zero(list + 5000, (cap - 5000) * sizeof *list));
    arena_free(&arena);
}
END_TEST

START_TEST(grow_of_the_newest_stays_in_place)
{
    struct arena arena;
    arena_init(&arena, mebibyte);
    size_t cap = 0;
    long *list = arena_grow(&arena, NULL, 0, &cap, sizeof *list);
    size_t first = cap;
    ck_assert_ptr_eq(arena_grow(&arena, list, first, &cap, sizeof *list), list);
    ck_assert_uint_eq(cap, 2 * first);
    ck_assert_uint_eq(arena.used, cap * sizeof *list);
    ck_assert_ptr_eq(arena_grow(&arena, list, 1, &cap, sizeof *list), list);
    ck_assert_uint_eq(cap, 2 * first);
    arena_free(&arena);
}
END_TEST

Suite *suite_arena(void)
{
    Suite *suite = suite_create("base/arena");
    TCase *tests = tcase_create("arena");
    tcase_add_test(tests, memory_is_aligned_zeroed_and_apart);
    tcase_add_test(tests, size_zero_is_a_piece_of_its_own);
    tcase_add_test(tests, ceiling_holds);
    tcase_add_test(tests, no_room_at_all);
    tcase_add_test(tests, sizes_that_overflow_fail);
    tcase_add_test(tests, must_ends_the_process);
    tcase_add_test(tests, reset_keeps_the_largest_block);
    tcase_add_test(tests, reset_again_and_again_takes_no_more);
    tcase_add_test(tests, reset_and_free_of_an_empty_arena);
    tcase_add_test(tests, str_copies_and_ends_with_nul);
    tcase_add_test(tests, str_fills_a_block_to_its_last_byte);
    tcase_add_test(tests, printf_short_and_long);
    tcase_add_test(tests, grow_keeps_what_was_there);
    tcase_add_test(tests, grow_of_the_newest_stays_in_place);
    suite_add_tcase(suite, tests);
    return suite;
}
