/* SPDX-License-Identifier: MIT */
/* test_diff - two runs side by side: what newly fails, passes, came, went,
 * fails in another way; runs that were cut; several results of one name. */
#include <stdio.h>
#include <string.h>

#include "reports/diff.h"
#include "tests/reports/suites.h"

static struct arena arena;
static struct past old_run, new_run;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
    past_init(&old_run, &arena);
    past_init(&new_run, &arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

static void add(struct past *past, const char *id, enum outcome outcome,
                const char *what)
{
    struct run_result result = {.id = str_of(id),
                                .name = STR("a *claim*"),
                                .world = STR("wire"),
                                .dialect = STR("v2"),
                                .replay = STR("syncspec run x"),
                                .outcome = outcome};
    struct verdict verdict = {.outcome = outcome,
                              .file = STR("x.sync"),
                              .line = 3,
                              .what = str_of(what)};
    if (what[0] != '\0') {
        result_add(&result, &arena, &verdict);
    }
    past_add(past, &result);
}

static const struct {
    enum outcome old, now;
    const char *old_what, *new_what;
    enum diff_kind kind;
} pairs[] = {
    {OUT_PASS, OUT_PASS, "", "", DIFF_SAME},
    {OUT_PASS, OUT_FAIL, "", "a", DIFF_FAILS},
    {OUT_PASS, OUT_ERROR, "", "a", DIFF_FAILS},
    {OUT_PASS, OUT_NOT_RUN, "", "", DIFF_FAILS},
    {OUT_PASS, OUT_UNKNOWN, "", "a", DIFF_FAILS},
    {OUT_XFAIL, OUT_XPASS, "a", "b", DIFF_FAILS},
    {OUT_XFAIL, OUT_FAIL, "a", "a", DIFF_FAILS},
    {OUT_SKIP, OUT_FAIL, "", "a", DIFF_FAILS},
    {OUT_FAIL, OUT_PASS, "a", "", DIFF_PASSES},
    {OUT_FAIL, OUT_XFAIL, "a", "a", DIFF_PASSES},
    {OUT_NOT_RUN, OUT_NONSTRICT, "", "a", DIFF_PASSES},
    {OUT_FAIL, OUT_FAIL, "a", "a", DIFF_SAME},
    {OUT_FAIL, OUT_FAIL, "a", "b", DIFF_MESSAGE},
    {OUT_FAIL, OUT_ERROR, "a", "a", DIFF_MESSAGE},
    {OUT_PASS, OUT_SKIP, "", "", DIFF_OUTCOME},
    {OUT_PASS, OUT_NONSTRICT, "", "a", DIFF_OUTCOME},
    {OUT_NONSTRICT, OUT_NONSTRICT, "a", "b", DIFF_SAME},
};

START_TEST(kinds_of_change)
{
    add(&old_run, "a", pairs[_i].old, pairs[_i].old_what);
    add(&new_run, "a", pairs[_i].now, pairs[_i].new_what);
    ck_assert_int_eq(diff_kind_of(&old_run.items[0], &new_run.items[0]),
                     pairs[_i].kind);
}
END_TEST

START_TEST(what_is_in_one_run_alone)
{
    add(&old_run, "a", OUT_FAIL, "x");
    add(&new_run, "b", OUT_FAIL, "x");
    add(&new_run, "c", OUT_PASS, "");
    ck_assert_int_eq(diff_kind_of(&old_run.items[0], NULL), DIFF_VANISHED);
    ck_assert_int_eq(diff_kind_of(NULL, &new_run.items[0]), DIFF_FAILS);
    ck_assert_int_eq(diff_kind_of(NULL, &new_run.items[1]), DIFF_APPEARED);
}
END_TEST

static void fill(void)
{
    /* Not in the order of their names. */
    add(&old_run, "same", OUT_PASS, "");
    add(&old_run, "breaks", OUT_PASS, "");
    add(&old_run, "gone", OUT_PASS, "");
    add(&old_run, "mended", OUT_FAIL, "tasks/1 <lost>");
    add(&old_run, "other", OUT_FAIL, "one way");
    add(&old_run, "skipped", OUT_PASS, "");
    add(&new_run, "skipped", OUT_SKIP, "");
    add(&new_run, "other", OUT_FAIL, "another way");
    add(&new_run, "mended", OUT_PASS, "");
    add(&new_run, "came", OUT_PASS, "");
    add(&new_run, "breaks", OUT_FAIL, "tasks/1 <lost>");
    add(&new_run, "bad", OUT_ERROR, "died");
    add(&new_run, "same", OUT_PASS, "");
    past_sort(&old_run);
    past_sort(&new_run);
}

static void assert_diff(bool markdown, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    struct diff diff = diff_write(&old_run, &new_run, markdown, &out);
    ck_assert_uint_eq(diff.counts[DIFF_FAILS], 2);
    ck_assert_uint_eq(diff.counts[DIFF_SAME], 1);
    ck_assert_str_eq(out.p, wanted);
    buf_free(&out);
}

START_TEST(as_text)
{
    fill();
    assert_diff(false,
                "Newly failing (2)\n"
                "  bad (wire, v2): a *claim*\n"
                "      was not there\n"
                "      now ERROR: x.sync:3: died\n"
                "      replay syncspec run x\n"
                "  breaks (wire, v2): a *claim*\n"
                "      was PASS\n"
                "      now FAIL: x.sync:3: tasks/1 <lost>\n"
                "      replay syncspec run x\n"
                "\n"
                "Newly passing (1)\n"
                "  mended (wire, v2): a *claim*\n"
                "      was FAIL: x.sync:3: tasks/1 <lost>\n"
                "      now PASS\n"
                "\n"
                "Appeared (1)\n"
                "  came (wire, v2): a *claim*\n"
                "      was not there\n"
                "      now PASS\n"
                "\n"
                "Vanished (1)\n"
                "  gone (wire, v2): a *claim*\n"
                "      was PASS\n"
                "      now not there\n"
                "\n"
                "Failing in another way (1)\n"
                "  other (wire, v2): a *claim*\n"
                "      was FAIL: x.sync:3: one way\n"
                "      now FAIL: x.sync:3: another way\n"
                "      replay syncspec run x\n"
                "\n"
                "Other outcomes (1)\n"
                "  skipped (wire, v2): a *claim*\n"
                "      was PASS\n"
                "      now SKIP\n"
                "\n"
                "2 newly failing, 1 newly passing, 1 appeared, 1 vanished, 1 "
                "failing in another way, 1 other outcomes, 1 as before\n");
}
END_TEST

START_TEST(as_markdown)
{
    add(&old_run, "same", OUT_PASS, "");
    add(&old_run, "a#1", OUT_PASS, "");
    add(&new_run, "a#1", OUT_FAIL, "tasks/1 <lost>");
    add(&new_run, "b", OUT_FAIL, "x");
    add(&new_run, "same", OUT_PASS, "");
    past_sort(&old_run);
    past_sort(&new_run);
    assert_diff(true, "## syncspec: what changed\n"
                      "\n"
                      "2 newly failing, 1 as before\n"
                      "\n"
                      "### Newly failing (2)\n"
                      "\n"
                      "- <code>a\\#1 (wire, v2)</code> a \\*claim\\*\n"
                      "  - was PASS\n"
                      "  - now FAIL: x.sync:3: tasks/1 &#60;lost&#62;\n"
                      "  - <code>syncspec run x</code>\n"
                      "- <code>b (wire, v2)</code> a \\*claim\\*\n"
                      "  - was not there\n"
                      "  - now FAIL: x.sync:3: x\n"
                      "  - <code>syncspec run x</code>\n"
                      "\n");
}
END_TEST

START_TEST(nothing_changed)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    past_sort(&old_run);
    past_sort(&new_run);
    diff_write(&old_run, &new_run, false, &out);
    ck_assert_str_eq(out.p, "0 newly failing, 0 as before\n");
    buf_free(&out);
}
END_TEST

