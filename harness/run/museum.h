/* SPDX-License-Identifier: MIT */
/* museum - proof that the checkers see: every scenario that plants a bug passes
 * without it, and fails with it, by the checker and clause that it names.
 * Layer: harness/run. */
#ifndef SYNCSPEC_HARNESS_RUN_MUSEUM_H
#define SYNCSPEC_HARNESS_RUN_MUSEUM_H

#include "harness/run/run.h"

enum exhibit_state {
    EXHIBIT_CAUGHT,
    EXHIBIT_ACCUSED, /* the clean build failed too */
    EXHIBIT_MISSED,  /* the planted bug passed */
    EXHIBIT_MISNAMED /* failed, but not as the scenario says */
};
const char *exhibit_state_name(enum exhibit_state state);

struct exhibit {
    enum exhibit_state state;
    struct str bug;     /* "server:page-skips-equal-stamps" */
    struct str clauses; /* that the bug breaks, by its table */
    struct str detail;  /* what was seen, when not caught */
    int64_t world_ms;   /* virtual time of the failing run */
};

/* Run one planted scenario both ways in virtual time. */
void museum_show(const struct scenario *scenario,
                 const struct run_options *options, struct arena *arena,
                 struct exhibit *out);
/* Split "server:NAME" and plant it; ST_NOT_FOUND when there is no such bug. */
enum status museum_plant(struct str planted, struct run_options *options,
                         struct err *err);

#endif
