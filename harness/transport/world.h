/* SPDX-License-Identifier: MIT */
/* world - the one clock of a run and what is going to happen by it.
 * Layer: harness/transport.
 *
 * Virtual: the clock jumps to the next event.  On the wire: while a real
 * request is in flight the clock follows real time, and when nothing is in
 * flight it jumps to the next event, so that a 30 s interval costs nothing
 * and no time-out is ever shorter in reality than it says.  While live
 * channels are open and nothing is in flight, the clock runs `scale` times as
 * fast as real time, and so does the bundled server's: what a channel brings
 * comes before what the script says for later. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WORLD_H
#define SYNCSPEC_HARNESS_TRANSPORT_WORLD_H

#include "base/heap.h"
#include "base/rng.h"
#include "harness/transport/transport.h"

struct world {
    struct heap heap;
    int64_t now_ms;           /* since the run began */
    struct transport *wire;   /* the innermost real transport; NULL: virtual */
    int64_t (*real_ms)(void); /* monotonic clock of the edge; NULL: virtual */
    int64_t scale; /* 1 or more: world time per real time while listening */
    bool overflow; /* an event could not be scheduled: our own limit */
};

void world_init(struct world *world);
void world_free(struct world *world);
void world_reset(struct world *world); /* now = 0, no events */
/* Call fire(context, arg) at that time (not before now). */
void world_at(struct world *world, int64_t at_ms,
              void (*fire)(void *context, uint64_t arg), void *context,
              uint64_t arg);
/* Run until `until` says true (asked first of all, and after every event and
 * every look at the network) or the clock reaches `deadline_ms`; true if
 * `until` held.  With `until` NULL: until the deadline, all events at the
 * deadline included; true when it got there.  The clock ends at the deadline
 * at the latest, and never goes back.  False with `overflow` set when two
 * million events came without the clock moving. */
bool world_run(struct world *world, bool (*until)(void *context), void *context,
               int64_t deadline_ms);

/* The same for something that a live channel has to bring: when the deadline
 * came without it, the clock stands still there until at least `real_ms` of
 * real time have passed since the call, or until nothing is open or in flight
 * that could bring it (nothing of that in virtual time). */
bool world_await(struct world *world, bool (*until)(void *context),
                 void *context, int64_t deadline_ms, int64_t real_ms);

#endif
