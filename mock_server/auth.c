/* SPDX-License-Identifier: MIT */
/* auth - who is asking.  Layer: mock_server. */
#include "mock_server/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "mock_server/auth_keys.h"
#include "mock_server/auth_token.h"

enum { VERDICTS = 1024, ED25519_SIGNATURE_BYTES = 64 };

/* The public half of the development key, see auth.h. */
static const char auth_dev_key_set[] =
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"dev\","
    "\"x\":\"IRdy_vKlAOhArQCq3QxqsBmQV882h0BafGkhoxihCNM\"}]}";

/* A token whose signature was good.  Its times are looked at every time. */
struct auth_verdict {
    uint64_t hash;
    char *block;            /* owned; NULL: nothing is remembered here */
    struct str token, user; /* both in the block */
    struct auth_time exp, nbf;
};

struct auth {
    bool dev;
    bool wants_keys;
    struct auth_keys keys;
    struct auth_verdict *verdicts; /* VERDICTS by hash, the newer wins; NULL
                                      until the first good token */
};

static struct auth *auth_new(bool dev)
{
    struct auth *auth = calloc(1, sizeof(*auth));

    if (auth) {
        auth->dev = dev;
        auth_keys_init(&auth->keys);
    }
    return auth;
}

struct auth *auth_dev(void)
{
    return auth_new(true);
}

static void auth_forget(struct auth *auth)
{
    for (size_t i = 0; auth->verdicts && i < VERDICTS; i++) {
        free(auth->verdicts[i].block);
    }
    free(auth->verdicts);
    auth->verdicts = NULL;
}

void auth_free(struct auth *auth)
{
    if (auth) {
        auth_forget(auth);
        auth_keys_free(&auth->keys);
        free(auth);
    }
}

struct auth *auth_jwt(struct str jwks, struct err *err)
{
    struct auth *auth = auth_new(false);

    if (!auth) {
        err_set(err, ST_LIMIT, "out of memory");
        return NULL;
    }
    if (auth_keys_read(&auth->keys, jwks, err) != ST_OK) {
        auth_free(auth);
        return NULL;
    }
    return auth;
}

enum status auth_replace_keys(struct auth *auth, struct str jwks,
                              struct err *err)
{
    enum status status = auth_keys_read(&auth->keys, jwks, err);

    if (status == ST_OK) {
        auth->wants_keys = false;
        auth_forget(auth);
    }
    return status;
}

bool auth_wants_keys(struct auth *auth)
{
    return auth->wants_keys;
}

/* ---- verdicts ---- */

/* NULL when nothing is remembered. */
static struct auth_verdict *auth_slot(struct auth *auth, uint64_t hash)
{
    return auth->verdicts ? &auth->verdicts[hash % VERDICTS] : NULL;
}

static void auth_remember(struct auth *auth, struct str text, uint64_t hash,
                          const struct auth_token *token)
{
    if (!auth->verdicts) {
        auth->verdicts = calloc(VERDICTS, sizeof(*auth->verdicts));
    }
    struct auth_verdict *slot = auth_slot(auth, hash);
    char *block = slot ? malloc(text.n + token->sub.n + 1) : NULL;

    if (!block) {
        return;
    }
    free(slot->block);
    memcpy(block, text.p, text.n);
    memcpy(block + text.n, token->sub.p, token->sub.n);
    *slot = (struct auth_verdict){.hash = hash,
                                  .block = block,
                                  .token = {block, text.n},
                                  .user = {block + text.n, token->sub.n},
                                  .exp = token->exp,
                                  .nbf = token->nbf};
}

static enum status auth_times(const struct auth_verdict *verdict,
                              const struct auth_question *question,
                              struct err *err)
{
    bool ends = !bug_on(question->bugs, BUG_EXPIRED_TOKEN_ACCEPTED);

    if (ends && !verdict->exp.given) {
        return err_set(err, ST_PROTOCOL, "the token has no exp");
    }
    if (ends && instant_cmp(question->now, verdict->exp.at) >= 0) {
        return err_set(err, ST_PROTOCOL, "the token has expired");
    }
    if (verdict->nbf.given && instant_cmp(question->now, verdict->nbf.at) < 0) {
        return err_set(err, ST_PROTOCOL, "the token is not valid yet");
    }
    return ST_OK;
}

