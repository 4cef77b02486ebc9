/* SPDX-License-Identifier: MIT */
/* rig - the bench.  Layer: tests. */
#include "tests/client/rig.h"

#include <stdarg.h>
#include <stdio.h>

struct instant rig_instant(const char *text)
{
    struct instant at = INSTANT_MIN;
    struct err err;
    ck_assert_msg(instant_parse(str_of(text), &at, &err) == ST_OK, "%s",
                  err.text);
    return at;
}

static struct str token_give(void *context, bool fresh)
{
    struct rig *rig = context;
    rig->tokens_asked++;
    rig->fresh_asked += fresh;
    return str_of(fresh ? rig->fresh_token : rig->token);
}

static struct client_bug_set bug_set(const char *name)
{
    struct client_bug_set set = {{0}};
    if (name) {
        enum client_bug bug = client_bug_find(str_of(name));
        ck_assert_msg(bug != CLIENT_BUG_COUNT, "no bug %s", name);
        client_bug_add(&set, bug);
    }
    return set;
}

void rig_open(struct rig *rig, const struct rig_options *options)
{
    static const struct rig_options none;
    static const struct str collections[] = {{"tasks", 5}, {"notes", 5}};
    options = options ? options : &none;
    *rig = (struct rig){.token = "jwt", .fresh_token = "jwt2"};
    arena_init(&rig->arena, (size_t)256 << 20);
    intern_init(&rig->intern, &rig->arena);
    history_init(&rig->history, &rig->arena);
    history_actor(&rig->history, (struct actor){.name = STR("alice")});
    rig->device_config = (struct device_config){
        .arena = &rig->arena,
        .intern = &rig->intern,
        .client_id = STR("device-a"),
        .collections = collections,
        .collection_count = 2,
        .strategy = options->strategy,
        .bugs = bug_set(options->bug),
        .history = &rig->history,
    };
    rig->device = device_create(&rig->device_config);
    engine_config_defaults(&rig->config);
    rig->config.dialect =
        dialect_find(str_of(options->dialect ? options->dialect : "v2"));
    rig->config.app = STR("to do");
    rig->config.timers = options->timers;
    rig->config.bugs = rig->device_config.bugs;
    rig->config.seed = 7;
    rig->config.token = token_give;
    rig->config.token_context = rig;
    rig->config.history = &rig->history;
    rig->config.arena = &rig->arena;
    if (options->push_max > 0) {
        rig->config.push_max = options->push_max;
    }
    rig->engine = engine_create(&rig->config, rig->device);
    rig->at.wall = rig_instant(T0);
}

void rig_ready(struct rig *rig, const struct rig_options *options)
{
    rig_open(rig, options);
    engine_sign_in(rig->engine, rig->at);
    CK_NUM(rig_drain(rig, "2026-01-01T00:00:00.000000001Z"), 2);
}

void rig_close(struct rig *rig)
{
    arena_free(&rig->arena);
}

void rig_wait(struct rig *rig, int64_t ms)
{
    rig->at.now_ms += ms;
    rig->at.wall = instant_add_ms(rig->at.wall, ms);
}

bool rig_tick(struct rig *rig)
{
    int64_t next_ms = engine_next_ms(rig->engine);
    if (next_ms == INT64_MAX) {
        return false;
    }
    if (next_ms > rig->at.now_ms) {
        rig_wait(rig, next_ms - rig->at.now_ms);
    }
    engine_tick(rig->engine, rig->at);
    return true;
}

static void edit_list(struct rig *rig, enum edit_kind kind, const char *id,
                      va_list list)
{
    struct field fields[16];
    struct edit edit = {.kind = kind,
                        .collection = STR("tasks"),
                        .id = str_of(id),
                        .fields = fields};
    const char *name;
    while ((name = va_arg(list, const char *))) {
        ck_assert(edit.field_count < 16);
        fields[edit.field_count++] = (struct field){
            .name = str_of(name), .value = str_of(va_arg(list, const char *))};
    }
    struct err err = {0};
    ck_assert_msg(engine_edit(rig->engine, rig->at, &edit, &err) == ST_OK, "%s",
                  err.text);
}

void rig_insert(struct rig *rig, const char *id, ...)
{
    va_list list;
    va_start(list, id);
    edit_list(rig, EDIT_INSERT, id, list);
    va_end(list);
}

void rig_update(struct rig *rig, const char *id, ...)
{
    va_list list;
    va_start(list, id);
    edit_list(rig, EDIT_UPDATE, id, list);
    va_end(list);
}

enum status rig_try(struct rig *rig, enum edit_kind kind, const char *id,
                    const char *name, struct err *err)
{
    struct field field = {.name = str_of(name), .value = STR("1")};
    struct edit edit = {.kind = kind,
                        .collection = STR("tasks"),
                        .id = str_of(id),
                        .fields = &field,
                        .field_count = name ? 1 : 0};
    return engine_edit(rig->engine, rig->at, &edit, err);
}

void rig_delete(struct rig *rig, const char *id)
{
    CK_NUM(rig_try(rig, EDIT_DELETE, id, NULL, NULL), ST_OK);
}

void rig_undelete(struct rig *rig, const char *id)
{
    CK_NUM(rig_try(rig, EDIT_UNDELETE, id, NULL, NULL), ST_OK);
}

const struct engine_request *rig_take(struct rig *rig)
{
    ck_assert(engine_take(rig->engine, &rig->request));
    return &rig->request;
}

bool rig_quiet(struct rig *rig)
{
    struct engine_request request;
    return !engine_take(rig->engine, &request);
}

