/* SPDX-License-Identifier: MIT */
/* probe - a look at a server before anything is played: which dialect it
 * speaks, which channels and limits it has.  Nothing here is a verdict: what
 * is absent and optional is told as such, and everything else is for cases.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_PROBE_H
#define SYNCSPEC_HARNESS_RUN_PROBE_H

#include "harness/run/tokens.h"
#include "harness/transport/transport.h"
#include "reports/report.h"

enum { PROBE_FACTS = 32, PROBE_CHANGES = 1600 };

struct probe_config {
    struct transport *transport;   /* real, and known to be healthy */
    struct tokens *tokens;         /* NULL: a user's token is its name */
    struct str tag;                /* of this invocation: names apps and ids */
    const struct dialect *dialect; /* that was asked for; NULL: find out */
    int64_t timeout_ms;            /* of one request */
};

struct probe {
    const struct dialect *dialect; /* asked for, or found */
    bool socket, socket_all, stream;
    size_t page_size;  /* changes of one pull at most; 0: no paging was seen */
    size_t body_limit; /* bytes of a push that it takes; 0: not known */
    struct report_fact facts[PROBE_FACTS];
    size_t fact_count;
};

/* Look.  Facts live in the arena.  ST_USAGE when the server refuses the
 * suite's tokens: then there is nothing to check, and the sentence says what
 * to do.  ST_NETWORK when it does not answer. */
enum status probe_run(const struct probe_config *config, struct arena *arena,
                      struct probe *out, struct err *err);
/* What the scenario needs and the target does not have, as a sentence; empty:
 * nothing.  A NULL probe has everything. */
struct str probe_lacks(const struct probe *probe,
                       const struct scenario *scenario);

#endif
