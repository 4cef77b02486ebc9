/* SPDX-License-Identifier: MIT */
/* What went over the wire is with the verdict that is about it, and no secret
 * is. */
#include <stdio.h>

#include "harness/run/runner.h"
#include "tests/run/fake_wire.h"
#include "tests/run/suites.h"

struct bench {
    struct arena texts, runs;
    struct run_options options;
    struct run_result result;
    struct fake_wire wire;
};

static void bench_open(struct bench *bench)
{
    *bench = (struct bench){.result = {.steps = 0}};
    arena_init(&bench->texts, LIMIT_RUN_ARENA);
    arena_init(&bench->runs, LIMIT_RUN_ARENA);
    run_options_defaults(&bench->options);
    bench->options.dialect = dialect_find(STR("v2"));
    fake_wire_open(&bench->wire, bench->options.dialect);
    bench->options.wire = &bench->wire.base;
    bench->options.witness = true;
    bench->options.address.base_url = "http://127.0.0.1:3050";
    bench->options.tag = STR("t1");
}

static void bench_play(struct bench *bench, const char *text)
{
    struct scenario_list list = scenario_of(text, &bench->texts);
    run_scenario(&list.items[0], &bench->options, &bench->runs, &bench->result);
}

static void bench_close(struct bench *bench)
{
    fake_wire_close(&bench->wire);
    arena_free(&bench->texts);
    arena_free(&bench->runs);
}

static const struct verdict_exchange *only_exchange(const struct bench *bench)
{
    ck_assert_msg(bench->result.verdict_count > 0, "it passed");
    const struct verdict *verdict = &bench->result.verdicts[0];
    ck_assert_uint_eq(verdict->exchange_count, 1);
    return verdict->exchanges;
}

static bool has_line(const struct str *lines, size_t count, const char *line)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(lines[i], line)) {
            return true;
        }
    }
    return false;
}

#define HEAD                                                                   \
    "scenario \"test\"\ncovers WS-5\ndialect v2\nclients alice bob\n"          \
    "collection tasks title:text\n\n"

START_TEST(a_raw_request_is_shown_with_its_answer)
{
    struct bench b;
    bench_open(&b);
    bench_play(&b, HEAD "  alice sends GET /nowhere header.X-Odd=\"it's\"\n"
                        "  expects status=200\n");
    const struct verdict_exchange *e = only_exchange(&b);
    ck_assert(str_is(e->who, "alice (raw)"));
    ck_assert_uint_eq(e->line, 7);
    ck_assert(str_is(e->request.line, "GET /nowhere"));
    ck_assert(has_line(e->request.headers, e->request.header_count,
                       "Authorization: Bearer user"));
    ck_assert(
        has_line(e->request.headers, e->request.header_count, "X-Odd: it's"));
    ck_assert_uint_eq(e->request.header_count, 3); /* no X-Sync-Test */
    ck_assert(str_is(e->answer.line, "404 Not Found"));
    ck_assert(has_line(e->answer.headers, e->answer.header_count,
                       "Content-Type: application/json"));
    ck_assert_uint_gt(e->answer.body_bytes, 0);
    ck_assert_msg(str_is(e->shell,
                         "curl -isS -H 'Authorization: Bearer user' -H "
                         "'X-Client-Id: alice-t1-raw' -H 'X-Odd: it'\\''s' "
                         "http://127.0.0.1:3050/nowhere"),
                  "%.*s", STR_ARG(e->shell));
    bench_close(&b);
}
END_TEST

START_TEST(a_long_body_is_cut_and_told)
{
    struct bench b;
    bench_open(&b);
    bench_play(&b, HEAD "  alice sends POST /nowhere\n"
                        "  | {\"x\":\"{1000000*x}\"}\n"
                        "  expects status=200\n");
    const struct verdict_exchange *e = only_exchange(&b);
    ck_assert_uint_eq(e->request.body_bytes, 1000008);
    ck_assert_uint_lt(e->request.body.n, 20000);
    ck_assert(str_starts(e->shell, STR("{ printf '{\"x\":\"'; head -c 1000000 "
                                       "/dev/zero | tr '\\0' x; printf '\"}'; "
                                       "} | curl ")));
    bench_close(&b);
}
END_TEST

