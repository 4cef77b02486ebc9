/* SPDX-License-Identifier: MIT */
/* identity_key - the issuer's key and clock, from the machine.
 * Layer: harness/cli. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/cli/identity.h"

enum { DIGITS = 2 * ISSUER_SEED_BYTES };

int64_t identity_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

bool identity_period(const char *text, int64_t *seconds)
{
    int64_t ms = 0;
    *seconds = 0;
    if (!text) {
        return true;
    }
    if (!duration_parse(str_of(text), &ms) || ms < 1000) {
        return false;
    }
    *seconds = ms / 1000;
    return true;
}

static enum status make_seed(unsigned char *seed, struct err *err)
{
    FILE *random = fopen("/dev/urandom", "rb");
    size_t n = random ? fread(seed, 1, ISSUER_SEED_BYTES, random) : 0;
    if (random) {
        fclose(random);
    }
    return n == ISSUER_SEED_BYTES
               ? ST_OK
               : err_set(err, ST_INTERNAL, "/dev/urandom: %s", strerror(errno));
}

/* Only for its owner, and never over another one. */
static enum status write_key(const char *file, const unsigned char *seed,
                             struct err *err)
{
    char text[DIGITS + 2];
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    for (size_t i = 0; i < ISSUER_SEED_BYTES; i++) {
        snprintf(text + 2 * i, 3, "%02x", seed[i]);
    }
    text[DIGITS] = '\n';
    bool good = fd >= 0 && write(fd, text, DIGITS + 1) == DIGITS + 1;
    int code = errno;
    if (fd >= 0) {
        close(fd);
    }
    return good ? ST_OK
                : err_set(err, ST_USAGE, "key %s: %s", file, strerror(code));
}

static enum status read_key(const char *file, FILE *stream, unsigned char *seed,
                            struct err *err)
{
    char text[DIGITS + 3];
    size_t n = fread(text, 1, sizeof(text), stream);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
        n--;
    }
    bool good = n == DIGITS;
    for (size_t i = 0; good && i < DIGITS; i += 2) {
        int high = str_hex(text[i]), low = str_hex(text[i + 1]);
        good = high >= 0 && low >= 0;
        seed[i / 2] = (unsigned char)(high * 16 + low);
    }
    return good ? ST_OK
                : err_set(err, ST_USAGE,
                          "key %s: expected %d hexadecimal "
                          "digits",
                          file, DIGITS);
}

enum status identity_key(const char *file, unsigned char *seed, struct err *err)
{
    FILE *stream = file ? fopen(file, "rb") : NULL;
    if (stream) {
        enum status status = read_key(file, stream, seed, err);
        fclose(stream);
        return status;
    }
    if (file && errno != ENOENT) {
        return err_set(err, ST_USAGE, "key %s: %s", file, strerror(errno));
    }
    enum status status = make_seed(seed, err);
    return status == ST_OK && file ? write_key(file, seed, err) : status;
}
