/* SPDX-License-Identifier: MIT */
/* test_captures - every real exchange in tests/captures, read and written. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec.h"
#include "tests/protocol/suites.h"

static struct arena arena;
static struct err err;

static void setup(void)
{
    arena_init(&arena, (size_t)256 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

/* Head and body of a captured message; a chunked body put together. */
struct message {
    struct str head, body;
    int status; /* of a response */
};

static bool has_header(struct str head, const char *line)
{
    return strstr(arena_str(&arena, head).p, line) != NULL;
}

static struct str unchunked(struct str body)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    for (;;) {
        struct str line = str_take(body, str_find(body, '\n'));
        size_t n = strtoul(arena_str(&arena, line).p, NULL, 16);
        body = str_skip(body, line.n + 1);
        if (n == 0) {
            break;
        }
        ck_assert_uint_le(n + 2, body.n);
        buf_str(&out, str_take(body, n));
        body = str_skip(body, n + 2);
    }
    struct str whole = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return whole;
}

static struct message message_of(const char *path)
{
    struct message message = {.status = 0};
    struct str text = file_text(&arena, path);
    const char *end = strstr(text.p, "\r\n\r\n");
    ck_assert_msg(end != NULL, "%s has no end of head", path);
    message.head = str_take(text, (size_t)(end - text.p) + 2);
    message.body = str_skip(text, message.head.n + 2);
    if (has_header(message.head, "\r\nTransfer-Encoding: chunked\r\n")) {
        message.body = unchunked(message.body);
    }
    if (str_starts(message.head, STR("HTTP/1.1 "))) {
        message.status = atoi(message.head.p + 9);
    }
    return message;
}

static const struct dialect *dialect_of(const char *path)
{
    return dialect_named(strstr(path, "/v1/") ? "v1" : "v2");
}

static struct str path_at(const char *folder, const char *name)
{
    return arena_printf(&arena, "tests/captures/%s/%s", folder, name);
}

/* Calls `each` with the path of every captured file that ends so. */
static size_t for_each_file(const char *ending, void (*each)(const char *path))
{
    static const char *const folders[] = {"v1", "v2"};
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        DIR *dir = opendir(path_at("", folders[i]).p);
        ck_assert_ptr_nonnull(dir);
        for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
            if (str_ends(str_of(entry->d_name), str_of(ending))) {
                each(path_at(folders[i], entry->d_name).p);
                count++;
            }
        }
        closedir(dir);
    }
    return count;
}

static struct str set_text(const struct changeset *set,
                           const struct dialect *dialect)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    changeset_write(set, dialect, &out);
    struct str text = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return text;
}

static struct changeset set_of(const char *path, struct str text)
{
    struct codec_rules rules = codec_rules_default(dialect_of(path));
    struct changeset set;
    ck_assert_msg(changeset_read(text, &rules, &arena, &set, &err) == ST_OK,
                  "%s: %s", path, err.text);
    return set;
}

/* Forked tests do not share counts, so each test counts for itself. */
static size_t pushes, answers, refusals, events, streamed;

static void check_request(const char *path)
{
    struct message message = message_of(path);
    if (!str_starts(message.head, STR("POST")) || message.body.n == 0 ||
        strstr(path, "13-push-new-schema")) {
        return;
    }
    struct changeset set = set_of(path, message.body);
    struct str text = set_text(&set, dialect_of(path));
    struct changeset again = set_of(path, text);
    ck_assert(str_eq(set_text(&again, dialect_of(path)), text));
    ck_assert_uint_eq(again.count, set.count);
    pushes++;
}

START_TEST(every_push_reads_and_its_text_is_stable)
{
    pushes = 0;
    ck_assert_uint_eq(for_each_file(".request", check_request), 29);
    ck_assert_uint_eq(pushes, 7);
}
END_TEST

START_TEST(a_push_is_what_was_sent)
{
    struct message message =
        message_of("tests/captures/v1/02-push-inserts.request");
    struct changeset set = set_of("/v1/", message.body);
    ck_assert_uint_eq(set.count, 2);
    const struct change *change = &set.changes[0];
    assert_text(change->table, "tasks");
    assert_text(change->id, "6f1c7a52-2b1e-4d6e-9a55-0d8c7f3b1a01");
    ck_assert_uint_eq(change->data_count, 11);
    assert_text(field_find(change->data, 11, STR("title"))->value,
                "\"Milch kaufen \xf0\x9f\xa5\x9b\"");
    assert_text(field_find(change->data, 11, STR("subtasks"))->value,
                "[{\"id\":\"s1\",\"isCompleted\":false,\"order\":0,\"title\":"
                "\"<b>Bio & fair</b>\"}]");
    ck_assert_int_eq(change_insert_stamp(change).s, 1774605900);
}
END_TEST

static struct response answer_of(const char *path, struct str body)
{
    struct codec_rules rules = codec_rules_default(dialect_of(path));
    struct response response;
    ck_assert_msg(response_read(body, &rules, &arena, &response, &err) == ST_OK,
                  "%s: %s", path, err.text);
    ck_assert_uint_eq(response.malformed_count, 0);
    return response;
}

