/* SPDX-License-Identifier: MIT */
/* test_front - the server on real sockets, in a process of its own. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mock_server/auth.h"
#include "protocol/json.h"
#include "tests/mock_server/suites.h"
#include "tests/mock_server/wire.h"

enum { MANY = 200 };

static char log_file[] = "/tmp/syncspec-log-XXXXXX";

static void setup(void)
{
    wire_start(wire_config());
}

static void teardown(void)
{
    if (wire_child) {
        ck_assert_int_eq(wire_end(SIGTERM), 0);
    }
}

#define HEALTH "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
#define AS_A   "Host: x\r\nAuthorization: Bearer alice\r\nX-Client-Id: a\r\n"

START_TEST(answers_are_http)
{
    int fd = wire_dial();

    ck_assert_int_eq(wire_ask(fd, HEALTH), 200);
    ck_assert_ptr_nonnull(strstr(wire_answer, "HTTP/1.1 200 OK\r\nDate: "));
    ck_assert_ptr_nonnull(strstr(wire_answer, " GMT\r\n"));
    ck_assert_ptr_nonnull(
        strstr(wire_answer, "\r\nContent-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(wire_answer, "\r\nVary: Origin\r\n"));
    ck_assert_ptr_null(strstr(wire_answer, "Connection:"));
    /* And again on the same connection. */
    ck_assert_int_eq(wire_ask(fd, HEALTH), 200);
    ck_assert_int_eq(wire_ask(fd, "GET /nowhere HTTP/1.1\r\nHost: x\r\n"
                                  "Origin: http://app\r\n\r\n"),
                     404);
    ck_assert_ptr_nonnull(
        strstr(wire_answer, "Access-Control-Allow-Origin: http://app\r\n"));
    ck_assert_int_eq(wire_ask(fd,
                              "OPTIONS /sync/a HTTP/1.1\r\nHost: x\r\nOrigin: "
                              "http://app\r\nAccess-Control-Request-Method: "
                              "POST\r\n\r\n"),
                     204);
    ck_assert_ptr_null(strstr(wire_answer, "Content-Length"));
    ck_assert_int_eq(wire_ask(fd, "HEAD /health HTTP/1.1\r\nHost: x\r\n"
                                  "Connection: close\r\n\r\n"),
                     0);
    ck_assert_ptr_nonnull(strstr(wire_answer, "HTTP/1.1 405 "));
    ck_assert_ptr_nonnull(strstr(wire_answer, "Allow: GET, OPTIONS\r\n"));
    ck_assert_ptr_nonnull(strstr(wire_answer, "Connection: close\r\n\r\n"));
    ck_assert_ptr_null(strstr(wire_answer, "{"));
    close(fd);
}
END_TEST

START_TEST(push_and_pull_over_the_wire)
{
    int fd = wire_dial();
    const char *body = "{\"changes\":[{\"table\":\"t\",\"id\":\"1\",\"op\":"
                       "\"insert\",\"data\":{\"n\":1}}]}";
    char text[512];

    snprintf(text, sizeof(text),
             "POST /sync/todo HTTP/1.1\r\n" AS_A
             "Content-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    ck_assert_int_eq(wire_ask(fd, text), 200);
    ck_assert_int_eq(
        wire_ask(fd,
                 "GET /sync/todo/pull?collection=t&since=1970-01-01T00:00:00"
                 "%2B00:00 HTTP/1.1\r\n" AS_A "\r\n"),
        200);
    ck_assert_ptr_nonnull(strstr(wire_answer, "\"data\":{\"n\":1}"));
    close(fd);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    int fd = wire_dial();
    static const char two[] = HEALTH "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
    static char many[100 * sizeof(two)];

    for (size_t i = 0; i < 100; i++) {
        memcpy(many + i * (sizeof(two) - 1), two, sizeof(two));
    }
    wire_put(fd, many);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(wire_read(fd), 200);
        ck_assert_int_eq(wire_read(fd), 404);
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
        slow[i] = wire_dial();
        wire_put(slow[i], halves[i % 4]);
    }
    fd = wire_dial();
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(wire_ask(fd, HEALTH), 200);
    }
    /* A slow one that goes on gets its answer. */
    ck_assert_int_eq(wire_ask(slow[2], "st: x\r\n\r\n"), 200);
    ck_assert_int_eq(
        wire_ask(slow[1], "ET /health HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    for (int i = 0; i < MANY; i++) {
        close(slow[i]);
    }
    ck_assert_int_eq(wire_ask(fd, HEALTH), 200);
    close(fd);
}
END_TEST