static enum status auth_verify(struct auth *auth,
                               const struct auth_token *token,
                               const struct bug_set *bugs, struct err *err)
{
    bool known;

    if (bug_on(bugs, BUG_ALG_NONE_ACCEPTED) && str_is(token->alg, "none")) {
        return ST_OK;
    }
    if (!str_is(token->alg, "EdDSA")) {
        return err_set(err, ST_PROTOCOL, "the token's alg is not EdDSA");
    }
    if (token->signature.n != ED25519_SIGNATURE_BYTES) {
        return err_set(err, ST_PROTOCOL,
                       "the token's signature does not have 64 bytes");
    }
    if (auth_keys_verify(&auth->keys, token->kid, token->signed_text,
                         token->signature, &known)) {
        return ST_OK;
    }
    auth->wants_keys = !known;
    return known
               ? err_set(err, ST_PROTOCOL, "the token's signature is not valid")
               : err_set(err, ST_PROTOCOL,
                         "the token's kid is not in the key set");
}

/* `question->header` is the bare token. */
static enum status auth_check_jwt(struct auth *auth,
                                  const struct auth_question *question,
                                  struct arena *arena, struct str *user,
                                  struct err *err)
{
    struct str text = question->header;
    uint64_t hash = hash_str(HASH_START, text);
    struct auth_verdict *slot = auth_slot(auth, hash), fresh;
    struct auth_token token;
    enum status status;

    if (slot && slot->block && slot->hash == hash &&
        str_eq(slot->token, text)) {
        *user = arena_str(arena, slot->user);
        return auth_times(slot, question, err);
    }
    status = auth_token_read(text, arena, &token, err);
    if (status == ST_OK) {
        status = auth_verify(auth, &token, question->bugs, err);
    }
    if (status != ST_OK) {
        return status;
    }
    auth_remember(auth, text, hash, &token);
    fresh = (struct auth_verdict){.exp = token.exp, .nbf = token.nbf};
    *user = token.sub;
    return auth_times(&fresh, question, err);
}

static enum status auth_check_dev(struct str text, struct arena *arena,
                                  struct str *user, struct err *err)
{
    if (text.n > LIMIT_NAME_BYTES) {
        return err_set(err, ST_PROTOCOL, "the user's name has over %d bytes",
                       LIMIT_NAME_BYTES);
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] <= ' ' || text.p[i] > '~') {
            return err_set(err, ST_PROTOCOL,
                           "the user's name is not visible ASCII");
        }
    }
    *user = arena_str(arena, text);
    return ST_OK;
}

/* Base64url of `{"`: no name of a user begins like that by chance. */
static bool auth_looks_signed(struct str token)
{
    return str_starts(token, STR("eyJ"));
}

/* A signed token is judged in development too, so that forged ones can be
 * tried without a key server.  The key is read when the first one comes. */
static enum status auth_dev_key(struct auth *auth, struct err *err)
{
    return auth->keys.count > 0
               ? ST_OK
               : auth_keys_read(&auth->keys, str_of(auth_dev_key_set), err);
}

/* "Bearer TOKEN", the scheme in any case. */
static enum status auth_bearer(struct str header, struct str *token,
                               struct err *err)
{
    if (!header.p) {
        return err_set(err, ST_PROTOCOL, "there is no Authorization header");
    }
    if (header.n < 7 || strncasecmp(header.p, "Bearer ", 7) != 0) {
        return err_set(err, ST_PROTOCOL,
                       "Authorization does not begin with \"Bearer \"");
    }
    *token = str_skip(header, 7);
    while (token->n && token->p[0] == ' ') {
        *token = str_skip(*token, 1);
    }
    if (token->n == 0) {
        return err_set(err, ST_PROTOCOL, "the Bearer token is empty");
    }
    if (token->n > LIMIT_TOKEN_BYTES) {
        return err_set(err, ST_PROTOCOL, "the token has over %d bytes",
                       LIMIT_TOKEN_BYTES);
    }
    return ST_OK;
}

enum status auth_check(struct auth *auth, const struct auth_question *question,
                       struct arena *arena, struct str *user, struct err *err)
{
    struct auth_question of_token = *question;
    enum status status = auth_bearer(question->header, &of_token.header, err);

    auth->wants_keys = false;
    if (status != ST_OK) {
        return status;
    }
    if (auth->dev && !auth_looks_signed(of_token.header)) {
        return auth_check_dev(of_token.header, arena, user, err);
    }
    status = auth->dev ? auth_dev_key(auth, err) : ST_OK;
    if (status == ST_OK) {
        status = auth_check_jwt(auth, &of_token, arena, user, err);
    }
    /* In development there is nowhere to fetch other keys from. */
    auth->wants_keys = auth->wants_keys && !auth->dev;
    return status;
}
