/* SPDX-License-Identifier: MIT */
/* test_heap - events leave by time, then in the order they came. */
#include "base/heap.h"
#include "base/rng.h"
#include "tests/base/suites.h"

enum { MANY = 3000 };

static struct timed event_at(int64_t at_ms, uint64_t arg)
{
    return (struct timed){.at_ms = at_ms, .arg = arg};
}

START_TEST(empty_heap_has_nothing)
{
    struct heap heap;
    struct timed out = {.arg = 7};
    heap_init(&heap, 10);
    ck_assert_ptr_null(heap_peek(&heap));
    ck_assert(!heap_pop(&heap, &out));
    ck_assert_uint_eq(out.arg, 7);
    heap_free(&heap);
    heap_free(&heap);
}
END_TEST

START_TEST(equal_times_leave_in_order)
{
    struct heap heap;
    struct timed out;
    heap_init(&heap, MANY);
    for (uint64_t i = 0; i < MANY; i++) {
        ck_assert(heap_push(&heap, event_at((int64_t)(i % 3), i)));
    }
    uint64_t last = 0;
    int64_t at_ms = 0;
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(heap_peek(&heap)->at_ms, i / (MANY / 3));
        ck_assert(heap_pop(&heap, &out));
        ck_assert_int_eq(out.at_ms, i / (MANY / 3));
        ck_assert(out.at_ms > at_ms || i == 0 || out.arg > last);
        last = out.arg;
        at_ms = out.at_ms;
    }
    ck_assert(!heap_pop(&heap, &out));
    heap_free(&heap);
}
END_TEST

static int by_time_then_order(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    return x->order < y->order ? -1 : 1;
}

/* Take the least of a plain list: the slow truth the heap is held against. */
static struct timed list_take(struct timed *list, size_t *count)
{
    size_t least = 0;
    for (size_t i = 1; i < *count; i++) {
        if (by_time_then_order(&list[i], &list[least]) < 0) {
            least = i;
        }
    }
    struct timed taken = list[least];
    list[least] = list[--*count];
    return taken;
}

START_TEST(agrees_with_a_plain_list)
{
    static struct timed list[MANY];
    size_t count = 0;
    uint64_t order = 0;
    struct heap heap;
    struct rng rng;
    heap_init(&heap, MANY);
    rng_init(&rng, 1, STR("heap"));
    for (int step = 0; step < 2 * MANY; step++) {
        if (count == 0 || rng_chance(&rng, step < MANY ? 600 : 400)) {
            struct timed event = event_at(rng_range(&rng, -50, 50), order);
            ck_assert(heap_push(&heap, event));
            event.order = order++;
            list[count++] = event;
        } else {
            struct timed expected = list_take(list, &count), out;
            ck_assert(heap_pop(&heap, &out));
            ck_assert_int_eq(out.at_ms, expected.at_ms);
            ck_assert_uint_eq(out.order, expected.order);
            ck_assert_uint_eq(out.arg, expected.arg);
        }
        ck_assert_uint_eq(heap.count, count);
    }
    heap_free(&heap);
}
END_TEST

START_TEST(extreme_times_sort)
{
    struct heap heap;
    struct timed out;
    heap_init(&heap, 8);
    int64_t times[] = {0, INT64_MAX, INT64_MIN, -1, 1};
    for (size_t i = 0; i < 5; i++) {
        heap_push(&heap, event_at(times[i], i));
    }
    int64_t sorted[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    for (size_t i = 0; i < 5; i++) {
        ck_assert(heap_pop(&heap, &out));
        ck_assert_int_eq(out.at_ms, sorted[i]);
    }
    heap_free(&heap);
}
END_TEST

START_TEST(ceiling_refuses_and_recovers)
{
    for (size_t max = 0; max < 200; max += 33) {
        struct heap heap;
        struct timed out;
        heap_init(&heap, max);
        for (size_t i = 0; i < max; i++) {
            ck_assert(heap_push(&heap, event_at((int64_t)i, i)));
        }
        ck_assert(!heap_push(&heap, event_at(-1, 999)));
        ck_assert_uint_eq(heap.count, max);
        ck_assert_uint_le(heap.cap, max);
        if (max > 0) {
            ck_assert(heap_pop(&heap, &out));
            ck_assert_uint_eq(out.arg, 0);
            ck_assert(heap_push(&heap, event_at(-1, 1000)));
            ck_assert_uint_eq(heap_peek(&heap)->arg, 1000);
        }
        heap_free(&heap);
    }
}
END_TEST

START_TEST(clear_starts_order_anew)
{
    struct heap heap;
    heap_init(&heap, 10);
    heap_push(&heap, event_at(1, 1));
    heap_push(&heap, event_at(2, 2));
    heap_clear(&heap);
    ck_assert_ptr_null(heap_peek(&heap));
    heap_push(&heap, event_at(3, 3));
    ck_assert_uint_eq(heap_peek(&heap)->order, 0);
    heap_free(&heap);
    ck_assert_uint_eq(heap.max, 10);
}
END_TEST

static void add_arg(void *context, uint64_t arg)
{
    uint64_t *sum = context;
    *sum += arg;
}

START_TEST(event_carries_its_action)
{
    struct heap heap;
    struct timed out;
    uint64_t sum = 0;
    heap_init(&heap, 10);
    heap_push(&heap,
              (struct timed){.fire = add_arg, .context = &sum, .arg = 5});
    ck_assert(heap_pop(&heap, &out));
    out.fire(out.context, out.arg);
    ck_assert_uint_eq(sum, 5);
    heap_free(&heap);
}
END_TEST

Suite *suite_heap(void)
{
    Suite *suite = suite_create("base/heap");
    TCase *tests = tcase_create("heap");
    tcase_add_test(tests, empty_heap_has_nothing);
    tcase_add_test(tests, equal_times_leave_in_order);
    tcase_add_test(tests, agrees_with_a_plain_list);
    tcase_add_test(tests, extreme_times_sort);
    tcase_add_test(tests, ceiling_refuses_and_recovers);
    tcase_add_test(tests, clear_starts_order_anew);
    tcase_add_test(tests, event_carries_its_action);
    suite_add_tcase(suite, tests);
    return suite;
}
