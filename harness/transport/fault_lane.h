/* SPDX-License-Identifier: MIT */
/* fault_lane - one live channel in a bad network: its life is in
 * fault_lane.c, what passes on it in fault_line.c, what hits it as a whole in
 * faults_live.c.
 * Layer: harness/transport, not for others. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_FAULT_LANE_H
#define SYNCSPEC_HARNESS_TRANSPORT_FAULT_LANE_H

#include "harness/transport/faults_core.h"

enum lane_stage {
    LANE_FREE,
    LANE_HELD,    /* the opening will go on later */
    LANE_OPENING, /* it is with the inner transport */
    LANE_LOST,    /* nothing comes any more but the timeout */
    LANE_REPLY,   /* whether it opened will be told later */
    LANE_OPEN,
    LANE_ENDING /* its end will be told, nothing passes any more */
};

/* Bytes that were kept back, in either direction. */
struct letter {
    struct letter *next;
    uint64_t serial; /* of events about it; never again */
    size_t times;    /* to be delivered */
    bool waits;      /* REORDER: for the next message */
    bool due;        /* at the end of the event that is passing */
    uint8_t opcode;
    bool fin;
    size_t n;
    char bytes[];
};
struct letters {
    struct letter *first, *last;
};

/* A CUT rule that counts what comes in. */
struct cut_arm {
    uint64_t rule;
    uint64_t at_bytes; /* of lane->bytes_in */
};

/* Where a stream is inside its events. */
struct line_scan {
    bool inside;     /* an event has begun */
    bool line_begun; /* the line is not empty */
    bool after_cr;
    bool collects; /* this event is hit: it is put together first */
    struct fault_rule rule;
    struct buf event;
};

struct lane {
    struct faults *faults;
    struct channel *outer; /* NULL: its owner was told the end, or cut it */
    struct channel inner;
    enum lane_stage stage;
    uint64_t turn; /* of this use: events of an earlier one are stale */
    int64_t expire_ms;
    bool linked;       /* inner is with the inner transport */
    bool inner_paused; /* … and does not read */
    bool told_open;
    bool opens;  /* LANE_REPLY: it did, `reply` is its head */
    bool silent; /* half-open for ever */
    bool paused; /* by its owner */
    int64_t stalled_until_ms;
    int closing;   /* the owner's code, said after the stall; 0: none */
    bool over;     /* inner has ended: `end` follows what is in the inbox */
    unsigned busy; /* callbacks under way */
    bool leaves;   /* to be released after them */
    struct ending reply;
    struct channel_end end;
    struct packet request, reply_bytes, end_bytes;
    struct letters inbox;  /* in order, until the lane flows */
    struct letters held;   /* each for itself */
    struct letters outbox; /* said during a stall */
    size_t kept_bytes;     /* in all three */
    struct line_scan scan;
    uint64_t bytes_in;
    struct cut_arm *arms;
    size_t arm_count, arm_cap;
    struct lane *next, *next_free;
};

/* ---- fault_lane.c ---- */

struct fault_subject lane_subject(const struct lane *lane, unsigned actions);
bool lane_is_stalled(const struct lane *lane);
/* Does what comes in reach the owner now? */
bool lane_flows(const struct lane *lane);
/* Go on at that time: unless it is stalled for longer, what was said and what
 * came meanwhile passes. */
void lane_flow_later(struct lane *lane, int64_t at_ms);
/* Let the inner transport read exactly when something may come in. */
void lane_set_pause(struct lane *lane);
/* Callbacks are made between these two: the lane is not released meanwhile. */
void lane_enter(struct lane *lane);
void lane_leave(struct lane *lane);
/* The inner channel is cut and the owner told so by an event of this moment
 * (no callback in here). */
void lane_break(struct lane *lane, enum reply_kind kind, const char *error);
/* Cut the inner channel of one that has no owner any more, and free it. */
void lane_forget(struct lane *lane);

/* ---- faults_live.c ---- */

/* It has opened, which its owner does not know yet. */
void lane_hit_fresh(struct lane *lane);

/* ---- fault_line.c ---- */

/* Something came from the inner transport. */
void line_receive(struct lane *lane, const struct heard *what);
/* Deliver what waited for the lane to flow. */
void line_drain(struct lane *lane);
/* The owner says something while nothing passes. */
void line_put_off(struct lane *lane, struct str bytes);
/* The stall is over: say what was said meanwhile. */
void line_catch_up(struct lane *lane);
/* As if the server had said it at this moment. */
void line_announce(struct lane *lane, struct str text);
/* All that was kept back is lost. */
void line_clear(struct lane *lane);

#endif
