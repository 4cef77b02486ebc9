/* SPDX-License-Identifier: MIT */
/* What the verbs of live channels do and say, in virtual time. */
#include "harness/run/witness.h"
#include "tests/run/suites.h"

struct bench {
    struct arena texts, runs;
    struct run_options options;
    struct run_result result;
};

static void bench_open(struct bench *bench, const char *dialect)
{
    arena_init(&bench->texts, LIMIT_RUN_ARENA);
    arena_init(&bench->runs, LIMIT_RUN_ARENA);
    run_options_defaults(&bench->options);
    bench->options.dialect = dialect_find(str_of(dialect));
}

static void bench_close(struct bench *bench)
{
    arena_free(&bench->texts);
    arena_free(&bench->runs);
}

#define HEAD                                                                   \
    "scenario \"test\"\ncovers WS-5 CONN-1\ndialect v2\n"                      \
    "clients alice bob\ncollection tasks title:text\n"                         \
    "collection notes title:text\n\n"

static void play(struct bench *bench, const char *text)
{
    struct scenario_list list = scenario_of(text, &bench->texts);
    run_scenario(&list.items[0], &bench->options, &bench->runs, &bench->result);
}

static void ck_passes(const char *text)
{
    struct bench b;
    bench_open(&b, "v2");
    play(&b, text);
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s: %s",
                  outcome_name(b.result.outcome), first_verdict(&b.result));
    bench_close(&b);
}

struct failure {
    const char *text;
    const char *what, *expected, *actual, *cause; /* NULL: anything */
};

static void ck_text(struct str have, const char *want)
{
    ck_assert_msg(!want || str_is(have, want), "\"%.*s\" is not \"%s\"",
                  STR_ARG(have), want);
}

static void ck_fails(const struct failure *want)
{
    struct bench b;
    bench_open(&b, "v2");
    play(&b, want->text);
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    const struct verdict *v = &b.result.verdicts[0];
    ck_text(v->checker, "expectation");
    ck_text(v->what, want->what);
    ck_text(v->expected, want->expected);
    ck_text(v->actual, want->actual);
    ck_text(v->cause, want->cause);
    bench_close(&b);
}

static const struct event *event_find(const struct run_result *result,
                                      enum event_kind kind, const char *text)
{
    for (size_t i = 0; i < result->history->count; i++) {
        const struct event *event = &result->history->events[i];
        if (event->kind == kind && (!text || str_is(event->text, text))) {
            return event;
        }
    }
    return NULL;
}

static size_t event_count(const struct run_result *result, enum event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < result->history->count; i++) {
        count += result->history->events[i].kind == kind;
    }
    return count;
}

#define PUSH                                                                   \
    "  alice inserts tasks/1 title=\"milk\"\n"                                 \
    "  alice pushes gets=ok\n"

START_TEST(each_listening_mode_hears)
{
    ck_passes(HEAD "  bob listens socket gets=open\n" PUSH "  bob hears tasks\n"
                   "  bob finishes\n"
                   "  bob sees tasks/1 title=\"milk\"\n"
                   "  bob has live=open channels=1 notices=1 pulls>=3\n");
    ck_passes(HEAD "  bob listens unified gets=open\n" PUSH
                   "  bob hears tasks app=\"app\"\n");
    ck_passes(HEAD "  bob listens stream gets=open\n" PUSH
                   "  bob hears tasks/1 title=\"milk\"\n"
                   "  bob has live=open channels=1 notices=0\n");
    ck_passes(HEAD "  everyone listens socket gets=open\n"
                   "  everyone listens off\n"
                   "  everyone has live=off channels=0\n");
}
END_TEST

START_TEST(raw_channels_speak_and_hear)
{
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes gets=open\n"
                   "  expects status=101\n"
                   "  bob says\n"
                   "  | {\"type\":\"ping\"}\n"
                   "  bob hears pong within=1s\n" PUSH "  bob hears tasks\n"
                   "  bob hears nothing for=3s\n"
                   "  bob disconnects\n");
    ck_passes(HEAD "  bob connects /ws/{app} via=frames on=hand\n"
                   "  bob frames ping on=hand\n"
                   "  | abc\n"
                   "  bob hears pong-frame is=\"abc\" on=hand\n"
                   "  bob hears nothing for=1s on=hand\n"
                   "  bob frames close code=1000 on=hand\n"
                   "  bob hears close code=1000 on=hand\n");
    ck_passes(HEAD "  bob connects "
                   "\"/sync/{app}/stream?collections=tasks&since={epoch}\"\n"
                   "  expects status=200\n" PUSH
                   "  bob hears tasks/1 title=\"milk\"\n"
                   "  bob disconnects how=cut\n");
}
END_TEST

