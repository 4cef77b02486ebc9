/* SPDX-License-Identifier: MIT */
/* wire - a front in a process of its own, and raw sockets to it.
 * Layer: tests/mock_server. */
#include "tests/mock_server/wire.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 10000 };

pid_t wire_child;
int wire_port;
char wire_answer[WIRE_ANSWER_MAX];
static const char *const origins[] = {"http://app", NULL};

struct front_config wire_config(void)
{
    struct front_config config = {.host = "127.0.0.1",
                                  .store = "memory",
                                  .dev_auth = true,
                                  .dialect = "v2"};

    config.server.origins = origins;
    return config;
}

/* A test that failed leaves its front running. */
static void wire_kill_left(void)
{
    if (wire_child) {
        kill(wire_child, SIGKILL);
        waitpid(wire_child, NULL, 0);
        wire_child = 0;
    }
}

/* Run the front in a wire_child; the port comes by its announcement. */
void wire_start(struct front_config config)
{
    int pipes[2];
    char line[128] = "";
    FILE *announced;

    wire_kill_left();
    ck_assert_int_eq(pipe(pipes), 0);
    wire_child = fork();
    ck_assert_int_ge(wire_child, 0);
    if (wire_child == 0) {
        struct err err = {0};

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pipes[0]);
        config.announce = fdopen(pipes[1], "w");
        enum status status = front_run(&config, &err);

        if (status != ST_OK) {
            fprintf(stderr, "%s\n", err.text);
        }
        fclose(config.announce);
        /* Through exit, so that leaks of the front are found too. */
        exit(status == ST_OK ? 0 : 9);
    }
    close(pipes[1]);
    announced = fdopen(pipes[0], "r");
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), announced));
    fclose(announced);
    ck_assert_int_eq(
        sscanf(line, "listening on http://127.0.0.1:%d\n", &wire_port), 1);
}

int wire_end(int signal_number)
{
    int status;

    ck_assert_int_gt(wire_child, 0);
    kill(wire_child, signal_number);
    ck_assert_int_eq(waitpid(wire_child, &status, 0), wire_child);
    wire_child = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int wire_dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)wire_port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

void wire_put_bytes(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);

        if (done <= 0) {
            return; /* the answer tells why */
        }
        p += done;
        n -= (size_t)done;
    }
}

void wire_put(int fd, const char *text)
{
    wire_put_bytes(fd, text, strlen(text));
}

ssize_t wire_get(int fd, char *p, size_t n)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    ck_assert_msg(poll(&ready, 1, WAIT_MS) == 1, "no answer in time");
    return recv(fd, p, n, 0);
}

/* Length of the answer's head and body when it is whole, else 0. */
static size_t whole(size_t n)
{
    char *end, *length;

    wire_answer[n] = '\0';
    end = strstr(wire_answer, "\r\n\r\n");
    if (!end) {
        return 0;
    }
    length = strstr(wire_answer, "Content-Length: ");
    size_t total =
        (size_t)(end - wire_answer) + 4 +
        (length && length < end ? strtoul(length + 16, NULL, 10) : 0);

    return n >= total ? total : 0;
}

/* One answer and nothing of the next; 0 when the connection ends before it
 * is whole. */
int wire_read(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    size_t n = 0, total = 0;

    while (total == 0) {
        size_t room = sizeof(wire_answer) - 1 - n;
        ssize_t seen;

        ck_assert_msg(poll(&ready, 1, WAIT_MS) == 1, "no answer in time");
        seen = recv(fd, wire_answer + n, room, MSG_PEEK);
        if (seen <= 0 || room == 0) {
            wire_answer[n] = '\0';
            return 0;
        }
        total = whole(n + (size_t)seen);
        seen = recv(fd, wire_answer + n, total ? total - n : (size_t)seen, 0);
        n += (size_t)seen;
    }
    wire_answer[n] = '\0';
    return atoi(wire_answer + 9);
}

bool wire_is_closed(int fd)
{
    char byte;

    return wire_get(fd, &byte, 1) <= 0;
}

int wire_ask(int fd, const char *text)
{
    wire_put(fd, text);
    return wire_read(fd);
}
