/* SPDX-License-Identifier: MIT */
/* test_live_notice - what sockets of the bundled server are told of commits,
 * slow ones too, and what many of them cost. */
#include <string.h>

#include "protocol/notice.h"
#include "tests/mock_server/peer.h"
#include "tests/mock_server/suites.h"

#define T0    "2025-01-01T00:00:00.000Z"
#define TASKS "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}"

static struct rig rig;

static void open_v2(void)
{
    rig_open(&rig, "v2", 10, BUG_COUNT, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

/* `line` is of a push: "POST /sync/todo". */
static int push_to(const char *line, const char *user, const char *changes)
{
    int status = rig_do(
        &rig, line, user, "a",
        rig_text(&rig, "{\"since\":\"" EPOCH "\",\"changes\":[%s]}", changes));

    rig_flow(&rig);
    return status;
}

static void push(const char *table)
{
    static int count;

    ck_assert_int_eq(
        push_to("POST /sync/todo", "alice",
                one_update(&rig, table, rig_text(&rig, "%d", count++))),
        200);
}

/* ---- who is told what ---- */

START_TEST(tables_are_told_once_in_their_order)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    push_to("POST /sync/todo", "alice",
            rig_text(&rig, "%s,%s,%s,%s", one_update(&rig, "tasks", "1"),
                     one_update(&rig, "areas", "1"),
                     one_update(&rig, "tasks", "2"),
                     one_update(&rig, "notes", "1")));
    HEARS(&peer, "{\"type\":\"sync-available\",\"tables\":[\"tasks\","
                 "\"areas\",\"notes\"]}");
    peer_leave(&peer);
}
END_TEST

START_TEST(only_what_was_stored_is_told)
{
    const char *old = one_update(&rig, "tasks", "1");
    struct peer peer;

    push_to("POST /sync/todo", "alice", old);
    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    push_to("POST /sync/todo", "alice", old);
    push_to("POST /sync/todo", "alice", "");
    ck_assert_int_eq(push_to("POST /sync/todo", "alice",
                             rig_text(&rig, "%s,{\"op\":\"x\"}",
                                      one_update(&rig, "notes", "1"))),
                     400);
    rig_pull(&rig, "alice", "b", EPOCH);
    HEARS(&peer, "");
    push_to("POST /sync/todo", "alice",
            rig_text(&rig, "%s,%s", old, one_update(&rig, "notes", "1")));
    HEARS(&peer, "{\"type\":\"sync-available\",\"tables\":[\"notes\"]}");
    peer_leave(&peer);
}
END_TEST

START_TEST(the_data_can_be_pulled_when_the_notice_is_there)
{
    struct server_job *job;
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    job = rig_begin_push(&rig, "a", EPOCH, one_update(&rig, "tasks", "1"));
    HEARS(&peer, "");
    rig_finish(&rig, job);
    HEARS(&peer, TASKS);
    rig_pull(&rig, "alice", "b", EPOCH);
    ck_assert_str_eq(rig_ids(&rig), "1");
    peer_leave(&peer);
}
END_TEST

START_TEST(apps_and_users_are_apart)
{
    struct peer todo, all, notes, bob, bobs_all, own;

    peer_socket(&todo, &rig, "/ws/todo", "alice", "b");
    peer_socket(&all, &rig, "/ws", "alice", "c");
    peer_socket(&notes, &rig, "/ws/no%74es", "alice", "d");
    peer_socket(&bob, &rig, "/ws/todo", "bob", "b");
    peer_socket(&bobs_all, &rig, "/ws", "bob", "c");
    peer_socket(&own, &rig, "/ws", "alice", "a");
    push("tasks");
    HEARS(&todo, TASKS);
    HEARS(&all, "{\"type\":\"sync-available\",\"tables\":[\"tasks\"],"
                "\"appId\":\"todo\"}");
    HEARS(&notes, "");
    HEARS(&own, "");
    push_to("POST /sync/notes", "alice", one_update(&rig, "pages", "1"));
    HEARS(&todo, "");
    HEARS(&all, "{\"type\":\"sync-available\",\"tables\":[\"pages\"],"
                "\"appId\":\"notes\"}");
    HEARS(&notes, "{\"type\":\"sync-available\",\"tables\":[\"pages\"]}");
    HEARS(&bob, "");
    HEARS(&bobs_all, "");
    HEARS(&own, "");
    ck_assert_uint_eq(server_live_counts(rig.server).notices, 4);
    peer_leave(&todo);
    peer_leave(&all);
    peer_leave(&notes);
    peer_leave(&bob);
    peer_leave(&bobs_all);
    peer_leave(&own);
}
END_TEST

START_TEST(those_who_leave_are_told_no_more)
{
    struct peer peers[5];

    for (int i = 0; i < 5; i++) {
        peer_socket(&peers[i], &rig, "/ws/todo", "alice", NULL);
    }
    peer_leave(&peers[2]);
    peer_leave(&peers[0]);
    peer_leave(&peers[4]);
    push("tasks");
    HEARS(&peers[1], TASKS);
    HEARS(&peers[3], TASKS);
    peer_leave(&peers[1]);
    peer_leave(&peers[3]);
    push("tasks");
    ck_assert_uint_eq(server_live_counts(rig.server).notices, 2);
    ck_assert_uint_eq(server_live_counts(rig.server).bytes, 0);
    ck_assert(server_live_due_ms(rig.server) == INT64_MAX);
    peer_socket(&peers[0], &rig, "/ws/todo", "alice", NULL);
    push("tasks");
    HEARS(&peers[0], TASKS);
    peer_leave(&peers[0]);
}
END_TEST

/* ---- many tables ---- */

/* Push one change to each of `count` tables whose names have `width` bytes. */
static void push_tables(int count, int width)
{
    struct buf changes;

    buf_init(&changes, 1 << 24);
    for (int i = 0; i < count; i++) {
        buf_puts(&changes, i ? "," : "");
        buf_puts(&changes,
                 one_update(&rig, rig_text(&rig, "%0*d", width, i), "1"));
    }
    ck_assert_int_eq(push_to("POST /sync/todo", "alice", changes.p), 200);
    buf_free(&changes);
}

START_TEST(a_notice_has_no_more_tables_than_may_be_read)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    push_tables(NOTICE_TABLES_MAX, 4);
    ck_assert_uint_eq(peer_counts(&peer, "sync-available"), 1);
    rig_restart(&rig);
    rig.store->ops->wipe(rig.store, NULL);
    peer.live = NULL;
    peer_leave(&peer);
    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    push_tables(NOTICE_TABLES_MAX + 1, 4);
    ck_assert_uint_eq(peer_counts(&peer, "sync-available"), 2);
    ck_assert_str_eq(peer.data,
                     "{\"type\":\"sync-available\",\"tables\":[\"1024\"]}");
    peer_leave(&peer);
}
END_TEST

