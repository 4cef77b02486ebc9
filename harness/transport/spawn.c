/* SPDX-License-Identifier: MIT */
/* spawn - a server as a child process.  Layer: harness/transport.
 *
 * What the child prints goes to files, not pipes: it can print as much as it
 * likes without ever waiting for us. */
#include "harness/transport/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/asserts.h"
#include "base/str.h"

enum {
    PAUSE_MS = 2,
    KILL_PAUSES = 500,
    SAID_MAX = 300,
    LINE_SEARCH_BYTES = 64 << 10
};

static const char ANNOUNCEMENT[] = "listening on ";

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_briefly(void)
{
    struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&pause, NULL);
}

/* --- its end ---------------------------------------------------------- */

static void note_end(struct spawned *child, int wait_status)
{
    bool signalled = WIFSIGNALED(wait_status);
    child->pid = 0;
    child->exit_signal = signalled ? WTERMSIG(wait_status) : 0;
    child->exit_code = signalled ? -1 : WEXITSTATUS(wait_status);
}

bool spawn_alive(struct spawned *child)
{
    int wait_status = 0;
    if (child->pid == 0) {
        return false;
    }
    pid_t ended = waitpid(child->pid, &wait_status, WNOHANG);
    if (ended == child->pid) {
        note_end(child, wait_status);
    } else if (ended < 0 && errno == ECHILD) {
        note_end(child, 0);
    }
    return child->pid != 0;
}

/* A shell in front of a server may end before it: the server is then our own
 * child, see served.c. */
static bool group_is_there(pid_t group)
{
    while (group > 0 && waitpid(-group, NULL, WNOHANG) > 0) {
    }
    return group > 0 && kill(-group, 0) == 0;
}

bool spawn_any_alive(struct spawned *child)
{
    return spawn_alive(child) || group_is_there(child->group);
}

static bool ends_within(struct spawned *child, int64_t timeout_ms)
{
    int64_t end_ms = clock_ms() + timeout_ms;
    while (spawn_any_alive(child)) {
        if (clock_ms() >= end_ms) {
            return false;
        }
        pause_briefly();
    }
    return true;
}

/* The group too: the server may be a grandchild, behind a shell. */
static void signal_group(const struct spawned *child, int signal)
{
    if (kill(-child->group, signal) != 0 && child->pid > 0) {
        kill(child->pid, signal);
    }
}

static void kill_hard(struct spawned *child)
{
    int wait_status = 0;
    signal_group(child, SIGKILL);
    if (child->pid > 0) {
        while (waitpid(child->pid, &wait_status, 0) < 0 && errno == EINTR) {
        }
        note_end(child, wait_status);
    }
    /* Killed is not gone yet, and its port is not free before that. */
    for (int i = 0; i < KILL_PAUSES && group_is_there(child->group); i++) {
        pause_briefly();
    }
}

void spawn_signal(struct spawned *child, int signal)
{
    if (spawn_any_alive(child)) {
        signal_group(child, signal);
    }
}

enum status spawn_end(struct spawned *child, int signal, int64_t timeout_ms,
                      struct err *err)
{
    if (!spawn_any_alive(child)) {
        return ST_OK;
    }
    if (signal == SIGKILL) {
        kill_hard(child);
        return ST_OK;
    }
    signal_group(child, signal);
    if (ends_within(child, timeout_ms)) {
        return ST_OK;
    }
    kill_hard(child);
    return err_set(err, ST_NETWORK,
                   "%s did not end within %" PRId64 " ms after signal %d",
                   child->argv[0], timeout_ms, signal);
}

/* --- its birth -------------------------------------------------------- */

static int output_file(void)
{
    char name[] = "/tmp/syncspec-XXXXXX";
    int fd = mkstemp(name);
    if (fd >= 0) {
        unlink(name);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        /* What a second run prints goes behind what is left of the first. */
        fcntl(fd, F_SETFL, O_APPEND);
    }
    return fd;
}

