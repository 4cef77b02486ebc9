/* SPDX-License-Identifier: MIT */
/* issuer - keys, key sets and tokens.  Layer: mock_server. */
#include "mock_server/issuer.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "mock_server/auth.h"
#include "mock_server/auth_token.h"
#include "mock_server/base64url.h"
#include "protocol/json.h"

enum {
    KEY_BYTES = 32,
    SIGNATURE_BYTES = 64,
    KID_BYTES = 8,
    CUT_BYTES = 6, /* missing at the end of a cut token */
    HOUR_S = 3600,
    JSON_MAX = 1 << 17
};

#define YEAR_2000_S INT64_C(946684800)
#define YEAR_2100_S INT64_C(4102444800)

static const char *const kind_names[TOKEN_KINDS] = {
    [TOKEN_GOOD] = "good",
    [TOKEN_EXPIRED] = "expired",
    [TOKEN_FUTURE] = "future",
    [TOKEN_OTHER_KEY] = "other-key",
    [TOKEN_NONE] = "none",
    [TOKEN_HS256] = "hs256",
    [TOKEN_CUT] = "cut",
    [TOKEN_ALTERED] = "altered",
    [TOKEN_NO_EXP] = "no-exp",
    [TOKEN_OTHER_USER] = "other-user",
    [TOKEN_UNKNOWN_KID] = "unknown-kid"};

const char *token_kind_name(enum token_kind kind)
{
    return kind_names[kind];
}

bool token_kind_find(struct str name, enum token_kind *kind)
{
    for (int i = 0; i < TOKEN_KINDS; i++) {
        if (str_is(name, kind_names[i])) {
            *kind = (enum token_kind)i;
            return true;
        }
    }
    return false;
}

bool token_kind_is_forgery(enum token_kind kind)
{
    return kind == TOKEN_OTHER_KEY || kind == TOKEN_NONE ||
           kind == TOKEN_HS256 || kind == TOKEN_CUT || kind == TOKEN_ALTERED ||
           kind == TOKEN_UNKNOWN_KID;
}

/* ---- keys ---- */

struct key {
    unsigned char secret[KEY_BYTES], open[KEY_BYTES];
    struct str kid;
};

/* The other half, and a name that no other key has. */
static bool key_finish(struct key *key, struct arena *arena)
{
    char name[KID_BYTES * 2 + 1];
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t n = sizeof(key->open);
    unsigned size = 0;
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                                  key->secret, KEY_BYTES);
    bool good =
        pair && EVP_PKEY_get_raw_public_key(pair, key->open, &n) == 1 &&
        EVP_Digest(key->open, n, digest, &size, EVP_sha256(), NULL) == 1;

    EVP_PKEY_free(pair);
    for (size_t i = 0; good && i < KID_BYTES; i++) {
        snprintf(name + 2 * i, 3, "%02x", digest[i]);
    }
    key->kid = good ? arena_str(arena, str_of(name)) : STR("");
    return good;
}

/* Key number `period` of that purpose.  False when OpenSSL fails. */
static bool key_make(const struct issuer *issuer, const char *purpose,
                     int64_t period, struct arena *arena, struct key *key)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct buf text;

    *key = (struct key){0};
    buf_init(&text, 256);
    buf_printf(&text, "syncspec %s key %" PRId64 " ", purpose, period);
    buf_put(&text, issuer->seed, sizeof(issuer->seed));
    bool good =
        EVP_Digest(text.p, text.n, digest, &size, EVP_sha256(), NULL) == 1;

    buf_free(&text);
    memcpy(key->secret, digest, KEY_BYTES);
    return good && key_finish(key, arena);
}

static int64_t period_of(const struct issuer *issuer, int64_t now_s)
{
    return issuer->rotate_s > 0 ? now_s / issuer->rotate_s : 0;
}

