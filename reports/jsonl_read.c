/* SPDX-License-Identifier: MIT */
/* jsonl_read - JSON lines back into results, for any renderer.
 * Layer: reports.
 *
 * The last line may be cut and the end may be missing: that is what a kill
 * leaves.  Everything else that is wrong is an error with its line number,
 * because a report that is half understood would tell a nicer story. */
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "reports/jsonl.h"
#include "reports/renderer.h"

enum { CHUNK = 1 << 16 };

struct replay {
    struct report *const *to;
    size_t count;
    struct report *tally; /* owned; sums up also when nobody else does */

    FILE *file;
    char chunk[CHUNK];
    size_t chunk_from, chunk_to; /* the part not yet used */
    struct buf line;             /* owned */
    size_t line_number;          /* of `line`, from 1 */
    bool line_whole;             /* it ended with a newline */
    struct arena line_arena, result_arena;

    struct arena plan_arena;
    struct report_run run;
    uint64_t announced; /* planned, says the run line */
    struct run_result *plan;
    size_t plan_count, plan_cap;
    bool has_run, begun, ended;

    struct arena history_arena; /* of the result to come */
    struct history history;
    struct str history_id;
    bool has_history;

    struct report_totals stated; /* by the end line */
};

/* The next line into replay->line; *more is false at the end of the file. */
static enum status line_next(struct replay *replay, bool *more, struct err *err)
{
    struct buf *line = &replay->line;
    buf_clear(line);
    replay->line_whole = false;
    replay->line_number++;
    while (!replay->line_whole && !line->failed) {
        if (replay->chunk_from == replay->chunk_to) {
            replay->chunk_from = 0;
            replay->chunk_to = fread(replay->chunk, 1, CHUNK, replay->file);
            if (replay->chunk_to == 0) {
                break;
            }
        }
        const char *start = replay->chunk + replay->chunk_from;
        size_t left = replay->chunk_to - replay->chunk_from;
        const char *newline = memchr(start, '\n', left);
        size_t size = newline ? (size_t)(newline - start) : left;
        buf_put(line, start, size);
        replay->chunk_from += size + (newline ? 1 : 0);
        replay->line_whole = newline != NULL;
    }
    *more = replay->line_whole || line->n > 0;
    if (ferror(replay->file)) {
        return err_set(err, ST_IO, "the file cannot be read");
    }
    if (line->failed) {
        return err_set(err, ST_LIMIT, "over %zu bytes long", line->max);
    }
    return ST_OK;
}

static void replay_begin(struct replay *replay)
{
    /* Cut while the plan was written: those whose names are lost were planned
     * all the same. */
    struct arena *arena = &replay->plan_arena;
    while (replay->plan_count < replay->announced) {
        replay->plan = arena_grow(arena, replay->plan, replay->plan_count,
                                  &replay->plan_cap, sizeof *replay->plan);
        replay->plan[replay->plan_count] = (struct run_result){
            .id = arena_printf(arena, "planned #%zu, its name was cut off",
                               replay->plan_count + 1)};
        replay->plan_count++;
    }
    for (size_t i = 0; i < replay->count; i++) {
        report_begin(replay->to[i], &replay->run, replay->plan,
                     replay->plan_count);
    }
    report_begin(replay->tally, &replay->run, replay->plan, replay->plan_count);
    replay->begun = true;
}

static enum status take_run(struct replay *replay, const struct json_node *node,
                            struct err *err)
{
    struct jsonl_in in = {&replay->plan_arena, err, ST_OK};
    struct str schema = jsonl_text(&in, node, "schema");
    if (replay->has_run) {
        return err_set(err, ST_SYNTAX,
                       "a second run: one file holds one report");
    }
    if (in.status == ST_OK && !str_is(schema, JSONL_SCHEMA)) {
        return err_set(err, ST_UNSUPPORTED,
                       "schema: expected \"" JSONL_SCHEMA "\", found \"%.*s\"",
                       STR_ARG(str_take(schema, 64)));
    }
    replay->run = jsonl_run(&in, node);
    replay->announced = jsonl_count(&in, node, "planned", JSONL_PLAN);
    replay->has_run = true;
    return in.status;
}

