/* SPDX-License-Identifier: MIT */
/* live_story - see live_story.h.  Layer: tests. */
#include "tests/check/live_story.h"

#include "protocol/notice.h"

static struct str cursor(struct story *story, int second)
{
    return second == 0 ? STR(CURSOR_EPOCH_TEXT)
                       : arena_printf(&story->arena, "2026-03-27T11:00:%02d.5Z",
                                      second);
}

uint32_t live_open(struct story *story, uint32_t who, enum live_kind kind,
                   const char *target)
{
    struct event event = {.kind = EV_OPEN,
                          .actor = who,
                          .exchange = ++story->exchange,
                          .text = str_of(target)};
    event.as.live_kind = kind;
    story_event(story, event);
    return story->exchange;
}

void live_event(struct story *story, uint32_t who, uint32_t channel,
                enum event_kind kind)
{
    struct event event = {.kind = kind, .actor = who, .exchange = channel};
    event.code = kind == EV_OPENED ? 101 : 0;
    story_event(story, event);
}

uint32_t live_socket(struct story *story, uint32_t who)
{
    uint32_t channel = live_open(story, who, LIVE_APP_SOCKET, "/ws/app");
    live_event(story, who, channel, EV_OPENED);
    live_event(story, who, channel, EV_LISTENS);
    return channel;
}

uint32_t live_stream(struct story *story, uint32_t who, int since)
{
    struct event event = {.kind = EV_OPEN,
                          .actor = who,
                          .exchange = ++story->exchange,
                          .id = cursor(story, since),
                          .text = STR("/sync/app/stream?collections=tasks")};
    event.as.live_kind = LIVE_STREAM;
    story_event(story, event);
    live_event(story, who, event.exchange, EV_OPENED);
    live_event(story, who, event.exchange, EV_LISTENS);
    return event.exchange;
}

void live_notice(struct story *story, uint32_t who, uint32_t channel,
                 const char *table, const char *app)
{
    struct str *name = arena_must(&story->arena, 1, sizeof(*name));
    *name = str_of(table);
    struct event event = {.kind = EV_HEAR,
                          .actor = who,
                          .exchange = channel,
                          .text = STR("sync-available"),
                          .names = name,
                          .name_count = 1};
    if (app) {
        event.id = str_of(app);
        event.number = 1;
    }
    story_event(story, event);
}

void live_changes(struct story *story, struct changes changes)
{
    struct str until = cursor(story, changes.until);
    const char *table = changes.table ? changes.table : "tasks";
    struct str data =
        arena_printf(&story->arena,
                     "{\"changes\":%s,\"hasMore\":%s,\"syncedUntil\":\"%.*s\","
                     "\"table\":\"%s\"}",
                     changes.changes, changes.more ? "true" : "false",
                     STR_ARG(until), table);
    struct codec_rules rules = codec_rules_default(dialect_find(STR("v2")));
    struct stream_event *read = arena_must(&story->arena, 1, sizeof(*read));
    struct err err = {.status = ST_OK};
    ck_assert_msg(stream_event_read(data, &rules, &story->arena, read, &err) ==
                      ST_OK,
                  "%s", err.text);
    story_event(story, (struct event){.kind = EV_HEAR,
                                      .actor = changes.who,
                                      .exchange = changes.channel,
                                      .text = STR("changes"),
                                      .collection = read->table,
                                      .id = cursor(story, changes.since),
                                      .body = data,
                                      .response = &read->response});
}

void live_hear(struct story *story, uint32_t who, uint32_t channel,
               const char *what)
{
    story_event(story, (struct event){.kind = EV_HEAR,
                                      .actor = who,
                                      .exchange = channel,
                                      .text = str_of(what)});
}

void live_shut(struct story *story, uint32_t who, uint32_t channel, int by,
               int code)
{
    struct event event = {.kind = EV_SHUT,
                          .actor = who,
                          .exchange = channel,
                          .number = by,
                          .code = code};
    event.as.reply_kind = code == 1006 ? REPLY_RESET : REPLY_ANSWER;
    story_event(story, event);
}

void live_fault(struct story *story, uint32_t who, uint32_t channel)
{
    story_event(story, (struct event){.kind = EV_FAULT,
                                      .actor = who,
                                      .exchange = channel,
                                      .text = STR("the rule")});
}

void live_passes(struct story *story, int64_t ms)
{
    story->t_ms += ms;
}

void live_phases(struct story *story)
{
    static const char *const names[] = {"heal", "settle", "observe", "done"};
    for (size_t i = 0; i < 4; i++) {
        story_event(story,
                    (struct event){.kind = EV_PHASE, .text = str_of(names[i])});
    }
}

uint32_t live_push(struct story *story, uint32_t who, const char *changes)
{
    return story_push(story, (struct push){who, changes, 200, NULL, 0, 1,
                                           .kind = REQUEST_RAW});
}

void live_pull(struct story *story, uint32_t who, const char *delta, int since,
               int until)
{
    story_pull(story,
               (struct pull){who, NULL, delta, since, until, .more = false});
    story_pull(story,
               (struct pull){who, "notes", "[]", since, until, .more = false});
}

void live_end(struct story *story, const char *delta)
{
    live_phases(story);
    story_pull(story, (struct pull){story->observer, NULL, delta, 0, 9,
                                    .more = false});
}

uint32_t live_listen(struct story *story, const char *changes)
{
    uint32_t channel = live_socket(story, story->bob);
    live_pull(story, story->bob, "[]", 0, 1);
    live_push(story, story->alice, changes);
    return channel;
}
