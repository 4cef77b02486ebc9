/* SPDX-License-Identifier: MIT */
/* Registers, their total order, and the algebra of merging: by enumeration.
 * Layer: tests. */
#include "tests/client/rig.h"

static struct field write_of(const char *value, const char *at)
{
    return (struct field){.name = STR("f"),
                          .value = str_of(value),
                          .at = at ? rig_instant(at) : INSTANT_MIN};
}

START_TEST(order_is_by_instant_then_by_bytes)
{
    /* Ascending; every pair is compared, both ways round. */
    const struct field writes[] = {
        write_of("\"z\"", NULL),
        write_of("9", "2025-12-31T23:59:59.999999999Z"),
        write_of("10", "2026-01-01T01:00:00+01:00"), /* the same instant … */
        write_of("9", "2026-01-01T00:00:00Z"),       /* … by bytes: "1"<"9" */
        write_of("null", "2026-01-01T00:00:00.000Z"),
        write_of("{}", "2026-01-01T00:00:00.000000000Z"),
        write_of("\"\"", "2026-01-01T00:00:00.000000001Z"),
        write_of("\"\"", "2026-01-01T00:00:00.5Z"), /* as text before …00Z */
    };
    int n = (int)(sizeof writes / sizeof writes[0]);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++) {
            int order = record_order(&writes[i], &writes[k]);
            CK_NUM((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}
END_TEST

START_TEST(registers_stay_sorted_and_can_be_found)
{
    struct arena arena;
    struct record record = {0};
    arena_init(&arena, 1 << 20);
    const char *names[] = {"m", "b", "", "zz", "z", "a", "__proto__", "mm"};
    size_t count = sizeof names / sizeof names[0];
    for (size_t i = 0; i < count; i++) {
        struct field field = {.name = str_of(names[i]), .value = STR("1")};
        record_put(&record, &arena, &field);
        record_put(&record, &arena, &field);
    }
    CK_NUM(record.field_count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(record_field(&record, str_of(names[i])));
        ck_assert(i == 0 || str_cmp(record.fields[i - 1].name,
                                    record.fields[i].name) < 0);
    }
    ck_assert_ptr_null(record_field(&record, STR("y")));
    ck_assert_ptr_null(record_register(&record, STR("mmm")));
    arena_free(&arena);
}
END_TEST

START_TEST(merge_says_whether_it_changed_anything)
{
    struct arena arena;
    struct record record = {0};
    arena_init(&arena, 1 << 20);
    struct field one = write_of("1", "2026-01-01T00:00:00Z");
    struct field older = write_of("2", "2025-01-01T00:00:00Z");
    struct field tie = write_of("2", "2026-01-01T00:00:00Z");
    ck_assert(instant_cmp(record_updated_at(&record), INSTANT_MIN) == 0);
    ck_assert(record_merge(&record, &arena, &one));
    ck_assert(!record_merge(&record, &arena, &one));
    ck_assert(!record_merge(&record, &arena, &older));
    ck_assert(record_merge(&record, &arena, &tie));
    ck_assert(!record_merge(&record, &arena, &one));
    ck_assert(str_is(record.fields[0].value, "2"));
    ck_assert(instant_cmp(record_updated_at(&record), one.at) == 0);
    arena_free(&arena);
}
END_TEST

START_TEST(deleted_values_of_one_instant_are_one_value)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"null", "null"},
        {"\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:00.000Z\""},
        {"\"2026-01-01T01:00:00.5+01:00\"", "\"2026-01-01T00:00:00.500Z\""},
        {"\"2026-01-01T00:00:00.0005Z\"", "\"2026-01-01T00:00:00.0005Z\""},
        {"\"yesterday\"", "\"yesterday\""},
        {"\"\"", "\"\""},
        {"5", "5"},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str out = record_deleted_value(&arena, str_of(cases[i].in));
        CK_STR(arena_str(&arena, out).p, cases[i].out);
    }
    arena_free(&arena);
}
END_TEST

/* Ties, respellings, a delete, its undelete, an insert late and early: what a
 * record can meet. */
static const char *const pool[] = {
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\",\"data\":{"
    "\"id\":\"1\",\"t\":\"a\",\"n\":1,"
    "\"createdAt\":\"2026-01-01T00:00:00.000Z\","
    "\"updatedAt\":\"2026-01-01T00:00:01.000Z\",\"deletedAt\":null}}",
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"insert\","
    "\"data\":{\"t\":\"no time\"}}",
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"
    "\"t\":{\"value\":\"b\",\"at\":\"2026-01-01T00:00:01Z\"}}}",
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"
    "\"t\":{\"value\":\"A\",\"at\":\"2026-01-01T01:00:01+01:00\"},"
    "\"n\":{\"value\":2,\"at\":\"2026-01-01T00:00:03Z\"}}}",
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"delete\","
    "\"deletedAt\":\"2026-01-01T00:00:02Z\"}",
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"
    "\"deletedAt\":{\"value\":null,\"at\":\"2026-01-01T00:00:02.0Z\"}}}",
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"
    "\"deletedAt\":{\"value\":null,\"at\":\"2026-01-01T00:00:02.5Z\"}},"
    "\"deletedAt\":\"2026-01-01T00:00:00.5Z\"}",
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"delete\","
    "\"deletedAt\":\"2026-01-01T00:00:02.500000001Z\"}",
};
enum { POOL = sizeof pool / sizeof pool[0], CHOSEN = 4 };

