/* SPDX-License-Identifier: MIT */
/* clauses - what the suite checks, as data: docs/PROTOCOL.md is generated
 * from this table.  Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_CLAUSES_H
#define SYNCSPEC_PROTOCOL_CLAUSES_H

#include "protocol/dialect.h"

enum clause_level { LEVEL_MUST, LEVEL_SHOULD, LEVEL_STRICT };

struct clause {
    const char *id;    /* "PUSH-4" */
    const char *group; /* "Push" */
    enum clause_level level;
    unsigned dialects; /* DIALECT_V1 | DIALECT_V2 */
    const char *text;  /* the sentence */
};

char clause_level_letter(enum clause_level level); /* M S X */
const struct clause *clause_find(struct str id);   /* or NULL */
const struct clause *clause_all(size_t *count);
/* The id that was probably meant, or NULL. */
const struct clause *clause_closest(struct str id);

#endif
