/* SPDX-License-Identifier: MIT */
/* test_merging - the mode that merges by itself: what its records fold to, its
 * pages and its cursors. */
#include <string.h>

#include "mock_server/merging.h"
#include "tests/mock_server/rig.h"
#include "tests/mock_server/suites.h"

#define T0 "2025-01-01T00:00:00.000Z"
#define T1 "2025-01-01T00:00:01.000Z"
#define T2 "2025-01-01T00:00:02.000Z"

static struct rig rig;

static void open_mode(const char *dialect, enum server_mode mode)
{
    rig_open(&rig, dialect, 0, BUG_COUNT, NULL);
    rig.config.mode = mode;
    rig_restart(&rig);
}

static void open_merging(void)
{
    open_mode("v2", SERVER_MERGING);
}

static void open_repeating(void)
{
    open_mode("v2", SERVER_REPEATING);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void push(const char *client, const char *changes)
{
    ck_assert_int_eq(rig_push(&rig, "alice", client, EPOCH, changes), 201);
}

static void pull(const char *client, const char *since)
{
    ck_assert_int_eq(rig_pull(&rig, "alice", client, since), 200);
    ck_assert_uint_eq(rig.got.malformed_count, 0);
}

static const char *field_text(const char *name, const char *value,
                              const char *at)
{
    return rig_text(&rig, "\"%s\":{\"value\":%s,\"at\":\"%s\"}", name, value,
                    at);
}

static const char *update_of(const char *id, const char *fields)
{
    return rig_text(&rig,
                    "{\"table\":\"tasks\",\"id\":\"%s\",\"op\":\"update\","
                    "\"fields\":{%s}}",
                    id, fields);
}

static const char *insert_of(const char *id, const char *data)
{
    return rig_text(&rig,
                    "{\"table\":\"tasks\",\"id\":\"%s\",\"op\":\"insert\","
                    "\"data\":{%s}}",
                    id, data);
}

/* ---- a fold of the last answer, naive on purpose ---- */

struct best {
    const char *name;
    struct instant at;
    struct str value; /* empty: never told */
};

static void best_look(struct best *best, const struct field *fields,
                      size_t count, const struct instant *all_at)
{
    const struct field *field = field_find(fields, count, str_of(best->name));

    if (!field) {
        return;
    }
    struct instant at = all_at ? *all_at : field->at;

    if (!best->value.n || instant_cmp(at, best->at) > 0 ||
        (instant_cmp(at, best->at) == 0 &&
         str_cmp(field->value, best->value) > 0)) {
        best->at = at;
        best->value = field->value;
    }
}

static struct best fold(const char *id, const char *name)
{
    struct best best = {.name = name};

    for (size_t i = 0; i < rig.got.count; i++) {
        const struct change *change = &rig.got.changes[i];
        struct instant insert_at = change_insert_stamp(change);

        if (str_is(change->id, id)) {
            best_look(&best, change->data, change->data_count, &insert_at);
            best_look(&best, change->fields, change->field_count, NULL);
        }
    }
    return best;
}

static const char *folded(const char *id, const char *name)
{
    return rig_text(&rig, "%.*s", STR_ARG(fold(id, name).value));
}

#define FOLDED(id, name, text) ck_assert_str_eq(folded(id, name), text)

/* ---- merging ---- */

START_TEST(fields_of_a_record_come_with_their_own_stamps)
{
    push("a",
         insert_of("1", "\"title\":\"milk\",\"n\":1,\"updatedAt\":\"" T0 "\""));
    push("b", update_of("1", field_text("title", "\"eggs\"", T2)));
    push("a", update_of("1", field_text("title", "\"oats\"", T1)));
    pull("c", EPOCH);
    ck_assert_str_eq(rig_ids(&rig) + strlen(rig_ids(&rig)) - 1, "1");
    FOLDED("1", "title", "\"eggs\"");
    FOLDED("1", "n", "1");
    ck_assert_ptr_null(strstr(rig.body, "oats"));
    ck_assert_ptr_nonnull(strstr(rig.body, "\"at\": \"2025-01-01T00:00:02Z\""));
}
END_TEST

START_TEST(stale_write_is_acknowledged_and_changes_nothing)
{
    push("a", update_of("1", field_text("n", "2", T2)));
    pull("c", EPOCH);
    const char *before = rig.cursor;

    push("b", update_of("1", field_text("n", "1", T1)));
    pull("c", before);
    ck_assert_uint_eq(rig.got.count, 0);
    ck_assert_str_gt(rig.cursor, before);
    pull("c", EPOCH);
    FOLDED("1", "n", "2");
}
END_TEST

START_TEST(equal_stamps_are_decided_by_the_greater_text)
{
    push("a", update_of("1", field_text("n", "\"b\"", T1)));
    push("b", update_of("1", field_text("n", "\"a\"", T1)));
    push("b", update_of("2", field_text("n", "\"a\"", T1)));
    push("a", update_of("2", field_text("n", "\"b\"", T1)));
    pull("c", EPOCH);
    FOLDED("1", "n", "\"b\"");
    FOLDED("2", "n", "\"b\"");
    ck_assert_ptr_null(strstr(rig.body, "\"a\","));
}
END_TEST

START_TEST(own_fields_are_left_out_but_for_a_first_sync)
{
    push("a", insert_of("1", "\"title\":1,\"n\":1,\"updatedAt\":\"" T0 "\""));
    pull("a", "1970-01-02T00:00:00Z");
    ck_assert_uint_eq(rig.got.count, 0);
    push("b", update_of("1", field_text("title", "2", T1)));
    pull("a", "1970-01-02T00:00:00Z");
    FOLDED("1", "title", "2");
    FOLDED("1", "n", "");
    pull("a", EPOCH);
    FOLDED("1", "n", "1");
}
END_TEST

START_TEST(timeless_insert_is_told_without_a_time_behind_what_came_before)
{
    push("a", update_of("1", field_text("title", "\"new\"", T1)));
    push("a", insert_of("1", "\"title\":\"old\",\"done\":true"));
    pull("c", EPOCH);
    ck_assert_uint_eq(rig.got.count, 2);
    ck_assert_int_eq(rig.got.changes[0].op, OP_UPDATE);
    ck_assert_int_eq(rig.got.changes[1].op, OP_INSERT);
    ck_assert_int_eq(
        instant_cmp(change_insert_stamp(&rig.got.changes[1]), INSTANT_MIN), 0);
    FOLDED("1", "title", "\"new\"");
    FOLDED("1", "done", "true");
}
END_TEST

START_TEST(record_without_a_field_is_told_all_the_same)
{
    push("a", insert_of("1", ""));
    pull("c", EPOCH);
    ck_assert_str_eq(rig_ids(&rig), "1");
    pull("c", rig.cursor);
    ck_assert_uint_eq(rig.got.count, 0);
}
END_TEST

START_TEST(writes_of_different_actors_are_told_apart)
{
    push("a", "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"actor\":"
              "\"x\",\"fields\":{\"n\":{\"value\":1,\"at\":\"" T0 "\"}}}");
    push("b", "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"origin\":"
              "\"y\",\"fields\":{\"m\":{\"value\":1,\"at\":\"" T0 "\"}}}");
    pull("c", EPOCH);
    ck_assert_uint_eq(rig.got.count, 2);
    ck_assert(str_is(rig.got.changes[0].actor, "\"x\""));
    ck_assert_uint_eq(rig.got.changes[0].origin.n, 0);
    ck_assert(str_is(rig.got.changes[1].origin, "\"y\""));
    ck_assert_uint_eq(rig.got.changes[1].actor.n, 0);
}
END_TEST

START_TEST(deletes_are_told_as_deletes_and_as_fields)
{
    size_t deletes = 0;

    for (int i = 0; i < 16; i++) {
        push("a", rig_text(&rig,
                           "{\"table\":\"tasks\",\"id\":\"%d\",\"op\":"
                           "\"delete\",\"deletedAt\":\"" T1 "\"}",
                           i));
        push("b", update_of(rig_text(&rig, "%d", i),
                            field_text("deletedAt", "null", T0)));
    }
    pull("c", EPOCH);
    ck_assert_uint_eq(rig.got.count, 16);
    for (size_t i = 0; i < rig.got.count; i++) {
        const struct change *change = &rig.got.changes[i];
        struct instant at, wanted;

        at =
            change->op == OP_DELETE ? change->deleted_at : change->fields[0].at;
        ck_assert_int_eq(instant_parse(STR(T1), &wanted, NULL), ST_OK);
        ck_assert_int_eq(instant_cmp(at, wanted), 0);
        deletes += change->op == OP_DELETE;
    }
    ck_assert_uint_gt(deletes, 0);
    ck_assert_uint_lt(deletes, 16);
}
END_TEST

START_TEST(more_fields_than_a_change_may_have_are_several_changes)
{
    for (int half = 0; half < 2; half++) {
        struct buf fields;

        buf_init(&fields, LIMIT_BODY_BYTES);
        for (int i = 0; i < 3000; i++) {
            buf_printf(&fields, "%s\"f%d\":{\"value\":%d,\"at\":\"" T0 "\"}",
                       i ? "," : "", 3000 * half + i, i);
        }
        push("a", update_of("1", arena_str(&rig.arena, buf_view(&fields)).p));
        buf_free(&fields);
    }
    pull("c", EPOCH);
    ck_assert_uint_eq(rig.got.count, 2);
    FOLDED("1", "f0", "0");
    FOLDED("1", "f5999", "2999");
}
END_TEST

/* ---- pages and cursors ---- */

static void push_many(size_t count, const char *value)
{
    struct buf changes;

    buf_init(&changes, LIMIT_BODY_BYTES);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&changes, i ? "," : "");
        buf_puts(&changes, update_of(rig_text(&rig, "r%zu", i),
                                     field_text("n", value, T0)));
    }
    push("a", arena_str(&rig.arena, buf_view(&changes)).p);
    buf_free(&changes);
}

