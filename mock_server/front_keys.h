/* SPDX-License-Identifier: MIT */
/* front_keys - where the front gets its key set from: a file or a URL.
 * Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_FRONT_KEYS_H
#define SYNCSPEC_MOCK_SERVER_FRONT_KEYS_H

#include "mock_server/auth.h"

/* An auth from a JWKS file or URL (exactly one is given), or NULL. */
struct auth *front_keys_open(const char *file, const char *url,
                             struct err *err);
/* Fetch the set again, waiting 2 s at most; on failure the old keys stay. */
enum status front_keys_refresh(struct auth *auth, const char *file,
                               const char *url, struct err *err);

#endif
