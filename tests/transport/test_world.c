/* SPDX-License-Identifier: MIT */
/* The clock: order of events, deadlines, and the pace of the real world. */
#include "tests/transport/rig.h"

#include "base/limits.h"

static uint64_t fired[16];
static int64_t fired_at[16];
static size_t fired_count;

static void note(void *context, uint64_t arg)
{
    struct world *world = context;
    fired[fired_count] = arg;
    fired_at[fired_count++] = world->now_ms;
}

static void start(struct world *world)
{
    world_init(world);
    fired_count = 0;
}

START_TEST(events_come_by_time_and_then_by_order)
{
    struct world world;
    start(&world);
    world_at(&world, 30, note, &world, 3);
    world_at(&world, 10, note, &world, 1);
    world_at(&world, 30, note, &world, 4);
    world_at(&world, 10, note, &world, 2);
    ck_assert(world_run(&world, NULL, NULL, 1000));
    ck_assert_uint_eq(fired_count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(fired[i], i + 1);
        ck_assert_int_eq(fired_at[i], i < 2 ? 10 : 30);
    }
    ck_assert_int_eq(world.now_ms, 1000);
    world_free(&world);
}
END_TEST

START_TEST(the_deadline_is_included_and_not_passed)
{
    struct world world;
    start(&world);
    world_at(&world, 100, note, &world, 1);
    world_at(&world, 101, note, &world, 2);
    ck_assert(world_run(&world, NULL, NULL, 100));
    ck_assert_uint_eq(fired_count, 1);
    ck_assert_int_eq(world.now_ms, 100);
    /* A deadline in the past: nothing fires, the clock stays. */
    ck_assert(world_run(&world, NULL, NULL, 50));
    ck_assert_int_eq(world.now_ms, 100);
    ck_assert_uint_eq(fired_count, 1);
    world_free(&world);
}
END_TEST

static bool two_fired(void *context)
{
    (void)context;
    return fired_count == 2;
}

START_TEST(until_stops_right_after_the_event)
{
    struct world world;
    start(&world);
    for (uint64_t i = 0; i < 4; i++) {
        world_at(&world, 7, note, &world, i);
    }
    ck_assert(world_run(&world, two_fired, NULL, 100));
    ck_assert_uint_eq(fired_count, 2);
    ck_assert_int_eq(world.now_ms, 7);
    /* It holds already: no event is needed. */
    ck_assert(world_run(&world, two_fired, NULL, 100));
    ck_assert_int_eq(world.now_ms, 7);
    world_free(&world);
}
END_TEST

START_TEST(until_that_never_holds_ends_at_the_deadline)
{
    struct world world;
    start(&world);
    world_at(&world, 7, note, &world, 1);
    ck_assert(!world_run(&world, two_fired, NULL, 100));
    ck_assert_int_eq(world.now_ms, 100);
    ck_assert(!world.overflow);
    world_free(&world);
}
END_TEST

START_TEST(an_event_for_the_past_fires_now)
{
    struct world world;
    start(&world);
    ck_assert(world_run(&world, NULL, NULL, 500));
    world_at(&world, 3, note, &world, 1);
    ck_assert(world_run(&world, NULL, NULL, 500));
    ck_assert_uint_eq(fired_count, 1);
    ck_assert_int_eq(fired_at[0], 500);
    world_free(&world);
}
END_TEST

static void again(void *context, uint64_t arg)
{
    struct world *world = context;
    world_at(world, world->now_ms, again, world, arg);
}

START_TEST(a_clock_that_stands_still_is_noticed)
{
    struct world world;
    start(&world);
    world_at(&world, 5, again, &world, 0);
    ck_assert(!world_run(&world, NULL, NULL, 100));
    ck_assert(world.overflow);
    ck_assert_int_eq(world.now_ms, 5);
    /* It stays that way until the reset. */
    ck_assert(!world_run(&world, NULL, NULL, 100));
    world_reset(&world);
    ck_assert(world_run(&world, NULL, NULL, 100));
    ck_assert_int_eq(world.now_ms, 100);
    world_free(&world);
}
END_TEST

START_TEST(too_many_events_are_an_overflow)
{
    struct world world;
    start(&world);
    ck_assert_uint_eq(world.heap.max, LIMIT_EVENTS);
    world.heap.max = 100;
    for (int i = 0; i < 100; i++) {
        world_at(&world, 1, note, &world, 0);
    }
    ck_assert(!world.overflow);
    world_at(&world, 1, note, &world, 0);
    ck_assert(world.overflow);
    world_free(&world);
}
END_TEST

