/* SPDX-License-Identifier: MIT */
/* auth_token - compact JSON Web Tokens, taken apart.  Layer: mock_server. */
#include "mock_server/auth_token.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "mock_server/base64url.h"
#include "protocol/json.h"

enum { TOKEN_JSON_DEPTH = 16, TOKEN_JSON_MEMBERS = 1000 };

static enum status token_json(struct str part, const char *what,
                              struct arena *arena, const struct json_node **out,
                              struct err *err)
{
    const struct json_limits limits = {TOKEN_JSON_DEPTH, LIMIT_TOKEN_BYTES,
                                       TOKEN_JSON_MEMBERS};
    struct str bytes;

    if (!base64url_decode(part, arena, &bytes)) {
        return err_set(err, ST_PROTOCOL, "the token's %s is not base64url",
                       what);
    }
    if (json_read(bytes, &limits, arena, out, NULL) != ST_OK ||
        json_type(*out) != JSON_OBJECT) {
        return err_set(err, ST_PROTOCOL, "the token's %s is not a JSON object",
                       what);
    }
    return ST_OK;
}

/* A string member: absent is the empty string with p NULL. */
static enum status token_string(const struct json_node *object,
                                const char *name, struct str *out,
                                struct err *err)
{
    const struct json_node *node = json_member(object, name);

    *out = (struct str){0};
    if (!node) {
        return ST_OK;
    }
    if (json_type(node) != JSON_STRING) {
        return err_set(err, ST_PROTOCOL, "the token's %s is not a string",
                       name);
    }
    *out = json_string(node);
    return ST_OK;
}

/* NumericDate: seconds, possibly with a fraction. */
static enum status token_time(const struct json_node *claims, const char *name,
                              struct arena *arena, struct auth_time *out,
                              struct err *err)
{
    const struct json_node *node = json_member(claims, name);

    out->given = node != NULL;
    if (!node) {
        return ST_OK;
    }
    if (json_type(node) == JSON_NUMBER && !json_overflows(node)) {
        struct str text = json_canonical_str(node, arena);
        double seconds = text.p ? floor(strtod(text.p, NULL)) : 0;

        /* Far beyond any calendar, and safe to convert. */
        seconds = fmax(-1e15, fmin(1e15, seconds));
        out->at = (struct instant){(int64_t)seconds, 0};
        return ST_OK;
    }
    return err_set(err, ST_PROTOCOL, "the token's %s is not a time", name);
}

static enum status token_header(struct str part, struct arena *arena,
                                struct auth_token *token, struct err *err)
{
    const struct json_node *header = NULL;
    struct str typ;
    enum status status = token_json(part, "header", arena, &header, err);

    if (status == ST_OK) {
        status = token_string(header, "alg", &token->alg, err);
    }
    if (status == ST_OK) {
        status = token_string(header, "kid", &token->kid, err);
    }
    if (status == ST_OK) {
        status = token_string(header, "typ", &typ, err);
    }
    /* RFC 7515: an extension that is critical and not understood. */
    if (status == ST_OK && json_member(header, "crit")) {
        status = err_set(err, ST_PROTOCOL, "the token has critical extensions");
    }
    return status;
}

static enum status token_claims(struct str part, struct arena *arena,
                                struct auth_token *token, struct err *err)
{
    const struct json_node *claims = NULL;
    enum status status = token_json(part, "payload", arena, &claims, err);

    if (status == ST_OK) {
        status = token_string(claims, "sub", &token->sub, err);
    }
    if (status == ST_OK) {
        status = token_time(claims, "exp", arena, &token->exp, err);
    }
    if (status == ST_OK) {
        status = token_time(claims, "nbf", arena, &token->nbf, err);
    }
    if (status == ST_OK &&
        (token->sub.n == 0 || token->sub.n > LIMIT_NAME_BYTES)) {
        status = err_set(err, ST_PROTOCOL, "the token names no user in sub");
    }
    return status;
}

enum status auth_token_read(struct str text, struct arena *arena,
                            struct auth_token *token, struct err *err)
{
    size_t first = str_find(text, '.');
    struct str rest = str_skip(text, first + 1);
    size_t second = str_find(rest, '.');
    enum status status;

    *token = (struct auth_token){0};
    if (first == text.n || second == rest.n ||
        str_find(str_skip(rest, second + 1), '.') <
            str_skip(rest, second + 1).n) {
        return err_set(err, ST_PROTOCOL, "the token does not have three parts");
    }
    token->signed_text = str_take(text, first + 1 + second);
    status = token_header(str_take(text, first), arena, token, err);
    if (status == ST_OK) {
        status = token_claims(str_take(rest, second), arena, token, err);
    }
    if (status == ST_OK && !base64url_decode(str_skip(rest, second + 1), arena,
                                             &token->signature)) {
        status =
            err_set(err, ST_PROTOCOL, "the token's signature is not base64url");
    }
    return status;
}
