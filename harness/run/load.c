/* SPDX-License-Identifier: MIT */
/* load - see load.h.  Layer: harness/run. */
#include "harness/run/load.h"

#include "base/asserts.h"
#include "harness/run/runner.h"
#include "harness/transport/wire.h"

struct loading {
    const struct load_options *options;
    struct load_result *result;
    struct runner runner;
    struct scenario scenario;
    struct run_options run;
    struct arena arena;
    int64_t began_ms;
    uint64_t made;
};

static void make_clients(struct loading *loading)
{
    struct runner *runner = &loading->runner;
    for (size_t i = 0; i < loading->options->clients; i++) {
        struct client_decl *decl =
            arena_must(&loading->arena, 1, sizeof(*decl));
        decl->name = arena_printf(&loading->arena, "load%zu", i);
        decl->user = STR("load");
        decl->app = arena_printf(&loading->arena, "load%zu", i / 2);
        struct run_client *client = client_create(runner, decl->name, decl);
        client->takes_part = true;
        engine_online(client->engine, client_moment(client), true);
        engine_sign_in(client->engine, client_moment(client));
        client_pump(client);
    }
}

static void write_and_sync(struct loading *loading, struct run_client *client)
{
    struct runner *runner = &loading->runner;
    struct str number = arena_printf(&loading->arena, "%llu",
                                     (unsigned long long)loading->made++);
    struct field *field = arena_must(&loading->arena, 1, sizeof(*field));
    *field = (struct field){.name = STR("n"), .value = number};
    const struct edit edit = {.kind = EDIT_INSERT,
                              .collection = STR("tasks"),
                              .id = number,
                              .fields = field,
                              .field_count = 1};
    struct err err;
    runner->script_ms++;
    enum status status =
        engine_edit(client->engine, client_moment(client), &edit, &err);
    ASSERT(status == ST_OK);
    engine_sync(client->engine, client_moment(client));
    client_pump(client);
}

static bool is_over(const struct loading *loading)
{
    return loading->options->real_ms() - loading->began_ms >=
           loading->options->duration_ms;
}

static void measure(struct loading *loading, size_t *bytes)
{
    if (loading->options->resident_bytes) {
        *bytes = loading->options->resident_bytes();
    }
}

static void count_failures(struct loading *loading)
{
    const struct history *history = &loading->runner.history;
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        loading->result->failures +=
            event->kind == EV_REPLY && !event->response;
    }
}

static void open_loading(struct loading *loading)
{
    const struct load_options *options = loading->options;
    struct runner *runner = &loading->runner;
    arena_init(&loading->arena, LIMIT_RUN_ARENA);
    run_options_defaults(&loading->run);
    loading->run.dialect = options->dialect;
    loading->run.tag = options->tag;
    loading->run.wire = options->wire;
    *runner = (struct runner){.scenario = &loading->scenario,
                              .options = &loading->run,
                              .arena = &loading->arena,
                              .inner = options->wire,
                              .net = options->wire};
    intern_init(&runner->intern, &loading->arena);
    history_init(&runner->history, &loading->arena);
    world_init(&runner->world);
    runner->world.wire = options->wire;
    runner->world.real_ms = options->real_ms;
    rng_init(&runner->rng, 1, STR("load"));
    runner->collections =
        arena_must(&loading->arena, 1, sizeof(*runner->collections));
    runner->collections[runner->collection_count++] = STR("tasks");
}

void load_run(const struct load_options *options, struct load_result *out)
{
    static struct loading loading;
    loading = (struct loading){.options = options, .result = out};
    *out = (struct load_result){0};
    measure(&loading, &out->bytes_before);
    open_loading(&loading);
    struct runner *runner = &loading.runner;
    loading.began_ms = options->real_ms();
    make_clients(&loading);
    clients_finish(runner);
    do {
        for (size_t i = 0; i < runner->client_count; i++) {
            write_and_sync(&loading, runner->clients[i]);
        }
        clients_finish(runner);
        if (out->rounds++ == 0) {
            measure(&loading, &out->bytes_connected);
        }
    } while (!is_over(&loading));
    out->took_ms = options->real_ms() - loading.began_ms;
    out->requests = runner->next_exchange;
    count_failures(&loading);
    world_free(&runner->world);
    arena_free(&loading.arena);
}
