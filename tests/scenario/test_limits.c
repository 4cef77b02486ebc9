/* SPDX-License-Identifier: MIT */
/* test_limits - each ceiling of the language, at its edge and one over. */
#include "base/limits.h"

#include <string.h>

#include "tests/scenario/suites.h"

static const char *const head = "scenario \"c\"\nclients alice\n";

static enum status parse_status(struct str text, struct err *err)
{
    struct scenario_list list = {.count = 0};
    return scenario_parse(STR("t.sync"), text, &arena, &list, err);
}

/* `head`, then `count` times `line`. */
static struct str repeated(const char *start, const char *line, size_t count)
{
    size_t from = strlen(start), n = strlen(line);
    char *p = arena_must(&arena, from + n * count + 1, 1);
    memcpy(p, start, from);
    for (size_t i = 0; i < count; i++) {
        memcpy(p + from + i * n, line, n);
    }
    return (struct str){p, from + n * count};
}

static void expect_limit(struct str over, const char *message)
{
    struct err err = {.status = ST_OK};
    ck_assert_int_eq(parse_status(over, &err), ST_LIMIT);
    ck_assert_str_eq(err.text, message);
}

START_TEST(a_file)
{
    struct err err = {.status = ST_OK};
    struct str start = repeated(head, " alice syncs\n", 1);
    struct str text =
        repeated(start.p, "\n", LIMIT_SCENARIO_BYTES - start.n + 1);
    ck_assert_int_eq(parse_status(str_take(text, LIMIT_SCENARIO_BYTES), &err),
                     ST_OK);
    expect_limit(text, "t.sync:1:1: a file over 4194304 bytes");
}
END_TEST

START_TEST(a_line)
{
    struct err err = {.status = ST_OK};
    const char *start = "scenario \"c\"\nclients alice\n alice syncs #";
    size_t here = strlen(" alice syncs #");
    struct str text = repeated(start, "x", LIMIT_SCENARIO_LINE - here + 1);
    ck_assert_int_eq(parse_status(str_take(text, text.n - 1), &err), ST_OK);
    expect_limit(text, "t.sync:3:65537: a line over 65536 bytes");
}
END_TEST

START_TEST(a_line_with_its_values)
{
    struct str text =
        repeated("scenario \"c\"\nclients alice\neach X = 123456789\n"
                 " alice inserts t/1 x=\"",
                 "{X}", 10000);
    text = arena_printf(&arena, "%.*s\"\n", STR_ARG(text));
    expect_limit(text,
                 "t.sync:4:1: a line over 65536 bytes with its `each` values");
}
END_TEST

START_TEST(steps)
{
    struct err err = {.status = ST_OK};
    ck_assert_int_eq(
        parse_status(repeated(head, " alice syncs\n", LIMIT_STEPS), &err),
        ST_OK);
    expect_limit(repeated(head, " alice syncs\n", LIMIT_STEPS + 1),
                 "t.sync:20003:1: over 20000 steps");
}
END_TEST

static struct str many_clients(size_t count)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_puts(&out, "scenario \"c\"\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(&out, "%s c%zu", i % 64 == 0 ? "\nclients" : "", i);
    }
    buf_puts(&out, "\n everyone syncs\n");
    struct str text = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return text;
}

START_TEST(clients)
{
    struct err err = {.status = ST_OK};
    ck_assert_int_eq(parse_status(many_clients(LIMIT_CLIENTS), &err), ST_OK);
    expect_limit(many_clients(LIMIT_CLIENTS + 1),
                 "t.sync:19:9: over 1024 clients");
}
END_TEST

START_TEST(collections)
{
    struct err err = {.status = ST_OK};
    struct buf out;
    buf_init(&out, 65536);
    buf_puts(&out, head);
    for (int i = 0; i < LIMIT_COLLECTIONS; i++) {
        buf_printf(&out, "collection c%d\n", i);
    }
    struct str text = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    ck_assert_int_eq(
        parse_status(arena_printf(&arena, "%s alice syncs\n", text.p), &err),
        ST_OK);
    expect_limit(arena_printf(&arena, "%scollection more\n", text.p),
                 "t.sync:67:12: over 64 collections");
}
END_TEST

START_TEST(scenarios)
{
    struct err err = {.status = ST_OK};
    const char *one = "scenario \"c\"\nclients a\n a syncs\n";
    ck_assert_int_eq(parse_status(repeated("", one, LIMIT_SCENARIOS), &err),
                     ST_OK);
    expect_limit(repeated("", one, LIMIT_SCENARIOS + 1),
                 "t.sync:60001:1: over 20000 scenarios");
}
END_TEST

START_TEST(ids_and_fields)
{
    struct str id = repeated("", "i", LIMIT_NAME_BYTES);
    parse_step(arena_printf(&arena, " alice deletes t/%.*s\n", STR_ARG(id)).p,
               0);
    ck_assert_str_eq(
        step_error(
            arena_printf(&arena, " alice deletes t/%.*sx\n", STR_ARG(id)).p),
        "4:16: expected an id of 1 to 4096 bytes");
    ck_assert_str_eq(
        step_error(
            arena_printf(&arena, " alice deletes t/\"%.*sx\"\n", STR_ARG(id))
                .p),
        "4:18: expected an id of 1 to 4096 bytes");
}
END_TEST

START_TEST(targets)
{
    parse_step(" alice sends GET /{16383*a}\n", 0);
    ck_assert_str_eq(step_error(" alice sends GET /{16384*a}\n"),
                     "4:18: a target over 16384 bytes");
}
END_TEST

/* Few bytes must not become gigabytes. */
START_TEST(what_a_file_becomes)
{
    struct str text = STR("scenario \"c {X}\"\nclients alice\neach X =");
    for (int i = 0; i < 9; i++) {
        text = arena_printf(&arena, "%.*s %d", STR_ARG(text), i);
    }
    text = arena_printf(&arena,
                        "%.*s\n alice sends POST /\n"
                        " | {16000000*a}\n",
                        STR_ARG(text));
    expect_limit(text, "t.sync:4:2: this file becomes over 134217728 bytes of "
                       "scenarios");
}
END_TEST

/* An arena that is too small is a limit, wherever it runs out. */
START_TEST(memory)
{
    struct str text = file_text("tests/scenario/lost_response.sync");
    bool parsed = false;
    for (size_t ceiling = 0; ceiling < 65536 && !parsed; ceiling += 389) {
        struct arena small;
        struct scenario_list list = {.count = 0};
        struct err err = {.status = ST_OK};
        arena_init(&small, ceiling);
        enum status status =
            scenario_parse(STR("t.sync"), text, &small, &list, &err);
        parsed = status == ST_OK;
        ck_assert_msg(parsed || status == ST_LIMIT || status == ST_SYNTAX, "%d",
                      status);
        ck_assert_uint_eq(list.count, parsed ? 1 : 0);
        arena_free(&small);
    }
    ck_assert(parsed);
}
END_TEST

Suite *suite_limits(void)
{
    Suite *suite = suite_create("limits");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, a_file);
    tcase_add_test(tests, a_line);
    tcase_add_test(tests, a_line_with_its_values);
    tcase_add_test(tests, steps);
    tcase_add_test(tests, clients);
    tcase_add_test(tests, collections);
    tcase_add_test(tests, scenarios);
    tcase_add_test(tests, ids_and_fields);
    tcase_add_test(tests, targets);
    tcase_add_test(tests, what_a_file_becomes);
    tcase_add_test(tests, memory);
    suite_add_tcase(suite, tests);
    return suite;
}
