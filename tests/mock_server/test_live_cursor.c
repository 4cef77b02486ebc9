/* SPDX-License-Identifier: MIT */
/* test_live_cursor - what the cursors of an event stream stand for: whoever
 * goes on from one of them loses nothing, and gets own changes as pull gives
 * them. */
#include <string.h>

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

/* ---- own changes ---- */

START_TEST(own_changes_are_left_out)
{
    struct peer peer;

    one_each(&rig, "a", "tasks", "1");
    one_each(&rig, "b", "tasks", "2");
    peer_stream(&peer, &rig, "tasks", "1970-01-01T00:00:00.000000002Z", "b");
    HEARS(&peer, "tasks:1");
    one_each(&rig, "b", "tasks", "3");
    HEARS(&peer, "");
    one_each(&rig, "a", "tasks", "4");
    HEARS(&peer, "tasks:4");
    peer_leave(&peer);
}
END_TEST

START_TEST(a_first_sync_gets_own_changes_until_it_is_live)
{
    struct peer peer;

    one_each(&rig, "b", "tasks", "1 2 3 4");
    one_each(&rig, "a", "tasks", "5");
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    HEARS(&peer, "tasks:1,2,3+ tasks:4,5");
    one_each(&rig, "b", "tasks", "6");
    HEARS(&peer, "");
    peer_leave(&peer);
}
END_TEST

/* ---- cursors ---- */

/* All that a stream from a cursor delivers, in one line. */
static const char *from(const char *collections, const char *cursor)
{
    struct peer peer;
    const char *heard;

    peer_stream(&peer, &rig, collections, cursor, "b");
    heard = peer_hears(&peer);
    peer_leave(&peer);
    return heard;
}

/* The cursor of the event that names the id, and its Last-Event-ID. */
static const char *cursor_at(const char *collections, const char *id,
                             const char **last_id)
{
    struct peer peer;
    const char *cursor = NULL;

    ck_assert_int_eq(
        peer_ask(&peer, &rig,
                 rig_text(&rig, STREAM "%s&since=" EPOCH, collections), "alice",
                 "b"),
        200);
    /* Byte by byte, to see each event as the last one. */
    for (size_t n = 0; n < peer.in.n && !cursor; n++) {
        struct sse_event event;

        sse_parser_feed(&peer.sse, peer.in.p + n, 1);
        if (sse_parser_next(&peer.sse, &event) &&
            strstr(arena_str(&rig.arena, event.data).p,
                   rig_text(&rig, "\"id\":\"%s\"", id))) {
            const char *data = arena_str(&rig.arena, event.data).p;
            const char *at = strstr(data, "\"syncedUntil\":\"") + 15;

            cursor = rig_text(&rig, "%.*s", (int)strcspn(at, "\""), at);
            *last_id = arena_str(&rig.arena, event.id).p;
        }
    }
    ck_assert_ptr_nonnull(cursor);
    peer_leave(&peer);
    return cursor;
}

START_TEST(a_stream_goes_on_where_an_event_ended)
{
    const char *cursor, *last_id;

    one_each(&rig, "a", "tasks", "1 2 3 4 5 6 7 8");
    cursor = cursor_at("tasks", "2", &last_id);
    ck_assert_str_eq(cursor, last_id);
    ck_assert_str_eq(from("tasks", cursor), "tasks:4,5,6+ tasks:7,8");
    cursor = cursor_at("tasks", "6", &last_id);
    ck_assert_str_eq(from("tasks", cursor), "tasks:7,8");
    cursor = cursor_at("tasks", "8", &last_id);
    ck_assert_str_eq(from("tasks", cursor), "");
    ck_assert_int_eq(rig_pull(&rig, "alice", "b", cursor), 200);
    ck_assert_str_eq(rig_ids(&rig), "");
}
END_TEST

/* Each page of a first sync says so, as those of pull do. */
START_TEST(a_first_sync_that_was_cut_goes_on_with_own_changes)
{
    const char *cursor, *last_id;

    one_each(&rig, "b", "tasks", "1 2 3 4 5 6 7");
    cursor = cursor_at("tasks", "2", &last_id);
    ck_assert_str_eq(from("tasks", cursor), "tasks:4,5,6+ tasks:7");
    rig_pull(&rig, "alice", "b", cursor);
    ck_assert_str_eq(rig_ids(&rig), "4 5 6");
    cursor = cursor_at("tasks", "7", &last_id);
    one_each(&rig, "b", "tasks", "8");
    ck_assert_str_eq(from("tasks", cursor), "");
}
END_TEST

