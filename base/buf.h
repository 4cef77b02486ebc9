/* SPDX-License-Identifier: MIT */
/* buf - growing bytes with a ceiling and a sticky failure: write on, ask once.
 * Layer: base. */
#ifndef SYNCSPEC_BASE_BUF_H
#define SYNCSPEC_BASE_BUF_H

#include <string.h>

#include "base/str.h"

struct buf {
    char *p; /* owned; NUL kept behind the last byte once anything is written */
    size_t n, cap;
    size_t max;  /* ceiling of n, given at birth */
    bool failed; /* something did not fit; the rest was dropped */
};

void buf_init(struct buf *buf, size_t max);
void buf_free(struct buf *buf);
void buf_clear(struct buf *buf); /* n = 0, failed = false, memory kept */
/* Make room for n bytes more and the NUL; false (and failed) if the ceiling
 * forbids it, memory is out, or the buffer has failed before. */
bool buf_reserve(struct buf *buf, size_t n);

/* Every writer below appends all of its bytes or, once the buffer has failed
 * or would pass its ceiling, none.  `p` must not point into the buffer. */
static inline void buf_put(struct buf *buf, const void *p, size_t n)
{
    if (buf->failed || n >= buf->cap - buf->n) {
        if (!buf_reserve(buf, n)) {
            return;
        }
    }
    if (n > 0) {
        memcpy(buf->p + buf->n, p, n);
        buf->n += n;
        buf->p[buf->n] = '\0';
    }
}

static inline void buf_putc(struct buf *buf, char byte)
{
    buf_put(buf, &byte, 1);
}

static inline void buf_puts(struct buf *buf, const char *text)
{
    buf_put(buf, text, strlen(text));
}

static inline void buf_str(struct buf *buf, struct str s)
{
    buf_put(buf, s.p, s.n);
}

void buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Borrows until the next write; .p is never NULL. */
struct str buf_view(const struct buf *buf);

#endif
