/* SPDX-License-Identifier: MIT */
/* main - runs every suite of the bundled server. */
#include <stdlib.h>

#include "tests/mock_server/suites.h"

int main(void)
{
    SRunner *runner = srunner_create(suite_server());

    srunner_add_suite(runner, suite_sync());
    srunner_add_suite(runner, suite_captures());
    srunner_add_suite(runner, suite_store());
    srunner_add_suite(runner, suite_auth());
    srunner_add_suite(runner, suite_bugs());
    srunner_add_suite(runner, suite_http_in());
    srunner_add_suite(runner, suite_front());
    srunner_add_suite(runner, suite_front_stop());
    srunner_add_suite(runner, suite_front_live());
    srunner_add_suite(runner, suite_front_stream());
    srunner_add_suite(runner, suite_live());
    srunner_add_suite(runner, suite_live_stream());
    srunner_add_suite(runner, suite_live_cursor());
    srunner_add_suite(runner, suite_live_notice());
    srunner_add_suite(runner, suite_live_ws());
    srunner_add_suite(runner, suite_live_bugs());
    srunner_add_suite(runner, suite_merging());
    srunner_add_suite(runner, suite_merging_style());
    /* One process is much faster under the sanitizers; they tell crashes. */
    if (!getenv("CK_FORK")) {
        srunner_set_fork_status(runner, CK_NOFORK);
    }
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failures == 0 ? 0 : 1;
}
