/* SPDX-License-Identifier: MIT */
/* fixture - a run to render: each outcome, odd bytes, long text, nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reports/suites.h"

static struct field fields[] = {
    {.name = LIT("done"), .value = LIT("false")},
    {.name = LIT("title"),
     .value = LIT("\"Buy oat milk\""),
     .at = {1774605900, 500000000},
     .at_text = LIT("2026-03-27T10:05:00.500Z")},
};

static struct change changes[] = {
    {.table = LIT("tasks"),
     .id = LIT("1"),
     .op = OP_UPDATE,
     .has_fields = true,
     .fields = fields,
     .field_count = 2,
     .event_id = LIT("\"e-1\""),
     .schema_version = 2},
    {.table = LIT("tasks"),
     .id = LIT("2"),
     .op = OP_DELETE,
     .has_deleted_at = true,
     .deleted_at = {1774605901, 0},
     .deleted_at_text = LIT("2026-03-27T10:05:01.000Z")},
    {.table = LIT("tasks"),
     .id = LIT("3"),
     .op = OP_INSERT,
     .has_data = true,
     .data = fields,
     .data_count = 1},
};

static const struct event events[] = {
    {.kind = EV_PHASE, .actor = 0, .text = LIT("script")},
    {.kind = EV_STEP,
     .actor = 1,
     .line = 13,
     .text = LIT("alice updates tasks/1 title=\"Buy oat milk\"")},
    {.kind = EV_EDIT,
     .actor = 1,
     .line = 13,
     .t_ms = 2000,
     .exchange = 2,
     .as.op = OP_UPDATE,
     .collection = LIT("tasks"),
     .id = LIT("1"),
     .fields = fields,
     .field_count = 2},
    {.kind = EV_STATUS,
     .actor = 1,
     .t_ms = 2000,
     .number = 1,
     .text = LIT("pending")},
    {.kind = EV_SEND,
     .actor = 1,
     .t_ms = 2100,
     .exchange = 3,
     .as.request_kind = REQUEST_PUSH,
     .id = LIT("1970-01-01T00:00:00.000Z"),
     .text = LIT("/sync/app-1"),
     .body = LIT("{\"clientId\":\"c\",\"changes\":[]}"),
     .changes = changes,
     .change_count = 3},
    {.kind = EV_FAULT,
     .actor = 0,
     .t_ms = 2110,
     .exchange = 3,
     .text = LIT("drops response to=alice count=1")},
    {.kind = EV_REPLY,
     .actor = 1,
     .t_ms = 2140,
     .exchange = 3,
     .as.reply_kind = REPLY_TIMEOUT,
     .fate = FATE_UNKNOWN,
     .text = LIT("nothing came in 40 ms")},
    {.kind = EV_SEND,
     .actor = 2,
     .t_ms = 2150,
     .exchange = 4,
     .as.request_kind = REQUEST_PULL,
     .collection = LIT("tasks"),
     .id = LIT("1970-01-01T00:00:00.000Z"),
     .text = LIT("/sync/app-1?collection=tasks")},
    {.kind = EV_REPLY,
     .actor = 2,
     .t_ms = 2160,
     .exchange = 4,
     .as.reply_kind = REPLY_ANSWER,
     .code = 200,
     .body = LIT("{\"serverChanges\":[],\xff\x00\n}")},
    {.kind = EV_REPLY,
     .actor = 2,
     .t_ms = 2165,
     .exchange = 5,
     .as.reply_kind = REPLY_REFUSED,
     .fate = FATE_NONE},
    {.kind = EV_APPLY,
     .actor = 2,
     .t_ms = 2160,
     .as.op = OP_DELETE,
     .collection = LIT("tasks"),
     .id = LIT("2")},
    {.kind = EV_ACK, .actor = 1, .t_ms = 2200, .number = 2},
    {.kind = EV_WITHDRAW,
     .actor = 1,
     .t_ms = 2200,
     .collection = LIT("tasks"),
     .id = LIT("1"),
     .fields = fields,
     .field_count = 1,
     .text = LIT("refused with 400")},
    {.kind = EV_CURSOR,
     .actor = 2,
     .t_ms = 2210,
     .collection = LIT("tasks"),
     .text = LIT("2026-03-27T10:05:01Z")},
    {.kind = EV_LIFE,
     .actor = 2,
     .t_ms = 2300,
     .as.life = LIFE_SIGN_IN,
     .number = 3,
     .text = LIT("user-2")},
    {.kind = EV_LIFE,
     .actor = 2,
     .t_ms = 2300,
     .as.life = LIFE_CLONE,
     .number = 1},
    {.kind = EV_EXPECT,
     .actor = 1,
     .t_ms = 2400,
     .line = 16,
     .code = 0,
     .text = LIT("pending=0")},
    {.kind = EV_EXPECT,
     .actor = 1,
     .t_ms = 2400,
     .line = 17,
     .code = 1,
     .text = LIT("status=synced")},
    {.kind = EV_STATE,
     .actor = 3,
     .t_ms = 62400,
     .number = 1,
     .collection = LIT("tasks"),
     .id = LIT("1"),
     .fields = fields,
     .field_count = 2},
    {.kind = EV_STUCK,
     .actor = 1,
     .t_ms = 62400,
     .text = LIT("2 pending after 12 rounds")},
    {.kind = EV_PHASE, .actor = 0, .t_ms = 62400, .text = LIT("done")},
};

struct history *fixture_history(struct arena *arena)
{
    struct history *history = arena_must(arena, 1, sizeof *history);
    history_init(history, arena);
    history_actor(history, (struct actor){.name = STR("net")});
    history_actor(history, (struct actor){.name = STR("alice"),
                                          .user = STR("user-1"),
                                          .app = STR("app-1"),
                                          .client_id = STR("c-1"),
                                          .device = 1,
                                          .is_client = true});
    history_actor(history, (struct actor){.name = STR("Żółw"),
                                          .user = STR("user-2"),
                                          .device = 2,
                                          .is_client = true});
    history_actor(history, (struct actor){.name = STR("observer"),
                                          .device = 3,
                                          .is_client = true,
                                          .is_observer = true});
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        history_append(history, events[i]);
    }
    return history;
}

static const struct run_result plan[] = {
    {.id = LIT("retry/lost_response#1"),
     .name = LIT("a push whose response is lost takes effect once"),
     .file = LIT("scenarios/retry/lost_response.sync"),
     .group = LIT("retry"),
     .world = LIT("virtual"),
     .dialect = LIT("v1"),
     .covers = LIT("PUSH-4 QUEUE-1 QUEUE-3")},
    {.id = LIT("retry/lost_response#1"),
     .name = LIT("a push whose response is lost takes effect once"),
     .file = LIT("scenarios/retry/lost_response.sync"),
     .group = LIT("retry"),
     .world = LIT("wire:memory"),
     .dialect = LIT("v1"),
     .covers = LIT("PUSH-4 QUEUE-1 QUEUE-3")},
    {.id = LIT("conflict/same_stamp#1"),
     .name = LIT("writes of one <instant> & a \"tie\" | `tick` @all #1"),
     .file = LIT("scenarios/conflict/same_stamp.sync"),
     .group = LIT("conflict"),
     .world = LIT("virtual"),
     .dialect = LIT("v2"),
     .covers = LIT("PUSH-4")},
    {.id = LIT("live/wakes#OP=\"\\\""),
     .name = LIT("ein Schreiben weckt alle — 通知は届く 🐢"),
     .file = LIT("scenarios/live/wakes.sync"),
     .group = LIT("live"),
     .world = LIT("virtual"),
     .dialect = LIT("v2")},
    {.id = LIT("scale/many#1"),
     .name = LIT("ten thousand records"),
     .file = LIT("scenarios/scale/many.sync"),
     .group = LIT("scale"),
     .world = LIT("wire:sqlite"),
     .dialect = LIT("v1")},
    {.id = LIT("scale/more#1"),
     .name = LIT("a server that dies"),
     .file = LIT("scenarios/scale/more.sync"),
     .group = LIT("scale"),
     .world = LIT("wire:memory"),
     .dialect = LIT("v1")},
    {.id = LIT("scale/most#1"),
     .name = LIT("never came to it"),
     .file = LIT("scenarios/scale/most.sync"),
     .group = LIT("scale"),
     .world = LIT("wire:memory"),
     .dialect = LIT("v1")},
    {.id = LIT("scale/stopped#1"), .world = LIT("virtual")},
    {.id = LIT("")}, /* nothing is known of it */
};
enum { PLAN_COUNT = sizeof plan / sizeof plan[0], NOT_ENDED = 6 };

