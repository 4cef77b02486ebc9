/* SPDX-License-Identifier: MIT */
/* known_options - see known_options.h.  Layer: harness/cli. */
#include "harness/cli/known_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/edge.h"

static int read_list(const char *path, const char *command,
                     const struct scenario_list *scenarios,
                     const struct known_options *options,
                     struct known_list *out)
{
    struct err err = {.status = ST_OK};
    struct str text;
    struct arena *arena = options->before.arena;
    if (!path) {
        return EXIT_PASS;
    }
    enum status status = file_read(path, KNOWN_BYTES, arena, &text, &err);
    if (status == ST_OK) {
        status = known_read(str_of(path), text, arena, out, &err);
    }
    if (status == ST_OK) {
        status = known_check(out, scenarios, options->today, &err);
    }
    return status == ST_OK ? EXIT_PASS
                           : cli_fail(EXIT_USAGE, "%s: %s", command, err.text);
}

static int read_before(struct known_options *options, const char *command)
{
    struct err err = {.status = ST_OK};
    if (!options->baseline) {
        return EXIT_PASS;
    }
    FILE *file = fopen(options->baseline, "rb");
    if (!file) {
        return cli_fail(EXIT_USAGE, "%s: %s: %s", command, options->baseline,
                        strerror(errno));
    }
    enum status status = past_read(&options->before, file, &err);
    fclose(file);
    options->known.before = &options->before;
    return status == ST_OK ? EXIT_PASS
                           : cli_fail(EXIT_USAGE, "%s: %s: %s", command,
                                      options->baseline, err.text);
}

static int read_retries(struct known_options *options, const char *command)
{
    bool said = options->retries != KNOWN_RETRIES_UNSAID;
    if (said && !options->flaky) {
        return cli_fail(EXIT_USAGE,
                        "%s: --retries is of what --known-flaky lists: "
                        "nothing else is tried again",
                        command);
    }
    if (said && options->retries > RETRIES_MAX) {
        return cli_fail(EXIT_USAGE, "%s: --retries is at most %d", command,
                        RETRIES_MAX);
    }
    options->known.retries = said             ? options->retries
                             : options->flaky ? RETRIES_USUAL
                                              : 0;
    return EXIT_PASS;
}

int known_options_open(struct known_options *options, const char *command,
                       const struct scenario_list *scenarios,
                       struct arena *arena)
{
    past_init(&options->before, arena);
    past_init(&options->now, arena);
    options->today = str_take(edge_now(arena), DAY_BYTES);
    int code = read_retries(options, command);
    if (code == EXIT_PASS) {
        code = read_list(options->failing, command, scenarios, options,
                         &options->known.failing);
    }
    if (code == EXIT_PASS) {
        code = read_list(options->flaky, command, scenarios, options,
                         &options->known.flaky);
    }
    return code == EXIT_PASS ? read_before(options, command) : code;
}

static void collect(void *context, const struct run_result *result)
{
    past_add(context, result);
}

int known_options_attach(struct known_options *options, const char *command,
                         struct session *session)
{
    session->known = &options->known;
    if (!options->write) {
        return EXIT_PASS;
    }
    if (session->report_count == SESSION_REPORTS_MAX) {
        return cli_fail(EXIT_USAGE, "%s: more than %d reports", command,
                        SESSION_REPORTS_MAX - 1);
    }
    session->reports[session->report_count++] =
        report_collect(collect, &options->now);
    return EXIT_PASS;
}

bool known_options_close(struct known_options *options, const char *command)
{
    if (!options->write) {
        return true;
    }
    struct buf text;
    buf_init(&text, KNOWN_BYTES);
    past_sort(&options->now);
    known_write(&options->now, &options->known.failing, options->today, &text);
    FILE *file = fopen(options->write, "wb");
    bool whole =
        file && !text.failed && fwrite(text.p, 1, text.n, file) == text.n;
    whole = file && fclose(file) == 0 && whole;
    if (!whole) {
        cli_fail(EXIT_OURS, "%s: %s cannot be written: %s", command,
                 options->write,
                 text.failed ? "it is too large" : strerror(errno));
    }
    buf_free(&text);
    return whole;
}