/* Of several seeds the worst stays, whatever came first. */
START_TEST(the_worst_of_one_name_stays)
{
    add(&old_run, "a", OUT_PASS, "");
    add(&old_run, "a", OUT_FAIL, "x");
    add(&old_run, "a", OUT_SKIP, "");
    add(&old_run, "b", OUT_PASS, "");
    past_sort(&old_run);
    ck_assert_uint_eq(old_run.count, 2);
    const struct run_result named = {
        .id = STR("a"), .world = STR("wire"), .dialect = STR("v2")};
    ck_assert_int_eq(past_find(&old_run, &named)->outcome, OUT_FAIL);
    const struct run_result other = {
        .id = STR("a"), .world = STR("wire"), .dialect = STR("v1")};
    ck_assert_ptr_null(past_find(&old_run, &other));
}
END_TEST

static enum status read_lines(struct str lines, struct err *err)
{
    FILE *in = fmemopen((void *)(uintptr_t)lines.p, lines.n, "r");
    ck_assert_ptr_nonnull(in);
    enum status status = past_read(&old_run, in, err);
    fclose(in);
    return status;
}

START_TEST(a_cut_run_is_read_with_what_it_did_not_come_to)
{
    struct fixture fixture;
    struct err err = {.status = ST_OK};
    fixture_grades(&fixture, &arena);
    struct str lines = fixture_render(&fixture, "jsonl", NULL, &arena);
    ck_assert_int_eq(read_lines(lines, &err), ST_OK);
    ck_assert_uint_eq(old_run.count, fixture.plan_count);
    ck_assert_int_eq(past_find(&old_run, &fixture.results[1])->outcome,
                     OUT_NONSTRICT);
    size_t cut = lines.n;
    for (int line = 0; line < 3; line++) {
        for (cut--; lines.p[cut - 1] != '\n'; cut--) {
        }
    }
    past_init(&old_run, &arena);
    ck_assert_int_eq(read_lines(str_take(lines, cut), &err), ST_OK);
    ck_assert_uint_eq(old_run.count, fixture.plan_count);
    ck_assert_int_eq(past_find(&old_run, &fixture.results[10])->outcome,
                     OUT_NOT_RUN);
    ck_assert_int_eq(read_lines(STR("nonsense"), &err), ST_SYNTAX);
}
END_TEST

Suite *suite_diff(void)
{
    Suite *suite = suite_create("diff");
    TCase *tcase = tcase_create("diff");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, kinds_of_change, 0,
                        sizeof pairs / sizeof pairs[0]);
    tcase_add_test(tcase, what_is_in_one_run_alone);
    tcase_add_test(tcase, as_text);
    tcase_add_test(tcase, as_markdown);
    tcase_add_test(tcase, nothing_changed);
    tcase_add_test(tcase, the_worst_of_one_name_stays);
    tcase_add_test(tcase, a_cut_run_is_read_with_what_it_did_not_come_to);
    suite_add_tcase(suite, tcase);
    return suite;
}
