/* SPDX-License-Identifier: MIT */
/* queue - every local write reaches the server in the end, with its own stamp,
 * and nothing is pushed that nobody wrote.  Layer: harness/check. */
#include "harness/check/finding.h"

static uint32_t device_of(const struct ledger *ledger,
                          const struct event *event)
{
    return ledger_actor(ledger, event)->device;
}

/* Did the device get this write, or a greater one of its own, acknowledged? */
static bool reached(const struct ledger *ledger, const struct reg *reg,
                    const struct write *edit)
{
    for (const struct write *w = reg->sent; w; w = w->next) {
        if (trip_took_effect(w->trip) &&
            device_of(ledger, w->event) == device_of(ledger, edit->event) &&
            order_cmp(w->at, w->value, edit->at, edit->value) >= 0) {
            return true;
        }
    }
    return false;
}

/* Given up knowingly, or gone with a database that was thrown away. */
static bool excused(const struct ledger *ledger, const struct write *edit)
{
    const struct history *history = ledger->input->history;
    uint32_t device = device_of(ledger, edit->event);
    for (size_t i = edit->event->seq; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (device_of(ledger, event) != device) {
            continue;
        }
        if (event->kind == EV_WITHDRAW && str_eq(event->id, edit->event->id) &&
            str_eq(event->collection, edit->event->collection)) {
            return true;
        }
        if (event->kind == EV_LIFE &&
            (event->as.life == LIFE_WIPE || event->as.life == LIFE_REINSTALL ||
             event->as.life == LIFE_CLONE)) {
            return true;
        }
    }
    return false;
}

static bool ends_signed_in(const struct ledger *ledger, uint32_t device)
{
    const struct history *history = ledger->input->history;
    bool in = false;
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->kind == EV_LIFE && device_of(ledger, event) == device) {
            in = event->as.life == LIFE_SIGN_IN ||
                 (in && event->as.life != LIFE_SIGN_OUT);
        }
    }
    return in;
}

static bool sent_at_all(const struct ledger *ledger, const struct reg *reg,
                        const struct write *edit)
{
    for (const struct write *w = reg->sent; w; w = w->next) {
        if (device_of(ledger, w->event) == device_of(ledger, edit->event) &&
            order_cmp(w->at, w->value, edit->at, edit->value) == 0) {
            return true;
        }
    }
    return false;
}

static bool seen_between(const struct ledger *ledger, const struct write *edit,
                         enum life life)
{
    const struct history *history = ledger->input->history;
    for (size_t i = edit->event->seq; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->kind == EV_LIFE && event->as.life == life &&
            device_of(ledger, event) == device_of(ledger, edit->event)) {
            return true;
        }
    }
    return false;
}

/* Was another write of the same record acknowledged after this edit? */
static bool record_went_out(const struct ledger *ledger, const struct reg *reg,
                            const struct write *edit)
{
    for (const struct reg *o = ledger->regs; o; o = o->next) {
        bool same = str_eq(o->id, reg->id) && str_eq(o->table, reg->table) &&
                    str_eq(o->user, reg->user) && str_eq(o->app, reg->app);
        for (const struct write *w = o->sent; same && w; w = w->next) {
            if (w->event->seq > edit->event->seq &&
                device_of(ledger, w->event) == device_of(ledger, edit->event) &&
                trip_took_effect(w->trip)) {
                return true;
            }
        }
    }
    return false;
}

static void report_lost(struct finder *finder, const struct reg *reg,
                        const struct write *edit)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const char *clauses = "QUEUE-1 QUEUE-3 QUEUE-4 QUEUE-2 CONN-1";
    struct str cause = STR("it was never sent");
    if (sent_at_all(ledger, reg, edit)) {
        clauses = "QUEUE-3 QUEUE-1 QUEUE-4 CONN-2";
        cause = STR("it was sent, never acknowledged, and given up");
    } else if (seen_between(ledger, edit, LIFE_CRASH)) {
        clauses = "QUEUE-1 QUEUE-3";
        cause = STR("it was not there any more after a crash");
    } else if (record_went_out(ledger, reg, edit)) {
        clauses = "QUEUE-2 QUEUE-3 QUEUE-1";
        cause = STR("later pushes of the record went out without it");
    }
    const struct finding finding = {
        .candidates = clauses,
        .line = edit->event->line,
        .what = arena_printf(arena, "NEVER PUSHED %.*s by %.*s",
                             STR_ARG(reg_text(arena, reg)),
                             STR_ARG(ledger_actor(ledger, edit->event)->name)),
        .expected = write_text(arena, edit),
        .actual = STR("no acknowledged push contains it"),
        .cause = cause};
    struct verdict *verdict = finding_begin(finder, &finding);
    if (verdict) {
        explain_register(ledger, reg, verdict);
    }
    finding_end(finder, verdict);
}

static bool is_own_edit(const struct ledger *ledger, const struct reg *reg,
                        const struct write *sent)
{
    for (const struct write *e = reg->edits; e; e = e->next) {
        if (order_cmp(e->at, e->value, sent->at, sent->value) == 0 &&
            (device_of(ledger, e->event) == device_of(ledger, sent->event) ||
             ledger->rebuilt[device_of(ledger, sent->event)])) {
            return true;
        }
    }
    return false;
}

static void report_invented(struct finder *finder, const struct reg *reg,
                            const struct write *sent)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct finding finding = {
        .candidates = "APPLY-5 QUEUE-2 APPLY-2",
        .line = sent->event->line,
        .what = arena_printf(arena, "INVENTED %.*s by %.*s in #%u",
                             STR_ARG(reg_text(arena, reg)),
                             STR_ARG(ledger_actor(ledger, sent->event)->name),
                             sent->event->exchange),
        .expected = STR("the value and the stamp of an edit of that device"),
        .actual = write_text(arena, sent)};
    struct verdict *verdict = finding_begin(finder, &finding);
    if (verdict) {
        explain_register(ledger, reg, verdict);
    }
    finding_end(finder, verdict);
}

void check_queue(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    for (const struct reg *reg = ledger->regs; reg; reg = reg->next) {
        for (const struct write *w = reg->sent; ledger->input->lww && w;
             w = w->next) {
            if (w->event->as.request_kind == REQUEST_PUSH && !w->wild &&
                ledger_actor(ledger, w->event)->is_client &&
                !is_own_edit(ledger, reg, w)) {
                report_invented(finder, reg, w);
            }
        }
        for (const struct write *e = reg->edits; ledger->input->settled && e;
             e = e->next) {
            if (!reached(ledger, reg, e) && !excused(ledger, e) &&
                ends_signed_in(ledger, device_of(ledger, e->event))) {
                report_lost(finder, reg, e);
            }
        }
    }
}