START_TEST(page_has_a_hundred_and_thirty_seven_records)
{
    struct instant last = INSTANT_EPOCH;
    const char *since = EPOCH;
    size_t sizes[3];

    push_many(300, "1");
    for (size_t i = 0; i < 3; i++) {
        pull("c", since);
        sizes[i] = rig.got.count;
        since = rig.cursor;
        ck_assert_int_eq(rig.got.has_more, i < 2);
        ck_assert(rig.got.has_has_more);
        ck_assert_int_gt(instant_cmp(rig.got.synced_until_at, last), 0);
        last = rig.got.synced_until_at;
    }
    ck_assert_uint_eq(sizes[0], MERGING_PAGE);
    ck_assert_uint_eq(sizes[1], MERGING_PAGE);
    ck_assert_uint_eq(sizes[2], 300 - 2 * MERGING_PAGE);
}
END_TEST

START_TEST(page_is_cut_by_bytes_and_has_one_record_at_least)
{
    char *value = arena_must(&rig.arena, 30003, 1);

    memset(value, 'x', 30002);
    value[0] = value[30001] = '"';
    push_many(5, value);
    pull("c", EPOCH);
    ck_assert_str_eq(rig_ids(&rig), "r0 r1");
    ck_assert(rig.got.has_more);
    pull("c", rig.cursor);
    ck_assert_str_eq(rig_ids(&rig), "r2 r3");
    pull("c", rig.cursor);
    ck_assert_str_eq(rig_ids(&rig), "r4");
    ck_assert(!rig.got.has_more);
}
END_TEST

