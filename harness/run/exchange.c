/* SPDX-License-Identifier: MIT */
/* exchange - requests and their ends on their way into the history, and raw
 * requests that no engine makes.  Layer: harness/run. */
#include "base/asserts.h"
#include "harness/run/label.h"
#include "protocol/codec.h"

struct http_head *head_keep(struct runner *runner, struct str method,
                            const struct http_header *headers, size_t count)
{
    struct arena *arena = runner->arena;
    if (!runner->options->address.base_url) {
        return NULL;
    }
    struct http_head *head = arena_must(arena, 1, sizeof(*head));
    struct http_header *kept = arena_must(arena, count + 1, sizeof(*kept));
    for (size_t i = 0; i < count; i++) {
        kept[i] = (struct http_header){arena_str(arena, headers[i].name),
                                       arena_str(arena, headers[i].value)};
    }
    *head = (struct http_head){.method = arena_str(arena, method),
                               .headers = kept,
                               .header_count = count};
    return head;
}

struct event history_send(struct runner *runner, uint32_t actor,
                          const struct exchange *exchange)
{
    return (struct event){.kind = EV_SEND,
                          .actor = actor,
                          .t_ms = runner->world.now_ms,
                          .line = runner->step ? runner->step->line : 0,
                          .exchange = exchange->id,
                          .text = exchange->request.target,
                          .body = exchange->request.body,
                          .head = head_keep(runner, exchange->request.method,
                                            exchange->request.headers,
                                            exchange->request.header_count)};
}

/* On the wire a timeout, or an answer without end, costs its real time. */
static void note_silence(struct runner *runner, const struct event *reply)
{
    bool silent = reply->as.reply_kind == REPLY_TIMEOUT ||
                  reply->as.reply_kind == REPLY_TOO_BIG;
    for (size_t i = runner->history.count; silent && i-- > 0;) {
        const struct event *event = &runner->history.events[i];
        silent = event->kind != EV_FAULT || event->exchange != reply->exchange;
    }
    runner->silences += silent;
    runner->timeouts += silent && reply->as.reply_kind == REPLY_TIMEOUT;
}

struct event history_reply(struct runner *runner, uint32_t actor,
                           const struct exchange *exchange,
                           const struct ending *ending)
{
    struct event event = {.kind = EV_REPLY,
                          .actor = actor,
                          .t_ms = runner->world.now_ms,
                          .line = runner->step ? runner->step->line : 0,
                          .exchange = exchange->id,
                          .fate = ending->fate};
    event.as.reply_kind = ending->kind;
    bool has_status = ending->kind == REPLY_ANSWER;
    event.code = has_status ? ending->reply.status : 0;
    event.text = arena_str(runner->arena, ending->error);
    if (has_status) {
        event.head = head_keep(runner, STR(""), ending->reply.headers,
                               ending->reply.header_count);
    }
    note_silence(runner, &event);
    return event;
}

void reply_keep(struct runner *runner, const struct http_reply *reply,
                struct http_reply *out)
{
    *out = *reply;
    out->body = arena_str(runner->arena, reply->body);
    for (size_t i = 0; i < out->header_count; i++) {
        out->headers[i].name = arena_str(runner->arena, reply->headers[i].name);
        out->headers[i].value =
            arena_str(runner->arena, reply->headers[i].value);
    }
}

bool run_is_hopeless(const struct runner *runner)
{
    return runner->options->wire && runner->silences >= SILENCES_MAX;
}

const struct response *reply_decode(struct runner *runner,
                                    const struct ending *ending,
                                    struct str body, struct err *err)
{
    if (ending->kind != REPLY_ANSWER || ending->reply.status < 200 ||
        ending->reply.status >= 300) {
        err_set(err, ST_NETWORK, "no 2xx answer");
        return NULL;
    }
    struct codec_rules rules = codec_rules_default(runner->options->dialect);
    struct response *response = arena_must(runner->arena, 1, sizeof(*response));
    enum status status =
        response_read(body, &rules, runner->arena, response, err);
    return status == ST_OK ? response : NULL;
}

