/* SPDX-License-Identifier: MIT */
/* The stream: where it begins, what it brings, how its cursors move.
 * Layer: tests. */
#include "tests/client/rig.h"

#define START "2026-01-01T00:00:00.000000001Z"
#define T1    "2026-01-01T00:00:01.5Z"
#define T2    "2026-01-01T00:00:02Z"
#define T3    "2026-01-01T00:00:03Z"
#define SET(table, id, value, at)                                              \
    "{\"table\":\"" table "\",\"id\":\"" id                                    \
    "\",\"op\":\"update\",\"fields\":{\"n\":{\"value\":" value ",\"at\":\"" at \
    "\"}}}"
#define TARGET(since)                                                          \
    "GET /sync/to%20do/stream?collections=tasks,notes&since=" since ";"
#define START_ESCAPED "2026-01-01T00%3A00%3A00.000000001Z"
#define EPOCH_ESCAPED "1970-01-01T00%3A00%3A00.000Z"

static struct rig rig;

static void open_rig(void)
{
    rig_ready(&rig, NULL);
}

static void close_rig(void)
{
    rig_close(&rig);
}

static enum live_state state(void)
{
    return engine_live_state(rig.engine);
}

static const char *why(void)
{
    return arena_str(&rig.arena, engine_live_why(rig.engine)).p;
}

static const char *header(const char *name)
{
    struct str value =
        http_header_find(rig.act.http.headers, rig.act.http.header_count, name);
    return value.p ? value.p : "(none)";
}

static void open_with_type(const char *type)
{
    struct http_reply reply = {.status = 200};
    http_reply_header(&reply, STR("Content-Type"), str_of(type));
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    rig_acts(&rig);
    engine_live_opened(rig.engine, rig.at, rig.act.channel, &reply);
}

START_TEST(a_stream_is_asked_for_from_the_least_cursor)
{
    engine_pull(rig.engine, rig.at, STR("notes"));
    rig_drain(&rig, T1);
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    CK_NUM(state(), LIVE_STATE_OPENING);
    ck_assert(engine_live_awaits(rig.engine));
    CK_STR(rig_acts(&rig), "open 1 " TARGET(START_ESCAPED));
    CK_NUM(rig.act.channel_kind, CHANNEL_STREAM);
    ck_assert(str_is(rig.act.since, START));
    CK_STR(header("Authorization"), "Bearer jwt");
    CK_STR(header("X-Client-Id"), "device-a");
    CK_STR(header("Accept"), "text/event-stream");
    CK_STR(header("Content-Type"), "(none)");
    rig_live_opens(&rig, 1);
    CK_NUM(state(), LIVE_STATE_OPEN);
    ck_assert(!engine_live_awaits(rig.engine));
    CK_STR(rig_acts(&rig), "");
    ck_assert(rig_quiet(&rig)); /* what was missed comes by itself */
}
END_TEST

START_TEST(a_device_without_cursors_begins_at_the_beginning)
{
    close_rig();
    rig_open(&rig, NULL);
    engine_sign_in(rig.engine, rig.at);
    rig_take(&rig); /* tasks: the first page is here, notes are not asked for */
    rig_answer(&rig, "", T1, false);
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    CK_STR(rig_acts(&rig), "open 1 " TARGET(EPOCH_ESCAPED));
}
END_TEST

START_TEST(what_is_pending_is_pushed_when_it_opens)
{
    rig_insert(&rig, "1", NULL);
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    rig_acts(&rig);
    rig_live_opens(&rig, 1);
    CK_STR(rig_requests(&rig, T1), "push ");
    CK_NUM(rig_pending(&rig), 0);
}
END_TEST

START_TEST(an_event_is_applied_and_moves_its_own_cursor)
{
    rig_listen(&rig, LISTEN_STREAM);
    rig_live_changes(&rig, "tasks", SET("tasks", "1", "7", T1), T2);
    CK_STR(rig_value(&rig, "1", "n"), "7");
    CK_STR(rig_cursor(&rig, "tasks"), T2);
    CK_STR(rig_cursor(&rig, "notes"), START);
    rig_live_changes(&rig, "tasks", SET("tasks", "1", "6", T1), T1);
    CK_STR(rig_cursor(&rig, "tasks"), T2); /* never back */
    CK_STR(rig_value(&rig, "1", "n"), "7");
    rig_live_changes(&rig, "notes", "", T3);
    CK_STR(rig_cursor(&rig, "notes"), T3);
    ck_assert(rig_quiet(&rig));
    CK_NUM(state(), LIVE_STATE_OPEN);
}
END_TEST

