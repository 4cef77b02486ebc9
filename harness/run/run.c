/* SPDX-License-Identifier: MIT */
/* run - see run.h.  Layer: harness/run. */
#include "harness/run/run.h"

#include "base/asserts.h"
#include "harness/check/check.h"
#include "harness/run/channels.h"
#include "harness/run/evidence.h"
#include "harness/run/secrets.h"
#include "harness/run/tokens.h"
#include "harness/transport/wire.h"
#include "mock_server/auth.h"

enum {
    EVENTS_USUAL = 512, /* of a scenario that is not long */
    TIMEOUT_USUAL_MS = 10000
};

static const char *const run_origins[] = {RUN_ORIGIN, NULL};

void run_options_defaults(struct run_options *options)
{
    *options = (struct run_options){
        .seed = 1, .check = true, .timeout_ms = TIMEOUT_USUAL_MS};
    options->dialect = dialect_find(STR("v2"));
    options->world = STR("virtual");
}

/* "scenarios/retry/lost_response.sync" to "retry" and "retry/lost_response". */
static struct str file_group(struct str file)
{
    size_t last = file.n, before = 0;
    for (size_t i = 0; i < file.n; i++) {
        if (file.p[i] == '/') {
            before = last == file.n ? 0 : last + 1;
            last = i;
        }
    }
    return last == file.n ? STR("")
                          : str_take(str_skip(file, before), last - before);
}

static struct str file_stem(struct str file)
{
    for (size_t i = file.n; i-- > 0;) {
        if (file.p[i] == '/') {
            file = str_skip(file, i + 1);
            break;
        }
    }
    return str_ends(file, STR(".sync")) ? str_take(file, file.n - 5) : file;
}

static struct str replay_line(const struct scenario *scenario,
                              const struct run_options *options, struct str id,
                              struct arena *arena)
{
    struct str how = options->replay;
    struct str what = options->by_id ? id : scenario->file;
    return arena_printf(
        arena, "syncspec %s %.*s%s%s%.*s --dialect %s --seed %llu --trace",
        options->by_id ? "check" : "run", STR_ARG(how), how.n > 0 ? " " : "",
        options->by_id ? "--only " : "", STR_ARG(what),
        dialect_argument(options->dialect), (unsigned long long)options->seed);
}

void run_describe(const struct scenario *scenario,
                  const struct run_options *options, struct arena *arena,
                  struct run_result *result)
{
    *result = (struct run_result){.name = scenario->name,
                                  .file = scenario->file,
                                  .world = options->world,
                                  .seed = options->seed};
    result->group = file_group(scenario->file);
    struct str stem = file_stem(scenario->file);
    result->id = arena_printf(arena, "%.*s%s%.*s#%zu", STR_ARG(result->group),
                              result->group.n > 0 ? "/" : "", STR_ARG(stem),
                              scenario->index);
    if (scenario->variant.n > 0) {
        result->name =
            arena_printf(arena, "%.*s [%.*s]", STR_ARG(scenario->name),
                         STR_ARG(scenario->variant));
    }
    result->dialect = str_of(options->dialect->name);
    struct buf covers;
    buf_init(&covers, 65536);
    for (size_t i = 0; i < scenario->cover_count; i++) {
        buf_puts(&covers, i > 0 ? " " : "");
        buf_str(&covers, scenario->covers[i]);
    }
    result->covers = arena_str(arena, buf_view(&covers));
    buf_free(&covers);
    result->replay = replay_line(scenario, options, result->id, arena);
}

/* Its counts and its commits can be seen and held in process only. */
static bool needs_inside(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        enum verb_id verb = step->verb->id;
        bool counts = verb == VERB_SERVER_HAS &&
                      step->option_count > (step_option(step, "grown") ? 1 : 0);
        if (counts || verb == VERB_SERVER_STALLS || verb == VERB_SERVER_WIPES) {
            return true;
        }
    }
    return false;
}

