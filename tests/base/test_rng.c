/* SPDX-License-Identifier: MIT */
/* test_rng - the same numbers everywhere, and evenly. */
#include "base/rng.h"
#include "tests/base/suites.h"

START_TEST(generator_is_xoshiro256starstar)
{
    /* The first numbers of the published generator from state 1, 2, 3, 4. */
    static const uint64_t expected[] = {11520,
                                        0,
                                        1509978240,
                                        UINT64_C(1215971899390074240),
                                        UINT64_C(1216172134540287360),
                                        UINT64_C(607988272756665600),
                                        UINT64_C(16172922978634559625),
                                        UINT64_C(8476171486693032832),
                                        UINT64_C(10595114339597558777),
                                        UINT64_C(2904607092377533576)};
    struct rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < 10; i++) {
        ck_assert_uint_eq(rng_u64(&rng), expected[i]);
    }
}
END_TEST

START_TEST(seeding_never_changes)
{
    /* Replays of old seeds rest on these. */
    struct rng rng;
    rng_init(&rng, 7, STR("net"));
    ck_assert_uint_eq(rng_u64(&rng), UINT64_C(5442548517361780701));
    ck_assert_uint_eq(rng_u64(&rng), UINT64_C(6460243344429423042));
}
END_TEST

START_TEST(seed_and_label_make_the_stream)
{
    struct rng a, same, label, seed;
    rng_init(&a, 1, STR("x"));
    rng_init(&same, 1, STR("x"));
    rng_init(&label, 1, STR("y"));
    rng_init(&seed, 2, STR("x"));
    int equal_label = 0, equal_seed = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t draw = rng_u64(&a);
        ck_assert_uint_eq(draw, rng_u64(&same));
        equal_label += draw == rng_u64(&label);
        equal_seed += draw == rng_u64(&seed);
    }
    ck_assert_int_eq(equal_label, 0);
    ck_assert_int_eq(equal_seed, 0);
}
END_TEST

START_TEST(below_is_in_bounds_and_even)
{
    struct rng rng;
    rng_init(&rng, 3, STR("even"));
    int counts[6] = {0};
    for (int i = 0; i < 60000; i++) {
        uint64_t draw = rng_below(&rng, 6);
        ck_assert_uint_lt(draw, 6);
        counts[draw]++;
    }
    for (int i = 0; i < 6; i++) {
        /* Five standard deviations around 10,000. */
        ck_assert_int_gt(counts[i], 9540);
        ck_assert_int_lt(counts[i], 10460);
    }
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(rng_below(&rng, 1), 0);
        ck_assert_uint_lt(rng_below(&rng, UINT64_MAX), UINT64_MAX);
    }
}
END_TEST

START_TEST(below_three_quarters_of_everything_is_even)
{
    /* With a bare modulus the lower third would come twice as often. */
    struct rng rng;
    rng_init(&rng, 4, STR("even"));
    uint64_t bound = UINT64_C(3) << 62;
    int low = 0;
    for (int i = 0; i < 30000; i++) {
        low += rng_below(&rng, bound) < bound / 3;
    }
    ck_assert_int_gt(low, 9600);
    ck_assert_int_lt(low, 10400);
}
END_TEST

START_TEST(range_includes_both_ends)
{
    struct rng rng;
    rng_init(&rng, 5, STR("range"));
    bool seen[5] = {false};
    for (int i = 0; i < 1000; i++) {
        int64_t draw = rng_range(&rng, -2, 2);
        ck_assert_int_ge(draw, -2);
        ck_assert_int_le(draw, 2);
        seen[draw + 2] = true;
    }
    for (int i = 0; i < 5; i++) {
        ck_assert(seen[i]);
    }
    ck_assert_int_eq(rng_range(&rng, 9, 9), 9);
    ck_assert_int_eq(rng_range(&rng, INT64_MIN, INT64_MIN), INT64_MIN);
    bool negative = false, positive = false;
    for (int i = 0; i < 100; i++) {
        int64_t draw = rng_range(&rng, INT64_MIN, INT64_MAX);
        negative |= draw < 0;
        positive |= draw > 0;
    }
    ck_assert(negative && positive);
}
END_TEST

START_TEST(chance_follows_per_mille)
{
    struct rng rng;
    rng_init(&rng, 6, STR("chance"));
    int hits = 0, wrong = 0;
    for (int i = 0; i < 100000; i++) {
        wrong += rng_chance(&rng, 0) || !rng_chance(&rng, 1000);
        hits += rng_chance(&rng, 250);
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_gt(hits, 24300);
    ck_assert_int_lt(hits, 25700);
}
END_TEST

static void below_nothing(void)
{
    struct rng rng = {{1, 2, 3, 4}};
    rng_below(&rng, 0);
}

static void range_backwards(void)
{
    struct rng rng = {{1, 2, 3, 4}};
    rng_range(&rng, 1, 0);
}

START_TEST(nonsense_bounds_end_the_process)
{
    ck_assert(dies_saying(below_nothing, "bound > 0"));
    ck_assert(dies_saying(range_backwards, "low <= high"));
}
END_TEST

Suite *suite_rng(void)
{
    Suite *suite = suite_create("base/rng");
    TCase *tests = tcase_create("rng");
    tcase_add_test(tests, generator_is_xoshiro256starstar);
    tcase_add_test(tests, seeding_never_changes);
    tcase_add_test(tests, seed_and_label_make_the_stream);
    tcase_add_test(tests, below_is_in_bounds_and_even);
    tcase_add_test(tests, below_three_quarters_of_everything_is_even);
    tcase_add_test(tests, range_includes_both_ends);
    tcase_add_test(tests, chance_follows_per_mille);
    tcase_add_test(tests, nonsense_bounds_end_the_process);
    suite_add_tcase(suite, tests);
    return suite;
}
