/* SPDX-License-Identifier: MIT */
/* dialect - what differs between versions of the wire, as data.
 * Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_DIALECT_H
#define SYNCSPEC_PROTOCOL_DIALECT_H

#include "base/str.h"

enum { DIALECT_V1 = 1, DIALECT_V2 = 2 }; /* bits, for clause tables */

struct dialect {
    const char *name;            /* "v1" */
    unsigned bit;                /* DIALECT_V1 … */
    const char *stamp_key;       /* of a field entry: "updatedAt" or "at" */
    const char *other_stamp_key; /* the key that a mistaken peer would use */
    size_t page_size;            /* of pull and push delta; 0: none */
    bool has_more;               /* `hasMore` in answers */
    bool change_extras;     /* eventId, schemaVersion, actor, origin, spaceId */
    int schema_version_max; /* 0: the member does not exist */
    bool payment;           /* 402 sync_inactive exists */
    size_t body_limit;      /* 0: none stated; a server may still have one */
    bool ws_unified;        /* /ws beside /ws/{app} */
    bool sse;               /* /sync/{app}/stream */
};

/* By name, or NULL. */
const struct dialect *dialect_find(struct str name);
/* All, `*count` of them. */
const struct dialect *dialect_all(size_t *count);

#endif
