/* SPDX-License-Identifier: MIT */
/* auth_keys - a set of Ed25519 public keys.  Layer: mock_server. */
#include "mock_server/auth_keys.h"

#include "base/limits.h"
#include "mock_server/base64url.h"
#include "protocol/json.h"

enum { ED25519_BYTES = 32, KEYS_BYTES_MAX = 1 << 20, KEYS_ARENA = 16 << 20 };

void auth_keys_init(struct auth_keys *keys)
{
    *keys = (struct auth_keys){0};
    arena_init(&keys->arena, KEYS_ARENA);
}

void auth_keys_free(struct auth_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        EVP_PKEY_free(keys->list[i].key);
    }
    arena_free(&keys->arena);
    keys->list = NULL;
    keys->count = 0;
}

static struct str keys_string(const struct json_node *object, const char *name)
{
    const struct json_node *node = json_member(object, name);

    return node && json_type(node) == JSON_STRING ? json_string(node)
                                                  : (struct str){0};
}

static bool keys_wanted(const struct json_node *node)
{
    struct str alg = keys_string(node, "alg");

    return str_is(keys_string(node, "kty"), "OKP") &&
           str_is(keys_string(node, "crv"), "Ed25519") &&
           (!alg.p || str_is(alg, "EdDSA"));
}

static enum status keys_add(struct auth_keys *keys, size_t *cap,
                            const struct json_node *node, size_t index,
                            struct err *err)
{
    struct str x;

    if (json_type(node) != JSON_OBJECT) {
        return err_set(err, ST_PROTOCOL, "keys[%zu]: not an object", index);
    }
    if (!keys_wanted(node)) {
        return ST_OK;
    }
    if (!base64url_decode(keys_string(node, "x"), &keys->arena, &x) ||
        x.n != ED25519_BYTES) {
        return err_set(err, ST_PROTOCOL,
                       "keys[%zu].x: not 32 bytes in base64url", index);
    }
    struct auth_key key = {.kid = keys_string(node, "kid")};

    key.key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                          (const unsigned char *)x.p, x.n);
    if (!key.key) {
        return err_set(err, ST_PROTOCOL, "keys[%zu].x: not a key", index);
    }
    keys->list =
        arena_grow(&keys->arena, keys->list, keys->count, cap, sizeof(key));
    keys->list[keys->count++] = key;
    return ST_OK;
}

static enum status keys_parse(struct auth_keys *keys, struct str jwks,
                              struct err *err)
{
    const struct json_limits limits = {16, KEYS_BYTES_MAX, 1000};
    const struct json_node *root, *list;
    size_t cap = 0, index = 0;
    enum status status = json_read(jwks, &limits, &keys->arena, &root, err);

    if (status != ST_OK) {
        return status;
    }
    list = json_type(root) == JSON_OBJECT ? json_member(root, "keys") : NULL;
    if (!list || json_type(list) != JSON_ARRAY) {
        return err_set(err, ST_PROTOCOL, "no array \"keys\"");
    }
    for (const struct json_node *node = json_child(list); node;
         node = json_next(node)) {
        status = keys_add(keys, &cap, node, index++, err);
        if (status != ST_OK) {
            return status;
        }
    }
    return keys->count > 0
               ? ST_OK
               : err_set(err, ST_PROTOCOL, "no Ed25519 key among %zu", index);
}

enum status auth_keys_read(struct auth_keys *keys, struct str jwks,
                           struct err *err)
{
    struct auth_keys fresh;
    enum status status;

    auth_keys_init(&fresh);
    status = keys_parse(&fresh, jwks, err);
    if (status != ST_OK) {
        auth_keys_free(&fresh);
        err_prefix(err, "key set: ");
        return status;
    }
    auth_keys_free(keys);
    *keys = fresh;
    return ST_OK;
}

static bool keys_verify(EVP_PKEY *key, struct str text, struct str signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, (const unsigned char *)signature.p,
                                 signature.n, (const unsigned char *)text.p,
                                 text.n) == 1;

    EVP_MD_CTX_free(context);
    return good;
}

bool auth_keys_verify(const struct auth_keys *keys, struct str kid,
                      struct str text, struct str signature, bool *known)
{
    *known = false;
    for (size_t i = 0; i < keys->count; i++) {
        if (kid.n && !str_eq(kid, keys->list[i].kid)) {
            continue;
        }
        *known = true;
        if (keys_verify(keys->list[i].key, text, signature)) {
            return true;
        }
    }
    return false;
}
