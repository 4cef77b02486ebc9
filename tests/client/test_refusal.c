/* SPDX-License-Identifier: MIT */
/* What the server will not have: tokens, payment, cursors, single changes.
 * Layer: tests. */
#include "tests/client/rig.h"

#define LATER "2026-01-01T00:00:09Z"

static struct rig rig;

static void open_rig(void)
{
    rig_ready(&rig, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

/* A server that refuses every push with a record whose id starts with "bad";
 * how many pushes it saw. */
static size_t serve(int status)
{
    size_t pushes = 0;
    while (engine_take(rig.engine, &rig.request)) {
        bool bad = false;
        for (size_t i = 0; i < rig.request.count; i++) {
            bad = bad || str_starts(rig.request.changes[i].id, STR("bad"));
        }
        pushes += rig.request.kind == REQUEST_PUSH;
        ck_assert(pushes < 500);
        if (bad) {
            rig_reply(&rig, status, "{\"error\":\"unprocessable\"}", NULL);
        } else {
            rig_answer(&rig, "", LATER, false);
        }
    }
    return pushes;
}

static void insert_many(size_t count, size_t bad_every)
{
    for (size_t i = 0; i < count; i++) {
        bool bad = bad_every && i % bad_every == bad_every - 1;
        rig_insert(&rig, rig_format(&rig, "%s%zu", bad ? "bad" : "ok", i).p,
                   "n", "1", NULL);
    }
}

START_TEST(one_refused_change_does_not_hold_up_the_others)
{
    static const int statuses[] = {400, 403, 404, 409, 413, 422};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        insert_many(100, 0);
        rig_insert(&rig, "bad", "n", "1", NULL);
        rig_update(&rig, "bad", "n", "2", NULL);
        rig_insert(&rig, "last", NULL);
        engine_sync(rig.engine, rig.at);
        size_t pushes = serve(statuses[i]);
        /* 409 also starts over with the cursor, once. */
        ck_assert_uint_le(pushes, 17);
        CK_NUM(rig_pending(&rig), 2);
        CK_NUM(device_refused_count(rig.device), 2);
        struct engine_outcome outcome = engine_outcome(rig.engine);
        ck_assert(!outcome.ok);
        CK_NUM(outcome.status, statuses[i]);
        CK_NUM(engine_status(rig.engine), SYNC_ERROR);
        const struct event *event = rig_last_event(&rig, EV_WITHDRAW);
        ck_assert(str_is(event->id, "bad"));
        ck_assert_ptr_nonnull(strstr(event->text.p, "unprocessable"));
        rig_close(&rig);
        rig_ready(&rig, NULL);
    }
}
END_TEST

START_TEST(many_refused_changes_are_all_found)
{
    insert_many(64, 4);
    engine_push(rig.engine, rig.at);
    size_t pushes = serve(422);
    CK_NUM(rig_pending(&rig), 16);
    CK_NUM(device_refused_count(rig.device), 16);
    ck_assert_uint_le(pushes, 100);
}
END_TEST

START_TEST(a_server_that_refuses_everything_is_not_stormed)
{
    for (int i = 0; i < 200; i++) {
        rig_insert(&rig, rig_format(&rig, "bad%d", i).p, NULL);
    }
    engine_push(rig.engine, rig.at);
    size_t pushes = serve(422);
    ck_assert_uint_le(pushes, 48);
    CK_NUM(rig_pending(&rig), 200);
    CK_NUM(device_refused_count(rig.device), 32);
}
END_TEST

START_TEST(refused_rows_wait_for_an_edit)
{
    rig_insert(&rig, "bad", "n", "1", NULL);
    engine_push(rig.engine, rig.at);
    CK_NUM(serve(422), 1);
    engine_sync(rig.engine, rig.at);
    CK_NUM(serve(422), 0);
    ck_assert(engine_outcome(rig.engine).ok);
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
    rig_insert(&rig, "good", NULL);
    engine_push(rig.engine, rig.at);
    CK_NUM(serve(422), 1);
    CK_NUM(rig_pending(&rig), 1);
    rig_update(&rig, "bad", "n", "2", NULL);
    CK_NUM(device_refused_count(rig.device), 0);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 2); /* the insert too */
    rig_answer(&rig, "", LATER, false);
    CK_NUM(rig_pending(&rig), 0);
    CK_NUM(engine_status(rig.engine), SYNC_SYNCED);
}
END_TEST

