/* SPDX-License-Identifier: MIT */
/* soak_script - see soak_script.h.  Layer: harness/run. */
#include "harness/run/soak_script.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/asserts.h"

enum {
    SHARED = 4,        /* records that all devices of a group edit */
    FLAP_MS = 2000,    /* between two devices that go offline, on average */
    AWAY_LOW_MS = 100, /* so long they stay away … */
    AWAY_HIGH_MS = 4000,
    CALM_MS = 6000, /* a device that was cut is back by then */
    VICTIM_TRIES = 16
};

struct soaker {
    size_t written;    /* values so far: makes them unique */
    size_t made, gone; /* own records: [gone, made) are there */
    int64_t back_ms;   /* offline until then; INT64_MAX: online */
    int64_t calm_ms;   /* not to be cut before that */
};

struct script {
    const struct soak_plan *plan;
    struct buf *out;
    struct rng rng;
    struct soaker *soakers;
    int64_t now_ms; /* of the last line */
};

static const char *const listen_names[] = {[SOAK_SOCKET] = "socket",
                                           [SOAK_UNIFIED] = "unified",
                                           [SOAK_STREAM] = "stream",
                                           [SOAK_MIXED] = "mixed"};

const char *soak_listen_name(enum soak_listen listen)
{
    return listen_names[listen];
}

bool soak_listen_find(struct str name, enum soak_listen *out)
{
    for (size_t i = 0; i < sizeof(listen_names) / sizeof(listen_names[0]);
         i++) {
        if (str_is(name, listen_names[i])) {
            *out = (enum soak_listen)i;
            return true;
        }
    }
    return false;
}

/* ---- the headers ---- */

static void write_headers(const struct script *script)
{
    const struct soak_plan *plan = script->plan;
    buf_printf(script->out,
               "# Made by syncspec load --listen %s, seed %" PRIu64 ".\n"
               "scenario \"nothing is lost while channels come and go\"\n"
               "covers CONN-1 QUEUE-1 MERGE-5 WS-5 WS-8 SSE-3 SSE-5 SVC-1\n"
               "timers on\n%s",
               soak_listen_name(plan->listen), plan->seed,
               plan->listen == SOAK_SOCKET ? "" : "dialect v2\n");
    for (size_t i = 0; i < plan->clients; i++) {
        size_t group = i / SOAK_GROUP;
        if (i % SOAK_GROUP == 0) {
            buf_puts(script->out, "clients");
        }
        buf_printf(script->out, " d%zu", i);
        if (i % SOAK_GROUP == SOAK_GROUP - 1 || i + 1 == plan->clients) {
            buf_printf(script->out, " user=u%zu app=a%zu\n", group / SOAK_APPS,
                       group);
        }
    }
    buf_puts(script->out, "collection tasks title:text note:text\n"
                          "collection notes title:text note:text\n\n");
}

/* ---- lines ---- */

static void line_begin(struct script *script, int64_t at_ms)
{
    if (at_ms > script->now_ms) {
        buf_printf(script->out, "+%" PRId64 "ms ", at_ms - script->now_ms);
        script->now_ms = at_ms;
    } else {
        buf_puts(script->out, "  ");
    }
}

static const char *pick_collection(size_t number)
{
    return number % 3 == 0 ? "notes" : "tasks";
}

/* Everybody has the shared records before anything is disturbed. */
static void write_start(struct script *script)
{
    const struct soak_plan *plan = script->plan;
    for (size_t i = 0; i < plan->clients; i += SOAK_GROUP) {
        for (size_t s = 0; s < SHARED; s++) {
            buf_printf(script->out,
                       "  d%zu inserts %s/s%zu title=\"d%zu.s%zu\"\n", i,
                       pick_collection(s), s, i, s);
        }
    }
    buf_puts(script->out, "  everyone settles\n");
    bool mixed = plan->listen == SOAK_MIXED;
    for (size_t half = 0; half < (mixed ? 2 : 1); half++) {
        size_t count = 0;
        for (size_t i = half; i < plan->clients; i += mixed ? 2 : 1) {
            buf_printf(script->out, "%sd%zu", count++ > 0 ? " " : "  ", i);
        }
        const char *mode = !mixed      ? soak_listen_name(plan->listen)
                           : half == 0 ? "socket"
                                       : "stream";
        if (count > 0) {
            buf_printf(script->out, " listens %s\n", mode);
        }
    }
}

static void write_shared(struct script *script, size_t who)
{
    size_t record = (size_t)rng_below(&script->rng, SHARED);
    const char *field = rng_chance(&script->rng, 700) ? "title" : "note";
    buf_printf(script->out, "d%zu updates %s/s%zu %s=\"d%zu.%zu\"\n", who,
               pick_collection(record), record, field, who,
               script->soakers[who].written++);
}

