/* SPDX-License-Identifier: MIT */
/* The soak: its scripts, what it counts, what it lets the processes grow by,
 * and what a process holds. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/run/soak_core.h"
#include "tests/run/suites.h"

enum { TEXT_MAX = 1 << 20 };

/* ---- scripts ---- */

static struct str script_of(const struct soak_plan *plan, struct arena *arena)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    soak_script_write(plan, &text);
    ck_assert(!text.failed);
    struct str kept = arena_str(arena, buf_view(&text));
    buf_free(&text);
    return kept;
}

static bool has(struct str text, const char *part)
{
    return strstr(text.p, part) != NULL;
}

START_TEST(scripts_parse_and_last_exactly_as_long_as_asked)
{
    static const size_t counts[] = {1, 2, 8, 9, 33};
    struct arena arena;
    arena_init(&arena, LIMIT_RUN_ARENA);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        const struct soak_plan plan = {.listen = (enum soak_listen)_i,
                                       .clients = counts[i],
                                       .duration_ms = 7300,
                                       .cut_every_ms = 500,
                                       .seed = i};
        struct scenario_list list =
            scenario_of(script_of(&plan, &arena).p, &arena);
        int64_t whole_ms = 0;
        ck_assert_uint_eq(list.count, 1);
        ck_assert_uint_eq(list.items[0].client_count, counts[i]);
        ck_assert(list.items[0].timers);
        for (size_t s = 0; s < list.items[0].step_count; s++) {
            whole_ms += list.items[0].steps[s].after_ms;
        }
        ck_assert_int_eq(whole_ms, 7300);
    }
    arena_free(&arena);
}
END_TEST

START_TEST(one_seed_makes_one_script)
{
    struct arena arena;
    arena_init(&arena, LIMIT_RUN_ARENA);
    struct soak_plan plan = {
        .clients = 16, .duration_ms = 20000, .cut_every_ms = 1000, .seed = 4};
    struct str first = script_of(&plan, &arena);
    ck_assert(str_eq(first, script_of(&plan, &arena)));
    plan.seed = 5;
    ck_assert(!str_eq(first, script_of(&plan, &arena)));
    arena_free(&arena);
}
END_TEST

START_TEST(a_script_has_all_that_may_happen)
{
    struct arena arena;
    arena_init(&arena, LIMIT_RUN_ARENA);
    struct soak_plan plan = {.listen = SOAK_MIXED,
                             .clients = 24,
                             .duration_ms = 60000,
                             .cut_every_ms = 1000,
                             .seed = 1};
    struct str text = script_of(&plan, &arena);
    static const char *const parts[] = {
        "user=u0 app=a0\n",      "user=u0 app=a1\n",
        "user=u1 app=a2\n",      " d22 listens socket\n",
        " d23 listens stream\n", " inserts tasks/",
        " updates notes/s",      " deletes ",
        " goes offline\n",       " goes online\n",
        "net cuts message to=d"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        ck_assert_msg(has(text, parts[i]), "no \"%s\"", parts[i]);
    }
    plan.cut_every_ms = 0;
    ck_assert(!has(script_of(&plan, &arena), "net cuts"));
    arena_free(&arena);
}
END_TEST

START_TEST(ways_to_listen_have_names)
{
    enum soak_listen listen = SOAK_SOCKET;
    for (int i = SOAK_SOCKET; i <= SOAK_MIXED; i++) {
        const char *name = soak_listen_name((enum soak_listen)i);
        ck_assert(soak_listen_find(str_of(name), &listen));
        ck_assert_int_eq((int)listen, i);
    }
    ck_assert(!soak_listen_find(STR("sockets"), &listen));
    ck_assert(!soak_listen_find(STR(""), &listen));
}
END_TEST

/* ---- whole soaks, in virtual time ---- */

struct witnessed {
    size_t planned, scripted, ended, verdicts;
    uint64_t last_seed;
    char note[4096];
};

static void on_planned(void *context, const struct run_result *results,
                       size_t count)
{
    struct witnessed *seen = context;
    seen->planned = count;
    ck_assert(str_is(results[0].id, "soak#1"));
}

static void on_scripted(void *context, size_t round, struct str text)
{
    struct witnessed *seen = context;
    ck_assert_uint_eq(round, seen->scripted++);
    ck_assert(has(text, "scenario \""));
}

static void on_ended(void *context, const struct run_result *result)
{
    struct witnessed *seen = context;
    seen->ended++;
    seen->verdicts += result->verdict_count;
    seen->last_seed = result->seed;
    ck_assert(str_is(result->replay, "again"));
    snprintf(seen->note, sizeof(seen->note), "%.*s", STR_ARG(result->note));
}

