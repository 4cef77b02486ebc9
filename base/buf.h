/* SPDX-License-Identifier: MIT */
/* buf - growing bytes with a ceiling and a sticky failure: write on, ask once.
 * Layer: base. */
#ifndef SYNCSPEC_BASE_BUF_H
#define SYNCSPEC_BASE_BUF_H

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
void buf_put(struct buf *buf, const void *p, size_t n);
void buf_putc(struct buf *buf, char byte);
void buf_puts(struct buf *buf, const char *text);
void buf_str(struct buf *buf, struct str s);
void buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct str buf_view(const struct buf *buf); /* borrows */

#endif
