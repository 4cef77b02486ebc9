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
    const struct event *owes_pull;  /* went online and has not asked yet */
    const struct event *owes_token; /* got a 401 and has not tried again */
    bool last_was_401;
};

static void on_life(struct client_state *state, const struct event *event,
                    bool scripted)
{
    enum life life = event->as.life;
    bool back = life == LIFE_ONLINE && state->offline && !state->out;
    if (scripted) { /* healing puts everybody online, on top of all */
        state->owes_pull = back ? event : NULL;
        state->owes_token = NULL;
    }
    state->offline =
        life == LIFE_OFFLINE || (state->offline && life != LIFE_ONLINE);
    state->out = life == LIFE_SIGN_OUT || (state->out && life != LIFE_SIGN_IN);
}

/* What was under way when the script ended counts. */
static void pay_debts(const struct event *event, struct client_state *state)
{
    if (event->kind != EV_SEND) {
        return;
    }
    state->owes_token = NULL;
    if (event->as.request_kind == REQUEST_PULL) {
        state->owes_pull = NULL;
    }
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
    pay_debts(event, state);
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
    if (event->response && !more) {
        state->same_pulls = 0; /* it asks for what is new, not for a page */
    }
    bool failed = !event->response;
    bool refused = event->as.reply_kind == REPLY_ANSWER && event->code == 401;
    state->owes_token = refused && !state->last_was_401 ? send : NULL;
    state->last_was_401 = refused;
    if (failed) { /* a push that failed is no occasion to pull */
        state->owes_pull = NULL;
    }
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

/* What a client should have done by itself before the suite made it sync. */
static void check_owed(struct finder *finder, struct client_state *state)
{
    struct arena *arena = finder->ledger->arena;
    const struct event *event =
        state->owes_pull ? state->owes_pull : state->owes_token;
    if (!event) {
        return;
    }
    struct str name = ledger_actor(finder->ledger, event)->name;
    const struct finding finding = {
        .candidates = state->owes_pull ? "CONN-1" : "CONN-2",
        .line = event->line,
        .what = state->owes_pull
                    ? arena_printf(arena, "%.*s went online and did not pull",
                                   STR_ARG(name))
                    : arena_printf(arena,
                                   "%.*s got a 401 and did not ask for a new "
                                   "token (#%u)",
                                   STR_ARG(name), event->exchange),
        .expected = state->owes_pull ? STR("a pull after each reconnect")
                                     : STR("one more attempt, with a new "
                                           "token"),
        .actual = STR("nothing until the suite made it sync")};
    finding_end(finder, finding_begin(finder, &finding));
    *state = (struct client_state){0};
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
            bool settles = str_is(event->text, "settle");
            for (size_t a = 0; settles && a < history->actor_count; a++) {
                check_owed(finder, &states[a]);
            }
        } else if (event->kind == EV_STUCK) {
            check_stuck(finder, event);
        } else if (event->kind == EV_LIFE) {
            on_life(state, event, scripted);
        } else if (!history->actors[event->actor].is_client) {
            continue;
        } else if (!scripted) {
            pay_debts(event, state);
        } else if (event->kind == EV_SEND) {
            on_send(finder, event, state);
        } else if (event->kind == EV_REPLY) {
            on_reply(finder, event, state);
        }
    }
}