START_TEST(a_push_of_an_engine_is_found_by_its_line)
{
    struct bench b;
    bench_open(&b);
    bench_play(&b, HEAD "  alice inserts tasks/1 title=\"milk\"\n"
                        "  alice pushes gets=503\n");
    const struct verdict_exchange *e = only_exchange(&b);
    ck_assert(str_is(e->who, "alice"));
    ck_assert_uint_eq(e->line, 8);
    ck_assert(str_is(e->request.line, "POST /sync/app-t1"));
    ck_assert(str_is(e->answer.line, "200 OK"));
    bench_close(&b);
}
END_TEST

START_TEST(a_socket_tells_what_was_said_and_heard)
{
    struct bench b;
    bench_open(&b);
    b.wire.mute = true;
    bench_play(&b, HEAD "  bob connects /ws/{app} auth=yes gets=open\n"
                        "  bob hears tasks within=50ms\n");
    const struct verdict_exchange *e = only_exchange(&b);
    ck_assert(str_is(e->request.line, "GET /ws/app-t1"));
    ck_assert(str_is(e->answer.line, "101 Switching Protocols"));
    ck_assert_uint_eq(e->message_count, 2);
    ck_assert(str_starts(e->messages[0], STR("> {\"type\":\"auth\",")));
    ck_assert(str_is(e->messages[1], "< {\"type\":\"auth-ok\"}"));
    ck_assert_uint_eq(e->shell.n, 0);
    bench_close(&b);
}
END_TEST

/* The server forgets a write that it acknowledged. */
START_TEST(a_finding_shows_what_it_names)
{
    struct bench b;
    bench_open(&b);
    struct server_config config = {.dialect = b.options.dialect};
    bug_add(&config.bugs, BUG_DEDUPE_DROPS_SECOND_EDIT);
    server_free(b.wire.server);
    b.wire.server = server_create(&config, b.wire.store, b.wire.auth);
    bench_play(&b, HEAD "  alice inserts tasks/1 title=\"a\"\n"
                        "  alice pushes gets=ok\n"
                        "  alice updates tasks/1 title=\"b\"\n"
                        "  alice pushes gets=ok\n"
                        "  alice updates tasks/1 title=\"c\"\n"
                        "  alice pushes gets=ok\n");
    ck_assert_int_eq(b.result.outcome, OUT_FAIL);
    size_t lost = 0;
    for (size_t i = 0; i < b.result.verdict_count; i++) {
        const struct verdict *v = &b.result.verdicts[i];
        lost += str_is(v->checker, "oracle");
        if (str_is(v->checker, "oracle")) {
            ck_assert_uint_eq(v->exchange_count, 2);
            ck_assert(
                str_is(v->exchanges[0].request.line, "POST /sync/app-t1"));
            ck_assert(str_is(v->exchanges[1].who, "observer"));
        }
    }
    ck_assert_uint_gt(lost, 0);
    bench_close(&b);
}
END_TEST

static bool holds(struct str text, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= text.n; i++) {
        if (memcmp(text.p + i, part, n) == 0) {
            return true;
        }
    }
    return false;
}

static void expect_hidden(const struct verdict_part *part, const char *secret)
{
    ck_assert(!holds(part->line, secret));
    ck_assert(!holds(part->body, secret));
    for (size_t i = 0; i < part->header_count; i++) {
        ck_assert(!holds(part->headers[i], secret));
    }
}

