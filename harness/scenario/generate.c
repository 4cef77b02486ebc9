/* SPDX-License-Identifier: MIT */
/* generate - random scenarios from a seed.  Layer: harness/scenario.
 *
 * Every step can be done when its turn comes, whatever the network did: a
 * client edits only what it surely has.  That is what it inserted itself, and
 * the records that all clients got in the setup.  Only the one who inserted a
 * record deletes it or brings it back, so the owner always knows; another
 * client may go on editing it until it talks to the server again, which makes
 * edits that race with deletes, and never an edit of what is known as gone. */
#include "harness/scenario/generate.h"

#include <inttypes.h>
#include <string.h>

#include "base/asserts.h"
#include "base/limits.h"
#include "harness/scenario/parse.h"
#include "protocol/dialect.h"

enum {
    GENERATE_RECORDS_MAX = 4096,
    GENERATE_ARGS = 4,   /* of one kind in one step */
    GENERATE_NEVER = -1, /* it has not happened */
    GENERATE_TRIES = 4   /* for a step that fits, before a plain insert */
};

struct gen_record {
    struct str ref;
    size_t owner;
    bool shared;          /* everyone has it since the setup */
    bool deleted;         /* by its owner, at this moment */
    int64_t first_delete; /* step of the first delete, or GENERATE_NEVER */
};

struct gen_client {
    struct str name;
    size_t written;    /* values so far: "alice.3" */
    int64_t last_talk; /* step at which it last may have heard of others */
    bool offline, crashed;
    bool busy; /* `wait=no` runs: it may hear at any time */
};

struct gen {
    struct rng rng;
    struct arena *arena;
    const struct generate_options *options;
    struct scenario *out;
    size_t step_cap;
    struct gen_client *clients;
    size_t client_count;
    struct gen_record *records;
    size_t record_count, record_cap;
    uint32_t *everyone;
};

static const char *const gen_names[] = {"alice", "bob",   "carol", "dave",
                                        "erin",  "frank", "grace", "heidi"};
static const char *const gen_fields[] = {"title", "note", "place"};

enum {
    GEN_NAMES = sizeof gen_names / sizeof gen_names[0],
    GEN_FIELDS = sizeof gen_fields / sizeof gen_fields[0]
};

/* --- building steps ------------------------------------------------------ */

static struct step *gen_step(struct gen *gen, enum who_kind kind,
                             enum verb_id verb)
{
    struct scenario *out = gen->out;
    ASSERT(out->step_count < gen->step_cap);
    struct step *step = &out->steps[out->step_count++];
    *step = (struct step){.line = (uint32_t)out->step_count,
                          .column = 1,
                          .who_kind = kind,
                          .verb = verb_at(verb)};
    if (kind == WHO_EVERYONE) {
        step->who = gen->everyone;
        step->who_count = gen->client_count;
    }
    return step;
}

static struct step *gen_client_step(struct gen *gen, size_t client,
                                    enum verb_id verb)
{
    struct step *step = gen_step(gen, WHO_CLIENTS, verb);
    step->who = &gen->everyone[client];
    step->who_count = 1;
    return step;
}

static struct arg *gen_arg(struct gen *gen, struct arg **list, size_t *count,
                           const char *key)
{
    if (!*list) {
        *list = arena_must(gen->arena, GENERATE_ARGS, sizeof **list);
    }
    ASSERT(*count < GENERATE_ARGS);
    struct arg *arg = &(*list)[(*count)++];
    arg->key = str_of(key);
    return arg;
}

static void gen_word(struct gen *gen, struct step *step, struct str value)
{
    gen_arg(gen, &step->words, &step->word_count, "")->value = value;
}

static struct arg *gen_option(struct gen *gen, struct step *step,
                              const char *key, struct str value)
{
    struct arg *arg = gen_arg(gen, &step->options, &step->option_count, key);
    arg->value = value;
    return arg;
}

/* A value that names its write: client and running number. */
static void gen_field(struct gen *gen, struct step *step, size_t client,
                      size_t field)
{
    struct gen_client *who = &gen->clients[client];
    struct arg *arg =
        gen_arg(gen, &step->fields, &step->field_count, gen_fields[field]);
    arg->json = arena_printf(gen->arena, "\"%.*s.%zu\"", STR_ARG(who->name),
                             ++who->written);
    arg->value = str_take(str_skip(arg->json, 1), arg->json.n - 2);
    arg->quoted = true;
}

static int64_t gen_now(const struct gen *gen)
{
    return (int64_t)gen->out->step_count;
}

/* It may hear of everything that was done until now. */
static void gen_talks(struct gen *gen, size_t client)
{
    gen->clients[client].last_talk = gen_now(gen);
}

