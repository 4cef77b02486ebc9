/* SPDX-License-Identifier: MIT */
/* test_dialect_file - dialects from files: what is taken, what is refused and
 * where, and that docs/dialects.md is what the table of keys says.
 * SYNCSPEC_UPDATE=1 writes that page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/dialect_file.h"
#include "harness/scenario/dialect_keys.h"
#include "tests/scenario/suites.h"

#define PAGE    "docs/dialects.md"
#define RENAMED "tests/cli/dialects/renamed.dialect"

static const struct dialect *reads(const char *file, struct str text)
{
    const struct dialect *dialect = NULL;
    struct err err = {.text = ""};
    ck_assert_msg(dialect_file_read(file, text, &arena, &dialect, &err) ==
                      ST_OK,
                  "%s", err.text);
    ck_assert_ptr_nonnull(dialect);
    return dialect;
}

static void is_value(const struct dialect *dialect, const char *name,
                     const char *value)
{
    size_t count = 0, i = 0;
    const struct dialect_key *keys = dialect_keys(&count);
    struct buf out;
    buf_init(&out, 1024);
    while (i < count && strcmp(keys[i].key, name) != 0) {
        i++;
    }
    ck_assert_uint_lt(i, count);
    dialect_key_value(&keys[i], dialect, &out);
    ck_assert_str_eq(buf_view(&out).p, value);
    buf_free(&out);
}

START_TEST(what_is_not_said_is_the_base)
{
    const struct dialect *dialect = reads("x/acme.dialect", STR("base = v1\n"));
    ck_assert_str_eq(dialect->name, "acme");
    ck_assert_str_eq(dialect->file, "x/acme.dialect");
    ck_assert_uint_eq(dialect->bit, DIALECT_V1);
    ck_assert_str_eq(dialect->stamp_key, "updatedAt");
    ck_assert_str_eq(dialect->other_stamp_key, "at");
    ck_assert(!dialect->renames && !dialect->sse);
}
END_TEST

START_TEST(every_key_is_taken)
{
    struct str text = STR(
        "# a comment\n\n \t\r\nbase=v2# no blank is needed\r\n"
        "  name = \"acme.2\"\t# the rest\n"
        "path.pull = \"/api/{app}/pull\"\nname.serverChanges = \"changes\"\n"
        "name.value = \"the # value\"\nstamp_key = ts\npage_size = 500\n"
        "body_limit = 1MiB\nschema_version = 3\nhas.stream = no");
    const struct dialect *dialect = reads("-", text);
    is_value(dialect, "base", "v2");
    is_value(dialect, "name", "acme.2");
    is_value(dialect, "path.pull", "/api/{app}/pull");
    is_value(dialect, "path.push", "/sync/{app}");
    is_value(dialect, "name.serverChanges", "changes");
    is_value(dialect, "name.value", "the # value");
    is_value(dialect, "stamp_key", "ts");
    is_value(dialect, "page_size", "500");
    is_value(dialect, "body_limit", "1MiB");
    is_value(dialect, "schema_version", "3");
    is_value(dialect, "has.stream", "no");
    is_value(dialect, "has.socket", "yes");
    ck_assert_uint_eq(dialect->body_limit, 1 << 20);
    ck_assert_str_eq(dialect->other_stamp_key, "at");
    ck_assert(dialect->renames && !dialect->renames_records);
}
END_TEST

/* Whatever a dialect has can be said in a file. */
START_TEST(a_dialect_is_what_its_keys_say)
{
    const struct dialect *one = reads(RENAMED, file_text(RENAMED));
    size_t count = 0;
    const struct dialect_key *keys = dialect_keys(&count);
    struct buf text;
    buf_init(&text, DIALECT_FILE_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&text, "%s = \"", keys[i].key);
        if (keys[i].kind == DIALECT_KEY_COUNT ||
            keys[i].kind == DIALECT_KEY_BYTES) { /* numbers have no quotes */
            text.n--;
            dialect_key_value(&keys[i], one, &text);
            buf_putc(&text, '\n');
        } else {
            dialect_key_value(&keys[i], one, &text);
            buf_puts(&text, "\"\n");
        }
    }
    const struct dialect *two = reads(RENAMED, buf_view(&text));
    for (size_t i = 0; i < NAME_COUNT; i++) {
        ck_assert(str_eq(one->names[i], two->names[i]));
        ck_assert_msg(
            !str_eq(one->names[i], one->base->names[i]),
            "%s stays: the example shall rename everything that has a name",
            one->names[i].p);
    }
    for (size_t i = 0; i < PATH_COUNT; i++) {
        ck_assert(str_eq(one->paths[i], two->paths[i]));
        ck_assert(!str_eq(one->paths[i], one->base->paths[i]));
    }
    ck_assert_uint_eq(one->page_size, two->page_size);
    ck_assert_uint_eq(one->body_limit, two->body_limit);
    buf_free(&text);
}
END_TEST

