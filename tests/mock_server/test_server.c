/* SPDX-License-Identifier: MIT */
/* test_server - routes, refusals, CORS, metrics. */
#include <stdio.h>
#include <string.h>

#include "tests/mock_server/rig.h"
#include "tests/mock_server/suites.h"

static struct rig rig;

static void setup(void)
{
    rig_open(&rig, "v2", 0, BUG_COUNT, NULL);
}

static void teardown(void)
{
    rig_close(&rig);
}

START_TEST(health_needs_no_credentials)
{
    ck_assert_int_eq(rig_do(&rig, "GET /health", NULL, NULL, NULL), 200);
    ck_assert(str_is(rig_header(&rig, "content-type"), "application/json"));
    ck_assert(rig_body_has(&rig, "\"status\":\"ok\""));
    ck_assert(rig_body_has(&rig, "\"dialect\":\"v2\""));
}
END_TEST

START_TEST(unknown_paths_are_404)
{
    static const char *const paths[] = {
        "/",        "/sync",     "/sync/",   "/sync//pull",   "/health/",
        "/healthx", "/sync/a/b", "/sync/a/", "/sync/a/pull/", "/sync/a/stream/",
        "/ws/",     "/ws/a/b",   "/wsx",     "/ws//",         "/sync//stream",
        "*",        ""};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        ck_assert_msg(rig_do(&rig, rig_text(&rig, "GET %s", paths[i]), "alice",
                             "c", NULL) == 404,
                      "%s: %d", paths[i], rig.reply.status);
        ck_assert(rig_body_has(&rig, "\"error\":\"not_found\""));
    }
}
END_TEST

