/* SPDX-License-Identifier: MIT */
/* cmd_check - `syncspec check`: which clauses hold on a server.
 * Layer: harness/cli. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/check.h"

enum { ASK_AGAIN_MS = 500 };

static struct str command_line(int argc, char **argv, struct arena *arena)
{
    struct str line = STR("check");
    for (int i = 0; i < argc; i++) {
        line = arena_printf(arena, "%.*s %s", STR_ARG(line),
                            identity_shown(i > 0 ? argv[i - 1] : "", argv[i]));
    }
    return line;
}

static const char *url_of(const struct check *check)
{
    return check->url ? check->url : check->served.url;
}

static struct target_config target_of(struct check *check)
{
    struct target_config config = {
        .world = "wire",
        .url = url_of(check),
        .program = edge_program(),
        .ca_file = check->ca_file,
        .insecure = check->insecure,
        .dialect = check->probe.dialect,
        .served = check->server_command ? &check->served : NULL,
        .wait_ms = check->wait_ms,
        .pace = check->pace,
        .time_scale = check->time_scale,
        .replay = check_replay(check)};
    identity_apply(&check->identity, &config);
    return config;
}

/* ---- once ---- */

static void session_make(struct check *check, struct session *session)
{
    check->suite.level = check->profile.level;
    check->suite.probe = &check->probe;
    check->suite.served = check->server_command ? &check->served : NULL;
    check->suite.wait_ms = check->wait_ms;
    check->known.known.strict = check->profile.level == LEVEL_STRICT;
    *session = (struct session){.scenarios = &check->cases.list,
                                .targets = {target_of(check)},
                                .target_count = 1,
                                .suite = &check->suite,
                                .interrupted = &edge_interrupted,
                                .real_ms = wire_clock_ms,
                                .fail_fast = check->fail_fast,
                                .trace = check->trace,
                                .jobs = (size_t)check->jobs,
                                .leave = _exit};
    run_options_defaults(&session->options);
    session->options.seed = (uint64_t)check->seed;
    session->options.timeout_ms = check->timeout_ms;
    session->options.patience = check->patience;
    session->options.tokens = check->identity.tokens;
    session->options.by_id = true;
    session->tag_base = edge_tag(check->arena);
}

static void collect(void *context, const struct run_result *result)
{
    if (outcome_fails(result->outcome, false) || result->outcome == OUT_ERROR ||
        result->outcome == OUT_UNKNOWN) {
        past_add(context, result);
    }
}

static struct report_run run_of(const struct check *check)
{
    struct str profile = check->only ? STR("") : str_of(check->profile_name);
    return (struct report_run){.tool = STR("syncspec " SYNCSPEC_VERSION),
                               .target = str_of(url_of(check)),
                               .args = check->line,
                               .seed = (uint64_t)check->seed,
                               .started = edge_now(check->arena),
                               .strict = check->profile.level == LEVEL_STRICT,
                               .profile = profile,
                               .facts = check->probe.facts,
                               .fact_count = check->probe.fact_count};
}

static int end_of(struct check *check, enum status status, bool written,
                  const struct report_totals *totals, const struct err *err)
{
    if (check->reports && written) {
        printf("reports: %s\n", check->reports);
    }
    if (status != ST_OK) {
        return cli_fail(status == ST_IO ? EXIT_OURS : cli_code_of(status), "%s",
                        err->text);
    }
    return written ? report_exit_code(totals) : (int)EXIT_OURS;
}

int check_play(struct check *check, struct past *failing)
{
    struct session session;
    struct edge_reports reports = {.conformance = true};
    struct report_totals totals = {0};
    struct err err = {.status = ST_OK};
    const struct report_options options = {.color = edge_colors(stdout),
                                           .verbose = check->verbose,
                                           .trace = check->trace};
    session_make(check, &session);
    if (!edge_open_reports(&reports, &session, check->reports, &check->report,
                           &options)) {
        edge_close_reports(&reports, &session);
        return EXIT_USAGE;
    }
    int code = known_options_attach(&check->known, "check", &session);
    if (code == EXIT_PASS && session.report_count == SESSION_REPORTS_MAX) {
        code = cli_fail(EXIT_USAGE, "check: too many reports");
    }
    if (code != EXIT_PASS) {
        edge_close_reports(&reports, &session);
        return code;
    }
    session.reports[session.report_count++] = report_collect(collect, failing);
    const struct report_run run = run_of(check);
    enum status status = session_run(&session, &run, &totals, &err);
    bool written = edge_close_reports(&reports, &session) &&
                   known_options_close(&check->known, "check");
    return end_of(check, status, written, &totals, &err);
}

/* ---- the whole of it ---- */

