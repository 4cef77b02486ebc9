/* SPDX-License-Identifier: MIT */
/* cmd_load - `syncspec load`: many clients on the wire, as fast as they can;
 * with --listen a soak of live channels, which is judged.  Timings are told,
 * they never decide.  Layer: harness/cli. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/dialect.h"
#include "harness/cli/edge.h"
#include "harness/cli/plant.h"
#include "harness/run/load.h"
#include "harness/run/soak.h"

enum { SECONDS_MAX = 86400 };

struct load_arguments {
    int64_t clients, seconds, seed;
    const char *server, *dialect, *listen, *cut_every, *reports, *script;
    struct cli_list bugs, client_bugs, report;
    bool verbose;
    struct str line; /* the command line, for the reports */
};

static size_t resident_bytes(void)
{
    return usage_of(0).resident_bytes;
}

/* ---- as fast as they can ---- */

static int load(const struct load_arguments *a,
                const struct target_config *config)
{
    struct target target;
    struct err err = {.status = ST_OK};
    struct arena arena;
    if (target_open(&target, config, &err) != ST_OK) {
        return cli_fail(cli_code_of(err.status), "load: %s", err.text);
    }
    arena_init(&arena, LIMIT_RUN_ARENA);
    const struct load_options options = {.wire = target.wire,
                                         .dialect = config->dialect,
                                         .tag = edge_tag(&arena),
                                         .clients = (size_t)a->clients,
                                         .duration_ms = a->seconds * 1000,
                                         .real_ms = wire_clock_ms,
                                         .resident_bytes = resident_bytes};
    struct load_result result;
    load_run(&options, &result);
    size_t grown = result.bytes_connected > result.bytes_before
                       ? result.bytes_connected - result.bytes_before
                       : 0;
    printf("%" PRId64 " clients, %zu rounds, %zu requests in %" PRId64
           " ms: %.0f requests/s, %zu failed, %.1f KB a client\n",
           a->clients, result.rounds, result.requests, result.took_ms,
           (double)result.requests * 1000.0 /
               (double)(result.took_ms > 0 ? result.took_ms : 1),
           result.failures, (double)grown / 1024.0 / (double)a->clients);
    arena_free(&arena);
    target_close(&target);
    return result.failures > 0 ? EXIT_PROPERTY : EXIT_PASS;
}

/* ---- live channels ---- */

/* What the soak tells goes to the reports. */
struct soak_reports {
    struct session session; /* only its reports are used */
    struct report_run run;
    const char *script;
    bool script_lost; /* it could not be written */
};

static void on_planned(void *context, const struct run_result *results,
                       size_t count)
{
    struct soak_reports *reports = context;
    for (size_t i = 0; i < reports->session.report_count; i++) {
        report_begin(reports->session.reports[i], &reports->run, results,
                     count);
    }
}

static void on_ended(void *context, const struct run_result *result)
{
    struct soak_reports *reports = context;
    for (size_t i = 0; i < reports->session.report_count; i++) {
        report_result(reports->session.reports[i], result);
    }
}

/* Each round's takes the place of the one before. */
static void on_scripted(void *context, size_t round, struct str text)
{
    struct soak_reports *reports = context;
    (void)round;
    if (!reports->script) {
        return;
    }
    FILE *file = fopen(reports->script, "wb");
    bool written = file && fwrite(text.p, 1, text.n, file) == text.n;
    written = file && fclose(file) == 0 && written;
    reports->script_lost = reports->script_lost || !written;
}

static void print_figures(const struct soak_options *options,
                          const struct soak_result *result)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    soak_write(options, result, &text);
    fputs(buf_view(&text).p, stdout);
    buf_free(&text);
}

static int end_reports(struct soak_reports *reports,
                       const struct soak_result *result)
{
    struct report_totals totals = {0};
    struct err err = {.status = ST_OK};
    for (size_t i = 0; i < reports->session.report_count; i++) {
        report_end(reports->session.reports[i], result->took_ms, &totals, &err);
    }
    return report_exit_code(&totals);
}

