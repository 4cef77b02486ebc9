/* SPDX-License-Identifier: MIT */
/* The issuer: keys, tokens of every kind, forgeries, and what it answers. */
#include <string.h>

#include "mock_server/auth.h"
#include "mock_server/issuer.h"
#include "tests/run/suites.h"

#define NOW_S INT64_C(1790000000)

static const struct issuer first = {.seed = "the first seed"};
static const struct issuer second = {.seed = "the second seed"};
static const struct bug_set no_bugs;
static struct arena arena;
static struct err err;

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
    err = (struct err){.status = ST_OK};
}

static void teardown(void)
{
    arena_free(&arena);
}

static struct str token_of(const struct issuer *issuer, enum token_kind kind,
                           int64_t at_s)
{
    const struct token_wish wish = {
        .kind = kind, .sub = STR("ann"), .other = STR("ben"), .now_s = at_s};
    struct str token;
    ck_assert_int_eq(issuer_token(issuer, &wish, &arena, &token, &err), ST_OK);
    return token;
}

/* Whom a server with that key set takes the bearer for; "" and `err`: nobody.
 */
static struct str judged(const struct issuer *issuer, int64_t set_s,
                         struct str token, int64_t at_s)
{
    struct str jwks, user = STR("");
    struct arena scratch;
    ck_assert_int_eq(issuer_key_set(issuer, set_s, &arena, &jwks, &err), ST_OK);
    struct auth *auth = auth_jwt(jwks, &err);
    ck_assert_msg(auth != NULL, "%s", err.text);
    const struct auth_question question = {
        .header = arena_printf(&arena, "Bearer %.*s", STR_ARG(token)),
        .now = {at_s, 0},
        .bugs = &no_bugs};
    arena_init(&scratch, LIMIT_REQUEST_ARENA);
    if (auth_check(auth, &question, &scratch, &user, &err) == ST_OK) {
        user = arena_str(&arena, user);
    } else {
        user = STR("");
    }
    arena_free(&scratch);
    auth_free(auth);
    return user;
}

START_TEST(every_kind_is_what_its_name_says)
{
    static const struct {
        enum token_kind kind;
        const char *user, *why;
    } CASES[] = {{TOKEN_GOOD, "ann", ""},
                 {TOKEN_EXPIRED, "", "the token has expired"},
                 {TOKEN_FUTURE, "", "the token is not valid yet"},
                 {TOKEN_OTHER_KEY, "", "the token's signature is not valid"},
                 {TOKEN_NONE, "", "the token's alg is not EdDSA"},
                 {TOKEN_HS256, "", "the token's alg is not EdDSA"},
                 {TOKEN_CUT, "", "signature does not have 64 bytes"},
                 {TOKEN_ALTERED, "", "the token's signature is not valid"},
                 {TOKEN_NO_EXP, "", "the token has no exp"},
                 {TOKEN_OTHER_USER, "ben", ""},
                 {TOKEN_UNKNOWN_KID, "", "kid is not in the key set"}};
    ck_assert_int_eq(sizeof(CASES) / sizeof(CASES[0]), TOKEN_KINDS);
    for (size_t i = 0; i < TOKEN_KINDS; i++) {
        enum token_kind found = TOKEN_KINDS;
        struct str token = token_of(&first, CASES[i].kind, NOW_S);
        struct str user = judged(&first, NOW_S, token, NOW_S + 1);
        ck_assert_msg(str_is(user, CASES[i].user), "%s: %.*s",
                      token_kind_name(CASES[i].kind), STR_ARG(user));
        ck_assert_msg(strstr(err.text, CASES[i].why) != NULL, "%s: %s",
                      token_kind_name(CASES[i].kind), err.text);
        ck_assert(
            token_kind_find(str_of(token_kind_name(CASES[i].kind)), &found));
        ck_assert_int_eq(found, CASES[i].kind);
        ck_assert_int_eq(strncmp(token.p, "eyJ", 3), 0);
    }
    enum token_kind kind;
    ck_assert(!token_kind_find(STR("goood"), &kind));
}
END_TEST

