/* SPDX-License-Identifier: MIT */
/* test_front - the server on real sockets, in a process of its own. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mock_server/front.h"
#include "tests/mock_server/rig.h"
#include "tests/mock_server/suites.h"

enum { WAIT_MS = 10000, MANY = 200 };

static pid_t child;
static int port;
static char answer[1 << 20]; /* of the last read_answer */
static char log_file[] = "/tmp/syncspec-log-XXXXXX";
static const char *const origins[] = {"http://app", NULL};

static struct front_config plain(void)
{
    struct front_config config = {.host = "127.0.0.1",
                                  .store = "memory",
                                  .dev_auth = true,
                                  .dialect = "v2"};

    config.server.origins = origins;
    return config;
}

/* Run the front in a child; the port comes by its announcement. */
static void start_front(struct front_config config)
{
    int pipes[2];
    char line[128] = "";
    FILE *announced;

    ck_assert_int_eq(pipe(pipes), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct err err = {0};

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
    ck_assert_int_eq(sscanf(line, "listening on http://127.0.0.1:%d\n", &port),
                     1);
}

static int end_front(int signal_number)
{
    int status;

    ck_assert_int_gt(child, 0);
    kill(child, signal_number);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    child = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void setup(void)
{
    start_front(plain());
}

static void teardown(void)
{
    if (child) {
        ck_assert_int_eq(end_front(SIGTERM), 0);
    }
}

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void put_bytes(int fd, const char *p, size_t n)
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

static void put(int fd, const char *text)
{
    put_bytes(fd, text, strlen(text));
}

static ssize_t get_some(int fd, char *p, size_t n)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    ck_assert_msg(poll(&ready, 1, WAIT_MS) == 1, "no answer in time");
    return recv(fd, p, n, 0);
}

/* Length of the answer's head and body when it is whole, else 0. */
static size_t whole(size_t n)
{
    char *end, *length;

    answer[n] = '\0';
    end = strstr(answer, "\r\n\r\n");
    if (!end) {
        return 0;
    }
    length = strstr(answer, "Content-Length: ");
    size_t total =
        (size_t)(end - answer) + 4 +
        (length && length < end ? strtoul(length + 16, NULL, 10) : 0);

    return n >= total ? total : 0;
}

/* One answer and nothing of the next; 0 when the connection ends before it is
 * whole. */
static int read_answer(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    size_t n = 0, total = 0;

    while (total == 0) {
        size_t room = sizeof(answer) - 1 - n;
        ssize_t seen;

        ck_assert_msg(poll(&ready, 1, WAIT_MS) == 1, "no answer in time");
        seen = recv(fd, answer + n, room, MSG_PEEK);
        if (seen <= 0 || room == 0) {
            answer[n] = '\0';
            return 0;
        }
        total = whole(n + (size_t)seen);
        seen = recv(fd, answer + n, total ? total - n : (size_t)seen, 0);
        n += (size_t)seen;
    }
    answer[n] = '\0';
    return atoi(answer + 9);
}

static bool is_closed(int fd)
{
    char byte;

    return get_some(fd, &byte, 1) <= 0;
}

static int ask(int fd, const char *text)
{
    put(fd, text);
    return read_answer(fd);
}

#define HEALTH "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
#define AS_A   "Host: x\r\nAuthorization: Bearer alice\r\nX-Client-Id: a\r\n"

START_TEST(answers_are_http)
{
    int fd = dial();

    ck_assert_int_eq(ask(fd, HEALTH), 200);
    ck_assert_ptr_nonnull(strstr(answer, "HTTP/1.1 200 OK\r\nDate: "));
    ck_assert_ptr_nonnull(strstr(answer, " GMT\r\n"));
    ck_assert_ptr_nonnull(
        strstr(answer, "\r\nContent-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "\r\nVary: Origin\r\n"));
    ck_assert_ptr_null(strstr(answer, "Connection:"));
    /* And again on the same connection. */
    ck_assert_int_eq(ask(fd, HEALTH), 200);
    ck_assert_int_eq(ask(fd, "GET /nowhere HTTP/1.1\r\nHost: x\r\n"
                             "Origin: http://app\r\n\r\n"),
                     404);
    ck_assert_ptr_nonnull(
        strstr(answer, "Access-Control-Allow-Origin: http://app\r\n"));
    ck_assert_int_eq(ask(fd, "OPTIONS /sync/a HTTP/1.1\r\nHost: x\r\nOrigin: "
                             "http://app\r\nAccess-Control-Request-Method: "
                             "POST\r\n\r\n"),
                     204);
    ck_assert_ptr_null(strstr(answer, "Content-Length"));
    ck_assert_int_eq(ask(fd, "HEAD /health HTTP/1.1\r\nHost: x\r\n"
                             "Connection: close\r\n\r\n"),
                     0);
    ck_assert_ptr_nonnull(strstr(answer, "HTTP/1.1 405 "));
    ck_assert_ptr_nonnull(strstr(answer, "Allow: GET, OPTIONS\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "Connection: close\r\n\r\n"));
    ck_assert_ptr_null(strstr(answer, "{"));
    close(fd);
}
END_TEST

START_TEST(push_and_pull_over_the_wire)
{
    int fd = dial();
    const char *body = "{\"changes\":[{\"table\":\"t\",\"id\":\"1\",\"op\":"
                       "\"insert\",\"data\":{\"n\":1}}]}";
    char text[512];

    snprintf(text, sizeof(text),
             "POST /sync/todo HTTP/1.1\r\n" AS_A
             "Content-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    ck_assert_int_eq(ask(fd, text), 200);
    ck_assert_int_eq(
        ask(fd, "GET /sync/todo/pull?collection=t&since=1970-01-01T00:00:00"
                "%2B00:00 HTTP/1.1\r\n" AS_A "\r\n"),
        200);
    ck_assert_ptr_nonnull(strstr(answer, "\"data\":{\"n\":1}"));
    close(fd);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    int fd = dial();
    static char many[200 * 64];

    for (int i = 0; i < 100; i++) {
        strcat(many, HEALTH "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    put(fd, many);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(read_answer(fd), 200);
        ck_assert_int_eq(read_answer(fd), 404);
    }
    close(fd);
}
END_TEST

START_TEST(half_sent_requests_hold_up_nobody)
{
    static const char *const halves[] = {"", "G", "GET /health HTTP/1.1\r\nHo",
                                         "POST /sync/todo HTTP/1.1\r\n" AS_A
                                         "Content-Length: 100\r\n\r\n{"};
    int slow[MANY];
    int fd;

    for (int i = 0; i < MANY; i++) {
        slow[i] = dial();
        put(slow[i], halves[i % 4]);
    }
    fd = dial();
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(ask(fd, HEALTH), 200);
    }
    /* A slow one that goes on gets its answer. */
    ck_assert_int_eq(ask(slow[2], "st: x\r\n\r\n"), 200);
    ck_assert_int_eq(ask(slow[1], "ET /health HTTP/1.1\r\nHost: x\r\n\r\n"),
                     200);
    for (int i = 0; i < MANY; i++) {
        close(slow[i]);
    }
    ck_assert_int_eq(ask(fd, HEALTH), 200);
    close(fd);
}
END_TEST

START_TEST(bodies_over_the_limit_get_an_answer_and_an_end)
{
    static char block[65536];
    int fd = dial();

    put(fd,
        "POST /sync/todo HTTP/1.1\r\n" AS_A "Content-Length: 12000000\r\n\r\n");
    for (int i = 0; i < 40; i++) {
        put_bytes(fd, block, sizeof(block));
    }
    ck_assert_int_eq(read_answer(fd), 413);
    ck_assert_ptr_nonnull(strstr(answer, "Connection: close\r\n"));
    ck_assert(is_closed(fd));
    close(fd);
}
END_TEST

START_TEST(a_body_of_ten_mebibytes_is_read)
{
    static char block[65536];
    int fd = dial();

    memset(block, ' ', sizeof(block));
    put(fd, "POST /sync/todo HTTP/1.1\r\n" AS_A
            "Content-Length: 10485760\r\n\r\n{\"changes\":[]}");
    for (size_t left = 10485760 - 14; left > 0;) {
        size_t n = left < sizeof(block) ? left : sizeof(block);

        put_bytes(fd, block, n);
        left -= n;
    }
    ck_assert_int_eq(read_answer(fd), 200);
    close(fd);
}
END_TEST

/* A user of its own: other tests shall not get these changes. */
#define AS_DORA "Host: x\r\nAuthorization: Bearer dora\r\nX-Client-Id: a\r\n"

START_TEST(a_large_answer_to_a_slow_reader)
{
    enum { VALUE = 600000, COUNT = 12 };
    char *body = malloc(VALUE + 256);
    int fd = dial();
    size_t n;

    for (int i = 0; i < COUNT; i++) {
        n = (size_t)sprintf(body,
                            "{\"since\":\"1970-01-01T00:00:00.00000000%dZ\","
                            "\"changes\":[{\"table\":\"t\",\"id\":\"%d\","
                            "\"op\":\"insert\",\"data\":{\"v\":\"",
                            i ? 2 : 0, i);
        memset(body + n, 'x', VALUE);
        strcpy(body + n + VALUE, "\"}}]}");
        char head[256];

        snprintf(head, sizeof(head),
                 "POST /sync/todo HTTP/1.1\r\n" AS_DORA
                 "Content-Length: %zu\r\n\r\n",
                 strlen(body));
        put(fd, head);
        put(fd, body);
        ck_assert_int_eq(read_answer(fd), 200);
    }
    free(body);
    close(fd);
    fd = dial();
    put(fd, "GET /sync/todo/pull?collection=t&since=1970-01-01T00:00:00Z "
            "HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dora\r\n"
            "X-Client-Id: b\r\nConnection: close\r\n\r\n" HEALTH);
    /* Others are served while it does not read. */
    int other = dial();

    ck_assert_int_eq(ask(other, HEALTH), 200);
    close(other);
    size_t total = 0;
    ssize_t got;

    while ((got = get_some(fd, answer, sizeof(answer))) > 0) {
        total += (size_t)got;
    }
    ck_assert_uint_gt(total, COUNT * VALUE);
    close(fd);
}
END_TEST

START_TEST(what_is_not_http_is_told_so)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {{"hello\r\n\r\n", 400},
                 {"GET /health HTTP/9.9\r\n\r\n", 505},
                 {"GET /health HTTP/1.1\r\n\r\n", 400},
                 {"POST /sync/a HTTP/1.1\r\nHost: x\r\nContent-Length: z\r\n"
                  "\r\n",
                  400}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = dial();

        ck_assert_int_eq(ask(fd, cases[i].text), cases[i].status);
        ck_assert_ptr_nonnull(strstr(answer, "{\"error\":\"bad_"));
        ck_assert(is_closed(fd));
        close(fd);
    }
}
END_TEST

START_TEST(continue_is_said_to_those_who_wait)
{
    int fd = dial();

    ck_assert_int_eq(ask(fd, "POST /sync/todo HTTP/1.1\r\n" AS_A
                             "Content-Length: 14\r\n"
                             "Expect: 100-continue\r\n\r\n"),
                     100);
    ck_assert_int_eq(ask(fd, "{\"changes\":[]}"), 200);
    close(fd);
}
END_TEST

START_TEST(a_peer_that_vanishes_is_no_loss)
{
    for (int i = 0; i < 20; i++) {
        int fd = dial();
        struct linger reset = {1, 0};

        put(fd, "POST /sync/todo HTTP/1.1\r\n" AS_A
                "Content-Length: 14\r\n\r\n{\"chan");
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(fd);
    }
    int fd = dial();

    ck_assert_int_eq(ask(fd, HEALTH), 200);
    close(fd);
}
END_TEST

START_TEST(sigterm_answers_what_is_running)
{
    int idle, half;

    start_front(plain());
    idle = dial();
    half = dial();
    ck_assert_int_eq(ask(idle, HEALTH), 200);
    put(half, "POST /sync/todo HTTP/1.1\r\n" AS_A
              "Content-Length: 14\r\n\r\n{\"changes\"");
    ck_assert_int_eq(ask(idle, HEALTH), 200);
    ck_assert_int_gt(child, 0);
    kill(child, SIGTERM);
    ck_assert(is_closed(idle));
    ck_assert_int_eq(ask(half, ":[]}"), 200);
    ck_assert_ptr_nonnull(strstr(answer, "Connection: close\r\n"));
    close(idle);
    close(half);
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    child = 0;
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

START_TEST(a_second_signal_ends_at_once)
{
    int half;

    start_front(plain());
    half = dial();
    put(half, "POST /sync/todo HTTP/1.1\r\n" AS_A
              "Content-Length: 14\r\n\r\n{\"changes\"");
    int probe = dial();

    ck_assert_int_eq(ask(probe, HEALTH), 200);
    kill(child, SIGINT);
    ck_assert(is_closed(probe));
    ck_assert_int_eq(end_front(SIGINT), 0);
    ck_assert(is_closed(half));
    close(probe);
    close(half);
}
END_TEST

START_TEST(the_access_log_is_json_lines)
{
    struct front_config config = plain();
    int fd, log;
    ssize_t n;

    strcpy(log_file + strlen(log_file) - 6, "XXXXXX");
    log = mkstemp(log_file);
    config.access_log = log_file;
    start_front(config);
    fd = dial();
    ck_assert_int_eq(ask(fd, "POST /sync/to\"do\xff HTTP/1.1\r\n" AS_A
                             "Content-Length: 2\r\n\r\n{}"),
                     400);
    ck_assert_int_eq(ask(fd, HEALTH), 200);
    close(fd);
    ck_assert_int_eq(end_front(SIGTERM), 0);
    n = read(log, answer, sizeof(answer) - 1);
    close(log);
    unlink(log_file);
    ck_assert_int_gt(n, 0);
    answer[n] = '\0';
    char *second = strchr(answer, '\n');

    ck_assert_ptr_nonnull(second);
    *second++ = '\0';
    struct arena arena;
    const struct json_node *line;

    arena_init(&arena, LIMIT_REQUEST_ARENA);
    ck_assert_int_eq(
        json_read(str_of(answer), &json_limits_default, &arena, &line, NULL),
        ST_OK);
    ck_assert(str_is(json_string(json_member(line, "method")), "POST"));
    ck_assert(str_is(json_string(json_member(line, "clientId")), "a"));
    int64_t number;

    ck_assert(json_i64(json_member(line, "status"), &number));
    ck_assert_int_eq(number, 400);
    ck_assert(json_i64(json_member(line, "bytesIn"), &number));
    ck_assert_int_eq(number, 2);
    ck_assert(json_i64(json_member(line, "us"), &number));
    ck_assert_ptr_nonnull(strstr(second, "\"target\":\"/health\""));
    arena_free(&arena);
}
END_TEST

START_TEST(overlapping_requests_wait_apart)
{
    struct front_config config = plain();
    int one, two;

    bug_add(&config.server.bugs, BUG_CURSOR_BEFORE_COMMIT);
    start_front(config);
    one = dial();
    two = dial();
    for (int i = 0; i < 5; i++) {
        put(one, "POST /sync/todo HTTP/1.1\r\n" AS_A
                 "Content-Length: 14\r\n\r\n{\"changes\":[]}" HEALTH);
        put(two, HEALTH);
        ck_assert_int_eq(read_answer(two), 200);
        ck_assert_int_eq(read_answer(one), 200);
        ck_assert_int_eq(read_answer(one), 200);
    }
    put(one, HEALTH); /* and a peer that leaves in between */
    close(one);
    ck_assert_int_eq(ask(two, HEALTH), 200);
    close(two);
}
END_TEST

/* A key set file, and tokens for it. */
START_TEST(tokens_of_a_key_set_file)
{
    static const unsigned char key[32] = "the key of the tests, number one";
    struct auth_claims claims = {.kid = STR("k1"), .sub = STR("alice")};
    struct front_config config = plain();
    struct str jwks, token;
    struct arena arena;
    char text[1024];
    int keys, fd;

    arena_init(&arena, LIMIT_REQUEST_ARENA);
    ck_assert_int_eq(auth_key_set(key, STR("k1"), &arena, &jwks, NULL), ST_OK);
    ck_assert_int_eq(auth_sign(key, &claims, &arena, &token, NULL), ST_OK);
    strcpy(log_file + strlen(log_file) - 6, "XXXXXX");
    keys = mkstemp(log_file);
    ck_assert_int_eq(write(keys, jwks.p, jwks.n), (ssize_t)jwks.n);
    close(keys);
    config.dev_auth = false;
    config.jwks_file = log_file;
    start_front(config);
    unlink(log_file);
    fd = dial();
    snprintf(text, sizeof(text),
             "POST /sync/todo HTTP/1.1\r\nHost: x\r\nX-Client-Id: a\r\n"
             "Authorization: Bearer %.*s\r\nContent-Length: 14\r\n\r\n"
             "{\"changes\":[]}",
             STR_ARG(token));
    ck_assert_int_eq(ask(fd, text), 200);
    ck_assert_int_eq(ask(fd, "GET /sync/todo/pull HTTP/1.1\r\n" AS_A "\r\n"),
                     401);
    ck_assert_ptr_nonnull(strstr(answer, "WWW-Authenticate: Bearer\r\n"));
    close(fd);
    arena_free(&arena);
}
END_TEST

START_TEST(bad_settings_are_told)
{
    struct {
        struct front_config config;
        const char *why;
    } cases[7];
    struct err err;

    for (size_t i = 0; i < 7; i++) {
        cases[i].config = plain();
    }
    cases[0].config.dialect = "v9";
    cases[0].why = "v9";
    cases[1].config.store = "postgres";
    cases[1].why = "postgres";
    cases[2].config.store = "sqlite:/nonexistent/x";
    cases[2].why = "/nonexistent/x";
    cases[3].config.dev_auth = false;
    cases[3].why = "there are 0";
    cases[4].config.dev_auth = false;
    cases[4].config.jwks_file = "/nonexistent/keys";
    cases[4].why = "/nonexistent/keys";
    cases[5].config.access_log = "/nonexistent/log";
    cases[5].why = "/nonexistent/log";
    cases[6].config.port = port;
    cases[6].why = "cannot listen";
    for (size_t i = 0; i < 7; i++) {
        err = (struct err){0};
        ck_assert_int_ne(front_run(&cases[i].config, &err), ST_OK);
        ck_assert_msg(strstr(err.text, cases[i].why) != NULL, "%s", err.text);
    }
}
END_TEST

Suite *suite_front(void)
{
    Suite *suite = suite_create("front");
    TCase *group = tcase_create("sockets");
    TCase *own = tcase_create("a front of its own");

    tcase_set_timeout(group, 30);
    tcase_set_timeout(own, 30);
    tcase_add_unchecked_fixture(group, setup, teardown);
    tcase_add_checked_fixture(own, NULL, teardown);
    tcase_add_test(group, answers_are_http);
    tcase_add_test(group, push_and_pull_over_the_wire);
    tcase_add_test(group, pipelined_requests_are_answered_in_order);
    tcase_add_test(group, half_sent_requests_hold_up_nobody);
    tcase_add_test(group, bodies_over_the_limit_get_an_answer_and_an_end);
    tcase_add_test(group, a_body_of_ten_mebibytes_is_read);
    tcase_add_test(group, a_large_answer_to_a_slow_reader);
    tcase_add_test(group, what_is_not_http_is_told_so);
    tcase_add_test(group, continue_is_said_to_those_who_wait);
    tcase_add_test(group, a_peer_that_vanishes_is_no_loss);
    tcase_add_test(own, sigterm_answers_what_is_running);
    tcase_add_test(own, a_second_signal_ends_at_once);
    tcase_add_test(own, the_access_log_is_json_lines);
    tcase_add_test(own, overlapping_requests_wait_apart);
    tcase_add_test(own, tokens_of_a_key_set_file);
    tcase_add_test(group, bad_settings_are_told);
    suite_add_tcase(suite, group);
    suite_add_tcase(suite, own);
    return suite;
}
