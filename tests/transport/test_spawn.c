/* SPDX-License-Identifier: MIT */
/* A server as a child process; shells stand in for servers. */
#include "tests/transport/rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/transport/spawn.h"

static enum status shell(struct spawned *child, const char *script,
                         int64_t timeout_ms, struct err *err)
{
    const char *argv[] = {"sh", "-c", script, "sh", "--port", "0", NULL};
    return spawn_start(child, argv, timeout_ms, err);
}

static void started(struct spawned *child, const char *script)
{
    struct err err = {0};
    enum status status = shell(child, script, 5000, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    ck_assert(spawn_alive(child));
}

#define ANNOUNCE "echo starting; echo listening on http://127.0.0.1:4711; "

/* A zombie that nobody has reaped yet is dead enough. */
static bool exists(pid_t pid)
{
    char name[64], state = 'X';
    snprintf(name, sizeof name, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(name, "r");
    if (!file) {
        return false;
    }
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1) {
        state = 'X';
    }
    fclose(file);
    return state != 'Z' && state != 'X';
}

static void gone_soon(pid_t pid)
{
    struct timespec pause = {.tv_nsec = 2000000};
    for (int i = 0; i < 1000 && exists(pid); i++) {
        nanosleep(&pause, NULL);
    }
    ck_assert(!exists(pid));
}

START_TEST(the_address_is_read)
{
    struct spawned child;
    started(&child, ANNOUNCE "exec sleep 60");
    ck_assert_str_eq(child.url, "http://127.0.0.1:4711");
    ck_assert_int_eq(child.port, 4711);
    pid_t pid = child.pid;
    spawn_free(&child);
    ck_assert(!exists(pid));
    spawn_free(&child); /* twice is allowed */
}
END_TEST

START_TEST(a_line_in_two_pieces_is_waited_for)
{
    struct spawned child;
    started(&child, "printf 'listening on http://127.0.0.1:47'; sleep 0.02; "
                    "echo 11; exec sleep 60");
    ck_assert_int_eq(child.port, 4711);
    spawn_free(&child);
}
END_TEST

START_TEST(a_restart_gets_the_same_port)
{
    struct spawned child;
    struct err err = {0};
    /* Announces the port it was given, or 4711 for 0. */
    started(&child, "p=$2; [ $p = 0 ] && p=4711; [ $# = 2 ] || exit 9; "
                    "echo listening on http://127.0.0.1:$p; exec sleep 60");
    ck_assert_str_eq(child.argv[5], "4711");
    pid_t first = child.pid;
    ck_assert_int_eq(spawn_end(&child, SIGKILL, 1000, &err), ST_OK);
    ck_assert_int_eq(child.exit_signal, SIGKILL);
    ck_assert_int_eq(child.exit_code, -1);
    ck_assert(!spawn_alive(&child));
    ck_assert(!exists(first));
    ck_assert_int_eq(spawn_end(&child, SIGKILL, 1000, &err), ST_OK);
    ck_assert_int_eq(spawn_restart(&child, 5000, &err), ST_OK);
    ck_assert_int_ne(child.pid, first);
    ck_assert_str_eq(child.url, "http://127.0.0.1:4711");
    ck_assert(spawn_alive(&child));
    spawn_free(&child);
}
END_TEST

START_TEST(the_short_spelling_of_the_port_is_kept_too)
{
    struct spawned child;
    struct err err = {0};
    static const char script[] = ANNOUNCE "exec sleep 60";
    const char *argv[] = {"sh", "-c", script, "--port=0", "0", NULL};
    ck_assert_int_eq(spawn_start(&child, argv, 5000, &err), ST_OK);
    ck_assert_str_eq(child.argv[3], "--port=4711");
    ck_assert_str_eq(child.argv[4], "0");
    spawn_free(&child);
}
END_TEST

START_TEST(a_polite_end_has_an_exit_code)
{
    struct spawned child;
    struct err err = {0};
    started(&child,
            "trap 'exit 7' TERM; " ANNOUNCE "while :; do sleep 0.01; done");
    ck_assert_int_eq(spawn_end(&child, SIGTERM, 5000, &err), ST_OK);
    ck_assert_int_eq(child.exit_code, 7);
    ck_assert_int_eq(child.exit_signal, 0);
    spawn_free(&child);
}
END_TEST

START_TEST(an_impolite_one_is_killed)
{
    struct spawned child;
    struct err err = {0};
    started(&child, "trap '' TERM; " ANNOUNCE "while :; do sleep 0.01; done");
    ck_assert_int_eq(spawn_end(&child, SIGTERM, 50, &err), ST_NETWORK);
    ck_assert_str_eq(err.text, "sh did not end within 50 ms after signal 15");
    ck_assert_int_eq(child.exit_signal, SIGKILL);
    ck_assert(!spawn_alive(&child));
    spawn_free(&child);
}
END_TEST

START_TEST(grandchildren_die_with_it)
{
    struct spawned child;
    struct err err = {0};
    started(&child, "sleep 60 & echo listening on http://127.0.0.1:$!; wait");
    pid_t grandchild = (pid_t)strtol(strrchr(child.url, ':') + 1, NULL, 10);
    ck_assert(exists(grandchild));
    ck_assert_int_eq(spawn_end(&child, SIGKILL, 1000, &err), ST_OK);
    gone_soon(grandchild);
    spawn_free(&child);
}
END_TEST

START_TEST(one_that_dies_on_its_own_is_noticed)
{
    struct spawned child;
    started(&child, ANNOUNCE "read x; exec sleep 0.01");
    struct timespec pause = {.tv_nsec = 2000000};
    for (int i = 0; i < 1000 && spawn_alive(&child); i++) {
        nanosleep(&pause, NULL);
    }
    ck_assert(!spawn_alive(&child));
    ck_assert_int_eq(child.exit_code, 0);
    spawn_free(&child);
}
END_TEST

START_TEST(a_start_that_fails_says_why)
{
    static const struct {
        const char *script;
        int64_t timeout_ms;
        const char *error;
    } CASES[] = {
        {"echo one >&2; echo two >&2; exit 3", 5000,
         "sh ended (exit 3) before it was listening; standard error: "
         "one|two"},
        {"kill -9 $$", 5000,
         "sh ended (signal 9) before it was listening; standard error: "
         "nothing"},
        {"printf 'a\\tb' >&2; echo listening at port 1; exec sleep 60", 400,
         "sh did not print \"listening on URL\" within 400 ms; standard "
         "error: a?b"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct spawned child;
        struct err err = {0};
        ck_assert_int_eq(
            shell(&child, CASES[i].script, CASES[i].timeout_ms, &err),
            ST_NETWORK);
        ck_assert_str_eq(err.text, CASES[i].error);
        ck_assert_int_eq(child.pid, 0);
    }
}
END_TEST

START_TEST(what_cannot_be_run_is_a_usage_error)
{
    struct spawned child;
    struct err err = {0};
    const char *argv[] = {"/no/such/program", NULL};
    ck_assert_int_eq(spawn_start(&child, argv, 5000, &err), ST_USAGE);
    ck_assert_str_eq(err.text, "/no/such/program cannot be run: No such file "
                               "or directory");
}
END_TEST

START_TEST(a_talkative_child_never_waits_for_us)
{
    struct spawned child;
    struct err err = {0};
    /* More than any pipe holds, behind the announcement. */
    started(&child, "trap 'exit 5' TERM; " ANNOUNCE
                    "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2;"
                    " while :; do sleep 0.01; done");
    ck_assert_int_eq(spawn_end(&child, SIGTERM, 5000, &err), ST_OK);
    ck_assert_int_eq(child.exit_code, 5);
    spawn_free(&child);
}
END_TEST

START_TEST(it_dies_with_its_parent)
{
    int channel[2];
    pid_t grandchild = 0;
    ck_assert_int_eq(pipe(channel), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct spawned child;
        if (shell(&child, ANNOUNCE "exec sleep 60", 5000, NULL) != ST_OK ||
            write(channel[1], &child.pid, sizeof child.pid) < 0) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    ck_assert_int_eq(read(channel[0], &grandchild, sizeof grandchild),
                     sizeof grandchild);
    ck_assert(exists(grandchild));
    kill(parent, SIGKILL); /* no chance to clean up */
    waitpid(parent, NULL, 0);
    gone_soon(grandchild);
    close(channel[0]);
    close(channel[1]);
}
END_TEST

/* --- an address that is known before ---------------------------------- */

static void started_at(struct spawned *child, const char *script)
{
    struct err err = {0};
    const char *argv[] = {"sh", "-c", script, NULL};
    enum status status =
        spawn_start_at(child, argv, "http://127.0.0.1:4711", &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
}

static void said(const struct spawned *child, const char *expected)
{
    struct timespec pause = {.tv_nsec = 2000000};
    char words[64] = "";
    for (int i = 0; i < 5000 && strcmp(words, expected) != 0; i++) {
        nanosleep(&pause, NULL);
        spawn_last_words(child, words, sizeof words);
    }
    ck_assert_str_eq(words, expected);
}

START_TEST(a_known_address_is_not_waited_for)
{
    struct spawned child;
    struct err err = {0};
    started_at(&child, "echo listening on http://127.0.0.1:1; echo up >&2; "
                       "exec sleep 60");
    said(&child, "up");
    ck_assert(spawn_alive(&child));
    ck_assert_str_eq(child.url, "http://127.0.0.1:4711");
    /* Nor is it when it is started again, and what it said is gone. */
    ck_assert_int_eq(spawn_end(&child, SIGKILL, 1000, &err), ST_OK);
    said(&child, "up");
    ck_assert_int_eq(spawn_restart(&child, 0, &err), ST_OK);
    said(&child, "up");
    ck_assert_str_eq(child.url, "http://127.0.0.1:4711");
    spawn_free(&child);
}
END_TEST

START_TEST(a_known_address_may_be_wrong)
{
    struct spawned child;
    struct err err = {0};
    char url[SPAWN_URL_MAX + 1];
    const char *none[] = {"/no/such/program", NULL};
    const char *some[] = {"sleep", "60", NULL};
    memset(url, 'x', sizeof url);
    url[SPAWN_URL_MAX] = '\0';
    ck_assert_int_eq(spawn_start_at(&child, some, url, &err), ST_LIMIT);
    ck_assert_str_eq(err.text, "an address of over 255 bytes");
    url[SPAWN_URL_MAX - 1] = '\0';
    ck_assert_int_eq(spawn_start_at(&child, none, url, &err), ST_USAGE);
    ck_assert_ptr_null(child.argv);
    ck_assert_int_eq(spawn_start_at(&child, some, url, &err), ST_OK);
    ck_assert_str_eq(child.url, url);
    spawn_free(&child);
}
END_TEST

/* --- groups ----------------------------------------------------------- */

/* A shell that has ended, and the process that it left running: that is ours
 * to reap then, as served.c has it. */
static pid_t left_behind(struct spawned *child, const char *script)
{
    struct timespec pause = {.tv_nsec = 2000000};
    char words[64] = "";
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    started_at(child, script);
    for (int i = 0; i < 5000 && strchr(words, '.') == NULL; i++) {
        nanosleep(&pause, NULL);
        spawn_last_words(child, words, sizeof words);
    }
    gone_soon(child->pid);
    ck_assert(!spawn_alive(child));
    ck_assert(spawn_any_alive(child));
    pid_t pid = (pid_t)strtol(words, NULL, 10);
    ck_assert(exists(pid));
    return pid;
}

START_TEST(a_grandchild_counts_when_its_shell_has_ended)
{
    struct spawned child;
    struct err err = {0};
    pid_t grandchild = left_behind(&child, "sleep 60 & echo $!. >&2; exit 4");
    ck_assert_int_eq(child.exit_code, 4);
    spawn_signal(&child, SIGTERM); /* reaches it, and does not wait */
    gone_soon(grandchild);
    ck_assert_int_eq(spawn_end(&child, SIGTERM, 5000, &err), ST_OK);
    ck_assert(!spawn_any_alive(&child));
    spawn_signal(&child, SIGTERM); /* nobody is there */
    spawn_free(&child);
}
END_TEST

START_TEST(a_grandchild_is_asked_to_end)
{
    struct spawned child;
    struct err err = {0};
    pid_t grandchild = left_behind(&child, "sleep 60 & echo $!. >&2; exit 0");
    ck_assert_int_eq(spawn_end(&child, SIGTERM, 20000, &err), ST_OK);
    ck_assert(!exists(grandchild));
    ck_assert(!spawn_any_alive(&child));
    spawn_free(&child);
}
END_TEST

START_TEST(a_grandchild_that_is_impolite_is_killed)
{
    struct spawned child;
    struct err err = {0};
    pid_t grandchild =
        left_behind(&child, "trap '' TERM; sleep 60 & echo $!. >&2; exit 0");
    ck_assert_int_eq(spawn_end(&child, SIGTERM, 50, &err), ST_NETWORK);
    ck_assert_str_eq(err.text, "sh did not end within 50 ms after signal 15");
    ck_assert(!exists(grandchild));
    ck_assert(!spawn_any_alive(&child));
    spawn_free(&child);
}
END_TEST

START_TEST(a_kill_waits_for_a_grandchild)
{
    struct spawned child;
    struct err err = {0};
    pid_t grandchild = left_behind(&child, "sleep 60 & echo $!. >&2; exit 0");
    ck_assert_int_eq(spawn_end(&child, SIGKILL, 0, &err), ST_OK);
    ck_assert(!exists(grandchild));
    ck_assert(!spawn_any_alive(&child));
    spawn_free(&child);
}
END_TEST

START_TEST(freeing_ends_a_grandchild_too)
{
    struct spawned child;
    pid_t grandchild = left_behind(&child, "sleep 60 & echo $!. >&2; exit 0");
    spawn_free(&child);
    ck_assert(!exists(grandchild));
}
END_TEST

/* --- last words ------------------------------------------------------- */

static const struct {
    const char *script, *words;
} last_words[] = {
    {"exit 0", "nothing"},
    {"echo >&2; echo >&2", "nothing"},
    {"echo one >&2; echo two >&2", "one|two"},
    {"printf 'a\\001b\\033[1mc\\177d' >&2", "a?b?[1mc?d"},
    {"printf 'caf\\303\\251' >&2", "caf\303\251"},
    /* 63 bytes have room: all of them, and without the first. */
    {"printf 'X%062d' 0 >&2",
     "X00000000000000000000000000000000000000000000000000000000000000"},
    {"printf 'YX%062d' 0 >&2",
     "X00000000000000000000000000000000000000000000000000000000000000"},
};

START_TEST(last_words_are_one_line)
{
    struct spawned child;
    struct timespec pause = {.tv_nsec = 2000000};
    char words[64];
    started_at(&child, last_words[_i].script);
    for (int i = 0; i < 5000 && spawn_alive(&child); i++) {
        nanosleep(&pause, NULL);
    }
    spawn_last_words(&child, words, sizeof words);
    ck_assert_str_eq(words, last_words[_i].words);
    spawn_free(&child);
}
END_TEST

static TCase *case_groups(void)
{
    TCase *tests = tcase_create("groups");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_known_address_is_not_waited_for);
    tcase_add_test(tests, a_known_address_may_be_wrong);
    tcase_add_test(tests, a_grandchild_counts_when_its_shell_has_ended);
    tcase_add_test(tests, a_grandchild_is_asked_to_end);
    tcase_add_test(tests, a_grandchild_that_is_impolite_is_killed);
    tcase_add_test(tests, a_kill_waits_for_a_grandchild);
    tcase_add_test(tests, freeing_ends_a_grandchild_too);
    tcase_add_loop_test(tests, last_words_are_one_line, 0,
                        sizeof last_words / sizeof *last_words);
    return tests;
}

Suite *suite_spawn(void)
{
    Suite *suite = suite_create("spawn");
    TCase *tests = tcase_create("spawn");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, the_address_is_read);
    tcase_add_test(tests, a_line_in_two_pieces_is_waited_for);
    tcase_add_test(tests, a_restart_gets_the_same_port);
    tcase_add_test(tests, the_short_spelling_of_the_port_is_kept_too);
    tcase_add_test(tests, a_polite_end_has_an_exit_code);
    tcase_add_test(tests, an_impolite_one_is_killed);
    tcase_add_test(tests, grandchildren_die_with_it);
    tcase_add_test(tests, one_that_dies_on_its_own_is_noticed);
    tcase_add_test(tests, a_start_that_fails_says_why);
    tcase_add_test(tests, what_cannot_be_run_is_a_usage_error);
    tcase_add_test(tests, a_talkative_child_never_waits_for_us);
    tcase_add_test(tests, it_dies_with_its_parent);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, case_groups());
    return suite;
}
