/* SPDX-License-Identifier: MIT */
/* embedded - files of the project that the build put into the program
 * (cmake/embed.cmake).  Layer: base. */
#ifndef SYNCSPEC_BASE_EMBEDDED_H
#define SYNCSPEC_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *path; /* from the root of the project; NULL: the end */
    const unsigned char *bytes; /* a NUL stands behind the last one */
    size_t size;                /* without that NUL */
};

#endif