static struct soak_options soak_options(struct witnessed *seen)
{
    struct soak_options options = {
        .plan = {.listen = SOAK_MIXED,
                 .clients = 10,
                 .duration_ms = 20000,
                 .cut_every_ms = 1000,
                 .seed = 1},
        .target = {.world = "virtual", .dialect = dialect_find(STR("v2"))},
        .file = STR("soak"),
        .replay = STR("again"),
        .planned = on_planned,
        .scripted = on_scripted,
        .ended = on_ended,
        .context = seen};
    run_options_defaults(&options.run);
    return options;
}

START_TEST(a_sound_world_loses_nothing_and_the_figures_tell)
{
    struct witnessed seen = {0};
    struct soak_options options = soak_options(&seen);
    struct soak_result result;
    struct err err;
    struct buf text;
    options.plan.listen = (enum soak_listen)_i;
    ck_assert_int_eq(soak_run(&options, &result, &err), ST_OK);
    ck_assert_uint_eq(seen.planned, 1);
    ck_assert_uint_eq(seen.ended, 1);
    ck_assert_uint_eq(result.failed, 0);
    ck_assert_uint_ge(result.pushes, 10);
    ck_assert_uint_gt(result.pulls, result.pushes);
    ck_assert(result.cuts >= 10 && result.cuts <= 20);
    ck_assert_uint_ge(result.leaves, 3);
    ck_assert_uint_ge(result.reconnects, result.cuts / 2);
    ck_assert((result.notices > 0) == (_i != SOAK_STREAM));
    ck_assert((result.events > 0) == (_i >= SOAK_STREAM));
    for (size_t i = 0; i < SOAK_MARKS; i++) {
        ck_assert(result.marks[i].taken);
        ck_assert(i == 0 || result.marks[i].history_bytes >=
                                result.marks[i - 1].history_bytes);
    }
    ck_assert_uint_gt(result.marks[3].pushes, result.marks[0].pushes);
    buf_init(&text, TEXT_MAX);
    soak_write(&options, &result, &text);
    ck_assert(has(buf_view(&text), "nothing lost\n"));
    ck_assert(has(buf_view(&text), " cuts, "));
    ck_assert(strstr(seen.note, "; at 100 %: this process ") != NULL);
    buf_free(&text);
}
END_TEST

START_TEST(a_long_soak_is_played_in_rounds)
{
    struct witnessed seen = {0};
    struct soak_options options = soak_options(&seen);
    struct soak_result result;
    struct err err;
    options.plan.clients = 3;
    options.plan.duration_ms = 2 * SOAK_ROUND_MS + 1000;
    ck_assert_int_eq(soak_run(&options, &result, &err), ST_OK);
    ck_assert_uint_eq(seen.planned, 3);
    ck_assert_uint_eq(seen.scripted, 3);
    ck_assert_uint_eq(seen.ended, 3);
    ck_assert_uint_eq(result.rounds, 3);
    ck_assert_uint_eq(seen.last_seed, 3);
    ck_assert(result.marks[0].taken && result.marks[3].taken);
    ck_assert_uint_eq(seen.verdicts, 0);
}
END_TEST

START_TEST(a_signal_ends_it_after_the_round)
{
    volatile int interrupted = 1;
    struct witnessed seen = {0};
    struct soak_options options = soak_options(&seen);
    struct soak_result result;
    struct err err;
    options.interrupted = &interrupted;
    options.plan.clients = 3;
    options.plan.duration_ms = 2 * SOAK_ROUND_MS;
    ck_assert_int_eq(soak_run(&options, &result, &err), ST_OK);
    ck_assert_uint_eq(seen.planned, 2);
    ck_assert_uint_eq(seen.ended, 1);
    ck_assert(!result.marks[3].taken);
}
END_TEST

static const struct {
    enum soak_listen listen;
    const char *server, *client;
} planted[] = {{SOAK_SOCKET, "notify-stops-after-reconnect", NULL},
               {SOAK_STREAM, "stream-resume-skips", NULL},
               {SOAK_UNIFIED, NULL, "two-sockets-after-flap"},
               {SOAK_SOCKET, NULL, "never-reconnects"}};