static const struct {
    const char *text, *why; /* behind "f:" */
} wrongs[] = {
    {"", "1:1: there is no base = v1 or base = v2"},
    {"# nothing\n", "1:1: there is no base = v1 or base = v2"},
    {"name = x\nbase = v2\n",
     "1:1: \"name\" comes too early: the first line is base = v1 or base = v2"},
    {"nonsense = x\n", "1:1: \"nonsense\" comes too early: the first line is "
                       "base = v1 or base = v2"},
    {"base = v3\n",
     "1:8: no dialect to begin with is \"v3\"; expected v1 or v2"},
    {"base = v2\nbase = v2\n", "2:1: base was said on line 1 already"},
    {"base = v2\n\n page_size = 1\npage_size = 1\n",
     "4:1: page_size was said on line 3 already"},
    {"base = v2\nname.serverChange = x\n",
     "2:1: unknown key \"name.serverChange\"; did you mean "
     "\"name.serverChanges\"?"},
    {"base = v2\nbase v2\n",
     "2:6: expected \"=\" behind \"base\": lines are key = value"},
    {"base = v2\n= v2\n", "2:1: unknown key \"\"; expected one of"},
    {"base =\n", "1:7: base has no value"},
    {"base = # v2\n", "1:8: base has no value"},
    {"base = \"v2\n", "1:8: a text that begins with a quote ends with one"},
    {"base = v2 v1\n",
     "1:11: \"v1\" behind the value: a value with a blank in it is quoted"},
    {"base = v2\nname = v1\n", "2:8: \"v1\" names no dialect"},
    {"base = v2\nname = \"a b\"\n", "2:8: \"a b\" names no dialect"},
    {"base = v2\nname.op = \"\"\n", "2:11: \"\" is no name"},
    {"base = v2\nname.op = a\"b\n", "2:11: \"a\\\"b\" is no name"},
    {"base = v2\nname.op = a\\b\n", "2:11: \"a\\\\b\" is no name"},
    {"base = v2\nname.op = \" a\"\n", "2:11: \" a\" is no name"},
    {"base = v2\nname.op = \xc3\xa4\n", "2:11: \"\xc3\xa4\" is no name"},
    {"base = v2\nquery.since = a&b\n", "2:15: \"a&b\" cannot stand in a query"},
    {"base = v2\nheader.clientId = \"X Id\"\n",
     "2:19: \"X Id\" is no name of a header"},
    {"base = v2\nname.serverChanges = conflicts\n",
     "2:22: name.serverChanges = \"conflicts\" is what name.conflicts is "
     "called already, and both stand in an answer"},
    {"base = v2\nname.conflicts = x\nname.hasMore = x\n",
     "3:16: name.hasMore = \"x\" is what name.conflicts is called already"},
    {"base = v2\nop.insert = update\n",
     "2:13: op.insert = \"update\" is what op.update is called already, and "
     "both stand in the values of op"},
    {"base = v2\nstamp_key = value\n",
     "2:13: stamp_key = \"value\" is what name.value is called already"},
    {"base = v2\nquery.since = collection\n",
     "2:15: query.since = \"collection\" is what query.collection"},
    {"base = v2\npath.push = /sync\n",
     "2:13: the path \"/sync\" does not have {app}"},
    {"base = v2\npath.push = /{app}/{app}\n",
     "2:13: the path \"/{app}/{app}\" has {app} twice"},
    {"base = v2\npath.push = /{apps}\n",
     "2:13: \"/{apps}\": braces stand for nothing but {app}"},
    {"base = v2\npath.push = sync/{app}\n",
     "2:13: \"sync/{app}\" is no path: expected one as /sync/{app}, without a "
     "query"},
    {"base = v2\npath.push = /{app}?x\n", "2:13: \"/{app}?x\" is no path"},
    {"base = v2\npath.health = /{app}\n",
     "2:15: the path \"/{app}\" is of no app: {app} cannot be in it"},
    {"base = v2\npath.pull = /ws/{app}\n",
     "2:13: path.pull = \"/ws/{app}\" is what path.socket is called already, "
     "and both stand in a request with GET"},
    {"base = v2\npage_size = many\n", "2:13: \"many\" is no number from 0 to "
                                      "100000"},
    {"base = v2\npage_size = -1\n", "2:13: \"-1\" is no number"},
    {"base = v2\npage_size = 100001\n", "2:13: \"100001\" is no number"},
    {"base = v2\npage_size = 1KiB\n", "2:13: \"1KiB\" is no number"},
    {"base = v2\npage_size = 99999999999999999999\n",
     "2:13: \"99999999999999999999\" is no number"},
    {"base = v2\npage_size = 0\n",
     "2:1: has.more = yes wants a page_size of its own"},
    {"base = v2\nbody_limit = 11MiB\n",
     "2:14: \"11MiB\" is no size: expected 0, or 1KiB to 10MiB"},
    {"base = v2\nbody_limit = 9999999999999MiB\n",
     "2:14: \"9999999999999MiB\""},
    {"base = v2\nbody_limit = 12\n", "2:14: \"12\" is no size"},
    {"base = v2\nbody_limit = MiB\n", "2:14: \"MiB\" is no size"},
    {"base = v2\nhas.stream = true\n", "2:14: \"true\" is neither yes nor no"},
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
    const struct dialect *dialect = NULL;
    struct err err = {.text = ""};
    ck_assert_int_eq(
        dialect_file_read("f", str_of(wrongs[_i].text), &arena, &dialect, &err),
        ST_SYNTAX);
    ck_assert_ptr_null(dialect);
    struct str why = arena_printf(&arena, "f:%s", wrongs[_i].why);
    ck_assert_msg(str_starts(str_of(err.text), why), "got  %s\nwant %s",
                  err.text, why.p);
}
END_TEST

