/* SPDX-License-Identifier: MIT */
/* observe - the end of a run: a fresh observer for every user and app reads
 * all from the first-sync cursor, past the script's bad network and without
 * the model client's code; then every replica is put into the history.
 * Layer: harness/run. */
#include "harness/run/runner.h"

struct tables {
    struct str *names;
    size_t count, cap;
};

static void tables_add(struct runner *runner, struct tables *tables,
                       struct str name)
{
    for (size_t i = 0; i < tables->count; i++) {
        if (str_eq(tables->names[i], name)) {
            return;
        }
    }
    if (name.n == 0 || tables->count >= LIMIT_COLLECTIONS) {
        return;
    }
    tables->names = arena_grow(runner->arena, tables->names, tables->count,
                               &tables->cap, sizeof(*tables->names));
    tables->names[tables->count++] = name;
}

/* The clients' collections and every other that somebody wrote to. */
static struct tables tables_of(struct runner *runner)
{
    struct tables tables = {0};
    for (size_t i = 0; i < runner->collection_count; i++) {
        tables_add(runner, &tables, runner->collections[i]);
    }
    for (size_t i = 0; i < runner->history.count; i++) {
        const struct event *event = &runner->history.events[i];
        for (size_t c = 0;
             event->kind == EV_SEND && event->as.request_kind == REQUEST_RAW &&
             c < event->change_count;
             c++) {
            tables_add(runner, &tables, event->changes[c].table);
        }
    }
    return tables;
}

static struct str pull_target(struct runner *runner, struct str app,
                              struct str table, struct str since)
{
    const struct dialect *dialect = runner->options->dialect;
    struct buf target;
    buf_init(&target, LIMIT_TARGET_BYTES);
    http_encode(&target, app);
    struct str name = arena_str(runner->arena, buf_view(&target));
    buf_clear(&target);
    dialect_path_write(dialect, PATH_PULL, name, &target);
    dialect_pull_write(dialect, table, since, &target);
    struct str out = arena_str(runner->arena, buf_view(&target));
    buf_free(&target);
    return out;
}

/* One page; NULL when it could not be had. */
static const struct response *pull_page(struct runner *runner, uint32_t actor,
                                        struct str table, struct str since)
{
    const struct actor who = runner->history.actors[actor];
    struct raw_call *call = arena_must(runner->arena, 1, sizeof(*call));
    call->runner = runner;
    call->actor = actor;
    call->kind = REQUEST_PULL;
    call->collection = table;
    call->since = since;
    call->direct = true;
    call->request.method = STR("GET");
    call->request.target = pull_target(runner, who.app, table, since);
    struct str token = user_token(runner, who.user, TOKEN_GOOD, false);
    http_header_add(&call->request, STR("Authorization"),
                    arena_printf(runner->arena, "Bearer %.*s", STR_ARG(token)));
    http_header_add(
        &call->request,
        dialect_name(runner->options->dialect, NAME_HEADER_CLIENT_ID),
        who.client_id);
    raw_start(call);
    world_run(&runner->world, raw_done, call,
              runner->world.now_ms + OPERATION_LIMIT_MS);
    return call->response;
}

static void observe_table(struct runner *runner, uint32_t actor,
                          struct str table)
{
    struct str since = STR(CURSOR_EPOCH_TEXT);
    for (size_t page = 0; page < OBSERVER_PAGES_MAX; page++) {
        const struct response *response =
            pull_page(runner, actor, table, since);
        if (!response || !response->has_more ||
            str_eq(response->synced_until, since)) {
            return;
        }
        since = response->synced_until;
    }
}

static uint32_t observer_create(struct runner *runner, uint32_t like)
{
    const struct actor model = runner->history.actors[like];
    struct str tag = runner->options->tag;
    const struct actor actor = {
        .name = STR("observer"),
        .user = model.user,
        .app = model.app,
        .client_id = arena_printf(runner->arena, "observer-%u%s%.*s", like,
                                  tag.n > 0 ? "-" : "", STR_ARG(tag)),
        .device = (uint32_t)runner->history.actor_count,
        .is_observer = true};
    return history_actor(&runner->history, actor);
}

void run_observe(struct runner *runner)
{
    struct tables tables = tables_of(runner);
    size_t actors = runner->history.actor_count;
    for (size_t i = 0; i < actors; i++) {
        const struct actor *who = &runner->history.actors[i];
        bool seen = who->user.n == 0;
        for (size_t o = 0; !seen && o < runner->history.actor_count; o++) {
            const struct actor *other = &runner->history.actors[o];
            seen = other->is_observer && str_eq(other->user, who->user) &&
                   str_eq(other->app, who->app);
        }
        if (seen) {
            continue;
        }
        uint32_t observer = observer_create(runner, (uint32_t)i);
        for (size_t t = 0; t < tables.count; t++) {
            observe_table(runner, observer, tables.names[t]);
        }
    }
}

/* The canary changes what one replica says it holds: whoever does not fail
 * then would never fail. */
static void sing(struct runner *runner, struct event *event)
{
    struct field *fields =
        arena_must(runner->arena, event->field_count, sizeof(*fields));
    for (size_t i = 0; i < event->field_count; i++) {
        fields[i] = event->fields[i];
    }
    fields[event->field_count - 1].value = STR("\"canary\"");
    event->fields = fields;
}

void run_dump(struct runner *runner)
{
    bool canary = runner->options->canary;
    for (size_t i = 0; i < runner->client_count; i++) {
        struct run_client *client = runner->clients[i];
        if (!client->takes_part || !engine_signed_in(client->engine)) {
            continue;
        }
        size_t count = 0;
        const struct record *const *records =
            device_records(client->device, runner->arena, &count);
        for (size_t r = 0; r < count; r++) {
            struct event event = {.kind = EV_STATE,
                                  .actor = client->actor,
                                  .t_ms = runner->world.now_ms,
                                  .number = 1,
                                  .collection = records[r]->collection,
                                  .id = records[r]->id,
                                  .fields = records[r]->fields,
                                  .field_count = records[r]->field_count};
            if (canary && event.field_count > 0) {
                sing(runner, &event);
                canary = false;
            }
            history_append(&runner->history, event);
        }
        if (count == 0) { /* an empty replica is a state too */
            history_append(&runner->history,
                           (struct event){.kind = EV_STATE,
                                          .actor = client->actor,
                                          .t_ms = runner->world.now_ms,
                                          .number = 1});
        }
    }
}