START_TEST(a_notice_has_no_more_bytes_than_a_message)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    push_tables(40, 4000);
    ck_assert_uint_eq(peer_counts(&peer, "sync-available"), 3);
    ck_assert(strlen(peer.data) < LIVE_MESSAGE_BYTES + 2 * LIMIT_NAME_BYTES);
    peer_leave(&peer);
}
END_TEST

/* ---- slow peers ---- */

/* Push to one table until the paused peer has more waiting than it may. */
static void fill(struct peer *peer)
{
    const char *table = rig_text(&rig, "%04090d", 7);

    peer->paused = true;
    while (live_output(peer->live).n <= LIVE_PENDING_BYTES) {
        push(table);
        ck_assert_uint_lt(live_output(peer->live).n, 2 * LIVE_PENDING_BYTES);
    }
}

START_TEST(a_slow_socket_is_told_once_what_it_missed)
{
    struct peer peer;
    size_t waiting;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    fill(&peer);
    waiting = live_output(peer.live).n;
    push("one");
    push("two");
    push("one");
    push_to("POST /sync/notes", "alice", one_update(&rig, "three", "1"));
    ck_assert_uint_eq(live_output(peer.live).n, waiting);
    peer.paused = false;
    peer.window = 10000;
    peer_drain(&peer);
    peer_hears(&peer);
    ck_assert_str_eq(peer.data, "{\"type\":\"sync-available\",\"tables\":["
                                "\"one\",\"two\"]}");
    push("one");
    HEARS(&peer, "{\"type\":\"sync-available\",\"tables\":[\"one\"]}");
    peer_leave(&peer);
}
END_TEST

START_TEST(a_slow_unified_socket_is_told_by_app)
{
    struct peer peer;
    const char *heard;

    peer_socket(&peer, &rig, "/ws", "alice", "b");
    fill(&peer);
    push("one");
    push_to("POST /sync/notes", "alice", one_update(&rig, "two", "1"));
    push("three");
    push_to("POST /sync/notes", "alice", one_update(&rig, "one", "1"));
    peer_drain(&peer);
    heard = peer_hears(&peer);
    ck_assert_ptr_nonnull(
        strstr(heard, "{\"type\":\"sync-available\",\"tables\":[\"one\","
                      "\"three\"],\"appId\":\"todo\"} "
                      "{\"type\":\"sync-available\",\"tables\":[\"two\","
                      "\"one\"],\"appId\":\"notes\"}"));
    peer_leave(&peer);
}
END_TEST

