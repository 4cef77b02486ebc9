/* SPDX-License-Identifier: MIT */
/* test_clauses - the clause table, and the page that is made of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/clauses.h"
#include "protocol/clauses_doc.h"
#include "protocol/codec.h"
#include "tests/protocol/suites.h"

#define DOC_PATH "docs/PROTOCOL.md"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, (size_t)64 << 20);
}

static void teardown(void)
{
    arena_free(&arena);
}

START_TEST(the_table_is_sound)
{
    size_t count;
    const struct clause *all = clause_all(&count);
    ck_assert_uint_eq(count, 109);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_eq(clause_find(str_of(all[i].id)), &all[i]);
        ck_assert_uint_gt(str_of(all[i].text).n, 15);
        /* A bar would end the cell of the table it is printed in. */
        ck_assert_ptr_null(strchr(all[i].text, '|'));
        ck_assert_uint_ne(all[i].dialects, 0);
        if (i > 0 && strcmp(all[i].group, all[i - 1].group) != 0) {
            for (size_t k = 0; k + 1 < i; k++) {
                ck_assert_str_ne(all[i].group, all[k].group);
            }
        }
    }
}
END_TEST

START_TEST(clauses_are_found)
{
    const struct clause *clause = clause_find(STR("QUEUE-3"));
    ck_assert_str_eq(clause->group, "Client");
    ck_assert_int_eq(clause_level_letter(clause->level), 'M');
    ck_assert_str_eq(
        clause->text,
        "Pending rows are cleared only after a 2xx, and only those "
        "that were sent; edits made meanwhile stay.");
    clause = clause_find(STR("SSE-1"));
    ck_assert_uint_eq(clause->dialects, DIALECT_V2);
    ck_assert_int_eq(clause_level_letter(clause->level), 'S');
    ck_assert_int_eq(clause_level_letter(clause_find(STR("MERGE-6"))->level),
                     'X');
    ck_assert_ptr_null(clause_find(STR("QUEUE-99")));
    ck_assert_ptr_null(clause_find(STR("")));
    ck_assert_ptr_null(clause_find(STR("QUEUE")));
}
END_TEST

START_TEST(the_closest_is_proposed)
{
    static const struct {
        const char *written, *meant;
    } cases[] = {
        {"push-4", "PUSH-4"},   {"PUSH_4", "PUSH-4"},
        {"PUHS-4", "PUSH-4"},   {"PUSH4", "PUSH-4"},
        {"QUEU-3", "QUEUE-3"},  {"CURSOR-2", "CURSOR-2"},
        {"VALIDATION-3", NULL}, {"", NULL},
        {"nonsense", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct clause *found = clause_closest(str_of(cases[i].written));
        if (cases[i].meant) {
            ck_assert_msg(found != NULL, "%s", cases[i].written);
            ck_assert_str_eq(found->id, cases[i].meant);
        } else {
            ck_assert_msg(found == NULL, "%s", cases[i].written);
        }
    }
    ck_assert_ptr_null(clause_closest(repeated(&arena, "A", 5000)));
}
END_TEST

static struct str doc_text(void)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    clauses_write_doc(&out);
    ck_assert(!out.failed);
    struct str text = arena_str(&arena, buf_view(&out));
    buf_free(&out);
    return text;
}

START_TEST(the_page_in_docs_is_up_to_date)
{
    struct str text = doc_text();
    if (getenv("SYNCSPEC_UPDATE")) {
        FILE *file = fopen(DOC_PATH, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(text.p, 1, text.n, file), text.n);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_msg(str_eq(file_text(&arena, DOC_PATH), text),
                  DOC_PATH " is not what protocol/ generates; run "
                           "SYNCSPEC_UPDATE=1 test_protocol");
}
END_TEST

START_TEST(the_page_has_every_clause)
{
    size_t count;
    const struct clause *all = clause_all(&count);
    struct str text = doc_text();
    for (size_t i = 0; i < count; i++) {
        struct str row = arena_printf(&arena, "| %s | %c", all[i].id,
                                      clause_level_letter(all[i].level));
        const char *at = strstr(text.p, row.p);
        ck_assert_msg(at != NULL, "%s", row.p);
        ck_assert_int_eq(
            strncmp(at + row.n,
                    all[i].dialects == DIALECT_V2 ? " v2 | " : " | ", 3),
            0);
    }
}
END_TEST

/* An example that a reader copies must be one that the suite would take. */
static bool reads_as_push(struct str text)
{
    struct codec_rules rules = codec_rules_default(dialect_named("v2"));
    struct changeset set;
    return changeset_read(text, &rules, &arena, &set, NULL) == ST_OK &&
           set.count > 0;
}

static bool reads_as_answer(struct str text)
{
    struct codec_rules rules = codec_rules_default(dialect_named("v2"));
    struct response response;
    return response_read(text, &rules, &arena, &response, NULL) == ST_OK &&
           response.malformed_count == 0;
}

START_TEST(the_examples_of_the_page_are_of_the_protocol)
{
    size_t pushes = 0, answers = 0;
    const char *at = doc_text().p;
    while ((at = strstr(at, "```json\n")) != NULL) {
        at += strlen("```json\n");
        const char *end = strstr(at, "```");
        ck_assert_ptr_nonnull(end);
        struct str text = {at, (size_t)(end - at)};
        bool push = reads_as_push(text);
        ck_assert_msg(push || reads_as_answer(text), "%.*s", STR_ARG(text));
        push ? pushes++ : answers++;
        at = end;
    }
    ck_assert_uint_eq(pushes, 4);
    ck_assert_uint_eq(answers, 4);
}
END_TEST

START_TEST(every_group_has_its_page)
{
    size_t count;
    const struct clause *clauses = clause_all(&count);
    char page[CLAUSES_PAGE_MAX];
    for (size_t i = 0; i < count; i++) {
        struct str name = clauses_page(clauses[i].group, page);
        char path[64];
        snprintf(path, sizeof(path), "docs/clauses/%.*s.md", STR_ARG(name));
        FILE *file = fopen(path, "rb");
        ck_assert_msg(file != NULL, "%s: there is no %s", clauses[i].id, path);
        fclose(file);
    }
    ck_assert(str_is(clauses_page("Cursors and pages", page), "cursors"));
    ck_assert_str_eq(clauses_preamble("Fidelity"), "What went in comes out.");
    ck_assert_str_eq(clauses_preamble("Push"), "");
}
END_TEST

Suite *suite_clauses(void)
{
    Suite *suite = suite_create("clauses");
    TCase *tests = tcase_create("clauses");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_table_is_sound);
    tcase_add_test(tests, clauses_are_found);
    tcase_add_test(tests, the_closest_is_proposed);
    tcase_add_test(tests, the_page_in_docs_is_up_to_date);
    tcase_add_test(tests, the_page_has_every_clause);
    tcase_add_test(tests, every_group_has_its_page);
    tcase_add_test(tests, the_examples_of_the_page_are_of_the_protocol);
    suite_add_tcase(suite, tests);
    return suite;
}