START_TEST(bodies_over_the_limit_get_an_answer_and_an_end)
{
    static char block[65536];
    int fd = wire_dial();

    wire_put(fd, "POST /sync/todo HTTP/1.1\r\n" AS_A
                 "Content-Length: 12000000\r\n\r\n");
    for (int i = 0; i < 40; i++) {
        wire_put_bytes(fd, block, sizeof(block));
    }
    ck_assert_int_eq(wire_read(fd), 413);
    ck_assert_ptr_nonnull(strstr(wire_answer, "Connection: close\r\n"));
    ck_assert(wire_is_closed(fd));
    close(fd);
}
END_TEST

START_TEST(a_body_of_ten_mebibytes_is_read)
{
    static char block[65536];
    int fd = wire_dial();

    memset(block, ' ', sizeof(block));
    wire_put(fd, "POST /sync/todo HTTP/1.1\r\n" AS_A
                 "Content-Length: 10485760\r\n\r\n{\"changes\":[]}");
    for (size_t left = 10485760 - 14; left > 0;) {
        size_t n = left < sizeof(block) ? left : sizeof(block);

        wire_put_bytes(fd, block, n);
        left -= n;
    }
    ck_assert_int_eq(wire_read(fd), 200);
    close(fd);
}
END_TEST

/* A user of its own: other tests shall not get these changes. */
#define AS_DORA "Host: x\r\nAuthorization: Bearer dora\r\nX-Client-Id: a\r\n"

START_TEST(a_large_answer_to_a_slow_reader)
{
    enum { VALUE = 600000, COUNT = 12 };
    char *body = malloc(VALUE + 256);
    int fd = wire_dial();
    size_t n;

    for (int i = 0; i < COUNT; i++) {
        n = (size_t)sprintf(body,
                            "{\"since\":\"1970-01-01T00:00:00.00000000%dZ\","
                            "\"changes\":[{\"table\":\"t\",\"id\":\"%d\","
                            "\"op\":\"insert\",\"data\":{\"v\":\"",
                            i ? 2 : 0, i);
        memset(body + n, 'x', VALUE);
        memcpy(body + n + VALUE, "\"}}]}", 6);
        char head[256];

        snprintf(head, sizeof(head),
                 "POST /sync/todo HTTP/1.1\r\n" AS_DORA
                 "Content-Length: %zu\r\n\r\n",
                 strlen(body));
        wire_put(fd, head);
        wire_put(fd, body);
        ck_assert_int_eq(wire_read(fd), 200);
    }
    free(body);
    close(fd);
    fd = wire_dial();
    wire_put(fd, "GET /sync/todo/pull?collection=t&since=1970-01-01T00:00:00Z "
                 "HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dora\r\n"
                 "X-Client-Id: b\r\nConnection: close\r\n\r\n" HEALTH);
    /* Others are served while it does not read. */
    int other = wire_dial();

    ck_assert_int_eq(wire_ask(other, HEALTH), 200);
    close(other);
    size_t total = 0;
    ssize_t got;

    while ((got = wire_get(fd, wire_answer, sizeof(wire_answer))) > 0) {
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
        int fd = wire_dial();

        ck_assert_int_eq(wire_ask(fd, cases[i].text), cases[i].status);
        ck_assert_ptr_nonnull(strstr(wire_answer, "{\"error\":\"bad_"));
        ck_assert(wire_is_closed(fd));
        close(fd);
    }
}
END_TEST