START_TEST(no_secret_is_shown)
{
    static const char *const headers[] = {"X-Tenant: tenant-secret", NULL};
    struct bench b;
    struct err err = {.status = ST_OK};
    const struct tokens_config config = {.source = TOKENS_FIXED,
                                         .fixed = "token-secret"};
    bench_open(&b);
    b.options.tokens = tokens_create(&config, &err);
    ck_assert_msg(err.status == ST_OK, "%s", err.text);
    b.options.address.headers = headers;
    bench_play(&b, HEAD "  alice sends POST /sync/{app}?t={token}\n"
                        "  | {\"t\":\"{token}\",\"x\":\"tenant-secret\"}\n"
                        "  expects body=\"token-secret\"\n");
    const struct verdict_exchange *e = only_exchange(&b);
    ck_assert(str_is(b.result.verdicts[0].expected, "$TOKEN"));
    expect_hidden(&e->request, "-secret");
    expect_hidden(&e->answer, "-secret");
    ck_assert(!holds(e->shell, "-secret"));
    ck_assert(str_is(e->request.line, "POST /sync/app-t1?t=$TOKEN"));
    ck_assert(has_line(e->request.headers, e->request.header_count,
                       "Authorization: Bearer $TOKEN"));
    ck_assert(has_line(e->request.headers, e->request.header_count,
                       "X-Tenant: $X_TENANT"));
    ck_assert(
        str_is(e->request.body, "{\"t\":\"$TOKEN\",\"x\":\"$X_TENANT\"}"));
    tokens_free(b.options.tokens);
    bench_close(&b);
}
END_TEST

START_TEST(there_is_nothing_in_virtual_time)
{
    struct bench b;
    bench_open(&b);
    b.options.wire = NULL;
    b.options.address.base_url = NULL;
    bench_play(&b, HEAD "  alice sends GET /nowhere\n"
                        "  expects status=200\n");
    ck_assert_uint_eq(b.result.verdicts[0].exchange_count, 0);
    bench_close(&b);
}
END_TEST

/* ---- a server that is broken ---- */

static void count_request(void *context, const struct http_request *request)
{
    (void)request;
    ++*(size_t *)context;
}

static void play_refused(struct bench *bench, int status, size_t times,
                         size_t *requests)
{
    bench_open(bench);
    bench->wire.refusal = status;
    bench->wire.refusals_left = times;
    bench->wire.seen = count_request;
    bench->wire.seen_context = requests;
    bench_play(bench, "scenario \"c\"\ndialect v2\nclients alice bob\n"
                      " alice inserts tasks/1 title=\"milk\"\n"
                      " alice pushes\n");
}

/* It is not asked the same as often as rounds are allowed. */
START_TEST(who_only_fails_is_left_alone_soon)
{
    struct bench bench;
    size_t requests = 0;
    play_refused(&bench, 500, SIZE_MAX, &requests);
    ck_assert_int_eq(bench.result.outcome, OUT_FAIL);
    ck_assert_uint_gt(requests, 2 * FAILED_ROUNDS_MAX);
    ck_assert_uint_lt(requests, 2 * (SETTLE_ROUNDS_MAX / 2));
    bench_close(&bench);
}
END_TEST

/* Rounds in which a device waits as it was told to are none that failed. */
START_TEST(who_asks_for_patience_gets_it)
{
    struct bench bench;
    size_t requests = 0;
    play_refused(&bench, 429, 40, &requests);
    ck_assert_msg(bench.result.outcome == OUT_PASS, "%s",
                  first_verdict(&bench.result));
    ck_assert_uint_eq(bench.wire.refusals_left, 0);
    bench_close(&bench);
}
END_TEST

Suite *suite_evidence(void)
{
    Suite *suite = suite_create("evidence");
    TCase *tcase = tcase_create("evidence");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_raw_request_is_shown_with_its_answer);
    tcase_add_test(tcase, a_long_body_is_cut_and_told);
    tcase_add_test(tcase, a_push_of_an_engine_is_found_by_its_line);
    tcase_add_test(tcase, a_socket_tells_what_was_said_and_heard);
    tcase_add_test(tcase, a_finding_shows_what_it_names);
    tcase_add_test(tcase, no_secret_is_shown);
    tcase_add_test(tcase, there_is_nothing_in_virtual_time);
    tcase_add_test(tcase, who_only_fails_is_left_alone_soon);
    tcase_add_test(tcase, who_asks_for_patience_gets_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