START_TEST(planted_bugs_are_found)
{
    struct witnessed seen = {0};
    struct soak_options options = soak_options(&seen);
    struct soak_result result;
    struct err err;
    struct buf text;
    options.plan.listen = planted[_i].listen;
    options.plan.clients = 24;
    if (planted[_i].server) {
        bug_add(&options.run.server_bugs, bug_find(str_of(planted[_i].server)));
    } else {
        client_bug_add(&options.run.client_bugs,
                       client_bug_find(str_of(planted[_i].client)));
    }
    ck_assert_int_eq(soak_run(&options, &result, &err), ST_OK);
    ck_assert_uint_eq(result.failed, 1);
    ck_assert_uint_ge(seen.verdicts, 1);
    buf_init(&text, TEXT_MAX);
    soak_write(&options, &result, &text);
    ck_assert(!has(buf_view(&text), "nothing lost"));
    buf_free(&text);
}
END_TEST

START_TEST(a_target_that_is_not_there_is_told)
{
    struct witnessed seen = {0};
    struct soak_options options = soak_options(&seen);
    struct soak_result result;
    struct err err = {.status = ST_OK};
    options.target.world = "wire:memory";
    options.target.program = "/nowhere/syncspec";
    ck_assert_int_ne(soak_run(&options, &result, &err), ST_OK);
    ck_assert_uint_eq(seen.ended, 0);
    ck_assert(err.text[0] != '\0');
}
END_TEST

/* ---- what may grow ---- */

struct judged {
    struct soak_options options;
    struct soak_result soak;
    struct arena arena;
    struct run_result run;
};

/* Both processes the same at every mark, 80 clients, ten pushes. */
static void judged_init(struct judged *judged)
{
    *judged = (struct judged){.options.plan.clients = 80};
    const struct soak_mark mark = {.taken = true,
                                   .self = {true, 100, (size_t)50 << 20},
                                   .server = {true, 200, (size_t)40 << 20},
                                   .history_bytes = (size_t)10 << 20};
    judged->soak.before = judged->soak.rest = mark;
    for (size_t i = 0; i < SOAK_MARKS; i++) {
        judged->soak.marks[i] = mark;
    }
    judged->soak.marks[3].pushes = 10;
    arena_init(&judged->arena, LIMIT_RUN_ARENA);
}

/* What is said, once the edge is passed; nothing at the edge. */
static void judged_edge(struct judged *judged, size_t *figure, size_t allowed,
                        const char *said)
{
    *figure += allowed;
    soak_judge(&judged->options, &judged->soak, &judged->arena, &judged->run);
    ck_assert_uint_eq(judged->run.verdict_count, 0);
    *figure += 1;
    soak_judge(&judged->options, &judged->soak, &judged->arena, &judged->run);
    ck_assert_uint_eq(judged->run.verdict_count, 1);
    ck_assert(judged->run.outcome == OUT_FAIL);
    ck_assert_str_eq(judged->run.verdicts[0].what.p, said);
    arena_free(&judged->arena);
}

START_TEST(a_process_may_grow_up_to_the_bound)
{
    struct judged j;
    judged_init(&j);
    judged_edge(&j, &j.soak.marks[3].self.resident_bytes, SOAK_SELF_BYTES,
                "LEAK bytes in memory beside the history of this process grow");
    judged_init(&j); /* what the history grew by is taken off, and a part */
    j.soak.marks[3].history_bytes += 6 << 20;
    judged_edge(&j, &j.soak.marks[3].self.resident_bytes,
                SOAK_SELF_BYTES + (7 << 20),
                "LEAK bytes in memory beside the history of this process grow");
    judged_init(&j);
    judged_edge(&j, &j.soak.marks[3].server.resident_bytes,
                SOAK_SERVER_BYTES + 10 * SOAK_PUSH_BYTES,
                "LEAK bytes in memory of the server grow");
    judged_init(&j);
    judged_edge(&j, &j.soak.marks[3].self.descriptors, SOAK_DESCRIPTORS + 10,
                "LEAK descriptors of this process grow");
    judged_init(&j);
    judged_edge(&j, &j.soak.marks[3].server.descriptors, SOAK_DESCRIPTORS + 10,
                "LEAK descriptors of the server grow");
}
END_TEST

START_TEST(at_rest_hardly_a_descriptor_may_be_left)
{
    struct judged j;
    judged_init(&j);
    judged_edge(&j, &j.soak.rest.self.descriptors, SOAK_REST_DESCRIPTORS,
                "LEAK descriptors of this process grow");
    judged_init(&j);
    judged_edge(&j, &j.soak.rest.server.descriptors, SOAK_REST_DESCRIPTORS,
                "LEAK descriptors of the server grow");
}
END_TEST

