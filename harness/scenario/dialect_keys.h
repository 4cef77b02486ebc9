/* SPDX-License-Identifier: MIT */
/* dialect_keys - what a file of a dialect can say: one table for its reader,
 * the help and the manual.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_DIALECT_KEYS_H
#define SYNCSPEC_HARNESS_SCENARIO_DIALECT_KEYS_H

#include "protocol/dialect.h"

enum dialect_key_kind {
    DIALECT_KEY_BASE,  /* v1 or v2: the first line */
    DIALECT_KEY_TITLE, /* what reports call the dialect */
    DIALECT_KEY_PATH,
    DIALECT_KEY_NAME,   /* of a member, a value or an event */
    DIALECT_KEY_PARAM,  /* name of a parameter of a query */
    DIALECT_KEY_HEADER, /* name of a header */
    DIALECT_KEY_COUNT,
    DIALECT_KEY_BYTES, /* 500, 64KiB, 1MiB */
    DIALECT_KEY_FLAG   /* yes or no */
};

struct dialect_key {
    const char *key; /* "name.table" */
    enum dialect_key_kind kind;
    int which;        /* enum dialect_name, enum dialect_path */
    size_t offset;    /* in struct dialect: numbers and flags */
    int64_t max;      /* of numbers */
    const char *help; /* one sentence, without what the base says */
};

/* All, `*count` of them, in the order of the manual. */
const struct dialect_key *dialect_keys(size_t *count);
/* The value that `dialect` has, as a file would say it. */
void dialect_key_value(const struct dialect_key *key,
                       const struct dialect *dialect, struct buf *out);
/* The manual: Markdown. */
void dialect_keys_manual(struct buf *out);

#endif
