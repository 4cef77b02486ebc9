/* SPDX-License-Identifier: MIT */
/* auth_sign - the issuer's half of auth: tokens and key sets are made.
 * Layer: mock_server. */
#include <inttypes.h>
#include <openssl/evp.h>

#include "mock_server/auth.h"
#include "mock_server/base64url.h"
#include "protocol/json.h"

enum { KEY_BYTES = 32, SIGNATURE_BYTES = 64, PART_MAX = 1 << 16 };

static struct str sign_part(struct buf *json, struct arena *arena)
{
    struct str text = base64url_encode(buf_view(json), arena);

    buf_clear(json);
    return text;
}

static void sign_time(struct buf *out, const char *name, int64_t seconds)
{
    if (seconds != 0) {
        buf_printf(out, ",\"%s\":%" PRId64, name, seconds);
    }
}

/* "header.payload", both encoded. */
static struct str sign_parts(const struct auth_claims *claims,
                             struct arena *arena)
{
    struct buf json;

    buf_init(&json, PART_MAX);
    buf_puts(&json, "{\"alg\":\"EdDSA\",\"typ\":\"JWT\"");
    if (claims->kid.n) {
        buf_puts(&json, ",\"kid\":");
        json_write_string(&json, claims->kid);
    }
    buf_putc(&json, '}');
    struct str header = sign_part(&json, arena);

    buf_puts(&json, "{\"sub\":");
    json_write_string(&json, claims->sub);
    sign_time(&json, "iat", claims->iat);
    sign_time(&json, "nbf", claims->nbf);
    sign_time(&json, "exp", claims->exp);
    buf_putc(&json, '}');
    struct str payload = sign_part(&json, arena);

    buf_free(&json);
    return arena_printf(arena, "%.*s.%.*s", STR_ARG(header), STR_ARG(payload));
}

static bool sign_bytes(const unsigned char key[KEY_BYTES], struct str text,
                       unsigned char signature[SIGNATURE_BYTES])
{
    EVP_PKEY *private_key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, KEY_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t n = SIGNATURE_BYTES;
    bool good =
        private_key && context &&
        EVP_DigestSignInit(context, NULL, NULL, NULL, private_key) == 1 &&
        EVP_DigestSign(context, signature, &n, (const unsigned char *)text.p,
                       text.n) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(private_key);
    return good;
}

enum status auth_sign(const unsigned char key[32],
                      const struct auth_claims *claims, struct arena *arena,
                      struct str *token, struct err *err)
{
    struct str text = sign_parts(claims, arena);
    unsigned char signature[SIGNATURE_BYTES];

    if (!sign_bytes(key, text, signature)) {
        return err_set(err, ST_INTERNAL, "OpenSSL could not sign");
    }
    struct str last = base64url_encode(
        (struct str){(const char *)signature, sizeof(signature)}, arena);

    *token = arena_printf(arena, "%.*s.%.*s", STR_ARG(text), STR_ARG(last));
    return ST_OK;
}

enum status auth_key_set(const unsigned char key[32], struct str kid,
                         struct arena *arena, struct str *jwks, struct err *err)
{
    unsigned char public_key[KEY_BYTES];
    size_t n = sizeof(public_key);
    EVP_PKEY *private_key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, KEY_BYTES);
    bool good = private_key &&
                EVP_PKEY_get_raw_public_key(private_key, public_key, &n) == 1;
    struct buf out;

    EVP_PKEY_free(private_key);
    if (!good) {
        return err_set(err, ST_INTERNAL, "OpenSSL could not derive the key");
    }
    struct str x = base64url_encode(
        (struct str){(const char *)public_key, sizeof(public_key)}, arena);

    buf_init(&out, PART_MAX);
    buf_puts(&out, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                   "\"alg\":\"EdDSA\",\"use\":\"sig\",\"kid\":");
    json_write_string(&out, kid);
    buf_printf(&out, ",\"x\":\"%.*s\"}]}", STR_ARG(x));
    *jwks = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return ST_OK;
}