static struct str answer_text(const struct response *response,
                              const struct dialect *dialect)
{
    struct str *texts =
        arena_must(&arena, response->count + 1, sizeof texts[0]);
    struct response_head head = {.synced_until = response->synced_until,
                                 .has_more = response->has_more};
    struct buf out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < response->count; i++) {
        buf_clear(&out);
        change_write(&response->changes[i], dialect, &out);
        texts[i] = arena_str(&arena, buf_view(&out));
    }
    buf_clear(&out);
    response_write(texts, response->count, &head, dialect, &out);
    struct str text = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return text;
}

static void check_response(const char *path)
{
    struct message message = message_of(path);
    if (message.status != 200 || strstr(path, "health") ||
        strstr(path, "stream")) {
        return;
    }
    struct response response = answer_of(path, message.body);
    struct str text = answer_text(&response, dialect_of(path));
    struct response again = answer_of(path, text);
    ck_assert(str_eq(answer_text(&again, dialect_of(path)), text));
    ck_assert_uint_eq(again.count, response.count);
    answers++;
}

START_TEST(every_answer_reads_and_its_text_is_stable)
{
    answers = 0;
    ck_assert_uint_eq(for_each_file(".response", check_response), 29);
    ck_assert_uint_eq(answers, 17);
}
END_TEST

START_TEST(a_page_is_read_whole)
{
    const char *path = "tests/captures/v2/16-pull-page-1-of-2.response";
    struct message message = message_of(path);
    struct response response = answer_of(path, message.body);
    ck_assert_uint_eq(response.count, 1000);
    ck_assert(response.has_more);
    assert_text(response.synced_until, "2026-11-22T15:55:42.09827Z");
    assert_text(response.changes[999].id, "r0999");
    ck_assert_int_eq(response.changes[999].schema_version, 1);
}
END_TEST

/* A server whose answers are canonical but for its escapes of <, > and & is
 * written back byte for byte where it has none. */
START_TEST(an_answer_is_written_as_the_server_did)
{
    static const char *const paths[] = {
        "tests/captures/v1/06-pull-projects.response",
        "tests/captures/v1/08-pull-nothing-new.response",
        "tests/captures/v2/06-pull-projects.response",
        "tests/captures/v2/14-push-with-actor-origin-space.response",
        "tests/captures/v2/16-pull-page-1-of-2.response"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct message message = message_of(paths[i]);
        struct response response = answer_of(paths[i], message.body);
        struct str text = answer_text(&response, dialect_of(paths[i]));
        struct str want = message.body;
        while (want.n > 0 && want.p[want.n - 1] == '\n') {
            want.n--;
        }
        ck_assert_msg(str_eq(text, want), "%s: %.*s", paths[i], STR_ARG(text));
    }
}
END_TEST

static void check_refusal(const char *path)
{
    struct message message = message_of(path);
    struct codec_rules rules = codec_rules_default(dialect_of(path));
    struct changeset set;
    if (strstr(path, "11-not-json")) {
        ck_assert_int_eq(
            changeset_read(message.body, &rules, &arena, &set, &err),
            ST_SYNTAX);
        refusals++;
    } else if (strstr(path, "13-push-new-schema")) {
        ck_assert_int_eq(
            changeset_read(message.body, &rules, &arena, &set, &err),
            ST_PROTOCOL);
        /* The very sentence of the real server. */
        struct str said =
            message_of("tests/captures/v2/13-push-new-schema-version.response")
                .body;
        assert_text(str_take(said, str_find(said, '\n')), err.text);
        refusals++;
    }
}

START_TEST(what_the_server_refused_is_refused)
{
    refusals = 0;
    for_each_file(".request", check_refusal);
    ck_assert_uint_eq(refusals, 3);
}
END_TEST

static void check_event(struct str data)
{
    struct codec_rules rules = codec_rules_default(dialect_named("v2"));
    const struct json_node *root;
    ck_assert_msg(json_read(data, &rules.json, &arena, &root, &err) == ST_OK,
                  "%s", err.text);
    for (const struct json_node *node =
             json_child(json_member(root, "changes"));
         node; node = json_next(node)) {
        struct change change;
        struct str text = json_canonical_str(node, &arena);
        ck_assert_msg(change_read(text, &rules, &arena, &change, &err) == ST_OK,
                      "%s", err.text);
        assert_text(
            change.table,
            arena_str(&arena, json_string(json_member(root, "table"))).p);
        streamed++;
    }
    events++;
}

START_TEST(every_event_of_the_stream_reads)
{
    struct message message =
        message_of("tests/captures/v2/17-sse-stream.response");
    struct str rest = message.body;
    events = streamed = 0;
    while (rest.n > 0) {
        struct str line = str_take(rest, str_find(rest, '\n'));
        rest = str_skip(rest, line.n + 1);
        if (str_starts(line, STR("data: "))) {
            check_event(str_skip(line, 6));
        }
    }
    ck_assert_uint_eq(events, 3);
    ck_assert_uint_eq(streamed, 5);
}
END_TEST

Suite *suite_captures(void)
{
    Suite *suite = suite_create("captures");
    TCase *tests = tcase_create("captures");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_push_reads_and_its_text_is_stable);
    tcase_add_test(tests, a_push_is_what_was_sent);
    tcase_add_test(tests, every_answer_reads_and_its_text_is_stable);
    tcase_add_test(tests, a_page_is_read_whole);
    tcase_add_test(tests, an_answer_is_written_as_the_server_did);
    tcase_add_test(tests, what_the_server_refused_is_refused);
    tcase_add_test(tests, every_event_of_the_stream_reads);
    suite_add_tcase(suite, tests);
    return suite;
}
