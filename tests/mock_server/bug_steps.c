/* SPDX-License-Identifier: MIT */
/* bug_steps - what is done to a server so that a planted bug shows.
 * Layer: tests/mock_server. */
#include "tests/mock_server/bug_steps.h"

#include <stdio.h>
#include <string.h>

#define AFTER_START "1970-01-01T00:00:00.000000002Z"

struct rig rig;

/* ---- looking ---- */

static void look_at(const struct field *fields, size_t count, bool stamps,
                    struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, " %.*s=%.*s", STR_ARG(fields[i].name),
                   STR_ARG(fields[i].value));
        if (stamps) {
            buf_printf(out, "@%.*s", STR_ARG(fields[i].at_text));
        }
    }
}

/* The last answer in one line: "insert 1 a=1; update 1 a=2@…". */
static const char *look(void)
{
    struct buf out;

    if (rig.reply.status != 200) {
        return rig_text(&rig, "%d", rig.reply.status);
    }
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < rig.got.count; i++) {
        const struct change *c = &rig.got.changes[i];

        buf_printf(&out, "%s%s %.*s", i ? "; " : "", op_name(c->op),
                   STR_ARG(c->id));
        look_at(c->data, c->data_count, false, &out);
        look_at(c->fields, c->field_count, true, &out);
        if (c->has_deleted_at) {
            buf_printf(&out, " %.*s", STR_ARG(c->deleted_at_text));
        }
    }
    if (rig.got.malformed_count) {
        buf_printf(&out, " malformed=%zu", rig.got.malformed_count);
    }
    const char *text = arena_str(&rig.arena, buf_view(&out)).p;
    buf_free(&out);
    return text;
}

static const char *fresh(void)
{
    rig_pull(&rig, "alice", "fresh", EPOCH);
    return look();
}

static const char *kept(const char *text)
{
    return rig_text(&rig, "%s", text ? text : "");
}

static const char *update(const char *id, const char *value, const char *at)
{
    return rig_update(&rig, id, value, at);
}

static const char *insert(const char *id, const char *data)
{
    return rig_text(&rig,
                    "{\"table\":\"tasks\",\"id\":\"%s\",\"op\":\"insert\","
                    "\"data\":{%s}}",
                    id, data);
}

static const char *gone(const char *id, const char *at)
{
    return rig_text(&rig,
                    "{\"table\":\"tasks\",\"id\":\"%s\",\"op\":\"delete\","
                    "\"deletedAt\":\"%s\"}",
                    id, at);
}

static int push(const char *client, const char *changes)
{
    return rig_push(&rig, "alice", client, EPOCH, changes);
}

static const char *count(void)
{
    return rig_text(&rig, "%zu", rig.got.count);
}

/* Push `count` updates at once. */
static void push_many(const char *client, int many)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    for (int i = 0; i < many; i++) {
        char id[16];

        snprintf(id, sizeof(id), "%d", i);
        buf_printf(&out, "%s%s", i ? "," : "", update(id, "1", T0));
    }
    ck_assert_int_eq(push(client, out.p), 200);
    buf_free(&out);
}

/* Follow pages as a client does; how many changes came. */
static const char *follow(const char *client, const char *cursor)
{
    size_t got = 0;

    for (int i = 0; i < 20; i++) {
        rig_pull(&rig, "alice", client, cursor);
        got += rig.got.count;
        cursor = rig.cursor;
        if (!rig.got.has_more) {
            return rig_text(&rig, "%zu", got);
        }
    }
    return "endless";
}

/* ---- steps ---- */

const char *steps_overlap(void)
{
    struct server_job *late;
    const char *cursor;
    const char *seen;

    push("a", update("0", "1", T0));
    late = rig_begin_push(&rig, "a", EPOCH, update("late", "1", T0));
    push("b", update("early", "1", T0));
    rig_pull(&rig, "alice", "c", EPOCH);
    seen = kept(rig_ids(&rig));
    cursor = kept(rig.cursor);
    rig_finish(&rig, late);
    rig_pull(&rig, "alice", "c", cursor);
    return rig_text(&rig, "%s | %s", seen, rig_ids(&rig));
}

const char *steps_commit_during_pull(void)
{
    struct server_job *pull;
    const char *cursor;
    const char *seen;

    pull = rig_begin_pull(&rig, "c", EPOCH);
    push("a", update("1", "1", T0));
    rig_finish(&rig, pull);
    seen = kept(rig_ids(&rig));
    cursor = kept(rig.cursor);
    push("a", update("2", "1", T0));
    rig_pull(&rig, "alice", "c", cursor);
    return rig_text(&rig, "%s | %s", seen, rig_ids(&rig));
}

