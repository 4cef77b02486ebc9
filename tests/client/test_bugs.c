/* SPDX-License-Identifier: MIT */
/* The museum: each planted bug does something that can be seen, and the sound
 * engine does not.  Layer: tests. */
#include "tests/client/rig.h"

#define START "2026-01-01T00:00:00.000000001Z"
#define LATER "2026-01-01T00:00:09.1234567Z"
#define SET(id, value, at)                                                     \
    "{\"table\":\"tasks\",\"id\":\"" id                                        \
    "\",\"op\":\"update\",\"fields\":{\"n\":{\"value\":" value ",\"at\":\"" at \
    "\"}}}"
#define NEW(id, value, at)                                                     \
    "{\"table\":\"tasks\",\"id\":\"" id                                        \
    "\",\"op\":\"insert\",\"data\":{\"n\":" value ",\"updatedAt\":\"" at       \
    "\"}}"
#define DEAD(id, at)                                                           \
    "{\"table\":\"tasks\",\"id\":\"" id                                        \
    "\",\"op\":\"delete\",\"deletedAt\":\"" at "\"}"

static struct rig rig;

static struct str bodies_left(void)
{
    struct buf kinds;
    buf_init(&kinds, 65536);
    while (engine_take(rig.engine, &rig.request)) {
        buf_puts(&kinds, rig.request.kind == REQUEST_PUSH ? "push " : "pull ");
        rig_answer(&rig, "", LATER, false);
    }
    struct str text = rig_format(&rig, "%.*s", STR_ARG(buf_view(&kinds)));
    buf_free(&kinds);
    return text;
}

static void push(void)
{
    engine_push(rig.engine, rig.at);
    rig_take(&rig);
}

static struct str see_coalescing(void)
{
    rig_insert(&rig, "1", "a", "1", NULL);
    rig_update(&rig, "1", "b", "2", NULL);
    push();
    struct changeset set = rig_pushed(&rig);
    return rig_format(&rig, "%zu changes, first %s", set.count,
                      op_name(set.changes[0].op));
}

static struct str see_lost_answer(void)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_lose(&rig, REPLY_TIMEOUT, FATE_UNKNOWN);
    return rig_format(&rig, "%zu pending", rig_pending(&rig));
}

static struct str see_edit_meanwhile(void)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    push();
    rig_update(&rig, "1", "n", "2", NULL);
    rig_insert(&rig, "2", NULL);
    rig_answer(&rig, "", LATER, false);
    return rig_format(&rig, "%zu pending", rig_pending(&rig));
}

static struct str see_crash(void)
{
    rig_insert(&rig, "1", NULL);
    engine_crash(rig.engine);
    engine_restart(rig.engine, rig.at);
    return rig_format(&rig, "%zu pending", rig_pending(&rig));
}

static struct str see_second_try(void)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_lose(&rig, REPLY_TIMEOUT, FATE_UNKNOWN);
    engine_sync(rig.engine, rig.at);
    return bodies_left();
}

static struct str see_failing_server(void)
{
    size_t requests = 0;
    rig_insert(&rig, "1", NULL);
    engine_push(rig.engine, rig.at);
    while (engine_take(rig.engine, &rig.request)) {
        rig_reply(&rig, 503, "", "60");
        ck_assert(++requests < 1000);
    }
    return rig_format(&rig, "%zu requests", requests);
}

static struct str see_typing(void)
{
    rig.config.timers = true;
    rig.engine = engine_create(&rig.config, rig.device);
    engine_sign_in(rig.engine, rig.at);
    rig_drain(&rig, LATER);
    int64_t since_ms = rig.at.now_ms;
    rig_insert(&rig, "1", NULL);
    while (rig.at.now_ms - since_ms < 20000 && !engine_busy(rig.engine)) {
        rig_wait(&rig, 500);
        engine_tick(rig.engine, rig.at);
        rig_update(&rig, "1", "n", "1", NULL);
    }
    return rig_format(&rig, "pushed after %d s",
                      (int)((rig.at.now_ms - since_ms) / 1000));
}

static struct str see_push_asked_twice(void)
{
    struct engine_request second = {0};
    rig_insert(&rig, "1", NULL);
    push();
    rig_insert(&rig, "2", NULL);
    engine_push(rig.engine, rig.at);
    bool at_once = engine_take(rig.engine, &second);
    rig_answer(&rig, "", LATER, false);
    rig_insert(&rig, "3", NULL);
    if (at_once) {
        rig.request = second;
    } else {
        rig_take(&rig);
    }
    rig_answer(&rig, "", LATER, false);
    return rig_format(&rig, "%s, %zu pending", at_once ? "at once" : "after",
                      rig_pending(&rig));
}

