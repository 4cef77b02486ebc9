/* SPDX-License-Identifier: MIT */
/* input - bytes as choices.  Layer: fuzz. */
#include "fuzz/input.h"

#include "base/asserts.h"

struct input input_of(const uint8_t *data, size_t size)
{
    return (struct input){.bytes = {(const char *)data, size}};
}

bool input_ended(const struct input *input)
{
    return input->at >= input->bytes.n;
}

uint8_t input_byte(struct input *input)
{
    return input_ended(input) ? 0 : (uint8_t)input->bytes.p[input->at++];
}

unsigned input_below(struct input *input, unsigned bound)
{
    ASSERT(bound >= 1 && bound <= 256);
    return input_byte(input) % bound;
}

struct str input_take(struct input *input, size_t n)
{
    struct str taken = str_take(str_skip(input->bytes, input->at), n);
    input->at += taken.n;
    return taken;
}
