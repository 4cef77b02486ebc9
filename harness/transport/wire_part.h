/* SPDX-License-Identifier: MIT */
/* wire_part - requests of which only the beginning is sent, each on a
 * connection of its own that then stays open, or is cut.
 * Layer: harness/transport, not for others. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_PART_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_PART_H

#include <curl/curl.h>

#include "harness/transport/wire.h"
#include "harness/transport/wire_call.h"

enum { WIRE_PARTS_MAX = 4096 };

struct wire_parts {
    CURL **held; /* owned */
    size_t count, cap;
};

/* As transport_ops.part has it.  Blocks until the bytes are taken, or nobody
 * takes them for the connect time-out. */
enum status wire_part_send(struct wire_parts *parts,
                           const struct wire_config *config,
                           const struct wire_target *target,
                           const struct part *part, struct err *err);
/* Cut all that are held. */
void wire_parts_drop(struct wire_parts *parts);
void wire_parts_free(struct wire_parts *parts);

#endif
