/* SPDX-License-Identifier: MIT */
/* err - bad news on its way up.  Layer: base. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/asserts.h"
#include "base/utf8.h"

/* A cut may fall inside a UTF-8 sequence; give up its first bytes too. */
static void text_trim(char text[ERR_TEXT_MAX], size_t n)
{
    size_t back = 0;
    while (back < 3 && back < n &&
           ((unsigned char)text[n - 1 - back] & 0xC0) == 0x80) {
        back++;
    }
    if (back < n && (unsigned char)text[n - 1 - back] >= 0xC0 &&
        utf8_step(text + n - 1 - back, back + 1) == 0) {
        text[n - 1 - back] = '\0';
    }
}

/* One line, cut to fit. */
__attribute__((format(printf, 2, 0))) static void
text_format(char text[ERR_TEXT_MAX], const char *format, va_list ap)
{
    int n = vsnprintf(text, ERR_TEXT_MAX, format, ap);
    if (n < 0) {
        text[0] = '\0';
    } else if (n >= ERR_TEXT_MAX) {
        text_trim(text, ERR_TEXT_MAX - 1);
    }
    for (char *p = text; *p; p++) {
        if (*p == '\n' || *p == '\r') {
            *p = ' ';
        }
    }
}

enum status err_set(struct err *err, enum status status, const char *format,
                    ...)
{
    if (!err) {
        return status;
    }
    /* Not straight into err->text: the arguments may point there. */
    char text[ERR_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    text_format(text, format, ap);
    va_end(ap);
    memcpy(err->text, text, strlen(text) + 1);
    err->status = status;
    return status;
}

enum status err_prefix(struct err *err, const char *format, ...)
{
    if (!err) {
        return ST_INTERNAL;
    }
    char prefix[ERR_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    text_format(prefix, format, ap);
    va_end(ap);
    return err_set(err, err->status, "%s%s", prefix, err->text);
}

const char *status_name(enum status status)
{
    switch (status) {
    case ST_OK:
        return "ok";
    case ST_SYNTAX:
        return "syntax";
    case ST_PROTOCOL:
        return "protocol";
    case ST_LIMIT:
        return "limit";
    case ST_IO:
        return "io";
    case ST_NETWORK:
        return "network";
    case ST_USAGE:
        return "usage";
    case ST_NOT_FOUND:
        return "not found";
    case ST_UNSUPPORTED:
        return "unsupported";
    case ST_INTERNAL:
        return "internal";
    }
    ASSERT_NEVER("not a status");
}