static bool key_signing(const struct issuer *issuer, int64_t period,
                        struct arena *arena, struct key *key)
{
    if (!issuer->dev) {
        return key_make(issuer, "issuer", period, arena, key);
    }
    *key = (struct key){0};
    memcpy(key->secret, AUTH_DEV_KEY, KEY_BYTES);
    bool good = key_finish(key, arena);

    key->kid = STR("dev");
    return good;
}

/* ---- tokens ---- */

struct claims {
    struct str sub;
    int64_t iat, nbf, exp; /* 0: left out */
};

static void put_time(struct buf *out, const char *name, int64_t seconds)
{
    if (seconds != 0) {
        buf_printf(out, ",\"%s\":%" PRId64, name, seconds);
    }
}

static struct str claims_text(const struct claims *claims, struct arena *arena)
{
    struct buf json;

    buf_init(&json, JSON_MAX);
    buf_puts(&json, "{\"sub\":");
    json_write_string(&json, claims->sub);
    put_time(&json, "iat", claims->iat);
    put_time(&json, "nbf", claims->nbf);
    put_time(&json, "exp", claims->exp);
    buf_putc(&json, '}');
    struct str text = base64url_encode(buf_view(&json), arena);

    buf_free(&json);
    return text;
}

static struct str header_text(const char *alg, struct str kid,
                              struct arena *arena)
{
    struct buf json;

    buf_init(&json, JSON_MAX);
    buf_printf(&json, "{\"alg\":\"%s\",\"typ\":\"JWT\"", alg);
    if (kid.n > 0) {
        buf_puts(&json, ",\"kid\":");
        json_write_string(&json, kid);
    }
    buf_putc(&json, '}');
    struct str text = base64url_encode(buf_view(&json), arena);

    buf_free(&json);
    return text;
}

/* HEADER.PAYLOAD.SIGNATURE; `keyed`: HS256 by the public half. */
static bool token_seal(const struct key *key, struct str text, bool keyed,
                       struct arena *arena, struct str *token)
{
    unsigned char signature[EVP_MAX_MD_SIZE];
    const unsigned char *bytes = (const unsigned char *)text.p;
    size_t n = SIGNATURE_BYTES;
    bool good;

    if (keyed) {
        unsigned size = 0;
        good = HMAC(EVP_sha256(), key->open, KEY_BYTES, bytes, text.n,
                    signature, &size) != NULL;
        n = size;
    } else {
        EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                                      key->secret, KEY_BYTES);
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        good = pair && context &&
               EVP_DigestSignInit(context, NULL, NULL, NULL, pair) == 1 &&
               EVP_DigestSign(context, signature, &n, bytes, text.n) == 1;
        EVP_MD_CTX_free(context);
        EVP_PKEY_free(pair);
    }
    if (good) {
        struct str last =
            base64url_encode((struct str){(const char *)signature, n}, arena);
        *token = arena_printf(arena, "%.*s.%.*s", STR_ARG(text), STR_ARG(last));
    }
    return good;
}

/* A token with this payload as the kind demands it, from the right key or the
 * wrong one. */
static bool token_make(enum token_kind kind, const struct key *key,
                       struct str payload, struct arena *arena,
                       struct str *token)
{
    bool none = kind == TOKEN_NONE, keyed = kind == TOKEN_HS256;
    struct str header = header_text(none    ? "none"
                                    : keyed ? "HS256"
                                            : "EdDSA",
                                    none ? STR("") : key->kid, arena);
    struct str text =
        arena_printf(arena, "%.*s.%.*s", STR_ARG(header), STR_ARG(payload));

    if (none) {
        *token = arena_printf(arena, "%.*s.", STR_ARG(text));
        return true;
    }
    return token_seal(key, text, keyed, arena, token);
}

static struct str token_cut(struct str token)
{
    return str_take(token, token.n > 2 * CUT_BYTES ? token.n - CUT_BYTES
                                                   : token.n / 2);
}

