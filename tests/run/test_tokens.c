/* SPDX-License-Identifier: MIT */
/* Where the tokens of users come from: the name, one fixed token, a command,
 * the issuer; and which scenarios that is enough for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/run/tokens.h"
#include "harness/transport/command.h"
#include "tests/run/suites.h"

#define NOW_S INT64_C(1790000000)

static const struct issuer first = {.seed = "the first seed"};
static struct arena arena;
static struct err err;
static int64_t now_s;

static int64_t clock_s(void)
{
    return now_s;
}

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
    err = (struct err){.status = ST_OK};
    now_s = NOW_S;
}

static void teardown(void)
{
    arena_free(&arena);
}

static struct str token_of(enum token_kind kind)
{
    const struct token_wish wish = {
        .kind = kind, .sub = STR("ann"), .other = STR("ben"), .now_s = NOW_S};
    struct str token;
    ck_assert_int_eq(issuer_token(&first, &wish, &arena, &token, &err), ST_OK);
    return token;
}

/* The user that the token names, and whose key it says signed it. */
static struct str user_in(struct str token)
{
    int64_t exp_s;
    struct str sub;
    issuer_peek(token, &arena, &exp_s, &sub);
    return sub;
}

/* ---- commands ---- */

static enum status command_to(const char *line, int64_t limit_ms, char *text,
                              size_t size)
{
    static const char *const ENVIRONMENT[] = {"SYNCSPEC_TEST=here", NULL};
    const struct command command = {.line = line,
                                    .argument = "ann 'o\"x",
                                    .environment = ENVIRONMENT,
                                    .limit_ms = limit_ms};
    struct buf out;
    buf_init(&out, 100);
    enum status status = command_run(&command, &out, &err);
    snprintf(text, size, "%.*s", STR_ARG(buf_view(&out)));
    buf_free(&out);
    return status;
}

START_TEST(a_command_gets_its_argument_once)
{
    static const char *const CASES[][2] = {
        {"echo", "ann 'o\"x\n"},
        {"echo \"<$1>\"", "<ann 'o\"x>\n"},
        {"echo \"<$@>\"", "<ann 'o\"x>\n"},
        {"echo $SYNCSPEC_TEST", "here\n"},
        {"cat; printf %s", "ann 'o\"x"},
        {"test -n \"$PATH\" && echo", "ann 'o\"x\n"}};
    char text[200];
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        enum status status = command_to(CASES[i][0], 5000, text, sizeof(text));
        ck_assert_msg(status == ST_OK, "%s: %s", CASES[i][0], err.text);
        ck_assert_str_eq(text, CASES[i][1]);
    }
}
END_TEST

START_TEST(a_command_that_fails_says_why)
{
    static const struct {
        const char *line, *words;
        int64_t limit_ms;
    } CASES[] = {{"echo no such user >&2; exit 3; $1",
                  "exit code 3: no such user", 5000},
                 {"exit 1; $1", "exit code 1: (it said nothing)", 5000},
                 {"no-such-command-anywhere", "exit code 127", 5000},
                 {"echo one >&2; echo two >&2; exit 2; $1", "one|two", 5000},
                 {"kill -9 $$; $1", "ended by signal 9", 5000},
                 {"echo asleep >&2; sleep 30; $1",
                  "did not end within 1500 ms: asleep", 1500},
                 {"sleep 30 & exit 0; $1", "did not end within 1500 ms", 1500},
                 {"yes; $1", "printed more than 100 bytes", 5000}};
    char text[200];
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        enum status status =
            command_to(CASES[i].line, CASES[i].limit_ms, text, sizeof(text));
        ck_assert_int_eq(status, ST_USAGE);
        ck_assert_msg(strstr(err.text, CASES[i].words) != NULL, "%s: %s",
                      CASES[i].line, err.text);
    }
}
END_TEST

/* ---- the one place ---- */

static struct tokens *tokens_by(enum token_source source, const char *text)
{
    const struct tokens_config config = {.source = source,
                                         .fixed = text,
                                         .command = text,
                                         .command_ms = 2000,
                                         .issuer = first,
                                         .now_s = clock_s};
    return tokens_create(&config, &err);
}

