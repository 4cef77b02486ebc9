/* SPDX-License-Identifier: MIT */
/* unsaved - rows that were acknowledged and are not in the store: the planted
 * bug ack-before-durable.  Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_UNSAVED_H
#define SYNCSPEC_MOCK_SERVER_UNSAVED_H

#include "mock_server/store.h"

struct unsaved {
    struct arena arena;
    struct store_row *rows;
    size_t count, cap;
    int64_t since_ns; /* when the oldest came */
};

void unsaved_init(struct unsaved *unsaved);
void unsaved_free(struct unsaved *unsaved); /* the rows are lost */
/* Keep copies of rows. */
void unsaved_add(struct unsaved *unsaved, const struct store_row *rows,
                 size_t count, struct instant now);
/* Store them, when the oldest has waited long enough. */
void unsaved_flush(struct unsaved *unsaved, struct store *store,
                   struct instant now);

#endif