/* A step that hears consumes what it used, and nothing behind it. */
START_TEST(what_was_heard_is_not_heard_again)
{
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes\n" PUSH
                   "  alice inserts notes/1 title=\"b\"\n"
                   "  alice pushes gets=ok\n"
                   "  bob hears tasks\n"
                   "  bob hears notes\n"
                   "  bob hears nothing for=1s\n");
    const struct failure again = {.text = HEAD
                                  "  bob connects /ws/{app} auth=yes\n" PUSH
                                  "  bob hears tasks\n"
                                  "  bob hears tasks within=1s\n",
                                  .what = "bob hears tasks",
                                  .expected = "tasks within 1s"};
    ck_fails(&again);
}
END_TEST

START_TEST(several_words_may_come_in_any_order)
{
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes\n"
                   "  alice inserts notes/1 title=\"b\"\n"
                   "  alice pushes gets=ok\n" PUSH "  bob hears tasks notes\n"
                   "  bob hears nothing for=1s\n");
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes\n" PUSH
                   "  alice updates tasks/1 title=\"b\"\n"
                   "  alice pushes gets=ok\n"
                   "  bob hears tasks count=2\n");
}
END_TEST

#define STREAM                                                                 \
    "  bob connects \"/sync/{app}/stream?collections=tasks,notes&"             \
    "since={epoch}\"\n"

START_TEST(so_many_records_may_come_in_any_number_of_messages)
{
    ck_passes(HEAD STREAM "  storm writes writers=3 changes=4 batch=2\n"
                          "  alice inserts notes/1 title=\"b\"\n"
                          "  alice pushes gets=ok\n"
                          "  bob hears tasks records=24\n"
                          "  bob hears notes records=1\n");
    /* The same record twice is one. */
    const struct failure again = {.text = HEAD STREAM PUSH
                                  "  alice updates tasks/1 title=\"b\"\n"
                                  "  alice pushes gets=ok\n"
                                  "  bob hears tasks records=2 within=1s\n",
                                  .what = "bob hears tasks",
                                  .expected = "tasks records=2 within 1s"};
    ck_fails(&again);
}
END_TEST

#define NOTES                                                                  \
    "  alice inserts notes/1 title=\"b\"\n"                                    \
    "  alice pushes gets=ok\n"

START_TEST(nothing_else_may_come_before_it)
{
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes\n" PUSH NOTES
                   "  bob hears tasks only=yes\n"
                   "  bob hears notes only=yes\n");
    ck_passes(HEAD STREAM NOTES PUSH "  bob hears notes/1 only=yes\n"
                                     "  bob hears tasks only=yes\n");
    const struct failure notice = {
        .text = HEAD "  bob connects /ws/{app} auth=yes\n" PUSH NOTES
                     "  bob hears notes only=yes\n",
        .what = "bob hears notes",
        .expected = "notes within 2s, and nothing else before it"};
    ck_fails(&notice);
    const struct failure change = {.text = HEAD STREAM NOTES PUSH
                                   "  bob hears tasks/1 only=yes\n",
                                   .what = "bob hears tasks/1"};
    ck_fails(&change);
}
END_TEST

/* Of the user, but of no app of this run. */
START_TEST(others_of_the_same_user_are_no_affair_of_a_run)
{
#define ANNOUNCED(app)                                                         \
    HEAD "  bob connects /ws auth=yes\n"                                       \
         "  net announces message to=bob body=\"{\\\"type\\\":"                \
         "\\\"sync-available\\\",\\\"tables\\\":[\\\"notes\\\"],"              \
         "\\\"appId\\\":\\\"" app "\\\"}\"\n"
    ck_passes(ANNOUNCED("app-of-others") PUSH "  bob hears tasks only=yes\n"
                                              "  bob hears nothing for=1s\n");
    const struct failure own = {
        .text = ANNOUNCED("app") "  bob hears nothing for=1s\n",
        .expected = "no notice and no change for 1s"};
    ck_fails(&own);
#undef ANNOUNCED
}
END_TEST

