/* SPDX-License-Identifier: MIT */
/* heap - future events by time.  Layer: base. */
#include "base/heap.h"

#include <stdlib.h>

enum { HEAP_FIRST = 64 }; /* capacity after the first push */

void heap_init(struct heap *heap, size_t max)
{
    *heap = (struct heap){.max = max};
}

void heap_free(struct heap *heap)
{
    free(heap->items);
    heap_init(heap, heap->max);
}

void heap_clear(struct heap *heap)
{
    heap->count = 0;
    heap->next_order = 0;
}

static bool earlier(const struct timed *a, const struct timed *b)
{
    return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order);
}

static bool heap_grow(struct heap *heap)
{
    size_t cap = heap->cap > 0 ? heap->cap * 2 : HEAP_FIRST;
    cap = cap < heap->max ? cap : heap->max;
    if (cap > SIZE_MAX / sizeof *heap->items) {
        return false;
    }
    struct timed *items = realloc(heap->items, cap * sizeof *items);
    if (!items) {
        return false;
    }
    heap->items = items;
    heap->cap = cap;
    return true;
}

bool heap_push(struct heap *heap, struct timed event)
{
    if (heap->count >= heap->max ||
        (heap->count == heap->cap && !heap_grow(heap))) {
        return false;
    }
    event.order = heap->next_order++;
    /* Move the hole up instead of swapping: half the copies. */
    size_t hole = heap->count++;
    while (hole > 0) {
        size_t parent = (hole - 1) / 2;
        if (!earlier(&event, &heap->items[parent])) {
            break;
        }
        heap->items[hole] = heap->items[parent];
        hole = parent;
    }
    heap->items[hole] = event;
    return true;
}

const struct timed *heap_peek(const struct heap *heap)
{
    return heap->count > 0 ? &heap->items[0] : NULL;
}

bool heap_pop(struct heap *heap, struct timed *out)
{
    if (heap->count == 0) {
        return false;
    }
    *out = heap->items[0];
    size_t count = --heap->count;
    if (count == 0) {
        return true;
    }
    const struct timed last = heap->items[count];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child + 1 < count &&
            earlier(&heap->items[child + 1], &heap->items[child])) {
            child++;
        }
        if (child >= count || !earlier(&heap->items[child], &last)) {
            break;
        }
        heap->items[hole] = heap->items[child];
        hole = child;
    }
    heap->items[hole] = last;
    return true;
}
