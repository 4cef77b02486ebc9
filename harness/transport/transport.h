/* SPDX-License-Identifier: MIT */
/* transport - how a request leaves and its end comes back, and how live
 * channels are spoken, in either world.
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
    bool fresh;         /* on a connection that had no request before */
    void (*done)(struct exchange *exchange, const struct ending *ending);
    void *context;  /* the caller's */
    void *internal; /* the transport's */
};

/* ---- live channels ---- */

enum channel_kind {
    CHANNEL_SOCKET, /* WebSocket, messages */
    CHANNEL_FRAMES, /* WebSocket, every frame as it is */
    CHANNEL_STREAM  /* an answer without end, bytes as they come */
};

/* Something that came.  Pointers hold only during the callback. */
struct heard {
    struct str bytes; /* a message; a frame's payload, unmasked; a piece */
    uint8_t opcode;   /* WS_TEXT, WS_BINARY …; of a stream 0 */
    bool fin;         /* of a frame; a message is whole */
};

/* How a channel ended. */
struct channel_end {
    /* REPLY_ANSWER: properly, by close frames or a stream's end, or an answer
     * that opened nothing; REPLY_RESET: in the middle; REPLY_GARBLED: the
     * peer broke the rules; others: it never came to be. */
    enum reply_kind kind;
    bool opened;             /* `opened` was called before */
    int code;                /* of the peer's close frame; WS_CODE_NONE,
                                WS_CODE_ABNORMAL; 0 for streams */
    struct str reason;       /* of the close frame */
    struct http_reply reply; /* !opened and REPLY_ANSWER */
    struct str error;        /* a sentence, when not REPLY_ANSWER */
};

/* One live channel.  The caller owns it and keeps it, and the strings of
 * `request`, alive and unmoved until `ended` is called, exactly once, or it
 * was shut with code 0.  No callback is called inside transport_open, _say,
 * _shut or _pause. */
struct channel {
    enum channel_kind kind;
    /* GET with its own headers; what a WebSocket upgrade needs beside them is
     * added by the transport, unless the request has it (CHANNEL_FRAMES). */
    struct http_request request;
    uint32_t actor;     /* index in the history: for faults by client */
    uint32_t id;        /* of the history, among those of exchanges */
    int64_t timeout_ms; /* for it to open, in world time */
    size_t split;       /* bytes in one piece, both ways; 0: as they come */
    bool witness;       /* by the independent client, where there is one */
    bool awaits;        /* the owner waits for an answer on it: on the wire the
                           clock follows real time meanwhile */
    /* 101, or a stream's 2xx head. */
    void (*opened)(struct channel *channel, const struct http_reply *reply);
    void (*heard)(struct channel *channel, const struct heard *what);
    void (*ended)(struct channel *channel, const struct channel_end *end);
    void *context;  /* the caller's */
    void *internal; /* the transport's */
    /* The channel of the owner, when this one belongs to a transport that
     * wraps another; NULL: this is the owner's. */
    void *outer;
};

/* Does the owner of the outermost one wait for an answer on it? */
static inline bool channel_awaits(const struct channel *channel)
{
    while (channel->outer) {
        channel = channel->outer;
    }
    return channel->awaits;
}

/* A request of which only the beginning is sent. */
struct part {
    struct http_request request;
    int64_t per_mille; /* of its bytes, head and body: 0 only connects */
    bool cut;          /* end the connection then; else it stays open, and
                          nothing more is said, until `drop` */
};

struct transport;
struct transport_ops {
    void (*send)(struct transport *transport, struct exchange *exchange);
    /* Give up on it; done is not called any more.  Nothing happens when it
     * was called already. */
    void (*cancel)(struct transport *transport, struct exchange *exchange);
    /* Open a live channel. */
    void (*open)(struct transport *transport, struct channel *channel);
    /* Say a text message (CHANNEL_SOCKET) or these very bytes
     * (CHANNEL_FRAMES).  Copies.  Lost when the channel is not open. */
    void (*say)(struct transport *transport, struct channel *channel,
                struct str bytes);
    /* End it.  Code 0: cut the connection at once, no callback follows.
     * Otherwise a socket is closed with that code by handshake, and a stream
     * given up: `ended` follows. */
    void (*shut)(struct transport *transport, struct channel *channel,
                 int code);
    /* Stop reading from the connection, or go on. */
    void (*pause)(struct transport *transport, struct channel *channel,
                  bool paused);
    /* Requests that depend on the real world, channels that are being opened
     * or closed, and those whose owner awaits something; 0 in simulation. */
    size_t (*in_flight)(struct transport *transport);
    /* Real channels that are open; 0 in simulation. */
    size_t (*listening)(struct transport *transport);
    /* Wait for the real world at most this long (real milliseconds) and call
     * what is done. */
    void (*poll)(struct transport *transport, int64_t max_ms);
    /* The same when nothing is under way: then real time passes.  NULL in
     * simulation. */
    void (*rest)(struct transport *transport, int64_t max_ms);
    /* Send the beginning of a request on a connection of its own; what is
     * answered is not read.  Returns when it is sent.  NULL: nothing of it
     * would arrive, in simulation. */
    enum status (*part)(struct transport *transport, const struct part *part,
                        struct err *err);
    /* Cut the connections that `part` left open.  NULL with that. */
    void (*drop)(struct transport *transport);
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
static inline void transport_open(struct transport *t, struct channel *c)
{
    t->ops->open(t, c);
}
static inline void transport_say(struct transport *t, struct channel *c,
                                 struct str bytes)
{
    t->ops->say(t, c, bytes);
}
static inline void transport_shut(struct transport *t, struct channel *c,
                                  int code)
{
    t->ops->shut(t, c, code);
}
static inline void transport_pause(struct transport *t, struct channel *c,
                                   bool paused)
{
    t->ops->pause(t, c, paused);
}
static inline void transport_close(struct transport *t)
{
    t->ops->close(t);
}

#endif
