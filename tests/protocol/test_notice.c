/* SPDX-License-Identifier: MIT */
/* test_notice - the messages of the live channels: read, written, refused. */
#include "protocol/notice.h"
#include "tests/protocol/suites.h"

#define UNTIL  "2026-11-22T15:55:41.6350705Z"
#define CHANGE "{\"table\":\"t\",\"id\":\"i\",\"op\":\"delete\"}"
#define TAIL   "\"hasMore\":true,\"syncedUntil\":\"" UNTIL "\",\"table\":\"t\""

static struct arena arena;
static struct err err;
static struct buf out;
static struct codec_rules rules;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
    buf_init(&out, 1 << 20);
    rules = codec_rules_default(dialect_named("v2"));
}

static void teardown(void)
{
    arena_free(&arena);
    buf_free(&out);
}

static struct notice read_good(const char *text)
{
    struct notice notice;
    err.text[0] = '\0';
    ck_assert_msg(notice_read(str_of(text), &rules, &arena, &notice, &err) ==
                      ST_OK,
                  "%s: %s", text, err.text);
    return notice;
}

/* Of that kind, and written again as `again` (NULL: as it was). */
static struct notice reads_as(const char *text, enum notice_kind kind,
                              const char *again)
{
    struct notice notice = read_good(text);
    ck_assert_str_eq(notice_kind_name(notice.kind), notice_kind_name(kind));
    buf_clear(&out);
    notice_write(&notice, rules.dialect, &out);
    assert_text(buf_view(&out), again ? again : text);
    return notice;
}

START_TEST(every_kind_there_and_back)
{
    struct notice auth =
        reads_as("{\"type\":\"auth\",\"token\":\"a.b.c\"}", NOTICE_AUTH, NULL);
    assert_text(auth.token, "a.b.c");
    assert_text(auth.client_id, "");
    auth =
        reads_as("{\"type\":\"auth\",\"token\":\"\",\"clientId\":\"laptop\"}",
                 NOTICE_AUTH, NULL);
    assert_text(auth.client_id, "laptop");
    reads_as("{\"type\":\"ping\"}", NOTICE_PING, NULL);
    reads_as("{\"type\":\"pong\"}", NOTICE_PONG, NULL);
    reads_as("{\"type\":\"auth-ok\"}", NOTICE_AUTH_OK, NULL);
    reads_as("{\"type\":\"error\"}", NOTICE_ERROR, NULL);
    struct notice error = reads_as("{\"type\":\"error\",\"message\":\"no\\n\"}",
                                   NOTICE_ERROR, NULL);
    assert_text(error.message, "no\n");
}
END_TEST

START_TEST(sync_available)
{
    struct notice one =
        reads_as("{\"type\":\"sync-available\",\"tables\":[\"b\",\"a\",\"b\"]}",
                 NOTICE_SYNC_AVAILABLE, NULL);
    ck_assert_uint_eq(one.table_count, 3);
    assert_text(one.tables[0], "b");
    assert_text(one.tables[1], "a");
    ck_assert(!one.has_app);
    one = reads_as("{\"type\":\"sync-available\",\"tables\":[],\"appId\":\"\"}",
                   NOTICE_SYNC_AVAILABLE, NULL);
    ck_assert_uint_eq(one.table_count, 0);
    ck_assert(one.has_app);
    one = reads_as("{\"appId\":\"x\",\"tables\":[\"\\\"\"],\"more\":[1],"
                   "\"type\":\"sync-available\"}",
                   NOTICE_SYNC_AVAILABLE,
                   "{\"type\":\"sync-available\",\"tables\":[\"\\\"\"],"
                   "\"appId\":\"x\"}");
    assert_text(one.app, "x");
    reads_as("{\"type\":\"sync-available\",\"tables\":[],\"appId\":null}",
             NOTICE_SYNC_AVAILABLE,
             "{\"type\":\"sync-available\",\"tables\":[]}");
}
END_TEST

