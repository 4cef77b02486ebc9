/* SPDX-License-Identifier: MIT */
/* asserts - our own mistakes end the process loudly, with the place named.
 * Layer: base.  Never used for input from outside: that is `struct err`. */
#ifndef SYNCSPEC_BASE_ASSERTS_H
#define SYNCSPEC_BASE_ASSERTS_H

/* Print "file:line: text" to standard error and abort.  Never returns. */
_Noreturn void assert_failed(const char *file, int line, const char *text);

#define ASSERT(cond)                                                           \
    do {                                                                       \
        if (!(cond)) {                                                         \
            assert_failed(__FILE__, __LINE__, #cond);                          \
        }                                                                      \
    } while (0)

/* For places that cannot be reached, such as behind a complete switch. */
#define ASSERT_NEVER(text) assert_failed(__FILE__, __LINE__, text)

#endif
