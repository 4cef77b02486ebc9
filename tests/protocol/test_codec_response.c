/* SPDX-License-Identifier: MIT */
/* test_codec_response - answers from bytes: good entries are kept, malformed
 * ones are told, everything else that is wrong fails. */
#include <string.h>

#include "protocol/codec.h"
#include "tests/protocol/suites.h"

#define UNTIL "\"syncedUntil\":\"2026-11-22T15:55:41.6350705Z\""
#define GOOD  "{\"table\":\"t\",\"id\":\"i\",\"op\":\"delete\"}"

static struct arena arena;
static struct err err;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

static enum status read_answer(const char *dialect, const char *text,
                               struct response *out)
{
    struct codec_rules rules = codec_rules_default(dialect_named(dialect));
    return response_read(str_of(text), &rules, &arena, out, &err);
}

START_TEST(reads_an_answer)
{
    struct response out;
    ck_assert_int_eq(read_answer("v2",
                                 "{\"serverChanges\":[" GOOD "," GOOD
                                 "],\"conflicts\":[{\"b\":1,\"a\":2}]," UNTIL
                                 ",\"hasMore\":true,\"new\":{}}",
                                 &out),
                     ST_OK);
    ck_assert_uint_eq(out.count, 2);
    ck_assert_uint_eq(out.malformed_count, 0);
    ck_assert_uint_eq(out.conflict_count, 1);
    assert_text(out.conflicts[0], "{\"a\":2,\"b\":1}");
    assert_text(out.synced_until, "2026-11-22T15:55:41.6350705Z");
    ck_assert_int_eq(out.synced_until_at.s, 1795362941);
    ck_assert_int_eq(out.synced_until_at.ns, 635070500);
    ck_assert(out.has_more && out.has_has_more);
}
END_TEST

START_TEST(has_more_is_of_v2)
{
    struct response out;
    const char *text =
        "{\"serverChanges\":[],\"conflicts\":[]," UNTIL ",\"hasMore\":false}";
    ck_assert_int_eq(read_answer("v2", text, &out), ST_OK);
    ck_assert(!out.has_more && out.has_has_more);
    ck_assert_int_eq(
        read_answer("v2", "{\"serverChanges\":[],\"conflicts\":[]," UNTIL "}",
                    &out),
        ST_OK);
    ck_assert(!out.has_more && !out.has_has_more);
    ck_assert_int_eq(read_answer("v1",
                                 "{\"serverChanges\":[],\"conflicts\":[]," UNTIL
                                 ",\"hasMore\":\"yes\"}",
                                 &out),
                     ST_OK);
    ck_assert(!out.has_has_more);
}
END_TEST

START_TEST(malformed_entries_do_not_stop_the_others)
{
    struct response out;
    ck_assert_int_eq(
        read_answer("v2",
                    "{\"serverChanges\":[" GOOD ",null,{\"table\":\"u\",\"id\":"
                    "\"i\",\"op\":\"upsert\"}," GOOD ",{\"table\":\"w\",\"id\":"
                    "\"i\",\"op\":\"insert\",\"data\":{\"x\":1e400}}],"
                    "\"conflicts\":[]," UNTIL "}",
                    &out),
        ST_OK);
    ck_assert_uint_eq(out.count, 2);
    ck_assert_uint_eq(out.malformed_count, 3);
    ck_assert_uint_eq(out.malformed[0].index, 1);
    ck_assert_str_eq(out.malformed[0].why,
                     "serverChanges[1]: expected an object, found null");
    ck_assert_uint_eq(out.malformed[0].table.n, 0);
    ck_assert_uint_eq(out.malformed[1].index, 2);
    ck_assert_str_eq(out.malformed[1].why,
                     "serverChanges[2].op: unknown op \"upsert\" (expected "
                     "insert, update or delete)");
    assert_text(out.malformed[1].table, "u");
    ck_assert_uint_eq(out.malformed[2].index, 4);
    ck_assert_str_eq(out.malformed[2].why,
                     "serverChanges[4].data.x: a number that no double can "
                     "hold (expected at most 1.7976931348623157e308)");
    assert_text(out.malformed[2].table, "w");
}
END_TEST

START_TEST(malformed_entries_are_told_without_err)
{
    struct codec_rules rules = codec_rules_default(dialect_named("v1"));
    struct response out;
    ck_assert_int_eq(
        response_read(STR("{\"serverChanges\":[7],\"conflicts\":[]," UNTIL "}"),
                      &rules, &arena, &out, NULL),
        ST_OK);
    ck_assert_str_eq(out.malformed[0].why,
                     "serverChanges[0]: expected an object, found a number");
}
END_TEST

