/* SPDX-License-Identifier: MIT */
/* lex - a line of a scenario cut into words and key=value pairs.
 * Layer: harness/scenario.
 *
 *   token  = word | key op value
 *   key    = a bare name, or a JSON string
 *   op     = "=" | "!=" | "~=" | "<=" | ">="
 *   value  = JSON string | [ … ] | { … } | bare characters
 *   "#" where a token could start begins a comment. */
#ifndef SYNCSPEC_HARNESS_SCENARIO_LEX_H
#define SYNCSPEC_HARNESS_SCENARIO_LEX_H

#include "harness/scenario/scenario.h"

struct token {
    struct str raw;   /* as written; borrows the line */
    struct str key;   /* as written, quotes included; empty without op */
    struct str value; /* as written; the whole token without op */
    uint32_t column;  /* of the token, from 1, in bytes */
    uint32_t value_column;
    enum arg_op op;
    bool has_key;
};

struct lexer {
    struct str line;
    size_t at;
    struct str comment; /* from its "#", once the end was reached */
    const char *fault;  /* why LEX_FAULT, a sentence */
    uint32_t column;    /* … and where */
};

enum lex_result { LEX_END, LEX_TOKEN, LEX_FAULT };

void lex_init(struct lexer *lexer, struct str line);
enum lex_result lex_next(struct lexer *lexer, struct token *out);

/* The line of `text` at *at without its end (LF or CR LF); moves past it. */
struct str lex_line(struct str text, size_t *at);
/* Is `word` the first word of the line, at column 1? */
bool lex_starts_with(struct str line, const char *word);
/* Does it start with blanks or a time, so is no header? */
bool lex_is_step(struct str line);
/* Nothing on it but blanks and a comment. */
bool lex_is_empty(struct str line);

/* Length of the JSON string at the start of `s`, quotes included; 0 when it
 * does not end. */
size_t lex_string(struct str s);
/* Letters, digits, "_" and "-", and dots; starts with a letter or "_". */
bool lex_is_name(struct str s);
/* Space or tab. */
bool lex_is_blank(char c);
/* "=", "!=", … */
const char *lex_op_name(enum arg_op op);

#endif
