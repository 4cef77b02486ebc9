/* SPDX-License-Identifier: MIT */
/* input - the fuzzer's bytes read as a list of small choices.  Behind the end
 * every choice is the first one, so that a shorter input is a simpler case.
 * Layer: fuzz. */
#ifndef SYNCSPEC_FUZZ_INPUT_H
#define SYNCSPEC_FUZZ_INPUT_H

#include "base/str.h"

struct input {
    struct str bytes; /* borrows */
    size_t at;        /* read so far */
};

struct input input_of(const uint8_t *data, size_t size);
bool input_ended(const struct input *input);
/* The next byte, or 0. */
uint8_t input_byte(struct input *input);
/* 0 to bound - 1; bound is 1 to 256. */
unsigned input_below(struct input *input, unsigned bound);
/* At most `n` bytes, as they are; borrows. */
struct str input_take(struct input *input, size_t n);

#endif
