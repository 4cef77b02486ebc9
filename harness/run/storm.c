/* SPDX-License-Identifier: MIT */
/* storm - many writers at once, with a tailing observer that follows its
 * cursors all the while.  The late fresh one is the observer of every run.
 * Layer: harness/run. */
#include "harness/run/runner.h"

struct storm {
    struct runner *runner;
    size_t writers, rounds, records, batch;
    struct str collection;
    struct run_client **clients; /* writers, then the tail */
    size_t made;                 /* writes so far: makes values unique */
};

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

static struct run_client *storm_client(struct storm *storm, struct str name)
{
    struct runner *runner = storm->runner;
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

static void write_record(struct storm *storm, size_t writer,
                         enum edit_kind kind, size_t record)
{
    struct runner *runner = storm->runner;
    struct run_client *client = storm->clients[writer];
    struct field *field = arena_must(runner->arena, 1, sizeof(*field));
    *field = (struct field){.name = STR("n")};
    field->value = arena_printf(runner->arena, "\"%.*s.%zu\"",
                                STR_ARG(client->name), storm->made++);
    const struct edit edit = {.kind = kind,
                              .collection = storm->collection,
                              .id = arena_printf(runner->arena, "storm%u-%zu",
                                                 runner->step->line, record),
                              .fields = field,
                              .field_count = 1};
    runner->script_ms++;
    struct err err = {.status = ST_OK};
    enum status status =
        engine_edit(client->engine, client_moment(client), &edit, &err);
    if (status != ST_OK) {
        step_expect(runner, false, runner->step->text,
                    STR("a local write that is possible"),
                    arena_str(runner->arena, str_of(err.text)));
    }
}

/* Shared records exist on every device before the storm, so that the same
 * writes happen whatever the order of arrival is. */
static void make_shared(struct storm *storm)
{
    struct runner *runner = storm->runner;
    for (size_t r = 0; r < storm->records; r++) {
        write_record(storm, 0, EDIT_INSERT, r);
    }
    if (storm->records > 0) {
        run_settle(runner, OPERATION_LIMIT_MS);
    }
}

static void write_one(struct storm *storm, size_t writer)
{
    if (storm->records > 0) {
        write_record(storm, writer, EDIT_UPDATE, storm->made % storm->records);
    } else {
        write_record(storm, writer, EDIT_INSERT, storm->made);
    }
}

static bool writers_idle(void *context)
{
    const struct storm *storm = context;
    for (size_t w = 0; w < storm->writers; w++) {
        if (engine_busy(storm->clients[w]->engine)) {
            return false;
        }
    }
    return true;
}

static bool tail_idle(void *context)
{
    const struct storm *storm = context;
    return !engine_busy(storm->clients[storm->writers]->engine) ||
           writers_idle(context);
}

/* All writers push at once, and the tail pulls as fast as it can meanwhile. */
static void play_round(struct storm *storm)
{
    struct runner *runner = storm->runner;
    struct run_client *tail = storm->clients[storm->writers];
    for (size_t w = 0; w < storm->writers; w++) {
        for (size_t b = 0; b < storm->batch && !runner->broken; b++) {
            write_one(storm, w);
        }
        engine_push(storm->clients[w]->engine,
                    client_moment(storm->clients[w]));
        client_pump(storm->clients[w]);
    }
    int64_t limit_ms = runner->world.now_ms + OPERATION_LIMIT_MS;
    while (!writers_idle(storm) && runner->world.now_ms < limit_ms) {
        engine_pull(tail->engine, client_moment(tail), STR(""));
        client_pump(tail);
        if (!world_run(&runner->world, tail_idle, storm, limit_ms)) {
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
    struct storm storm = {
        .runner = runner,
        .writers = option_number(step, "writers", 8, LIMIT_CLIENTS / 2),
        .rounds = option_number(step, "changes", 10, 10000),
        .records = option_number(step, "records", 0, 10000),
        .batch = option_number(step, "batch", 1, LIMIT_CHANGES),
        .collection = collection ? collection->value : runner->collections[0]};
    storm.clients =
        arena_must(runner->arena, storm.writers + 1, sizeof(*storm.clients));
    for (size_t w = 0; w < storm.writers; w++) {
        storm.clients[w] =
            storm_client(&storm, arena_printf(runner->arena, "writer%zu",
                                              runner->client_count + 1));
    }
    storm.clients[storm.writers] =
        storm_client(&storm, arena_printf(runner->arena, "tail%zu",
                                          runner->client_count + 1));
    clients_finish(runner);
    make_shared(&storm);
    for (size_t r = 0; r < storm.rounds && !runner->broken; r++) {
        play_round(&storm);
    }
    clients_finish(runner);
    return true;
}
