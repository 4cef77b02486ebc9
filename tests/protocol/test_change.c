/* SPDX-License-Identifier: MIT */
/* test_change - changes as data. */
#include "protocol/change.h"
#include "tests/protocol/suites.h"

#define FIELD(name_, value_)                                                   \
    {                                                                          \
        .name = STR(name_), .value = STR(value_)                               \
    }

static struct instant stamp_of(struct field *data, size_t count)
{
    struct change change = {.op = OP_INSERT, .data = data, .data_count = count};
    return change_insert_stamp(&change);
}

START_TEST(stamp_of_an_insert)
{
    struct field both[] = {FIELD("createdAt", "\"1970-01-01T00:00:01Z\""),
                           FIELD("updatedAt", "\"1970-01-01T00:00:02Z\"")};
    ck_assert_int_eq(stamp_of(both, 2).s, 2);
    ck_assert_int_eq(stamp_of(both, 1).s, 1);
    ck_assert_int_eq(instant_cmp(stamp_of(NULL, 0), INSTANT_MIN), 0);
    struct field odd[] = {FIELD("createdAt", "5"), FIELD("updatedAt", "null")};
    ck_assert_int_eq(instant_cmp(stamp_of(odd, 2), INSTANT_MIN), 0);
    struct field fallback[] = {FIELD("createdAt", "\"1970-01-01T00:00:01Z\""),
                               FIELD("updatedAt", "\"yesterday\"")};
    ck_assert_int_eq(stamp_of(fallback, 2).s, 1);
}
END_TEST

START_TEST(fields_are_found_by_name)
{
    struct field fields[] = {FIELD("", "1"), FIELD("a", "2"),
                             FIELD("a\0b", "3")};
    assert_text(field_find(fields, 3, STR(""))->value, "1");
    assert_text(field_find(fields, 3, STR("a\0b"))->value, "3");
    ck_assert_ptr_null(field_find(fields, 3, STR("b")));
    ck_assert_ptr_null(field_find(fields, 0, STR("a")));
}
END_TEST

/* Both ways of sorting, around the border between them. */
START_TEST(fields_are_sorted_bytewise)
{
    static const char *const names[] = {"m", "b",  "",  "Z",  "\xc3\xa9", "a b",
                                        "a", "ab", "z", "10", "9",        "c",
                                        "d", "e",  "f", "g"};
    for (size_t count = 0; count <= sizeof names / sizeof names[0]; count++) {
        struct field fields[16];
        for (size_t i = 0; i < count; i++) {
            fields[i] = (struct field){.name = str_of(names[i])};
        }
        field_sort(fields, count);
        for (size_t i = 1; i < count; i++) {
            ck_assert_int_lt(str_cmp(fields[i - 1].name, fields[i].name), 0);
        }
    }
}
END_TEST

START_TEST(ops_have_names)
{
    ck_assert_str_eq(op_name(OP_INSERT), "insert");
    ck_assert_str_eq(op_name(OP_UPDATE), "update");
    ck_assert_str_eq(op_name(OP_DELETE), "delete");
}
END_TEST

Suite *suite_change(void)
{
    Suite *suite = suite_create("change");
    TCase *tests = tcase_create("change");
    tcase_add_test(tests, stamp_of_an_insert);
    tcase_add_test(tests, fields_are_found_by_name);
    tcase_add_test(tests, fields_are_sorted_bytewise);
    tcase_add_test(tests, ops_have_names);
    suite_add_tcase(suite, tests);
    return suite;
}
