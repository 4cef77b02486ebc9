/* SPDX-License-Identifier: MIT */
/* test_history - the hash sees every field and nothing else; events survive
 * the way through JSON. */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "reports/jsonl.h"
#include "tests/reports/suites.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

static void start(struct history *history)
{
    history_init(history, &arena);
    history_actor(history, (struct actor){.name = STR("net")});
    history_actor(history, (struct actor){.name = STR("alice")});
}

static uint64_t hash_of(struct event event)
{
    struct history history;
    start(&history);
    history_append(&history, event);
    return history_hash(&history);
}

START_TEST(append_counts_and_keeps)
{
    struct history history;
    start(&history);
    for (int i = 0; i < 1000; i++) {
        struct event *kept = history_append(
            &history, (struct event){.kind = EV_ACK, .number = i, .seq = 77});
        ck_assert_uint_eq(kept->seq, (uint32_t)i);
    }
    ck_assert_uint_eq(history.count, 1000);
    for (size_t i = 0; i < history.count; i++) {
        ck_assert_int_eq(history.events[i].number, (int64_t)i);
    }
    ck_assert_uint_eq(history_actor(&history, (struct actor){0}), 2);
}
END_TEST

/* Each changes one thing of an event. */
static const struct str names_ab[] = {LIT("a"), LIT("b\xff")};
static struct field field_a = {.name = LIT("a"), .value = LIT("1")};
static struct field field_name = {.name = LIT("b"), .value = LIT("1")};
static struct field field_value = {.name = LIT("a"), .value = LIT("2")};
static struct field field_at = {
    .name = LIT("a"), .value = LIT("1"), .at = {1, 0}};
static struct field field_ns = {
    .name = LIT("a"), .value = LIT("1"), .at = {0, 1}};
static struct field field_at_text = {
    .name = LIT("a"), .value = LIT("1"), .at_text = LIT("x")};
static const struct change change_a = {.table = LIT("t"), .id = LIT("1")};
static const struct change change_table = {.table = LIT("u"), .id = LIT("1")};
static const struct change change_id = {.table = LIT("t"), .id = LIT("2")};
static const struct change change_op = {
    .table = LIT("t"), .id = LIT("1"), .op = OP_DELETE};
static const struct change change_empty_fields = {
    .table = LIT("t"), .id = LIT("1"), .has_fields = true};
static const struct change change_fields = {.table = LIT("t"),
                                            .id = LIT("1"),
                                            .has_fields = true,
                                            .fields = &field_a,
                                            .field_count = 1};
static const struct change change_data = {.table = LIT("t"),
                                          .id = LIT("1"),
                                          .has_data = true,
                                          .data = &field_a,
                                          .data_count = 1};
static const struct change change_deleted = {
    .table = LIT("t"), .id = LIT("1"), .has_deleted_at = true};
static const struct change change_deleted_at = {.table = LIT("t"),
                                                .id = LIT("1"),
                                                .has_deleted_at = true,
                                                .deleted_at = {5, 0}};
static const struct change change_spelled = {.table = LIT("t"),
                                             .id = LIT("1"),
                                             .has_deleted_at = true,
                                             .deleted_at_text = LIT("x")};
static const struct change change_event_id = {
    .table = LIT("t"), .id = LIT("1"), .event_id = LIT("x")};
static const struct change change_actor = {
    .table = LIT("t"), .id = LIT("1"), .actor = LIT("x")};
static const struct change change_origin = {
    .table = LIT("t"), .id = LIT("1"), .origin = LIT("x")};
static const struct change change_space = {
    .table = LIT("t"), .id = LIT("1"), .space_id = LIT("x")};
static const struct change change_schema = {
    .table = LIT("t"), .id = LIT("1"), .schema_version = 1};