START_TEST(record_that_changes_between_pages_comes_at_their_end)
{
    push_many(200, "1");
    pull("c", EPOCH);
    const char *since = rig.cursor;

    push("b", update_of("r0", field_text("n", "2", T1)));
    push("b", update_of("r150", field_text("n", "2", T1)));
    pull("c", since);
    ck_assert_uint_eq(rig.got.count, 200 - MERGING_PAGE + 1);
    ck_assert(str_is(rig.got.changes[rig.got.count - 1].id, "r150"));
    ck_assert(str_is(rig.got.changes[rig.got.count - 2].id, "r0"));
    FOLDED("r0", "n", "2");
    FOLDED("r150", "n", "2");
}
END_TEST

START_TEST(dialect_without_pages_gets_all_at_once)
{
    rig_close(&rig);
    open_mode("v1", SERVER_MERGING);
    for (int i = 0; i < 150; i++) {
        push("a", rig_text(&rig,
                           "{\"table\":\"tasks\",\"id\":\"%d\",\"op\":"
                           "\"update\",\"fields\":{\"n\":{\"value\":1,"
                           "\"updatedAt\":\"" T0 "\"}}}",
                           i));
    }
    pull("c", EPOCH);
    ck_assert_uint_eq(rig.got.count, 150);
    ck_assert(!rig.got.has_has_more);
}
END_TEST