static void write_own(struct script *script, size_t who)
{
    struct soaker *soaker = &script->soakers[who];
    bool any = soaker->made > soaker->gone;
    if (any && rng_chance(&script->rng, 200)) {
        buf_printf(script->out, "d%zu deletes %s/d%zu-%zu\n", who,
                   pick_collection(soaker->gone), who, soaker->gone);
        soaker->gone++;
        return;
    }
    bool again = any && rng_chance(&script->rng, 300);
    size_t record = again ? soaker->made - 1 : soaker->made++;
    buf_printf(script->out, "d%zu %s %s/d%zu-%zu title=\"d%zu.%zu\"\n", who,
               again ? "updates" : "inserts", pick_collection(record), who,
               record, who, soaker->written++);
}

static void write_edit(struct script *script, int64_t at_ms)
{
    size_t who = (size_t)rng_below(&script->rng, script->plan->clients);
    line_begin(script, at_ms);
    if (rng_chance(&script->rng, 500)) {
        write_shared(script, who);
    } else {
        write_own(script, who);
    }
}

/* A device that is online and was left alone for a while; false: none was
 * found. */
static bool pick_victim(struct script *script, int64_t at_ms, size_t *who)
{
    for (size_t i = 0; i < VICTIM_TRIES; i++) {
        *who = (size_t)rng_below(&script->rng, script->plan->clients);
        struct soaker *soaker = &script->soakers[*who];
        if (soaker->back_ms == INT64_MAX && soaker->calm_ms <= at_ms) {
            return true;
        }
    }
    return false;
}

static void write_cut(struct script *script, int64_t at_ms)
{
    size_t who = 0;
    if (pick_victim(script, at_ms, &who)) {
        script->soakers[who].calm_ms = at_ms + CALM_MS;
        line_begin(script, at_ms);
        buf_printf(script->out, "net cuts message to=d%zu count=1\n", who);
    }
}

static void write_leave(struct script *script, int64_t at_ms)
{
    size_t who = 0;
    if (pick_victim(script, at_ms, &who)) {
        struct soaker *soaker = &script->soakers[who];
        soaker->back_ms =
            at_ms + rng_range(&script->rng, AWAY_LOW_MS, AWAY_HIGH_MS);
        line_begin(script, at_ms);
        buf_printf(script->out, "d%zu goes offline\n", who);
    }
}

/* The device that comes back next. */
static struct soaker *next_back(const struct script *script)
{
    struct soaker *next = &script->soakers[0];
    for (size_t i = 1; i < script->plan->clients; i++) {
        struct soaker *soaker = &script->soakers[i];
        next = soaker->back_ms < next->back_ms ? soaker : next;
    }
    return next;
}

static void write_return(struct script *script, struct soaker *soaker)
{
    line_begin(script, soaker->back_ms);
    buf_printf(script->out, "d%zu goes online\n",
               (size_t)(soaker - script->soakers));
    soaker->calm_ms = soaker->back_ms + CALM_MS;
    soaker->back_ms = INT64_MAX;
}

static int64_t after(struct script *script, int64_t at_ms, int64_t mean_ms)
{
    return at_ms + rng_range(&script->rng, 1, 2 * mean_ms);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void write_storm(struct script *script)
{
    const struct soak_plan *plan = script->plan;
    int64_t pause_ms = SOAK_WRITE_MS / (int64_t)plan->clients + 1;
    int64_t edit_ms = after(script, 0, pause_ms);
    int64_t leave_ms = after(script, 0, FLAP_MS);
    int64_t cut_ms = plan->cut_every_ms > 0 ? plan->cut_every_ms : INT64_MAX;
    for (;;) {
        struct soaker *back = next_back(script);
        int64_t at_ms =
            least(least(edit_ms, leave_ms), least(cut_ms, back->back_ms));
        if (at_ms >= plan->duration_ms) {
            break;
        }
        if (at_ms == back->back_ms) {
            write_return(script, back);
        } else if (at_ms == cut_ms) {
            write_cut(script, at_ms);
            cut_ms += plan->cut_every_ms;
        } else if (at_ms == leave_ms) {
            write_leave(script, at_ms);
            leave_ms = after(script, at_ms, FLAP_MS);
        } else {
            write_edit(script, at_ms);
            edit_ms = after(script, at_ms, pause_ms);
        }
    }
    write_edit(script, plan->duration_ms);
}

void soak_script_write(const struct soak_plan *plan, struct buf *out)
{
    struct script script = {.plan = plan, .out = out};
    ASSERT(plan->clients > 0);
    script.soakers = calloc(plan->clients, sizeof(*script.soakers));
    ASSERT(script.soakers != NULL);
    for (size_t i = 0; i < plan->clients; i++) {
        script.soakers[i].back_ms = INT64_MAX;
    }
    rng_init(&script.rng, plan->seed, STR("soak"));
    write_headers(&script);
    write_start(&script);
    write_storm(&script);
    free(script.soakers);
}
