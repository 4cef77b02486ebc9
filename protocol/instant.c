/* SPDX-License-Identifier: MIT */
/* instant - a point in time with nanoseconds; RFC 3339 in and out.
 * Layer: protocol. */
#include "protocol/instant.h"

#include <string.h>

#include "base/utf8.h"

enum {
    DAY_S = 86400,
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
    QUOTED_MAX = 64 /* bytes of a wrong time that an error shows */
};

/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z */
#define FIRST_S INT64_C(-62167219200)
#define LAST_S  INT64_C(253402300799)

static const unsigned char month_days[] = {31, 28, 31, 30, 31, 30,
                                           31, 31, 30, 31, 30, 31};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    return month_days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01, by eras of 400 years that begin in March, so that the
 * leap day is the last of its year (Hinnant, days_from_civil). */
static int64_t days_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (int64_t)era * 146097 + days - 719468;
}

static void civil_of(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int of_era = (int)(days - era * 146097);
    int y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int)(y + era * 400) + (*month <= 2);
}

/* Eight bytes of the shape of `like`, in which 0 stands for any digit and all
 * else for itself.  Each byte of the result is the number that the two digits
 * from there on make.  False when they have another shape. */
static inline bool pairs_read(const char *p, const char like[9],
                              uint64_t *pairs)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t shape = str_word(like), found = str_word(p) ^ shape;
    /* 1 where a digit stands: '0' alone, not '-', ':' or 'T', has bits 4 and 5
     * and no bit 3. */
    uint64_t digits = shape >> 4 & shape >> 5 & ~(shape >> 3) & ones;
    /* A byte over 9, or over 0 at a separator, reaches its top bit. */
    uint64_t over = found + ones * 0x7f - digits * 9;
    *pairs = found * 10 + (found >> 8);
    return ((found | over) & ones * 0x80) == 0;
}

struct clock {
    int year, month, day, hour, minute, second;
    int32_t ns;
    int offset_s; /* east of Greenwich */
};

/* The part up to the seconds, 19 bytes.  False when it has another shape. */
static bool clock_read(const char *p, struct clock *out)
{
    uint64_t month, day, time;
    if (!pairs_read(p, "0000-00-", &month) ||
        !pairs_read(p + 3, "0-00-00T", &day) ||
        !pairs_read(p + 11, "00:00:00", &time)) {
        return false;
    }
    out->year = (int)((month & 0xff) * 100 + (month >> 16 & 0xff));
    out->month = (int)(month >> 40 & 0xff);
    out->day = (int)(day >> 40 & 0xff);
    out->hour = (int)(time & 0xff);
    out->minute = (int)(time >> 24 & 0xff);
    out->second = (int)(time >> 48 & 0xff);
    return true;
}

/* A point and one to nine digits, if a point is there; returns the bytes
 * taken, SIZE_MAX when there are fewer or more. */
static size_t fraction_read(struct str tail, int32_t *ns)
{
    static const int32_t units[] = {NS_PER_S, 100000000, 10000000, 1000000,
                                    100000,   10000,     1000,     100,
                                    10,       1};
    size_t i = 1;
    *ns = 0;
    if (tail.n == 0 || tail.p[0] != '.') {
        return 0;
    }
    for (; i < tail.n && i <= 10 && tail.p[i] >= '0' && tail.p[i] <= '9'; i++) {
        if (i < 10) {
            *ns = *ns * 10 + (tail.p[i] - '0');
        }
    }
    if (i < 2 || i > 10) {
        return SIZE_MAX;
    }
    *ns *= units[i - 1];
    return i;
}

/* Fraction and zone, to the end.  False when they have another shape. */
static bool tail_read(struct str tail, struct clock *out)
{
    size_t taken = fraction_read(tail, &out->ns);
    if (taken == SIZE_MAX) {
        return false;
    }
    tail = str_skip(tail, taken);
    out->offset_s = 0;
    if (tail.n == 1) {
        return tail.p[0] == 'Z';
    }
    if (tail.n != 6 || (tail.p[0] != '+' && tail.p[0] != '-')) {
        return false;
    }
    char padded[] = "00:00:00";
    uint64_t offset;
    memcpy(padded, tail.p + 1, 5);
    if (!pairs_read(padded, "00:00:00", &offset)) {
        return false;
    }
    int hours = (int)(offset & 0xff), minutes = (int)(offset >> 24 & 0xff);
    if (hours > 23 || minutes > 59) {
        return false;
    }
    out->offset_s = (hours * 60 + minutes) * (tail.p[0] == '-' ? -60 : 60);
    return true;
}

/* What is wrong with a time of the right shape, or NULL. */
static const char *clock_fault(const struct clock *clock)
{
    if (clock->month < 1 || clock->month > 12) {
        return "no such month; ";
    }
    if (clock->day < 1 || clock->day > days_in(clock->year, clock->month)) {
        return "no such day; ";
    }
    if (clock->hour > 23 || clock->minute > 59 || clock->second > 59) {
        return "no such time of day; ";
    }
    return NULL;
}

static enum status fail_time(struct err *err, struct str text, const char *why)
{
    if (!err) {
        return ST_SYNTAX;
    }
    struct buf quoted;
    buf_init(&quoted, 4 * QUOTED_MAX);
    utf8_quote(&quoted, text, QUOTED_MAX);
    enum status status =
        err_set(err, ST_SYNTAX,
                "not a time: \"%s\" (%sexpected RFC 3339, e.g. "
                "2026-03-27T10:05:00.000Z)",
                buf_view(&quoted).p, why);
    buf_free(&quoted);
    return status;
}

