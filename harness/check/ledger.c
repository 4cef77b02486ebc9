/* SPDX-License-Identifier: MIT */
/* ledger - see ledger.h.  Layer: harness/check. */
#include "harness/check/ledger.h"

#include <string.h>

#include "base/asserts.h"
#include "harness/check/lines.h"

struct building {
    struct ledger *ledger;
    const struct event *event;
    const struct actor *who;
    struct trip *trip;
    enum op op;
    struct record_key key;
};

const struct actor *ledger_actor(const struct ledger *ledger,
                                 const struct event *event)
{
    ASSERT(event->actor < ledger->input->history->actor_count);
    return ledger->now[event->actor];
}

const struct actor *ledger_device(const struct ledger *ledger, uint32_t device)
{
    return ledger->now[ledger->actor_of[device]];
}

bool ledger_covers(const struct ledger *ledger, const char *clause)
{
    for (size_t i = 0; i < ledger->input->cover_count; i++) {
        if (str_is(ledger->input->covers[i], clause)) {
            return true;
        }
    }
    return false;
}

bool trip_took_effect(const struct trip *trip)
{
    return trip->known == KNOWN_ACKED ||
           (trip->known == KNOWN_UNKNOWN && trip->decided);
}

bool held_is_write(const struct held *held, const struct write *write)
{
    if (!held->present) {
        return false;
    }
    if (write->wild) {
        return held->value.n > 0 && held->value.p[0] == '"';
    }
    return instant_cmp(held->at, write->at) == 0 &&
           str_eq(held->value, write->value);
}

bool reg_allows(const struct reg *reg, const struct held *held)
{
    if (reg->wild) {
        return true; /* the server chose the time: others judge that */
    }
    if (reg->must ? held_is_write(held, reg->must) : !held->present) {
        return true;
    }
    for (const struct write *w = reg->sent; w; w = w->next) {
        bool maybe = w->trip->known == KNOWN_UNKNOWN;
        bool newer = !reg->must || order_cmp(w->at, w->value, reg->must->at,
                                             reg->must->value) > 0;
        if (maybe && newer && held_is_write(held, w)) {
            return true;
        }
    }
    return false;
}

bool reg_concerns(const struct ledger *ledger, const struct reg *reg,
                  const struct actor *client)
{
    if (!client->is_client || !str_eq(client->user, reg->user) ||
        !str_eq(client->app, reg->app)) {
        return false;
    }
    for (size_t i = 0; i < ledger->input->collection_count; i++) {
        if (str_eq(ledger->input->collections[i], reg->table)) {
            return true;
        }
    }
    return false;
}

struct record_key record_key(const struct actor *who, struct str table,
                             struct str id)
{
    uint64_t hash = hash_str(HASH_START, id);
    hash = hash_str(hash, table);
    hash = hash_str(hash, who->app);
    hash = hash_str(hash, who->user);
    return (struct record_key){who, table, id, hash};
}

static uint64_t reg_hash(const struct record_key *key, struct str name)
{
    uint64_t hash = hash_str(key->hash, name);
    return hash ^ hash >> 32;
}

static struct reg *reg_lookup(const struct ledger *ledger, uint64_t hash,
                              const struct record_key *key, struct str name)
{
    struct reg *reg = ledger->table[hash & (ledger->table_cap - 1)];
    for (; reg; reg = reg->same_hash) {
        if (reg->hash == hash && str_eq(reg->name, name) &&
            str_eq(reg->id, key->id) && str_eq(reg->table, key->table) &&
            str_eq(reg->app, key->who->app) &&
            str_eq(reg->user, key->who->user)) {
            return reg;
        }
    }
    return NULL;
}

struct reg *ledger_find(const struct ledger *ledger,
                        const struct record_key *key, struct str name)
{
    return reg_lookup(ledger, reg_hash(key, name), key, name);
}

static void table_double(struct ledger *ledger)
{
    size_t cap = ledger->table_cap * 2;
    ledger->table = arena_must(ledger->arena, cap, sizeof(*ledger->table));
    ledger->table_cap = cap;
    for (struct reg *reg = ledger->regs; reg; reg = reg->next) {
        struct reg **slot = &ledger->table[reg->hash & (cap - 1)];
        reg->same_hash = *slot;
        *slot = reg;
    }
}

