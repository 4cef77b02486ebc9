/* SPDX-License-Identifier: MIT */
/* served - somebody's server, started by a line of shell, so that it can be
 * killed, shut down and started again.  Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_SERVED_H
#define SYNCSPEC_HARNESS_TRANSPORT_SERVED_H

#include "harness/transport/spawn.h"

struct served {
    struct spawned child;
    const char *command; /* borrowed */
    char url[SPAWN_URL_MAX];
    pid_t owner; /* the process that started it, and alone may end it; 0: it
                    was never started */
};

/* Run `command` with $PORT and $URL in its environment.  `url` is where it
 * answers; NULL: at http://127.0.0.1:$PORT, a port that is free now.  Whether
 * it answers is to be asked for.  On failure nothing is left. */
enum status served_start(struct served *served, const char *command,
                         const char *url, struct err *err);
/* May this process end it?  Children that play cases may not. */
bool served_is_ours(const struct served *served);
/* At once, as by kill -9. */
enum status served_kill(struct served *served, struct err *err);
/* SIGTERM, and wait for its end.  ST_NETWORK when it had to be killed. */
enum status served_stop(struct served *served, struct err *err);
/* Again, at the same address; kills what still runs. */
enum status served_restart(struct served *served, struct err *err);
/* Say in `err` that it has ended by itself, if it has, and its last words. */
bool served_has_ended(struct served *served, struct err *err);
/* At the end; nothing happens when it was never started, or by another. */
void served_end(struct served *served);

#endif