/* Is its answer one of push or pull, if it is a 2xx? */
static bool speaks_sync(const struct raw_call *call)
{
    const struct dialect *dialect = call->runner->options->dialect;
    struct str path = http_target_path(call->request.target);
    return call->kind != REQUEST_RAW ||
           dialect_path_find(dialect, path, NULL) <= PATH_STREAM;
}

static void raw_ended(struct exchange *exchange, const struct ending *ending)
{
    struct raw_call *call = exchange->context;
    struct runner *runner = call->runner;
    reply_keep(runner, &ending->reply, &call->reply);
    struct event event = history_reply(runner, call->actor, exchange, ending);
    event.body = call->reply.body;
    struct err err = {.status = ST_OK};
    if (speaks_sync(call)) {
        event.response = reply_decode(runner, ending, call->reply.body, &err);
    }
    call->response = event.response;
    call->unreadable = arena_str(runner->arena, str_of(err.text));
    call->reply_kind = ending->kind;
    call->fate = ending->fate;
    call->error = event.text;
    call->done = true;
    history_append(&runner->history, event);
}

/* The entries of a body that is refused as a whole: should the server keep one
 * of them all the same, the oracle must know it. */
static void raw_entries(struct runner *runner, struct str body,
                        const struct codec_rules *rules, struct event *event)
{
    const struct json_node *root = NULL;
    if (json_read(body, &rules->json, runner->arena, &root, NULL) != ST_OK ||
        json_type(root) != JSON_OBJECT) {
        return;
    }
    const struct json_node *list =
        json_member(root, dialect_name(rules->dialect, NAME_CHANGES).p);
    struct change *changes = NULL;
    size_t cap = 0;
    const struct json_node *entry =
        list && json_type(list) == JSON_ARRAY ? json_child(list) : NULL;
    for (; entry; entry = json_next(entry)) {
        struct change change;
        struct str text = json_canonical_str(entry, runner->arena);
        if (change_read(text, rules, runner->arena, &change, NULL) == ST_OK) {
            changes = arena_grow(runner->arena, changes, event->change_count,
                                 &cap, sizeof(*changes));
            changes[event->change_count++] = change;
        }
    }
    event->changes = changes;
}

/* What a raw body would write, if the server takes it: the oracle must know. */
static void raw_changes(struct raw_call *call, struct event *event)
{
    struct runner *runner = call->runner;
    if (!str_is(call->request.method, "POST") || call->request.body.n == 0) {
        return;
    }
    struct codec_rules rules = codec_rules_default(runner->options->dialect);
    struct changeset set;
    if (changeset_read(call->request.body, &rules, runner->arena, &set, NULL) ==
        ST_OK) {
        event->changes = set.changes;
        event->change_count = set.count;
        event->id = set.since;
    } else {
        event->number = 1;
        raw_entries(runner, call->request.body, &rules, event);
    }
}

static void raw_sent(struct raw_call *call)
{
    struct runner *runner = call->runner;
    struct exchange *exchange = &call->exchange;
    *exchange = (struct exchange){.request = call->request,
                                  .actor = call->actor,
                                  .id = ++runner->next_exchange,
                                  .timeout_ms = runner->options->timeout_ms,
                                  .fresh = call->fresh,
                                  .done = raw_ended,
                                  .context = call};
    label_add(runner, &exchange->request);
    struct event event = history_send(runner, call->actor, exchange);
    event.as.request_kind = call->kind;
    event.collection = call->collection;
    event.id = call->since;
    raw_changes(call, &event);
    history_append(&runner->history, event);
}

void raw_start(struct raw_call *call)
{
    struct runner *runner = call->runner;
    raw_sent(call);
    transport_send(call->direct ? runner->inner : runner->net, &call->exchange);
}

void raw_note(struct raw_call *call, enum fate fate)
{
    const struct ending ending = {.kind = REPLY_RESET,
                                  .fate = fate,
                                  .error = STR("the script stopped here")};
    raw_sent(call);
    history_append(&call->runner->history,
                   (struct event){.kind = EV_FAULT,
                                  .actor = call->actor,
                                  .t_ms = call->runner->world.now_ms,
                                  .exchange = call->exchange.id,
                                  .text = call->runner->step->text});
    raw_ended(&call->exchange, &ending);
}

bool raw_done(void *call)
{
    return ((struct raw_call *)call)->done;
}