START_TEST(continue_is_said_to_those_who_wait)
{
    int fd = wire_dial();

    ck_assert_int_eq(wire_ask(fd, "POST /sync/todo HTTP/1.1\r\n" AS_A
                                  "Content-Length: 14\r\n"
                                  "Expect: 100-continue\r\n\r\n"),
                     100);
    ck_assert_int_eq(wire_ask(fd, "{\"changes\":[]}"), 200);
    close(fd);
}
END_TEST

START_TEST(a_peer_that_vanishes_is_no_loss)
{
    for (int i = 0; i < 20; i++) {
        int fd = wire_dial();
        struct linger reset = {1, 0};

        wire_put(fd, "POST /sync/todo HTTP/1.1\r\n" AS_A
                     "Content-Length: 14\r\n\r\n{\"chan");
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(fd);
    }
    int fd = wire_dial();

    ck_assert_int_eq(wire_ask(fd, HEALTH), 200);
    close(fd);
}
END_TEST

START_TEST(the_access_log_is_json_lines)
{
    struct front_config config = wire_config();
    int fd, log;
    ssize_t n;

    memcpy(log_file + sizeof(log_file) - 7, "XXXXXX", 6);
    log = mkstemp(log_file);
    config.access_log = log_file;
    wire_start(config);
    fd = wire_dial();
    ck_assert_int_eq(wire_ask(fd, "POST /sync/to\"do\xff HTTP/1.1\r\n" AS_A
                                  "Content-Length: 2\r\n\r\n{}"),
                     400);
    ck_assert_int_eq(wire_ask(fd, HEALTH), 200);
    close(fd);
    ck_assert_int_eq(wire_end(SIGTERM), 0);
    n = read(log, wire_answer, sizeof(wire_answer) - 1);
    close(log);
    unlink(log_file);
    ck_assert_int_gt(n, 0);
    wire_answer[n] = '\0';
    char *second = strchr(wire_answer, '\n');

    ck_assert_ptr_nonnull(second);
    *second++ = '\0';
    struct arena arena;
    const struct json_node *line;

    arena_init(&arena, LIMIT_REQUEST_ARENA);
    ck_assert_int_eq(json_read(str_of(wire_answer), &json_limits_default,
                               &arena, &line, NULL),
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
    struct front_config config = wire_config();
    int one, two;

    bug_add(&config.server.bugs, BUG_CURSOR_BEFORE_COMMIT);
    wire_start(config);
    one = wire_dial();
    two = wire_dial();
    for (int i = 0; i < 5; i++) {
        wire_put(one, "POST /sync/todo HTTP/1.1\r\n" AS_A
                      "Content-Length: 14\r\n\r\n{\"changes\":[]}" HEALTH);
        wire_put(two, HEALTH);
        ck_assert_int_eq(wire_read(two), 200);
        ck_assert_int_eq(wire_read(one), 200);
        ck_assert_int_eq(wire_read(one), 200);
    }
    wire_put(one, HEALTH); /* and a peer that leaves in between */
    close(one);
    ck_assert_int_eq(wire_ask(two, HEALTH), 200);
    close(two);
}
END_TEST

/* A key set file, and tokens for it. */
START_TEST(tokens_of_a_key_set_file)
{
    static const unsigned char key[32] = "the key of the tests, number one";
    struct auth_claims claims = {
        .kid = STR("k1"), .sub = STR("alice"), .exp = INT64_C(32503680000)};
    struct front_config config = wire_config();
    struct str jwks, token;
    struct arena arena;
    char text[1024];
    int keys, fd;

    arena_init(&arena, LIMIT_REQUEST_ARENA);
    ck_assert_int_eq(auth_key_set(key, STR("k1"), &arena, &jwks, NULL), ST_OK);
    ck_assert_int_eq(auth_sign(key, &claims, &arena, &token, NULL), ST_OK);
    memcpy(log_file + sizeof(log_file) - 7, "XXXXXX", 6);
    keys = mkstemp(log_file);
    ck_assert_int_eq(write(keys, jwks.p, jwks.n), (ssize_t)jwks.n);
    close(keys);
    config.dev_auth = false;
    config.jwks_file = log_file;
    wire_start(config);
    unlink(log_file);
    fd = wire_dial();
    snprintf(text, sizeof(text),
             "POST /sync/todo HTTP/1.1\r\nHost: x\r\nX-Client-Id: a\r\n"
             "Authorization: Bearer %.*s\r\nContent-Length: 14\r\n\r\n"
             "{\"changes\":[]}",
             STR_ARG(token));
    ck_assert_int_eq(wire_ask(fd, text), 200);
    ck_assert_int_eq(
        wire_ask(fd, "GET /sync/todo/pull HTTP/1.1\r\n" AS_A "\r\n"), 401);
    ck_assert_ptr_nonnull(strstr(wire_answer, "WWW-Authenticate: Bearer\r\n"));
    close(fd);
    arena_free(&arena);
}
END_TEST

/* A server of key sets: the first set for the first request, the second for
 * the second, then it is gone. */
static pid_t serve_keys(const struct str sets[2], int *keys_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(at);
    int listening = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(listening, (struct sockaddr *)&at, n), 0);
    ck_assert_int_eq(listen(listening, 4), 0);
    ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&at, &n), 0);
    *keys_port = ntohs(at.sin_port);
    pid_t pid = fork();

    if (pid == 0) {
        for (int i = 0; i < 2; i++) {
            char request[4096], head[128];
            int fd = accept(listening, NULL, NULL);

            snprintf(head, sizeof(head),
                     "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n",
                     sets[i].n);
            if (recv(fd, request, sizeof(request), 0) > 0) {
                wire_put(fd, head);
                wire_put_bytes(fd, sets[i].p, sets[i].n);
            }
            close(fd);
        }
        _exit(0);
    }
    close(listening);
    return pid;
}

