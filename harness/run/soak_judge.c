/* SPDX-License-Identifier: MIT */
/* soak_judge - how much the processes of a soak may grow, and the figures in
 * words.  Layer: harness/run. */
#include "harness/run/soak_core.h"

enum { FIGURES_BYTES = 1 << 16 };

/* One figure from the first quarter's end on. */
struct growth {
    const char *who, *what;
    bool is_bytes;
    struct str clause;
    size_t from, to, allowed;
};

static struct str amount(struct arena *arena, const struct growth *growth,
                         size_t value)
{
    return growth->is_bytes ? arena_printf(arena, "%.1f MiB",
                                           (double)value / (double)(1 << 20))
                            : arena_printf(arena, "%zu", value);
}

static void judge(const struct growth *growth, struct arena *arena,
                  struct run_result *result, const char *since)
{
    if (growth->to <= growth->from ||
        growth->to - growth->from <= growth->allowed) {
        return;
    }
    const struct verdict verdict = {
        .outcome = OUT_FAIL,
        .checker = STR("resources"),
        .clause = growth->clause,
        .file = result->file,
        .what = arena_printf(arena, "LEAK %s of %s grow", growth->what,
                             growth->who),
        .expected = arena_printf(
            arena, "at most %.*s more than %s",
            STR_ARG(amount(arena, growth, growth->allowed)), since),
        .actual = arena_printf(arena, "%.*s, %.*s at the end",
                               STR_ARG(amount(arena, growth, growth->from)),
                               STR_ARG(amount(arena, growth, growth->to)))};
    result_add(result, arena, &verdict);
}

/* Of this process, beside the history. */
static size_t own_bytes(const struct soak_mark *mark)
{
    return mark->self.resident_bytes > mark->history_bytes
               ? mark->self.resident_bytes - mark->history_bytes
               : 0;
}

static void judge_memory(const struct soak_mark *first,
                         const struct soak_mark *last, struct arena *arena,
                         struct run_result *result)
{
    size_t history = last->history_bytes > first->history_bytes
                         ? last->history_bytes - first->history_bytes
                         : 0;
    struct growth growth = {.who = "this process",
                            .what = "bytes in memory beside the history",
                            .is_bytes = true,
                            .from = own_bytes(first),
                            .to = own_bytes(last),
                            .allowed =
                                SOAK_SELF_BYTES + history / SOAK_SELF_SHARE};
    if (first->self.known && last->self.known) {
        judge(&growth, arena, result, "at the first quarter's end");
    }
    growth.who = "the server";
    growth.what = "bytes in memory";
    growth.clause = STR("SVC-1");
    growth.from = first->server.resident_bytes;
    growth.to = last->server.resident_bytes;
    growth.allowed =
        SOAK_SERVER_BYTES + (last->pushes - first->pushes) * SOAK_PUSH_BYTES;
    if (first->server.known && last->server.known) {
        judge(&growth, arena, result, "at the first quarter's end");
    }
}

static void judge_descriptors(const struct soak_mark *first,
                              const struct soak_mark *last, size_t allowed,
                              struct arena *arena, struct run_result *result)
{
    const char *since = allowed == SOAK_REST_DESCRIPTORS
                            ? "before it all began"
                            : "at the first quarter's end";
    struct growth growth = {.who = "this process",
                            .what = "descriptors",
                            .from = first->self.descriptors,
                            .to = last->self.descriptors,
                            .allowed = allowed};
    if (first->self.known && last->self.known) {
        judge(&growth, arena, result, since);
    }
    growth.who = "the server";
    growth.clause = STR("SVC-1");
    growth.from = first->server.descriptors;
    growth.to = last->server.descriptors;
    if (first->server.known && last->server.known) {
        judge(&growth, arena, result, since);
    }
}

void soak_judge(const struct soak_options *options,
                const struct soak_result *out, struct arena *arena,
                struct run_result *result)
{
    const struct soak_mark *first = &out->marks[0];
    const struct soak_mark *last = first;
    if (!out->rest.taken) {
        return; /* in virtual time the server is this very process */
    }
    for (size_t i = 1; i < SOAK_MARKS; i++) {
        last = out->marks[i].taken ? &out->marks[i] : last;
    }
    size_t allowed =
        SOAK_DESCRIPTORS + options->plan.clients / SOAK_DESCRIPTOR_SHARE;
    judge_memory(first, last, arena, result);
    judge_descriptors(first, last, allowed, arena, result);
    judge_descriptors(&out->before, &out->rest, SOAK_REST_DESCRIPTORS, arena,
                      result);
}

