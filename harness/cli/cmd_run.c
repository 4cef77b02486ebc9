/* SPDX-License-Identifier: MIT */
/* cmd_run - `syncspec run`.  Layer: harness/cli. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/dialect.h"
#include "harness/cli/edge.h"
#include "harness/cli/identity.h"
#include "harness/cli/known_options.h"
#include "harness/cli/options.h"
#include "harness/cli/plant.h"

enum { TIME_SCALE_MAX = 1000, JOBS_MAX = 256 };

struct run_arguments {
    const char *worlds, *server, *dialect, *only, *reports, *ca_file, *keep,
        *server_mode;
    int64_t seed, time_scale, jobs;
    bool trace, verbose, insecure, fail_fast, annotations, witness;
    struct cli_list bugs, client_bugs, report;
    struct identity identity;
    struct known_options known;
    char **paths;
    size_t path_count;
    struct arena *arena;
    struct str line; /* the command line, for the reports */
};

static bool read_arguments(struct run_arguments *a, int argc, char **argv,
                           bool *helped)
{
    const struct cli_option options[] = {
        {"worlds", CLI_TEXT, &a->worlds, "LIST",
         "virtual, wire:memory, wire:sqlite (default: virtual)"},
        {"server", CLI_TEXT, &a->server, "URL",
         "run on the wire against this server"},
        IDENTITY_OPTIONS(&a->identity),
        {"dialect", CLI_TEXT, &a->dialect, CLI_DIALECT_ARGUMENT,
         "v1, v2, both, or one described by a file"},
        {"only", CLI_TEXT, &a->only, "TEXT",
         "scenarios whose name or file has TEXT, or that cover a clause"},
        {"seed", CLI_NUMBER, &a->seed, "N", "of all randomness (default: 1)"},
        {"reports", CLI_TEXT, &a->reports, "DIR",
         "write report.jsonl, junit.xml, report.tap and summary.md there"},
        {"report", CLI_LIST, &a->report, "FORMAT[:FILE]",
         EDGE_FORMATS "; may be repeated"},
        {"trace", CLI_FLAG, &a->trace, NULL,
         "show the whole history of what failed"},
        {"verbose", CLI_FLAG, &a->verbose, NULL, "show the passes too"},
        {"bug", CLI_LIST, &a->bugs, "NAME",
         "plant a bug in the bundled server, or \"canary\" in the judge"},
        {"server-mode", CLI_TEXT, &a->server_mode, "NAME",
         "the bundled server's: log (default), merging or repeating"},
        {"client-bug", CLI_LIST, &a->client_bugs, "NAME",
         "plant a bug in the model clients"},
        {"cacert", CLI_TEXT, &a->ca_file, "FILE",
         "trust the certificates in FILE"},
        {"insecure", CLI_FLAG, &a->insecure, NULL, "do not check certificates"},
        {"time-scale", CLI_NUMBER, &a->time_scale, "N",
         "seconds of the server in one real second while live channels are "
         "open; --server: as it was started with (default: 1)"},
        {"witness", CLI_FLAG, &a->witness, NULL,
         "live channels by a second, plain client in place of the libraries"},
        {"jobs", CLI_NUMBER, &a->jobs, "N",
         "play with N processes; what is told is the same (default: 1)"},
        KNOWN_OPTIONS(&a->known),
        {"fail-fast", CLI_FLAG, &a->fail_fast, NULL,
         "end after the first failure"},
        {"keep", CLI_TEXT, &a->keep, "DIR",
         "folder for database files (default: TMPDIR or /tmp)"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "run", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return false;
    }
    *helped = parse.helped;
    a->paths = argv;
    a->path_count = parse.left;
    return true;
}

/* What somebody must say to see the same again. */
static struct str replay_options(const struct run_arguments *a,
                                 const char *world, struct arena *arena)
{
    struct str text = STR("");
    if (a->server) {
        text = arena_printf(arena, "--server %s ", a->server);
    } else if (strcmp(world, "virtual") != 0) {
        text = arena_printf(arena, "--worlds %s ", world);
    }
    if (a->ca_file) {
        text =
            arena_printf(arena, "%.*s--cacert %s ", STR_ARG(text), a->ca_file);
    }
    if (a->insecure) {
        text = arena_printf(arena, "%.*s--insecure ", STR_ARG(text));
    }
    if (a->time_scale > 0) {
        text = arena_printf(arena, "%.*s--time-scale %" PRId64 " ",
                            STR_ARG(text), a->time_scale);
    }
    if (a->witness) {
        text = arena_printf(arena, "%.*s--witness ", STR_ARG(text));
    }
    text = identity_replay(&a->identity, text, arena);
    if (a->server_mode) {
        text = arena_printf(arena, "%.*s--server-mode %s ", STR_ARG(text),
                            a->server_mode);
    }
    text = str_take(text, text.n > 0 ? text.n - 1 : 0);
    text = cli_plant_text(text, &a->bugs, &a->client_bugs, arena);
    return str_starts(text, STR(" ")) ? str_skip(text, 1) : text;
}

static bool add_target(struct session *session, const struct run_arguments *a,
                       const char *world, const char *dialect)
{
    const char *folder = a->keep ? a->keep : getenv("TMPDIR");
    struct target_config config = {.world = world,
                                   .url = a->server,
                                   .program = edge_program(),
                                   .folder = folder ? folder : "/tmp",
                                   .ca_file = a->ca_file,
                                   .insecure = a->insecure,
                                   .server_bugs = cli_planted(&a->bugs),
                                   .server_mode = a->server_mode,
                                   .time_scale = a->time_scale,
                                   .replay =
                                       replay_options(a, world, a->arena)};
    identity_apply(&a->identity, &config);
    if (!cli_dialect(dialect, a->arena, &config.dialect)) {
        return false;
    }
    if (session->target_count == SESSION_WORLDS_MAX) {
        cli_fail(EXIT_USAGE, "run: more than %d worlds", SESSION_WORLDS_MAX);
        return false;
    }
    session->targets[session->target_count++] = config;
    return true;
}

static const char *known_world(struct str name)
{
    static const char *const worlds[] = {"virtual", "wire:memory",
                                         "wire:sqlite"};
    for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
        if (str_is(name, worlds[i])) {
            return worlds[i];
        }
    }
    cli_fail(EXIT_USAGE,
             "run: no world is named \"%.*s\"; there are virtual, "
             "wire:memory and wire:sqlite (and --server URL)",
             STR_ARG(name));
    return NULL;
}

