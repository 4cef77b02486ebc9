/* SPDX-License-Identifier: MIT */
/* listening - what a client makes of its live channel: one at a time, opened
 * again when lost, a pull after each opening and each notice and none beyond,
 * nothing kept open for somebody who left.  Layer: harness/check. */
#include "harness/check/lines.h"

#include "harness/check/finding.h"

enum {
    DEBT_MS = 500,      /* to begin with what is owed */
    REOPEN_MS = 10000,  /* 5 s, and what jitter a script may ask for */
    OPENINGS_MAX = 5,   /* without anybody asking … */
    OPENINGS_MS = 5000, /* … within this time */
    DEAF_MS = 90000,    /* two heartbeats, or a ping and its time */
    IDLE_PULLS_MAX = 3, /* without any occasion */
    OCCASION_MS = 900   /* a timer may have run */
};

struct listener {
    const struct event *debt; /* an opening or a notice; pulls owed since */
    uint64_t owed;            /* bit a collection */
    size_t in_flight;
    bool failed;   /* the last answer was none: it backs off */
    bool occasion; /* to pull, since the last pull of any collection */
    size_t idle_pulls;
    int64_t pull_ms;
    const struct line *line;  /* open now */
    const struct event *out;  /* signed out, with a line open */
    const struct event *lost; /* a line that ended by itself */
    int64_t openings[OPENINGS_MAX];
    size_t opening_count;
    int64_t heard_ms;
};

struct listening {
    struct finder *finder;
    const struct event *event;
    struct listener *of; /* its actor's */
};

static void complain(const struct listening *at, const struct event *event,
                     const char *candidates, const char *what,
                     const char *expected)
{
    struct ledger *ledger = at->finder->ledger;
    struct arena *arena = ledger->arena;
    const struct finding finding = {
        .candidates = candidates,
        .line = event->line,
        .what = arena_printf(arena, "%.*s %s",
                             STR_ARG(ledger_actor(ledger, event)->name), what),
        .expected = str_of(expected),
        .actual = arena_printf(arena, "~%u, %.*s", event->exchange,
                               STR_ARG(time_text(arena, event->t_ms)))};
    finding_end(at->finder, finding_begin(at->finder, &finding));
}

static uint64_t bit_of(const struct ledger *ledger, struct str collection)
{
    for (size_t i = 0; i < ledger->input->collection_count && i < 64; i++) {
        if (str_eq(ledger->input->collections[i], collection)) {
            return UINT64_C(1) << i;
        }
    }
    return 0;
}