static struct str see_applied(void)
{
    rig_feed(&rig, SET("old", "1", "2026-01-01T00:00:05Z"));
    rig_feed(&rig, SET("old", "2", "2026-01-01T00:00:04Z"));
    rig_feed(&rig, SET("tie", "2", "2026-01-01T00:00:05Z"));
    rig_feed(&rig, SET("tie", "1", "2026-01-01T00:00:05Z"));
    rig_feed(&rig, SET("text", "1", "2026-01-01T00:00:05.5Z"));
    rig_feed(&rig, SET("text", "2", "2026-01-01T00:00:05Z"));
    rig_feed(&rig, SET("late", "2", "2026-01-01T00:00:07Z"));
    rig_feed(&rig, NEW("late", "1", "2026-01-01T00:00:05Z"));
    rig_feed(&rig, DEAD("gone", "2026-01-01T00:00:07Z"));
    rig_feed(&rig, NEW("gone", "1", "2026-01-01T00:00:05Z"));
    rig_feed(&rig, NEW("dead", "1", "2026-01-01T00:00:05Z"));
    rig_feed(&rig, DEAD("dead", "2026-01-01T00:00:07Z"));
    rig_feed(&rig, NEW("dead", "1", "2026-01-01T00:00:05Z"));
    rig_wait(&rig, 60000);
    rig_feed(&rig, SET("old", "1", "2026-01-01T00:00:05Z"));
    rig_feed(&rig, SET("clock", "1", "2026-01-01T00:00:05Z"));
    return str_of(rig_print(&rig.arena, rig.device));
}

static struct str see_pending_and_older(void)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    rig_feed(&rig, SET("1", "2", "2025-01-01T00:00:00Z"));
    return str_of(rig_value(&rig, "1", "n"));
}

static struct str see_crash_in_page(void)
{
    engine_crash_at(rig.engine, CRASH_IN_APPLY);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_answer(&rig, SET("1", "1", START) "," SET("2", "2", START), LATER,
               false);
    return str_of(rig_cursor(&rig, "tasks"));
}

static struct str see_cursors(void)
{
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_answer(&rig, "", LATER, false);
    return rig_format(&rig, "%s %s", rig_cursor(&rig, "tasks"),
                      rig_cursor(&rig, "notes"));
}

static struct str see_pages(void)
{
    size_t requests = 1;
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_answer(&rig, "", LATER, true);
    while (requests < 100 && engine_take(rig.engine, &rig.request)) {
        rig_answer(&rig, "", LATER, true);
        requests++;
    }
    return rig_format(&rig, "%zu requests", requests);
}

static struct str see_odd_changes(void)
{
    rig_insert(&rig, "mine", NULL);
    push();
    rig_answer(&rig,
               "{\"table\":\"aliens\",\"id\":\"1\",\"op\":\"insert\","
               "\"data\":{}},7," SET("1", "1", START),
               LATER, false);
    return rig_format(&rig, "%zu pending, %s", rig_pending(&rig),
                      rig_value(&rig, "1", "n"));
}

static struct str see_reconnect(void)
{
    engine_online(rig.engine, rig.at, false);
    rig_insert(&rig, "1", NULL);
    engine_sync(rig.engine, rig.at);
    struct str offline = bodies_left();
    engine_online(rig.engine, rig.at, true);
    struct str online = bodies_left();
    return rig_format(&rig, "[%.*s] [%.*s] %zu pending", STR_ARG(offline),
                      STR_ARG(online), rig_pending(&rig));
}

static struct str see_restore(void)
{
    struct device *backup = device_snapshot(rig.device);
    device_reinstall(rig.device, STR("device-b"));
    device_restore(rig.device, backup, false);
    return device_client_id(rig.device);
}

static struct str see_clock_step(void)
{
    rig_insert(&rig, "1", "n", "1", NULL);
    rig.at.wall = instant_add_ms(rig.at.wall, -3600000);
    rig_update(&rig, "1", "n", "2", NULL);
    push();
    size_t last = rig_pushed(&rig).count - 1;
    return rig_format(
        &rig, "%d, here %s",
        instant_cmp(rig_pushed_field(&rig, last, "n")->at, rig.at.wall) > 0,
        rig_value(&rig, "1", "n"));
}

static struct str see_status(void)
{
    rig_insert(&rig, "1", NULL);
    push();
    rig_lose(&rig, REPLY_TIMEOUT, FATE_UNKNOWN);
    return str_of(sync_status_name(engine_status(rig.engine)));
}

static struct str see_token(void)
{
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_reply(&rig, 401, "", NULL);
    return rig_quiet(&rig) ? STR("gave up") : STR("asked anew");
}

