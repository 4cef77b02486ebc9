/* SPDX-License-Identifier: MIT */
/* options - the key=value lists that rows of the verb table point to.  Each
 * ends with a NULL name.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_OPTIONS_H
#define SYNCSPEC_HARNESS_SCENARIO_OPTIONS_H

#include "harness/scenario/verbs.h"

extern const struct option options_none[];
extern const struct option options_send[];   /* gets=, wait= */
extern const struct option options_finish[]; /* gets= */
extern const struct option options_goes[];
extern const struct option options_signs[];
extern const struct option options_crashes[];
extern const struct option options_restores[];
extern const struct option options_clones[];
extern const struct option options_sees[];
extern const struct option options_has[];
extern const struct option options_counts[];
extern const struct option options_queries[];
extern const struct option options_sends[];
extern const struct option options_listens[];
extern const struct option options_connects[];
extern const struct option options_frames[];
extern const struct option options_hears[];
extern const struct option options_pauses[]; /* on= alone, too */
extern const struct option options_on[];     /* on= alone */
extern const struct option options_disconnects[];
extern const struct option options_settles[];
extern const struct option options_waits[];
extern const struct option options_net[]; /* the selectors alone */
extern const struct option options_delays[];
extern const struct option options_truncates[];
extern const struct option options_trickles[];
extern const struct option options_answers[];
extern const struct option options_repeats[];
extern const struct option options_announces[];
extern const struct option options_cuts[];
extern const struct option options_silences[];
extern const struct option options_holds[]; /* by= of live channels */
extern const struct option options_splits[];
extern const struct option options_clock[];
extern const struct option options_stalls[];
extern const struct option options_counters[];
extern const struct option options_storm[];
extern const struct option options_expects[];

#endif