/* The failure of the language's manual. */
static void add_lost_response(struct run_result *result, struct arena *arena)
{
    struct verdict verdict = {
        .outcome = OUT_FAIL,
        .checker = STR("expectation"),
        .clause = STR("QUEUE-3"),
        .file = STR("scenarios/retry/lost_response.sync"),
        .line = 16,
        .what = STR("alice has pending=0"),
        .expected = STR("pending=0"),
        .actual = STR("pending=1 (tasks/1 update, queued t=2.000s, sent "
                      "t=2.100s, 200 at t=2.140s)"),
    };
    result_add(result, arena, &verdict);
    result->replay = STR("syncspec run scenarios/retry/lost_response.sync "
                         "--seed 7 --trace");
}

/* Twelve verdicts, the first with all the evidence that fits and bytes that
 * no format may pass through. */
static void add_divergence(struct run_result *result, struct arena *arena)
{
    struct str long_value = {arena_must(arena, 1000, 1), 1000};
    memset((char *)(uintptr_t)long_value.p, 'x', long_value.n);
    struct verdict verdict = {
        .outcome = OUT_FAIL,
        .checker = STR("convergence"),
        .clause = STR("NO-SUCH-1"),
        .what = STR("DIVERGED tasks/1 title\x1b[31m \xff\xfe\n]]> --> ```"),
        .expected = STR("\"a value that is longer than its column\"\t\r"),
        .actual = long_value,
        .cause = STR("the tie was broken by arrival\0, \xe2\x80\xae rtl "
                     "\xef\xbf\xbe \xef\xbf\xbf \xed\xa0\x80 100%, 1:2"),
    };
    for (int i = 1; i <= VERDICT_LINES; i++) {
        verdict_explain(&verdict, arena, "t=%d.000s alice wrote \"%d\"", i, i);
    }
    result_add(result, arena, &verdict);
    for (int i = 2; i <= 12; i++) {
        struct verdict more = {.outcome = i == 2 ? OUT_UNKNOWN : OUT_FAIL,
                               .checker = STR("oracle"),
                               .what = arena_printf(arena, "tasks/%d", i)};
        result_add(result, arena, &more);
    }
}

