/* SPDX-License-Identifier: MIT */
/* claim - what a fuzz target holds to be true of every input; a claim that
 * does not hold is the find.  Layer: fuzz. */
#ifndef SYNCSPEC_FUZZ_CLAIM_H
#define SYNCSPEC_FUZZ_CLAIM_H

#include "base/err.h"
#include "base/str.h"

/* libFuzzer's entry point, and that of replay.c: always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Print "file:line: claim: text" to standard error and abort, so that the
 * fuzzer keeps the input.  Never returns. */
_Noreturn void claim_failed(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* CLAIM(condition, format, ...): the text says what should have been. */
#define CLAIM(cond, ...)                                                       \
    do {                                                                       \
        if (!(cond)) {                                                         \
            claim_failed(__FILE__, __LINE__, __VA_ARGS__);                     \
        }                                                                      \
    } while (0)

/* Claim that a text is one for people: not empty, UTF-8, no control byte. */
void claim_sentence(struct str text, const char *what);
/* Claim that a call that failed told so: a status and a sentence. */
void claim_error(enum status status, const struct err *err);
/* Claim that two texts are equal byte for byte. */
void claim_same(struct str a, struct str b, const char *what);

#endif
