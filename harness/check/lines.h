/* SPDX-License-Identifier: MIT */
/* lines - the live channels of a history: who opened which, what came on it,
 * how it ended, and whether the script's network touched it.
 * Layer: harness/check. */
#ifndef SYNCSPEC_HARNESS_CHECK_LINES_H
#define SYNCSPEC_HARNESS_CHECK_LINES_H

#include "harness/check/ledger.h"

struct line {
    const struct event *open;    /* EV_OPEN */
    const struct event *opened;  /* the rest: NULL when it never came */
    const struct event *listens; /* from now on it is heard */
    const struct event *shut;
    const struct actor *who; /* with the user it had then */
    struct str app;          /* that it is about; empty: all of the user's */
    bool touched;            /* the script's bad network disturbed it */
    bool spoke;              /* its client said something on it */
    bool paused;             /* its reader stopped, and has not gone on */
    const struct event *resumed; /* last time that its reader went on */
};

/* Make room for what the history has; then take its events, in order. */
void lines_begin(struct ledger *ledger);
void lines_take(struct ledger *ledger, const struct event *event);
/* By the channel's number, or NULL. */
struct line *line_find(const struct ledger *ledger, uint32_t exchange);
bool line_is_socket(const struct line *line);
/* Is this collection among those that a stream was asked for? */
bool line_asks(const struct ledger *ledger, const struct line *line,
               struct str table);
/* Until when it was there: its end, or that of the script and its healing. */
int64_t line_until_ms(const struct ledger *ledger, const struct line *line);
/* World time that real milliseconds may have become, see world.h. */
int64_t ledger_scaled_ms(const struct ledger *ledger, int64_t ms);
/* The event of a stream that handed out this cursor of a collection to a
 * device, before `before`; NULL if none did. */
const struct event *heard_cursor(const struct ledger *ledger, uint32_t device,
                                 const struct event *send, uint32_t before);

#endif
