/* SPDX-License-Identifier: MIT */
/* facts - what was found of the target before the run, for people.
 * Layer: reports; only for the files of the formats. */
#ifndef SYNCSPEC_REPORTS_FACTS_H
#define SYNCSPEC_REPORTS_FACTS_H

#include "base/buf.h"
#include "reports/report.h"

/* Append the profile and one line a fact, names and values in columns; each
 * line begins with `indent`.  Nothing when there are none. */
void facts_write_text(struct buf *out, const struct report_run *run,
                      const char *indent);
/* Append them as a table and an empty line; nothing when there are none. */
void facts_write_markdown(struct buf *out, const struct report_run *run);
/* All facts, and what they point to, in the arena. */
const struct report_fact *facts_copy(const struct report_run *run,
                                     struct arena *arena);

#endif
