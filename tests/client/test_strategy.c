/* SPDX-License-Identifier: MIT */
/* client-wins and server-wins against what is pending.  Layer: tests. */
#include "tests/client/rig.h"

#define LATER "2026-01-01T00:00:09Z"
#define UPDATE(value, at)                                                      \
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"         \
    "\"n\":{\"value\":" value ",\"at\":\"" at "\"}}}"
#define DELETE(at)                                                             \
    "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"delete\",\"deletedAt\":\"" at  \
    "\"}"

static struct rig rig;

static void open_client(void)
{
    rig_ready(&rig, &(struct rig_options){.strategy = STRATEGY_CLIENT_WINS});
}

static void open_server(void)
{
    rig_ready(&rig, &(struct rig_options){.strategy = STRATEGY_SERVER_WINS});
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void push(void)
{
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
}

static struct instant stamp_of(const char *name)
{
    return record_field(device_record(rig.device, STR("tasks"), STR("1")),
                        str_of(name))
        ->at;
}

START_TEST(client_wins_lifts_the_pending_write_over_the_remote)
{
    rig_feed(&rig, UPDATE("0", "2025-01-01T00:00:00Z"));
    rig_update(&rig, "1", "n", "1", NULL);
    rig_feed(&rig, UPDATE("2", "2026-01-01T00:00:05.0009Z"));
    CK_STR(rig_value(&rig, "1", "n"), "1");
    CK_NUM(rig_pending(&rig), 1);
    const struct event *event = rig_last_event(&rig, EV_EDIT);
    ck_assert(str_is(event->text, "restamped"));
    CK_NUM(event->exchange, 1);
    CK_NUM(event->field_count, 1);
    push();
    /* Above the remote one, also as the wire carries it. */
    ck_assert(str_is(rig_pushed_field(&rig, 0, "n")->at_text,
                     "2026-01-01T00:00:05.001Z"));
    ck_assert(instant_cmp(stamp_of("n"), event->fields[0].at) == 0);
    rig_answer(&rig, "", LATER, false);
    rig_update(&rig, "1", "n", "3", NULL); /* later than what was lifted */
    CK_STR(rig_value(&rig, "1", "n"), "3");
}
END_TEST

START_TEST(client_wins_leaves_an_older_remote_alone)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    size_t edits = rig_events(&rig, EV_EDIT);
    rig_feed(&rig, UPDATE("2", "2025-12-31T00:00:00Z"));
    CK_STR(rig_value(&rig, "1", "n"), "1");
    CK_NUM(rig_events(&rig, EV_EDIT), edits);
}
END_TEST

START_TEST(client_wins_yields_when_nothing_is_pending)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    push();
    rig_answer(&rig, "", LATER, false);
    rig_feed(&rig, UPDATE("2", "2026-01-01T00:00:05Z"));
    CK_STR(rig_value(&rig, "1", "n"), "2");
}
END_TEST

START_TEST(client_wins_splits_a_lifted_field_from_its_insert)
{
    rig_insert(&rig, "1", "n", "1", "m", "1", NULL);
    rig_feed(&rig, UPDATE("2", "2026-01-01T00:00:05Z"));
    push();
    CK_NUM(rig_pushed(&rig).count, 2);
    ck_assert(str_is(rig_pushed_field(&rig, 0, "updatedAt")->value,
                     "\"2026-01-01T00:00:00.000Z\""));
    ck_assert(str_is(rig_pushed_field(&rig, 1, "n")->at_text,
                     "2026-01-01T00:00:05.001Z"));
    ck_assert_ptr_null(rig_pushed_field(&rig, 1, "m"));
}
END_TEST

START_TEST(client_wins_lifts_what_is_in_flight_in_a_row_of_its_own)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    push();
    rig_answer(&rig, UPDATE("2", "2026-01-01T00:00:05Z"), LATER, false);
    CK_STR(rig_value(&rig, "1", "n"), "1");
    CK_NUM(rig_pending(&rig), 1); /* the lifted one; the insert is there */
    CK_NUM(device_pending_at(rig.device, 0).row, 2);
    rig_take(&rig); /* it follows in the same operation */
    CK_NUM(rig_pushed(&rig).count, 1);
    ck_assert(str_is(rig_pushed_field(&rig, 0, "n")->value, "1"));
}
END_TEST

START_TEST(client_wins_keeps_a_pending_delete)
{
    rig_feed(&rig, UPDATE("0", "2025-01-01T00:00:00Z"));
    rig_delete(&rig, "1");
    rig_feed(&rig, "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\","
                   "\"fields\":{\"deletedAt\":{\"value\":null,"
                   "\"at\":\"2026-01-01T00:00:05Z\"}}}");
    ck_assert(!rig_live(&rig, "1"));
    CK_STR(rig_value(&rig, "1", "deletedAt"), "\"2026-01-01T00:00:05.001Z\"");
    push();
    ck_assert(str_is(rig_pushed(&rig).changes[0].deleted_at_text,
                     "2026-01-01T00:00:05.001Z"));
}
END_TEST

