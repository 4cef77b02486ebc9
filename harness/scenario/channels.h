/* SPDX-License-Identifier: MIT */
/* channels - what must be true of lines about live channels and a table row
 * cannot say: which words and options go together, and whether a line above
 * opens the channel that is spoken of.  Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_CHANNELS_H
#define SYNCSPEC_HARNESS_SCENARIO_CHANNELS_H

#include "harness/scenario/parse.h"

/* A whole step line, of any verb.  Remembers the channels that it opens.
 * Fails with what was meant. */
enum status channels_check(struct parser *parser, const struct step *step);
/* The next line is none of its body: `says` and `frames bytes` need one. */
enum status channels_check_body(struct parser *parser, const struct step *step);
/* An `expects` line follows the step: is there an answer to judge? */
enum status channels_check_expects(struct parser *parser,
                                   const struct step *step,
                                   const struct token *token);

#endif
