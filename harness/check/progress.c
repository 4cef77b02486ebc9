/* SPDX-License-Identifier: MIT */
/* progress - bounded work: settling ends, nobody asks in a hot loop, nobody
 * speaks while offline or signed out.  Layer: harness/check. */
#include "harness/check/finding.h"

enum {
    SAME_PULLS_MAX = 5,       /* identical pulls without any advance */
    FAILURES_MAX = 10,        /* failed requests in a row … */
    FAILURES_WINDOW_MS = 5000 /* … within this time */
};

static void check_stuck(struct finder *finder, const struct event *event)
{
    struct arena *arena = finder->ledger->arena;
    bool queued = event->number > 0;
    const struct finding finding = {
        .candidates = queued ? "QUEUE-1 QUEUE-4 QUEUE-6 CONN-2 CONN-1 CURSOR-5"
                             : "CURSOR-5 PULL-2 CURSOR-4",
        .line = event->line,
        .what =
            arena_printf(arena, "STUCK %.*s",
                         STR_ARG(ledger_actor(finder->ledger, event)->name)),
        .expected = STR("nothing pending and nothing new after settling"),
        .actual = event->text};
    finding_end(finder, finding_begin(finder, &finding));
}

struct client_state {
    bool offline, out;
    uint32_t same_pulls, failures;
    struct str last_since, last_collection;
    int64_t failing_since_ms;
};

static void on_life(struct client_state *state, enum life life)
{
    state->offline =
        life == LIFE_OFFLINE || (state->offline && life != LIFE_ONLINE);
    state->out = life == LIFE_SIGN_OUT || (state->out && life != LIFE_SIGN_IN);
}

static void complain(struct finder *finder, const struct event *event,
                     const char *candidates, const char *what,
                     const char *expected)
{
    struct arena *arena = finder->ledger->arena;
    const struct finding finding = {
        .candidates = candidates,
        .line = event->line,
        .what = arena_printf(arena, "%.*s %s (#%u)",
                             STR_ARG(ledger_actor(finder->ledger, event)->name),
                             what, event->exchange),
        .expected = str_of(expected),
        .actual = arena_printf(arena, "%.*s at %.*s", STR_ARG(event->text),
                               STR_ARG(time_text(arena, event->t_ms)))};
    finding_end(finder, finding_begin(finder, &finding));
}

static void on_send(struct finder *finder, const struct event *event,
                    struct client_state *state)
{
    if (event->as.request_kind == REQUEST_RAW) {
        return;
    }
    if (state->offline) {
        complain(finder, event, "CONN-1", "sent while offline",
                 "no traffic while offline");
    }
    if (state->out) {
        complain(finder, event, "CONN-2 QUEUE-1", "sent while signed out",
                 "no traffic without a user");
    }
    bool same = event->as.request_kind == REQUEST_PULL &&
                str_eq(event->id, state->last_since) &&
                str_eq(event->collection, state->last_collection);
    state->same_pulls = same ? state->same_pulls + 1 : 0;
    state->last_since = event->id;
    state->last_collection = event->collection;
}

static void on_reply(struct finder *finder, const struct event *event,
                     struct client_state *state)
{
    const struct ledger *ledger = finder->ledger;
    const struct event *send = ledger->trips[event->exchange].send;
    if (send->as.request_kind == REQUEST_RAW) {
        return;
    }
    bool more = event->response && event->response->has_more;
    if (more && state->same_pulls == SAME_PULLS_MAX) {
        complain(finder, send, "PULL-2",
                 "asks in a loop for a page that does "
                 "not advance",
                 "an error after a page that did not advance");
    }
    bool failed = !event->response;
    if (!failed) {
        state->failures = 0;
        return;
    }
    if (state->failures++ == 0) {
        state->failing_since_ms = event->t_ms;
    }
    /* A script may order as many attempts as it likes. */
    if (ledger->input->timers && state->failures == FAILURES_MAX &&
        event->t_ms - state->failing_since_ms < FAILURES_WINDOW_MS) {
        complain(finder, send, "QUEUE-4", "retries in a storm",
                 "backoff between attempts");
    }
}

void check_progress(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    const struct history *history = ledger->input->history;
    struct client_state *states =
        arena_must(ledger->arena, history->actor_count, sizeof(*states));
    bool scripted = true; /* heal and settle ask often, on purpose */
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        struct client_state *state = &states[event->actor];
        if (event->kind == EV_PHASE) {
            scripted = str_is(event->text, "script");
        } else if (event->kind == EV_STUCK) {
            check_stuck(finder, event);
        } else if (event->kind == EV_LIFE) {
            on_life(state, event->as.life);
        } else if (!history->actors[event->actor].is_client || !scripted) {
            continue;
        } else if (event->kind == EV_SEND) {
            on_send(finder, event, state);
        } else if (event->kind == EV_REPLY) {
            on_reply(finder, event, state);
        }
    }
}
