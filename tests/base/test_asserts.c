/* SPDX-License-Identifier: MIT */
/* test_asserts - a broken assertion ends the process and names the place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/asserts.h"
#include "tests/base/suites.h"

static void child_run(void (*act)(void), int standard_error)
{
    /* An expected abort leaves no core file behind. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    dup2(standard_error, STDERR_FILENO);
    act();
    _exit(0);
}

bool dies_saying(void (*act)(void), const char *words)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        child_run(act, ends[1]);
    }
    close(ends[1]);
    char said[4096];
    size_t n = 0;
    ssize_t got;
    while ((got = read(ends[0], said + n, sizeof said - 1 - n)) > 0) {
        n += (size_t)got;
    }
    said[n] = '\0';
    close(ends[0]);
    int how = 0;
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    return WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT &&
           strstr(said, words) != NULL;
}

static void break_assert(void)
{
    int two = 2;
    ASSERT(two == 3);
}

static void reach_never(void)
{
    ASSERT_NEVER("walked through a wall");
}

static void keep_assert(void)
{
    int two = 2;
    ASSERT(two == 2);
}

START_TEST(broken_assert_names_place_and_condition)
{
    ck_assert(dies_saying(break_assert, "test_asserts.c:"));
    ck_assert(dies_saying(break_assert, "assertion failed: two == 3\n"));
}
END_TEST

START_TEST(never_names_its_text)
{
    ck_assert(dies_saying(reach_never, "walked through a wall\n"));
}
END_TEST

START_TEST(kept_assert_goes_on)
{
    ck_assert(!dies_saying(keep_assert, ""));
}
END_TEST

START_TEST(condition_is_evaluated_once)
{
    int times = 0;
    ASSERT(++times > 0);
    ck_assert_int_eq(times, 1);
}
END_TEST

Suite *suite_asserts(void)
{
    Suite *suite = suite_create("base/asserts");
    TCase *tests = tcase_create("asserts");
    tcase_add_test(tests, broken_assert_names_place_and_condition);
    tcase_add_test(tests, never_names_its_text);
    tcase_add_test(tests, kept_assert_goes_on);
    tcase_add_test(tests, condition_is_evaluated_once);
    suite_add_tcase(suite, tests);
    return suite;
}
