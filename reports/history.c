/* SPDX-License-Identifier: MIT */
/* history - append, actors, names and the running hash of one run's events.
 * Layer: reports. */
#include "reports/history.h"

#include <string.h>

#include "base/asserts.h"

const char *reply_kind_name(enum reply_kind kind)
{
    switch (kind) {
    case REPLY_ANSWER:
        return "ok";
    case REPLY_TIMEOUT:
        return "timeout";
    case REPLY_REFUSED:
        return "refused";
    case REPLY_RESET:
        return "reset";
    case REPLY_TOO_BIG:
        return "too-big";
    case REPLY_GARBLED:
        return "garbled";
    }
    return "?";
}

const char *life_name(enum life life)
{
    static const char *const names[] = {
        [LIFE_OFFLINE] = "offline",
        [LIFE_ONLINE] = "online",
        [LIFE_SIGN_IN] = "sign-in",
        [LIFE_SIGN_OUT] = "sign-out",
        [LIFE_CRASH] = "crash",
        [LIFE_RESTART] = "restart",
        [LIFE_REINSTALL] = "reinstall",
        [LIFE_WIPE] = "wipe",
        [LIFE_RESET] = "reset",
        [LIFE_RESEED] = "reseed",
        [LIFE_SAVE] = "save",
        [LIFE_CLONE] = "clone",
        [LIFE_PURGE] = "purge",
        [LIFE_SERVER_KILL] = "server-kill",
        [LIFE_SERVER_STOP] = "server-stop",
        [LIFE_SERVER_RESTART] = "server-restart",
        [LIFE_SERVER_WIPE] = "server-wipe",
    };
    if ((size_t)life >= sizeof names / sizeof names[0]) {
        return "?";
    }
    return names[life];
}

const char *live_kind_name(enum live_kind kind)
{
    static const char *const names[] = {
        [LIVE_APP_SOCKET] = "socket",
        [LIVE_ALL_SOCKET] = "unified",
        [LIVE_STREAM] = "stream",
        [LIVE_OTHER] = "other",
    };
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

static uint64_t feed_instant(uint64_t hash, struct instant at)
{
    hash = hash_u64(hash, (uint64_t)at.s);
    return hash_u64(hash, (uint64_t)(int64_t)at.ns);
}

static uint64_t feed_fields(uint64_t hash, const struct field *fields,
                            size_t count)
{
    hash = hash_u64(hash, count);
    for (size_t i = 0; i < count; i++) {
        hash = hash_str(hash, fields[i].name);
        hash = hash_str(hash, fields[i].value);
        hash = feed_instant(hash, fields[i].at);
        hash = hash_str(hash, fields[i].at_text);
    }
    return hash;
}

static uint64_t feed_change(uint64_t hash, const struct change *change)
{
    unsigned flags = (change->has_data ? 1U : 0) |
                     (change->has_fields ? 2U : 0) |
                     (change->has_deleted_at ? 4U : 0);

    hash = hash_str(hash, change->table);
    hash = hash_str(hash, change->id);
    hash = hash_u64(hash, (uint64_t)change->op << 3 | flags);
    if (change->has_data) {
        hash = feed_fields(hash, change->data, change->data_count);
    }
    if (change->has_fields) {
        hash = feed_fields(hash, change->fields, change->field_count);
    }
    if (change->has_deleted_at) {
        hash = feed_instant(hash, change->deleted_at);
        hash = hash_str(hash, change->deleted_at_text);
    }
    hash = hash_str(hash, change->event_id);
    hash = hash_str(hash, change->actor);
    hash = hash_str(hash, change->origin);
    hash = hash_str(hash, change->space_id);
    return hash_u64(hash, (uint64_t)change->schema_version);
}

/* Which member of `as` an event of this kind holds. */
static uint64_t event_detail(const struct event *event)
{
    switch (event->kind) {
    case EV_SEND:
        return (uint64_t)event->as.request_kind;
    case EV_REPLY:
        return (uint64_t)event->as.reply_kind;
    case EV_LIFE:
        return (uint64_t)event->as.life;
    case EV_SHUT:
        return (uint64_t)event->as.reply_kind;
    case EV_OPEN:
        return (uint64_t)event->as.live_kind;
    case EV_EDIT:
    case EV_APPLY:
        return (uint64_t)event->as.op;
    case EV_STEP:
    case EV_ACK:
    case EV_WITHDRAW:
    case EV_CURSOR:
    case EV_STATUS:
    case EV_FAULT:
    case EV_EXPECT:
    case EV_STATE:
    case EV_OPENED:
    case EV_LISTENS:
    case EV_SAY:
    case EV_HEAR:
    case EV_PAUSE:
    case EV_STUCK:
    case EV_PHASE:
        break;
    }
    return 0;
}

static uint64_t feed_event(uint64_t hash, const struct event *event)
{
    hash =
        hash_u64(hash, (uint64_t)event->kind << 48 | event_detail(event) << 40 |
                           (uint64_t)event->fate << 32 | event->actor);
    hash = hash_u64(hash, (uint64_t)event->line << 32 | event->exchange);
    hash = hash_u64(hash, (uint64_t)event->t_ms);
    hash = hash_u64(hash, (uint64_t)(int64_t)event->code);
    hash = hash_u64(hash, (uint64_t)event->number);
    hash = hash_str(hash, event->collection);
    hash = hash_str(hash, event->id);
    hash = hash_str(hash, event->text);
    hash = hash_str(hash, event->body);
    hash = feed_fields(hash, event->fields, event->field_count);
    hash = hash_u64(hash, event->change_count);
    for (size_t i = 0; i < event->change_count; i++) {
        hash = feed_change(hash, &event->changes[i]);
    }
    for (size_t i = 0; i < event->name_count; i++) {
        hash = hash_str(hash, event->names[i]);
    }
    return hash;
}

void history_init(struct history *history, struct arena *arena)
{
    *history = (struct history){.arena = arena, .hash = HASH_START};
}

void history_reserve(struct history *history, size_t count)
{
    ASSERT(history->cap == 0);
    history->events = arena_raw(history->arena, count * sizeof(struct event));
    history->cap = history->events ? count : 0;
}

uint32_t history_actor(struct history *history, struct actor actor)
{
    ASSERT(history->actor_count < UINT32_MAX);
    history->actors =
        arena_grow(history->arena, history->actors, history->actor_count,
                   &history->actor_cap, sizeof *history->actors);
    history->actors[history->actor_count] = actor;
    history->hash = hash_str(history->hash, actor.name);
    history->hash = hash_str(history->hash, actor.user);
    history->hash = hash_u64(history->hash, (uint64_t)actor.device << 2 |
                                                (actor.is_client ? 1U : 0) |
                                                (actor.is_observer ? 2U : 0));
    return (uint32_t)history->actor_count++;
}

struct event *history_append(struct history *history, struct event event)
{
    ASSERT(history->count < UINT32_MAX);
    ASSERT(event.actor < history->actor_count);
    history->events =
        arena_grow(history->arena, history->events, history->count,
                   &history->cap, sizeof *history->events);
    event.seq = (uint32_t)history->count;
    event.line = event.line > 0 ? event.line : history->line;
    history->hash = feed_event(history->hash, &event);
    struct event *kept = &history->events[history->count++];
    *kept = event;
    return kept;
}

uint64_t history_hash(const struct history *history)
{
    /* Spread the last words over all bits: the steps above mix upward only
     * slowly, and people compare the first digits. */
    uint64_t hash = history->hash ^ history->count;
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}
