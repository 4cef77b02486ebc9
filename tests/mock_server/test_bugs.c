/* SPDX-License-Identifier: MIT */
/* test_bugs - every planted bug shows: the same steps are seen to end one way
 * on the sound server and another way with the bug. */
#include <stdio.h>
#include <string.h>

#include "protocol/clauses.h"
#include "tests/mock_server/rig.h"
#include "tests/mock_server/suites.h"

#define T0          "2025-01-01T00:00:00.000Z"
#define T1          "2025-01-01T00:00:01.000Z"
#define T2          "2025-01-01T00:00:02.000Z"
#define AFTER_START "1970-01-01T00:00:00.000000002Z"

static struct rig rig;

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

static const char *overlap(void)
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

static const char *commit_during_pull(void)
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

static const char *pull_again(void)
{
    push("a",
         rig_text(&rig, "%s,%s", update("1", "1", T0), update("2", "1", T0)));
    rig_pull(&rig, "alice", "b", EPOCH);
    rig_pull(&rig, "alice", "b", rig.cursor);
    return kept(rig_ids(&rig));
}

static const char *cursor_of_nothing(void)
{
    const char *before;

    push("a", update("1", "1", T0));
    rig_pull(&rig, "alice", "b", EPOCH);
    before = kept(rig.cursor);
    rig_pull(&rig, "alice", "b", before);
    return strcmp(rig.cursor, before) < 0 ? "back" : "not back";
}

static const char *pages(void)
{
    push_many("a", 25);
    return follow("b", EPOCH);
}

static const char *delta_of_push(void)
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

static const char *delta_over_collections(void)
{
    const char *cursor;
    size_t got;

    push("a", "{\"table\":\"notes\",\"id\":\"n\",\"op\":\"delete\","
              "\"deletedAt\":\"" T0 "\"}");
    push("b", update("mine", "1", T0));
    got = rig.got.count;
    cursor = kept(rig.cursor);
    rig_do(&rig, "GET",
           rig_text(&rig, "/sync/todo/pull?collection=notes&since=%s", cursor),
           "alice", "b", NULL);
    return rig_text(&rig, "%zu+%zu", got, rig.got.count);
}

static const char *first_sync(void)
{
    push("a",
         rig_text(&rig, "%s,%s", update("1", "1", T0), update("2", "1", T0)));
    rig_pull(&rig, "alice", "b", EPOCH);
    return kept(rig_ids(&rig));
}

static const char *late_offline_edit(void)
{
    const char *cursor;

    push("a", update("new", "1", T2));
    rig_pull(&rig, "alice", "c", EPOCH);
    cursor = kept(rig.cursor);
    push("b", update("old", "1", T0));
    rig_pull(&rig, "alice", "c", cursor);
    return kept(rig_ids(&rig));
}

static const char *echo(void)
{
    push("b", update("0", "1", T0));
    rig_push(&rig, "alice", "a", AFTER_START, update("1", "1", T0));
    return kept(rig_ids(&rig));
}

static const char *both_write_one_record(void)
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

static const char *kill_after_ack(void)
{
    push("a", update("1", "1", T0));
    rig_restart(&rig);
    return fresh();
}

static const char *string_with_nul(void)
{
    int status = push("a", insert("1", "\"t\":\"x\\u0000y\""));

    fresh();
    return rig_text(&rig, "%d %zu", status, rig.got.count);
}

static const char *bad_behind_good(void)
{
    int status =
        push("a", rig_text(&rig, "%s,%s", update("1", "1", T0),
                           "{\"table\":\"t\",\"id\":\"2\",\"op\":\"x\"}"));

    fresh();
    return rig_text(&rig, "%d %zu", status, rig.got.count);
}

static const char *bad_op(void)
{
    int status =
        push("a", rig_text(&rig, "%s,%s",
                           "{\"table\":\"t\",\"id\":\"2\",\"op\":\"x\"}",
                           update("1", "1", T0)));

    fresh();
    return rig_text(&rig, "%d %zu", status, rig.got.count);
}

static const char *retry(void)
{
    push("a", update("1", "\"old\"", T0));
    push("b", update("1", "\"new\"", T1));
    push("a", update("1", "\"old\"", T0));
    return fresh();
}

