/* SPDX-License-Identifier: MIT */
/* format - the columns of scenario text.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_FORMAT_H
#define SYNCSPEC_HARNESS_SCENARIO_FORMAT_H

#include "harness/scenario/scenario.h"

/* Align the columns of text that scenario_parse takes; of other text the
 * outcome is of no use, but still text. */
void format_text(struct str text, struct buf *out);

#endif