/* 1024 tables are kept in mind, not one more. */
START_TEST(what_a_slow_socket_missed_is_bounded)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    fill(&peer);
    push_tables(NOTICE_TABLES_MAX, 4);
    peer_drain(&peer);
    ck_assert_uint_eq(peer_counts(&peer, "close"), 0);
    ck_assert_ptr_nonnull(strstr(peer.data, "\"1023\"]"));
    fill(&peer);
    push_to("POST /sync/todo", "alice", one_update(&rig, "1024", "2"));
    for (int i = 0; i < 4; i++) {
        push_to("POST /sync/todo", "alice",
                one_update(&rig, rig_text(&rig, "more%d", i), "2"));
    }
    rig.store->ops->wipe(rig.store, NULL);
    push_tables(NOTICE_TABLES_MAX - 5, 4);
    ck_assert(!live_is_over(peer.live));
    push("one too many");
    peer_drain(&peer);
    ck_assert_uint_eq(peer_counts(&peer, "close:1008"), 1);
    peer_leave(&peer);
}
END_TEST

START_TEST(the_bytes_of_what_a_slow_socket_missed_are_bounded)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    fill(&peer);
    push_tables(80, 4000);
    peer_drain(&peer);
    ck_assert_uint_eq(peer_counts(&peer, "close:1008"), 1);
    ck_assert_uint_lt(peer.in_total, 2 * LIVE_PENDING_BYTES);
    peer_leave(&peer);
}
END_TEST

/* ---- what it costs ---- */

enum { MANY = 5000 };

START_TEST(many_idle_sockets_are_small)
{
    static struct peer peers[MANY];
    struct live_counts counts;

    for (int i = 0; i < MANY; i++) {
        peer_socket(&peers[i], &rig, "/ws/todo", rig_text(&rig, "u%d", i / 5),
                    rig_text(&rig, "client-%d", i));
    }
    counts = server_live_counts(rig.server);
    ck_assert_uint_eq(counts.sockets, MANY);
    ck_assert_uint_lt(counts.bytes, MANY * 512);
    push_to("POST /sync/todo", "u7", one_update(&rig, "tasks", "1"));
    for (int i = 0; i < MANY; i++) {
        HEARS(&peers[i], i / 5 == 7 ? TASKS : "");
    }
    ck_assert_uint_eq(server_live_counts(rig.server).bytes, counts.bytes);
    /* Timers are due one by one, in the order of what was heard. */
    rig_wait(&rig, LIVE_PING_MS);
    for (int i = 0; i < MANY; i++) {
        HEARS(&peers[i], "ping");
        peer_leave(&peers[i]);
    }
    ck_assert_uint_eq(server_live_counts(rig.server).bytes, 0);
}
END_TEST

START_TEST(metrics_tell_of_channels)
{
    struct peer peer, stream;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    peer_stream(&stream, &rig, "tasks", EPOCH, "c");
    push("tasks");
    rig_do(&rig, "GET /metrics", NULL, NULL, NULL);
    ck_assert(rig_body_has(&rig, "\nsyncspec_live_sockets 1\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_live_streams 1\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_notices_total 1\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_events_total 1\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_heartbeats_total 0\n"));
    ck_assert(!rig_body_has(&rig, "\nsyncspec_live_bytes 0\n"));
    rig_wait(&rig, LIVE_HEARTBEAT_MS);
    peer_leave(&peer);
    peer_leave(&stream);
    rig_do(&rig, "GET /metrics", NULL, NULL, NULL);
    ck_assert(rig_body_has(&rig, "\nsyncspec_live_sockets 0\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_live_streams 0\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_heartbeats_total 1\n"));
    ck_assert(rig_body_has(&rig, "\nsyncspec_live_bytes 0\n"));
}
END_TEST

Suite *suite_live_notice(void)
{
    Suite *suite = suite_create("live_notice");
    TCase *group = tcase_create("v2");

    tcase_add_checked_fixture(group, open_v2, close_rig);
    tcase_add_test(group, tables_are_told_once_in_their_order);
    tcase_add_test(group, only_what_was_stored_is_told);
    tcase_add_test(group, the_data_can_be_pulled_when_the_notice_is_there);
    tcase_add_test(group, apps_and_users_are_apart);
    tcase_add_test(group, those_who_leave_are_told_no_more);
    tcase_add_test(group, a_notice_has_no_more_tables_than_may_be_read);
    tcase_add_test(group, a_notice_has_no_more_bytes_than_a_message);
    tcase_add_test(group, a_slow_socket_is_told_once_what_it_missed);
    tcase_add_test(group, a_slow_unified_socket_is_told_by_app);
    tcase_add_test(group, what_a_slow_socket_missed_is_bounded);
    tcase_add_test(group, the_bytes_of_what_a_slow_socket_missed_are_bounded);
    tcase_add_test(group, many_idle_sockets_are_small);
    tcase_add_test(group, metrics_tell_of_channels);
    suite_add_tcase(suite, group);
    return suite;
}
