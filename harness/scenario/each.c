/* SPDX-License-Identifier: MIT */
/* each - one text, many scenarios.  Layer: harness/scenario. */
#include "harness/scenario/each.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "harness/scenario/lex.h"
#include "protocol/json.h"

enum {
    PAGE_DEFAULT = 1000,
    BODY_DEFAULT = 10 << 20,
    EACH_NUMBER_MAX = 1000000000
};

static bool each_fail(struct each_fault *fault, uint32_t column,
                      const char *what)
{
    *fault = (struct each_fault){column, what, ST_SYNTAX};
    return false;
}

static bool each_is_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool letter = (s.p[i] >= 'A' && s.p[i] <= 'Z') || s.p[i] == '_';
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (!letter && (i == 0 || !digit)) {
            return false;
        }
    }
    return s.n > 0;
}

static struct each_variable *each_find(struct each *each, struct str name)
{
    for (size_t i = 0; i < each->count; i++) {
        if (str_eq(each->variables[i].name, name)) {
            return &each->variables[i];
        }
    }
    return NULL;
}

/* The next digits of `text`; false when there are none, or too many. */
static bool each_digits(struct str *text, int64_t *out)
{
    size_t n = 0;
    while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9') {
        n++;
    }
    struct str digits = str_take(*text, n);
    *text = str_skip(*text, n);
    return n > 0 && str_to_i64(digits, out) && *out <= EACH_NUMBER_MAX;
}

static bool each_fact(struct str *text, const struct scenario_facts *facts,
                      int64_t *out)
{
    if (str_starts(*text, STR("@page"))) {
        *text = str_skip(*text, 5);
        *out = facts && facts->page_size > 0 ? facts->page_size : PAGE_DEFAULT;
        return true;
    }
    if (str_starts(*text, STR("@body"))) {
        *text = str_skip(*text, 5);
        *out =
            facts && facts->body_limit > 0 ? facts->body_limit : BODY_DEFAULT;
        return true;
    }
    return false;
}

bool each_number(struct str text, const struct scenario_facts *facts,
                 int64_t *out)
{
    int64_t by = 0;
    if (!each_fact(&text, facts, out)) {
        return false;
    }
    if (text.n > 0 && text.p[0] == '*') {
        text = str_skip(text, 1);
        if (!each_digits(&text, &by) ||
            (by > 0 && *out > EACH_NUMBER_MAX / by)) {
            return false;
        }
        *out *= by;
    }
    if (text.n > 0 && (text.p[0] == '+' || text.p[0] == '-')) {
        bool less = text.p[0] == '-';
        text = str_skip(text, 1);
        if (!each_digits(&text, &by)) {
            return false;
        }
        *out += less ? -by : by;
    }
    *out = *out < 1 ? 1 : *out;
    return text.n == 0 && *out <= EACH_NUMBER_MAX;
}

/* Not a time as @10:05:00 or @+5s. */
static bool each_is_named(struct str value)
{
    return value.n > 1 && value.p[0] == '@' && value.p[1] >= 'a' &&
           value.p[1] <= 'z';
}

/* A value as text: what a quoted one says, a number behind its name, any other
 * bare one as it stands. */
static bool each_value(const struct each *each, const struct token *token,
                       struct arena *arena, struct str *out,
                       struct each_fault *fault)
{
    const struct json_node *node;
    int64_t number = 0;
    if (each_is_named(token->value)) {
        if (!each_number(token->value, each->facts, &number)) {
            return each_fail(fault, token->value_column,
                             "not a number that is known: expected as @page, "
                             "@page-1, @page*2+1 or @body");
        }
        *out = arena_printf(arena, "%" PRId64, number);
    } else if (token->value.p[0] != '"') {
        *out = arena_str(arena, token->value);
    } else if (json_read(token->value, &json_limits_default, arena, &node,
                         NULL) != ST_OK) {
        return each_fail(fault, token->value_column, "not a JSON string");
    } else {
        *out = json_string(node);
    }
    if (!out->p) {
        *fault = (struct each_fault){token->column, "too much text", ST_LIMIT};
        return false;
    }
    return true;
}

static bool each_push(const struct each *each, struct each_variable *variable,
                      const struct token *token, struct arena *arena,
                      struct each_fault *fault)
{
    size_t *cap = &variable->value_cap;
    if (variable->value_count == *cap) {
        size_t room = *cap > 0 ? *cap * 2 : 8;
        struct str *values = arena_array(arena, room, sizeof *values);
        if (!values) {
            *fault =
                (struct each_fault){token->column, "too much text", ST_LIMIT};
            return false;
        }
        if (*cap > 0) {
            memcpy(values, variable->values, *cap * sizeof *values);
        }
        variable->values = values;
        *cap = room;
    }
    struct str *value = &variable->values[variable->value_count];
    if (!each_value(each, token, arena, value, fault)) {
        return false;
    }
    /* Numbers behind names may be equal by chance: then there are two equal
     * scenarios, and the others keep their places. */
    bool named = each_is_named(token->value);
    for (size_t i = 0; !named && i < variable->value_count; i++) {
        if (str_eq(variable->values[i], *value)) {
            return each_fail(fault, token->value_column,
                             "this value is there twice");
        }
    }
    variable->value_count++;
    return true;
}

/* `NAME =` or `NAME="first"`: true when the name is taken and `token` is the
 * first value. */