static enum status take_plan(struct replay *replay,
                             const struct json_node *node, struct err *err)
{
    if (replay->begun || replay->plan_count == replay->announced) {
        return err_set(err, ST_SYNTAX,
                       "a plan line too many: the run line says %zu",
                       (size_t)replay->announced);
    }
    struct jsonl_in in = {&replay->plan_arena, err, ST_OK};
    struct run_result planned = jsonl_plan(&in, node);
    if (in.status != ST_OK) {
        return in.status;
    }
    if (replay->plan_arena.held > replay->plan_arena.ceiling / 2) {
        return err_set(err, ST_LIMIT, "the plan is too long to keep");
    }
    replay->plan =
        arena_grow(&replay->plan_arena, replay->plan, replay->plan_count,
                   &replay->plan_cap, sizeof *replay->plan);
    replay->plan[replay->plan_count++] = planned;
    return ST_OK;
}

static void history_forget(struct replay *replay)
{
    arena_reset(&replay->history_arena);
    replay->has_history = false;
}

static enum status take_history(struct replay *replay,
                                const struct json_node *node, struct err *err)
{
    struct arena *arena = &replay->history_arena;
    history_forget(replay);
    history_init(&replay->history, arena);
    struct jsonl_in in = {arena, err, ST_OK};
    const struct json_node *actors = jsonl_array(&in, node, "actors");
    for (const struct json_node *actor = actors ? json_child(actors) : NULL;
         actor && jsonl_expect(&in, actor, JSON_OBJECT, "actors");
         actor = json_next(actor)) {
        if (replay->history.actor_count == JSONL_ACTORS) {
            return err_set(err, ST_LIMIT, "actors: over %d", JSONL_ACTORS);
        }
        history_actor(&replay->history, jsonl_actor(&in, actor));
    }
    replay->history_id = arena_str(arena, jsonl_text(&in, node, "id"));
    replay->has_history = true;
    return in.status;
}

static enum status take_event(struct replay *replay,
                              const struct json_node *node, struct err *err)
{
    struct jsonl_in in = {&replay->line_arena, err, ST_OK};
    struct str id = jsonl_text(&in, node, "id");
    const struct json_node *event = json_member(node, "event");
    if (in.status != ST_OK) {
        return in.status;
    }
    if (!replay->has_history || !str_eq(id, replay->history_id)) {
        return err_set(err, ST_SYNTAX, "an event without its history line");
    }
    return event ? history_read_json(&replay->history, event, err)
                 : err_set(err, ST_SYNTAX, "event: is missing");
}

static enum status take_result(struct replay *replay,
                               const struct json_node *node, struct err *err)
{
    arena_reset(&replay->result_arena);
    struct jsonl_in in = {&replay->result_arena, err, ST_OK};
    struct run_result result = jsonl_result_of(&in, node);
    if (in.status != ST_OK) {
        return in.status;
    }
    if (replay->has_history && str_eq(result.id, replay->history_id)) {
        result.history = &replay->history;
    }
    for (size_t i = 0; i < replay->count; i++) {
        report_result(replay->to[i], &result);
    }
    report_result(replay->tally, &result);
    history_forget(replay);
    return ST_OK;
}

static enum status take_end(struct replay *replay, const struct json_node *node,
                            struct err *err)
{
    struct jsonl_in in = {&replay->line_arena, err, ST_OK};
    replay->stated = jsonl_totals(&in, node);
    replay->ended = true;
    return in.status;
}

static enum status take_node(struct replay *replay,
                             const struct json_node *node, struct err *err)
{
    struct jsonl_in in = {&replay->line_arena, err, ST_OK};
    if (!jsonl_expect(&in, node, JSON_OBJECT, "line")) {
        return in.status;
    }
    struct str type = jsonl_text(&in, node, "type");
    if (in.status != ST_OK) {
        return in.status;
    }
    if (replay->ended) {
        return err_set(err, ST_SYNTAX, "there is more after the end line");
    }
    if (!replay->has_run && !str_is(type, "run")) {
        return err_set(err, ST_SYNTAX,
                       "not a report: expected a line of type \"run\" first");
    }
    if (str_is(type, "run")) {
        return take_run(replay, node, err);
    }
    if (str_is(type, "plan")) {
        return take_plan(replay, node, err);
    }
    if (!replay->begun) {
        replay_begin(replay);
    }
    if (str_is(type, "history")) {
        return take_history(replay, node, err);
    }
    if (str_is(type, "event")) {
        return take_event(replay, node, err);
    }
    if (str_is(type, "result")) {
        return take_result(replay, node, err);
    }
    /* A later writer of this schema may know more types. */
    return str_is(type, "end") ? take_end(replay, node, err) : ST_OK;
}

