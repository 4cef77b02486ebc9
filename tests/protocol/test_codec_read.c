/* SPDX-License-Identifier: MIT */
/* test_codec_read - changesets from bytes: what is taken, what is refused and
 * with which sentence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec.h"
#include "tests/protocol/suites.h"

#define AT     "\"2026-03-27T10:05:00.000Z\""
#define TIME   "expected RFC 3339, e.g. 2026-03-27T10:05:00.000Z"
#define CHANGE "{\"table\":\"t\",\"id\":\"i\",\"op\":"

static struct arena arena;
static struct err err;

static void setup(void)
{
    arena_init(&arena, (size_t)256 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

static enum status read_set(const char *dialect, struct str text,
                            struct changeset *out)
{
    struct codec_rules rules = codec_rules_default(dialect_named(dialect));
    char *copy = malloc(text.n > 0 ? text.n : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text.p, text.n);
    enum status status =
        changeset_read((struct str){copy, text.n}, &rules, &arena, out, &err);
    free(copy);
    return status;
}

static struct changeset taken(const char *dialect, struct str text)
{
    struct changeset set;
    ck_assert_msg(read_set(dialect, text, &set) == ST_OK, "%.*s: %s",
                  STR_ARG(text), err.text);
    return set;
}

static void refuses(const char *dialect, const char *text, const char *says)
{
    struct changeset set;
    enum status status = read_set(dialect, str_of(text), &set);
    ck_assert_msg(status == ST_PROTOCOL, "%s: %s", text,
                  status == ST_OK ? "taken" : err.text);
    ck_assert_str_eq(err.text, says);
    ck_assert_int_eq(err.status, ST_PROTOCOL);
}

START_TEST(reads_a_whole_changeset)
{
    struct changeset set = taken(
        "v1",
        STR("{\"clientId\":\"c\",\"appId\":\"todo\",\"since\":\"x\",\"extra\":"
            "[1],\"changes\":[" CHANGE "\"insert\",\"data\":{\"title\":\"T\","
            "\"n\":1.0,\"createdAt\":" AT ",\"deletedAt\":null}}," CHANGE
            "\"update\",\"fields\":{\"b\":{\"value\":null,\"updatedAt\":"
            "\"2026-03-27T11:05:00.1+01:00\",\"more\":0},\"a\":{"
            "\"updatedAt\":" AT ",\"value\":{\"y\":1,\"x\":2}}}}," CHANGE
            "\"delete\",\"deletedAt\":" AT ",\"actor\":5}," CHANGE
            "\"delete\",\"deletedAt\":null}]}"));
    assert_text(set.client_id, "c");
    assert_text(set.app_id, "todo");
    assert_text(set.since, "x");
    ck_assert_uint_eq(set.count, 4);
    ck_assert_int_eq(set.schema_version, 0);
    const struct change *insert = &set.changes[0];
    ck_assert(insert->has_data && !insert->has_fields);
    ck_assert_int_eq(insert->op, OP_INSERT);
    ck_assert_uint_eq(insert->data_count, 4);
    assert_text(insert->data[0].name, "createdAt");
    assert_text(insert->data[1].name, "deletedAt");
    assert_text(insert->data[2].value, "1");
    assert_text(insert->data[3].value, "\"T\"");
    ck_assert_int_eq(instant_cmp(insert->data[3].at, INSTANT_MIN), 0);
    ck_assert_int_eq(change_insert_stamp(insert).s, 1774605900);
    const struct change *update = &set.changes[1];
    ck_assert(!update->has_data && update->has_fields);
    ck_assert_uint_eq(update->field_count, 2);
    assert_text(update->fields[0].name, "a");
    assert_text(update->fields[0].value, "{\"x\":2,\"y\":1}");
    assert_text(update->fields[1].value, "null");
    assert_text(update->fields[1].at_text, "2026-03-27T11:05:00.1+01:00");
    ck_assert_int_eq(update->fields[1].at.s, 1774605900);
    ck_assert_int_eq(update->fields[1].at.ns, 100000000);
    ck_assert(set.changes[2].has_deleted_at);
    assert_text(set.changes[2].deleted_at_text, "2026-03-27T10:05:00.000Z");
    ck_assert_uint_eq(set.changes[2].actor.n, 0);
    ck_assert(!set.changes[3].has_deleted_at);
}
END_TEST

START_TEST(an_insert_may_carry_everything)
{
    struct changeset set =
        taken("v2", STR("{\"changes\":[" CHANGE
                        "\"insert\",\"data\":{\"a\":1},\"fields\":{\"a\":{"
                        "\"value\":2,\"at\":" AT "}},\"deletedAt\":" AT "}]}"));
    ck_assert(set.changes[0].has_data && set.changes[0].has_fields &&
              set.changes[0].has_deleted_at);
    ck_assert(!set.has_client_id && !set.has_app_id && !set.has_since);
}
END_TEST

START_TEST(reads_the_extras_of_v2)
{
    struct str text =
        STR("{\"schemaVersion\":1,\"changes\":[" CHANGE
            "\"delete\",\"eventId\":\"e\",\"schemaVersion\":3,\"actor\":{\"k\":"
            "[1,2],\"a\":null},\"origin\":\"user\",\"spaceId\":\"s\"}," CHANGE
            "\"delete\",\"eventId\":null,\"schemaVersion\":null,\"actor\":null,"
            "\"origin\":null,\"spaceId\":null,\"data\":null,\"fields\":null}"
            "]}");
    struct changeset set = taken("v2", text);
    const struct change *change = &set.changes[0];
    ck_assert_int_eq(set.schema_version, 1);
    assert_text(change->event_id, "\"e\"");
    ck_assert_int_eq(change->schema_version, 3);
    assert_text(change->actor, "{\"a\":null,\"k\":[1,2]}");
    assert_text(change->origin, "\"user\"");
    assert_text(change->space_id, "\"s\"");
    change++;
    ck_assert_uint_eq(change->event_id.n + change->actor.n + change->origin.n +
                          change->space_id.n,
                      0);
    ck_assert_int_eq(change->schema_version, 0);
    ck_assert(!change->has_data && !change->has_fields);
    /* v1 does not know them, so they are unknown members there. */
    set = taken("v1", text);
    ck_assert_uint_eq(set.changes[0].actor.n, 0);
    ck_assert_int_eq(set.schema_version, 0);
}
END_TEST