/* --- what may be done ---------------------------------------------------- */

/* Does this client surely have the record, live? */
static bool gen_may_edit(const struct gen *gen, size_t client,
                         const struct gen_record *record)
{
    const struct gen_client *who = &gen->clients[client];
    if (record->owner == client) {
        return !record->deleted;
    }
    if (!record->shared) {
        return false;
    }
    return record->first_delete == GENERATE_NEVER ||
           (!who->busy && !gen->out->timers &&
            who->last_talk < record->first_delete);
}

enum gen_wish { WISH_EDIT, WISH_DELETE, WISH_UNDELETE };

static bool gen_fits(const struct gen *gen, size_t client,
                     const struct gen_record *record, enum gen_wish wish)
{
    if (wish == WISH_EDIT) {
        return gen_may_edit(gen, client, record);
    }
    return record->owner == client &&
           record->deleted == (wish == WISH_UNDELETE);
}

/* The first record that fits, from a random place on; NULL if none does. */
static struct gen_record *gen_pick(struct gen *gen, size_t client,
                                   enum gen_wish wish)
{
    size_t count = gen->record_count;
    size_t from = count > 0 ? (size_t)rng_below(&gen->rng, count) : 0;
    for (size_t i = 0; i < count; i++) {
        struct gen_record *record = &gen->records[(from + i) % count];
        if (gen_fits(gen, client, record, wish)) {
            return record;
        }
    }
    return NULL;
}

/* --- steps of clients ---------------------------------------------------- */

static bool gen_insert(struct gen *gen, size_t client, bool shared)
{
    if (gen->record_count == gen->record_cap) {
        return false;
    }
    size_t number = gen->record_count++;
    size_t collection =
        (size_t)rng_below(&gen->rng, gen->out->collection_count);
    struct gen_record *record = &gen->records[number];
    *record = (struct gen_record){
        .owner = client, .shared = shared, .first_delete = GENERATE_NEVER};
    record->ref = arena_printf(gen->arena, "%.*s/%zu",
                               STR_ARG(gen->out->collections[collection].name),
                               number + 1);
    struct step *step = gen_client_step(gen, client, VERB_INSERTS);
    gen_word(gen, step, record->ref);
    for (size_t i = 0; i < GEN_FIELDS; i++) {
        if (i == 0 || rng_chance(&gen->rng, 500)) {
            gen_field(gen, step, client, i);
        }
    }
    return true;
}

static bool gen_update(struct gen *gen, size_t client)
{
    struct gen_record *record = gen_pick(gen, client, WISH_EDIT);
    if (!record) {
        return false;
    }
    struct step *step = gen_client_step(gen, client, VERB_UPDATES);
    gen_word(gen, step, record->ref);
    size_t first = (size_t)rng_below(&gen->rng, GEN_FIELDS);
    gen_field(gen, step, client, first);
    if (rng_chance(&gen->rng, 250)) {
        gen_field(gen, step, client, (first + 1) % GEN_FIELDS);
    }
    return true;
}

static bool gen_delete(struct gen *gen, size_t client)
{
    struct gen_record *record = gen_pick(gen, client, WISH_DELETE);
    if (!record) {
        return false;
    }
    struct step *step = gen_client_step(gen, client, VERB_DELETES);
    gen_word(gen, step, record->ref);
    record->deleted = true;
    if (record->first_delete == GENERATE_NEVER) {
        record->first_delete = gen_now(gen);
    }
    return true;
}

static bool gen_undelete(struct gen *gen, size_t client)
{
    struct gen_record *record = gen_pick(gen, client, WISH_UNDELETE);
    if (!record) {
        return false;
    }
    struct step *step = gen_client_step(gen, client, VERB_UNDELETES);
    gen_word(gen, step, record->ref);
    record->deleted = false;
    return true;
}

static bool gen_talk(struct gen *gen, size_t client)
{
    struct gen_client *who = &gen->clients[client];
    if (who->offline) {
        return false;
    }
    if (who->busy && rng_chance(&gen->rng, 500)) {
        gen_client_step(gen, client, VERB_FINISHES);
        who->busy = false;
    } else {
        static const enum verb_id verbs[] = {VERB_SYNCS, VERB_SYNCS,
                                             VERB_PUSHES, VERB_PULLS};
        enum verb_id verb = verbs[rng_below(&gen->rng, 4)];
        struct step *step = gen_client_step(gen, client, verb);
        if (verb == VERB_PULLS && rng_chance(&gen->rng, 500)) {
            size_t n = gen->out->collection_count;
            size_t which = (size_t)rng_below(&gen->rng, n);
            gen_word(gen, step, gen->out->collections[which].name);
        }
        /* A wait ends only when the client is idle. */
        who->busy = rng_chance(&gen->rng, 200);
        if (who->busy) {
            gen_option(gen, step, "wait", STR("no"));
        }
    }
    gen_talks(gen, client);
    return true;
}