static int play(const struct load_arguments *a, struct soak_options *options,
                struct soak_reports *reports)
{
    struct edge_reports files = {.count = 0};
    const struct report_options how = {.color = edge_colors(stdout),
                                       .verbose = a->verbose};
    struct soak_result result;
    struct err err = {.status = ST_OK};
    if (!edge_open_reports(&files, &reports->session, a->reports, &a->report,
                           &how)) {
        edge_close_reports(&files, &reports->session);
        return EXIT_USAGE;
    }
    edge_catch_signals();
    options->interrupted = &edge_interrupted;
    enum status status = soak_run(options, &result, &err);
    int code = end_reports(reports, &result);
    if (status == ST_OK) {
        print_figures(options, &result);
    }
    bool written = edge_close_reports(&files, &reports->session);
    if (status != ST_OK) {
        return cli_fail(cli_code_of(status), "load: %s", err.text);
    }
    if (reports->script_lost) {
        return cli_fail(EXIT_OURS, "load: %s could not be written", a->script);
    }
    return written ? code : (int)EXIT_OURS;
}

/* The channels that the plan opens: does the dialect have them? */
static bool channels_fit(const struct dialect *dialect, enum soak_listen listen)
{
    bool mixed = listen == SOAK_MIXED;
    if (dialect->bit == DIALECT_V1 && listen != SOAK_SOCKET) {
        cli_fail(EXIT_USAGE, "load: in v1 there is only --listen socket");
        return false;
    }
    if (((mixed || listen == SOAK_SOCKET) && !dialect->ws) ||
        ((mixed || listen == SOAK_UNIFIED) && !dialect->ws_unified) ||
        ((mixed || listen == SOAK_STREAM) && !dialect->sse)) {
        cli_fail(EXIT_USAGE, "load: the dialect %s has no --listen %s",
                 dialect->name, soak_listen_name(listen));
        return false;
    }
    return true;
}

static bool read_plan(const struct load_arguments *a,
                      const struct dialect *dialect, struct soak_plan *plan)
{
    *plan = (struct soak_plan){.clients = (size_t)a->clients,
                               .duration_ms = a->seconds * 1000,
                               .seed = (uint64_t)a->seed};
    if (!soak_listen_find(str_of(a->listen), &plan->listen)) {
        cli_fail(EXIT_USAGE,
                 "load: --listen is socket, unified, stream or mixed, not "
                 "\"%s\"",
                 a->listen);
        return false;
    }
    if (!channels_fit(dialect, plan->listen)) {
        return false;
    }
    if (!duration_parse(str_of(a->cut_every), &plan->cut_every_ms) ||
        plan->cut_every_ms < 1) {
        cli_fail(EXIT_USAGE,
                 "load: --cut-every is a time, as 1s or 250ms, not \"%s\"",
                 a->cut_every);
        return false;
    }
    return true;
}

static struct str replay_of(const struct load_arguments *a, struct arena *arena)
{
    struct str text = arena_printf(
        arena,
        "syncspec load --listen %s --cut-every %s --clients %" PRId64
        " --seconds %" PRId64 " --dialect %s --seed %" PRId64,
        a->listen, a->cut_every, a->clients, a->seconds, a->dialect, a->seed);
    if (a->server) {
        text =
            arena_printf(arena, "%.*s --server %s", STR_ARG(text), a->server);
    }
    return cli_plant_text(text, &a->bugs, &a->client_bugs, arena);
}

static int soak(const struct load_arguments *a,
                const struct target_config *config)
{
    static struct soak_reports reports;
    struct soak_options options = {.target = *config};
    struct arena arena;
    int code = EXIT_USAGE;
    arena_init(&arena, LIMIT_RUN_ARENA);
    reports = (struct soak_reports){.script = a->script};
    reports.run =
        (struct report_run){.tool = STR("syncspec " SYNCSPEC_VERSION),
                            .target = str_of(a->server ? a->server : "bundled"),
                            .args = a->line,
                            .seed = (uint64_t)a->seed,
                            .started = edge_now(&arena)};
    run_options_defaults(&options.run);
    options.file = str_of(a->script ? a->script : "soak");
    options.tag_base = edge_tag(&arena);
    options.replay = replay_of(a, &arena);
    options.scripted = on_scripted;
    options.planned = on_planned;
    options.ended = on_ended;
    options.context = &reports;
    if (read_plan(a, config->dialect, &options.plan) &&
        cli_plant("load", &a->bugs, &a->client_bugs, &options.run)) {
        code = play(a, &options, &reports);
    }
    arena_free(&arena);
    return code;
}

/* ---- the command ---- */