static const char *two_edits(void)
{
    push("a", update("1", "1", T0));
    push("a", update("1", "2", T1));
    return fresh();
}

static const char *order_in_push(void)
{
    push("a", rig_text(&rig, "%s,%s", insert("1", "\"n\":1"), gone("1", T1)));
    return fresh();
}

static const char *large_push(void)
{
    push_many("a", 150);
    return follow("b", EPOCH);
}

static const char *older_edit_of_other_field(void)
{
    push("a", update("1", "1", T2));
    push("b", "{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":"
              "{\"done\":{\"value\":true,\"at\":\"" T1 "\"}}}");
    return fresh();
}

static const char *one_stamp(void)
{
    push("a", update("1", "1", T0));
    return fresh();
}

static const char *older_edit_arrives_later(void)
{
    push("a", update("1", "\"new\"", T1));
    push("b", update("1", "\"old\"", T0));
    return fresh();
}

static const char *tie(void)
{
    push("a", update("1", "\"y\"", T0));
    push("b", update("1", "\"x\"", T0));
    return fresh();
}

static const char *tie_seen_by_writers(void)
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

static const char *stamps_of_different_length(void)
{
    push("a", update("1", "1", "2025-01-01T00:00:00Z"));
    push("b", update("1", "2", "2025-01-01T00:00:00.5Z"));
    return fresh();
}

static const char *delete_it(void)
{
    push("a", rig_text(&rig, "%s,%s", insert("1", "\"n\":1"), gone("1", T1)));
    return fresh();
}

static const char *delete_and_wait(void)
{
    push("a", gone("1", T1));
    fresh();
    const char *before = count();

    rig.now = instant_add_ms(rig.now, 11000);
    fresh();
    return rig_text(&rig, "%s then %s", before, count());
}

static const char *update_without_insert(void)
{
    push("a", rig_text(&rig, "%s,%s,%s", insert("1", "\"n\":1"),
                       update("1", "1", T0), update("2", "1", T0)));
    return fresh();
}

static const char *values(void)
{
    push("a", insert("1", "\"a\":null,\"b\":\"\",\"c\":{},\"d\":[],\"e\":0,"
                          "\"f\":false"));
    push("a", insert("2", ""));
    return fresh();
}

static const char *big_number(void)
{
    push("a", insert("1", "\"n\":9007199254740991,\"s\":\"1234567890123456\""));
    return fresh();
}

static const char *combining(void)
{
    push("a", insert("1", "\"s\":\"e\\u0301x\""));
    return fresh();
}

static const char *new_field(void)
{
    push("a",
         rig_text(&rig, "%s,%s", insert("1", "\"n\":1"), update("1", "1", T0)));
    return fresh();
}

static const char *another_user(void)
{
    push("a", update("1", "1", T0));
    rig_pull(&rig, "bob", "b", EPOCH);
    return look();
}

static const char *another_app(void)
{
    push("a", update("1", "1", T0));
    rig_do(&rig, "GET", "/sync/notes/pull?collection=tasks&since=" EPOCH,
           "alice", "b", NULL);
    return look();
}

static const char *another_collection(void)
{
    push("a", update("1", "1", T0));
    rig_do(&rig, "GET", "/sync/todo/pull?collection=notes&since=" EPOCH,
           "alice", "b", NULL);
    return look();
}

static const char *whose_client_id(void)
{
    rig_do(&rig, "POST", "/sync/todo", "alice", "head",
           rig_text(&rig, "{\"clientId\":\"body\",\"changes\":[%s]}",
                    update("1", "1", T0)));
    rig_pull(&rig, "alice", "head", AFTER_START);
    return count();
}

static const char *pull_without_token(void)
{
    push("a", update("1", "1", T0));
    rig_pull(&rig, NULL, "b", EPOCH);
    return rig.reply.status == 200 ? count() : look();
}

static const char *broken_json(void)
{
    rig_do(&rig, "POST", "/sync/todo", "alice", "a", "{\"changes\":[");
    return look();
}

static const char *garbage_behind(void)
{
    rig_do(&rig, "POST", "/sync/todo", "alice", "a",
           rig_text(&rig, "{\"changes\":[%s]} }garbage",
                    update("}", "\"]\\\"}\"", T0)));
    return rig.reply.status == 200 ? fresh() : look();
}

