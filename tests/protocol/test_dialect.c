/* SPDX-License-Identifier: MIT */
/* test_dialect - names, paths and limits as data: a third dialect is a table,
 * and everything that speaks takes its names from there. */
#include "protocol/codec.h"
#include "protocol/notice.h"
#include "tests/protocol/suites.h"

static struct arena arena;
static struct buf out;
static struct err err;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
    buf_init(&out, 1 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
    buf_free(&out);
}

/* v2 with some other names, crosswise among those of records. */
static const struct dialect *other(void)
{
    static const struct {
        enum dialect_name name;
        struct str word;
    } names[] = {{NAME_CHANGES, TEXT("ops")},
                 {NAME_SERVER_CHANGES, TEXT("changes")},
                 {NAME_SYNCED_UNTIL, TEXT("cursor")},
                 {NAME_TABLE, TEXT("kind")},
                 {NAME_VALUE, TEXT("v")},
                 {NAME_STAMP, TEXT("ts")},
                 {NAME_DELETED_AT, TEXT("updatedAt")},
                 {NAME_UPDATED_AT, TEXT("modified")},
                 {NAME_OP_INSERT, TEXT("create")},
                 {NAME_TYPE, TEXT("is")},
                 {NAME_TYPE_SYNC_AVAILABLE, TEXT("news")},
                 {NAME_QUERY_SINCE, TEXT("after")}};
    struct dialect *dialect = dialect_derive(dialect_named("v2"), &arena);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        dialect->names[names[i].name] = names[i].word;
    }
    dialect->paths[PATH_PULL] = STR("/apps/{app}/delta");
    dialect->paths[PATH_SOCKET_ALL] = STR("/live");
    dialect_finish(dialect);
    return dialect;
}

START_TEST(built_in_ones_rename_nothing)
{
    size_t count = 0;
    const struct dialect *all = dialect_all(&count);
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_eq(all[i].base, &all[i]);
        ck_assert(!all[i].renames && !all[i].renames_records);
        ck_assert_ptr_null(all[i].file);
        assert_text(all[i].names[NAME_STAMP], all[i].stamp_key);
        for (size_t n = 0; n < NAME_COUNT; n++) {
            ck_assert_uint_gt(all[i].names[n].n, 0);
            ck_assert_int_eq(all[i].names[n].p[all[i].names[n].n], '\0');
        }
        for (size_t p = 0; p < PATH_COUNT; p++) {
            ck_assert_uint_gt(all[i].paths[p].n, 0);
        }
    }
}
END_TEST

START_TEST(every_name_is_in_a_group_or_a_header)
{
    bool seen[NAME_COUNT] = {[NAME_HEADER_CLIENT_ID] = true};
    for (enum dialect_group g = GROUP_PUSH; g < GROUP_COUNT; g++) {
        size_t count = 0;
        const enum dialect_name *names = dialect_group_names(g, &count);
        ck_assert_uint_gt(count, 0);
        for (size_t i = 0; i < count; i++) {
            seen[names[i]] = true;
        }
    }
    for (size_t n = 0; n < NAME_COUNT; n++) {
        ck_assert_msg(seen[n], "name %zu stands nowhere", n);
    }
}
END_TEST

START_TEST(what_is_renamed_comes_back)
{
    static const char *const words[] = {
        "deletedAt", "updatedAt", "modified", "createdAt", "id", "title", ""};
    static const char *const wire[] = {
        "updatedAt", "modified", "deletedAt", "createdAt", "id", "title", ""};
    const struct dialect *dialect = other();
    ck_assert(dialect->renames && dialect->renames_records);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct str there =
            dialect_to_wire(dialect, GROUP_RECORD, str_of(words[i]));
        assert_text(there, wire[i]);
        assert_text(dialect_from_wire(dialect, GROUP_RECORD, there), words[i]);
    }
}
END_TEST

#define PUSH                                                                   \
    "{\"clientId\":\"c\",\"appId\":\"a\",\"since\":\"s\",\"ops\":["            \
    "{\"kind\":\"t\",\"id\":\"1\",\"op\":\"create\",\"data\":{"                \
    "\"modified\":\"2026-01-01T00:00:00.000Z\",\"n\":1}},"                     \
    "{\"kind\":\"t\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"              \
    "\"n\":{\"v\":2,\"ts\":\"2026-01-02T00:00:00.000Z\"}}},"                   \
    "{\"kind\":\"t\",\"id\":\"1\",\"op\":\"delete\","                          \
    "\"updatedAt\":\"2026-01-03T00:00:00.000Z\"}]}"

