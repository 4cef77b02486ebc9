/* SPDX-License-Identifier: MIT */
/* inbox - what came on a live channel, in order, and how far the script has
 * looked at it.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_INBOX_H
#define SYNCSPEC_HARNESS_RUN_INBOX_H

#include "harness/run/runner.h"
#include "protocol/notice.h"

/* All strings are in the run's arena. */
struct message {
    int64_t t_ms;
    struct str what;  /* as in the history, "close" of a channel's end */
    struct str frame; /* "text", "binary", "ping-frame" …; of a stream
                         "changes", also where they cannot be read */
    struct str bytes; /* as it came; the reason of a close */
    const struct notice *notice;      /* of a socket, if it is one */
    const struct stream_event *event; /* of `changes` */
    int code;                         /* of a close */
};

struct inbox {
    struct message *items;
    size_t count, cap;
    size_t used;      /* so many were consumed */
    int64_t since_ms; /* when that was */
};

void inbox_add(struct inbox *inbox, struct arena *arena,
               const struct message *message);
/* The first `used` messages are consumed at that time. */
void inbox_consume(struct inbox *inbox, size_t used, int64_t now_ms);
/* What was not consumed, with times, on one line: the last of it where it is
 * much. */
struct str inbox_text(const struct inbox *inbox, struct arena *arena);
/* A notice, or changes: what `hears nothing` must not hear. */
bool message_is_news(const struct message *message);
/* "t=2.040s". */
struct str time_said(struct arena *arena, int64_t t_ms);

#endif
