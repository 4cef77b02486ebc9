/* SPDX-License-Identifier: MIT */
/* target - see target.h.  Layer: harness/run. */
#include "harness/run/target.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/run/usage.h"

enum {
    HEALTHY_MS = 5000,
    ALIVE_MS = 10000,   /* a busy server is not a dead one */
    PATIENCE_MS = 5000, /* our own server says it, however slow the machine */
    SPAWNED_SCALE = 20, /* world time per real time while listening */
    ARGS_MAX = 160
};

static enum status kill_spawned(void *context, struct err *err)
{
    struct target *target = context;
    return spawn_end(target->spawned, SIGKILL, SPAWN_TIMEOUT_MS, err);
}

static void stop_spawned(void *context)
{
    struct target *target = context;
    spawn_signal(target->spawned, SIGTERM);
}

static size_t spawned_memory(void *context)
{
    struct target *target = context;
    return usage_of(target->spawned->pid).resident_bytes;
}

static bool spawned_running(void *context)
{
    struct target *target = context;
    return spawn_alive(target->spawned);
}

static enum status restart_spawned(void *context, struct err *err)
{
    struct target *target = context;
    return spawn_restart(target->spawned, SPAWN_TIMEOUT_MS, err);
}

static enum status kill_served(void *context, struct err *err)
{
    const struct target *target = context;
    return served_kill(target->config.served, err);
}

static void stop_served(void *context)
{
    const struct target *target = context;
    spawn_signal(&target->config.served->child, SIGTERM);
}

static bool served_running(void *context)
{
    const struct target *target = context;
    return spawn_any_alive(&target->config.served->child);
}

static size_t served_memory(void *context)
{
    const struct target *target = context;
    return usage_of_group(target->config.served->child.group);
}

static int64_t wait_of(const struct target_config *config)
{
    return config->wait_ms > 0 ? config->wait_ms : HEALTHY_MS;
}

/* Its shell may have ended and left it behind. */
static bool served_is_gone(void *context)
{
    const struct target *target = context;
    return !spawn_any_alive(&target->config.served->child);
}

static enum status wait_healthy(struct target *target, struct err *err)
{
    int64_t wait_ms = wait_of(&target->config);
    if (target->config.answered) {
        return wire_still_healthy(target->wire, wait_ms, err);
    }
    return served_is_ours(target->config.served)
               ? wire_wait_started(target->wire, wait_ms, served_is_gone,
                                   target, err)
               : wire_wait_healthy(target->wire, wait_ms, err);
}

static enum status restart_served(void *context, struct err *err)
{
    struct target *target = context;
    enum status status = served_restart(target->config.served, err);
    return status == ST_OK ? wait_healthy(target, err) : status;
}

static int64_t scale_of(const struct target_config *config)
{
    return config->time_scale > 0 ? config->time_scale
           : config->url          ? 1
                                  : SPAWNED_SCALE;
}

static bool is_sqlite(const struct target_config *config)
{
    return strcmp(config->world, "wire:sqlite") == 0;
}

/* A database of its own, removed at the end. */
static enum status make_database(struct target *target, char *store,
                                 size_t size, struct err *err)
{
    int n = snprintf(target->database, sizeof(target->database),
                     "%s/syncspec-XXXXXX", target->config.folder);
    int file = n < 0 || (size_t)n >= sizeof(target->database)
                   ? -1
                   : mkstemp(target->database);
    if (file < 0) {
        target->database[0] = '\0';
        return err_set(err, ST_IO, "no database file can be made in %s",
                       target->config.folder);
    }
    close(file);
    snprintf(store, size, "sqlite:%s", target->database);
    return ST_OK;
}

static enum status spawn_bundled(struct target *target, struct err *err)
{
    const struct target_config *config = &target->config;
    const char *args[ARGS_MAX];
    char store[600] = "memory", scale[24];
    if (is_sqlite(config) &&
        make_database(target, store, sizeof(store), err) != ST_OK) {
        return err->status;
    }
    const char *fixed[] = {config->program, "serve",
                           "--port",        "0",
                           "--store",       store,
                           "--dialect",     dialect_argument(config->dialect),
                           "--origin",      RUN_ORIGIN};
    size_t count = sizeof(fixed) / sizeof(fixed[0]);
    memcpy(args, fixed, sizeof(fixed));
    args[count++] = config->jwks_url ? "--jwks-url" : "--dev-auth";
    if (config->jwks_url) {
        args[count++] = config->jwks_url;
    }
    for (const char *const *bug = config->server_bugs;
         bug && *bug && count + 5 < ARGS_MAX; bug++) {
        args[count++] = "--bug";
        args[count++] = *bug;
    }
    snprintf(scale, sizeof(scale), "%" PRId64, scale_of(config));
    if (scale_of(config) > 1) {
        args[count++] = "--time-scale";
        args[count++] = scale;
    }
    if (config->server_mode && count + 2 < ARGS_MAX) {
        args[count++] = "--mode";
        args[count++] = config->server_mode;
    }
    args[count] = NULL;
    enum status status =
        spawn_start(&target->child, args, SPAWN_TIMEOUT_MS, err);
    if (status == ST_OK) {
        target->spawned = &target->child;
        snprintf(target->url, sizeof(target->url), "%s", target->child.url);
    }
    return status;
}

