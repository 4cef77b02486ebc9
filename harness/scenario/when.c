/* SPDX-License-Identifier: MIT */
/* when - durations and wall-clock times as scenarios write them.
 * Layer: harness/scenario. */
#include "harness/scenario/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/instant.h"

static const struct {
    const char *name;
    int64_t ms;
} when_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

enum { WHEN_UNITS = sizeof when_units / sizeof when_units[0] };

bool duration_parse(struct str text, int64_t *ms)
{
    bool negative = text.n > 0 && text.p[0] == '-';
    struct str rest = str_skip(text, negative ? 1 : 0);
    size_t digits = 0;
    while (digits < rest.n && rest.p[digits] >= '0' && rest.p[digits] <= '9') {
        digits++;
    }
    int64_t number;
    if (digits == 0 || !str_to_i64(str_take(rest, digits), &number)) {
        return false;
    }
    struct str unit = str_skip(rest, digits);
    for (size_t i = 0; i < WHEN_UNITS; i++) {
        if (str_is(unit, when_units[i].name)) {
            if (number > WHEN_MS_MAX / when_units[i].ms) {
                return false;
            }
            *ms = (negative ? -number : number) * when_units[i].ms;
            return true;
        }
    }
    return false;
}

void when_write(struct buf *out, int64_t ms)
{
    size_t unit = WHEN_UNITS - 1;
    while (unit > 0 && (ms == 0 || ms % when_units[unit].ms != 0)) {
        unit--;
    }
    buf_printf(out, "%" PRId64 "%s", ms / when_units[unit].ms,
               when_units[unit].name);
}

bool when_range(struct str text, int64_t *low_ms, int64_t *high_ms)
{
    size_t dot = str_find(text, '.');
    if (!duration_parse(str_take(text, dot), low_ms)) {
        return false;
    }
    *high_ms = *low_ms;
    if (dot < text.n) {
        struct str rest = str_skip(text, dot);
        if (!str_starts(rest, STR("..")) ||
            !duration_parse(str_skip(rest, 2), high_ms)) {
            return false;
        }
    }
    return *low_ms >= 0 && *low_ms <= *high_ms;
}

/* "10:05:30.25": the time of day on the day of the epoch. */
static bool when_clock(struct str text, char out[WHEN_TEXT_MAX])
{
    size_t dot = str_find(text, '.');
    size_t fraction = dot < text.n ? text.n - dot - 1 : 0;
    if (dot != strlen("10:05:30") || fraction > 9 ||
        (dot < text.n && fraction == 0)) {
        return false;
    }
    size_t zeros = fraction < 3 ? 3 - fraction : 0;
    snprintf(out, WHEN_TEXT_MAX, "2026-03-27T%.*s.%.*s%.*sZ", (int)dot, text.p,
             (int)fraction, fraction > 0 ? text.p + dot + 1 : "", (int)zeros,
             "000");
    return true;
}

static bool when_offset(struct str text, char out[WHEN_TEXT_MAX])
{
    struct str rest = text.p[0] == '+' ? str_skip(text, 1) : text;
    int64_t ms;
    struct instant at;
    char spelled[INSTANT_TEXT_MAX];
    if (rest.n == 0 || (text.p[0] == '+' && rest.p[0] == '-') ||
        !duration_parse(rest, &ms) ||
        instant_parse(STR(WHEN_EPOCH_TEXT), &at, NULL) != ST_OK) {
        return false;
    }
    struct str s = instant_write_ms(instant_add_ms(at, ms), spelled);
    snprintf(out, WHEN_TEXT_MAX, "%.*s", STR_ARG(s));
    return true;
}

bool when_complete(struct str text, char out[WHEN_TEXT_MAX])
{
    if (text.n == 0 || text.n >= INSTANT_TEXT_MAX) {
        return false;
    }
    if (text.p[0] == '+' || text.p[0] == '-') {
        return when_offset(text, out);
    }
    if (str_find(text, 'T') == text.n) {
        if (!when_clock(text, out)) {
            return false;
        }
    } else {
        snprintf(out, WHEN_TEXT_MAX, "%.*s", STR_ARG(text));
    }
    struct instant at;
    return instant_parse(str_of(out), &at, NULL) == ST_OK;
}
