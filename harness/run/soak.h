/* SPDX-License-Identifier: MIT */
/* soak - many clients with live channels for a long time, in rounds that are
 * scenarios: each is played, healed, settled, observed and checked like any
 * other, and what the two processes hold is watched all the while.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_SOAK_H
#define SYNCSPEC_HARNESS_RUN_SOAK_H

#include "base/buf.h"
#include "harness/run/soak_script.h"
#include "harness/run/target.h"
#include "harness/run/usage.h"

enum {
    SOAK_ROUND_MS = 60000, /* a round is no longer: its history is kept */
    SOAK_MARKS = 4         /* at each quarter of the time */
};

/* What may grow from the first quarter's end to the last's. */
enum {
    SOAK_SELF_BYTES = 4 << 20, /* of this process, beside its history, and … */
    SOAK_SELF_SHARE = 6,       /* … this part of what the history grew by */
    SOAK_SERVER_BYTES = 2 << 20, /* of the server, and for each push that it
                                    has to store … */
    SOAK_PUSH_BYTES = 8 << 10,   /* … so much */
    SOAK_DESCRIPTORS = 32,       /* of either, and … */
    SOAK_DESCRIPTOR_SHARE = 8, /* … this part of the clients; all of them are
                                  connected at the first mark */
    SOAK_REST_DESCRIPTORS = 4  /* of either, when all is closed again */
};

struct soak_options {
    struct soak_plan plan;       /* of all rounds */
    struct run_options run;      /* dialect, bugs; the target fills the rest */
    struct target_config target; /* where */
    struct str file;             /* that the script is said to be in */
    struct str tag_base;         /* of the edge: unique for this invocation */
    struct str replay;           /* the line of shell that does it again */
    volatile int *interrupted;   /* set by a signal: no further round */
    /* The text of a round that is about to be played; may be NULL. */
    void (*scripted)(void *context, size_t round, struct str text);
    /* A round as it is planned (before any is played), and when it ended. */
    void (*planned)(void *context, const struct run_result *results,
                    size_t count);
    void (*ended)(void *context, const struct run_result *result);
    void *context;
};

/* What both processes held at one time. */
struct soak_mark {
    bool taken;
    struct usage self, server; /* server: unknown if it is not ours */
    size_t history_bytes;      /* of `self`: for history and evidence */
    size_t pushes;             /* so far */
};

struct soak_result {
    size_t rounds;
    size_t pushes, pulls, notices, events, cuts, reconnects, leaves;
    int64_t took_ms;
    struct soak_mark before, rest; /* rest: all channels and connections of
                                      this process are closed again */
    struct soak_mark marks[SOAK_MARKS];
    size_t failed; /* rounds that did not pass */
};

/* Play it.  What grew too much is a verdict of the last round.  Fails as
 * target_open does, or with ST_LIMIT when a script gets too long. */
enum status soak_run(const struct soak_options *options,
                     struct soak_result *out, struct err *err);

/* The figures, in a few lines for people. */
void soak_write(const struct soak_options *options,
                const struct soak_result *result, struct buf *out);

#endif
