/* SPDX-License-Identifier: MIT */
/* arena - memory that dies together: bump allocation under a ceiling.
 * Layer: base. */
#ifndef SYNCSPEC_BASE_ARENA_H
#define SYNCSPEC_BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    char *next, *end;           /* free part of the newest block */
    size_t used;                /* bytes handed out since the last reset */
    size_t held;                /* bytes taken from malloc */
    size_t ceiling;             /* of `held`; passing it fails */
};

void arena_init(struct arena *arena, size_t ceiling);
void arena_free(struct arena *arena);  /* all memory back to malloc */
void arena_reset(struct arena *arena); /* forget all, keep the largest block */

/* Zeroed memory, aligned for any type, or NULL over the ceiling. */
void *arena_alloc(struct arena *arena, size_t size);
/* As arena_alloc, but the bytes are whatever they are: for who writes them all.
 */
void *arena_raw(struct arena *arena, size_t size);
/* As arena_alloc for count * size, NULL on overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* As arena_array, but running out is our own fault and ends the process:
 * only for memory whose size was already checked against a limit. */
void *arena_must(struct arena *arena, size_t count, size_t size);
/* A copy with a NUL behind it (not counted); p is NULL over the ceiling. */
struct str arena_str(struct arena *arena, struct str s);
/* As printf into the arena, must-style. */
struct str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Grow an array that `list` points to, must-style: returns the (possibly
 * moved) array with room for count + 1 elements, doubling *cap. */
void *arena_grow(struct arena *arena, void *list, size_t count, size_t *cap,
                 size_t size);

#endif