/* Parts of a JSON Web Token; false when it has not three. */
static bool token_split(struct str token, struct str *header,
                        struct str *payload, struct str *signature)
{
    size_t first = str_find(token, '.');
    struct str rest = str_skip(token, first + 1);
    size_t second = str_find(rest, '.');

    *header = str_take(token, first);
    *payload = str_take(rest, second);
    *signature = str_skip(rest, second + 1);
    return first > 0 && second > 0 && second < rest.n;
}

static struct claims wish_claims(const struct token_wish *wish)
{
    bool clock = wish->now_s != 0;
    int64_t life_s = wish->life_s != 0 ? wish->life_s : ISSUER_LIFE_S;
    struct claims claims = {.sub = wish->kind == TOKEN_OTHER_USER ? wish->other
                                                                  : wish->sub,
                            .iat = clock ? wish->now_s : YEAR_2000_S,
                            .exp = clock ? wish->now_s + life_s : YEAR_2100_S};

    if (wish->kind == TOKEN_EXPIRED) {
        claims.exp = clock ? wish->now_s - HOUR_S : YEAR_2000_S + HOUR_S;
        claims.iat = claims.exp - HOUR_S;
    } else if (wish->kind == TOKEN_FUTURE) {
        claims.nbf = clock ? wish->now_s + HOUR_S : YEAR_2100_S;
        claims.exp = claims.nbf + HOUR_S;
    } else if (wish->kind == TOKEN_NO_EXP) {
        claims.exp = 0;
    }
    return claims;
}

/* The other user's claims under the signature of the user's. */
static bool token_alter(const struct key *key, struct claims claims,
                        struct str other, struct arena *arena,
                        struct str *token)
{
    struct str header, payload, signature;
    bool good =
        token_make(TOKEN_GOOD, key, claims_text(&claims, arena), arena, token);

    if (good && token_split(*token, &header, &payload, &signature)) {
        claims.sub = other;
        payload = claims_text(&claims, arena);
        *token = arena_printf(arena, "%.*s.%.*s.%.*s", STR_ARG(header),
                              STR_ARG(payload), STR_ARG(signature));
    }
    return good;
}

enum status issuer_token(const struct issuer *issuer,
                         const struct token_wish *wish, struct arena *arena,
                         struct str *token, struct err *err)
{
    struct key key, stranger;
    struct claims claims = wish_claims(wish);
    int64_t period = period_of(issuer, wish->now_s);
    bool strange =
        wish->kind == TOKEN_OTHER_KEY || wish->kind == TOKEN_UNKNOWN_KID;
    bool good = key_signing(issuer, period, arena, &key) &&
                key_make(issuer, "stranger's", period, arena, &stranger);

    if (wish->kind == TOKEN_OTHER_KEY) {
        stranger.kid = key.kid;
    }
    if (good && wish->kind == TOKEN_ALTERED) {
        good = token_alter(&key, claims, wish->other, arena, token);
    } else if (good) {
        good = token_make(wish->kind, strange ? &stranger : &key,
                          claims_text(&claims, arena), arena, token);
    }
    if (!good) {
        return err_set(err, ST_INTERNAL, "OpenSSL could not sign");
    }
    *token = wish->kind == TOKEN_CUT ? token_cut(*token) : *token;
    return ST_OK;
}

/* One character in the middle is another one. */
static struct str text_altered(struct str text, struct arena *arena)
{
    size_t at = text.n / 2;
    struct str head = str_take(text, at), tail = str_skip(text, at + 1);
    char other = text.n > 0 && text.p[at] == 'A' ? 'B' : 'A';

    return arena_printf(arena, "%.*s%c%.*s", STR_ARG(head), other,
                        STR_ARG(tail));
}

static struct str forge_altered(struct str token, struct arena *arena)
{
    struct str header, payload, signature;

    if (!token_split(token, &header, &payload, &signature)) {
        return text_altered(token, arena);
    }
    payload = text_altered(payload, arena);
    return arena_printf(arena, "%.*s.%.*s.%.*s", STR_ARG(header),
                        STR_ARG(payload), STR_ARG(signature));
}