static bool weighs_server(const struct scenario *scenario)
{
    bool weighs = false;
    for (size_t i = 0; i < scenario->step_count; i++) {
        weighs = weighs || scenario->steps[i].verb->id == VERB_SERVER_WEIGHS;
    }
    return weighs;
}

static bool stops_server(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        const struct arg *server = step->verb->id == VERB_STORM_WRITES
                                       ? step_option(step, "server")
                                       : NULL;
        if (step->verb->id == VERB_SERVER_STOPS ||
            (server && str_is(server->value, "stops"))) {
            return true;
        }
    }
    return false;
}

static enum dialect_path channel_path(const struct dialect *base,
                                      const struct step *step)
{
    struct str word = step->word_count > 0 ? step->words[0].value : STR("");
    if (step->verb->id == VERB_LISTENS) {
        return str_is(word, "socket")    ? PATH_SOCKET
               : str_is(word, "unified") ? PATH_SOCKET_ALL
               : str_is(word, "stream")  ? PATH_STREAM
                                         : PATH_COUNT;
    }
    return step->verb->id == VERB_CONNECTS
               ? dialect_path_find(base, http_target_path(word), NULL)
               : PATH_COUNT;
}

/* A channel that the base has and this dialect has not. */
static bool needs_channel(const struct scenario *scenario,
                          const struct dialect *dialect)
{
    const struct dialect *base = dialect->base;
    bool lacks[PATH_COUNT + 1] = {[PATH_STREAM] = base->sse && !dialect->sse,
                                  [PATH_SOCKET] = base->ws && !dialect->ws,
                                  [PATH_SOCKET_ALL] =
                                      base->ws_unified && !dialect->ws_unified};
    for (size_t i = 0; base != dialect && i < scenario->step_count; i++) {
        if (lacks[channel_path(base, &scenario->steps[i])]) {
            return true;
        }
    }
    return false;
}

static bool has_quotes(struct str text)
{
    return str_find(text, '"') < text.n;
}

/* A message in pieces is not rewritten, for none of them has a whole name; nor
 * is one in hand-made frames, whose lengths count the names as they are. */
static bool frames_hold_names(const struct step *step)
{
    struct str kind =
        step->verb->id == VERB_FRAMES ? step->words[0].value : STR("");
    return str_is(kind, "continuation") ||
           (str_is(kind, "bytes") &&
            (has_quotes(step->body) || has_quotes(step->body_text)));
}

static bool cuts_names(const struct scenario *scenario,
                       const struct dialect *dialect)
{
    bool cuts = false;
    for (size_t i = 0; dialect->renames && i < scenario->step_count; i++) {
        cuts = cuts || frames_hold_names(&scenario->steps[i]);
    }
    return cuts && dialect_renames(dialect, GROUP_NOTICE, GROUP_TYPES);
}

/* Clauses of v2 alone about something that this dialect does not have. */
static bool needs_part(const struct scenario *scenario,
                       const struct dialect *dialect)
{
    const struct {
        struct str clause;
        bool lacks;
    } parts[] = {{STR("FID-9"), !dialect->change_extras},
                 {STR("ISO-3"), !dialect->change_extras},
                 {STR("CURSOR-5"), !dialect->has_more},
                 {STR("VALID-16"), dialect->schema_version_max == 0},
                 {STR("WS-2"), !dialect->ws_auth_ok},
                 {STR("WS-3"), !dialect->ws_auth_ok}};
    bool needs = false;
    if (dialect->base == dialect || scenario->dialects != DIALECT_V2) {
        return false;
    }
    for (size_t i = 0; i < scenario->cover_count; i++) {
        for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
            needs = needs || (parts[p].lacks &&
                              str_eq(scenario->covers[i], parts[p].clause));
        }
    }
    return needs;
}