static struct str see_guest(void)
{
    engine_sign_out(rig.engine, rig.at);
    rig_insert(&rig, "1", NULL);
    engine_sign_in(rig.engine, rig.at);
    return bodies_left();
}

static struct str see_flap(void)
{
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_ends(&rig, 1, 0);
    engine_online(rig.engine, rig.at, false);
    engine_online(rig.engine, rig.at, true);
    rig_acts(&rig);
    rig_live_opens(&rig, 2);
    rig_live_says(&rig, 2, "{\"type\":\"auth-ok\"}");
    rig_acts(&rig);
    rig_wait(&rig, 6000);
    engine_tick(rig.engine, rig.at);
    const char *timer = rig_acts(&rig);
    engine_online(rig.engine, rig.at, false);
    return rig_format(&rig, "[%s] [%s]", timer, rig_acts(&rig));
}

static struct str see_socket_open(void)
{
    engine_live(rig.engine, rig.at, LISTEN_SOCKET);
    rig_acts(&rig);
    rig_live_opens(&rig, 1);
    rig_live_says(&rig, 1, "{\"type\":\"auth-ok\"}");
    return bodies_left();
}

#define NOTICE "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}"

static struct str see_notice_while_busy(void)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_take(&rig);
    rig_live_says(&rig, 1, NOTICE);
    rig_answer(&rig, "", LATER, false);
    return str_of(rig_requests(&rig, LATER));
}

static struct str see_notices(void)
{
    rig_listen(&rig, LISTEN_SOCKET);
    for (int i = 0; i < 5; i++) {
        rig_live_says(&rig, 1, NOTICE);
    }
    return str_of(rig_requests(&rig, LATER));
}

static struct str see_sign_out(void)
{
    rig_listen(&rig, LISTEN_SOCKET);
    engine_sign_out(rig.engine, rig.at);
    engine_sign_in(rig.engine, rig.at);
    return str_of(rig_acts(&rig));
}

static struct str see_lost_channel(void)
{
    rig_listen(&rig, LISTEN_SOCKET);
    rig_live_ends(&rig, 1, WS_CODE_GOING_AWAY);
    int64_t next_ms = engine_next_ms(rig.engine);
    return next_ms == INT64_MAX
               ? STR("never")
               : rig_format(&rig, "%d ms", (int)(next_ms - rig.at.now_ms));
}

static struct str see_crash_in_event(void)
{
    rig_listen(&rig, LISTEN_STREAM);
    engine_crash_at(rig.engine, CRASH_IN_APPLY);
    rig_live_changes(&rig, "tasks",
                     SET("1", "1", START) "," SET("2", "2", START), LATER);
    ck_assert(engine_crashed(rig.engine));
    return str_of(rig_cursor(&rig, "tasks"));
}

static struct str see_stream_start(void)
{
    engine_pull(rig.engine, rig.at, STR("tasks"));
    rig_drain(&rig, LATER);
    engine_live(rig.engine, rig.at, LISTEN_STREAM);
    rig_acts(&rig);
    return rig.act.since;
}

static struct str see_silence(void)
{
    struct str seen = STR("");
    rig_listen(&rig, LISTEN_SOCKET);
    while (engine_live_state(rig.engine) == LIVE_STATE_OPEN && rig_tick(&rig)) {
        seen = rig_format(&rig, "%s%s", seen.p, rig_acts(&rig));
    }
    return seen;
}

