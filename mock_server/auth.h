/* SPDX-License-Identifier: MIT */
/* auth - who is asking: Ed25519 JSON Web Tokens against a key set, or in
 * development a token that names the user.  Layer: mock_server. */
#ifndef SYNCSPEC_MOCK_SERVER_AUTH_H
#define SYNCSPEC_MOCK_SERVER_AUTH_H

#include "base/arena.h"
#include "base/err.h"
#include "mock_server/bugs.h"
#include "protocol/instant.h"

struct auth;

/* Token = user name (any visible ASCII, "Bearer alice").  A token that begins
 * as JSON Web Tokens do ("eyJ") is checked as one all the same, against the
 * development key: kid `dev`, of these 32 secret bytes that everybody knows. */
#define AUTH_DEV_KEY "the development key of syncspec!"
struct auth *auth_dev(void);
/* Keys from a JWKS document given as bytes; auth_replace_keys() may be called
 * at any time (a failed parse keeps the old keys). */
struct auth *auth_jwt(struct str jwks, struct err *err);
enum status auth_replace_keys(struct auth *auth, struct str jwks,
                              struct err *err);
/* True when the last token named a `kid` that is not in the key set: the
 * front should fetch the set anew and ask again. */
bool auth_wants_keys(struct auth *auth);
void auth_free(struct auth *auth);

/* What is asked of auth. */
struct auth_question {
    struct str header; /* value of Authorization; p NULL: absent */
    struct instant now;
    const struct bug_set *bugs;
};

/* On success the user (the `sub` claim) is in `arena`.  Otherwise ST_PROTOCOL
 * and the reason for the 401.  Verified signatures are remembered by token. */
enum status auth_check(struct auth *auth, const struct auth_question *question,
                       struct arena *arena, struct str *user, struct err *err);

/* Make a token, for tests and for the issuer: `key` is a 32-byte Ed25519
 * seed.  Claims as given; exp/nbf in seconds, 0 = leave out. */
struct auth_claims {
    struct str kid, sub;
    int64_t iat, nbf, exp;
};
enum status auth_sign(const unsigned char key[32],
                      const struct auth_claims *claims, struct arena *arena,
                      struct str *token, struct err *err);
/* The JWKS document with the public half of one key. */
enum status auth_key_set(const unsigned char key[32], struct str kid,
                         struct arena *arena, struct str *jwks,
                         struct err *err);

#endif
