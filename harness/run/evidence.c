/* SPDX-License-Identifier: MIT */
/* evidence - see evidence.h.  Layer: harness/run. */
#include "harness/run/evidence.h"

#include <strings.h>

#include "harness/run/curl.h"
#include "harness/run/label.h"
#include "harness/run/secrets.h"

enum {
    BODY_BYTES = 16 << 10,
    HEADER_BYTES = 400,
    MESSAGE_BYTES = 1024,
    MESSAGES_FIRST = 8 /* of those that do not all fit */
};

/* The events of one exchange. */
struct trail {
    const struct event *begin; /* EV_SEND, EV_OPEN */
    const struct event *head;  /* EV_REPLY, EV_OPENED */
    const struct event *shut;  /* EV_SHUT */
    bool stream;
};

static struct trail trail_of(const struct runner *runner, uint32_t exchange)
{
    const struct history *history = &runner->history;
    struct trail trail = {.begin = NULL};
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->exchange != exchange || event->kind == EV_EDIT) {
            continue; /* the number of an edit is a row's */
        }
        if (event->kind == EV_SEND || event->kind == EV_OPEN) {
            trail.begin = event;
        } else if (event->kind == EV_REPLY || event->kind == EV_OPENED) {
            trail.head = event;
        } else if (event->kind == EV_SHUT) {
            trail.shut = event;
        }
    }
    return trail;
}

/* ---- requests and answers ---- */

/* Of an answer those that clauses speak of; the rest is a proxy's small talk.
 */
static bool matters(struct str name, bool answer)
{
    static const char *const names[] = {"Content-Type", "WWW-Authenticate",
                                        "Retry-After",  "Allow",
                                        "Location",     "Content-Encoding",
                                        "Upgrade",      "Sec-WebSocket-Accept"};
    struct http_header header = {.name = name, .value = STR("")};
    if (!answer) {
        return !http_header_find(&header, 1, LABEL_HEADER).p;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (http_header_find(&header, 1, names[i]).p) {
            return true;
        }
    }
    return name.n > 15 && strncasecmp(name.p, "Access-Control-", 15) == 0;
}

static void put_headers(struct runner *runner, struct verdict_part *part,
                        const struct http_head *head, bool answer)
{
    for (size_t i = 0; head && i < head->header_count; i++) {
        const struct http_header *header = &head->headers[i];
        if (part->header_count < PART_HEADERS &&
            matters(header->name, answer)) {
            struct str value =
                secrets_hide(runner, header->value, HEADER_BYTES);
            part->headers[part->header_count++] = arena_printf(
                runner->arena, "%.*s: %.*s%s", STR_ARG(header->name),
                STR_ARG(value), header->value.n > HEADER_BYTES ? "…" : "");
        }
    }
}

/* What the transport adds to all requests: their values are secrets. */
static void put_common(struct runner *runner, struct verdict_part *part)
{
    const char *const *headers = runner->options->address.headers;
    for (size_t i = 0; headers && headers[i]; i++) {
        if (part->header_count < PART_HEADERS) {
            part->headers[part->header_count++] =
                secrets_hide(runner, str_of(headers[i]), HEADER_BYTES);
        }
    }
}

static void put_body(struct runner *runner, struct verdict_part *part,
                     struct str body)
{
    part->body = secrets_hide(runner, body, BODY_BYTES);
    part->body_bytes = body.n;
}

static void put_request(struct runner *runner, struct verdict_part *part,
                        const struct event *begin)
{
    const struct http_head *head = begin->head;
    struct str target = secrets_hide(runner, begin->text, BODY_BYTES);
    part->line = head ? arena_printf(runner->arena, "%.*s %.*s",
                                     STR_ARG(head->method), STR_ARG(target))
                      : target;
    put_headers(runner, part, head, false);
    put_common(runner, part);
    put_body(runner, part, begin->body);
}

static struct str status_line(struct runner *runner, const struct event *event)
{
    const char *reason = http_reason(event->code);
    return arena_printf(runner->arena, "%d%s%s", (int)event->code,
                        reason[0] ? " " : "", reason);
}

static void put_answer(struct runner *runner, struct verdict_part *part,
                       const struct trail *trail)
{
    const struct event *answer = trail->head ? trail->head : trail->shut;
    if (!answer) {
        part->line = STR("none so far");
        return;
    }
    bool opened = answer->kind == EV_OPENED;
    if (opened || answer->as.reply_kind == REPLY_ANSWER) {
        part->line = status_line(runner, answer);
    } else {
        part->line = arena_printf(
            runner->arena, "%s: %.*s", reply_kind_name(answer->as.reply_kind),
            STR_ARG(secrets_hide(runner, answer->text, BODY_BYTES)));
    }
    put_headers(runner, part, answer->head, true);
    put_body(runner, part,
             answer->kind == EV_REPLY                ? answer->body
             : answer->head && answer == trail->shut ? answer->head->body
                                                     : STR(""));
}

