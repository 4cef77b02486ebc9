/* SPDX-License-Identifier: MIT */
/* finding - see finding.h.  Layer: harness/check. */
#include "harness/check/finding.h"

#include <inttypes.h>

#include "base/utf8.h"

static struct str next_id(struct str *rest)
{
    while (rest->n > 0 && rest->p[0] == ' ') {
        *rest = str_skip(*rest, 1);
    }
    size_t end = str_find(*rest, ' ');
    struct str id = str_take(*rest, end);
    *rest = str_skip(*rest, end);
    return id;
}

static bool is_covered(const struct ledger *ledger, struct str id)
{
    for (size_t i = 0; i < ledger->input->cover_count; i++) {
        if (str_eq(ledger->input->covers[i], id)) {
            return true;
        }
    }
    return false;
}

struct str clause_pick(const struct ledger *ledger, const char *candidates)
{
    struct str rest = str_of(candidates), must = {0};
    for (struct str id = next_id(&rest); id.n > 0; id = next_id(&rest)) {
        if (is_covered(ledger, id)) {
            return id;
        }
        const struct clause *clause = clause_find(id);
        if (must.n == 0 && clause && clause->level == LEVEL_MUST) {
            must = id;
        }
    }
    return must;
}

struct verdict *finding_begin(struct finder *finder,
                              const struct finding *finding)
{
    struct str clause = clause_pick(finder->ledger, finding->candidates);
    if (clause.n == 0) {
        return NULL;
    }
    finder->found++;
    if (finder->found > FINDINGS_PER_CHECKER) {
        return NULL;
    }
    struct arena *arena = finder->ledger->arena;
    struct verdict *verdict = arena_must(arena, 1, sizeof(*verdict));
    *verdict = (struct verdict){.outcome = OUT_FAIL,
                                .checker = str_of(finder->checker),
                                .clause = clause,
                                .file = finder->ledger->input->file,
                                .line = finding->line,
                                .what = finding->what,
                                .expected = finding->expected,
                                .actual = finding->actual,
                                .cause = finding->cause};
    return verdict;
}

void finding_end(struct finder *finder, struct verdict *verdict)
{
    if (verdict) {
        result_add(finder->result, finder->ledger->arena, verdict);
    }
}

struct str time_text(struct arena *arena, int64_t t_ms)
{
    return arena_printf(arena, "t=%" PRId64 ".%03" PRId64 "s", t_ms / 1000,
                        t_ms % 1000);
}

static struct str value_text(struct arena *arena, struct str value,
                             struct instant at)
{
    char text[INSTANT_TEXT_MAX];
    struct str spelled = instant_cmp(at, INSTANT_MIN) == 0
                             ? STR("(no time)")
                             : instant_write_ns(at, text);
    struct buf quoted;
    buf_init(&quoted, 512);
    utf8_quote(&quoted, value, 80);
    /* Values are JSON: their own quotes need no second escaping to be read. */
    bool plain = value.n <= 80 && utf8_bad_at(value) == value.n;
    struct str shown = plain ? value : buf_view(&quoted);
    struct str out =
        arena_printf(arena, "%.*s @%.*s", STR_ARG(shown), STR_ARG(spelled));
    buf_free(&quoted);
    return out;
}

struct str held_text(struct arena *arena, const struct held *held)
{
    return held->present ? value_text(arena, held->value, held->at)
                         : STR("nothing");
}

struct str write_text(struct arena *arena, const struct write *write)
{
    return write ? value_text(arena, write->value, write->at) : STR("nothing");
}

struct str reg_text(struct arena *arena, const struct reg *reg)
{
    return arena_printf(arena, "%.*s/%.*s %.*s", STR_ARG(reg->table),
                        STR_ARG(reg->id), STR_ARG(reg->name));
}

static struct str fate_text(struct arena *arena, const struct trip *trip)
{
    if (!trip->reply) {
        return STR("no answer");
    }
    struct str when = time_text(arena, trip->reply->t_ms);
    if (trip->reply->as.reply_kind == REPLY_ANSWER) {
        return arena_printf(
            arena, "%d at %.*s%s", (int)trip->reply->code, STR_ARG(when),
            trip->known == KNOWN_NEVER     ? " (never reached the server)"
            : trip->known == KNOWN_UNKNOWN ? " (not the server's own)"
                                           : "");
    }
    return arena_printf(
        arena, "%s at %.*s%s", reply_kind_name(trip->reply->as.reply_kind),
        STR_ARG(when), trip->decided ? " (but it took effect)" : "");
}

/* Where the observer's reading of that collection ended: ", up to #12". */
static struct str last_pull(const struct ledger *ledger, uint32_t device,
                            const struct reg *reg)
{
    for (size_t i = ledger->trip_count; i-- > 0;) {
        const struct event *send = ledger->trips[i].send;
        if (send && ledger_actor(ledger, send)->device == device &&
            send->as.request_kind == REQUEST_PULL &&
            str_eq(send->collection, reg->table)) {
            return arena_printf(ledger->arena, ", up to #%" PRIu32,
                                send->exchange);
        }
    }
    return STR("");
}

static void explain_holders(const struct ledger *ledger, const struct reg *reg,
                            struct verdict *verdict)
{
    for (uint32_t d = 0; d < ledger->devices; d++) {
        const struct actor *actor = ledger_device(ledger, d);
        if (!str_eq(actor->user, reg->user) || !str_eq(actor->app, reg->app)) {
            continue;
        }
        struct str told = held_text(ledger->arena, &reg->told[d]);
        if (actor->is_observer) {
            verdict_explain(verdict, ledger->arena,
                            "fresh observer was served %.*s%.*s", STR_ARG(told),
                            STR_ARG(last_pull(ledger, d, reg)));
        } else if (ledger->dumped[d]) {
            struct str dump = held_text(ledger->arena, &reg->dump[d]);
            verdict_explain(verdict, ledger->arena,
                            "%.*s holds %.*s, was told %.*s",
                            STR_ARG(actor->name), STR_ARG(dump), STR_ARG(told));
        }
    }
}

void explain_register(const struct ledger *ledger, const struct reg *reg,
                      struct verdict *verdict)
{
    struct arena *arena = ledger->arena;
    size_t shown = 0;
    for (const struct write *w = reg->sent; w; w = w->next) {
        if (++shown > 6) {
            verdict_explain(verdict, arena, "… and further writes");
            break;
        }
        struct str when = time_text(arena, w->event->t_ms);
        struct str text = write_text(arena, w);
        struct str fate = fate_text(arena, w->trip);
        verdict_explain(verdict, arena, "%.*s  %.*s %s %.*s in #%u: %.*s%s",
                        STR_ARG(when),
                        STR_ARG(ledger_actor(ledger, w->event)->name),
                        op_name(w->op), STR_ARG(text), w->event->exchange,
                        STR_ARG(fate), w == reg->must ? "  <- wins" : "");
    }
    explain_holders(ledger, reg, verdict);
}
