/* SPDX-License-Identifier: MIT */
/* test_live - sockets of the bundled server: the upgrade, who one is, notices,
 * the rules of RFC 6455, timers. */
#include <string.h>

#include "tests/mock_server/peer.h"
#include "tests/mock_server/suites.h"

#define T0    "2025-01-01T00:00:00.000Z"
#define TASKS "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}"

static struct rig rig;

static void open_v2(void)
{
    rig_open(&rig, "v2", 10, BUG_COUNT, NULL);
}

static void open_v1(void)
{
    rig_open(&rig, "v1", 0, BUG_COUNT, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static int push(const char *user, const char *client, const char *id)
{
    int status =
        rig_push(&rig, user, client, EPOCH, rig_update(&rig, id, "1", T0));

    rig_flow(&rig);
    return status;
}

/* ---- the upgrade ---- */

START_TEST(an_upgrade_is_answered)
{
    struct peer peer;

    ck_assert_int_eq(peer_ask(&peer, &rig, "/ws/todo", NULL, NULL), 101);
    ck_assert_ptr_nonnull(peer.live);
    ck_assert(str_is(rig_header(&rig, "upgrade"), "websocket"));
    ck_assert(str_is(rig_header(&rig, "connection"), "Upgrade"));
    ck_assert(str_is(rig_header(&rig, "sec-websocket-accept"),
                     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    ck_assert_uint_eq(rig.reply.body.n, 0);
    HEARS(&peer, "");
    peer_leave(&peer);
}
END_TEST

START_TEST(a_commit_is_told)
{
    struct peer peer;

    peer_socket(&peer, &rig, "/ws/todo", "alice", "b");
    ck_assert_int_eq(push("alice", "a", "1"), 200);
    HEARS(&peer, TASKS);
    peer_leave(&peer);
}
END_TEST

Suite *suite_live(void)
{
    Suite *suite = suite_create("live");
    TCase *v2 = tcase_create("v2"), *v1 = tcase_create("v1");

    tcase_add_checked_fixture(v2, open_v2, close_rig);
    tcase_add_checked_fixture(v1, open_v1, close_rig);
    tcase_add_test(v2, an_upgrade_is_answered);
    tcase_add_test(v1, an_upgrade_is_answered);
    tcase_add_test(v2, a_commit_is_told);
    tcase_add_test(v1, a_commit_is_told);
    suite_add_tcase(suite, v2);
    suite_add_tcase(suite, v1);
    return suite;
}
