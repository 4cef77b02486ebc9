/* SPDX-License-Identifier: MIT */
/* notices - every commit wakes every listener; a notice never comes before its
 * data, nor to strangers, nor to the author.  Layer: harness/check. */
#include "harness/check/lines.h"

#include "harness/check/finding.h"

enum {
    NOTICE_WITHIN_MS = 2000,
    STAYS_MS = 30000,
    NOBODYS_MS = 15000, /* a socket that nobody spoke on */
    NOBODYS_SLACK_MS = 500
};

static bool is_notice(const struct event *event)
{
    return str_is(event->text, "sync-available");
}

static bool names_table(const struct event *notice, struct str table)
{
    for (size_t i = 0; i < notice->name_count; i++) {
        if (str_eq(notice->names[i], table)) {
            return true;
        }
    }
    return false;
}

static bool pushes_to(const struct trip *trip, struct str table)
{
    for (size_t i = 0; trip->send && i < trip->send->change_count; i++) {
        if (str_eq(trip->send->changes[i].table, table)) {
            return true;
        }
    }
    return false;
}

static bool by_itself(const struct trip *trip, const struct line *line)
{
    return str_eq(trip->who->client_id, line->who->client_id);
}

/* Does this channel tell of that user's app? */
static bool is_about(const struct line *line, const struct actor *author)
{
    bool app = line->open->as.live_kind == LIVE_ALL_SOCKET ||
               str_eq(line->app, author->app);
    return app && str_eq(line->who->user, author->user);
}

/* ---- WS-5: woken ---- */

static bool was_sent_before(const struct ledger *ledger,
                            const struct trip *trip,
                            const struct change *change)
{
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *earlier = &ledger->trips[i];
        if (!earlier->send || earlier->send->seq >= trip->send->seq) {
            continue;
        }
        for (size_t c = 0; c < earlier->send->change_count; c++) {
            const struct change *other = &earlier->send->changes[c];
            if (change_same(other, change)) {
                return true;
            }
        }
    }
    return false;
}

struct newest {
    const struct ledger *ledger;
    const struct trip *trip;
    struct record_key key;
    bool wins; /* over all that was sent before */
};

static void is_newest(void *context, struct str name, struct str value,
                      struct instant at, bool wild)
{
    struct newest *newest = context;
    const struct reg *reg = ledger_find(newest->ledger, &newest->key, name);
    bool wins = !wild && reg;
    for (const struct write *w = reg ? reg->sent : NULL; wins && w;
         w = w->next) {
        wins = w->trip == newest->trip ||
               w->event->seq > newest->trip->send->seq ||
               order_cmp(at, value, w->at, w->value) > 0;
    }
    newest->wins = newest->wins || wins;
}

/* Does the push surely change what others see of the collection?  A repetition
 * does not, nor does what loses on arrival. */
static bool is_news(const struct ledger *ledger, const struct trip *trip,
                    struct str table)
{
    struct newest newest = {.ledger = ledger, .trip = trip};
    const struct change_writes sink = {is_newest, &newest, ledger->arena};
    for (size_t i = 0; i < trip->send->change_count && !newest.wins; i++) {
        const struct change *change = &trip->send->changes[i];
        if (str_eq(change->table, table) &&
            !was_sent_before(ledger, trip, change)) {
            newest.key = record_key(trip->who, change->table, change->id);
            change_fold(change, &sink);
        }
    }
    return newest.wins;
}

static bool was_woken(const struct ledger *ledger, const struct line *line,
                      const struct trip *trip, struct str table)
{
    for (size_t i = 0; i < ledger->heard_count; i++) {
        const struct event *event = ledger->heard[i];
        if (event->exchange == line->open->exchange &&
            event->seq > trip->send->seq && is_notice(event) &&
            (event->name_count == 0 || names_table(event, table))) {
            return true;
        }
    }
    return false;
}