START_TEST(an_opening_has_its_time)
{
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes within=1s\n"
                   "  expects status=101\n");
    const struct failure late = {
        .text = HEAD "  net drops request path=\"/ws\" count=1\n"
                     "  bob connects /ws/{app} within=1s\n"
                     "  expects status=101\n",
        .what = "bob connects",
        .expected = "an answer to the opening within 1s",
        .actual = "none yet"};
    ck_fails(&late);
}
END_TEST

START_TEST(what_is_not_heard_is_told_with_what_was)
{
    const struct failure silent = {
        .text = HEAD "  bob listens socket\n"
                     "  bob hears tasks within=1s\n",
        .what = "bob hears tasks",
        .expected = "tasks within 1s",
        .actual = "t=0.160s auth-ok {\"type\":\"auth-ok\"}",
        .cause = ""};
    ck_fails(&silent);
    const struct failure other = {.text = HEAD
                                  "  bob connects /ws/{app} auth=yes\n" PUSH
                                  "  bob hears notes count=2 within=500ms\n",
                                  .what = "bob hears notes",
                                  .expected = "notes count=2 within 500ms",
                                  .actual = "t=0.200s sync-available tasks",
                                  .cause = ""};
    ck_fails(&other);
    const struct failure closed = {
        .text = HEAD "  bob connects /ws/{app}\n"
                     "  bob says\n"
                     "  | {\"type\":\"auth\",\"token\":\"eyJ.no.no\"}\n"
                     "  bob hears close\n"
                     "  bob hears tasks within=1s\n",
        .what = "bob hears tasks",
        .expected = "tasks within 1s"};
    ck_fails(&closed);
}
END_TEST

START_TEST(what_should_not_be_heard_is_told)
{
    const struct failure heard = {.text = HEAD
                                  "  bob connects /ws/{app} auth=yes\n" PUSH
                                  "  bob hears nothing for=3s\n",
                                  .what = "bob hears nothing",
                                  .expected = "no notice and no change for 3s",
                                  .actual = "t=0.200s sync-available tasks",
                                  .cause = ""};
    ck_fails(&heard);
    const struct failure changes = {
        .text =
            HEAD "  bob connects "
                 "\"/sync/{app}/stream?collections=tasks&since={epoch}\"\n" PUSH
                 "  bob hears tasks/1 title=\"eggs\" within=1s\n",
        .what = "bob hears tasks/1 title=eggs",
        .expected = "tasks/1 title=eggs within 1s",
        .cause = ""};
    ck_fails(&changes);
}
END_TEST

/* How an opening must end, and how it did. */
START_TEST(openings_end_as_the_script_says)
{
    ck_passes(HEAD "  net answers request path=\"/ws\" status=503 count=2\n"
                   "  bob connects /ws/{app} gets=503\n"
                   "  expects status=503\n"
                   "  bob listens socket gets=503\n"
                   "  bob has live=waiting\n");
    ck_passes(HEAD "  net drops request path=\"/ws\" count=1\n"
                   "  bob connects /ws/{app} gets=timeout\n");
    ck_passes(HEAD "  server kills\n"
                   "  bob connects /ws/{app} gets=refused\n"
                   "  server restarts\n");
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes token=\"eyJ.no.no\""
                   " gets=closed\n");
    ck_passes(HEAD "  alice goes offline\n"
                   "  alice listens socket\n"
                   "  alice has live=off\n");
    const struct failure open = {
        .text = HEAD "  net answers request path=\"/ws\" status=503 count=1\n"
                     "  bob listens socket gets=open\n",
        .what = "bob listens socket gets=open",
        .expected = "open",
        .actual = "503"};
    ck_fails(&open);
    const struct failure refused = {.text = HEAD
                                    "  bob connects /ws/{app} gets=401\n",
                                    .what = "bob connects /ws/{app} gets=401",
                                    .expected = "401",
                                    .actual = "open",
                                    .cause = ""};
    ck_fails(&refused);
}
END_TEST

START_TEST(a_dead_channel_is_not_spoken_on)
{
    const struct failure says = {.text =
                                     HEAD "  bob connects /ws/{app} auth=yes\n"
                                          "  net cuts message to=bob\n"
                                          "  bob hears close code=1006\n"
                                          "  bob says\n"
                                          "  | {\"type\":\"ping\"}\n",
                                 .what = "bob says",
                                 .expected = "a raw channel, open"};
    ck_fails(&says);
    const struct failure frames = {
        .text = HEAD "  net drops request path=\"/ws\" count=1\n"
                     "  bob connects /ws/{app} via=frames wait=no\n"
                     "  bob frames ping\n",
        .what = "bob frames",
        .expected = "a raw channel of frames, open",
        .actual = "it is not open yet"};
    ck_fails(&frames);
}
END_TEST