static const char *bad_since(void)
{
    push("a", update("1", "1", T0));
    rig_pull(&rig, "alice", "b", "yesterday");
    return rig.reply.status == 200 ? count() : look();
}

static const char *null_field(void)
{
    int status = push("a", "{\"table\":\"t\",\"id\":\"1\",\"op\":\"update\","
                           "\"fields\":{\"a\":null}}");

    rig_do(&rig, "GET", "/health", NULL, NULL, NULL);
    return rig_text(&rig, "%d %d", status, rig.reply.status);
}

/* ---- the table ---- */

static const struct showing {
    enum bug bug;
    const char *(*steps)(void);
    const char *sound, *wrong;
} showings[] = {
    {BUG_CURSOR_FROM_CLOCK_AFTER_READ, commit_during_pull, "1 | 2", " | 2"},
    {BUG_CURSOR_BEFORE_COMMIT, overlap, "0 early | late", "0 early | "},
    {BUG_CURSOR_CUT_TO_MILLISECONDS, pull_again, "", "2"},
    {BUG_CURSOR_GOES_BACK, cursor_of_nothing, "not back", "back"},
    {BUG_PAGE_SKIPS_EQUAL_STAMPS, pages, "25", "10"},
    {BUG_PAGE_WITHOUT_HAS_MORE, pages, "25", "10"},
    {BUG_HAS_MORE_NEVER_FALSE, pages, "25", "endless"},
    {BUG_PUSH_DELTA_TRUNCATED, delta_of_push, "more", "10+0"},
    {BUG_PUSH_CURSOR_SKIPS_OTHER_COLLECTIONS, delta_over_collections, "1+0",
     "0+0"},
    {BUG_FIRST_SYNC_MISSES_OLDEST, first_sync, "1 2", "2"},
    {BUG_ORDER_BY_CLIENT_STAMP, late_offline_edit, "old", ""},
    {BUG_OWN_CHANGES_ECHOED, echo, "0", "0 1"},
    {BUG_ECHO_FILTER_DROPS_OTHERS, both_write_one_record,
     "update 1 done=true@" T1, ""},
    {BUG_ACK_BEFORE_DURABLE, kill_after_ack, "update 1 title=1@" T0, ""},
    {BUG_ACK_THEN_DROP_ON_ERROR, string_with_nul, "200 1", "200 0"},
    {BUG_PARTIAL_PUSH_KEPT, bad_behind_good, "400 0", "400 1"},
    {BUG_RETRY_APPLIED_TWICE_AS_NEW, retry,
     "update 1 title=\"old\"@" T0 "; update 1 title=\"new\"@" T1,
     "update 1 title=\"old\"@" T0 "; update 1 title=\"new\"@" T1
     "; update 1 title=\"old\"@2025-06-15T15:06:40.003Z"},
    {BUG_DEDUPE_DROPS_SECOND_EDIT, two_edits,
     "update 1 title=1@" T0 "; update 1 title=2@" T1, "update 1 title=1@" T0},
    {BUG_BATCH_ORDER_REVERSED, order_in_push, "insert 1 n=1; delete 1 " T1,
     "delete 1 " T1 "; insert 1 n=1"},
    {BUG_LARGE_BATCH_TAIL_LOST, large_push, "150", "100"},
    {BUG_RECORD_LEVEL_LWW, older_edit_of_other_field,
     "update 1 title=1@" T2 "; update 1 done=true@" T1, "update 1 title=1@" T2},
    {BUG_SERVER_STAMP_INSTEAD_OF_CLIENT_STAMP, one_stamp,
     "update 1 title=1@" T0, "update 1 title=1@2025-06-15T15:06:40.001Z"},
    {BUG_ARRIVAL_ORDER_WINS, older_edit_arrives_later,
     "update 1 title=\"new\"@" T1 "; update 1 title=\"old\"@" T0,
     "update 1 title=\"new\"@" T1
     "; update 1 title=\"old\"@2025-01-01T00:00:01.000000001Z"},
    {BUG_TIE_BY_ARRIVAL, tie,
     "update 1 title=\"y\"@" T0 "; update 1 title=\"x\"@" T0,
     "update 1 title=\"y\"@" T0
     "; update 1 title=\"x\"@2025-01-01T00:00:00.000000001Z"},
    {BUG_TIE_WRONG_EVERYWHERE, tie_seen_by_writers,
     "update 1 title=\"x\"@" T0 " | ",
     "update 1 title=\"x\"@" T0
     "; update 1 title=\"x\"@2025-01-01T00:00:00.000000001Z | "
     "update 1 title=\"x\"@2025-01-01T00:00:00.000000001Z"},
    {BUG_STAMPS_COMPARED_AS_TEXT, stamps_of_different_length,
     "update 1 title=1@2025-01-01T00:00:00Z; update 1 "
     "title=2@2025-01-01T00:00:00.5Z",
     "update 1 title=1@2025-01-01T00:00:00Z"},
    {BUG_DELETE_NOT_DELIVERED, delete_it, "insert 1 n=1; delete 1 " T1,
     "insert 1 n=1"},
    {BUG_DELETE_TIME_LOST, delete_it, "insert 1 n=1; delete 1 " T1,
     "insert 1 n=1; delete 1"},
    {BUG_INSERT_REDELIVERED_AFTER_DELETE, delete_it,
     "insert 1 n=1; delete 1 " T1,
     "insert 1 n=1; delete 1 " T1 "; insert 1 deletedAt=null n=1 "
     "updatedAt=\"2025-01-01T00:00:01.000000001Z\""},
    {BUG_TOMBSTONE_PURGED_EARLY, delete_and_wait, "1 then 1", "1 then 0"},
    {BUG_UPDATE_CREATES_NOTHING, update_without_insert,
     "insert 1 n=1; update 1 title=1@" T0 "; update 2 title=1@" T0,
     "insert 1 n=1; update 1 title=1@" T0},
    {BUG_NULL_BECOMES_ABSENT, values,
     "insert 1 a=null b=\"\" c={} d=[] e=0 f=false; insert 2",
     "insert 1 b=\"\" c={} d=[] e=0 f=false; insert 2"},
    {BUG_EMPTY_DATA_DROPPED, values,
     "insert 1 a=null b=\"\" c={} d=[] e=0 f=false; insert 2",
     "insert 1 a=null e=0 f=false"},
    {BUG_INT_THROUGH_DOUBLE, big_number,
     "insert 1 n=9007199254740991 s=\"1234567890123456\"",
     "insert 1 n=9007199254740990 s=\"1234567890123456\""},
    {BUG_UNICODE_NORMALISED, combining, "insert 1 s=\"e\xcc\x81x\"",
     "insert 1 s=\"\xc3\xa9x\""},
    {BUG_UNKNOWN_FIELD_DROPPED, new_field, "insert 1 n=1; update 1 title=1@" T0,
     "insert 1 n=1"},
    {BUG_CROSS_USER_LEAK, another_user, "", "update 1 title=1@" T0},
    {BUG_CROSS_APP_LEAK, another_app, "", "update 1 title=1@" T0},
    {BUG_CROSS_COLLECTION_LEAK, another_collection, "", "update 1 title=1@" T0},
    {BUG_BODY_CLIENT_ID_TRUSTED, whose_client_id, "0", "1"},
    {BUG_AUTH_ONLY_ON_PUSH, pull_without_token, "401", "1"},
    {BUG_BAD_OP_ACKED, bad_op, "400 0", "200 1"},
    {BUG_500_ON_BAD_JSON, broken_json, "400", "500"},
    {BUG_TRAILING_GARBAGE_ACCEPTED, garbage_behind, "400",
     "update } title=\"]\\\"}\"@" T0},
    {BUG_BAD_SINCE_IS_EPOCH, bad_since, "400", "1"},
    {BUG_NULL_FIELD_CRASHES, null_field, "400 200", "500 503"},
};