/* A real world in a box: one request whose answer comes at a given real time,
 * and a clock that only moves when somebody waits. */
struct box {
    struct transport base;
    struct world *world;
    int64_t answer_at_ms;
    size_t in_flight;
    size_t listening;
    int polls;
    int64_t longest_ms, done_at_ms;
};

static int64_t box_now_ms;

static int64_t box_clock(void)
{
    return box_now_ms;
}

static size_t box_in_flight(struct transport *transport)
{
    return ((struct box *)transport)->in_flight;
}

static size_t box_listening(struct transport *transport)
{
    return ((struct box *)transport)->listening;
}

static void box_poll(struct transport *transport, int64_t max_ms)
{
    struct box *box = (struct box *)transport;
    int64_t until_ms = box_now_ms + max_ms;
    box->polls++;
    box->longest_ms = max_ms > box->longest_ms ? max_ms : box->longest_ms;
    if (box->answer_at_ms > until_ms || box->done_at_ms > 0) {
        box_now_ms = until_ms;
        return;
    }
    if (box->answer_at_ms > box_now_ms) {
        box_now_ms = box->answer_at_ms;
    }
    if (transport->woke) {
        transport->woke(transport->woke_context);
    }
    box->in_flight = 0;
    box->done_at_ms = box->world->now_ms;
}

static const struct transport_ops BOX_OPS = {.in_flight = box_in_flight,
                                             .poll = box_poll};
static const struct transport_ops LIVE_OPS = {
    .in_flight = box_in_flight, .listening = box_listening, .poll = box_poll};

static void start_real(struct world *world, struct box *box)
{
    start(world);
    *box = (struct box){.base = {.ops = &BOX_OPS}, .world = world};
    box_now_ms = 5000;
    world->wire = &box->base;
    world->real_ms = box_clock;
}

static bool answered(void *context)
{
    return ((struct box *)context)->done_at_ms > 0;
}

START_TEST(nothing_in_flight_jumps)
{
    struct world world;
    struct box box;
    start_real(&world, &box);
    world_at(&world, 30000, note, &world, 1);
    ck_assert(world_run(&world, NULL, NULL, 60000));
    ck_assert_int_eq(fired_at[0], 30000);
    ck_assert_int_eq(box_now_ms, 5000);
    ck_assert_int_eq(box.polls, 0);
    world_free(&world);
}
END_TEST

START_TEST(in_flight_the_clock_follows_real_time)
{
    struct world world;
    struct box box;
    start_real(&world, &box);
    box.in_flight = 1;
    box.answer_at_ms = 5000 + 250;
    world_at(&world, 100, note, &world, 1);
    world_at(&world, 300, note, &world, 2);
    ck_assert(world_run(&world, answered, &box, 10000));
    /* The event first, and the callback saw the time of the answer. */
    ck_assert_uint_eq(fired_count, 1);
    ck_assert_int_eq(fired_at[0], 100);
    ck_assert_int_eq(box.done_at_ms, 250);
    ck_assert_int_eq(box.longest_ms, 200);
    ck_assert_int_eq(world.now_ms, 250);
    ck_assert(box.base.woke == NULL);
    /* Then it jumps again. */
    ck_assert(world_run(&world, NULL, NULL, 9000));
    ck_assert_int_eq(fired_at[1], 300);
    ck_assert_int_eq(box_now_ms, 5250);
    world_free(&world);
}
END_TEST

START_TEST(in_flight_the_deadline_holds)
{
    struct world world;
    struct box box;
    start_real(&world, &box);
    box.in_flight = 1;
    box.answer_at_ms = INT64_MAX;
    ck_assert(!world_run(&world, answered, &box, 70));
    ck_assert_int_eq(world.now_ms, 70);
    ck_assert_int_eq(box_now_ms, 5070);
    world_free(&world);
}
END_TEST

static void slow(void *context, uint64_t arg)
{
    struct world *world = context;
    box_now_ms += (int64_t)arg;
    world_at(world, world->now_ms, slow, world, arg);
}

START_TEST(busy_events_do_not_starve_the_network)
{
    struct world world;
    struct box box;
    start_real(&world, &box);
    box.in_flight = 1;
    box.answer_at_ms = 5000 + 10;
    world_at(&world, 0, slow, &world, 1);
    ck_assert(world_run(&world, answered, &box, 10000));
    ck_assert_int_ge(box.done_at_ms, 10);
    ck_assert_int_le(box.done_at_ms, 100);
    world_free(&world);
}
END_TEST

