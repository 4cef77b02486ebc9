/* SPDX-License-Identifier: MIT */
/* rig_live - the bench's other end of live channels.  Layer: tests. */
#include "tests/client/rig.h"

const char *rig_acts(struct rig *rig)
{
    struct buf text;
    buf_init(&text, 65536);
    while (engine_live_take(rig->engine, &rig->act)) {
        const struct live_act *act = &rig->act;
        switch (act->kind) {
        case LIVE_ACT_OPEN:
            buf_printf(&text, "open %u %.*s %.*s;", (unsigned)act->channel,
                       STR_ARG(act->http.method), STR_ARG(act->http.target));
            break;
        case LIVE_ACT_SAY:
            buf_printf(&text, "say %u %.*s;", (unsigned)act->channel,
                       STR_ARG(act->text));
            break;
        case LIVE_ACT_SHUT:
            buf_printf(&text, "shut %u %d;", (unsigned)act->channel, act->code);
            break;
        }
    }
    ck_assert(!text.failed);
    const char *kept = arena_str(&rig->arena, buf_view(&text)).p;
    buf_free(&text);
    return kept;
}

void rig_live_opens(struct rig *rig, uint32_t channel)
{
    struct http_reply reply = {.status = 101};
    engine_live_opened(rig->engine, rig->at, channel, &reply);
}

void rig_live_says(struct rig *rig, uint32_t channel, const char *text)
{
    struct codec_rules rules = codec_rules_default(rig->config.dialect);
    struct notice notice;
    bool readable =
        notice_read(str_of(text), &rules, &rig->arena, &notice, NULL) == ST_OK;
    const struct live_news news = {.notice = readable ? &notice : NULL};
    engine_live_heard(rig->engine, rig->at, channel, &news);
}

void rig_live_event(struct rig *rig, uint32_t channel, const char *type,
                    const char *data)
{
    struct codec_rules rules = codec_rules_default(rig->config.dialect);
    struct stream_event event;
    bool readable = stream_event_read(str_of(data), &rules, &rig->arena, &event,
                                      NULL) == ST_OK;
    const struct live_news news = {.event_type = str_of(type),
                                   .event = readable ? &event : NULL};
    engine_live_heard(rig->engine, rig->at, channel, &news);
}

void rig_live_changes(struct rig *rig, const char *table, const char *changes,
                      const char *until)
{
    struct str data = rig_format(rig,
                                 "{\"changes\":[%s],\"hasMore\":false,"
                                 "\"syncedUntil\":\"%s\",\"table\":\"%s\"}",
                                 changes, until, table);
    rig_live_event(rig, rig->act.channel, "changes", data.p);
}

void rig_live_ends(struct rig *rig, uint32_t channel, int code)
{
    const struct channel_end end = {
        .kind = code ? REPLY_ANSWER : REPLY_RESET,
        .opened = true,
        .code = code ? code : WS_CODE_ABNORMAL,
        .reason = code ? STR("by the\ntest") : STR(""),
        .error = code ? STR("") : STR("cut by the test")};
    engine_live_ended(rig->engine, rig->at, channel, &end);
}

void rig_live_answers(struct rig *rig, uint32_t channel, int status,
                      const char *body, const char *retry_after)
{
    struct channel_end end = {.kind = REPLY_ANSWER};
    end.reply.status = status;
    end.reply.body = str_of(body);
    if (retry_after) {
        http_reply_header(&end.reply, STR("Retry-After"), str_of(retry_after));
    }
    engine_live_ended(rig->engine, rig->at, channel, &end);
}

const char *rig_requests(struct rig *rig, const char *until)
{
    struct buf text;
    size_t requests = 0;
    buf_init(&text, 65536);
    while (engine_take(rig->engine, &rig->request)) {
        if (rig->request.kind == REQUEST_PUSH) {
            buf_puts(&text, "push ");
        } else {
            buf_printf(&text, "pull %.*s ", STR_ARG(rig->request.collection));
        }
        rig_answer(rig, "", until, false);
        ck_assert(++requests < 1000);
    }
    ck_assert(!engine_busy(rig->engine) && !text.failed);
    const char *kept = arena_str(&rig->arena, buf_view(&text)).p;
    buf_free(&text);
    return kept;
}

void rig_listen(struct rig *rig, enum listen_mode mode)
{
    engine_live(rig->engine, rig->at, mode);
    rig_acts(rig);
    CK_NUM(rig->act.channel, 1);
    rig_live_opens(rig, 1);
    rig_acts(rig);
    if (mode != LISTEN_STREAM) {
        rig_live_says(rig, 1, "{\"type\":\"auth-ok\"}");
    }
    CK_NUM(engine_live_state(rig->engine), LIVE_STATE_OPEN);
    rig_requests(rig, "2026-01-01T00:00:00.000000001Z");
}
