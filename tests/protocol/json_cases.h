/* SPDX-License-Identifier: MIT */
/* json_cases - texts that are one JSON document, and texts that are not. */
#ifndef SYNCSPEC_TESTS_PROTOCOL_JSON_CASES_H
#define SYNCSPEC_TESTS_PROTOCOL_JSON_CASES_H

#include "base/str.h"

extern const struct str json_accepted[];
extern const size_t json_accepted_count;
extern const struct str json_refused[]; /* all as ST_SYNTAX */
extern const size_t json_refused_count;

#endif
