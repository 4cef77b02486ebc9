/* SPDX-License-Identifier: MIT */
/* history_read - events back from what history_write_json wrote.
 * Layer: reports. */
#include "reports/jsonl.h"

static int32_t read_i32(struct jsonl_in *in, const struct json_node *object,
                        const char *key)
{
    int64_t number = jsonl_number(in, object, key, 0);
    if (number < INT32_MIN || number > INT32_MAX) {
        in->status = err_set(in->err, ST_SYNTAX,
                             "%s: expected an integer of 32 bits", key);
        return 0;
    }
    return (int32_t)number;
}

static uint32_t read_u32(struct jsonl_in *in, const struct json_node *object,
                         const char *key)
{
    return (uint32_t)jsonl_count(in, object, key, UINT32_MAX);
}

static size_t child_count(const struct json_node *array)
{
    size_t count = 0;
    for (const struct json_node *node = json_child(array); node;
         node = json_next(node)) {
        count++;
    }
    return count;
}

static void *read_room(struct jsonl_in *in, size_t count, size_t size)
{
    void *room = arena_array(in->arena, count + 1, size);
    if (!room && in->status == ST_OK) {
        in->status =
            err_set(in->err, ST_LIMIT, "the history is too long to keep");
    }
    return room;
}

static struct field *read_fields(struct jsonl_in *in,
                                 const struct json_node *object,
                                 const char *key, size_t *count)
{
    const struct json_node *array = jsonl_array(in, object, key);
    *count = 0;
    if (!array) {
        return NULL;
    }
    struct field *fields = read_room(in, child_count(array), sizeof *fields);
    for (const struct json_node *node = json_child(array);
         node && jsonl_expect(in, node, JSON_OBJECT, key);
         node = json_next(node)) {
        fields[(*count)++] = (struct field){
            .name = jsonl_bytes(in, node, "name"),
            .value = jsonl_bytes(in, node, "value"),
            .at_text = jsonl_bytes(in, node, "at"),
            .at = {jsonl_number(in, node, "at_s", INSTANT_MIN.s),
                   read_i32(in, node, "at_ns")},
        };
    }
    return fields;
}

static struct change read_change(struct jsonl_in *in,
                                 const struct json_node *node)
{
    struct change change = {
        .op = (enum op)jsonl_choice(in, node, "op", jsonl_ops, 0),
        .table = jsonl_bytes(in, node, "table"),
        .id = jsonl_bytes(in, node, "id"),
        .has_data = json_member(node, "data") != NULL,
        .has_fields = json_member(node, "fields") != NULL,
        .has_deleted_at = json_member(node, "deleted") != NULL,
        .deleted_at_text = jsonl_bytes(in, node, "deleted_at"),
        .event_id = jsonl_bytes(in, node, "event_id"),
        .actor = jsonl_bytes(in, node, "actor"),
        .origin = jsonl_bytes(in, node, "origin"),
        .space_id = jsonl_bytes(in, node, "space_id"),
        .schema_version = jsonl_number(in, node, "schema_version", 0),
    };
    change.data = read_fields(in, node, "data", &change.data_count);
    change.fields = read_fields(in, node, "fields", &change.field_count);
    if (change.has_deleted_at) {
        change.deleted_at = (struct instant){
            jsonl_number(in, node, "deleted_at_s", INSTANT_MIN.s),
            read_i32(in, node, "deleted_at_ns")};
    }
    return change;
}

static struct change *
read_changes(struct jsonl_in *in, const struct json_node *object, size_t *count)
{
    const struct json_node *array = jsonl_array(in, object, "changes");
    *count = 0;
    if (!array) {
        return NULL;
    }
    struct change *changes = read_room(in, child_count(array), sizeof *changes);
    for (const struct json_node *node = json_child(array);
         node && jsonl_expect(in, node, JSON_OBJECT, "changes");
         node = json_next(node)) {
        changes[(*count)++] = read_change(in, node);
    }
    return changes;
}

