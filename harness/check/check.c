/* SPDX-License-Identifier: MIT */
/* check - runs the checkers over one ledger.  Layer: harness/check. */
#include "harness/check/check.h"

#include "harness/check/finding.h"

static const struct {
    const char *name;
    void (*run)(struct finder *finder);
} checkers[] = {
    {"liveness", check_liveness},
    {"atomicity", check_atomicity},
    {"tenancy", check_tenancy},
    {"pages", check_pages},
    {"cursors", check_cursors},
    {"delivery", check_delivery},
    {"oracle", check_oracle},
    {"convergence", check_convergence},
    {"order", check_order},
    {"queue", check_queue},
    {"idempotence", check_idempotence},
    {"session", check_session},
    {"progress", check_progress},
    {"honesty", check_honesty},
    {"notices", check_notices},
    {"streams", check_streams},
    {"listening", check_listening},
};
enum { CHECKERS = sizeof(checkers) / sizeof(checkers[0]) };

void checkers_run(const struct check_input *input, struct run_result *result)
{
    struct ledger ledger;
    ledger_build(&ledger, input);
    for (size_t i = 0; i < CHECKERS; i++) {
        struct finder finder = {&ledger, result, checkers[i].name, 0};
        checkers[i].run(&finder);
        if (finder.found > FINDINGS_PER_CHECKER && result->verdict_count > 0) {
            struct verdict *last = &result->verdicts[result->verdict_count - 1];
            verdict_explain(last, input->arena, "… and %zu more of this kind",
                            finder.found - FINDINGS_PER_CHECKER);
        }
    }
}

const char *const *checker_names(void)
{
    static const char *names[CHECKERS + 1];
    for (size_t i = 0; i < CHECKERS; i++) {
        names[i] = checkers[i].name;
    }
    return names;
}
