/* SPDX-License-Identifier: MIT */
/* packet - an own copy of a request, or of how it ended, in one reused block.
 * Layer: harness/transport. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_PACKET_H
#define SYNCSPEC_HARNESS_TRANSPORT_PACKET_H

#include "harness/transport/transport.h"

struct packet {
    char *p; /* owned; NULL before the first use */
    size_t n, cap;
};

/* Make `to` a copy of `from` whose strings are in the packet: they hold until
 * the next copy into it or packet_free.  Running out of memory is fatal: the
 * sizes were checked against base/limits.h when the bytes came in. */
void packet_request(struct packet *packet, const struct http_request *from,
                    struct http_request *to);
void packet_ending(struct packet *packet, const struct ending *from,
                   struct ending *to);
void packet_reply(struct packet *packet, const struct http_reply *from,
                  struct http_reply *to);
void packet_channel_end(struct packet *packet, const struct channel_end *from,
                        struct channel_end *to);
/* Give a large block back, keep a small one for the next use. */
void packet_trim(struct packet *packet);
void packet_free(struct packet *packet);

#endif
