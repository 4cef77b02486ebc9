/* SPDX-License-Identifier: MIT */
/* What is written for a shell makes the very bytes, tried in a shell. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/run/curl.h"
#include "harness/run/shell.h"
#include "tests/run/suites.h"

#define LIT(literal)                                                           \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

static struct arena arena;
static struct run_options options;
static struct runner runner;

static void setup(void)
{
    arena_init(&arena, LIMIT_RUN_ARENA);
    run_options_defaults(&options);
    options.address.base_url = "http://127.0.0.1:3050/base";
    runner = (struct runner){.options = &options, .arena = &arena};
}

static void teardown(void)
{
    arena_free(&arena);
}

static void keep_secret(const char *text, const char *name)
{
    runner.secrets = arena_grow(&arena, runner.secrets, runner.secret_count,
                                &runner.secret_cap, sizeof(struct secret));
    runner.secrets[runner.secret_count++] =
        (struct secret){str_of(text), str_of(name)};
}

/* What this shell prints for that script. */
static struct str output_of(const char *shell, struct str script)
{
    char path[] = "/tmp/syncspec-shell-XXXXXX", command[128];
    struct buf out;
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, script.p, script.n), (ssize_t)script.n);
    close(file);
    snprintf(command, sizeof command, "%s %s 2>&1", shell, path);
    /* A run on the wire ignores it, and children would inherit that. */
    void (*before)(int) = signal(SIGPIPE, SIG_DFL);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    buf_init(&out, (size_t)64 << 20);
    char chunk[65536];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, pipe)) > 0;) {
        buf_put(&out, chunk, n);
    }
    pclose(pipe);
    signal(SIGPIPE, before);
    unlink(path);
    struct str kept = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return kept;
}

static const struct str texts[] = {
    LIT(""),
    LIT("plain"),
    LIT("with space"),
    LIT("it's \"quoted\" `not` $HOME \\n %s !1 * ~ #"),
    LIT("-n"),
    LIT("--"),
    LIT("@file"),
    LIT("two\nlines\n"),
    LIT("tab\there\rand\x1b[31m"),
    LIT("bytes \xff\xfe \xed\xa0\x80 end"),
    LIT("digits behind \x01"
        "1\xff"
        "7"),
    LIT("Zürich 🗒 e\xcc\x81"),
    LIT("hidden \xe2\x80\x8b and \xe2\x80\xae turned"),
    LIT("%d%%\\\\"),
};

