/* SPDX-License-Identifier: MIT */
/* sim_core - what the files of the virtual network share: requests are in
 * sim.c, live channels in sim_live.c and sim_peer.c.
 * Layer: harness/transport, not for others. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_SIM_CORE_H
#define SYNCSPEC_HARNESS_TRANSPORT_SIM_CORE_H

#include "harness/transport/packet.h"
#include "harness/transport/sim.h"
#include "mock_server/live.h"
#include "protocol/ws.h"

struct stall {
    uint32_t actor;
    size_t count;
    int64_t by_ms;
};

struct sim {
    struct transport base;
    struct sim_config config;
    struct world *world;
    struct server *server; /* NULL: down */
    struct rng up, down, inside;
    struct call **calls; /* all ever made, in order */
    size_t call_count, call_cap;
    struct call *free_calls;
    struct stall *stalls;
    size_t stall_count, stall_cap;
    /* Of live channels, so that they do not shift what requests draw. */
    struct rng live_up, live_down, live_inside, live_peer;
    struct line *lines; /* all ever made, the first first */
    struct line **last_line;
    struct line *free_lines;
    int64_t tick_ms;    /* the server's next, on the heap; INT64_MAX: none */
    uint64_t tick_turn; /* earlier ones are stale */
};

/* ---- sim.c ---- */

int64_t sim_latency_ms(const struct latency *latency, struct rng *rng);
struct instant sim_server_now(const struct sim *sim);

/* ---- sim_live.c ---- */

void sim_live_init(struct sim *sim);
void sim_live_free(struct sim *sim);
void sim_live_open(struct sim *sim, struct channel *channel);
void sim_live_say(struct channel *channel, struct str bytes);
void sim_live_shut(struct channel *channel, int code);
void sim_live_pause(struct channel *channel, bool paused);
/* After every call into the server: send what its channels have to say, and
 * wake it when it wants to be woken. */
void sim_live_settle(struct sim *sim);
/* The server (still there) goes down: channels are reset. */
void sim_live_down(struct sim *sim);

/* ---- lines: one channel each ---- */

enum {
    LINE_WINDOW = 64 << 10, /* bytes on their way to a client or not read by
                               it: the server's connection takes no more */
    LINE_CLOSE_MS = 5000    /* for the peer's half of a close handshake */
};

enum line_far { /* the server's end */
                FAR_NONE,
                FAR_AHEAD,  /* the request is on its way to it */
                FAR_INSIDE, /* between begin and finish */
                FAR_LIVE
};

enum piece_kind {
    PIECE_BYTES,
    PIECE_REQUEST, /* up: the opening */
    PIECE_GONE,    /* up: the client has ended the connection */
    PIECE_HEAD,    /* down: line->reply has opened it */
    PIECE_REFUSED, /* down: line->refusal */
    PIECE_END,     /* down: the server has ended the connection */
    PIECE_RESET    /* down: the connection was lost */
};
struct piece {
    struct piece *next;
    enum piece_kind kind;
    size_t n;
    char bytes[];
};
struct pieces {
    struct piece *first, *last;
};
struct way {
    struct pieces pieces; /* on it, in order */
    int64_t last_ms;      /* when the last one arrives */
};

struct line {
    struct sim *sim;
    struct channel *channel; /* NULL: its owner has its end, or left */
    enum channel_kind kind;
    uint64_t turn; /* of this use: events of an earlier one are stale */
    bool in_use;
    unsigned busy; /* the client's end is being called */
    size_t split;
    int64_t expire_ms;
    struct way up, down;
    /* The server's end. */
    enum line_far far;
    struct server_job *job;
    struct live *live;
    bool hung_up;   /* PIECE_GONE was sent */
    bool gone;      /* … and came to a server that was inside */
    bool head_held; /* PIECE_HEAD waits for output: a planted bug */
    size_t unread;  /* bytes in `down` and `arrived` */
    struct http_request request;
    struct http_reply reply;
    struct channel_end refusal;
    struct packet request_bytes, reply_bytes;
    char key[24], accept[WS_ACCEPT_BYTES];
    /* The client's end: sim_peer.c. */
    struct pieces arrived;
    bool timer; /* of the opening, on the heap */
    bool opened, paused;
    bool closing;  /* our close frame is on its way */
    bool given_up; /* ended by its owner, who is told so at this moment */
    bool close_seen;
    int code; /* of the peer's close frame */
    struct buf reason;
    struct ws_reader reader;
    struct buf frames;
    struct line *next, *next_free;
};

/* The connection's end on the client's side goes up.  Twice does nothing. */
void line_hang_up(struct line *line);
/* Send bytes to the server. */
void line_write(struct line *line, struct str bytes);
/* There is room for what the server has to say. */
void line_pump(struct line *line);
void line_enter(struct line *line);
void line_leave(struct line *line);
struct piece *pieces_take(struct pieces *pieces);
void pieces_clear(struct pieces *pieces);

/* ---- sim_peer.c: the client's end ---- */

void peer_begin(struct line *line);
/* Read what has arrived, unless the owner pauses; between line_enter and
 * line_leave. */
void peer_receive(struct line *line);
/* The owner is told that it ended; `error` NULL where it ended properly. */
void peer_end(struct line *line, enum reply_kind kind, const char *error);
void peer_say(struct line *line, struct str bytes);
void peer_shut(struct line *line, int code);
void peer_pause(struct line *line, bool paused);
void peer_free(struct line *line);

#endif