START_TEST(the_cursor_is_noted_after_the_changes)
{
    rig_listen(&rig, LISTEN_STREAM);
    size_t cursors = rig_events(&rig, EV_CURSOR);
    rig_live_changes(&rig, "tasks", SET("tasks", "1", "7", T1), T2);
    CK_NUM(rig_events(&rig, EV_CURSOR), cursors + 1);
    ck_assert_int_lt(rig_last_event(&rig, EV_APPLY)->seq,
                     rig_last_event(&rig, EV_CURSOR)->seq);
}
END_TEST

START_TEST(a_crash_between_change_and_cursor_loses_nothing)
{
    rig_listen(&rig, LISTEN_STREAM);
    engine_crash_at(rig.engine, CRASH_IN_APPLY);
    rig_live_changes(&rig, "tasks",
                     SET("tasks", "1", "1", T1) "," SET("tasks", "2", "2", T1),
                     T2);
    ck_assert(engine_crashed(rig.engine));
    CK_STR(rig_cursor(&rig, "tasks"), START);
    CK_STR(rig_acts(&rig), "shut 1 0;");
    engine_restart(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), "open 2 " TARGET(START_ESCAPED));
    rig_live_opens(&rig, 2);
    rig_live_changes(&rig, "tasks",
                     SET("tasks", "1", "1", T1) "," SET("tasks", "2", "2", T1),
                     T2);
    CK_STR(rig_value(&rig, "2", "n"), "2");
    CK_STR(rig_cursor(&rig, "tasks"), T2);
}
END_TEST

START_TEST(odd_events_stop_nothing)
{
    rig_listen(&rig, LISTEN_STREAM);
    rig_live_changes(&rig, "aliens", SET("tasks", "1", "1", T1), T3);
    CK_STR(rig_value(&rig, "1", "n"), "(none)");
    CK_STR(rig_cursor(&rig, "tasks"), START);
    rig_live_event(&rig, 1, "heartbeat", "{}");
    rig_live_event(&rig, 1, "weather", "rain");
    rig_live_event(&rig, 1, "message", "");
    rig_live_changes(&rig, "tasks",
                     "7,{\"table\":\"tasks\"}," SET(
                         "aliens", "1", "1", T1) "," SET("tasks", "2", "2", T1),
                     T2);
    CK_STR(rig_value(&rig, "2", "n"), "2");
    CK_STR(rig_cursor(&rig, "tasks"), T2);
    CK_NUM(state(), LIVE_STATE_OPEN);
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(an_unreadable_event_is_asked_for_again)
{
    rig_listen(&rig, LISTEN_STREAM);
    rig_live_event(&rig, 1, "changes", "{\"changes\":[");
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "stream: an event cannot be read");
    CK_STR(rig_acts(&rig), "shut 1 1000;");
    rig_live_changes(&rig, "tasks", "", T3); /* behind it, too late */
    CK_STR(rig_cursor(&rig, "tasks"), START);
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 5000);
    CK_STR(rig_acts(&rig), "open 2 " TARGET(START_ESCAPED));
}
END_TEST

START_TEST(a_silent_stream_is_given_up_and_goes_on_where_it_was)
{
    rig_listen(&rig, LISTEN_STREAM);
    CK_NUM(engine_next_ms(rig.engine), 45000);
    rig_wait(&rig, 44999);
    engine_tick(rig.engine, rig.at);
    CK_NUM(state(), LIVE_STATE_OPEN);
    rig_live_event(&rig, 1, "heartbeat", "{}");
    CK_NUM(engine_next_ms(rig.engine), 89999);
    rig_live_changes(&rig, "tasks", "", T2);
    rig_live_changes(&rig, "notes", "", T3);
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 89999);
    CK_STR(rig_acts(&rig), "shut 1 0;"); /* no ping: it cannot speak */
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "stream: nothing came for too long");
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.at.now_ms, 94999);
    CK_STR(rig_acts(&rig), "open 2 " TARGET("2026-01-01T00%3A00%3A02Z"));
}
END_TEST

START_TEST(a_stream_that_ends_is_opened_again)
{
    const struct channel_end end = {.kind = REPLY_ANSWER, .opened = true};
    rig_listen(&rig, LISTEN_STREAM);
    engine_live_ended(rig.engine, rig.at, 1, &end);
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_STR(why(), "stream: ended");
    CK_NUM(engine_next_ms(rig.engine), 5000);
}
END_TEST

