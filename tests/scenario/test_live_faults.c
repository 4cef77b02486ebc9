/* SPDX-License-Identifier: MIT */
/* test_live_faults - lines about live channels that are refused, with what was
 * meant. */
#include "tests/scenario/suites.h"

#define PRELUDE                                                                \
    "scenario \"c\"\nclients alice bob\nclients carol app=notes\n"             \
    "collection tasks title:text n:number\ncollection text\ndialect v2\n"

static const struct {
    const char *lines, *error;
} faults[] = {
    /* listens */
    {" bob listens", "7:2: listens needs more, expected as in: alice listens "
                     "socket"},
    {" bob listens sockets",
     "7:14: unknown word \"sockets\"; did you mean \"socket\"?"},
    {" bob listens off gets=open",
     "7:18: gets= is of an opening, and off opens nothing"},
    {" bob listens off jitter=1s", "7:18: jitter= is of an opening"},
    {" bob listens off wait=no", "7:18: wait= is of an opening"},
    {" bob listens socket wait=no gets=open",
     "7:29: gets= needs the end of the opening, and wait=no does not wait for "
     "it"},
    {" bob listens socket gets=ok", "7:26: unknown value of gets \"ok\"; "
                                    "expected one of open, refused, timeout, "
                                    "reset, closed, a status as 404"},
    {" bob listens socket on=x", "7:21: unknown option \"on\""},
    /* connects */
    {" bob connects", "7:2: connects needs more"},
    {" bob connects ws", "7:15: \"ws\" is not a path: expected as /ws/{app} or "
                         "/sync/{app}/stream?collections=tasks"},
    {" bob connects /ws/{ap}", "7:19: unknown name in braces \"ap\"; did you "
                               "mean \"app\"?"},
    {" bob connects /ws/{app} GET", "7:25: \"GET\" is too much"},
    {" bob connects /sync/{app}/stream auth=yes",
     "7:34: auth= is of a socket, and only paths that begin with /ws are"},
    {" bob connects /sync/{app}/stream via=frames", "7:34: via= is of a "
                                                    "socket"},
    {" bob connects /ws/{app} wait=no auth=yes",
     "7:33: auth= needs the end of the opening"},
    {" bob connects /ws/{app} via=frames auth=yes",
     "7:36: auth= is said as a message; with via=frames the script sends it as "
     "frames text"},
    {" bob connects /ws/{app} gets=open wait=no",
     "7:25: gets= needs the end of the opening"},
    {" bob connects /ws/{app} on=\"\"", "7:28: expected a word, not \"\""},
    {" bob connects /ws/{app}\n | x", "8:2: a body line without `sends`, "
                                      "`says` or `frames` above it"},
    {" bob connects /ws/{app} wait=no\n expects status=101",
     "8:2: expects needs the end of the opening, and wait=no does not wait for "
     "it"},
    {" bob connects /ws/{app}\n bob hears tasks\n expects status=101",
     "9:2: expects without `sends` or `connects` above it"},
    /* says */
    {" bob says\n | x", "7:2: bob has no raw channel: expected a line above "
                        "as bob connects /ws/{app}"},
    {" bob listens socket\n bob says\n | x", "8:2: bob has no raw channel"},
    {" alice connects /ws/{app}\n bob says\n | x",
     "8:2: bob has no raw channel"},
    {" bob connects /ws/{app}\n bob says",
     "8:2: says what? expected a line below as | {\"type\":\"ping\"}"},
    {" bob connects /ws/{app}\n bob says\n bob hears pong", "8:2: says what?"},
    {" bob connects /ws/{app}\n bob says\n expects status=1",
     "8:2: says what?"},
    {" bob connects /ws/{app} via=frames\n bob says\n | x",
     "8:2: says is of a socket without via=frames: expected a line above as "
     "bob connects /ws/{app}"},
    {" bob connects /ws/{app} on=rew\n bob says on=raw\n | x",
     "8:11: unknown channel \"raw\"; did you mean \"rew\"?"},
    {" bob says on=x\n | x", "7:11: bob has no channel \"x\": expected a line "
                             "above as bob connects /ws/{app} on=x"},
    {" bob connects /ws/{app}\n bob says \"hi\"",
     "8:11: \"hi\" is too much: what is said stands in lines below, as | "
     "{\"type\":\"ping\"}"},
    /* frames */
    {" bob connects /ws/{app}\n bob frames ping",
     "8:2: frames is of a socket with via=frames: expected a line above as bob "
     "connects /ws/{app} via=frames"},
    {" bob connects /ws/{app} via=frames\n bob frames",
     "8:2: frames needs more"},
    {" bob connects /ws/{app} via=frames\n bob frames ping code=1000",
     "8:18: code= is of close"},
    {" bob connects /ws/{app} via=frames\n bob frames bytes fin=no\n | x",
     "8:19: fin= is of a frame, and bytes are sent as they are"},
    {" bob connects /ws/{app} via=frames\n bob frames bytes",
     "8:2: frames what? expected a line below as | {\\x8900}"},
    {" bob connects /ws/{app} via=frames\n bob frames ping rsv=8",
     "8:22: rsv: expected 0 to 7, not \"8\""},
    {" bob connects /ws/{app} via=frames\n bob frames ping split=0",
     "8:24: split: expected 1 to 1000000000"},
    /* hears: what */
    {" bob hears tasks", "7:2: bob has no live channel: expected a line above "
                         "as bob listens socket, or bob connects /ws/{app}"},
    {" bob listens off\n bob hears tasks", "8:2: bob has no live channel"},
    {" bob listens socket\n bob hears tasks on=raw",
     "8:18: bob has no channel \"raw\""},
    {" bob listens socket\n bob hears", "8:2: hears needs more"},
    {" bob listens socket\n bob hears taks",
     "8:12: unknown collection or word \"taks\"; did you mean \"tasks\"?"},
    {" bob listens socket\n bob hears nothin for=1s",
     "8:12: unknown collection or word \"nothin\"; did you mean "
     "\"nothing\"?"},
    {" bob listens socket\n bob hears 5",
     "8:12: unknown collection or word \"5\"; expected one of tasks, text, "
     "nothing, "},
    {" bob listens stream\n bob hears taks/1",
     "8:12: unknown collection \"taks\"; did you mean \"tasks\"?"},
    {" bob listens stream\n bob hears \"taks\"",
     "8:12: unknown collection \"taks\"; did you mean \"tasks\"?"},
    {" bob listens stream\n bob hears tasks/",
     "8:12: \"tasks/\" is not a record"},
    {" bob listens socket\n bob hears tasks nothing for=1s",
     "8:18: nothing stands alone: what else is heard is another line"},
    {" bob listens socket\n bob hears close tasks", "8:18: close stands alone"},
    {" bob listens socket\n bob hears close error", "8:18: error stands alone"},
    {" bob listens socket\n bob hears tasks tasks",
     "8:18: \"tasks\" is there twice; count=2 is two messages"},
    {" bob listens socket\n bob hears tasks/1",
     "8:2: a record is of an event stream: expected a line above as bob "
     "connects /sync/{app}/stream?collections=C"},
    {" bob listens stream\n bob hears pong",
     "8:2: pong is of a socket: expected a line above as bob connects "
     "/ws/{app}"},
    {" alice listens socket\n alice bob hears tasks",
     "8:2: bob has no live channel: expected a line above as bob listens "
     "socket"},
    {" everyone connects /ws/{app}\n bob connects /ws/{app} via=frames\n"
     " everyone says\n | x",
     "9:2: says is of a socket without via=frames: expected a line above as "
     "bob "
     "connects /ws/{app}"},
    {" bob connects /ws/{app} within=1s wait=no",
     "7:25: within= needs the end of the opening, and wait=no does not wait"},
    /* hears: fields */
    {" bob listens stream\n bob hears tasks n=1",
     "8:18: \"n\" is no option of hears, and a field stands behind its record, "
     "as in: hears tasks/1 done=true"},
    {" bob listens stream\n bob hears tasks withn=1s",
     "8:18: unknown option \"withn\"; did you mean \"within\"?"},
    {" bob listens stream\n bob hears title=\"x\" tasks/1", "8:12: \"title\" "
                                                            "is no option"},
    {" bob listens stream\n bob hears tasks/1 titel=\"x\"",
     "8:20: unknown field \"titel\"; did you mean \"title\"?"},
    {" bob listens stream\n bob hears tasks/1 n=\"x\"",
     "8:22: n is declared as number"},
    {" bob listens stream\n bob hears tasks/1 n=absent",
     "8:22: \"absent\" is not a value"},
    {" bob listens stream\n bob hears tasks/1 n!=1",
     "8:20: expected = for a field here, not !="},
    {" bob listens stream\n bob hears tasks/1 n=1 tasks/2",
     "8:24: fields are of one record"},
    /* hears: options */
    {" bob listens socket\n bob hears nothing",
     "8:12: nothing needs for=, as in: hears nothing for=3s"},
    {" bob listens socket\n bob hears nothing for=1s within=1s",
     "8:27: within= is the time that something may take; nothing lasts for="},
    {" bob listens socket\n bob hears tasks for=1s",
     "8:18: for= is how long nothing is heard; something comes within="},
    {" bob listens socket\n bob hears nothing for=1s count=2",
     "8:27: count= is of messages, and nothing is none"},
    {" bob listens socket\n bob hears close count=2",
     "8:18: count= is of messages, and a channel closes once"},
    {" bob listens socket\n bob hears tasks count=0",
     "8:24: count: expected 1 to 1000000000, not \"0\""},
    {" bob listens stream\n bob hears tasks records=0",
     "8:26: records: expected 1 to 1000000000"},
    {" bob listens stream\n bob hears heartbeat records=2",
     "8:22: records= is of changes: expected a collection, as in: hears tasks "
     "records=10"},
    {" bob listens stream\n bob hears tasks/1 records=2",
     "8:20: records= is of collections, and a record is one"},
    {" bob listens socket\n bob hears tasks records=2",
     "8:2: records= is of an event stream"},
    {" bob listens socket\n bob hears nothing for=1s only=yes",
     "8:27: only= is of what is heard, and that is nothing"},
    {" bob listens socket\n bob hears tasks code=1000",
     "8:18: code= is of close"},
    {" bob listens socket\n bob hears error code=1000",
     "8:18: code= is of close"},
    {" bob listens socket\n bob hears tasks is=\"x\"",
     "8:18: is= is of text, binary, ping-frame and pong-frame"},
    {" bob listens socket\n bob hears nothing for=1s app=app",
     "8:27: app= is of notices: expected a collection, as in: hears tasks "
     "app=app"},
    {" bob listens unified\n bob hears tasks app=note",
     "8:18: unknown app \"note\"; did you mean \"notes\"?"},
    {" bob listens stream\n bob hears tasks app=notes",
     "8:2: app= is of a socket"},
    /* pauses, resumes, disconnects */
    {" bob pauses", "7:2: bob has no live channel"},
    {" bob resumes on=raw", "7:14: bob has no channel \"raw\""},
    {" bob listens socket\n bob disconnects", "8:2: bob has no raw channel"},
    {" bob connects /ws/{app}\n bob disconnects how=cut code=1000",
     "8:26: code= is of a close frame, and how=cut sends none"},
    {" bob connects /sync/{app}/stream\n bob disconnects code=1000",
     "8:2: code= is of a socket"},
    {" bob connects /ws/{app}\n bob disconnects code=999",
     "8:23: code: expected 1000 to 4999"},
    {" bob connects /ws/{app}\n bob pauses clause=WS-1",
     "8:13: pauses cannot fail, so it takes no clause="},
    /* net */
    {" net drops message from=bob",
     "7:20: from= is of a request; a message has to="},
    {" net repeats message", "7:2: repeats needs times="},
    {" net repeats message times=1", "7:28: times: expected 2 to 100000"},
    {" net announces message to=bob", "7:2: announces needs body="},
    {" net stalls message", "7:2: stalls needs by="},
    {" net splits message bytes=0", "7:27: bytes: expected 1 to 1000000000"},
    {" net cuts message every=0s", "7:25: every: expected 1 to 1000000000 ms"},
    {" net cuts response", "7:11: unknown word \"response\"; expected one of "
                           "message"},
    {" net truncates message", "7:16: unknown word \"message\""},
    /* has */
    {" bob has live=opn", "7:15: unknown value of live \"opn\"; did you mean "
                          "\"open\"?"},
    {" bob has notices~=1", "7:10: notices~= does not work"},
};

