/* SPDX-License-Identifier: MIT */
/* store - what all stores have in common: commit times.  Layer: mock_server. */
#include "mock_server/store.h"

enum status store_stamp(struct store_row *rows, size_t count, int64_t head_ns,
                        struct instant now, struct err *err)
{
    const int64_t last = INT64_MAX - 2 * (int64_t)count - 4;
    int64_t now_ns = instant_to_ns(now);
    int64_t at_ns = (head_ns < 0 ? 0 : head_ns) / 2 * 2;

    now_ns = now_ns < 0 ? 0 : now_ns / 2 * 2;
    if (at_ns > last || now_ns > last) {
        return err_set(err, ST_LIMIT, "no commit times are left");
    }
    for (size_t i = 0; i < count; i++) {
        at_ns = at_ns + 2 > now_ns ? at_ns + 2 : now_ns;
        rows[i].at_ns = at_ns;
    }
    return ST_OK;
}