static const struct {
    struct str (*see)(void);
    const char *sound; /* NULL: compared with the sound engine's */
    const char *bugs[10];
} sights[] = {
    {see_coalescing,
     "2 changes, first insert",
     {"coalesce-drops-insert", "coalesce-keeps-first-of-equal-time"}},
    {see_lost_answer, "1 pending", {"pending-cleared-before-ack"}},
    {see_edit_meanwhile,
     "2 pending",
     {"pending-cleared-all-not-sent", "edit-during-push-lost"}},
    {see_crash, "1 pending", {"queue-lost-on-crash"}},
    {see_second_try, "push pull pull ", {"failed-push-never-retried"}},
    {see_failing_server, "1 requests", {"retry-storm"}},
    {see_typing, "pushed after 5 s", {"debounce-starves"}},
    {see_push_asked_twice, "after, 1 pending", {"double-push-in-flight"}},
    {see_applied,
     NULL,
     {"apply-without-lww", "tie-takes-incoming", "stamps-compared-as-text",
      "receiver-clock-as-stamp", "insert-overwrites-newer",
      "update-unknown-dropped", "delete-unknown-dropped", "hard-delete-forgets",
      "redelivery-stamped-now"}},
    {see_pending_and_older, "1", {"old-remote-beats-pending"}},
    {see_crash_in_page, START, {"cursor-saved-before-apply"}},
    {see_cursors,
     LATER " " START,
     {"cursor-shared-by-collections", "cursor-parsed-and-rounded"}},
    {see_pages, "2 requests", {"page-not-followed", "hot-loop-on-stuck-page"}},
    {see_odd_changes,
     "0 pending, 1",
     {"malformed-change-stops-all", "unknown-collection-stops-push"}},
    {see_reconnect,
     "[] [push pull pull ] 0 pending",
     {"reconnect-without-pull", "offline-still-sends",
      "online-pulls-but-never-pushes"}},
    {see_restore, "device-b", {"same-client-id-after-restore"}},
    {see_clock_step, "1, here 2", {"clock-step-back-loses-edit"}},
    {see_status, "error", {"status-says-synced"}},
    {see_token, "asked anew", {"token-never-refreshed"}},
    {see_guest, "push pull pull ", {"guest-writes-not-pushed"}},
    {see_flap, "[] [shut 2 0;]", {"two-sockets-after-flap"}},
    {see_socket_open, "pull pull ", {"socket-reopens-without-pull"}},
    {see_notice_while_busy, "pull tasks ", {"notice-while-busy-ignored"}},
    {see_notices, "pull tasks pull tasks ", {"notice-storm"}},
    {see_sign_out,
     "shut 1 1000;open 2 GET /ws/to%20do;",
     {"sign-out-keeps-socket"}},
    {see_lost_channel, "5000 ms", {"never-reconnects", "reconnects-at-once"}},
    {see_crash_in_event, START, {"stream-cursor-before-apply"}},
    {see_stream_start, START, {"stream-resumes-from-newest"}},
    {see_silence,
     "say 1 {\"type\":\"ping\"};shut 1 0;",
     {"half-open-never-noticed"}},
};
enum { SIGHTS = sizeof sights / sizeof sights[0] };

/* What is seen, as malloc'ed text. */
static char *sight(struct str (*see)(void), const char *bug)
{
    rig_ready(&rig, &(struct rig_options){.bug = bug});
    struct str seen = see();
    char *text = malloc(seen.n + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, seen.p, seen.n);
    text[seen.n] = '\0';
    rig_close(&rig);
    return text;
}

START_TEST(each_bug_can_be_seen)
{
    char *sound = sight(sights[_i].see, NULL);
    if (sights[_i].sound) {
        CK_STR(sound, sights[_i].sound);
    }
    for (size_t i = 0; sights[_i].bugs[i]; i++) {
        char *seen = sight(sights[_i].see, sights[_i].bugs[i]);
        ck_assert_msg(strcmp(seen, sound) != 0, "%s cannot be seen: %s",
                      sights[_i].bugs[i], seen);
        free(seen);
    }
    free(sound);
}
END_TEST

START_TEST(every_bug_of_the_museum_is_shown_once)
{
    size_t shown[CLIENT_BUG_COUNT] = {0};
    for (size_t i = 0; i < SIGHTS; i++) {
        for (size_t b = 0; sights[i].bugs[b]; b++) {
            enum client_bug bug = client_bug_find(str_of(sights[i].bugs[b]));
            ck_assert_int_ne(bug, CLIENT_BUG_COUNT);
            shown[bug]++;
        }
    }
    for (size_t i = 0; i < CLIENT_BUG_COUNT; i++) {
        const struct client_bug_info *info =
            client_bug_info((enum client_bug)i);
        ck_assert_msg(shown[i] == 1, "%s is shown %zu times", info->name,
                      shown[i]);
        ck_assert(strlen(info->what) > 0 && strlen(info->clauses) > 0 &&
                  strlen(info->real) > 0);
    }
    CK_NUM(CLIENT_BUG_COUNT, 45);
    CK_NUM(client_bug_find(STR("no-such-bug")), CLIENT_BUG_COUNT);
    CK_NUM(client_bug_find(STR("")), CLIENT_BUG_COUNT);
}
END_TEST

START_TEST(switches_are_apart)
{
    struct client_bug_set set = {{0}};
    client_bug_add(&set, CLIENT_BUG_REDELIVERY_NOW);
    for (size_t i = 0; i < CLIENT_BUG_COUNT; i++) {
        CK_NUM(client_bug_on(&set, (enum client_bug)i),
               i == CLIENT_BUG_REDELIVERY_NOW);
    }
}
END_TEST

Suite *suite_bugs(void)
{
    Suite *suite = suite_create("client bugs");
    TCase *tests = tcase_create("client bugs");
    tcase_add_loop_test(tests, each_bug_can_be_seen, 0, SIGHTS);
    tcase_add_test(tests, every_bug_of_the_museum_is_shown_once);
    tcase_add_test(tests, switches_are_apart);
    suite_add_tcase(suite, tests);
    return suite;
}