static bool each_head(struct lexer *lexer, struct each_variable *variable,
                      struct token *token, struct each_fault *fault)
{
    enum lex_result result = lex_next(lexer, token); /* the keyword */
    result = result == LEX_TOKEN ? lex_next(lexer, token) : result;
    if (result != LEX_TOKEN) {
        return each_fail(fault, 1, "expected NAME = VALUE VALUE ...");
    }
    variable->name = token->has_key ? token->key : token->raw;
    variable->column = token->column;
    if (!each_is_name(variable->name)) {
        return each_fail(fault, token->column,
                         "expected a name in capitals, as in OP = 1 2 3");
    }
    if (token->has_key) {
        return token->op == ARG_EQ ||
               each_fail(fault, token->column, "expected = after the name");
    }
    if (lex_next(lexer, token) != LEX_TOKEN || !str_is(token->raw, "=")) {
        return each_fail(fault, (uint32_t)lexer->at + 1,
                         "expected = after the name");
    }
    switch (lex_next(lexer, token)) {
    case LEX_TOKEN:
        return true;
    case LEX_FAULT:
        return each_fail(fault, lexer->column, lexer->fault);
    case LEX_END:
        break;
    }
    return each_fail(fault, (uint32_t)lexer->at + 1, "expected a value");
}

bool each_add(struct each *each, struct str line, uint32_t number,
              struct arena *arena, struct each_fault *fault)
{
    struct each_variable variable = {.line = number};
    struct lexer lexer;
    struct token token;
    lex_init(&lexer, line);
    if (!each_head(&lexer, &variable, &token, fault)) {
        return false;
    }
    if (each_find(each, variable.name)) {
        return each_fail(fault, variable.column, "this name is there twice");
    }
    if (each->count == EACH_VARIABLES) {
        *fault = (struct each_fault){1, "over 16 `each` lines", ST_LIMIT};
        return false;
    }
    if (token.has_key) { /* NAME=first: what follows the sign is the value */
        token.raw = token.value;
        token.has_key = false;
    }
    enum lex_result result = LEX_TOKEN;
    size_t most = LIMIT_EACH_VALUES / each_product(each);
    while (result == LEX_TOKEN) {
        if (token.has_key) {
            /* a=b is one bare value here. */
            token.value = token.raw;
            token.value_column = token.column;
        }
        if (variable.value_count == most) {
            *fault = (struct each_fault){
                token.column, "over 1000 scenarios by `each`", ST_LIMIT};
            return false;
        }
        if (!each_push(each, &variable, &token, arena, fault)) {
            return false;
        }
        result = lex_next(&lexer, &token);
    }
    if (result == LEX_FAULT) {
        return each_fail(fault, lexer.column, lexer.fault);
    }
    each->variables[each->count++] = variable;
    return true;
}

size_t each_product(const struct each *each)
{
    size_t product = 1;
    for (size_t i = 0; i < each->count; i++) {
        product *= each->variables[i].value_count;
    }
    return product;
}

void each_choose(struct each *each, size_t which)
{
    for (size_t i = each->count; i-- > 0;) {
        struct each_variable *variable = &each->variables[i];
        variable->chosen = which % variable->value_count;
        which /= variable->value_count;
    }
}

/* The variable whose {NAME} starts `s`, its spelling `*length` bytes. */
static const struct each_variable *each_here(const struct each *each,
                                             struct str s, size_t *length)
{
    for (size_t i = 0; i < each->count; i++) {
        struct str name = each->variables[i].name;
        *length = name.n + 2;
        if (s.n >= *length && s.p[0] == '{' && s.p[name.n + 1] == '}' &&
            str_eq(str_take(str_skip(s, 1), name.n), name)) {
            return &each->variables[i];
        }
    }
    return NULL;
}

void each_replace(struct each *each, struct str line, struct buf *out)
{
    size_t from = 0, length = 0;
    while (from < line.n) {
        struct str rest = str_skip(line, from);
        size_t brace = str_find(rest, '{');
        buf_put(out, rest.p, brace);
        from += brace;
        rest = str_skip(line, from);
        if (rest.n == 0) {
            return;
        }
        const struct each_variable *found = each_here(each, rest, &length);
        if (found) {
            buf_str(out, found->values[found->chosen]);
            each->variables[found - each->variables].used = true;
            from += length;
        } else {
            buf_putc(out, '{');
            from++;
        }
    }
}

uint32_t each_column(const struct each *each, struct str line, uint32_t column)
{
    size_t from = 0, length = 0, to = 0, wanted = column - 1;
    while (from < line.n && to < wanted) {
        struct str rest = str_skip(line, from);
        const struct each_variable *found =
            rest.p[0] == '{' ? each_here(each, rest, &length) : NULL;
        if (!found) {
            from++;
            to++;
            continue;
        }
        to += found->values[found->chosen].n;
        if (to > wanted) {
            break; /* inside the value: point to its name */
        }
        from += length;
    }
    return (uint32_t)from + 1;
}

void each_describe(const struct each *each, struct buf *out)
{
    for (size_t i = 0; i < each->count; i++) {
        const struct each_variable *variable = &each->variables[i];
        buf_puts(out, i > 0 ? " " : "");
        buf_str(out, variable->name);
        buf_putc(out, '=');
        json_write_string(out, variable->values[variable->chosen]);
    }
}
