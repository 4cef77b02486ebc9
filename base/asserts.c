/* SPDX-License-Identifier: MIT */
/* asserts - our own mistakes end the process loudly.  Layer: base. */
#include "base/asserts.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void assert_failed(const char *file, int line, const char *text)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, text);
    abort();
}
