/* SPDX-License-Identifier: MIT */
/* Headers that every request has: of HTTP, of a stream, and of sockets by
 * either speaker; and not a second time where the request says them itself. */
#include <string.h>

#include "tests/transport/live_line.h"
#include "tests/transport/rig.h"

#define ANSWER                                                                 \
    "raw:HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"                      \
    "Connection: close\r\n\r\n|fin"

static const char *const HEADERS[] = {"X-Gateway: open sesame",
                                      "X-Tenant:  four", NULL};

static void open_line(struct live_line *line)
{
    struct err err = {.status = ST_OK};
    line->server = script_start(ANSWER);
    const struct wire_config config = {.base_url = script_url(line->server),
                                       .connect_timeout_ms = 2000,
                                       .user_agent = "test",
                                       .headers = HEADERS};
    line->wire = wire_create(&config, &err);
    ck_assert_msg(line->wire != NULL, "%s", err.text);
}

/* How often the head that the server read has that line. */
static size_t lines_of(const struct live_line *line, const char *text)
{
    size_t count = 0;
    for (const char *at = script_request(line->server); (at = strstr(at, text));
         at++) {
        count++;
    }
    return count;
}

static void expect_headers(struct live_line *line)
{
    ck_assert_msg(lines_of(line, "\r\nX-Gateway: open sesame\r\n") == 1, "%s",
                  script_request(line->server));
    ck_assert_msg(lines_of(line, "\r\nX-Tenant: ") == 1, "%s",
                  script_request(line->server));
}

START_TEST(every_request_has_them)
{
    struct live_line line;
    struct shot shot;
    open_line(&line);
    shot_init(&shot, NULL, "POST", "/sync/todo");
    http_header_add(&shot.exchange.request, STR("x-tenant"), STR("own"));
    shot_send(&shot, line.wire);
    int64_t end_ms = wire_clock_ms() + 5000;
    while (!shot.done && wire_clock_ms() < end_ms) {
        line.wire->ops->poll(line.wire, 20);
    }
    ck_assert_int_eq(shot.status, 404);
    ck_assert_uint_eq(lines_of(&line, "\r\nX-Gateway: open sesame\r\n"), 1);
    ck_assert_uint_eq(lines_of(&line, "\r\nx-tenant: own\r\n"), 1);
    ck_assert_uint_eq(lines_of(&line, "X-Tenant"), 0);
    live_close(&line);
}
END_TEST

START_TEST(every_channel_has_them)
{
    struct live_line line;
    open_line(&line);
    live_stream(&line);
    live_until_ended(&line);
    expect_headers(&line);
    for (int speaker = 0; speaker < SPEAKERS; speaker++) {
        live_socket(&line, (enum speaker)speaker);
        live_until_ended(&line);
        expect_headers(&line);
    }
    live_frames(&line);
    live_until_ended(&line);
    expect_headers(&line);
    live_close(&line);
}
END_TEST

Suite *suite_wire_headers(void)
{
    Suite *suite = suite_create("wire_headers");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, every_request_has_them);
    tcase_add_test(tcase, every_channel_has_them);
    suite_add_tcase(suite, tcase);
    return suite;
}
