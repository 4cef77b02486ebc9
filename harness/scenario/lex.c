/* SPDX-License-Identifier: MIT */
/* lex - a line of a scenario cut into words and key=value pairs.
 * Layer: harness/scenario. */
#include "harness/scenario/lex.h"

void lex_init(struct lexer *lexer, struct str line)
{
    *lexer = (struct lexer){.line = line};
}

bool lex_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_byte(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

bool lex_is_name(struct str s)
{
    if (s.n == 0 || !is_letter(s.p[0])) {
        return false;
    }
    for (size_t i = 1; i < s.n; i++) {
        if (!is_name_byte(s.p[i])) {
            return false;
        }
    }
    return true;
}

const char *lex_op_name(enum arg_op op)
{
    static const char *const names[] = {"=", "!=", "~=", "<=", ">="};
    return names[op];
}

size_t lex_string(struct str s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\') {
            i++;
        } else if (s.p[i] == '"') {
            return i + 1;
        }
    }
    return 0;
}

static enum lex_result lex_fail(struct lexer *lexer, size_t at,
                                const char *fault)
{
    lexer->fault = fault;
    lexer->column = (uint32_t)at + 1;
    return LEX_FAULT;
}

/* Length of the operator at the start of `s`, 0 if there is none. */
static size_t lex_op(struct str s, enum arg_op *op)
{
    if (s.n > 0 && s.p[0] == '=') {
        *op = ARG_EQ;
        return 1;
    }
    if (s.n < 2 || s.p[1] != '=') {
        return 0;
    }
    switch (s.p[0]) {
    case '!':
        *op = ARG_NE;
        return 2;
    case '~':
        *op = ARG_CONTAINS;
        return 2;
    case '<':
        *op = ARG_LE;
        return 2;
    case '>':
        *op = ARG_GE;
        return 2;
    default:
        return 0;
    }
}

/* Length of the key at the start of `s`, if an operator follows. */
static size_t lex_key(struct str s, enum arg_op *op, size_t *op_length)
{
    size_t n = 0;
    if (s.p[0] == '"') {
        n = lex_string(s);
    } else if (is_letter(s.p[0])) {
        while (n < s.n && is_name_byte(s.p[n])) {
            n++;
        }
    }
    *op_length = n > 0 ? lex_op(str_skip(s, n), op) : 0;
    return *op_length > 0 ? n : 0;
}

/* Length of a bracketed JSON value, 0 when it does not end.  Only the nesting
 * is counted here; whether it is JSON is asked later. */
static size_t lex_brackets(struct str s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '"') {
            size_t n = lex_string(str_skip(s, i));
            if (n == 0) {
                return 0;
            }
            i += n - 1;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if ((c == ']' || c == '}') && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* Bare characters; a quoted piece inside (`tasks/"a b"`) may hold blanks. */
static size_t lex_bare(struct str s, size_t *open_quote)
{
    size_t i = 0;
    while (i < s.n && !lex_is_blank(s.p[i])) {
        if (s.p[i] == '"') {
            size_t n = lex_string(str_skip(s, i));
            if (n == 0) {
                *open_quote = i;
                return 0;
            }
            i += n;
        } else {
            i++;
        }
    }
    return i;
}

/* Length of the value at `at`; 0 with the fault set. */
static size_t lex_value(struct lexer *lexer, size_t at)
{
    struct str s = str_skip(lexer->line, at);
    size_t n, open_quote = 0;
    if (s.p[0] == '"') {
        n = lex_string(s);
        if (n == 0) {
            lex_fail(lexer, at, "this string is never closed: expected \"");
        }
    } else if (s.p[0] == '[' || s.p[0] == '{') {
        n = lex_brackets(s);
        if (n == 0) {
            lex_fail(lexer, at, "this bracket is never closed");
        }
    } else {
        n = lex_bare(s, &open_quote);
        if (n == 0) {
            lex_fail(lexer, at + open_quote,
                     "this string is never closed: expected \"");
        }
    }
    return n;
}

static enum lex_result lex_finish(struct lexer *lexer, struct token *out,
                                  size_t start)
{
    struct str rest = str_skip(lexer->line, lexer->at);
    if (rest.n > 0 && !lex_is_blank(rest.p[0])) {
        return lex_fail(lexer, lexer->at,
                        "expected a blank after the value that ends here");
    }
    out->raw = str_take(str_skip(lexer->line, start), lexer->at - start);
    out->column = (uint32_t)start + 1;
    for (size_t i = start; i < lexer->at; i++) {
        unsigned char c = (unsigned char)lexer->line.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return lex_fail(lexer, i,
                            "a control character; in a string it "
                            "is written as \\u00NN");
        }
    }
    return LEX_TOKEN;
}

enum lex_result lex_next(struct lexer *lexer, struct token *out)
{
    struct str line = lexer->line;
    while (lexer->at < line.n && lex_is_blank(line.p[lexer->at])) {
        lexer->at++;
    }
    if (lexer->at == line.n || line.p[lexer->at] == '#') {
        lexer->comment = str_skip(line, lexer->at);
        return LEX_END;
    }
    size_t start = lexer->at, op_length = 0;
    *out = (struct token){.op = ARG_EQ};
    struct str rest = str_skip(line, start);
    size_t key = lex_key(rest, &out->op, &op_length);
    if (key > 0) {
        out->has_key = true;
        out->key = str_take(rest, key);
        lexer->at += key + op_length;
        if (lexer->at == line.n || lex_is_blank(line.p[lexer->at])) {
            return lex_fail(lexer, lexer->at,
                            "expected a value; an empty text is \"\"");
        }
    }
    size_t value = lex_value(lexer, lexer->at);
    if (value == 0) {
        return LEX_FAULT;
    }
    out->value = str_take(str_skip(line, lexer->at), value);
    out->value_column = (uint32_t)lexer->at + 1;
    lexer->at += value;
    return lex_finish(lexer, out, start);
}

struct str lex_line(struct str text, size_t *at)
{
    struct str rest = str_skip(text, *at);
    size_t n = str_find(rest, '\n');
    *at += n + 1;
    while (n > 0 && rest.p[n - 1] == '\r') {
        n--;
    }
    return str_take(rest, n);
}

bool lex_starts_with(struct str line, const char *keyword)
{
    struct str word = str_of(keyword);
    return str_starts(line, word) &&
           (line.n == word.n || lex_is_blank(line.p[word.n]));
}

bool lex_is_empty(struct str line)
{
    size_t i = 0;
    while (i < line.n && lex_is_blank(line.p[i])) {
        i++;
    }
    return i == line.n || line.p[i] == '#';
}

bool lex_is_step(struct str line)
{
    return line.n > 0 && (lex_is_blank(line.p[0]) || line.p[0] == '+');
}
