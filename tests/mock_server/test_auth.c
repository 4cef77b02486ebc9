/* SPDX-License-Identifier: MIT */
/* test_auth - tokens: good, forged, cut, expired; key sets. */
#include <stdio.h>
#include <string.h>

#include "mock_server/auth_token.h"
#include "mock_server/base64url.h"
#include "tests/mock_server/rig.h"
#include "tests/mock_server/suites.h"

static const unsigned char key_one[32] = "the key of the tests, number one";
static const unsigned char key_two[32] = "the key of the tests, number two";
static const struct bug_set no_bugs;
static struct arena arena;
static struct auth *auth;
static struct instant now;
static struct err err;

static struct str key_set(const unsigned char *key, const char *kid)
{
    struct str jwks;

    ck_assert_int_eq(auth_key_set(key, str_of(kid), &arena, &jwks, &err),
                     ST_OK);
    return jwks;
}

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    now = (struct instant){1750000000, 500000000};
    err = (struct err){0};
    auth = auth_jwt(key_set(key_one, "k1"), &err);
    ck_assert_msg(auth != NULL, "%s", err.text);
}

static void teardown(void)
{
    auth_free(auth);
    arena_free(&arena);
}

static struct str sign(const unsigned char *key, struct auth_claims claims)
{
    struct str token;

    ck_assert_int_eq(auth_sign(key, &claims, &arena, &token, &err), ST_OK);
    return token;
}

static struct auth_claims alice(void)
{
    return (struct auth_claims){.kid = STR("k1"),
                                .sub = STR("alice"),
                                .iat = 1749999000,
                                .nbf = 1749999000,
                                .exp = 1750003600};
}

static enum status ask(struct auth *whom, struct str header,
                       const struct bug_set *bugs, struct str *user)
{
    struct auth_question question = {header, now, bugs};

    return auth_check(whom, &question, &arena, user, &err);
}

static enum status check_header(const char *header, const struct bug_set *bugs,
                                struct str *user)
{
    struct str value = {header, header ? strlen(header) : 0};

    return ask(auth, value, bugs, user);
}

static void accepts(struct str token, const char *name)
{
    struct str user;
    struct str header = arena_printf(&arena, "Bearer %.*s", STR_ARG(token));

    ck_assert_msg(check_header(header.p, &no_bugs, &user) == ST_OK, "%s",
                  err.text);
    ck_assert(str_is(user, name));
}

static void refuses(struct str token, const char *why)
{
    struct str user;
    struct str header = arena_printf(&arena, "Bearer %.*s", STR_ARG(token));

    ck_assert_int_eq(check_header(header.p, &no_bugs, &user), ST_PROTOCOL);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s, not %s", err.text, why);
}

/* A token with any header and payload, signed or with a given signature. */
static struct str forge(const char *header, const char *payload,
                        const char *signature)
{
    struct str h = base64url_encode(str_of(header), &arena);
    struct str p = base64url_encode(str_of(payload), &arena);

    return arena_printf(&arena, "%.*s.%.*s.%s", STR_ARG(h), STR_ARG(p),
                        signature);
}

START_TEST(a_good_token_names_its_user)
{
    struct auth_claims claims = alice();

    accepts(sign(key_one, claims), "alice");
    accepts(sign(key_one, claims), "alice");
    claims.kid = (struct str){0};
    claims.iat = claims.nbf = 0;
    claims.sub = STR("b\xc3\xb6"
                     "b \"x\"");
    accepts(sign(key_one, claims), "b\xc3\xb6"
                                   "b \"x\"");
}
END_TEST

START_TEST(headers_that_are_no_bearer_token)
{
    static const char *const cases[][2] = {
        {NULL, "no Authorization"},
        {"", "Bearer"},
        {"Bearer", "Bearer"},
        {"Bearer ", "empty"},
        {"Bearer    ", "empty"},
        {"Basic YTpi", "Bearer"},
        {"Bearerx", "Bearer"},
        {"Bearer x", "three parts"},
        {"Bearer a.b", "three parts"},
        {"Bearer a.b.c.d", "three parts"},
        {"Bearer ..", "header"},
        {"Bearer e30.e30.", "sub"},
        {"Bearer e30.!!.", "payload is not base64url"},
        {"Bearer e30.W10.", "payload is not a JSON object"},
        {"Bearer YQ.e30.", "header is not a JSON object"}};
    struct str user;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(check_header(cases[i][0], &no_bugs, &user),
                         ST_PROTOCOL);
        ck_assert_msg(strstr(err.text, cases[i][1]) != NULL, "%zu: %s", i,
                      err.text);
    }
}
END_TEST

