/* SPDX-License-Identifier: MIT */
/* The wire's live channels against the bundled server as a process. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/transport/spawn.h"
#include "tests/transport/live_line.h"

enum { START_MS = 20000, PATIENCE_MS = 10000 };

static struct spawned child; /* for all of these tests */

struct service {
    struct transport *wire;
    struct ear ear;
    struct buf text; /* that the ear has heard */
    char bearer[32]; /* a user of this test alone */
};

static void on_heard(struct channel *channel, const struct heard *what)
{
    struct ear *ear = channel->context;
    struct service *service = ear->context;
    ear->heard++;
    buf_str(&service->text, what->bytes);
    if (channel->kind == CHANNEL_SOCKET) {
        buf_putc(&service->text, '\n');
    }
}

static void child_start(void)
{
    const char *program = getenv("SYNCSPEC");
    struct err err = {0};
    ck_assert_msg(program != NULL, "SYNCSPEC must name the built program");
    const char *argv[] = {program,     "serve", "--port",     "0",
                          "--dialect", "v2",    "--dev-auth", NULL};
    enum status status = spawn_start(&child, argv, START_MS, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
}

static void child_end(void)
{
    spawn_free(&child);
}

static void service_open(struct service *service)
{
    static int users;
    memset(service, 0, sizeof *service);
    snprintf(service->bearer, sizeof service->bearer, "Bearer user%d", ++users);
    buf_init(&service->text, LIMIT_REPLY_BYTES);
    service->wire = wire_to(child.url);
}

static void service_close(struct service *service)
{
    transport_close(service->wire);
    buf_free(&service->text);
}

static void ear_on(struct service *service, enum channel_kind kind,
                   const char *target)
{
    ear_init(&service->ear, NULL, kind, target);
    service->ear.channel.heard = on_heard;
    service->ear.context = service;
    buf_clear(&service->text);
}

/* Poll until that text was heard, or "" until the end. */
static void until(struct service *service, const char *text)
{
    int64_t end_ms = wire_clock_ms() + PATIENCE_MS;
    bool end = text[0] == '\0';
    while ((end ? !service->ear.ended
                : !strstr(buf_view(&service->text).p, text)) &&
           wire_clock_ms() < end_ms) {
        service->wire->ops->poll(service->wire, 20);
    }
    ck_assert_msg(end ? service->ear.ended == 1
                      : strstr(buf_view(&service->text).p, text) != NULL,
                  "no \"%s\" in: %s; %s", text, buf_view(&service->text).p,
                  service->ear.log);
}

static void pushed(struct service *service, const char *id, size_t bytes)
{
    struct shot shot;
    struct buf body;
    buf_init(&body, LIMIT_BODY_BYTES);
    buf_printf(&body,
               "{\"clientId\":\"other\",\"appId\":\"todo\",\"since\":"
               "\"1970-01-01T00:00:00.000Z\",\"changes\":[{\"table\":\"tasks\","
               "\"id\":\"%s\",\"op\":\"insert\",\"data\":{\"t\":\"",
               id);
    for (size_t i = 0; i < bytes; i++) {
        buf_putc(&body, 'x');
    }
    buf_puts(&body, "\",\"updatedAt\":\"2026-03-27T10:00:00.000Z\"}}]}");
    shot_init(&shot, NULL, "POST", "/sync/todo");
    shot.exchange.request.body = buf_view(&body);
    http_header_add(&shot.exchange.request, STR("Authorization"),
                    str_of(service->bearer));
    http_header_add(&shot.exchange.request, STR("X-Client-Id"), STR("other"));
    http_header_add(&shot.exchange.request, STR("Content-Type"),
                    STR("application/json"));
    shot_send(&shot, service->wire);
    wait_for(service->wire, &shot);
    ck_assert_msg(shot.status == 200, "%d %s %s", shot.status, shot.body,
                  shot.error);
    buf_free(&body);
}

START_TEST(a_socket_is_told_of_a_push)
{
    struct service service;
    service_open(&service);
    ear_on(&service, CHANNEL_SOCKET, "/ws/todo");
    service.ear.channel.witness = _i != BY_LIBRARY;
    service.ear.channel.split = _i == BY_PIECES ? 1 : 0;
    ear_open(&service.ear, service.wire);
    while (!service.ear.opened && !service.ear.ended) {
        service.wire->ops->poll(service.wire, 20);
    }
    char auth[96];
    snprintf(auth, sizeof auth, "{\"type\":\"auth\",\"token\":\"%s\"}",
             service.bearer + strlen("Bearer "));
    transport_say(service.wire, &service.ear.channel, str_of(auth));
    until(&service, "\"auth-ok\"");
    transport_say(service.wire, &service.ear.channel,
                  STR("{\"type\":\"ping\"}"));
    until(&service, "\"pong\"");
    pushed(&service, "t1", 1);
    until(&service, "\"sync-available\"");
    ck_assert_ptr_nonnull(strstr(buf_view(&service.text).p, "\"tasks\""));
    transport_shut(service.wire, &service.ear.channel, 1000);
    until(&service, "");
    ck_assert_int_eq(service.ear.end.kind, REPLY_ANSWER);
    ck_assert_int_eq(service.ear.end.code, 1000);
    service_close(&service);
}
END_TEST

START_TEST(a_bad_token_is_closed_with_1008)
{
    struct service service;
    service_open(&service);
    ear_on(&service, CHANNEL_SOCKET, "/ws/todo");
    service.ear.channel.witness = _i != BY_LIBRARY;
    ear_open(&service.ear, service.wire);
    while (!service.ear.opened && !service.ear.ended) {
        service.wire->ops->poll(service.wire, 20);
    }
    transport_say(service.wire, &service.ear.channel,
                  STR("{\"type\":\"auth\",\"token\":\"\"}"));
    until(&service, "");
    ck_assert_int_eq(service.ear.end.kind, REPLY_ANSWER);
    ck_assert_int_eq(service.ear.end.code, 1008);
    if (_i != BY_LIBRARY) {
        ck_assert_ptr_nonnull(strstr(buf_view(&service.text).p, "\"error\""));
    }
    service_close(&service);
}
END_TEST

static void stream_on(struct service *service)
{
    ear_on(
        service, CHANNEL_STREAM,
        "/sync/todo/stream?collections=tasks&since=1970-01-01T00:00:00.000Z");
    http_header_add(&service->ear.channel.request, STR("Authorization"),
                    str_of(service->bearer));
    http_header_add(&service->ear.channel.request, STR("X-Client-Id"),
                    STR("mine"));
}

START_TEST(a_stream_brings_the_backlog_and_what_follows)
{
    struct service service;
    service_open(&service);
    pushed(&service, "t1", 1);
    pushed(&service, "t2", 1);
    stream_on(&service);
    ear_open(&service.ear, service.wire);
    until(&service, "\"t2\"");
    ck_assert_ptr_nonnull(strstr(buf_view(&service.text).p, "\"t1\""));
    pushed(&service, "t3", 1);
    until(&service, "\"t3\"");
    transport_pause(service.wire, &service.ear.channel, true);
    for (int i = 0; i < 4; i++) {
        char id[16];
        snprintf(id, sizeof id, "big%d", i);
        pushed(&service, id, 400000);
    }
    ck_assert_ptr_null(strstr(buf_view(&service.text).p, "\"big0\""));
    transport_pause(service.wire, &service.ear.channel, false);
    until(&service, "\"big3\"");
    for (int i = 0; i < 4; i++) {
        char id[16];
        snprintf(id, sizeof id, "\"big%d\"", i);
        ck_assert_ptr_nonnull(strstr(buf_view(&service.text).p, id));
    }
    transport_shut(service.wire, &service.ear.channel, 1000);
    until(&service, "");
    service_close(&service);
}
END_TEST

START_TEST(who_may_not_gets_no_channel)
{
    struct service service;
    service_open(&service);
    ear_init(&service.ear, NULL, CHANNEL_STREAM,
             "/sync/todo/stream?collections=tasks&since=x");
    ear_open(&service.ear, service.wire);
    until(&service, "");
    ck_assert_int_eq(service.ear.end.reply.status, 401);
    ear_init(&service.ear, NULL, CHANNEL_SOCKET, "/nowhere");
    ear_open(&service.ear, service.wire);
    until(&service, "");
    ck_assert_int_eq(service.ear.end.reply.status, 404);
    service_close(&service);
}
END_TEST

/* The last one: it does. */
START_TEST(a_server_that_dies_is_a_reset)
{
    struct service service;
    struct err err;
    service_open(&service);
    stream_on(&service);
    ear_open(&service.ear, service.wire);
    while (!service.ear.opened && !service.ear.ended) {
        service.wire->ops->poll(service.wire, 20);
    }
    ck_assert_int_eq(spawn_end(&child, SIGKILL, 5000, &err), ST_OK);
    until(&service, "");
    ck_assert_int_eq(service.ear.end.kind, REPLY_RESET);
    ck_assert(service.ear.end.opened);
    service_close(&service);
}
END_TEST

Suite *suite_wire_serve(void)
{
    Suite *suite = suite_create("wire_serve");
    TCase *tcase = tcase_create("serve");
    tcase_set_timeout(tcase, 60);
    tcase_add_unchecked_fixture(tcase, child_start, child_end);
    tcase_add_loop_test(tcase, a_socket_is_told_of_a_push, 0, SPEAKERS);
    tcase_add_loop_test(tcase, a_bad_token_is_closed_with_1008, 0, BY_PIECES);
    tcase_add_test(tcase, a_stream_brings_the_backlog_and_what_follows);
    tcase_add_test(tcase, who_may_not_gets_no_channel);
    tcase_add_test(tcase, a_server_that_dies_is_a_reset);
    suite_add_tcase(suite, tcase);
    return suite;
}
