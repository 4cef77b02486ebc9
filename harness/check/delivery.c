/* SPDX-License-Identifier: MIT */
/* delivery - cursor soundness: a client that follows its cursors is told every
 * acknowledged write of the others.  Finds the answer that left it out, and
 * the cursor that already stood for it.  Layer: harness/check. */
#include "harness/check/finding.h"
#include "harness/check/lines.h"

/* An answer that could have carried the write. */
static bool carries(const struct trip *trip, const struct reg *reg)
{
    if (!trip->send || !trip->reply || !trip->reply->response) {
        return false;
    }
    return trip->send->as.request_kind == REQUEST_PUSH ||
           (trip->send->as.request_kind == REQUEST_PULL &&
            str_eq(trip->send->collection, reg->table));
}

static bool is_of(const struct ledger *ledger, const struct trip *trip,
                  uint32_t device)
{
    return trip->send && ledger_actor(ledger, trip->send)->device == device;
}

/* The first complete answer to a request sent after the write was
 * acknowledged. */
static const struct trip *find_culprit(const struct ledger *ledger,
                                       const struct reg *reg, uint32_t device)
{
    const struct trip *author = reg->must->trip;
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *trip = &ledger->trips[i];
        if (is_of(ledger, trip, device) && carries(trip, reg) &&
            author->reply && trip->send->seq > author->reply->seq &&
            !trip->reply->response->has_more) {
            return trip;
        }
    }
    return NULL;
}

/* The answer that had handed out the cursor that `trip` was sent with. */
static const struct trip *find_origin(const struct ledger *ledger,
                                      const struct trip *trip, uint32_t device,
                                      const struct reg *reg)
{
    const struct trip *origin = NULL;
    for (size_t i = 1; i < ledger->trip_count; i++) {
        const struct trip *o = &ledger->trips[i];
        if (is_of(ledger, o, device) && carries(o, reg) &&
            o->reply->seq < trip->send->seq &&
            str_eq(o->reply->response->synced_until, trip->send->id)) {
            origin = o;
        }
    }
    return origin;
}

static const char *blame(const struct trip *culprit, const struct trip *origin,
                         const struct trip *author)
{
    if (origin && origin->send->seq < author->reply->seq &&
        origin->reply->seq > author->send->seq) {
        return "CURSOR-2 CURSOR-1 CURSOR-6 CURSOR-4 SVC-2 SVC-5";
    }
    if (origin && origin->send->as.request_kind == REQUEST_PUSH) {
        return "CURSOR-6 PUSH-8 CURSOR-1 PUSH-2 CURSOR-4 PUSH-9 SVC-2 SVC-5";
    }
    if (culprit->send->as.request_kind == REQUEST_PUSH) {
        return "PUSH-8 CURSOR-6 CURSOR-1 PUSH-2 CURSOR-4 CURSOR-7 SVC-2 SVC-5";
    }
    return "CURSOR-1 CURSOR-4 CURSOR-7 CURSOR-2 CURSOR-5 PUSH-2 PUSH-9 "
           "DELETE-1 MERGE-2 MERGE-1 SVC-2 SVC-5";
}

static struct str trip_text(struct arena *arena, const struct ledger *ledger,
                            const struct trip *trip)
{
    return arena_printf(
        arena, "#%u (%.*s %.*s, since %.*s, %.*s)", trip->send->exchange,
        STR_ARG(ledger_actor(ledger, trip->send)->name),
        STR_ARG(trip->send->as.request_kind == REQUEST_PUSH ? STR("push")
                                                            : STR("pull")),
        STR_ARG(trip->send->id), STR_ARG(time_text(arena, trip->send->t_ms)));
}

/* Was anything that the client stored lost with a crash?  Then the cursor
 * may rightly be ahead only if the client itself broke its order. */
static void report(struct finder *finder, const struct reg *reg,
                   uint32_t device)
{
    struct ledger *ledger = finder->ledger;
    struct arena *arena = ledger->arena;
    const struct actor *actor = ledger_device(ledger, device);
    if (finder->found >= FINDINGS_PER_CHECKER) {
        finder->found++; /* to be counted: not worth a search for each */
        return;
    }
    const struct trip *culprit = find_culprit(ledger, reg, device);
    if (!culprit) {
        return; /* it never asked after the write: progress tells why */
    }
    const struct trip *origin = find_origin(ledger, culprit, device, reg);
    const struct event *event =
        origin
            ? NULL
            : heard_cursor(ledger, device, culprit->send, culprit->send->seq);
    struct str what = reg_text(arena, reg);
    const struct finding finding = {
        .candidates = event ? "SSE-3 SSE-2 SSE-5"
                            : blame(culprit, origin, reg->must->trip),
        .line = culprit->send->line,
        .what = arena_printf(arena, "NOT DELIVERED %.*s to %.*s", STR_ARG(what),
                             STR_ARG(actor->name)),
        .expected = write_text(arena, reg->must),
        .actual = arena_printf(arena, "%.*s left it out",
                               STR_ARG(trip_text(arena, ledger, culprit))),
        .cause =
            event ? arena_printf(arena,
                                 "that cursor came with an event of stream "
                                 "~%u: it stood for a write that was never "
                                 "delivered",
                                 event->exchange)
            : origin
                ? arena_printf(arena,
                               "that cursor came from %.*s: it stood for a "
                               "write that was never delivered",
                               STR_ARG(trip_text(arena, ledger, origin)))
                : STR("it asked from a cursor that cannot cover the write")};
    struct verdict *verdict = finding_begin(finder, &finding);
    if (verdict) {
        explain_register(ledger, reg, verdict);
    }
    finding_end(finder, verdict);
}

static bool was_told(const struct reg *reg, uint32_t device)
{
    const struct held *told = &reg->told[device];
    return !reg->must || reg->wild ||
           (told->present && order_cmp(told->at, told->value, reg->must->at,
                                       reg->must->value) >= 0);
}

void check_delivery(struct finder *finder)
{
    struct ledger *ledger = finder->ledger;
    for (uint32_t d = 0; ledger->input->settled && d < ledger->devices; d++) {
        const struct actor *actor = ledger_device(ledger, d);
        if (!ledger->dumped[d] || ledger->rebuilt[d] || ledger->astray[d]) {
            continue;
        }
        for (const struct reg *reg = ledger->regs; reg; reg = reg->next) {
            if (reg_concerns(ledger, reg, actor) && !was_told(reg, d)) {
                report(finder, reg, d);
            }
        }
    }
}