START_TEST(wrong_methods_are_405_with_allow)
{
    static const char *const cases[][3] = {
        {"GET", "/sync/a", "POST, OPTIONS"},
        {"HEAD", "/sync/a", "POST, OPTIONS"},
        {"PUT", "/sync/a", "POST, OPTIONS"},
        {"post", "/sync/a", "POST, OPTIONS"},
        {"POST", "/sync/a/pull?collection=x", "GET, OPTIONS"},
        {"DELETE", "/health", "GET, OPTIONS"},
        {"BREW", "/metrics", "GET, OPTIONS"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(
            rig_do(&rig, rig_text(&rig, "%s %s", cases[i][0], cases[i][1]),
                   "alice", "c", NULL),
            405);
        ck_assert(str_is(rig_header(&rig, "allow"), cases[i][2]));
    }
}
END_TEST

START_TEST(without_user_nothing_happens)
{
    ck_assert_int_eq(rig_push(&rig, NULL, "c", EPOCH, ""), 401);
    ck_assert(str_is(rig_header(&rig, "www-authenticate"), "Bearer"));
    ck_assert(rig_body_has(&rig, "\"error\":\"unauthorized\""));
    ck_assert_int_eq(rig_pull(&rig, NULL, "c", EPOCH), 401);
    ck_assert_int_eq(rig_do(&rig, "POST /sync/todo", NULL, "c", "{nonsense"),
                     401);
}
END_TEST

START_TEST(client_id_of_header_wins)
{
    const char *body =
        rig_text(&rig, "{\"clientId\":\"body\",\"changes\":[%s]}",
                 rig_update(&rig, "1", "1", "2026-01-01T00:00:00Z"));

    ck_assert_int_eq(rig_do(&rig, "POST /sync/todo", "alice", "head", body),
                     200);
    const char *start = "1970-01-01T00:00:00.000000002Z";

    ck_assert_int_eq(rig_pull(&rig, "alice", "head", start), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
    ck_assert_int_eq(rig_pull(&rig, "alice", "body", start), 200);
    ck_assert_str_eq(rig_ids(&rig), "1");
    ck_assert_int_eq(rig_do(&rig, "POST /sync/todo", "alice", NULL, body), 200);
    ck_assert_int_eq(rig_pull(&rig, "alice", "x", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&rig), "1 1");
}
END_TEST

START_TEST(client_id_is_needed)
{
    const char *target = "GET /sync/todo/pull?collection=tasks&since=" EPOCH;

    ck_assert_int_eq(rig_do(&rig, target, "alice", NULL, NULL), 400);
    ck_assert(rig_body_has(&rig, "X-Client-Id is missing\""));
    ck_assert_int_eq(rig_do(&rig, target, "alice", "", NULL), 400);
    ck_assert_int_eq(rig_push(&rig, "alice", NULL, EPOCH, ""), 400);
    ck_assert(rig_body_has(&rig, "and so is clientId"));
    ck_assert_int_eq(rig_do(&rig, target, "alice", "\xff", NULL), 400);
    ck_assert(rig_body_has(&rig, "bad_client_id"));
}
END_TEST

/* A text of n bytes. */
static const char *filler(size_t n)
{
    char *text = arena_must(&rig.arena, n + 1, 1);

    memset(text, 'x', n);
    return text;
}

static const char *pull_target(const char *app, const char *collection)
{
    return rig_text(&rig, "GET /sync/%s/pull?collection=%s&since=" EPOCH, app,
                    collection);
}

START_TEST(names_have_a_limit)
{
    const char *fits = filler(LIMIT_NAME_BYTES);
    const char *over = filler(LIMIT_NAME_BYTES + 1);

    ck_assert_int_eq(rig_do(&rig, pull_target(fits, fits), "alice", fits, NULL),
                     200);
    ck_assert_int_eq(rig_do(&rig, pull_target(over, "t"), "alice", "c", NULL),
                     400);
    ck_assert(rig_body_has(&rig, "bad_app"));
    ck_assert_int_eq(rig_do(&rig, pull_target("a", over), "alice", "c", NULL),
                     400);
    ck_assert(rig_body_has(&rig, "bad_collection"));
    ck_assert_int_eq(rig_do(&rig, pull_target("a", "t"), "alice", over, NULL),
                     400);
    ck_assert(rig_body_has(&rig, "bad_client_id"));
}
END_TEST

START_TEST(pull_needs_its_parameters)
{
    static const char *const cases[][2] = {
        {"/sync/todo/pull", "collection"},
        {"/sync/todo/pull?since=" EPOCH, "collection"},
        {"/sync/todo/pull?collection=tasks", "since"},
        {"/sync/todo/pull?collection=&since=" EPOCH, "collection"},
        {"/sync/todo/pull?collection=%zz&since=" EPOCH, "collection"},
        {"/sync/todo/pull?collection=%ff&since=" EPOCH, "UTF-8"},
        {"/sync/%zz/pull?collection=tasks&since=" EPOCH, "app"},
        {"/sync/%ff/pull?collection=tasks&since=" EPOCH, "app"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(rig_do(&rig, rig_text(&rig, "GET %s", cases[i][0]),
                                "alice", "c", NULL),
                         400);
        ck_assert_msg(rig_body_has(&rig, cases[i][1]), "%s", rig.body);
    }
}
END_TEST

START_TEST(bad_cursors_are_told_from_cursors_ahead)
{
    static const char *const bad[] = {"",
                                      "0",
                                      "yesterday",
                                      "2026-01-01",
                                      "2026-02-30T00:00:00Z",
                                      "2026-01-01t00:00:00z"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_eq(rig_pull(&rig, "alice", "c", bad[i]), 400);
        ck_assert(rig_body_has(&rig, "\"error\":\"bad_cursor\""));
        ck_assert_int_eq(rig_push(&rig, "alice", "c", bad[i], ""), 400);
        ck_assert(rig_body_has(&rig, "\"error\":\"bad_cursor\""));
    }
    ck_assert_int_eq(rig_pull(&rig, "alice", "c", filler(257)), 400);
    ck_assert(rig_body_has(&rig, "256"));
    ck_assert_int_eq(rig_pull(&rig, "alice", "c", "2999-01-01T00:00:00Z"), 409);
    ck_assert(rig_body_has(&rig, "\"error\":\"cursor_ahead\""));
    ck_assert(rig_body_has(&rig, "start over"));
    ck_assert_int_eq(
        rig_push(&rig, "alice", "c", "2025-01-01T00:00:00Z",
                 rig_update(&rig, "1", "1", "2026-01-01T00:00:00Z")),
        409);
    ck_assert_int_eq(rig_pull(&rig, "alice", "d", EPOCH), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
}
END_TEST

START_TEST(push_without_since_starts_at_the_epoch)
{
    rig_push(&rig, "alice", "a", EPOCH,
             rig_update(&rig, "1", "1", "2026-01-01T00:00:00Z"));
    ck_assert_int_eq(
        rig_do(&rig, "POST /sync/todo", "alice", "b", "{\"changes\":[]}"), 200);
    ck_assert_str_eq(rig_ids(&rig), "1");
}
END_TEST

/* Body, and what the answer has to say. */
static const char *const invalid[][2] = {
    {"", "bad_json"},
    {"{", "bad_json"},
    {"[]", "bad_changeset"},
    {"1", "bad_changeset"},
    {"{\"changes\":[]} x", "bad_json"},
    {"{\"changes\":[],\"changes\":[]}", "bad_json"},
    {"{}", "changes"},
    {"{\"changes\":null}", "changes"},
    {"{\"changes\":[1]}", "changes[0]"},
    {"{\"changes\":[{\"table\":\"t\",\"id\":\"i\",\"op\":\"upsert\"}]}",
     "changes[0].op"},
    {"{\"changes\":[{\"table\":\"t\",\"id\":\"i\",\"op\":\"Delete\"}]}",
     "changes[0].op"},
    {"{\"changes\":[{\"table\":\"\",\"id\":\"i\",\"op\":\"delete\"}]}",
     "changes[0].table"},
    {"{\"changes\":[{\"table\":\"t\",\"op\":\"delete\"}]}", "changes[0].id"},
    {"{\"changes\":[{\"table\":\"t\",\"id\":\"i\",\"op\":\"insert\"}]}",
     "changes[0].data"},
    {"{\"changes\":[{\"table\":\"t\",\"id\":\"i\",\"op\":\"update\"}]}",
     "changes[0].fields"},
    {"{\"changes\":[{\"table\":\"t\",\"id\":\"i\",\"op\":\"update\","
     "\"fields\":{\"a\":null}}]}",
     "changes[0].fields.a"},
    {"{\"changes\":[{\"table\":\"t\",\"id\":\"i\",\"op\":\"update\","
     "\"fields\":{\"a\":{\"value\":1,\"at\":\"10:05\"}}}]}",
     "changes[0].fields.a.at"},
    {"{\"changes\":[],\"schemaVersion\":2}", "schemaVersion"},
    {"{\"changes\":[],\"appId\":\"other\"}", "app_mismatch"},
    {"{\"changes\":[{\"table\":\"t\",\"id\":\"i\",\"op\":\"delete\","
     "\"deletedAt\":\"2026-01-01T00:00:00Z\",\"spaceId\":7}]}",
     "changes[0].spaceId"},
};

START_TEST(invalid_pushes_are_refused_with_the_place)
{
    ck_assert_int_eq(
        rig_do(&rig, "POST /sync/todo", "alice", "c", invalid[_i][0]), 400);
    ck_assert_msg(rig_body_has(&rig, invalid[_i][1]), "%s: %s", invalid[_i][0],
                  rig.body);
    ck_assert_int_eq(rig_pull(&rig, "alice", "d", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 0);
}
END_TEST

START_TEST(error_texts_are_json_whatever_was_sent)
{
    ck_assert_int_eq(
        rig_do(&rig, "POST /sync/todo", "alice", "c", "{\"\xff\":1}"), 400);
    const struct json_node *root;

    ck_assert_int_eq(json_read(str_of(rig.body), &json_limits_default,
                               &rig.arena, &root, NULL),
                     ST_OK);
    ck_assert(json_type(json_member(root, "message")) == JSON_STRING);
    ck_assert(json_type(json_member(root, "error")) == JSON_STRING);
}
END_TEST

START_TEST(bodies_over_the_limit_are_413)
{
    struct http_request request =
        rig_request(&rig, "POST", "/sync/todo", "alice", "c");
    char *body;

    server_free(rig.server);
    rig.config.body_limit = 64;
    rig.server = server_create(&rig.config, rig.store, rig.auth);
    body = arena_must(&rig.arena, 100, 1);
    memset(body, ' ', 100);
    memcpy(body, "{\"changes\":[]}", 14);
    request.body = (struct str){body, 64};
    ck_assert_int_eq(rig_send(&rig, &request), 200);
    request.body = (struct str){body, 65};
    ck_assert_int_eq(rig_send(&rig, &request), 413);
    ck_assert(rig_body_has(&rig, "64 bytes"));
    request.body = (struct str){body, 10};
    request.body_too_long = true;
    ck_assert_int_eq(rig_send(&rig, &request), 413);
}
END_TEST

static int preflight(const char *origin, const char *method)
{
    struct http_request request =
        rig_request(&rig, "OPTIONS", "/sync/todo", NULL, NULL);

    if (origin) {
        http_header_add(&request, STR("Origin"), str_of(origin));
    }
    if (method) {
        http_header_add(&request, STR("Access-Control-Request-Method"),
                        str_of(method));
    }
    return rig_send(&rig, &request);
}

static void allow_origins(const char *const *origins)
{
    server_free(rig.server);
    rig.config.origins = origins;
    rig.server = server_create(&rig.config, rig.store, rig.auth);
}

START_TEST(preflight_follows_the_list_of_origins)
{
    static const char *const one[] = {"http://a", "http://b", NULL};
    static const char *const all[] = {"*", NULL};

    ck_assert_int_eq(preflight("http://b", "POST"), 403);
    allow_origins(one);
    ck_assert_int_eq(preflight("http://b", "POST"), 204);
    ck_assert(
        str_is(rig_header(&rig, "access-control-allow-origin"), "http://b"));
    ck_assert(rig_header(&rig, "access-control-allow-methods").n > 0);
    ck_assert(str_is(rig_header(&rig, "access-control-allow-headers"),
                     "authorization, content-type, last-event-id, "
                     "x-client-id"));
    ck_assert_uint_eq(rig.reply.body.n, 0);
    ck_assert_int_eq(preflight("http://c", "POST"), 403);
    ck_assert_ptr_null(rig_header(&rig, "access-control-allow-origin").p);
    ck_assert_ptr_null(rig_header(&rig, "access-control-allow-methods").p);
    ck_assert_int_eq(preflight(NULL, NULL), 204);
    ck_assert(str_is(rig_header(&rig, "allow"), "POST, OPTIONS"));
    allow_origins(all);
    ck_assert_int_eq(preflight("http://c", "POST"), 204);
    ck_assert(str_is(rig_header(&rig, "access-control-allow-origin"), "*"));
}
END_TEST

START_TEST(every_answer_carries_cors)
{
    static const char *const one[] = {"http://a", NULL};
    struct http_request request =
        rig_request(&rig, "GET", "/health", NULL, NULL);

    allow_origins(one);
    http_header_add(&request, STR("origin"), STR("http://a"));
    ck_assert_int_eq(rig_send(&rig, &request), 200);
    ck_assert(
        str_is(rig_header(&rig, "access-control-allow-origin"), "http://a"));
    ck_assert(str_is(rig_header(&rig, "vary"), "Origin"));
    request.target = STR("/nowhere");
    ck_assert_int_eq(rig_send(&rig, &request), 404);
    ck_assert(
        str_is(rig_header(&rig, "access-control-allow-origin"), "http://a"));
}
END_TEST

START_TEST(metrics_count)
{
    rig_push(&rig, "alice", "a", EPOCH,
             rig_update(&rig, "1", "1", "2026-01-01T00:00:00Z"));
    rig_pull(&rig, "alice", "b", EPOCH);
    rig_pull(&rig, "alice", "b", "nonsense");
    ck_assert_int_eq(rig_do(&rig, "GET /metrics", NULL, NULL, NULL), 200);
    ck_assert(rig_body_has(&rig, "\nsyncspec_requests_total 4\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_pushes_total 1\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_pulls_total 1\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_changes_total 1\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_refused_total 1\n"));
    ck_assert(
        rig_body_has(&rig, "\nsyncspec_responses_total{code=\"400\"} 1\n"));
    ck_assert(str_starts(rig_header(&rig, "content-type"), STR("text/plain")));
    struct server_counts counts = server_counts(rig.server);

    ck_assert_uint_eq(counts.requests, 4);
    ck_assert_uint_eq(counts.changes, 1);
}
END_TEST

static const char *in_space(const char *space)
{
    return rig_text(&rig,
                    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"delete\","
                    "\"deletedAt\":\"2026-01-01T00:00:00Z\","
                    "\"spaceId\":%s}",
                    space);
}

START_TEST(personal_spaces_are_their_owners)
{
    ck_assert_int_eq(
        rig_push(&rig, "alice", "a", EPOCH, in_space("\"_personal:bob\"")),
        403);
    ck_assert(rig_body_has(&rig, "changes[0].spaceId"));
    ck_assert_int_eq(
        rig_push(&rig, "alice", "a", EPOCH, in_space("\"_personal:alice\"")),
        200);
    ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, in_space("\"team\"")),
                     200);
    ck_assert_int_eq(rig_push(&rig, "alice", "a", EPOCH, in_space("null")),
                     200);
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 3);
    ck_assert(str_is(rig.got.changes[0].space_id, "\"_personal:alice\""));
    ck_assert(str_is(rig.got.changes[1].space_id, "\"team\""));
    ck_assert_uint_eq(rig.got.changes[2].space_id.n, 0);
    ck_assert(!rig_body_has(&rig, "null"));
    ck_assert_int_eq(rig_pull(&rig, "bob", "b", EPOCH), 200);
    ck_assert_uint_eq(rig.got.count, 0);
}
END_TEST

Suite *suite_server(void)
{
    Suite *suite = suite_create("server");
    TCase *group = tcase_create("requests");

    tcase_add_checked_fixture(group, setup, teardown);
    tcase_add_test(group, health_needs_no_credentials);
    tcase_add_test(group, unknown_paths_are_404);
    tcase_add_test(group, wrong_methods_are_405_with_allow);
    tcase_add_test(group, without_user_nothing_happens);
    tcase_add_test(group, client_id_of_header_wins);
    tcase_add_test(group, client_id_is_needed);
    tcase_add_test(group, names_have_a_limit);
    tcase_add_test(group, pull_needs_its_parameters);
    tcase_add_test(group, bad_cursors_are_told_from_cursors_ahead);
    tcase_add_test(group, push_without_since_starts_at_the_epoch);
    tcase_add_loop_test(group, invalid_pushes_are_refused_with_the_place, 0,
                        sizeof(invalid) / sizeof(invalid[0]));
    tcase_add_test(group, error_texts_are_json_whatever_was_sent);
    tcase_add_test(group, bodies_over_the_limit_are_413);
    tcase_add_test(group, preflight_follows_the_list_of_origins);
    tcase_add_test(group, every_answer_carries_cors);
    tcase_add_test(group, metrics_count);
    tcase_add_test(group, personal_spaces_are_their_owners);
    suite_add_tcase(suite, group);
    return suite;
}
