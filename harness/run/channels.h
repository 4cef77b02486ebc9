/* SPDX-License-Identifier: MIT */
/* channels - live channels of a run: those that model clients keep and raw ones
 * that the script opens; everything of them goes into the history.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_CHANNELS_H
#define SYNCSPEC_HARNESS_RUN_CHANNELS_H

#include "harness/run/inbox.h"
#include "protocol/sse.h"

enum channel_phase { CHANNEL_OPENING, CHANNEL_OPEN, CHANNEL_ENDED };

struct told_cursor; /* how far a stream has told of one table */

struct run_channel {
    struct runner *runner;
    struct run_client *client;
    struct run_channel *next; /* the one made before, of any client */
    struct inbox *inbox;      /* of an engine's: one for all that it opens */
    struct str name;          /* of a raw one: on=NAME */
    uint32_t number;          /* the engine's; 0: raw */
    uint32_t actor;           /* whose events these are */
    enum channel_phase phase; /* for its owner */
    bool over;                /* …and the transport is through with it too */
    bool opened;              /* 101 or a stream's head came */
    bool listens;             /* known to be heard */
    bool shut;                /* ended, or to be ended, by the client itself */
    bool silenced;            /* half-open by the script's network */
    bool paused;
    struct str token;        /* of auth=yes: said when it opens; .p NULL: not */
    struct str auth_id;      /* client id that is said beside it, or empty */
    bool vouched;            /* it speaks for its actor, and none other */
    struct str since;        /* of a stream */
    struct http_reply reply; /* to its opening */
    enum reply_kind end_kind;
    int end_code;        /* of a close frame, or the HTTP status */
    struct str end_text; /* reason, or error */
    int64_t ended_ms;
    struct told_cursor *told;
    struct sse_parser sse;
    struct channel channel;
};

/* A channel that is not open yet; raw (number 0) until told otherwise. */
struct run_channel *channel_create(struct run_client *client, uint32_t actor);
/* Open it: kind, request and since are set. */
void channel_start(struct run_channel *channel);
/* End it by a close handshake of that code; 0: cut it, at once. */
void channel_shut(struct run_channel *channel, int code);
/* End it at once, as if the network did: its engine is told. */
void channel_break(struct run_channel *channel, enum reply_kind kind,
                   struct str why);
void channel_say(struct run_channel *channel, struct str bytes,
                 struct str frame);
void channel_pause(struct run_channel *channel, bool paused);
/* "open", "opening", "closed", "401", "refused", "timeout", "reset" …: what
 * came of its opening; for a channel that was of use, "open". */
struct str channel_outcome(const struct run_channel *channel);
/* How it ended, with the time, a sentence; empty while it has not. */
struct str channel_end_text(const struct run_channel *channel);
/* The raw channel that the step speaks of: on=NAME, or the client's last; NULL:
 * there is none. */
struct run_channel *channel_named(const struct run_client *client,
                                  const struct step *step);
/* By its number in the history, or NULL. */
struct run_channel *channel_find(const struct runner *runner, uint32_t id);
/* Open connections of the client's engine. */
size_t channels_open(const struct run_client *client);

/* The beginning of an event about it, at this time. */
struct event channel_event(const struct run_channel *channel,
                           enum event_kind kind);
/* It is known to be heard from now on. */
void channel_listens(struct run_channel *channel);

/* Real time that what may take so much of the world's is waited for: what is
 * late by the clock may be on its way all the same. */
int64_t channels_real_ms(const struct runner *runner, int64_t within_ms);

/* heard.c: something came. */
void channel_heard(struct channel *transport, const struct heard *what);

/* Write down that the engine takes its channel for open; before the requests
 * that this made it send. */
void channels_note(struct run_client *client);
/* What the engine wants done with channels. */
void channels_pump(struct run_client *client);
/* The network is well again: what it had left half-open breaks, who stopped
 * reading goes on; wait until every engine that listens is heard again, or has
 * given up, half a minute at most. */
void channels_heal(struct runner *runner);
/* End all, properly if they take part in that. */
void channels_end(struct runner *runner);
/* Whatever is left ends at once and untold; frees what is not the arena's. */
void channels_free(struct runner *runner);

#endif
