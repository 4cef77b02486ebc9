/* SPDX-License-Identifier: MIT */
/* fake_wire - a real transport as far as a run can tell: requests are answered
 * by a server in this process, sockets by a few lines that may forget a
 * message.  Layer: tests. */
#ifndef SYNCSPEC_TESTS_RUN_FAKE_WIRE_H
#define SYNCSPEC_TESTS_RUN_FAKE_WIRE_H

#include "harness/transport/world.h"
#include "mock_server/auth.h"
#include "mock_server/server.h"
#include "mock_server/store.h"

enum { FAKE_MAX = 64 };

struct fake_wire {
    struct transport base;
    struct store *store;
    struct auth *auth;
    struct server *server;
    struct exchange *exchanges[FAKE_MAX];
    size_t exchange_count;
    struct {
        struct channel *channel;
        bool opened, told; /* told: auth was answered */
        size_t owed;       /* notices that it has not been sent */
        int shut;          /* being closed with that code */
    } channels[FAKE_MAX];
    size_t channel_count;
    bool loses;           /* notices, on channels that are not the witness's */
    bool mute;            /* nobody is notified */
    int refusal;          /* the status that requests get; 0: their own */
    size_t refusals_left; /* so many of them */
    int64_t late_ms;      /* real time before a notice, and each, is sent */
    int64_t notice_at_ms; /* when that is over */
    size_t opened, cut, closed;
    /* Told of every request and every opening; may be NULL. */
    void (*seen)(void *context, const struct http_request *request);
    void *seen_context;
};

void fake_wire_open(struct fake_wire *wire, const struct dialect *dialect);
void fake_wire_close(struct fake_wire *wire);

#endif