START_TEST(schema_version_of_a_changeset)
{
    ck_assert_int_eq(taken("v2", STR("{\"changes\":[]}")).schema_version, 0);
    ck_assert_int_eq(
        taken("v2", STR("{\"schemaVersion\":0,\"changes\":[]}")).schema_version,
        1);
    ck_assert_int_eq(taken("v2", STR("{\"schemaVersion\":-9,\"changes\":[]}"))
                         .schema_version,
                     1);
    ck_assert_int_eq(taken("v2", STR("{\"schemaVersion\":1.0,\"changes\":[]}"))
                         .schema_version,
                     1);
    refuses("v2", "{\"schemaVersion\":2,\"changes\":[]}",
            "unsupported schemaVersion 2 (max 1)");
    refuses("v2", "{\"schemaVersion\":\"1\",\"changes\":[]}",
            "schemaVersion: expected an integer, found a string");
    refuses("v2", "{\"schemaVersion\":null,\"changes\":[]}",
            "schemaVersion: expected an integer, found null");
    refuses("v2", "{\"schemaVersion\":1.5,\"changes\":[]}",
            "schemaVersion: expected an integer of 64 bits, found another "
            "number");
    taken("v1", STR("{\"schemaVersion\":\"x\",\"changes\":[]}"));
}
END_TEST