START_TEST(the_scheme_has_no_case)
{
    struct str user;
    struct str token = sign(key_one, alice());
    struct str header = arena_printf(&arena, "bEARER %.*s", STR_ARG(token));

    ck_assert_int_eq(check_header(header.p, &no_bugs, &user), ST_OK);
}
END_TEST

START_TEST(times_are_looked_at_also_when_the_token_is_known)
{
    struct str token = sign(key_one, alice());

    accepts(token, "alice");
    now.s = 1750003599;
    accepts(token, "alice");
    now.s = 1750003600;
    now.ns = 0;
    refuses(token, "expired");
    now.s = 1749998999;
    refuses(token, "not valid yet");
    now.s = 1749999000;
    accepts(token, "alice");
}
END_TEST

START_TEST(a_token_without_an_end_is_refused)
{
    struct auth_claims claims = alice();

    claims.exp = 0;
    refuses(sign(key_one, claims), "no exp");
}
END_TEST

START_TEST(a_changed_token_is_refused)
{
    struct str token = sign(key_one, alice());
    size_t last_dot = token.n - 1;

    while (token.p[last_dot] != '.') {
        last_dot--;
    }
    /* Each byte of the three parts, dots left alone. */
    for (size_t i = 0; i < token.n; i++) {
        char *copy = arena_must(&arena, token.n + 1, 1);
        struct str user, header;

        if (token.p[i] == '.') {
            continue;
        }
        memcpy(copy, token.p, token.n);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        header = arena_printf(&arena, "Bearer %s", copy);
        ck_assert_msg(check_header(header.p, &no_bugs, &user) == ST_PROTOCOL,
                      "byte %zu changed and still accepted", i);
    }
    for (size_t n = 0; n < token.n; n++) {
        refuses(str_take(token, n), "token");
    }
    refuses(str_take(token, last_dot + 1), "64 bytes");
    refuses(arena_printf(&arena, "%.*sA", STR_ARG(token)), "signature");
    refuses(arena_printf(&arena, "%.*s==", STR_ARG(token)), "signature");
}
END_TEST

START_TEST(other_keys_and_algorithms_are_refused)
{
    struct auth_claims claims = alice();

    refuses(sign(key_two, claims), "signature is not valid");
    ck_assert(!auth_wants_keys(auth));
    claims.kid = STR("k2");
    refuses(sign(key_two, claims), "kid");
    ck_assert(auth_wants_keys(auth));
    refuses(sign(key_one, claims), "kid");
    refuses(forge("{\"alg\":\"none\"}", "{\"sub\":\"alice\"}", ""), "EdDSA");
    ck_assert(!auth_wants_keys(auth));
    refuses(forge("{\"alg\":\"HS256\"}", "{\"sub\":\"alice\"}", "AAAA"),
            "EdDSA");
    refuses(forge("{\"alg\":\"eddsa\"}", "{\"sub\":\"alice\"}", "AAAA"),
            "EdDSA");
    refuses(forge("{}", "{\"sub\":\"alice\"}", "AAAA"), "EdDSA");
    refuses(forge("{\"alg\":7}", "{\"sub\":\"alice\"}", "AAAA"), "alg");
    refuses(forge("{\"alg\":\"EdDSA\",\"crit\":[\"b64\"]}",
                  "{\"sub\":\"alice\"}", "AAAA"),
            "critical");
    refuses(forge("{\"alg\":\"EdDSA\"}", "{\"sub\":\"\"}", "AAAA"), "sub");
    refuses(forge("{\"alg\":\"EdDSA\"}", "{\"sub\":1}", "AAAA"), "sub");
    refuses(
        forge("{\"alg\":\"EdDSA\"}", "{\"sub\":\"a\",\"exp\":\"1\"}", "AAAA"),
        "exp is not a time");
    refuses(
        forge("{\"alg\":\"EdDSA\"}", "{\"sub\":\"a\",\"nbf\":null}", "AAAA"),
        "nbf is not a time");
    refuses(
        forge("{\"alg\":\"EdDSA\"}", "{\"sub\":\"a\",\"sub\":\"b\"}", "AAAA"),
        "payload");
}
END_TEST

