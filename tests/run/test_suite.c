/* SPDX-License-Identifier: MIT */
/* What a conformance run asks of each case: its level, whether it is played
 * alone, how long it waits, the order, and what is beyond the level. */
#include <string.h>

#include "harness/run/suite.h"
#include "tests/run/suites.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
}

static void teardown(void)
{
    arena_free(&arena);
}

static const struct scenario *case_of(const char *headers, const char *steps)
{
    const char *text = arena_printf(&arena,
                                    "scenario \"c\"\ndialect v2\n%s"
                                    "clients alice bob\n%s",
                                    headers, steps)
                           .p;
    return &scenario_of(text, &arena).items[0];
}

/* ---- levels ---- */

START_TEST(the_first_clause_is_the_level)
{
    enum clause_level level = (enum clause_level)_i;
    const char *others =
        level == LEVEL_STRICT ? clause_of(LEVEL_MUST) : clause_of(LEVEL_STRICT);
    const char *covers =
        arena_printf(&arena, "covers %s %s\n", clause_of(level), others).p;
    ck_assert_int_eq(suite_level(case_of(covers, "  alice syncs\n")), level);
}
END_TEST

START_TEST(without_a_clause_it_is_strict)
{
    ck_assert_int_eq(suite_level(case_of("", "  alice syncs\n")), LEVEL_STRICT);
}
END_TEST

/* ---- alone ---- */

static const struct {
    const char *headers, *steps;
    bool alone, shared; /* with users of its own, and without */
} alones[] = {
    {"", " alice syncs\n", false, false},
    {"alone\n", " alice syncs\n", true, true},
    {"needs restart\n", " alice syncs\n", true, true},
    {"", " alice listens unified\n", false, true},
    {"", " alice listens socket\n", false, false},
    {"", " alice listens stream\n", false, false},
    {"", " alice listens off\n", false, false},
    {"", " alice syncs\n bob connects /ws\n", false, true},
    {"", " alice syncs\n bob connects /ws?x=1\n", false, true},
    {"", " bob connects /ws/{app}\n", false, false},
    {"", " bob sends GET /ws\n", false, false},
};

START_TEST(who_hears_of_others_is_alone)
{
    const struct scenario *scenario =
        case_of(alones[_i].headers, alones[_i].steps);
    ck_assert(suite_is_alone(scenario, true) == alones[_i].alone);
    ck_assert(suite_is_alone(scenario, false) == alones[_i].shared);
}
END_TEST

/* ---- waits ---- */

static const struct {
    const char *steps;
    bool waits;
} waits[] = {
    {" bob connects /ws/{app}\n alice waits for=3999ms\n", false},
    {" bob connects /ws/{app}\n alice waits for=4s\n", true},
    {" bob connects /ws/{app}\n alice waits for=2s\n alice waits for=2s\n",
     true},
    {" bob connects /ws/{app}\n +4s alice syncs\n", true},
    {" bob connects /ws/{app}\n +3999ms alice syncs\n", false},
    {" bob listens socket\n bob hears nothing for=4s\n", true},
    {" bob connects /sync/{app}/stream?collections=c\n"
     " bob hears heartbeat within=4s\n",
     true},
    {" bob connects /ws/{app}\n bob hears close within=4s\n", true},
    {" bob connects /ws/{app}\n bob hears close within=3999ms\n", false},
    /* What comes early is not waited for. */
    {" bob connects /ws/{app}\n bob hears auth-ok within=30s\n", false},
    /* Nothing is open: the clock jumps. */
    {" alice waits for=1h\n", false},
    {" bob listens off\n alice waits for=1h\n", false},
    /* The server's clock does not. */
    {" alice waits for=4s clock=server\n", true},
    {" alice waits for=3999ms clock=server\n", false},
};

START_TEST(four_seconds_are_long)
{
    ck_assert(suite_waits_long(case_of("", waits[_i].steps)) ==
              waits[_i].waits);
}
END_TEST

/* ---- order ---- */

enum { MANY = 40 };

/* Cases "0" … "39": each fifth is alone, each fourth of the others waits, each
 * third of the rest has a channel. */
static struct scenario_list many(void)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < MANY; i++) {
        buf_printf(&text, "scenario \"%d\"\n%sclients a\n%s\n\n", i,
                   i % 5 == 0 ? "alone\n" : "",
                   i % 4 == 0   ? " a connects /ws/{app}\n a waits for=5s\n"
                   : i % 3 == 0 ? " a connects /ws/{app}\n"
                                : " a syncs\n");
    }
    struct scenario_list list =
        scenario_of(arena_str(&arena, buf_view(&text)).p, &arena);
    buf_free(&text);
    ck_assert_uint_eq(list.count, MANY);
    return list;
}

static int number_of(const struct scenario *scenario)
{
    int64_t number = -1;
    ck_assert(str_to_i64(scenario->name, &number));
    return (int)number;
}