/* A client with a cursor for each collection goes on with the least. */
START_TEST(of_several_collections_the_least_cursor_loses_nothing)
{
    const char *tasks, *notes, *last_id;

    one_each(&rig, "a", "notes", "n1");
    one_each(&rig, "a", "tasks", "1 2");
    one_each(&rig, "a", "notes", "n2");
    tasks = cursor_at("tasks,notes", "2", &last_id);
    notes = cursor_at("tasks,notes", "n2", &last_id);
    one_each(&rig, "a", "notes", "n3");
    one_each(&rig, "a", "tasks", "3");
    ck_assert_str_eq(from("tasks,notes", tasks), "tasks:3 notes:n2,n3");
    ck_assert_str_eq(from("tasks,notes", notes), "tasks:3 notes:n3");
}
END_TEST

/* Last-Event-ID stands for all collections of the stream, so it is never
 * beyond a change that is still to come. */
START_TEST(the_id_of_an_event_stands_for_the_whole_stream)
{
    const char *cursor, *last_id;

    one_each(&rig, "a", "notes", "n1 n2 n3 n4");
    one_each(&rig, "a", "tasks", "1 2 3 4");
    cursor = cursor_at("tasks,notes", "4", &last_id);
    ck_assert_str_ne(cursor, last_id);
    ck_assert_str_eq(from("tasks,notes", last_id),
                     "tasks:1,2,3+ tasks:4 notes:n1,n2,n3+ notes:n4");
    cursor_at("tasks,notes", "n2", &last_id);
    ck_assert_str_eq(from("tasks,notes", last_id),
                     "tasks:1,2,3+ tasks:4 notes:n4");
    cursor = cursor_at("tasks,notes", "n4", &last_id);
    ck_assert_str_eq(cursor, last_id);
}
END_TEST

/* A collection that is complete says nothing against own changes of another
 * that is not. */
START_TEST(a_first_sync_of_several_collections_gets_all_that_is_own)
{
    const char *cursor, *last_id;

    one_each(&rig, "b", "tasks", "1");
    one_each(&rig, "b", "notes", "n1 n2 n3 n4");
    cursor = cursor_at("tasks,notes", "1", &last_id);
    ck_assert_str_eq(from("tasks,notes", cursor), "notes:n1,n2,n3+ notes:n4");
    cursor_at("tasks,notes", "n3", &last_id);
    ck_assert_str_eq(from("notes", last_id), "notes:n4");
    cursor = cursor_at("tasks,notes", "n4", &last_id);
    ck_assert_str_eq(from("tasks,notes", cursor), "");
}
END_TEST

START_TEST(last_event_id_wins_over_since)
{
    struct http_request request;
    struct peer peer;
    const char *last_id;

    one_each(&rig, "a", "tasks", "1 2 3 4");
    cursor_at("tasks", "1", &last_id);
    request =
        rig_request(&rig, "GET", STREAM "tasks&since=" EPOCH, "alice", "b");
    http_header_add(&request, STR("Last-Event-ID"), str_of(last_id));
    ck_assert_int_eq(rig_send(&rig, &request), 200);
    peer_take_over(&peer, &rig, true);
    HEARS(&peer, "tasks:4");
    peer_leave(&peer);
    request.target = STR(STREAM "tasks");
    ck_assert_int_eq(rig_send(&rig, &request), 200);
    request.headers[request.header_count - 1].value = STR("x");
    ck_assert_int_eq(rig_send(&rig, &request), 400);
    ck_assert(rig_body_has(&rig, "\"bad_cursor\""));
    request.target = STR(STREAM "tasks&since=" EPOCH);
    request.headers[request.header_count - 1].value = STR("");
    ck_assert_int_eq(rig_send(&rig, &request), 200);
}
END_TEST

Suite *suite_live_cursor(void)
{
    Suite *suite = suite_create("live_cursor");
    TCase *group = tcase_create("v2");

    tcase_add_checked_fixture(group, open_rig, close_rig);
    tcase_add_test(group, own_changes_are_left_out);
    tcase_add_test(group, a_first_sync_gets_own_changes_until_it_is_live);
    tcase_add_test(group, a_stream_goes_on_where_an_event_ended);
    tcase_add_test(group, a_first_sync_that_was_cut_goes_on_with_own_changes);
    tcase_add_test(group,
                   of_several_collections_the_least_cursor_loses_nothing);
    tcase_add_test(group, the_id_of_an_event_stands_for_the_whole_stream);
    tcase_add_test(group,
                   a_first_sync_of_several_collections_gets_all_that_is_own);
    tcase_add_test(group, last_event_id_wins_over_since);
    suite_add_tcase(suite, group);
    return suite;
}