START_TEST(refuses_a_wrong_top)
{
    refuses("v1", "[]", "changeset: expected an object, found an array");
    refuses("v1", "1", "changeset: expected an object, found a number");
    refuses("v1", "null", "changeset: expected an object, found null");
    refuses("v1", "{}", "changes: missing (expected an array)");
    refuses("v1", "{\"Changes\":[]}", "changes: missing (expected an array)");
    refuses("v1", "{\"changes\":null}",
            "changes: expected an array, found null");
    refuses("v1", "{\"changes\":{}}",
            "changes: expected an array, found an object");
    refuses("v1", "{\"clientId\":7,\"changes\":[]}",
            "clientId: expected a string, found a number");
    refuses("v1", "{\"appId\":null,\"changes\":[]}",
            "appId: expected a string, found null");
    refuses("v1", "{\"since\":0,\"changes\":[]}",
            "since: expected a string, found a number");
}
END_TEST

START_TEST(refuses_what_is_not_json)
{
    struct changeset set;
    ck_assert_int_eq(read_set("v1", STR(""), &set), ST_SYNTAX);
    ck_assert_int_eq(read_set("v1", STR("{\"changes\":[]}x"), &set), ST_SYNTAX);
    ck_assert_str_eq(err.text, "found 'x', expected the end of the text at "
                               "offset 14 (line 1, column 15)");
    ck_assert_int_eq(
        read_set("v1", STR("{\"changes\":[],\"changes\":[]}"), &set),
        ST_SYNTAX);
    struct str deep = repeated(&arena, "[", 10000);
    ck_assert_int_eq(read_set("v1", deep, &set), ST_LIMIT);
}
END_TEST

/* One change inside a changeset of dialect v2. */
static void refuses_change(const char *change, const char *says)
{
    struct str text = arena_printf(
        &arena, "{\"changes\":[" CHANGE "\"delete\"},%s]}", change);
    refuses("v2", text.p, says);
}

START_TEST(refuses_a_wrong_entry)
{
    refuses_change("null", "changes[1]: expected an object, found null");
    refuses_change("[]", "changes[1]: expected an object, found an array");
    refuses_change("{\"id\":\"i\",\"op\":\"delete\"}",
                   "changes[1].table: missing (expected a string)");
    refuses_change("{\"table\":\"\",\"id\":\"i\",\"op\":\"delete\"}",
                   "changes[1].table: empty (expected at least one character)");
    refuses_change("{\"table\":null,\"id\":\"i\",\"op\":\"delete\"}",
                   "changes[1].table: expected a string, found null");
    refuses_change("{\"table\":\"t\",\"op\":\"delete\"}",
                   "changes[1].id: missing (expected a string)");
    refuses_change("{\"table\":\"t\",\"iD\":\"i\",\"op\":\"delete\"}",
                   "changes[1].id: missing (expected a string)");
    refuses_change("{\"table\":\"t\",\"id\":7,\"op\":\"delete\"}",
                   "changes[1].id: expected a string, found a number");
    refuses_change("{\"table\":\"t\",\"id\":\"\",\"op\":\"delete\"}",
                   "changes[1].id: empty (expected at least one character)");
    refuses_change("{\"table\":\"t\",\"id\":\"i\"}",
                   "changes[1].op: missing (expected insert, update or "
                   "delete)");
    refuses_change(CHANGE "\"upsert\"}", "changes[1].op: unknown op \"upsert\" "
                                         "(expected insert, update or delete)");
    refuses_change(CHANGE "\"INSERT\"}", "changes[1].op: unknown op \"INSERT\" "
                                         "(expected insert, update or delete)");
    refuses_change(CHANGE "\"\"}", "changes[1].op: unknown op \"\" (expected "
                                   "insert, update or delete)");
    refuses_change(CHANGE "\"delete \"}",
                   "changes[1].op: unknown op \"delete \" (expected insert, "
                   "update or delete)");
    refuses_change(CHANGE "null}",
                   "changes[1].op: expected a string, found null");
}
END_TEST