/* A channel is open that brings something at that real time. */
static void start_live(struct world *world, struct box *box, int64_t scale,
                       int64_t brings_at_ms)
{
    start_real(world, box);
    box->base.ops = &LIVE_OPS;
    box->listening = 1;
    box->answer_at_ms = brings_at_ms;
    world->scale = scale;
}

START_TEST(while_listening_the_clock_runs_at_its_scale)
{
    /* 0 counts as 1. */
    static const int64_t SCALES[] = {0, 1, 60};
    for (size_t i = 0; i < 3; i++) {
        struct world world;
        struct box box;
        int64_t scale = SCALES[i] ? SCALES[i] : 1;
        start_live(&world, &box, SCALES[i], INT64_MAX);
        world_at(&world, 1200, note, &world, 1);
        world_at(&world, 1210, note, &world, 2);
        ck_assert(world_run(&world, NULL, NULL, 6000));
        ck_assert_uint_eq(fired_count, 2);
        ck_assert_int_eq(fired_at[0], 1200);
        ck_assert_int_eq(fired_at[1], 1210);
        ck_assert_int_eq(world.now_ms, 6000);
        ck_assert_int_eq(box_now_ms - 5000, 6000 / scale);
        ck_assert_int_ge(box.polls, 3);
        ck_assert(box.base.woke == NULL);
        world_free(&world);
    }
}
END_TEST

START_TEST(what_a_channel_brings_comes_before_what_is_later)
{
    struct world world;
    struct box box;
    start_live(&world, &box, 10, 5000 + 7);
    world_at(&world, 60, note, &world, 1);
    world_at(&world, 80, note, &world, 2);
    ck_assert(world_run(&world, answered, &box, 10000));
    ck_assert_uint_eq(fired_count, 1);
    ck_assert_int_eq(fired_at[0], 60);
    ck_assert_int_eq(box.done_at_ms, 70);
    ck_assert_int_eq(world.now_ms, 70);
    world_free(&world);
}
END_TEST

/* A machine that is late every time. */
static void late_poll(struct transport *transport, int64_t max_ms)
{
    ((struct box *)transport)->polls++;
    box_now_ms += max_ms + 5;
}

START_TEST(a_late_machine_passes_no_event_and_catches_up)
{
    static const struct transport_ops OPS = {.in_flight = box_in_flight,
                                             .listening = box_listening,
                                             .poll = late_poll};
    struct world world;
    struct box box;
    start_live(&world, &box, 100, INT64_MAX);
    box.base.ops = &OPS;
    for (uint64_t i = 0; i < 10; i++) {
        world_at(&world, 100 * (int64_t)(i + 1), note, &world, i);
    }
    ck_assert(world_run(&world, NULL, NULL, 10000));
    ck_assert_uint_eq(fired_count, 10);
    for (size_t i = 0; i < 10; i++) {
        ck_assert_int_eq(fired_at[i], 100 * (int64_t)(i + 1));
    }
    /* The network had its turn before every one of them, and what was lost
     * was not waited for once more. */
    ck_assert_int_ge(box.polls, 11);
    ck_assert_int_le(box_now_ms - 5000, 100 + 3 * 5 + 11 * 5);
    world_free(&world);
}
END_TEST

START_TEST(a_request_among_channels_is_at_the_pace_of_reality)
{
    struct world world;
    struct box box;
    start_live(&world, &box, 100, 5000 + 20);
    box.in_flight = 1;
    ck_assert(world_run(&world, answered, &box, 10000));
    ck_assert_int_eq(world.now_ms, 20);
    ck_assert(world_run(&world, NULL, NULL, 2020));
    ck_assert_int_eq(box_now_ms, 5040);
    box.listening = 0;
    ck_assert(world_run(&world, NULL, NULL, 100000));
    ck_assert_int_eq(box_now_ms, 5040);
    world_free(&world);
}
END_TEST

static void send_one(void *context, uint64_t arg)
{
    struct box *box = context;
    box->in_flight = arg;
    box->answer_at_ms = box_now_ms + 20;
}

START_TEST(what_a_late_machine_owes_is_forgotten_with_a_request)
{
    struct world world;
    struct box box;
    start_live(&world, &box, 100, INT64_MAX);
    /* 100 ms of the world late when the request is sent. */
    world_at(&world, 30, note, &world, 1);
    world_at(&world, 50, send_one, &box, 1);
    world_at(&world, 90, note, &world, 2);
    ck_assert(world_run(&world, answered, &box, 10000));
    ck_assert_int_le(box.done_at_ms, 71);
    ck_assert_int_eq(world.now_ms, box.done_at_ms);
    ck_assert_uint_eq(fired_count, 1);
    world_free(&world);
}
END_TEST