static bool gen_connect(struct gen *gen, size_t client)
{
    struct gen_client *who = &gen->clients[client];
    struct step *step = gen_client_step(gen, client, VERB_GOES);
    gen_word(gen, step, who->offline ? STR("online") : STR("offline"));
    who->offline = !who->offline;
    who->busy = false; /* `goes` waits for everything */
    gen_talks(gen, client);
    return true;
}

static bool gen_crash(struct gen *gen, size_t client)
{
    struct gen_client *who = &gen->clients[client];
    if (!gen->options->crashes) {
        return false;
    }
    if (!who->offline && rng_chance(&gen->rng, 500)) {
        struct step *step = gen_client_step(gen, client, VERB_SYNCS);
        gen_option(gen, step, "wait", STR("no"));
        step = gen_client_step(gen, client, VERB_CRASHES);
        step->after_ms = rng_range(&gen->rng, 1, 120);
    } else {
        gen_client_step(gen, client, VERB_CRASHES);
    }
    who->crashed = true;
    who->busy = false;
    gen_talks(gen, client);
    return true;
}

static bool gen_restart(struct gen *gen, size_t client)
{
    gen_client_step(gen, client, VERB_RESTARTS);
    gen->clients[client].crashed = false;
    gen_talks(gen, client);
    return true;
}

/* --- the network --------------------------------------------------------- */

static bool gen_fault(struct gen *gen, size_t client)
{
    static const enum verb_id verbs[] = {VERB_NET_DROPS, VERB_NET_DROPS,
                                         VERB_NET_DELAYS, VERB_NET_DUPLICATES};
    if (!gen->options->faults) {
        return false;
    }
    enum verb_id verb = verbs[rng_below(&gen->rng, 4)];
    bool response = verb != VERB_NET_DUPLICATES && rng_chance(&gen->rng, 500);
    struct step *step = gen_step(gen, WHO_NET, verb);
    gen_word(gen, step, response ? STR("response") : STR("request"));
    if (verb == VERB_NET_DELAYS) {
        int64_t ms = rng_range(&gen->rng, 1, 30) * 100;
        struct str text = arena_printf(gen->arena, "%" PRId64 "ms", ms);
        gen_option(gen, step, "by", text)->ms = ms;
    }
    gen_option(gen, step, response ? "to" : "from", gen->clients[client].name)
        ->ms = (int64_t)client;
    struct arg *count = gen_option(gen, step, "count", STR("1"));
    count->json = count->value;
    count->ms = 1;
    return true;
}

/* --- the whole ----------------------------------------------------------- */

static bool gen_act(struct gen *gen, size_t client)
{
    static const struct {
        bool (*act)(struct gen *gen, size_t client);
        unsigned weight;
    } acts[] = {{gen_update, 34},  {gen_talk, 28},   {gen_delete, 7},
                {gen_undelete, 5}, {gen_connect, 7}, {gen_fault, 7},
                {gen_crash, 4}};
    enum { ACTS = sizeof acts / sizeof acts[0] };
    if (gen->clients[client].crashed) {
        return rng_chance(&gen->rng, 500) && gen_restart(gen, client);
    }
    uint64_t draw = rng_below(&gen->rng, 100);
    for (size_t i = 0; i < ACTS; i++) {
        if (draw < acts[i].weight) {
            return acts[i].act(gen, client);
        }
        draw -= acts[i].weight;
    }
    return gen_insert(gen, client, false);
}

/* Exactly one more step, or two for a crash on the way. */
static void gen_more(struct gen *gen)
{
    size_t before = gen->out->step_count;
    bool done = false;
    for (int i = 0; i < GENERATE_TRIES && !done; i++) {
        done = gen_act(gen, (size_t)rng_below(&gen->rng, gen->client_count));
    }
    if (!done) {
        gen_step(gen, WHO_EVERYONE, VERB_WAITS)->after_ms =
            rng_range(&gen->rng, 1, 500);
        return;
    }
    if (rng_chance(&gen->rng, 300)) {
        static const int64_t pauses_ms[] = {5, 50, 200, 1000, 3000};
        gen->out->steps[before].after_ms = pauses_ms[rng_below(&gen->rng, 5)];
    }
}

