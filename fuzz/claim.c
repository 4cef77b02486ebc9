/* SPDX-License-Identifier: MIT */
/* claim - the ways in which a fuzz target complains.  Layer: fuzz. */
#include "fuzz/claim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { SHOWN_MAX = 400 }; /* bytes of a text in a complaint */

_Noreturn void claim_failed(const char *file, int line, const char *format, ...)
{
    va_list ap;
    fprintf(stderr, "%s:%d: claim: ", file, line);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}

void claim_sentence(struct str text, const char *what)
{
    CLAIM(text.n > 0, "%s says something", what);
    CLAIM(utf8_bad_at(text) == text.n, "%s is UTF-8: %.*s", what,
          STR_ARG(text));
    for (size_t i = 0; i < text.n; i++) {
        unsigned char byte = (unsigned char)text.p[i];
        CLAIM(byte >= 0x20 && byte != 0x7f,
              "%s has no control byte, but \\x%02x at %zu: %.*s", what, byte, i,
              STR_ARG(text));
    }
}

void claim_error(enum status status, const struct err *err)
{
    CLAIM(err->status == status, "the error is the one returned: %s, not %s",
          status_name(status), status_name(err->status));
    claim_sentence(str_of(err->text), "an error");
}

void claim_same(struct str a, struct str b, const char *what)
{
    if (!str_eq(a, b)) {
        struct str one = str_take(a, SHOWN_MAX), other = str_take(b, SHOWN_MAX);
        claim_failed(__FILE__, __LINE__, "%s is the same\n  %.*s\n  %.*s", what,
                     STR_ARG(one), STR_ARG(other));
    }
}