START_TEST(a_push_is_read_and_written_in_its_names)
{
    const struct dialect *dialect = other();
    struct codec_rules rules = codec_rules_default(dialect);
    struct changeset set;
    ck_assert_msg(changeset_read(STR(PUSH), &rules, &arena, &set, &err) ==
                      ST_OK,
                  "%s", err.text);
    ck_assert_uint_eq(set.count, 3);
    ck_assert_int_eq(set.changes[0].op, OP_INSERT);
    assert_text(set.changes[0].data[1].name, "updatedAt");
    assert_text(set.changes[1].fields[0].value, "2");
    ck_assert(set.changes[2].has_deleted_at);
    /* Fields are in the order of the names that memory has for them. */
    changeset_write(&set, dialect, &out);
    ck_assert_int_eq(changeset_read(buf_view(&out), &rules, &arena, &set, &err),
                     ST_OK);
    buf_clear(&out);
    changeset_write(&set, dialect, &out);
    ck_assert_ptr_nonnull(strstr(out.p, "\"ops\":[{\"kind\":\"t\""));
    ck_assert_ptr_nonnull(strstr(out.p, "{\"v\":2,\"ts\":"));
    ck_assert_ptr_nonnull(strstr(out.p, "\"modified\":\"2026-01-01"));
    ck_assert_ptr_nonnull(strstr(out.p, "\"op\":\"create\""));
    ck_assert_ptr_null(strstr(out.p, "\"changes\""));
}
END_TEST

START_TEST(faults_are_told_in_its_names)
{
    struct codec_rules rules = codec_rules_default(other());
    static const struct {
        const char *body, *why;
    } cases[] = {
        {"{\"changes\":[]}", "ops: missing (expected an array)"},
        {"{\"ops\":[{\"table\":\"t\"}]}",
         "ops[0].kind: missing (expected a string)"},
        {"{\"ops\":[{\"kind\":\"t\",\"id\":\"1\",\"op\":\"insert\"}]}",
         "ops[0].op: unknown op \"insert\" (expected create, update or "
         "delete)"},
        {"{\"ops\":[{\"kind\":\"t\",\"id\":\"1\",\"op\":\"update\","
         "\"fields\":{\"n\":{\"v\":1,\"at\":\"2026-01-01T00:00:00Z\"}}}]}",
         "ops[0].fields.n: stamp under \"at\", the key of another dialect "
         "(v2 expects \"ts\")"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct changeset set;
        ck_assert_int_eq(
            changeset_read(str_of(cases[i].body), &rules, &arena, &set, &err),
            ST_PROTOCOL);
        ck_assert_str_eq(err.text, cases[i].why);
    }
}
END_TEST

START_TEST(answers_and_messages_too)
{
    const struct dialect *dialect = other();
    struct codec_rules rules = codec_rules_default(dialect);
    struct response response;
    struct notice notice;
    ck_assert_int_eq(
        response_read(STR("{\"changes\":[],\"conflicts\":[],\"cursor\":"
                          "\"2026-01-01T00:00:00Z\"}"),
                      &rules, &arena, &response, &err),
        ST_OK);
    ck_assert_int_eq(
        response_read(STR("{\"serverChanges\":[],\"conflicts\":[],\"cursor\":"
                          "\"2026-01-01T00:00:00Z\"}"),
                      &rules, &arena, &response, &err),
        ST_PROTOCOL);
    struct str news = STR("{\"is\":\"news\",\"tables\":[\"t\"]}");
    ck_assert_int_eq(notice_read(news, &rules, &arena, &notice, &err), ST_OK);
    ck_assert_int_eq(notice.kind, NOTICE_SYNC_AVAILABLE);
    notice_write(&notice, dialect, &out);
    assert_text(buf_view(&out), news.p);
    ck_assert_int_eq(
        notice_read(STR("{\"is\":\"sync-available\",\"tables\":[\"t\"]}"),
                    &rules, &arena, &notice, &err),
        ST_OK);
    ck_assert_int_eq(notice.kind, NOTICE_UNKNOWN);
}
END_TEST

START_TEST(paths_are_templates)
{
    const struct dialect *dialect = other();
    struct str app = STR("");
    dialect_path_write(dialect, PATH_PULL, STR("a%20b"), &out);
    dialect_pull_write(dialect, STR("t&"), STR("s"), &out);
    assert_text(buf_view(&out), "/apps/a%20b/delta?collection=t%26&after=s");
    ck_assert(dialect_path_is(dialect, PATH_PULL, STR("/apps/x/delta"), &app));
    assert_text(app, "x");
    static const char *const none[] = {"/apps//delta",
                                       "/apps/x/y/delta",
                                       "/apps/x/deltas",
                                       "/apps/x",
                                       "/sync/x/pull",
                                       "/apps/delta",
                                       "",
                                       "/"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        ck_assert_msg(
            !dialect_path_is(dialect, PATH_PULL, str_of(none[i]), &app), "%s",
            none[i]);
    }
    ck_assert_int_eq(dialect_path_find(dialect, STR("/live"), &app),
                     PATH_SOCKET_ALL);
    ck_assert_int_eq(dialect_path_find(dialect, STR("/sync/x"), &app),
                     PATH_PUSH);
    ck_assert_int_eq(dialect_path_find(dialect, STR("/ws"), &app), PATH_COUNT);
}
END_TEST

Suite *suite_dialect(void)
{
    Suite *suite = suite_create("dialect");
    TCase *tests = tcase_create("dialect");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, built_in_ones_rename_nothing);
    tcase_add_test(tests, every_name_is_in_a_group_or_a_header);
    tcase_add_test(tests, what_is_renamed_comes_back);
    tcase_add_test(tests, a_push_is_read_and_written_in_its_names);
    tcase_add_test(tests, faults_are_told_in_its_names);
    tcase_add_test(tests, answers_and_messages_too);
    tcase_add_test(tests, paths_are_templates);
    suite_add_tcase(suite, tests);
    return suite;
}
