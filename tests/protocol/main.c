/* SPDX-License-Identifier: MIT */
/* main - runs every suite of layer protocol. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/protocol/suites.h"

struct str repeated(struct arena *arena, const char *text, size_t count)
{
    size_t n = strlen(text);
    char *p = arena_must(arena, n * count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        memcpy(p + i * n, text, n);
    }
    return (struct str){p, n * count};
}

struct str file_text(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    size_t n = (size_t)ftell(file);
    rewind(file);
    char *p = arena_must(arena, n + 1, 1);
    ck_assert_uint_eq(fread(p, 1, n, file), n);
    fclose(file);
    return (struct str){p, n};
}

const struct dialect *dialect_named(const char *name)
{
    const struct dialect *dialect = dialect_find(str_of(name));
    ck_assert_ptr_nonnull(dialect);
    return dialect;
}

void assert_text(struct str actual, const char *expected)
{
    ck_assert_msg(str_is(actual, expected), "got  %.*s\nwant %s",
                  STR_ARG(actual), expected);
}

int main(void)
{
    SRunner *runner = srunner_create(suite_http());
    srunner_add_suite(runner, suite_instant());
    srunner_add_suite(runner, suite_number());
    srunner_add_suite(runner, suite_json_scan());
    srunner_add_suite(runner, suite_json());
    srunner_add_suite(runner, suite_dialect());
    srunner_add_suite(runner, suite_translate());
    srunner_add_suite(runner, suite_change());
    srunner_add_suite(runner, suite_codec_read());
    srunner_add_suite(runner, suite_codec_response());
    srunner_add_suite(runner, suite_codec_write());
    srunner_add_suite(runner, suite_captures());
    srunner_add_suite(runner, suite_clauses());
    srunner_add_suite(runner, suite_ws());
    srunner_add_suite(runner, suite_ws_rules());
    srunner_add_suite(runner, suite_sse());
    srunner_add_suite(runner, suite_notice());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
