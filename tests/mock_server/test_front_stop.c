/* SPDX-License-Identifier: MIT */
/* test_front_stop - the server is asked to end: what is under way is answered,
 * and nobody who asks for nothing more holds it up. */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "tests/mock_server/suites.h"
#include "tests/mock_server/wire.h"

enum { LARGE = 9 << 20 };

#define HEALTH "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
#define AS(id)                                                                 \
    "Host: x\r\nAuthorization: Bearer alice\r\nX-Client-Id: " id "\r\n"
#define AS_A AS("a")

static void teardown(void)
{
    if (wire_child) {
        ck_assert_int_eq(wire_end(SIGTERM), 0);
    }
}

/* By itself: nobody asks it once more. */
static void ended_well(void)
{
    int status;

    ck_assert_int_eq(waitpid(wire_child, &status, 0), wire_child);
    wire_child = 0;
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

START_TEST(sigterm_answers_what_is_running)
{
    int idle, half;

    wire_start(wire_config());
    idle = wire_dial();
    half = wire_dial();
    ck_assert_int_eq(wire_ask(idle, HEALTH), 200);
    wire_put(half, "POST /sync/todo HTTP/1.1\r\n" AS_A
                   "Content-Length: 14\r\n\r\n{\"changes\"");
    ck_assert_int_eq(wire_ask(idle, HEALTH), 200);
    ck_assert_int_gt(wire_child, 0);
    kill(wire_child, SIGTERM);
    ck_assert(wire_is_closed(idle));
    ck_assert_int_eq(wire_ask(half, ":[]}"), 200);
    ck_assert_ptr_nonnull(strstr(wire_answer, "Connection: close\r\n"));
    close(idle);
    close(half);
    ended_well();
}
END_TEST

START_TEST(a_second_signal_ends_at_once)
{
    int half;

    wire_start(wire_config());
    half = wire_dial();
    wire_put(half, "POST /sync/todo HTTP/1.1\r\n" AS_A
                   "Content-Length: 14\r\n\r\n{\"changes\"");
    int probe = wire_dial();

    ck_assert_int_eq(wire_ask(probe, HEALTH), 200);
    kill(wire_child, SIGINT);
    ck_assert(wire_is_closed(probe));
    ck_assert_int_eq(wire_end(SIGINT), 0);
    ck_assert(wire_is_closed(half));
    close(probe);
    close(half);
}
END_TEST

/* One record that no socket has room for. */
static void push_large(int fd)
{
    static const char head[] =
        "{\"changes\":[{\"table\":\"t\",\"id\":\"1\",\"op\":\"insert\","
        "\"data\":{\"updatedAt\":\"2026-03-27T09:00:00.000Z\",\"text\":\"";
    static const char tail[] = "\"}}]}";
    struct buf body;
    char line[80];

    buf_init(&body, 2 * LARGE);
    buf_puts(&body, head);
    for (size_t i = 0; i < LARGE; i++) {
        buf_putc(&body, 'x');
    }
    buf_puts(&body, tail);
    snprintf(line, sizeof(line), "Content-Length: %zu\r\n\r\n", body.n);
    wire_put(fd, "POST /sync/todo HTTP/1.1\r\n" AS_A);
    wire_put(fd, line);
    wire_put_bytes(fd, body.p, body.n);
    buf_free(&body);
    ck_assert_int_eq(wire_read(fd), 200);
}

/* Until it ends; how much came. */
static size_t read_all(int fd)
{
    static char bytes[65536];
    size_t sum = 0;
    ssize_t n;

    while ((n = wire_get(fd, bytes, sizeof(bytes))) > 0) {
        sum += (size_t)n;
    }
    return sum;
}

static bool has_ended(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, 0) == 1;
}

/* Somebody who was being sent an answer and has it now is idle, and not waited
 * for as long as somebody who has a request half here. */
START_TEST(who_was_answered_holds_up_nobody)
{
    wire_start(wire_config());
    int half = wire_dial(), reader = wire_dial(), writer = wire_dial();

    push_large(writer);
    close(writer);
    wire_put(reader,
             "GET /sync/todo/pull?collection=t&since=1970-01-01T00%3A00%3A00."
             "000Z HTTP/1.1\r\n" AS("b") "\r\n");
    wire_put(half, "POST /sync/other HTTP/1.1\r\n" AS_A
                   "Content-Length: 14\r\n\r\n{\"changes\"");
    int probe = wire_dial();

    ck_assert_int_eq(wire_ask(probe, HEALTH), 200);
    kill(wire_child, SIGTERM);
    ck_assert(wire_is_closed(probe));
    ck_assert_uint_gt(read_all(reader), LARGE);
    ck_assert(!has_ended(half));
    ck_assert_int_eq(wire_ask(half, ":[]}"), 200);
    close(probe);
    close(reader);
    close(half);
    ended_well();
}
END_TEST

Suite *suite_front_stop(void)
{
    Suite *suite = suite_create("front_stop");
    TCase *own = tcase_create("a front of its own");

    tcase_set_timeout(own, 30);
    tcase_add_checked_fixture(own, NULL, teardown);
    tcase_add_test(own, sigterm_answers_what_is_running);
    tcase_add_test(own, a_second_signal_ends_at_once);
    tcase_add_test(own, who_was_answered_holds_up_nobody);
    suite_add_tcase(suite, own);
    return suite;
}
