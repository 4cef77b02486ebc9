/* SPDX-License-Identifier: MIT */
/* spawn - a server as a child process: start it, learn its address, kill it,
 * start it again at the same address.  Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_SPAWN_H
#define SYNCSPEC_HARNESS_TRANSPORT_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum { SPAWN_TIMEOUT_MS = 10000, SPAWN_URL_MAX = 256 };

struct spawned {
    char **argv;  /* owned, one block, NULL-terminated; a port of 0 is replaced
                     by the  one that was found */
    pid_t pid;    /* 0: not running */
    pid_t group;  /* of it and what it started, since it was launched */
    int out, err; /* files without a name that take what it prints */
    char url[SPAWN_URL_MAX]; /* "http://127.0.0.1:43210" */
    int port;
    int exit_code;   /* of the last run; -1 when a signal ended it */
    int exit_signal; /* 0: none */
    bool silent;     /* its address was known before: it need not print it */
};

/* Run `argv` (copied; argv[0] is looked up in PATH) in a process group of its
 * own until it prints a line "listening on URL" to standard output.  It is
 * killed when this process dies, however that happens.  Fails with ST_NETWORK
 * when it ends before or the time is over (it is killed then), and says what
 * it printed to standard error; ST_USAGE when it cannot be run.  On failure
 * nothing is left to free. */
enum status spawn_start(struct spawned *child, const char *const *argv,
                        int64_t timeout_ms, struct err *err);
/* The same for a program whose address is `url` whatever it prints: this
 * returns at once, and whether it answers there is to be asked for.  ST_LIMIT
 * when the URL is too long. */
enum status spawn_start_at(struct spawned *child, const char *const *argv,
                           const char *url, struct err *err);
/* What it said last to standard error, on one line, "nothing" when it was
 * silent. */
void spawn_last_words(const struct spawned *child, char *text, size_t size);
/* Start it again after spawn_end, on the port that it had.  On failure it is
 * not running, and may be started again. */
enum status spawn_restart(struct spawned *child, int64_t timeout_ms,
                          struct err *err);
/* Send SIGKILL or SIGTERM to its group and wait for its end, which sets
 * exit_code and exit_signal.  ST_NETWORK when it did not end in time: it is
 * killed then.  ST_OK at once when it is not running. */
enum status spawn_end(struct spawned *child, int signal, int64_t timeout_ms,
                      struct err *err);
/* Send a signal to its group, and do not wait. */
void spawn_signal(struct spawned *child, int signal);
/* Is it still running?  Reaps it if not. */
bool spawn_alive(struct spawned *child);
/* Or anything of its group, as a server whose shell has ended. */
bool spawn_any_alive(struct spawned *child);
/* Kill it if need be, and free everything. */
void spawn_free(struct spawned *child);

#endif