START_TEST(a_good_token_lasts_as_long_as_was_wished)
{
    struct token_wish wish = {.sub = STR("ann"), .now_s = NOW_S, .life_s = 60};
    struct str token;
    ck_assert_int_eq(issuer_token(&first, &wish, &arena, &token, &err), ST_OK);
    ck_assert(str_is(judged(&first, NOW_S, token, NOW_S + 59), "ann"));
    ck_assert(str_is(judged(&first, NOW_S, token, NOW_S + 60), ""));
    wish.life_s = -1;
    ck_assert_int_eq(issuer_token(&first, &wish, &arena, &token, &err), ST_OK);
    ck_assert(str_is(judged(&first, NOW_S, token, NOW_S), ""));
    wish.life_s = 0;
    ck_assert_int_eq(issuer_token(&first, &wish, &arena, &token, &err), ST_OK);
    ck_assert(
        str_is(judged(&first, NOW_S, token, NOW_S + ISSUER_LIFE_S - 1), "ann"));
}
END_TEST

START_TEST(a_seed_decides_everything)
{
    struct str one, again, other;
    ck_assert_int_eq(issuer_key_set(&first, NOW_S, &arena, &one, &err), ST_OK);
    ck_assert_int_eq(issuer_key_set(&first, 0, &arena, &again, &err), ST_OK);
    ck_assert_int_eq(issuer_key_set(&second, 0, &arena, &other, &err), ST_OK);
    ck_assert(str_eq(one, again));
    ck_assert(!str_eq(one, other));
    ck_assert(str_eq(token_of(&first, TOKEN_GOOD, NOW_S),
                     token_of(&first, TOKEN_GOOD, NOW_S)));
    /* Two issuers never call their keys the same. */
    ck_assert(str_is(
        judged(&second, 0, token_of(&first, TOKEN_GOOD, NOW_S), NOW_S), ""));
    ck_assert_ptr_nonnull(strstr(err.text, "kid is not in the key set"));
}
END_TEST

START_TEST(a_key_is_published_before_and_after_its_time)
{
    struct issuer issuer = first;
    int64_t start_s = NOW_S - NOW_S % 100;
    issuer.rotate_s = 100;
    struct str token = token_of(&issuer, TOKEN_GOOD, start_s + 99);
    struct str next = token_of(&issuer, TOKEN_GOOD, start_s + 100);
    for (int period = -2; period <= 2; period++) {
        struct str user =
            judged(&issuer, start_s + 50 + 100 * period, token, start_s + 99);
        bool in_set = period >= -1 && period <= 1;
        ck_assert_msg(str_is(user, in_set ? "ann" : ""), "period %d", period);
    }
    /* Another key signs, and it was known before. */
    ck_assert(str_is(judged(&issuer, start_s, next, start_s + 100), "ann"));
    ck_assert(str_is(judged(&issuer, start_s - 1, next, start_s + 100), ""));
    struct str jwks;
    ck_assert_int_eq(issuer_key_set(&issuer, start_s, &arena, &jwks, &err),
                     ST_OK);
    size_t keys = 0;
    for (const char *at = jwks.p; (at = strstr(at, "\"kid\"")); at++) {
        keys++;
    }
    ck_assert_uint_eq(keys, 3);
}
END_TEST

START_TEST(the_developers_key_is_known_to_a_development_server)
{
    const struct issuer developers = {.dev = true};
    struct auth *auth = auth_dev();
    struct str user = STR("");
    for (int kind = 0; kind < TOKEN_KINDS; kind++) {
        const struct token_wish wish = {.kind = (enum token_kind)kind,
                                        .sub = STR("ann"),
                                        .other = STR("ben")};
        bool good = kind == TOKEN_GOOD || kind == TOKEN_OTHER_USER;
        struct str token;
        ck_assert_int_eq(issuer_token(&developers, &wish, &arena, &token, &err),
                         ST_OK);
        const struct auth_question question = {
            .header = arena_printf(&arena, "Bearer %.*s", STR_ARG(token)),
            .now = {NOW_S, 0},
            .bugs = &no_bugs};
        bool taken = auth_check(auth, &question, &arena, &user, &err) == ST_OK;
        ck_assert_msg(taken == good, "%s: %s",
                      token_kind_name((enum token_kind)kind), err.text);
    }
    auth_free(auth);
}
END_TEST