struct str run_skip_reason(const struct scenario *scenario,
                           const struct run_options *options)
{
    bool wire = options->wire != NULL;
    if (!(scenario->worlds & (wire ? WORLD_WIRE : WORLD_VIRTUAL))) {
        return wire ? STR("written for virtual time only")
                    : STR("written for the wire only");
    }
    if (!(scenario->dialects & options->dialect->bit)) {
        return STR("of the other dialect");
    }
    if (needs_channel(scenario, options->dialect)) {
        return STR("the dialect does not have such a channel");
    }
    if (cuts_names(scenario, options->dialect)) {
        return STR("cuts names that the dialect calls otherwise");
    }
    if (needs_part(scenario, options->dialect)) {
        return STR("the dialect does not have what its clauses are about");
    }
    if (wire && scenario->restartable &&
        (!options->control.restart || !options->control.durable)) {
        return STR("needs a durable server that the suite may restart");
    }
    if (wire && !options->control.stop && stops_server(scenario)) {
        return STR("needs a server that the suite can ask to end");
    }
    if (wire && !options->control.memory && weighs_server(scenario)) {
        return STR("needs a server whose process the suite started");
    }
    if (wire && needs_inside(scenario)) {
        return STR("looks inside the bundled server");
    }
    struct str without =
        wire ? tokens_skip(tokens_source(options->tokens), scenario) : STR("");
    if (without.n > 0) {
        return without;
    }
    if (wire && scenario->page_size > 0) {
        return STR("needs another page size than the server's");
    }
    return STR("");
}

static void open_virtual(struct runner *runner)
{
    const struct run_options *options = runner->options;
    struct server_config config = {.origins = run_origins,
                                   .ahead_limit_s = RUN_AHEAD_LIMIT_S};
    config.dialect = options->dialect;
    config.bugs = options->server_bugs;
    config.mode = options->server_mode;
    config.page_size = (size_t)runner->scenario->page_size;
    runner->store = store_memory_open();
    runner->auth = auth_dev();
    ASSERT(runner->store && runner->auth);
    runner->server = server_create(&config, runner->store, runner->auth);
    ASSERT(runner->server);
    const struct scenario *scenario = runner->scenario;
    struct sim_config sim = {.seed = options->seed,
                             .dialect = options->dialect};
    sim.up = (struct latency){LATENCY_UNIFORM, scenario->latency_low_ms,
                              scenario->latency_high_ms};
    sim.down = sim.up;
    sim.server = (struct latency){LATENCY_UNIFORM, scenario->server_low_ms,
                                  scenario->server_high_ms};
    sim.epoch = SCRIPT_EPOCH;
    runner->inner = sim_create(&sim, &runner->world, runner->server);
    ASSERT(runner->inner);
}

static void close_virtual(struct runner *runner)
{
    transport_close(runner->inner);
    server_free(runner->server);
    auth_free(runner->auth);
    runner->store->ops->close(runner->store);
}

static void on_fault(void *context, const struct fault_victim *victim,
                     const struct fault_rule *rule)
{
    struct runner *runner = context;
    struct run_channel *channel = channel_find(runner, victim->id);
    if (channel && rule->action == FAULT_SILENCE) {
        channel->silenced = true;
    }
    history_append(
        &runner->history,
        (struct event){.kind = EV_FAULT,
                       .actor = channel ? channel->actor : victim->actor,
                       .t_ms = runner->world.now_ms,
                       .exchange = victim->id,
                       .text = rule->text});
}

