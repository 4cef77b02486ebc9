/* SPDX-License-Identifier: MIT */
/* streams - an event stream brings the whole backlog and then every change,
 * of the collections that were asked for, in the shape that pull gives.
 * Layer: harness/check. */
#include "harness/check/lines.h"

#include "harness/check/finding.h"

enum {
    HEAD_WITHIN_MS = 2000,
    HEAD_SLACK_MS = 500, /* the way there and back */
    CHANGE_WITHIN_MS = 2000,
    PAGE_WITHIN_MS = 10000, /* the next page, after one that says hasMore */
    HEARTBEAT_MS = 30000,
    HEARTBEAT_SLACK_MS = 5000
};

static bool is_stream(const struct line *line)
{
    return line->open->as.live_kind == LIVE_STREAM;
}

static struct str line_text(struct arena *arena, const struct line *line)
{
    return arena_printf(arena, "~%u of %.*s, opened %.*s", line->open->exchange,
                        STR_ARG(line->who->name),
                        STR_ARG(time_text(arena, line->open->t_ms)));
}

static void complain(struct finder *finder, const struct line *line,
                     const struct finding *about)
{
    struct arena *arena = finder->ledger->arena;
    struct finding finding = *about;
    finding.line = finding.line > 0 ? finding.line : line->open->line;
    finding.what =
        arena_printf(arena, "%.*s on stream %.*s", STR_ARG(about->what),
                     STR_ARG(line_text(arena, line)));
    finding_end(finder, finding_begin(finder, &finding));
}

/* ---- SSE-1: the head ---- */

static void check_head(struct finder *finder, const struct line *line)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    bool timed_out = !line->opened && line->shut &&
                     line->shut->as.reply_kind == REPLY_TIMEOUT;
    if ((!line->opened && !timed_out) || ledger->input->killed) {
        return;
    }
    const struct event *end = line->opened ? line->opened : line->shut;
    int64_t took_ms = end->t_ms - line->open->t_ms;
    if (took_ms <= HEAD_WITHIN_MS + HEAD_SLACK_MS) {
        return;
    }
    const struct finding finding = {
        .candidates = "SSE-1",
        .what = STR("LATE HEAD"),
        .expected = STR("status and headers within 2 s, also without data"),
        .actual = arena_printf(arena, "%s after %lld ms",
                               line->opened ? "they came" : "nothing came",
                               (long long)took_ms)};
    complain(finder, line, &finding);
}

/* ---- SSE-4: what comes ---- */

static void check_event(struct finder *finder, const struct line *line,
                        const struct event *event)
{
    struct ledger *ledger = finder->ledger;
    struct finding finding = {.candidates = "SSE-4", .line = event->line};
    const struct response *response = event->response;
    if (str_is(event->text, "unreadable")) {
        finding.what = STR("UNREADABLE EVENT");
        finding.expected = STR("changes, hasMore, syncedUntil and table");
        finding.actual = event->body;
        complain(finder, line, &finding);
        return;
    }
    if (!response) {
        return;
    }
    if (!line_asks(ledger, line, event->collection)) {
        finding.what = STR("FOREIGN COLLECTION");
        finding.expected = STR("only the collections asked for");
        finding.actual = event->collection;
        complain(finder, line, &finding);
    }
    for (size_t i = 0; i < response->count; i++) {
        if (!str_eq(response->changes[i].table, event->collection)) {
            finding.what = STR("MIXED EVENT");
            finding.expected = event->collection;
            finding.actual = response->changes[i].table;
            complain(finder, line, &finding);
            return;
        }
    }
    if (response->malformed_count > 0) {
        finding.what = STR("ANOTHER SHAPE");
        finding.expected = STR("changes of the very shape that pull gives");
        finding.actual = event->body;
        complain(finder, line, &finding);
    }
}

/* ---- SSE-2, SSE-3, SSE-5, SSE-7: nothing is lost ---- */

