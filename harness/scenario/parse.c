/* SPDX-License-Identifier: MIT */
/* parse - a file of scenarios: lines, blocks, `each`, how errors read.
 * Layer: harness/scenario. */
#include "harness/scenario/parse.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "harness/scenario/body.h"
#include "protocol/clauses.h"

enum { PARSE_QUOTE_BYTES = 60, PARSE_VARIANT_BYTES = 4096 };

/* --- errors ------------------------------------------------------------ */

struct quoted parse_quote(struct str s)
{
    struct quoted out;
    struct buf buf;
    buf_init(&buf, 1024);
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"') {
        s = str_take(str_skip(s, 1), s.n - 2); /* it has its quotes already */
    }
    utf8_quote(&buf, s, PARSE_QUOTE_BYTES);
    snprintf(out.text, sizeof out.text, "\"%s\"", buf.p ? buf.p : "");
    buf_free(&buf);
    return out;
}

/* ` (with OP="upsert")`: which of the scenarios of a line was being read. */
static void parse_variant(const struct parser *parser, struct buf *out)
{
    for (size_t i = 0; i < parser->each.count; i++) {
        const struct each_variable *variable = &parser->each.variables[i];
        buf_printf(out, "%s%.*s=%s", i == 0 ? " (with " : " ",
                   STR_ARG(variable->name),
                   parse_quote(variable->values[variable->chosen]).text);
    }
    buf_putc(out, ')');
}

/* "FILE:LINE:COLUMN: ", the column in the line as it was written. */
__attribute__((format(printf, 4, 0))) static enum status
parse_report(struct parser *parser, enum status status, uint32_t column,
             const char *format, va_list args)
{
    char text[ERR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, args);
    struct buf variant;
    buf_init(&variant, PARSE_VARIANT_BYTES);
    if (parser->replaced) {
        column = each_column(&parser->each, parser->raw, column);
        parse_variant(parser, &variant);
    }
    err_set(parser->err, status, "%.*s:%" PRIu32 ":%" PRIu32 ": %s%s",
            STR_ARG(parser->file), parser->line, column, text,
            variant.p ? variant.p : "");
    buf_free(&variant);
    return status;
}

enum status parse_fail(struct parser *parser, uint32_t column,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum status status = parse_report(parser, ST_SYNTAX, column, format, args);
    va_end(args);
    return status;
}

enum status parse_limit(struct parser *parser, uint32_t column,
                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum status status = parse_report(parser, ST_LIMIT, column, format, args);
    va_end(args);
    return status;
}

enum status parse_unknown(struct parser *parser, uint32_t column,
                          const char *what, struct suggest *suggest)
{
    struct buf hint;
    buf_init(&hint, ERR_TEXT_MAX);
    suggest_write(suggest, &hint);
    enum status status =
        parse_fail(parser, column, "unknown %s %s%s", what,
                   parse_quote(suggest->asked).text, hint.p ? hint.p : "");
    buf_free(&hint);
    suggest_free(suggest);
    return status;
}

enum status parse_unknown_choice(struct parser *parser,
                                 const struct token *token, struct str name,
                                 const char *choices)
{
    char what[80];
    struct suggest suggest;
    name = str_take(name, 60);
    snprintf(what, sizeof what, "value of %.*s", STR_ARG(name));
    suggest_init(&suggest, token->value);
    suggest_offer_choices(&suggest, choices);
    return parse_unknown(parser, token->value_column, what, &suggest);
}

/* --- memory ------------------------------------------------------------ */

void *parse_alloc(struct parser *parser, size_t count, size_t size)
{
    void *p = arena_array(parser->arena, count > 0 ? count : 1, size);
    if (!p) {
        parse_limit(parser, 1, "this file needs too much memory");
    }
    return p;
}

void *parse_grow(struct parser *parser, void *list, size_t count, size_t *cap,
                 size_t size)
{
    if (count < *cap) {
        return list;
    }
    size_t room = *cap > 0 ? *cap * 2 : 4;
    void *p = parse_alloc(parser, room, size);
    if (p) {
        if (count > 0) {
            memcpy(p, list, count * size);
        }
        *cap = room;
    }
    return p;
}

