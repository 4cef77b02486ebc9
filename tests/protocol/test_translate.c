/* SPDX-License-Identifier: MIT */
/* test_translate - texts in the base's names, told in a dialect's: at the
 * places where the protocol has names, and byte for byte elsewhere. */
#include "protocol/translate.h"
#include "tests/protocol/suites.h"

static struct arena arena;
static struct dialect *dialect;

static void setup(void)
{
    static const struct {
        enum dialect_name name;
        struct str word;
    } names[] = {{NAME_CHANGES, TEXT("ops")},
                 {NAME_SERVER_CHANGES, TEXT("changes")},
                 {NAME_TABLE, TEXT("collection")},
                 {NAME_ID, TEXT("key")},
                 {NAME_VALUE, TEXT("v")},
                 {NAME_STAMP, TEXT("ts")},
                 {NAME_UPDATED_AT, TEXT("createdAt")},
                 {NAME_CREATED_AT, TEXT("updatedAt")},
                 {NAME_OP_INSERT, TEXT("create")},
                 {NAME_TYPE_PING, TEXT("hey")},
                 {NAME_HEADER_CLIENT_ID, TEXT("X-Device")},
                 {NAME_QUERY_SINCE, TEXT("after")},
                 {NAME_QUERY_COLLECTION, TEXT("table")}};
    arena_init(&arena, (size_t)256 << 20);
    dialect = dialect_derive(dialect_named("v2"), &arena);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        dialect->names[names[i].name] = names[i].word;
    }
    dialect->paths[PATH_PUSH] = STR("/a/{app}/x");
    dialect->paths[PATH_PULL] = STR("/a/{app}/y");
    dialect->paths[PATH_SOCKET_ALL] = STR("/live");
    dialect_finish(dialect);
}

static void teardown(void)
{
    arena_free(&arena);
}

/* There and back. */
static const struct {
    enum dialect_group document;
    const char *text, *wire; /* NULL: it stays */
} bodies[] = {
    {GROUP_PUSH, "{\"changes\":[{\"table\":\"t\",\"id\":\"id\"}]}",
     "{\"ops\":[{\"collection\":\"t\",\"key\":\"id\"}]}"},
    {GROUP_PUSH, " { \"changes\" \n:\t[ { \"op\" : \"insert\" } ] } ",
     " { \"ops\" \n:\t[ { \"op\" : \"create\" } ] } "},
    /* What is inside of a value is the user's. */
    {GROUP_PUSH,
     "{\"changes\":[{\"data\":{\"id\":1,\"m\":{\"id\":2,\"value\":[{\"id\":3}"
     "]},\"updatedAt\":\"x\",\"table\":\"id\"},\"op\":\"insert\"}]}",
     "{\"ops\":[{\"data\":{\"key\":1,\"m\":{\"id\":2,\"value\":[{\"id\":3}"
     "]},\"createdAt\":\"x\",\"table\":\"id\"},\"op\":\"create\"}]}"},
    {GROUP_PUSH,
     "{\"changes\":[{\"fields\":{\"value\":{\"value\":{\"at\":1},\"at\":2},"
     "\"createdAt\":{\"at\":3}}}]}",
     "{\"ops\":[{\"fields\":{\"value\":{\"v\":{\"at\":1},\"ts\":2},"
     "\"updatedAt\":{\"ts\":3}}}]}"},
    /* Broken ones stay as broken. */
    {GROUP_PUSH, "{\"changes\":[{\"table\":\"t\",",
     "{\"ops\":[{\"collection\""
     ":\"t\","},
    {GROUP_PUSH, "{\"changes\":[{\"table\"", NULL},
    {GROUP_PUSH, "{\"changes\":{\"table\":1}} {\"changes\":[]}",
     "{\"ops\":{\"table\":1}} {\"ops\":[]}"},
    {GROUP_PUSH, "{\"changes\":[[{\"table\":1}],{\"id\":01}]}x",
     "{\"ops\":[[{\"table\":1}],{\"key\":01}]}x"},
    {GROUP_PUSH, "{\"changes\":[{\"table\":]}},\"id\":\"a\\\"id\\\":\"}]",
     NULL},
    {GROUP_PUSH, "]]}}{\"changes\":\"table\",\"changes\":null,}",
     "]]}}{\"ops\":\"table\",\"ops\":null,}"},
    {GROUP_PUSH, "[{\"changes\":[]}]", NULL},
    {GROUP_PUSH, "\"changes\":1", NULL},
    {GROUP_PUSH, "{changes:1,'changes':2,\"Changes\":3,\"ch\\u0061nges\":4}",
     NULL},
    {GROUP_PUSH, "{\"changes\":[{\"op\":[\"insert\"],\"x\":\"insert\"}]}",
     "{\"ops\":[{\"op\":[\"insert\"],\"x\":\"insert\"}]}"},
    {GROUP_PUSH, "{\"a\":\"\xff\\", NULL},
    /* A name of the other side makes room. */
    {GROUP_PUSH, "{\"ops\":1}", "{\"changes\":1}"},
    {GROUP_ANSWER, "{\"serverChanges\":[{\"id\":1}],\"changes\":2}",
     "{\"changes\":[{\"key\":1}],\"serverChanges\":2}"},
    {GROUP_EVENT, "{\"changes\":[{\"id\":1}],\"table\":\"t\"}",
     "{\"ops\":[{\"key\":1}],\"collection\":\"t\"}"},
    {GROUP_NOTICE, "{\"type\":\"ping\",\"id\":\"ping\"}",
     "{\"type\":\"hey\",\"id\":\"ping\"}"},
    {GROUP_NOTICE, "{\"changes\":[{\"id\":\"ping\"}]}", NULL},
};