static bool fits(const struct load_arguments *a)
{
    if (a->clients < 1 || a->clients > LIMIT_CLIENTS || a->seconds < 0 ||
        a->seconds > SECONDS_MAX) {
        cli_fail(EXIT_USAGE, "load: 1 to %d clients, up to %d seconds",
                 LIMIT_CLIENTS, SECONDS_MAX);
        return false;
    }
    bool judged = a->reports || a->script || a->report.count > 0 ||
                  a->bugs.count > 0 || a->client_bugs.count > 0 || a->verbose;
    if (!a->listen && (a->cut_every || judged)) {
        cli_fail(EXIT_USAGE, "load: %s is of live channels: say --listen too",
                 a->cut_every ? "--cut-every" : "that");
        return false;
    }
    if (a->listen && a->seconds < 1) {
        cli_fail(EXIT_USAGE, "load: --listen needs a second or more");
        return false;
    }
    if (a->server && a->bugs.count > 0) {
        cli_fail(EXIT_USAGE,
                 "load: --server does not go with --bug: the server is not "
                 "ours");
        return false;
    }
    return true;
}

static bool read_arguments(struct load_arguments *a, int argc, char **argv,
                           bool *helped)
{
    const struct cli_option options[] = {
        {"server", CLI_TEXT, &a->server, "URL",
         "default: a bundled server of its own"},
        {"dialect", CLI_TEXT, &a->dialect, CLI_DIALECT_ARGUMENT,
         "v1, v2 (default), or one described by a file"},
        {"clients", CLI_NUMBER, &a->clients, "N", "default: 100"},
        {"seconds", CLI_NUMBER, &a->seconds, "N", "default: 5"},
        {"listen", CLI_TEXT, &a->listen, "HOW",
         "soak: clients keep live channels, socket, unified, stream or mixed, "
         "and what they hold in the end is judged"},
        {"cut-every", CLI_TEXT, &a->cut_every, "TIME",
         "cut one of the channels so often (default: 1s)"},
        {"seed", CLI_NUMBER, &a->seed, "N", "of the soak (default: 1)"},
        {"script", CLI_TEXT, &a->script, "FILE",
         "keep the soak as a scenario: the last round of it"},
        {"reports", CLI_TEXT, &a->reports, "DIR",
         "write report.jsonl, junit.xml, report.tap and summary.md there"},
        {"report", CLI_LIST, &a->report, "FORMAT[:FILE]",
         EDGE_FORMATS "; may be repeated"},
        {"verbose", CLI_FLAG, &a->verbose, NULL, "show the passes too"},
        {"bug", CLI_LIST, &a->bugs, "NAME",
         "plant a bug in the bundled server"},
        {"client-bug", CLI_LIST, &a->client_bugs, "NAME",
         "plant a bug in the model clients"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "load", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return false;
    }
    *helped = parse.helped;
    if (!parse.helped && parse.left > 0) {
        cli_fail(EXIT_USAGE, "load: what is \"%s\"?", argv[0]);
        return false;
    }
    return true;
}

static struct str command_line(int argc, char **argv, struct arena *arena)
{
    struct str line = STR("load");
    for (int i = 0; i < argc; i++) {
        line = arena_printf(arena, "%.*s %s", STR_ARG(line), argv[i]);
    }
    return line;
}

int cmd_load(int argc, char **argv)
{
    static struct load_arguments a;
    struct arena arena;
    bool helped = false;
    a = (struct load_arguments){
        .clients = 100, .seconds = 5, .seed = 1, .dialect = "v2"};
    arena_init(&arena, LIMIT_RUN_ARENA);
    a.line = command_line(argc, argv, &arena); /* parsing moves argv */
    int code = EXIT_USAGE;
    if (read_arguments(&a, argc, argv, &helped) && !helped) {
        const char *folder = getenv("TMPDIR");
        struct target_config config = {.world =
                                           a.server ? "wire" : "wire:memory",
                                       .url = a.server,
                                       .program = edge_program(),
                                       .folder = folder ? folder : "/tmp",
                                       .server_bugs = cli_planted(&a.bugs),
                                       .time_scale = 1};
        if (fits(&a) && cli_dialect(a.dialect, &arena, &config.dialect)) {
            a.cut_every = a.cut_every ? a.cut_every : "1s";
            code = a.listen ? soak(&a, &config) : load(&a, &config);
        }
    }
    arena_free(&arena);
    a.line = STR("");
    return helped ? EXIT_PASS : code;
}