bool parse_copy(struct parser *parser, struct str s, struct str *out)
{
    *out = arena_str(parser->arena, s);
    if (!out->p) {
        parse_limit(parser, 1, "this file needs too much memory");
    }
    return out->p != NULL;
}

enum status parse_tokens(struct parser *parser, struct str line,
                         struct token **out, size_t *count)
{
    struct lexer lexer;
    struct token token;
    enum lex_result result;
    size_t cap = 0;
    struct token *tokens = NULL;
    *count = 0;
    lex_init(&lexer, line);
    while ((result = lex_next(&lexer, &token)) == LEX_TOKEN) {
        tokens = parse_grow(parser, tokens, *count, &cap, sizeof *tokens);
        if (!tokens) {
            return ST_LIMIT;
        }
        tokens[(*count)++] = token;
    }
    *out = tokens;
    return result == LEX_FAULT
               ? parse_fail(parser, lexer.column, "%s", lexer.fault)
               : ST_OK;
}

/* --- names ------------------------------------------------------------- */

int64_t parse_client(const struct parser *parser, struct str name)
{
    for (size_t i = 0; i < parser->now->client_count; i++) {
        if (str_eq(parser->now->clients[i].name, name)) {
            return (int64_t)i;
        }
    }
    return -1;
}

enum status parse_unknown_client(struct parser *parser, struct str name,
                                 uint32_t column)
{
    struct suggest suggest;
    suggest_init(&suggest, name);
    for (size_t i = 0; i < parser->now->client_count; i++) {
        suggest_offer(&suggest, parser->now->clients[i].name);
    }
    return parse_unknown(parser, column, "client", &suggest);
}

static enum status collection_add(struct parser *parser, struct str name)
{
    struct scenario *now = parser->now;
    struct collection_decl *list =
        parse_grow(parser, now->collections, now->collection_count,
                   &parser->caps.collections, sizeof *list);
    if (!list) {
        return ST_LIMIT;
    }
    now->collections = list;
    struct collection_decl *decl = &list[now->collection_count];
    *decl = (struct collection_decl){.field_count = 0};
    if (!parse_copy(parser, name, &decl->name)) {
        return ST_LIMIT;
    }
    now->collection_count++;
    return ST_OK;
}

enum status parse_collection(struct parser *parser, struct str name,
                             uint32_t column)
{
    struct scenario *now = parser->now;
    struct suggest suggest;
    if (!lex_is_name(name)) {
        return parse_fail(parser, column,
                          "%s is not a collection's name: expected letters, "
                          "digits, _ - and .",
                          parse_quote(name).text);
    }
    for (size_t i = 0; i < now->collection_count; i++) {
        if (str_eq(now->collections[i].name, name)) {
            return ST_OK;
        }
    }
    if (!parser->declared) {
        return now->collection_count < LIMIT_COLLECTIONS
                   ? collection_add(parser, name)
                   : parse_limit(parser, column, "over %d collections",
                                 LIMIT_COLLECTIONS);
    }
    suggest_init(&suggest, name);
    for (size_t i = 0; i < now->collection_count; i++) {
        suggest_offer(&suggest, now->collections[i].name);
    }
    return parse_unknown(parser, column, "collection", &suggest);
}

enum status parse_clause(struct parser *parser, struct str id, uint32_t column)
{
    if (clause_find(id)) {
        return ST_OK;
    }
    const struct clause *near = clause_closest(id);
    const char *closest = near ? near->id : NULL;
    return parse_fail(parser, column, "unknown clause %s%s%s%s",
                      parse_quote(id).text,
                      closest ? "; did you mean \"" : "; expected as PUSH-4",
                      closest ? closest : "", closest ? "\"?" : "");
}

/* --- lines ------------------------------------------------------------- */

static enum status line_parse(struct parser *parser, struct str line)
{
    if (lex_is_empty(line)) {
        return ST_OK;
    }
    return lex_is_step(line) ? step_parse(parser, line)
                             : header_parse(parser, line);
}

