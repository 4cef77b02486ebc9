/* SPDX-License-Identifier: MIT */
/* All suites of the layer harness/transport. */
#include <stdlib.h>

#include "tests/transport/rig.h"

int main(void)
{
    SRunner *runner = srunner_create(suite_world());
    srunner_add_suite(runner, suite_sim());
    srunner_add_suite(runner, suite_sim_live());
    srunner_add_suite(runner, suite_sim_peer());
    srunner_add_suite(runner, suite_faults());
    srunner_add_suite(runner, suite_fault_rules());
    srunner_add_suite(runner, suite_fault_lane());
    srunner_add_suite(runner, suite_fault_line());
    srunner_add_suite(runner, suite_fault_owner());
    srunner_add_suite(runner, suite_faults_live());
    srunner_add_suite(runner, suite_pace());
    srunner_add_suite(runner, suite_wire());
    srunner_add_suite(runner, suite_wire_life());
    srunner_add_suite(runner, suite_wire_live());
    srunner_add_suite(runner, suite_wire_ends());
    srunner_add_suite(runner, suite_wire_stream());
    srunner_add_suite(runner, suite_wire_answer());
    srunner_add_suite(runner, suite_wire_serve());
    srunner_add_suite(runner, suite_wire_headers());
    srunner_add_suite(runner, suite_spawn());
    srunner_add_suite(runner, suite_served());
    srunner_add_suite(runner, suite_ask());
    srunner_add_suite(runner, suite_wire_pace());
    /* A process for each test costs more than all of the tests. */
    if (!getenv("CK_FORK")) {
        srunner_set_fork_status(runner, CK_NOFORK);
    }
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
