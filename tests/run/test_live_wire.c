/* SPDX-License-Identifier: MIT */
/* Live channels on the wire against the spawned bundled server, through a kill
 * of it: as in virtual time, to the same states. */
#include <stdlib.h>

#include "harness/run/target.h"
#include "tests/run/suites.h"

#define SCRIPT                                                                 \
    "scenario \"live through a restart\"\ncovers WS-5 SSE-3 CONN-1\n"          \
    "dialect v2\nneeds restart\nclients alice bob carol\n"                     \
    "collection tasks title:text\n\n"                                          \
    "  bob listens socket gets=open\n"                                         \
    "  carol listens stream gets=open\n"                                       \
    "  alice connects /ws/{app} auth=yes on=ear gets=open\n"                   \
    "  alice inserts tasks/1 title=\"milk\"\n"                                 \
    "  alice pushes gets=ok\n"                                                 \
    "  bob hears tasks\n"                                                      \
    "  carol hears tasks/1 title=\"milk\"\n"                                   \
    "  alice hears tasks on=ear\n"                                             \
    "  alice hears nothing for=3s on=ear\n"                                    \
    "  server kills\n"                                                         \
    "  bob hears close\n"                                                      \
    "  alice hears close on=ear\n"                                             \
    "  bob has live=waiting channels=0\n"                                      \
    "  server restarts\n"                                                      \
    "  +6s everyone finishes\n"                                                \
    "  bob has live=open channels=1\n"                                         \
    "  carol has live=open\n"                                                  \
    "  alice updates tasks/1 title=\"eggs\"\n"                                 \
    "  alice pushes gets=ok\n"                                                 \
    "  bob hears tasks\n"                                                      \
    "  carol hears tasks/1 title=\"eggs\"\n"                                   \
    "  carol sees tasks/1 title=\"eggs\"\n"

/* The state hash of the script in this world, which it must pass. */
static uint64_t play(const char *world, struct arena *arena)
{
    struct scenario_list list = scenario_of(SCRIPT, arena);
    const struct target_config config = {.world = world,
                                         .program = getenv("SYNCSPEC"),
                                         .folder = "/tmp",
                                         .dialect = dialect_find(STR("v2"))};
    struct target target;
    struct err err = {.status = ST_OK};
    ck_assert_msg(target_open(&target, &config, &err) == ST_OK, "%s", err.text);
    struct run_options options;
    run_options_defaults(&options);
    target_apply(&target, &options);
    options.tag = STR("live");
    struct run_result result;
    run_scenario(&list.items[0], &options, arena, &result);
    ck_assert_msg(result.outcome == OUT_PASS, "%s: %s", world,
                  first_verdict(&result));
    if (target.wire) {
        ck_assert_uint_eq(target.wire->ops->listening(target.wire), 0);
        ck_assert_uint_eq(target.wire->ops->in_flight(target.wire), 0);
    }
    target_close(&target);
    return result.state_hash;
}

START_TEST(channels_on_the_wire_are_as_in_virtual_time)
{
    struct arena arena;
    ck_assert_msg(getenv("SYNCSPEC") != NULL,
                  "SYNCSPEC must name the built program");
    arena_init(&arena, LIMIT_RUN_ARENA);
    ck_assert(play("virtual", &arena) == play("wire:sqlite", &arena));
    arena_free(&arena);
}
END_TEST

Suite *suite_live_wire(void)
{
    Suite *suite = suite_create("live_wire");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, channels_on_the_wire_are_as_in_virtual_time);
    suite_add_tcase(suite, tcase);
    return suite;
}
