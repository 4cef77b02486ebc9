/* SPDX-License-Identifier: MIT */
/* jsonl - results as JSON lines, the source of truth of every other format.
 * Layer: reports.
 *
 * Each line is one fwrite and is flushed before the next thing happens, so
 * that whatever ends the process leaves whole lines. */
#include "reports/jsonl.h"

#include <inttypes.h>

#include "reports/escape.h"
#include "reports/renderer.h"

static void line_start(struct report *report, const char *type)
{
    buf_printf(&report->out, "{\"type\":\"%s\"", type);
}

static void line_end(struct report *report)
{
    buf_puts(&report->out, "}\n");
    report_flush(report);
}

/* 64 bits do not survive in readers whose numbers are doubles: as text. */
static void put_u64(struct buf *out, const char *key, uint64_t number)
{
    jsonl_put_key(out, key);
    buf_printf(out, "\"%" PRIu64 "\"", number);
}

static void put_hash(struct buf *out, const char *key, uint64_t hash)
{
    jsonl_put_key(out, key);
    buf_printf(out, "\"%016" PRIx64 "\"", hash);
}

/* A list of words separated by spaces as an array. */
static void put_words(struct buf *out, const char *key, struct str words)
{
    jsonl_put_key(out, key);
    buf_putc(out, '[');
    for (bool first = true; words.n > 0;) {
        size_t end = str_find(words, ' ');
        if (end > 0) {
            buf_puts(out, first ? "" : ",");
            escape_json(out, str_take(words, end));
            first = false;
        }
        words = str_skip(words, end + 1);
    }
    buf_putc(out, ']');
}

static void put_names(struct buf *out, const struct run_result *result)
{
    jsonl_put_text(out, "id", result->id);
    jsonl_put_text(out, "world", result->world);
    jsonl_put_text(out, "dialect", result->dialect);
}

static void put_plan(struct buf *out, const struct run_result *result)
{
    put_names(out, result);
    jsonl_put_text(out, "name", result->name);
    jsonl_put_text(out, "file", result->file);
    jsonl_put_text(out, "group", result->group);
    put_words(out, "covers", result->covers);
}