static void add_details(struct run_result *results, struct arena *arena)
{
    results[0].outcome = OUT_PASS;
    add_lost_response(&results[1], arena);
    add_divergence(&results[2], arena);
    struct verdict unknown = {
        .outcome = OUT_UNKNOWN,
        .checker = STR("notices"),
        .what = STR("the wake-up may have been lost with the connection"),
        .cause = STR("the socket ended with the last message in it"),
    };
    result_add(&results[3], arena, &unknown);
    results[4].outcome = OUT_SKIP;
    results[4].skip = STR("SQLite | is not built in");
    struct verdict died = {
        .outcome = OUT_ERROR,
        .checker = STR("liveness"),
        .what = STR("the server died"),
        .actual = STR("signal 11 after 2.1 s"),
    };
    result_add(&results[5], arena, &died);
    results[6].outcome = OUT_NOT_RUN;
    results[6].skip = STR("the target is gone");
    results[7].outcome = OUT_ERROR;
}

void fixture_build(struct fixture *fixture, struct arena *arena)
{
    struct run_result *planned = arena_must(arena, PLAN_COUNT, sizeof plan[0]);
    struct run_result *results = arena_must(arena, PLAN_COUNT, sizeof plan[0]);
    size_t count = 0;
    memcpy(planned, plan, sizeof plan);
    for (size_t i = 0; i < PLAN_COUNT; i++) {
        if (i == NOT_ENDED) {
            continue;
        }
        struct run_result *result = &results[count];
        *result = planned[i];
        if (i == PLAN_COUNT - 1) {
            continue;
        }
        result->seed = UINT64_MAX - count;
        result->hash = UINT64_C(0x0123456789abcdef) + count;
        result->took_ms = (int64_t)count * 617;
        result->world_ms = (int64_t)count * 1000;
        result->state_hash = count % 2 ? UINT64_C(0xfedcba9876543210) : 0;
        result->timeouts = count % 3;
        result->steps = count * 3;
        result->requests = count * 2;
        count++;
    }
    add_details(results, arena);
    results[1].history = fixture_history(arena);
    *fixture = (struct fixture){
        .run = {.tool = STR("syncspec 0.1.0"),
                .target = STR("bundled"),
                .args = STR("syncspec run --seed 7 scenarios"),
                .seed = 7,
                .started = STR("2026-03-27T10:05:00.123Z")},
        .plan = planned,
        .plan_count = PLAN_COUNT,
        .results = results,
        .result_count = count + 1,
        .took_ms = 12345,
    };
}

