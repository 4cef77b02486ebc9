/* SPDX-License-Identifier: MIT */
/* Sign-in, online, crashes, tabs, and what may be said of it all.
 * Layer: tests. */
#include <stdio.h>

#include "tests/client/rig.h"

#define LATER "2026-01-01T00:00:09Z"

static struct rig rig;
static char statuses[256];

static void listen(void *context, enum sync_status status)
{
    ck_assert_ptr_eq(context, &rig);
    size_t n = strlen(statuses);
    snprintf(statuses + n, sizeof statuses - n, "%s ",
             sync_status_name(status));
}

static void open_rig(void)
{
    rig_open(&rig, NULL);
    statuses[0] = '\0';
    engine_listen(rig.engine, listen, &rig);
}

static void close_rig(void)
{
    rig_close(&rig);
}

START_TEST(defaults_are_the_original_engine_s)
{
    struct engine_config config;
    engine_config_defaults(&config);
    CK_NUM(config.push_debounce_ms, 1000);
    CK_NUM(config.push_wait_max_ms, 5000);
    CK_NUM(config.pull_interval_ms, 30000);
    CK_NUM(config.request_timeout_ms, 10000);
    CK_NUM(config.retry_first_ms, 1000);
    CK_NUM(config.retry_max_ms, 60000);
    CK_NUM(config.push_max, 1000);
    ck_assert(!config.timers);
}
END_TEST

START_TEST(guests_write_and_stay_silent)
{
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    ck_assert(rig_quiet(&rig));
    struct engine_outcome outcome = engine_outcome(rig.engine);
    ck_assert(outcome.any && !outcome.ok);
    CK_STR(outcome.why.p, "not signed in");
    CK_NUM(engine_status(rig.engine), SYNC_IDLE);
    CK_STR(statuses, "");
    engine_sign_in(rig.engine, rig.at);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 1);
    rig_answer(&rig, "", LATER, false);
    rig_drain(&rig, LATER);
    CK_NUM(rig_pending(&rig), 0);
    CK_STR(statuses, "syncing synced ");
}
END_TEST

START_TEST(sign_out_is_silence_and_keeps_the_records)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    rig_insert(&rig, "1", NULL);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    engine_sign_out(rig.engine, rig.at);
    ck_assert(!engine_signed_in(rig.engine));
    ck_assert(!engine_busy(rig.engine));
    rig_answer(&rig, "", LATER, false); /* nobody is listening */
    CK_NUM(rig_pending(&rig), 1);
    ck_assert(rig_live(&rig, "1"));
    engine_sync(rig.engine, rig.at);
    ck_assert(rig_quiet(&rig));
    CK_STR(statuses, "syncing synced idle syncing idle ");
}
END_TEST

START_TEST(offline_sends_nothing_and_online_syncs)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    statuses[0] = '\0';
    engine_online(rig.engine, rig.at, false);
    CK_NUM(engine_status(rig.engine), SYNC_OFFLINE);
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    ck_assert(rig_quiet(&rig));
    CK_STR(engine_outcome(rig.engine).why.p, "offline");
    engine_online(rig.engine, rig.at, true);
    rig_take(&rig);
    CK_NUM(rig.request.kind, REQUEST_PUSH);
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_drain(&rig, LATER), 2);
    CK_STR(statuses, "offline syncing synced ");
    engine_online(rig.engine, rig.at, true);
    ck_assert(rig_quiet(&rig));
}
END_TEST

START_TEST(an_answer_that_comes_while_offline_still_counts)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    rig_take(&rig);
    engine_online(rig.engine, rig.at, false);
    rig_answer(&rig, "", "2026-01-01T00:00:10Z", false);
    CK_NUM(rig_pending(&rig), 0);
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:10Z");
    ck_assert(rig_quiet(&rig));
    ck_assert(!engine_busy(rig.engine));
    ck_assert(!engine_outcome(rig.engine).ok);
    CK_NUM(engine_status(rig.engine), SYNC_OFFLINE);
}
END_TEST

START_TEST(what_had_not_left_does_not_leave_after_going_offline)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    rig_insert(&rig, "1", NULL);
    engine_push(rig.engine, rig.at);
    engine_online(rig.engine, rig.at, false);
    ck_assert(rig_quiet(&rig));
    ck_assert(!engine_busy(rig.engine));
    engine_online(rig.engine, rig.at, true);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 1);
}
END_TEST

