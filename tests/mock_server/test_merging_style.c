/* SPDX-License-Identifier: MIT */
/* test_merging_style - what the merging mode spells otherwise: JSON, refusals,
 * notices, events. */
#include <string.h>

#include "mock_server/merging.h"
#include "tests/mock_server/peer.h"
#include "tests/mock_server/suites.h"

#define T0 "2025-01-01T00:00:00.000Z"

static struct rig rig;

static void open_merging(void)
{
    rig_open(&rig, "v2", 0, BUG_COUNT, NULL);
    rig.config.mode = SERVER_MERGING;
    rig_restart(&rig);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void push(const char *client, const char *changes)
{
    ck_assert_int_eq(rig_push(&rig, "alice", client, EPOCH, changes), 201);
}

/* ---- spellings ---- */

static void respells(const char *canonical, const char *wanted)
{
    struct json_limits limits = codec_rules_default(rig.config.dialect).json;
    const struct json_node *node;
    struct buf out;

    buf_init(&out, 1000);
    merging_respell(str_of(canonical), &out);
    ck_assert_str_eq(out.p, rig_text(&rig, "%s\n", wanted));
    ck_assert_int_eq(
        json_read(buf_view(&out), &limits, &rig.arena, &node, NULL), ST_OK);
    ck_assert(str_is(json_canonical_str(node, &rig.arena), canonical));
    buf_free(&out);
}

START_TEST(other_spelling_is_the_same_value)
{
    respells("{\"a\":[1,null,true],\"b\":{}}",
             "{\"a\": [1,\n  null,\n  true],\n \"b\": {}}");
    respells("\"\\\"\\\\/\\n\"", "\"\\\"\\\\\\/\\n\"");
    respells("\"\xc3\xa9\xf0\x9f\x98\x80\"", "\"\\u00e9\\uD83D\\ude00\"");
    respells("[0,-7,1.5,-2.25]", "[0,\n -7,\n 1.50,\n -2.250]");
    respells("9007199254740993", "9007199254740993");
    respells("0.1000000000000000055511151231257827",
             "0.1000000000000000055511151231257827");
    respells("\"1.5 and 2e3\"", "\"1.5 and 2e3\"");
    respells("[[[[1,2]]]]", "[[[[1, 2]]]]");
}
END_TEST

struct refusal {
    const char *line, *body;
    int status;
    const char *type;
};

static const struct refusal refusals[] = {
    {"POST /sync/todo", "{", 400, "application/problem+json"},
    {"POST /sync/todo", "{\"changes\":1}", 422,
     "application/json; charset=utf-8"},
    {"POST /sync/todo", "{\"appId\":\"x\",\"changes\":[]}", 409,
     "application/problem+json"},
    {"POST /sync/todo", "{\"schemaVersion\":99,\"changes\":[]}", 400,
     "application/problem+json"},
    {"POST /sync/todo", "{\"since\":\"now\",\"changes\":[]}", 400,
     "application/problem+json"},
    {"GET /sync/todo/pull?collection=a&since=2300-01-01T00:00:00Z", "", 410,
     "application/problem+json"},
    {"GET /sync/todo/pull?collection=a", "", 422,
     "application/json; charset=utf-8"},
    {"GET /nothing", "", 404, "text/plain; charset=utf-8"},
    {"PUT /sync/todo", "", 405, "text/plain; charset=utf-8"},
};

START_TEST(refusals_have_other_shapes)
{
    const struct refusal *refusal = &refusals[_i];
    struct json_limits limits = codec_rules_default(rig.config.dialect).json;
    const struct json_node *node;

    ck_assert_int_eq(rig_do(&rig, refusal->line, "alice", "c", refusal->body),
                     refusal->status);
    ck_assert_str_eq(rig_header(&rig, "content-type").p, refusal->type);
    ck_assert_uint_gt(strlen(rig.body), 10);
    if (refusal->type[0] == 'a') {
        ck_assert_int_eq(
            json_read(str_of(rig.body), &limits, &rig.arena, &node, NULL),
            ST_OK);
    }
}
END_TEST

START_TEST(strangers_are_told_in_plain_words)
{
    ck_assert_int_eq(rig_do(&rig, "POST /sync/todo", NULL, "c", "{}"), 401);
    ck_assert_str_eq(rig_header(&rig, "content-type").p,
                     "text/plain; charset=utf-8");
    ck_assert_uint_gt(rig_header(&rig, "www-authenticate").n, 0);
    ck_assert_int_eq(rig_do(&rig, "GET /health", NULL, NULL, ""), 200);
    ck_assert_str_eq(rig.body, "up\n");
}
END_TEST

/* ---- live channels ---- */

START_TEST(every_table_has_its_own_notice)
{
    struct peer peer;

    ck_assert_int_eq(peer_ask(&peer, &rig, "/ws/todo", NULL, "b"), 101);
    peer_auth(&peer, "alice", NULL);
    ck_assert_ptr_nonnull(strstr(peer_hears(&peer), "\"type\": \"auth-ok\""));
    push("a", "{\"table\":\"x\",\"id\":\"1\",\"op\":\"delete\"},"
              "{\"table\":\"y\",\"id\":\"1\",\"op\":\"delete\"}");
    rig_flow(&rig);
    const char *heard = peer_hears(&peer);
    const char *y = strstr(heard, "\"tables\": [\"y\"]");

    ck_assert_ptr_nonnull(y);
    ck_assert_ptr_nonnull(strstr(y, "\"tables\": [\"x\"]"));
    peer_say(&peer, "{\"type\":\"ping\"}");
    ck_assert_ptr_nonnull(strstr(peer_hears(&peer), "\"type\": \"pong\""));
    peer_leave(&peer);
}
END_TEST

START_TEST(stream_tells_records_and_beats_every_twenty_seconds)
{
    struct peer peer;

    push("a", rig_update(&rig, "1", "1", T0));
    push("b", rig_update(&rig, "1", "2", "2025-01-01T00:00:01.000Z"));
    peer_stream(&peer, &rig, "tasks", EPOCH, "c");
    HEARS(&peer, "tasks:1");
    ck_assert_ptr_nonnull(strchr(peer.data, '\n'));
    ck_assert_uint_eq(strlen(peer.last_id ? peer.last_id : ""), 0);
    ck_assert_uint_eq(peer.sse.comments, 2);
    ck_assert_int_eq(peer.sse.retry_ms, 2500);
    push("a", rig_update(&rig, "1", "0", T0));
    rig_flow(&rig);
    HEARS(&peer, "");
    push("a", rig_update(&rig, "1", "3", "2025-01-01T00:00:02.000Z"));
    rig_flow(&rig);
    HEARS(&peer, "tasks:1");
    rig_wait(&rig, MERGING_HEARTBEAT_MS - 100);
    HEARS(&peer, "");
    rig_wait(&rig, 100);
    HEARS(&peer, "heartbeat");
    peer_leave(&peer);
}
END_TEST

START_TEST(modes_have_names)
{
    enum server_mode mode = SERVER_LOG;

    ck_assert(server_mode_find(STR("merging"), &mode));
    ck_assert_int_eq(mode, SERVER_MERGING);
    ck_assert(server_mode_find(STR("repeating"), &mode));
    ck_assert_int_eq(mode, SERVER_REPEATING);
    ck_assert(server_mode_find(STR("log"), &mode));
    ck_assert_int_eq(mode, SERVER_LOG);
    ck_assert(!server_mode_find(STR("merge"), &mode));
}
END_TEST

Suite *suite_merging_style(void)
{
    Suite *suite = suite_create("merging_style");
    TCase *style = tcase_create("style");

    tcase_add_checked_fixture(style, open_merging, close_rig);
    tcase_add_test(style, other_spelling_is_the_same_value);
    tcase_add_loop_test(style, refusals_have_other_shapes, 0,
                        sizeof(refusals) / sizeof(refusals[0]));
    tcase_add_test(style, strangers_are_told_in_plain_words);
    tcase_add_test(style, every_table_has_its_own_notice);
    tcase_add_test(style, stream_tells_records_and_beats_every_twenty_seconds);
    tcase_add_test(style, modes_have_names);
    suite_add_tcase(suite, style);
    return suite;
}
