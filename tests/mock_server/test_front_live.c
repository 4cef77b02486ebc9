/* SPDX-License-Identifier: MIT */
/* test_front_live - sockets of the server on real connections, and how live
 * channels end. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mock_server/auth.h"
#include "mock_server/live.h"
#include "tests/mock_server/suites.h"
#include "tests/mock_server/wire_live.h"

enum { MANY = 300 };

#define HEALTH   "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
#define AUTH_BOB "{\"type\":\"auth\",\"token\":\"bob\",\"clientId\":\"b\"}"
#define PING     "{\"type\":\"ping\"}"

/* ---- sockets ---- */

START_TEST(first_frames_come_with_the_upgrade)
{
    struct wire_socket socket;
    struct buf all;

    buf_init(&all, 65536);
    buf_puts(&all, "GET /ws/todo HTTP/1.1\r\n" WIRE_UPGRADE);
    frame_text(&all, AUTH_BOB);
    frame_text(&all, PING);
    socket_init(&socket, wire_dial());
    wire_put_bytes(socket.fd, all.p, all.n);
    buf_free(&all);
    ck_assert_int_eq(wire_read(socket.fd), 101);
    ck_assert_ptr_nonnull(
        strstr(wire_answer, "HTTP/1.1 101 Switching Protocols\r\n"));
    /* The example of RFC 6455. */
    ck_assert_ptr_nonnull(
        strstr(wire_answer,
               "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    ck_assert_ptr_null(strstr(wire_answer, "Content-Length"));
    ck_assert_ptr_null(strstr(wire_answer, "Connection: close"));
    socket_hears(&socket, "auth-ok");
    socket_hears(&socket, "\"pong\"");
    socket_end(&socket);
}
END_TEST

START_TEST(frames_may_come_byte_by_byte)
{
    struct wire_socket socket;
    struct buf all;

    buf_init(&all, 65536);
    frame_text(&all, AUTH_BOB);
    frame_text(&all, PING);
    socket_upgrade(&socket);
    for (size_t i = 0; i < all.n; i++) {
        wire_put_bytes(socket.fd, all.p + i, 1);
    }
    buf_free(&all);
    socket_hears(&socket, "auth-ok");
    socket_hears(&socket, "\"pong\"");
    socket_end(&socket);
}
END_TEST

START_TEST(an_upgrade_behind_other_requests)
{
    struct wire_socket socket;

    socket_init(&socket, wire_dial());
    wire_put(socket.fd,
             HEALTH "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
                    "GET /ws HTTP/1.1\r\nhOST: x\r\nUPGRADE: WebSocket\r\n"
                    "connection: keep-alive, uPGRADE\r\n"
                    "Sec-Websocket-Version: 13\r\n"
                    "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    ck_assert_int_eq(wire_read(socket.fd), 200);
    ck_assert_int_eq(wire_read(socket.fd), 404);
    ck_assert_int_eq(wire_read(socket.fd), 101);
    socket_say(&socket, AUTH_BOB);
    socket_hears(&socket, "auth-ok");
    socket_is_quiet(&socket);
    socket_end(&socket);
}
END_TEST

START_TEST(http_1_0_knows_no_upgrade)
{
    int fd = wire_dial();

    ck_assert_int_ge(wire_ask(fd, "GET /ws/todo HTTP/1.0\r\n" WIRE_UPGRADE),
                     400);
    ck_assert(wire_is_closed(fd));
    close(fd);
}
END_TEST

START_TEST(a_close_handshake_ends_the_connection)
{
    struct wire_socket socket;
    struct buf out;

    socket_open(&socket, "bob", "b");
    buf_init(&out, 256);
    ws_close_write(&out, 1000, STR("bye"), (const uint8_t[4]){7, 7, 7, 7});
    wire_put_bytes(socket.fd, out.p, out.n);
    buf_free(&out);
    ck_assert_int_eq(socket_hear(&socket), WS_EVENT_CLOSE);
    ck_assert_int_eq(socket.event.code, 1000);
    ck_assert(wire_is_closed(socket.fd));
    socket_end(&socket);
}
END_TEST

START_TEST(a_message_over_the_limit_closes_with_1009)
{
    static char text[LIVE_MESSAGE_BYTES + 2];
    struct wire_socket socket;

    /* At the limit it is only a message that says nothing. */
    memset(text, 'x', LIVE_MESSAGE_BYTES);
    socket_open(&socket, "bob", "b");
    socket_say(&socket, text);
    socket_say(&socket, PING);
    while (socket_hear(&socket) == WS_EVENT_TEXT &&
           !str_eq(socket.event.payload, STR("{\"type\":\"pong\"}"))) {
    }
    text[LIVE_MESSAGE_BYTES] = 'x';
    socket_say(&socket, text);
    socket_hears_close(&socket, 1009);
    socket_end(&socket);
}
END_TEST

START_TEST(notices_go_from_socket_to_socket)
{
    struct wire_socket writer, reader, other;
    int fd = wire_dial();

    socket_open(&writer, "alice", "alice-writer");
    socket_open(&reader, "alice", "alice-reader");
    socket_open(&other, "bob", "bob-reader");
    for (int i = 1; i < 20; i++) {
        wire_push(fd, "alice", i % 2 ? "t" : "u", i, 10);
        socket_hears(&reader,
                     i % 2 ? "\"tables\":[\"t\"]" : "\"tables\":[\"u\"]");
    }
    socket_is_quiet(&writer);
    socket_is_quiet(&reader);
    socket_is_quiet(&other);
    close(fd);
    socket_end(&writer);
    socket_end(&reader);
    socket_end(&other);
}
END_TEST

START_TEST(who_says_nothing_is_closed_in_time)
{
    struct wire_socket silent, told;
    int64_t before_ms = wire_clock_ms(), took_ms;

    socket_open(&told, "bob", "b");
    socket_upgrade(&silent);
    socket_hears_close(&silent, 1008);
    took_ms = wire_clock_ms() - before_ms;
    ck_assert_int_ge(took_ms, LIVE_AUTH_MS / WIRE_FAST - 1);
    ck_assert_int_lt(took_ms, 3000);
    socket_say(&told, PING);
    socket_hears(&told, "\"pong\"");
    socket_end(&silent);
    socket_end(&told);
}
END_TEST

/* Its input is not stopped by the wait between the two steps of a request. */
START_TEST(an_upgrade_that_has_to_wait)
{
    struct front_config config = wire_config();
    struct wire_socket socket;
    struct buf all;

    bug_add(&config.server.bugs, BUG_CURSOR_BEFORE_COMMIT);
    wire_start(config);
    buf_init(&all, 65536);
    buf_puts(&all, HEALTH "GET /ws/todo HTTP/1.1\r\n" WIRE_UPGRADE);
    frame_text(&all, AUTH_BOB);
    socket_init(&socket, wire_dial());
    wire_put_bytes(socket.fd, all.p, all.n);
    buf_free(&all);
    ck_assert_int_eq(wire_read(socket.fd), 200);
    ck_assert_int_eq(wire_read(socket.fd), 101);
    socket_hears(&socket, "auth-ok");
    socket_is_quiet(&socket);
    socket_end(&socket);
}
END_TEST

/* ---- ends ---- */

START_TEST(peers_that_vanish_are_forgotten)
{
    struct linger reset = {1, 0};
    struct wire_socket reader;
    int fd = wire_dial();

    socket_open(&reader, "gus", "gus-reader");
    for (int i = 1; i <= 20; i++) {
        struct wire_socket socket;
        struct wire_stream stream;

        socket_open(&socket, "gus", "gus-gone");
        stream_open(&stream, "gus", WIRE_FROM_START, "1.1");
        setsockopt(socket.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        setsockopt(stream.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        if (i % 2) {
            socket_end(&socket);
            stream_close(&stream);
            wire_push(fd, "gus", "t", i, 10000);
        } else {
            wire_push(fd, "gus", "t", i, 10000);
            socket_end(&socket);
            stream_close(&stream);
        }
        socket_hears(&reader, "sync-available");
    }
    socket_is_quiet(&reader);
    socket_end(&reader);
    close(fd);
}
END_TEST

static int descriptors(pid_t pid)
{
    char name[64];
    int count = 0;

    snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(name);

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

/* Nor does a low limit of the shell keep them out. */
START_TEST(sockets_that_are_gone_leave_no_descriptor)
{
    static struct wire_socket sockets[MANY];
    struct rlimit usual, low;
    int before, left;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &usual), 0);
    low = (struct rlimit){MANY / 2, usual.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    wire_start(wire_config());
    low.rlim_cur = usual.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    int fd = wire_dial();

    wire_push(fd, "hal", "t", 0, 1);
    before = descriptors(wire_child);
    for (int i = 0; i < MANY; i++) {
        socket_open(&sockets[i], "hal", "hal-many");
    }
    ck_assert_int_eq(descriptors(wire_child), before + MANY);
    wire_push(fd, "hal", "t", 1, 10);
    for (int i = 0; i < MANY; i++) {
        socket_hears(&sockets[i], "sync-available");
        socket_end(&sockets[i]);
    }
    for (int i = 0; (left = descriptors(wire_child)) != before && i < 500;
         i++) {
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    ck_assert_int_eq(left, before);
    close(fd);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
}
END_TEST

START_TEST(a_shutdown_says_goodbye)
{
    struct wire_socket sockets[3];
    struct wire_stream stream;
    int64_t before_ms;

    wire_live_start();
    for (int i = 0; i < 3; i++) {
        socket_open(&sockets[i], "ida", "ida");
    }
    stream_open(&stream, "ida", WIRE_FROM_START, "1.1");
    before_ms = wire_clock_ms();
    kill(wire_child, SIGTERM);
    for (int i = 0; i < 3; i++) {
        socket_hears_close(&sockets[i], 1001);
        socket_end(&sockets[i]);
    }
    while (stream_hear(&stream)) {
    }
    ck_assert(wire_is_closed(stream.fd));
    stream_close(&stream);
    wire_live_ends();
    ck_assert_int_lt(wire_clock_ms() - before_ms, 2000);
}
END_TEST

START_TEST(the_access_log_has_a_line_a_channel)
{
    static char log_file[] = "/tmp/syncspec-live-XXXXXX";
    struct front_config config = wire_config();
    struct wire_socket socket;
    struct wire_stream stream;
    int log = mkstemp(log_file);

    config.access_log = log_file;
    wire_start(config);
    socket_open(&socket, "kim", "k");
    socket_end(&socket);
    stream_open(&stream, "kim", WIRE_FROM_START, "1.1");
    stream_close(&stream);
    ck_assert_int_eq(wire_end(SIGTERM), 0);
    ssize_t n = read(log, wire_answer, WIRE_ANSWER_MAX - 1);

    close(log);
    unlink(log_file);
    ck_assert_int_gt(n, 0);
    wire_answer[n] = '\0';
    ck_assert_ptr_nonnull(strstr(
        wire_answer, "\"method\":\"GET\",\"target\":\"/ws/todo\",\"status\":101"
                     ",\"bytesIn\":"));
    ck_assert_ptr_nonnull(strstr(wire_answer, "/stream?collections=t,u&"));
    ck_assert_ptr_nonnull(
        strstr(wire_answer, "\"clientId\":\"kim-reader\"}\n"));
    ck_assert_ptr_nonnull(strstr(wire_answer, "\"status\":200,\"bytesIn\":0,"));
}
END_TEST

static void write_file(const char *name, struct str text)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text.p, 1, text.n, file), text.n);
    fclose(file);
}

/* Open a socket, say this token. */
static void socket_try(struct wire_socket *socket, struct str token)
{
    char text[1024];

    socket_upgrade(socket);
    snprintf(text, sizeof(text), "{\"type\":\"auth\",\"token\":\"%.*s\"}",
             STR_ARG(token));
    socket_say(socket, text);
}

START_TEST(a_new_key_is_good_for_the_next_socket)
{
    static const unsigned char keys[2][32] = {
        "the key of the tests, number one", "the key of the tests, number two"};
    static const char *const kids[2] = {"k1", "k2"};
    char file[] = "/tmp/syncspec-keys-XXXXXX";
    struct front_config config = wire_config();
    struct wire_socket socket;
    struct str sets[2], tokens[2];
    struct arena arena;

    arena_init(&arena, LIMIT_REQUEST_ARENA);
    for (int i = 0; i < 2; i++) {
        struct auth_claims claims = {.kid = str_of(kids[i]),
                                     .sub = STR("u"),
                                     .exp = INT64_C(32503680000)};

        auth_key_set(keys[i], claims.kid, &arena, &sets[i], NULL);
        ck_assert_int_eq(auth_sign(keys[i], &claims, &arena, &tokens[i], NULL),
                         ST_OK);
    }
    close(mkstemp(file));
    write_file(file, sets[0]);
    config.dev_auth = false;
    config.jwks_file = file;
    wire_start(config);
    write_file(file, sets[1]);
    socket_try(&socket, tokens[1]);
    socket_hears_close(&socket, 1008);
    socket_end(&socket);
    socket_try(&socket, tokens[1]);
    socket_hears(&socket, "auth-ok");
    socket_end(&socket);
    unlink(file);
    arena_free(&arena);
}
END_TEST

Suite *suite_front_live(void)
{
    Suite *suite = suite_create("front_live");
    TCase *group = tcase_create("one front");
    TCase *fast = tcase_create("fast timers");
    TCase *own = tcase_create("a front of its own");

    tcase_set_timeout(group, 30);
    tcase_set_timeout(fast, 30);
    tcase_set_timeout(own, 60);
    tcase_add_unchecked_fixture(group, wire_live_start, wire_live_end);
    tcase_add_checked_fixture(fast, wire_live_start_fast, wire_live_end);
    tcase_add_checked_fixture(own, NULL, wire_live_end);
    tcase_add_test(group, first_frames_come_with_the_upgrade);
    tcase_add_test(group, frames_may_come_byte_by_byte);
    tcase_add_test(group, an_upgrade_behind_other_requests);
    tcase_add_test(group, http_1_0_knows_no_upgrade);
    tcase_add_test(group, a_close_handshake_ends_the_connection);
    tcase_add_test(group, a_message_over_the_limit_closes_with_1009);
    tcase_add_test(group, notices_go_from_socket_to_socket);
    tcase_add_test(group, peers_that_vanish_are_forgotten);
    tcase_add_test(fast, who_says_nothing_is_closed_in_time);
    tcase_add_test(own, a_shutdown_says_goodbye);
    tcase_add_test(own, an_upgrade_that_has_to_wait);
    tcase_add_test(own, sockets_that_are_gone_leave_no_descriptor);
    tcase_add_test(own, the_access_log_has_a_line_a_channel);
    tcase_add_test(own, a_new_key_is_good_for_the_next_socket);
    suite_add_tcase(suite, group);
    suite_add_tcase(suite, fast);
    suite_add_tcase(suite, own);
    return suite;
}