static bool add_world(struct session *session, const struct run_arguments *a,
                      const char *world)
{
    bool both = strcmp(a->dialect, "both") == 0;
    if (!both) {
        return add_target(session, a, world, a->dialect);
    }
    return add_target(session, a, world, "v2") &&
           add_target(session, a, world, "v1");
}

static bool on_wire(const struct run_arguments *a)
{
    return a->server || (a->worlds && strstr(a->worlds, "wire"));
}

/* Options of live channels on the wire, where nothing else is asked for. */
static bool live_options_fit(const struct run_arguments *a)
{
    bool wire = on_wire(a);
    if (a->time_scale > TIME_SCALE_MAX) {
        cli_fail(EXIT_USAGE, "run: --time-scale is at most %d", TIME_SCALE_MAX);
        return false;
    }
    if (!wire && (a->time_scale > 0 || a->witness)) {
        cli_fail(EXIT_USAGE,
                 "run: %s is of the wire: say --worlds wire:memory or "
                 "--server URL",
                 a->witness ? "--witness" : "--time-scale");
        return false;
    }
    return true;
}

static bool mode_fits(const struct run_arguments *a)
{
    enum server_mode mode;
    if (a->server_mode &&
        (a->server || !server_mode_find(str_of(a->server_mode), &mode))) {
        cli_fail(EXIT_USAGE, "run: --server-mode is log, merging or repeating, "
                             "and of the bundled server");
        return false;
    }
    return true;
}

static bool add_worlds(struct session *session, struct run_arguments *a)
{
    bool planted = false;
    if (!mode_fits(a)) {
        return false;
    }
    for (size_t i = 0; i < a->bugs.count; i++) {
        planted = planted || strcmp(a->bugs.items[i], "canary") != 0;
    }
    if (a->server && (a->worlds || planted)) {
        cli_fail(EXIT_USAGE,
                 "run: --server does not go with %s: the server is "
                 "not ours",
                 a->worlds ? "--worlds" : "--bug");
        return false;
    }
    if (a->server) {
        if (strncmp(a->server, "http://", 7) != 0 &&
            strncmp(a->server, "https://", 8) != 0) {
            cli_fail(EXIT_USAGE,
                     "run: --server wants an http:// or https:// URL, not "
                     "\"%s\"",
                     a->server);
            return false;
        }
        a->dialect = a->dialect ? a->dialect : "v2";
        if (strcmp(a->dialect, "both") == 0) {
            cli_fail(EXIT_USAGE, "run: a server speaks one dialect: say "
                                 "--dialect v1, v2 or FILE");
            return false;
        }
        return add_target(session, a, "wire", a->dialect);
    }
    a->dialect = a->dialect ? a->dialect : "both";
    struct str rest = str_of(a->worlds ? a->worlds : "virtual");
    while (rest.n > 0) {
        size_t comma = str_find(rest, ',');
        const char *world = known_world(str_take(rest, comma));
        if (!world || !add_world(session, a, world)) {
            return false;
        }
        rest = str_skip(rest, comma + 1);
    }
    return true;
}

