/* SPDX-License-Identifier: MIT */
/* test_bugs */
#include "tests/mock_server/suites.h"
Suite *suite_bugs(void)
{
    return suite_create("bugs");
}
