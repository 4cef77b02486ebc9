/* SPDX-License-Identifier: MIT */
/* test_buf - growing bytes with a ceiling. */
#include <string.h>

#include "base/buf.h"
#include "tests/base/suites.h"

START_TEST(writers_append)
{
    struct buf buf;
    buf_init(&buf, 1000);
    ck_assert_uint_eq(buf_view(&buf).n, 0);
    ck_assert_ptr_nonnull(buf_view(&buf).p);
    buf_put(&buf, "a\0b", 3);
    buf_putc(&buf, 'c');
    buf_puts(&buf, "de");
    buf_str(&buf, STR("f"));
    buf_printf(&buf, "%d", 42);
    ck_assert(str_eq(buf_view(&buf), STR("a\0bcdef42")));
    ck_assert_int_eq(buf.p[buf.n], '\0');
    ck_assert(!buf.failed);
    buf_free(&buf);
}
END_TEST

START_TEST(nothing_is_nothing)
{
    struct buf buf;
    buf_init(&buf, 10);
    buf_put(&buf, NULL, 0);
    buf_puts(&buf, "");
    buf_str(&buf, (struct str){NULL, 0});
    buf_printf(&buf, "%s", "");
    ck_assert_uint_eq(buf.n, 0);
    ck_assert(!buf.failed);
    buf_free(&buf);
    buf_free(&buf);
}
END_TEST

START_TEST(ceiling_is_reached_and_not_passed)
{
    for (size_t max = 0; max < 600; max += 37) {
        struct buf buf;
        buf_init(&buf, max);
        for (size_t i = 0; i < max; i++) {
            buf_putc(&buf, 'x');
        }
        ck_assert(!buf.failed);
        ck_assert_uint_eq(buf.n, max);
        buf_putc(&buf, 'y');
        ck_assert(buf.failed);
        ck_assert_uint_eq(buf.n, max);
        ck_assert_uint_le(buf.cap, max + 1);
        ck_assert_uint_eq(str_find(buf_view(&buf), 'y'), max);
        buf_free(&buf);
    }
}
END_TEST

START_TEST(failure_is_all_or_nothing_and_sticks)
{
    struct buf buf;
    buf_init(&buf, 8);
    buf_puts(&buf, "12345");
    buf_puts(&buf, "6789");
    ck_assert(buf.failed);
    buf_puts(&buf, "6");
    buf_putc(&buf, '6');
    buf_printf(&buf, "6");
    buf_put(&buf, NULL, 0);
    ck_assert(str_is(buf_view(&buf), "12345"));
    ck_assert_int_eq(buf.p[5], '\0');
    buf_clear(&buf);
    ck_assert(!buf.failed);
    ck_assert(str_is(buf_view(&buf), ""));
    ck_assert_int_eq(buf.p[0], '\0');
    buf_puts(&buf, "12345678");
    ck_assert(str_is(buf_view(&buf), "12345678"));
    buf_free(&buf);
}
END_TEST

START_TEST(printf_at_every_edge)
{
    for (int n = 0; n < 520; n++) {
        struct buf buf;
        buf_init(&buf, 512);
        buf_puts(&buf, "ab");
        buf_printf(&buf, "%*s", n, "");
        bool fits = n + 2 <= 512;
        ck_assert_int_eq(buf.failed, !fits);
        ck_assert_uint_eq(buf.n, fits ? (size_t)n + 2 : 2);
        ck_assert_uint_eq(strlen(buf.p), buf.n);
        buf_free(&buf);
    }
}
END_TEST

START_TEST(clear_keeps_memory)
{
    struct buf buf;
    buf_init(&buf, 100000);
    buf_clear(&buf);
    for (int i = 0; i < 10000; i++) {
        buf_puts(&buf, "12345");
    }
    size_t cap = buf.cap;
    const char *p = buf.p;
    buf_clear(&buf);
    buf_puts(&buf, "x");
    ck_assert_uint_eq(buf.cap, cap);
    ck_assert_ptr_eq(buf.p, p);
    buf_free(&buf);
    ck_assert_ptr_null(buf.p);
    ck_assert_uint_eq(buf.cap, 0);
    ck_assert_uint_eq(buf.max, 100000);
}
END_TEST

START_TEST(no_ceiling_is_a_ceiling_too)
{
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    buf_puts(&buf, "abc");
    ck_assert(!buf_reserve(&buf, SIZE_MAX));
    ck_assert(buf.failed);
    ck_assert(str_is(buf_view(&buf), "abc"));
    buf_free(&buf);
}
END_TEST

START_TEST(reserve_makes_room)
{
    struct buf buf;
    buf_init(&buf, 1000);
    ck_assert(buf_reserve(&buf, 1000));
    const char *p = buf.p;
    for (int i = 0; i < 1000; i++) {
        buf_putc(&buf, 'x');
    }
    ck_assert_ptr_eq(buf.p, p);
    ck_assert(buf_reserve(&buf, 0));
    ck_assert(!buf_reserve(&buf, 1));
    buf_free(&buf);
}
END_TEST

Suite *suite_buf(void)
{
    Suite *suite = suite_create("base/buf");
    TCase *tests = tcase_create("buf");
    tcase_add_test(tests, writers_append);
    tcase_add_test(tests, nothing_is_nothing);
    tcase_add_test(tests, ceiling_is_reached_and_not_passed);
    tcase_add_test(tests, failure_is_all_or_nothing_and_sticks);
    tcase_add_test(tests, printf_at_every_edge);
    tcase_add_test(tests, clear_keeps_memory);
    tcase_add_test(tests, no_ceiling_is_a_ceiling_too);
    tcase_add_test(tests, reserve_makes_room);
    suite_add_tcase(suite, tests);
    return suite;
}
