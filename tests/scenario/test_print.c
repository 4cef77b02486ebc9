/* SPDX-License-Identifier: MIT */
/* test_print - a scenario as text means the same as before. */
#include <string.h>

#include "tests/scenario/suites.h"

static struct str printed(const struct scenario *scenario)
{
    struct buf out;
    buf_init(&out, (size_t)64 << 20);
    scenario_print(scenario, &out);
    ck_assert(!out.failed);
    struct str text = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return text;
}

/* Each scenario of the text, printed, says what it said, and printing that
 * once more gives the very bytes. */
static void round_trip(struct str text)
{
    struct scenario_list list = parse_all(text);
    for (size_t i = 0; i < list.count; i++) {
        struct str once = printed(&list.items[i]);
        struct scenario_list back = parse_all(once);
        ck_assert_uint_eq(back.count, 1);
        assert_same(dump(&back.items[0]), dump(&list.items[i]));
        struct str twice = printed(&back.items[0]);
        size_t variant =
            str_starts(once, STR("# ")) ? str_find(once, '\n') + 1 : 0;
        assert_same(twice, str_skip(once, variant));
    }
}

START_TEST(the_example_is_printed_as_it_was)
{
    struct str text = file_text("tests/scenario/lost_response.sync");
    size_t comment = str_find(text, '\n') + 1;
    struct scenario_list list = parse_all(text);
    assert_same(printed(&list.items[0]), str_skip(text, comment));
}
END_TEST

START_TEST(the_examples_go_round)
{
    round_trip(file_text("tests/scenario/lost_response.sync"));
    round_trip(file_text("tests/scenario/unknown_op.sync"));
}
END_TEST

START_TEST(all_headers_go_round)
{
    round_trip(
        STR("scenario \"all \\\"of\\\" it \\u00e9 \\n\"\n"
            "covers PUSH-4 QUEUE-1\n"
            "covers MERGE-1\n"
            "source a/b#1 c#2\n"
            "clients alice bob\n"
            "clients mallory user=mallory app=\"my \\\"app\\\"\" guest\n"
            "clients oscar offline\n"
            "clients tab1 tab2 tab=mallory offline guest\n"
            "clients quinn user=\"#x\" app=\"[y\"\n"
            "collection tasks title:text done:bool\n"
            "collection notes\n"
            "onboarding tasks/welcome title=\"Hi\"\n"
            "onboarding notes/\"a b\" \"x y\"=[1, {\"z\": 2}]\n"
            "worlds virtual\ndialect v1\ntimers on\n"
            "strategy client-wins\nvalues repeated\nneeds restart\nalone\n"
            "page 10\nlatency 5ms..80ms\ntakes 40ms\n"
            "plants client:retry-storm\n"
            "caught by=progress clause=QUEUE-4\n"
            " alice syncs\n"));
    round_trip(STR("scenario \"c\"\nclients alice\nworlds wire\ndialect v2\n"
                   "strategy server-wins\nlatency 1500ms\ntakes 0ms..1s\n"
                   "plants server:x\ncaught clause=PUSH-2 by=oracle\n"
                   " alice syncs\n"));
}
END_TEST

START_TEST(all_kinds_of_steps_go_round)
{
    round_trip(STR(
        "scenario \"c\"\nclients alice bob carol\n"
        "+2s alice inserts tasks/1 title=\"Buy \\\"milk\\\"\" n=1.50 t=null "
        "l=[1, 2] \"a b\"=true \"\"=1 @10:05:00\n"
        "+90s bob carol updates tasks/\"a \\\"b\\\"/c\" x=1 @+5s\n"
        " alice deletes tasks/1 tasks/\"\\u0000\" tasks/..\n"
        " bob sees tasks/1 a=absent b!=\"x\" \"deleted\"=1 deleted=yes "
        "clause=FID-3\n"
        " carol queries tasks gives=\"\" \"limit\"=2 limit=3 order=-x\n"
        " alice has pending<=2 status!=error requests>=1 requests<=9\n"
        " net drops response to=alice count=1 chance=2.5% "
        "path=\"a b\"\n"
        " net answers request status=503 body=\"{\\\"a\\\":1}\" "
        "type=text/plain retry-after=5\n"
        " clock steps alice bob by=-1h\n"
        " server stalls by=2s count=1 from=carol\n"
        " storm writes writers=2 changes=3 collection=tasks\n"
        " storm writes batch=1 batch-max=40 total=1001 readers=4 "
        "server=stops\n"
        " server stops\n"
        " everyone settles within=60s clause=MERGE-5\n"
        " everyone agrees\n"
        "+1d everyone waits\n"));
}
END_TEST

START_TEST(raw_requests_go_round)
{
    round_trip(STR("scenario \"c\"\nclients alice bob\n"
                   " alice sends POST /sync/{app} as=mallory token=none "
                   "client=none header.X-A=\"b c\" times=3 wait=no\n"
                   " | {\"a\": {3*x},\n"
                   " |  \"b\": \"{\\xFF}{bob}\"}  \n"
                   " |\n"
                   " expects status=4xx header.a~=\"b\" clause=VALID-1\n"
                   " expects json.a.0={\"x\": 1} json.b=absent changes>=2\n"
                   " or status=2xx\n or gets=reset clause=VALID-1 grade=info\n"
                   " expects body=\"\"\n or status=5xx grade=nonstrict\n"
                   " alice sends \"G T\" \"/a b\"\n"
                   " alice sends GET /{\\x20}{\\xFF}{2*ab}?q=\"x\"\n"
                   " alice sends GET \"a=b\"\n"
                   " alice sends POST /\n"
                   " |\n"
                   " alice sends POST /{\\x7B}3*a}\n"
                   " | {\\x7B}3*a}\n"));
}
END_TEST

