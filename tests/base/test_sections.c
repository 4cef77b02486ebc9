/* SPDX-License-Identifier: MIT */
/* test_sections - headings and labels are found, and nothing else is one. */
#include "base/sections.h"
#include "tests/base/suites.h"

static const char page[] = "# Cursors\n"
                           "\n"
                           "An introduction.\n"
                           "\n"
                           "## CURSOR-1\n"
                           "\n"
                           "> The text.\n"
                           "\n"
                           "**Why**\n"
                           "\n"
                           "Because **it** matters.\n"
                           "\n"
                           "**Seen in**\n"
                           "\n"
                           "- none known\n"
                           "\n"
                           "## CURSOR-2\n"
                           "**Fix**\n"
                           "```sql\n"
                           "## no heading\n"
                           "**no label**\n"
                           "```\n"
                           "  indented\n"
                           "\n"
                           "\n"
                           "## CURSOR-3\n";

START_TEST(sections_come_in_order_and_end)
{
    struct str rest = str_of(page);
    struct section section = {.name = {0}};
    ck_assert(section_next(&rest, &section));
    ck_assert(str_is(section.name, "CURSOR-1"));
    ck_assert(str_starts(section.text, STR("> The text.\n\n**Why**")));
    ck_assert(str_ends(section.text, STR("- none known")));
    ck_assert(section_next(&rest, &section));
    ck_assert(str_is(section.name, "CURSOR-2"));
    ck_assert(section_next(&rest, &section));
    ck_assert(str_is(section.name, "CURSOR-3"));
    ck_assert_uint_eq(section.text.n, 0);
    ck_assert(!section_next(&rest, &section));
    ck_assert(str_is(section.name, "CURSOR-3"));
}
END_TEST

START_TEST(a_section_is_found_by_its_very_name)
{
    struct section section = {.name = {0}};
    ck_assert(section_find(str_of(page), STR("CURSOR-2"), &section));
    ck_assert(str_starts(section.text, STR("**Fix**")));
    ck_assert(!section_find(str_of(page), STR("CURSOR"), &section));
    ck_assert(!section_find(str_of(page), STR("no heading"), &section));
    ck_assert(!section_find(STR(""), STR("CURSOR-1"), &section));
    ck_assert(
        !section_find(STR("# One\n### Two\n##Three"), STR("Two"), &section));
}
END_TEST

START_TEST(parts_begin_at_labels)
{
    struct section section, part;
    ck_assert(section_find(str_of(page), STR("CURSOR-1"), &section));
    struct str rest = section.text;
    ck_assert(section_part(&rest, &part));
    ck_assert_uint_eq(part.name.n, 0);
    ck_assert(str_is(part.text, "> The text."));
    ck_assert(section_part(&rest, &part));
    ck_assert(str_is(part.name, "Why"));
    ck_assert(str_is(part.text, "Because **it** matters."));
    ck_assert(section_part(&rest, &part));
    ck_assert(str_is(part.name, "Seen in"));
    ck_assert(str_is(part.text, "- none known"));
    ck_assert(!section_part(&rest, &part));
}
END_TEST

START_TEST(code_begins_nothing)
{
    struct section section, part;
    ck_assert(section_find(str_of(page), STR("CURSOR-2"), &section));
    struct str rest = section.text;
    ck_assert(section_part(&rest, &part));
    ck_assert(str_is(part.name, "Fix"));
    ck_assert(str_is(part.text, "```sql\n## no heading\n**no label**\n```\n"
                                "  indented"));
    ck_assert(!section_part(&rest, &part));
}
END_TEST

START_TEST(two_bold_words_are_no_label)
{
    struct section part;
    struct str rest = STR("**a** and **b**\n****\n**Why**");
    ck_assert(section_part(&rest, &part));
    ck_assert(str_is(part.text, "**a** and **b**\n****"));
    ck_assert(section_part(&rest, &part));
    ck_assert(str_is(part.name, "Why"));
    ck_assert_uint_eq(part.text.n, 0);
    ck_assert(!section_part(&rest, &part));
}
END_TEST

Suite *suite_sections(void)
{
    Suite *suite = suite_create("sections");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, sections_come_in_order_and_end);
    tcase_add_test(tcase, a_section_is_found_by_its_very_name);
    tcase_add_test(tcase, parts_begin_at_labels);
    tcase_add_test(tcase, code_begins_nothing);
    tcase_add_test(tcase, two_bold_words_are_no_label);
    suite_add_tcase(suite, tcase);
    return suite;
}