/* Records that everyone has before anything goes wrong. */
static void gen_setup(struct gen *gen, size_t shared)
{
    for (size_t i = 0; i < shared; i++) {
        gen_insert(gen, 0, true);
    }
    gen_client_step(gen, 0, VERB_SYNCS);
    gen_step(gen, WHO_EVERYONE, VERB_SYNCS);
    for (size_t i = 0; i < gen->client_count; i++) {
        gen_talks(gen, i);
    }
}

static void gen_clients(struct gen *gen)
{
    size_t count = gen->client_count;
    gen->clients = arena_must(gen->arena, count, sizeof *gen->clients);
    gen->everyone = arena_must(gen->arena, count, sizeof *gen->everyone);
    gen->out->clients =
        arena_must(gen->arena, count, sizeof *gen->out->clients);
    gen->out->client_count = count;
    for (size_t i = 0; i < count; i++) {
        struct str name = i < GEN_NAMES
                              ? str_of(gen_names[i])
                              : arena_printf(gen->arena, "client%zu", i + 1);
        gen->everyone[i] = (uint32_t)i;
        gen->clients[i].name = name;
        gen->out->clients[i] = (struct client_decl){
            .name = name, .user = STR("user"), .app = STR("app")};
    }
}

static void gen_collections(struct gen *gen)
{
    static const char *const names[] = {"tasks", "notes"};
    struct scenario *out = gen->out;
    out->collection_count = 1 + (size_t)rng_below(&gen->rng, 2);
    out->collections =
        arena_must(gen->arena, out->collection_count, sizeof *out->collections);
    for (size_t i = 0; i < out->collection_count; i++) {
        struct collection_decl *decl = &out->collections[i];
        decl->name = str_of(names[i]);
        decl->fields = arena_must(gen->arena, GEN_FIELDS, sizeof *decl->fields);
        decl->field_count = GEN_FIELDS;
        for (size_t j = 0; j < GEN_FIELDS; j++) {
            decl->fields[j].name = str_of(gen_fields[j]);
            decl->fields[j].type = STR("text");
        }
    }
}

static void gen_world(struct gen *gen)
{
    static const int64_t latencies_ms[][2] = {
        {20, 20}, {5, 80}, {1, 400}, {100, 100}};
    static const struct str covers[] = {
        {"MERGE-5", 7}, {"PUSH-2", 6}, {"QUEUE-1", 7}};
    struct scenario *out = gen->out;
    size_t which = (size_t)rng_below(&gen->rng, 4);
    out->latency_low_ms = latencies_ms[which][0];
    out->latency_high_ms = latencies_ms[which][1];
    out->server_high_ms = rng_chance(&gen->rng, 500) ? 40 : 0;
    out->timers = rng_chance(&gen->rng, 125);
    out->cover_count = sizeof covers / sizeof covers[0];
    out->covers = arena_must(gen->arena, out->cover_count, sizeof *out->covers);
    memcpy(out->covers, covers, sizeof covers);
}

/* The line that the runner and its history show. */
static void gen_texts(struct gen *gen)
{
    struct buf line;
    buf_init(&line, 4096);
    for (size_t i = 0; i < gen->out->step_count; i++) {
        buf_clear(&line);
        step_print(gen->out, &gen->out->steps[i], &line);
        gen->out->steps[i].text = arena_str(gen->arena, buf_view(&line));
    }
    buf_free(&line);
}

static size_t within(size_t value, size_t low, size_t high)
{
    return value < low ? low : value > high ? high : value;
}

void scenario_generate(uint64_t seed, const struct generate_options *options,
                       struct arena *arena, struct scenario *out)
{
    struct gen gen = {.arena = arena, .options = options, .out = out};
    size_t steps = within(options->steps, 1, LIMIT_STEPS);
    size_t records = within(options->records, 1, GENERATE_RECORDS_MAX);
    size_t shared = within((records + 1) / 2, 1, steps);
    header_defaults(out);
    rng_init(&gen.rng, seed, STR("generate"));
    out->file = STR("generated");
    out->name = arena_printf(arena, "generated from seed %" PRIu64, seed);
    out->line = 1;
    out->index = 1;
    gen.client_count = within(options->clients, 1, LIMIT_CLIENTS);
    gen.record_cap = records;
    gen.records = arena_must(arena, records, sizeof *gen.records);
    gen.step_cap = shared + 2 + steps + 1;
    out->steps = arena_must(arena, gen.step_cap, sizeof *out->steps);
    gen_clients(&gen);
    gen_collections(&gen);
    gen_world(&gen);
    gen_setup(&gen, shared);
    size_t most = within(out->step_count + steps, 1, LIMIT_STEPS - 1);
    while (out->step_count < most) {
        gen_more(&gen);
    }
    gen_texts(&gen);
}
