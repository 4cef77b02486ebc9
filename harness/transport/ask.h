/* SPDX-License-Identifier: MIT */
/* ask - one request, or one live channel, waited for: for those who look at a
 * server before anything is played.  Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_ASK_H
#define SYNCSPEC_HARNESS_TRANSPORT_ASK_H

#include "harness/transport/transport.h"

/* Send it over a real transport and wait for its end, which is copied into the
 * arena. */
struct ending ask_request(struct transport *transport,
                          const struct http_request *request,
                          int64_t timeout_ms, struct arena *arena);

struct ask_channel {
    enum channel_kind kind;
    struct http_request request;
    struct str say;     /* said as soon as it is open; empty: nothing */
    struct str until;   /* what is heard is waited for until it has this */
    int64_t timeout_ms; /* for opening, and again for hearing */
};
struct asked_channel {
    bool opened, heard; /* heard: `until` came */
    int status;         /* of the answer, when it was not opened; 0: none */
    struct str error;   /* a sentence, when there was no answer */
};
/* Open it, say, hear, cut it.  An empty `until` is heard as soon as it is
 * open. */
struct asked_channel ask_open(struct transport *transport,
                              const struct ask_channel *ask,
                              struct arena *arena);

#endif
