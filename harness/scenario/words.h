/* SPDX-License-Identifier: MIT */
/* words - what stands behind a verb without a name: references, clients,
 * choices, targets.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_WORDS_H
#define SYNCSPEC_HARNESS_SCENARIO_WORDS_H

#include "harness/scenario/parse.h"

enum status words_add(struct parser *parser, struct step *step,
                      const struct token *token);
/* Enough of them? */
enum status words_complete(struct parser *parser, const struct step *step);

#endif