START_TEST(anything_else_that_is_wrong_fails)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"[]", "response: expected an object, found an array"},
        {"{\"conflicts\":[]," UNTIL "}",
         "serverChanges: missing (expected an array)"},
        {"{\"serverChanges\":null,\"conflicts\":[]," UNTIL "}",
         "serverChanges: expected an array, found null"},
        {"{\"serverChanges\":[]," UNTIL "}",
         "conflicts: missing (expected an array)"},
        {"{\"serverChanges\":[],\"conflicts\":{}," UNTIL "}",
         "conflicts: expected an array, found an object"},
        {"{\"serverChanges\":[],\"conflicts\":[]}",
         "syncedUntil: missing (expected RFC 3339, e.g. "
         "2026-03-27T10:05:00.000Z)"},
        {"{\"serverChanges\":[],\"conflicts\":[],\"syncedUntil\":17}",
         "syncedUntil: not a time: a number (expected RFC 3339, e.g. "
         "2026-03-27T10:05:00.000Z)"},
        {"{\"serverChanges\":[],\"conflicts\":[],\"syncedUntil\":\"soon\"}",
         "syncedUntil: not a time: \"soon\" (expected RFC 3339, e.g. "
         "2026-03-27T10:05:00.000Z)"},
        {"{\"serverChanges\":[],\"conflicts\":[]," UNTIL ",\"hasMore\":1}",
         "hasMore: expected a boolean, found a number"},
        {"{\"serverChanges\":[],\"conflicts\":[]," UNTIL ",\"hasMore\":null}",
         "hasMore: expected a boolean, found null"},
        {"{\"serverChanges\":[],\"conflicts\":[1e999]," UNTIL "}",
         "conflicts[0]: a number that no double can hold (expected at most "
         "1.7976931348623157e308)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct response out;
        ck_assert_int_eq(read_answer("v2", cases[i].text, &out), ST_PROTOCOL);
        ck_assert_str_eq(err.text, cases[i].says);
    }
    struct response out;
    ck_assert_int_eq(read_answer("v2", "{\"serverChanges\":[", &out),
                     ST_SYNTAX);
}
END_TEST

/* Without pages, an answer may hold more changes than one push may. */
START_TEST(an_answer_may_be_long)
{
    struct response out;
    struct str entries = repeated(&arena, GOOD ",", LIMIT_CHANGES);
    struct str text = arena_printf(
        &arena, "{\"serverChanges\":[%.*s" GOOD "],\"conflicts\":[]," UNTIL "}",
        STR_ARG(entries));
    ck_assert_int_eq(read_answer("v1", text.p, &out), ST_OK);
    ck_assert_uint_eq(out.count, LIMIT_CHANGES + 1);
}
END_TEST

START_TEST(memory_out_is_a_limit_not_a_malformed_entry)
{
    struct codec_rules rules = codec_rules_default(dialect_named("v1"));
    struct str text = arena_printf(
        &arena, "{\"serverChanges\":[%.*s7],\"conflicts\":[]," UNTIL "}",
        STR_ARG(repeated(&arena, GOOD ",null,", 40)));
    size_t short_of = 0;
    for (size_t ceiling = 0; ceiling < 200000; ceiling += 1024) {
        struct response out;
        struct arena small;
        arena_init(&small, ceiling);
        enum status status = response_read(text, &rules, &small, &out, &err);
        if (status == ST_OK) {
            ck_assert_uint_eq(out.count, 40);
            ck_assert_uint_eq(out.malformed_count, 41);
        } else {
            ck_assert_int_eq(status, ST_LIMIT);
            ck_assert_ptr_nonnull(strstr(err.text, "no memory left"));
            short_of++;
        }
        arena_free(&small);
    }
    ck_assert_uint_gt(short_of, 0);
}
END_TEST

Suite *suite_codec_response(void)
{
    Suite *suite = suite_create("codec_response");
    TCase *tests = tcase_create("codec_response");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_an_answer);
    tcase_add_test(tests, has_more_is_of_v2);
    tcase_add_test(tests, malformed_entries_do_not_stop_the_others);
    tcase_add_test(tests, malformed_entries_are_told_without_err);
    tcase_add_test(tests, anything_else_that_is_wrong_fails);
    tcase_add_test(tests, an_answer_may_be_long);
    tcase_add_test(tests, memory_out_is_a_limit_not_a_malformed_entry);
    suite_add_tcase(suite, tests);
    return suite;
}