START_TEST(where_there_is_no_stream_polling_remains)
{
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    rig_acts(&rig);
    rig_live_answers(&rig, 1, 404, "", NULL);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "stream: 404 Not Found");
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    open_with_type("text/html; charset=utf-8"); /* a page for everything */
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "stream: the answer is no text/event-stream");
    CK_STR(rig_acts(&rig), "shut 2 1000;");
    open_with_type("Text/Event-Stream;charset=utf-8");
    CK_NUM(state(), LIVE_STATE_OPEN);
}
END_TEST

START_TEST(an_unauthorized_stream_gets_a_new_token_once)
{
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    rig_acts(&rig);
    rig_live_answers(&rig, 1, 401, "", NULL);
    CK_NUM(rig.fresh_asked, 1);
    rig_acts(&rig);
    CK_NUM(rig.act.channel, 2);
    CK_STR(header("Authorization"), "Bearer jwt2");
    rig_live_answers(&rig, 2, 401, "", NULL);
    CK_NUM(state(), LIVE_STATE_WAITING);
    ck_assert(rig_tick(&rig));
    CK_NUM(rig.fresh_asked, 1);
    rig_acts(&rig);
    CK_STR(header("Authorization"), "Bearer jwt");
}
END_TEST

START_TEST(a_cursor_that_is_refused_starts_over_once)
{
    static const struct {
        int status;
        const char *body;
        bool starts_over;
    } answers[] = {{410, "", true},
                   {409, "", true},
                   {400, "{\"error\":\"bad cursor\"}", true},
                   {400, "{\"error\":\"collections\"}", false}};
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    rig_acts(&rig);
    rig_live_answers(&rig, 1, answers[_i].status, answers[_i].body, NULL);
    if (!answers[_i].starts_over) {
        CK_NUM(state(), LIVE_STATE_WAITING);
        CK_STR(rig_cursor(&rig, "tasks"), START);
        return;
    }
    CK_STR(rig_acts(&rig), "open 2 " TARGET(EPOCH_ESCAPED));
    CK_STR(rig_cursor(&rig, "tasks"), CURSOR_EPOCH_TEXT);
    rig_live_answers(&rig, 2, answers[_i].status, answers[_i].body, NULL);
    CK_NUM(state(), LIVE_STATE_WAITING);
    CK_NUM(engine_next_ms(rig.engine), 5000);
}
END_TEST

START_TEST(cursors_that_fall_back_under_a_stream_open_another)
{
    rig_listen(&rig, LISTEN_STREAM);
    device_reset_cursors(rig.device);
    rig_live_changes(&rig, "tasks", SET("tasks", "9", "9", T2), T3);
    CK_STR(rig_value(&rig, "9", "n"), "9");
    CK_STR(rig_cursor(&rig, "tasks"), CURSOR_EPOCH_TEXT);
    CK_STR(rig_acts(&rig), "shut 1 1000;open 2 " TARGET(EPOCH_ESCAPED));
    CK_NUM(engine_next_ms(rig.engine), INT64_MAX);
    rig_live_opens(&rig, 2);
    rig_live_changes(&rig, "tasks", "", T3);
    CK_STR(rig_cursor(&rig, "tasks"), T3);
    CK_STR(rig_acts(&rig), "");
}
END_TEST

START_TEST(a_pull_that_starts_over_is_not_overtaken)
{
    rig_listen(&rig, LISTEN_STREAM);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_reply(&rig, 410, "", NULL);
    rig_take(&rig); /* from the beginning */
    ck_assert(str_is(rig.request.since, CURSOR_EPOCH_TEXT));
    rig_live_changes(&rig, "tasks", SET("tasks", "9", "9", T2), T3);
    CK_STR(rig_cursor(&rig, "tasks"), CURSOR_EPOCH_TEXT);
    rig_answer(&rig, SET("tasks", "1", "1", T1), T1, true);
    rig_take(&rig);
    ck_assert(str_is(rig.request.since, T1)); /* not past the second page */
}
END_TEST

START_TEST(events_and_a_pull_at_one_time_do_not_disturb_each_other)
{
    rig_listen(&rig, LISTEN_STREAM);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_live_changes(&rig, "tasks", SET("tasks", "1", "2", T2), T3);
    CK_STR(rig_cursor(&rig, "tasks"), T3);
    rig_answer(&rig, SET("tasks", "1", "1", T1), T2, false);
    CK_STR(rig_cursor(&rig, "tasks"), T3);
    CK_STR(rig_value(&rig, "1", "n"), "2");
    ck_assert(!engine_busy(rig.engine));
    ck_assert(engine_outcome(rig.engine).ok);
}
END_TEST

