/* SPDX-License-Identifier: MIT */
/* test_front_stream - event streams of the server on real connections. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mock_server/live.h"
#include "tests/mock_server/suites.h"
#include "tests/mock_server/wire_live.h"

/* The records first … first + count - 1, in this order, in any number of
 * events. */
static void stream_hears_records(struct wire_stream *stream, int first,
                                 int count)
{
    for (int id = first; id < first + count;) {
        char name[32];
        int n;

        ck_assert(stream_hear(stream));
        const char *p = stream->event.data.p;
        const char *end = p + stream->event.data.n;

        n = snprintf(name, sizeof(name), "\"id\":\"r%d\"", id);
        for (; end - p >= n; p++) {
            if (*p == '"' && memcmp(p, name, (size_t)n) == 0) {
                id++;
                n = snprintf(name, sizeof(name), "\"id\":\"r%d\"", id);
            }
        }
    }
}

START_TEST(a_stream_tells_the_backlog_and_goes_on)
{
    static const char *const versions[] = {"1.1", "1.0"};
    static const char *const users[] = {"carol", "dave"};

    for (int i = 0; i < 2; i++) {
        struct wire_stream stream;
        int fd = wire_dial();

        for (int id = 1; id < 5; id++) {
            wire_push(fd, users[i], "t", id, 10);
        }
        stream_open(&stream, users[i], WIRE_FROM_START, versions[i]);
        ck_assert_int_eq(stream.chunked, i == 0);
        stream_hears_records(&stream, 1, 4);
        ck_assert(str_is(stream.event.type, "changes"));
        wire_push(fd, users[i], "u", 5, 10);
        stream_hears(&stream, "changes", "\"id\":\"r5\"");
        ck_assert(i == 1 || stream.chunks >= 2);
        wire_push(fd, users[i], "elsewhere", 6, 10);
        wire_push(fd, users[i], "t", 7, 10);
        stream_hears(&stream, "changes", "\"id\":\"r7\"");
        stream_close(&stream);
        close(fd);
    }
}
END_TEST

START_TEST(a_stream_beats)
{
    struct wire_stream stream;
    int64_t before_ms = wire_clock_ms();

    stream_open(&stream, "eve", WIRE_FROM_START, "1.1");
    do {
        ck_assert(stream_hear(&stream));
    } while (!str_is(stream.event.type, "heartbeat"));
    ck_assert(str_is(stream.event.data, "{}"));
    stream_hears(&stream, "heartbeat", "{}");
    ck_assert_int_ge(wire_clock_ms() - before_ms,
                     2 * LIVE_HEARTBEAT_MS / WIRE_FAST - 2);
    ck_assert_int_lt(wire_clock_ms() - before_ms, 5000);
    stream_close(&stream);
}
END_TEST

/* What the open channels hold, as the server says. */
static long channel_bytes(int fd)
{
    const char *at;
    long bytes = -1;

    ck_assert_int_eq(wire_ask(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
                     200);
    at = strstr(wire_answer, "\nsyncspec_live_bytes ");
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at, "\nsyncspec_live_bytes %ld", &bytes), 1);
    return bytes;
}

/* What the kernel keeps for a connection is far less than 20 MB. */
START_TEST(a_reader_that_stops_costs_little_and_loses_nothing)
{
    enum { COUNT = 40, SIZE = 512000 };
    struct wire_stream stream;
    long most = 0;

    wire_live_start();
    int fd = wire_dial();

    stream_open(&stream, "fay", WIRE_FROM_START, "1.1");
    for (int id = 1; id <= COUNT; id++) {
        long bytes;

        wire_push(fd, "fay", "t", id, SIZE);
        bytes = channel_bytes(fd);
        most = bytes > most ? bytes : most;
    }
    ck_assert_int_gt(most, LIVE_PENDING_BYTES / 2); /* it did stop */
    ck_assert_int_lt(most, LIVE_PENDING_BYTES + 4 * SIZE);
    stream_hears_records(&stream, 1, COUNT);
    wire_push(fd, "fay", "t", COUNT + 1, 1);
    stream_hears_records(&stream, COUNT + 1, 1);
    ck_assert_int_lt(channel_bytes(fd), 4096);
    stream_close(&stream);
    close(fd);
}
END_TEST

START_TEST(curl_understands_a_stream)
{
    char command[256], line[1024];
    int beats = 0;

    snprintf(command, sizeof(command),
             "curl -sSN -m 10 -H 'Authorization: Bearer jo' -H 'X-Client-Id: "
             "j' 'http://127.0.0.1:%d/sync/todo/stream?collections=t&since="
             "1970-01-01T00:00:00Z'",
             wire_port);
    FILE *curl = popen(command, "r");

    ck_assert_ptr_nonnull(curl);
    while (fgets(line, sizeof(line), curl)) {
        if (strcmp(line, "event: heartbeat\n") == 0 && ++beats == 2) {
            kill(wire_child, SIGTERM);
        }
    }
    /* 18 would be a stream that was cut off. */
    ck_assert_int_eq(pclose(curl), 0);
    ck_assert_int_ge(beats, 2);
    wire_live_ends();
}
END_TEST

Suite *suite_front_stream(void)
{
    Suite *suite = suite_create("front_stream");
    TCase *group = tcase_create("one front");
    TCase *fast = tcase_create("fast timers");
    TCase *own = tcase_create("a front of its own");

    tcase_set_timeout(group, 30);
    tcase_set_timeout(fast, 30);
    tcase_set_timeout(own, 60);
    tcase_add_unchecked_fixture(group, wire_live_start, wire_live_end);
    tcase_add_checked_fixture(fast, wire_live_start_fast, wire_live_end);
    tcase_add_checked_fixture(own, NULL, wire_live_end);
    tcase_add_test(group, a_stream_tells_the_backlog_and_goes_on);
    tcase_add_test(fast, a_stream_beats);
    tcase_add_test(fast, curl_understands_a_stream);
    tcase_add_test(own, a_reader_that_stops_costs_little_and_loses_nothing);
    suite_add_tcase(suite, group);
    suite_add_tcase(suite, fast);
    suite_add_tcase(suite, own);
    return suite;
}
