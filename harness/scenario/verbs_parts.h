/* SPDX-License-Identifier: MIT */
/* verbs_parts - the tables that verbs.c joins to one, each in the order of
 * enum verb_id.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_VERBS_PARTS_H
#define SYNCSPEC_HARNESS_SCENARIO_VERBS_PARTS_H

#include "harness/scenario/verbs.h"

extern const struct verb verbs_client[VERB_LISTENS - VERB_INSERTS];
extern const struct verb verbs_live[VERB_SETTLES - VERB_LISTENS];
extern const struct verb verbs_world[VERB_COUNT - VERB_SETTLES];

#endif
