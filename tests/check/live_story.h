/* SPDX-License-Identifier: MIT */
/* live_story - live channels in histories written by hand.  Layer: tests. */
#ifndef SYNCSPEC_TESTS_CHECK_LIVE_STORY_H
#define SYNCSPEC_TESTS_CHECK_LIVE_STORY_H

#include "tests/check/story.h"

/* A channel is asked for; returns its number. */
uint32_t live_open(struct story *story, uint32_t who, enum live_kind kind,
                   const char *target);
/* … and it opens and listens: what engines do with a socket of their app. */
uint32_t live_socket(struct story *story, uint32_t who);
/* A stream of tasks, since that cursor second (0: first sync). */
uint32_t live_stream(struct story *story, uint32_t who, int since);
void live_event(struct story *story, uint32_t who, uint32_t channel,
                enum event_kind kind);
/* sync-available of one collection; app NULL: does not say. */
void live_notice(struct story *story, uint32_t who, uint32_t channel,
                 const char *table, const char *app);
/* A changes event of tasks (or `table`) with that JSON array. */
struct changes {
    uint32_t who, channel;
    const char *table, *changes;
    int since, until;
    bool more;
};
void live_changes(struct story *story, struct changes changes);
void live_hear(struct story *story, uint32_t who, uint32_t channel,
               const char *what);
/* `by` 1: the client ended it. */
void live_shut(struct story *story, uint32_t who, uint32_t channel, int by,
               int code);
void live_fault(struct story *story, uint32_t who, uint32_t channel);
void live_passes(struct story *story, int64_t ms);
/* The script is over: healing, settling, the end. */
void live_phases(struct story *story);

/* A raw push of changes to tasks that is acknowledged. */
uint32_t live_push(struct story *story, uint32_t who, const char *changes);
/* Pulls of both collections: of tasks comes `delta`. */
void live_pull(struct story *story, uint32_t who, const char *delta, int since,
               int until);
/* The script and all after it: the observer is served `delta`. */
void live_end(struct story *story, const char *delta);
/* bob listens on a socket, then alice pushes; returns bob's channel. */
uint32_t live_listen(struct story *story, const char *changes);

#endif