START_TEST(refuses_wrong_data)
{
    refuses_change(CHANGE "\"insert\"}",
                   "changes[1].data: missing (an insert carries the record "
                   "here)");
    refuses_change(CHANGE "\"insert\",\"data\":null}",
                   "changes[1].data: null (an insert carries the record "
                   "here)");
    refuses_change(CHANGE "\"insert\",\"data\":[]}",
                   "changes[1].data: expected an object, found an array");
    refuses_change(CHANGE "\"insert\",\"data\":{\"updatedAt\":1}}",
                   "changes[1].data.updatedAt: not a time: a number (" TIME
                   ")");
    refuses_change(CHANGE "\"insert\",\"data\":{\"updatedAt\":null}}",
                   "changes[1].data.updatedAt: not a time: null (" TIME ")");
    refuses_change(CHANGE "\"insert\",\"data\":{\"createdAt\":\"\"}}",
                   "changes[1].data.createdAt: not a time: \"\" (" TIME ")");
    refuses_change(CHANGE "\"insert\",\"data\":{\"deletedAt\":false}}",
                   "changes[1].data.deletedAt: not a time: a boolean (" TIME
                   ")");
    refuses_change(CHANGE "\"insert\",\"data\":{\"n\":{\"a b\":[0,1e400]}}}",
                   "changes[1].data.n[\"a b\"][1]: a number that no double can "
                   "hold (expected at most 1.7976931348623157e308)");
    taken("v2", STR("{\"changes\":[" CHANGE
                    "\"insert\",\"data\":{\"deletedAt\":" AT "}}]}"));
    /* Only a record's own times make stamps. */
    taken("v2", STR("{\"changes\":[" CHANGE
                    "\"delete\",\"data\":{\"updatedAt\":1}}]}"));
}
END_TEST

START_TEST(refuses_wrong_fields)
{
    refuses_change(CHANGE "\"update\"}",
                   "changes[1].fields: missing (an update carries what it "
                   "changes here)");
    refuses_change(CHANGE "\"update\",\"data\":{}}",
                   "changes[1].fields: missing (an update carries what it "
                   "changes here)");
    refuses_change(CHANGE "\"update\",\"fields\":\"x\"}",
                   "changes[1].fields: expected an object, found a string");
    refuses_change(CHANGE "\"update\",\"fields\":{\"a\":null}}",
                   "changes[1].fields.a: expected an object with value and "
                   "stamp, found null");
    refuses_change(CHANGE "\"update\",\"fields\":{\"a b\":5}}",
                   "changes[1].fields[\"a b\"]: expected an object with value "
                   "and stamp, found a number");
    refuses_change(CHANGE "\"update\",\"fields\":{\"a\":{\"value\":1}}}",
                   "changes[1].fields.a.at: missing (" TIME ")");
    refuses_change(CHANGE "\"update\",\"fields\":{\"a\":{\"at\":" AT "}}}",
                   "changes[1].fields.a.value: missing (expected any JSON "
                   "value)");
    refuses_change(CHANGE "\"update\",\"fields\":{\"title\":{\"value\":1,"
                          "\"at\":\"10:05\"}}}",
                   "changes[1].fields.title.at: not a time: \"10:05\" (" TIME
                   ")");
    refuses_change(CHANGE "\"update\",\"fields\":{\"\":{\"value\":1,\"at\":"
                          "\"\"}}}",
                   "changes[1].fields[\"\"].at: not a time: \"\" (" TIME ")");
    refuses_change(CHANGE "\"update\",\"fields\":{\"a\\n\\\"\":{\"value\":1,"
                          "\"at\":7}}}",
                   "changes[1].fields[\"a\\x0a\\\"\"].at: not a time: a number "
                   "(" TIME ")");
    refuses_change(CHANGE "\"update\",\"fields\":{\"a\":{\"value\":1,\"at\":"
                          "\"2026-02-30T00:00:00Z\"}}}",
                   "changes[1].fields.a.at: not a time: "
                   "\"2026-02-30T00:00:00Z\" (no such day; " TIME ")");
    refuses_change(CHANGE "\"update\",\"fields\":{\"a\":{\"value\":-1e400,"
                          "\"at\":" AT "}}}",
                   "changes[1].fields.a.value: a number that no double can "
                   "hold (expected at most 1.7976931348623157e308)");
    taken("v2", STR("{\"changes\":[" CHANGE "\"update\",\"fields\":{}}]}"));
}
END_TEST

