/* SPDX-License-Identifier: MIT */
/* test_live - lines about live channels: what they say, and what they mean to
 * the runner. */
#include "tests/scenario/suites.h"

#define PRELUDE                                                                \
    "scenario \"c\"\nclients alice bob\nclients carol app=notes\n"             \
    "collection tasks title:text n:number\ncollection text\ndialect v2\n"

/* The last step of lines behind the prelude. */
static const struct step *last_of(const char *lines)
{
    const struct scenario *scenario =
        parse_one(arena_printf(&arena, PRELUDE "%s\n", lines).p);
    return &scenario->steps[scenario->step_count - 1];
}

static const struct arg *option_of(const struct step *step, const char *key)
{
    const struct arg *arg = step_option(step, key);
    ck_assert_msg(arg != NULL, "no %s in %.*s", key, STR_ARG(step->text));
    return arg;
}

START_TEST(listening)
{
    static const char *const modes[] = {"socket", "unified", "stream", "off"};
    for (size_t i = 0; i < 4; i++) {
        const struct step *step =
            last_of(arena_printf(&arena, " everyone listens %s", modes[i]).p);
        ck_assert_int_eq(step->verb->id, VERB_LISTENS);
        ck_assert_uint_eq(step->who_count, 3);
        assert_text(step->words[0].value, modes[i]);
    }
    const struct step *step =
        last_of(" alice bob listens socket gets=503 jitter=1s clause=WS-1");
    ck_assert_int_eq(option_of(step, "gets")->ms, 503);
    ck_assert_int_eq(option_of(step, "jitter")->ms, 1000);
    assert_text(step->clause, "WS-1");
}
END_TEST

START_TEST(connecting)
{
    const struct step *step =
        last_of(" bob connects /ws/{app} on=x auth=no via=frames token=\"t\" "
                "client=alice header.Origin=\"a b\" gets=closed\n"
                " expects status=101 header.upgrade~=\"socket\"\n"
                " expects status!=404 clause=WS-1");
    ck_assert_int_eq(step->verb->id, VERB_CONNECTS);
    assert_text(step->words[0].value, "/ws/{app}");
    assert_text(option_of(step, "on")->value, "x");
    assert_text(option_of(step, "header.Origin")->value, "a b");
    ck_assert_int_eq(option_of(step, "client")->ms, 0);
    ck_assert_uint_eq(step->expect_count, 2);
    ck_assert(!step->has_body);
    step = last_of(" bob connects \"/sync/{app}/stream?since={bob.cursor.tasks}"
                   "{\\\\x20}{2*ab}\" token=none client=none wait=no");
    assert_text(step->words[0].value,
                "/sync/{app}/stream?since={bob.cursor.tasks} abab");
}
END_TEST

START_TEST(sockets_and_streams)
{
    ck_assert(target_is_socket(STR("/ws")));
    ck_assert(target_is_socket(STR("/ws/{app}?x=1")));
    ck_assert(!target_is_socket(STR("/sync/{app}/stream")));
    ck_assert(!target_is_socket(STR("/w")));
    ck_assert(!target_is_socket(STR("")));
}
END_TEST

START_TEST(saying)
{
    const struct step *step = last_of(" bob connects /ws/{app}\n"
                                      " bob says on=raw clause=WS-9\n"
                                      " | {\"type\":\"ping\",\n"
                                      " |  \"x\":\"{3*ab}\"}");
    ck_assert_int_eq(step->verb->id, VERB_SAYS);
    assert_text(step->body, "{\"type\":\"ping\",\n \"x\":\"ababab\"}");
    step = last_of(" bob connects /ws/{app}\n bob says\n |");
    ck_assert(step->has_body);
    ck_assert_uint_eq(step->body.n, 0);
}
END_TEST

START_TEST(frames_by_hand)
{
    static const char *const kinds[] = {"text", "binary", "continuation",
                                        "ping", "pong",   "close"};
    const char *open = " bob connects /ws/{app} via=frames\n";
    for (size_t i = 0; i < 6; i++) {
        const struct step *step = last_of(
            arena_printf(&arena,
                         "%s bob frames %s fin=no mask=no rsv=7 opcode=15 "
                         "length=9223372036854775807 split=1",
                         open, kinds[i])
                .p);
        assert_text(step->words[0].value, kinds[i]);
        ck_assert_int_eq(option_of(step, "length")->ms, INT64_MAX);
        ck_assert_int_eq(option_of(step, "opcode")->ms, 15);
        ck_assert(!step->has_body);
    }
    const struct step *step = last_of(
        arena_printf(&arena, "%s bob frames close code=65535\n | bye", open).p);
    ck_assert_int_eq(option_of(step, "code")->ms, 65535);
    assert_text(step->body, "bye");
    step = last_of(
        arena_printf(&arena, "%s bob frames bytes split=1\n | {\\x8900}", open)
            .p);
    ck_assert_uint_eq(step->body.n, 2);
    ck_assert_int_eq((unsigned char)step->body.p[0], 0x89);
}
END_TEST

