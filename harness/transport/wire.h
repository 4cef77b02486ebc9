/* SPDX-License-Identifier: MIT */
/* wire - real HTTP: libcurl multi on one libuv loop, any number of clients in
 * one thread.  Live channels are on the same loop: WebSocket by libwebsockets,
 * or by an independent client of bare sockets for a witness, for frames, for
 * pieces, for requests that the library would not write as they are, and where
 * its libuv plug-in is missing; event streams by libcurl.
 * Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_H

#include "harness/transport/pace.h"
#include "harness/transport/world.h"

struct wire_config {
    const char *base_url; /* "http://127.0.0.1:3050", no slash at its end */
    const char *ca_file;  /* or NULL */
    bool insecure;        /* do not check certificates */
    long connect_timeout_ms;
    size_t connections; /* kept alive for one multi handle; 0: 128 */
    const char *user_agent;
    struct pace *pace; /* of the requests that are begun, live channels are not
                          counted; borrowed; NULL: as they come */
    struct str health; /* path of its health, kept by the caller; empty:
                           /health */
    const char *const *headers; /* "Name: value", also of every request that
                                   does not have them itself; NULL at the end,
                                   or NULL; kept by the caller until close */
};

struct transport *wire_create(const struct wire_config *config,
                              struct err *err);
/* Monotonic real milliseconds, for world.real_ms. */
int64_t wire_clock_ms(void);
/* Ask for its health until it answers 200 or the real time is over (the last
 * try is given a quarter of a second).  ST_NETWORK says what came at last. */
enum status wire_wait_healthy(struct transport *transport, int64_t timeout_ms,
                              struct err *err);
/* The same of one whose process we know: when that has ended, it is given up.
 */
enum status wire_wait_started(struct transport *transport, int64_t timeout_ms,
                              bool (*ended)(void *context), void *context,
                              struct err *err);
/* The same of one that answered before: it may be busy for so long, but when
 * for a second nobody listens at its address, or it says that it is not well,
 * it is gone. */
enum status wire_still_healthy(struct transport *transport, int64_t timeout_ms,
                               struct err *err);
/* Its config's, without a slash at the end; as long as it is open. */
const char *wire_base_url(struct transport *transport);
struct str wire_health_path(struct transport *transport);

#endif
