/* SPDX-License-Identifier: MIT */
/* test_live_stream - event streams of the bundled server: the request,
 * backlog, live, slow readers, heartbeats.  Cursors: test_live_cursor.c. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/mock_server/peer.h"
#include "tests/mock_server/suites.h"

#define T0     "2025-01-01T00:00:00.000Z"
#define STREAM "/sync/todo/stream?collections="

static struct rig rig;

/* Pages of three changes. */
static void open_rig(void)
{
    rig_open(&rig, "v2", 3, BUG_COUNT, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static int ask(const char *query, const char *user, const char *client)
{
    return rig_do(&rig, rig_text(&rig, "GET /sync/todo/stream%s", query), user,
                  client, NULL);
}

/* ---- the request ---- */

START_TEST(a_stream_has_its_head_at_once)
{
    static const char *const origins[] = {"https://app.example", NULL};
    struct http_request request;
    struct peer peer;

    server_free(rig.server);
    rig.config.origins = origins;
    rig.server = server_create(&rig.config, rig.store, rig.auth);
    request =
        rig_request(&rig, "GET", STREAM "tasks&since=" EPOCH, "alice", "b");
    http_header_add(&request, STR("Origin"), STR("https://app.example"));
    ck_assert_int_eq(rig_send(&rig, &request), 200);
    ck_assert(str_is(rig_header(&rig, "content-type"), "text/event-stream"));
    ck_assert(str_is(rig_header(&rig, "cache-control"), "no-cache"));
    ck_assert(str_is(rig_header(&rig, "x-accel-buffering"), "no"));
    ck_assert(str_is(rig_header(&rig, "vary"), "Origin"));
    ck_assert(str_is(rig_header(&rig, "access-control-allow-origin"),
                     "https://app.example"));
    ck_assert_uint_eq(rig.reply.body.n, 0);
    peer_take_over(&peer, &rig, true);
    ck_assert(!peer.head_late);
    HEARS(&peer, "");
    ck_assert_uint_eq(server_live_counts(rig.server).streams, 1);
    peer_leave(&peer);
}
END_TEST

START_TEST(a_request_that_is_not_right_is_told_why)
{
    static const struct {
        const char *query, *user, *client;
        int status;
        const char *code;
    } cases[] = {
        {"?collections=tasks&since=" EPOCH, NULL, "b", 401, "unauthorized"},
        {"?collections=tasks&since=" EPOCH, "a b", "b", 401, "unauthorized"},
        {"?collections=tasks&since=" EPOCH, "alice", NULL, 400, "no_client_id"},
        {"?collections=tasks", "alice", "b", 400, "missing_parameter"},
        {"?since=" EPOCH, "alice", "b", 400, "missing_parameter"},
        {"?collections=%zz&since=" EPOCH, "alice", "b", 400,
         "missing_parameter"},
        {"?collections=&since=" EPOCH, "alice", "b", 400, "bad_collection"},
        {"?collections=tasks,&since=" EPOCH, "alice", "b", 400,
         "bad_collection"},
        {"?collections=,tasks&since=" EPOCH, "alice", "b", 400,
         "bad_collection"},
        {"?collections=a,%ff&since=" EPOCH, "alice", "b", 400,
         "bad_collection"},
        {"?collections=tasks&since=now", "alice", "b", 400, "bad_cursor"},
        {"?collections=tasks&since=", "alice", "b", 400, "bad_cursor"},
        {"?collections=tasks&since=2099-01-01T00:00:00Z", "alice", "b", 409,
         "cursor_ahead"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = ask(cases[i].query, cases[i].user, cases[i].client);

        ck_assert_msg(status == cases[i].status, "%s: %d", cases[i].query,
                      status);
        ck_assert_msg(rig_body_has(&rig, cases[i].code), "%s", rig.body);
        ck_assert_ptr_null(server_live_take(rig.server, 0));
    }
    ck_assert_int_eq(rig_do(&rig, "POST /sync/todo/stream", "alice", "b", NULL),
                     405);
    ck_assert(str_is(rig_header(&rig, "allow"), "GET, OPTIONS"));
}
END_TEST

START_TEST(so_many_collections_may_be_asked_for)
{
    struct buf query;
    char name[LIMIT_NAME_BYTES + 2];

    buf_init(&query, 1 << 16);
    buf_puts(&query, "?since=" EPOCH "&collections=c0");
    for (int i = 1; i < LIMIT_COLLECTIONS; i++) {
        buf_printf(&query, ",c%d", i);
    }
    buf_puts(&query, ",c0");
    ck_assert_int_eq(ask(query.p, "alice", "b"), 200);
    buf_puts(&query, ",one-more");
    ck_assert_int_eq(ask(query.p, "alice", "b"), 400);
    ck_assert(rig_body_has(&rig, "over 64 collections"));
    memset(name, 'x', sizeof(name));
    name[LIMIT_NAME_BYTES + 1] = '\0';
    ck_assert_int_eq(
        ask(rig_text(&rig, "?since=" EPOCH "&collections=%s", name), "alice",
            "b"),
        400);
    name[LIMIT_NAME_BYTES] = '\0';
    ck_assert_int_eq(
        ask(rig_text(&rig, "?since=" EPOCH "&collections=%s", name), "alice",
            "b"),
        200);
    buf_free(&query);
}
END_TEST

/* ---- backlog and live ---- */

START_TEST(the_backlog_comes_in_pages_and_then_what_is_live)
{
    struct peer peer;

    one_each(&rig, "a", "tasks", "1 2 3 4 5 6 7");
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    HEARS(&peer, "tasks:1,2,3+ tasks:4,5,6+ tasks:7");
    one_each(&rig, "a", "tasks", "8");
    HEARS(&peer, "tasks:8");
    push_now(&rig, "a",
             rig_text(&rig, "%s,%s,%s,%s", one_update(&rig, "tasks", "9"),
                      one_update(&rig, "tasks", "10"),
                      one_update(&rig, "tasks", "11"),
                      one_update(&rig, "tasks", "12")));
    HEARS(&peer, "tasks:9,10,11+ tasks:12");
    ck_assert_uint_eq(server_live_counts(rig.server).events, 6);
    peer_leave(&peer);
}
END_TEST

START_TEST(a_full_page_is_not_followed_by_an_empty_one)
{
    struct peer peer;

    one_each(&rig, "a", "tasks", "1 2 3");
    one_each(&rig, "b", "tasks", "own");
    peer_stream(&peer, &rig, "tasks", "1970-01-01T00:00:00.000000002Z", "b");
    HEARS(&peer, "tasks:1,2,3");
    peer_leave(&peer);
}
END_TEST

START_TEST(collections_come_one_after_the_other)
{
    struct peer peer;

    one_each(&rig, "a", "notes", "n1 n2");
    one_each(&rig, "a", "tasks", "1 2 3 4");
    one_each(&rig, "a", "areas", "x");
    peer_stream(&peer, &rig, "tasks,areas,notes,empty,tasks", EPOCH, "b");
    HEARS(&peer, "tasks:1,2,3+ tasks:4 areas:x notes:n1,n2");
    push_now(&rig, "a",
             rig_text(&rig, "%s,%s,%s,%s", one_update(&rig, "notes", "n3"),
                      one_update(&rig, "other", "o"),
                      one_update(&rig, "tasks", "5"),
                      one_update(&rig, "notes", "n4")));
    HEARS(&peer, "tasks:5 notes:n3,n4");
    one_each(&rig, "a", "empty", "e");
    HEARS(&peer, "empty:e");
    peer_leave(&peer);
}
END_TEST

START_TEST(users_apps_and_collections_are_apart)
{
    struct peer peer;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    rig_push(&rig, "bob", "a", EPOCH, one_update(&rig, "tasks", "1"));
    rig_do(
        &rig, "POST /sync/notes", "alice", "a",
        rig_text(&rig, "{\"changes\":[%s]}", one_update(&rig, "tasks", "2")));
    one_each(&rig, "a", "notes", "3");
    HEARS(&peer, "");
    one_each(&rig, "a", "tasks", "4");
    HEARS(&peer, "tasks:4");
    peer_leave(&peer);
}
END_TEST

START_TEST(changes_have_the_shape_of_a_pull)
{
    struct peer peer;
    const char *changes, *end;

    one_each(&rig, "a", "tasks", "1 2");
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    HEARS(&peer, "tasks:1,2");
    rig_pull(&rig, "alice", "b", EPOCH);
    changes = strchr(rig.body, '[');
    end = strstr(changes, "}}}]");
    ck_assert_ptr_nonnull(end);
    ck_assert_ptr_nonnull(strstr(
        peer.data, rig_text(&rig, "%.*s", (int)(end - changes), changes)));
    ck_assert_ptr_nonnull(strstr(peer.data, "\"at\":\"" T0 "\""));
    peer_leave(&peer);
}
END_TEST

START_TEST(a_commit_between_the_request_and_its_answer_is_not_lost)
{
    struct http_request request =
        rig_request(&rig, "GET", STREAM "tasks&since=" EPOCH, "alice", "b");
    struct server_job *job;
    struct peer peer;

    one_each(&rig, "a", "tasks", "1");
    job = server_begin(rig.server, &request, rig.now);
    one_each(&rig, "a", "tasks", "2");
    rig_finish(&rig, job);
    peer_take_over(&peer, &rig, true);
    one_each(&rig, "a", "tasks", "3");
    HEARS(&peer, "tasks:1,2 tasks:3");
    peer_leave(&peer);
}
END_TEST

START_TEST(a_durable_log_is_streamed_too)
{
    char path[] = "/tmp/syncspec-stream-XXXXXX";
    struct peer peer;
    struct err err;
    int file = mkstemp(path);

    ck_assert_int_ge(file, 0);
    close(file);
    rig_close(&rig);
    rig_open(&rig, "v2", 3, BUG_COUNT, store_sqlite_open(path, &err));
    one_each(&rig, "a", "tasks", "1 2 3 4");
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    one_each(&rig, "a", "tasks", "5");
    HEARS(&peer, "tasks:1,2,3+ tasks:4 tasks:5");
    peer_leave(&peer);
    unlink(path);
    unlink(rig_text(&rig, "%s-wal", path));
    unlink(rig_text(&rig, "%s-shm", path));
}
END_TEST

/* ---- slow readers ---- */

static const char *large_update(const char *id, size_t bytes)
{
    char *value = arena_must(&rig.arena, bytes + 3, 1);

    memset(value, 'x', bytes + 2);
    value[0] = value[bytes + 1] = '"';
    return rig_update(&rig, id, value, T0);
}

START_TEST(a_reader_that_stops_and_goes_on_loses_nothing)
{
    struct peer peer;
    size_t most = 0, waiting;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    peer.paused = true;
    for (int i = 0; i < 60; i++) {
        push_now(&rig, "a", large_update(rig_text(&rig, "%d", i), 20000));
        waiting = live_output(peer.live).n;
        most = most > waiting ? most : waiting;
    }
    ck_assert_uint_gt(most, LIVE_PENDING_BYTES);
    ck_assert_uint_lt(most, LIVE_PENDING_BYTES + 3 * 20200);
    peer.window = 7777;
    peer_drain(&peer);
    one_each(&rig, "a", "tasks", "60");
    const char *heard = peer_hears(&peer);
    int next = 0;

    for (const char *at = heard; *at; at++) {
        if (*at == ':' || *at == ',') {
            ck_assert_int_eq(atoi(at + 1), next);
            next++;
        }
    }
    ck_assert_int_eq(next, 61);
    peer_leave(&peer);
}
END_TEST

START_TEST(a_page_of_large_changes_is_told_in_parts)
{
    struct peer peer;

    push_now(&rig, "a", large_update("1", LIVE_PENDING_BYTES / 2));
    push_now(&rig, "a", large_update("2", LIVE_PENDING_BYTES));
    push_now(&rig, "a", large_update("3", 1));
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    HEARS(&peer, "tasks:1,2+ tasks:3");
    peer_leave(&peer);
}
END_TEST

START_TEST(nothing_is_read_while_too_much_waits)
{
    struct peer peer;
    size_t waiting;

    push_now(&rig, "a", large_update("1", LIVE_PENDING_BYTES));
    peer_stream(&peer, &rig, "tasks,notes", EPOCH, "b");
    HEARS(&peer, "tasks:1");
    peer.paused = true;
    push_now(&rig, "a", large_update("2", LIVE_PENDING_BYTES));
    waiting = live_output(peer.live).n;
    one_each(&rig, "a", "notes", "n1");
    one_each(&rig, "a", "tasks", "3");
    ck_assert_uint_eq(live_output(peer.live).n, waiting);
    live_sent(rig.server, peer.live, waiting - LIVE_PENDING_BYTES - 1);
    ck_assert_ptr_null(server_live_next(rig.server));
    ck_assert_uint_eq(live_output(peer.live).n, LIVE_PENDING_BYTES + 1);
    live_sent(rig.server, peer.live, 1);
    ck_assert_ptr_eq(server_live_next(rig.server), peer.live);
    ck_assert_uint_gt(live_output(peer.live).n, LIVE_PENDING_BYTES);
    peer_leave(&peer);
}
END_TEST

START_TEST(streams_that_end_disturb_nobody)
{
    struct peer peers[3];

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            peer_stream(&peers[i], &rig, "tasks,notes", EPOCH, "b");
        }
        peers[1].paused = true;
        one_each(&rig, "a", "tasks", rig_text(&rig, "%d", round));
        peer_leave(&peers[1]);
        one_each(&rig, "a", "notes", rig_text(&rig, "%d", round));
        peer_leave(&peers[0]);
        peer_leave(&peers[2]);
    }
    ck_assert_uint_eq(server_live_counts(rig.server).streams, 0);
    ck_assert_uint_eq(server_live_counts(rig.server).bytes, 0);
}
END_TEST

/* ---- heartbeats ---- */

START_TEST(silence_is_filled_with_heartbeats)
{
    struct peer peer;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    rig_wait(&rig, LIVE_HEARTBEAT_MS - 1);
    HEARS(&peer, "");
    rig_wait(&rig, 1);
    HEARS(&peer, "heartbeat");
    ck_assert_str_eq(peer.data, "{}");
    rig_wait(&rig, LIVE_HEARTBEAT_MS - 1);
    HEARS(&peer, "");
    rig_wait(&rig, 1);
    HEARS(&peer, "heartbeat");
    ck_assert_uint_eq(server_live_counts(rig.server).heartbeats, 2);
    peer_leave(&peer);
}
END_TEST

/* What a peer of a stream says is nobody's business. */
START_TEST(an_event_puts_the_heartbeat_off)
{
    struct peer peer;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    rig_wait(&rig, LIVE_HEARTBEAT_MS / 2);
    one_each(&rig, "a", "tasks", "1"); /* takes 1 ms */
    peer_send(&peer, "GET", 3);
    HEARS(&peer, "tasks:1");
    rig_wait(&rig, LIVE_HEARTBEAT_MS - 2);
    HEARS(&peer, "");
    rig_wait(&rig, 1);
    HEARS(&peer, "heartbeat");
    peer_leave(&peer);
}
END_TEST

/* A clock that is set must not put a heartbeat off for hours. */
START_TEST(a_clock_that_jumps_does_not_stop_heartbeats)
{
    struct peer peer;
    struct instant then = rig.now;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    rig.now = instant_add_ms(then, INT64_C(86400000));
    one_each(&rig, "a", "tasks", "1");
    ck_assert_int_le(server_live_due_ms(rig.server),
                     5000 + 10 + LIVE_HEARTBEAT_MS);
    peer_leave(&peer);
}
END_TEST

START_TEST(a_reader_that_stands_still_gets_no_heap_of_heartbeats)
{
    struct peer peer;
    size_t waiting;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    peer.paused = true;
    push_now(&rig, "a", large_update("1", LIVE_PENDING_BYTES));
    waiting = live_output(peer.live).n;
    rig_wait(&rig, 10 * LIVE_HEARTBEAT_MS);
    ck_assert_uint_eq(live_output(peer.live).n, waiting);
    peer_drain(&peer);
    rig_wait(&rig, LIVE_HEARTBEAT_MS);
    HEARS(&peer, "tasks:1 heartbeat");
    peer_leave(&peer);
}
END_TEST

Suite *suite_live_stream(void)
{
    Suite *suite = suite_create("live_stream");
    TCase *group = tcase_create("v2");

    tcase_add_checked_fixture(group, open_rig, close_rig);
    tcase_add_test(group, a_stream_has_its_head_at_once);
    tcase_add_test(group, a_request_that_is_not_right_is_told_why);
    tcase_add_test(group, so_many_collections_may_be_asked_for);
    tcase_add_test(group, the_backlog_comes_in_pages_and_then_what_is_live);
    tcase_add_test(group, a_full_page_is_not_followed_by_an_empty_one);
    tcase_add_test(group, collections_come_one_after_the_other);
    tcase_add_test(group, users_apps_and_collections_are_apart);
    tcase_add_test(group, changes_have_the_shape_of_a_pull);
    tcase_add_test(group,
                   a_commit_between_the_request_and_its_answer_is_not_lost);
    tcase_add_test(group, a_durable_log_is_streamed_too);
    tcase_add_test(group, a_reader_that_stops_and_goes_on_loses_nothing);
    tcase_add_test(group, a_page_of_large_changes_is_told_in_parts);
    tcase_add_test(group, nothing_is_read_while_too_much_waits);
    tcase_add_test(group, streams_that_end_disturb_nobody);
    tcase_add_test(group, silence_is_filled_with_heartbeats);
    tcase_add_test(group, an_event_puts_the_heartbeat_off);
    tcase_add_test(group, a_clock_that_jumps_does_not_stop_heartbeats);
    tcase_add_test(group,
                   a_reader_that_stands_still_gets_no_heap_of_heartbeats);
    suite_add_tcase(suite, group);
    return suite;
}
