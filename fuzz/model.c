/* SPDX-License-Identifier: MIT */
/* model - the naive server.  Layer: fuzz. */
#include "fuzz/model.h"

#include "base/limits.h"
#include "fuzz/claim.h"

enum { TEXT_MAX = 16 << 20 }; /* of one change */

void model_open(struct model *model, struct arena *arena,
                const struct dialect *dialect, size_t page_size)
{
    model->arena = arena;
    model->dialect = dialect;
    model->page_size = page_size;
    model->count = 0;
    model->marks[0] = (struct mark){INSTANT_EPOCH, 0, true};
    model->mark_count = 1;
    buf_init(&model->scratch, TEXT_MAX);
}

void model_close(struct model *model)
{
    buf_free(&model->scratch);
}

bool model_has_room(const struct model *model, size_t changes)
{
    return model->count + changes <= MODEL_ROWS_MAX &&
           model->mark_count + 1 < MODEL_MARKS_MAX;
}

static struct mark *mark_find(struct model *model, struct instant at)
{
    for (size_t i = 0; i < model->mark_count; i++) {
        if (instant_cmp(model->marks[i].at, at) == 0) {
            return &model->marks[i];
        }
    }
    return NULL;
}

const struct mark *model_mark(const struct model *model, struct str cursor)
{
    struct instant at;
    if (instant_parse(cursor, &at, NULL) != ST_OK) {
        return NULL;
    }
    for (size_t i = 0; i < model->mark_count; i++) {
        if (instant_cmp(model->marks[i].at, at) == 0) {
            return &model->marks[i];
        }
    }
    return NULL;
}

/* ---- rows ---- */

/* Without the members that a server adds, and without the time of a delete
 * when `untimed`. */
static struct str change_text(struct model *model, struct change change,
                              bool untimed)
{
    change.event_id = (struct str){0};
    change.schema_version = 0;
    if (untimed) {
        change.has_deleted_at = false;
    }
    buf_clear(&model->scratch);
    change_write(&change, model->dialect, &model->scratch);
    CLAIM(!model->scratch.failed, "a change fits into memory");
    return buf_view(&model->scratch);
}

static bool row_is_of(const struct model_row *row,
                      const struct question *question)
{
    return str_eq(row->user, question->user) &&
           str_eq(row->app, question->app) &&
           (question->table.n == 0 || str_eq(row->table, question->table));
}

static bool row_is_for(const struct model_row *row,
                       const struct question *question, bool own_too)
{
    return row_is_of(row, question) &&
           (own_too || !str_eq(row->client, question->client));
}

/* Was the record written again behind row `at` and in front of `end`? */
static bool record_written_since(const struct model *model, size_t at,
                                 size_t end)
{
    const struct model_row *row = &model->rows[at];
    for (size_t i = at + 1; i < end; i++) {
        const struct model_row *other = &model->rows[i];
        if (str_eq(other->user, row->user) && str_eq(other->app, row->app) &&
            str_eq(other->table, row->table) && str_eq(other->id, row->id)) {
            return true;
        }
    }
    return false;
}

/* Is it there already?  A delete without a time means another moment once
 * the record was written again; what the same push says does not count. */
static bool row_repeats(const struct model *model, const struct model_row *row,
                        size_t before)
{
    size_t end = row->untimed ? before : model->count;
    for (size_t i = 0; i < end; i++) {
        const struct model_row *other = &model->rows[i];
        if (str_eq(other->user, row->user) && str_eq(other->app, row->app) &&
            str_eq(other->client, row->client) &&
            str_eq(other->text, row->text) &&
            !(row->untimed && record_written_since(model, i, end))) {
            return true;
        }
    }
    return false;
}

static void rows_append(struct model *model, const struct question *question,
                        const struct changeset *set)
{
    size_t before = model->count;
    CLAIM(model_has_room(model, set->count), "the model is large enough");
    for (size_t i = 0; i < set->count; i++) {
        const struct change *change = &set->changes[i];
        bool untimed = change->op == OP_DELETE && !change->has_deleted_at;
        struct str text = change_text(model, *change, untimed);
        struct model_row row = {.user = question->user,
                                .app = question->app,
                                .client = question->client,
                                .table = arena_str(model->arena, change->table),
                                .id = arena_str(model->arena, change->id),
                                .text = arena_str(model->arena, text),
                                .untimed = untimed};
        if (!row_repeats(model, &row, before)) {
            model->rows[model->count++] = row;
        }
    }
}