static int start_server(struct check *check)
{
    struct err err = {.status = ST_OK};
    if (check->server_command &&
        served_start(&check->served, check->server_command, check->url, &err) !=
            ST_OK) {
        return cli_fail(EXIT_TARGET, "check: --server-command: %s", err.text);
    }
    return EXIT_PASS;
}

static bool signs(const struct check *check)
{
    return tokens_source(check->identity.tokens) == TOKENS_ISSUER;
}

/* What was found out outlives what it was found out with: megabytes, which
 * every process that plays cases would inherit. */
static void keep_facts(struct check *check)
{
    struct probe *probe = &check->probe;
    for (size_t i = 0; i < probe->fact_count; i++) {
        struct report_fact *fact = &probe->facts[i];
        fact->name = arena_str(check->arena, fact->name);
        fact->value = arena_str(check->arena, fact->value);
        fact->note = arena_str(check->arena, fact->note);
    }
}

static enum status ask(struct check *check, struct target *target,
                       struct err *err)
{
    struct arena arena;
    arena_init(&arena, LIMIT_RUN_ARENA);
    const struct probe_config probe = {.transport = target->wire,
                                       .tokens = check->identity.tokens,
                                       .tag = edge_tag(check->arena),
                                       .dialect = check->dialect,
                                       .timeout_ms = check->timeout_ms};
    enum status status = probe_run(&probe, &arena, &check->probe, err);
    keep_facts(check);
    arena_free(&arena);
    return status;
}

/* Is it there, and what is it? */
static int look(struct check *check)
{
    struct target target;
    struct err err = {.status = ST_OK};
    check->probe.dialect =
        check->dialect ? check->dialect : dialect_find(STR("v2"));
    const struct target_config config = target_of(check);
    if (target_open(&target, &config, &err) != ST_OK) {
        served_has_ended(&check->served, &err);
        return cli_fail(cli_code_of(err.status), "check: %s", err.text);
    }
    enum status status = ask(check, &target, &err);
    /* A server that was asked for an unknown key a moment ago may not ask for
     * the set again yet. */
    for (int64_t waited_ms = 0; status == ST_USAGE && signs(check) &&
                                waited_ms < check->wait_ms && !edge_interrupted;
         waited_ms += ASK_AGAIN_MS) {
        edge_pause(ASK_AGAIN_MS);
        status = ask(check, &target, &err);
    }
    target_close(&target);
    return status == ST_OK ? EXIT_PASS
                           : cli_fail(cli_code_of(status), "check: %s: %s",
                                      url_of(check), err.text);
}

static int set_pace(struct check *check)
{
    struct err err = {.status = ST_OK};
    check->pace = check->rate > 0 ? pace_create(check->rate, &err) : NULL;
    return err.status == ST_OK
               ? EXIT_PASS
               : cli_fail(EXIT_OURS, "check: --rate-limit: %s", err.text);
}

static int check_server(struct check *check)
{
    struct past failing;
    past_init(&failing, check->arena);
    int code = set_pace(check);
    code = code == EXIT_PASS ? start_server(check) : code;
    code = code == EXIT_PASS ? look(check) : code;
    code = code == EXIT_PASS ? check_select(check, &check->probe) : code;
    code = code == EXIT_PASS ? check_arrange(check) : code;
    code = code == EXIT_PASS
               ? identity_prepare(&check->identity, "check", &check->cases.list)
               : code;
    if (code != EXIT_PASS) {
        return code;
    }
    code = check_play(check, &failing);
    return check->watch ? check_watch(check, code, &failing) : code;
}

/* What is wrong with the words is told before anybody is bothered. */
static int check_all(struct check *check)
{
    int code = check_select(check, NULL);
    if (code == EXIT_PASS && check->listing) {
        check_list(check);
        return EXIT_PASS;
    }
    code = code == EXIT_PASS ? known_options_open(&check->known, "check",
                                                  &check->all, check->arena)
                             : code;
    if (code == EXIT_PASS &&
        !edge_check_reports(check->reports, &check->report)) {
        code = EXIT_USAGE;
    }
    if (code != EXIT_PASS) {
        return code;
    }
    edge_catch_signals();
    check->identity.own_users = true;
    code = identity_open(&check->identity, "check");
    code = code == EXIT_PASS ? check_server(check) : code;
    served_end(&check->served);
    pace_free(check->pace);
    identity_close(&check->identity);
    return code;
}

int cmd_check(int argc, char **argv)
{
    static struct check check;
    struct arena arena;
    bool helped = false;
    arena_init(&arena, LIMIT_RUN_ARENA);
    check = (struct check){.arena = &arena};
    check.line = command_line(argc, argv, &arena); /* parsing moves argv */
    int code = check_read(&check, argc, argv, &helped) ? check_all(&check)
               : helped                                ? (int)EXIT_PASS
                                                       : (int)EXIT_USAGE;
    check.arena = NULL;
    arena_free(&arena);
    return code;
}