static bool holds(struct str text, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= text.n; i++) {
        if (memcmp(text.p + i, part, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Nothing that a report would spell out, or a terminal would obey. */
static void expect_one_line(struct str script)
{
    ck_assert_msg(shell_is_plain(script), "%.*s", STR_ARG(script));
}

START_TEST(a_word_is_that_word)
{
    struct buf script;
    buf_init(&script, 65536);
    buf_puts(&script, "printf '%s' ");
    shell_word(&script, &runner, texts[_i]);
    expect_one_line(buf_view(&script));
    struct str found = output_of("bash", buf_view(&script));
    ck_assert_msg(str_eq(found, texts[_i]), "%s gives %.*s", script.p,
                  STR_ARG(found));
    buf_free(&script);
}
END_TEST

static void expect_printed(struct str bytes, size_t most)
{
    struct buf script;
    buf_init(&script, 65536);
    ck_assert(shell_print(&script, &runner, bytes));
    expect_one_line(buf_view(&script));
    ck_assert_uint_le(script.n, most);
    struct str found = output_of("sh", buf_view(&script));
    ck_assert_msg(str_eq(found, bytes), "%.200s gives %zu bytes: %.*s",
                  script.p, found.n, STR_ARG(str_take(found, 200)));
    buf_free(&script);
}

START_TEST(what_is_printed_is_those_bytes)
{
    expect_printed(texts[_i], 400);
}
END_TEST

START_TEST(every_byte_is_printed)
{
    char all[512];
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (char)(unsigned char)(i * 7 + i / 256);
    }
    expect_printed((struct str){all, sizeof all}, 4096);
}
END_TEST

static const struct {
    const char *before, *unit;
    size_t times;
    const char *behind;
} repeats[] = {
    {"{\"title\":\"", "x", 3000000, "\"}"},
    {"", "Zürich", 1500, ""},
    {"a", "🗒", 2500, "b"},
    {"x", "{\"a\":", 10000, "1"},
    {"", "[", 10000, "]"},
    {"-", "-", 300, "-"},
    {"'", "'", 300, "%"},
    {"", "\\", 300, "n"},
    {"", "%s", 300, "%"},
    {"", "\n", 300, "x"},
    {"", "\xff", 300, ""},
    {"", "-ab", 300, ""},
    {"", "a b", 300, ""},
};
enum { REPEATS = sizeof repeats / sizeof repeats[0] };

START_TEST(what_repeats_itself_is_made_again)
{
    struct buf bytes;
    buf_init(&bytes, (size_t)16 << 20);
    buf_puts(&bytes, repeats[_i].before);
    for (size_t i = 0; i < repeats[_i].times; i++) {
        buf_puts(&bytes, repeats[_i].unit);
    }
    buf_puts(&bytes, repeats[_i].behind);
    ck_assert(shell_repeats(buf_view(&bytes)));
    expect_printed(buf_view(&bytes), 200);
    buf_free(&bytes);
}
END_TEST

START_TEST(several_that_repeat_are_in_one_line)
{
    struct buf bytes;
    buf_init(&bytes, 65536);
    for (int i = 0; i < 3000; i++) {
        buf_putc(&bytes, '[');
    }
    for (int i = 0; i < 3000; i++) {
        buf_putc(&bytes, ']');
    }
    buf_putc(&bytes, '\0');
    expect_printed(buf_view(&bytes), 200);
    buf_free(&bytes);
}
END_TEST

START_TEST(what_is_too_long_is_not_half_a_command)
{
    struct buf bytes, script;
    uint32_t number = 1;
    buf_init(&bytes, 65536);
    for (int i = 0; i < 30000; i++) {
        number = number * 1664525u + 1013904223u;
        buf_putc(&bytes, (char)('a' + (number >> 16) % 26));
    }
    buf_init(&script, 4096);
    ck_assert(!shell_print(&script, &runner, buf_view(&bytes)));
    const struct http_head head = {.method = STR("POST")};
    const struct curl_request request = {
        .head = &head, .target = STR("/x"), .body = buf_view(&bytes)};
    ck_assert_uint_eq(curl_line(&runner, &request).n, 0);
    buf_free(&bytes);
    buf_free(&script);
}
END_TEST

START_TEST(secrets_are_variables)
{
    const struct {
        struct str text;
        const char *word;
    } words[] = {
        {STR("Authorization: Bearer abc.def-ghi"),
         "\"Authorization: Bearer $TOKEN\""},
        {STR("/ws?token=abc.def-ghi&x=1"), "\"/ws?token=${TOKEN}&x=1\""},
        {STR("$ abc.def-ghi"), "'$ '\"$TOKEN\"''"},
        {STR("abc.def-gh"), "\"$CUT\""}, /* a part of the other one */
        {STR("k"), "\"$SHORT\""},
        {STR("kind"), "kind"}};
    keep_secret("abc.def-ghi", "TOKEN");
    keep_secret("abc.def-gh", "CUT");
    keep_secret("k", "SHORT");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct buf word;
        buf_init(&word, 4096);
        shell_word(&word, &runner, words[i].text);
        ck_assert_str_eq(word.p, words[i].word);
        buf_free(&word);
    }
    struct buf script;
    buf_init(&script, 4096);
    buf_puts(&script, "TOKEN=secret; ");
    shell_print(&script, &runner, STR("{\"t\":\"abc.def-ghi\"}\n"));
    ck_assert(!holds(buf_view(&script), "abc"));
    ck_assert(
        str_is(output_of("sh", buf_view(&script)), "{\"t\":\"secret\"}\n"));
    buf_free(&script);
}
END_TEST

START_TEST(hidden_texts_show_no_part_of_a_secret)
{
    keep_secret("abc.def-ghi", "TOKEN");
    ck_assert(str_is(secrets_hide(&runner, STR("x abc.def-ghi y"), 100),
                     "x $TOKEN y"));
    /* Also one that the end would cut. */
    ck_assert(
        str_is(secrets_hide(&runner, STR("x abc.def-ghi y"), 5), "x $TOKEN"));
    ck_assert(str_is(secrets_hide(&runner, STR("x abc.def-ghi y"), 2), "x "));
    ck_assert(str_is(secrets_hide(&runner, STR("nothing"), 3), "not"));
}
END_TEST

/* A curl that shows its arguments and what it is given to read. */
#define FAKE_CURL                                                              \
    "TOKEN=secret\n"                                                           \
    "curl() { for a; do printf '<%%s>' \"$a\"; done; "                         \
    "case \"$*\" in *@-*) cat;; esac; }\n"

static struct str arguments_of(struct str line)
{
    ck_assert_uint_gt(line.n, 0);
    expect_one_line(line);
    return output_of("bash",
                     arena_printf(&arena, FAKE_CURL "%.*s", STR_ARG(line)));
}

static const struct http_header json_headers[] = {
    {LIT("Authorization"), LIT("Bearer abc.def-ghi")},
    {LIT("X-Client-Id"), LIT("it's")},
    {LIT("X-Sync-Test"), LIT("a#1:2")},
    {LIT("Content-Type"), LIT("application/json")},
};

static const struct {
    struct http_head head;
    struct str target, body;
    bool stream;
    const char *arguments;
} lines[] = {
    {{.method = LIT("GET")},
     LIT("/sync/a/pull?collection=t&since=x"),
     LIT(""),
     false,
     "<-isS><http://127.0.0.1:3050/base/sync/a/pull?collection=t&since=x>"},
    {{.method = LIT("POST"), .headers = json_headers, .header_count = 4},
     LIT("/sync/a"),
     LIT("@{\"it's\":\"$1\"}"),
     false,
     "<-isS><-H><Authorization: Bearer secret><-H><X-Client-Id: it's>"
     "<-H><Content-Type: application/json><--data-raw><@{\"it's\":\"$1\"}>"
     "<http://127.0.0.1:3050/base/sync/a>"},
    {{.method = LIT("POST")},
     LIT("/sync/a"),
     LIT("line\n\xff"),
     false,
     "<-isS><-H><Content-Type:><--data-binary><@->"
     "<http://127.0.0.1:3050/base/sync/a>line\n\xff"},
    {{.method = LIT("PUT")},
     LIT("/a b/../c#d"),
     LIT(""),
     false,
     "<-isS><-X><PUT><-H><Content-Type:><--data-raw><>"
     "<--request-target></base/a b/../c#d><http://127.0.0.1:3050/base>"},
    {{.method = LIT("OPTIONS")},
     LIT("*"),
     LIT(""),
     false,
     "<-isS><-X><OPTIONS><--request-target><*><http://127.0.0.1:3050/base>"},
    {{.method = LIT("HEAD")},
     LIT("/health"),
     LIT(""),
     false,
     "<-isS><--head><http://127.0.0.1:3050/base/health>"},
    {{.method = LIT("GET")},
     LIT("/sync/a/stream"),
     LIT(""),
     true,
     "<-isSN><http://127.0.0.1:3050/base/sync/a/stream>"},
};
enum { LINES = sizeof lines / sizeof lines[0] };

START_TEST(curl_is_given_that_request)
{
    const struct curl_request request = {.head = &lines[_i].head,
                                         .target = lines[_i].target,
                                         .body = lines[_i].body,
                                         .stream = lines[_i].stream};
    keep_secret("abc.def-ghi", "TOKEN");
    struct str line = curl_line(&runner, &request);
    ck_assert(!holds(line, "abc.def"));
    struct str found = arguments_of(line);
    ck_assert_msg(str_is(found, lines[_i].arguments), "%.*s\ngives\n%.*s",
                  STR_ARG(line), STR_ARG(found));
}
END_TEST

START_TEST(curl_trusts_and_adds_what_the_suite_does)
{
    static const char *const headers[] = {"X-Tenant: a b", NULL};
    const struct curl_request request = {.head = &lines[0].head,
                                         .target = STR("/x")};
    options.address.ca_file = "my ca.pem";
    options.address.insecure = true;
    options.address.headers = headers;
    secrets_note_headers(&runner);
    struct str line = curl_line(&runner, &request);
    ck_assert_msg(str_is(line, "curl -isS -k --cacert 'my ca.pem' "
                               "-H \"X-Tenant: $X_TENANT\" "
                               "http://127.0.0.1:3050/base/x"),
                  "%.*s", STR_ARG(line));
    options.address.base_url = NULL;
    ck_assert_uint_eq(curl_line(&runner, &request).n, 0);
}
END_TEST

Suite *suite_shell(void)
{
    enum { TEXTS = sizeof texts / sizeof texts[0] };
    Suite *suite = suite_create("shell");
    TCase *tcase = tcase_create("shell");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_word_is_that_word, 0, TEXTS);
    tcase_add_loop_test(tcase, what_is_printed_is_those_bytes, 0, TEXTS);
    tcase_add_test(tcase, every_byte_is_printed);
    tcase_add_loop_test(tcase, what_repeats_itself_is_made_again, 0, REPEATS);
    tcase_add_test(tcase, several_that_repeat_are_in_one_line);
    tcase_add_test(tcase, what_is_too_long_is_not_half_a_command);
    tcase_add_test(tcase, secrets_are_variables);
    tcase_add_test(tcase, hidden_texts_show_no_part_of_a_secret);
    tcase_add_loop_test(tcase, curl_is_given_that_request, 0, LINES);
    tcase_add_test(tcase, curl_trusts_and_adds_what_the_suite_does);
    suite_add_tcase(suite, tcase);
    return suite;
}