/* The claims of the token, or such for the user; and what its header calls the
 * key, for a forger says the same. */
static struct str forge_payload(struct str token, struct str sub,
                                struct arena *arena, struct str *kid)
{
    const struct claims made = {
        .sub = sub, .iat = YEAR_2000_S, .exp = YEAR_2100_S};
    struct str header, payload, signature;
    struct auth_token parts;

    *kid = STR("");
    if (!token_split(token, &header, &payload, &signature)) {
        return claims_text(&made, arena);
    }
    if (auth_token_read(token, arena, &parts, NULL) == ST_OK) {
        *kid = parts.kid;
    }
    return payload;
}

enum status issuer_forge(const struct token_wish *wish, struct str token,
                         struct arena *arena, struct str *out, struct err *err)
{
    enum token_kind kind = wish->kind;
    static const struct issuer nobody = {.seed = "nobody"};
    struct key key;
    struct str kid;

    if (!token_kind_is_forgery(kind)) {
        return err_set(err, ST_UNSUPPORTED,
                       "a token of kind %s wants the issuer's key",
                       token_kind_name(kind));
    }
    if (kind == TOKEN_CUT) {
        *out = arena_str(arena, token_cut(token));
        return ST_OK;
    }
    if (kind == TOKEN_ALTERED) {
        *out = forge_altered(token, arena);
        return ST_OK;
    }
    struct str payload = forge_payload(token, wish->sub, arena, &kid);
    bool good = key_make(&nobody, "stranger's", 0, arena, &key);

    key.kid = kind == TOKEN_UNKNOWN_KID ? key.kid : kid;
    return good && token_make(kind, &key, payload, arena, out)
               ? ST_OK
               : err_set(err, ST_INTERNAL, "OpenSSL could not sign");
}

void issuer_peek(struct str token, struct arena *arena, int64_t *exp_s,
                 struct str *sub)
{
    const struct json_limits limits = {16, LIMIT_TOKEN_BYTES, 1000};
    const struct json_node *root = NULL;
    struct str header, payload, signature, text;

    *exp_s = 0;
    *sub = STR("");
    if (!token_split(token, &header, &payload, &signature) ||
        !base64url_decode(payload, arena, &text) ||
        json_read(text, &limits, arena, &root, NULL) != ST_OK ||
        json_type(root) != JSON_OBJECT) {
        return;
    }
    const struct json_node *exp = json_member(root, "exp");
    const struct json_node *user = json_member(root, "sub");

    if (exp && json_type(exp) == JSON_NUMBER) {
        json_i64(exp, exp_s);
    }
    if (user && json_type(user) == JSON_STRING) {
        *sub = json_string(user);
    }
}

enum status issuer_key_set(const struct issuer *issuer, int64_t now_s,
                           struct arena *arena, struct str *jwks,
                           struct err *err)
{
    int64_t period = period_of(issuer, now_s);
    int64_t around = issuer->rotate_s > 0 && !issuer->dev ? 1 : 0;
    bool good = true;
    struct buf out;

    buf_init(&out, JSON_MAX);
    buf_puts(&out, "{\"keys\":[");
    for (int64_t p = period - around; p <= period + around && good; p++) {
        struct key key;
        good = key_signing(issuer, p, arena, &key);
        struct str x = base64url_encode(
            (struct str){(const char *)key.open, KEY_BYTES}, arena);
        buf_printf(&out,
                   "%s{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\","
                   "\"use\":\"sig\",\"kid\":\"%.*s\",\"x\":\"%.*s\"}",
                   p > period - around ? "," : "", STR_ARG(key.kid),
                   STR_ARG(x));
    }
    buf_puts(&out, "]}");
    *jwks = arena_str(arena, buf_view(&out));
    buf_free(&out);
    return good ? ST_OK
                : err_set(err, ST_INTERNAL, "OpenSSL could not derive a key");
}