START_TEST(sizes_have_limits)
{
    const struct dialect *dialect = NULL;
    struct err err;
    struct buf text;
    buf_init(&text, DIALECT_FILE_MAX + 64);
    buf_puts(&text, "base = v2\nname.op = ");
    for (size_t i = 0; i < DIALECT_WORD_MAX; i++) {
        buf_putc(&text, 'x');
    }
    reads("f", buf_view(&text));
    buf_putc(&text, 'x');
    ck_assert_int_eq(
        dialect_file_read("f", buf_view(&text), &arena, &dialect, &err),
        ST_SYNTAX);
    ck_assert_ptr_nonnull(strstr(err.text, "at most 64 bytes"));
    while (text.n < DIALECT_FILE_MAX + 1) {
        buf_putc(&text, '\n');
    }
    ck_assert_int_eq(
        dialect_file_read("f", buf_view(&text), &arena, &dialect, &err),
        ST_LIMIT);
    buf_free(&text);
}
END_TEST

START_TEST(push_may_share_a_path)
{
    const struct dialect *dialect =
        reads("f", STR("base = v2\npath.pull = /sync/{app}\n"));
    ck_assert(str_eq(dialect->paths[PATH_PULL], dialect->paths[PATH_PUSH]));
}
END_TEST

START_TEST(every_name_and_path_has_a_key)
{
    bool names[NAME_COUNT] = {false}, paths[PATH_COUNT] = {false};
    size_t count = 0;
    const struct dialect_key *keys = dialect_keys(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(keys[i].key, keys[k].key);
        }
        if (keys[i].kind == DIALECT_KEY_PATH) {
            paths[keys[i].which] = true;
        } else if (keys[i].kind == DIALECT_KEY_NAME ||
                   keys[i].kind == DIALECT_KEY_PARAM ||
                   keys[i].kind == DIALECT_KEY_HEADER) {
            names[keys[i].which] = true;
        }
    }
    for (size_t i = 0; i < NAME_COUNT; i++) {
        ck_assert_msg(names[i], "name %zu has no key", i);
    }
    for (size_t i = 0; i < PATH_COUNT; i++) {
        ck_assert_msg(paths[i], "path %zu has no key", i);
    }
}
END_TEST

START_TEST(the_page_is_current)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    dialect_keys_manual(&out);
    ck_assert(!out.failed);
    if (getenv("SYNCSPEC_UPDATE")) {
        FILE *file = fopen(PAGE, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(out.p, 1, out.n, file), out.n);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_msg(str_eq(buf_view(&out), file_text(PAGE)),
                  PAGE " is not current: run this with SYNCSPEC_UPDATE=1");
    buf_free(&out);
}
END_TEST

Suite *suite_dialect_file(void)
{
    Suite *suite = suite_create("scenario/dialect_file");
    TCase *tests = tcase_create("dialect_file");
    tcase_add_checked_fixture(tests, arena_open, arena_close);
    tcase_add_test(tests, what_is_not_said_is_the_base);
    tcase_add_test(tests, every_key_is_taken);
    tcase_add_test(tests, a_dialect_is_what_its_keys_say);
    tcase_add_loop_test(tests, what_is_wrong_is_told_with_its_place, 0,
                        COUNT(wrongs));
    tcase_add_test(tests, sizes_have_limits);
    tcase_add_test(tests, push_may_share_a_path);
    tcase_add_test(tests, every_name_and_path_has_a_key);
    tcase_add_test(tests, the_page_is_current);
    suite_add_tcase(suite, tests);
    return suite;
}