START_TEST(a_history_that_was_given_up_hides_no_leak)
{
    struct judged j;
    judged_init(&j); /* the last mark is at the beginning of a round */
    j.soak.marks[3].history_bytes -= 8 << 20;
    j.soak.marks[3].self.resident_bytes -= 8 << 20;
    judged_edge(&j, &j.soak.marks[3].self.resident_bytes, SOAK_SELF_BYTES,
                "LEAK bytes in memory beside the history of this process grow");
}
END_TEST

START_TEST(what_is_not_known_is_not_judged)
{
    struct judged j;
    struct buf text;
    judged_init(&j);
    j.soak.marks[0].server.known = false;
    j.soak.before.server.known = false;
    j.soak.marks[3].server.resident_bytes *= 2;
    j.soak.rest.server.descriptors *= 2;
    soak_judge(&j.options, &j.soak, &j.arena, &j.run);
    ck_assert_uint_eq(j.run.verdict_count, 0);
    buf_init(&text, TEXT_MAX);
    soak_write(&j.options, &j.soak, &text);
    ck_assert(!has(buf_view(&text), "server,"));
    ck_assert(has(buf_view(&text), "this process, descriptors"));
    buf_free(&text);
    arena_free(&j.arena);
}
END_TEST

/* ---- what a process holds ---- */

START_TEST(descriptors_are_counted)
{
    struct usage before = usage_of(0);
    int files[2];
    ck_assert(before.known);
    ck_assert_int_eq(pipe(files), 0);
    ck_assert_uint_eq(usage_of(0).descriptors, before.descriptors + 2);
    ck_assert_uint_eq(usage_of(getpid()).descriptors, before.descriptors + 3);
    close(files[0]);
    close(files[1]);
    ck_assert_uint_eq(usage_of(0).descriptors, before.descriptors);
}
END_TEST

START_TEST(memory_is_counted_once_it_is_used)
{
    enum { MUCH = 24 << 20 };
    size_t before = usage_of(0).resident_bytes;
    char *much = malloc(MUCH);
    ck_assert(much != NULL);
    memset(much, 1, MUCH);
    ck_assert_int_eq(much[MUCH / 2], 1);
    ck_assert_uint_ge(usage_of(0).resident_bytes, before + MUCH / 2);
    free(much);
}
END_TEST

START_TEST(a_process_that_has_gone_is_unknown)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    struct usage usage = usage_of(child);
    ck_assert(!usage.known);
    ck_assert_uint_eq(usage.descriptors, 0);
    ck_assert_uint_eq(usage.resident_bytes, 0);
}
END_TEST

Suite *suite_soak(void)
{
    Suite *suite = suite_create("soak");
    TCase *scripts = tcase_create("scripts");
    TCase *soaks = tcase_create("soaks");
    TCase *growth = tcase_create("growth");
    tcase_add_loop_test(scripts,
                        scripts_parse_and_last_exactly_as_long_as_asked,
                        SOAK_SOCKET, SOAK_MIXED + 1);
    tcase_add_test(scripts, one_seed_makes_one_script);
    tcase_add_test(scripts, a_script_has_all_that_may_happen);
    tcase_add_test(scripts, ways_to_listen_have_names);
    tcase_set_timeout(soaks, 60);
    tcase_add_loop_test(soaks, a_sound_world_loses_nothing_and_the_figures_tell,
                        SOAK_SOCKET, SOAK_MIXED + 1);
    tcase_add_test(soaks, a_long_soak_is_played_in_rounds);
    tcase_add_test(soaks, a_signal_ends_it_after_the_round);
    tcase_add_loop_test(soaks, planted_bugs_are_found, 0,
                        sizeof(planted) / sizeof(planted[0]));
    tcase_add_test(soaks, a_target_that_is_not_there_is_told);
    tcase_add_test(growth, a_process_may_grow_up_to_the_bound);
    tcase_add_test(growth, at_rest_hardly_a_descriptor_may_be_left);
    tcase_add_test(growth, a_history_that_was_given_up_hides_no_leak);
    tcase_add_test(growth, what_is_not_known_is_not_judged);
    tcase_add_test(growth, descriptors_are_counted);
    tcase_add_test(growth, memory_is_counted_once_it_is_used);
    tcase_add_test(growth, a_process_that_has_gone_is_unknown);
    suite_add_tcase(suite, scripts);
    suite_add_tcase(suite, soaks);
    suite_add_tcase(suite, growth);
    return suite;
}
