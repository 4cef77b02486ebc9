/* SPDX-License-Identifier: MIT */
/* base64url - RFC 4648 section 5 without padding, strictly: one spelling for
 * every value.  Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_BASE64URL_H
#define SYNCSPEC_MOCK_SERVER_BASE64URL_H

#include "base/arena.h"

/* Decode into the arena; false on other characters, padding, an impossible
 * length, bits that should be zero, or no memory. */
bool base64url_decode(struct str text, struct arena *arena, struct str *out);
/* The text, in the arena (must-style). */
struct str base64url_encode(struct str bytes, struct arena *arena);

#endif
