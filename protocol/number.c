/* SPDX-License-Identifier: MIT */
/* number - decimal spellings of doubles.  Layer: protocol. */
#include "protocol/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/asserts.h"
#include "base/limits.h"

enum {
    DIGITS_SAFE = 15,  /* every decimal of so many digits survives a double */
    DIGITS_MAX = 17,   /* no shortest spelling has more */
    POINT_BOUND = 9999 /* exponents behind it are all alike: 0 or infinite */
};

/* 0.d1d2d3... times ten to the power of `point`: no zeros at either end, no
 * digits at all for zero. */
struct decimal {
    bool negative;
    int point;
    size_t count;
    char digits[LIMIT_NUMBER_BYTES];
};

static void decimal_trim(struct decimal *decimal)
{
    while (decimal->count > 0 && decimal->digits[decimal->count - 1] == '0') {
        decimal->count--;
    }
}

static int exponent_read(struct str text)
{
    size_t i = 0;
    bool negative = text.n > 0 && text.p[0] == '-';
    if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+')) {
        i++;
    }
    int value = 0;
    for (; i < text.n; i++) {
        value = value * 10 + (text.p[i] - '0');
        if (value > POINT_BOUND) {
            value = POINT_BOUND;
        }
    }
    return negative ? -value : value;
}

static void decimal_read(struct str token, struct decimal *out)
{
    ASSERT(token.n > 0 && token.n <= LIMIT_NUMBER_BYTES);
    out->negative = token.p[0] == '-';
    out->point = 0;
    out->count = 0;
    bool fraction = false;
    size_t i = out->negative ? 1 : 0;
    for (; i < token.n && token.p[i] != 'e' && token.p[i] != 'E'; i++) {
        char c = token.p[i];
        if (c == '.') {
            fraction = true;
            continue;
        }
        if (c != '0' || out->count > 0) {
            out->digits[out->count++] = c;
        }
        if (!fraction && out->count > 0) {
            out->point++;
        } else if (fraction && out->count == 0) {
            out->point--;
        }
    }
    if (i < token.n) {
        out->point += exponent_read(str_skip(token, i + 1));
    }
    decimal_trim(out);
}

/* As an integer with an exponent: no decimal point that a locale could spell
 * in another way. */
static double decimal_value(const struct decimal *decimal)
{
    char text[LIMIT_NUMBER_BYTES + 24];
    if (decimal->count == 0) {
        return decimal->negative ? -0.0 : 0.0;
    }
    memcpy(text, decimal->digits, decimal->count);
    snprintf(text + decimal->count, 24, "e%d",
             decimal->point - (int)decimal->count);
    double value = strtod(text, NULL);
    return decimal->negative ? -value : value;
}

double number_value(struct str token)
{
    struct decimal decimal;
    decimal_read(token, &decimal);
    return decimal_value(&decimal);
}

/* The correctly rounded spelling of `value` in exactly `count` digits, without
 * trimming. */
static void decimal_round(double value, int count, struct decimal *out)
{
    char text[NUMBER_TEXT_MAX];
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    const char *p = text;
    out->count = 0;
    for (; *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9') {
            out->digits[out->count++] = *p;
        }
    }
    out->point = exponent_read(str_of(p + 1)) + 1;
}

/* The next greater decimal of as many digits. */
static void decimal_step_up(struct decimal *decimal)
{
    size_t i = decimal->count;
    while (i > 0 && decimal->digits[i - 1] == '9') {
        decimal->digits[--i] = '0';
    }
    if (i > 0) {
        decimal->digits[i - 1]++;
        return;
    }
    decimal->digits[0] = '1';
    decimal->point++;
}

/* Of a finite value greater than zero. */
static void decimal_shortest(double value, struct decimal *out)
{
    int exponent;
    /* Below a power of two the neighbour is twice as near as above it: the
     * nearest short decimal may miss where the next greater one hits. */
    bool lopsided = frexp(value, &exponent) == 0.5;
    out->negative = false;
    for (int count = value < DBL_MIN ? 1 : DIGITS_SAFE; count <= DIGITS_MAX;
         count++) {
        decimal_round(value, count, out);
        if (decimal_value(out) == value) {
            break;
        }
        if (lopsided) {
            decimal_step_up(out);
            if (decimal_value(out) == value) {
                break;
            }
        }
    }
    decimal_trim(out);
}

