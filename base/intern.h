/* SPDX-License-Identifier: MIT */
/* intern - equal strings become one pointer; order of insertion, no hash seed.
 * Layer: base. */
#ifndef SYNCSPEC_BASE_INTERN_H
#define SYNCSPEC_BASE_INTERN_H

#include "base/arena.h"

struct intern_slot;

struct intern {
    struct arena *arena; /* borrows; the strings live there */
    struct intern_slot *slots;
    size_t count, cap;
};

void intern_init(struct intern *table, struct arena *arena);
/* The one copy of `s` in this table: NUL-terminated, lives with the arena.
 * .p is NULL when the arena is full.
 * Two results are equal exactly if their `.p` are equal. */
struct str intern_put(struct intern *table, struct str s);

#endif
