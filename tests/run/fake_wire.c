/* SPDX-License-Identifier: MIT */
/* fake_wire - see fake_wire.h. */
#include "tests/run/fake_wire.h"

#include <time.h>

#include "base/asserts.h"
#include "harness/run/runner.h"
#include "harness/transport/wire.h"
#include "protocol/ws.h"

enum { NAP_MS = 5 };

static struct fake_wire *self_of(struct transport *transport)
{
    return (struct fake_wire *)transport;
}

static struct instant server_now(void)
{
    return instant_add_ms(SCRIPT_EPOCH, wire_clock_ms() % 100000000);
}

static void tell(struct fake_wire *wire, const struct http_request *request)
{
    if (wire->seen) {
        wire->seen(wire->seen_context, request);
    }
}

static void fake_send(struct transport *transport, struct exchange *exchange)
{
    struct fake_wire *wire = self_of(transport);
    ASSERT(wire->exchange_count < FAKE_MAX);
    wire->exchanges[wire->exchange_count++] = exchange;
    tell(wire, &exchange->request);
}

static void fake_cancel(struct transport *transport, struct exchange *exchange)
{
    struct fake_wire *wire = self_of(transport);
    for (size_t i = 0; i < wire->exchange_count; i++) {
        if (wire->exchanges[i] == exchange) {
            wire->exchanges[i] = wire->exchanges[--wire->exchange_count];
        }
    }
}

static void fake_open(struct transport *transport, struct channel *channel)
{
    struct fake_wire *wire = self_of(transport);
    ASSERT(wire->channel_count < FAKE_MAX);
    wire->channels[wire->channel_count].opened = false;
    wire->channels[wire->channel_count].told = false;
    wire->channels[wire->channel_count].owed = 0;
    wire->channels[wire->channel_count].shut = 0;
    wire->channels[wire->channel_count++].channel = channel;
    wire->opened++;
    tell(wire, &channel->request);
}

static void fake_say(struct transport *transport, struct channel *channel,
                     struct str bytes)
{
    (void)transport;
    (void)channel;
    (void)bytes; /* whatever it is: it is taken for auth, and answered once */
}

static size_t channel_index(const struct fake_wire *wire,
                            const struct channel *channel)
{
    size_t i = 0;
    while (wire->channels[i].channel != channel) {
        i++;
        ASSERT(i < wire->channel_count);
    }
    return i;
}

static void channel_remove(struct fake_wire *wire, size_t index)
{
    wire->channels[index] = wire->channels[--wire->channel_count];
}

static void fake_shut(struct transport *transport, struct channel *channel,
                      int code)
{
    struct fake_wire *wire = self_of(transport);
    size_t index = channel_index(wire, channel);
    if (code == 0) {
        wire->cut++;
        channel_remove(wire, index);
    } else {
        wire->channels[index].shut = code;
    }
}

static void fake_pause(struct transport *transport, struct channel *channel,
                       bool paused)
{
    (void)transport;
    (void)channel;
    (void)paused;
}

static size_t fake_in_flight(struct transport *transport)
{
    const struct fake_wire *wire = self_of(transport);
    size_t count = wire->exchange_count;
    for (size_t i = 0; i < wire->channel_count; i++) {
        count += !wire->channels[i].opened || wire->channels[i].shut != 0 ||
                 wire->channels[i].channel->awaits;
    }
    return count;
}

static size_t fake_listening(struct transport *transport)
{
    return self_of(transport)->channel_count;
}

static void owe_notice(struct fake_wire *wire, uint32_t author)
{
    for (size_t i = 0; i < wire->channel_count; i++) {
        const struct channel *channel = wire->channels[i].channel;
        bool lost = wire->mute || (wire->loses && !channel->witness);
        wire->channels[i].owed += channel->actor != author && !lost;
    }
    wire->notice_at_ms = wire_clock_ms() + wire->late_ms;
}

static void answer(struct fake_wire *wire, struct exchange *exchange)
{
    struct ending ending = {.kind = REPLY_ANSWER, .fate = FATE_ANSWERED};
    server_handle(wire->server, &exchange->request, server_now(),
                  &ending.reply);
    if (wire->refusal && wire->refusals_left > 0) {
        wire->refusals_left--;
        ending.reply.status = wire->refusal;
        http_reply_header(&ending.reply, STR("Retry-After"), STR("3"));
    }
    if (str_is(exchange->request.method, "POST") && ending.reply.status < 300) {
        owe_notice(wire, exchange->actor);
    }
    exchange->done(exchange, &ending);
}

static void hear(struct channel *channel, const char *text)
{
    const struct heard heard = {
        .bytes = str_of(text), .opcode = WS_TEXT, .fin = true};
    channel->heard(channel, &heard);
}

/* One thing that is to be done for a channel; false: nothing is. */
static bool serve(struct fake_wire *wire, size_t index)
{
    struct channel *channel = wire->channels[index].channel;
    const struct http_reply reply = {.status = 101};
    if (!wire->channels[index].opened) {
        wire->channels[index].opened = true;
        channel->opened(channel, &reply);
    } else if (wire->channels[index].shut != 0) {
        const struct channel_end end = {.kind = REPLY_ANSWER,
                                        .opened = true,
                                        .code = wire->channels[index].shut};
        wire->closed++;
        channel_remove(wire, index);
        channel->ended(channel, &end);
    } else if (!wire->channels[index].told) {
        wire->channels[index].told = true;
        hear(channel, "{\"type\":\"auth-ok\"}");
    } else if (wire->channels[index].owed > 0 &&
               wire_clock_ms() >= wire->notice_at_ms) {
        wire->channels[index].owed--;
        wire->notice_at_ms = wire_clock_ms() + wire->late_ms;
        hear(channel, "{\"type\":\"sync-available\",\"tables\":[\"tasks\"]}");
    } else {
        return false;
    }
    return true;
}

static void nap(int64_t ms)
{
    const struct timespec time = {.tv_nsec =
                                      (ms < NAP_MS ? ms : NAP_MS) * 1000000};
    nanosleep(&time, NULL);
}

static void fake_poll(struct transport *transport, int64_t max_ms)
{
    struct fake_wire *wire = self_of(transport);
    bool busy = wire->exchange_count > 0;
    if (transport->woke) {
        transport->woke(transport->woke_context);
    }
    if (busy) {
        struct exchange *exchange = wire->exchanges[0];
        fake_cancel(transport, exchange);
        answer(wire, exchange);
    }
    for (size_t i = wire->channel_count; i-- > 0;) {
        busy = (i < wire->channel_count && serve(wire, i)) || busy;
    }
    if (!busy) {
        nap(max_ms);
    }
}

static void fake_close(struct transport *transport)
{
    (void)transport; /* the test's */
}

void fake_wire_open(struct fake_wire *wire, const struct dialect *dialect)
{
    static const struct transport_ops ops = {
        .send = fake_send,
        .cancel = fake_cancel,
        .open = fake_open,
        .say = fake_say,
        .shut = fake_shut,
        .pause = fake_pause,
        .in_flight = fake_in_flight,
        .listening = fake_listening,
        .poll = fake_poll,
        .close = fake_close,
    };
    const struct server_config config = {.dialect = dialect};
    *wire = (struct fake_wire){.base = {.ops = &ops}};
    wire->store = store_memory_open();
    wire->auth = auth_dev();
    wire->server = server_create(&config, wire->store, wire->auth);
    ASSERT(wire->server);
}

void fake_wire_close(struct fake_wire *wire)
{
    server_free(wire->server);
    auth_free(wire->auth);
    wire->store->ops->close(wire->store);
}