static int rank_of(int number)
{
    return number % 5 == 0 ? 3 : number % 4 == 0 ? 2 : number % 3 == 0 ? 1 : 0;
}

static void order_of(uint64_t seed, int *numbers)
{
    bool seen[MANY] = {false};
    struct scenario_list list = many();
    size_t alone_from = suite_order(&list, true, seed, &arena);
    ck_assert_uint_eq(alone_from, MANY - MANY / 5);
    ck_assert_uint_eq(list.count, MANY);
    for (int i = 0; i < MANY; i++) {
        numbers[i] = number_of(&list.items[i]);
        ck_assert_msg(!seen[numbers[i]], "%d twice", numbers[i]);
        seen[numbers[i]] = true;
        ck_assert_int_eq((size_t)i >= alone_from, rank_of(numbers[i]) == 3);
        ck_assert(i == 0 || rank_of(numbers[i - 1]) <= rank_of(numbers[i]));
    }
}

START_TEST(without_a_seed_the_order_stays)
{
    int numbers[MANY];
    order_of(0, numbers);
    for (int i = 1; i < MANY; i++) {
        ck_assert(rank_of(numbers[i - 1]) < rank_of(numbers[i]) ||
                  numbers[i - 1] < numbers[i]);
    }
}
END_TEST

/* Each file's first one, then each file's second one, as far as there are. */
START_TEST(every_file_has_its_turn)
{
    static const size_t turns[] = {1, 2, 3, 1, 2, 1};
    static const size_t due[] = {0, 3, 5, 1, 4, 2};
    struct scenario_list list = many();
    list.count = 6;
    for (size_t i = 0; i < list.count; i++) {
        list.items[i] = *case_of("", " alice syncs\n");
        list.items[i].index = turns[i];
        list.items[i].line = (uint32_t)i;
    }
    ck_assert_uint_eq(suite_order(&list, true, 0, &arena), list.count);
    for (size_t i = 0; i < list.count; i++) {
        ck_assert_uint_eq(list.items[i].line, due[i]);
    }
}
END_TEST

/* A hundred requests, changes or kilobytes are much. */
START_TEST(much_work_comes_later)
{
    static const struct {
        const char *steps;
        bool later;
    } works[] = {{" alice sends GET /health times=99\n", false},
                 {" alice sends GET /health times=100\n", true},
                 {" alice sends GET /health times=60\n"
                  " alice sends GET /health times=40\n",
                  true},
                 {" storm writes writers=4 changes=24\n", false},
                 {" storm writes writers=4 changes=25\n", true},
                 {" storm writes writers=2 batch=10 total=99\n", false},
                 {" storm writes writers=2 batch=10 total=100\n", true},
                 {" alice sends POST /sync/{app}\n | {102399*x}\n", false},
                 {" alice sends POST /sync/{app}\n | {102400*x}\n", true}};
    for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
        struct scenario_list list = many();
        list.count = 2;
        list.items[0] = *case_of("", works[i].steps);
        list.items[1] = *case_of("", " alice syncs\n");
        list.items[1].line = 99;
        suite_order(&list, true, 0, &arena);
        ck_assert_msg((list.items[0].line == 99) == works[i].later, "%s",
                      works[i].steps);
    }
}
END_TEST

START_TEST(a_seed_is_an_order)
{
    int plain[MANY], one[MANY], again[MANY], two[MANY];
    order_of(0, plain);
    order_of(1, one);
    order_of(1, again);
    order_of(2, two);
    ck_assert_int_eq(memcmp(one, again, sizeof one), 0);
    ck_assert_int_ne(memcmp(one, plain, sizeof one), 0);
    ck_assert_int_ne(memcmp(one, two, sizeof one), 0);
    /* Of each rank too, not only of the first. */
    ck_assert_int_ne(memcmp(one + MANY * 4 / 5, plain + MANY * 4 / 5,
                            sizeof *one * MANY / 5),
                     0);
}
END_TEST

START_TEST(few_are_ordered_too)
{
    struct scenario_list none = {.count = 0};
    ck_assert_uint_eq(suite_order(&none, true, 7, &arena), 0);
    ck_assert_uint_eq(none.count, 0);
    struct scenario_list one =
        scenario_of("scenario \"0\"\nclients a\n a syncs\n", &arena);
    ck_assert_uint_eq(suite_order(&one, true, 7, &arena), 1);
    struct scenario_list alone =
        scenario_of("scenario \"0\"\nalone\nclients a\n a syncs\n", &arena);
    ck_assert_uint_eq(suite_order(&alone, true, 7, &arena), 0);
    struct scenario_list user = scenario_of(
        "scenario \"0\"\ndialect v2\nclients a\n a listens unified\n", &arena);
    ck_assert_uint_eq(suite_order(&user, true, 0, &arena), 1);
    ck_assert_uint_eq(suite_order(&user, false, 0, &arena), 0);
}
END_TEST

/* ---- judging ---- */