static struct str *read_names(struct jsonl_in *in,
                              const struct json_node *object, size_t *count)
{
    const struct json_node *array = jsonl_array(in, object, "names");
    *count = 0;
    if (!array) {
        return NULL;
    }
    struct str *names = read_room(in, child_count(array), sizeof *names);
    for (const struct json_node *node = json_child(array);
         node && jsonl_expect(in, node, JSON_OBJECT, "names");
         node = json_next(node)) {
        names[(*count)++] = jsonl_bytes(in, node, "name");
    }
    return names;
}

/* The names of an enum whose name function knows them all, for a choice. */
enum { NAMES_MAX = 32 };

static void read_detail(struct jsonl_in *in, const struct json_node *node,
                        struct event *event)
{
    const char *names[NAMES_MAX] = {0};
    if (event->kind == EV_SEND) {
        event->as.request_kind = (enum request_kind)jsonl_choice(
            in, node, "request", jsonl_request_kinds, 0);
    } else if (event->kind == EV_REPLY || event->kind == EV_SHUT) {
        for (int i = 0; i <= REPLY_GARBLED; i++) {
            names[i] = reply_kind_name((enum reply_kind)i);
        }
        event->as.reply_kind =
            (enum reply_kind)jsonl_choice(in, node, "reply", names, 0);
    } else if (event->kind == EV_LIFE) {
        for (int i = 0; i <= LIFE_SERVER_WIPE; i++) {
            names[i] = life_name((enum life)i);
        }
        event->as.life = (enum life)jsonl_choice(in, node, "life", names, 0);
    } else if (event->kind == EV_OPEN) {
        for (int i = 0; i <= LIVE_OTHER; i++) {
            names[i] = live_kind_name((enum live_kind)i);
        }
        event->as.live_kind =
            (enum live_kind)jsonl_choice(in, node, "live", names, LIVE_OTHER);
    } else if (event->kind == EV_EDIT || event->kind == EV_APPLY) {
        event->as.op = (enum op)jsonl_choice(in, node, "op", jsonl_ops, 0);
    }
}

static struct event read_event(struct jsonl_in *in,
                               const struct json_node *node)
{
    struct event event = {
        .kind = (enum event_kind)jsonl_choice(in, node, "kind",
                                              jsonl_event_kinds, 0),
        .actor = read_u32(in, node, "actor"),
        .line = read_u32(in, node, "line"),
        .t_ms = jsonl_number(in, node, "t_ms", 0),
        .exchange = read_u32(in, node, "exchange"),
        .code = read_i32(in, node, "code"),
        .number = jsonl_number(in, node, "number", 0),
        .fate = (enum fate)jsonl_choice(in, node, "fate", jsonl_fates, 0),
        .collection = jsonl_bytes(in, node, "collection"),
        .id = jsonl_bytes(in, node, "id"),
        .text = jsonl_bytes(in, node, "text"),
        .body = jsonl_bytes(in, node, "body"),
    };
    read_detail(in, node, &event);
    event.fields = read_fields(in, node, "fields", &event.field_count);
    event.changes = read_changes(in, node, &event.change_count);
    event.names = read_names(in, node, &event.name_count);
    return event;
}

enum status history_read_json(struct history *history,
                              const struct json_node *node, struct err *err)
{
    struct jsonl_in in = {history->arena, err, ST_OK};
    if (!jsonl_expect(&in, node, JSON_OBJECT, "event")) {
        return in.status;
    }
    struct event event = read_event(&in, node);
    if (in.status != ST_OK) {
        return in.status;
    }
    if (!json_member(node, "kind")) {
        return err_set(err, ST_SYNTAX, "kind: is missing");
    }
    if (event.actor >= history->actor_count) {
        return err_set(err, ST_SYNTAX, "actor: there is no actor %u",
                       (unsigned)event.actor);
    }
    /* Appending grows in leaps that cannot fail: half of the ceiling is kept
     * for them. */
    if (history->count >= JSONL_EVENTS ||
        history->arena->held > history->arena->ceiling / 2) {
        return err_set(err, ST_LIMIT, "the history is too long to keep");
    }
    history_append(history, event);
    return ST_OK;
}
