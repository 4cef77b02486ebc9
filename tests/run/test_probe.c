/* SPDX-License-Identifier: MIT */
/* A look at bundled servers of all kinds: what is found of each, who is let
 * in, and which cases need what is not there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/run/probe.h"
#include "harness/scenario/dialect_file.h"
#include "harness/transport/spawn.h"
#include "harness/transport/wire.h"
#include "tests/run/suites.h"

#define RENAMED "tests/cli/dialects/renamed.dialect"

static struct arena arena;
static struct err err;
static struct spawned server;
static struct probe probe;

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
    err = (struct err){.status = ST_OK};
    server = (struct spawned){.out = -1, .err = -1};
}

static void teardown(void)
{
    if (server.argv) {
        spawn_free(&server);
    }
    arena_free(&arena);
}

static void serve(const char *options)
{
    const char *line =
        arena_printf(&arena, "exec \"$SYNCSPEC\" serve --port 0 %s", options).p;
    const char *argv[] = {"sh", "-c", line, NULL};
    ck_assert_msg(spawn_start(&server, argv, 30000, &err) == ST_OK, "%s",
                  err.text);
}

static enum status look_as(const struct dialect *asked, struct tokens *tokens)
{
    const struct wire_config config = {
        .base_url = server.url,
        .connect_timeout_ms = 30000,
        .health = asked ? asked->paths[PATH_HEALTH] : STR("")};
    struct transport *wire = wire_create(&config, &err);
    ck_assert_msg(wire != NULL, "%s", err.text);
    const struct probe_config look = {.transport = wire,
                                      .tokens = tokens,
                                      .tag = STR("t1"),
                                      .dialect = asked,
                                      .timeout_ms = 30000};
    enum status status = probe_run(&look, &arena, &probe, &err);
    transport_close(wire);
    return status;
}

static void look(const struct dialect *asked)
{
    ck_assert_msg(look_as(asked, NULL) == ST_OK, "%s", err.text);
    ck_assert_uint_le(probe.fact_count, PROBE_FACTS);
}

static const struct report_fact *fact_of(const char *name)
{
    const struct report_fact *found = NULL;
    for (size_t i = 0; i < probe.fact_count; i++) {
        if (str_is(probe.facts[i].name, name)) {
            ck_assert_msg(found == NULL, "%s is told twice", name);
            found = &probe.facts[i];
        }
    }
    return found;
}

static void has_fact(const char *name, const char *value)
{
    const struct report_fact *fact = fact_of(name);
    ck_assert_msg(fact != NULL, "no fact %s", name);
    ck_assert_msg(str_is(fact->value, value), "%s is %.*s (%.*s)", name,
                  STR_ARG(fact->value), STR_ARG(fact->note));
}

/* Zeros at its end may be left out. */
static void has_cursor(void)
{
    const struct report_fact *fact = fact_of("cursor");
    ck_assert(fact && str_starts(fact->value, STR("a time with ")));
    ck_assert(!str_is(fact->value, "a time with 0 digits"));
}

static const struct dialect *renamed(void)
{
    struct str text;
    const struct dialect *dialect = NULL;
    ck_assert_int_eq(file_read(RENAMED, 65536, &arena, &text, &err), ST_OK);
    ck_assert_msg(dialect_file_read(RENAMED, text, &arena, &dialect, &err) ==
                      ST_OK,
                  "%s", err.text);
    return dialect;
}

/* ---- what is found ---- */

START_TEST(a_server_of_v2_is_known)
{
    serve("--dev-auth");
    look(NULL);
    ck_assert_str_eq(probe.dialect->name, "v2");
    ck_assert(probe.socket && probe.socket_all && probe.stream);
    ck_assert_uint_eq(probe.page_size, 1000);
    ck_assert_uint_eq(probe.body_limit, 10 << 20);
    has_fact("dialect", "v2");
    has_fact("auth.required", "yes");
    has_fact("channels.socket", "yes");
    has_fact("channels.socket-all", "yes");
    has_fact("channels.stream", "yes");
    has_fact("push.batch-1000", "yes");
    has_fact("pull.page", "1000");
    has_fact("push.body", "10 MiB");
    has_fact("push.atomic", "yes");
    has_fact("pull.delivers", "changes");
    has_cursor();
    has_fact("cors", "no");
    ck_assert(!fact_of("dialect.hint"));
}
END_TEST