START_TEST(who_awaits_gets_real_time_while_the_clock_stands)
{
    /* Brought in time by the clock; only by real time; and not at all. */
    static const struct {
        int64_t brings_ms, at_ms, real_ms;
        bool held;
    } CASES[] = {{3, 300, 3, true},
                 {40, 1000, 40, true},
                 {10, 1000, 10, true},
                 {51, 1000, 50, false},
                 {INT64_MAX / 2, 1000, 50, false}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct world world;
        struct box box;
        start_live(&world, &box, 100, 5000 + CASES[i].brings_ms);
        world_at(&world, 1001, note, &world, 1);
        ck_assert_int_eq(world_await(&world, answered, &box, 1000, 50),
                         CASES[i].held);
        ck_assert_int_eq(world.now_ms, CASES[i].at_ms);
        ck_assert_int_eq(box_now_ms - 5000, CASES[i].real_ms);
        ck_assert_uint_eq(fired_count, 0);
        world_free(&world);
    }
}
END_TEST

/* What comes asks for an event of this moment, as a client does. */
static void echo_poll(struct transport *transport, int64_t max_ms)
{
    struct box *box = (struct box *)transport;
    box_now_ms += max_ms < 10 ? max_ms : 10;
    if (box_now_ms >= box->answer_at_ms && box->polls == 0) {
        box->polls = 1;
        world_at(box->world, box->world->now_ms, note, box->world, 1);
    }
}

static bool one_fired(void *context)
{
    (void)context;
    return fired_count == 1;
}

START_TEST(what_comes_at_last_is_handled_at_once)
{
    static const struct transport_ops OPS = {.in_flight = box_in_flight,
                                             .listening = box_listening,
                                             .poll = echo_poll};
    struct world world;
    struct box box;
    start_live(&world, &box, 100, 5000 + 30);
    box.base.ops = &OPS;
    ck_assert(world_await(&world, one_fired, NULL, 1000, 5000));
    ck_assert_int_eq(fired_at[0], 1000);
    ck_assert_int_eq(box_now_ms, 5030);
    world_free(&world);
}
END_TEST

START_TEST(nothing_is_awaited_where_nothing_can_come)
{
    struct world world;
    struct box box;
    start(&world); /* virtual */
    ck_assert(!world_await(&world, two_fired, NULL, 100, 5000));
    ck_assert_int_eq(world.now_ms, 100);
    ck_assert(!world_await(&world, two_fired, NULL, 50, 5000));
    ck_assert_int_eq(world.now_ms, 100);
    world_free(&world);
    start_live(&world, &box, 100, INT64_MAX);
    box.listening = 0; /* every channel has ended */
    ck_assert(!world_await(&world, two_fired, NULL, 100, 5000));
    ck_assert_int_eq(box_now_ms, 5000);
    world_free(&world);
}
END_TEST

Suite *suite_world(void)
{
    Suite *suite = suite_create("world");
    TCase *tests = tcase_create("world");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, events_come_by_time_and_then_by_order);
    tcase_add_test(tests, the_deadline_is_included_and_not_passed);
    tcase_add_test(tests, until_stops_right_after_the_event);
    tcase_add_test(tests, until_that_never_holds_ends_at_the_deadline);
    tcase_add_test(tests, an_event_for_the_past_fires_now);
    tcase_add_test(tests, a_clock_that_stands_still_is_noticed);
    tcase_add_test(tests, too_many_events_are_an_overflow);
    tcase_add_test(tests, nothing_in_flight_jumps);
    tcase_add_test(tests, in_flight_the_clock_follows_real_time);
    tcase_add_test(tests, in_flight_the_deadline_holds);
    tcase_add_test(tests, busy_events_do_not_starve_the_network);
    tcase_add_test(tests, while_listening_the_clock_runs_at_its_scale);
    tcase_add_test(tests, what_a_channel_brings_comes_before_what_is_later);
    tcase_add_test(tests, a_late_machine_passes_no_event_and_catches_up);
    tcase_add_test(tests, a_request_among_channels_is_at_the_pace_of_reality);
    tcase_add_test(tests, what_a_late_machine_owes_is_forgotten_with_a_request);
    tcase_add_test(tests, who_awaits_gets_real_time_while_the_clock_stands);
    tcase_add_test(tests, what_comes_at_last_is_handled_at_once);
    tcase_add_test(tests, nothing_is_awaited_where_nothing_can_come);
    suite_add_tcase(suite, tests);
    return suite;
}
