/* SPDX-License-Identifier: MIT */
/* values - is the value of an option or field of the kind that it should be?
 * Layer: harness/scenario. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_VALUES_H
#define SYNCSPEC_HARNESS_SCENARIO_VALUES_H

#include "harness/scenario/parse.h"

/* Check sign and value against the table row; fills arg->ms. */
enum status value_check(struct parser *parser, const struct option *option,
                        const struct token *token, struct arg *arg);
/* Does the JSON value fit text, number, bool, json, time or any?  null fits
 * everything. */
bool value_has_type(const struct arg *arg, struct str type);

#endif