START_TEST(a_server_of_v1_is_known)
{
    serve("--dev-auth --dialect v1");
    look(NULL);
    ck_assert_str_eq(probe.dialect->name, "v1");
    ck_assert(probe.socket && !probe.socket_all && !probe.stream);
    has_fact("dialect", "v1");
    has_fact("channels.socket", "yes");
    has_fact("channels.socket-all", "no");
    has_fact("channels.stream", "no");
    has_fact("pull.page", "none");
    has_fact("pull.delivers", "changes");
    ck_assert_uint_eq(probe.page_size, 0);
}
END_TEST

/* Names, paths and keys are those of the file. */
START_TEST(a_dialect_of_a_file_is_spoken)
{
    serve("--dev-auth --dialect " RENAMED);
    look(renamed());
    ck_assert_str_eq(probe.dialect->name, "renamed");
    ck_assert(probe.socket && probe.socket_all && probe.stream);
    has_fact("dialect", "renamed");
    has_fact("auth.required", "yes");
    has_fact("push.batch-1000", "yes");
    has_fact("pull.page", "500");
    has_fact("push.body", "10 MiB");
    has_fact("push.atomic", "yes");
    has_fact("pull.delivers", "changes");
    has_cursor();
}
END_TEST

static const struct {
    const char *options, *fact, *value;
    size_t page_size, body_limit;
} kinds[] = {
    {"--mode merging", "pull.delivers", "merged records", 137, 10485760},
    {"--page 100", "pull.page", "100", 100, 10485760},
    {"--page 1599", "pull.page", "1599", 1599, 10485760},
    {"--page 1600", "pull.page", "none", 0, 10485760},
    {"--body-limit 1000000", "push.body", "under 1 MiB", 1000, 0},
    {"--body-limit 12000000", "push.body", "no limit", 1000, 0},
    {"--body-limit 2097152", "push.body", "2 MiB", 1000, 2 << 20},
    {"--body-limit 10000", "push.batch-1000", "no", 0, 0},
    {"--origin http://localhost:5173", "cors", "yes", 1000, 10485760},
    {"--origin http://localhost:5174", "cors", "no", 1000, 10485760},
};

START_TEST(ways_and_limits_are_found)
{
    serve(arena_printf(&arena, "--dev-auth %s", kinds[_i].options).p);
    look(NULL);
    has_fact(kinds[_i].fact, kinds[_i].value);
    ck_assert_uint_eq(probe.page_size, kinds[_i].page_size);
    ck_assert_uint_eq(probe.body_limit, kinds[_i].body_limit);
}
END_TEST

/* What is asked for is what is played, and a doubt is told. */
START_TEST(a_dialect_that_was_asked_for_stays)
{
    const char *names[] = {"v1", "v2"};
    serve(arena_printf(&arena, "--dev-auth --dialect %s", names[_i]).p);
    look(dialect_find(str_of(names[_i])));
    ck_assert_str_eq(probe.dialect->name, names[_i]);
    ck_assert(!fact_of("dialect.hint"));
    look(dialect_find(str_of(names[!_i])));
    ck_assert_str_eq(probe.dialect->name, names[!_i]);
    has_fact("dialect", names[!_i]);
    has_fact("dialect.hint", names[_i]);
}
END_TEST

/* ---- who is let in ---- */

START_TEST(a_token_that_is_refused_is_ours_to_mend)
{
    const struct issuer issuer = {.seed = "a seed"};
    char file[] = "/tmp/syncspec-probe-XXXXXX";
    struct str keys;
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(issuer_key_set(&issuer, 0, &arena, &keys, &err), ST_OK);
    ck_assert_int_eq(write(fd, keys.p, keys.n), keys.n);
    close(fd);
    serve(arena_printf(&arena, "--jwks %s", file).p);
    enum status status = look_as(NULL, NULL);
    unlink(file);
    ck_assert_int_eq(status, ST_USAGE);
    ck_assert_str_eq(err.text,
                     "the server refuses the suite's token (401 to a pull): "
                     "say --token, --token-command or --issuer; see "
                     "docs/issuer.md");
}
END_TEST

