/* SPDX-License-Identifier: MIT */
/* Local writes: stamps, rows, what is refused, onboarding.  Layer: tests. */
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

START_TEST(insert_writes_record_row_and_event_with_one_stamp)
{
    rig_insert(&rig, "1", "title", "\"a\"", "done", "false", NULL);
    CK_STR(rig_print(&rig.arena, rig.device),
           "tasks/1 createdAt=\"2026-01-01T00:00:00.000Z\"@"
           "2026-01-01T00:00:00Z deletedAt=null@2026-01-01T00:00:00Z "
           "done=false@2026-01-01T00:00:00Z title=\"a\"@2026-01-01T00:00:00Z"
           "\n\n");
    const struct event *event = rig_last_event(&rig, EV_EDIT);
    CK_NUM(event->as.op, OP_INSERT);
    CK_NUM(event->exchange, 1);
    CK_NUM(event->number, 1);
    CK_NUM(event->field_count, 4);
    struct pending_view row = device_pending_at(rig.device, 0);
    CK_NUM(row.row, 1);
    CK_NUM(row.kind, EDIT_INSERT);
    ck_assert(str_is(row.id, "1"));
}
END_TEST

START_TEST(update_stamps_only_what_it_changes)
{
    rig_insert(&rig, "1", "title", "\"a\"", "done", "false", NULL);
    rig_wait(&rig, 1500);
    rig_update(&rig, "1", "done", "true", NULL);
    const struct record *record =
        device_record(rig.device, STR("tasks"), STR("1"));
    CK_NUM(instant_diff_ms(record_field(record, STR("done"))->at,
                           record_field(record, STR("title"))->at),
           1500);
    CK_NUM(rig_last_event(&rig, EV_EDIT)->field_count, 1);
    CK_NUM(rig_pending(&rig), 2);
}
END_TEST

START_TEST(stamps_only_grow_within_a_millisecond_and_over_a_step_back)
{
    struct instant before;
    rig.at.wall = rig_instant("2026-01-01T00:00:00.123999999Z");
    rig_insert(&rig, "1", "n", "1", NULL);
    before = rig_last_event(&rig, EV_EDIT)->fields[0].at;
    ck_assert(instant_cmp(before, rig_instant("2026-01-01T00:00:00.123Z")) ==
              0);
    for (int i = 0; i < 3; i++) {
        rig.at.wall = instant_add_ms(rig.at.wall, i == 1 ? -3600000 : 0);
        rig_update(&rig, "1", "n", i % 2 ? "3" : "2", NULL);
        struct instant now = rig_last_event(&rig, EV_EDIT)->fields[0].at;
        CK_NUM(instant_diff_ms(now, before), 1);
        before = now;
    }
    engine_crash(rig.engine);
    engine_restart(rig.engine, rig.at);
    rig_update(&rig, "1", "n", "4", NULL);
    CK_NUM(instant_diff_ms(rig_last_event(&rig, EV_EDIT)->fields[0].at, before),
           1);
    CK_STR(rig_value(&rig, "1", "n"), "4");
}
END_TEST

START_TEST(delete_and_undelete_write_deleted_at)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    rig_wait(&rig, 1000);
    rig_delete(&rig, "1");
    ck_assert(!rig_live(&rig, "1"));
    CK_STR(rig_value(&rig, "1", "deletedAt"), "\"2026-01-01T00:00:01.000Z\"");
    CK_NUM(rig_last_event(&rig, EV_EDIT)->as.op, OP_DELETE);
    rig_undelete(&rig, "1");
    ck_assert(rig_live(&rig, "1"));
    CK_NUM(rig_last_event(&rig, EV_EDIT)->as.op, OP_UPDATE);
    CK_STR(rig_value(&rig, "1", "n"), "1");
}
END_TEST

START_TEST(impossible_writes_say_why_and_write_nothing)
{
    static const struct {
        enum edit_kind kind;
        const char *id, *name;
        enum status status;
        const char *text;
    } cases[] = {
        {EDIT_INSERT, "live", "n", ST_USAGE, "tasks/live is there already"},
        {EDIT_INSERT, "dead", "n", ST_USAGE,
         "tasks/dead is deleted: undelete it instead"},
        {EDIT_UPDATE, "none", "n", ST_NOT_FOUND, "tasks/none is not there"},
        {EDIT_UPDATE, "dead", "n", ST_NOT_FOUND, "tasks/dead is deleted"},
        {EDIT_DELETE, "none", NULL, ST_NOT_FOUND, "tasks/none is not there"},
        {EDIT_DELETE, "dead", NULL, ST_NOT_FOUND, "tasks/dead is deleted"},
        {EDIT_UNDELETE, "none", NULL, ST_NOT_FOUND, "tasks/none is not there"},
        {EDIT_UNDELETE, "live", NULL, ST_USAGE, "tasks/live is not deleted"},
        {EDIT_UPDATE, "live", NULL, ST_USAGE, "an update of no field"},
        {EDIT_DELETE, "live", "n", ST_USAGE,
         "a delete or undelete takes no fields"},
        {EDIT_UPDATE, "live", "id", ST_USAGE,
         "id is not for a client to write"},
        {EDIT_INSERT, "new", "updatedAt", ST_USAGE,
         "updatedAt is not for a client to write"},
        {EDIT_UPDATE, "live", "deletedAt", ST_USAGE,
         "deletedAt is not for a client to write"},
        {EDIT_INSERT, "", "n", ST_LIMIT,
         "an id has 1 to 4096 bytes, this one has 0"},
    };
    rig_insert(&rig, "live", NULL);
    rig_insert(&rig, "dead", NULL);
    rig_delete(&rig, "dead");
    const char *before = rig_print(&rig.arena, rig.device);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err = {0};
        CK_NUM(rig_try(&rig, cases[i].kind, cases[i].id, cases[i].name, &err),
               cases[i].status);
        CK_STR(err.text, cases[i].text);
    }
    CK_NUM(rig_pending(&rig), 3);
    CK_STR(rig_print(&rig.arena, rig.device), before);
    struct edit elsewhere = {
        .kind = EDIT_INSERT, .collection = STR("aliens"), .id = STR("1")};
    struct err err;
    CK_NUM(engine_edit(rig.engine, rig.at, &elsewhere, &err), ST_NOT_FOUND);
    CK_STR(err.text, "collection aliens is not registered");
}
END_TEST