START_TEST(a_stamp_under_the_other_key_is_told)
{
    refuses_change(CHANGE "\"update\",\"fields\":{\"a\":{\"value\":1,"
                          "\"updatedAt\":" AT "}}}",
                   "changes[1].fields.a: stamp under \"updatedAt\", the key of "
                   "another dialect (v2 expects \"at\")");
    refuses("v1",
            "{\"changes\":[" CHANGE "\"update\",\"fields\":{\"a\":{\"value\":1,"
            "\"at\":" AT "}}}]}",
            "changes[0].fields.a: stamp under \"at\", the key of another "
            "dialect (v1 expects \"updatedAt\")");
}
END_TEST

START_TEST(refuses_wrong_extras_and_deletes)
{
    refuses_change(CHANGE "\"delete\",\"deletedAt\":5}",
                   "changes[1].deletedAt: not a time: a number (" TIME ")");
    refuses_change(CHANGE "\"delete\",\"deletedAt\":\"now\"}",
                   "changes[1].deletedAt: not a time: \"now\" (" TIME ")");
    refuses_change(CHANGE "\"delete\",\"spaceId\":5}",
                   "changes[1].spaceId: expected a string, found a number");
    refuses_change(CHANGE "\"delete\",\"origin\":{}}",
                   "changes[1].origin: expected a string, found an object");
    refuses_change(CHANGE "\"delete\",\"eventId\":true}",
                   "changes[1].eventId: expected a string, found a boolean");
    refuses_change(CHANGE "\"delete\",\"schemaVersion\":\"1\"}",
                   "changes[1].schemaVersion: expected an integer, found a "
                   "string");
    refuses_change(CHANGE "\"delete\",\"actor\":[1e999]}",
                   "changes[1].actor[0]: a number that no double can hold "
                   "(expected at most 1.7976931348623157e308)");
}
END_TEST

START_TEST(numbers_in_ignored_members_do_not_matter)
{
    taken("v2", STR("{\"x\":1e400,\"changes\":[" CHANGE
                    "\"delete\",\"y\":[1e400]}]}"));
}
END_TEST

static enum status read_name_of(size_t bytes, const char *format)
{
    struct changeset set;
    struct str name = repeated(&arena, "n", bytes);
    struct buf text;
    struct str form = str_of(format);
    buf_init(&text, 65536);
    size_t at = str_find(form, '$');
    buf_str(&text, str_take(form, at));
    buf_str(&text, name);
    buf_str(&text, str_skip(form, at + 1));
    enum status status = read_set("v2", buf_view(&text), &set);
    buf_free(&text);
    return status;
}

