/* SPDX-License-Identifier: MIT */
/* past - see past.h.  Layer: reports. */
#include "reports/past.h"

#include <stdlib.h>

#include "base/asserts.h"
#include "reports/block.h"
#include "reports/renderer.h"

void past_init(struct past *past, struct arena *arena)
{
    *past = (struct past){.arena = arena};
}

void past_add(struct past *past, const struct run_result *result)
{
    struct arena *arena = past->arena;
    const struct verdict *worst = block_worst(result);
    struct buf reason;
    buf_init(&reason, RENDERER_BYTES);
    block_reason(&reason, result);
    past->items = arena_grow(arena, past->items, past->count, &past->cap,
                             sizeof *past->items);
    past->items[past->count++] = (struct past_result){
        .id = arena_str(arena, result->id),
        .world = arena_str(arena, result->world),
        .dialect = arena_str(arena, result->dialect),
        .name = arena_str(arena, result->name),
        .outcome = result->outcome,
        .what = arena_str(arena, worst ? worst->what : result->skip),
        .reason = arena_str(arena, buf_view(&reason)),
        .replay = arena_str(arena, result->replay),
    };
    past->sorted = false;
    buf_free(&reason);
}

int past_order(const struct past_result *a, const struct past_result *b)
{
    int order = str_cmp(a->id, b->id);
    order = order != 0 ? order : str_cmp(a->world, b->world);
    return order != 0 ? order : str_cmp(a->dialect, b->dialect);
}

/* The worst of one name first; what is told of it must not hang on the order
 * in which they ended. */
static int full_order(const void *left, const void *right)
{
    const struct past_result *a = left, *b = right;
    int order = past_order(a, b);
    if (order == 0 && a->outcome != b->outcome) {
        order = outcome_is_worse(a->outcome, b->outcome) ? -1 : 1;
    }
    return order != 0 ? order : str_cmp(a->reason, b->reason);
}

void past_sort(struct past *past)
{
    size_t kept = 0;
    if (past->count > 1) {
        qsort(past->items, past->count, sizeof *past->items, full_order);
    }
    for (size_t i = 0; i < past->count; i++) {
        if (kept == 0 ||
            past_order(&past->items[kept - 1], &past->items[i]) != 0) {
            past->items[kept++] = past->items[i];
        }
    }
    past->count = kept;
    past->sorted = true;
}

static void collect(void *context, const struct run_result *result)
{
    past_add(context, result);
}

enum status past_read(struct past *past, FILE *jsonl, struct err *err)
{
    struct report *report = report_collect(collect, past);
    enum status status = report_replay(jsonl, &report, 1, NULL, err);
    report_free(report);
    past_sort(past);
    return status;
}

static int key_order(const void *key, const void *item)
{
    return past_order(key, item);
}

const struct past_result *past_find(const struct past *past,
                                    const struct run_result *result)
{
    const struct past_result key = {
        .id = result->id, .world = result->world, .dialect = result->dialect};
    ASSERT(past->sorted);
    return past->count == 0 ? NULL
                            : bsearch(&key, past->items, past->count,
                                      sizeof *past->items, key_order);
}