static enum status forge(enum token_kind kind, struct str token,
                         struct str *forged)
{
    const struct token_wish wish = {.kind = kind, .sub = STR("ann")};
    return issuer_forge(&wish, token, &arena, forged, &err);
}

START_TEST(foreign_tokens_are_forged_so_that_none_is_taken)
{
    struct str good = token_of(&first, TOKEN_GOOD, NOW_S), forged;
    for (int k = 0; k < TOKEN_KINDS; k++) {
        enum token_kind kind = (enum token_kind)k;
        enum status status = forge(kind, good, &forged);
        if (!token_kind_is_forgery(kind)) {
            ck_assert_int_eq(status, ST_UNSUPPORTED);
            ck_assert_ptr_nonnull(strstr(err.text, token_kind_name(kind)));
            continue;
        }
        ck_assert_int_eq(status, ST_OK);
        ck_assert(!str_eq(forged, good));
        ck_assert_msg(str_is(judged(&first, 0, forged, NOW_S), ""), "%s",
                      token_kind_name(kind));
        /* One that is no JSON Web Token. */
        ck_assert_int_eq(forge(kind, STR("secret-of-ann"), &forged), ST_OK);
        ck_assert(!str_is(forged, "secret-of-ann"));
        ck_assert_uint_gt(forged.n, 0);
    }
    ck_assert_int_eq(forge(TOKEN_OTHER_KEY, good, &forged), ST_OK);
    judged(&first, 0, forged, NOW_S);
    ck_assert_str_eq(err.text, "the token's signature is not valid");
    ck_assert_int_eq(forge(TOKEN_CUT, STR("ab"), &forged), ST_OK);
    ck_assert(str_is(forged, "a"));
}
END_TEST

START_TEST(a_token_says_its_end_and_its_user)
{
    int64_t exp_s = 1;
    struct str sub;
    issuer_peek(token_of(&first, TOKEN_GOOD, NOW_S), &arena, &exp_s, &sub);
    ck_assert_int_eq(exp_s, NOW_S + ISSUER_LIFE_S);
    ck_assert(str_is(sub, "ann"));
    static const char *const NOTHING[] = {
        "", "a", "a.b", "a.b.c", "..", "e30.e30.e30", "e30.WzFd.e30"};
    for (size_t i = 0; i < sizeof(NOTHING) / sizeof(NOTHING[0]); i++) {
        exp_s = 1;
        issuer_peek(str_of(NOTHING[i]), &arena, &exp_s, &sub);
        ck_assert_int_eq(exp_s, 0);
        ck_assert_uint_eq(sub.n, 0);
    }
}
END_TEST

/* ---- what the issuer answers ---- */

static struct http_reply answer_to(const char *method, const char *target,
                                   const char *body, bool mints)
{
    const struct http_request request = {.method = str_of(method),
                                         .target = str_of(target),
                                         .body = str_of(body)};
    const struct issuer_door door = {
        .issuer = &first, .mints = mints, .now_s = NOW_S};
    struct http_reply reply;
    issuer_answer(&door, &request, &arena, &reply);
    return reply;
}

