/* SPDX-License-Identifier: MIT */
/* main - runs every suite of layer run. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/run/suites.h"

const char *clause_of(enum clause_level level)
{
    size_t count;
    const struct clause *clauses = clause_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (clauses[i].level == level) {
            return clauses[i].id;
        }
    }
    ck_abort_msg("no clause of level %d", (int)level);
    return NULL;
}

struct scenario_list scenario_of(const char *text, struct arena *arena)
{
    struct scenario_list list = {.count = 0};
    struct err err = {.status = ST_OK};
    enum status status =
        scenario_parse(STR("test.sync"), str_of(text), arena, &list, &err);
    ck_assert_msg(status == ST_OK, "%s", err.text);
    return list;
}

const char *first_verdict(const struct run_result *result)
{
    static char text[512];
    if (result->verdict_count == 0) {
        return "no verdict";
    }
    const struct verdict *v = &result->verdicts[0];
    snprintf(text, sizeof(text), "%.*s: %.*s by %.*s: %.*s", STR_ARG(v->clause),
             STR_ARG(v->what), STR_ARG(v->checker), STR_ARG(v->actual));
    return text;
}

int main(void)
{
    SRunner *runner = srunner_create(suite_runner());
    srunner_add_suite(runner, suite_determinism());
    srunner_add_suite(runner, suite_select());
    srunner_add_suite(runner, suite_conformance());
    srunner_add_suite(runner, suite_patience());
    srunner_add_suite(runner, suite_probe());
    srunner_add_suite(runner, suite_suite());
    srunner_add_suite(runner, suite_profile());
    srunner_add_suite(runner, suite_embedded());
    srunner_add_suite(runner, suite_kill());
    srunner_add_suite(runner, suite_live());
    srunner_add_suite(runner, suite_live_wire());
    srunner_add_suite(runner, suite_grades());
    srunner_add_suite(runner, suite_known());
    srunner_add_suite(runner, suite_witness());
    srunner_add_suite(runner, suite_label());
    srunner_add_suite(runner, suite_shell());
    srunner_add_suite(runner, suite_evidence());
    srunner_add_suite(runner, suite_soak());
    srunner_add_suite(runner, suite_storm());
    srunner_add_suite(runner, suite_service());
    srunner_add_suite(runner, suite_issuer());
    srunner_add_suite(runner, suite_tokens());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