/* From which event on does the stream's `since` leave nothing out?  What was
 * sent after the cursor was handed out cannot be covered by it.  UINT32_MAX
 * when nobody can tell. */
static uint32_t since_seq(const struct ledger *ledger, const struct line *line)
{
    struct str since = line->open->id;
    if (since.n == 0 || str_is(since, CURSOR_EPOCH_TEXT)) {
        return 0;
    }
    for (size_t i = 0; i < ledger->input->history->count; i++) {
        const struct event *event = &ledger->input->history->events[i];
        if (event->seq >= line->open->seq) {
            break;
        }
        if (event->response && str_eq(event->response->synced_until, since)) {
            return event->seq;
        }
    }
    return UINT32_MAX;
}

struct told {
    const struct ledger *ledger;
    const struct reg *reg;
    const struct write *must;
    struct record_key key;
    bool found;
};

static void look(void *context, struct str name, struct str value,
                 struct instant at, bool wild)
{
    struct told *told = context;
    (void)wild;
    told->found =
        told->found ||
        (ledger_find(told->ledger, &told->key, name) == told->reg &&
         order_cmp(at, value, told->must->at, told->must->value) >= 0);
}

/* Did the write, or a greater one, come on this stream? */
static bool was_told(const struct ledger *ledger, const struct line *line,
                     const struct reg *reg)
{
    struct told told = {.ledger = ledger, .reg = reg, .must = reg->must};
    const struct change_writes sink = {look, &told, ledger->arena};
    for (size_t i = 0; i < ledger->heard_count && !told.found; i++) {
        const struct event *event = ledger->heard[i];
        if (event->exchange != line->open->exchange || !event->response) {
            continue;
        }
        for (size_t c = 0; c < event->response->count && !told.found; c++) {
            const struct change *change = &event->response->changes[c];
            if (str_eq(change->id, reg->id) &&
                str_eq(change->table, reg->table)) {
                told.key = record_key(line->who, change->table, change->id);
                change_fold(change, &sink);
            }
        }
    }
    return told.found;
}

/* When it brought the last change; a stream in the middle of its pages is not
 * at its end, but for the time that a page may take. */
static int64_t quiet_since_ms(const struct ledger *ledger,
                              const struct line *line)
{
    int64_t page_ms = ledger_scaled_ms(ledger, PAGE_WITHIN_MS);
    int64_t since_ms = line->opened->t_ms;
    for (size_t i = 0; i < ledger->heard_count; i++) {
        const struct event *event = ledger->heard[i];
        if (event->exchange == line->open->exchange && event->response &&
            event->t_ms <= line_until_ms(ledger, line)) {
            since_ms = event->t_ms + (event->response->has_more ? page_ms : 0);
        }
    }
    return since_ms;
}

static bool must_tell(const struct ledger *ledger, const struct line *line,
                      const struct reg *reg, uint32_t from_seq)
{
    const struct write *must = reg->must;
    if (!must || reg->wild || !must->trip->reply ||
        must->trip->known != KNOWN_ACKED || must->event->seq < from_seq ||
        !str_eq(reg->user, line->who->user) || !str_eq(reg->app, line->app) ||
        str_eq(must->trip->who->client_id, line->who->client_id) ||
        !line_asks(ledger, line, reg->table)) {
        return false;
    }
    int64_t from_ms = must->trip->reply->t_ms;
    int64_t quiet_ms = quiet_since_ms(ledger, line);
    from_ms = quiet_ms > from_ms ? quiet_ms : from_ms;
    if (line->resumed && line->resumed->t_ms > from_ms) {
        from_ms = line->resumed->t_ms;
    }
    return line_until_ms(ledger, line) >
           from_ms + ledger_scaled_ms(ledger, CHANGE_WITHIN_MS);
}