void rig_reply(struct rig *rig, int status, const char *body,
               const char *retry_after)
{
    struct codec_rules rules = codec_rules_default(rig->config.dialect);
    struct response response;
    struct err err = {0};
    struct ending ending = {.kind = REPLY_ANSWER, .fate = FATE_ANSWERED};
    ending.reply.status = status;
    ending.reply.body = str_of(body);
    if (retry_after) {
        http_reply_header(&ending.reply, STR("Retry-After"),
                          str_of(retry_after));
    }
    err_set(&err, ST_NETWORK, "no 2xx answer");
    bool readable =
        status / 100 == 2 && response_read(str_of(body), &rules, &rig->arena,
                                           &response, &err) == ST_OK;
    const struct engine_reply reply = {.ending = &ending,
                                       .response = readable ? &response : NULL,
                                       .unreadable = &err};
    engine_receive(rig->engine, rig->at, rig->request.id, &reply);
}

void rig_lose(struct rig *rig, enum reply_kind kind, enum fate fate)
{
    struct ending ending = {
        .kind = kind, .fate = fate, .error = STR("by the test")};
    const struct engine_reply reply = {.ending = &ending};
    engine_receive(rig->engine, rig->at, rig->request.id, &reply);
}

struct str rig_format(struct rig *rig, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *text = arena_must(&rig->arena, (size_t)n + 1, 1);
    va_start(list, format);
    vsnprintf(text, (size_t)n + 1, format, list);
    va_end(list);
    return (struct str){text, (size_t)n};
}

void rig_answer(struct rig *rig, const char *changes, const char *until,
                bool has_more)
{
    struct str body =
        rig_format(rig,
                   "{\"serverChanges\":[%s],\"conflicts\":[],"
                   "\"syncedUntil\":\"%s\"%s}",
                   changes, until, has_more ? ",\"hasMore\":true" : "");
    rig_reply(rig, 200, body.p, NULL);
}

size_t rig_drain(struct rig *rig, const char *until)
{
    size_t requests = 0;
    while (engine_take(rig->engine, &rig->request)) {
        rig_answer(rig, "", until, false);
        ck_assert(++requests < 1000);
    }
    ck_assert(!engine_busy(rig->engine));
    return requests;
}

void rig_feed(struct rig *rig, const char *changes)
{
    static unsigned serial;
    engine_pull(rig->engine, rig->at, STR("tasks"));
    rig_take(rig);
    struct str until = rig_format(rig, "2026-01-01T00:00:01.%09uZ", ++serial);
    rig_answer(rig, changes, until.p, false);
    ck_assert(!engine_busy(rig->engine));
}

struct changeset rig_pushed(struct rig *rig)
{
    struct codec_rules rules = codec_rules_default(rig->config.dialect);
    struct changeset set;
    struct err err;
    CK_NUM(rig->request.kind, REQUEST_PUSH);
    ck_assert_msg(changeset_read(rig->request.http.body, &rules, &rig->arena,
                                 &set, &err) == ST_OK,
                  "%s", err.text);
    CK_NUM(set.count, rig->request.count);
    return set;
}

const struct field *rig_pushed_field(struct rig *rig, size_t change,
                                     const char *name)
{
    struct changeset set = rig_pushed(rig);
    ck_assert(change < set.count);
    const struct change *at = &set.changes[change];
    return at->has_data ? field_find(at->data, at->data_count, str_of(name))
                        : field_find(at->fields, at->field_count, str_of(name));
}

const char *rig_value(struct rig *rig, const char *id, const char *name)
{
    const struct record *record =
        device_record(rig->device, STR("tasks"), str_of(id));
    if (!record) {
        return "(none)";
    }
    const struct field *field = record_field(record, str_of(name));
    return field ? arena_str(&rig->arena, field->value).p : "(absent)";
}

bool rig_live(struct rig *rig, const char *id)
{
    const struct record *record =
        device_record(rig->device, STR("tasks"), str_of(id));
    return record && record_live(record);
}

size_t rig_pending(struct rig *rig)
{
    return device_pending_count(rig->device, (struct str){0});
}

const char *rig_cursor(struct rig *rig, const char *collection)
{
    struct str cursor = device_cursor(rig->device, str_of(collection));
    return arena_str(&rig->arena, cursor).p;
}

size_t rig_events(struct rig *rig, enum event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->history.count; i++) {
        count += rig->history.events[i].kind == kind;
    }
    return count;
}

const struct event *rig_last_event(struct rig *rig, enum event_kind kind)
{
    for (size_t i = rig->history.count; i > 0; i--) {
        if (rig->history.events[i - 1].kind == kind) {
            return &rig->history.events[i - 1];
        }
    }
    ck_abort_msg("no such event");
    return NULL;
}

const char *rig_print(struct arena *arena, const struct device *device)
{
    struct buf text;
    size_t count;
    buf_init(&text, (size_t)16 << 20);
    const struct record *const *records = device_records(device, arena, &count);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&text, "%.*s/%.*s", STR_ARG(records[i]->collection),
                   STR_ARG(records[i]->id));
        for (size_t f = 0; f < records[i]->field_count; f++) {
            const struct field *field = &records[i]->fields[f];
            char at[INSTANT_TEXT_MAX];
            struct str when = instant_write_ns(field->at, at);
            buf_printf(&text, " %.*s=%.*s@%.*s", STR_ARG(field->name),
                       STR_ARG(field->value), STR_ARG(when));
        }
        buf_putc(&text, '\n');
    }
    buf_putc(&text, '\n');
    const char *kept = arena_str(arena, buf_view(&text)).p;
    buf_free(&text);
    return kept;
}
