/* SPDX-License-Identifier: MIT */
/* peer - the other end of a live channel of a rig's server, without sockets:
 * what it says is bytes, what it hears is told in one line.
 * Layer: tests/mock_server. */
#ifndef SYNCSPEC_TESTS_MOCK_SERVER_PEER_H
#define SYNCSPEC_TESTS_MOCK_SERVER_PEER_H

#include "mock_server/live.h"
#include "protocol/sse.h"
#include "protocol/ws.h"
#include "tests/mock_server/rig.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

struct peer {
    struct rig *rig;
    struct live *live; /* NULL: there is none, or it has ended */
    bool stream, paused, head_late;
    struct buf in;     /* bytes of the server that were not told yet */
    size_t window;     /* takes so many bytes at once; 0: all */
    uint64_t in_total; /* bytes that ever came */
    struct sse_parser sse;
    const char *last_id; /* of a stream: of the last event */
    const char *cursor;  /* syncedUntil of the last event */
    const char *data;    /* of the last event, or the last text */
};

/* An update of one field, stamped at the start of 2025. */
const char *one_update(struct rig *rig, const char *table, const char *id);
/* alice pushes these changes from that client, and they take effect. */
void push_now(struct rig *rig, const char *client, const char *changes);
/* One push of one_update for each of the ids, which blanks part. */
void one_each(struct rig *rig, const char *client, const char *table,
              const char *ids);

/* Ask for a channel; what the server answered.  `line` is a target; `user` of
 * a stream, `client` may be NULL. */
int peer_ask(struct peer *peer, struct rig *rig, const char *target,
             const char *user, const char *client);
/* The same for an answer that server_finish has just given. */
void peer_take_over(struct peer *peer, struct rig *rig, bool stream);
/* A request for an upgrade, as it should be. */
struct http_request peer_upgrade(struct rig *rig, const char *target,
                                 const char *client);
/* A socket that has said who it is, with the answer to that already heard. */
void peer_socket(struct peer *peer, struct rig *rig, const char *target,
                 const char *user, const char *client);
/* A stream of app "todo". */
void peer_stream(struct peer *peer, struct rig *rig, const char *collections,
                 const char *since, const char *client);
/* A peer that was paused, or that takes little, takes all that there is. */
void peer_drain(struct peer *peer);
/* The connection is cut, if it is there; frees what the peer holds. */
void peer_leave(struct peer *peer);

void peer_send(struct peer *peer, const void *p, size_t n);
void peer_frame(struct peer *peer, const struct ws_frame *frame);
void peer_say(struct peer *peer, const char *text);
void peer_auth(struct peer *peer, const char *token, const char *client);
/* All that came since the last time, in one line: texts as they are, "ping",
 * "pong:PAYLOAD", "close:CODE", "end" when the connection was ended; of a
 * stream "tasks:1,2+" (a plus: more is to come), "heartbeat". */
const char *peer_hears(struct peer *peer);
#define HEARS(peer, text) ck_assert_str_eq(peer_hears(peer), text)

/* How often the text is in what came since the last time. */
size_t peer_counts(struct peer *peer, const char *word);

/* Carry output to its peers. */
void rig_flow(struct rig *rig);
/* Let so much time pass, with the timers that are due. */
void rig_wait(struct rig *rig, int64_t ms);
int64_t rig_clock_ms(const struct rig *rig);

#endif