/* Put `each` values in, count the work, parse. */
static enum status line_enter(struct parser *parser, struct str line)
{
    parser->raw = line;
    parser->replaced = false;
    if (line.n > LIMIT_SCENARIO_LINE) {
        return parse_limit(parser, LIMIT_SCENARIO_LINE + 1,
                           "a line over %d bytes", LIMIT_SCENARIO_LINE);
    }
    if (parser->each.count > 0 && !lex_starts_with(line, "each") &&
        !lex_is_empty(line) && str_find(line, '{') < line.n) {
        buf_clear(&parser->scratch);
        each_replace(&parser->each, line, &parser->scratch);
        if (parser->scratch.failed) {
            return parse_limit(parser, 1,
                               "a line over %d bytes with its `each` values",
                               LIMIT_SCENARIO_LINE);
        }
        if (!str_eq(buf_view(&parser->scratch), line)) {
            if (!parse_copy(parser, buf_view(&parser->scratch), &line)) {
                return ST_LIMIT;
            }
            parser->replaced = true;
        }
    }
    parser->work += line.n + 1;
    if (parser->work > PARSE_WORK_MAX) {
        return parse_limit(parser, 1,
                           "this file becomes over %d bytes of scenarios",
                           PARSE_WORK_MAX);
    }
    return line_parse(parser, line);
}

/* --- scenarios --------------------------------------------------------- */

/* The lines of one scenario. */
struct block {
    struct str text;
    uint32_t line; /* of its first */
};

/* Find the `each` lines before anything else is read, since the claim above
 * them may use them.  What is wrong with one is told when the parser gets to
 * it, so that the first fault of the file is the one reported. */
static void block_collect_each(struct parser *parser, struct block block)
{
    parser->each.count = 0;
    parser->each.facts = parser->facts;
    parser->each_faulty = false;
    uint32_t number = block.line;
    for (size_t at = 0; at < block.text.n; number++) {
        struct str line = lex_line(block.text, &at);
        if (lex_starts_with(line, "each") && line.n <= LIMIT_SCENARIO_LINE &&
            !each_add(&parser->each, line, number, parser->arena,
                      &parser->each_fault)) {
            parser->each_faulty = true;
            parser->each_line = number;
            return;
        }
    }
}

static enum status block_finish(struct parser *parser, struct block block)
{
    parser->replaced = false;
    enum status status = step_finish_body(parser);
    if (status != ST_OK) {
        return status;
    }
    parser->line = block.line;
    status = header_finish(parser);
    if (status != ST_OK) {
        return status;
    }
    for (size_t i = 0; i < parser->each.count; i++) {
        const struct each_variable *variable = &parser->each.variables[i];
        if (!variable->used) {
            parser->line = variable->line;
            return parse_fail(parser, variable->column,
                              "{%.*s} is never used in this scenario",
                              STR_ARG(variable->name));
        }
    }
    return ST_OK;
}

static enum status block_parse_variant(struct parser *parser,
                                       struct block block)
{
    struct buf variant;
    struct scenario *now = parser->now;
    header_defaults(now);
    now->file = parser->file;
    now->line = block.line;
    parser->caps = (struct caps){0};
    memset(parser->header_lines, 0, sizeof parser->header_lines);
    parser->everyone = NULL;
    parser->declared = false;
    parser->body_count = 0;
    parser->channel_count = 0;
    parser->channel_first = NULL;
    buf_init(&variant, LIMIT_SCENARIO_LINE * (size_t)2);
    each_describe(&parser->each, &variant);
    bool copied = parse_copy(parser, buf_view(&variant), &now->variant);
    buf_free(&variant);
    if (!copied) {
        return ST_LIMIT;
    }
    parser->line = block.line;
    for (size_t at = 0; at < block.text.n; parser->line++) {
        enum status status = line_enter(parser, lex_line(block.text, &at));
        if (status != ST_OK) {
            return status;
        }
    }
    return block_finish(parser, block);
}

