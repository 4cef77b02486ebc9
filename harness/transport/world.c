/* SPDX-License-Identifier: MIT */
/* world - the clock of a run: jumps between events, or follows real time while
 * a real request is in flight or a real channel is open.
 * Layer: harness/transport. */
#include "harness/transport/world.h"

#include "base/asserts.h"
#include "base/limits.h"

enum {
    STANDSTILL_MAX = 2 * 1000 * 1000, /* events at one time */
    UNPOLLED_MAX = 64 /* events in a row before the network gets its turn */
};

/* How the clock goes on. */
enum gait {
    GAIT_JUMP,   /* to the next event */
    GAIT_FLIGHT, /* as real time does, also past events that were due */
    GAIT_LISTEN  /* `scale` times as fast, from event to event */
};

/* One call of world_run. */
struct pace {
    struct world *world;
    int64_t deadline_ms;
    int64_t last_real_ms; /* up to where real time was taken over */
    int64_t ahead_ms;     /* world time that is over in reality, but that the
                             clock has still to go: events are in between */
    enum gait gait;       /* by the last look */
    int64_t polled_ms;    /* world time of the last look at the network */
    int64_t seen_ms;      /* for the guard against a standstill */
    uint32_t standstill;
    uint32_t unpolled;
};

void world_init(struct world *world)
{
    *world = (struct world){0};
    heap_init(&world->heap, LIMIT_EVENTS);
}

void world_free(struct world *world)
{
    heap_free(&world->heap);
}

void world_reset(struct world *world)
{
    heap_clear(&world->heap);
    world->now_ms = 0;
    world->overflow = false;
}

void world_at(struct world *world, int64_t at_ms,
              void (*fire)(void *context, uint64_t arg), void *context,
              uint64_t arg)
{
    struct timed event = {
        .at_ms = at_ms > world->now_ms ? at_ms : world->now_ms,
        .fire = fire,
        .context = context,
        .arg = arg,
    };
    if (!heap_push(&world->heap, event)) {
        world->overflow = true;
    }
}

static void clock_to(struct pace *pace, int64_t at_ms)
{
    struct world *world = pace->world;
    int64_t target = at_ms < pace->deadline_ms ? at_ms : pace->deadline_ms;
    if (target > world->now_ms) {
        world->now_ms = target;
    }
}

static int64_t next_event_ms(const struct world *world)
{
    const struct timed *next = heap_peek(&world->heap);
    return next ? next->at_ms : INT64_MAX;
}

static int64_t world_scale(const struct world *world)
{
    return world->scale > 1 ? world->scale : 1;
}

/* The clock stops at every event on its way: one that is fired late would be
 * late by `scale` times what this machine was. */
static void clock_stroll(struct pace *pace, int64_t passed_ms)
{
    struct world *world = pace->world;
    int64_t from_ms = world->now_ms;
    int64_t next_ms = next_event_ms(world);
    pace->ahead_ms += passed_ms * world_scale(world);
    int64_t target_ms = from_ms + pace->ahead_ms;
    clock_to(pace, target_ms < next_ms ? target_ms : next_ms);
    pace->ahead_ms -= world->now_ms - from_ms;
}

/* Take over the real time that has passed since the last time. */
static void clock_follow(void *context)
{
    struct pace *pace = context;
    int64_t real_ms = pace->world->real_ms();
    int64_t passed_ms = real_ms - pace->last_real_ms;
    pace->last_real_ms = real_ms;
    if (pace->gait == GAIT_LISTEN) {
        clock_stroll(pace, passed_ms);
    } else {
        clock_to(pace, pace->world->now_ms + passed_ms);
    }
}

/* False when the events do not let the clock move. */
static bool fire_next(struct pace *pace)
{
    struct world *world = pace->world;
    struct timed event = {0};
    bool popped = heap_pop(&world->heap, &event);
    ASSERT(popped);
    clock_to(pace, event.at_ms);
    event.fire(event.context, event.arg);
    if (world->now_ms != pace->seen_ms) {
        pace->seen_ms = world->now_ms;
        pace->standstill = 0;
    }
    if (++pace->standstill > STANDSTILL_MAX) {
        world->overflow = true;
        return false;
    }
    return true;
}

