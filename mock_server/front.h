/* SPDX-License-Identifier: MIT */
/* front - the bundled server on sockets: HTTP by libwebsockets, clocks, access
 * log, signals.  The only place of mock_server that knows them.
 * Layer: mock_server. */
#ifndef SYNCSPEC_MOCK_SERVER_FRONT_H
#define SYNCSPEC_MOCK_SERVER_FRONT_H

#include <stdio.h>

#include "base/err.h"
#include "mock_server/server.h"

struct front_config {
    const char *host;  /* "127.0.0.1" */
    int port;          /* 0: any free one */
    const char *store; /* "memory" or "sqlite:FILE" */
    bool dev_auth;
    const char *jwks_file;  /* or NULL */
    const char *jwks_url;   /* or NULL */
    const char *access_log; /* file, "-" for standard output, NULL: none */
    const char *dialect;    /* "v1", "v2"; NULL: as `server` says */
    struct server_config server;
    int64_t time_scale; /* the limits, heartbeats and pings of live channels
                           run so many times as fast; 0: once */
    FILE *announce;     /* "listening on http://127.0.0.1:PORT\n" goes here */
};

/* Serve until SIGTERM or SIGINT: then no new connections, running requests
 * get their answers, the log is flushed.  A second signal ends at once. */
enum status front_run(const struct front_config *config, struct err *err);

#endif
