/* SPDX-License-Identifier: MIT */
/* arena - memory that dies together.  Layer: base. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"

/* Memory not handed out is poisoned under AddressSanitizer, so that a use
 * after arena_reset is found as one after free would be. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum {
    BLOCK_FIRST = 16 << 10, /* bytes of the first block */
    BLOCK_MOST = 1 << 20    /* blocks double up to this */
};

struct arena_block {
    struct arena_block *older;
    size_t size; /* of the bytes */
    _Alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t ceiling)
{
    *arena = (struct arena){.ceiling = ceiling};
}

static void block_free(struct arena_block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    free(block);
}

void arena_free(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *older = arena->blocks->older;
        block_free(arena->blocks);
        arena->blocks = older;
    }
    arena_init(arena, arena->ceiling);
}

static void block_use(struct arena *arena, struct arena_block *block)
{
    arena->next = block->bytes;
    arena->end = block->bytes + block->size;
    ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
}

void arena_reset(struct arena *arena)
{
    arena->used = 0;
    if (!arena->blocks) {
        return;
    }
    struct arena_block *keep = arena->blocks;
    for (struct arena_block *b = keep->older; b; b = b->older) {
        keep = b->size > keep->size ? b : keep;
    }
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *older = block->older;
        if (block != keep) {
            block_free(block);
        }
        block = older;
    }
    keep->older = NULL;
    arena->blocks = keep;
    arena->held = sizeof *keep + keep->size;
    block_use(arena, keep);
}

/* Make a new block with room for `size` bytes the current one; false over the
 * ceiling. */
static bool block_add(struct arena *arena, size_t size)
{
    size_t room = arena->ceiling - arena->held;
    if (room < sizeof(struct arena_block) ||
        size > room - sizeof(struct arena_block)) {
        return false;
    }
    room -= sizeof(struct arena_block);
    size_t want = arena->blocks ? arena->blocks->size : BLOCK_FIRST / 2;
    want = want < BLOCK_MOST / 2 ? want * 2 : BLOCK_MOST;
    want = want < room ? want : room;
    want = want > size ? want : size;
    struct arena_block *block = malloc(sizeof *block + want);
    if (!block) {
        return false;
    }
    block->older = arena->blocks;
    block->size = want;
    arena->blocks = block;
    arena->held += sizeof *block + want;
    block_use(arena, block);
    return true;
}

/* `size` bytes at the front of the free part, which has room for them. */
static void *take(struct arena *arena, size_t skip, size_t size)
{
    char *p = arena->next + skip;
    arena->next = p + size;
    arena->used += size;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return p;
}

void *arena_raw(struct arena *arena, size_t size)
{
    size = size > 0 ? size : 1;
    size_t skip = -(uintptr_t)arena->next % _Alignof(max_align_t);
    size_t room = (size_t)(arena->end - arena->next);
    if (skip > room || size > room - skip) {
        if (!block_add(arena, size)) {
            return NULL;
        }
        skip = 0;
    }
    return take(arena, skip, size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *p = arena_raw(arena, size);
    return p ? memset(p, 0, size) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    return arena_alloc(arena, count * size);
}

void *arena_must(struct arena *arena, size_t count, size_t size)
{
    void *p = arena_array(arena, count, size);
    ASSERT(p != NULL);
    return p;
}

struct str arena_str(struct arena *arena, struct str s)
{
    /* Bytes need no alignment: strings lie side by side. */
    if (s.n >= (size_t)(arena->end - arena->next) &&
        (s.n == SIZE_MAX || !block_add(arena, s.n + 1))) {
        return (struct str){NULL, 0};
    }
    char *p = take(arena, 0, s.n + 1);
    if (s.n > 0) {
        memcpy(p, s.p, s.n);
    }
    p[s.n] = '\0';
    return (struct str){p, s.n};
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    char local[256];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(local, sizeof local, format, ap);
    va_end(ap);
    ASSERT(n >= 0);
    if ((size_t)n < sizeof local) {
        struct str s = arena_str(arena, (struct str){local, (size_t)n});
        ASSERT(s.p != NULL);
        return s;
    }
    char *p = arena_raw(arena, (size_t)n + 1);
    ASSERT(p != NULL);
    va_start(ap, format);
    vsnprintf(p, (size_t)n + 1, format, ap);
    va_end(ap);
    return (struct str){p, (size_t)n};
}

void *arena_grow(struct arena *arena, void *list, size_t count, size_t *cap,
                 size_t size)
{
    if (count < *cap) {
        return list;
    }
    ASSERT(size > 0 && count <= SIZE_MAX / size / 4);
    ASSERT(list != NULL || *cap == 0);
    size_t old = *cap * size;
    size_t more = *cap > 0 ? old : 8 * size;
    *cap += more / size;
    /* The newest thing of the arena grows where it is. */
    if (list && (char *)list + old == arena->next &&
        more <= (size_t)(arena->end - arena->next)) {
        memset(take(arena, 0, more), 0, more);
        return list;
    }
    char *moved = arena_raw(arena, *cap * size);
    ASSERT(moved != NULL);
    if (list) {
        memcpy(moved, list, old);
    }
    memset(moved + old, 0, more);
    return moved;
}
