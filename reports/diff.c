/* SPDX-License-Identifier: MIT */
/* diff - see diff.h.  Layer: reports. */
#include "reports/diff.h"

#include "base/asserts.h"
#include "reports/block.h"
#include "reports/escape.h"
#include "reports/renderer.h"

enum { DIFF_VALUE = 600 };

struct differ {
    const struct past *old, *now;
    bool markdown;
    struct buf *out;
    struct diff diff;
};

static const struct {
    const char *title, *sum;
} kinds[DIFF_KINDS] = {
    [DIFF_SAME] = {"", "as before"},
    [DIFF_FAILS] = {"Newly failing", "newly failing"},
    [DIFF_PASSES] = {"Newly passing", "newly passing"},
    [DIFF_APPEARED] = {"Appeared", "appeared"},
    [DIFF_VANISHED] = {"Vanished", "vanished"},
    [DIFF_MESSAGE] = {"Failing in another way", "failing in another way"},
    [DIFF_OUTCOME] = {"Other outcomes", "other outcomes"},
};

static bool is_bad(const struct past_result *result)
{
    return result && outcome_is_bad(result->outcome, false);
}

enum diff_kind diff_kind_of(const struct past_result *old,
                            const struct past_result *now)
{
    bool was = is_bad(old), is = is_bad(now);
    if (!now) {
        return DIFF_VANISHED;
    }
    if (is && !was) {
        return DIFF_FAILS;
    }
    if (!old) {
        return DIFF_APPEARED;
    }
    if (was && !is) {
        return DIFF_PASSES;
    }
    if (old->outcome == now->outcome && (!is || str_eq(old->what, now->what))) {
        return DIFF_SAME;
    }
    return is ? DIFF_MESSAGE : DIFF_OUTCOME;
}

static void put_text(const struct differ *differ, struct str text)
{
    if (differ->markdown) {
        escape_markdown(differ->out, text, DIFF_VALUE);
    } else {
        escape_line(differ->out, text, DIFF_VALUE);
    }
}

static void put_place(const struct differ *differ,
                      const struct past_result *result)
{
    const struct run_result named = {
        .id = result->id, .world = result->world, .dialect = result->dialect};
    struct buf place;
    buf_init(&place, RENDERER_BYTES);
    block_place(&place, &named);
    buf_puts(differ->out, differ->markdown ? "<code>" : "");
    put_text(differ, buf_view(&place));
    buf_puts(differ->out, differ->markdown ? "</code>" : "");
    buf_free(&place);
}

/* "was PASS", "now FAIL: alice has pending=0 …" */
static void put_state(const struct differ *differ, const char *when,
                      const struct past_result *result)
{
    buf_puts(differ->out, differ->markdown ? "  - " : "      ");
    buf_printf(differ->out, "%s ", when);
    if (!result) {
        buf_puts(differ->out, "not there\n");
        return;
    }
    buf_puts(differ->out, block_outcome(result->outcome));
    if (result->reason.n > 0) {
        buf_puts(differ->out, ": ");
        put_text(differ, result->reason);
    }
    buf_putc(differ->out, '\n');
}

static void put_pair(const struct differ *differ, const struct past_result *old,
                     const struct past_result *now)
{
    const struct past_result *newest = now ? now : old;
    ASSERT(newest);
    buf_puts(differ->out, differ->markdown ? "- " : "  ");
    put_place(differ, newest);
    if (newest->name.n > 0) {
        buf_puts(differ->out, differ->markdown ? " " : ": ");
        put_text(differ, newest->name);
    }
    buf_putc(differ->out, '\n');
    put_state(differ, "was", old);
    put_state(differ, "now", now);
    if (is_bad(now) && now->replay.n > 0) {
        buf_puts(differ->out, differ->markdown ? "  - " : "      ");
        buf_puts(differ->out, differ->markdown ? "<code>" : "replay ");
        put_text(differ, now->replay);
        buf_puts(differ->out, differ->markdown ? "</code>\n" : "\n");
    }
}

/* Both are sorted: side by side, each name once. */
static void walk(struct differ *differ, enum diff_kind wanted)
{
    const struct past *old = differ->old, *now = differ->now;
    for (size_t i = 0, k = 0; i < old->count || k < now->count;) {
        const struct past_result *a = i < old->count ? &old->items[i] : NULL;
        const struct past_result *b = k < now->count ? &now->items[k] : NULL;
        int order = !a ? 1 : !b ? -1 : past_order(a, b);
        a = order <= 0 ? a : NULL;
        b = order >= 0 ? b : NULL;
        enum diff_kind kind = diff_kind_of(a, b);
        if (wanted == DIFF_SAME) {
            differ->diff.counts[kind]++;
        } else if (kind == wanted) {
            put_pair(differ, a, b);
        }
        i += a != NULL;
        k += b != NULL;
    }
}

static void put_sums(const struct differ *differ)
{
    const char *joint = "";
    for (int kind = DIFF_FAILS; kind < DIFF_KINDS; kind++) {
        size_t count = differ->diff.counts[kind];
        if (count > 0 || kind == DIFF_FAILS) {
            buf_printf(differ->out, "%s%zu %s", joint, count, kinds[kind].sum);
            joint = ", ";
        }
    }
    buf_printf(differ->out, ", %zu %s\n", differ->diff.counts[DIFF_SAME],
               kinds[DIFF_SAME].sum);
}

struct diff diff_write(const struct past *old, const struct past *now,
                       bool markdown, struct buf *out)
{
    struct differ differ = {
        .old = old, .now = now, .markdown = markdown, .out = out};
    walk(&differ, DIFF_SAME);
    if (markdown) {
        buf_puts(out, "## syncspec: what changed\n\n");
        put_sums(&differ);
        buf_putc(out, '\n');
    }
    for (int kind = DIFF_FAILS; kind < DIFF_KINDS; kind++) {
        size_t count = differ.diff.counts[kind];
        if (count > 0) {
            buf_printf(out, markdown ? "### %s (%zu)\n\n" : "%s (%zu)\n",
                       kinds[kind].title, count);
            walk(&differ, (enum diff_kind)kind);
            buf_putc(out, '\n');
        }
    }
    if (!markdown) {
        put_sums(&differ);
    }
    return differ.diff;
}
