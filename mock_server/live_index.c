/* SPDX-License-Identifier: MIT */
/* live_index - channels by time, by user, and those that have output.
 * Layer: mock_server. */
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "mock_server/live_core.h"

enum { FIRST_TIMERS = 16, FIRST_USERS = 16 };

/* ---- by time: unlike base/heap, items move and leave ---- */

static bool timer_is_earlier(const struct live *a, const struct live *b)
{
    return a->due_ms < b->due_ms ||
           (a->due_ms == b->due_ms && a->serial < b->serial);
}

static void timer_place(struct live_hub *hub, size_t at, struct live *live)
{
    hub->timers[at] = live;
    live->timer_at = at;
}

static void timer_rise(struct live_hub *hub, struct live *live)
{
    size_t at = live->timer_at;

    while (at > 0 && timer_is_earlier(live, hub->timers[(at - 1) / 2])) {
        timer_place(hub, at, hub->timers[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    timer_place(hub, at, live);
}

static void timer_sink(struct live_hub *hub, struct live *live)
{
    size_t at = live->timer_at;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < hub->count &&
            timer_is_earlier(hub->timers[child + 1], hub->timers[child])) {
            child++;
        }
        if (child >= hub->count ||
            !timer_is_earlier(hub->timers[child], live)) {
            break;
        }
        timer_place(hub, at, hub->timers[child]);
        at = child;
    }
    timer_place(hub, at, live);
}

bool live_timer_room(struct live_hub *hub)
{
    if (hub->count < hub->timer_cap) {
        return true;
    }
    size_t cap = hub->timer_cap ? hub->timer_cap * 2 : FIRST_TIMERS;
    struct live **timers = realloc(hub->timers, cap * sizeof(struct live *));

    if (!timers) {
        return false;
    }
    hub->timers = timers;
    hub->timer_cap = cap;
    return true;
}

void live_timer_add(struct live_hub *hub, struct live *live)
{
    ASSERT(hub->count < hub->timer_cap);
    live->due_ms = INT64_MAX;
    timer_place(hub, hub->count++, live);
    timer_rise(hub, live);
}

void live_timer_remove(struct live_hub *hub, struct live *live)
{
    struct live *last = hub->timers[--hub->count];

    ASSERT(hub->timers[live->timer_at] == live);
    if (last != live) {
        timer_place(hub, live->timer_at, last);
        timer_rise(hub, last);
        timer_sink(hub, last);
    }
}

void live_timer_set(struct live_hub *hub, struct live *live, int64_t due_ms)
{
    if (live->due_ms != due_ms) {
        live->due_ms = due_ms;
        timer_rise(hub, live);
        timer_sink(hub, live);
    }
}

/* ---- those that have output, in the order it came ---- */

void live_ready_add(struct live_hub *hub, struct live *live)
{
    if (live->is_ready || live->state == LIVE_FRESH) {
        return;
    }
    live->is_ready = true;
    live->ready_next = NULL;
    live->ready_prev = hub->ready_last;
    if (hub->ready_last) {
        hub->ready_last->ready_next = live;
    } else {
        hub->ready_first = live;
    }
    hub->ready_last = live;
}

void live_ready_remove(struct live_hub *hub, struct live *live)
{
    if (!live->is_ready) {
        return;
    }
    live->is_ready = false;
    if (live->ready_prev) {
        live->ready_prev->ready_next = live->ready_next;
    } else {
        hub->ready_first = live->ready_next;
    }
    if (live->ready_next) {
        live->ready_next->ready_prev = live->ready_prev;
    } else {
        hub->ready_last = live->ready_prev;
    }
}

/* ---- by user ---- */

static size_t user_slot(const struct live_hub *hub, struct str name)
{
    uint64_t hash = hash_str(HASH_START, name);

    return (hash ^ hash >> 32) & (hub->user_slots - 1);
}

struct live_user *live_user_find(const struct live_hub *hub, struct str name)
{
    struct live_user *user =
        hub->user_slots ? hub->users[user_slot(hub, name)] : NULL;

    while (user && !str_eq(user->name, name)) {
        user = user->next;
    }
    return user;
}

static void user_link(struct live_hub *hub, struct live_user *user)
{
    struct live_user **slot = &hub->users[user_slot(hub, user->name)];

    user->next = *slot;
    *slot = user;
}

static bool user_room(struct live_hub *hub)
{
    size_t old_slots = hub->user_slots;
    struct live_user **old = hub->users;

    if (hub->user_count < old_slots) {
        return true;
    }
    size_t slots = old_slots ? old_slots * 2 : FIRST_USERS;
    struct live_user **users = calloc(slots, sizeof(struct live_user *));

    if (!users) {
        return old_slots > 0; /* longer chains will do */
    }
    hub->users = users;
    hub->user_slots = slots;
    for (size_t i = 0; i < old_slots; i++) {
        while (old[i]) {
            struct live_user *user = old[i];

            old[i] = user->next;
            user_link(hub, user);
        }
    }
    free(old);
    return true;
}

static struct live_user *user_make(struct live_hub *hub, struct str name)
{
    struct live_user *user = live_user_find(hub, name);

    if (user || !user_room(hub)) {
        return user;
    }
    user = malloc(sizeof(*user) + name.n + 1);
    if (!user) {
        return NULL;
    }
    char *copy = (char *)(user + 1);

    memcpy(copy, name.p ? name.p : "", name.n);
    copy[name.n] = '\0';
    *user = (struct live_user){.name = {copy, name.n}};
    user_link(hub, user);
    hub->user_count++;
    return user;
}

static void user_forget(struct live_hub *hub, struct live_user *user)
{
    struct live_user **link = &hub->users[user_slot(hub, user->name)];

    while (*link != user) {
        link = &(*link)->next;
    }
    *link = user->next;
    hub->user_count--;
    free(user);
}

bool live_user_join(struct live_hub *hub, struct live *live, struct str name)
{
    if (live->user && str_eq(live->user->name, name)) {
        return true;
    }
    live_user_leave(hub, live);
    struct live_user *user = user_make(hub, name);

    if (!user) {
        return false;
    }
    live->user = user;
    live->user_next = NULL;
    live->user_prev = user->last;
    if (user->last) {
        user->last->user_next = live;
    } else {
        user->first = live;
    }
    user->last = live;
    return true;
}

void live_user_leave(struct live_hub *hub, struct live *live)
{
    struct live_user *user = live->user;

    if (!user) {
        return;
    }
    if (live->user_prev) {
        live->user_prev->user_next = live->user_next;
    } else {
        user->first = live->user_next;
    }
    if (live->user_next) {
        live->user_next->user_prev = live->user_prev;
    } else {
        user->last = live->user_prev;
    }
    live->user = NULL;
    if (!user->first) {
        user_forget(hub, user);
    }
}
