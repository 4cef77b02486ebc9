/* SPDX-License-Identifier: MIT */
/* main - all suites of the model client.  Layer: tests. */
#include "tests/client/rig.h"

int main(void)
{
    SRunner *runner = srunner_create(suite_record());
    srunner_add_suite(runner, suite_apply());
    srunner_add_suite(runner, suite_write());
    srunner_add_suite(runner, suite_device());
    srunner_add_suite(runner, suite_push());
    srunner_add_suite(runner, suite_refusal());
    srunner_add_suite(runner, suite_pull());
    srunner_add_suite(runner, suite_timers());
    srunner_add_suite(runner, suite_life());
    srunner_add_suite(runner, suite_strategy());
    srunner_add_suite(runner, suite_bugs());
    srunner_add_suite(runner, suite_crowd());
    srunner_add_suite(runner, suite_live());
    srunner_add_suite(runner, suite_live_life());
    srunner_add_suite(runner, suite_live_stream());
    srunner_add_suite(runner, suite_live_chaos());
    /* A process a test costs more than the tests; CK_FORK=yes isolates them. */
    if (!getenv("CK_FORK")) {
        srunner_set_fork_status(runner, CK_NOFORK);
    }
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
