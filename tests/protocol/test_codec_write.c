/* SPDX-License-Identifier: MIT */
/* test_codec_write - changesets and answers to bytes, and back. */
#include "protocol/codec.h"
#include "tests/protocol/suites.h"

static struct arena arena;
static struct buf out;

static void setup(void)
{
    arena_init(&arena, (size_t)16 << 20);
    buf_init(&out, 65536);
}

static void teardown(void)
{
    buf_free(&out);
    arena_free(&arena);
}

static struct field data[] = {{.name = TEXT("a\"b"), .value = TEXT("[1,2]")},
                              {.name = TEXT("title"), .value = TEXT("\"x\"")}};
static struct field fields[] = {
    {.name = TEXT("done"),
     .value = TEXT("true"),
     .at = {1774605930, 250999999}},
    {.name = TEXT("title"),
     .value = TEXT("null"),
     .at_text = TEXT("2026-03-27T10:05:00.5+00:00")},
};

static struct change some_insert(void)
{
    return (struct change){.table = STR("tasks"),
                           .id = STR("t/\n1"),
                           .op = OP_INSERT,
                           .has_data = true,
                           .data = data,
                           .data_count = 2,
                           .event_id = STR("\"e\""),
                           .schema_version = 1,
                           .actor = STR("{\"k\":1}"),
                           .origin = STR("\"user\""),
                           .space_id = STR("\"s\"")};
}

START_TEST(writes_an_insert)
{
    struct change change = some_insert();
    change_write(&change, dialect_named("v1"), &out);
    assert_text(buf_view(&out),
                "{\"table\":\"tasks\",\"id\":\"t/\\n1\",\"op\":\"insert\","
                "\"data\":{\"a\\\"b\":[1,2],\"title\":\"x\"}}");
    buf_clear(&out);
    change_write(&change, dialect_named("v2"), &out);
    assert_text(buf_view(&out),
                "{\"eventId\":\"e\",\"schemaVersion\":1,\"table\":\"tasks\","
                "\"id\":\"t/\\n1\",\"op\":\"insert\",\"data\":{\"a\\\"b\":[1,2]"
                ",\"title\":\"x\"},\"spaceId\":\"s\",\"actor\":{\"k\":1},"
                "\"origin\":\"user\"}");
}
END_TEST

START_TEST(writes_stamps_as_spelled_or_as_clients_do)
{
    struct change change = {.table = STR("t"),
                            .id = STR("i"),
                            .op = OP_UPDATE,
                            .has_fields = true,
                            .fields = fields,
                            .field_count = 2};
    change_write(&change, dialect_named("v1"), &out);
    assert_text(buf_view(&out),
                "{\"table\":\"t\",\"id\":\"i\",\"op\":\"update\",\"fields\":{"
                "\"done\":{\"value\":true,\"updatedAt\":"
                "\"2026-03-27T10:05:30.250Z\"},\"title\":{\"value\":null,"
                "\"updatedAt\":\"2026-03-27T10:05:00.5+00:00\"}}}");
}
END_TEST

START_TEST(writes_a_delete_and_empty_objects)
{
    struct change change = {.table = STR("t"),
                            .id = STR("i"),
                            .op = OP_DELETE,
                            .has_data = true,
                            .has_fields = true,
                            .has_deleted_at = true};
    change_write(&change, dialect_named("v2"), &out);
    assert_text(buf_view(&out),
                "{\"table\":\"t\",\"id\":\"i\",\"op\":\"delete\",\"data\":{},"
                "\"fields\":{},\"deletedAt\":\"1970-01-01T00:00:00.000Z\"}");
    buf_clear(&out);
    change.has_data = change.has_fields = false;
    change.deleted_at_text = STR("2026-03-27T10:07:00Z");
    change_write(&change, dialect_named("v1"), &out);
    assert_text(buf_view(&out),
                "{\"table\":\"t\",\"id\":\"i\",\"op\":\"delete\",\"deletedAt\":"
                "\"2026-03-27T10:07:00Z\"}");
}
END_TEST