static bool must_wake(const struct ledger *ledger, const struct line *line,
                      const struct trip *trip)
{
    return line_is_socket(line) && line->listens && !line->touched &&
           !line->paused && !line->resumed && is_about(line, trip->who) &&
           !by_itself(trip, line) && line->listens->seq < trip->send->seq &&
           line_until_ms(ledger, line) >
               trip->reply->t_ms + ledger_scaled_ms(ledger, NOTICE_WITHIN_MS);
}

static void report_asleep(struct finder *finder, const struct line *line,
                          const struct trip *trip, struct str table)
{
    struct arena *arena = finder->ledger->arena;
    const struct finding finding = {
        .candidates = "WS-5 CONN-1",
        .line = trip->send->line,
        .what =
            arena_printf(arena, "NOT WOKEN %.*s by push #%u of %.*s to %.*s",
                         STR_ARG(line->who->name), trip->send->exchange,
                         STR_ARG(trip->who->name), STR_ARG(table)),
        .expected = arena_printf(
            arena, "sync-available with %.*s within 2 s of %.*s",
            STR_ARG(table), STR_ARG(time_text(arena, trip->reply->t_ms))),
        .actual =
            arena_printf(arena, "nothing on ~%u, which listens since %.*s",
                         line->open->exchange,
                         STR_ARG(time_text(arena, line->listens->t_ms))),
        .cause = STR("a client that trusts its channel sees the change only "
                     "with its next poll")};
    finding_end(finder, finding_begin(finder, &finding));
}

static void check_wake(struct finder *finder, const struct trip *trip)
{
    struct ledger *ledger = finder->ledger;
    for (size_t l = 0; l < ledger->line_count; l++) {
        const struct line *line = &ledger->lines[l];
        if (!must_wake(ledger, line, trip)) {
            continue;
        }
        for (size_t c = 0; c < trip->send->change_count; c++) {
            struct str table = trip->send->changes[c].table;
            if (!was_woken(ledger, line, trip, table) &&
                is_news(ledger, trip, table)) {
                report_asleep(finder, line, trip, table);
                break;
            }
        }
    }
}

/* ---- WS-7, WS-8: nobody else ---- */

/* Whose push could the notice be about? */
struct reason {
    bool other, own;
    const struct trip *stranger;
};

static struct reason find_reason(const struct ledger *ledger,
                                 const struct line *line,
                                 const struct event *notice, struct str table)
{
    struct reason reason = {0};
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (!trip->send || trip->send->seq > notice->seq ||
            trip->known == KNOWN_REFUSED || trip->known == KNOWN_NEVER ||
            !pushes_to(trip, table)) {
            continue;
        }
        bool named = notice->number != 1 || str_eq(notice->id, trip->who->app);
        if (!is_about(line, trip->who) || !named) {
            reason.stranger = trip;
        } else if (by_itself(trip, line)) {
            reason.own = true;
        } else {
            reason.other = true;
        }
    }
    return reason;
}

/* An app of somebody else who uses the server at this time. */
static bool is_foreign(const struct ledger *ledger, const struct event *notice)
{
    const struct history *history = ledger->input->history;
    bool known = notice->number != 1;
    for (size_t i = 0; !known && i < history->actor_count; i++) {
        known = str_eq(history->actors[i].app, notice->id);
    }
    return !known;
}

static void report_stranger(struct finder *finder, const struct line *line,
                            const struct event *notice,
                            const struct reason *reason)
{
    struct arena *arena = finder->ledger->arena;
    const struct trip *trip = reason->stranger;
    struct str cause =
        trip
            ? arena_printf(arena,
                           "push #%u is of user %.*s, app %.*s; the channel is "
                           "of user %.*s, app %.*s",
                           trip->send->exchange, STR_ARG(trip->who->user),
                           STR_ARG(trip->who->app), STR_ARG(line->who->user),
                           STR_ARG(line->who->app))
            : STR("");
    const struct finding finding = {
        .candidates = reason->own ? "WS-8" : "WS-7 ISO-1 ISO-2",
        .line = notice->line,
        .what = arena_printf(arena, "%.*s was notified on ~%u of %.*s",
                             STR_ARG(line->who->name), notice->exchange,
                             STR_ARG(notice->names[0])),
        .expected = reason->own ? STR("no notice of the client's own push")
                                : STR("notices of pushes of its user and app"),
        .actual = arena_printf(arena, "%.*s at %.*s", STR_ARG(notice->body),
                               STR_ARG(time_text(arena, notice->t_ms))),
        .cause = cause};
    finding_end(finder, finding_begin(finder, &finding));
}