/* In the child, after fork: only calls that are safe there. */
_Noreturn static void become(const struct spawned *child, pid_t parent,
                             int report)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127); /* it died before we had asked to be told */
    }
    int nothing = open("/dev/null", O_RDONLY);
    int code = -1;
    if (nothing >= 0 && dup2(nothing, 0) == 0 && dup2(child->out, 1) == 1 &&
        dup2(child->err, 2) == 2) {
        execvp(child->argv[0], child->argv);
    }
    code = errno;
    if (write(report, &code, sizeof code) < 0) {
        _exit(126);
    }
    _exit(127);
}

/* Returns 0 or the errno of what went wrong. */
static int launch(struct spawned *child)
{
    int report[2];
    int code = 0;
    pid_t parent = getpid();
    if (pipe(report) != 0) {
        return errno;
    }
    fcntl(report[0], F_SETFD, FD_CLOEXEC);
    fcntl(report[1], F_SETFD, FD_CLOEXEC);
    child->pid = fork();
    if (child->pid == 0) {
        become(child, parent, report[1]);
    }
    if (child->pid < 0) {
        code = errno;
        child->pid = 0;
    }
    child->group = child->pid;
    close(report[1]);
    /* Nothing to read means that exec took place and closed its end. */
    if (child->pid > 0 &&
        read(report[0], &code, sizeof code) == (ssize_t)sizeof code) {
        kill_hard(child);
    }
    close(report[0]);
    return code;
}

void spawn_last_words(const struct spawned *child, char *text, size_t size)
{
    off_t end = lseek(child->err, 0, SEEK_END);
    off_t from = end > (off_t)size - 1 ? end - (off_t)size + 1 : 0;
    ssize_t n = pread(child->err, text, size - 1, from);
    size_t length = n > 0 ? (size_t)n : 0;
    while (length > 0 && text[length - 1] == '\n') {
        length--;
    }
    text[length] = '\0';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            text[i] = '|';
        } else if ((unsigned char)text[i] < ' ' || text[i] == 127) {
            text[i] = '?';
        }
    }
    if (length == 0) {
        snprintf(text, size, "nothing");
    }
}

static bool parse_url(struct spawned *child, const char *url)
{
    size_t n = strcspn(url, " \t\r\n");
    if (n == 0 || n >= sizeof child->url || url[n] == '\0') {
        return false; /* the line is not all here yet */
    }
    struct str text = {url, n};
    struct str port = text;
    while (str_find(port, ':') < port.n) {
        port = str_skip(port, str_find(port, ':') + 1);
    }
    int64_t number = 0;
    if (!str_to_i64(port, &number) || number < 1 || number > 65535) {
        number = 0; /* an address that names no port: 80 or 443 */
    }
    memcpy(child->url, url, n);
    child->url[n] = '\0';
    while (n > 0 && child->url[n - 1] == '/') {
        child->url[--n] = '\0';
    }
    child->port = (int)number;
    return true;
}

static bool find_announcement(struct spawned *child)
{
    static char text[LINE_SEARCH_BYTES + 1];
    ssize_t n = pread(child->out, text, LINE_SEARCH_BYTES, 0);
    text[n > 0 ? n : 0] = '\0';
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, ANNOUNCEMENT, sizeof ANNOUNCEMENT - 1) == 0) {
            return parse_url(child, line + sizeof ANNOUNCEMENT - 1);
        }
    }
    return false;
}

static enum status wait_for_announcement(struct spawned *child,
                                         int64_t timeout_ms, struct err *err)
{
    char said[SAID_MAX];
    int64_t end_ms = clock_ms() + timeout_ms;
    while (!find_announcement(child)) {
        bool alive = spawn_alive(child);
        if (alive && clock_ms() < end_ms) {
            pause_briefly();
            continue;
        }
        spawn_last_words(child, said, sizeof said);
        if (alive) {
            kill_hard(child);
            return err_set(err, ST_NETWORK,
                           "%s did not print \"listening on URL\" within "
                           "%" PRId64 " ms; standard error: %s",
                           child->argv[0], timeout_ms, said);
        }
        return err_set(
            err, ST_NETWORK,
            "%s ended (%s %d) before it was listening; standard "
            "error: %s",
            child->argv[0], child->exit_signal ? "signal" : "exit",
            child->exit_signal ? child->exit_signal : child->exit_code, said);
    }
    return ST_OK;
}