static const struct event distinct[] = {
    {.kind = EV_STEP},
    {.kind = EV_PHASE},
    {.actor = 1},
    {.line = 1},
    {.t_ms = 1},
    {.t_ms = -1},
    {.exchange = 1},
    {.code = 1},
    {.code = -1},
    {.number = 1},
    {.number = INT64_MIN},
    {.fate = FATE_UNKNOWN},
    {.kind = EV_EDIT},
    {.kind = EV_EDIT, .as.op = OP_UPDATE},
    {.kind = EV_APPLY, .as.op = OP_UPDATE},
    {.kind = EV_SEND, .as.request_kind = REQUEST_PUSH},
    {.kind = EV_SEND, .as.request_kind = REQUEST_PULL},
    {.kind = EV_REPLY, .as.reply_kind = REPLY_ANSWER},
    {.kind = EV_REPLY, .as.reply_kind = REPLY_RESET},
    {.kind = EV_LIFE, .as.life = LIFE_OFFLINE},
    {.kind = EV_LIFE, .as.life = LIFE_SERVER_WIPE},
    {.collection = LIT("a")},
    {.id = LIT("a")},
    {.text = LIT("a")},
    {.body = LIT("a")},
    {.body = LIT("a\0")},
    {.body = LIT("a\0\0\0\0\0\0\0")},
    {.body = LIT("12345678")},
    {.body = LIT("123456789")},
    {.body = LIT("987654321")},
    {.collection = LIT("ab"), .id = LIT("c")},
    {.collection = LIT("a"), .id = LIT("bc")},
    {.fields = &field_a, .field_count = 1},
    {.fields = &field_name, .field_count = 1},
    {.fields = &field_value, .field_count = 1},
    {.fields = &field_at, .field_count = 1},
    {.fields = &field_ns, .field_count = 1},
    {.fields = &field_at_text, .field_count = 1},
    {.changes = &change_a, .change_count = 1},
    {.changes = &change_table, .change_count = 1},
    {.changes = &change_id, .change_count = 1},
    {.changes = &change_op, .change_count = 1},
    {.changes = &change_empty_fields, .change_count = 1},
    {.changes = &change_fields, .change_count = 1},
    {.changes = &change_data, .change_count = 1},
    {.changes = &change_deleted, .change_count = 1},
    {.changes = &change_deleted_at, .change_count = 1},
    {.changes = &change_spelled, .change_count = 1},
    {.changes = &change_event_id, .change_count = 1},
    {.changes = &change_actor, .change_count = 1},
    {.changes = &change_origin, .change_count = 1},
    {.changes = &change_space, .change_count = 1},
    {.changes = &change_schema, .change_count = 1},
    {.kind = EV_OPEN, .as.live_kind = LIVE_APP_SOCKET},
    {.kind = EV_OPEN, .as.live_kind = LIVE_ALL_SOCKET},
    {.kind = EV_OPEN, .as.live_kind = LIVE_STREAM},
    {.kind = EV_OPEN, .as.live_kind = LIVE_OTHER},
    {.kind = EV_OPENED, .code = 101},
    {.kind = EV_LISTENS},
    {.kind = EV_SAY, .body = LIT("ping")},
    {.kind = EV_HEAR, .names = names_ab, .name_count = 1},
    {.kind = EV_HEAR, .names = names_ab, .name_count = 2},
    {.kind = EV_HEAR, .names = names_ab + 1, .name_count = 1},
    {.kind = EV_PAUSE, .number = 1},
    {.kind = EV_SHUT, .as.reply_kind = REPLY_ANSWER, .code = 1008},
    {.kind = EV_SHUT, .as.reply_kind = REPLY_RESET, .code = 1006},
};
enum { DISTINCT = sizeof distinct / sizeof distinct[0] };

START_TEST(hash_sees_every_field)
{
    for (size_t a = 0; a < DISTINCT; a++) {
        for (size_t b = 0; b < a; b++) {
            ck_assert_msg(hash_of(distinct[a]) != hash_of(distinct[b]),
                          "events %zu and %zu have one hash", a, b);
        }
    }
}
END_TEST

START_TEST(hash_sees_no_pointers)
{
    struct response response = {0};
    char here[] = "some text of 20 bytes", there[] = "some text of 20 bytes";
    struct event a = {.kind = EV_REPLY, .text = str_of(here)};
    struct event b = {.kind = EV_REPLY,
                      .text = str_of(there),
                      .response = &response,
                      .seq = 9};
    ck_assert_uint_eq(hash_of(a), hash_of(b));
    /* What another kind would have in `as` is not there for this one. */
    a = (struct event){.kind = EV_STATE, .as.life = LIFE_CRASH};
    b = (struct event){.kind = EV_STATE};
    ck_assert_uint_eq(hash_of(a), hash_of(b));
}
END_TEST

START_TEST(hash_sees_order_and_actors)
{
    struct history a, b;
    start(&a);
    start(&b);
    ck_assert_uint_eq(history_hash(&a), history_hash(&b));
    history_append(&a, distinct[0]);
    history_append(&a, distinct[1]);
    history_append(&b, distinct[1]);
    history_append(&b, distinct[0]);
    ck_assert_uint_ne(history_hash(&a), history_hash(&b));
    history_init(&a, &arena);
    history_init(&b, &arena);
    history_actor(&a, (struct actor){.name = STR("x"), .user = STR("u")});
    history_actor(&b, (struct actor){.name = STR("x"), .user = STR("v")});
    ck_assert_uint_ne(history_hash(&a), history_hash(&b));
}
END_TEST

