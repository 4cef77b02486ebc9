/* SPDX-License-Identifier: MIT */
/* line_up - the raw server and a wire to it, for the tests of the wire. */
#ifndef SYNCSPEC_TESTS_TRANSPORT_LINE_UP_H
#define SYNCSPEC_TESTS_TRANSPORT_LINE_UP_H

#include "harness/transport/wire.h"
#include "tests/transport/raw_server.h"
#include "tests/transport/rig.h"

struct line_up {
    struct raw_server *server;
    struct transport *wire;
};

struct transport *wire_to(const char *url);
void open_up(struct line_up *up);
void close_up(struct line_up *up);
/* Poll until the shot is done, five seconds at most. */
void wait_for(struct transport *wire, struct shot *shot);
/* Send a request without headers and body, and wait for it. */
void shoot(struct transport *wire, struct shot *shot, const char *method,
           const char *target);

#endif
