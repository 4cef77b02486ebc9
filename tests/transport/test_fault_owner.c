/* SPDX-License-Identifier: MIT */
/* Live channels in a bad network: owners that act inside of their callbacks. */
#include <string.h>

#include "protocol/ws.h"
#include "tests/transport/dock.h"
#include "tests/transport/rig.h"

static const struct channel_end CLOSED = {
    .kind = REPLY_ANSWER, .opened = true, .code = 1001};

struct owner {
    struct dock *dock;
    char when; /* of ear->then; '2': at the second message */
    int what;
    struct ear next;
};

enum { CUT_IT, CLOSE_IT, PAUSE_IT, SAY_IT, HEAL_IT, CUT_RULE, OPEN_NEXT };

static void act(struct ear *ear, char what)
{
    struct owner *owner = ear->context;
    struct transport *net = owner->dock->net;
    struct fault_rule rule = message_rule(FAULT_CUT);
    if (what != owner->when && !(owner->when == '2' && ear->heard == 2)) {
        return;
    }
    owner->when = 0;
    switch (owner->what) {
    case CUT_IT:
        transport_shut(net, &ear->channel, 0);
        memset(&ear->channel, 0xa5, sizeof ear->channel);
        break;
    case CLOSE_IT:
        transport_shut(net, &ear->channel, 1000);
        break;
    case PAUSE_IT:
        transport_pause(net, &ear->channel, true);
        break;
    case SAY_IT:
        transport_say(net, &ear->channel, STR("re"));
        break;
    case HEAL_IT:
        faults_heal(net);
        break;
    case CUT_RULE:
        ck_assert(faults_add(net, &rule));
        break;
    case OPEN_NEXT: /* its own memory is given away before */
        memset(&ear->channel, 0xa5, sizeof ear->channel);
        ear_init(&owner->next, &owner->dock->world, CHANNEL_SOCKET, "/ws/2");
        ear_open(&owner->next, net);
        break;
    default:
        ck_abort();
    }
}

static void owner_open(struct owner *owner, struct dock *dock, struct ear *ear)
{
    ear_init(ear, &dock->world, CHANNEL_SOCKET, "/ws");
    ear->then = act;
    ear->context = owner;
    ear->quiet = true;
    owner->dock = dock;
    ear_open(ear, dock->net);
}

START_TEST(an_owner_acts_inside_of_opened)
{
    static const char *const LOGS[] = {"opened 101",
                                       "opened 101 | hear 'a' | end ok 1001",
                                       "opened 101",
                                       "opened 101 | hear 'a'",
                                       "opened 101 | hear 'a'",
                                       "opened 101 | end reset 1006"};
    static const char *const DOCKS[] = {
        "open /ws | shut 0", "open /ws | shut 1000",
        "open /ws | pause",  "open /ws | say re",
        "open /ws",          "open /ws | shut 0"};
    struct dock dock;
    struct ear ear;
    struct owner owner = {.when = 'o', .what = _i};
    dock_open(&dock);
    owner_open(&owner, &dock, &ear);
    dock_accept(&dock, 0);
    if (dock.channels[0] && _i != PAUSE_IT) {
        dock_say(&dock, 0, "a");
    }
    if (_i == CLOSE_IT) {
        dock_end(&dock, 0, CLOSED);
    }
    dock_run(&dock, 100);
    ear_expect(&ear, LOGS[_i]);
    dock_expect(&dock, DOCKS[_i]);
    dock_close(&dock);
}
END_TEST

START_TEST(an_owner_acts_inside_of_a_storm)
{
    static const char *const LOGS[] = {
        "hear 'a'",
        "hear 'a' | hear 'a' | hear 'a' | end ok 1001",
        "hear 'a'",
        "hear 'a' | hear 'a' | hear 'a'",
        "hear 'a' | hear 'a' | hear 'a'",
        "hear 'a' | end reset 1006"};
    struct dock dock;
    struct ear ear;
    struct owner owner = {.when = 'h', .what = _i};
    struct fault_rule rule = message_rule(FAULT_REPEAT);
    rule.times = 3;
    dock_open(&dock);
    dock_rule(&dock, rule);
    owner_open(&owner, &dock, &ear);
    dock_accept(&dock, 0);
    ear_expect(&ear, "opened 101");
    dock_say(&dock, 0, "a");
    if (_i == CLOSE_IT) {
        dock_end(&dock, 0, CLOSED);
    }
    dock_run(&dock, 100);
    ear_expect(&ear, LOGS[_i]);
    if (_i == PAUSE_IT) {
        transport_pause(dock.net, &ear.channel, false);
        dock_run(&dock, 200);
        ear_expect(&ear, "hear 'a' | hear 'a'");
    }
    dock_close(&dock);
}
END_TEST

START_TEST(an_owner_acts_inside_of_what_was_held_back)
{
    static const char *const LOGS[] = {
        "hear 'x' | hear 'a'",
        "hear 'x' | hear 'a' | hear 'b' | end ok 1001",
        "hear 'x' | hear 'a'",
        "hear 'x' | hear 'a' | hear 'b'",
        "hear 'x' | hear 'a' | hear 'b'",
        "hear 'x' | hear 'a' | end reset 1006"};
    struct dock dock;
    struct ear ear;
    struct owner owner = {.when = '2', .what = _i};
    struct fault_rule rule = message_rule(FAULT_REORDER);
    rule.count = 2;
    dock_open(&dock);
    owner_open(&owner, &dock, &ear);
    dock_rule(&dock, rule);
    dock_accept(&dock, 0);
    ear_expect(&ear, "opened 101");
    dock_say(&dock, 0, "a");
    dock_say(&dock, 0, "b");
    dock_say(&dock, 0, "x");
    if (_i == CLOSE_IT) {
        dock_end(&dock, 0, CLOSED);
    }
    dock_run(&dock, 100);
    ear_expect(&ear, LOGS[_i]);
    dock_close(&dock);
}
END_TEST

START_TEST(an_owner_opens_the_next_inside_of_ended)
{
    struct dock dock;
    struct ear ear;
    struct owner owner = {.when = 'e', .what = OPEN_NEXT};
    dock_open(&dock);
    owner_open(&owner, &dock, &ear);
    if (_i > 0) {
        dock_accept(&dock, 0);
    }
    if (_i == 2) {
        dock_rule(&dock, message_rule(FAULT_CUT));
    } else {
        struct channel_end end = CLOSED;
        end.opened = _i > 0;
        end.reply.status = 503;
        end.reply.body = STR("busy");
        dock_end(&dock, 0, end);
    }
    dock_run(&dock, 10);
    ck_assert_int_eq(ear.ended, 1);
    ck_assert_uint_eq(dock.count, 2);
    dock_accept(&dock, 1);
    dock_say(&dock, 1, "hello");
    dock_run(&dock, 100);
    ear_expect(&owner.next, "opened 101@10 | hear 'hello'@10");
    dock_close(&dock);
}
END_TEST

Suite *suite_fault_owner(void)
{
    Suite *suite = suite_create("fault_owner");
    TCase *tests = tcase_create("owners");
    tcase_add_loop_test(tests, an_owner_acts_inside_of_opened, 0, 6);
    tcase_add_loop_test(tests, an_owner_acts_inside_of_a_storm, 0, 6);
    tcase_add_loop_test(tests, an_owner_acts_inside_of_what_was_held_back, 0,
                        6);
    tcase_add_loop_test(tests, an_owner_opens_the_next_inside_of_ended, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
