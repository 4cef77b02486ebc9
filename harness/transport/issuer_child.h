/* SPDX-License-Identifier: MIT */
/* issuer_child - the suite's own key set, served by a process beside it, so
 * that it is answered whatever the suite does at that moment.
 * Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_ISSUER_CHILD_H
#define SYNCSPEC_HARNESS_TRANSPORT_ISSUER_CHILD_H

#include <sys/types.h>

#include "mock_server/issuer.h"

enum { ISSUER_URL_MAX = 512 };

struct issuer_child {
    pid_t pid;    /* 0: none */
    int lifeline; /* the child ends when this end is closed, also by death */
    int port;
    char url[ISSUER_URL_MAX]; /* of the key set */
};

/* "HOST:PORT", "[::1]:PORT" or "PORT" alone (then 127.0.0.1); port 0 takes a
 * free one.  False when it is nothing of that. */
bool issuer_place_read(const char *text, char *host, size_t host_size,
                       int *port);
/* Serve the key set there until issuer_child_end.  To be called before there
 * are threads or loops.  ST_USAGE when it cannot listen there. */
enum status issuer_child_start(struct issuer_child *child, const char *place,
                               const struct issuer *issuer,
                               int64_t (*now_s)(void), struct err *err);
void issuer_child_end(struct issuer_child *child);

#endif
