/* SPDX-License-Identifier: MIT */
/* transport - how a request leaves and its end comes back, in either world.
 * Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_TRANSPORT_H
#define SYNCSPEC_HARNESS_TRANSPORT_TRANSPORT_H

#include "protocol/http.h"
#include "reports/history.h"

/* How a request ended.  Pointers hold only during the callback. */
struct ending {
    enum reply_kind kind;
    enum fate fate;
    struct http_reply reply; /* REPLY_ANSWER; a cut body for REPLY_GARBLED and
                                REPLY_RESET where some arrived */
    struct str error;        /* a sentence, when not REPLY_ANSWER */
};

/* One request on its way.  The caller owns it and keeps it, and the strings of
 * `request`, alive and unmoved until `done` is called, which happens exactly
 * once, never inside transport_send. */
struct exchange {
    struct http_request request;
    uint32_t actor;     /* index in the history: for faults by client */
    uint32_t id;        /* of the history */
    int64_t timeout_ms; /* in world time; 0 or less: waits for ever */
    void (*done)(struct exchange *exchange, const struct ending *ending);
    void *context;  /* the caller's */
    void *internal; /* the transport's */
};

struct transport;
struct transport_ops {
    void (*send)(struct transport *transport, struct exchange *exchange);
    /* Give up on it; done is not called any more.  Nothing happens when it
     * was called already. */
    void (*cancel)(struct transport *transport, struct exchange *exchange);
    /* Requests that depend on the real world; 0 in simulation. */
    size_t (*in_flight)(struct transport *transport);
    /* Wait for the real world at most this long (real milliseconds) and call
     * what is done. */
    void (*poll)(struct transport *transport, int64_t max_ms);
    /* Free it; exchanges under way are forgotten without `done`.  Events of
     * it may still be on the world's heap: no world_run until world_reset. */
    void (*close)(struct transport *transport);
};
struct transport {
    const struct transport_ops *ops;
    /* The clock's: a real transport calls it inside poll before the first
     * `done`, so that the time has moved on by then.  NULL: nobody asked. */
    void (*woke)(void *context);
    void *woke_context;
};

static inline void transport_send(struct transport *t, struct exchange *e)
{
    t->ops->send(t, e);
}
static inline void transport_cancel(struct transport *t, struct exchange *e)
{
    t->ops->cancel(t, e);
}
static inline void transport_close(struct transport *t)
{
    t->ops->close(t);
}

#endif
