/* SPDX-License-Identifier: MIT */
/* issuer_front - the issuer on a socket.  Layer: mock_server. */
#ifndef SYNCSPEC_MOCK_SERVER_ISSUER_FRONT_H
#define SYNCSPEC_MOCK_SERVER_ISSUER_FRONT_H

#include "mock_server/issuer.h"

struct issuer_front {
    struct issuer issuer;
    bool mints;
    int64_t (*now_s)(void); /* seconds since 1970 */
    int listener;           /* of issuer_front_listen(); closed at the end */
    int lifeline;           /* end when it can be read or its writer is gone;
                               -1: none */
    bool heeds_signals;     /* SIGINT and SIGTERM end it; else SIGINT is
                               ignored and SIGTERM kills */
};

/* Listen there; port 0 takes a free one, which is then in `port`.  ST_USAGE
 * when the address is none or is taken. */
enum status issuer_front_listen(const char *host, int *port, int *listener,
                                struct err *err);
/* Serve until the end.  ST_INTERNAL when the loop cannot be set up. */
enum status issuer_front_serve(const struct issuer_front *front,
                               struct err *err);

#endif