static enum status take_line(struct replay *replay, struct err *err)
{
    const struct json_limits limits = {.depth = LIMIT_JSON_DEPTH,
                                       .bytes = JSONL_LINE_BYTES,
                                       .members = LIMIT_JSON_MEMBERS};
    const struct json_node *node;
    arena_reset(&replay->line_arena);
    enum status status = json_read(buf_view(&replay->line), &limits,
                                   &replay->line_arena, &node, err);
    if (status != ST_OK && !replay->line_whole && replay->has_run) {
        return ST_OK; /* cut in the middle of a line: its last, by nature */
    }
    return status == ST_OK ? take_node(replay, node, err) : status;
}

static enum status replay_lines(struct replay *replay, struct err *err)
{
    for (bool more = true; more;) {
        enum status status = line_next(replay, &more, err);
        if (status == ST_OK && more) {
            status = take_line(replay, err);
        }
        if (status != ST_OK) {
            return err_prefix(err, "line %zu: ", replay->line_number);
        }
    }
    return replay->has_run ? ST_OK
                           : err_set(err, ST_SYNTAX,
                                     "line 1: not a report: the file is empty");
}

static enum status count_check(const char *what, size_t stated, size_t found,
                               struct err *err)
{
    return stated == found
               ? ST_OK
               : err_set(err, ST_SYNTAX,
                         "%s: the end line says %zu, its lines come to %zu",
                         what, stated, found);
}

/* What the end line says must be what the lines came to: else somebody lost
 * lines from the middle. */
static enum status stated_check(const struct replay *replay,
                                const struct report_totals *found,
                                struct err *err)
{
    const struct report_totals *stated = &replay->stated;
    const struct {
        const char *what;
        size_t stated, found;
    } counts[] = {
        {"planned", stated->planned, found->planned},
        {"steps", stated->steps, found->steps},
        {"requests", stated->requests, found->requests},
    };
    enum status status = ST_OK;
    for (size_t i = 0; i < OUTCOMES && status == ST_OK; i++) {
        status =
            count_check(totals_rows[i].key, totals_get(stated, &totals_rows[i]),
                        totals_get(found, &totals_rows[i]), err);
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && status == ST_OK;
         i++) {
        status =
            count_check(counts[i].what, counts[i].stated, counts[i].found, err);
    }
    return status;
}

static enum status replay_end(struct replay *replay,
                              struct report_totals *totals, struct err *err)
{
    int64_t took_ms = replay->ended ? replay->stated.took_ms : -1;
    struct report_totals found;
    enum status status = ST_OK;
    if (!replay->begun) {
        replay_begin(replay);
    }
    report_end(replay->tally, took_ms, &found, NULL);
    for (size_t i = 0; i < replay->count; i++) {
        struct err *first = status == ST_OK ? err : NULL;
        enum status ended = report_end(replay->to[i], took_ms, NULL, first);
        status = status == ST_OK ? ended : status;
    }
    if (totals) {
        *totals = found;
    }
    return status == ST_OK && replay->ended ? stated_check(replay, &found, err)
                                            : status;
}

static struct replay *replay_new(FILE *jsonl, struct report *const *to,
                                 size_t count)
{
    struct replay *replay = calloc(1, sizeof *replay);
    ASSERT(replay);
    replay->to = to;
    replay->count = count;
    replay->tally = report_new(&null_renderer, NULL, NULL);
    replay->file = jsonl;
    buf_init(&replay->line, JSONL_LINE_BYTES);
    arena_init(&replay->line_arena, JSONL_LINE_ARENA);
    arena_init(&replay->result_arena, JSONL_RESULT_ARENA);
    arena_init(&replay->plan_arena, JSONL_PLAN_ARENA);
    arena_init(&replay->history_arena, JSONL_HISTORY_ARENA);
    return replay;
}

static void replay_free(struct replay *replay)
{
    report_free(replay->tally);
    buf_free(&replay->line);
    arena_free(&replay->line_arena);
    arena_free(&replay->result_arena);
    arena_free(&replay->plan_arena);
    arena_free(&replay->history_arena);
    free(replay);
}

enum status report_replay(FILE *jsonl, struct report *const *to, size_t count,
                          struct report_totals *totals, struct err *err)
{
    struct replay *replay = replay_new(jsonl, to, count);
    enum status status = replay_lines(replay, err);
    if (status == ST_OK) {
        status = replay_end(replay, totals, err);
    }
    replay_free(replay);
    return status;
}