START_TEST(faults_are_told)
{
    const char *error =
        parse_error(arena_printf(&arena, PRELUDE "%s\n", faults[_i].lines).p);
    ck_assert_msg(str_starts(str_of(error), str_of(faults[_i].error)),
                  "got  %s\nwant %s", error, faults[_i].error);
}
END_TEST

/* Without `collection` lines a step that names one declares it; `hears` does
 * not. */
START_TEST(hearing_declares_no_collection)
{
    ck_assert_str_eq(
        parse_error("scenario \"c\"\nclients bob\n"
                    " bob listens socket\n bob hears eror\n"),
        "4:12: unknown collection or word \"eror\"; did you mean \"error\"?");
    parse_one("scenario \"c\"\nclients bob\n bob listens socket\n"
              " bob inserts tasks/1 n=1\n bob hears tasks\n");
    ck_assert_str_eq(
        parse_error("scenario \"c\"\nclients bob\n"
                    " bob listens socket\n bob hears tasks\n"),
        "4:12: no line above names a collection \"tasks\": expected a header "
        "line as collection tasks");
}
END_TEST

/* The channels of one scenario, or of one variant, are not another's. */
START_TEST(channels_end_with_their_scenario)
{
    ck_assert_str_eq(
        parse_error("scenario \"c\"\nclients bob\n bob connects /ws/{app}\n"
                    "scenario \"d\"\nclients bob\n bob hears pong\n"),
        "6:2: bob has no live channel: expected a line above as bob listens "
        "socket, or bob connects /ws/{app}");
    ck_assert_str_eq(
        parse_error("scenario \"c\"\nclients bob\neach V = socket off\n"
                    " bob listens {V}\n bob hears pong\n"),
        "5:2: bob has no live channel: expected a line above as bob listens "
        "socket, or bob connects /ws/{app}");
}
END_TEST

