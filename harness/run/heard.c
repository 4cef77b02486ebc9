/* SPDX-License-Identifier: MIT */
/* heard - what comes on a live channel is read: into its inbox, into the
 * history, and to the engine whose channel it is.  Layer: harness/run. */
#include "harness/run/channels.h"
#include "protocol/codec.h"
#include "protocol/ws.h"

struct told_cursor {
    struct str table, cursor;
    struct told_cursor *next;
};

/* A message that is read, on its way to history, inbox and engine. */
struct reading {
    struct run_channel *channel;
    struct message message;
    struct live_news news;
};

/* ---- to whom it goes ---- */

/* The cursor that an event of this table continues; it is told up to the
 * event's own from now on. */
static struct str cursor_continued(struct run_channel *channel,
                                   const struct stream_event *event)
{
    struct told_cursor *told = channel->told;
    struct str before = channel->since;
    while (told && !str_eq(told->table, event->table)) {
        told = told->next;
    }
    if (told) {
        before = told->cursor;
    } else {
        told = arena_must(channel->runner->arena, 1, sizeof(*told));
        told->table = event->table;
        told->next = channel->told;
        channel->told = told;
    }
    told->cursor = event->response.synced_until;
    return before;
}

static void reading_note(const struct reading *reading)
{
    struct run_channel *channel = reading->channel;
    const struct message *message = &reading->message;
    const struct notice *notice = message->notice;
    struct event event = channel_event(channel, EV_HEAR);
    event.text = message->what;
    event.body = message->bytes;
    if (notice && notice->kind == NOTICE_SYNC_AVAILABLE) {
        event.names = notice->tables;
        event.name_count = notice->table_count;
        event.id = notice->has_app ? notice->app : STR("");
        event.number = notice->has_app;
    }
    if (message->event) {
        event.collection = message->event->table;
        event.id = cursor_continued(channel, message->event);
        event.response = &message->event->response;
    }
    history_append(&channel->runner->history, event);
}

/* Does it end the waiting for who we are?  Where nothing answers auth, that is
 * the pong to the ping behind. */
static bool ends_auth(const struct run_channel *channel,
                      const struct notice *notice)
{
    bool answered = channel->runner->options->dialect->ws_auth_ok;
    return channel->token.p && !channel->listens && notice &&
           notice->kind == (answered ? NOTICE_AUTH_OK : NOTICE_PONG);
}

static void reading_end(struct reading *reading)
{
    struct run_channel *channel = reading->channel;
    struct run_client *client = channel->client;
    struct runner *runner = channel->runner;
    const struct notice *notice = reading->message.notice;
    reading->message.t_ms = runner->world.now_ms;
    reading_note(reading);
    inbox_add(channel->inbox, runner->arena, &reading->message);
    if (channel->number > 0) {
        client->notices += notice && notice->kind == NOTICE_SYNC_AVAILABLE;
        engine_live_heard(client->engine, client_moment(client),
                          channel->number, &reading->news);
        client_pump(client);
    } else if (ends_auth(channel, notice)) {
        channel_listens(channel);
        inbox_consume(channel->inbox, channel->inbox->count,
                      runner->world.now_ms);
    }
}

/* ---- sockets ---- */

static struct str frame_name(struct arena *arena, unsigned opcode)
{
    switch (opcode) {
    case WS_CONTINUATION:
        return STR("continuation");
    case WS_TEXT:
        return STR("text");
    case WS_BINARY:
        return STR("binary");
    case WS_CLOSE:
        return STR("close");
    case WS_PING:
        return STR("ping-frame");
    case WS_PONG:
        return STR("pong-frame");
    default:
        return arena_printf(arena, "frame-%u", opcode);
    }
}

static const struct notice *read_notice(struct run_channel *channel,
                                        struct str text)
{
    struct arena *arena = channel->runner->arena;
    struct notice *notice = arena_must(arena, 1, sizeof(*notice));
    struct codec_rules rules =
        codec_rules_default(channel->runner->options->dialect);
    struct err err;
    return notice_read(text, &rules, arena, notice, &err) == ST_OK ? notice
                                                                   : NULL;
}

static void read_close(struct message *message)
{
    const unsigned char *p = (const unsigned char *)message->bytes.p;
    message->code = message->bytes.n >= 2 ? p[0] << 8 | p[1] : WS_CODE_NONE;
    message->bytes = str_skip(message->bytes, 2);
}

static void hear_socket(struct run_channel *channel, const struct heard *what)
{
    struct arena *arena = channel->runner->arena;
    bool frames = channel->channel.kind == CHANNEL_FRAMES;
    struct reading reading = {.channel = channel};
    struct message *message = &reading.message;
    message->bytes = arena_str(arena, what->bytes);
    message->frame = frame_name(arena, what->opcode);
    message->what = message->frame;
    if (what->opcode == WS_TEXT && what->fin) {
        message->notice = read_notice(channel, message->bytes);
        if (message->notice) {
            message->what = str_of(notice_kind_name(message->notice->kind));
        } else if (!frames) {
            message->what = STR("unreadable");
        }
    } else if (what->opcode == WS_CLOSE) {
        read_close(message);
    }
    reading.news.notice = message->notice;
    reading_end(&reading);
}

/* ---- streams ---- */

static const struct stream_event *read_changes(struct run_channel *channel,
                                               struct str data)
{
    struct arena *arena = channel->runner->arena;
    struct codec_rules rules =
        codec_rules_default(channel->runner->options->dialect);
    struct stream_event *event = arena_must(arena, 1, sizeof(*event));
    struct err err;
    return stream_event_read(data, &rules, arena, event, &err) == ST_OK ? event
                                                                        : NULL;
}

static void hear_event(struct run_channel *channel,
                       const struct sse_event *event)
{
    struct arena *arena = channel->runner->arena;
    struct reading reading = {.channel = channel};
    struct message *message = &reading.message;
    message->bytes = arena_str(arena, event->data);
    reading.news.event_type = arena_str(arena, event->type);
    message->what = dialect_from_wire(channel->runner->options->dialect,
                                      GROUP_EVENTS, reading.news.event_type);
    if (str_is(message->what, "changes")) {
        message->frame = message->what;
        message->event = read_changes(channel, message->bytes);
        reading.news.event = message->event;
        message->what = message->event ? message->what : STR("unreadable");
    }
    reading_end(&reading);
}

static void hear_stream(struct run_channel *channel, struct str bytes)
{
    struct sse_event event;
    bool fits = sse_parser_feed(&channel->sse, bytes.p, bytes.n);
    while (channel->phase != CHANNEL_ENDED &&
           sse_parser_next(&channel->sse, &event)) {
        hear_event(channel, &event);
    }
    if (!fits && channel->phase != CHANNEL_ENDED) {
        channel_break(channel, REPLY_GARBLED, STR("an event without end"));
    }
}

void channel_heard(struct channel *transport, const struct heard *what)
{
    struct run_channel *channel = transport->context;
    if (channel->phase == CHANNEL_ENDED) {
        return;
    }
    if (transport->kind == CHANNEL_STREAM) {
        hear_stream(channel, what->bytes);
    } else {
        hear_socket(channel, what);
    }
}
