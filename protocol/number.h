/* SPDX-License-Identifier: MIT */
/* number - decimal spellings of doubles: is a token exact, and which spelling
 * is the shortest.  Independent of the locale.  Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_NUMBER_H
#define SYNCSPEC_PROTOCOL_NUMBER_H

#include "base/str.h"

enum { NUMBER_TEXT_MAX = 32 }; /* longest shortest spelling and NUL */

/* All tokens are JSON numbers (the scanner has seen them) of at most
 * LIMIT_NUMBER_BYTES; anything else is our own mistake. */

/* True when the decimal value of the token is that of the shortest spelling of
 * its nearest double: nothing is lost by keeping only the double. */
bool number_is_exact(struct str token);
/* The nearest double; infinite when the token is too large for one. */
double number_value(struct str token);
/* The shortest spelling that reads back as `value` (finite), in the style of
 * ECMAScript: 0.000001, 1e-7, 100000000000000000000, 1e+21; "-0" stays.
 * Returns a view of `out`. */
struct str number_write(double value, char out[NUMBER_TEXT_MAX]);

#endif
