/* SPDX-License-Identifier: MIT */
/* fixture_grades - runs to render that came to something between a pass and a
 * failure, and a failure on the wire. */
#include "tests/reports/suites.h"

/* A run that came to `outcome`; with a verdict unless `what` is NULL. */
static struct run_result graded(enum outcome outcome, const char *what,
                                struct arena *arena)
{
    struct run_result result = {
        .id = arena_printf(arena, "validate/body#%d", (int)outcome),
        .name = STR("a body that is too large is refused"),
        .file = STR("scenarios/conformance/validate/body.sync"),
        .group = STR("validate"),
        .world = STR("wire"),
        .dialect = STR("v2"),
        .covers = STR("VALID-12"),
        .replay = STR("syncspec run --server http://a body.sync --seed 1"),
        .seed = 1,
        .hash = (uint64_t)outcome,
        .outcome = outcome,
        .took_ms = 12,
        .steps = 3,
        .requests = 2,
    };
    struct verdict verdict = {.outcome = outcome,
                              .checker = STR("expectation"),
                              .clause = STR("VALID-12"),
                              .file = result.file,
                              .line = 9,
                              .what = str_of(what ? what : ""),
                              .expected = STR("status=413"),
                              .actual = STR("400 {\"error\":\"too <large>\"}"),
                              .cause = STR("line 11 takes status=4xx")};
    if (what) {
        result_add(&result, arena, &verdict);
    }
    return result;
}

static const struct report_fact fixture_facts[] = {
    {LIT("dialect"), LIT("v2"), LIT("POST /sync/{app} answers serverChanges")},
    {LIT("channels.sse"), LIT("no"), LIT("GET /events is 404 | \"gone\"")},
    {LIT("page"), LIT("5000"), LIT("")},
    {LIT("größe"), LIT("unknown"), LIT("no <answer>")},
};

#define BIG "{\"clientId\":\"alice-1\",\"changes\":[{\"title\":\"xxxxxxxxxx"
static const struct verdict_exchange fixture_exchanges[] = {
    {.number = 12,
     .line = 9,
     .who = LIT("alice (raw)"),
     .request = {.line = LIT("POST /sync/app-1"),
                 .headers = {LIT("Authorization: Bearer $TOKEN"),
                             LIT("Content-Type: application/json")},
                 .header_count = 2,
                 .body = LIT(BIG BIG BIG BIG),
                 .body_bytes = 11000123},
     .answer = {.line = LIT("400 Bad Request"),
                .headers = {LIT("Content-Type: application/json")},
                .header_count = 1,
                .body = LIT("{\"error\":\"too <large> & `odd`\"}\n"),
                .body_bytes = 32},
     .shell = LIT("{ printf '{\"title\":\"'; head -c 11000000 /dev/zero | tr "
                  "'\\0' x; printf '\"}'; } | curl -isS -H \"Authorization: "
                  "Bearer $TOKEN\" -H 'Content-Type: application/json' "
                  "--data-binary @- http://a/sync/app-1")},
    {.number = 13,
     .line = 11,
     .who = LIT("bob"),
     .request = {.line = LIT("GET /ws/app-1")},
     .answer = {.line = LIT("101 Switching Protocols")},
     .messages = {LIT("> {\"type\":\"auth\",\"token\":\"…\"}"),
                  LIT("< {\"type\":\"auth-ok\"}"), LIT("< 1"), LIT("< 2"),
                  LIT("< 3"), LIT("< 4"), LIT("closed, 1008 no token")},
     .message_count = 7},
};

void fixture_grades(struct fixture *fixture, struct arena *arena)
{
    enum { COUNT = OUTCOMES, ENDED = COUNT - 1 };
    struct run_result *results = arena_must(arena, COUNT, sizeof *results);
    const char *what = "alice expects status=413";
    results[0] = graded(OUT_PASS, NULL, arena);
    results[0].note = STR("a message was missed | by the *library* alone");
    results[1] = graded(OUT_NONSTRICT, what, arena);
    results[2] = graded(OUT_INFO, what, arena);
    results[2].note = STR("the witness was asked");
    results[3] = graded(OUT_UNIMPLEMENTED, NULL, arena);
    results[3].skip = STR("no event streams: GET /sync/events is 404");
    results[4] = graded(OUT_XFAIL, what, arena);
    results[4].skip = STR("issue 12 & its <twin>");
    results[5] = graded(OUT_XPASS, "is listed as failing, and passes", arena);
    results[6] = graded(OUT_FLAKY, what, arena);
    results[6].skip = STR("issue 13");
    results[6].note = STR("passed at attempt 2 of 3");
    results[7] = graded(OUT_FAIL, what, arena);
    results[7].verdicts[0].exchanges = fixture_exchanges;
    results[7].verdicts[0].exchange_count = 2;
    results[7].note = STR("listed as failing with another message");
    results[8] = graded(OUT_UNKNOWN, what, arena);
    results[8].verdicts[0].cause = STR("the answer was lost on its way");
    results[9] = graded(OUT_SKIP, NULL, arena);
    results[9].skip = STR("needs a durable server that the suite may restart");
    results[10] =
        graded(OUT_ERROR, "the target does not answer any more", arena);
    results[10].verdicts[0].checker = STR("target");
    results[10].verdicts[0].clause = STR("SVC-1");
    results[10].verdicts[0].line = 0;
    results[11] = graded(OUT_NOT_RUN, NULL, arena);
    *fixture = (struct fixture){
        .run = {.tool = STR("syncspec 0.1.0"),
                .target = STR("http://a"),
                .seed = 1,
                .profile = STR("full-2026.1"),
                .facts = fixture_facts,
                .fact_count = 4},
        .plan = results,
        .plan_count = COUNT,
        .results = results,
        .result_count = ENDED, /* the last one was never begun */
        .took_ms = 345,
    };
}