static struct reg *reg_get(struct ledger *ledger, const struct record_key *key,
                           struct str name)
{
    uint64_t hash = reg_hash(key, name);
    struct reg *reg = reg_lookup(ledger, hash, key, name);
    if (reg) {
        return reg;
    }
    if (ledger->reg_count >= ledger->table_cap) {
        table_double(ledger);
    }
    reg = arena_must(ledger->arena, 1, sizeof(*reg));
    struct held *held =
        arena_must(ledger->arena, (size_t)ledger->devices * 3, sizeof(*held));
    *reg = (struct reg){.hash = hash,
                        .user = key->who->user,
                        .app = key->who->app,
                        .table = key->table,
                        .id = key->id,
                        .name = name,
                        .told = held,
                        .dump = held + ledger->devices,
                        .served = held + 2 * (size_t)ledger->devices};
    struct reg **slot = &ledger->table[hash & (ledger->table_cap - 1)];
    reg->same_hash = *slot;
    *slot = reg;
    *(ledger->regs_last ? &ledger->regs_last->next : &ledger->regs) = reg;
    ledger->regs_last = reg;
    ledger->reg_count++;
    return reg;
}

static void held_raise(struct held *held, struct str value, struct instant at,
                       uint32_t seq)
{
    if (!held->present || order_cmp(at, value, held->at, held->value) > 0) {
        *held = (struct held){true, value, at, seq};
    }
}

/* A server may refuse such a stamp or take its own clock's: where that is what
 * the scenario is about, nobody can say what is right.  Of the year 2100, for
 * the clock of the server is not known here. */
static bool is_far_ahead(const struct ledger *ledger, struct instant at)
{
    bool covered = false;
    for (size_t i = 0; i < ledger->input->cover_count; i++) {
        covered = covered || str_is(ledger->input->covers[i], "MERGE-6");
    }
    return covered && at.s >= INT64_C(4102444800);
}

static void on_sent(void *context, struct str name, struct str value,
                    struct instant at, bool wild)
{
    struct building *b = context;
    struct reg *reg = reg_get(b->ledger, &b->key, name);
    struct write *write = arena_must(b->ledger->arena, 1, sizeof(*write));
    *write = (struct write){.trip = b->trip,
                            .event = b->event,
                            .op = b->op,
                            .value = value,
                            .at = at,
                            .wild = wild};
    *(reg->sent_last ? &reg->sent_last->next : &reg->sent) = write;
    reg->sent_last = write;
    reg->wild = reg->wild || wild || is_far_ahead(b->ledger, at);
}

static void on_delivered(void *context, struct str name, struct str value,
                         struct instant at, bool wild)
{
    struct building *b = context;
    struct reg *reg = reg_get(b->ledger, &b->key, name);
    (void)wild;
    reg->wild = reg->wild || b->event->fate != FATE_ANSWERED;
    held_raise(&reg->told[b->who->device], value, at, b->event->seq);
    held_raise(&reg->served[b->who->device], value, at, b->event->seq);
}

static void
fold_changes(struct building *b, const struct change *changes, size_t count,
             void (*each)(void *, struct str, struct str, struct instant, bool))
{
    const struct change_writes sink = {each, b, b->ledger->arena};
    for (size_t i = 0; i < count; i++) {
        b->op = changes[i].op;
        b->key = record_key(b->who, changes[i].table, changes[i].id);
        change_fold(&changes[i], &sink);
    }
}

static void take_send(struct building *b)
{
    struct ledger *ledger = b->ledger;
    ASSERT(b->event->exchange < ledger->trip_count);
    b->trip = &ledger->trips[b->event->exchange];
    b->trip->send = b->event;
    b->trip->who = b->who;
    b->trip->known = KNOWN_UNKNOWN;
    fold_changes(b, b->event->changes, b->event->change_count, on_sent);
}

