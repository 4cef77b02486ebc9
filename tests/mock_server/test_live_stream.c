/* SPDX-License-Identifier: MIT */
/* test_live_stream - event streams of the bundled server: backlog, live,
 * cursors, slow readers, heartbeats. */
#include <string.h>

#include "tests/mock_server/peer.h"
#include "tests/mock_server/suites.h"

#define T0 "2025-01-01T00:00:00.000Z"

static struct rig rig;

static void open_v2(void)
{
    rig_open(&rig, "v2", 3, BUG_COUNT, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void push(const char *client, const char *id)
{
    ck_assert_int_eq(
        rig_push(&rig, "alice", client, EPOCH, rig_update(&rig, id, "1", T0)),
        200);
    rig_flow(&rig);
}

START_TEST(the_backlog_comes_in_pages_and_then_what_is_live)
{
    struct peer peer;

    for (int i = 1; i <= 7; i++) {
        push("a", rig_text(&rig, "%d", i));
    }
    peer_stream(&peer, &rig, "tasks", EPOCH, "b");
    HEARS(&peer, "tasks:1,2,3+ tasks:4,5,6+ tasks:7");
    push("a", "8");
    HEARS(&peer, "tasks:8");
    rig_wait(&rig, LIVE_HEARTBEAT_MS);
    HEARS(&peer, "heartbeat");
    peer_leave(&peer);
}
END_TEST

Suite *suite_live_stream(void)
{
    Suite *suite = suite_create("live_stream");
    TCase *v2 = tcase_create("v2");

    tcase_add_checked_fixture(v2, open_v2, close_rig);
    tcase_add_test(v2, the_backlog_comes_in_pages_and_then_what_is_live);
    suite_add_tcase(suite, v2);
    return suite;
}