/* --- its address ------------------------------------------------------ */

/* So many bytes more than it had: a port in the place of its 0. */
enum { ARGUMENT_ROOM = 8 };

static void keep_port(struct spawned *child)
{
    if (child->port == 0) {
        return;
    }
    for (char **argument = child->argv + 1; *argument; argument++) {
        if (strcmp(*argument, "--port=0") == 0) {
            snprintf(*argument, sizeof "--port=0" + ARGUMENT_ROOM, "--port=%d",
                     child->port);
        } else if (strcmp(*argument, "0") == 0 &&
                   strcmp(argument[-1], "--port") == 0) {
            snprintf(*argument, sizeof "0" + ARGUMENT_ROOM, "%d", child->port);
        }
    }
}

/* One block: the pointers, then the texts, each with room for a port. */
static char **arguments_copy(const char *const *argv)
{
    size_t count = 0, bytes = 0;
    while (argv[count]) {
        bytes += strlen(argv[count++]) + 1 + ARGUMENT_ROOM;
    }
    ASSERT(count > 0);
    char **own = malloc((count + 1) * sizeof *own + bytes);
    ASSERT(own);
    char *text = (char *)(own + count + 1);
    for (size_t i = 0; i < count; i++) {
        own[i] = text;
        text = stpcpy(text, argv[i]) + 1 + ARGUMENT_ROOM;
    }
    own[count] = NULL;
    return own;
}

enum status spawn_restart(struct spawned *child, int64_t timeout_ms,
                          struct err *err)
{
    ASSERT(child->pid == 0);
    /* An old announcement must not be taken for the new one. */
    if (ftruncate(child->out, 0) != 0 || ftruncate(child->err, 0) != 0) {
        return err_set(err, ST_IO, "a temporary file: %s", strerror(errno));
    }
    int code = launch(child);
    if (code != 0) {
        return err_set(err, ST_USAGE, "%s cannot be run: %s", child->argv[0],
                       strerror(code));
    }
    enum status status =
        child->silent ? ST_OK : wait_for_announcement(child, timeout_ms, err);
    if (status == ST_OK) {
        keep_port(child);
    }
    return status;
}

static void make(struct spawned *child, const char *const *argv)
{
    *child = (struct spawned){.out = output_file(), .err = output_file()};
    child->argv = arguments_copy(argv);
}

static enum status first_start(struct spawned *child, int64_t timeout_ms,
                               struct err *err)
{
    enum status status =
        child->out >= 0 && child->err >= 0
            ? spawn_restart(child, timeout_ms, err)
            : err_set(err, ST_IO, "a temporary file: %s", strerror(errno));
    if (status != ST_OK) {
        spawn_free(child);
    }
    return status;
}

enum status spawn_start(struct spawned *child, const char *const *argv,
                        int64_t timeout_ms, struct err *err)
{
    make(child, argv);
    return first_start(child, timeout_ms, err);
}

enum status spawn_start_at(struct spawned *child, const char *const *argv,
                           const char *url, struct err *err)
{
    if (strlen(url) >= sizeof child->url) {
        return err_set(err, ST_LIMIT, "an address of over %zu bytes",
                       sizeof child->url - 1);
    }
    make(child, argv);
    child->silent = true;
    memcpy(child->url, url, strlen(url) + 1);
    return first_start(child, 0, err);
}

void spawn_free(struct spawned *child)
{
    if (spawn_any_alive(child)) {
        kill_hard(child);
    }
    if (child->out >= 0) {
        close(child->out);
    }
    if (child->err >= 0) {
        close(child->err);
    }
    free(child->argv);
    *child = (struct spawned){.out = -1, .err = -1};
}
