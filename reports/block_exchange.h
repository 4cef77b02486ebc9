/* SPDX-License-Identifier: MIT */
/* block_exchange - what went over the wire, as lines of a block.
 * Layer: reports; only for the files of the formats. */
#ifndef SYNCSPEC_REPORTS_BLOCK_EXCHANGE_H
#define SYNCSPEC_REPORTS_BLOCK_EXCHANGE_H

#include "reports/block.h"

/* Append the exchanges of a result's verdict: request, answer, messages, and
 * the line that sends it again (in brief of one of them); those that a verdict
 * before it has are left out.  Each line ends with a newline. */
void block_exchanges(struct buf *out, const struct run_result *result,
                     size_t index, const struct block_style *style);

#endif
