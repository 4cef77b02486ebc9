/* SPDX-License-Identifier: MIT */
/* test_live_bugs - every planted bug of live channels shows: the same steps
 * are seen to end one way on the sound server and another way with the bug. */
#include <string.h>

#include "tests/mock_server/bug_steps.h"
#include "tests/mock_server/peer.h"
#include "tests/mock_server/suites.h"

#define OK    "{\"type\":\"auth-ok\"}"
#define TASKS "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}"

/* The text of an error is for people. */
static const char *hears(struct peer *peer)
{
    const char *heard = peer_hears(peer);
    const char *error = strstr(heard, "{\"type\":\"error\"");

    if (!error) {
        return heard;
    }
    return rig_text(&rig, "%.*serror%s", (int)(error - heard), heard,
                    strchr(error, '}') + 1);
}

static void push(const char *client, const char *id)
{
    ck_assert_int_eq(
        rig_push(&rig, "alice", client, EPOCH, rig_update(&rig, id, "1", T0)),
        200);
    rig_flow(&rig);
}

static const char *leave(struct peer *peer, const char *seen)
{
    peer_leave(peer);
    return seen;
}

/* What a socket hears of a push by alice's device a to the app todo. */
static const char *told(const char *target, const char *user,
                        const char *client)
{
    struct peer peer;

    peer_socket(&peer, &rig, target, user, client);
    push("a", "1");
    return leave(&peer, hears(&peer));
}

static const char *steps_other_app(void)
{
    return told("/ws/notes", "alice", "b");
}

static const char *steps_other_user(void)
{
    return told("/ws/todo", "bob", "b");
}

static const char *steps_own_push(void)
{
    return told("/ws/todo", "alice", "a");
}

static const char *steps_reconnect(void)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    peer_leave(&peer);
    return told("/ws/todo", "alice", "b");
}

static const char *steps_while_it_commits(void)
{
    struct server_job *job;
    struct peer peer;
    const char *before;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    job = rig_begin_push(&rig, "a", EPOCH, rig_update(&rig, "1", "1", T0));
    before = hears(&peer);
    rig_finish(&rig, job);
    return leave(&peer, rig_text(&rig, "%s|%s", before, hears(&peer)));
}

static const char *steps_three_pushes(void)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    for (int i = 0; i < 6; i++) {
        push("a", rig_text(&rig, "%d", i));
    }
    return leave(&peer, rig_text(&rig, "%zu", peer_counts(&peer, TASKS)));
}

static const char *steps_upgrade(void)
{
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    return leave(&peer, hears(&peer));
}

static const char *steps_no_auth(void)
{
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    rig_wait(&rig, LIVE_AUTH_MS);
    return leave(&peer, hears(&peer));
}

static const char *steps_bad_token(void)
{
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    peer_auth(&peer, "not a token", "b");
    push("a", "1");
    return leave(&peer, hears(&peer));
}

static const char *steps_unknown_message(void)
{
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    peer_say(&peer, "{\"type\":\"hello\"}");
    peer_say(&peer, "{\"type\":\"ping\"}");
    return leave(&peer, hears(&peer));
}

static const char *steps_fragments(void)
{
    struct ws_frame frame = {.opcode = WS_TEXT, .payload = STR("{\"type\":")};
    struct peer peer;

    peer_ask(&peer, &rig, "/ws/todo", NULL, NULL);
    peer_frame(&peer, &frame);
    frame = (struct ws_frame){.fin = true, .payload = STR("\"ping\"}")};
    peer_frame(&peer, &frame);
    const char *seen = peer_counts(&peer, "pong") ? "pong" : "no pong";
    return leave(&peer, seen);
}

static const char *steps_commit_before_live(void)
{
    struct http_request request = rig_request(
        &rig, "GET", "/sync/todo/stream?collections=tasks&since=" EPOCH,
        "alice", "b");
    struct server_job *job;
    struct peer peer;

    push("a", "1");
    job = server_begin(rig.server, &request, rig.now);
    push("a", "2");
    rig_finish(&rig, job);
    peer_take_over(&peer, &rig, true);
    push("a", "3");
    return leave(&peer, hears(&peer));
}

static const char *steps_backlog(void)
{
    struct peer peer;

    for (int i = 0; i < 25; i++) {
        push("a", rig_text(&rig, "%d", i));
    }
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    push("a", "x");
    return leave(&peer, hears(&peer));
}

static const char *steps_stream_update(void)
{
    struct peer peer;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    push("a", "1");
    return leave(&peer, hears(&peer));
}

static const char *steps_two_collections(void)
{
    struct peer peer;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    rig_push(&rig, "alice", "a", EPOCH,
             "{\"table\":\"notes\",\"id\":\"n\",\"op\":\"insert\",\"data\":{"
             "\"n\":1}}");
    push("a", "1");
    return leave(&peer, hears(&peer));
}

static const char *steps_head(void)
{
    struct peer peer;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    return leave(&peer, peer.head_late ? "late" : "at once");
}

static const char *steps_silence(void)
{
    struct peer peer;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    rig_wait(&rig, 3 * LIVE_HEARTBEAT_MS);
    return leave(&peer, hears(&peer));
}

static const char *steps_resume(void)
{
    struct peer peer;

    push("a", "1");
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    hears(&peer);
    peer_leave(&peer);
    push("a", "2");
    peer_stream(&peer, &rig, "tasks", peer.cursor, "b");
    push("a", "3");
    return leave(&peer, hears(&peer));
}