START_TEST(the_network_disturbs_messages)
{
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes\n"
                   "  net repeats message to=bob times=50 count=1\n" PUSH
                   "  bob hears tasks count=50\n"
                   "  bob hears nothing for=1s\n");
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes\n"
                   "  net drops message to=bob count=1\n" PUSH
                   "  bob hears nothing for=3s\n");
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes\n"
                   "  net delays message to=bob by=5s count=1\n" PUSH
                   "  bob hears nothing for=4s\n"
                   "  bob hears tasks within=2s\n");
    ck_passes(HEAD "  bob listens socket\n"
                   "  bob connects /ws/{app} auth=yes\n"
                   "  net announces message to=bob "
                   "body=\"{\\\"type\\\":\\\"sync-available\\\","
                   "\\\"tables\\\":[\\\"notes\\\"]}\"\n"
                   "  bob hears notes within=1s\n"
                   "  bob disconnects\n"
                   "  bob hears notes within=1s\n");
    ck_passes(HEAD "  net splits message to=bob bytes=1\n"
                   "  bob listens socket gets=open\n" PUSH
                   "  bob hears tasks\n");
    ck_passes(HEAD "  bob connects /ws/{app} auth=yes\n"
                   "  net stalls message to=bob by=5s\n" PUSH
                   "  bob hears nothing for=3s\n"
                   "  bob hears tasks within=4s\n");
}
END_TEST

START_TEST(a_reader_that_stops_hears_all_when_it_goes_on)
{
    ck_passes(HEAD "  bob connects "
                   "\"/sync/{app}/stream?collections=tasks&since={epoch}\"\n"
                   "  bob pauses\n" PUSH "  bob hears nothing for=3s\n"
                   "  bob resumes\n"
                   "  bob hears tasks/1 within=2s\n");
}
END_TEST

/* A run ends well with engines that lost their channel, half-open ones, raw
 * ones that nobody closed, and a server that died. */
START_TEST(every_channel_is_ended_with_the_run)
{
    struct bench b;
    bench_open(&b, "v2");
    play(&b, HEAD "  everyone listens socket gets=open\n"
                  "  bob connects /ws/{app} auth=yes\n"
                  "  bob connects /ws/{app} via=frames on=hand\n"
                  "  net silences message to=bob\n"
                  "  server kills\n"
                  "  server restarts\n");
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    ck_assert_uint_eq(event_count(&b.result, EV_OPEN),
                      event_count(&b.result, EV_SHUT));
    bench_close(&b);
}
END_TEST

/* What a silence or a break left is as good as new before the run settles. */
START_TEST(engines_listen_again_before_the_end)
{
    struct bench b;
    bench_open(&b, "v2");
    play(&b, HEAD "  bob listens socket gets=open\n"
                  "  net silences message to=bob\n" PUSH);
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    const struct event *settle = event_find(&b.result, EV_PHASE, "settle");
    size_t listens = 0;
    for (uint32_t i = 0; i < settle->seq; i++) {
        listens += b.result.history->events[i].kind == EV_LISTENS;
    }
    ck_assert_uint_eq(listens, 2);
    bench_close(&b);
}
END_TEST

START_TEST(the_history_says_what_was_said_but_no_token)
{
    struct bench b;
    bench_open(&b, "v2");
    play(&b, HEAD "  bob connects /ws/{app} auth=yes token=\"tok-secret\"\n"
                  "  bob listens stream\n" PUSH "  bob hears tasks\n");
    const struct event *say = event_find(&b.result, EV_SAY, NULL);
    ck_assert(say &&
              str_starts(say->body, STR("{\"type\":\"auth\",\"token\":\"…\"")));
    const struct event *open = event_find(&b.result, EV_OPEN, NULL);
    ck_assert(open->as.live_kind == LIVE_APP_SOCKET);
    ck_assert(str_is(b.result.history->actors[open->actor].name, "bob (raw)"));
    const struct event *changes = event_find(&b.result, EV_HEAR, "changes");
    ck_assert(changes && changes->response && changes->id.n > 0);
    ck_assert(str_is(changes->collection, "tasks") ||
              str_is(changes->collection, "notes"));
    bench_close(&b);
}
END_TEST