static void make_actors(struct runner *runner)
{
    struct history *history = &runner->history;
    const char *names[] = {"everyone", "net", "server"};
    uint32_t *slots[] = {&runner->everyone_actor, &runner->net_actor,
                         &runner->server_actor};
    for (size_t i = 0; i < 3; i++) {
        const struct actor actor = {.name = str_of(names[i]),
                                    .device = (uint32_t)i};
        *slots[i] = history_actor(history, actor);
    }
    const struct scenario *scenario = runner->scenario;
    runner->collections = arena_must(
        runner->arena, scenario->collection_count + 1, sizeof(struct str));
    for (size_t i = 0; i < scenario->collection_count; i++) {
        runner->collections[i] = scenario->collections[i].name;
    }
    runner->collection_count = scenario->collection_count;
    if (runner->collection_count == 0) {
        runner->collections[runner->collection_count++] = STR("tasks");
    }
    for (size_t i = 0; i < scenario->client_count; i++) {
        client_create(runner, scenario->clients[i].name, &scenario->clients[i]);
    }
}

static void phase(struct runner *runner, const char *name)
{
    runner->phase = name;
    history_append(&runner->history,
                   (struct event){.kind = EV_PHASE,
                                  .t_ms = runner->world.now_ms,
                                  .text = str_of(name)});
}

/* Clients begin signed in and online, unless the script says otherwise. */
static void start_clients(struct runner *runner)
{
    for (size_t i = 0; i < runner->client_count; i++) {
        struct run_client *client = runner->clients[i];
        bool offline = client->decl->offline;
        client_life(client, offline ? LIFE_OFFLINE : LIFE_ONLINE);
        engine_online(client->engine, client_moment(client), !offline);
        if (!client->decl->guest) {
            client->takes_part = client->was_in = true;
            client_life(client, LIFE_SIGN_IN);
            engine_sign_in(client->engine, client_moment(client));
        }
        client_pump(client);
    }
    clients_finish(runner);
}

/* Whether it was missed is not known yet, and all that follows is the same. */
static bool left_to_witness(const struct runner *runner)
{
    return runner->options->first_look && runner->broken && runner->step &&
           runner->step->verb->id == VERB_HEARS;
}

static void play(struct runner *runner)
{
    const struct scenario *scenario = runner->scenario;
    phase(runner, "script");
    runner->phase = "start";
    start_clients(runner);
    for (size_t i = 0; i < scenario->step_count && !runner->broken &&
                       !run_is_hopeless(runner);
         i++) {
        step_play(runner, &scenario->steps[i]);
        if (runner->options->stepped) {
            runner->options->stepped(runner->options->stepped_context, i,
                                     &runner->history);
        }
    }
    bool left = left_to_witness(runner);
    runner->step = NULL;
    runner->history.line = 0;
    if (left) {
        run_mend(runner);
        channels_end(runner);
        clients_finish(runner);
        return;
    }
    phase(runner, "heal");
    run_heal(runner);
    phase(runner, "settle");
    bool settled =
        !run_is_hopeless(runner) && run_settle(runner, OPERATION_LIMIT_MS);
    channels_end(runner);
    clients_finish(runner);
    phase(runner, "observe");
    if (!run_is_hopeless(runner)) {
        run_observe(runner);
    }
    run_dump(runner);
    phase(runner, "done");
    const struct check_input input = {
        .history = &runner->history,
        .arena = runner->arena,
        .file = scenario->file,
        .covers = scenario->covers,
        .cover_count = scenario->cover_count,
        .collections = runner->collections,
        .collection_count = runner->collection_count,
        .lww = scenario->strategy.n == 0 ||
               str_is(scenario->strategy, "field-level-lww"),
        .settled = settled,
        .timers = scenario->timers,
        .scale =
            runner->world.scale *
            (runner->options->patience > 1 ? runner->options->patience : 1),
        .dialect = runner->options->dialect,
        .killed = runner->killed};
    if (runner->options->check) {
        checkers_run(&input, runner->result);
        evidence_of_findings(runner);
    }
}

/* Was this record (NULL: any) deleted without a time?  Then the server's clock
 * gave it one, which no two runs share. */