const char *steps_pull_again(void)
{
    push("a",
         rig_text(&rig, "%s,%s", update("1", "1", T0), update("2", "1", T0)));
    rig_pull(&rig, "alice", "b", EPOCH);
    rig_pull(&rig, "alice", "b", rig.cursor);
    return kept(rig_ids(&rig));
}

const char *steps_cursor_of_nothing(void)
{
    const char *before;

    push("a", update("1", "1", T0));
    rig_pull(&rig, "alice", "b", EPOCH);
    before = kept(rig.cursor);
    rig_pull(&rig, "alice", "b", before);
    return strcmp(rig.cursor, before) < 0 ? "back" : "not back";
}

const char *steps_pages(void)
{
    push_many("a", 25);
    return follow("b", EPOCH);
}

const char *steps_delta_of_push(void)
{
    const char *cursor;
    size_t got;

    push_many("a", 25);
    push("b", update("mine", "1", T0));
    got = rig.got.count;
    cursor = kept(rig.cursor);
    if (rig.got.has_more) {
        return "more";
    }
    rig_pull(&rig, "alice", "b", cursor);
    return rig_text(&rig, "%zu+%zu", got, rig.got.count);
}

const char *steps_delta_over_collections(void)
{
    const char *cursor;
    size_t got;

    push("a", "{\"table\":\"notes\",\"id\":\"n\",\"op\":\"delete\","
              "\"deletedAt\":\"" T0 "\"}");
    push("b", update("mine", "1", T0));
    got = rig.got.count;
    cursor = kept(rig.cursor);
    rig_do(
        &rig,
        rig_text(&rig, "GET /sync/todo/pull?collection=notes&since=%s", cursor),
        "alice", "b", NULL);
    return rig_text(&rig, "%zu+%zu", got, rig.got.count);
}

const char *steps_first_sync(void)
{
    push("a",
         rig_text(&rig, "%s,%s", update("1", "1", T0), update("2", "1", T0)));
    rig_pull(&rig, "alice", "b", EPOCH);
    return kept(rig_ids(&rig));
}

const char *steps_late_offline_edit(void)
{
    const char *cursor;

    push("a", update("new", "1", T2));
    rig_pull(&rig, "alice", "c", EPOCH);
    cursor = kept(rig.cursor);
    push("b", update("old", "1", T0));
    rig_pull(&rig, "alice", "c", cursor);
    return kept(rig_ids(&rig));
}

const char *steps_echo(void)
{
    push("b", update("0", "1", T0));
    rig_push(&rig, "alice", "a", AFTER_START, update("1", "1", T0));
    return kept(rig_ids(&rig));
}

const char *steps_both_write_one_record(void)
{
    const char *cursor;

    push("a", update("0", "1", T0));
    cursor = kept(rig.cursor);
    push("b",
         rig_text(&rig,
                  "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\","
                  "\"fields\":{\"done\":{\"value\":true,\"at\":\"" T1 "\"}}}"));
    rig_push(&rig, "alice", "a", AFTER_START, update("1", "2", T2));
    rig_pull(&rig, "alice", "a", cursor);
    return look();
}

const char *steps_kill_after_ack(void)
{
    push("a", update("1", "1", T0));
    rig_restart(&rig);
    return fresh();
}

const char *steps_string_with_nul(void)
{
    int status = push("a", insert("1", "\"t\":\"x\\u0000y\""));

    fresh();
    return rig_text(&rig, "%d %zu", status, rig.got.count);
}

const char *steps_bad_behind_good(void)
{
    int status =
        push("a", rig_text(&rig, "%s,%s", update("1", "1", T0),
                           "{\"table\":\"t\",\"id\":\"2\",\"op\":\"x\"}"));

    fresh();
    return rig_text(&rig, "%d %zu", status, rig.got.count);
}

const char *steps_bad_op(void)
{
    int status =
        push("a", rig_text(&rig, "%s,%s",
                           "{\"table\":\"t\",\"id\":\"2\",\"op\":\"x\"}",
                           update("1", "1", T0)));

    fresh();
    return rig_text(&rig, "%d %zu", status, rig.got.count);
}

const char *steps_retry(void)
{
    push("a", update("1", "\"old\"", T0));
    push("b", update("1", "\"new\"", T1));
    push("a", update("1", "\"old\"", T0));
    return fresh();
}

const char *steps_two_edits(void)
{
    push("a", update("1", "1", T0));
    push("a", update("1", "2", T1));
    return fresh();
}

const char *steps_order_in_push(void)
{
    push("a", rig_text(&rig, "%s,%s", insert("1", "\"n\":1"), gone("1", T1)));
    return fresh();
}

const char *steps_large_push(void)
{
    push_many("a", 150);
    return follow("b", EPOCH);
}

const char *steps_older_edit_of_other_field(void)
{
    push("a", update("1", "1", T2));
    push("b", "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":"
              "{\"done\":{\"value\":true,\"at\":\"" T1 "\"}}}");
    return fresh();
}

