/* SPDX-License-Identifier: MIT */
/* command - a line of shell.  Layer: harness/transport. */
#include "harness/transport/command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_KEPT = 4096, WORDS_SHOWN = 300, PAUSE_MS = 2, READ_BYTES = 4096 };

struct running {
    pid_t pid;
    int fds[2]; /* its standard output and standard error; -1: at their end */
    struct buf *out;
    struct buf words;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool mentions(const struct command *command)
{
    static const char *const marks[] = {"$1", "${1", "$@", "$*"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strstr(command->line, marks[i])) {
            return true;
        }
    }
    for (const char *const *e = command->environment; e && *e; e++) {
        struct str name = str_take(str_of(*e), str_find(str_of(*e), '='));
        for (const char *at = command->line; (at = strchr(at, *name.p)); at++) {
            if (str_starts(str_of(at), name)) {
                return true;
            }
        }
    }
    return false;
}

/* In the child.  The environment and the line are made before the fork. */
_Noreturn static void become(const char *line, const char *argument,
                             const char *const *environment, const int *ends)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0 && dup2(nothing, 0) == 0 && dup2(ends[0], 1) == 1 &&
        dup2(ends[1], 2) == 2) {
        execle("/bin/sh", "sh", "-c", line, "sh", argument, (char *)NULL,
               environment);
    }
    _exit(127);
}

extern char **environ;

/* Ours and the command's, the latter first: what is found first counts. */
static const char **environment_of(const struct command *command)
{
    size_t own = 0, more = 0;
    while (environ[own]) {
        own++;
    }
    while (command->environment && command->environment[more]) {
        more++;
    }
    const char **all = calloc(own + more + 1, sizeof(*all));
    for (size_t i = 0; all && i < more; i++) {
        all[i] = command->environment[i];
    }
    for (size_t i = 0; all && i < own; i++) {
        all[more + i] = environ[i];
    }
    return all;
}

static bool open_pipes(int pipes[2][2])
{
    for (int i = 0; i < 2; i++) {
        if (pipe(pipes[i]) != 0) {
            for (int k = 0; k < i; k++) {
                close(pipes[k][0]);
                close(pipes[k][1]);
            }
            return false;
        }
        fcntl(pipes[i][0], F_SETFD, FD_CLOEXEC);
        fcntl(pipes[i][1], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

static enum status launch(const struct command *command, struct running *run,
                          struct err *err)
{
    int pipes[2][2];
    struct buf line;
    if (!open_pipes(pipes)) {
        return err_set(err, ST_INTERNAL, "no pipe: %s", strerror(errno));
    }
    buf_init(&line, (size_t)1 << 20);
    buf_puts(&line, command->line);
    buf_puts(&line, mentions(command) ? "" : " \"$1\"");
    const char **environment = environment_of(command);
    const int ends[2] = {pipes[0][1], pipes[1][1]};
    run->pid = line.failed || !environment ? -1 : fork();
    if (run->pid == 0) {
        become(line.p, command->argument, environment, ends);
    }
    int code = errno;
    free(environment);
    buf_free(&line);
    for (int i = 0; i < 2; i++) {
        close(pipes[i][1]);
        run->fds[i] = pipes[i][0];
    }
    if (run->pid < 0) {
        close(run->fds[0]);
        close(run->fds[1]);
        return err_set(err, ST_INTERNAL, "no process: %s", strerror(code));
    }
    return ST_OK;
}

static void take(struct running *run, int which)
{
    char block[READ_BYTES];
    ssize_t n = read(run->fds[which], block, sizeof(block));
    if (n > 0 && which == 0) {
        buf_put(run->out, block, (size_t)n);
    } else if (n > 0) {
        size_t room = WORDS_KEPT - run->words.n;
        buf_put(&run->words, block, (size_t)n < room ? (size_t)n : room);
    } else if (n == 0 || errno != EINTR) {
        close(run->fds[which]);
        run->fds[which] = -1;
    }
}

static enum status too_much(const struct running *run, struct err *err)
{
    return err_set(err, ST_USAGE, "printed more than %zu bytes", run->out->max);
}

/* False when the time is over, or it prints too much. */
static bool read_all(struct running *run, int64_t end_ms)
{
    while (run->fds[0] >= 0 || run->fds[1] >= 0) {
        struct pollfd polled[2] = {{.fd = run->fds[0], .events = POLLIN},
                                   {.fd = run->fds[1], .events = POLLIN}};
        int64_t left_ms = end_ms - clock_ms();
        if (left_ms <= 0 || run->out->failed) {
            return false;
        }
        if (poll(polled, 2, (int)left_ms) <= 0) {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            if (polled[i].revents) {
                take(run, i);
            }
        }
    }
    return true;
}

/* False when the time is over: it is still there. */
static bool reap(struct running *run, int64_t end_ms, int *wait_status)
{
    for (;;) {
        pid_t ended = waitpid(run->pid, wait_status, WNOHANG);
        if (ended == run->pid || (ended < 0 && errno != EINTR)) {
            return true;
        }
        if (clock_ms() >= end_ms) {
            return false;
        }
        struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
}

/* The end of what it complained about, on one line. */
static struct str last_words(struct running *run)
{
    struct str words = buf_view(&run->words);
    while (words.n > 0 && words.p[words.n - 1] <= ' ') {
        words.n--;
    }
    words = str_skip(words, words.n > WORDS_SHOWN ? words.n - WORDS_SHOWN : 0);
    for (size_t i = 0; i < words.n; i++) {
        char *byte = run->words.p + (words.p - run->words.p) + i;
        *byte = *byte == '\n' ? '|' : *byte >= ' ' && *byte < 127 ? *byte : '?';
    }
    return words.n > 0 ? words : STR("(it said nothing)");
}

static enum status judge(struct running *run, int wait_status, struct err *err)
{
    struct str words = last_words(run);
    if (WIFSIGNALED(wait_status)) {
        return err_set(err, ST_USAGE, "ended by signal %d: %.*s",
                       WTERMSIG(wait_status), STR_ARG(words));
    }
    if (WEXITSTATUS(wait_status) != 0) {
        return err_set(err, ST_USAGE, "exit code %d: %.*s",
                       WEXITSTATUS(wait_status), STR_ARG(words));
    }
    return run->out->failed ? too_much(run, err) : ST_OK;
}

static void close_pipes(struct running *run)
{
    for (int i = 0; i < 2; i++) {
        if (run->fds[i] >= 0) {
            close(run->fds[i]);
        }
    }
}

enum status command_run(const struct command *command, struct buf *out,
                        struct err *err)
{
    struct running run = {.out = out};
    int wait_status = 0;
    int64_t end_ms = clock_ms() + command->limit_ms;
    enum status status = launch(command, &run, err);
    if (status != ST_OK) {
        return status;
    }
    buf_init(&run.words, WORDS_KEPT);
    if (read_all(&run, end_ms) && reap(&run, end_ms, &wait_status)) {
        status = judge(&run, wait_status, err);
    } else {
        kill(-run.pid, SIGKILL);
        kill(run.pid, SIGKILL);
        while (waitpid(run.pid, &wait_status, 0) < 0 && errno == EINTR) {
        }
        status = out->failed
                     ? too_much(&run, err)
                     : err_set(err, ST_USAGE,
                               "did not end within %" PRId64 " ms: %.*s",
                               command->limit_ms, STR_ARG(last_words(&run)));
    }
    close_pipes(&run);
    buf_free(&run.words);
    return status;
}
