/* SPDX-License-Identifier: MIT */
/* kill -9 of the bundled server at 50 seeded moments under 20 clients: nothing
 * that it acknowledged is lost (SQLite store). */
#include <stdlib.h>

#include "harness/run/target.h"
#include "tests/run/suites.h"

enum { MOMENTS = 50, CLIENTS = 20 };

/* All clients write and push; in the middle of it the server is killed. */
static struct str kill_script(struct arena *arena)
{
    struct buf text;
    struct rng rng;
    buf_init(&text, LIMIT_SCENARIO_BYTES);
    rng_init(&rng, 1, STR("kill"));
    buf_puts(&text, "scenario \"killed fifty times\"\n"
                    "covers SVC-2 PUSH-2 QUEUE-1\nneeds restart\nclients");
    for (int c = 0; c < CLIENTS; c++) {
        buf_printf(&text, " c%d", c);
    }
    buf_puts(&text, "\n\n");
    for (int m = 0; m < MOMENTS; m++) {
        buf_printf(&text,
                   "  everyone inserts tasks/%d-{who} n=%d\n"
                   "  everyone pushes wait=no\n"
                   "  +%dms server kills\n"
                   "  server restarts\n"
                   "  everyone finishes\n",
                   m, m, (int)rng_range(&rng, 1, 9));
    }
    struct str out = arena_str(arena, buf_view(&text));
    buf_free(&text);
    return out;
}

/* `{who}` stands for each client: a line becomes one for each. */
static struct str expand(struct str script, struct arena *arena)
{
    struct buf out;
    buf_init(&out, LIMIT_SCENARIO_BYTES);
    while (script.n > 0) {
        size_t end = str_find(script, '\n');
        struct str line = str_take(script, end);
        size_t brace = str_find(line, '{');
        for (int c = 0; c < (brace < line.n ? CLIENTS : 1); c++) {
            if (brace == line.n) {
                buf_str(&out, line);
            } else {
                buf_printf(&out, "  c%d inserts %.*sc%d%.*s", c,
                           (int)(brace - 19), line.p + 19, c,
                           (int)(line.n - brace - 5), line.p + brace + 5);
            }
            buf_putc(&out, '\n');
        }
        script = str_skip(script, end + 1);
    }
    struct str text = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return text;
}

START_TEST(nothing_acknowledged_is_lost)
{
    const char *program = getenv("SYNCSPEC");
    ck_assert_msg(program != NULL, "SYNCSPEC must name the built program");
    struct arena texts, runs;
    arena_init(&texts, LIMIT_RUN_ARENA);
    arena_init(&runs, LIMIT_RUN_ARENA);
    struct scenario_list list =
        scenario_of(expand(kill_script(&texts), &texts).p, &texts);
    const struct target_config config = {.world = "wire:sqlite",
                                         .program = program,
                                         .folder = "/tmp",
                                         .dialect = dialect_find(STR("v2"))};
    struct target target;
    struct err err = {.status = ST_OK};
    ck_assert_msg(target_open(&target, &config, &err) == ST_OK, "%s", err.text);
    struct run_options options;
    run_options_defaults(&options);
    target_apply(&target, &options);
    options.tag = STR("kill");
    struct run_result result;
    run_scenario(&list.items[0], &options, &runs, &result);
    ck_assert_msg(result.outcome == OUT_PASS, "%s", first_verdict(&result));
    target_close(&target);
    arena_free(&runs);
    arena_free(&texts);
}
END_TEST

Suite *suite_kill(void)
{
    Suite *suite = suite_create("kill");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 240);
    tcase_add_test(tcase, nothing_acknowledged_is_lost);
    suite_add_tcase(suite, tcase);
    return suite;
}
