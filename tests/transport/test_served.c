/* SPDX-License-Identifier: MIT */
/* Somebody's server behind a line of shell: what it is told, how it ends, and
 * who may end it. */
#include "tests/transport/rig.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/transport/served.h"

static struct served served;
static struct err err;

static void setup(void)
{
    served = (struct served){.owner = 0};
    err = (struct err){.status = ST_OK};
}

static void teardown(void)
{
    served_end(&served);
}

static void start(const char *command, const char *url)
{
    enum status status = served_start(&served, command, url, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    ck_assert(served_is_ours(&served));
}

static void pause_briefly(void)
{
    struct timespec pause = {.tv_nsec = 2000000};
    nanosleep(&pause, NULL);
}

/* What it says is waited for: nothing tells when it is ready. */
static void says(const char *expected)
{
    char words[300] = "";
    for (int i = 0; i < 5000 && strcmp(words, expected) != 0; i++) {
        pause_briefly();
        spawn_last_words(&served.child, words, sizeof words);
    }
    ck_assert_str_eq(words, expected);
}

/* A shell may say more than it was told to when a child of its own ends. */
static void says_bye(void)
{
    char words[300] = "";
    for (int i = 0; i < 5000 && !strstr(words, "bye"); i++) {
        pause_briefly();
        spawn_last_words(&served.child, words, sizeof words);
    }
    ck_assert_ptr_nonnull(strstr(words, "bye"));
}

static void ends(void)
{
    for (int i = 0; i < 5000 && !served_has_ended(&served, &err); i++) {
        pause_briefly();
    }
    ck_assert(served_has_ended(&served, &err));
    ck_assert_int_eq(err.status, ST_NETWORK);
}

/* --- what it is told -------------------------------------------------- */

#define TELLS "echo \"$PORT $URL\" >&2; exec sleep 60"

START_TEST(without_a_url_it_gets_a_free_port)
{
    char expected[300];
    start(TELLS, NULL);
    ck_assert_int_eq(strncmp(served.url, "http://127.0.0.1:",
                             sizeof "http://127.0.0.1:" - 1),
                     0);
    const char *port = strrchr(served.url, ':') + 1;
    ck_assert_int_eq((int)strspn(port, "0123456789"), (int)strlen(port));
    ck_assert_str_ne(port, "0");
    snprintf(expected, sizeof expected, "%s %s", port, served.url);
    says(expected);
}
END_TEST

static const struct {
    const char *url, *said;
} addresses[] = {
    {"http://127.0.0.1:4711", "4711 http://127.0.0.1:4711"},
    {"http://localhost:1/base", "1 http://localhost:1/base"},
    {"https://sync.example:65535", "65535 https://sync.example:65535"},
    {"http://localhost/a:5", "0 http://localhost/a:5"},
    {"http://localhost", "0 http://localhost"},
    {"localhost:8080", "8080 localhost:8080"},
    {"http://[::1]:81/x", "81 http://[::1]:81/x"},
    {"http://[::1]", "0 http://[::1]"},
    {"http://[::1]/x", "0 http://[::1]/x"},
};

START_TEST(a_url_is_passed_on_with_its_port)
{
    start(TELLS, addresses[_i].url);
    ck_assert_str_eq(served.url, addresses[_i].url);
    says(addresses[_i].said);
}
END_TEST

/* The line is somebody's own, with whatever quotes. */
START_TEST(the_line_reaches_the_shell_as_it_is)
{
    start("echo \"it's \\$5\" '\"' a=$((1 + 1)) $# >&2; exec sleep 60", NULL);
    says("it's $5 \" a=2 0");
}
END_TEST

START_TEST(an_address_has_a_limit)
{
    char url[SPAWN_URL_MAX + 1];
    memset(url, 'a', sizeof url);
    memcpy(url, "http://", 7);
    url[SPAWN_URL_MAX] = '\0';
    ck_assert_int_eq(served_start(&served, "exec sleep 60", url, &err),
                     ST_LIMIT);
    ck_assert_str_eq(err.text, "an address of over 255 bytes");
    ck_assert(!served_is_ours(&served));
    url[SPAWN_URL_MAX - 1] = '\0';
    start("exec sleep 60", url);
    ck_assert_str_eq(served.url, url);
    ck_assert_str_eq(served.child.url, url);
}
END_TEST

/* --- its end ---------------------------------------------------------- */

START_TEST(one_that_runs_has_not_ended)
{
    start("exec sleep 60", NULL);
    ck_assert(!served_has_ended(&served, &err));
    ck_assert_int_eq(err.status, ST_OK);
}
END_TEST

static const struct {
    const char *command, *text;
} ended[] = {
    {"exit 3", "the server has ended (exit 3); standard error: nothing"},
    {"echo one >&2; echo no port >&2; exit 1",
     "the server has ended (exit 1); standard error: one|no port"},
    {"kill -9 $$", "the server has ended (signal 9); standard error: nothing"},
    {"exec /no/such/server 2>/dev/null",
     "the server has ended (exit 127); standard error: nothing"},
};

START_TEST(one_that_ended_by_itself_is_told)
{
    start(ended[_i].command, NULL);
    ends();
    ck_assert_str_eq(err.text, ended[_i].text);
}
END_TEST

/* As `server & exit`: the shell is gone, the server is not. */
START_TEST(a_server_behind_a_shell_lives_on)
{
    start("sh -c 'echo up >&2; exec sleep 60' & exit 0", NULL);
    says("up");
    for (int i = 0; i < 5000 && spawn_alive(&served.child); i++) {
        pause_briefly();
    }
    ck_assert(!spawn_alive(&served.child));
    ck_assert(spawn_any_alive(&served.child));
    ck_assert_msg(!served_has_ended(&served, &err), "%s", err.text);
    ck_assert_int_eq(served_kill(&served, &err), ST_OK);
    ck_assert(!spawn_any_alive(&served.child));
    ck_assert(served_has_ended(&served, &err));
}
END_TEST

START_TEST(a_server_behind_a_shell_is_stopped)
{
    start("sh -c 'trap \"echo bye >&2; exit 0\" TERM; echo up >&2; "
          "while :; do sleep 0.01; done' & exit 0",
          NULL);
    says("up");
    ck_assert_int_eq(served_stop(&served, &err), ST_OK);
    ck_assert(!spawn_any_alive(&served.child));
    says_bye();
}
END_TEST

START_TEST(a_stop_is_polite)
{
    start("trap 'echo bye >&2; exit 7' TERM; echo up >&2; "
          "while :; do sleep 0.01; done",
          NULL);
    says("up");
    ck_assert_int_eq(served_stop(&served, &err), ST_OK);
    ck_assert_int_eq(served.child.exit_code, 7);
    says_bye();
    ck_assert_int_eq(served_stop(&served, &err), ST_OK); /* again */
}
END_TEST

START_TEST(a_kill_is_not)
{
    start("trap 'echo bye >&2; exit 7' TERM; echo up >&2; "
          "while :; do sleep 0.01; done",
          NULL);
    says("up");
    ck_assert_int_eq(served_kill(&served, &err), ST_OK);
    ck_assert_int_eq(served.child.exit_signal, SIGKILL);
    says("up");
}
END_TEST

/* --- again ------------------------------------------------------------ */

START_TEST(a_restart_kills_and_keeps_the_address)
{
    char url[SPAWN_URL_MAX], expected[300];
    start(TELLS, NULL);
    snprintf(url, sizeof url, "%s", served.url);
    snprintf(expected, sizeof expected, "%s %s", strrchr(url, ':') + 1, url);
    says(expected);
    pid_t first = served.child.pid;
    for (int i = 0; i < 2; i++) { /* while it runs, and after its end */
        ck_assert_int_eq(served_restart(&served, &err), ST_OK);
        ck_assert_int_ne(served.child.pid, first);
        ck_assert_int_ne(kill(first, 0), 0);
        ck_assert_str_eq(served.url, url);
        says(expected); /* once: what the first said is gone */
        first = served.child.pid;
        ck_assert_int_eq(served_kill(&served, &err), ST_OK);
    }
}
END_TEST

/* --- whose it is ------------------------------------------------------ */

/* A process that plays cases must not end the server of all. */
START_TEST(a_child_of_ours_may_not_end_it)
{
    int code = -1;
    start("exec sleep 60", NULL);
    pid_t pid = fork();
    if (pid == 0) {
        bool ours = served_is_ours(&served);
        bool over = served_has_ended(&served, &err);
        served_end(&served);
        _exit(ours || over || served.owner == 0);
    }
    waitpid(pid, &code, 0);
    ck_assert(WIFEXITED(code));
    ck_assert_int_eq(WEXITSTATUS(code), 0);
    ck_assert(spawn_alive(&served.child));
}
END_TEST

START_TEST(what_was_never_started_has_no_end)
{
    ck_assert(!served_is_ours(NULL));
    ck_assert(!served_is_ours(&served));
    ck_assert(!served_has_ended(NULL, &err));
    ck_assert(!served_has_ended(&served, &err));
    served_end(&served);
    start("exec sleep 60", NULL);
    pid_t pid = served.child.pid;
    served_end(&served);
    ck_assert_int_ne(kill(pid, 0), 0);
    ck_assert(!served_is_ours(&served));
    served_end(&served); /* twice is allowed */
}
END_TEST

static TCase *case_ends(void)
{
    TCase *tests = tcase_create("ends");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, one_that_runs_has_not_ended);
    tcase_add_loop_test(tests, one_that_ended_by_itself_is_told, 0,
                        sizeof ended / sizeof *ended);
    tcase_add_test(tests, a_server_behind_a_shell_lives_on);
    tcase_add_test(tests, a_server_behind_a_shell_is_stopped);
    tcase_add_test(tests, a_stop_is_polite);
    tcase_add_test(tests, a_kill_is_not);
    tcase_add_test(tests, a_restart_kills_and_keeps_the_address);
    tcase_add_test(tests, a_child_of_ours_may_not_end_it);
    tcase_add_test(tests, what_was_never_started_has_no_end);
    return tests;
}

Suite *suite_served(void)
{
    Suite *suite = suite_create("served");
    TCase *tests = tcase_create("told");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, without_a_url_it_gets_a_free_port);
    tcase_add_loop_test(tests, a_url_is_passed_on_with_its_port, 0,
                        sizeof addresses / sizeof *addresses);
    tcase_add_test(tests, the_line_reaches_the_shell_as_it_is);
    tcase_add_test(tests, an_address_has_a_limit);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, case_ends());
    return suite;
}