static struct str got(struct tokens *tokens, const char *user, const char *tag,
                      bool fresh)
{
    const struct token_ask ask = {
        .user = str_of(user), .tag = str_of(tag), .fresh = fresh};
    struct str token = STR("");
    return tokens_get(tokens, &ask, &arena, &token, &err) == ST_OK
               ? arena_str(&arena, token)
               : STR("");
}

START_TEST(in_development_a_name_is_a_token)
{
    ck_assert(str_is(got(NULL, "ann", "t1", false), "ann"));
    ck_assert(str_is(got(NULL, "ann", "t1", true), "ann"));
    ck_assert(str_is(tokens_user(NULL, STR("ann"), STR("t1"), &arena), "ann"));
    ck_assert_int_eq(tokens_source(NULL), TOKENS_NAME);
}
END_TEST

START_TEST(the_issuers_users_are_of_one_run)
{
    struct tokens *tokens = tokens_by(TOKENS_ISSUER, NULL);
    struct str token = got(tokens, "ann", "t1", false);
    ck_assert(str_is(user_in(token), "ann-t1"));
    ck_assert(
        str_is(tokens_user(tokens, STR("ann"), STR("t1"), &arena), "ann-t1"));
    now_s++;
    ck_assert(str_eq(got(tokens, "ann", "t1", false), token));
    ck_assert(!str_eq(got(tokens, "ann", "t1", true), token));
    token = got(tokens, "ann", "t2", false);
    ck_assert(str_is(user_in(token), "ann-t2"));
    /* One that has ended is not sent again. */
    now_s += ISSUER_LIFE_S;
    ck_assert(!str_eq(got(tokens, "ann", "t2", false), token));
    tokens_free(tokens);
}
END_TEST

START_TEST(a_fixed_token_is_looked_at_once)
{
    struct str good = token_of(TOKEN_GOOD);
    struct str old = token_of(TOKEN_EXPIRED);
    struct tokens *tokens = tokens_by(TOKENS_FIXED, good.p);
    ck_assert_int_eq(err.status, ST_OK);
    ck_assert(str_eq(got(tokens, "ann", "t1", true), good));
    ck_assert(
        str_is(tokens_user(tokens, STR("user"), STR("t1"), &arena), "ann"));
    tokens_free(tokens);
    static const char *const BAD[][2] = {{"", "there is no token"},
                                         {"two words", "byte 4 is 0x20"},
                                         {"\xc3\xa4", "byte 1 is 0xc3"},
                                         {"two\nlines", "more than one line"}};
    for (size_t i = 0; i < 4; i++) {
        tokens_free(tokens_by(TOKENS_FIXED, BAD[i][0]));
        ck_assert_int_eq(err.status, ST_USAGE);
        ck_assert_msg(strstr(err.text, BAD[i][1]) != NULL, "%s", err.text);
    }
    tokens_free(tokens_by(TOKENS_FIXED, old.p));
    ck_assert_ptr_nonnull(strstr(err.text, "--token: it expired 3600 s ago"));
}
END_TEST

START_TEST(a_command_is_asked_once_for_a_user)
{
    char folder[] = "/tmp/syncspec-XXXXXX", line[200];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(line, sizeof(line),
             "echo \"$1$SYNCSPEC_FRESH\" >>%s/log; wc -l <%s/log | tr -d ' '",
             folder, folder);
    struct tokens *tokens = tokens_by(TOKENS_COMMAND, line);
    ck_assert(str_is(got(tokens, "ann", "t1", false), "1"));
    ck_assert(str_is(got(tokens, "ann", "t1", false), "1"));
    ck_assert(str_is(got(tokens, "ben", "t1", false), "2"));
    /* Users of a command are the same ones in every run. */
    ck_assert(str_is(got(tokens, "ann", "t2", false), "1"));
    ck_assert(str_is(got(tokens, "ann", "t2", true), "3"));
    ck_assert(str_is(got(tokens, "ann", "t2", false), "3"));
    tokens_free(tokens);
    snprintf(line, sizeof(line), "%s/log", folder);
    char text[100] = "";
    FILE *log = fopen(line, "r");
    ck_assert_ptr_nonnull(log);
    ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, log), 0);
    fclose(log);
    ck_assert_str_eq(text, "ann\nben\nann1\n");
    unlink(line);
    rmdir(folder);
}
END_TEST

