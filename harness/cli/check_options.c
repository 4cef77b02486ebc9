/* SPDX-License-Identifier: MIT */
/* check_options - the command line of `syncspec check`.  Layer: harness/cli. */
#include <inttypes.h>
#include <string.h>

#include "harness/cli/check.h"
#include "harness/cli/dialect.h"

enum {
    JOBS_USUAL = 4,
    JOBS_MAX = 256,
    RATE_MAX = 1000000,
    TIME_SCALE_MAX = 1000,
    TIMEOUT_USUAL_MS = 10000,
    WAIT_USUAL_MS = 10000,
    TIME_MAX_MS = 3600000,
    PER_MILLE = 1000,
    MULTIPLIER_MAX = 100
};

static bool parse(struct check *c, int argc, char **argv, bool *helped)
{
    const struct cli_option options[] = {
        {"profile", CLI_TEXT, &c->profile_name, "NAME",
         "core (must), full (and should: the default), strict, or a frozen "
         "one, as full-2026.1"},
        {"only", CLI_TEXT, &c->only, "TEXT",
         "cases whose id, name or file has TEXT, or that cover a clause"},
        {"list", CLI_FLAG, &c->listing, NULL, "only tell which cases it is"},
        {"scenarios", CLI_TEXT, &c->scenarios, "DIR",
         "other cases than those inside the program"},
        {"dialect", CLI_TEXT, &c->dialect_name, CLI_DIALECT_ARGUMENT,
         "v1, v2 or a file (default: what the server seems to speak)"},
        {"server-command", CLI_TEXT, &c->server_command, "CMD",
         "a line of shell that starts the server, at $PORT or at URL: it is "
         "killed and started again where a clause asks for it"},
        IDENTITY_OPTIONS(&c->identity),
        {"cacert", CLI_TEXT, &c->ca_file, "FILE",
         "trust the certificates in FILE"},
        {"insecure", CLI_FLAG, &c->insecure, NULL, "do not check certificates"},
        {"jobs", CLI_NUMBER, &c->jobs, "N",
         "cases at one time (default: 4); also -j"},
        {"shuffle", CLI_FLAG, &c->shuffle, NULL,
         "in another order, which --seed decides"},
        {"seed", CLI_NUMBER, &c->seed, "N", "of all randomness (default: 1)"},
        {"fail-fast", CLI_FLAG, &c->fail_fast, NULL,
         "end after the first failure"},
        {"timeout", CLI_TEXT, &c->timeout, "TIME",
         "of one request (default: 10s)"},
        {"timeout-multiplier", CLI_TEXT, &c->multiplier, "X",
         "for a slow server: all that must come in time may take so many "
         "times as long"},
        {"rate-limit", CLI_NUMBER, &c->rate, "N",
         "requests in a second, at most"},
        {"wait-for-server", CLI_TEXT, &c->wait, "TIME",
         "so long it may take to answer at first (default: 10s)"},
        {"time-scale", CLI_NUMBER, &c->time_scale, "N",
         "the server's limits and heartbeats are N times as fast (syncspec "
         "serve --time-scale)"},
        {"watch", CLI_FLAG, &c->watch, NULL,
         "play what failed again, whenever the server was started anew"},
        KNOWN_OPTIONS(&c->known),
        {"reports", CLI_TEXT, &c->reports, "DIR", "write all reports there"},
        {"report", CLI_LIST, &c->report, "FORMAT[:FILE]",
         EDGE_FORMATS "; may be repeated"},
        {"verbose", CLI_FLAG, &c->verbose, NULL, "show the passes too"},
        {"trace", CLI_FLAG, &c->trace, NULL,
         "show the whole history of what failed"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "check", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return false;
    }
    *helped = parse.helped;
    c->url = parse.left > 0 ? argv[0] : NULL;
    if (parse.left > 1) {
        cli_fail(EXIT_USAGE, "check: one server at a time; what is \"%s\"?",
                 argv[1]);
        return false;
    }
    return true;
}

static bool read_time(const char *option, const char *text, int64_t usual_ms,
                      int64_t *ms)
{
    *ms = usual_ms;
    if (text &&
        (!duration_parse(str_of(text), ms) || *ms <= 0 || *ms > TIME_MAX_MS)) {
        cli_fail(EXIT_USAGE,
                 "check: --%s wants a time, as 500ms, 30s or 2m, up to 1h; "
                 "not \"%s\"",
                 option, text);
        return false;
    }
    return true;
}

/* "2", "1.5" as per mille. */
static bool read_factor(const char *text, int64_t *per_mille)
{
    struct str whole = str_of(text ? text : "1");
    size_t dot = str_find(whole, '.');
    struct str rest = str_skip(whole, dot + 1);
    int64_t number = 0, part = 0, unit = PER_MILLE;
    bool good = str_to_i64(str_take(whole, dot), &number) && rest.n <= 3 &&
                (dot == whole.n || str_to_i64(rest, &part)) && number >= 0 &&
                part >= 0 && number <= MULTIPLIER_MAX;
    for (size_t i = 0; i < rest.n; i++) {
        unit /= 10;
    }
    *per_mille = number * PER_MILLE + part * unit;
    if (!good || *per_mille < PER_MILLE) {
        cli_fail(EXIT_USAGE,
                 "check: --timeout-multiplier wants 1 to %d, as 2 or 1.5; not "
                 "\"%s\"",
                 MULTIPLIER_MAX, text);
        return false;
    }
    return true;
}

static bool read_times(struct check *c)
{
    int64_t per_mille = PER_MILLE;
    if (!read_time("timeout", c->timeout, TIMEOUT_USUAL_MS, &c->timeout_ms) ||
        !read_time("wait-for-server", c->wait, WAIT_USUAL_MS, &c->wait_ms) ||
        !read_factor(c->multiplier, &per_mille)) {
        return false;
    }
    c->timeout_ms = c->timeout_ms * per_mille / PER_MILLE;
    c->patience = (per_mille + PER_MILLE - 1) / PER_MILLE;
    return true;
}

static bool read_url(const struct check *c)
{
    if (!c->url && !c->server_command && !c->listing) {
        cli_fail(EXIT_USAGE, "check: which server? Give its URL, as "
                             "http://127.0.0.1:3050, or --server-command");
        return false;
    }
    if (c->url && strncmp(c->url, "http://", 7) != 0 &&
        strncmp(c->url, "https://", 8) != 0) {
        cli_fail(EXIT_USAGE,
                 "check: the server's address is an http:// or https:// URL, "
                 "not \"%s\"",
                 c->url);
        return false;
    }
    return true;
}

static bool read_numbers(const struct check *c)
{
    if (c->jobs < 1 || c->jobs > JOBS_MAX) {
        cli_fail(EXIT_USAGE, "check: --jobs wants 1 to %d", JOBS_MAX);
        return false;
    }
    if (c->rate > RATE_MAX) {
        cli_fail(EXIT_USAGE, "check: --rate-limit is at most %d", RATE_MAX);
        return false;
    }
    if (c->time_scale > TIME_SCALE_MAX) {
        cli_fail(EXIT_USAGE, "check: --time-scale is at most %d",
                 TIME_SCALE_MAX);
        return false;
    }
    return true;
}

static bool read_names(struct check *c)
{
    struct err err = {.status = ST_OK};
    if (profile_find(str_of(c->profile_name), &c->profile, &err) != ST_OK) {
        cli_fail(EXIT_USAGE, "check: %s", err.text);
        return false;
    }
    if (!c->dialect_name || strcmp(c->dialect_name, "auto") == 0) {
        return true;
    }
    return cli_dialect(c->dialect_name, c->arena, &c->dialect);
}

bool check_read(struct check *c, int argc, char **argv, bool *helped)
{
    c->seed = 1;
    c->jobs = JOBS_USUAL;
    c->profile_name = "full";
    c->known.retries = KNOWN_RETRIES_UNSAID;
    if (!parse(c, argc, argv, helped)) {
        return false;
    }
    return !*helped && read_url(c) && read_numbers(c) && read_times(c) &&
           read_names(c) && identity_check(&c->identity, "check", true, true);
}

static struct str quoted(struct str before, const char *option,
                         const char *text, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_str(&out, before);
    buf_printf(&out, "%s '", option);
    for (; *text; text++) {
        if (*text == '\'') {
            buf_puts(&out, "'\\''");
        } else {
            buf_putc(&out, *text);
        }
    }
    buf_puts(&out, "' ");
    struct str line = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return line;
}

struct str check_replay(const struct check *c)
{
    struct arena *arena = c->arena;
    struct str line = c->url ? arena_printf(arena, "%s ", c->url) : STR("");
    if (c->server_command) {
        line = quoted(line, "--server-command", c->server_command, arena);
    }
    if (c->scenarios) {
        line = quoted(line, "--scenarios", c->scenarios, arena);
    }
    if (c->ca_file) {
        line = quoted(line, "--cacert", c->ca_file, arena);
    }
    line = arena_printf(arena, "%.*s%s", STR_ARG(line),
                        c->insecure ? "--insecure " : "");
    if (strcmp(c->profile_name, "full") != 0) {
        line = arena_printf(arena, "%.*s--profile %s ", STR_ARG(line),
                            c->profile_name);
    }
    if (c->time_scale > 0) {
        line = arena_printf(arena, "%.*s--time-scale %" PRId64 " ",
                            STR_ARG(line), c->time_scale);
    }
    line = identity_replay(&c->identity, line, arena);
    return str_take(line, line.n > 0 ? line.n - 1 : 0);
}
