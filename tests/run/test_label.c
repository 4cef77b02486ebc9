/* SPDX-License-Identifier: MIT */
/* What a server's log can tell of the case that a request is of. */
#include <stdio.h>

#include "harness/run/label.h"
#include "tests/run/fake_wire.h"
#include "tests/run/suites.h"

enum { SEEN_MAX = 64 };

struct bench {
    struct arena texts, runs;
    struct run_options options;
    struct run_result result;
    struct fake_wire wire;
    struct {
        struct str target, label;
    } seen[SEEN_MAX];
    size_t seen_count, unlabelled;
};

static void note(void *context, const struct http_request *request)
{
    struct bench *bench = context;
    struct str label =
        http_header_find(request->headers, request->header_count, LABEL_HEADER);
    bench->unlabelled += !label.p;
    ck_assert_uint_lt(bench->seen_count, SEEN_MAX);
    bench->seen[bench->seen_count].target =
        arena_str(&bench->texts, request->target);
    bench->seen[bench->seen_count++].label = arena_str(&bench->texts, label);
}

static void bench_open(struct bench *bench)
{
    *bench = (struct bench){.seen_count = 0};
    arena_init(&bench->texts, LIMIT_RUN_ARENA);
    arena_init(&bench->runs, LIMIT_RUN_ARENA);
    run_options_defaults(&bench->options);
    bench->options.dialect = dialect_find(STR("v2"));
    fake_wire_open(&bench->wire, bench->options.dialect);
    bench->wire.seen = note;
    bench->wire.seen_context = bench;
    bench->options.wire = &bench->wire.base;
    bench->options.tag = STR("t1");
}

static void bench_play(struct bench *bench, const char *file, const char *text)
{
    struct scenario_list list = {.count = 0};
    struct err err = {.status = ST_OK};
    ck_assert_msg(scenario_parse(str_of(file), str_of(text), &bench->texts,
                                 &list, &err) == ST_OK,
                  "%s", err.text);
    run_scenario(&list.items[list.count - 1], &bench->options, &bench->runs,
                 &bench->result);
}

static void bench_close(struct bench *bench)
{
    fake_wire_close(&bench->wire);
    arena_free(&bench->texts);
    arena_free(&bench->runs);
}

/* Was a request whose target has `part` sent with that label? */
static bool saw(const struct bench *bench, const char *part, const char *label)
{
    for (size_t i = 0; i < bench->seen_count; i++) {
        char target[512];
        snprintf(target, sizeof target, "%.*s", STR_ARG(bench->seen[i].target));
        if (strstr(target, part) && str_is(bench->seen[i].label, label)) {
            return true;
        }
    }
    return false;
}

#define SCRIPT                                                                 \
    "scenario \"test\"\ncovers WS-5\ndialect v2\nclients alice bob\n"          \
    "collection tasks title:text\n\n"                                          \
    "  bob connects /ws/{app} auth=yes gets=open\n"                            \
    "  alice inserts tasks/1 title=\"milk\"\n"                                 \
    "  alice pushes gets=ok\n"                                                 \
    "  bob sends GET /nowhere\n"                                               \
    "  expects status=404\n"                                                   \
    "  bob sends GET /there header.X-Sync-Test=\"mine\"\n"                     \
    "  expects status=404\n"

START_TEST(every_request_says_its_case_and_line)
{
    struct bench b;
    bench_open(&b);
    bench_play(&b, "scenarios/live/who.sync", SCRIPT);
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    ck_assert_uint_eq(b.unlabelled, 0);
    ck_assert_uint_eq(b.seen_count, b.result.requests);
    ck_assert(saw(&b, "/ws/", "live/who#1#7"));
    ck_assert(saw(&b, "/sync/", "live/who#1#9"));
    ck_assert(saw(&b, "/nowhere", "live/who#1#10"));
    ck_assert(saw(&b, "/there", "mine"));
    ck_assert(saw(&b, "/sync/", "live/who#1#start"));
    ck_assert(saw(&b, "/sync/", "live/who#1#settle"));
    ck_assert(saw(&b, "/pull?collection=tasks", "live/who#1#observe"));
    bench_close(&b);
}
END_TEST

START_TEST(a_label_is_short_and_plain)
{
    struct bench b;
    char file[600], label[LABEL_BYTES + 1];
    bench_open(&b);
    memset(file, 'x', sizeof file);
    memcpy(file, "live/\xc5\xbc \n", 9);
    memcpy(file + sizeof file - 6, ".sync", 6);
    bench_play(&b, file, SCRIPT);
    ck_assert_msg(b.result.outcome == OUT_PASS, "%s", first_verdict(&b.result));
    memset(label, 'x', sizeof label);
    memcpy(label, "live/____", 9);
    memcpy(label + LABEL_BYTES - 3, "#10", 4);
    ck_assert(saw(&b, "/nowhere", label));
    bench_close(&b);
}
END_TEST

/* Virtual time has no log that could be read, and its bytes are not to
 * change. */
START_TEST(nothing_is_added_in_virtual_time)
{
    struct bench b;
    struct runner runner = {.options = &b.options, .result = &b.result};
    struct http_request request = {.header_count = 0};
    bench_open(&b);
    b.options.wire = NULL;
    runner.arena = &b.runs;
    runner.phase = "heal";
    b.result.id = STR("a#1");
    label_add(&runner, &request);
    ck_assert_uint_eq(request.header_count, 0);
    b.options.wire = &b.wire.base;
    runner.result = NULL; /* as of a load */
    label_add(&runner, &request);
    ck_assert_uint_eq(request.header_count, 0);
    runner.result = &b.result;
    label_add(&runner, &request);
    label_add(&runner, &request);
    ck_assert_uint_eq(request.header_count, 1);
    ck_assert(str_is(request.headers[0].value, "a#1#heal"));
    bench_close(&b);
}
END_TEST

Suite *suite_label(void)
{
    Suite *suite = suite_create("label");
    TCase *tcase = tcase_create("label");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_request_says_its_case_and_line);
    tcase_add_test(tcase, a_label_is_short_and_plain);
    tcase_add_test(tcase, nothing_is_added_in_virtual_time);
    suite_add_tcase(suite, tcase);
    return suite;
}
