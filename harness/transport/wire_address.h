/* SPDX-License-Identifier: MIT */
/* wire_address - a base URL taken apart, and the numbers of its host.
 * Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_ADDRESS_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/err.h"

enum { WIRE_ADDRESSES = 8, WIRE_HOST_MAX = 256 };

union wire_socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct wire_address {
    bool secure; /* https */
    int port;
    char host[WIRE_HOST_MAX];             /* without brackets */
    char host_header[WIRE_HOST_MAX + 16]; /* with the port, if it is not the
                                             scheme's own */
    union wire_socket_address found[WIRE_ADDRESSES];
    size_t count; /* 0: not looked up yet */
    size_t first; /* the one that worked last is tried first */
};

/* Take a URL apart that libcurl has approved of.  A host that is longer than
 * any name can be is not found later. */
void wire_address_init(struct wire_address *address, const char *url);
/* Look the host up, unless that was done.  Blocks when it is a name.
 * ST_NETWORK: it has no address. */
enum status wire_address_find(struct wire_address *address, struct err *err);
/* The one to try after `tries` others; NULL: there is no more. */
const struct sockaddr *wire_address_at(const struct wire_address *address,
                                       size_t tries);
/* The one at `tries` has answered. */
void wire_address_worked(struct wire_address *address, size_t tries);
/* Its numeric text. */
void wire_address_text(const struct sockaddr *at, char *out, size_t size);

#endif
