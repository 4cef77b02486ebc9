/* SPDX-License-Identifier: MIT */
/* explain - clauses and checkers in words.  Layer: harness/cli. */
#include "harness/cli/explain.h"

#include <stdarg.h>

#include "protocol/clauses_doc.h"

static const char *const level_words[] = {"must", "should", "strict"};

enum { CASE_WIDTH_MAX = 64 };

void explain_label(const struct explain *explain, const char *format, ...)
{
    va_list args;
    fputs(explain->bold ? "\033[1m" : "", explain->out);
    va_start(args, format);
    vfprintf(explain->out, format, args);
    va_end(args);
    fputs(explain->bold ? "\033[0m\n" : "\n", explain->out);
}

void explain_text(const struct explain *explain, struct str text)
{
    struct str line;
    bool code = false;
    while (section_line(&text, &line)) {
        struct str shown = line;
        while (shown.n > 0 && shown.p[0] == ' ') {
            shown = str_skip(shown, 1);
        }
        if (str_starts(shown, STR("```"))) {
            code = !code;
        } else if (shown.n == 0) {
            fputc('\n', explain->out);
        } else {
            fprintf(explain->out, "%s%.*s\n", code ? "    " : "  ",
                    STR_ARG(line));
        }
    }
}

void explain_parts(const struct explain *explain, struct str section)
{
    struct section part;
    while (section_part(&section, &part)) {
        if (part.name.n > 0) {
            fputc('\n', explain->out);
            explain_label(explain, "%.*s", STR_ARG(part.name));
            explain_text(explain, part.text);
        }
    }
}

void explain_sentence(const struct explain *explain,
                      const struct clause *clause)
{
    fprintf(explain->out, "  %-10s %c %s %s\n", clause->id,
            clause_level_letter(clause->level),
            clause->dialects == DIALECT_V2 ? "v2" : "  ", clause->text);
}

static bool covers(const struct scenario *scenario, const char *id)
{
    for (size_t i = 0; i < scenario->cover_count; i++) {
        if (str_is(scenario->covers[i], id)) {
            return true;
        }
    }
    return false;
}

enum shelf { SHELF_CONFORMANCE, SHELF_OTHER, SHELF_MUSEUM };

static enum shelf shelf_of(const struct scenario *scenario)
{
    if (str_starts(scenario->file, STR("scenarios/conformance/"))) {
        return SHELF_CONFORMANCE;
    }
    return str_starts(scenario->file, STR("scenarios/museum/")) ? SHELF_MUSEUM
                                                                : SHELF_OTHER;
}

/* The scenarios of a shelf that cover a clause, of each file the first. */
struct cases {
    size_t count;
    int width; /* of the longest name */
};

static struct cases list_cases(const struct explain *explain, const char *id,
                               enum shelf shelf, const struct cases *print)
{
    struct cases cases = {0, 0};
    struct str last = {0};
    for (size_t i = 0; i < explain->selection.list.count; i++) {
        const struct scenario *s = &explain->selection.list.items[i];
        if (shelf_of(s) != shelf || !covers(s, id) || str_eq(s->file, last)) {
            continue;
        }
        struct str name = explain_case_name(s);
        last = s->file;
        cases.count++;
        if (name.n <= CASE_WIDTH_MAX && (int)name.n > cases.width) {
            cases.width = (int)name.n;
        }
        if (print) {
            fprintf(explain->out, "  %-*.*s  %.*s\n", print->width,
                    STR_ARG(name), STR_ARG(s->name));
        }
    }
    return cases;
}

static void explain_cases(const struct explain *explain, const char *id)
{
    struct cases cases = list_cases(explain, id, SHELF_CONFORMANCE, NULL);
    struct cases others = list_cases(explain, id, SHELF_OTHER, NULL);
    fputc('\n', explain->out);
    explain_label(explain, "Cases");
    if (cases.count > 0) {
        list_cases(explain, id, SHELF_CONFORMANCE, &cases);
        fprintf(explain->out, "\n  syncspec check --only %s URL\n", id);
    } else if (others.count > 0) {
        list_cases(explain, id, SHELF_OTHER, &others);
        fprintf(explain->out, "\n  syncspec run --only %s scenarios\n", id);
    } else {
        fputs("  none yet\n", explain->out);
    }
    if (cases.count > 0 && others.count > 0) {
        fprintf(explain->out,
                "  syncspec run --only %s --server URL scenarios   (%zu more)"
                "\n",
                id, others.count);
    }
}

void explain_clause(const struct explain *explain, const struct clause *clause)
{
    explain_label(explain, "%s  %s%s", clause->id, level_words[clause->level],
                  clause->dialects == DIALECT_V2 ? ", v2 only" : "");
    explain_text(explain, str_of(clause->text));
    if (clauses_preamble(clause->group)[0]) {
        fprintf(explain->out, "  (%s: %s)\n", clause->group,
                clauses_preamble(clause->group));
    }
    struct section section;
    if (embedded_advice(EXPLAIN_CLAUSES, str_of(clause->id), &section)) {
        explain_parts(explain, section.text);
    }
    explain_cases(explain, clause->id);
}

void explain_checker(const struct explain *explain, struct str name)
{
    struct section section;
    explain_label(explain, "%.*s  a checker", STR_ARG(name));
    if (embedded_advice(EXPLAIN_CHECKERS, name, &section)) {
        explain_parts(explain, section.text);
    }
}
