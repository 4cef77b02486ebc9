/* SPDX-License-Identifier: MIT */
/* session - what a client reads of its own replica: its own writes, and never
 * something older than it read before.  Layer: harness/check. */
#include "harness/check/finding.h"

struct reading {
    struct reading *next;
    uint32_t device;
    const struct reg *reg;
    const struct field *field;
    const struct event *event;
};

static const struct write *newest_edit(const struct ledger *ledger,
                                       const struct reg *reg, uint32_t device,
                                       uint32_t before)
{
    const struct write *newest = NULL;
    for (const struct write *e = reg->edits; e; e = e->next) {
        if (e->event->seq < before &&
            ledger_actor(ledger, e->event)->device == device &&
            (!newest ||
             order_cmp(e->at, e->value, newest->at, newest->value) > 0)) {
            newest = e;
        }
    }
    return newest;
}

static void report(struct finder *finder, const struct reading *now,
                   struct str expected, const char *what)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct event *read = now->event;
    const struct held got = {true, now->field->value, now->field->at,
                             read->seq};
    const struct finding finding = {
        .candidates = "APPLY-1 APPLY-2 APPLY-5 QUEUE-2",
        .line = read->line,
        .what = arena_printf(arena, "%s %.*s on %.*s", what,
                             STR_ARG(reg_text(arena, now->reg)),
                             STR_ARG(ledger_actor(ledger, read)->name)),
        .expected = expected,
        .actual = held_text(arena, &got)};
    finding_end(finder, finding_begin(finder, &finding));
}

static void check_field(struct finder *finder, const struct event *read,
                        const struct field *field, struct reading **list)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct actor *who = ledger_actor(ledger, read);
    const struct record_key key = record_key(who, read->collection, read->id);
    const struct reg *reg = ledger_find(ledger, &key, field->name);
    if (!reg) {
        return;
    }
    const struct reading now = {NULL, who->device, reg, field, read};
    const struct write *own = newest_edit(ledger, reg, who->device, read->seq);
    if (own && order_cmp(field->at, field->value, own->at, own->value) < 0) {
        report(finder, &now, write_text(arena, own), "OWN WRITE NOT READ");
    }
    struct reading *last = *list;
    while (last && (last->device != who->device || last->reg != reg)) {
        last = last->next;
    }
    if (last && order_cmp(field->at, field->value, last->field->at,
                          last->field->value) < 0) {
        const struct held before = {true, last->field->value, last->field->at,
                                    0};
        report(finder, &now, held_text(arena, &before), "READ WENT BACK");
    }
    if (!last) {
        last = arena_must(arena, 1, sizeof(*last));
        *last = now;
        last->next = *list;
        *list = last;
    }
    last->field = field;
}

void check_session(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    const struct history *history = ledger->input->history;
    struct reading *list = NULL;
    for (size_t i = 0; ledger->input->lww && i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->kind != EV_STATE || event->number != 0 ||
            ledger->rebuilt[ledger_actor(ledger, event)->device]) {
            continue;
        }
        for (size_t f = 0; f < event->field_count; f++) {
            check_field(finder, event, &event->fields[f], &list);
        }
    }
}
