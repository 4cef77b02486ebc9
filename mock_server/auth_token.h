/* SPDX-License-Identifier: MIT */
/* auth_token - compact JSON Web Tokens: parts, header and claims, strictly.
 * Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_AUTH_TOKEN_H
#define SYNCSPEC_MOCK_SERVER_AUTH_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "protocol/instant.h"

/* A claim that is a time. */
struct auth_time {
    bool given;
    struct instant at;
};

struct auth_token {
    struct str signed_text; /* header.payload, borrows the token */
    struct str signature;
    struct str alg, kid, sub;
    struct auth_time exp, nbf;
};

/* Take a token apart; nothing is verified.  ST_PROTOCOL says what is wrong. */
enum status auth_token_read(struct str text, struct arena *arena,
                            struct auth_token *token, struct err *err);

#endif
