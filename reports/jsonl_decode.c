/* SPDX-License-Identifier: MIT */
/* jsonl_decode - the lines of a report as the structs that they came from.
 * Layer: reports. */
#include "reports/jsonl.h"

#include "reports/renderer.h"

struct actor jsonl_actor(struct jsonl_in *in, const struct json_node *object)
{
    return (struct actor){
        .name = jsonl_bytes(in, object, "name"),
        .user = jsonl_bytes(in, object, "user"),
        .app = jsonl_bytes(in, object, "app"),
        .client_id = jsonl_bytes(in, object, "client_id"),
        .device = (uint32_t)jsonl_count(in, object, "device", UINT32_MAX),
        .is_client = jsonl_bool(in, object, "client"),
        .is_observer = jsonl_bool(in, object, "observer"),
    };
}

static void read_facts(struct jsonl_in *in, const struct json_node *object,
                       struct report_run *run)
{
    const struct json_node *array = jsonl_array(in, object, "facts");
    struct report_fact *facts = NULL;
    size_t cap = 0;
    for (const struct json_node *node = array ? json_child(array) : NULL;
         node && jsonl_expect(in, node, JSON_OBJECT, "facts");
         node = json_next(node)) {
        if (run->fact_count == REPORT_FACTS) {
            in->status =
                err_set(in->err, ST_LIMIT, "facts: over %d", REPORT_FACTS);
            break;
        }
        facts =
            arena_grow(in->arena, facts, run->fact_count, &cap, sizeof *facts);
        facts[run->fact_count++] =
            (struct report_fact){.name = jsonl_bytes(in, node, "name"),
                                 .value = jsonl_bytes(in, node, "value"),
                                 .note = jsonl_bytes(in, node, "note")};
    }
    run->facts = facts;
}

struct report_run jsonl_run(struct jsonl_in *in, const struct json_node *object)
{
    struct report_run run = {
        .tool = jsonl_bytes(in, object, "tool"),
        .target = jsonl_bytes(in, object, "target"),
        .args = jsonl_bytes(in, object, "args"),
        .seed = jsonl_u64(in, object, "seed", 10),
        .started = jsonl_bytes(in, object, "started"),
        .strict = jsonl_bool(in, object, "strict"),
        .profile = jsonl_bytes(in, object, "profile"),
    };
    read_facts(in, object, &run);
    return run;
}

struct run_result jsonl_plan(struct jsonl_in *in,
                             const struct json_node *object)
{
    return (struct run_result){
        .id = jsonl_bytes(in, object, "id"),
        .name = jsonl_bytes(in, object, "name"),
        .file = jsonl_bytes(in, object, "file"),
        .group = jsonl_bytes(in, object, "group"),
        .world = jsonl_bytes(in, object, "world"),
        .dialect = jsonl_bytes(in, object, "dialect"),
        .covers = jsonl_words(in, object, "covers"),
        .seed = jsonl_u64(in, object, "seed", 10),
    };
}

static enum outcome outcome_of(struct jsonl_in *in,
                               const struct json_node *object)
{
    const char *names[OUTCOMES + 1] = {0};
    for (int i = 0; i < OUTCOMES; i++) {
        names[i] = outcome_name((enum outcome)i);
    }
    int choice = jsonl_choice(in, object, "outcome", names, -1);
    if (choice < 0 && in->status == ST_OK) {
        in->status = err_set(in->err, ST_SYNTAX, "outcome: is missing");
    }
    return choice < 0 ? OUT_ERROR : (enum outcome)choice;
}

static void read_explain(struct jsonl_in *in, const struct json_node *object,
                         struct verdict *verdict)
{
    const struct json_node *array = jsonl_array(in, object, "explain");
    for (const struct json_node *node = array ? json_child(array) : NULL;
         node && jsonl_expect(in, node, JSON_STRING, "explain");
         node = json_next(node)) {
        if (verdict->explain_count == VERDICT_LINES) {
            in->status =
                err_set(in->err, ST_SYNTAX,
                        "explain: expected at most %d lines", VERDICT_LINES);
            return;
        }
        verdict->explain[verdict->explain_count++] = json_string(node);
    }
}

static struct verdict read_verdict(struct jsonl_in *in,
                                   const struct json_node *object)
{
    struct verdict verdict = {
        .outcome = outcome_of(in, object),
        .checker = jsonl_text(in, object, "checker"),
        .clause = jsonl_text(in, object, "clause"),
        .file = jsonl_text(in, object, "file"),
        .line = (uint32_t)jsonl_count(in, object, "line", UINT32_MAX),
        .what = jsonl_text(in, object, "what"),
        .expected = jsonl_text(in, object, "expected"),
        .actual = jsonl_text(in, object, "actual"),
        .cause = jsonl_text(in, object, "cause"),
    };
    read_explain(in, object, &verdict);
    jsonl_exchanges(in, object, &verdict);
    return verdict;
}

static void read_verdicts(struct jsonl_in *in, const struct json_node *object,
                          struct run_result *result)
{
    const struct json_node *array = jsonl_array(in, object, "verdicts");
    enum outcome told = result->outcome;
    for (const struct json_node *node = array ? json_child(array) : NULL;
         node && jsonl_expect(in, node, JSON_OBJECT, "verdicts");
         node = json_next(node)) {
        if (result->verdict_count == JSONL_VERDICTS) {
            in->status =
                err_set(in->err, ST_LIMIT, "verdicts: over %d", JSONL_VERDICTS);
            return;
        }
        struct verdict verdict = read_verdict(in, node);
        result_add(result, in->arena, &verdict);
    }
    if (result->outcome != told && in->status == ST_OK) {
        in->status = err_set(in->err, ST_SYNTAX,
                             "outcome: says %s, but a verdict says %s",
                             outcome_name(told), outcome_name(result->outcome));
    }
}

struct run_result jsonl_result_of(struct jsonl_in *in,
                                  const struct json_node *object)
{
    struct run_result result = jsonl_plan(in, object);
    result.outcome = outcome_of(in, object);
    result.skip = jsonl_text(in, object, "why");
    result.note = jsonl_text(in, object, "note");
    result.replay = jsonl_text(in, object, "replay");
    result.hash = jsonl_u64(in, object, "hash", 16);
    result.state_hash = jsonl_u64(in, object, "state_hash", 16);
    result.took_ms = jsonl_number(in, object, "took_ms", 0);
    result.world_ms = jsonl_number(in, object, "world_ms", 0);
    result.steps = (size_t)jsonl_count(in, object, "steps", SIZE_MAX / 2);
    result.requests = (size_t)jsonl_count(in, object, "requests", SIZE_MAX / 2);
    result.timeouts = (size_t)jsonl_count(in, object, "timeouts", SIZE_MAX / 2);
    read_verdicts(in, object, &result);
    return result;
}

struct report_totals jsonl_totals(struct jsonl_in *in,
                                  const struct json_node *object)
{
    struct report_totals totals = {0};
    totals.planned = (size_t)jsonl_count(in, object, "planned", SIZE_MAX / 2);
    for (size_t i = 0; i < OUTCOMES; i++) {
        *totals_count(&totals, &totals_rows[i]) =
            (size_t)jsonl_count(in, object, totals_rows[i].key, SIZE_MAX / 2);
    }
    totals.steps = (size_t)jsonl_count(in, object, "steps", SIZE_MAX / 2);
    totals.requests = (size_t)jsonl_count(in, object, "requests", SIZE_MAX / 2);
    totals.took_ms = jsonl_number(in, object, "took_ms", -1);
    return totals;
}