static struct change pool_changes[POOL];

static void pool_read(struct arena *arena)
{
    struct codec_rules rules = codec_rules_default(dialect_find(STR("v2")));
    for (size_t i = 0; i < POOL; i++) {
        struct err err;
        ck_assert_msg(change_read(str_of(pool[i]), &rules, arena,
                                  &pool_changes[i], &err) == ST_OK,
                      "%s", err.text);
    }
}

/* A fresh replica that meets these changes in this order, each `times`. */
static const char *replica_of(struct arena *arena, struct intern *intern,
                              const size_t *order, int times)
{
    static const struct str tasks[] = {{"tasks", 5}};
    struct device_config config = {.arena = arena,
                                   .intern = intern,
                                   .client_id = STR("x"),
                                   .collections = tasks,
                                   .collection_count = 1};
    struct device *device = device_create(&config);
    struct scribe scribe = {.wall = rig_instant("2030-01-01T00:00:00Z")};
    for (size_t i = 0; i < CHOSEN; i++) {
        for (int t = 0; t < times; t++) {
            replica_apply(device, &pool_changes[order[i]], &scribe);
        }
    }
    for (int t = 1; t < times; t++) {
        for (size_t i = CHOSEN; i > 0; i--) {
            replica_apply(device, &pool_changes[order[i - 1]], &scribe);
        }
    }
    return rig_print(arena, device);
}

static size_t permutations(struct arena *arena, struct intern *intern,
                           size_t *order, size_t fixed, const char **first)
{
    if (fixed == CHOSEN) {
        const char *once = replica_of(arena, intern, order, 1);
        const char *twice = replica_of(arena, intern, order, 2);
        *first = *first ? *first : once;
        CK_STR(once, *first);
        CK_STR(twice, *first);
        return 1;
    }
    size_t seen = 0;
    for (size_t i = fixed; i < CHOSEN; i++) {
        size_t swapped = order[fixed];
        order[fixed] = order[i];
        order[i] = swapped;
        seen += permutations(arena, intern, order, fixed + 1, first);
        order[i] = order[fixed];
        order[fixed] = swapped;
    }
    return seen;
}

START_TEST(any_four_changes_in_any_order_any_times_give_one_state)
{
    struct arena arena, scratch;
    size_t seen = 0;
    arena_init(&arena, 1 << 20);
    arena_init(&scratch, (size_t)64 << 20);
    pool_read(&arena);
    for (unsigned mask = 0; mask < 1u << POOL; mask++) {
        size_t order[POOL], count = 0;
        for (size_t i = 0; i < POOL; i++) {
            if (mask >> i & 1u) {
                order[count++] = i;
            }
        }
        if (count == CHOSEN) {
            const char *first = NULL;
            struct intern intern;
            intern_init(&intern, &scratch);
            seen += permutations(&scratch, &intern, order, 0, &first);
            arena_reset(&scratch);
        }
    }
    CK_NUM(seen, 70 * 24);
    arena_free(&scratch);
    arena_free(&arena);
}
END_TEST

/* Three replicas exchange what they have in every order of exchange. */
START_TEST(merging_is_associative_over_replicas)
{
    struct arena arena;
    struct intern intern;
    arena_init(&arena, (size_t)64 << 20);
    intern_init(&intern, &arena);
    pool_read(&arena);
    size_t left[] = {0, 4, 6, 3}, right[] = {3, 6, 0, 4};
    size_t regrouped[] = {6, 3, 4, 0};
    const char *a = replica_of(&arena, &intern, left, 1);
    CK_STR(replica_of(&arena, &intern, right, 3), a);
    CK_STR(replica_of(&arena, &intern, regrouped, 1), a);
    CK_STR(a, "tasks/1 createdAt=\"2026-01-01T00:00:00.000Z\"@"
              "2026-01-01T00:00:01Z deletedAt=null@2026-01-01T00:00:02.5Z "
              "n=2@2026-01-01T00:00:03Z t=\"a\"@2026-01-01T00:00:01Z\n\n");
    arena_free(&arena);
}
END_TEST

Suite *suite_record(void)
{
    Suite *suite = suite_create("record");
    TCase *tests = tcase_create("record");
    tcase_add_test(tests, order_is_by_instant_then_by_bytes);
    tcase_add_test(tests, registers_stay_sorted_and_can_be_found);
    tcase_add_test(tests, merge_says_whether_it_changed_anything);
    tcase_add_test(tests, deleted_values_of_one_instant_are_one_value);
    tcase_add_test(tests,
                   any_four_changes_in_any_order_any_times_give_one_state);
    tcase_add_test(tests, merging_is_associative_over_replicas);
    suite_add_tcase(suite, tests);
    return suite;
}
