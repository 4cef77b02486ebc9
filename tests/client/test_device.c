/* SPDX-License-Identifier: MIT */
/* The database: queries, resets, purge, backup.  Layer: tests. */
#include "tests/client/rig.h"

static struct rig rig;

static void open_rig(void)
{
    rig_open(&rig, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

/* The ids of the answer, with spaces between. */
static const char *query_ids(const struct query *query)
{
    struct buf ids;
    size_t count;
    buf_init(&ids, 4096);
    buf_puts(&ids, "");
    const struct record *const *found =
        device_query(rig.device, query, &rig.arena, &count);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&ids, "%s%.*s", i ? " " : "", STR_ARG(found[i]->id));
    }
    const char *text = arena_str(&rig.arena, buf_view(&ids)).p;
    buf_free(&ids);
    return text ? text : "";
}

START_TEST(query_orders_by_type_then_value_then_id)
{
    rig_insert(&rig, "a", "n", "10", NULL);
    rig_insert(&rig, "b", "n", "9", NULL);
    rig_insert(&rig, "c", "n", "\"x\"", NULL);
    rig_insert(&rig, "d", "n", "null", NULL);
    rig_insert(&rig, "e", NULL);
    rig_insert(&rig, "f", "n", "-1.5", NULL);
    rig_insert(&rig, "g", "n", "9", NULL);
    rig_insert(&rig, "h", "n", "true", NULL);
    rig_insert(&rig, "i", "n", "\"\\\"\"", NULL); /* a quote, before x */
    rig_insert(&rig, "j", "n", "[]", NULL);
    rig_insert(&rig, "k", "n", "false", NULL);
    rig_insert(&rig, "l", "n", "{}", NULL);
    rig_insert(&rig, "z", "n", "1", NULL);
    rig_delete(&rig, "z");
    struct query query = {.collection = STR("tasks"), .order = STR("n")};
    CK_STR(query_ids(&query), "e d k h f b g a i c j l");
    query.descending = true;
    CK_STR(query_ids(&query), "l j c i a b g f h k d e");
    query.limit = 3;
    query.offset = 1;
    CK_STR(query_ids(&query), "j c i");
    query.offset = 11;
    CK_STR(query_ids(&query), "e");
    query.offset = 50;
    CK_STR(query_ids(&query), "");
}
END_TEST

START_TEST(query_filters_by_canonical_value_and_by_id)
{
    struct field where[] = {{.name = STR("done"), .value = STR("true")},
                            {.name = STR("n"), .value = STR("1")}};
    struct query query = {.collection = STR("tasks"), .where = where};
    rig_insert(&rig, "b", "done", "true", "n", "1", NULL);
    rig_insert(&rig, "a", "done", "true", "n", "\"1\"", NULL);
    rig_insert(&rig, "c", "done", "false", "n", "1", NULL);
    CK_STR(query_ids(&query), "a b c");
    query.descending = true;
    CK_STR(query_ids(&query), "c b a");
    query.descending = false;
    query.where_count = 1;
    CK_STR(query_ids(&query), "a b");
    query.where_count = 2;
    CK_STR(query_ids(&query), "b");
    where[0] = (struct field){.name = STR("id"), .value = STR("\"c\"")};
    CK_STR(query_ids(&query), "c");
    query.collection = STR("notes");
    CK_STR(query_ids(&query), "");
}
END_TEST

START_TEST(query_by_time_of_change)
{
    rig_insert(&rig, "a", NULL);
    rig_insert(&rig, "b", NULL);
    rig_wait(&rig, 5);
    rig_update(&rig, "a", "n", "1", NULL);
    struct query query = {.collection = STR("tasks"),
                          .order = STR("updatedAt")};
    CK_STR(query_ids(&query), "b a");
}
END_TEST

static void move_cursor(const char *collection, const char *to)
{
    struct scribe scribe = {.history = &rig.history};
    device_cursor_move(rig.device,
                       device_collection(rig.device, str_of(collection)),
                       str_of(to), &scribe);
}

