/* SPDX-License-Identifier: MIT */
/* ear - a live channel whose owner writes down all that it is told. */
#include "tests/transport/ear.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void write_down(struct ear *ear, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void write_down(struct ear *ear, const char *format, ...)
{
    size_t room = sizeof ear->log - ear->log_bytes;
    char *to = ear->log + ear->log_bytes;
    size_t n = 0;
    va_list list;
    if (room < 8) {
        return; /* it is full: nobody can expect that */
    }
    if (ear->log_bytes > 0) {
        n = (size_t)snprintf(to, room, " | ");
    }
    va_start(list, format);
    n += (size_t)vsnprintf(to + n, room - n, format, list);
    va_end(list);
    if (ear->world && !ear->quiet && n < room) {
        n +=
            (size_t)snprintf(to + n, room - n, "@%" PRId64, ear->world->now_ms);
    }
    ear->log_bytes += n < room ? n : room - 1;
}

static void went_on(struct ear *ear, char what)
{
    if (ear->then) {
        ear->then(ear, what);
    }
}

static void on_opened(struct channel *channel, const struct http_reply *reply)
{
    struct ear *ear = channel->context;
    ck_assert_int_eq(ear->ended, 0);
    ck_assert_int_eq(ear->opened++, 0);
    write_down(ear, "opened %d", reply->status);
    went_on(ear, 'o');
}

static void on_heard(struct channel *channel, const struct heard *what)
{
    struct ear *ear = channel->context;
    ck_assert_int_eq(ear->opened, 1);
    ck_assert_int_eq(ear->ended, 0);
    ear->heard++;
    ear->bytes += what->bytes.n;
    if (channel->kind == CHANNEL_FRAMES) {
        write_down(ear, "frame %u%s '%.*s'", what->opcode, what->fin ? "" : "+",
                   STR_ARG(what->bytes));
    } else {
        write_down(ear, "hear '%.*s'", STR_ARG(what->bytes));
    }
    went_on(ear, 'h');
}

static void copy_text(char *to, size_t size, struct str from)
{
    snprintf(to, size, "%.*s", STR_ARG(from));
}

static void on_ended(struct channel *channel, const struct channel_end *end)
{
    struct ear *ear = channel->context;
    ck_assert_int_eq(ear->ended++, 0);
    ck_assert_int_eq(end->opened, ear->opened == 1);
    ear->end = *end;
    copy_text(ear->reason, sizeof ear->reason, end->reason);
    copy_text(ear->error, sizeof ear->error, end->error);
    copy_text(ear->body, sizeof ear->body, end->reply.body);
    ck_assert_int_eq(end->error.n == 0, end->kind == REPLY_ANSWER);
    write_down(ear, "end %s %d", reply_kind_name(end->kind),
               end->kind == REPLY_ANSWER && !end->opened ? end->reply.status
                                                         : end->code);
    went_on(ear, 'e');
}

void ear_init(struct ear *ear, struct world *world, enum channel_kind kind,
              const char *target)
{
    memset(ear, 0, sizeof *ear);
    ear->world = world;
    ear->channel.kind = kind;
    ear->channel.request.method = STR("GET");
    ear->channel.request.target = str_of(target);
    ear->channel.timeout_ms = 10000;
    ear->channel.opened = on_opened;
    ear->channel.heard = on_heard;
    ear->channel.ended = on_ended;
    ear->channel.context = ear;
}

void ear_open(struct ear *ear, struct transport *transport)
{
    size_t before = ear->log_bytes;
    transport_open(transport, &ear->channel);
    ck_assert_uint_eq(ear->log_bytes, before);
}

void ear_expect(struct ear *ear, const char *log)
{
    ck_assert_str_eq(ear->log, log);
    ear->log[0] = '\0';
    ear->log_bytes = 0;
}