START_TEST(synced_is_said_only_when_it_is_true)
{
    engine_push(rig.engine, rig.at);
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    CK_NUM(engine_status(rig.engine), SYNC_SYNCED);
    rig_insert(&rig, "1", NULL);
    CK_NUM(engine_status(rig.engine), SYNC_IDLE);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_drain(&rig, LATER);
    CK_NUM(engine_status(rig.engine), SYNC_IDLE);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    rig_insert(&rig, "2", NULL);
    rig_answer(&rig, "", LATER, false);
    CK_NUM(engine_status(rig.engine), SYNC_IDLE);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    rig_lose(&rig, REPLY_TIMEOUT, FATE_UNKNOWN);
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
    engine_sync(rig.engine, rig.at);
    CK_NUM(engine_status(rig.engine), SYNC_SYNCING);
    rig_drain(&rig, LATER);
    CK_NUM(engine_status(rig.engine), SYNC_SYNCED);
    const struct event *event = rig_last_event(&rig, EV_STATUS);
    ck_assert(str_is(event->text, "synced"));
    CK_NUM(event->number, 0);
}
END_TEST

START_TEST(a_push_of_nothing_does_not_make_it_synced)
{
    engine_online(rig.engine, rig.at, false);
    engine_sign_in(rig.engine, rig.at);
    engine_push(rig.engine, rig.at);
    CK_NUM(engine_status(rig.engine), SYNC_OFFLINE);
    engine_sign_out(rig.engine, rig.at);
    engine_online(rig.engine, rig.at, true);
    engine_sign_in(rig.engine, rig.at);
    rig_take(&rig);
    rig_lose(&rig, REPLY_REFUSED, FATE_NONE);
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
    engine_push(rig.engine, rig.at);
    ck_assert(engine_outcome(rig.engine).ok);
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
}
END_TEST

START_TEST(a_crash_loses_what_is_volatile_and_nothing_else)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    rig_insert(&rig, "1", "n", "1", NULL);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    engine_crash(rig.engine);
    ck_assert(engine_crashed(rig.engine));
    ck_assert(!engine_busy(rig.engine));
    struct err err;
    CK_NUM(rig_try(&rig, EDIT_UPDATE, "1", "n", &err), ST_USAGE);
    CK_STR(err.text, "the client has crashed");
    engine_sync(rig.engine, rig.at);
    ck_assert(rig_quiet(&rig));
    engine_restart(rig.engine, rig.at);
    ck_assert(engine_signed_in(rig.engine));
    ck_assert(rig_quiet(&rig));         /* no timers: nobody asked */
    rig_answer(&rig, "", LATER, false); /* of the life before */
    CK_NUM(rig_pending(&rig), 1);
    CK_STR(rig_value(&rig, "1", "n"), "1");
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(a_crash_remembers_the_network_and_the_sign_in)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    engine_online(rig.engine, rig.at, false);
    engine_crash(rig.engine);
    engine_restart(rig.engine, rig.at);
    CK_NUM(engine_status(rig.engine), SYNC_OFFLINE);
    engine_crash(rig.engine);
    engine_online(rig.engine, rig.at, true);
    ck_assert(rig_quiet(&rig));
    engine_restart(rig.engine, rig.at);
    CK_NUM(engine_status(rig.engine), SYNC_IDLE);
    engine_restart(rig.engine, rig.at); /* twice is once */
}
END_TEST

START_TEST(a_crash_in_a_write_leaves_neither_record_nor_row)
{
    engine_crash_at(rig.engine, CRASH_IN_WRITE);
    CK_NUM(rig_try(&rig, EDIT_INSERT, "1", "n", NULL), ST_OK);
    ck_assert(engine_crashed(rig.engine));
    CK_STR(rig_value(&rig, "1", "n"), "(none)");
    CK_NUM(rig_pending(&rig), 0);
    CK_NUM(rig_events(&rig, EV_EDIT), 0);
    engine_restart(rig.engine, rig.at);
    rig_insert(&rig, "1", NULL); /* once only */
    ck_assert(!engine_crashed(rig.engine));
}
END_TEST

