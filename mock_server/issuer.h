/* SPDX-License-Identifier: MIT */
/* issuer - who signs tokens: its keys, the key set that tells of them, tokens
 * good and bad, and the answers of its HTTP side.  No I/O, no clock.
 * Layer: mock_server.
 *
 * Every key follows from a seed and the number of its period, so that two
 * processes which know the seed sign and publish the same without a word
 * between them. */
#ifndef SYNCSPEC_MOCK_SERVER_ISSUER_H
#define SYNCSPEC_MOCK_SERVER_ISSUER_H

#include "base/err.h"
#include "protocol/http.h"

enum { ISSUER_SEED_BYTES = 32, ISSUER_LIFE_S = 600 };

enum token_kind {
    TOKEN_GOOD,
    TOKEN_EXPIRED,     /* an hour ago */
    TOKEN_FUTURE,      /* nbf is in an hour */
    TOKEN_OTHER_KEY,   /* says our kid, is signed by a key that nobody knows */
    TOKEN_NONE,        /* alg none, no signature */
    TOKEN_HS256,       /* keyed by the bytes of our public key */
    TOKEN_CUT,         /* the end of the signature is missing */
    TOKEN_ALTERED,     /* the other user's claims under the user's signature */
    TOKEN_NO_EXP,      /* never ends */
    TOKEN_OTHER_USER,  /* a good one, of the other user */
    TOKEN_UNKNOWN_KID, /* signed by a key that no key set has, under its name */
    TOKEN_KINDS
};
/* "good", "expired", "other-key", … */
const char *token_kind_name(enum token_kind kind);
/* False when no kind has that name. */
bool token_kind_find(struct str name, enum token_kind *kind);
/* Can it be made without a signing key?  Then any server must refuse it. */
bool token_kind_is_forgery(enum token_kind kind);

struct issuer {
    unsigned char seed[ISSUER_SEED_BYTES];
    bool dev;         /* signs with AUTH_DEV_KEY instead, as `dev` */
    int64_t rotate_s; /* a new key signs every so many seconds; 0: never.  The
                         set has the key before, that of now and the next */
};

struct token_wish {
    enum token_kind kind;
    struct str sub, other; /* other: for ALTERED and OTHER_USER */
    int64_t now_s;  /* since 1970; 0: there is no clock, then the claims are
                       of the years 2000 and 2100 */
    int64_t life_s; /* 0: ISSUER_LIFE_S; may be negative */
};

/* The token, in the arena.  ST_INTERNAL when OpenSSL fails. */
enum status issuer_token(const struct issuer *issuer,
                         const struct token_wish *wish, struct arena *arena,
                         struct str *token, struct err *err);
/* A forgery of the kind that is wished, of somebody else's good token (any
 * text): its claims are taken over if it is a JSON Web Token, else those are
 * made of the wished `sub`.  ST_UNSUPPORTED when that kind is no forgery. */
enum status issuer_forge(const struct token_wish *wish, struct str token,
                         struct arena *arena, struct str *out, struct err *err);
/* The JWKS document of that time. */
enum status issuer_key_set(const struct issuer *issuer, int64_t now_s,
                           struct arena *arena, struct str *jwks,
                           struct err *err);
/* What an unverified token says of itself: the second that it ends, 0 when it
 * does not say; `sub` empty likewise. */
void issuer_peek(struct str token, struct arena *arena, int64_t *exp_s,
                 struct str *sub);

/* Answer one request: the key set at /.well-known/jwks.json and /jwks.json,
 * /health, and, with `mints`, POST /token.  The reply lives in the arena. */
struct issuer_door {
    const struct issuer *issuer;
    bool mints;
    int64_t now_s;
};
void issuer_answer(const struct issuer_door *door,
                   const struct http_request *request, struct arena *arena,
                   struct http_reply *reply);

#endif