/* ---- messages ---- */

static struct str shut_text(struct runner *runner, const struct event *event)
{
    struct str text = secrets_hide(runner, event->text, MESSAGE_BYTES);
    const char *who = event->number == 1 ? "closed by the client" : "closed";
    return event->as.reply_kind != REPLY_ANSWER && event->number != 1
               ? arena_printf(runner->arena, "ended (%s): %.*s",
                              reply_kind_name(event->as.reply_kind),
                              STR_ARG(text))
           : event->code > 0
               ? arena_printf(runner->arena, "%s, %d %.*s", who,
                              (int)event->code, STR_ARG(text))
               : arena_printf(runner->arena, "%s %.*s", who, STR_ARG(text));
}

/* One line of the list; empty: not one of a message. */
static struct str message_text(struct runner *runner, const struct event *event,
                               bool stream)
{
    struct str body = secrets_hide(runner, event->body, MESSAGE_BYTES);
    bool named = stream || event->body.n == 0;
    const char *rest = event->body.n > MESSAGE_BYTES ? "…" : "";
    switch ((int)event->kind) {
    case EV_SAY:
        return arena_printf(runner->arena, "> %.*s%s%.*s%s",
                            STR_ARG(event->text), event->text.n > 0 ? " " : "",
                            STR_ARG(body), rest);
    case EV_HEAR:
        return arena_printf(
            runner->arena, "< %.*s%s%.*s%s", named ? (int)event->text.n : 0,
            event->text.p, named && body.n > 0 ? " " : "", STR_ARG(body), rest);
    case EV_PAUSE:
        return event->number == 1 ? STR("(stops reading)")
                                  : STR("(reads again)");
    case EV_SHUT:
        return shut_text(runner, event);
    default:
        return STR("");
    }
}

/* The first ones and the last ones; how many are left out stands between. */
static void put_message(struct verdict_exchange *out, struct str text)
{
    if (out->message_count == EXCHANGE_MESSAGES) {
        memmove(&out->messages[MESSAGES_FIRST],
                &out->messages[MESSAGES_FIRST + 1],
                (EXCHANGE_MESSAGES - MESSAGES_FIRST - 1) *
                    sizeof(out->messages[0]));
        out->messages[MESSAGES_FIRST] = STR("…");
        out->message_count--;
    }
    out->messages[out->message_count++] = text;
}

static void put_messages(struct runner *runner, struct verdict_exchange *out,
                         const struct trail *trail)
{
    const struct history *history = &runner->history;
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        struct str text = event->exchange == out->number
                              ? message_text(runner, event, trail->stream)
                              : STR("");
        if (text.n > 0) {
            put_message(out, text);
        }
    }
}

/* ---- one exchange ---- */

static bool is_stream(const struct event *begin)
{
    const struct http_head *head = begin->head;
    struct str accept =
        head ? http_header_find(head->headers, head->header_count, "Accept")
             : STR("");
    return str_is(accept, "text/event-stream");
}

/* A socket that opened is no matter for curl. */
static bool can_be_tried(const struct trail *trail)
{
    bool live = trail->begin->kind == EV_OPEN;
    bool refused = trail->shut && trail->shut->head;
    return !live || trail->stream || refused;
}

static bool exchange_fill(struct runner *runner, uint32_t number,
                          struct verdict_exchange *out)
{
    struct trail trail = trail_of(runner, number);
    if (!trail.begin) {
        return false;
    }
    bool live = trail.begin->kind == EV_OPEN;
    trail.stream = live && is_stream(trail.begin);
    out->number = number;
    out->line = trail.begin->line;
    out->who = runner->history.actors[trail.begin->actor].name;
    put_request(runner, &out->request, trail.begin);
    put_answer(runner, &out->answer, &trail);
    if (live && trail.head) {
        put_messages(runner, out, &trail);
    }
    if (can_be_tried(&trail)) {
        const struct curl_request request = {.head = trail.begin->head,
                                             .target = trail.begin->text,
                                             .body = trail.begin->body,
                                             .stream = trail.stream,
                                             .socket = live && !trail.stream};
        out->shell = curl_line(runner, &request);
    }
    return true;
}