static enum known known_of(const struct event *reply)
{
    if (reply->fate == FATE_NONE) {
        return KNOWN_NEVER;
    }
    if (reply->fate != FATE_ANSWERED || reply->as.reply_kind != REPLY_ANSWER) {
        return KNOWN_UNKNOWN;
    }
    return reply->code >= 200 && reply->code < 300 ? KNOWN_ACKED
                                                   : KNOWN_REFUSED;
}

static void take_reply(struct building *b)
{
    struct trip *trip = &b->ledger->trips[b->event->exchange];
    trip->reply = b->event;
    trip->known = known_of(b->event);
    if (b->event->response) {
        fold_changes(b, b->event->response->changes, b->event->response->count,
                     on_delivered);
    }
}

static void take_edit(struct building *b)
{
    const struct event *event = b->event;
    b->key = record_key(b->who, event->collection, event->id);
    for (size_t i = 0; i < event->field_count; i++) {
        const struct field *f = &event->fields[i];
        if (str_is(f->name, "id") || str_is(f->name, "updatedAt")) {
            continue;
        }
        struct reg *reg = reg_get(b->ledger, &b->key, f->name);
        struct write *write = arena_must(b->ledger->arena, 1, sizeof(*write));
        *write = (struct write){
            .event = event, .op = event->as.op, .value = f->value, .at = f->at};
        *(reg->edits_last ? &reg->edits_last->next : &reg->edits) = write;
        reg->edits_last = write;
        held_raise(&reg->told[b->who->device], f->value, f->at, event->seq);
    }
}

static void take_state(struct building *b)
{
    if (b->event->number != 1) {
        return; /* a read of the script: the session checker's */
    }
    b->key = record_key(b->who, b->event->collection, b->event->id);
    for (size_t i = 0; i < b->event->field_count; i++) {
        const struct field *f = &b->event->fields[i];
        struct reg *reg = reg_get(b->ledger, &b->key, f->name);
        reg->dump[b->who->device] =
            (struct held){true, f->value, f->at, b->event->seq};
    }
    b->ledger->dumped[b->who->device] = true;
}

/* Another user on the same device: what it writes from now on is theirs. */
static void take_sign_in(struct building *b)
{
    struct ledger *ledger = b->ledger;
    if (b->event->text.n == 0 || str_eq(b->event->text, b->who->user)) {
        return;
    }
    struct actor *other = arena_must(ledger->arena, 1, sizeof(*other));
    *other = *b->who;
    other->user = b->event->text;
    ledger->now[b->event->actor] = other;
    ledger->rebuilt[other->device] = true;
}

/* A database that was emptied or replaced knows only what it is told anew. */
static void take_life(struct building *b)
{
    enum life life = b->event->as.life;
    uint32_t device = b->who->device;
    b->ledger->lives[device] |= 1u << life;
    if (life == LIFE_SIGN_IN) {
        take_sign_in(b);
    }
    for (struct reg *reg = b->ledger->regs; reg && life == LIFE_SERVER_WIPE;
         reg = reg->next) {
        reg->wild = true; /* what it had is gone, on purpose */
    }
    bool emptied = life == LIFE_REINSTALL || life == LIFE_WIPE ||
                   life == LIFE_RESEED || life == LIFE_CLONE;
    if (!emptied) {
        return;
    }
    b->ledger->rebuilt[device] = true;
    for (struct reg *reg = b->ledger->regs; reg; reg = reg->next) {
        reg->told[device] = (struct held){0};
        reg->served[device] = (struct held){0};
    }
}

static void take_live(struct building *b)
{
    const struct response *response = b->event->response;
    lines_take(b->ledger, b->event);
    if (response) {
        fold_changes(b, response->changes, response->count, on_delivered);
    }
}