START_TEST(name_limits_are_exact)
{
    static const struct {
        const char *format, *place;
    } cases[] = {
        {"{\"clientId\":\"$\",\"changes\":[]}", "clientId"},
        {"{\"appId\":\"$\",\"changes\":[]}", "appId"},
        {"{\"changes\":[{\"table\":\"$\",\"id\":\"i\",\"op\":\"delete\"}]}",
         "changes[0].table"},
        {"{\"changes\":[{\"table\":\"t\",\"id\":\"$\",\"op\":\"delete\"}]}",
         "changes[0].id"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char want[128];
        ck_assert_int_eq(read_name_of(LIMIT_NAME_BYTES, cases[i].format),
                         ST_OK);
        ck_assert_int_eq(read_name_of(LIMIT_NAME_BYTES + 1, cases[i].format),
                         ST_LIMIT);
        snprintf(want, sizeof want, "%s: 4097 bytes, at most 4096",
                 cases[i].place);
        ck_assert_str_eq(err.text, want);
    }
    static const char *const fields[] = {
        "{\"changes\":[" CHANGE "\"insert\",\"data\":{\"$\":1}}]}",
        "{\"changes\":[" CHANGE "\"update\",\"fields\":{\"$\":{\"value\":1,"
        "\"at\":" AT "}}}]}"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        ck_assert_int_eq(read_name_of(LIMIT_NAME_BYTES, fields[i]), ST_OK);
        ck_assert_int_eq(read_name_of(LIMIT_NAME_BYTES + 1, fields[i]),
                         ST_LIMIT);
        ck_assert_ptr_nonnull(strstr(err.text, "nnn…\"]: 4097 bytes"));
    }
    /* The cursor belongs to the server: it judges. */
    ck_assert_int_eq(read_name_of(20000, "{\"since\":\"$\",\"changes\":[]}"),
                     ST_OK);
}
END_TEST

START_TEST(count_limits_are_exact)
{
    struct changeset set;
    struct buf text;
    buf_init(&text, 16 << 20);
    for (size_t count = LIMIT_CHANGES; count <= LIMIT_CHANGES + 1; count++) {
        buf_clear(&text);
        buf_puts(&text, "{\"changes\":[");
        buf_str(&text, repeated(&arena, CHANGE "\"delete\"},", count - 1));
        buf_puts(&text, CHANGE "\"delete\"}]}");
        ck_assert_int_eq(read_set("v1", buf_view(&text), &set),
                         count == LIMIT_CHANGES ? ST_OK : ST_LIMIT);
    }
    ck_assert_str_eq(err.text, "changes: 10001 changes, at most 10000");
    for (size_t count = LIMIT_FIELDS; count <= LIMIT_FIELDS + 1; count++) {
        buf_clear(&text);
        buf_puts(&text, "{\"changes\":[" CHANGE "\"insert\",\"data\":{");
        for (size_t i = 0; i < count; i++) {
            buf_printf(&text, "%s\"f%zu\":%zu", i > 0 ? "," : "", i, i);
        }
        buf_puts(&text, "}}]}");
        ck_assert_int_eq(read_set("v1", buf_view(&text), &set),
                         count == LIMIT_FIELDS ? ST_OK : ST_LIMIT);
    }
    ck_assert_str_eq(err.text, "changes[0].data: 4097 fields, at most 4096");
    buf_free(&text);
}
END_TEST

START_TEST(a_deep_place_is_shown)
{
    struct str value = arena_printf(&arena, "%.*s1e400%.*s",
                                    STR_ARG(repeated(&arena, "{\"k\":", 120)),
                                    STR_ARG(repeated(&arena, "}", 120)));
    struct str text = arena_printf(
        &arena, "{\"changes\":[" CHANGE "\"insert\",\"data\":{\"v\":%.*s}}]}",
        STR_ARG(value));
    struct changeset set;
    ck_assert_int_eq(read_set("v1", text, &set), ST_PROTOCOL);
    ck_assert(str_starts(str_of(err.text), STR("changes[0].data.v.k.k.k.k")));
    ck_assert(str_ends(str_of(err.text),
                       STR("(expected at most 1.7976931348623157e308)")));
}
END_TEST

START_TEST(ids_are_kept_byte_for_byte)
{
    struct changeset set = taken(
        "v1", STR("{\"changes\":[{\"table\":\"a/b ..\",\"id\":\"x\\u0000y "
                  "\\\"\xf0\x9f\xa5\x9b\",\"op\":\"delete\"}]}"));
    assert_text(set.changes[0].table, "a/b ..");
    ck_assert(str_eq(set.changes[0].id, STR("x\0y \"\xf0\x9f\xa5\x9b")));
}
END_TEST

/* Every byte of a changeset, replaced by bytes that mean something. */
START_TEST(survives_any_changed_byte)
{
    static const unsigned char bytes[] = {0,    1,    '"', '\\', '{', '}',
                                          '[',  ']',  ',', ':',  '0', 'e',
                                          0x80, 0xc3, ' ', 'u',  '-', 0xff};
    struct str text =
        STR("{\"since\":\"x\",\"changes\":[" CHANGE
            "\"insert\",\"data\":{\"a\":[1e40,\"\\u0000\\ud83d\\ude39\"],\"cr"
            "eatedAt\":" AT "}}," CHANGE "\"update\",\"fields\":{\"\xc3\xa9\":"
            "{\"value\":9007199254740993,\"at\":" AT "}}}]}");
    size_t ok = 0, bad = 0;
    for (size_t i = 0; i < text.n; i++) {
        for (size_t k = 0; k < sizeof bytes; k++) {
            struct codec_rules rules = codec_rules_default(dialect_named("v2"));
            struct changeset set;
            struct str copy = arena_str(&arena, text);
            ((char *)(uintptr_t)copy.p)[i] = (char)bytes[k];
            enum status status =
                changeset_read(copy, &rules, &arena, &set, &err);
            ck_assert(status == ST_OK || err.text[0] != '\0');
            status == ST_OK ? ok++ : bad++;
            arena_reset(&arena);
        }
    }
    ck_assert_uint_gt(ok, 0);
    ck_assert_uint_gt(bad, ok);
}
END_TEST

/* Whatever is given, memory that runs out is told and nothing leaks. */
START_TEST(survives_any_shortage_of_memory)
{
    struct str text = STR("{\"changes\":[" CHANGE
                          "\"update\",\"fields\":{\"a\":{\"value\":[1e-400],"
                          "\"at\":" AT "}},\"actor\":{\"a\":1}}]}");
    struct codec_rules rules = codec_rules_default(dialect_named("v2"));
    struct changeset set;
    struct arena small;
    size_t short_of = 0;
    for (size_t ceiling = 0; ceiling < 40000; ceiling += 64) {
        arena_init(&small, ceiling);
        enum status status = changeset_read(text, &rules, &small, &set, &err);
        ck_assert(status == ST_OK || status == ST_LIMIT);
        short_of += status == ST_LIMIT;
        arena_free(&small);
    }
    ck_assert_uint_gt(short_of, 0);
    ck_assert_int_eq(changeset_read(text, &rules, &arena, &set, NULL), ST_OK);
    ck_assert_int_eq(changeset_read(STR("{}"), &rules, &arena, &set, NULL),
                     ST_PROTOCOL);
}
END_TEST

START_TEST(reads_one_change)
{
    struct codec_rules rules = codec_rules_default(dialect_named("v1"));
    struct change change;
    ck_assert_int_eq(
        change_read(STR(CHANGE "\"delete\"}"), &rules, &arena, &change, &err),
        ST_OK);
    ck_assert_int_eq(change.op, OP_DELETE);
    ck_assert_int_eq(change_read(STR("[]"), &rules, &arena, &change, &err),
                     ST_PROTOCOL);
    ck_assert_str_eq(err.text, "change: expected an object, found an array");
    ck_assert_int_eq(
        change_read(STR(CHANGE "1}"), &rules, &arena, &change, &err),
        ST_PROTOCOL);
    ck_assert_str_eq(err.text, "op: expected a string, found a number");
}
END_TEST

Suite *suite_codec_read(void)
{
    Suite *suite = suite_create("codec_read");
    TCase *tests = tcase_create("codec_read");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_a_whole_changeset);
    tcase_add_test(tests, an_insert_may_carry_everything);
    tcase_add_test(tests, reads_the_extras_of_v2);
    tcase_add_test(tests, schema_version_of_a_changeset);
    tcase_add_test(tests, refuses_a_wrong_top);
    tcase_add_test(tests, refuses_what_is_not_json);
    tcase_add_test(tests, refuses_a_wrong_entry);
    tcase_add_test(tests, refuses_wrong_data);
    tcase_add_test(tests, refuses_wrong_fields);
    tcase_add_test(tests, a_stamp_under_the_other_key_is_told);
    tcase_add_test(tests, refuses_wrong_extras_and_deletes);
    tcase_add_test(tests, numbers_in_ignored_members_do_not_matter);
    tcase_add_test(tests, name_limits_are_exact);
    tcase_add_test(tests, count_limits_are_exact);
    tcase_add_test(tests, a_deep_place_is_shown);
    tcase_add_test(tests, ids_are_kept_byte_for_byte);
    tcase_add_test(tests, survives_any_changed_byte);
    tcase_add_test(tests, survives_any_shortage_of_memory);
    tcase_add_test(tests, reads_one_change);
    suite_add_tcase(suite, tests);
    return suite;
}
