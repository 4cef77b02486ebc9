/* SPDX-License-Identifier: MIT */
/* session_core - what session.c and workers.c share.
 * Layer: harness/run, not for others. */
#ifndef SYNCSPEC_HARNESS_RUN_SESSION_CORE_H
#define SYNCSPEC_HARNESS_RUN_SESSION_CORE_H

#include "harness/run/session.h"

struct playing {
    struct session *session;
    struct run_result *planned;
    size_t planned_count;
    struct arena plan_arena, run_arena;
    struct report_totals *totals;
    uint64_t *states; /* by dialect and scenario: of the first world, 0: none */
    struct run_options options; /* of the target that is open */
    size_t first_number;        /* of the target's runs: makes app ids unique */
    bool hands_over; /* somebody else judges what it publishes: a worker */
    bool died;
    size_t hanging;   /* runs on end in which requests were not answered */
    size_t *suspects; /* scenarios that were under way when a target died */
    size_t suspect_count, suspect_cap;
};

/* Options of a run on that target, before it is opened. */
struct run_options session_options(const struct session *session,
                                   size_t target);
/* Is the scenario for the dialect of these options? */
bool session_applies(const struct scenario *scenario,
                     const struct run_options *options);
/* Open a target and play its scenarios from..to-1, publishing each result. */
void session_play(struct playing *playing, size_t target_index, size_t from,
                  size_t to);
/* Play one scenario on an open target, with playing->options; the result lives
 * in the run arena, which is reset before.  True when the target does not
 * answer any more, and `err` says how. */
bool session_try(struct playing *playing, struct target *target,
                 size_t scenario, struct run_result *result, struct err *err);
/* Compare the result's final states with the same scenario's in other worlds
 * and with what is known to fail, then give it to the reports. */
void session_publish(struct playing *playing, size_t scenario,
                     const struct dialect *dialect, struct run_result *result);
/* Interrupted, or no use in going on. */
bool session_stopped(const struct playing *playing);

#endif
