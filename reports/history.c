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
        [LIFE_SERVER_RESTART] = "server-restart",
        [LIFE_SERVER_WIPE] = "server-wipe",
    };
    if ((size_t)life >= sizeof names / sizeof names[0]) {
        return "?";
    }
    return names[life];
}

/* The hash: 64-bit words, read little-endian whatever the machine is, each
 * folded in by a step that is a bijection of the state (the body of a
 * MurmurHash3 lane).  Bodies are most of a history, and byte-wise FNV would be
 * the dearest thing in an append. */
static uint64_t rotate(uint64_t value, unsigned by)
{
    return (value << by) | (value >> (64 - by));
}

static uint64_t feed_u64(uint64_t hash, uint64_t word)
{
    word *= UINT64_C(0x87c37b91114253d5);
    word = rotate(word, 31);
    word *= UINT64_C(0x4cf5ad432745937f);
    hash = rotate(hash ^ word, 27);
    return hash * 5 + UINT64_C(0x52dce729);
}

static uint64_t load_word(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
           (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
           (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static uint64_t feed_str(uint64_t hash, struct str s)
{
    /* The length goes first, so that the zeros that fill the last word and
     * the border between two strings cannot be mistaken for content. */
    hash = feed_u64(hash, s.n);
    const unsigned char *p = (const unsigned char *)s.p;
    size_t left = s.n;
    for (; left >= 8; left -= 8, p += 8) {
        hash = feed_u64(hash, load_word(p));
    }
    if (left > 0) {
        unsigned char last[8] = {0};
        memcpy(last, p, left);
        hash = feed_u64(hash, load_word(last));
    }
    return hash;
}

static uint64_t feed_instant(uint64_t hash, struct instant at)
{
    hash = feed_u64(hash, (uint64_t)at.s);
    return feed_u64(hash, (uint64_t)(int64_t)at.ns);
}

static uint64_t feed_fields(uint64_t hash, const struct field *fields,
                            size_t count)
{
    hash = feed_u64(hash, count);
    for (size_t i = 0; i < count; i++) {
        hash = feed_str(hash, fields[i].name);
        hash = feed_str(hash, fields[i].value);
        hash = feed_instant(hash, fields[i].at);
        hash = feed_str(hash, fields[i].at_text);
    }
    return hash;
}

static uint64_t feed_change(uint64_t hash, const struct change *change)
{
    unsigned flags = (change->has_data ? 1U : 0) |
                     (change->has_fields ? 2U : 0) |
                     (change->has_deleted_at ? 4U : 0);

    hash = feed_str(hash, change->table);
    hash = feed_str(hash, change->id);
    hash = feed_u64(hash, (uint64_t)change->op << 3 | flags);
    if (change->has_data) {
        hash = feed_fields(hash, change->data, change->data_count);
    }
    if (change->has_fields) {
        hash = feed_fields(hash, change->fields, change->field_count);
    }
    if (change->has_deleted_at) {
        hash = feed_instant(hash, change->deleted_at);
        hash = feed_str(hash, change->deleted_at_text);
    }
    hash = feed_str(hash, change->event_id);
    hash = feed_str(hash, change->actor);
    hash = feed_str(hash, change->origin);
    hash = feed_str(hash, change->space_id);
    return feed_u64(hash, (uint64_t)change->schema_version);
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
    case EV_STUCK:
    case EV_PHASE:
        break;
    }
    return 0;
}

static uint64_t feed_event(uint64_t hash, const struct event *event)
{
    hash =
        feed_u64(hash, (uint64_t)event->kind << 48 | event_detail(event) << 40 |
                           (uint64_t)event->fate << 32 | event->actor);
    hash = feed_u64(hash, (uint64_t)event->line << 32 | event->exchange);
    hash = feed_u64(hash, (uint64_t)event->t_ms);
    hash = feed_u64(hash, (uint64_t)(int64_t)event->code);
    hash = feed_u64(hash, (uint64_t)event->number);
    hash = feed_str(hash, event->collection);
    hash = feed_str(hash, event->id);
    hash = feed_str(hash, event->text);
    hash = feed_str(hash, event->body);
    hash = feed_fields(hash, event->fields, event->field_count);
    hash = feed_u64(hash, event->change_count);
    for (size_t i = 0; i < event->change_count; i++) {
        hash = feed_change(hash, &event->changes[i]);
    }
    return hash;
}

void history_init(struct history *history, struct arena *arena)
{
    *history = (struct history){.arena = arena, .hash = HASH_START};
}

uint32_t history_actor(struct history *history, struct actor actor)
{
    ASSERT(history->actor_count < UINT32_MAX);
    history->actors =
        arena_grow(history->arena, history->actors, history->actor_count,
                   &history->actor_cap, sizeof *history->actors);
    history->actors[history->actor_count] = actor;
    history->hash = feed_str(history->hash, actor.name);
    history->hash = feed_str(history->hash, actor.user);
    history->hash = feed_u64(history->hash, (uint64_t)actor.device << 2 |
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
