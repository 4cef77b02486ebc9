/* SPDX-License-Identifier: MIT */
/* target - where scenarios run: virtual time, a spawned bundled server, or a
 * server at a URL.  Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_TARGET_H
#define SYNCSPEC_HARNESS_RUN_TARGET_H

#include "harness/run/run.h"
#include "harness/transport/served.h"
#include "harness/transport/wire.h"

struct target_config {
    const char *world;   /* "virtual", "wire:memory", "wire:sqlite", "wire" */
    const char *url;     /* of "wire" */
    const char *program; /* of the spawned ones: this binary */
    const char *folder;  /* for database files */
    const char *ca_file;
    bool insecure;
    const struct dialect *dialect;
    const char *const *headers; /* "Name: value" of every request, NULL at the
                                   end; or NULL */
    const char *jwks_url; /* spawned: who may come is decided by tokens of this
                             key set; NULL: --dev-auth */
    const char *const *server_bugs; /* names, NULL at the end; spawned: passed
                                       on as --bug */
    const char *server_mode;        /* NULL: log; of all but "wire" */
    struct served *served; /* "wire": the suite started it, and may restart
                              it; or NULL */
    int64_t wait_ms;       /* for it to answer; 0: HEALTHY_MS */
    bool answered;         /* it was there before: when nobody listens for a
                              second it is gone, and not waited for */
    struct pace *pace;     /* requests in a second; NULL: any */
    struct str replay;     /* options that a replay needs */
    int64_t time_scale;    /* world time per real time while live channels are
                              open: a spawned server is told, one at a URL has to
                              run so; 0: 1 at a URL, else what suits ours */
};

struct target {
    struct target_config config;
    struct transport *wire; /* NULL: virtual */
    struct spawned child;
    struct spawned *spawned; /* the child, once it runs; else NULL */
    char database[512];      /* removed at the end */
    char url[512];
};

/* Opens it and, on the wire, waits until it answers.  ST_NETWORK: it does
 * not. */
enum status target_open(struct target *target,
                        const struct target_config *config, struct err *err);
void target_close(struct target *target);
/* Fill the parts of the options that depend on the target. */
void target_apply(struct target *target, struct run_options *options);
/* The result's only verdict from now on: the target died.  What failed before
 * that is a consequence, and would bury the cause. */
void target_blame(struct run_result *result, struct arena *arena,
                  const struct err *err);
bool target_was_blamed(const struct run_result *result);
/* Does it still answer?  Virtual ones always do. */
bool target_alive(struct target *target, struct err *err);

#endif