/* ---- answers ---- */

static bool row_is_change(struct model *model, const struct model_row *row,
                          const struct change *change)
{
    bool timed = change->op != OP_DELETE || change->has_deleted_at;
    return timed &&
           str_eq(row->text, change_text(model, *change, row->untimed));
}

/* From a cursor that nobody was given: no promise but that all of it is the
 * asker's own. */
static void judge_stray(struct model *model, const struct question *question,
                        const struct response *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        size_t at = 0;
        while (at < model->count &&
               !(row_is_of(&model->rows[at], question) &&
                 row_is_change(model, &model->rows[at], &answer->changes[i]))) {
            at++;
        }
        CLAIM(at < model->count, "%.*s in %.*s was sent %.*s/%.*s of theirs",
              STR_ARG(question->user), STR_ARG(question->app),
              STR_ARG(answer->changes[i].table),
              STR_ARG(answer->changes[i].id));
    }
}

static void claim_row(struct model *model, const struct question *question,
                      const struct model_row *row, const struct change *change)
{
    struct str text = change_text(model, *change, row->untimed);
    CLAIM(change->op != OP_DELETE || change->has_deleted_at,
          "a delete is delivered with a time");
    CLAIM(str_eq(row->text, text),
          "%.*s on %.*s in %.*s is sent\n  %.*s, not\n  %.*s",
          STR_ARG(question->user), STR_ARG(question->client),
          STR_ARG(question->app), STR_ARG(row->text), STR_ARG(text));
}

/* The rows behind the mark, in order, up to a page; returns the place behind
 * the last of them, and whether there is more. */
static size_t judge_rows(struct model *model, const struct question *question,
                         const struct mark *mark, const struct response *answer,
                         bool *more)
{
    size_t sent = 0, end = mark->position;
    *more = false;
    for (size_t i = mark->position; i < model->count && !*more; i++) {
        const struct model_row *row = &model->rows[i];
        if (!row_is_for(row, question, mark->first)) {
            continue;
        }
        if (model->page_size > 0 && sent == model->page_size) {
            *more = true;
        } else {
            CLAIM(sent < answer->count, "%.*s on %.*s misses %.*s",
                  STR_ARG(question->user), STR_ARG(question->client),
                  STR_ARG(row->text));
            claim_row(model, question, row, &answer->changes[sent++]);
            end = i + 1;
        }
    }
    CLAIM(sent == answer->count, "%zu changes are sent, not %zu", sent,
          answer->count);
    CLAIM(answer->has_more == *more, "hasMore is %s", *more ? "true" : "false");
    return end;
}

/* The place behind everything of this user and app. */
static size_t part_end(const struct model *model,
                       const struct question *question, size_t least)
{
    struct question all = *question;
    all.table = (struct str){0};
    for (size_t i = model->count; i > least; i--) {
        if (row_is_of(&model->rows[i - 1], &all)) {
            return i;
        }
    }
    return least;
}

/* One instant stands for one place, whoever got it. */
static void mark_add(struct model *model, struct instant at, size_t position,
                     bool first)
{
    const struct mark *known = mark_find(model, at);
    if (known) {
        CLAIM(known->position == position,
              "a cursor means one place: %zu, and now %zu", known->position,
              position);
    } else {
        model->marks[model->mark_count++] = (struct mark){at, position, first};
    }
}

void model_judge(struct model *model, const struct question *question,
                 const struct response *answer, const struct changeset *pushed)
{
    const struct mark *found = model_mark(model, question->since);
    CLAIM(answer->malformed_count == 0, "an answer is well-formed: %s",
          answer->malformed[0].why);
    if (!found) {
        judge_stray(model, question, answer);
        if (pushed) {
            rows_append(model, question, pushed);
        }
        return;
    }
    struct mark mark = *found;
    bool more;
    size_t end = judge_rows(model, question, &mark, answer, &more);
    if (pushed) {
        rows_append(model, question, pushed);
    }
    if (more) {
        CLAIM(instant_cmp(answer->synced_until_at, mark.at) > 0,
              "a page that is not the last moves the cursor");
    } else {
        end = part_end(model, question, mark.position);
    }
    CLAIM(instant_cmp(answer->synced_until_at, mark.at) >= 0,
          "a cursor does not go back");
    mark_add(model, answer->synced_until_at, end, more && mark.first);
}
