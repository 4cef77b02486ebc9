/* SPDX-License-Identifier: MIT */
/* err - bad news on its way up: a status, and one sentence for a person.
 * Layer: base. */
#ifndef SYNCSPEC_BASE_ERR_H
#define SYNCSPEC_BASE_ERR_H

enum status {
    ST_OK = 0,
    ST_SYNTAX,      /* bytes are not what a grammar allows */
    ST_PROTOCOL,    /* well-formed, but against the protocol */
    ST_LIMIT,       /* a size, depth, count or time is over its cap */
    ST_IO,          /* a file or database failed */
    ST_NETWORK,     /* the target cannot be reached, or went away */
    ST_USAGE,       /* the caller of the program asked for nonsense */
    ST_NOT_FOUND,   /* a named thing does not exist */
    ST_UNSUPPORTED, /* this build or target cannot do it */
    ST_INTERNAL     /* our own fault */
};

enum { ERR_TEXT_MAX = 512 };

struct err {
    enum status status;
    char text[ERR_TEXT_MAX]; /* one line, no newline at its end */
};

/* Fill `err` (which may be NULL) and return `status`, so that a function can
 * write `return err_set(err, ST_LIMIT, "…", …)`.  Text that does not fit is
 * cut, newlines become blanks; the arguments may point into `err`.  Bytes of
 * the text that are not printable are the caller's to quote. */
enum status err_set(struct err *err, enum status status, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* Put "prefix" in front of the text that is there; returns the old status, or
 * ST_INTERNAL if `err` is NULL. */
enum status err_prefix(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "syntax", "limit", …: the stable name of a status. */
const char *status_name(enum status status);

#endif