static void check_strangers(struct finder *finder, const struct line *line,
                            const struct event *notice)
{
    const struct ledger *ledger = finder->ledger;
    for (size_t i = 0; i < notice->name_count; i++) {
        struct reason reason =
            find_reason(ledger, line, notice, notice->names[i]);
        if (!reason.other) {
            report_stranger(finder, line, notice, &reason);
            return;
        }
    }
}

/* ---- WS-6: not before its data ---- */

/* The one push that the notice can be about: NULL when there are several, so
 * that nobody can say which.  `heard` notices came on the channel before; an
 * earlier push that had none may be told of late, which is no fault. */
static const struct trip *only_cause(const struct ledger *ledger,
                                     const struct line *line,
                                     const struct event *notice, size_t heard)
{
    const struct trip *last = NULL;
    size_t pushes = 0, under_way = 0;
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (!trip->send || trip->send->seq > notice->seq ||
            trip->send->change_count == 0 || !is_about(line, trip->who) ||
            (trip->reply && trip->reply->seq < line->listens->seq)) {
            continue;
        }
        pushes++;
        under_way += !trip->reply || trip->reply->seq > notice->seq;
        last = trip;
    }
    bool certain = last && under_way == 1 && pushes == heard + 1 &&
                   last->reply && last->reply->seq > notice->seq;
    return certain && last->known == KNOWN_ACKED && !by_itself(last, line)
               ? last
               : NULL;
}

static bool response_has(const struct response *response,
                         const struct change *change)
{
    for (size_t i = 0; i < response->count; i++) {
        if (change_same(&response->changes[i], change)) {
            return true;
        }
    }
    return false;
}

/* Was the device told of the change in another answer? */
static bool told_elsewhere(const struct ledger *ledger, uint32_t device,
                           const struct change *change, uint32_t before)
{
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (trip->reply && trip->reply->response && trip->reply->seq < before &&
            trip->who->device == device &&
            response_has(trip->reply->response, change)) {
            return true;
        }
    }
    return false;
}

static void check_pull_after(struct finder *finder, const struct event *notice,
                             const struct trip *push, const struct trip *pull)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct change *missing = NULL;
    for (size_t c = 0; c < push->send->change_count && !missing; c++) {
        const struct change *change = &push->send->changes[c];
        bool here = str_eq(change->table, pull->send->collection) &&
                    is_news(ledger, push, change->table) &&
                    !was_sent_before(ledger, push, change);
        if (here && !response_has(pull->reply->response, change) &&
            !told_elsewhere(ledger, pull->who->device, change,
                            pull->reply->seq)) {
            missing = change;
        }
    }
    if (!missing) {
        return;
    }
    const struct finding finding = {
        .candidates = "WS-6",
        .line = push->send->line,
        .what = arena_printf(arena, "EARLY NOTICE of push #%u to %.*s",
                             push->send->exchange, STR_ARG(pull->who->name)),
        .expected = arena_printf(
            arena, "%.*s/%.*s in pull #%u, sent after the notice of %.*s",
            STR_ARG(missing->table), STR_ARG(missing->id), pull->send->exchange,
            STR_ARG(time_text(arena, notice->t_ms))),
        .actual = STR("the answer does not have it"),
        .cause = STR("the notice went out before the commit: a client that "
                     "pulls at once sees nothing, and is not woken again")};
    finding_end(finder, finding_begin(finder, &finding));
}

