/* SPDX-License-Identifier: MIT */
/* soak_script - a soak as a scenario, from a seed: groups of devices that keep
 * live channels, write now and then, lose their channels and their network.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_SOAK_SCRIPT_H
#define SYNCSPEC_HARNESS_RUN_SOAK_SCRIPT_H

#include "base/buf.h"
#include "base/rng.h"

enum soak_listen { SOAK_SOCKET, SOAK_UNIFIED, SOAK_STREAM, SOAK_MIXED };
const char *soak_listen_name(enum soak_listen listen); /* "socket", … */
bool soak_listen_find(struct str name, enum soak_listen *out);

enum {
    SOAK_GROUP = 8,       /* devices of one user and app */
    SOAK_APPS = 2,        /* apps of one user: the unified channel tells of
                             both */
    SOAK_WRITE_MS = 10000 /* between two writes of a device, on average */
};

struct soak_plan {
    enum soak_listen listen;
    size_t clients;
    int64_t duration_ms;
    int64_t cut_every_ms; /* 0: never */
    uint64_t seed;
};

/* A whole scenario, in text that scenario_parse takes.  Its lines are over
 * exactly after `duration_ms`.  `out` fails where it is too small. */
void soak_script_write(const struct soak_plan *plan, struct buf *out);

#endif