static void put_facts(struct buf *out, const struct report_run *run)
{
    if (run->fact_count == 0) {
        return;
    }
    jsonl_put_key(out, "facts");
    buf_putc(out, '[');
    for (size_t i = 0; i < run->fact_count; i++) {
        const struct report_fact *fact = &run->facts[i];
        buf_puts(out, i > 0 ? ",{" : "{");
        jsonl_put_text(out, "name", fact->name);
        jsonl_put_text(out, "value", fact->value);
        jsonl_put_text(out, "note", fact->note);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void jsonl_begin(struct report *report)
{
    const struct report_run *run = &report->run;
    struct buf *out = &report->out;
    line_start(report, "run");
    jsonl_put_text(out, "schema", STR(JSONL_SCHEMA));
    jsonl_put_text(out, "tool", run->tool);
    jsonl_put_text(out, "target", run->target);
    jsonl_put_text(out, "args", run->args);
    put_u64(out, "seed", run->seed);
    jsonl_put_text(out, "started", run->started);
    if (run->strict) {
        jsonl_put_key(out, "strict");
        buf_puts(out, "true");
    }
    jsonl_put_text(out, "profile", run->profile);
    put_facts(out, run);
    jsonl_put_number(out, "planned", (int64_t)report->plan_count);
    line_end(report);
    for (size_t i = 0; i < report->plan_count; i++) {
        line_start(report, "plan");
        put_plan(out, &report->plan[i]);
        if (report->plan[i].seed != 0) {
            put_u64(out, "seed", report->plan[i].seed);
        }
        line_end(report);
    }
}

static void put_actor(struct buf *out, const struct actor *actor)
{
    buf_putc(out, '{');
    jsonl_put_bytes(out, "name", actor->name);
    jsonl_put_bytes(out, "user", actor->user);
    jsonl_put_bytes(out, "app", actor->app);
    jsonl_put_bytes(out, "client_id", actor->client_id);
    jsonl_put_number(out, "device", actor->device);
    jsonl_put_key(out, "client");
    buf_puts(out, actor->is_client ? "true" : "false");
    jsonl_put_key(out, "observer");
    buf_puts(out, actor->is_observer ? "true}" : "false}");
}

static void put_history(struct report *report, const struct run_result *result)
{
    const struct history *history = result->history;
    struct buf *out = &report->out;
    line_start(report, "history");
    put_names(out, result);
    jsonl_put_key(out, "actors");
    buf_putc(out, '[');
    for (size_t i = 0; i < history->actor_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_actor(out, &history->actors[i]);
    }
    buf_putc(out, ']');
    line_end(report);
    for (size_t i = 0; i < history->count; i++) {
        line_start(report, "event");
        jsonl_put_text(out, "id", result->id);
        jsonl_put_key(out, "event");
        history_write_json(history, &history->events[i], out);
        line_end(report);
    }
}

static void put_explain(struct buf *out, const struct verdict *verdict)
{
    if (verdict->explain_count == 0) {
        return;
    }
    jsonl_put_key(out, "explain");
    buf_putc(out, '[');
    for (size_t i = 0; i < verdict->explain_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        escape_json(out, verdict->explain[i]);
    }
    buf_putc(out, ']');
}

static void put_verdict(struct buf *out, const struct verdict *verdict)
{
    buf_putc(out, '{');
    jsonl_put_text(out, "outcome", str_of(outcome_name(verdict->outcome)));
    jsonl_put_text(out, "checker", verdict->checker);
    jsonl_put_text(out, "clause", verdict->clause);
    jsonl_put_text(out, "file", verdict->file);
    if (verdict->line > 0) {
        jsonl_put_number(out, "line", verdict->line);
    }
    jsonl_put_text(out, "what", verdict->what);
    jsonl_put_text(out, "expected", verdict->expected);
    jsonl_put_text(out, "actual", verdict->actual);
    jsonl_put_text(out, "cause", verdict->cause);
    put_explain(out, verdict);
    jsonl_put_exchanges(out, verdict);
    buf_putc(out, '}');
}

static void jsonl_result(struct report *report, const struct run_result *result)
{
    struct buf *out = &report->out;
    if (report->options.trace && result->history) {
        put_history(report, result);
    }
    line_start(report, "result");
    put_plan(out, result);
    jsonl_put_text(out, "outcome", str_of(outcome_name(result->outcome)));
    jsonl_put_text(out, "why", result->skip);
    jsonl_put_text(out, "note", result->note);
    put_u64(out, "seed", result->seed);
    put_hash(out, "hash", result->hash);
    if (result->state_hash != 0) {
        put_hash(out, "state_hash", result->state_hash);
    }
    jsonl_put_number(out, "took_ms", result->took_ms);
    jsonl_put_number(out, "world_ms", result->world_ms);
    jsonl_put_number(out, "steps", (int64_t)result->steps);
    jsonl_put_number(out, "requests", (int64_t)result->requests);
    if (result->timeouts > 0) {
        jsonl_put_number(out, "timeouts", (int64_t)result->timeouts);
    }
    jsonl_put_text(out, "replay", result->replay);
    jsonl_put_key(out, "verdicts");
    buf_putc(out, '[');
    for (size_t i = 0; i < result->verdict_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_verdict(out, &result->verdicts[i]);
    }
    buf_putc(out, ']');
    line_end(report);
}

static void jsonl_end(struct report *report)
{
    const struct report_totals *totals = &report->totals;
    struct buf *out = &report->out;
    line_start(report, "end");
    jsonl_put_number(out, "planned", (int64_t)totals->planned);
    for (size_t i = 0; i < OUTCOMES; i++) {
        jsonl_put_number(out, totals_rows[i].key,
                         (int64_t)totals_get(totals, &totals_rows[i]));
    }
    jsonl_put_number(out, "steps", (int64_t)totals->steps);
    jsonl_put_number(out, "requests", (int64_t)totals->requests);
    if (totals->took_ms >= 0) {
        jsonl_put_number(out, "took_ms", totals->took_ms);
    }
    jsonl_put_number(out, "exit", report_exit_code(totals));
    line_end(report);
}

const struct renderer jsonl_renderer = {
    .name = "jsonl",
    .begin = jsonl_begin,
    .result = jsonl_result,
    .end = jsonl_end,
};