const char *steps_one_stamp(void)
{
    push("a", update("1", "1", T0));
    return fresh();
}

const char *steps_older_edit_arrives_later(void)
{
    push("a", update("1", "\"new\"", T1));
    push("b", update("1", "\"old\"", T0));
    return fresh();
}

const char *steps_tie(void)
{
    push("a", update("1", "\"y\"", T0));
    push("b", update("1", "\"x\"", T0));
    return fresh();
}

const char *steps_tie_seen_by_writers(void)
{
    const char *cursor, *other;

    push("a", update("1", "\"y\"", T0));
    cursor = kept(rig.cursor);
    push("b", update("1", "\"x\"", T0));
    other = kept(rig.cursor);
    rig_pull(&rig, "alice", "a", cursor);
    const char *seen_by_a = look();

    rig_pull(&rig, "alice", "b", other);
    return rig_text(&rig, "%s | %s", seen_by_a, look());
}

const char *steps_stamps_of_different_length(void)
{
    push("a", update("1", "1", "2025-01-01T00:00:00Z"));
    push("b", update("1", "2", "2025-01-01T00:00:00.5Z"));
    return fresh();
}

const char *steps_delete_it(void)
{
    push("a", rig_text(&rig, "%s,%s", insert("1", "\"n\":1"), gone("1", T1)));
    return fresh();
}

const char *steps_delete_and_wait(void)
{
    push("a", gone("1", T1));
    fresh();
    const char *before = count();

    rig.now = instant_add_ms(rig.now, 11000);
    fresh();
    return rig_text(&rig, "%s then %s", before, count());
}

const char *steps_update_without_insert(void)
{
    push("a", rig_text(&rig, "%s,%s,%s", insert("1", "\"n\":1"),
                       update("1", "1", T0), update("2", "1", T0)));
    return fresh();
}

const char *steps_values(void)
{
    push("a", insert("1", "\"a\":null,\"b\":\"\",\"c\":{},\"d\":[],\"e\":0,"
                          "\"f\":false"));
    push("a", insert("2", ""));
    return fresh();
}

const char *steps_big_number(void)
{
    push("a", insert("1", "\"n\":9007199254740991,\"s\":\"1234567890123456\""));
    return fresh();
}

const char *steps_combining(void)
{
    push("a", insert("1", "\"s\":\"e\\u0301x\""));
    return fresh();
}

const char *steps_new_field(void)
{
    push("a",
         rig_text(&rig, "%s,%s", insert("1", "\"n\":1"), update("1", "1", T0)));
    return fresh();
}

const char *steps_another_user(void)
{
    push("a", update("1", "1", T0));
    rig_pull(&rig, "bob", "b", EPOCH);
    return look();
}

const char *steps_another_app(void)
{
    push("a", update("1", "1", T0));
    rig_do(&rig, "GET /sync/notes/pull?collection=tasks&since=" EPOCH, "alice",
           "b", NULL);
    return look();
}

const char *steps_another_collection(void)
{
    push("a", update("1", "1", T0));
    rig_do(&rig, "GET /sync/todo/pull?collection=notes&since=" EPOCH, "alice",
           "b", NULL);
    return look();
}

const char *steps_whose_client_id(void)
{
    rig_do(&rig, "POST /sync/todo", "alice", "head",
           rig_text(&rig, "{\"clientId\":\"body\",\"changes\":[%s]}",
                    update("1", "1", T0)));
    rig_pull(&rig, "alice", "head", AFTER_START);
    return count();
}

const char *steps_pull_without_token(void)
{
    push("a", update("1", "1", T0));
    rig_pull(&rig, NULL, "b", EPOCH);
    return rig.reply.status == 200 ? count() : look();
}

const char *steps_broken_json(void)
{
    rig_do(&rig, "POST /sync/todo", "alice", "a", "{\"changes\":[");
    return look();
}

const char *steps_garbage_behind(void)
{
    rig_do(&rig, "POST /sync/todo", "alice", "a",
           rig_text(&rig, "{\"changes\":[%s]} }garbage",
                    update("}", "\"]\\\"}\"", T0)));
    return rig.reply.status == 200 ? fresh() : look();
}

const char *steps_bad_since(void)
{
    push("a", update("1", "1", T0));
    rig_pull(&rig, "alice", "b", "yesterday");
    return rig.reply.status == 200 ? count() : look();
}

const char *steps_null_field(void)
{
    int status = push("a", "{\"table\":\"t\",\"id\":\"1\",\"op\":\"update\","
                           "\"fields\":{\"a\":null}}");

    rig_do(&rig, "GET /health", NULL, NULL, NULL);
    return rig_text(&rig, "%d %d", status, rig.reply.status);
}