static uint64_t all_bits(const struct ledger *ledger)
{
    size_t count = ledger->input->collection_count;
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

/* Something ended that could have been waited for: was it owed too long? */
static void collect_debt(const struct listening *at)
{
    struct listener *of = at->of;
    const struct ledger *ledger = at->finder->ledger;
    if (of->debt && of->owed != 0 && of->in_flight == 0 && !of->failed &&
        at->event->t_ms - of->debt->t_ms >= ledger_scaled_ms(ledger, DEBT_MS)) {
        bool notice = of->debt->kind == EV_HEAR;
        complain(at, of->debt, "CONN-1",
                 notice ? "heard a notice and did not pull"
                        : "opened its channel and did not pull",
                 notice ? "a pull of each collection that the notice names"
                        : "a pull of every collection after each opening: "
                          "what was written in between is not announced");
    }
    of->debt = NULL;
    of->owed = 0;
}

static void owe(const struct listening *at, uint64_t collections)
{
    struct listener *of = at->of;
    of->debt = of->owed != 0 ? of->debt : at->event;
    of->owed |= collections;
    of->occasion = true;
}

static void on_open(const struct listening *at)
{
    struct listener *of = at->of;
    int64_t now_ms = at->event->t_ms;
    if (of->line) {
        complain(at, at->event, "CONN-1", "opens a second live channel",
                 "one at a time: each notice would be heard twice");
    }
    of->line = line_find(at->finder->ledger, at->event->exchange);
    of->lost = NULL;
    of->heard_ms = now_ms;
    int64_t *slot = &of->openings[of->opening_count++ % OPENINGS_MAX];
    if (of->opening_count > OPENINGS_MAX && now_ms - *slot < OPENINGS_MS) {
        complain(at, at->event, "CONN-1 QUEUE-4", "opens channels in a storm",
                 "5 s between attempts");
        of->opening_count = 0;
    }
    *slot = now_ms;
}

static void on_listens(const struct listening *at)
{
    const struct line *line =
        line_find(at->finder->ledger, at->event->exchange);
    at->of->occasion = true;
    if (line && line_is_socket(line)) {
        owe(at, all_bits(at->finder->ledger));
    }
}

static void on_hear(const struct listening *at)
{
    const struct event *event = at->event;
    const struct ledger *ledger = at->finder->ledger;
    at->of->heard_ms = event->t_ms;
    if (!str_is(event->text, "sync-available") ||
        (event->number == 1 &&
         !str_eq(event->id, ledger_actor(ledger, event)->app))) {
        return;
    }
    uint64_t named = event->name_count == 0 ? all_bits(ledger) : 0;
    for (size_t i = 0; i < event->name_count; i++) {
        named |= bit_of(ledger, event->names[i]);
    }
    if (named != 0) {
        owe(at, named);
    }
}

static void on_shut(const struct listening *at)
{
    struct listener *of = at->of;
    const struct line *line =
        line_find(at->finder->ledger, at->event->exchange);
    collect_debt(at);
    of->out = NULL;
    if (line && line == of->line) {
        of->line = NULL;
        of->lost = at->event->number == 0 && line->opened ? at->event : NULL;
    }
}

static void on_send(const struct listening *at)
{
    struct listener *of = at->of;
    const struct event *event = at->event;
    const struct ledger *ledger = at->finder->ledger;
    of->in_flight++;
    if (event->as.request_kind != REQUEST_PULL) {
        return;
    }
    of->owed &= ~bit_of(ledger, event->collection);
    of->debt = of->owed != 0 ? of->debt : NULL;
    /* One occasion is good for one pull of each collection. */
    size_t free_pulls = ledger->input->collection_count + IDLE_PULLS_MAX;
    bool timer = event->t_ms - of->pull_ms >= OCCASION_MS;
    of->idle_pulls = of->occasion || timer ? 0 : of->idle_pulls + 1;
    of->occasion = false;
    of->pull_ms = event->t_ms;
    if (of->line && of->idle_pulls == free_pulls) {
        complain(at, event, "CONN-1 QUEUE-4", "pulls again and again",
                 "at most one more round for all notices that came during one");
    }
}

static void on_reply(const struct listening *at)
{
    struct listener *of = at->of;
    const struct event *event = at->event;
    of->in_flight -= of->in_flight > 0;
    of->failed = !event->response;
    of->occasion = of->occasion || of->failed ||
                   (event->response && event->response->has_more);
}

static void on_life(const struct listening *at)
{
    struct listener *of = at->of;
    enum life life = at->event->as.life;
    bool leaves =
        life == LIFE_OFFLINE || life == LIFE_SIGN_OUT || life == LIFE_CRASH;
    of->occasion = true;
    of->opening_count = 0;
    if (leaves || life == LIFE_REINSTALL || life == LIFE_CLONE) {
        of->debt = NULL;
        of->owed = 0;
        of->lost = NULL;
    }
    if (life == LIFE_CRASH) { /* nobody tells of what ends with a process */
        of->in_flight = 0;
        of->line = NULL;
    }
    if (life == LIFE_SIGN_OUT && of->line) {
        of->out = at->event;
    } else if (life == LIFE_SIGN_IN) {
        of->out = NULL;
    }
}

/* Time has passed: what should have happened by now? */
static void on_time(const struct listening *at)
{
    struct listener *of = at->of;
    int64_t now_ms = at->event->t_ms;
    const struct ledger *ledger = at->finder->ledger;
    if (of->out && now_ms - of->out->t_ms > ledger_scaled_ms(ledger, DEBT_MS)) {
        complain(at, of->line ? of->line->open : of->out, "CONN-2 ISO-1",
                 "listens on after signing out",
                 "the channel is closed with the session");
        of->out = NULL;
    }
    if (of->lost && !of->failed && now_ms - of->lost->t_ms > REOPEN_MS) {
        complain(at, of->lost, "CONN-1", "lost its channel and does not reopen",
                 "another attempt after 5 s");
        of->lost = NULL;
    }
    if (of->line && of->line->opened &&
        now_ms - of->heard_ms > DEAF_MS + ledger_scaled_ms(ledger, DEBT_MS)) {
        complain(at, of->line->open, "CONN-1",
                 "believes in a channel that has been dead for 90 s",
                 "a ping, or an end after heartbeats stayed away");
        of->heard_ms = now_ms;
    }
}

static void take(struct listening *at)
{
    if (at->event->kind == EV_OPEN) {
        on_open(at);
    } else if (at->event->kind == EV_OPENED) {
        at->of->heard_ms = at->event->t_ms;
    } else if (at->event->kind == EV_LISTENS) {
        on_listens(at);
    } else if (at->event->kind == EV_HEAR) {
        on_hear(at);
    } else if (at->event->kind == EV_SHUT) {
        on_shut(at);
    } else if (at->event->kind == EV_SEND) {
        on_send(at);
    } else if (at->event->kind == EV_REPLY) {
        on_reply(at);
    } else if (at->event->kind == EV_LIFE) {
        on_life(at);
    }
}

void check_listening(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    const struct history *history = ledger->input->history;
    size_t actors = history->actor_count;
    struct listener *all = arena_must(ledger->arena, actors, sizeof(*all));
    struct listening at = {.finder = finder};
    for (size_t i = 0; ledger->line_count > 0 && i < history->count; i++) {
        at.event = &history->events[i];
        bool healed =
            at.event->kind == EV_PHASE && str_is(at.event->text, "heal");
        for (size_t a = 0; a < actors; a++) {
            at.of = &all[a];
            on_time(&at);
            if (healed) {
                collect_debt(&at);
            }
            /* A script may order as much as it likes. */
            all[a].occasion = all[a].occasion || at.event->kind == EV_STEP;
            all[a].opening_count =
                at.event->kind == EV_STEP ? 0 : all[a].opening_count;
        }
        if (healed) {
            return; /* from here on the suite itself makes them sync */
        }
        at.of = &all[at.event->actor];
        if (history->actors[at.event->actor].is_client) {
            take(&at);
        }
    }
}
