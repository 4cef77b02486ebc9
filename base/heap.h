/* SPDX-License-Identifier: MIT */
/* heap - future events by time; equal times leave in the order they came.
 * Layer: base. */
#ifndef SYNCSPEC_BASE_HEAP_H
#define SYNCSPEC_BASE_HEAP_H

#include "base/str.h"

struct timed {
    int64_t at_ms;
    uint64_t order; /* given by heap_push, strictly increasing */
    void (*fire)(void *context, uint64_t arg);
    void *context;
    uint64_t arg;
};

struct heap {
    struct timed *items;
    size_t count, cap;
    size_t max; /* ceiling of count */
    uint64_t next_order;
};

void heap_init(struct heap *heap, size_t max);
void heap_free(struct heap *heap);
void heap_clear(struct heap *heap); /* forget all, order starts anew */
/* False when the ceiling is reached or memory is out. */
bool heap_push(struct heap *heap, struct timed event);
/* The earliest, or NULL. */
const struct timed *heap_peek(const struct heap *heap);
bool heap_pop(struct heap *heap, struct timed *out);

#endif