START_TEST(a_commands_token_that_has_ended_is_asked_for_anew)
{
    struct str token = token_of(TOKEN_GOOD);
    struct str line = arena_printf(&arena, "echo %.*s; : $1", STR_ARG(token));
    struct tokens *tokens = tokens_by(TOKENS_COMMAND, line.p);
    ck_assert(str_eq(got(tokens, "ann", "t1", false), token));
    now_s = NOW_S + ISSUER_LIFE_S;
    ck_assert(str_eq(got(tokens, "ann", "t1", false), token));
    tokens_free(tokens);
}
END_TEST

START_TEST(what_a_command_prints_is_looked_at)
{
    static const char *const CASES[][2] = {
        {"true; : $1", "for user ann: what it printed is no token: there is"},
        {"echo a b; : $1", "byte 2 is 0x20"},
        {"echo a; echo b; : $1", "more than one line"},
        {"echo '{\"token\": 1}'; : $1", "byte 10 is 0x20"},
        {"printf '\\377'; : $1", "byte 1 is 0xff"},
        {"head -c 16385 /dev/zero | tr '\\0' a; : $1", "over 16384 bytes"},
        {"head -c 40000 /dev/zero | tr '\\0' a; : $1", "printed more than"},
        {"echo who are you >&2; false; : $1; exit 9",
         "--token-command for user ann: exit code 9: who are you"}};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct tokens *tokens = tokens_by(TOKENS_COMMAND, CASES[i][0]);
        ck_assert_uint_eq(got(tokens, "ann", "", false).n, 0);
        ck_assert_msg(strstr(err.text, CASES[i][1]) != NULL, "%s: %s",
                      CASES[i][0], err.text);
        ck_assert_int_eq(err.status, ST_USAGE);
        tokens_free(tokens);
    }
}
END_TEST

/* ---- scenarios ---- */

#define HEAD "scenario \"s\"\ncovers AUTH-2\n"

START_TEST(scenarios_that_want_more_are_skipped)
{
    static const struct {
        const char *text, *fixed, *command;
    } CASES[] = {
        {HEAD "clients alice bob\n\n  alice pulls\n", "", ""},
        {HEAD "clients alice user=ann\nclients bob user=ben\n\n alice pulls\n",
         "several users", ""},
        {HEAD "clients alice\n\n  alice sends GET /x as=ben\n  expects "
              "status=401\n",
         "several users", ""},
        {HEAD "clients alice\n\n  alice signs in user=ben\n", "several users",
         ""},
        {HEAD "clients alice\n\n  alice sends GET /x token=expired\n  expects "
              "status=401\n",
         "an expired token", "an expired token"},
        {HEAD "clients alice\n\n  alice sends GET /x token=\"{token.future}\""
              "\n  expects status=401\n",
         "the future", "the future"},
        {HEAD "clients alice\n\n  alice sends POST /x\n  | {\"t\":\"{token."
              "no-exp}\"}\n  expects status=401\n",
         "without exp", "without exp"},
        {HEAD "clients alice\n\n  alice sends GET /x "
              "header.X-Old=\"{token.other-user}\"\n  expects status=401\n",
         "another user's", "another user's"},
        {HEAD "clients alice\n\n  alice sends GET /x token=\"expired\"\n  "
              "expects status=401\n",
         "", ""},
        {HEAD "clients alice\n\n  alice sends GET /x token=cut\n  expects "
              "status=401\n  alice sends GET /x token=none\n  expects "
              "status=401\n",
         "", ""}};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct scenario_list list = scenario_of(CASES[i].text, &arena);
        struct str fixed = tokens_skip(TOKENS_FIXED, &list.items[0]);
        struct str command = tokens_skip(TOKENS_COMMAND, &list.items[0]);
        ck_assert_msg((fixed.n > 0) == (CASES[i].fixed[0] != '\0') &&
                          (fixed.n == 0 || strstr(fixed.p, CASES[i].fixed)),
                      "%zu: %.*s", i, STR_ARG(fixed));
        ck_assert_msg(
            (command.n > 0) == (CASES[i].command[0] != '\0') &&
                (command.n == 0 || strstr(command.p, CASES[i].command)),
            "%zu: %.*s", i, STR_ARG(command));
        ck_assert_uint_eq(tokens_skip(TOKENS_NAME, &list.items[0]).n, 0);
        ck_assert_uint_eq(tokens_skip(TOKENS_ISSUER, &list.items[0]).n, 0);
    }
}
END_TEST