static void check_early(struct finder *finder, const struct line *line,
                        const struct event *notice, size_t heard)
{
    const struct ledger *ledger = finder->ledger;
    const struct trip *push = only_cause(ledger, line, notice, heard);
    for (size_t i = 1; push && i < ledger->trip_count; i++) {
        const struct trip *pull = &ledger->trips[i];
        if (pull->send && pull->send->as.request_kind == REQUEST_PULL &&
            pull->send->seq > notice->seq &&
            pull->who->device == line->who->device && pull->reply &&
            pull->reply->response && !pull->reply->response->has_more &&
            pushes_to(push, pull->send->collection)) {
            check_pull_after(finder, notice, push, pull);
            return;
        }
    }
}

/* ---- WS-1: stays open ---- */

static void check_stays(struct finder *finder, const struct line *line)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct event *shut = line->shut;
    if (!line_is_socket(line) || !line->opened || !shut || line->touched ||
        !line->who->is_client || shut->number == 1 || ledger->input->killed ||
        shut->code == 1001 || shut->code == 1008 || shut->code == 1012 ||
        shut->code == 1013 ||
        shut->t_ms - line->opened->t_ms >= ledger_scaled_ms(ledger, STAYS_MS)) {
        return;
    }
    const struct finding finding = {
        .candidates = "WS-1",
        .line = line->open->line,
        .what =
            arena_printf(arena, "CLOSED %.*s of %.*s by the server",
                         STR_ARG(line->open->text), STR_ARG(line->who->name)),
        .expected = STR("a socket that stays open"),
        .actual =
            arena_printf(arena, "ended with %d %.*s, %lld ms after it opened",
                         (int)shut->code, STR_ARG(shut->text),
                         (long long)(shut->t_ms - line->opened->t_ms))};
    finding_end(finder, finding_begin(finder, &finding));
}

/* ---- WS-4: and not for nobody ---- */

static void check_owned(struct finder *finder, const struct line *line)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    if (!line_is_socket(line) || !line->opened || line->spoke ||
        line->touched || line->paused || line->resumed ||
        ledger->input->killed) {
        return;
    }
    int64_t open_ms = line_until_ms(ledger, line) - line->opened->t_ms;
    if (open_ms <= NOBODYS_MS + ledger_scaled_ms(ledger, NOBODYS_SLACK_MS)) {
        return;
    }
    const struct finding finding = {
        .candidates = "WS-4",
        .line = line->open->line,
        .what = arena_printf(arena, "LEFT OPEN ~%u of %.*s",
                             line->open->exchange, STR_ARG(line->who->name)),
        .expected = STR("a close within 10 s (+5 s) of a socket that never "
                        "says who it is"),
        .actual = arena_printf(arena, "open for %lld ms, and not a word said",
                               (long long)open_ms)};
    finding_end(finder, finding_begin(finder, &finding));
}

static void check_heard(struct finder *finder, const struct line *line)
{
    const struct ledger *ledger = finder->ledger;
    size_t heard = 0;
    for (size_t i = 0; i < ledger->heard_count; i++) {
        const struct event *event = ledger->heard[i];
        if (event->exchange != line->open->exchange || !is_notice(event) ||
            event->seq < line->listens->seq || is_foreign(ledger, event)) {
            continue;
        }
        check_strangers(finder, line, event);
        check_early(finder, line, event, heard);
        heard++;
    }
}

void check_notices(struct finder *finder)
{
    const struct ledger *ledger = finder->ledger;
    for (size_t i = 1; ledger->line_count > 0 && i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (trip->send && trip->known == KNOWN_ACKED && trip->reply &&
            trip->send->change_count > 0 && !ledger->input->killed) {
            check_wake(finder, trip);
        }
    }
    for (size_t i = 0; i < ledger->line_count; i++) {
        const struct line *line = &ledger->lines[i];
        check_stays(finder, line);
        check_owned(finder, line);
        if (line_is_socket(line) && line->listens && !line->touched) {
            check_heard(finder, line);
        }
    }
}