START_TEST(refused_rows_are_tried_again_after_sign_in_and_restart)
{
    rig_insert(&rig, "bad", NULL);
    engine_push(rig.engine, rig.at);
    serve(422);
    engine_sign_in(rig.engine, rig.at);
    CK_NUM(serve(422), 1);
    engine_crash(rig.engine);
    engine_restart(rig.engine, rig.at);
    engine_sync(rig.engine, rig.at);
    CK_NUM(serve(422), 1);
}
END_TEST

START_TEST(an_edit_while_the_refusal_is_on_its_way_stays_sendable)
{
    rig_insert(&rig, "bad", "n", "1", NULL);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    rig_update(&rig, "bad", "n", "2", NULL);
    rig_reply(&rig, 422, "no", NULL);
    ck_assert(!engine_busy(rig.engine));
    CK_NUM(device_refused_count(rig.device), 0);
    engine_push(rig.engine, rig.at);
    CK_NUM(serve(422), 1);
}
END_TEST

START_TEST(after_401_a_new_token_is_asked_for_once)
{
    rig_insert(&rig, "1", NULL);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    struct str body = rig.request.http.body;
    rig_reply(&rig, 401, "", NULL);
    CK_NUM(rig.fresh_asked, 1);
    rig_take(&rig);
    ck_assert(str_eq(rig.request.http.body, body));
    ck_assert(
        str_is(http_header_find(rig.request.http.headers,
                                rig.request.http.header_count, "authorization"),
               "Bearer jwt2"));
    rig_answer(&rig, "", LATER, false);
    ck_assert(engine_outcome(rig.engine).ok);
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(a_second_401_ends_the_operation)
{
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    rig_take(&rig);
    rig_reply(&rig, 401, "", NULL);
    rig_take(&rig);
    rig_reply(&rig, 401, "bad token", NULL);
    ck_assert(rig_quiet(&rig));
    ck_assert(!engine_busy(rig.engine));
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
    CK_NUM(engine_outcome(rig.engine).status, 401);
    CK_STR(engine_outcome(rig.engine).why.p,
           "push: 401 Unauthorized: bad token");
    CK_NUM(rig_pending(&rig), 1);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_reply(&rig, 401, "", NULL); /* a pull may ask anew as well */
    rig_take(&rig);
    rig_answer(&rig, "", LATER, false);
    ck_assert(engine_outcome(rig.engine).ok);
}
END_TEST

START_TEST(no_new_token_no_second_request)
{
    rig.fresh_token = "";
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_reply(&rig, 401, "", NULL);
    ck_assert(rig_quiet(&rig));
    CK_NUM(engine_outcome(rig.engine).status, 401);
}
END_TEST

START_TEST(unpaid_stops_all_that_happens_by_itself)
{
    rig_close(&rig);
    rig_ready(&rig, &(struct rig_options){.timers = true});
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    rig_take(&rig);
    rig_reply(&rig, 402, "{\"error\":\"sync_inactive\"}", NULL);
    ck_assert(engine_stopped_by_payment(rig.engine));
    CK_NUM(engine_status(rig.engine), SYNC_ERROR);
    ck_assert(!engine_busy(rig.engine));
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    rig_insert(&rig, "2", NULL);
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    engine_online(rig.engine, rig.at, false);
    engine_online(rig.engine, rig.at, true);
    ck_assert(rig_quiet(&rig));
    engine_sign_in(rig.engine, rig.at);
    ck_assert(!engine_stopped_by_payment(rig.engine));
    rig_take(&rig);
    CK_NUM(rig_pushed(&rig).count, 2);
}
END_TEST

START_TEST(a_refused_cursor_is_forgotten_once)
{
    static const struct {
        int status;
        const char *body;
    } cases[] = {{409, ""},
                 {410, "gone"},
                 {400, "{\"error\":\"bad_cursor\"}"},
                 {422, "{\"error\":\"cursor_ahead\"}"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_insert(&rig, "1", NULL);
        engine_push(rig.engine, rig.at);
        rig_take(&rig);
        rig_reply(&rig, cases[i].status, cases[i].body, NULL);
        rig_take(&rig);
        ck_assert(str_is(rig.request.since, CURSOR_EPOCH_TEXT));
        CK_NUM(rig_pushed(&rig).count, 1);
        rig_answer(&rig, "", LATER, false);
        CK_NUM(rig_pending(&rig), 0);
        ck_assert(engine_outcome(rig.engine).ok);
        CK_STR(rig_cursor(&rig, "notes"), LATER);
        rig_close(&rig);
        rig_ready(&rig, NULL);
    }
}
END_TEST

START_TEST(the_first_sync_cursor_cannot_be_what_is_wrong)
{
    device_reset_cursors(rig.device);
    rig_insert(&rig, "1", NULL);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    rig_reply(&rig, 409, "{\"error\":\"bad_cursor\"}", NULL);
    ck_assert(!engine_busy(rig.engine));
    CK_NUM(device_refused_count(rig.device), 1);
}
END_TEST

START_TEST(failures_that_pass_refuse_nothing)
{
    static const int statuses[] = {302, 408, 429, 500, 503, 599};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        rig_insert(&rig, rig_format(&rig, "%zu", i).p, NULL);
        engine_push(rig.engine, rig.at);
        rig_take(&rig);
        rig_reply(&rig, statuses[i], "", NULL);
        ck_assert(!engine_busy(rig.engine));
        CK_NUM(engine_outcome(rig.engine).status, statuses[i]);
        CK_NUM(device_refused_count(rig.device), 0);
        CK_NUM(rig_pending(&rig), i + 1);
    }
}
END_TEST

START_TEST(a_failed_push_that_was_answered_still_pulls)
{
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    rig_take(&rig);
    rig_reply(&rig, 500, "", NULL);
    CK_NUM(rig_drain(&rig, LATER), 2);
    CK_NUM(engine_outcome(rig.engine).status, 500);
    engine_sync(rig.engine, rig.at);
    rig_take(&rig);
    rig_lose(&rig, REPLY_REFUSED, FATE_NONE);
    ck_assert(rig_quiet(&rig));
}
END_TEST

START_TEST(what_the_server_said_is_told_on_one_clean_line)
{
    rig_insert(&rig, "1", NULL);
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
    rig_reply(&rig, 500, "a\nb\x7f\xc3", NULL); /* a cut character */
    CK_STR(engine_outcome(rig.engine).why.p,
           "push: 500 Internal Server Error: a b ");
}
END_TEST

Suite *suite_refusal(void)
{
    Suite *suite = suite_create("refusal");
    TCase *tests = tcase_create("refusal");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, one_refused_change_does_not_hold_up_the_others);
    tcase_add_test(tests, many_refused_changes_are_all_found);
    tcase_add_test(tests, a_server_that_refuses_everything_is_not_stormed);
    tcase_add_test(tests, refused_rows_wait_for_an_edit);
    tcase_add_test(tests,
                   refused_rows_are_tried_again_after_sign_in_and_restart);
    tcase_add_test(tests,
                   an_edit_while_the_refusal_is_on_its_way_stays_sendable);
    tcase_add_test(tests, after_401_a_new_token_is_asked_for_once);
    tcase_add_test(tests, a_second_401_ends_the_operation);
    tcase_add_test(tests, no_new_token_no_second_request);
    tcase_add_test(tests, unpaid_stops_all_that_happens_by_itself);
    tcase_add_test(tests, a_refused_cursor_is_forgotten_once);
    tcase_add_test(tests, the_first_sync_cursor_cannot_be_what_is_wrong);
    tcase_add_test(tests, failures_that_pass_refuse_nothing);
    tcase_add_test(tests, a_failed_push_that_was_answered_still_pulls);
    tcase_add_test(tests, what_the_server_said_is_told_on_one_clean_line);
    suite_add_tcase(suite, tests);
    return suite;
}