static enum status block_parse(struct parser *parser, struct block block,
                               struct scenario_list *list, size_t *index)
{
    block_collect_each(parser, block);
    size_t product = each_product(&parser->each);
    for (size_t i = 0; i < product; i++) {
        parser->line = block.line;
        parser->replaced = false;
        if (list->count == LIMIT_SCENARIOS) {
            return parse_limit(parser, 1, "over %d scenarios", LIMIT_SCENARIOS);
        }
        struct scenario *items = parse_grow(parser, list->items, list->count,
                                            &list->cap, sizeof *items);
        if (!items) {
            return ST_LIMIT;
        }
        list->items = items;
        parser->now = &items[list->count];
        each_choose(&parser->each, i);
        enum status status = block_parse_variant(parser, block);
        if (status != ST_OK) {
            return status;
        }
        parser->now->index = ++*index;
        list->count++;
    }
    return ST_OK;
}

/* Cut the text at its `scenario` lines; what is before the first must be
 * empty. */
static enum status parse_blocks(struct parser *parser, struct str text,
                                struct scenario_list *list)
{
    struct block block = {.line = 0};
    size_t index = 0, start = 0;
    uint32_t number = 1;
    for (size_t at = 0; at < text.n; number++) {
        size_t here = at;
        struct str line = lex_line(text, &at);
        if (lex_starts_with(line, "scenario")) {
            block.text = str_take(str_skip(text, start), here - start);
            enum status status = block.line > 0
                                     ? block_parse(parser, block, list, &index)
                                     : ST_OK;
            if (status != ST_OK) {
                return status;
            }
            start = here;
            block.line = number;
        } else if (block.line == 0 && !lex_is_empty(line)) {
            parser->line = number;
            return parse_fail(parser, 1, "expected scenario \"CLAIM\" first");
        }
    }
    if (block.line == 0) {
        parser->line = number;
        return parse_fail(parser, 1,
                          "no scenario in this file: expected "
                          "scenario \"CLAIM\"");
    }
    block.text = str_skip(text, start);
    return block_parse(parser, block, list, &index);
}

static void place_at(struct parser *parser, struct str text, size_t offset,
                     uint32_t *column)
{
    parser->line = 1;
    *column = 1;
    for (size_t i = 0; i < offset; i++) {
        bool end = text.p[i] == '\n';
        parser->line += end ? 1 : 0;
        *column = end ? 1 : *column + 1;
    }
}

/* Bytes first: everything after may trust them to be text. */
static enum status parse_bytes(struct parser *parser, struct str text)
{
    uint32_t column = 1;
    parser->line = 1;
    if (text.n > LIMIT_SCENARIO_BYTES) {
        return parse_limit(parser, 1, "a file over %d bytes",
                           LIMIT_SCENARIO_BYTES);
    }
    if (str_starts(text, STR("\xEF\xBB\xBF"))) {
        return parse_fail(parser, 1,
                          "a byte order mark: save the file as "
                          "UTF-8 without it");
    }
    size_t nul = str_find(text, '\0'), bad = utf8_bad_at(text);
    size_t first = nul < bad ? nul : bad;
    if (first == text.n) {
        return ST_OK;
    }
    place_at(parser, text, first, &column);
    return nul < bad
               ? parse_fail(parser, column, "a NUL byte at offset %zu", first)
               : parse_fail(parser, column,
                            "not UTF-8 at offset %zu: byte %02X", first,
                            (unsigned char)text.p[first]);
}

enum status scenario_parse(struct str file, struct str text,
                           struct arena *arena, struct scenario_list *list,
                           struct err *err)
{
    struct parser parser = {
        .file = file, .arena = arena, .err = err, .facts = list->facts};
    size_t before = list->count;
    buf_init(&parser.scratch, LIMIT_SCENARIO_LINE);
    buf_init(&parser.body, BODY_BYTES_MAX);
    enum status status = parse_bytes(&parser, text);
    if (status == ST_OK && parse_copy(&parser, file, &parser.file) &&
        parse_copy(&parser, text, &text)) {
        status = parse_blocks(&parser, text, list);
    } else if (status == ST_OK) {
        status = ST_LIMIT;
    }
    if (status != ST_OK) {
        list->count = before;
    }
    buf_free(&parser.scratch);
    buf_free(&parser.body);
    return status;
}
