/* SPDX-License-Identifier: MIT */
/* How long a run waits on the wire: for an answer, and for what a live channel
 * has to bring.  Upper bounds are only those of what was not asked for. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/run/target.h"
#include "tests/run/suites.h"

enum { TIMEOUT_MS = 300, TIMEOUT_USUAL_MS = 10000, WITHIN_MS = 2500 };

static struct arena arena;
static struct run_options options;
static int64_t step_ms; /* real time until the last step was played */
static int64_t from_ms;

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
    run_options_defaults(&options);
    step_ms = -1;
}

static void teardown(void)
{
    arena_free(&arena);
}

static void note(void *context, size_t step, const struct history *history)
{
    (void)context;
    (void)step;
    (void)history;
    step_ms = wire_clock_ms() - from_ms;
}

static struct run_result play(const char *steps)
{
    struct run_result result;
    struct scenario_list list = scenario_of(
        arena_printf(&arena, "scenario \"c\"\ndialect v2\nclients a\n%s", steps)
            .p,
        &arena);
    options.stepped = note;
    options.tag = STR("p");
    from_ms = wire_clock_ms();
    run_scenario(&list.items[0], &options, &arena, &result);
    return result;
}

/* Connections are taken by the kernel, and nobody reads from them. */
static int deaf(char *url, size_t size)
{
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(place);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&place, length), 0);
    ck_assert_int_eq(listen(fd, 64), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&place, &length), 0);
    snprintf(url, size, "http://127.0.0.1:%d", ntohs(place.sin_port));
    return fd;
}

START_TEST(a_request_has_the_time_that_was_given)
{
    char url[64];
    struct err err = {.status = ST_OK};
    int fd = deaf(url, sizeof(url));
    const struct wire_config config = {.base_url = url};
    options.wire = wire_create(&config, &err);
    ck_assert_msg(options.wire != NULL, "%s", err.text);
    options.timeout_ms = TIMEOUT_MS;
    options.check = false;
    play(" a pulls gets=timeout\n");
    ck_assert_int_ge(step_ms, TIMEOUT_MS);
    ck_assert_int_lt(step_ms, TIMEOUT_USUAL_MS);
    transport_close(options.wire);
    close(fd);
}
END_TEST

START_TEST(what_is_to_be_heard_may_take_as_many_times_as_long)
{
    struct target target;
    struct err err = {.status = ST_OK};
    const struct target_config config = {.world = "wire:memory",
                                         .program = getenv("SYNCSPEC"),
                                         .time_scale = 1,
                                         .dialect = dialect_find(STR("v2"))};
    ck_assert_msg(target_open(&target, &config, &err) == ST_OK, "%s", err.text);
    target_apply(&target, &options);
    options.control.patience_ms = 0;
    options.patience = _i;
    struct run_result result =
        play(" a inserts t/1 n=1\n a connects /ws/{app} auth=yes\n"
             " a hears t within=2500ms\n");
    target_close(&target);
    ck_assert_int_eq(result.outcome, OUT_FAIL);
    ck_assert_int_ge(step_ms, WITHIN_MS * (_i > 1 ? _i : 1));
}
END_TEST

Suite *suite_patience(void)
{
    Suite *suite = suite_create("patience");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_request_has_the_time_that_was_given);
    tcase_add_loop_test(
        tcase, what_is_to_be_heard_may_take_as_many_times_as_long, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