static bool select_all(struct run_arguments *a, struct arena *arena,
                       struct selection *selection, int *code)
{
    struct err err = {.status = ST_OK};
    for (size_t i = 0; i < a->path_count; i++) {
        if (select_path(a->paths[i], arena, selection, &err) != ST_OK) {
            *code = cli_fail(EXIT_USAGE, "%s", err.text);
            return false;
        }
    }
    struct selection all = *selection;
    *code = known_options_open(&a->known, "run", &all.list, arena);
    if (*code != EXIT_PASS) {
        return false;
    }
    if (a->only && select_only(selection, a->only) == 0) {
        struct str closest = select_closest(&all, a->only);
        *code = closest.n > 0
                    ? cli_fail(EXIT_NOTHING,
                               "run: nothing matches \"%s\"; did you mean "
                               "%.*s?",
                               a->only, STR_ARG(closest))
                    : cli_fail(EXIT_NOTHING, "run: nothing matches \"%s\"",
                               a->only);
        return false;
    }
    if (selection->list.count == 0) {
        *code = cli_fail(EXIT_NOTHING, "run: no scenario in %s",
                         a->path_count > 0 ? a->paths[0] : "nothing");
        return false;
    }
    return true;
}

static int play(struct session *session, struct run_arguments *a,
                struct arena *arena)
{
    struct edge_reports reports = {.count = 0};
    const struct report_options options = {
        .color = edge_colors(stdout), .verbose = a->verbose, .trace = a->trace};
    if (!edge_open_reports(&reports, session, a->reports, &a->report,
                           &options)) {
        edge_close_reports(&reports, session);
        return EXIT_USAGE;
    }
    int code = known_options_attach(&a->known, "run", session);
    if (code != EXIT_PASS) {
        edge_close_reports(&reports, session);
        return code;
    }
    const struct report_run run = {
        .tool = STR("syncspec " SYNCSPEC_VERSION),
        .target = str_of(a->server ? a->server : "bundled"),
        .args = a->line,
        .seed = (uint64_t)a->seed,
        .started = edge_now(arena)};
    struct report_totals totals = {0};
    struct err err = {.status = ST_OK};
    edge_catch_signals();
    session->interrupted = &edge_interrupted;
    enum status status = session_run(session, &run, &totals, &err);
    bool written = edge_close_reports(&reports, session) &&
                   known_options_close(&a->known, "run");
    if (a->reports && written) {
        printf("reports: %s\n", a->reports);
    }
    if (status != ST_OK) {
        return cli_fail(status == ST_IO ? EXIT_OURS : cli_code_of(status), "%s",
                        err.text);
    }
    return written ? report_exit_code(&totals) : (int)EXIT_OURS;
}

static struct str command_line(int argc, char **argv, struct arena *arena)
{
    struct str line = STR("run");
    for (int i = 0; i < argc; i++) {
        line = arena_printf(arena, "%.*s %s", STR_ARG(line),
                            identity_shown(i > 0 ? argv[i - 1] : "", argv[i]));
    }
    return line;
}

static bool jobs_fit(const struct run_arguments *a)
{
    if (a->jobs > JOBS_MAX) {
        cli_fail(EXIT_USAGE, "run: --jobs wants 0 to %d", JOBS_MAX);
        return false;
    }
    return true;
}

/* The issuer answers while servers are started and scenarios are played. */
static int identify_and_play(struct session *session, struct run_arguments *a,
                             struct selection *selection)
{
    int code = identity_open(&a->identity, "run");
    session->options.tokens = a->identity.tokens;
    if (code == EXIT_PASS) {
        code = EXIT_USAGE;
        if (add_worlds(session, a) &&
            select_all(a, a->arena, selection, &code)) {
            code = identity_prepare(&a->identity, "run", &selection->list);
            code = code == EXIT_PASS ? play(session, a, a->arena) : code;
        }
    }
    identity_close(&a->identity);
    return code;
}

int cmd_run(int argc, char **argv)
{
    static struct run_arguments a;
    struct arena arena;
    a = (struct run_arguments){.seed = 1,
                               .known.retries = KNOWN_RETRIES_UNSAID};
    bool helped = false;
    arena_init(&arena, LIMIT_RUN_ARENA);
    a.line = command_line(argc, argv, &arena); /* parsing moves argv */
    if (!read_arguments(&a, argc, argv, &helped) || helped) {
        arena_free(&arena);
        return helped ? EXIT_PASS : EXIT_USAGE;
    }
    if (a.path_count == 0) {
        arena_free(&arena);
        return cli_fail(EXIT_USAGE, "run: which scenarios? Give a file or a "
                                    "folder, for example scenarios");
    }
    a.arena = &arena;
    struct selection selection = {.files = 0};
    struct session session = {.scenarios = &selection.list,
                              .real_ms = wire_clock_ms,
                              .fail_fast = a.fail_fast,
                              .trace = a.trace,
                              .jobs = (size_t)a.jobs,
                              .leave = _exit};
    run_options_defaults(&session.options);
    session.options.seed = (uint64_t)a.seed;
    session.options.witness = a.witness;
    session.tag_base = edge_tag(&arena);
    int code = EXIT_USAGE;
    if (jobs_fit(&a) && live_options_fit(&a) &&
        cli_plant("run", &a.bugs, &a.client_bugs, &session.options) &&
        identity_check(&a.identity, "run", a.server != NULL, on_wire(&a))) {
        code = identify_and_play(&session, &a, &selection);
    }
    a.arena = NULL;
    arena_free(&arena);
    return code;
}