/* ---- in words ---- */

static void
put_marks(const struct soak_result *out, struct buf *text, const char *label,
          void (*put)(const struct soak_mark *mark, struct buf *text))
{
    const struct soak_mark *const all[] = {&out->before,   &out->marks[0],
                                           &out->marks[1], &out->marks[2],
                                           &out->marks[3], &out->rest};
    buf_printf(text, "  %-29s", label);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i]->taken) {
            put(all[i], text);
        } else {
            buf_printf(text, "%9s", "-");
        }
    }
    buf_putc(text, '\n');
}

static void put_count(struct buf *text, bool known, size_t count)
{
    if (known) {
        buf_printf(text, "%9zu", count);
    } else {
        buf_printf(text, "%9s", "-");
    }
}

static void put_bytes(struct buf *text, bool known, size_t bytes)
{
    if (known) {
        buf_printf(text, "%9.1f", (double)bytes / (double)(1 << 20));
    } else {
        buf_printf(text, "%9s", "-");
    }
}

static void put_self_files(const struct soak_mark *mark, struct buf *text)
{
    put_count(text, mark->self.known, mark->self.descriptors);
}

static void put_self_bytes(const struct soak_mark *mark, struct buf *text)
{
    put_bytes(text, mark->self.known, mark->self.resident_bytes);
}

static void put_history_bytes(const struct soak_mark *mark, struct buf *text)
{
    put_bytes(text, true, mark->history_bytes);
}

static void put_server_files(const struct soak_mark *mark, struct buf *text)
{
    put_count(text, mark->server.known, mark->server.descriptors);
}

static void put_server_bytes(const struct soak_mark *mark, struct buf *text)
{
    put_bytes(text, mark->server.known, mark->server.resident_bytes);
}

static void put_counts(const struct soak_options *options,
                       const struct soak_result *out, struct buf *text)
{
    const struct soak_plan *plan = &options->plan;
    buf_printf(text, "%zu clients (%s), %lld s in %zu round%s", plan->clients,
               soak_listen_name(plan->listen),
               (long long)(plan->duration_ms / 1000), out->rounds,
               out->rounds == 1 ? "" : "s");
    buf_printf(text,
               ": %zu pushes, %zu pulls, %zu notices heard, %zu events heard, "
               "%zu cuts, %zu times offline, %zu reconnects",
               out->pushes, out->pulls, out->notices, out->events, out->cuts,
               out->leaves, out->reconnects);
}

struct str soak_note(const struct soak_options *options,
                     const struct soak_result *out, struct arena *arena)
{
    struct buf text;
    buf_init(&text, FIGURES_BYTES);
    put_counts(options, out, &text);
    for (size_t i = 0; i < SOAK_MARKS; i++) {
        const struct soak_mark *mark = &out->marks[i];
        if (!mark->taken) {
            continue;
        }
        buf_printf(&text,
                   "; at %zu %%: this process %zu descriptors, %zu bytes, %zu "
                   "of them history",
                   (i + 1) * 100 / SOAK_MARKS, mark->self.descriptors,
                   mark->self.resident_bytes, mark->history_bytes);
        if (mark->server.known) {
            buf_printf(&text, ", server %zu descriptors, %zu bytes",
                       mark->server.descriptors, mark->server.resident_bytes);
        }
    }
    struct str note = arena_str(arena, buf_view(&text));
    buf_free(&text);
    return note;
}

void soak_write(const struct soak_options *options,
                const struct soak_result *result, struct buf *out)
{
    put_counts(options, result, out);
    buf_printf(out, "\n  %-29s%9s%9s%9s%9s%9s%9s\n", "", "before", "25 %",
               "50 %", "75 %", "100 %", "after");
    put_marks(result, out, "this process, descriptors", put_self_files);
    put_marks(result, out, "this process, MiB", put_self_bytes);
    put_marks(result, out, "  of them history, MiB", put_history_bytes);
    if (result->before.server.known) {
        put_marks(result, out, "server, descriptors", put_server_files);
        put_marks(result, out, "server, MiB", put_server_bytes);
    }
    if (result->failed == 0 && result->rounds > 0) {
        buf_puts(out, "nothing lost\n");
    }
}
