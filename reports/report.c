/* SPDX-License-Identifier: MIT */
/* report - keeps the plan and the totals, and drives one renderer.
 * Layer: reports. */
#include "reports/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "reports/facts.h"
#include "reports/renderer.h"

static const struct renderer *const renderers[] = {
    &text_renderer,    &junit_renderer,    &tap_renderer,
    &jsonl_renderer,   &markdown_renderer, &github_renderer,
    &clauses_renderer, &badge_renderer,    &shields_renderer,
};
enum { RENDERER_COUNT = sizeof renderers / sizeof renderers[0] };

static void null_begin(struct report *report)
{
    (void)report;
}

static void null_result(struct report *report, const struct run_result *result)
{
    (void)report;
    (void)result;
}

const struct renderer null_renderer = {
    .name = "none",
    .begin = null_begin,
    .result = null_result,
    .end = null_begin,
};

/* Planned results by what names them, open addressing.  The same name may be
 * planned several times (several seeds): these are chained in plan order, and
 * each result takes the first that is left.  Positions count from 1, 0: none.
 */
struct plan_slot {
    uint32_t name; /* a position that has this name */
    uint32_t left; /* the first one not yet ended */
};

struct plan_index {
    struct plan_slot *slots;
    uint32_t *after;   /* by position: the next of the same name */
    size_t slot_count; /* a power of two */
};

static uint64_t plan_hash(const struct run_result *result)
{
    uint64_t hash = hash_str(HASH_START, result->id);
    hash = hash_str(hash, result->world);
    hash = hash_str(hash, result->dialect);
    return hash ^ hash >> 32; /* only its low bits will be used */
}

static bool plan_same(const struct run_result *a, const struct run_result *b)
{
    return str_eq(a->id, b->id) && str_eq(a->world, b->world) &&
           str_eq(a->dialect, b->dialect);
}

/* The slot of this name, or the free one where it belongs. */
static struct plan_slot *plan_find(const struct report *report,
                                   const struct run_result *result)
{
    const struct plan_index *index = report->index;
    size_t mask = index->slot_count - 1;
    for (size_t at = plan_hash(result) & mask;; at = (at + 1) & mask) {
        struct plan_slot *slot = &index->slots[at];
        if (slot->name == 0 ||
            plan_same(&report->plan[slot->name - 1], result)) {
            return slot;
        }
    }
}

static void plan_index_build(struct report *report)
{
    struct arena *arena = &report->arena;
    size_t count = report->plan_count;
    struct plan_index *index = arena_must(arena, 1, sizeof *index);
    report->index = index;
    index->slot_count = 16;
    while (index->slot_count < count * 2) {
        index->slot_count *= 2;
    }
    index->slots = arena_must(arena, index->slot_count, sizeof *index->slots);
    index->after = arena_must(arena, count + 1, sizeof *index->after);
    /* From the back, so that each chain starts with its earliest. */
    for (size_t position = count; position > 0; position--) {
        struct plan_slot *slot = plan_find(report, &report->plan[position - 1]);
        index->after[position] = slot->left;
        slot->name = slot->left = (uint32_t)position;
    }
}

/* Tick one planned result off; false if none of this name is left. */
static bool plan_tick(struct report *report, const struct run_result *result)
{
    struct plan_slot *slot = plan_find(report, result);
    if (slot->left == 0) {
        return false;
    }
    report->plan_done[slot->left - 1] = true;
    slot->left = report->index->after[slot->left];
    return true;
}

struct report *report_new(const struct renderer *renderer, FILE *stream,
                          const struct report_options *options)
{
    struct report *report = calloc(1, sizeof *report);
    ASSERT(report);
    report->renderer = renderer;
    report->stream = stream;
    report->options = options ? *options : (struct report_options){0};
    arena_init(&report->arena, RENDERER_ARENA);
    buf_init(&report->out, RENDERER_BYTES);
    intern_init(&report->ids, &report->arena);
    intern_init(&report->worlds, &report->arena);
    return report;
}

static const struct renderer *find(struct str format)
{
    for (size_t i = 0; i < RENDERER_COUNT; i++) {
        if (str_is(format, renderers[i]->name)) {
            return renderers[i];
        }
    }
    return NULL;
}

enum status report_format_check(struct str format, struct err *err)
{
    return find(format)
               ? ST_OK
               : err_set(err, ST_NOT_FOUND,
                         "no report format \"%.*s\": there are text, junit, "
                         "tap, jsonl, markdown, github, clauses, badge and "
                         "shields",
                         STR_ARG(format));
}

struct report *report_create(struct str format, FILE *stream,
                             const struct report_options *options,
                             struct err *err)
{
    if (str_is(format, "markdown") && options && options->annotations) {
        format = STR("github");
    }
    return report_format_check(format, err) == ST_OK
               ? report_new(find(format), stream, options)
               : NULL;
}