START_TEST(others_are_unknown)
{
    static const char *const cases[][2] = {
        {"{\"type\":\"presence\",\"x\":1}", "presence"},
        {"{\"type\":\"unknown\"}", "unknown"},
        {"{\"type\":\"Ping\"}", "Ping"},
        {"{\"type\":\"auth\"}", "auth"},
        {"{\"type\":\"auth\",\"token\":null}", "auth"},
        {"{\"type\":\"auth\",\"token\":7}", "auth"},
        {"{\"type\":\"auth\",\"token\":\"t\",\"clientId\":[]}", "auth"},
        {"{\"type\":\"sync-available\"}", "sync-available"},
        {"{\"type\":\"sync-available\",\"tables\":\"t\"}", "sync-available"},
        {"{\"type\":\"sync-available\",\"tables\":{}}", "sync-available"},
        {"{\"type\":\"sync-available\",\"tables\":[\"t\",null]}",
         "sync-available"},
        {"{\"type\":\"sync-available\",\"tables\":[],\"appId\":1}",
         "sync-available"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct notice notice = read_good(cases[i][0]);
        ck_assert_msg(notice.kind == NOTICE_UNKNOWN, "%s", cases[i][0]);
        assert_text(notice.type, cases[i][1]);
        ck_assert(!notice.has_app && notice.table_count == 0);
        ck_assert_uint_eq(notice.token.n, 0);
    }
    reads_as("{\"type\":\"presence\",\"x\":1}", NOTICE_UNKNOWN,
             "{\"type\":\"presence\"}");
}
END_TEST

START_TEST(an_error_needs_no_text)
{
    struct notice notice = reads_as("{\"type\":\"error\",\"message\":{}}",
                                    NOTICE_ERROR, "{\"type\":\"error\"}");
    ck_assert_uint_eq(notice.message.n, 0);
}
END_TEST

START_TEST(what_is_no_notice_is_refused)
{
    static const char *const cases[][2] = {
        {"[]", "message: expected an object, found an array"},
        {"\"ping\"", "message: expected an object, found a string"},
        {"{}", "type: missing (expected a string)"},
        {"{\"Type\":\"ping\"}", "type: missing (expected a string)"},
        {"{\"type\":null}", "type: expected a string, found null"},
        {"{\"type\":1}", "type: expected a string, found a number"},
        {"{\"type\":\"\"}", "type: empty (expected at least one character)"}};
    struct notice notice;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(
            notice_read(str_of(cases[i][0]), &rules, &arena, &notice, &err),
            ST_PROTOCOL);
        ck_assert_str_eq(err.text, cases[i][1]);
    }
    ck_assert_int_eq(notice_read(STR("ping"), &rules, &arena, &notice, &err),
                     ST_SYNTAX);
    ck_assert_ptr_nonnull(strstr(err.text, "at offset 0 (line 1, column 1)"));
    ck_assert_int_eq(notice_read(STR(""), &rules, &arena, &notice, NULL),
                     ST_SYNTAX);
}
END_TEST

static enum status read_tables(size_t count, struct notice *notice)
{
    buf_clear(&out);
    buf_puts(&out, "{\"type\":\"sync-available\",\"tables\":[\"t\"");
    buf_str(&out, repeated(&arena, ",\"t\"", count - 1));
    buf_puts(&out, "]}");
    return notice_read(buf_view(&out), &rules, &arena, notice, &err);
}

START_TEST(notices_have_limits)
{
    struct notice notice;
    ck_assert_int_eq(read_tables(NOTICE_TABLES_MAX, &notice), ST_OK);
    ck_assert_uint_eq(notice.table_count, NOTICE_TABLES_MAX);
    ck_assert_int_eq(read_tables(NOTICE_TABLES_MAX + 1, &notice), ST_LIMIT);
    ck_assert_str_eq(err.text, "tables: 1025 tables, at most 1024");
    rules.json.bytes = 15;
    ck_assert_int_eq(
        notice_read(STR("{\"type\":\"ping\"}"), &rules, &arena, &notice, &err),
        ST_OK);
    rules.json.bytes = 14;
    ck_assert_int_eq(
        notice_read(STR("{\"type\":\"ping\"}"), &rules, &arena, &notice, &err),
        ST_LIMIT);
}
END_TEST

static enum status read_event(const char *text, struct stream_event *event)
{
    return stream_event_read(str_of(text), &rules, &arena, event, &err);
}

