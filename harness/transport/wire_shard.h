/* SPDX-License-Identifier: MIT */
/* wire_shard - one libcurl multi handle on the libuv loop, for as many calls
 * as it handles well.  Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_SHARD_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_SHARD_H

#include <uv.h>

#include "harness/transport/wire_call.h"

struct wire_watcher;

/* The sockets of all shards, by number.  A watcher stays when its connection
 * rests, and for the next socket of that number: making one costs libuv more
 * system calls than a request does otherwise. */
struct wire_sockets {
    uv_loop_t *loop;                /* borrows */
    struct wire_watcher **watchers; /* owned; NULL where there is none yet */
    size_t count;
};

void wire_sockets_init(struct wire_sockets *sockets, uv_loop_t *loop);
/* After all shards were closed.  Memory is given back when the loop has run.
 */
void wire_sockets_close(struct wire_sockets *sockets);

struct wire_shard {
    CURLM *multi;
    struct wire_sockets *sockets; /* borrows */
    uv_timer_t timer;             /* when libcurl wants to be called next */
    size_t running;               /* calls */
    /* Called inside the loop for every call that ended: it is out of the
     * shard already, `result` is set. */
    void (*ended)(void *context, struct wire_call *call);
    void *context;
};

/* `connections` are kept alive at most.  NULL when out of memory. */
struct wire_shard *wire_shard_create(struct wire_sockets *sockets,
                                     size_t connections);
/* Let libcurl look at all of its running calls, whatever it waits for. */
void wire_shard_nudge(struct wire_shard *shard);
/* Start a prepared call; nothing happens before the loop runs. */
void wire_shard_add(struct wire_shard *shard, struct wire_call *call);
/* Take a running call out; `ended` is not called for it. */
void wire_shard_remove(struct wire_call *call);
/* No calls may be running.  Memory is given back when the loop has run. */
void wire_shard_close(struct wire_shard *shard);

#endif
