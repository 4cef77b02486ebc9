/* SPDX-License-Identifier: MIT */
/* test_kill - a run that is killed leaves whole lines, and a replay tells what
 * it did not come to. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/reports/suites.h"

enum { PLANNED = 120, FILE_BYTES = 2 << 20 };

static struct arena arena;
static struct err err;
static char path[32];
static struct run_result plan[PLANNED];

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
    struct fixture fixture;
    fixture_build(&fixture, &arena);
    for (size_t i = 0; i < PLANNED; i++) {
        plan[i] = fixture.results[1];
        plan[i].id = arena_printf(&arena, "retry/lost_response#%zu", i + 1);
    }
    snprintf(path, sizeof path, "/tmp/syncspec-kill-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

static void teardown(void)
{
    unlink(path);
    arena_free(&arena);
}

/* The child: results until it is killed, by itself after `count` of them. */
_Noreturn static void run_until_killed(size_t count)
{
    const struct report_options options = {.trace = true};
    FILE *file = fopen(path, "w");
    struct report *report = report_create(STR("jsonl"), file, &options, &err);
    struct report_run run = {.tool = STR("syncspec"), .seed = 7};
    report_begin(report, &run, plan, PLANNED);
    for (size_t i = 0; i < count; i++) {
        report_result(report, &plan[i]);
    }
    raise(SIGKILL);
    _exit(1);
}

static struct str file_take(void)
{
    char *bytes = arena_must(&arena, FILE_BYTES, 1);
    FILE *file = fopen(path, "r");
    size_t size = fread(bytes, 1, FILE_BYTES, file);
    fclose(file);
    ck_assert_uint_lt(size, FILE_BYTES);
    return (struct str){bytes, size};
}

static size_t lines_starting(struct str text, struct str start)
{
    size_t count = 0;
    while (text.n > 0) {
        count += str_starts(text, start);
        text = str_skip(text, str_find(text, '\n') + 1);
    }
    return count;
}

static pid_t child_start(size_t count)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run_until_killed(count);
    }
    ck_assert_int_gt(child, 0);
    return child;
}

static void child_wait(pid_t child)
{
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}

static const size_t ends[] = {0, 1, 2, 57, PLANNED};

START_TEST(killed_between_results)
{
    struct report_totals totals;
    child_wait(child_start(ends[_i]));
    struct str lines = file_take();
    ck_assert_int_eq(lines.p[lines.n - 1], '\n');
    ck_assert_uint_eq(lines_starting(lines, STR("{\"type\":\"result\"")),
                      ends[_i]);
    ck_assert_int_eq(fixture_totals(lines, &totals, &err), ST_OK);
    ck_assert_uint_eq(totals.planned, PLANNED);
    ck_assert_uint_eq(totals.failed, ends[_i]);
    ck_assert_uint_eq(totals.not_run, PLANNED - ends[_i]);
    ck_assert_int_eq(totals.took_ms, -1);
    struct str text = fixture_replay(lines, "markdown", NULL, &arena);
    char row[64];
    snprintf(row, sizeof row, "| not run | %zu |", PLANNED - ends[_i]);
    ck_assert(str_holds(text, str_of(row)));
}
END_TEST

/* Killed from outside, wherever it is; which place is up to the machine, what
 * must hold is not. */
START_TEST(killed_at_any_moment)
{
    struct report_totals totals;
    pid_t child = child_start(PLANNED);
    struct stat file = {0};
    for (int i = 0; i < 2000 && file.st_size < 20000 * (_i + 1); i++) {
        ck_assert_int_eq(stat(path, &file), 0);
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    kill(child, SIGKILL);
    child_wait(child);
    struct str lines = file_take();
    enum status status = fixture_totals(lines, &totals, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    ck_assert_uint_eq(totals.planned, PLANNED);
    ck_assert_uint_eq(totals.failed + totals.not_run, PLANNED);
    /* Only the last line may be a cut one. */
    ck_assert_uint_ge(totals.failed + 1,
                      lines_starting(lines, STR("{\"type\":\"result\"")));
}
END_TEST

Suite *suite_kill(void)
{
    Suite *suite = suite_create("kill");
    TCase *tcase = tcase_create("kill");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, killed_between_results, 0,
                        sizeof ends / sizeof ends[0]);
    tcase_add_loop_test(tcase, killed_at_any_moment, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