static const struct verdict_exchange *exchange_of_text(struct str text,
                                                       struct arena *arena)
{
    struct verdict_exchange *exchange = arena_must(arena, 1, sizeof *exchange);
    const struct verdict_part part = {.line = text,
                                      .headers = {text, text},
                                      .header_count = 2,
                                      .body = text,
                                      .body_bytes = text.n + 1};
    *exchange = (struct verdict_exchange){.number = 7,
                                          .line = 9,
                                          .who = text,
                                          .request = part,
                                          .answer = part,
                                          .messages = {text, text},
                                          .message_count = 2,
                                          .shell = text};
    return exchange;
}

void fixture_of_text(struct fixture *fixture, struct arena *arena,
                     struct str text)
{
    enum { COUNT = OUTCOMES };
    struct run_result *results = arena_must(arena, COUNT, sizeof *results);
    struct report_fact *facts = arena_must(arena, 2, sizeof *facts);
    const struct verdict_exchange *exchange = exchange_of_text(text, arena);
    facts[0] = (struct report_fact){text, text, text};
    facts[1] = (struct report_fact){text, text, STR("")};
    for (int i = 0; i < COUNT; i++) {
        struct verdict verdict = {
            .outcome = (enum outcome)i,
            .checker = text,
            .clause = text,
            .file = text,
            .line = (uint32_t)i,
            .what = text,
            .expected = text,
            .actual = text,
            .cause = text,
            .explain = {text, text},
            .explain_count = 2,
            .exchanges = exchange,
            .exchange_count = 1,
        };
        results[i] = (struct run_result){
            .id = arena_printf(arena, "%d%.*s", i, STR_ARG(text)),
            .name = text,
            .file = text,
            .group = text,
            .world = text,
            .dialect = text,
            .covers = text,
            .skip = text,
            .note = text,
            .replay = text,
            .outcome = (enum outcome)i,
        };
        /* "%.*s" ends at a NUL; the id shall not. */
        if (memchr(text.p, '\0', text.n)) {
            results[i].id = text;
        }
        result_add(&results[i], arena, &verdict);
    }
    *fixture = (struct fixture){
        .run = {.tool = text,
                .target = text,
                .args = text,
                .seed = 1,
                .started = text,
                .profile = text,
                .facts = facts,
                .fact_count = 2},
        .plan = results,
        .plan_count = COUNT,
        .results = results,
        .result_count = COUNT,
    };
}

static struct str stream_take(FILE *stream, char **bytes, size_t *size,
                              struct arena *arena)
{
    fclose(stream);
    struct str taken = arena_str(arena, (struct str){*bytes, *size});
    ck_assert_ptr_nonnull(taken.p);
    free(*bytes);
    return taken;
}

struct str fixture_render(const struct fixture *fixture, const char *format,
                          const struct report_options *options,
                          struct arena *arena)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    ck_assert_ptr_nonnull(stream);
    struct err err;
    struct report *report =
        report_create(str_of(format), stream, options, &err);
    ck_assert_ptr_nonnull(report);
    report_begin(report, &fixture->run, fixture->plan, fixture->plan_count);
    for (size_t i = 0; i < fixture->result_count; i++) {
        report_result(report, &fixture->results[i]);
    }
    ck_assert_int_eq(report_end(report, fixture->took_ms, NULL, &err), ST_OK);
    report_free(report);
    return stream_take(stream, &bytes, &size, arena);
}

struct str fixture_replay(struct str jsonl, const char *format,
                          const struct report_options *options,
                          struct arena *arena)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *in = fmemopen((void *)(uintptr_t)jsonl.p, jsonl.n, "r");
    FILE *out = open_memstream(&bytes, &size);
    ck_assert(in && out);
    struct err err;
    struct report *report = report_create(str_of(format), out, options, &err);
    ck_assert_ptr_nonnull(report);
    enum status status = report_replay(in, &report, 1, NULL, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    report_free(report);
    fclose(in);
    return stream_take(out, &bytes, &size, arena);
}

enum status fixture_totals(struct str jsonl, struct report_totals *totals,
                           struct err *err)
{
    /* fmemopen refuses an empty buffer in places: one byte, read as none. */
    char nothing[1] = "";
    FILE *in = jsonl.n > 0 ? fmemopen((void *)(uintptr_t)jsonl.p, jsonl.n, "r")
                           : fmemopen(nothing, 1, "r");
    ck_assert_ptr_nonnull(in);
    if (jsonl.n == 0) {
        ck_assert_int_eq(fgetc(in), '\0');
    }
    enum status status = report_replay(in, NULL, 0, totals, err);
    fclose(in);
    return status;
}

bool str_holds(struct str s, struct str part)
{
    for (size_t i = 0; i + part.n <= s.n; i++) {
        if (memcmp(s.p + i, part.p, part.n) == 0) {
            return true;
        }
    }
    return part.n == 0;
}
