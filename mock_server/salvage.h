/* SPDX-License-Identifier: MIT */
/* salvage - planted bugs of a server that takes what it can from a body that
 * it should refuse.  Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_SALVAGE_H
#define SYNCSPEC_MOCK_SERVER_SALVAGE_H

#include "mock_server/bugs.h"
#include "protocol/codec.h"

enum salvage {
    SALVAGE_NOTHING, /* refuse, as a sound server does */
    SALVAGE_ACK,     /* take `out` and answer as if it were all */
    SALVAGE_PARTIAL, /* refuse, but store what is in `out` */
    SALVAGE_CRASH,   /* the server ends */
    SALVAGE_500      /* the client's fault becomes the server's */
};

/* A body that could not be read as a changeset, and why. */
struct salvage_case {
    const struct bug_set *bugs;
    const struct codec_rules *rules;
    struct str body;
    enum status why;
};

enum salvage salvage_body(const struct salvage_case *found, struct arena *arena,
                          struct changeset *out);

#endif