START_TEST(live_channels_go_round)
{
    round_trip(STR(
        "scenario \"c\"\nclients alice bob\nclients carol app=notes\n"
        "collection tasks title:text\ncollection text\ndialect v2\n"
        " everyone listens socket gets=open jitter=1s\n"
        " alice listens unified wait=no\n carol listens off\n"
        " bob connects /ws on=\"a b\" auth=yes token=none client=none\n"
        " expects status=101 header.upgrade=\"websocket\" clause=WS-1\n"
        " bob connects \"/ws/{app}?a={\\\\x20}\" via=frames header.X=\"y\"\n"
        " bob says on=\"a b\" clause=WS-9\n"
        " | {\"type\":\"ping\",\n |  \"x\":\"{3*ab}{\\xFF}{bob}\"}\n"
        " bob says on=\"a b\"\n |\n"
        " bob frames close code=1000 fin=no mask=no rsv=1 opcode=9 length=5 "
        "split=1\n | bye\n"
        " bob frames ping\n bob frames bytes\n | {\\x8900}\n"
        " bob hears nothing for=3s\n"
        "+2s bob hears \"text\" tasks app=notes within=5s count=2\n"
        " bob hears text is=\"a \\\"b\\\"\" is~=\"c\"\n"
        " bob hears close code!=1006 on=\"a b\" clause=WS-4\n"
        " alice listens stream\n"
        " alice hears tasks tasks/\"a \\\"b\\\"/c\" title=\"x\" \"zz\"=1 "
        "\"within\"=3 within=1s\n"
        " bob pauses\n bob resumes on=\"a b\"\n"
        " bob disconnects how=cut\n bob disconnects on=\"a b\" code=4000\n"
        " bob has live=open channels<=1 notices>=1 pulls!=3\n"
        " net drops message to=bob count=1\n"
        " net repeats message times=50 to=bob chance=2.5%\n"
        " net announces message body=\"{\\\"type\\\":\\\"{app}\\\"}\"\n"
        " net cuts message after=100 every=1s count=3 path=\"/ws\"\n"
        " net silences message\n net stalls message by=5s\n"
        " net splits message bytes=1\n net heals\n"));
}
END_TEST

START_TEST(variants_go_round)
{
    round_trip(STR("scenario \"c\"\nclients alice\n"
                   "each X = \"\\u0000\" \"\\r\" \"a\\nb\" \"{2*a}\" \"\\t\"\n"
                   " alice sends POST /\n | <{X}>\n | {\"X\":\"{X}\"}\n"));
}
END_TEST

START_TEST(variants_are_named)
{
    struct scenario_list list =
        parse_all(STR("scenario \"c\"\nclients alice\neach X = pushes "
                      "\"syncs\"\n alice {X}\n"));
    assert_text(printed(&list.items[1]), "# X=\"syncs\"\n"
                                         "scenario \"c\"\n"
                                         "clients alice\n"
                                         "\n"
                                         "        alice    syncs\n");
}
END_TEST

START_TEST(undeclared_and_mistyped_fields_keep_their_quotes)
{
    round_trip(STR("scenario \"c\"\nclients alice\ncollection t a:text\n"
                   "onboarding t/0 \"zz\"=1\n"
                   " alice inserts t/1 a=\"x\" \"zz\"=1 deletedAt=null\n"
                   " alice updates t/1 \"a\"=5\n"
                   " alice sees t/1 \"a\"=5 \"clause\"=1 \"zz\"=absent\n"));
}
END_TEST

START_TEST(many_clients_take_several_lines)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_puts(&text, "scenario \"c\"\nclients");
    for (int i = 0; i < 100; i++) {
        buf_printf(&text, " client%d", i);
    }
    buf_puts(&text, "\n everyone syncs\n");
    round_trip(buf_view(&text));
    struct scenario_list list = parse_all(buf_view(&text));
    struct str out = printed(&list.items[0]);
    while (out.n > 0) {
        size_t end = str_find(out, '\n');
        ck_assert_uint_lt(end, 100);
        out = str_skip(out, end + 1);
    }
    buf_free(&text);
}
END_TEST

START_TEST(one_step)
{
    struct buf out;
    struct scenario_list list =
        parse_all(STR("scenario \"c\"\nclients alice bob\n"
                      "+2s  alice   bob syncs   gets=ok wait=yes\n"));
    buf_init(&out, 256);
    step_print(&list.items[0], &list.items[0].steps[0], &out);
    assert_text(buf_view(&out), "+2s alice bob syncs gets=ok wait=yes");
    buf_free(&out);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_fails)
{
    struct buf out;
    struct scenario_list list =
        parse_all(STR("scenario \"c\"\nclients alice bob\n alice syncs\n"));
    buf_init(&out, 20);
    scenario_print(&list.items[0], &out);
    ck_assert(out.failed);
    buf_free(&out);
}
END_TEST

Suite *suite_print(void)
{
    Suite *suite = suite_create("print");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, the_example_is_printed_as_it_was);
    tcase_add_test(tests, the_examples_go_round);
    tcase_add_test(tests, all_headers_go_round);
    tcase_add_test(tests, all_kinds_of_steps_go_round);
    tcase_add_test(tests, raw_requests_go_round);
    tcase_add_test(tests, live_channels_go_round);
    tcase_add_test(tests, variants_go_round);
    tcase_add_test(tests, variants_are_named);
    tcase_add_test(tests, undeclared_and_mistyped_fields_keep_their_quotes);
    tcase_add_test(tests, many_clients_take_several_lines);
    tcase_add_test(tests, one_step);
    tcase_add_test(tests, a_buffer_that_is_too_small_fails);
    suite_add_tcase(suite, tests);
    return suite;
}
