/* SPDX-License-Identifier: MIT */
/* fixture_clauses - conformance runs to render: cases by the clauses they
 * cover. */
#include <stdio.h>
#include <string.h>

#include "tests/reports/suites.h"

static struct run_result case_of(const char *id, const char *covers,
                                 enum outcome outcome, struct arena *arena)
{
    return (struct run_result){
        .id = arena_str(arena, str_of(id)),
        .name = STR("a claim"),
        .file = STR("scenarios/conformance/push/case.sync"),
        .group = STR("push"),
        .world = STR("wire"),
        .dialect = STR("v2"),
        .covers = arena_str(arena, str_of(covers)),
        .seed = 1,
        .outcome = outcome,
    };
}

struct run_result fixture_case(const char *id, const char *covers,
                               enum outcome outcome, const char *clause,
                               struct arena *arena)
{
    struct run_result result = case_of(id, covers, outcome, arena);
    struct verdict verdict = {.outcome = outcome,
                              .checker = STR("expectation"),
                              .clause = str_of(clause),
                              .line = 9,
                              .what = STR("alice expects status=400"),
                              .expected = STR("400"),
                              .actual = STR("200")};
    if (clause) {
        result_add(&result, arena, &verdict);
    }
    return result;
}

size_t fixture_clauses(struct run_result *results, struct arena *arena)
{
    size_t count, used = 0;
    const struct clause *clauses = clause_all(&count);
    for (size_t i = 0; i < count; i++) {
        char id[64];
        snprintf(id, sizeof id, "all/%s#1", clauses[i].id);
        if (strcmp(clauses[i].group, "Client") != 0 &&
            (clauses[i].dialects & DIALECT_V2) != 0) {
            results[used++] = case_of(id, clauses[i].id, OUT_PASS, arena);
        }
    }
    return used;
}

void fixture_conformance(struct fixture *fixture, struct arena *arena)
{
    enum { MORE = 12, MOST = 200 };
    struct run_result *results = arena_must(arena, MOST, sizeof *results);
    size_t count = fixture_clauses(results, arena);
    const struct run_result more[MORE] = {
        fixture_case("push/once#1", "PUSH-5 PUSH-2", OUT_FAIL, "PUSH-5", arena),
        fixture_case("push/again#1", "PUSH-5", OUT_PASS, NULL, arena),
        fixture_case("validation/big#1", "VALID-12", OUT_NONSTRICT, "VALID-12",
                     arena),
        fixture_case("validation/far#1", "VALID-9", OUT_XFAIL, "VALID-9",
                     arena),
        fixture_case("cursor/known#1", "CURSOR-2", OUT_XPASS, NULL, arena),
        fixture_case("auth/keys#1", "AUTH-6", OUT_SKIP, NULL, arena),
        fixture_case("live/flaky#1", "WS-5", OUT_FLAKY, "WS-5", arena),
        fixture_case("validation/odd#1", "VALID-3", OUT_INFO, "VALID-3", arena),
        fixture_case("cursor/lost#1", "CURSOR-5", OUT_UNKNOWN, "CURSOR-5",
                     arena),
        fixture_case("validation/null#1", "VALID-6", OUT_ERROR, "SVC-1", arena),
        fixture_case("delete/late#1", "DELETE-3", OUT_NOT_RUN, NULL, arena),
        fixture_case("live/stream#1", "SSE-1 SSE-2", OUT_UNIMPLEMENTED, NULL,
                     arena),
    };
    /* No stream at all: what is asked of streams does not apply. */
    for (size_t i = 0; i < count; i++) {
        if (str_starts(results[i].covers, STR("SSE-"))) {
            results[i].outcome = OUT_UNIMPLEMENTED;
            results[i].skip = STR("no event streams: GET /sync/{app}/stream "
                                  "is 404");
        }
    }
    memcpy(results + count, more, sizeof more);
    *fixture = (struct fixture){
        .run = {.tool = STR("syncspec 0.1.0"),
                .target = STR("http://a"),
                .seed = 1,
                .profile = STR("full-2026.1")},
        .plan = results,
        .plan_count = count + MORE,
        .results = results,
        .result_count = count + MORE,
        .took_ms = 345,
    };
}
