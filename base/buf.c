/* SPDX-License-Identifier: MIT */
/* buf - growing bytes with a ceiling.  Layer: base. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/asserts.h"

enum { BUF_FIRST = 256 }; /* capacity after the first byte */

void buf_init(struct buf *buf, size_t max)
{
    /* One less than everything, so that max + 1 for the NUL is a size. */
    *buf = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void buf_free(struct buf *buf)
{
    free(buf->p);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->n = 0;
    buf->failed = false;
    if (buf->p) {
        buf->p[0] = '\0';
    }
}

bool buf_reserve(struct buf *buf, size_t n)
{
    if (buf->failed || n > buf->max - buf->n) {
        buf->failed = true;
        return false;
    }
    if (n < buf->cap - buf->n) {
        return true;
    }
    size_t need = buf->n + n + 1, most = buf->max + 1;
    size_t cap = buf->cap > 0 ? buf->cap : BUF_FIRST;
    while (cap < need) {
        cap = cap > most / 2 ? most : cap * 2;
    }
    cap = cap < most ? cap : most;
    char *p = realloc(buf->p, cap);
    if (!p) {
        buf->failed = true;
        return false;
    }
    buf->p = p;
    buf->cap = cap;
    buf->p[buf->n] = '\0';
    return true;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    if (!buf_reserve(buf, 0)) {
        return;
    }
    size_t room = buf->cap - buf->n;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(buf->p + buf->n, room, format, ap);
    va_end(ap);
    ASSERT(n >= 0);
    if ((size_t)n >= room) {
        /* All or nothing: take back the part that did fit. */
        buf->p[buf->n] = '\0';
        if (!buf_reserve(buf, (size_t)n)) {
            return;
        }
        va_start(ap, format);
        vsnprintf(buf->p + buf->n, (size_t)n + 1, format, ap);
        va_end(ap);
    }
    buf->n += (size_t)n;
}

struct str buf_view(const struct buf *buf)
{
    return (struct str){buf->p ? buf->p : "", buf->n};
}