START_TEST(a_token_that_cannot_be_had_is_told)
{
    const struct tokens_config config = {.source = TOKENS_COMMAND,
                                         .command = "exit 3"};
    serve("--dev-auth");
    struct tokens *tokens = tokens_create(&config, &err);
    ck_assert_int_ne(look_as(NULL, tokens), ST_OK);
    ck_assert_uint_eq(probe.fact_count, 0);
    tokens_free(tokens);
}
END_TEST

START_TEST(a_server_that_is_gone_is_told)
{
    serve("--dev-auth");
    ck_assert_int_eq(spawn_end(&server, 9, 1000, &err), ST_OK);
    ck_assert_int_eq(look_as(NULL, NULL), ST_NETWORK);
    ck_assert_msg(strstr(err.text, "Connection refused"), "%s", err.text);
}
END_TEST

/* ---- what is lacking ---- */

static const char no_socket[] = "the server has no WebSocket of an app";
static const char no_all[] = "the server has no WebSocket of all apps";
static const char no_stream[] = "the server has no event stream";
#define STREAM "/sync/{app}/stream?collections=tasks&since={epoch}"

static const struct {
    const char *steps, *lacks; /* of a server without any channel */
} needs[] = {
    {" a syncs\n", ""},
    {" a listens off\n", ""},
    {" a sends GET /sync/{app}/pull?collection=tasks&since={epoch}\n", ""},
    {" a sends GET /health\n", ""},
    {" a listens socket\n", no_socket},
    {" a connects /ws/{app}\n", no_socket},
    {" a connects /ws/{app}?x=1\n", no_socket},
    {" a sends GET /ws/{app}\n", no_socket},
    {" a listens unified\n", no_all},
    {" a connects /ws\n", no_all},
    {" a connects /ws?x=1\n", no_all},
    {" a sends GET /ws\n", no_all},
    {" a listens stream\n", no_stream},
    {" a connects " STREAM "\n", no_stream},
    {" a sends GET " STREAM "\n", no_stream},
    {" a syncs\n a syncs\n a listens stream\n", no_stream},
};

START_TEST(what_a_case_needs_is_told)
{
    struct str text = arena_printf(
        &arena, "scenario \"c\"\ndialect v2\nclients a\n%s", needs[_i].steps);
    struct scenario_list list = scenario_of(text.p, &arena);
    const struct scenario *scenario = &list.items[0];
    struct probe none = {.fact_count = 0};
    ck_assert(str_is(probe_lacks(&none, scenario), needs[_i].lacks));
    ck_assert(str_is(probe_lacks(NULL, scenario), ""));
    /* All but that one do not help; that one does. */
    struct probe others = {.socket = needs[_i].lacks != no_socket,
                           .socket_all = needs[_i].lacks != no_all,
                           .stream = needs[_i].lacks != no_stream};
    ck_assert(str_is(probe_lacks(&others, scenario), needs[_i].lacks));
    struct probe that = {.socket = !others.socket,
                         .socket_all = !others.socket_all,
                         .stream = !others.stream};
    ck_assert(str_is(probe_lacks(&that, scenario), ""));
}
END_TEST

Suite *suite_probe(void)
{
    Suite *suite = suite_create("probe");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_server_of_v2_is_known);
    tcase_add_test(tcase, a_server_of_v1_is_known);
    tcase_add_test(tcase, a_dialect_of_a_file_is_spoken);
    tcase_add_loop_test(tcase, ways_and_limits_are_found, 0,
                        sizeof kinds / sizeof *kinds);
    tcase_add_loop_test(tcase, a_dialect_that_was_asked_for_stays, 0, 2);
    tcase_add_test(tcase, a_token_that_is_refused_is_ours_to_mend);
    tcase_add_test(tcase, a_token_that_cannot_be_had_is_told);
    tcase_add_test(tcase, a_server_that_is_gone_is_told);
    tcase_add_loop_test(tcase, what_a_case_needs_is_told, 0,
                        sizeof needs / sizeof *needs);
    suite_add_tcase(suite, tcase);
    return suite;
}