START_TEST(a_crash_before_the_ack_sends_again)
{
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    rig_insert(&rig, "1", NULL);
    engine_crash_at(rig.engine, CRASH_IN_ACK);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    struct str first = rig.request.http.body;
    rig_answer(&rig,
               "{\"table\":\"tasks\",\"id\":\"2\",\"op\":\"insert\","
               "\"data\":{}}",
               "2026-01-01T00:00:10Z", false);
    ck_assert(engine_crashed(rig.engine));
    CK_NUM(rig_pending(&rig), 1);
    ck_assert(!rig_live(&rig, "2"));
    CK_STR(rig_cursor(&rig, "tasks"), LATER);
    engine_restart(rig.engine, rig.at);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    ck_assert(str_eq(rig.request.http.body, first));
}
END_TEST

START_TEST(two_tabs_share_a_device)
{
    struct engine *tab = engine_create(&rig.config, rig.device);
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    engine_sign_in(tab, rig.at);
    struct engine_request request;
    struct engine *first = rig.engine;
    rig.engine = tab;
    rig_drain(&rig, LATER);
    rig_insert(&rig, "1", "n", "1", NULL); /* in the second tab */
    CK_NUM(engine_status(first), SYNC_IDLE);
    engine_push(tab, rig.at);
    engine_push(first, rig.at);
    ck_assert(engine_take(first, &request));
    CK_NUM(request.count, 1);
    rig_take(&rig);
    rig_insert(&rig, "2", NULL);
    rig_answer(&rig, "", "2026-01-01T00:00:10Z", false);
    CK_NUM(rig_pending(&rig), 1);
    rig.engine = first;
    rig.request = request;
    rig_answer(&rig, "", "2026-01-01T00:00:09.5Z", false);
    CK_NUM(rig_pending(&rig), 1);
    CK_STR(rig_cursor(&rig, "tasks"), "2026-01-01T00:00:10Z");
    CK_NUM(rig_events(&rig, EV_ACK), 1);
    engine_crash(tab);
    engine_push(first, rig.at);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 1);
}
END_TEST

START_TEST(events_carry_actor_and_time)
{
    rig.at.now_ms = 4711;
    rig_insert(&rig, "1", NULL);
    const struct event *event = rig_last_event(&rig, EV_EDIT);
    CK_NUM(event->t_ms, 4711);
    CK_NUM(event->actor, 0);
}
END_TEST

START_TEST(everything_works_without_a_history)
{
    rig.device_config.history = NULL;
    rig.config.history = NULL;
    rig.device = device_create(&rig.device_config);
    rig.engine = engine_create(&rig.config, rig.device);
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    rig_drain(&rig, "2026-01-01T00:00:10Z");
    CK_NUM(rig_pending(&rig), 0);
    CK_NUM(rig.history.count, 0);
}
END_TEST

Suite *suite_life(void)
{
    Suite *suite = suite_create("life");
    TCase *tests = tcase_create("life");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, defaults_are_the_original_engine_s);
    tcase_add_test(tests, guests_write_and_stay_silent);
    tcase_add_test(tests, sign_out_is_silence_and_keeps_the_records);
    tcase_add_test(tests, offline_sends_nothing_and_online_syncs);
    tcase_add_test(tests, an_answer_that_comes_while_offline_still_counts);
    tcase_add_test(tests, what_had_not_left_does_not_leave_after_going_offline);
    tcase_add_test(tests, synced_is_said_only_when_it_is_true);
    tcase_add_test(tests, a_push_of_nothing_does_not_make_it_synced);
    tcase_add_test(tests, a_crash_loses_what_is_volatile_and_nothing_else);
    tcase_add_test(tests, a_crash_remembers_the_network_and_the_sign_in);
    tcase_add_test(tests, a_crash_in_a_write_leaves_neither_record_nor_row);
    tcase_add_test(tests, a_crash_before_the_ack_sends_again);
    tcase_add_test(tests, two_tabs_share_a_device);
    tcase_add_test(tests, events_carry_actor_and_time);
    tcase_add_test(tests, everything_works_without_a_history);
    suite_add_tcase(suite, tests);
    return suite;
}
