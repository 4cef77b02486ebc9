/* SPDX-License-Identifier: MIT */
/* block - one result as a block of text that a person can act on: where, what
 * was expected and came, why, the clause, the evidence, how to see it again.
 * Layer: reports. */
#ifndef SYNCSPEC_REPORTS_BLOCK_H
#define SYNCSPEC_REPORTS_BLOCK_H

#include "reports/verdict.h"

struct block_style {
    bool color;           /* ANSI escape sequences */
    size_t value_bytes;   /* longer values are cut */
    size_t explain_lines; /* of one verdict */
    size_t verdicts;      /* of one result */
    bool whole;           /* exchanges with headers and all that is kept of
                             bodies; else a line a request and an answer */
    size_t body_bytes;    /* of a body in such a line, and of a message */
    size_t messages;      /* of a live channel, if not whole */
    size_t shell_bytes;   /* a longer command is only told of */
    bool no_exchanges;    /* they are shown elsewhere */
    const char *hint;     /* how to see what was left out; may be empty */
};

/* For eyes: at most ten lines of evidence a verdict, five verdicts.  No hint.
 */
extern const struct block_style block_brief;
/* For files and --verbose: everything, values up to 64 KiB. */
extern const struct block_style block_full;

/* "retry/lost_response#1 (virtual, v1)", as escape_line; "unnamed" without an
 * id. */
void block_place(struct buf *out, const struct run_result *result);
/* "FAIL  retry/lost_response#1 (virtual, v1): a push whose …", no newline. */
void block_title(struct buf *out, const struct run_result *result,
                 const struct block_style *style);
/* `FILE:LINE: WHAT` of one verdict, no newline, no colour. */
void block_headline(struct buf *out, const struct run_result *result,
                    const struct verdict *verdict);
/* Why it is what it is, in one line without newline: its worst verdict, why it
 * was skipped or is known; may be nothing. */
void block_reason(struct buf *out, const struct run_result *result);
/* All verdicts and the replay line; each line ends with a newline. */
void block_body(struct buf *out, const struct run_result *result,
                const struct block_style *style);

/* A label at its column, dim where there is colour. */
void block_label(struct buf *out, const char *label,
                 const struct block_style *style);
/* "PASS", "FAIL", "NOT RUN", … */
const char *block_outcome(enum outcome outcome);
/* The escape sequence that an outcome is painted with; "" without colour. */
const char *block_paint(const struct block_style *style, enum outcome outcome);
const char *block_unpaint(const struct block_style *style);
/* The verdict that says best why the result is what it is: the first of the
 * worst; NULL if there is none. */
const struct verdict *block_worst(const struct run_result *result);

#endif