START_TEST(ids_and_fields_end_at_their_limits)
{
    struct err err;
    struct str longest = {arena_must(&rig.arena, LIMIT_NAME_BYTES + 1, 1),
                          LIMIT_NAME_BYTES};
    struct edit edit = {
        .kind = EDIT_INSERT, .collection = STR("tasks"), .id = longest};
    CK_NUM(engine_edit(rig.engine, rig.at, &edit, &err), ST_OK);
    edit.id.n++;
    CK_NUM(engine_edit(rig.engine, rig.at, &edit, &err), ST_LIMIT);
    edit.id = STR("x");
    edit.field_count = LIMIT_FIELDS + 1;
    CK_NUM(engine_edit(rig.engine, rig.at, &edit, &err), ST_LIMIT);
    CK_STR(err.text, "4097 fields in one write, at most 4096");
}
END_TEST

START_TEST(a_write_under_a_future_stamp_waits_in_the_queue_unseen)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, "2026-01-01T00:00:00.1Z");
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\","
                   "\"fields\":{\"n\":{\"value\":9,"
                   "\"at\":\"2099-01-01T00:00:00Z\"}}}");
    rig_update(&rig, "1", "n", "1", NULL);
    CK_STR(rig_value(&rig, "1", "n"), "9");
    CK_NUM(rig_pending(&rig), 1);
    /* The stamp of another device is not ours to count from. */
    ck_assert(instant_cmp(rig_last_event(&rig, EV_EDIT)->fields[0].at,
                          rig.at.wall) == 0);
}
END_TEST

START_TEST(values_are_copied_when_they_are_written)
{
    char value[] = "\"abc\"";
    struct field field = {.name = STR("t"), .value = str_of(value)};
    struct edit edit = {.kind = EDIT_INSERT,
                        .collection = STR("tasks"),
                        .id = STR("1"),
                        .fields = &field,
                        .field_count = 1};
    CK_NUM(engine_edit(rig.engine, rig.at, &edit, NULL), ST_OK);
    memcpy(value, "\"xyz\"", 5);
    CK_STR(rig_value(&rig, "1", "t"), "\"abc\"");
}
END_TEST

START_TEST(onboarding_fills_empty_collections_once)
{
    struct field field = {.name = STR("t"), .value = STR("1")};
    struct edit records[] = {
        {EDIT_INSERT, STR("tasks"), STR("welcome"), &field, 1},
        {EDIT_INSERT, STR("notes"), STR("hello"), &field, 1},
        {EDIT_INSERT, STR("tasks"), STR("second"), &field, 1},
    };
    rig_insert(&rig, "mine", NULL);
    CK_NUM(device_onboard(rig.device, rig.at.wall, 0, records, 3), 1);
    CK_STR(rig_value(&rig, "welcome", "t"), "(none)");
    CK_NUM(rig_pending(&rig), 2);
    CK_NUM(device_pending_count(rig.device, STR("notes")), 1);
    CK_NUM(device_onboard(rig.device, rig.at.wall, 0, records, 3), 0);
    device_wipe(rig.device);
    CK_NUM(device_onboard(rig.device, rig.at.wall, 0, records, 3), 3);
    CK_NUM(device_onboard(rig.device, rig.at.wall, 0, records, 3), 0);
}
END_TEST

Suite *suite_write(void)
{
    Suite *suite = suite_create("write");
    TCase *tests = tcase_create("write");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, insert_writes_record_row_and_event_with_one_stamp);
    tcase_add_test(tests, update_stamps_only_what_it_changes);
    tcase_add_test(tests,
                   stamps_only_grow_within_a_millisecond_and_over_a_step_back);
    tcase_add_test(tests, delete_and_undelete_write_deleted_at);
    tcase_add_test(tests, impossible_writes_say_why_and_write_nothing);
    tcase_add_test(tests, ids_and_fields_end_at_their_limits);
    tcase_add_test(tests,
                   a_write_under_a_future_stamp_waits_in_the_queue_unseen);
    tcase_add_test(tests, values_are_copied_when_they_are_written);
    tcase_add_test(tests, onboarding_fills_empty_collections_once);
    suite_add_tcase(suite, tests);
    return suite;
}