static void evidence_add(struct runner *runner, struct verdict *verdict,
                         const uint32_t *numbers, size_t count)
{
    struct verdict_exchange *list =
        arena_must(runner->arena, VERDICT_EXCHANGES, sizeof(*list));
    for (size_t i = 0; i < count && verdict->exchange_count < VERDICT_EXCHANGES;
         i++) {
        verdict->exchange_count +=
            exchange_fill(runner, numbers[i], &list[verdict->exchange_count]);
    }
    verdict->exchanges = list;
}

/* ---- which ones ---- */

/* Numbers without repetition, as many as a verdict may have. */
struct numbers {
    uint32_t list[VERDICT_EXCHANGES];
    size_t count;
};

static void numbers_add(struct numbers *numbers, uint32_t number)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->list[i] == number) {
            return;
        }
    }
    if (numbers->count < VERDICT_EXCHANGES && number > 0) {
        numbers->list[numbers->count++] = number;
    }
}

static bool is_of_step(const struct runner *runner, const struct event *event)
{
    const struct step *step = runner->step;
    bool sent = event->kind == EV_SEND || event->kind == EV_OPEN;
    for (size_t w = 0; sent && w < step->who_count; w++) {
        const struct run_client *client = runner->clients[step->who[w]];
        if (event->line == step->line &&
            (event->actor == client->actor ||
             (client->raw_actor > 0 && event->actor == client->raw_actor))) {
            return true;
        }
    }
    return false;
}

void evidence_of_step(struct runner *runner, struct verdict *verdict,
                      uint32_t exchange)
{
    struct numbers numbers = {.count = 0};
    if (!runner->options->address.base_url) {
        return;
    }
    numbers_add(&numbers, exchange);
    for (size_t i = runner->history.count; exchange == 0 && i-- > 0;) {
        const struct event *event = &runner->history.events[i];
        if (is_of_step(runner, event)) {
            numbers_add(&numbers, event->exchange);
        }
    }
    evidence_add(runner, verdict, numbers.list, numbers.count);
}

/* `#12` outside of quotes, where values are: so findings name exchanges. */
static void numbers_read(struct numbers *numbers, struct str text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        quoted = quoted != (text.p[i] == '"');
        struct str rest = str_skip(text, i + 1);
        size_t digits = 0;
        while (digits < rest.n && rest.p[digits] >= '0' &&
               rest.p[digits] <= '9') {
            digits++;
        }
        int64_t number = 0;
        if (!quoted && text.p[i] == '#' && digits > 0 && digits < 10 &&
            str_to_i64(str_take(rest, digits), &number)) {
            numbers_add(numbers, (uint32_t)number);
        }
    }
}

/* Of a register's writes the one that should be there, and who lacks it. */
static bool decides(struct str line)
{
    return str_ends(line, STR("<- wins")) ||
           str_starts(line, STR("fresh observer"));
}

static void numbers_of_finding(const struct runner *runner,
                               const struct verdict *verdict,
                               struct numbers *numbers)
{
    numbers_read(numbers, verdict->what);
    numbers_read(numbers, verdict->actual);
    numbers_read(numbers, verdict->cause);
    size_t before = numbers->count;
    for (size_t i = 0; i < verdict->explain_count; i++) {
        if (decides(verdict->explain[i])) {
            numbers_read(numbers, verdict->explain[i]);
        }
    }
    bool decided = numbers->count > before;
    for (size_t i = 0; !decided && i < verdict->explain_count; i++) {
        numbers_read(numbers, verdict->explain[i]);
    }
    bool named = numbers->count > 0;
    for (size_t i = 0; !named && verdict->line > 0 && i < runner->history.count;
         i++) {
        const struct event *event = &runner->history.events[i];
        if (event->line == verdict->line &&
            (event->kind == EV_SEND || event->kind == EV_OPEN)) {
            numbers_add(numbers, event->exchange);
        }
    }
}

void evidence_of_findings(struct runner *runner)
{
    struct run_result *result = runner->result;
    bool wire = runner->options->address.base_url != NULL;
    for (size_t i = 0; wire && i < result->verdict_count; i++) {
        struct verdict *verdict = &result->verdicts[i];
        struct numbers numbers = {.count = 0};
        if (!str_is(verdict->checker, "expectation") &&
            verdict->exchange_count == 0) {
            numbers_of_finding(runner, verdict, &numbers);
            evidence_add(runner, verdict, numbers.list, numbers.count);
        }
    }
}
