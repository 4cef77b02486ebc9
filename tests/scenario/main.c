/* SPDX-License-Identifier: MIT */
/* main - runs every suite of layer harness/scenario. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/suites.h"

struct arena arena;

void arena_open(void)
{
    arena_init(&arena, (size_t)2 << 30);
}

void arena_close(void)
{
    arena_free(&arena);
}

struct str file_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    size_t n = (size_t)ftell(file);
    rewind(file);
    char *p = arena_must(&arena, n + 1, 1);
    ck_assert_uint_eq(fread(p, 1, n, file), n);
    fclose(file);
    return (struct str){p, n};
}

void assert_text(struct str actual, const char *expected)
{
    ck_assert_msg(str_is(actual, expected), "got  %.*s\nwant %s",
                  STR_ARG(actual), expected);
}

void assert_same(struct str actual, struct str expected)
{
    ck_assert_msg(str_eq(actual, expected), "got\n%.*s\nwant\n%.*s",
                  STR_ARG(actual), STR_ARG(expected));
}

struct scenario_list parse_all(struct str text)
{
    struct scenario_list list = {.count = 0};
    struct err err = {.status = ST_OK};
    enum status status =
        scenario_parse(STR("t.sync"), text, &arena, &list, &err);
    ck_assert_msg(status == ST_OK, "%s\n%.*s", err.text, STR_ARG(text));
    return list;
}

const struct scenario *parse_one(const char *text)
{
    struct scenario_list list = parse_all(str_of(text));
    ck_assert_uint_eq(list.count, 1);
    return &list.items[0];
}

static struct str with_prelude(const char *lines)
{
    return arena_printf(
        &arena, "scenario \"claim\"\nclients alice bob carol\n\n%s", lines);
}

const struct step *parse_step(const char *lines, size_t index)
{
    const struct scenario *scenario = parse_one(with_prelude(lines).p);
    ck_assert_uint_lt(index, scenario->step_count);
    return &scenario->steps[index];
}

static const char *refused(struct str text)
{
    struct scenario_list list = {.count = 0};
    struct err err = {.status = ST_OK};
    enum status status =
        scenario_parse(STR("t.sync"), text, &arena, &list, &err);
    ck_assert_msg(status == ST_SYNTAX || status == ST_LIMIT,
                  "it was taken:\n%.*s", STR_ARG(text));
    ck_assert_int_eq(err.status, status);
    ck_assert_uint_eq(list.count, 0);
    ck_assert_msg(strncmp(err.text, "t.sync:", 7) == 0, "%s", err.text);
    return arena_str(&arena, str_of(err.text + 7)).p;
}

const char *parse_error(const char *text)
{
    return refused(str_of(text));
}

const char *step_error(const char *lines)
{
    return refused(with_prelude(lines));
}

int main(void)
{
    SRunner *runner = srunner_create(suite_lex());
    srunner_add_suite(runner, suite_when());
    srunner_add_suite(runner, suite_each());
    srunner_add_suite(runner, suite_body());
    srunner_add_suite(runner, suite_suggest());
    srunner_add_suite(runner, suite_header());
    srunner_add_suite(runner, suite_step());
    srunner_add_suite(runner, suite_args());
    srunner_add_suite(runner, suite_sends());
    srunner_add_suite(runner, suite_live());
    srunner_add_suite(runner, suite_live_faults());
    srunner_add_suite(runner, suite_limits());
    srunner_add_suite(runner, suite_verbs());
    srunner_add_suite(runner, suite_malformed());
    srunner_add_suite(runner, suite_format());
    srunner_add_suite(runner, suite_print());
    srunner_add_suite(runner, suite_generate());
    srunner_add_suite(runner, suite_manual());
    srunner_add_suite(runner, suite_dialect_file());
    srunner_add_suite(runner, suite_mutations());
    /* A process a test costs more than the tests; CK_FORK=yes isolates them. */
    if (!getenv("CK_FORK")) {
        srunner_set_fork_status(runner, CK_NOFORK);
    }
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