START_TEST(what_is_heard)
{
    const struct step *step =
        last_of(" bob connects /sync/{app}/stream?collections=tasks\n"
                " bob hears tasks \"text\" tasks/1 title=\"x\" n=1 within=5s "
                "count=2 \"count\"=3");
    ck_assert_int_eq(step->verb->id, VERB_HEARS);
    ck_assert_uint_eq(step->word_count, 3);
    ck_assert_int_eq(heard_kind(step->verb, &step->words[0]), HEARD_COLLECTION);
    ck_assert_int_eq(heard_kind(step->verb, &step->words[1]), HEARD_COLLECTION);
    ck_assert_int_eq(heard_kind(step->verb, &step->words[2]), HEARD_RECORD);
    assert_text(step->words[1].value, "text");
    ck_assert_ptr_eq(step_record(step), &step->words[2]);
    ck_assert_uint_eq(step->field_count, 3);
    assert_text(step->fields[1].json, "1");
    assert_text(step->fields[2].key, "count");
    ck_assert_int_eq(option_of(step, "within")->ms, 5000);
    ck_assert_int_eq(option_of(step, "count")->ms, 2);
}
END_TEST

static const struct {
    const char *kind, *words;
} keywords[] = {
    {"/ws/{app} via=frames", "nothing|auth-ok|error|pong|close|ping-frame|"
                             "pong-frame|text|binary"},
    {"/ws/{app}", "nothing|auth-ok|error|pong|close"},
    {"/sync/{app}/stream", "nothing|heartbeat|close"},
};

/* Every word, on the channels that have it and on no others. */
START_TEST(words_are_heard_where_they_exist)
{
    const struct verb *hears = verb_at(VERB_HEARS);
    struct str rest = str_of(hears->choices);
    while (rest.n > 0) {
        size_t bar = str_find(rest, '|');
        struct str word = str_take(rest, bar);
        const char *lines =
            arena_printf(&arena, " bob connects %s\n bob hears %.*s%s",
                         keywords[_i].kind, STR_ARG(word),
                         str_is(word, "nothing") ? " for=3s" : "")
                .p;
        if (choices_have(keywords[_i].words, word)) {
            const struct step *step = last_of(lines);
            ck_assert_int_eq(heard_kind(hears, &step->words[0]), HEARD_WORD);
            ck_assert_ptr_null(step_record(step));
        } else {
            const char *error =
                parse_error(arena_printf(&arena, PRELUDE "%s\n", lines).p);
            ck_assert_msg(str_starts(str_of(error),
                                     arena_printf(&arena, "8:2: %.*s is of ",
                                                  STR_ARG(word))),
                          "%s", error);
        }
        rest = str_skip(rest, bar + 1);
    }
}
END_TEST

START_TEST(options_of_words)
{
    const char *open = " bob connects /ws/{app} via=frames\n";
    const struct step *step = last_of(
        arena_printf(&arena, "%s bob hears close code!=1000 code<=1011", open)
            .p);
    ck_assert_uint_eq(step->option_count, 2);
    step =
        last_of(arena_printf(
                    &arena, "%s bob hears pong-frame is~=\"a\" is~=\"b\"", open)
                    .p);
    ck_assert_uint_eq(step->option_count, 2);
    step = last_of(
        arena_printf(&arena, "%s bob hears nothing for=0s on=raw", open).p);
    ck_assert_int_eq(option_of(step, "for")->ms, 0);
    step = last_of(" bob connects /ws\n bob hears tasks app=notes");
    assert_text(option_of(step, "app")->value, "notes");
}
END_TEST

START_TEST(reading_and_ending)
{
    const char *open = " bob connects /ws/{app} on=a\n bob connects "
                       "/sync/{app}/stream on=b\n";
    static const struct {
        const char *line;
        enum verb_id verb;
    } lines[] = {
        {"bob pauses", VERB_PAUSES},
        {"bob pauses on=b", VERB_PAUSES},
        {"bob resumes on=a", VERB_RESUMES},
        {"bob disconnects", VERB_DISCONNECTS},
        {"bob disconnects on=b how=cut", VERB_DISCONNECTS},
        {"bob disconnects on=a how=close code=4999", VERB_DISCONNECTS},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_int_eq(
            last_of(arena_printf(&arena, "%s %s", open, lines[i].line).p)
                ->verb->id,
            lines[i].verb);
    }
    ck_assert_int_eq(
        last_of(" everyone listens socket\n carol pauses")->verb->id,
        VERB_PAUSES);
}
END_TEST

