/* SPDX-License-Identifier: MIT */
/* world - the clock of a run: jumps between events, or follows real time while
 * a real request is in flight.  Layer: harness/transport. */
#include "harness/transport/world.h"

#include "base/asserts.h"
#include "base/limits.h"

enum {
    STANDSTILL_MAX = 2 * 1000 * 1000, /* events at one time */
    UNPOLLED_MAX = 64 /* events in a row before the network gets its turn */
};

/* One call of world_run. */
struct pace {
    struct world *world;
    int64_t deadline_ms;
    int64_t last_real_ms; /* up to where real time was taken over */
    bool real;            /* something was in flight at the last look */
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

/* Take over the real time that has passed since the last time. */
static void clock_follow(void *context)
{
    struct pace *pace = context;
    int64_t real_ms = pace->world->real_ms();
    int64_t passed_ms = real_ms - pace->last_real_ms;
    pace->last_real_ms = real_ms;
    clock_to(pace, pace->world->now_ms + passed_ms);
}

static bool event_is_due(const struct pace *pace, int64_t by_ms)
{
    const struct timed *next = heap_peek(&pace->world->heap);
    return next && next->at_ms <= by_ms;
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

/* Is a real request under way?  Real time counts from the first look that
 * finds one to the last. */
static bool pace_is_real(struct pace *pace)
{
    struct world *world = pace->world;
    bool real = world->wire && world->real_ms &&
                world->wire->ops->in_flight(world->wire) > 0;
    if (real && !pace->real) {
        pace->last_real_ms = world->real_ms();
    } else if (real) {
        clock_follow(pace);
    }
    pace->real = real;
    return real;
}

/* Let the network go on for as long as nothing else is to be done. */
static void wait_for_wire(struct pace *pace)
{
    struct world *world = pace->world;
    const struct timed *next = heap_peek(&world->heap);
    int64_t target_ms = pace->deadline_ms;
    if (next && next->at_ms < target_ms) {
        target_ms = next->at_ms;
    }
    if (target_ms < world->now_ms) {
        target_ms = world->now_ms;
    }
    pace->unpolled = 0;
    world->wire->woke = clock_follow;
    world->wire->woke_context = pace;
    world->wire->ops->poll(world->wire, target_ms - world->now_ms);
    world->wire->woke = NULL;
    clock_follow(pace);
}

bool world_run(struct world *world, bool (*until)(void *context), void *context,
               int64_t deadline_ms)
{
    struct pace pace = {
        .world = world, .deadline_ms = deadline_ms, .seen_ms = world->now_ms};
    for (;;) {
        if (until && until(context)) {
            return true;
        }
        if (world->overflow) {
            return false;
        }
        bool real = pace_is_real(&pace) && world->now_ms < deadline_ms;
        bool due = event_is_due(&pace, real ? world->now_ms : deadline_ms);
        if (real && (!due || ++pace.unpolled > UNPOLLED_MAX)) {
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
