/* SPDX-License-Identifier: MIT */
/* main - runs every suite of layer base. */
#include <stdlib.h>

#include "tests/base/suites.h"

int main(void)
{
    SRunner *runner = srunner_create(suite_asserts());
    srunner_add_suite(runner, suite_err());
    srunner_add_suite(runner, suite_str());
    srunner_add_suite(runner, suite_arena());
    srunner_add_suite(runner, suite_buf());
    srunner_add_suite(runner, suite_intern());
    srunner_add_suite(runner, suite_sections());
    srunner_add_suite(runner, suite_rng());
    srunner_add_suite(runner, suite_heap());
    srunner_add_suite(runner, suite_utf8());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