START_TEST(many_things_to_hear)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_puts(&text, PRELUDE " bob listens stream\n bob hears");
    for (int i = 0; i < 256; i++) {
        buf_printf(&text, " tasks/%d", i);
    }
    parse_one(arena_printf(&arena, "%.*s\n", (int)text.n, text.p).p);
    const char *error = parse_error(
        arena_printf(&arena, "%.*s tasks/x\n", (int)text.n, text.p).p);
    ck_assert_msg(str_ends(str_of(error), STR("over 256 things to hear")), "%s",
                  error);
    buf_free(&text);
}
END_TEST

START_TEST(many_names_of_channels)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_puts(&text, PRELUDE);
    for (int i = 0; i < 64; i++) {
        buf_printf(&text, " everyone connects /ws/{app} on=c%d\n", i);
    }
    const char *full = arena_printf(&arena,
                                    "%.*s everyone hears pong on=c0\n"
                                    " everyone hears pong on=c63\n"
                                    " everyone connects /ws/{app} on=c7\n",
                                    (int)text.n, text.p)
                           .p;
    parse_one(full);
    ck_assert_str_eq(
        parse_error(
            arena_printf(&arena, "%s bob connects /ws/{app}\n", full).p),
        "74:2: over 64 names of channels of one client");
    buf_free(&text);
}
END_TEST

Suite *suite_live_faults(void)
{
    Suite *suite = suite_create("live_faults");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_loop_test(tests, faults_are_told, 0, COUNT(faults));
    tcase_add_test(tests, hearing_declares_no_collection);
    tcase_add_test(tests, channels_end_with_their_scenario);
    tcase_add_test(tests, many_things_to_hear);
    tcase_add_test(tests, many_names_of_channels);
    suite_add_tcase(suite, tests);
    return suite;
}
