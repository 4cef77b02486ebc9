/* SPDX-License-Identifier: MIT */
/* main - runs every suite of layer reports. */
#include <stdlib.h>

#include "tests/reports/suites.h"

int main(void)
{
    SRunner *runner = srunner_create(suite_history());
    srunner_add_suite(runner, suite_verdict());
    srunner_add_suite(runner, suite_escape());
    srunner_add_suite(runner, suite_report());
    srunner_add_suite(runner, suite_golden());
    srunner_add_suite(runner, suite_bytes());
    srunner_add_suite(runner, suite_replay());
    srunner_add_suite(runner, suite_kill());
    srunner_add_suite(runner, suite_diff());
    srunner_add_suite(runner, suite_levels());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