static void verdict_add(struct run_result *result, enum outcome outcome,
                        const char *clause)
{
    const struct verdict verdict = {
        .outcome = outcome, .clause = str_of(clause), .what = STR("x")};
    result_add(result, &arena, &verdict);
}

START_TEST(only_what_the_level_asks_for_fails)
{
    for (int asked = LEVEL_MUST; asked <= LEVEL_STRICT; asked++) {
        for (int level = LEVEL_MUST; level <= LEVEL_STRICT; level++) {
            const struct suite suite = {.level = (enum clause_level)asked};
            struct run_result result = {.outcome = OUT_PASS};
            verdict_add(&result, OUT_FAIL, clause_of((enum clause_level)level));
            enum outcome due = level > asked ? OUT_NONSTRICT : OUT_FAIL;
            suite_judge(&suite, &result);
            ck_assert_int_eq(result.verdicts[0].outcome, due);
            ck_assert_int_eq(result.outcome, due);
            suite_judge(&suite, &result); /* again changes nothing */
            ck_assert_int_eq(result.outcome, due);
        }
    }
}
END_TEST

START_TEST(the_worst_of_what_is_left_counts)
{
    const struct suite core = {.level = LEVEL_MUST};
    struct run_result result = {.outcome = OUT_PASS};
    verdict_add(&result, OUT_FAIL, clause_of(LEVEL_SHOULD));
    verdict_add(&result, OUT_FAIL, clause_of(LEVEL_MUST));
    suite_judge(&core, &result);
    ck_assert_int_eq(result.outcome, OUT_FAIL);
    ck_assert_int_eq(result.verdicts[0].outcome, OUT_NONSTRICT);
    ck_assert_int_eq(result.verdicts[1].outcome, OUT_FAIL);
    result = (struct run_result){.outcome = OUT_PASS};
    verdict_add(&result, OUT_UNKNOWN, clause_of(LEVEL_STRICT));
    verdict_add(&result, OUT_FAIL, clause_of(LEVEL_STRICT));
    suite_judge(&core, &result);
    ck_assert_int_eq(result.outcome, OUT_UNKNOWN);
    ck_assert_int_eq(result.verdicts[0].outcome, OUT_UNKNOWN);
}
END_TEST

static const struct {
    enum outcome outcome;
    const char *clause; /* NULL: a strict one */
} kept[] = {{OUT_FAIL, ""},       {OUT_FAIL, "NONE-1"}, {OUT_ERROR, NULL},
            {OUT_UNKNOWN, NULL},  {OUT_INFO, NULL},     {OUT_SKIP, NULL},
            {OUT_NONSTRICT, NULL}};

START_TEST(other_verdicts_stay)
{
    const struct suite core = {.level = LEVEL_MUST};
    struct run_result result = {.outcome = OUT_PASS};
    verdict_add(&result, kept[_i].outcome,
                kept[_i].clause ? kept[_i].clause : clause_of(LEVEL_STRICT));
    suite_judge(&core, &result);
    ck_assert_int_eq(result.verdicts[0].outcome, kept[_i].outcome);
    ck_assert_int_eq(result.outcome, kept[_i].outcome);
}
END_TEST

START_TEST(what_is_no_suite_judges_nothing)
{
    struct run_result result = {.outcome = OUT_PASS};
    verdict_add(&result, OUT_FAIL, clause_of(LEVEL_STRICT));
    suite_judge(NULL, &result);
    ck_assert_int_eq(result.outcome, OUT_FAIL);
    /* A result without verdicts keeps what it is. */
    const struct suite core = {.level = LEVEL_MUST};
    result = (struct run_result){.outcome = OUT_UNIMPLEMENTED};
    suite_judge(&core, &result);
    ck_assert_int_eq(result.outcome, OUT_UNIMPLEMENTED);
}
END_TEST

Suite *suite_suite(void)
{
    Suite *suite = suite_create("suite");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_first_clause_is_the_level, LEVEL_MUST,
                        LEVEL_STRICT + 1);
    tcase_add_test(tcase, without_a_clause_it_is_strict);
    tcase_add_loop_test(tcase, who_hears_of_others_is_alone, 0,
                        sizeof alones / sizeof *alones);
    tcase_add_loop_test(tcase, four_seconds_are_long, 0,
                        sizeof waits / sizeof *waits);
    tcase_add_test(tcase, without_a_seed_the_order_stays);
    tcase_add_test(tcase, every_file_has_its_turn);
    tcase_add_test(tcase, much_work_comes_later);
    tcase_add_test(tcase, a_seed_is_an_order);
    tcase_add_test(tcase, few_are_ordered_too);
    tcase_add_test(tcase, only_what_the_level_asks_for_fails);
    tcase_add_test(tcase, the_worst_of_what_is_left_counts);
    tcase_add_loop_test(tcase, other_verdicts_stay, 0,
                        sizeof kept / sizeof *kept);
    tcase_add_test(tcase, what_is_no_suite_judges_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
