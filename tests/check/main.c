/* SPDX-License-Identifier: MIT */
/* main - runs every suite of layer check. */
#include <stdlib.h>

#include "tests/check/suites.h"

int main(void)
{
    SRunner *runner = srunner_create(suite_server_checkers());
    srunner_add_suite(runner, suite_client_checkers());
    srunner_add_suite(runner, suite_live_checkers());
    srunner_add_suite(runner, suite_listening_checker());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
