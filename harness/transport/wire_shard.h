/* SPDX-License-Identifier: MIT */
/* wire_shard - one libcurl multi handle on the libuv loop, for as many calls
 * as it handles well.  Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_SHARD_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_SHARD_H

#include <uv.h>

#include "harness/transport/wire_call.h"

struct wire_shard {
    CURLM *multi;
    uv_loop_t *loop;  /* borrows */
    uv_timer_t timer; /* when libcurl wants to be called next */
    size_t running;   /* calls */
    /* Called inside the loop for every call that ended: it is out of the
     * shard already, `result` is set. */
    void (*ended)(void *context, struct wire_call *call);
    void *context;
};

/* `connections` are kept alive at most.  NULL when out of memory. */
struct wire_shard *wire_shard_create(uv_loop_t *loop, size_t connections);
/* Start a prepared call; nothing happens before the loop runs. */
void wire_shard_add(struct wire_shard *shard, struct wire_call *call);
/* Take a running call out; `ended` is not called for it. */
void wire_shard_remove(struct wire_call *call);
/* No calls may be running.  Memory is given back when the loop has run. */
void wire_shard_close(struct wire_shard *shard);

#endif