/* The value itself: another machine, compiler or build must come to it. */
START_TEST(hash_is_this_number_everywhere)
{
    struct history *history = fixture_history(&arena);
    ck_assert_uint_eq(history_hash(history), UINT64_C(1865078462488115135));
    history_init(history, &arena);
    ck_assert_uint_eq(history_hash(history), UINT64_C(17280346270528514342));
}
END_TEST

START_TEST(events_survive_json)
{
    struct history *history = fixture_history(&arena), again;
    history_init(&again, &arena);
    for (size_t i = 0; i < history->actor_count; i++) {
        history_actor(&again, history->actors[i]);
    }
    struct buf out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < history->count; i++) {
        const struct json_node *node;
        struct err err = {0};
        buf_clear(&out);
        history_write_json(history, &history->events[i], &out);
        ck_assert_int_eq(json_read(buf_view(&out), &json_limits_default, &arena,
                                   &node, &err),
                         ST_OK);
        ck_assert_msg(history_read_json(&again, node, &err) == ST_OK, "%s",
                      err.text);
        ck_assert_msg(again.hash != 0, "event %zu", i);
    }
    buf_free(&out);
    ck_assert_uint_eq(history_hash(&again), history_hash(history));
}
END_TEST

/* All those that differ, too: each must come back as itself. */
START_TEST(odd_events_survive_json)
{
    struct history history, again;
    start(&history);
    start(&again);
    struct buf out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < DISTINCT; i++) {
        const struct json_node *node;
        struct err err = {0};
        struct event *event = history_append(&history, distinct[i]);
        buf_clear(&out);
        history_write_json(&history, event, &out);
        ck_assert_int_eq(json_read(buf_view(&out), &json_limits_default, &arena,
                                   &node, &err),
                         ST_OK);
        ck_assert_int_eq(history_read_json(&again, node, &err), ST_OK);
        ck_assert_msg(history_hash(&again) == history_hash(&history),
                      "event %zu came back changed: %s", i, out.p);
    }
    buf_free(&out);
}
END_TEST

static void assert_json(struct event event, const char *wanted)
{
    struct history history;
    struct buf out;
    start(&history);
    buf_init(&out, 1 << 20);
    history_write_json(&history, history_append(&history, event), &out);
    ck_assert_str_eq(out.p, wanted);
    buf_free(&out);
}

START_TEST(json_is_this_text)
{
    assert_json((struct event){.kind = EV_STEP, .actor = 1, .line = 3},
                "{\"seq\":0,\"t_ms\":0,\"kind\":\"step\",\"actor\":1,"
                "\"who\":\"alice\",\"line\":3}");
    assert_json((struct event){.kind = EV_REPLY,
                               .t_ms = 12,
                               .exchange = 4,
                               .code = 200,
                               .body = STR("\xff\"")},
                "{\"seq\":0,\"t_ms\":12,\"kind\":\"reply\",\"actor\":0,"
                "\"who\":\"net\",\"exchange\":4,\"reply\":\"ok\","
                "\"fate\":\"answered\",\"code\":200,\"body_hex\":\"ff22\"}");
    assert_json((struct event){.kind = EV_WITHDRAW,
                               .collection = STR("t"),
                               .id = STR("1"),
                               .fields = &field_at_text,
                               .field_count = 1},
                "{\"seq\":0,\"t_ms\":0,\"kind\":\"withdraw\",\"actor\":0,"
                "\"who\":\"net\",\"collection\":\"t\",\"id\":\"1\","
                "\"fields\":[{\"name\":\"a\",\"value\":\"1\",\"at\":\"x\","
                "\"at_s\":0,\"at_ns\":0}]}");
    assert_json((struct event){.kind = EV_HEAR,
                               .exchange = 7,
                               .text = STR("sync-available"),
                               .names = names_ab,
                               .name_count = 2},
                "{\"seq\":0,\"t_ms\":0,\"kind\":\"hear\",\"actor\":0,"
                "\"who\":\"net\",\"exchange\":7,"
                "\"text\":\"sync-available\","
                "\"names\":[{\"name\":\"a\"},{\"name_hex\":\"62ff\"}]}");
    assert_json((struct event){.kind = EV_SHUT,
                               .exchange = 7,
                               .as.reply_kind = REPLY_RESET,
                               .code = 1006},
                "{\"seq\":0,\"t_ms\":0,\"kind\":\"shut\",\"actor\":0,"
                "\"who\":\"net\",\"exchange\":7,\"reply\":\"reset\","
                "\"code\":1006}");
}
END_TEST

