/* SPDX-License-Identifier: MIT */
/* faults - a bad network in front of any transport, on the client's side.
 * Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_FAULTS_H
#define SYNCSPEC_HARNESS_TRANSPORT_FAULTS_H

#include "harness/transport/world.h"
#include "protocol/dialect.h"

enum fault_action {
    FAULT_DROP,      /* lost: the client runs into its timeout */
    FAULT_DELAY,     /* later by `by_ms`, plus jitter up to `jitter_ms` */
    FAULT_DUPLICATE, /* request: sent twice, the first answer counts;
                        response: delivered once (a client cannot see two), so
                        request only */
    FAULT_REORDER,   /* held until the next message of the same direction and
                        actor has passed, or 1 s */
    FAULT_TRUNCATE,  /* response: body cut after `bytes`; garbled */
    FAULT_RESET,     /* response: connection reset after `bytes` of body */
    FAULT_TRICKLE,   /* response: arrives slowly, `bytes` a second */
    FAULT_ANSWER,    /* request: the server never sees it, response: it did;
                        either way the client gets `status` and `body` */
    /* Of live channels, direction FAULT_MESSAGE.  What the server says:
     * DROP, DELAY (what follows overtakes it), DUPLICATE and REORDER are
     * for messages of sockets; of streams they hit pieces of bytes at event
     * ends, see fault_line.c. */
    FAULT_REPEAT,   /* delivered `times` times: a storm */
    FAULT_ANNOUNCE, /* `body` is delivered at once, as if the server said it,
                       on the open channels that match; then used up */
    FAULT_CUT,      /* the connection is reset: at once where `bytes` is 0,
                       else when so many more bytes came in, the rest of
                       them lost, also inside an event */
    FAULT_SILENCE,  /* half-open: nothing passes either way, nobody is told */
    FAULT_STALL,    /* nothing passes for `by_ms`, then all of it does */
    FAULT_SPLIT     /* channels that open from now on: `bytes` a piece */
};

/* A channel's opening is a request, and what it is refused with a response:
 * DROP, DELAY and ANSWER hit it like any other (match `/ws`). */
enum fault_direction {
    FAULT_REQUEST = 1,
    FAULT_RESPONSE = 2,
    FAULT_MESSAGE = 4
};

struct fault_rule {
    enum fault_action action;
    enum fault_direction direction;
    uint32_t actor;   /* UINT32_MAX: any */
    struct str match; /* only targets that contain this; empty: all */
    const struct dialect *dialect; /* `match` has the names of its base; NULL:
                                      those that are on the wire */
    size_t skip;        /* let so many matching messages pass first */
    size_t count;       /* then so many are hit; 0: no end */
    unsigned per_mille; /* probability; 1000: always */
    int64_t by_ms, jitter_ms;
    size_t bytes;
    size_t times;     /* REPEAT */
    int64_t every_ms; /* CUT: again and again; 0: once, or by count */
    int status;
    struct str body, content_type, retry_after;
    struct str text; /* as in the script: for the history */
};

/* What was disturbed: an exchange or a channel. */
struct fault_victim {
    uint32_t actor;
    uint32_t id; /* of the history */
};

/* Borrows world and inner: closing it gives up what is under way in `inner`,
 * which must still be there, and leaves it open.  Rules are asked in the order
 * they were added; a message that one of them lets pass (skip, probability) is
 * offered to the next.  TRUNCATE and RESET let pass what is too short to be
 * cut.  A message that was held back or doubled is on its way: it goes to the
 * server even if the client gave up meanwhile.  `hit` is told of every
 * disturbance (for the history); may be NULL. */
struct transport *
faults_create(struct world *world, struct transport *inner, uint64_t seed,
              void (*hit)(void *context, const struct fault_victim *victim,
                          const struct fault_rule *rule),
              void *context);
/* Copies the rule, borrows its strings.  False over LIMIT_RULES, or when the
 * action does not exist in that direction (see enum fault_action). */
bool faults_add(struct transport *transport, const struct fault_rule *rule);
void faults_heal(struct transport *transport); /* no rules any more */
/* Until the rest ends requests, responses and messages pass; nothing of it is
 * counted.  Cuts and silences of channels that were begun go on. */
void faults_rest(struct transport *transport, bool rest);
/* Rules that can still hit something. */
size_t faults_active(struct transport *transport);

#endif