static const char *steps_slow_reader(void)
{
    char *large = arena_must(&rig.arena, LIVE_PENDING_BYTES + 8, 1);
    struct peer peer;

    memset(large, 'x', LIVE_PENDING_BYTES);
    large[0] = large[LIVE_PENDING_BYTES - 1] = '"';
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    peer.paused = true;
    for (int i = 1; i <= 4; i++) {
        rig_push(&rig, "alice", "a", EPOCH,
                 rig_update(&rig, rig_text(&rig, "%d", i), large, T0));
        rig_flow(&rig);
    }
    peer.paused = false;
    peer_drain(&peer);
    push("a", "5");
    return leave(&peer, hears(&peer));
}

static const char *steps_stream_aborted(void)
{
    struct peer peer;
    int status;

    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    peer_leave(&peer);
    status =
        rig_push(&rig, "alice", "a", EPOCH, rig_update(&rig, "1", "1", T0));
    return rig_text(
        &rig, "%d %d", status,
        rig_push(&rig, "alice", "a", EPOCH, rig_update(&rig, "1", "1", T0)));
}

static const struct live_showing {
    enum bug bug;
    const char *(*steps)(void);
    const char *sound, *wrong;
} showings[] = {
    {BUG_NOTIFY_BEFORE_COMMIT, steps_while_it_commits, "|" TASKS, TASKS "|"},
    {BUG_NOTIFY_LOST, steps_three_pushes, "6", "4"},
    {BUG_NOTIFY_WRONG_APP, steps_other_app, "", TASKS},
    {BUG_NOTIFY_OTHER_USER, steps_other_user, "", TASKS},
    {BUG_NOTIFY_OWN_PUSH, steps_own_push, "", TASKS},
    {BUG_SOCKET_CLOSES_AFTER_UPGRADE, steps_upgrade, "", "end"},
    {BUG_AUTH_TIMEOUT_NEVER, steps_no_auth, "close:1008", ""},
    {BUG_NOTIFY_STOPS_AFTER_RECONNECT, steps_reconnect, TASKS, ""},
    {BUG_BAD_TOKEN_GETS_NOTICES, steps_bad_token, "error close:1008",
     "error " TASKS},
    {BUG_UNKNOWN_MESSAGE_CLOSES, steps_unknown_message,
     "error {\"type\":\"pong\"}", "error close:1008"},
    {BUG_FRAGMENTS_NOT_JOINED, steps_fragments, "pong", "no pong"},
    {BUG_STREAM_GAP_AFTER_BACKLOG, steps_commit_before_live,
     "tasks:1,2 tasks:3", "tasks:1 tasks:3"},
    {BUG_STREAM_BACKLOG_ONE_PAGE, steps_backlog,
     "tasks:0,1,2,3,4,5,6,7,8,9+ tasks:10,11,12,13,14,15,16,17,18,19+ "
     "tasks:20,21,22,23,24 tasks:x",
     "tasks:0,1,2,3,4,5,6,7,8,9 tasks:x"},
    {BUG_STREAM_SHAPE_DIFFERS, steps_stream_update, "tasks:1",
     "tasks:malformed=1"},
    {BUG_STREAM_ALL_COLLECTIONS, steps_two_collections, "tasks:1",
     "tasks:n tasks:1"},
    {BUG_STREAM_HEADERS_LATE, steps_head, "at once", "late"},
    {BUG_STREAM_NO_HEARTBEAT, steps_silence, "heartbeat heartbeat heartbeat",
     ""},
    {BUG_STREAM_RESUME_SKIPS, steps_resume, "tasks:2 tasks:3", "tasks:3"},
    {BUG_SLOW_READER_DROPPED_SILENTLY, steps_slow_reader,
     "tasks:1 tasks:2+ tasks:3+ tasks:4 tasks:5", "tasks:1 tasks:5"},
    {BUG_STREAM_BLOCKS_PUSH, steps_stream_aborted, "200 200", "500 200"},
};

enum { SHOWINGS = sizeof(showings) / sizeof(showings[0]) };

void live_bugs_shown(struct bug_set *set)
{
    for (size_t i = 0; i < SHOWINGS; i++) {
        bug_add(set, showings[i].bug);
    }
}

static void shows(const struct live_showing *showing, enum bug bug,
                  const char *wanted)
{
    const char *seen;

    rig_open(&rig, "v2", 10, bug, NULL);
    seen = showing->steps();
    ck_assert_msg(strcmp(seen, wanted) == 0, "%s, %s: \"%s\", not \"%s\"",
                  bug_info(showing->bug)->name,
                  bug == BUG_COUNT ? "sound" : "planted", seen, wanted);
    rig_close(&rig);
}

START_TEST(the_live_bug_shows_and_only_with_the_bug)
{
    shows(&showings[_i], BUG_COUNT, showings[_i].sound);
    shows(&showings[_i], showings[_i].bug, showings[_i].wrong);
}
END_TEST

Suite *suite_live_bugs(void)
{
    Suite *suite = suite_create("live_bugs");
    TCase *group = tcase_create("museum");

    tcase_add_loop_test(group, the_live_bug_shows_and_only_with_the_bug, 0,
                        SHOWINGS);
    suite_add_tcase(suite, group);
    return suite;
}