static const struct {
    const char *json, *error;
} refused[] = {
    {"[]", "event: expected an object, found an array"},
    {"{}", "kind: is missing"},
    {"{\"kind\":\"stepp\"}", "kind: expected one of step, edit, send"},
    {"{\"kind\":\"step\",\"actor\":2}", "actor: there is no actor 2"},
    {"{\"kind\":\"step\",\"actor\":-1}", "actor: expected 0 to 4294967295"},
    {"{\"kind\":\"step\",\"actor\":4294967296}",
     "actor: expected 0 to 4294967295, found 4294967296"},
    {"{\"kind\":\"step\",\"t_ms\":1.5}", "t_ms: expected an integer of 64"},
    {"{\"kind\":\"step\",\"t_ms\":\"1\"}",
     "t_ms: expected a number, found a string"},
    {"{\"kind\":\"step\",\"code\":2147483648}",
     "code: expected an integer of 32 bits"},
    {"{\"kind\":\"step\",\"text\":1}",
     "text: expected a string, found a number"},
    {"{\"kind\":\"step\",\"body_hex\":\"0\"}",
     "body_hex: expected pairs of digits 0-9a-f"},
    {"{\"kind\":\"step\",\"body_hex\":\"0G\"}",
     "body_hex: expected pairs of digits 0-9a-f"},
    {"{\"kind\":\"step\",\"fields\":{}}",
     "fields: expected an array, found an object"},
    {"{\"kind\":\"step\",\"fields\":[1]}",
     "fields: expected an object, found a number"},
    {"{\"kind\":\"step\",\"changes\":[null]}",
     "changes: expected an object, found null"},
    {"{\"kind\":\"step\",\"changes\":[{\"op\":\"upsert\"}]}",
     "op: expected one of insert, update, delete; found \"upsert\""},
    {"{\"kind\":\"life\",\"life\":\"death\"}",
     "life: expected one of offline, online"},
    {"{\"kind\":\"reply\",\"reply\":\"no\"}",
     "reply: expected one of ok, timeout, refused, reset, too-big, garbled"},
    {"{\"kind\":\"reply\",\"fate\":\"sealed\"}",
     "fate: expected one of answered, none, unknown; found \"sealed\""},
};

START_TEST(bad_events_are_refused)
{
    struct history history;
    const struct json_node *node;
    struct err err = {0};
    start(&history);
    ck_assert_int_eq(json_read(str_of(refused[_i].json), &json_limits_default,
                               &arena, &node, &err),
                     ST_OK);
    ck_assert_int_eq(history_read_json(&history, node, &err), ST_SYNTAX);
    ck_assert_msg(str_holds(str_of(err.text), str_of(refused[_i].error)),
                  "wanted \"%s\", found \"%s\"", refused[_i].error, err.text);
    ck_assert_uint_eq(history.count, 0);
}
END_TEST

START_TEST(too_long_a_history_is_refused)
{
    struct arena small;
    arena_init(&small, 1 << 20);
    struct history history;
    history_init(&history, &small);
    history_actor(&history, (struct actor){.name = STR("net")});
    const struct json_node *node;
    struct err err = {0};
    ck_assert_int_eq(json_read(STR("{\"kind\":\"step\"}"), &json_limits_default,
                               &arena, &node, &err),
                     ST_OK);
    enum status status = ST_OK;
    for (int i = 0; i < 10000 && status == ST_OK; i++) {
        status = history_read_json(&history, node, &err);
    }
    ck_assert_int_eq(status, ST_LIMIT);
    ck_assert_str_eq(err.text, "the history is too long to keep");
    arena_free(&small);
}
END_TEST

START_TEST(names_are_told)
{
    ck_assert_str_eq(reply_kind_name(REPLY_ANSWER), "ok");
    ck_assert_str_eq(reply_kind_name(REPLY_GARBLED), "garbled");
    ck_assert_str_eq(life_name(LIFE_OFFLINE), "offline");
    ck_assert_str_eq(life_name(LIFE_SERVER_WIPE), "server-wipe");
    ck_assert_str_eq(life_name((enum life)99), "?");
    for (int i = 0; i <= LIFE_SERVER_WIPE; i++) {
        ck_assert_ptr_nonnull(life_name((enum life)i));
        for (int k = 0; k < i; k++) {
            ck_assert_str_ne(life_name((enum life)i), life_name((enum life)k));
        }
    }
}
END_TEST

Suite *suite_history(void)
{
    Suite *suite = suite_create("history");
    TCase *tcase = tcase_create("history");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, append_counts_and_keeps);
    tcase_add_test(tcase, hash_sees_every_field);
    tcase_add_test(tcase, hash_sees_no_pointers);
    tcase_add_test(tcase, hash_sees_order_and_actors);
    tcase_add_test(tcase, hash_is_this_number_everywhere);
    tcase_add_test(tcase, events_survive_json);
    tcase_add_test(tcase, odd_events_survive_json);
    tcase_add_test(tcase, json_is_this_text);
    tcase_add_loop_test(tcase, bad_events_are_refused, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tcase, too_long_a_history_is_refused);
    tcase_add_test(tcase, names_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
