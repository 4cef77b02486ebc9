/* SPDX-License-Identifier: MIT */
/* ask - see ask.h.  Layer: harness/transport. */
#include "harness/transport/ask.h"

#include <string.h>

#include "harness/transport/wire.h"

enum { POLL_MS = 100, HEARD_BYTES = 1 << 20, SLACK_MS = 1000 };

struct asking {
    struct arena *arena;
    struct ending ending;
    bool over;
};

static void keep_reply(struct arena *arena, struct http_reply *reply)
{
    reply->body = arena_str(arena, reply->body);
    for (size_t i = 0; i < reply->header_count; i++) {
        struct http_header *header = &reply->headers[i];
        header->name = arena_str(arena, header->name);
        header->value = arena_str(arena, header->value);
    }
}

static void on_end(struct exchange *exchange, const struct ending *ending)
{
    struct asking *asking = exchange->context;
    asking->over = true;
    asking->ending = *ending;
    keep_reply(asking->arena, &asking->ending.reply);
    asking->ending.error = arena_str(asking->arena, ending->error);
}

struct ending ask_request(struct transport *transport,
                          const struct http_request *request,
                          int64_t timeout_ms, struct arena *arena)
{
    struct asking asking = {.arena = arena};
    struct exchange exchange = {
        .timeout_ms = timeout_ms, .done = on_end, .context = &asking};
    http_request_copy(&exchange.request, request);
    transport_send(transport, &exchange);
    while (!asking.over) {
        transport->ops->poll(transport, POLL_MS);
    }
    return asking.ending;
}

struct opening {
    struct arena *arena;
    const struct ask_channel *ask;
    struct asked_channel out;
    struct buf text; /* all that was heard */
    bool over;
};

static bool has_part(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (memcmp(text.p + i, part.p, part.n) == 0) {
            return true;
        }
    }
    return false;
}

static void on_opened(struct channel *channel, const struct http_reply *reply)
{
    struct opening *opening = channel->context;
    opening->out.opened = true;
    opening->out.status = reply->status;
    opening->out.heard = opening->ask->until.n == 0;
}

static void on_heard(struct channel *channel, const struct heard *what)
{
    struct opening *opening = channel->context;
    buf_str(&opening->text, what->bytes);
    opening->out.heard =
        opening->out.heard ||
        has_part(buf_view(&opening->text), opening->ask->until);
}

static void on_ended(struct channel *channel, const struct channel_end *end)
{
    struct opening *opening = channel->context;
    opening->over = true;
    if (!opening->out.opened && end->kind == REPLY_ANSWER) {
        opening->out.status = end->reply.status;
    }
    opening->out.error = arena_str(opening->arena, end->error);
}

static void await(struct transport *transport, const struct opening *opening,
                  const bool *what, int64_t limit_ms)
{
    int64_t end_ms = wire_clock_ms() + limit_ms;
    while (!opening->over && !*what && wire_clock_ms() < end_ms) {
        transport->ops->poll(transport, POLL_MS);
    }
}

struct asked_channel ask_open(struct transport *transport,
                              const struct ask_channel *ask,
                              struct arena *arena)
{
    struct opening opening = {.arena = arena, .ask = ask};
    struct channel channel = {.kind = ask->kind,
                              .timeout_ms = ask->timeout_ms,
                              .opened = on_opened,
                              .heard = on_heard,
                              .ended = on_ended,
                              .context = &opening};
    http_request_copy(&channel.request, &ask->request);
    buf_init(&opening.text, HEARD_BYTES);
    transport_open(transport, &channel);
    await(transport, &opening, &opening.out.opened, ask->timeout_ms + SLACK_MS);
    if (opening.out.opened && !opening.over) {
        if (ask->say.n > 0) {
            transport_say(transport, &channel, ask->say);
        }
        await(transport, &opening, &opening.out.heard, ask->timeout_ms);
    }
    if (!opening.over) {
        transport_shut(transport, &channel, 0);
    }
    buf_free(&opening.text);
    return opening.out;
}