static const char *blame(const struct line *line, const struct reg *reg)
{
    if (reg->must->trip->reply->seq < line->open->seq) {
        return str_is(line->open->id, CURSOR_EPOCH_TEXT) ? "SSE-2 SSE-7 SSE-5"
                                                         : "SSE-5 SSE-2";
    }
    return line->resumed ? "SSE-7 SSE-3 SSE-2" : "SSE-3 SSE-2 SSE-5";
}

static void report_lost(struct finder *finder, const struct line *line,
                        const struct reg *reg)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct trip *author = reg->must->trip;
    bool backlog = author->reply->seq < line->open->seq;
    const struct finding finding = {
        .candidates = blame(line, reg),
        .line = backlog ? line->open->line : author->send->line,
        .what = arena_printf(arena, "NOT STREAMED %.*s on stream %.*s",
                             STR_ARG(reg_text(arena, reg)),
                             STR_ARG(line_text(arena, line))),
        .expected = write_text(arena, reg->must),
        .actual = arena_printf(
            arena, "nothing of it until %.*s",
            STR_ARG(time_text(arena, line_until_ms(ledger, line)))),
        .cause = arena_printf(
            arena,
            "push #%u of %.*s was acknowledged %.*s, %s the stream "
            "was opened (since %.*s)",
            author->send->exchange, STR_ARG(author->who->name),
            STR_ARG(time_text(arena, author->reply->t_ms)),
            backlog ? "before" : "after", STR_ARG(line->open->id))};
    struct verdict *verdict = finding_begin(finder, &finding);
    if (verdict) {
        explain_register(ledger, reg, verdict);
    }
    finding_end(finder, verdict);
}

static void check_lost(struct finder *finder, const struct line *line)
{
    struct ledger *ledger = finder->ledger;
    uint32_t from_seq = since_seq(ledger, line);
    for (const struct reg *reg = ledger->regs; reg; reg = reg->next) {
        if (must_tell(ledger, line, reg, from_seq) &&
            !was_told(ledger, line, reg)) {
            report_lost(finder, line, reg);
        }
    }
}

/* ---- SSE-6: heartbeats ---- */

static void check_heartbeats(struct finder *finder, const struct line *line)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    int64_t last_ms = line->opened->t_ms;
    int64_t most_ms =
        HEARTBEAT_MS + ledger_scaled_ms(ledger, HEARTBEAT_SLACK_MS);
    int64_t worst_ms = 0;
    for (size_t i = 0; i < ledger->heard_count; i++) {
        const struct event *event = ledger->heard[i];
        if (event->exchange == line->open->exchange) {
            int64_t gap_ms = event->t_ms - last_ms;
            worst_ms = gap_ms > worst_ms ? gap_ms : worst_ms;
            last_ms = event->t_ms;
        }
    }
    int64_t rest_ms = line_until_ms(ledger, line) - last_ms;
    worst_ms = rest_ms > worst_ms ? rest_ms : worst_ms;
    if (worst_ms <= most_ms) {
        return;
    }
    const struct finding finding = {
        .candidates = "SSE-6",
        .what = STR("NO HEARTBEAT"),
        .expected = STR("an event at least every 30 s (+5 s)"),
        .actual =
            arena_printf(arena, "%lld ms of silence", (long long)worst_ms)};
    complain(finder, line, &finding);
}

/* A stream that its peer answered with something else is nobody's fault here:
 * what the script expects of it is its own affair. */
void check_streams(struct finder *finder)
{
    const struct ledger *ledger = finder->ledger;
    for (size_t l = 0; l < ledger->line_count; l++) {
        const struct line *line = &ledger->lines[l];
        if (!is_stream(line) || line->touched) {
            continue;
        }
        check_head(finder, line);
        for (size_t i = 0; i < ledger->heard_count; i++) {
            if (ledger->heard[i]->exchange == line->open->exchange) {
                check_event(finder, line, ledger->heard[i]);
            }
        }
        if (line->opened && !line->paused && !ledger->input->killed) {
            check_lost(finder, line);
            if (!line->resumed) {
                check_heartbeats(finder, line);
            }
        }
    }
}