START_TEST(writes_a_changeset)
{
    struct change changes[] = {
        {.table = STR("t"), .id = STR("1"), .op = OP_DELETE},
        {.table = STR("t"), .id = STR("2"), .op = OP_DELETE}};
    struct changeset set = {.client_id = STR("c"),
                            .app_id = STR("todo"),
                            .since = STR(CURSOR_EPOCH_TEXT),
                            .has_client_id = true,
                            .has_app_id = true,
                            .has_since = true,
                            .changes = changes,
                            .count = 2,
                            .schema_version = 1};
    changeset_write(&set, dialect_named("v1"), &out);
    assert_text(buf_view(&out),
                "{\"clientId\":\"c\",\"appId\":\"todo\",\"since\":\"1970-01-01T"
                "00:00:00.000Z\",\"changes\":[{\"table\":\"t\",\"id\":\"1\","
                "\"op\":\"delete\"},{\"table\":\"t\",\"id\":\"2\",\"op\":"
                "\"delete\"}]}");
    buf_clear(&out);
    set.count = 0;
    set.has_app_id = false;
    changeset_write(&set, dialect_named("v2"), &out);
    assert_text(buf_view(&out),
                "{\"clientId\":\"c\",\"since\":\"1970-01-01T00:00:00.000Z\","
                "\"schemaVersion\":1,\"changes\":[]}");
    buf_clear(&out);
    set = (struct changeset){0};
    changeset_write(&set, dialect_named("v2"), &out);
    assert_text(buf_view(&out), "{\"changes\":[]}");
}
END_TEST

START_TEST(writes_an_answer)
{
    struct str changes[] = {STR("{\"x\":1}"), STR("{}")};
    struct response_head head = {.synced_until = STR("2026-11-22T15:55:41.6Z"),
                                 .has_more = true};
    response_write(changes, 2, &head, dialect_named("v2"), &out);
    assert_text(buf_view(&out),
                "{\"serverChanges\":[{\"x\":1},{}],\"conflicts\":[],"
                "\"syncedUntil\":\"2026-11-22T15:55:41.6Z\",\"hasMore\":true}");
    buf_clear(&out);
    response_write(NULL, 0, &head, dialect_named("v1"), &out);
    assert_text(buf_view(&out),
                "{\"serverChanges\":[],\"conflicts\":[],\"syncedUntil\":"
                "\"2026-11-22T15:55:41.6Z\"}");
    buf_clear(&out);
    head.has_more = false;
    response_write(NULL, 0, &head, dialect_named("v2"), &out);
    assert_text(buf_view(&out),
                "{\"serverChanges\":[],\"conflicts\":[],\"syncedUntil\":"
                "\"2026-11-22T15:55:41.6Z\"}");
}
END_TEST

START_TEST(what_was_written_reads_back)
{
    struct codec_rules rules = codec_rules_default(dialect_named("v2"));
    struct change change = some_insert(), back;
    struct err err;
    change.has_fields = change.has_deleted_at = true;
    change.fields = fields;
    change.field_count = 2;
    change_write(&change, rules.dialect, &out);
    struct str first = arena_str(&arena, buf_view(&out));
    ck_assert_msg(change_read(first, &rules, &arena, &back, &err) == ST_OK,
                  "%s", err.text);
    buf_clear(&out);
    change_write(&back, rules.dialect, &out);
    assert_text(buf_view(&out), first.p);
}
END_TEST

START_TEST(writes_within_a_ceiling)
{
    struct change change = some_insert();
    struct buf small;
    for (size_t max = 0; max < 100; max++) {
        buf_init(&small, max);
        change_write(&change, dialect_named("v2"), &small);
        ck_assert(small.failed);
        ck_assert_uint_le(small.n, max);
        buf_free(&small);
    }
}
END_TEST

Suite *suite_codec_write(void)
{
    Suite *suite = suite_create("codec_write");
    TCase *tests = tcase_create("codec_write");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, writes_an_insert);
    tcase_add_test(tests, writes_stamps_as_spelled_or_as_clients_do);
    tcase_add_test(tests, writes_a_delete_and_empty_objects);
    tcase_add_test(tests, writes_a_changeset);
    tcase_add_test(tests, writes_an_answer);
    tcase_add_test(tests, what_was_written_reads_back);
    tcase_add_test(tests, writes_within_a_ceiling);
    suite_add_tcase(suite, tests);
    return suite;
}