enum { SHOWINGS = sizeof(showings) / sizeof(showings[0]) };

static void shows(const struct showing *showing, enum bug bug,
                  const char *wanted)
{
    const char *seen;

    rig_open(&rig, "v2", 10, bug, NULL);
    seen = showing->steps();
    ck_assert_msg(strcmp(seen, wanted) == 0, "%s, %s: \"%s\", not \"%s\"",
                  bug_info(showing->bug)->name,
                  bug == BUG_COUNT ? "sound" : "planted", seen, wanted);
    rig_close(&rig);
}

START_TEST(the_bug_shows_and_only_with_the_bug)
{
    const struct showing *showing = &showings[_i];

    shows(showing, BUG_COUNT, showing->sound);
    shows(showing, showing->bug, showing->wrong);
}
END_TEST

/* The others are shown by the tests of auth and by the one below. */
START_TEST(every_bug_is_shown)
{
    struct bug_set shown = {{0}};

    bug_add(&shown, BUG_EXPIRED_TOKEN_ACCEPTED);
    bug_add(&shown, BUG_ALG_NONE_ACCEPTED);
    bug_add(&shown, BUG_LEAK_PER_REQUEST);
    for (size_t i = 0; i < SHOWINGS; i++) {
        bug_add(&shown, showings[i].bug);
    }
    for (int bug = 0; bug < BUG_COUNT; bug++) {
        ck_assert_msg(bug_on(&shown, (enum bug)bug), "%s",
                      bug_info((enum bug)bug)->name);
    }
}
END_TEST