static bool timed_by_server(const struct history *history,
                            const struct event *state)
{
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        bool raw =
            event->kind == EV_SEND && event->as.request_kind == REQUEST_RAW;
        for (size_t c = 0; raw && c < event->change_count; c++) {
            const struct change *change = &event->changes[c];
            if (change->op == OP_DELETE && !change->has_deleted_at &&
                (!state || (str_eq(change->id, state->id) &&
                            str_eq(change->table, state->collection)))) {
                return true;
            }
        }
    }
    return false;
}

static uint64_t hash_field(uint64_t hash, const struct field *field)
{
    hash = hash_str(hash, field->name);
    hash = hash_str(hash, field->value);
    hash = hash_u64(hash, (uint64_t)field->at.s);
    return hash_u64(hash, (uint64_t)field->at.ns);
}

/* What every client holds at the end, by the script's names: times of the
 * world, cursors and live ids are left out. */
static uint64_t hash_states(const struct history *history)
{
    uint64_t hash = HASH_START;
    bool any_timed = timed_by_server(history, NULL);
    for (size_t i = 0; i < history->count; i++) {
        const struct event *event = &history->events[i];
        if (event->kind != EV_STATE || event->number != 1) {
            continue;
        }
        hash = hash_str(hash, history->actors[event->actor].name);
        hash = hash_str(hash, event->collection);
        hash = hash_str(hash, event->id);
        for (size_t f = 0; f < event->field_count; f++) {
            const struct field *field = &event->fields[f];
            if (any_timed && str_is(field->name, "deletedAt") &&
                timed_by_server(history, event)) {
                hash = hash_u64(hash, str_is(field->value, "null"));
            } else {
                hash = hash_field(hash, field);
            }
        }
    }
    return hash;
}

static void fill_result(struct runner *runner)
{
    struct run_result *result = runner->result;
    struct history *kept = arena_must(runner->arena, 1, sizeof(*kept));
    *kept = runner->history;
    result->history = kept;
    result->hash = history_hash(kept);
    result->state_hash = hash_states(kept);
    result->steps = runner->scenario->step_count;
    result->timeouts = runner->timeouts;
    result->requests = runner->next_exchange;
    result->world_ms = runner->world.now_ms;
    if (runner->world.overflow) {
        const struct verdict verdict = {
            .outcome = OUT_ERROR,
            .checker = STR("runner"),
            .file = runner->scenario->file,
            .line = runner->scenario->line,
            .what = STR("too many events at one time"),
            .expected = STR("a scenario within the limits"),
            .actual = STR("the event heap overflowed")};
        result_add(result, runner->arena, &verdict);
    }
}

void run_scenario(const struct scenario *scenario,
                  const struct run_options *options, struct arena *arena,
                  struct run_result *result)
{
    run_describe(scenario, options, arena, result);
    result->skip = run_skip_reason(scenario, options);
    if (result->skip.n > 0) {
        result->outcome = OUT_SKIP;
        return;
    }
    struct runner *runner = arena_must(arena, 1, sizeof(*runner));
    *runner = (struct runner){.scenario = scenario,
                              .options = options,
                              .result = result,
                              .arena = arena};
    intern_init(&runner->intern, arena);
    history_init(&runner->history, arena);
    history_reserve(&runner->history, EVENTS_USUAL);
    world_init(&runner->world);
    rng_init(&runner->rng, options->seed, STR("runner"));
    if (options->wire) {
        runner->inner = options->wire;
        runner->world.wire = options->wire;
        runner->world.real_ms = wire_clock_ms;
        runner->world.scale = options->time_scale > 1 ? options->time_scale : 1;
    } else {
        open_virtual(runner);
    }
    runner->net = faults_create(&runner->world, runner->inner, options->seed,
                                on_fault, runner);
    ASSERT(runner->net);
    make_actors(runner);
    secrets_note_headers(runner);
    play(runner);
    fill_result(runner);
    channels_free(runner);
    transport_close(runner->net);
    if (!options->wire) {
        close_virtual(runner);
    }
    world_free(&runner->world);
}
