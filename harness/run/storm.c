/* SPDX-License-Identifier: MIT */
/* storm - many writers that push at once, and observers that follow their
 * cursors all the while.  The late fresh one is the observer of every run.
 * Layer: harness/run. */
#include "harness/run/storm.h"

#include "harness/run/runner.h"

struct storm {
    struct runner *runner;
    struct storm_plan plan;
    size_t records, readers, reading; /* readers that have begun */
    struct str collection, upset;     /* "kills", "stops" or empty */
    struct run_client **clients;      /* writers, then readers */
    size_t *rounds;                   /* of each writer, done so far */
    size_t written;
    int64_t base_ms; /* on the wall clocks, of the first write */
    int64_t limit_ms;
};

/* ---- who writes what ---- */

static size_t size_of_rank(const struct storm_plan *plan, size_t rank)
{
    size_t more = plan->batch_max - plan->batch;
    return plan->writers < 2 ? plan->batch_max
                             : plan->batch + rank * more / (plan->writers - 1);
}

size_t storm_round_writes(const struct storm_plan *plan)
{
    size_t sum = 0;
    for (size_t rank = 0; rank < plan->writers; rank++) {
        sum += size_of_rank(plan, rank);
    }
    return sum;
}

size_t storm_rounds(const struct storm_plan *plan)
{
    size_t each = storm_round_writes(plan);
    return plan->total > 0 ? (plan->total + each - 1) / each : plan->rounds;
}

size_t storm_writes(const struct storm_plan *plan)
{
    return plan->total > 0 ? plan->total
                           : plan->rounds * storm_round_writes(plan);
}

struct storm_batch storm_batch_of(const struct storm_plan *plan, size_t round,
                                  size_t writer)
{
    struct storm_batch batch = {.first = round * storm_round_writes(plan)};
    for (size_t w = 0; w < writer; w++) {
        batch.first += size_of_rank(plan, (w + round) % plan->writers);
    }
    batch.count = size_of_rank(plan, (writer + round) % plan->writers);
    if (plan->total > 0 && batch.first + batch.count > plan->total) {
        batch.count = batch.first < plan->total ? plan->total - batch.first : 0;
    }
    return batch;
}

/* ---- clients ---- */

static size_t option_number(const struct step *step, const char *key,
                            size_t otherwise, size_t max)
{
    const struct arg *arg = step_option(step, key);
    int64_t number = 0;
    if (!arg || !str_to_i64(arg->value, &number) || number < 1) {
        return otherwise;
    }
    return (size_t)number > max ? max : (size_t)number;
}

static struct run_client *storm_client(struct storm *storm, const char *what)
{
    struct runner *runner = storm->runner;
    struct str name =
        arena_printf(runner->arena, "%s%zu", what, runner->client_count + 1);
    struct run_client *client =
        client_create(runner, name, &runner->scenario->clients[0]);
    client->storm = true;
    client->takes_part = true;
    client_life(client, LIFE_ONLINE);
    engine_online(client->engine, client_moment(client), true);
    client_life(client, LIFE_SIGN_IN);
    engine_sign_in(client->engine, client_moment(client));
    client_pump(client);
    return client;
}

static void make_writers(struct storm *storm)
{
    struct runner *runner = storm->runner;
    size_t writers = storm->plan.writers;
    storm->rounds = arena_must(runner->arena, writers, sizeof(*storm->rounds));
    storm->clients = arena_must(runner->arena, writers + storm->readers,
                                sizeof(*storm->clients));
    for (size_t w = 0; w < writers; w++) {
        storm->rounds[w] = 0;
        storm->clients[w] = storm_client(storm, "writer");
    }
    storm->clients[writers] = storm_client(storm, "tail");
    storm->reading = 1;
    clients_finish(runner);
}

/* Each begins when another part of the storm is over: where it is on its way
 * through the pages differs from all others. */
static void begin_readers(struct storm *storm, size_t total)
{
    while (storm->reading < storm->readers &&
           storm->written * storm->readers >= total * storm->reading) {
        storm->clients[storm->plan.writers + storm->reading] =
            storm_client(storm, "reader");
        storm->reading++;
    }
}

/* ---- writing ---- */

static void write_record(struct storm *storm, size_t writer,
                         enum edit_kind kind, size_t record, size_t number)
{
    struct runner *runner = storm->runner;
    struct run_client *client = storm->clients[writer];
    struct field *field = arena_must(runner->arena, 1, sizeof(*field));
    *field = (struct field){.name = STR("n")};
    field->value = arena_printf(runner->arena, "\"%.*s.%zu\"",
                                STR_ARG(client->name), number);
    const struct edit edit = {.kind = kind,
                              .collection = storm->collection,
                              .id = arena_printf(runner->arena, "storm%u-%zu",
                                                 runner->step->line, record),
                              .fields = field,
                              .field_count = 1};
    /* By its number and not by when its turn comes: the same in all worlds. */
    int64_t now_ms = runner->script_ms;
    runner->script_ms = storm->base_ms + 1 + (int64_t)number;
    struct err err = {.status = ST_OK};
    enum status status =
        engine_edit(client->engine, client_moment(client), &edit, &err);
    runner->script_ms = now_ms;
    if (status != ST_OK) {
        step_expect(runner, false, runner->step->text,
                    STR("a local write that is possible"),
                    arena_str(runner->arena, str_of(err.text)));
    }
}