/* The cursor that an event continues is the one before it on this channel. */
START_TEST(the_events_of_a_stream_are_a_chain)
{
    struct bench b;
    bench_open(&b, "v2");
    play(&b,
         HEAD "  bob connects "
              "\"/sync/{app}/stream?collections=tasks&since={epoch}\"\n" PUSH
              "  bob hears tasks\n"
              "  alice updates tasks/1 title=\"b\"\n"
              "  alice pushes gets=ok\n"
              "  bob hears tasks\n");
    struct str before = STR(CURSOR_EPOCH_TEXT);
    size_t events = 0;
    for (size_t i = 0; i < b.result.history->count; i++) {
        const struct event *event = &b.result.history->events[i];
        if (event->kind == EV_HEAR && event->response) {
            ck_assert(str_eq(event->id, before));
            before = event->response->synced_until;
            events++;
        }
    }
    ck_assert_uint_ge(events, 2);
    bench_close(&b);
}
END_TEST

START_TEST(v1_is_known_by_the_pong_behind_the_token)
{
    struct bench b;
    bench_open(&b, "v1");
    play(&b, "scenario \"test\"\ncovers WS-5\nclients alice bob\n"
             "collection tasks title:text\n\n"
             "  bob connects /ws/{app} auth=yes gets=open\n" PUSH
             "  bob hears tasks\n"
             "  alice listens socket gets=open\n");
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    ck_assert_uint_eq(event_count(&b.result, EV_LISTENS), 2);
    bench_close(&b);
}
END_TEST

static bool may_have_lost(const char *checker, uint32_t line)
{
    struct arena arena;
    arena_init(&arena, LIMIT_RUN_ARENA);
    struct scenario_list list = scenario_of(HEAD "  bob listens socket\n"
                                                 "  bob hears tasks\n",
                                            &arena);
    struct verdict verdict = {
        .outcome = OUT_FAIL, .checker = str_of(checker), .line = line};
    struct run_result result = {
        .outcome = OUT_FAIL, .verdicts = &verdict, .verdict_count = 1};
    bool lost = witness_may_help(&list.items[0], &result);
    verdict.outcome = OUT_UNKNOWN;
    ck_assert(!witness_may_help(&list.items[0], &result));
    arena_free(&arena);
    return lost;
}

START_TEST(only_what_a_lost_message_explains_calls_the_witness)
{
    ck_assert(may_have_lost("expectation", 9)); /* bob hears tasks */
    ck_assert(!may_have_lost("expectation", 8));
    ck_assert(may_have_lost("notices", 0));
    ck_assert(may_have_lost("streams", 3));
    ck_assert(!may_have_lost("convergence", 9));
}
END_TEST

Suite *suite_live(void)
{
    Suite *suite = suite_create("live");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, each_listening_mode_hears);
    tcase_add_test(tcase, raw_channels_speak_and_hear);
    tcase_add_test(tcase, what_was_heard_is_not_heard_again);
    tcase_add_test(tcase, several_words_may_come_in_any_order);
    tcase_add_test(tcase, so_many_records_may_come_in_any_number_of_messages);
    tcase_add_test(tcase, nothing_else_may_come_before_it);
    tcase_add_test(tcase, others_of_the_same_user_are_no_affair_of_a_run);
    tcase_add_test(tcase, an_opening_has_its_time);
    tcase_add_test(tcase, what_is_not_heard_is_told_with_what_was);
    tcase_add_test(tcase, what_should_not_be_heard_is_told);
    tcase_add_test(tcase, openings_end_as_the_script_says);
    tcase_add_test(tcase, a_dead_channel_is_not_spoken_on);
    tcase_add_test(tcase, the_network_disturbs_messages);
    tcase_add_test(tcase, a_reader_that_stops_hears_all_when_it_goes_on);
    tcase_add_test(tcase, every_channel_is_ended_with_the_run);
    tcase_add_test(tcase, engines_listen_again_before_the_end);
    tcase_add_test(tcase, the_history_says_what_was_said_but_no_token);
    tcase_add_test(tcase, the_events_of_a_stream_are_a_chain);
    tcase_add_test(tcase, v1_is_known_by_the_pong_behind_the_token);
    tcase_add_test(tcase, only_what_a_lost_message_explains_calls_the_witness);
    suite_add_tcase(suite, tcase);
    return suite;
}