START_TEST(tokens_have_a_limit)
{
    char *text = arena_must(&arena, LIMIT_TOKEN_BYTES + 16, 1);
    struct str user;

    memcpy(text, "Bearer ", 7);
    memset(text + 7, 'a', LIMIT_TOKEN_BYTES + 1);
    ck_assert_int_eq(check_header(text, &no_bugs, &user), ST_PROTOCOL);
    ck_assert_ptr_nonnull(strstr(err.text, "16384"));
    text[7 + LIMIT_TOKEN_BYTES] = '\0';
    ck_assert_int_eq(check_header(text, &no_bugs, &user), ST_PROTOCOL);
    ck_assert_ptr_nonnull(strstr(err.text, "three parts"));
}
END_TEST

START_TEST(keys_can_be_replaced)
{
    struct auth_claims claims = alice();
    struct str old = sign(key_one, claims);

    accepts(old, "alice");
    claims.kid = STR("k2");
    refuses(sign(key_two, claims), "kid");
    ck_assert_int_eq(auth_replace_keys(auth, STR("{\"keys\":["), &err),
                     ST_SYNTAX);
    ck_assert(auth_wants_keys(auth));
    accepts(old, "alice");
    ck_assert_int_eq(auth_replace_keys(auth, key_set(key_two, "k2"), &err),
                     ST_OK);
    accepts(sign(key_two, claims), "alice");
    /* A withdrawn key is no good, remembered or not. */
    refuses(old, "kid");
}
END_TEST

START_TEST(key_sets_are_checked)
{
    static const char *const bad[][2] = {
        {"", "key set: "},
        {"[]", "no array"},
        {"{}", "no array"},
        {"{\"keys\":{}}", "no array"},
        {"{\"keys\":[]}", "no Ed25519 key"},
        {"{\"keys\":[1]}", "keys[0]: not an object"},
        {"{\"keys\":[{\"kty\":\"RSA\"}]}", "no Ed25519 key among 1"},
        {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}",
         "keys[0].x"},
        {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}]}", "keys[0].x"}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_ptr_null(auth_jwt(str_of(bad[i][0]), &err));
        ck_assert_msg(strstr(err.text, bad[i][1]) != NULL, "%s", err.text);
    }
    struct str good = key_set(key_one, "k1");
    struct str mixed =
        arena_printf(&arena, "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"x\"},%.*s",
                     (int)(good.n - 9), good.p + 9);
    struct auth *other = auth_jwt(mixed, &err);

    ck_assert_msg(other != NULL, "%s", err.text);
    auth_free(other);
}
END_TEST

START_TEST(development_tokens_are_names)
{
    struct auth *dev = auth_dev();
    struct str user;

    ck_assert_int_eq(ask(dev, STR("Bearer al.ice@x"), &no_bugs, &user), ST_OK);
    ck_assert(str_is(user, "al.ice@x"));
    ck_assert_int_eq(ask(dev, STR("Bearer a b"), &no_bugs, &user), ST_PROTOCOL);
    ck_assert_int_eq(ask(dev, STR("Bearer \xc3\xb6"), &no_bugs, &user),
                     ST_PROTOCOL);
    ck_assert_int_eq(ask(dev, (struct str){0}, &no_bugs, &user), ST_PROTOCOL);
    auth_free(dev);
}
END_TEST