static int pull_with(int fd, struct str token)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "GET /sync/todo/pull?collection=t&since=1970-01-01T00:00:00Z "
             "HTTP/1.1\r\nHost: x\r\nX-Client-Id: a\r\n"
             "Authorization: Bearer %.*s\r\n\r\n",
             STR_ARG(token));
    return wire_ask(fd, text);
}

START_TEST(keys_are_fetched_again_for_an_unknown_one)
{
    static const unsigned char keys[3][32] = {
        "the key of the tests, number one", "the key of the tests, number two",
        "the key of the tests, number 3.."};
    static const char *const kids[3] = {"k1", "k2", "k3"};
    struct front_config config = wire_config();
    struct str sets[3], tokens[3];
    struct arena arena;
    char url[64];
    int keys_port, fd;

    arena_init(&arena, LIMIT_REQUEST_ARENA);
    for (int i = 0; i < 3; i++) {
        struct auth_claims claims = {.kid = str_of(kids[i]),
                                     .sub = STR("u"),
                                     .exp = INT64_C(32503680000)};

        auth_key_set(keys[i], claims.kid, &arena, &sets[i], NULL);
        ck_assert_int_eq(auth_sign(keys[i], &claims, &arena, &tokens[i], NULL),
                         ST_OK);
    }
    pid_t key_server = serve_keys(sets, &keys_port);

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/keys", keys_port);
    config.dev_auth = false;
    config.jwks_url = url;
    wire_start(config);
    fd = wire_dial();
    ck_assert_int_eq(pull_with(fd, tokens[0]), 200);
    ck_assert_int_eq(pull_with(fd, tokens[1]), 200);
    ck_assert_int_eq(waitpid(key_server, NULL, 0), key_server);
    /* The key server is gone, and asked too often anyway: known keys stay. */
    ck_assert_int_eq(pull_with(fd, tokens[2]), 401);
    ck_assert_int_eq(pull_with(fd, tokens[1]), 200);
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
        cases[i].config = wire_config();
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
    cases[6].config.port = wire_port;
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
    tcase_add_test(own, the_access_log_is_json_lines);
    tcase_add_test(own, overlapping_requests_wait_apart);
    tcase_add_test(own, tokens_of_a_key_set_file);
    tcase_add_test(own, keys_are_fetched_again_for_an_unknown_one);
    tcase_add_test(group, bad_settings_are_told);
    suite_add_tcase(suite, group);
    suite_add_tcase(suite, own);
    return suite;
}