bool number_is_exact(struct str token)
{
    struct decimal decimal, shortest;
    decimal_read(token, &decimal);
    if (decimal.count == 0 ||
        (decimal.count <= DIGITS_SAFE && decimal.point > DBL_MIN_10_EXP &&
         decimal.point <= DBL_MAX_10_EXP)) {
        return true;
    }
    if (decimal.count > DIGITS_MAX) {
        return false;
    }
    double value = fabs(decimal_value(&decimal));
    if (value == 0 || isinf(value)) {
        return false;
    }
    decimal_shortest(value, &shortest);
    return shortest.count == decimal.count && shortest.point == decimal.point &&
           memcmp(shortest.digits, decimal.digits, decimal.count) == 0;
}

static size_t put_integer(uint64_t value, char *out)
{
    char reversed[NUMBER_TEXT_MAX];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (size_t i = 0; i < n; i++) {
        out[i] = reversed[n - 1 - i];
    }
    return n;
}

/* Most fractions that people write have few places: find them by one
 * multiplication and one division, both correctly rounded, instead of by
 * formatting and reading back.  A quotient that equals the value proves the
 * decimal, and up to 15 digits there is no shorter one. */
static bool decimal_guess(double value, struct decimal *out)
{
    static const double tens[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (value < 1e-5) {
        return false;
    }
    for (size_t i = 0; i < sizeof tens / sizeof tens[0]; i++) {
        double scaled = value * tens[i];
        if (scaled > 1e15) {
            return false;
        }
        uint64_t whole = (uint64_t)(scaled + 0.5);
        if (whole > 0 && (double)whole / tens[i] == value) {
            out->count = put_integer(whole, out->digits);
            out->point = (int)out->count - (int)(i + 1);
            decimal_trim(out);
            return true;
        }
    }
    return false;
}

static size_t put_zeros(char *out, int count)
{
    for (int i = 0; i < count; i++) {
        out[i] = '0';
    }
    return count > 0 ? (size_t)count : 0;
}

static size_t put_digits(char *out, const char *digits, size_t count)
{
    memcpy(out, digits, count);
    return count;
}

/* ECMA-262, Number::toString, radix 10. */
static size_t decimal_write(const struct decimal *decimal, char *out)
{
    const char *digits = decimal->digits;
    int point = decimal->point, count = (int)decimal->count;
    size_t n = 0;
    ASSERT(count > 0);
    if (count <= point && point <= 21) {
        n += put_digits(out, digits, decimal->count);
        return n + put_zeros(out + n, point - count);
    }
    if (0 < point && point <= 21) {
        n += put_digits(out, digits, (size_t)point);
        out[n++] = '.';
        return n + put_digits(out + n, digits + point, (size_t)(count - point));
    }
    if (-6 < point && point <= 0) {
        out[n++] = '0';
        out[n++] = '.';
        n += put_zeros(out + n, -point);
        return n + put_digits(out + n, digits, decimal->count);
    }
    out[n++] = digits[0];
    if (count > 1) {
        out[n++] = '.';
        n += put_digits(out + n, digits + 1, decimal->count - 1);
    }
    out[n++] = 'e';
    out[n++] = point > 0 ? '+' : '-';
    return n + put_integer((uint64_t)abs(point - 1), out + n);
}

struct str number_write(double value, char out[NUMBER_TEXT_MAX])
{
    struct decimal decimal;
    ASSERT(isfinite(value));
    size_t n = 0;
    if (signbit(value)) {
        out[n++] = '-';
        value = -value;
    }
    if (value < 1e15 && value == (double)(uint64_t)value) {
        n += put_integer((uint64_t)value, out + n);
    } else {
        if (!decimal_guess(value, &decimal)) {
            decimal_shortest(value, &decimal);
        }
        n += decimal_write(&decimal, out + n);
    }
    out[n] = '\0';
    return (struct str){out, n};
}
