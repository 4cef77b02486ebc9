/* SPDX-License-Identifier: MIT */
/* explain_case - a case in words: which one was meant, and all that belongs to
 * it.  Layer: harness/cli. */
#include "harness/cli/explain.h"

static struct str before(struct str text, char byte)
{
    return str_take(text, str_find(text, byte));
}

bool explain_is_one(struct str name)
{
    return str_find(name, '#') < name.n;
}

static struct str without_suffix(struct str file)
{
    return str_ends(file, STR(".sync")) ? str_take(file, file.n - 5) : file;
}

/* Is `part` the end of `path`, from the beginning of a name on? */
static bool is_tail(struct str path, struct str part)
{
    return str_ends(path, part) &&
           (path.n == part.n || path.p[path.n - part.n - 1] == '/');
}

struct str explain_case_name(const struct scenario *scenario)
{
    struct str path = without_suffix(scenario->file);
    size_t slashes = 0;
    for (size_t i = path.n; i-- > 0;) {
        slashes += path.p[i] == '/';
        if (slashes == 2) {
            return str_skip(path, i + 1);
        }
    }
    return path;
}

static const struct scenario *find_in(const struct explain *explain,
                                      struct str name, bool conformance)
{
    struct str path = without_suffix(before(name, '#'));
    bool one = explain_is_one(name);
    int64_t number = 0;
    if (path.n == 0 ||
        (one &&
         !str_to_i64(str_skip(name, str_find(name, '#') + 1), &number))) {
        return NULL;
    }
    for (size_t i = 0; i < explain->selection.list.count; i++) {
        const struct scenario *s = &explain->selection.list.items[i];
        struct str own = without_suffix(s->file);
        if (str_starts(s->file, STR("scenarios/conformance/")) == conformance &&
            (is_tail(own, path) || is_tail(path, own)) &&
            (!one || (int64_t)s->index == number)) {
            return s;
        }
    }
    return NULL;
}

const struct scenario *explain_find(const struct explain *explain,
                                    struct str name)
{
    if (str_starts(name, STR("./"))) {
        name = str_skip(name, 2);
    }
    const struct scenario *found = find_in(explain, name, true);
    return found ? found : find_in(explain, name, false);
}

/* The block of `text` whose `scenario` line has this number: with the comment
 * above it, up to the next block's. */
static struct str block_of(struct str text, uint32_t number)
{
    struct str line, rest = text;
    size_t from = 0, above = 0;
    bool inside = false, comment = false;
    for (uint32_t n = 1; section_line(&rest, &line); n++) {
        size_t at = (size_t)(line.p - text.p);
        bool is_comment = line.n > 0 && line.p[0] == '#';
        bool begins = str_starts(line, STR("scenario "));
        above = is_comment && !comment ? at : above;
        if (begins && inside) {
            return str_skip(str_take(text, comment ? above : at), from);
        }
        if (begins && n == number) {
            from = comment ? above : at;
            inside = true;
        }
        comment = is_comment;
    }
    return inside ? str_skip(text, from) : text;
}

/* The comment on top, without its marks; returns what is below it. */
static struct str print_comment(const struct explain *explain, struct str block)
{
    struct str line, below = block;
    while (section_line(&block, &line) && line.n > 0 && line.p[0] == '#') {
        line = str_skip(line, line.n > 1 && line.p[1] == ' ' ? 2 : 1);
        fprintf(explain->out, "  %.*s\n", STR_ARG(line));
        below = block;
    }
    return below;
}

/* The script as it is in the file, indented. */
static void print_script(const struct explain *explain,
                         const struct scenario *scenario, struct str text)
{
    struct str line;
    fputc('\n', explain->out);
    explain_label(explain, "Script  %.*s", STR_ARG(scenario->file));
    while (text.n > 0 && text.p[text.n - 1] == '\n') {
        text.n--;
    }
    while (section_line(&text, &line)) {
        fprintf(explain->out, line.n > 0 ? "  %.*s\n" : "%.*s\n",
                STR_ARG(line));
    }
}

static void print_play(const struct explain *explain,
                       const struct scenario *scenario, bool one)
{
    fputc('\n', explain->out);
    explain_label(explain, "Play it alone");
    if (!str_starts(scenario->file, STR("scenarios/conformance/"))) {
        fprintf(explain->out, "  syncspec run --server URL %.*s\n",
                STR_ARG(scenario->file));
        return;
    }
    struct str name = explain_case_name(scenario);
    fprintf(explain->out, "  syncspec check --only '%.*s", STR_ARG(name));
    if (one) {
        fprintf(explain->out, "#%zu", scenario->index);
    }
    fputs("' URL\n", explain->out);
}

static void print_clauses(const struct explain *explain,
                          const struct scenario *scenario)
{
    fputc('\n', explain->out);
    explain_label(explain, "Clauses");
    for (size_t i = 0; i < scenario->cover_count; i++) {
        const struct clause *clause = clause_find(scenario->covers[i]);
        if (clause) {
            explain_sentence(explain, clause);
        }
    }
    if (scenario->source_count > 0) {
        fputc('\n', explain->out);
        explain_label(explain, "Sources");
    }
    for (size_t i = 0; i < scenario->source_count; i++) {
        fprintf(explain->out, "  %.*s\n", STR_ARG(scenario->sources[i]));
    }
}

/* What to do about the first clause that it covers. */
static void print_advice(const struct explain *explain,
                         const struct scenario *scenario)
{
    struct section section;
    if (scenario->cover_count == 0 ||
        !embedded_advice(EXPLAIN_CLAUSES, scenario->covers[0], &section)) {
        return;
    }
    fputc('\n', explain->out);
    explain_label(explain, "%.*s", STR_ARG(scenario->covers[0]));
    explain_parts(explain, section.text);
}

void explain_case(const struct explain *explain,
                  const struct scenario *scenario, struct str text, bool one)
{
    struct str name = explain_case_name(scenario);
    struct str block = one ? block_of(text, scenario->line) : text;
    if (one) {
        explain_label(explain, "%.*s#%zu", STR_ARG(name), scenario->index);
    } else {
        explain_label(explain, "%.*s", STR_ARG(name));
    }
    fprintf(explain->out, "  %.*s", STR_ARG(scenario->name));
    if (one && scenario->variant.n > 0) {
        fprintf(explain->out, " [%.*s]", STR_ARG(scenario->variant));
    }
    fputs("\n\n", explain->out);
    struct str script = print_comment(explain, block);
    print_clauses(explain, scenario);
    print_play(explain, scenario, one);
    print_script(explain, scenario, script);
    print_advice(explain, scenario);
}