START_TEST(bodies_go_there_and_back)
{
    struct str text = str_of(bodies[_i].text);
    const char *wire = bodies[_i].wire ? bodies[_i].wire : text.p;
    enum dialect_group document = bodies[_i].document;
    struct str there = translate_to_wire(dialect, document, text, &arena);
    if (str_is(text,
               "{\"changes\":[{\"table\":]}},\"id\":\"a\\\"id\\\":\"}]")) {
        /* The brackets do not match: only what stands before them is sure. */
        ck_assert(str_starts(there, STR("{\"ops\":[{\"collection\":]}}")));
    } else if (str_is(text, "{\"changes\":[{\"table\"")) {
        assert_text(there, "{\"ops\":[{\"table\"");
    } else {
        assert_text(there, wire);
    }
    assert_text(translate_from_wire(dialect, document, there, &arena), text.p);
}
END_TEST

START_TEST(built_in_ones_are_left_alone)
{
    struct str text = STR("{\"changes\":[]}");
    const struct dialect *v1 = dialect_named("v1");
    ck_assert_ptr_eq(translate_to_wire(v1, GROUP_PUSH, text, &arena).p, text.p);
    ck_assert_ptr_eq(translate_from_wire(v1, GROUP_PUSH, text, &arena).p,
                     text.p);
    ck_assert_ptr_eq(translate_target(v1, text, &arena).p, text.p);
}
END_TEST

START_TEST(nesting_has_no_depth)
{
    struct str deep = repeated(&arena, "[", 200000);
    struct str text = arena_printf(&arena, "{\"changes\":%.*s", STR_ARG(deep));
    struct str wire = arena_printf(&arena, "{\"ops\":%.*s", STR_ARG(deep));
    assert_text(translate_to_wire(dialect, GROUP_PUSH, text, &arena), wire.p);
}
END_TEST

START_TEST(targets_by_path_and_query)
{
    static const char *const cases[][2] = {
        {"/sync/todo", "/a/todo/x"},
        {"/sync/to%2Fdo?since=1", "/a/to%2Fdo/x?since=1"},
        {"/sync/t/pull?collection=since&since=a=b&&x&since",
         "/a/t/y?table=since&after=a=b&&x&after"},
        {"/sync/t/pull?", "/a/t/y?"},
        {"/sync/t/stream?collections=a", "/sync/t/stream?collections=a"},
        {"/ws", "/live"},
        {"/ws/t", "/ws/t"},
        {"/sync//pull?since=1", "/sync//pull?since=1"},
        {"/nowhere?since=1", "/nowhere?since=1"},
        {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_text(translate_target(dialect, str_of(cases[i][0]), &arena),
                    cases[i][1]);
        assert_text(translate_target_back(dialect, str_of(cases[i][1]), &arena),
                    cases[i][0]);
    }
}
END_TEST

START_TEST(headers_by_name)
{
    assert_text(translate_header(dialect, STR("x-client-ID")), "X-Device");
    assert_text(translate_header(dialect, STR("X-Client")), "X-Client");
}
END_TEST

Suite *suite_translate(void)
{
    Suite *suite = suite_create("translate");
    TCase *tests = tcase_create("translate");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, bodies_go_there_and_back, 0,
                        (int)(sizeof bodies / sizeof bodies[0]));
    tcase_add_test(tests, built_in_ones_are_left_alone);
    tcase_add_test(tests, nesting_has_no_depth);
    tcase_add_test(tests, targets_by_path_and_query);
    tcase_add_test(tests, headers_by_name);
    suite_add_tcase(suite, tests);
    return suite;
}