/* Shared records exist on every device before the storm, so that the same
 * writes happen whatever the order of arrival is.  The script's bad network is
 * for the storm: with many devices all would hardly get through at once. */
static void make_shared(struct storm *storm)
{
    struct runner *runner = storm->runner;
    for (size_t r = 0; r < storm->records; r++) {
        write_record(storm, 0, EDIT_INSERT, r, r);
    }
    if (storm->records > 0) {
        faults_rest(runner->net, true);
        run_settle(runner, OPERATION_LIMIT_MS);
        faults_rest(runner->net, false);
    }
}

/* The next batch of a writer into its queue. */
static void write_batch(struct storm *storm, size_t writer)
{
    struct storm_batch batch =
        storm_batch_of(&storm->plan, storm->rounds[writer]++, writer);
    for (size_t b = 0; b < batch.count && !storm->runner->broken; b++) {
        size_t number = batch.first + b;
        if (storm->records > 0) {
            write_record(storm, writer, EDIT_UPDATE, number % storm->records,
                         storm->records + number);
        } else {
            write_record(storm, writer, EDIT_INSERT, number, number);
        }
    }
    storm->written += batch.count;
}

/* ---- all at once ---- */

static bool has_rounds(const struct storm *storm, size_t writer)
{
    return storm->rounds[writer] < storm_rounds(&storm->plan);
}

/* Has anybody come to an end who has something left to do?  Readers have that
 * only as long as somebody writes. */
static bool somebody_waits(void *context)
{
    const struct storm *storm = context;
    bool writing = false, waits = false;
    for (size_t w = 0; w < storm->plan.writers; w++) {
        bool busy = engine_busy(storm->clients[w]->engine);
        writing = writing || busy || has_rounds(storm, w);
        waits = waits || (!busy && has_rounds(storm, w));
    }
    for (size_t r = 0; r < storm->reading && writing; r++) {
        waits = waits ||
                !engine_busy(storm->clients[storm->plan.writers + r]->engine);
    }
    return waits || !writing;
}

/* Who has come to an end begins anew; false when all is written. */
static bool drive(struct storm *storm)
{
    struct runner *runner = storm->runner;
    bool writing = false;
    for (size_t w = 0; w < storm->plan.writers; w++) {
        struct run_client *client = storm->clients[w];
        if (!engine_busy(client->engine) && has_rounds(storm, w)) {
            write_batch(storm, w);
            engine_push(client->engine, client_moment(client));
            client_pump(client);
        }
        writing = writing || engine_busy(client->engine);
    }
    for (size_t r = 0; r < storm->reading && writing; r++) {
        struct run_client *client = storm->clients[storm->plan.writers + r];
        if (!engine_busy(client->engine)) {
            engine_pull(client->engine, client_moment(client), STR(""));
            client_pump(client);
        }
    }
    return writing && !runner->broken;
}

static void upset_server(struct storm *storm)
{
    if (str_is(storm->upset, "stops")) {
        server_stops(storm->runner);
    } else {
        server_kills(storm->runner);
    }
    server_restarts(storm->runner);
    storm->upset = (struct str){0};
}

static void play(struct storm *storm)
{
    struct runner *runner = storm->runner;
    size_t total = storm_writes(&storm->plan);
    while (!runner->broken && drive(storm)) {
        begin_readers(storm, total);
        if (storm->upset.n > 0 && storm->written * 2 >= total) {
            upset_server(storm);
        }
        if (!world_run(&runner->world, somebody_waits, storm,
                       storm->limit_ms) ||
            run_is_hopeless(runner)) {
            break;
        }
    }
}

bool action_storm(struct runner *runner, const struct step *step)
{
    if (step->verb->id != VERB_STORM_WRITES) {
        return false;
    }
    const struct arg *collection = step_option(step, "collection");
    const struct arg *upset = step_option(step, "server");
    struct storm storm = {
        .runner = runner,
        .plan = {.writers =
                     option_number(step, "writers", 8, LIMIT_CLIENTS / 2),
                 .rounds = option_number(step, "changes", 10, 10000),
                 .batch = option_number(step, "batch", 1, LIMIT_CHANGES),
                 .total = option_number(step, "total", 0, 1000000)},
        .records = option_number(step, "records", 0, 10000),
        .readers = option_number(step, "readers", 1, LIMIT_CLIENTS / 2),
        .upset = upset ? upset->value : (struct str){0},
        .base_ms = runner->script_ms,
        .limit_ms = runner->world.now_ms + OPERATION_LIMIT_MS,
        .collection = collection ? collection->value : runner->collections[0]};
    storm.plan.batch_max =
        option_number(step, "batch-max", storm.plan.batch, LIMIT_CHANGES);
    if (storm.plan.batch_max < storm.plan.batch) {
        storm.plan.batch_max = storm.plan.batch;
    }
    make_writers(&storm);
    make_shared(&storm);
    play(&storm);
    clients_finish(runner);
    runner->script_ms = storm.base_ms +
                        (int64_t)(storm.records + storm_writes(&storm.plan)) +
                        1;
    return true;
}