void report_flush(struct report *report)
{
    struct buf *out = &report->out;
    if (out->failed && report->trouble.status == ST_OK) {
        err_set(&report->trouble, ST_IO,
                "the %s report is over %zu bytes and was cut",
                report->renderer->name, out->max);
    }
    if (out->n > 0 && report->stream) {
        errno = 0;
        if ((fwrite(out->p, 1, out->n, report->stream) != out->n ||
             fflush(report->stream) != 0) &&
            report->trouble.status == ST_OK) {
            err_set(&report->trouble, ST_IO,
                    "the %s report cannot be written: %s",
                    report->renderer->name,
                    errno != 0 ? strerror(errno) : "the stream has failed");
        }
    }
    buf_clear(out);
}

bool outcome_is_bad(enum outcome outcome, bool strict)
{
    return outcome_fails(outcome, strict) || outcome == OUT_UNKNOWN ||
           outcome == OUT_ERROR || outcome == OUT_NOT_RUN;
}

bool report_is_bad(const struct report *report, const struct run_result *result)
{
    return outcome_is_bad(result->outcome, report->run.strict);
}

static void run_copy(struct report *report, const struct report_run *run)
{
    struct arena *arena = &report->arena;
    report->run = (struct report_run){
        .tool = arena_str(arena, run->tool),
        .target = arena_str(arena, run->target),
        .args = arena_str(arena, run->args),
        .seed = run->seed,
        .started = arena_str(arena, run->started),
        .strict = run->strict,
        .profile = arena_str(arena, run->profile),
        .facts = facts_copy(run, arena),
        .fact_count = run->fact_count,
    };
    report->totals.strict = run->strict;
}

static void names_count(struct report *report, const struct run_result *result)
{
    intern_put(&report->ids, result->id);
    if (result->world.n > 0) {
        intern_put(&report->worlds, result->world);
    }
}

static void plan_copy(struct report *report, const struct run_result *planned,
                      size_t count)
{
    struct arena *arena = &report->arena;
    report->plan = arena_must(arena, count + 1, sizeof *report->plan);
    report->plan_done = arena_must(arena, count + 1, sizeof(bool));
    report->plan_count = count;
    for (size_t i = 0; i < count; i++) {
        report->plan[i] = (struct run_result){
            .id = arena_str(arena, planned[i].id),
            .name = arena_str(arena, planned[i].name),
            .file = arena_str(arena, planned[i].file),
            .group = arena_str(arena, planned[i].group),
            .world = arena_str(arena, planned[i].world),
            .dialect = arena_str(arena, planned[i].dialect),
            .covers = arena_str(arena, planned[i].covers),
            .seed = planned[i].seed,
        };
        names_count(report, &report->plan[i]);
    }
}

void report_begin(struct report *report, const struct report_run *run,
                  const struct run_result *planned, size_t count)
{
    ASSERT(!report->begun);
    ASSERT(count < UINT32_MAX);
    ASSERT(run->fact_count <= REPORT_FACTS);
    report->begun = true;
    run_copy(report, run);
    plan_copy(report, planned, count);
    plan_index_build(report);
    report->totals.planned = count;
    report->renderer->begin(report);
    report_flush(report);
}

static void totals_add(struct report_totals *totals,
                       const struct run_result *result)
{
    totals->steps += result->steps;
    totals->requests += result->requests;
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (totals_rows[i].outcome == result->outcome) {
            ++*totals_count(totals, &totals_rows[i]);
        }
    }
}

void report_result(struct report *report, const struct run_result *result)
{
    ASSERT(report->begun && !report->ended);
    if (!plan_tick(report, result)) {
        /* An open-ended run plans nothing and finds its scenarios as it
         * goes. */
        report->totals.planned++;
        names_count(report, result);
    }
    totals_add(&report->totals, result);
    report->renderer->result(report, result);
    report_flush(report);
}

enum status report_end(struct report *report, int64_t took_ms,
                       struct report_totals *totals, struct err *err)
{
    ASSERT(report->begun && !report->ended);
    for (size_t i = 0; i < report->plan_count; i++) {
        if (!report->plan_done[i]) {
            struct run_result missing = report->plan[i];
            missing.outcome = OUT_NOT_RUN;
            missing.skip = REPORT_WHY_NOT_RUN;
            report_result(report, &missing);
        }
    }
    report->ended = true;
    report->totals.took_ms = took_ms;
    report->renderer->end(report);
    report_flush(report);
    if (report->stream && ferror(report->stream) &&
        report->trouble.status == ST_OK) {
        err_set(&report->trouble, ST_IO, "the %s report cannot be written",
                report->renderer->name);
    }
    if (totals) {
        *totals = report->totals;
    }
    if (report->trouble.status != ST_OK) {
        return err_set(err, report->trouble.status, "%s", report->trouble.text);
    }
    return ST_OK;
}

void report_free(struct report *report)
{
    if (!report) {
        return;
    }
    if (report->renderer->free) {
        report->renderer->free(report);
    }
    buf_free(&report->out);
    arena_free(&report->arena);
    free(report);
}

int report_exit_code(const struct report_totals *totals)
{
    if (totals->errors > 0) {
        return 3;
    }
    if (totals->failed + totals->xpass > 0 ||
        (totals->strict && totals->nonstrict > 0)) {
        return 1;
    }
    if (totals->unknown > 0) {
        return 2;
    }
    if (totals->passed + totals->nonstrict + totals->info + totals->xfail +
            totals->flaky ==
        0) {
        return 4;
    }
    return totals->not_run > 0 ? 3 : 0;
}
