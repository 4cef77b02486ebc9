/* SPDX-License-Identifier: MIT */
/* unsaved - rows that were acknowledged and are not in the store.
 * Layer: mock_server. */
#include "mock_server/unsaved.h"

#define UNSAVED_WAIT_NS INT64_C(200000000)

void unsaved_init(struct unsaved *unsaved)
{
    *unsaved = (struct unsaved){0};
    arena_init(&unsaved->arena, LIMIT_RUN_ARENA);
}

void unsaved_free(struct unsaved *unsaved)
{
    arena_free(&unsaved->arena);
}

void unsaved_add(struct unsaved *unsaved, const struct store_row *rows,
                 size_t count, struct instant now)
{
    struct arena *arena = &unsaved->arena;

    if (unsaved->count == 0) {
        unsaved->since_ns = instant_to_ns(now);
    }
    for (size_t i = 0; i < count; i++) {
        struct store_row row = rows[i];

        row.user = arena_str(arena, row.user);
        row.app = arena_str(arena, row.app);
        row.table = arena_str(arena, row.table);
        row.id = arena_str(arena, row.id);
        row.client_id = arena_str(arena, row.client_id);
        row.text = arena_str(arena, row.text);
        unsaved->rows = arena_grow(arena, unsaved->rows, unsaved->count,
                                   &unsaved->cap, sizeof(row));
        unsaved->rows[unsaved->count++] = row;
    }
}

void unsaved_flush(struct unsaved *unsaved, struct store *store,
                   struct instant now)
{
    if (unsaved->count == 0 ||
        instant_to_ns(now) < unsaved->since_ns + UNSAVED_WAIT_NS) {
        return;
    }
    if (store_stamp(unsaved->rows, unsaved->count, store->ops->head_ns(store),
                    now, NULL) == ST_OK) {
        store->ops->append(store, unsaved->rows, unsaved->count, NULL);
    }
    unsaved->rows = NULL;
    unsaved->count = unsaved->cap = 0;
    arena_reset(&unsaved->arena);
}