START_TEST(cursor_has_an_epoch_and_a_spelling_of_its_own)
{
    push("a", update_of("1", field_text("n", "1", T0)));
    pull("c", EPOCH);
    struct str cursor = str_of(rig.cursor);

    ck_assert_uint_eq(cursor.n, strlen("2005-06-15T15:06:40.000000000+00:00"));
    ck_assert(str_ends(cursor, STR("+00:00")));
    ck_assert(str_starts(cursor, STR("2005-")));
    pull("c", rig.cursor);
    ck_assert_uint_eq(rig.got.count, 0);
    ck_assert_str_eq(rig.cursor, cursor.p);
}
END_TEST

START_TEST(cursor_text_keeps_every_nanosecond)
{
    static const int32_t parts[] = {0, 1, 999999999, 120000000, 1002};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct instant at = {1000000000, parts[i]}, again;
        char text[INSTANT_TEXT_MAX];

        ck_assert_int_eq(instant_parse(merging_cursor(at, text), &again, NULL),
                         ST_OK);
        ck_assert_int_eq(instant_cmp(at, again), 0);
    }
}
END_TEST

START_TEST(records_are_made_anew_from_the_log)
{
    push("a", update_of("1", field_text("n", "1", T0)));
    push("b", update_of("1", field_text("n", "2", T1)));
    rig_restart(&rig);
    pull("c", EPOCH);
    FOLDED("1", "n", "2");
    ck_assert_int_eq(rig.store->ops->wipe(rig.store, NULL), ST_OK);
    pull("c", EPOCH);
    ck_assert_uint_eq(rig.got.count, 0);
    push("a", update_of("1", field_text("n", "0", T0)));
    pull("c", EPOCH);
    FOLDED("1", "n", "0");
}
END_TEST

START_TEST(repeating_says_all_records_twice)
{
    push_many(100, "1");
    pull("c", EPOCH);
    ck_assert_uint_eq(rig.got.count, 200);
    ck_assert(!rig.got.has_more);
    FOLDED("r99", "n", "1");
}
END_TEST

static void add_records(TCase *records)
{
    tcase_add_test(records, fields_of_a_record_come_with_their_own_stamps);
    tcase_add_test(records, stale_write_is_acknowledged_and_changes_nothing);
    tcase_add_test(records, equal_stamps_are_decided_by_the_greater_text);
    tcase_add_test(records, own_fields_are_left_out_but_for_a_first_sync);
    tcase_add_test(
        records,
        timeless_insert_is_told_without_a_time_behind_what_came_before);
    tcase_add_test(records, record_without_a_field_is_told_all_the_same);
    tcase_add_test(records, writes_of_different_actors_are_told_apart);
    tcase_add_test(records, deletes_are_told_as_deletes_and_as_fields);
    tcase_add_test(records,
                   more_fields_than_a_change_may_have_are_several_changes);
    tcase_add_test(records, page_has_a_hundred_and_thirty_seven_records);
    tcase_add_test(records, page_is_cut_by_bytes_and_has_one_record_at_least);
    tcase_add_test(records,
                   record_that_changes_between_pages_comes_at_their_end);
    tcase_add_test(records, dialect_without_pages_gets_all_at_once);
    tcase_add_test(records, cursor_has_an_epoch_and_a_spelling_of_its_own);
    tcase_add_test(records, cursor_text_keeps_every_nanosecond);
    tcase_add_test(records, records_are_made_anew_from_the_log);
}

Suite *suite_merging(void)
{
    Suite *suite = suite_create("merging");
    TCase *records = tcase_create("records");
    TCase *twice = tcase_create("repeating");

    tcase_add_checked_fixture(records, open_merging, close_rig);
    add_records(records);
    tcase_add_checked_fixture(twice, open_repeating, close_rig);
    tcase_add_test(twice, repeating_says_all_records_twice);
    suite_add_tcase(suite, records);
    suite_add_tcase(suite, twice);
    return suite;
}
