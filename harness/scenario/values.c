/* SPDX-License-Identifier: MIT */
/* values - is the value of an option or field of the kind that it should be?
 * Layer: harness/scenario. */
#include "harness/scenario/values.h"

#include <inttypes.h>
#include <string.h>

#include "protocol/instant.h"

enum { VALUE_NUMBER_MAX = 1000000000 };

bool value_has_type(const struct arg *arg, struct str type)
{
    struct str json = arg->json;
    struct instant at;
    if (json.n == 0 || str_is(json, "null") || str_is(type, "any") ||
        str_is(type, "json")) {
        return true;
    }
    if (str_is(type, "text")) {
        return json.p[0] == '"';
    }
    if (str_is(type, "bool")) {
        return str_is(json, "true") || str_is(json, "false");
    }
    if (str_is(type, "time")) {
        return json.p[0] == '"' &&
               instant_parse(arg->value, &at, NULL) == ST_OK;
    }
    return json.p[0] == '-' || (json.p[0] >= '0' && json.p[0] <= '9');
}

static enum status value_wrong(struct parser *parser, const struct token *token,
                               const char *expected)
{
    return parse_fail(parser, token->value_column, "expected %s, not %s",
                      expected, parse_quote(token->value).text);
}

/* STATUS: 100 to 599, and 2xx for a class where classes are compared. */
static bool value_status(struct str value, int64_t *code)
{
    return str_to_i64(value, code) && *code >= 100 && *code <= 599 &&
           value.n == 3;
}

static enum status value_word(struct parser *parser,
                              const struct option *option,
                              const struct token *token, struct arg *arg)
{
    if (!option->choices) {
        return arg->value.n > 0 ? ST_OK : value_wrong(parser, token, "a word");
    }
    if (choices_have(option->choices, arg->value) &&
        !str_is(arg->value, "STATUS")) {
        return ST_OK;
    }
    bool status = choices_have(option->choices, STR("STATUS"));
    if (status && value_status(arg->value, &arg->ms)) {
        return ST_OK;
    }
    return parse_unknown_choice(parser, token, token->key, option->choices);
}

static enum status value_range(struct parser *parser,
                               const struct option *option,
                               const struct token *token, const struct arg *arg)
{
    bool duration = option->kind == OPTION_DURATION;
    bool free = option->low == 0 && option->high == 0;
    int64_t low = option->low;
    int64_t high = free ? VALUE_NUMBER_MAX : option->high;
    if (arg->ms >= low && arg->ms <= high) {
        return ST_OK;
    }
    if (duration && free) {
        return parse_fail(parser, token->value_column,
                          "%.*s: expected a duration that is not negative and "
                          "not over 11 days",
                          STR_ARG(token->key));
    }
    return parse_fail(parser, token->value_column,
                      "%.*s: expected %" PRId64 " to %" PRId64 "%s, not %s",
                      STR_ARG(token->key), low, high, duration ? " ms" : "",
                      parse_quote(token->value).text);
}

static enum status value_client(struct parser *parser,
                                const struct option *option,
                                const struct token *token, struct arg *arg)
{
    arg->ms = parse_client(parser, arg->value);
    return arg->ms >= 0 || choices_have(option->choices, arg->value)
               ? ST_OK
               : parse_unknown_client(parser, arg->value, token->value_column);
}

/* "30%" or "2.5%", as per mille. */
static bool value_per_mille(struct str s, int64_t *out)
{
    size_t dot = str_find(s, '.');
    int64_t whole, tenth = 0;
    if (s.n < 2 || s.p[s.n - 1] != '%') {
        return false;
    }
    s = str_take(s, s.n - 1);
    if (dot < s.n) {
        struct str rest = str_skip(s, dot + 1);
        if (rest.n != 1 || !str_to_i64(rest, &tenth)) {
            return false;
        }
    }
    if (!str_to_i64(str_take(s, dot), &whole) || whole < 0 || whole > 100) {
        return false;
    }
    *out = whole * 10 + tenth;
    return *out <= 1000;
}

static enum status value_kind(struct parser *parser,
                              const struct option *option,
                              const struct token *token, struct arg *arg)
{
    switch (option->kind) {
    case OPTION_WORD:
        return value_word(parser, option, token, arg);
    case OPTION_NUMBER:
        return str_to_i64(token->value, &arg->ms)
                   ? value_range(parser, option, token, arg)
                   : value_wrong(parser, token, "a whole number");
    case OPTION_DURATION:
        return duration_parse(token->value, &arg->ms)
                   ? value_range(parser, option, token, arg)
                   : value_wrong(parser, token,
                                 "a duration as 250ms, 2s, 5m, 1h or 1d");
    case OPTION_PERCENT:
        return value_per_mille(token->value, &arg->ms)
                   ? ST_OK
                   : value_wrong(parser, token,
                                 "a percentage as 30% or 2.5%, up to 100%");
    case OPTION_CLIENT:
        return value_client(parser, option, token, arg);
    case OPTION_COLLECTION:
        return parse_collection(parser, arg->value, token->value_column);
    case OPTION_CLAUSE:
        return parse_clause(parser, arg->value, token->value_column);
    case OPTION_STRING:
        break;
    }
    /* Free text, unless words are listed: then it is JSON or one of them. */
    return option->choices && arg->json.n == 0
               ? value_word(parser, option, token, arg)
               : ST_OK;
}

/* Which signs fit: order for numbers and durations, contents for text. */
static bool value_op_fits(const struct option *option, enum arg_op op)
{
    if (op == ARG_EQ) {
        return true;
    }
    if (!option->compares) {
        return false;
    }
    bool ordered =
        option->kind == OPTION_NUMBER || option->kind == OPTION_DURATION;
    return op == ARG_NE ||
           (op == ARG_CONTAINS ? option->kind == OPTION_STRING : ordered);
}

enum status value_check(struct parser *parser, const struct option *option,
                        const struct token *token, struct arg *arg)
{
    bool ordered =
        option->kind == OPTION_NUMBER || option->kind == OPTION_DURATION;
    bool text = option->kind == OPTION_STRING;
    if (value_op_fits(option, arg->op)) {
        return value_kind(parser, option, token, arg);
    }
    return parse_fail(
        parser, token->column, "%.*s%s does not work: expected %.*s with %s",
        STR_ARG(arg->key), lex_op_name(arg->op), STR_ARG(arg->key),
        !option->compares ? "="
        : ordered         ? "= != <= or >="
        : text            ? "= != or ~="
                          : "= or !=");
}