enum status instant_parse(struct str text, struct instant *out, struct err *err)
{
    struct clock clock;
    if (text.n < 20 || !clock_read(text.p, &clock) ||
        !tail_read(str_skip(text, 19), &clock)) {
        return fail_time(err, text, "");
    }
    const char *fault = clock_fault(&clock);
    if (fault) {
        return fail_time(err, text, fault);
    }
    int64_t s = days_of(clock.year, clock.month, clock.day) * DAY_S +
                clock.hour * 3600 + clock.minute * 60 + clock.second -
                clock.offset_s;
    if (s < FIRST_S || s > LAST_S) {
        return fail_time(err, text, "outside the years 0000-9999 in UTC; ");
    }
    *out = (struct instant){s, clock.ns};
    return ST_OK;
}

int instant_cmp(struct instant a, struct instant b)
{
    if (a.s != b.s) {
        return a.s < b.s ? -1 : 1;
    }
    return (a.ns > b.ns) - (a.ns < b.ns);
}

static char *put_digits(char *p, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + count;
}

/* Up to the seconds.  What the four digits of a year cannot say is written as
 * the nearest that they can. */
static char *put_seconds(char *p, struct instant *at)
{
    if (at->s < FIRST_S) {
        *at = (struct instant){FIRST_S, 0};
    } else if (at->s > LAST_S) {
        *at = (struct instant){LAST_S, NS_PER_S - 1};
    }
    int year, month, day;
    int64_t days = (at->s - (at->s < 0 ? DAY_S - 1 : 0)) / DAY_S;
    int rest = (int)(at->s - days * DAY_S);
    civil_of(days, &year, &month, &day);
    p = put_digits(p, year, 4);
    *p++ = '-';
    p = put_digits(p, month, 2);
    *p++ = '-';
    p = put_digits(p, day, 2);
    *p++ = 'T';
    p = put_digits(p, rest / 3600, 2);
    *p++ = ':';
    p = put_digits(p, rest / 60 % 60, 2);
    *p++ = ':';
    return put_digits(p, rest % 60, 2);
}

static struct str put_end(char *start, char *p)
{
    *p++ = 'Z';
    *p = '\0';
    return (struct str){start, (size_t)(p - start)};
}

struct str instant_write_ms(struct instant at, char out[INSTANT_TEXT_MAX])
{
    char *p = put_seconds(out, &at);
    *p++ = '.';
    return put_end(out, put_digits(p, at.ns / NS_PER_MS, 3));
}

struct str instant_write_ns(struct instant at, char out[INSTANT_TEXT_MAX])
{
    char *p = put_seconds(out, &at);
    if (at.ns > 0) {
        *p++ = '.';
        p = put_digits(p, at.ns, 9);
        while (p[-1] == '0') {
            p--;
        }
    }
    return put_end(out, p);
}

/* s seconds and ns nanoseconds (less than two seconds either way) later. */
static struct instant add_parts(struct instant at, int64_t s, int64_t ns)
{
    ns += at.ns;
    if (ns >= NS_PER_S) {
        ns -= NS_PER_S;
        s++;
    } else if (ns < 0) {
        ns += NS_PER_S;
        s--;
    }
    if (s > 0 && at.s > INT64_MAX - s) {
        return (struct instant){INT64_MAX, NS_PER_S - 1};
    }
    if (s < 0 && at.s < INT64_MIN - s) {
        return INSTANT_MIN;
    }
    return (struct instant){at.s + s, (int32_t)ns};
}

struct instant instant_add_ns(struct instant at, int64_t ns)
{
    return add_parts(at, ns / NS_PER_S, ns % NS_PER_S);
}

struct instant instant_add_ms(struct instant at, int64_t ms)
{
    return add_parts(at, ms / 1000, ms % 1000 * NS_PER_MS);
}

/* seconds * per_s + part, saturating; 0 <= part < per_s. */
static int64_t scale(int64_t seconds, int64_t per_s, int64_t part)
{
    if (seconds > (INT64_MAX - part) / per_s) {
        return INT64_MAX;
    }
    if (seconds < INT64_MIN / per_s) {
        /* One second lower may still be within reach of its fraction. */
        if (seconds < INT64_MIN / per_s - 1) {
            return INT64_MIN;
        }
        int64_t least = (seconds + 1) * per_s, left = per_s - part;
        return least < INT64_MIN + left ? INT64_MIN : least - left;
    }
    return seconds * per_s + part;
}

int64_t instant_diff_ms(struct instant a, struct instant b)
{
    if (b.s < 0 && a.s > INT64_MAX + b.s) {
        return INT64_MAX;
    }
    if (b.s > 0 && a.s < INT64_MIN + b.s) {
        return INT64_MIN;
    }
    int64_t s = a.s - b.s;
    int64_t ns = (int64_t)a.ns - b.ns;
    if (ns < 0) {
        if (s == INT64_MIN) {
            return INT64_MIN;
        }
        ns += NS_PER_S;
        s--;
    }
    return scale(s, 1000, ns / NS_PER_MS);
}

struct instant instant_of_ms(int64_t ms)
{
    return instant_add_ms(INSTANT_EPOCH, ms);
}

struct instant instant_of_ns(int64_t ns)
{
    return instant_add_ns(INSTANT_EPOCH, ns);
}

int64_t instant_to_ns(struct instant at)
{
    return scale(at.s, NS_PER_S, at.ns);
}