START_TEST(an_event_does_not_beat_a_newer_write_of_ours)
{
    rig_listen(&rig, LISTEN_STREAM);
    rig_wait(&rig, 60000);
    rig_insert(&rig, "1", "n", "1", NULL);
    rig_live_changes(&rig, "tasks", SET("tasks", "1", "2", T2), T3);
    CK_STR(rig_value(&rig, "1", "n"), "1");
    CK_NUM(rig_pending(&rig), 1);
}
END_TEST

START_TEST(signed_out_nothing_comes_in)
{
    rig_listen(&rig, LISTEN_STREAM);
    engine_sign_out(rig.engine, rig.at);
    CK_STR(rig_acts(&rig), "shut 1 1000;");
    rig_live_changes(&rig, "tasks", SET("tasks", "1", "2", T2), T3);
    CK_STR(rig_value(&rig, "1", "n"), "(none)");
    CK_STR(rig_cursor(&rig, "tasks"), START);
}
END_TEST

/* An engine on a device with these collections. */
static void other_device(const struct str *collections, size_t count)
{
    rig.device_config.collections = collections;
    rig.device_config.collection_count = count;
    rig.device = device_create(&rig.device_config);
    rig.engine = engine_create(&rig.config, rig.device);
    engine_sign_in(rig.engine, rig.at);
    rig_requests(&rig, START);
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
}

START_TEST(names_are_escaped_and_bounded)
{
    static char longest[LIMIT_NAME_BYTES];
    static const struct str odd[] = {{"a,b&c=d", 7}, {"caf\xc3\xa9 ", 6}};
    memset(longest, 'x', sizeof longest);
    struct str many[5];
    for (size_t i = 0; i < 5; i++) {
        longest[i] = 'y';
        many[i] = rig_format(&rig, "%.*s", (int)sizeof longest, longest);
    }
    other_device(odd, 2);
    CK_STR(rig_acts(&rig),
           "open 1 GET /sync/to%20do/stream?collections=a%2Cb%26c%3Dd,"
           "caf%C3%A9%20&since=" START_ESCAPED ";");
    other_device(many, 3);
    CK_NUM(state(), LIVE_STATE_OPENING);
    other_device(many, 5);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "the collections' names are too long for one request");
    other_device(many, 0);
    CK_NUM(state(), LIVE_STATE_OFF);
    CK_STR(why(), "no collections to stream");
}
END_TEST

Suite *suite_live_stream(void)
{
    Suite *suite = suite_create("stream");
    TCase *tests = tcase_create("stream");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, a_stream_is_asked_for_from_the_least_cursor);
    tcase_add_test(tests, a_device_without_cursors_begins_at_the_beginning);
    tcase_add_test(tests, what_is_pending_is_pushed_when_it_opens);
    tcase_add_test(tests, an_event_is_applied_and_moves_its_own_cursor);
    tcase_add_test(tests, the_cursor_is_noted_after_the_changes);
    tcase_add_test(tests, a_crash_between_change_and_cursor_loses_nothing);
    tcase_add_test(tests, odd_events_stop_nothing);
    tcase_add_test(tests, an_unreadable_event_is_asked_for_again);
    tcase_add_test(tests, a_silent_stream_is_given_up_and_goes_on_where_it_was);
    tcase_add_test(tests, a_stream_that_ends_is_opened_again);
    tcase_add_test(tests, where_there_is_no_stream_polling_remains);
    tcase_add_test(tests, an_unauthorized_stream_gets_a_new_token_once);
    tcase_add_loop_test(tests, a_cursor_that_is_refused_starts_over_once, 0, 4);
    tcase_add_test(tests, cursors_that_fall_back_under_a_stream_open_another);
    tcase_add_test(tests, a_pull_that_starts_over_is_not_overtaken);
    tcase_add_test(tests,
                   events_and_a_pull_at_one_time_do_not_disturb_each_other);
    tcase_add_test(tests, an_event_does_not_beat_a_newer_write_of_ours);
    tcase_add_test(tests, signed_out_nothing_comes_in);
    tcase_add_test(tests, names_are_escaped_and_bounded);
    suite_add_tcase(suite, tests);
    return suite;
}