static void take_event(struct building *b)
{
    switch (b->event->kind) {
    case EV_SEND:
        take_send(b);
        break;
    case EV_REPLY:
        take_reply(b);
        break;
    case EV_OPEN:
    case EV_OPENED:
    case EV_LISTENS:
    case EV_HEAR:
    case EV_PAUSE:
    case EV_SAY:
    case EV_SHUT:
        take_live(b);
        break;
    case EV_EDIT:
        take_edit(b);
        break;
    case EV_STATE:
        take_state(b);
        break;
    case EV_LIFE:
        take_life(b);
        break;
    case EV_FAULT:
        if (b->event->exchange < b->ledger->trip_count) {
            b->ledger->trips[b->event->exchange].faulted = true;
        }
        lines_take(b->ledger, b->event);
        break;
    case EV_STEP:
    case EV_APPLY:
    case EV_ACK:
    case EV_WITHDRAW:
    case EV_CURSOR:
    case EV_STATUS:
    case EV_EXPECT:
    case EV_STUCK:
    case EV_PHASE:
        break;
    }
}

/* An unknown write that somebody was told of did take effect. */
static void decide_unknown(struct ledger *ledger)
{
    for (struct reg *reg = ledger->regs; reg; reg = reg->next) {
        for (struct write *w = reg->sent; w; w = w->next) {
            if (w->trip->known != KNOWN_UNKNOWN) {
                continue;
            }
            bool only = true; /* no acknowledged twin of a retry */
            for (struct write *o = reg->sent; o; o = o->next) {
                only =
                    only && !(o->trip->known == KNOWN_ACKED &&
                              order_cmp(o->at, o->value, w->at, w->value) == 0);
            }
            for (uint32_t d = 0; only && d < ledger->devices; d++) {
                if (held_is_write(&reg->served[d], w)) {
                    w->trip->decided = true;
                }
            }
        }
    }
}

static void find_must(struct ledger *ledger)
{
    for (struct reg *reg = ledger->regs; reg; reg = reg->next) {
        for (struct write *w = reg->sent; w; w = w->next) {
            if (trip_took_effect(w->trip) && !w->wild &&
                (!reg->must || order_cmp(w->at, w->value, reg->must->at,
                                         reg->must->value) > 0)) {
                reg->must = w;
            }
        }
    }
}

static void count_sizes(struct ledger *ledger)
{
    const struct history *history = ledger->input->history;
    for (size_t i = 0; i < history->actor_count; i++) {
        uint32_t device = history->actors[i].device;
        if (device >= ledger->devices) {
            ledger->devices = device + 1;
        }
    }
    ledger->trip_count = 1;
    ledger->settle_seq = UINT32_MAX;
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->kind == EV_PHASE && str_is(event->text, "settle")) {
            ledger->settle_seq = event->seq;
        }
        if (event->kind == EV_SEND && event->exchange >= ledger->trip_count) {
            ledger->trip_count = (size_t)event->exchange + 1;
        }
    }
}

void ledger_build(struct ledger *ledger, const struct check_input *input)
{
    *ledger = (struct ledger){.input = input, .arena = input->arena};
    count_sizes(ledger);
    struct arena *arena = ledger->arena;
    ledger->trips = arena_must(arena, ledger->trip_count, sizeof(struct trip));
    ledger->rebuilt = arena_must(arena, ledger->devices + 1u, sizeof(bool));
    ledger->lives = arena_must(arena, ledger->devices + 1u, sizeof(uint32_t));
    ledger->dumped = arena_must(arena, ledger->devices + 1u, sizeof(bool));
    ledger->astray = arena_must(arena, ledger->devices + 1u, sizeof(bool));
    ledger->actor_of =
        arena_must(arena, ledger->devices + 1u, sizeof(uint32_t));
    ledger->table_cap = 256;
    ledger->table =
        arena_must(arena, ledger->table_cap, sizeof(*ledger->table));
    const struct history *history = input->history;
    ledger->now =
        arena_must(arena, history->actor_count + 1, sizeof(*ledger->now));
    for (size_t i = history->actor_count; i-- > 0;) {
        ledger->actor_of[history->actors[i].device] = (uint32_t)i;
        ledger->now[i] = &history->actors[i];
    }
    lines_begin(ledger);
    struct building b = {.ledger = ledger};
    for (size_t i = 0; i < history->count; i++) {
        b.event = &history->events[i];
        b.who = ledger_actor(ledger, b.event);
        take_event(&b);
    }
    decide_unknown(ledger);
    find_must(ledger);
}