START_TEST(the_net_of_live_channels)
{
    static const struct {
        const char *line;
        enum verb_id verb;
    } lines[] = {
        {"drops message to=bob count=1 skip=2 chance=5%", VERB_NET_DROPS},
        {"delays message by=2s jitter=1s to=bob", VERB_NET_DELAYS},
        {"duplicates message", VERB_NET_DUPLICATES},
        {"reorders message to=bob", VERB_NET_REORDERS},
        {"repeats message to=bob times=50 count=1", VERB_NET_REPEATS},
        {"announces message to=bob body=\"{\\\"type\\\":\\\"pong\\\"}\"",
         VERB_NET_ANNOUNCES},
        {"cuts message to=bob after=100 every=1s count=3 path=/ws",
         VERB_NET_CUTS},
        {"cuts message", VERB_NET_CUTS},
        {"silences message to=bob path=stream", VERB_NET_SILENCES},
        {"stalls message by=5s to=bob", VERB_NET_STALLS},
        {"splits message bytes=1", VERB_NET_SPLITS},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct step *step =
            last_of(arena_printf(&arena, " net %s", lines[i].line).p);
        ck_assert_int_eq(step->verb->id, lines[i].verb);
        assert_text(step->words[0].value, "message");
    }
}
END_TEST

START_TEST(what_a_client_has)
{
    const struct step *step =
        last_of(" everyone has live!=open channels<=1 notices>=2 pulls=3");
    ck_assert_uint_eq(step->option_count, 4);
    ck_assert_int_eq(option_of(step, "live")->op, ARG_NE);
    ck_assert_int_eq(option_of(step, "pulls")->ms, 3);
}
END_TEST

/* The channel opened last under a name is the one that is meant; without a
 * name any of them may be. */
START_TEST(names_of_channels)
{
    last_of(" bob connects /ws/{app}\n bob connects /ws/{app} via=frames\n"
            " bob frames ping");
    last_of(" bob connects /ws/{app} via=frames on=a\n"
            " bob connects /ws/{app} on=b\n bob hears pong-frame\n"
            " bob hears auth-ok on=b\n bob frames ping on=a");
    last_of(" bob connects /ws/{app} on=\"a b\"\n bob hears tasks on=\"a b\"");
    last_of(" bob listens stream\n bob connects /ws/{app}\n"
            " bob hears tasks/1 n=1");
}
END_TEST

START_TEST(scenarios_that_listen)
{
    static const struct {
        const char *line;
        bool listens;
    } lines[] = {
        {" alice syncs", false},
        {" net drops message", false},
        {" alice has live=off", false},
        {" alice listens off", false},
        {" alice listens socket", true},
        {" alice syncs\n alice connects /ws/{app}", true},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct scenario *scenario =
            parse_one(arena_printf(&arena, PRELUDE "%s\n", lines[i].line).p);
        ck_assert_msg(scenario_listens(scenario) == lines[i].listens, "%s",
                      lines[i].line);
    }
}
END_TEST

/* What only v2 has is refused where v1 would run it too. */
START_TEST(dialects)
{
    static const char *const headers[] = {"", "dialect both\n", "dialect v1\n",
                                          "dialect v2\n"};
    static const struct {
        const char *line;
        bool v2;
    } lines[] = {
        {" alice listens socket", false},
        {" alice listens off", false},
        {" alice connects /ws/{app}", false},
        {" alice connects /wsx", false},
        {" alice connects /other", false},
        {" alice listens unified", true},
        {" alice listens stream", true},
        {" alice connects /ws", true},
        {" alice connects /ws?x=/ws/a", true},
        {" alice connects /sync/{app}/stream", true},
        {" alice connects \"/sync/{app}/stream?since={epoch}\"", true},
        {" alice listens socket\n alice hears auth-ok", true},
        {" alice connects /other\n alice hears heartbeat", true},
    };
    for (size_t h = 0; h < 4; h++) {
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            const char *text =
                arena_printf(&arena, "scenario \"c\"\nclients alice\n%s%s\n",
                             headers[h], lines[i].line)
                    .p;
            if (h == 3 || !lines[i].v2) {
                parse_one(text);
                continue;
            }
            const char *error = parse_error(text);
            const char *end = h == 2 ? "is of v2 only, and this scenario is "
                                       "for v1: expected a header line as "
                                       "dialect v2"
                                     : "is of v2 only, and this scenario is "
                                       "for both dialects: expected a header "
                                       "line as dialect v2";
            ck_assert_msg(str_ends(str_of(error), str_of(end)), "%s", error);
        }
    }
}
END_TEST

Suite *suite_live(void)
{
    Suite *suite = suite_create("live");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, listening);
    tcase_add_test(tests, connecting);
    tcase_add_test(tests, sockets_and_streams);
    tcase_add_test(tests, saying);
    tcase_add_test(tests, frames_by_hand);
    tcase_add_test(tests, what_is_heard);
    tcase_add_loop_test(tests, words_are_heard_where_they_exist, 0,
                        COUNT(keywords));
    tcase_add_test(tests, options_of_words);
    tcase_add_test(tests, reading_and_ending);
    tcase_add_test(tests, the_net_of_live_channels);
    tcase_add_test(tests, what_a_client_has);
    tcase_add_test(tests, names_of_channels);
    tcase_add_test(tests, scenarios_that_listen);
    tcase_add_test(tests, dialects);
    suite_add_tcase(suite, tests);
    return suite;
}
