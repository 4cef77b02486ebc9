/* SPDX-License-Identifier: MIT */
/* test_manual - scenarios/README.md is what the tables say, and its examples
 * and those of the guide are true.  SYNCSPEC_UPDATE=1 writes the manual. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/suites.h"

#define MANUAL "scenarios/README.md"
#define GUIDE  "docs/scenario-guide.md"

START_TEST(the_manual_is_current)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    verbs_write_manual(&out);
    ck_assert(!out.failed);
    if (getenv("SYNCSPEC_UPDATE")) {
        FILE *file = fopen(MANUAL, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(out.p, 1, out.n, file), out.n);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_msg(str_eq(buf_view(&out), file_text(MANUAL)),
                  MANUAL " is not current: run this with SYNCSPEC_UPDATE=1");
    buf_free(&out);
}
END_TEST

START_TEST(the_manual_has_every_verb)
{
    struct str manual = file_text(MANUAL);
    for (size_t i = 0; i < VERB_COUNT; i++) {
        const struct verb *verb = verb_at((enum verb_id)i);
        ck_assert_ptr_nonnull(strstr(
            manual.p,
            arena_printf(&arena, "\n### %s %s\n\n", verb->who, verb->name).p));
        ck_assert_ptr_nonnull(strstr(manual.p, verb->help));
        ck_assert_ptr_nonnull(strstr(manual.p, verb->example));
    }
}
END_TEST

static bool has_text(struct str text, const char *part)
{
    const char *found = strstr(text.p, part);
    return found && (size_t)(found - text.p) < text.n;
}

/* Whole scenarios in fenced blocks; returns how many there were. */
static size_t check_blocks(const char *path)
{
    size_t count = 0;
    const char *at = file_text(path).p;
    while ((at = strstr(at, "```sync\n")) != NULL) {
        at += strlen("```sync\n");
        const char *end = strstr(at, "```");
        ck_assert_ptr_nonnull(end);
        struct str block = {at, (size_t)(end - at)};
        if (has_text(block, "scenario \"") && has_text(block, "clients")) {
            struct buf out;
            struct err err = {.status = ST_OK};
            buf_init(&out, 1 << 20);
            ck_assert_msg(scenario_format(str_of(path), block, &out, &err) ==
                              ST_OK,
                          "%s", err.text);
            assert_same(block, buf_view(&out));
            buf_free(&out);
            count++;
        }
        at = end + 3;
    }
    return count;
}

START_TEST(examples_are_true_and_formatted)
{
    ck_assert_uint_ge(check_blocks(MANUAL), 1);
    ck_assert_uint_ge(check_blocks(GUIDE), 7);
}
END_TEST

Suite *suite_manual(void)
{
    Suite *suite = suite_create("manual");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, the_manual_is_current);
    tcase_add_test(tests, the_manual_has_every_verb);
    tcase_add_test(tests, examples_are_true_and_formatted);
    suite_add_tcase(suite, tests);
    return suite;
}
