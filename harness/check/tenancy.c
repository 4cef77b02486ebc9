/* SPDX-License-Identifier: MIT */
/* tenancy - whatever was delivered was written before, by somebody of that very
 * user, app and collection, and not in a push that was refused.
 * Layer: harness/check. */
#include "harness/check/finding.h"
#include "harness/check/lines.h"

struct delivery {
    struct finder *finder;
    const struct event *reply;
    const struct event *send;
    const struct actor *who;
    const struct change *change;
    struct record_key key; /* of the change */
};

/* Was this value written to the register before the reply came? */
static bool was_written(const struct reg *reg, struct str value,
                        const struct event *reply, bool *refused)
{
    for (const struct write *w = reg->sent; w; w = w->next) {
        if (w->event->seq > reply->seq) {
            break;
        }
        if (!w->wild && !str_eq(w->value, value)) {
            continue;
        }
        if (w->trip->known == KNOWN_REFUSED || w->trip->known == KNOWN_NEVER) {
            *refused = w->trip->known == KNOWN_REFUSED;
            continue;
        }
        *refused = false;
        return true;
    }
    return false;
}

/* Who else wrote it: the register of another user, app or collection. */
static const struct reg *find_owner(const struct ledger *ledger,
                                    const struct delivery *d, struct str name,
                                    struct str value)
{
    for (const struct reg *reg = ledger->regs; reg; reg = reg->next) {
        if (!str_eq(reg->id, d->change->id) || !str_eq(reg->name, name)) {
            continue;
        }
        bool refused = false;
        if (was_written(reg, value, d->reply, &refused)) {
            return reg;
        }
    }
    return NULL;
}

static const char *fidelity_clause(const struct reg *reg, struct str value)
{
    const struct write *w = reg->sent_last;
    if (str_is(reg->name, "deletedAt")) {
        return "DELETE-1 FID-6";
    }
    char first = w && w->value.n > 0 ? w->value.p[0] : ' ';
    if (first == '"' && value.n > 0 && value.p[0] == '"') {
        return "FID-1 FID-3";
    }
    if ((first >= '0' && first <= '9') || first == '-') {
        return "FID-2 FID-8 FID-3";
    }
    return first == '{' || first == '[' ? "FID-4 FID-3" : "FID-3";
}

/* A server that takes what is no changeset may have found anything in it: that
 * it took it is for the script to say. */
static bool may_be_of_the_unreadable(const struct delivery *d)
{
    const struct ledger *ledger = d->finder->ledger;
    for (size_t i = 0; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (trip->send && trip->send->number == 1 &&
            trip->send->seq < d->reply->seq && trip->known != KNOWN_REFUSED &&
            trip->known != KNOWN_NEVER &&
            str_eq(trip->who->user, d->who->user)) {
            return true;
        }
    }
    return false;
}

static void on_stranger(struct delivery *d, struct reg *reg, struct str name,
                        struct str value)
{
    struct ledger *ledger = d->finder->ledger;
    struct arena *arena = ledger->arena;
    const struct reg *owner = find_owner(ledger, d, name, value);
    const char *clauses = "ISO-1";
    struct str cause;
    if (owner && !str_eq(owner->user, d->who->user)) {
        cause = arena_printf(arena, "it was written by user %.*s",
                             STR_ARG(owner->user));
    } else if (owner) {
        clauses = "ISO-2";
        cause = arena_printf(arena, "it was written to %.*s of app %.*s",
                             STR_ARG(owner->table), STR_ARG(owner->app));
    } else if (reg && reg->sent) {
        clauses = fidelity_clause(reg, value);
        cause = STR("nobody wrote this value to it");
    } else {
        clauses = "PUSH-2 FID-7";
        cause = STR("nobody wrote this record");
    }
    struct held seen = {true, value, INSTANT_MIN, 0};
    const struct finding finding = {
        .candidates = clauses,
        .line = d->send->line,
        .what = arena_printf(arena, "%.*s was delivered %.*s/%.*s %.*s in #%u",
                             STR_ARG(d->who->name), STR_ARG(d->change->table),
                             STR_ARG(d->change->id), STR_ARG(name),
                             d->reply->exchange),
        .expected = STR("only what was written and accepted there"),
        .actual = held_text(arena, &seen),
        .cause = cause};
    struct verdict *verdict = finding_begin(d->finder, &finding);
    if (verdict && reg) {
        explain_register(ledger, reg, verdict);
    }
    finding_end(d->finder, verdict);
}

static void on_write(void *context, struct str name, struct str value,
                     struct instant at, bool wild)
{
    struct delivery *d = context;
    struct ledger *ledger = d->finder->ledger;
    (void)at;
    struct reg *reg = ledger_find(ledger, &d->key, name);
    bool refused = false;
    if (wild || !reg || (reg->wild && str_is(name, "deletedAt")) ||
        was_written(reg, value, d->reply, &refused)) {
        return;
    }
    /* A server may add members of its own to a record; it may not make
     * records, nor change what was sent. */
    struct reg *any = reg->sent ? reg : NULL;
    for (struct reg *r = ledger->regs; r && !any; r = r->next) {
        bool same = r->sent && str_eq(r->id, reg->id) &&
                    str_eq(r->table, reg->table) &&
                    str_eq(r->user, reg->user) && str_eq(r->app, reg->app);
        any = same ? r : NULL;
    }
    if (refused) {
        return; /* the atomicity checker's */
    }
    if (reg->sent || (!any && !may_be_of_the_unreadable(d))) {
        on_stranger(d, reg, name, value);
    }
}

static void wrong_collection(struct delivery *d)
{
    struct arena *arena = d->finder->ledger->arena;
    const struct finding finding = {
        .candidates = "ISO-2",
        .line = d->send->line,
        .what = arena_printf(arena, "%.*s pulled %.*s in #%u",
                             STR_ARG(d->who->name),
                             STR_ARG(d->send->collection), d->send->exchange),
        .expected = STR("only that collection"),
        .actual = arena_printf(arena, "%.*s/%.*s", STR_ARG(d->change->table),
                               STR_ARG(d->change->id)),
        .cause = STR("the answer mixes collections")};
    finding_end(d->finder, finding_begin(d->finder, &finding));
}

/* Of an answer, or of an event of a stream. */
static void check_reply(struct finder *finder, const struct event *reply)
{
    struct ledger *ledger = finder->ledger;
    struct delivery d = {.finder = finder, .reply = reply};
    const struct line *line = line_find(ledger, reply->exchange);
    if (reply->kind == EV_REPLY) {
        d.send = ledger->trips[reply->exchange].send;
        d.who = ledger->trips[reply->exchange].who;
    } else if (line) {
        d.send = line->open;
        d.who = line->who;
    } else {
        return;
    }
    const struct change_writes sink = {on_write, &d, ledger->arena};
    for (size_t i = 0; i < reply->response->count; i++) {
        d.change = &reply->response->changes[i];
        bool pulled =
            d.send->kind == EV_SEND && d.send->as.request_kind == REQUEST_PULL;
        if (pulled && !str_eq(d.change->table, d.send->collection)) {
            wrong_collection(&d);
            continue;
        }
        d.key = record_key(d.who, d.change->table, d.change->id);
        change_fold(d.change, &sink);
    }
}

void check_tenancy(struct finder *finder)
{
    const struct history *history = finder->ledger->input->history;
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        bool delivers = event->kind == EV_REPLY || event->kind == EV_HEAR;
        if (delivers && event->response && event->fate == FATE_ANSWERED) {
            check_reply(finder, event);
        }
    }
}
