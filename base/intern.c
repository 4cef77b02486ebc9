/* SPDX-License-Identifier: MIT */
/* intern - equal strings become one pointer.  Layer: base. */
#include "base/intern.h"

enum { SLOTS_FIRST = 64 }; /* a power of two, as every later size */

struct intern_slot {
    uint64_t hash;
    struct str s; /* p NULL: free */
};

void intern_init(struct intern *table, struct arena *arena)
{
    *table = (struct intern){.arena = arena};
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 32);
}

/* Nothing but this table sees the value, so it may be weaker, and faster, than
 * hash_str. */
static uint64_t hash_fast(struct str s)
{
    uint64_t hash = s.n;
    for (size_t i = 0; i + 8 <= s.n; i += 8) {
        hash = mix(hash, str_word(s.p + i));
    }
    return mix(mix(hash, str_last_word(s)), HASH_START);
}

/* Where `s` is, or the free slot where it belongs. */
static struct intern_slot *slot_find(const struct intern *table, uint64_t hash,
                                     struct str s)
{
    size_t mask = table->cap - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct intern_slot *slot = &table->slots[i];
        if (!slot->s.p || (slot->hash == hash && str_eq(slot->s, s))) {
            return slot;
        }
    }
}

/* Keep half of the slots free; false when the arena is full. */
static bool table_grow(struct intern *table)
{
    size_t cap = table->cap > 0 ? table->cap * 2 : SLOTS_FIRST;
    struct intern_slot *slots = arena_array(table->arena, cap, sizeof *slots);
    if (!slots) {
        return false;
    }
    for (size_t old = 0; old < table->cap; old++) {
        if (table->slots[old].s.p) {
            size_t i = table->slots[old].hash & (cap - 1);
            while (slots[i].s.p) {
                i = (i + 1) & (cap - 1);
            }
            slots[i] = table->slots[old];
        }
    }
    table->slots = slots;
    table->cap = cap;
    return true;
}

struct str intern_put(struct intern *table, struct str s)
{
    uint64_t hash = hash_fast(s);
    if (table->cap > 0) {
        struct intern_slot *slot = slot_find(table, hash, s);
        if (slot->s.p) {
            return slot->s;
        }
    }
    if (table->count >= table->cap / 2 && !table_grow(table)) {
        return (struct str){NULL, 0};
    }
    struct str copy = arena_str(table->arena, s);
    if (copy.p) {
        *slot_find(table, hash, s) = (struct intern_slot){hash, copy};
        table->count++;
    }
    return copy;
}