START_TEST(stream_events_there_and_back)
{
    const struct str changes[] = {TEXT(CHANGE), TEXT(CHANGE)};
    struct response_head head = {STR(UNTIL), true, STR("t")};
    struct stream_event event;
    stream_event_write(changes, 2, &head, rules.dialect, &out);
    assert_text(buf_view(&out),
                "{\"changes\":[" CHANGE "," CHANGE "]," TAIL "}");
    ck_assert_int_eq(read_event(out.p, &event), ST_OK);
    ck_assert_uint_eq(event.response.count, 2);
    assert_text(event.response.changes[1].id, "i");
    ck_assert(event.response.has_has_more && event.response.has_more);
    assert_text(event.response.synced_until, UNTIL);
    ck_assert_int_eq(event.response.synced_until_at.ns, 635070500);
    assert_text(event.table, "t");
    buf_clear(&out);
    head.has_more = false;
    head.table = STR("a\"b");
    stream_event_write(NULL, 0, &head, rules.dialect, &out);
    assert_text(buf_view(&out),
                "{\"changes\":[],\"hasMore\":false,\"syncedUntil\":\"" UNTIL
                "\",\"table\":\"a\\\"b\"}");
    ck_assert_int_eq(read_event(out.p, &event), ST_OK);
    ck_assert(event.response.has_has_more && !event.response.has_more);
    ck_assert_uint_eq(event.response.count, 0);
}
END_TEST

/* As in an answer: a malformed entry is told, the others are kept. */
START_TEST(one_bad_change_does_not_stop_the_others)
{
    struct stream_event event;
    ck_assert_int_eq(read_event("{\"changes\":[" CHANGE
                                ",{\"table\":\"t\",\"id\":\"i\","
                                "\"op\":\"upsert\"}," CHANGE ",7]," TAIL "}",
                                &event),
                     ST_OK);
    ck_assert_uint_eq(event.response.count, 2);
    ck_assert_uint_eq(event.response.malformed_count, 2);
    ck_assert_uint_eq(event.response.malformed[0].index, 1);
    ck_assert_ptr_nonnull(
        strstr(event.response.malformed[0].why, "changes[1].op: "));
    assert_text(event.response.malformed[0].table, "t");
    ck_assert_str_eq(event.response.malformed[1].why,
                     "changes[3]: expected an object, found a number");
}
END_TEST

START_TEST(stream_events_that_are_refused)
{
    static const char *const cases[][2] = {
        {"[]", "event: expected an object, found an array"},
        {"{" TAIL "}", "changes: missing (expected an array)"},
        {"{\"changes\":{}," TAIL "}",
         "changes: expected an array, found an object"},
        {"{\"changes\":[],\"table\":\"t\"}",
         "syncedUntil: missing (expected RFC 3339, e.g. "
         "2026-03-27T10:05:00.000Z)"},
        {"{\"changes\":[],\"syncedUntil\":\"" UNTIL "\",\"hasMore\":1}",
         "hasMore: expected a boolean, found a number"},
        {"{\"changes\":[],\"syncedUntil\":\"" UNTIL "\"}",
         "table: missing (expected a string)"},
        {"{\"changes\":[],\"syncedUntil\":\"" UNTIL "\",\"table\":[]}",
         "table: expected a string, found an array"}};
    struct stream_event event;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(read_event(cases[i][0], &event), ST_PROTOCOL);
        ck_assert_str_eq(err.text, cases[i][1]);
    }
    ck_assert_int_eq(stream_event_read(STR("{"), &rules, &arena, &event, NULL),
                     ST_SYNTAX);
}
END_TEST

Suite *suite_notice(void)
{
    Suite *suite = suite_create("protocol/notice");
    TCase *tests = tcase_create("notice");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_kind_there_and_back);
    tcase_add_test(tests, sync_available);
    tcase_add_test(tests, others_are_unknown);
    tcase_add_test(tests, an_error_needs_no_text);
    tcase_add_test(tests, what_is_no_notice_is_refused);
    tcase_add_test(tests, notices_have_limits);
    tcase_add_test(tests, stream_events_there_and_back);
    tcase_add_test(tests, one_bad_change_does_not_stop_the_others);
    tcase_add_test(tests, stream_events_that_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