START_TEST(server_wins_drops_the_pending_write_whatever_the_stamps)
{
    rig_feed(&rig, UPDATE("0", "2025-01-01T00:00:00Z"));
    rig_update(&rig, "1", "n", "1", "m", "1", NULL);
    rig_update(&rig, "1", "n", "2", NULL);
    rig_feed(&rig, UPDATE("9", "2025-06-01T00:00:00Z")); /* older than ours */
    CK_STR(rig_value(&rig, "1", "n"), "9");
    CK_STR(rig_value(&rig, "1", "m"), "1");
    CK_NUM(rig_pending(&rig), 1); /* the second row held nothing else */
    CK_NUM(rig_events(&rig, EV_WITHDRAW), 2);
    const struct event *event = rig_last_event(&rig, EV_WITHDRAW);
    ck_assert(str_is(event->text, "server-wins"));
    CK_NUM(event->exchange, 2);
    ck_assert(str_is(event->fields[0].value, "2"));
    push();
    CK_NUM(rig_pushed(&rig).count, 1);
    ck_assert_ptr_null(rig_pushed_field(&rig, 0, "n"));
    ck_assert_ptr_nonnull(rig_pushed_field(&rig, 0, "m"));
}
END_TEST

START_TEST(server_wins_takes_a_redelivery_for_no_news)
{
    rig_feed(&rig, UPDATE("0", "2025-01-01T00:00:00Z"));
    rig_update(&rig, "1", "n", "1", NULL);
    rig_feed(&rig, UPDATE("0", "2025-01-01T00:00:00Z"));
    rig_feed(&rig, UPDATE("5", "2024-01-01T00:00:00Z"));
    CK_STR(rig_value(&rig, "1", "n"), "1");
    CK_NUM(rig_pending(&rig), 1);
}
END_TEST

START_TEST(server_wins_does_not_drop_what_the_server_may_have)
{
    rig_feed(&rig, UPDATE("0", "2025-01-01T00:00:00Z"));
    rig_update(&rig, "1", "n", "1", NULL);
    push();
    rig_lose(&rig, REPLY_TIMEOUT, FATE_UNKNOWN);
    rig_feed(&rig, UPDATE("9", "2025-06-01T00:00:00Z"));
    CK_STR(rig_value(&rig, "1", "n"), "1"); /* everyone will see it win */
    CK_NUM(rig_pending(&rig), 1);
}
END_TEST

START_TEST(server_wins_drops_what_surely_never_arrived)
{
    rig_feed(&rig, UPDATE("0", "2025-01-01T00:00:00Z"));
    rig_update(&rig, "1", "n", "1", NULL);
    push();
    rig_lose(&rig, REPLY_REFUSED, FATE_NONE);
    rig_feed(&rig, UPDATE("9", "2025-06-01T00:00:00Z"));
    CK_STR(rig_value(&rig, "1", "n"), "9");
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(server_wins_keeps_the_insert_of_which_fields_are_dropped)
{
    rig_insert(&rig, "1", "n", "1", "m", "1", NULL);
    rig_feed(&rig, UPDATE("9", "2025-06-01T00:00:00Z") "," DELETE(
                       "2025-06-02T00:00:00Z"));
    ck_assert(!rig_live(&rig, "1"));
    CK_NUM(rig_pending(&rig), 1);
    push();
    struct changeset set = rig_pushed(&rig);
    CK_NUM(set.count, 1);
    CK_NUM(set.changes[0].op, OP_INSERT);
    ck_assert_ptr_null(rig_pushed_field(&rig, 0, "n"));
    ck_assert_ptr_null(rig_pushed_field(&rig, 0, "deletedAt"));
    ck_assert_ptr_nonnull(rig_pushed_field(&rig, 0, "m"));
}
END_TEST

Suite *suite_strategy(void)
{
    Suite *suite = suite_create("strategy");
    TCase *client = tcase_create("client-wins");
    TCase *server = tcase_create("server-wins");
    tcase_add_checked_fixture(client, open_client, close_rig);
    tcase_add_test(client, client_wins_lifts_the_pending_write_over_the_remote);
    tcase_add_test(client, client_wins_leaves_an_older_remote_alone);
    tcase_add_test(client, client_wins_yields_when_nothing_is_pending);
    tcase_add_test(client, client_wins_splits_a_lifted_field_from_its_insert);
    tcase_add_test(client,
                   client_wins_lifts_what_is_in_flight_in_a_row_of_its_own);
    tcase_add_test(client, client_wins_keeps_a_pending_delete);
    tcase_add_checked_fixture(server, open_server, close_rig);
    tcase_add_test(server,
                   server_wins_drops_the_pending_write_whatever_the_stamps);
    tcase_add_test(server, server_wins_takes_a_redelivery_for_no_news);
    tcase_add_test(server, server_wins_does_not_drop_what_the_server_may_have);
    tcase_add_test(server, server_wins_drops_what_surely_never_arrived);
    tcase_add_test(server,
                   server_wins_keeps_the_insert_of_which_fields_are_dropped);
    suite_add_tcase(suite, client);
    suite_add_tcase(suite, server);
    return suite;
}
