/* SPDX-License-Identifier: MIT */
/* dialect_file - a dialect from the text of a file; docs/dialects.md tells
 * what stands in one.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_DIALECT_FILE_H
#define SYNCSPEC_HARNESS_SCENARIO_DIALECT_FILE_H

#include "base/err.h"
#include "protocol/dialect.h"

enum {
    DIALECT_FILE_MAX = 65536, /* bytes of one file */
    DIALECT_WORD_MAX = 64     /* … of a name in it */
};

/* `file` names it in errors ("FILE:LINE:COLUMN: …") and becomes the dialect's;
 * the result is in the arena.  ST_SYNTAX or ST_LIMIT for the first fault. */
enum status dialect_file_read(const char *file, struct str text,
                              struct arena *arena, const struct dialect **out,
                              struct err *err);

#endif