START_TEST(cursors_move_forward_as_instants_and_keep_their_bytes)
{
    CK_STR(rig_cursor(&rig, "tasks"), CURSOR_EPOCH_TEXT);
    move_cursor("tasks", "2026-01-01T00:00:00.5Z");
    move_cursor("tasks", "2026-01-01T00:00:00Z"); /* greater as text */
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:00.5Z");
    move_cursor("tasks", "2026-01-01T00:00:00.500Z"); /* the same */
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:00.5Z");
    move_cursor("tasks", "2026-01-01T00:00:01.2345678Z");
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:01.2345678Z");
    CK_STR(rig_cursor(&rig, "notes"), CURSOR_EPOCH_TEXT);
    CK_STR(rig_cursor(&rig, "aliens"), CURSOR_EPOCH_TEXT);
    CK_NUM(rig_events(&rig, EV_CURSOR), 2);
    move_cursor("tasks", "opaque!");
    CK_STR(rig_cursor(&rig, "tasks"), "opaque!");
    move_cursor("tasks", "2025-01-01T00:00:00Z");
    CK_STR(rig_cursor(&rig, "tasks"), "2025-01-01T00:00:00Z");
}
END_TEST

START_TEST(oldest_cursor_is_the_oldest_instant_or_the_beginning)
{
    ck_assert(str_is(device_oldest_cursor(rig.device), CURSOR_EPOCH_TEXT));
    move_cursor("tasks", "2026-01-01T00:00:00Z");
    move_cursor("notes", "2026-01-01T00:00:00.5Z");
    ck_assert(str_is(device_oldest_cursor(rig.device), "2026-01-01T00:00:00Z"));
    move_cursor("tasks", "2026-01-01T00:00:00.75Z");
    ck_assert(
        str_is(device_oldest_cursor(rig.device), "2026-01-01T00:00:00.5Z"));
    move_cursor("tasks", "opaque");
    ck_assert(str_is(device_oldest_cursor(rig.device), CURSOR_EPOCH_TEXT));
    move_cursor("notes", "opaque");
    ck_assert(str_is(device_oldest_cursor(rig.device), "opaque"));
}
END_TEST

START_TEST(wipe_and_reinstall_forget_everything_but_row_numbers)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    move_cursor("tasks", "2026-01-01T00:00:00Z");
    device_wipe(rig.device);
    CK_STR(rig_value(&rig, "1", "n"), "(none)");
    CK_NUM(rig_pending(&rig), 0);
    CK_STR(rig_cursor(&rig, "tasks"), CURSOR_EPOCH_TEXT);
    ck_assert(str_is(device_client_id(rig.device), "device-a"));
    rig_insert(&rig, "1", "n", "2", NULL);
    CK_NUM(device_pending_at(rig.device, 0).row, 2);
    device_reinstall(rig.device, STR("device-b"));
    ck_assert(str_is(device_client_id(rig.device), "device-b"));
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(reseed_keeps_pending_writes_in_sight)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, "2026-01-01T00:00:00.1Z");
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"old\",\"op\":\"insert\","
                   "\"data\":{\"n\":1}}");
    rig_insert(&rig, "new", "n", "2", NULL);
    rig_update(&rig, "old", "n", "3", NULL);
    device_reseed(rig.device);
    CK_STR(rig_value(&rig, "new", "n"), "2");
    CK_STR(rig_value(&rig, "old", "n"), "3");
    CK_NUM(rig_pending(&rig), 2);
    CK_NUM(device_pending_at(rig.device, 1).row, 2);
    CK_STR(rig_cursor(&rig, "tasks"), CURSOR_EPOCH_TEXT);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 2);
}
END_TEST

