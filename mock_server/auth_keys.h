/* SPDX-License-Identifier: MIT */
/* auth_keys - a set of Ed25519 public keys, from a JWKS document.
 * Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_AUTH_KEYS_H
#define SYNCSPEC_MOCK_SERVER_AUTH_KEYS_H

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/err.h"

struct auth_key {
    struct str kid; /* empty: none given */
    EVP_PKEY *key;
};

struct auth_keys {
    struct arena arena;
    struct auth_key *list;
    size_t count;
};

void auth_keys_init(struct auth_keys *keys);
void auth_keys_free(struct auth_keys *keys);
/* Read a document.  Keys of other kinds are passed over; an Ed25519 key that
 * is broken, or none at all, fails and leaves `keys` as it was. */
enum status auth_keys_read(struct auth_keys *keys, struct str jwks,
                           struct err *err);
/* Does the key that `kid` names (empty: any key) verify the signature?  Sets
 * `known` when there is a key of that name. */
bool auth_keys_verify(const struct auth_keys *keys, struct str kid,
                      struct str text, struct str signature, bool *known);

#endif
