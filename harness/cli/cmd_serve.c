/* SPDX-License-Identifier: MIT */
/* cmd_serve - `syncspec serve`: the bundled server.  Layer: harness/cli. */
#include <stdio.h>

#include "base/limits.h"
#include "harness/cli/dialect.h"
#include "harness/cli/options.h"
#include "harness/run/run.h"
#include "mock_server/front.h"

enum { TIME_SCALE_MAX = 1000 };

struct serve_arguments {
    const char *host, *store, *jwks_file, *jwks_url, *log, *dialect, *mode;
    int64_t port, page, body_limit, time_scale;
    bool dev_auth;
    struct cli_list origins, bugs;
};

static bool read_arguments(struct serve_arguments *a, int argc, char **argv,
                           bool *helped)
{
    const struct cli_option options[] = {
        {"host", CLI_TEXT, &a->host, "ADDRESS", "default: 127.0.0.1"},
        {"port", CLI_NUMBER, &a->port, "N",
         "default: 3050; 0 takes a free one and prints it"},
        {"store", CLI_TEXT, &a->store, "STORE",
         "memory (default) or sqlite:FILE"},
        {"dialect", CLI_TEXT, &a->dialect, CLI_DIALECT_ARGUMENT,
         "v1, v2 (default), or one described by a file"},
        {"mode", CLI_TEXT, &a->mode, "NAME",
         "log (default); merging: merges by itself; repeating: and says all "
         "of it twice"},
        {"dev-auth", CLI_FLAG, &a->dev_auth, NULL,
         "the bearer token is the user's name: for development only"},
        {"jwks", CLI_TEXT, &a->jwks_file, "FILE",
         "check Ed25519 tokens against this key set"},
        {"jwks-url", CLI_TEXT, &a->jwks_url, "URL", "the same, fetched"},
        {"origin", CLI_LIST, &a->origins, "ORIGIN",
         "allow cross-origin requests from it; * allows all"},
        {"page", CLI_NUMBER, &a->page, "N", "changes in one answer"},
        {"body-limit", CLI_NUMBER, &a->body_limit, "BYTES",
         "of one request (default: 10485760)"},
        {"access-log", CLI_TEXT, &a->log, "FILE",
         "JSON lines, - for standard output"},
        {"time-scale", CLI_NUMBER, &a->time_scale, "N",
         "limits, heartbeats and pings of sockets and streams N times as fast"},
        {"bug", CLI_LIST, &a->bugs, "NAME", "plant a bug of the museum"},
        {NULL, CLI_FLAG, NULL, NULL, NULL}};
    struct cli_parse parse = {.command = "serve", .options = options};
    if (!cli_parse(&parse, argc, argv)) {
        return false;
    }
    *helped = parse.helped;
    if (parse.left > 0) {
        cli_fail(EXIT_USAGE, "serve: what is \"%s\"?", argv[0]);
        return false;
    }
    return true;
}

static bool check_arguments(const struct serve_arguments *a,
                            struct front_config *config)
{
    if (a->port > 65535) {
        cli_fail(EXIT_USAGE, "serve: --port wants 0 to 65535");
        return false;
    }
    if (a->time_scale < 1 || a->time_scale > TIME_SCALE_MAX) {
        cli_fail(EXIT_USAGE, "serve: --time-scale wants 1 to %d",
                 TIME_SCALE_MAX);
        return false;
    }
    if (a->dev_auth + (a->jwks_file != NULL) + (a->jwks_url != NULL) != 1) {
        cli_fail(EXIT_USAGE, "serve: say who may come: one of --dev-auth, "
                             "--jwks FILE, --jwks-url URL");
        return false;
    }
    if (!server_mode_find(str_of(a->mode), &config->server.mode)) {
        cli_fail(EXIT_USAGE,
                 "serve: no mode is named \"%s\"; there are log, merging and "
                 "repeating",
                 a->mode);
        return false;
    }
    for (size_t i = 0; i < a->bugs.count; i++) {
        enum bug bug = bug_find(str_of(a->bugs.items[i]));
        if (bug == BUG_COUNT) {
            cli_fail(EXIT_USAGE,
                     "serve: no server bug is named \"%s\"; see "
                     "syncspec list --bugs",
                     a->bugs.items[i]);
            return false;
        }
        bug_add(&config->server.bugs, bug);
    }
    return true;
}

static int serve(const struct front_config *config)
{
    struct err err = {.status = ST_OK};
    return front_run(config, &err) == ST_OK ? EXIT_PASS
           : err.status == ST_INTERNAL
               ? cli_fail(EXIT_OURS, "serve: %s", err.text)
               : cli_fail(EXIT_USAGE, "serve: %s", err.text);
}

int cmd_serve(int argc, char **argv)
{
    static struct serve_arguments a;
    a = (struct serve_arguments){.host = "127.0.0.1",
                                 .store = "memory",
                                 .dialect = "v2",
                                 .mode = "log",
                                 .port = 3050,
                                 .time_scale = 1};
    bool helped = false;
    if (!read_arguments(&a, argc, argv, &helped)) {
        return EXIT_USAGE;
    }
    if (helped) {
        return EXIT_PASS;
    }
    const char *origins[CLI_LIST_MAX + 1] = {NULL};
    for (size_t i = 0; i < a.origins.count; i++) {
        origins[i] = a.origins.items[i];
    }
    struct front_config config = {.host = a.host,
                                  .port = (int)a.port,
                                  .store = a.store,
                                  .dev_auth = a.dev_auth,
                                  .jwks_file = a.jwks_file,
                                  .jwks_url = a.jwks_url,
                                  .access_log = a.log,
                                  .time_scale = a.time_scale,
                                  .server = {.page_size = (size_t)a.page,
                                             .body_limit = (size_t)a.body_limit,
                                             .ahead_limit_s = RUN_AHEAD_LIMIT_S,
                                             .origins = origins},
                                  .announce = stdout};
    struct arena arena;
    arena_init(&arena, LIMIT_RUN_ARENA);
    int code = EXIT_USAGE;
    if (check_arguments(&a, &config) &&
        cli_dialect(a.dialect, &arena, &config.server.dialect)) {
        code = serve(&config);
    }
    arena_free(&arena);
    return code;
}