START_TEST(purge_takes_tombstones_that_are_not_pending)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, "2026-01-01T00:00:00.1Z");
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"dead\",\"op\":\"delete\","
                   "\"deletedAt\":\"2026-01-01T00:00:00Z\"},"
                   "{\"table\":\"notes\",\"id\":\"n\",\"op\":\"delete\","
                   "\"deletedAt\":\"2026-01-01T00:00:00Z\"}");
    rig_insert(&rig, "mine", NULL);
    rig_delete(&rig, "mine");
    rig_insert(&rig, "live", NULL);
    CK_NUM(device_purge(rig.device, STR("tasks")), 1);
    CK_STR(rig_value(&rig, "dead", "deletedAt"), "(none)");
    ck_assert_ptr_nonnull(device_record(rig.device, STR("tasks"), STR("mine")));
    CK_NUM(device_purge(rig.device, (struct str){0}), 1);
    size_t count;
    device_records(rig.device, &rig.arena, &count);
    CK_NUM(count, 2);
    rig_insert(&rig, "dead", "n", "5", NULL); /* can be there anew */
    CK_STR(rig_value(&rig, "dead", "n"), "5");
}
END_TEST

START_TEST(backup_is_a_copy_that_later_writes_do_not_touch)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    move_cursor("notes", "2026-01-01T00:00:00Z");
    const char *before = rig_print(&rig.arena, rig.device);
    struct device *backup = device_snapshot(rig.device);
    rig_update(&rig, "1", "n", "2", NULL);
    rig_insert(&rig, "2", NULL);
    CK_STR(rig_print(&rig.arena, backup), before);
    device_restore(rig.device, backup, true);
    CK_STR(rig_print(&rig.arena, rig.device), before);
    CK_NUM(rig_pending(&rig), 1);
    CK_STR(rig_cursor(&rig, "notes"), "2026-01-01T00:00:00Z");
    rig_update(&rig, "1", "n", "3", NULL);
    CK_NUM(device_pending_at(rig.device, 1).row, 4); /* 2 and 3 are gone */
    CK_STR(rig_print(&rig.arena, backup), before);
}
END_TEST

START_TEST(restore_takes_the_client_id_along_only_when_told)
{
    struct device *backup = device_snapshot(rig.device);
    device_reinstall(rig.device, STR("device-b"));
    device_restore(rig.device, backup, false);
    ck_assert(str_is(device_client_id(rig.device), "device-b"));
    device_restore(rig.device, backup, true);
    ck_assert(str_is(device_client_id(rig.device), "device-a"));
}
END_TEST

START_TEST(an_answer_from_before_the_wipe_moves_and_clears_nothing)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, "2026-01-01T00:00:00.1Z");
    rig_insert(&rig, "1", "n", "1", NULL);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    struct device *backup = device_snapshot(rig.device);
    device_restore(rig.device, backup, true); /* row 1 is another row 1 now */
    rig_answer(&rig, "", "2026-01-01T00:00:09Z", false);
    CK_NUM(rig_pending(&rig), 1);
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:00.1Z");
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    device_reset_cursors(rig.device);
    rig_answer(&rig, "", "2026-01-01T00:00:09Z", false);
    CK_STR(rig_cursor(&rig, "tasks"), CURSOR_EPOCH_TEXT);
}
END_TEST

Suite *suite_device(void)
{
    Suite *suite = suite_create("device");
    TCase *tests = tcase_create("device");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, query_orders_by_type_then_value_then_id);
    tcase_add_test(tests, query_filters_by_canonical_value_and_by_id);
    tcase_add_test(tests, query_by_time_of_change);
    tcase_add_test(tests,
                   cursors_move_forward_as_instants_and_keep_their_bytes);
    tcase_add_test(tests, oldest_cursor_is_the_oldest_instant_or_the_beginning);
    tcase_add_test(tests, wipe_and_reinstall_forget_everything_but_row_numbers);
    tcase_add_test(tests, reseed_keeps_pending_writes_in_sight);
    tcase_add_test(tests, purge_takes_tombstones_that_are_not_pending);
    tcase_add_test(tests, backup_is_a_copy_that_later_writes_do_not_touch);
    tcase_add_test(tests, restore_takes_the_client_id_along_only_when_told);
    tcase_add_test(tests,
                   an_answer_from_before_the_wipe_moves_and_clears_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
