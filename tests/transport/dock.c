/* SPDX-License-Identifier: MIT */
/* dock - a scripted transport behind a bad network. */
#include "tests/transport/dock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void write_down(struct dock *dock, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void write_down(struct dock *dock, const char *format, ...)
{
    size_t n = strlen(dock->log);
    va_list list;
    if (n > 0) {
        n += (size_t)snprintf(dock->log + n, sizeof dock->log - n, " | ");
    }
    va_start(list, format);
    n += (size_t)vsnprintf(dock->log + n, sizeof dock->log - n, format, list);
    va_end(list);
    ck_assert_uint_lt(n, sizeof dock->log);
}

static size_t dock_index(struct dock *dock, struct channel *channel)
{
    for (size_t i = 0; i < dock->count; i++) {
        if (dock->channels[i] == channel) {
            return i;
        }
    }
    ck_abort_msg("a channel that is not open");
    return 0;
}

static void on_open(struct transport *transport, struct channel *channel)
{
    struct dock *dock = (struct dock *)transport;
    ck_assert_uint_lt(dock->count, DOCK_CHANNELS);
    dock->channels[dock->count++] = channel;
    write_down(dock, "open %.*s", STR_ARG(channel->request.target));
}

static void on_say(struct transport *transport, struct channel *channel,
                   struct str bytes)
{
    struct dock *dock = (struct dock *)transport;
    (void)dock_index(dock, channel);
    write_down(dock, "say %.*s", STR_ARG(bytes));
}

static void on_shut(struct transport *transport, struct channel *channel,
                    int code)
{
    struct dock *dock = (struct dock *)transport;
    size_t index = dock_index(dock, channel);
    if (code == 0) {
        dock->channels[index] = NULL;
    }
    write_down(dock, "shut %d", code);
}

static void on_pause(struct transport *transport, struct channel *channel,
                     bool paused)
{
    struct dock *dock = (struct dock *)transport;
    size_t index = dock_index(dock, channel);
    ck_assert_int_ne(dock->paused[index], paused);
    dock->paused[index] = paused;
    write_down(dock, "%s", paused ? "pause" : "resume");
}

static size_t on_listening(struct transport *transport)
{
    struct dock *dock = (struct dock *)transport;
    size_t open = 0;
    for (size_t i = 0; i < dock->count; i++) {
        open += dock->channels[i] != NULL;
    }
    return open;
}

static void on_hit(void *context, const struct fault_victim *victim,
                   const struct fault_rule *rule)
{
    struct dock *dock = context;
    dock->hits++;
    dock->victim = *victim;
    dock->action = rule->action;
}

void dock_open(struct dock *dock)
{
    static const struct transport_ops OPS = {.open = on_open,
                                             .say = on_say,
                                             .shut = on_shut,
                                             .pause = on_pause,
                                             .listening = on_listening};
    memset(dock, 0, sizeof *dock);
    dock->base.ops = &OPS;
    world_init(&dock->world);
    dock->net = faults_create(&dock->world, &dock->base, 1, on_hit, dock);
}

void dock_close(struct dock *dock)
{
    transport_close(dock->net);
    /* Nothing is left open behind it. */
    ck_assert_uint_eq(on_listening(&dock->base), 0);
    world_free(&dock->world);
}

void dock_run(struct dock *dock, int64_t to_ms)
{
    ck_assert(world_run(&dock->world, NULL, NULL, to_ms));
    ck_assert_int_eq(dock->world.now_ms, to_ms);
}

void dock_rule(struct dock *dock, struct fault_rule rule)
{
    ck_assert(faults_add(dock->net, &rule));
}

void dock_expect(struct dock *dock, const char *log)
{
    ck_assert_str_eq(dock->log, log);
    dock->log[0] = '\0';
}

void dock_accept(struct dock *dock, size_t index)
{
    struct channel *channel = dock->channels[index];
    const struct http_reply reply = {
        .status = channel->kind == CHANNEL_STREAM ? 200 : 101};
    channel->opened(channel, &reply);
}

void dock_say(struct dock *dock, size_t index, const char *text)
{
    struct channel *channel = dock->channels[index];
    /* As bytes of its own, so that keeping them is found out. */
    char bytes[1024];
    size_t n = strlen(text);
    ck_assert_uint_lt(n, sizeof bytes);
    memcpy(bytes, text, n);
    const struct heard what = {.bytes = {bytes, n},
                               .opcode =
                                   channel->kind == CHANNEL_STREAM ? 0 : 1,
                               .fin = true};
    channel->heard(channel, &what);
    memset(bytes, 0xa5, sizeof bytes);
}

void dock_end(struct dock *dock, size_t index, struct channel_end end)
{
    struct channel *channel = dock->channels[index];
    dock->channels[index] = NULL;
    channel->ended(channel, &end);
}

void dock_listen(struct dock *dock, struct ear *ear, enum channel_kind kind)
{
    char expected[64];
    size_t index = dock->count;
    bool stream = kind == CHANNEL_STREAM;
    const char *target = stream ? "/sync/todo/stream" : "/ws/todo";
    ear_init(ear, &dock->world, kind, target);
    ear->channel.actor = 3;
    ear->channel.id = 70 + (uint32_t)index;
    ear_open(ear, dock->net);
    snprintf(expected, sizeof expected, "open %s", target);
    dock_expect(dock, expected);
    dock_accept(dock, index);
    ck_assert_int_eq(ear->opened, 1);
    ear->log[0] = '\0';
    ear->log_bytes = 0;
}

struct fault_rule message_rule(enum fault_action action)
{
    return (struct fault_rule){.action = action,
                               .direction = FAULT_MESSAGE,
                               .actor = UINT32_MAX,
                               .per_mille = 1000};
}