START_TEST(development_judges_signed_tokens_too)
{
    struct auth *dev = auth_dev();
    const unsigned char *key = (const unsigned char *)AUTH_DEV_KEY;
    struct auth_claims claims = alice();
    struct str user;
    struct {
        struct str token;
        enum status status;
    } tokens[4] = {{.status = ST_OK},
                   {.status = ST_PROTOCOL},
                   {.status = ST_PROTOCOL},
                   {.status = ST_PROTOCOL}};

    claims.kid = STR("dev");
    tokens[0].token = sign(key, claims);
    tokens[1].token = sign(key_one, claims);
    claims.exp = 1750000000;
    tokens[2].token = sign(key, claims);
    claims = alice();
    tokens[3].token = sign(key, claims); /* of a kid that is not there */
    for (size_t i = 0; i < 4; i++) {
        struct str header =
            arena_printf(&arena, "Bearer %.*s", STR_ARG(tokens[i].token));

        ck_assert_int_eq(ask(dev, header, &no_bugs, &user), tokens[i].status);
        ck_assert(!auth_wants_keys(dev));
    }
    ck_assert_str_eq(err.text, "the token's kid is not in the key set");
    auth_free(dev);
}
END_TEST

START_TEST(planted_bugs_of_auth)
{
    struct bug_set bugs = {{0}};
    struct auth_claims claims = alice();
    struct str user, header;

    header = arena_printf(
        &arena, "Bearer %.*s",
        STR_ARG(forge("{\"alg\":\"none\"}",
                      "{\"sub\":\"eve\",\"exp\":32503680000}", "")));
    ck_assert_int_eq(check_header(header.p, &bugs, &user), ST_PROTOCOL);
    bug_add(&bugs, BUG_ALG_NONE_ACCEPTED);
    ck_assert_int_eq(check_header(header.p, &bugs, &user), ST_OK);
    ck_assert(str_is(user, "eve"));
    claims.exp = 1750000000;
    header =
        arena_printf(&arena, "Bearer %.*s", STR_ARG(sign(key_one, claims)));
    ck_assert_int_eq(check_header(header.p, &bugs, &user), ST_PROTOCOL);
    bug_add(&bugs, BUG_EXPIRED_TOKEN_ACCEPTED);
    ck_assert_int_eq(check_header(header.p, &bugs, &user), ST_OK);
}
END_TEST

START_TEST(base64url_has_one_spelling)
{
    static const char *const good[][2] = {{"", ""},
                                          {"Zg", "f"},
                                          {"Zm8", "fo"},
                                          {"Zm9v", "foo"},
                                          {"-_8", "\xfb\xff"}};
    static const char *const bad[] = {"Z",     "Zg==", "Zh",    "Zm9",
                                      "Zm9 v", "+/8",  "Zm9vZ", "Z\n"};
    struct str out;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert(base64url_decode(str_of(good[i][0]), &arena, &out));
        ck_assert(str_is(out, good[i][1]));
        out = base64url_encode(str_of(good[i][1]), &arena);
        ck_assert(str_is(out, good[i][0]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!base64url_decode(str_of(bad[i]), &arena, &out), "%s",
                      bad[i]);
    }
}
END_TEST

Suite *suite_auth(void)
{
    Suite *suite = suite_create("auth");
    TCase *group = tcase_create("tokens");

    tcase_add_checked_fixture(group, setup, teardown);
    tcase_add_test(group, a_good_token_names_its_user);
    tcase_add_test(group, headers_that_are_no_bearer_token);
    tcase_add_test(group, the_scheme_has_no_case);
    tcase_add_test(group, times_are_looked_at_also_when_the_token_is_known);
    tcase_add_test(group, a_token_without_an_end_is_refused);
    tcase_add_test(group, a_changed_token_is_refused);
    tcase_add_test(group, other_keys_and_algorithms_are_refused);
    tcase_add_test(group, tokens_have_a_limit);
    tcase_add_test(group, keys_can_be_replaced);
    tcase_add_test(group, key_sets_are_checked);
    tcase_add_test(group, development_tokens_are_names);
    tcase_add_test(group, development_judges_signed_tokens_too);
    tcase_add_test(group, planted_bugs_of_auth);
    tcase_add_test(group, base64url_has_one_spelling);
    suite_add_tcase(suite, group);
    return suite;
}
