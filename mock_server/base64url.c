/* SPDX-License-Identifier: MIT */
/* base64url - RFC 4648 section 5 without padding.  Layer: mock_server. */
#include "mock_server/base64url.h"

#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int base64url_value(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

bool base64url_decode(struct str text, struct arena *arena, struct str *out)
{
    char *p = arena_alloc(arena, text.n * 3 / 4 + 1);
    unsigned bits = 0, have = 0;
    size_t n = 0;

    if (!p || text.n % 4 == 1) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        int value = base64url_value(text.p[i]);

        if (value < 0) {
            return false;
        }
        bits = (bits << 6 | (unsigned)value) & 0xffffffu;
        have += 6;
        if (have >= 8) {
            have -= 8;
            p[n++] = (char)(bits >> have & 0xffu);
        }
    }
    *out = (struct str){p, n};
    return (bits & ((1u << have) - 1)) == 0;
}

struct str base64url_encode(struct str bytes, struct arena *arena)
{
    char *p = arena_must(arena, bytes.n * 4 / 3 + 4, 1);
    unsigned bits = 0, have = 0;
    size_t n = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        bits = (bits << 8 | (unsigned char)bytes.p[i]) & 0xffffffu;
        have += 8;
        while (have >= 6) {
            have -= 6;
            p[n++] = alphabet[bits >> have & 63u];
        }
    }
    if (have > 0) {
        p[n++] = alphabet[bits << (6 - have) & 63u];
    }
    return (struct str){p, n};
}
