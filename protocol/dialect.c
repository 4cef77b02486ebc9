/* SPDX-License-Identifier: MIT */
/* dialect - what differs between versions of the wire.  Layer: protocol. */
#include "protocol/dialect.h"

#include "base/limits.h"

static const struct dialect dialects[] = {
    {.name = "v1",
     .bit = DIALECT_V1,
     .stamp_key = "updatedAt",
     .other_stamp_key = "at"},
    {.name = "v2",
     .bit = DIALECT_V2,
     .stamp_key = "at",
     .other_stamp_key = "updatedAt",
     .page_size = 1000,
     .has_more = true,
     .change_extras = true,
     .schema_version_max = 1,
     .payment = true,
     .body_limit = LIMIT_BODY_BYTES,
     .ws_unified = true,
     .sse = true},
};

enum { DIALECT_COUNT = sizeof dialects / sizeof dialects[0] };

const struct dialect *dialect_find(struct str name)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        if (str_is(name, dialects[i].name)) {
            return &dialects[i];
        }
    }
    return NULL;
}

const struct dialect *dialect_all(size_t *count)
{
    *count = DIALECT_COUNT;
    return dialects;
}
