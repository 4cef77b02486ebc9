/* SPDX-License-Identifier: MIT */
/* wire_live - live channels on the real network: which of the three speakers
 * takes one, how long it may take, and the news on their way to the owner.
 * Layer: harness/transport, not for others.
 *
 * A speaker calls wire_channel_* from inside the loop; the owner hears of it
 * when the loop stands still, in wire_live_deliver. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_LIVE_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_LIVE_H

#include <uv.h>

#include "base/rng.h"
#include "harness/transport/wire.h"
#include "harness/transport/wire_address.h"
#include "harness/transport/wire_head.h"
#include "harness/transport/wire_shard.h"

struct wire_channel;
struct wire_lws;

/* Who speaks with the peer.  None of these tells the owner anything at once,
 * and all of them may be called only when the loop stands still. */
struct wire_speaker {
    /* Connect to wire_channel_address() and ask. */
    void (*start)(struct wire_channel *wc);
    void (*say)(struct wire_channel *wc, struct str bytes);
    /* Close an open channel by handshake. */
    void (*shut)(struct wire_channel *wc, int code);
    void (*pause)(struct wire_channel *wc, bool paused);
    /* Drop the connection, and let go of the channel as soon as nothing of the
     * loop points to it any more.  Also when it was dropped already. */
    void (*cut)(struct wire_channel *wc);
    /* The owner has been told everything so far.  NULL: never mind. */
    void (*told)(struct wire_channel *wc);
};

extern const struct wire_speaker WIRE_SOCKET;  /* by libwebsockets */
extern const struct wire_speaker WIRE_WITNESS; /* by bare sockets */
extern const struct wire_speaker WIRE_STREAM;  /* by libcurl */

enum wire_phase {
    WIRE_OPENING,
    WIRE_OPEN,
    WIRE_CLOSING, /* a handshake has begun */
    WIRE_OVER,    /* its end waits to be told */
    WIRE_GONE     /* the owner knows, or does not want to */
};

/* What is needed only until it is open, or was refused. */
struct wire_opening {
    struct wire_head head;
    struct buf body;
    int status;
};

struct wire_news; /* something that was heard */

struct wire_list {
    struct wire_channel *first, *last;
};

struct wire_links {
    struct wire_channel *previous, *next;
    struct wire_list *list; /* NULL: in none */
};

struct wire_channel {
    struct wire_live *live;
    struct channel *channel; /* the owner's; NULL once it is gone */
    const struct wire_speaker *speaker;
    void *voice; /* the speaker's */
    struct wire_links all, ready;
    unsigned references;
    enum wire_phase phase;
    bool opened_due, opened_told, paused;
    bool asked; /* connected, the request is on its way */
    size_t tries;
    struct wire_opening *opening;
    struct wire_news *first, *last;
    size_t untold; /* bytes of these */
    uv_timer_t timer;
    int64_t deadline_ms; /* of the opening; 0: none */
    enum reply_kind kind;
    int code;
    struct buf reason, error;
};

struct wire_live {
    uv_loop_t *loop; /* borrows, like those below */
    const struct wire_config *config;
    const struct wire_target *target;
    struct wire_sockets *sockets;
    struct wire_address address;
    struct rng rng; /* keys and masks */
    struct wire_list all, ready;
    size_t ready_count;
    size_t open; /* channels in WIRE_OPEN */
    struct wire_lws *lws;
    bool lws_failed; /* there is no libuv plug-in: the witness does it all */
    struct wire_shard *streams;
    char *scratch; /* WIRE_SCRATCH_BYTES to read into */
};

enum {
    WIRE_SCRATCH_BYTES = 65536,
    WIRE_CLOSE_MS = 5000,
    /* What the system takes in for us: left alone it grows to many MB, and a
     * pause holds nobody up. */
    WIRE_RECEIVE_BYTES = 131072
};

/* What it borrows is set; the URL has been checked.  The host is not looked up
 * yet. */
void wire_live_init(struct wire_live *live);
/* Cut everything.  The loop has to run until it is empty, then _free. */
void wire_live_close(struct wire_live *live);
void wire_live_free(struct wire_live *live);

void wire_live_open(struct wire_live *live, struct channel *channel);
void wire_live_say(struct channel *channel, struct str bytes);
void wire_live_shut(struct channel *channel, int code);
void wire_live_pause(struct channel *channel, bool paused);
/* As transport.h says it. */
size_t wire_live_in_flight(const struct wire_live *live);
size_t wire_live_listening(const struct wire_live *live);
/* Something to be told; and tell all that there is now. */
bool wire_live_is_ready(const struct wire_live *live);
void wire_live_deliver(struct wire_live *live);
/* Let libcurl look at its streams. */
void wire_live_nudge(struct wire_live *live);

/* ---- for speakers ---- */

/* Where to connect. */
const struct sockaddr *wire_channel_address(const struct wire_channel *wc);
/* Hold the channel until _release. */
void wire_channel_hold(struct wire_channel *wc);
void wire_channel_release(struct wire_channel *wc);
/* The connection is there. */
void wire_channel_connected(struct wire_channel *wc);
/* No connection to this address.  True: there is another, start was called
 * again; the speaker had let go of this try.  False: over. */
bool wire_channel_next_address(struct wire_channel *wc, const char *why);
/* The library holds a 101 to be wrong.  It loses headers that come behind one
 * whose name begins like one that it knows, so the witness asks again and says
 * what is right; where it cannot, the library's word counts.  The speaker had
 * let go of the channel. */
void wire_channel_ask_witness(struct wire_channel *wc, const char *why);
/* It is open: opening->head and ->status tell. */
void wire_channel_opened(struct wire_channel *wc);
/* Copies. */
void wire_channel_heard(struct wire_channel *wc, const struct heard *what);
/* It has ended; nothing when it had before.  The format makes the sentence of
 * an end that is not REPLY_ANSWER, the server's address goes behind it. */
void wire_channel_over(struct wire_channel *wc, enum reply_kind kind,
                       const char *why, const char *detail);
/* The same with a sentence that is ready. */
void wire_channel_over_as(struct wire_channel *wc, enum reply_kind kind,
                          struct str error);
/* What the peer said in its close frame. */
void wire_channel_closed_by(struct wire_channel *wc, int code,
                            struct str reason);
/* A closing handshake has begun: WIRE_CLOSE_MS are left for it. */
void wire_channel_closing(struct wire_channel *wc);

/* ---- wire_socket.c ---- */

/* Make the library's context; false: there is no plug-in for libuv. */
bool wire_lws_ready(struct wire_live *live);
/* Can that library write this request as it is? */
bool wire_lws_can(const struct http_request *request);
/* The two halves of its end, the loop runs empty between them. */
void wire_lws_close(struct wire_live *live);
void wire_lws_free(struct wire_live *live);

/* ---- wire_stream.c ---- */

void wire_streams_close(struct wire_live *live);

#endif