/* What is kept is given back with the server: the sanitizer would tell. */
START_TEST(every_request_leaks_until_the_server_ends)
{
    rig_open(&rig, "v2", 10, BUG_LEAK_PER_REQUEST, NULL);
    for (int i = 0; i < 1024; i++) {
        ck_assert_int_eq(rig_do(&rig, "GET", "/health", NULL, NULL, NULL), 200);
    }
    ck_assert_int_eq(rig_do(&rig, "GET", "/health", NULL, NULL, NULL), 503);
    rig_close(&rig);
}
END_TEST

START_TEST(the_table_is_whole)
{
    for (int i = 0; i < BUG_COUNT; i++) {
        const struct bug_info *info = bug_info((enum bug)i);

        ck_assert(info->name[0] && info->what[0] && info->clauses[0] &&
                  info->real[0]);
        ck_assert_int_eq(bug_find(str_of(info->name)), i);
        for (int k = 0; k < i; k++) {
            ck_assert_str_ne(info->name, bug_info((enum bug)k)->name);
        }
    }
    ck_assert_int_eq(bug_find(STR("no-such-bug")), BUG_COUNT);
    ck_assert_int_eq(bug_find(STR("")), BUG_COUNT);
    struct bug_set set = {{0}};

    ck_assert(!bug_any(&set));
    bug_add(&set, (enum bug)(BUG_COUNT - 1));
    ck_assert(bug_any(&set));
    ck_assert(bug_on(&set, (enum bug)(BUG_COUNT - 1)));
    ck_assert(!bug_on(&set, (enum bug)0));
}
END_TEST

START_TEST(bugs_name_clauses_that_exist)
{
    for (int i = 0; i < BUG_COUNT; i++) {
        struct str rest = str_of(bug_info((enum bug)i)->clauses);

        while (rest.n) {
            size_t end = str_find(rest, ' ');

            ck_assert_msg(clause_find(str_take(rest, end)) != NULL, "%.*s",
                          STR_ARG(rest));
            rest = str_skip(rest, end + 1);
        }
    }
}
END_TEST

START_TEST(only_two_bugs_need_overlap)
{
    for (int i = 0; i <= BUG_COUNT; i++) {
        rig_open(&rig, "v2", 10, (enum bug)i, NULL);
        ck_assert_int_eq(server_overlap_ms(rig.server) > 0,
                         i == BUG_CURSOR_BEFORE_COMMIT ||
                             i == BUG_CURSOR_FROM_CLOCK_AFTER_READ);
        rig_close(&rig);
    }
}
END_TEST

Suite *suite_bugs(void)
{
    Suite *suite = suite_create("bugs");
    TCase *group = tcase_create("museum");

    tcase_add_loop_test(group, the_bug_shows_and_only_with_the_bug, 0,
                        SHOWINGS);
    tcase_add_test(group, every_bug_is_shown);
    tcase_add_test(group, every_request_leaks_until_the_server_ends);
    tcase_add_test(group, the_table_is_whole);
    tcase_add_test(group, bugs_name_clauses_that_exist);
    tcase_add_test(group, only_two_bugs_need_overlap);
    suite_add_tcase(suite, group);
    return suite;
}