START_TEST(the_key_set_is_where_it_is_looked_for)
{
    struct str jwks;
    ck_assert_int_eq(issuer_key_set(&first, NOW_S, &arena, &jwks, &err), ST_OK);
    static const char *const PATHS[] = {"/.well-known/jwks.json", "/jwks.json",
                                        "/jwks.json?fresh=1"};
    for (size_t i = 0; i < 3; i++) {
        struct http_reply reply = answer_to("GET", PATHS[i], "", false);
        ck_assert_int_eq(reply.status, 200);
        ck_assert(str_eq(reply.body, jwks));
        ck_assert(str_is(
            http_header_find(reply.headers, reply.header_count, "Content-Type"),
            "application/json"));
    }
    struct http_reply reply = answer_to("POST", "/jwks.json", "", true);
    ck_assert_int_eq(reply.status, 405);
    ck_assert(
        str_is(http_header_find(reply.headers, reply.header_count, "Allow"),
               "GET, HEAD"));
    ck_assert_int_eq(answer_to("GET", "/health", "", false).status, 200);
    ck_assert_int_eq(answer_to("GET", "/", "", true).status, 404);
    ck_assert_int_eq(answer_to("GET", "/token", "", true).status, 405);
    /* While scenarios run nobody else gets tokens. */
    ck_assert_int_eq(
        answer_to("POST", "/token", "{\"sub\":\"ann\"}", false).status, 404);
}
END_TEST

START_TEST(tokens_are_given_for_the_asking)
{
    struct http_reply reply =
        answer_to("POST", "/token", "{\"sub\":\"ann\",\"exp_in_s\":5}", true);
    ck_assert_int_eq(reply.status, 200);
    ck_assert(reply.body.n > 1 && reply.body.p[reply.body.n - 1] == '\n');
    struct str token = str_take(reply.body, reply.body.n - 1);
    ck_assert(str_is(judged(&first, 0, token, NOW_S + 4), "ann"));
    ck_assert(str_is(judged(&first, 0, token, NOW_S + 5), ""));
    reply = answer_to("POST", "/token",
                      "{\"sub\":\"ann\",\"kind\":\"expired\"}", true);
    ck_assert_int_eq(reply.status, 200);
    reply = answer_to(
        "POST", "/token",
        "{\"sub\":\"ann\",\"other\":\"cat\",\"kind\":\"other-user\"}", true);
    token = str_take(reply.body, reply.body.n - 1);
    ck_assert(str_is(judged(&first, 0, token, NOW_S), "cat"));
}
END_TEST

START_TEST(what_cannot_be_a_wish_is_told)
{
    static const char *const CASES[][2] = {
        {"", "400"},
        {"[]", "not an object"},
        {"{}", "sub: whose token?"},
        {"{\"sub\":\"\"}", "sub: not a text of 1 to 4096 bytes"},
        {"{\"sub\":7}", "sub: not a text"},
        {"{\"sub\":\"a\",\"exp\":7}", "unknown member"},
        {"{\"sub\":\"a\",\"exp_in_s\":0}", "exp_in_s: not a whole number"},
        {"{\"sub\":\"a\",\"exp_in_s\":1.5}", "exp_in_s: not a whole number"},
        {"{\"sub\":\"a\",\"exp_in_s\":\"9\"}", "exp_in_s: not a whole number"},
        {"{\"sub\":\"a\",\"exp_in_s\":1000000001}", "exp_in_s: not a whole"},
        {"{\"sub\":\"a\",\"kind\":\"bad\"}", "kind: there is none"}};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct http_reply reply =
            answer_to("POST", "/token", CASES[i][0], true);
        ck_assert_int_eq(reply.status, 400);
        struct str body = arena_str(&arena, reply.body);
        ck_assert_msg(i == 0 || strstr(body.p, CASES[i][1]) != NULL, "%s: %s",
                      CASES[i][0], body.p);
    }
}
END_TEST

Suite *suite_issuer(void)
{
    Suite *suite = suite_create("issuer");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, every_kind_is_what_its_name_says);
    tcase_add_test(tcase, a_good_token_lasts_as_long_as_was_wished);
    tcase_add_test(tcase, a_seed_decides_everything);
    tcase_add_test(tcase, a_key_is_published_before_and_after_its_time);
    tcase_add_test(tcase, the_developers_key_is_known_to_a_development_server);
    tcase_add_test(tcase, foreign_tokens_are_forged_so_that_none_is_taken);
    tcase_add_test(tcase, a_token_says_its_end_and_its_user);
    tcase_add_test(tcase, the_key_set_is_where_it_is_looked_for);
    tcase_add_test(tcase, tokens_are_given_for_the_asking);
    tcase_add_test(tcase, what_cannot_be_a_wish_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