START_TEST(a_command_is_asked_for_all_users_before)
{
    struct scenario_list list =
        scenario_of(HEAD "clients alice user=ann\nclients bob user=ben\n\n"
                         "  alice pulls\n  bob signs in user=cat\n",
                    &arena);
    struct tokens *tokens =
        tokens_by(TOKENS_COMMAND, "test $1 != cat && echo t-$1");
    ck_assert_int_eq(tokens_prepare(tokens, &list, &err), ST_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "for user cat: exit code 1"));
    ck_assert(str_is(got(tokens, "ben", "", false), "t-ben"));
    tokens_free(tokens);
    /* What is played in virtual time only needs no tokens. */
    list.items[0].worlds = WORLD_VIRTUAL;
    tokens = tokens_by(TOKENS_COMMAND, "exit 1; $1");
    ck_assert_int_eq(tokens_prepare(tokens, &list, &err), ST_OK);
    tokens_free(tokens);
    ck_assert_int_eq(tokens_prepare(NULL, &list, &err), ST_OK);
}
END_TEST

/* ---- users of one's own ---- */

static struct str named(struct tokens *tokens, const char *tag, bool token)
{
    const struct token_ask ask = {
        .user = STR("ann"), .tag = str_of(tag), .kind = TOKEN_GOOD};
    struct str text = tokens_user(tokens, ask.user, ask.tag, &arena);
    if (token) {
        ck_assert_int_eq(tokens_get(tokens, &ask, &arena, &text, &err), ST_OK);
    }
    return text;
}

/* A token is a name all the same, of one run alone. */
START_TEST(names_may_be_of_one_run)
{
    const struct tokens_config config = {.source = TOKENS_NAME,
                                         .own_users = true};
    struct tokens *own = tokens_create(&config, &err);
    struct tokens *shared =
        tokens_create(&(struct tokens_config){.source = TOKENS_NAME}, &err);
    ck_assert_int_eq(err.status, ST_OK);
    ck_assert_int_eq(tokens_source(own), TOKENS_NAME);
    for (int token = 0; token < 2; token++) {
        ck_assert(str_is(named(NULL, "t1", token), "ann"));
        ck_assert(str_is(named(shared, "t1", token), "ann"));
        struct str one = named(own, "t1", token);
        ck_assert(str_eq(one, named(own, "t1", true)));
        ck_assert(!str_eq(one, STR("ann")));
        ck_assert(!str_eq(one, named(own, "t2", token)));
        ck_assert(str_eq(one, named(own, "t1", token)));
    }
    tokens_free(own);
    tokens_free(shared);
}
END_TEST

/* What is not good speaks of the same user. */
START_TEST(forgeries_are_of_ones_own_users_too)
{
    const struct tokens_config config = {.source = TOKENS_NAME,
                                         .own_users = true};
    struct tokens *own = tokens_create(&config, &err);
    const struct token_ask ask = {
        .user = STR("ann"), .tag = STR("t1"), .kind = TOKEN_EXPIRED};
    struct str token;
    ck_assert_int_eq(tokens_get(own, &ask, &arena, &token, &err), ST_OK);
    ck_assert(str_eq(user_in(token), named(own, "t1", false)));
    tokens_free(own);
}
END_TEST

Suite *suite_tokens(void)
{
    Suite *suite = suite_create("tokens");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_command_gets_its_argument_once);
    tcase_add_test(tcase, a_command_that_fails_says_why);
    tcase_add_test(tcase, in_development_a_name_is_a_token);
    tcase_add_test(tcase, the_issuers_users_are_of_one_run);
    tcase_add_test(tcase, a_fixed_token_is_looked_at_once);
    tcase_add_test(tcase, a_command_is_asked_once_for_a_user);
    tcase_add_test(tcase, a_commands_token_that_has_ended_is_asked_for_anew);
    tcase_add_test(tcase, what_a_command_prints_is_looked_at);
    tcase_add_test(tcase, scenarios_that_want_more_are_skipped);
    tcase_add_test(tcase, a_command_is_asked_for_all_users_before);
    tcase_add_test(tcase, names_may_be_of_one_run);
    tcase_add_test(tcase, forgeries_are_of_ones_own_users_too);
    suite_add_tcase(suite, tcase);
    return suite;
}