static size_t channels_open(struct transport *wire)
{
    return wire->ops->listening ? wire->ops->listening(wire) : 0;
}

static enum gait gait_of(const struct world *world)
{
    if (!world->wire || !world->real_ms) {
        return GAIT_JUMP;
    }
    if (world->wire->ops->in_flight(world->wire) > 0) {
        return GAIT_FLIGHT;
    }
    return channels_open(world->wire) > 0 ? GAIT_LISTEN : GAIT_JUMP;
}

/* Real time counts from the first look that finds something real to the
 * last. */
static enum gait pace_look(struct pace *pace)
{
    enum gait before = pace->gait;
    enum gait gait = gait_of(pace->world);
    if (gait != GAIT_LISTEN) {
        pace->ahead_ms = 0;
        pace->gait = gait;
    }
    if (before == GAIT_JUMP && gait != GAIT_JUMP) {
        pace->last_real_ms = pace->world->real_ms();
    } else if (gait != GAIT_JUMP) {
        /* Of two gaits the slower: nobody is to lose time by the change. */
        clock_follow(pace);
    }
    pace->gait = gait;
    return gait;
}

/* Let the network go on for as long as nothing else is to be done. */
static void wait_for_wire(struct pace *pace)
{
    struct world *world = pace->world;
    int64_t target_ms = next_event_ms(world);
    int64_t scale = pace->gait == GAIT_LISTEN ? world_scale(world) : 1;
    if (target_ms > pace->deadline_ms) {
        target_ms = pace->deadline_ms;
    }
    if (target_ms < world->now_ms) {
        target_ms = world->now_ms;
    }
    pace->unpolled = 0;
    pace->polled_ms = world->now_ms;
    world->wire->woke = clock_follow;
    world->wire->woke_context = pace;
    world->wire->ops->poll(world->wire,
                           (target_ms - world->now_ms + scale - 1) / scale);
    world->wire->woke = NULL;
    clock_follow(pace);
}

/* Is it the network's turn, though an event may be due?  While listening it
 * is whenever the clock has moved: what a channel has brought comes first. */
static bool wire_has_turn(struct pace *pace, bool due)
{
    if (!due) {
        return true;
    }
    if (pace->gait == GAIT_LISTEN && pace->world->now_ms != pace->polled_ms) {
        return true;
    }
    return ++pace->unpolled > UNPOLLED_MAX;
}

bool world_run(struct world *world, bool (*until)(void *context), void *context,
               int64_t deadline_ms)
{
    struct pace pace = {.world = world,
                        .deadline_ms = deadline_ms,
                        .polled_ms = INT64_MIN,
                        .seen_ms = world->now_ms};
    for (;;) {
        if (until && until(context)) {
            return true;
        }
        if (world->overflow) {
            return false;
        }
        bool real =
            pace_look(&pace) != GAIT_JUMP && world->now_ms < deadline_ms;
        bool due = next_event_ms(world) <= (real ? world->now_ms : deadline_ms);
        if (real && wire_has_turn(&pace, due)) {
            wait_for_wire(&pace);
        } else if (due) {
            if (!fire_next(&pace)) {
                return false;
            }
        } else {
            clock_to(&pace, deadline_ms);
            return until == NULL;
        }
    }
}

bool world_await(struct world *world, bool (*until)(void *context),
                 void *context, int64_t deadline_ms, int64_t real_ms)
{
    ASSERT(until);
    int64_t from_ms = world->real_ms ? world->real_ms() : 0;
    bool held = world_run(world, until, context, deadline_ms);
    if (deadline_ms < world->now_ms) {
        deadline_ms = world->now_ms;
    }
    while (!held && !world->overflow && gait_of(world) != GAIT_JUMP) {
        int64_t left_ms = real_ms - (world->real_ms() - from_ms);
        if (left_ms <= 0) {
            break;
        }
        world->wire->ops->poll(world->wire, left_ms);
        /* What came may have asked for events: those of this moment. */
        held = world_run(world, until, context, deadline_ms);
    }
    return held;
}
