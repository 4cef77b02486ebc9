/* SPDX-License-Identifier: MIT */
/* honesty - `synced` is said only when nothing is pending and the last round
 * succeeded; rows are cleared only after a 2xx.  Layer: harness/check. */
#include "harness/check/finding.h"

struct round {
    bool failed;          /* the last answer was not a good one */
    uint32_t good_pushes; /* 2xx pushes since the last EV_ACK */
    const struct event *bad;
};

static void on_status(struct finder *finder, const struct event *event,
                      const struct round *round)
{
    struct arena *arena = finder->ledger->arena;
    if (!str_is(event->text, "synced") ||
        (event->number == 0 && !round->failed)) {
        return;
    }
    const struct finding finding = {
        .candidates = "STATUS-1",
        .line = event->line,
        .what = arena_printf(arena, "%.*s says synced at %.*s",
                             STR_ARG(ledger_actor(finder->ledger, event)->name),
                             STR_ARG(time_text(arena, event->t_ms))),
        .expected = STR("nothing pending and a last round that succeeded"),
        .actual =
            event->number > 0
                ? arena_printf(arena, "%d pending", (int)event->number)
                : arena_printf(arena, "#%u had failed", round->bad->exchange)};
    finding_end(finder, finding_begin(finder, &finding));
}

static void on_ack(struct finder *finder, const struct event *event,
                   const struct round *round)
{
    struct arena *arena = finder->ledger->arena;
    if (round->good_pushes > 0) {
        return;
    }
    const struct finding finding = {
        .candidates = "QUEUE-3",
        .line = event->line,
        .what = arena_printf(arena, "%.*s cleared %d pending at %.*s",
                             STR_ARG(ledger_actor(finder->ledger, event)->name),
                             (int)event->code,
                             STR_ARG(time_text(arena, event->t_ms))),
        .expected = STR("a 2xx for the push that contained them"),
        .actual = STR("no push was acknowledged since the last clearing")};
    finding_end(finder, finding_begin(finder, &finding));
}

static void on_reply(const struct ledger *ledger, const struct event *event,
                     struct round *round)
{
    const struct event *send = ledger->trips[event->exchange].send;
    bool good = event->as.reply_kind == REPLY_ANSWER && event->code >= 200 &&
                event->code < 300;
    if (send->as.request_kind == REQUEST_RAW) {
        return;
    }
    round->failed = !event->response;
    round->bad = round->failed ? event : NULL;
    round->good_pushes += good && send->as.request_kind == REQUEST_PUSH;
}

void check_honesty(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    const struct history *history = ledger->input->history;
    struct round *rounds =
        arena_must(ledger->arena, history->actor_count, sizeof(*rounds));
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        struct round *round = &rounds[event->actor];
        if (event->kind == EV_REPLY) {
            on_reply(ledger, event, round);
        } else if (event->kind == EV_STATUS) {
            on_status(finder, event, round);
        } else if (event->kind == EV_ACK) {
            on_ack(finder, event, round);
            round->good_pushes = 0;
        } else if (event->kind == EV_LIFE && event->as.life == LIFE_RESTART) {
            *round = (struct round){0};
        }
    }
}