enum status target_open(struct target *target,
                        const struct target_config *config, struct err *err)
{
    *target = (struct target){.config = *config};
    enum status status = ST_OK;
    if (strcmp(config->world, "virtual") == 0) {
        return ST_OK;
    }
    if (config->url) {
        snprintf(target->url, sizeof(target->url), "%s", config->url);
        size_t n = strlen(target->url);
        while (n > 0 && target->url[n - 1] == '/') {
            target->url[--n] = '\0';
        }
    } else {
        status = spawn_bundled(target, err);
    }
    if (status == ST_OK) {
        const struct wire_config wire = {
            .base_url = target->url,
            .ca_file = config->ca_file,
            .insecure = config->insecure,
            .connect_timeout_ms = 5000,
            .headers = config->headers,
            .pace = config->pace,
            .health = config->dialect->paths[PATH_HEALTH],
            .user_agent = "syncspec/" SYNCSPEC_VERSION};
        target->wire = wire_create(&wire, err);
        status = target->wire ? wait_healthy(target, err) : err->status;
    }
    if (status != ST_OK) {
        target_close(target);
    }
    return status;
}

static void remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; path[0] && i < 3; i++) {
        char file[600];
        snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
        unlink(file);
    }
}

void target_close(struct target *target)
{
    if (target->wire) {
        transport_close(target->wire);
        target->wire = NULL;
    }
    if (target->spawned) {
        struct err err;
        spawn_end(target->spawned, SIGTERM, SPAWN_TIMEOUT_MS, &err);
        spawn_free(target->spawned);
        target->spawned = NULL;
    }
    remove_database(target->database);
    target->database[0] = '\0';
}

void target_apply(struct target *target, struct run_options *options)
{
    options->wire = target->wire;
    if (target->wire) {
        options->address =
            (struct run_address){.base_url = target->url,
                                 .ca_file = target->config.ca_file,
                                 .insecure = target->config.insecure,
                                 .headers = target->config.headers};
    }
    options->time_scale = target->wire ? scale_of(&target->config) : 1;
    if (target->spawned) {
        options->control =
            (struct server_control){.kill = kill_spawned,
                                    .stop = stop_spawned,
                                    .running = spawned_running,
                                    .memory = spawned_memory,
                                    .restart = restart_spawned,
                                    .context = target,
                                    .durable = is_sqlite(&target->config),
                                    .patience_ms = PATIENCE_MS};
    }
    if (served_is_ours(target->config.served)) {
        options->control = (struct server_control){.kill = kill_served,
                                                   .stop = stop_served,
                                                   .running = served_running,
                                                   .memory = served_memory,
                                                   .restart = restart_served,
                                                   .context = target,
                                                   .durable = true};
    }
    if (target->config.server_mode) {
        server_mode_find(str_of(target->config.server_mode),
                         &options->server_mode);
    }
    if (target->wire) { /* the spawned server has the bugs, not this process */
        options->server_bugs = (struct bug_set){{0}};
    }
}

bool target_alive(struct target *target, struct err *err)
{
    return !target->wire ||
           wire_still_healthy(target->wire, ALIVE_MS, err) == ST_OK;
}

bool target_was_blamed(const struct run_result *result)
{
    return result->outcome == OUT_ERROR && result->verdict_count == 1 &&
           str_is(result->verdicts[0].checker, "target");
}

void target_blame(struct run_result *result, struct arena *arena,
                  const struct err *err)
{
    const struct verdict verdict = {
        .outcome = OUT_ERROR,
        .checker = STR("target"),
        .clause = STR("SVC-1"),
        .file = result->file,
        .what = STR("the target does not answer any more"),
        .expected = STR("a server that lives through the scenario"),
        .actual = arena_str(arena, str_of(err->text))};
    result->verdict_count = 0;
    result_add(result, arena, &verdict);
}
