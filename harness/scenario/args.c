/* SPDX-License-Identifier: MIT */
/* args - everything behind a verb: words, options, fields, by its table row.
 * Layer: harness/scenario. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "harness/scenario/channels.h"
#include "harness/scenario/parse.h"
#include "harness/scenario/values.h"
#include "harness/scenario/when.h"
#include "harness/scenario/words.h"
#include "protocol/json.h"

enum arg_class { ARG_WORD, ARG_AT, ARG_CLAUSE, ARG_OPTION, ARG_FIELD };

/* A name in quotes is always a field's, so that a field may be called as an
 * option is. */
static enum arg_class arg_class(const struct verb *verb,
                                const struct token *token)
{
    if (!token->has_key) {
        return token->raw.p[0] == '@' ? ARG_AT : ARG_WORD;
    }
    if (token->key.p[0] == '"') {
        return ARG_FIELD;
    }
    if (verb->expects && str_is(token->key, "clause")) {
        return ARG_CLAUSE;
    }
    return verb->fields && !option_find(verb->options, token->key) ? ARG_FIELD
                                                                   : ARG_OPTION;
}

/* --- values ------------------------------------------------------------- */

/* What the JSON reader says, in the columns of the file. */
static enum status value_not_json(struct parser *parser,
                                  const struct token *token, struct err *why)
{
    struct json_facts facts;
    struct arena scratch;
    arena_init(&scratch, 1 << 20);
    json_scan(token->value, &json_limits_default, &scratch, &facts, why);
    arena_free(&scratch);
    char *tail = strstr(why->text, " at offset ");
    if (tail) {
        *tail = '\0';
    }
    const struct json_place *fault = &facts.fault;
    uint32_t inside = fault->line == 1 ? (uint32_t)fault->column - 1 : 0;
    return parse_fail(parser, token->value_column + inside, "not JSON: %s",
                      why->text);
}

static bool value_looks_json(struct str s)
{
    return str_find(STR("-0123456789"), s.p[0]) < 11 || str_is(s, "true") ||
           str_is(s, "false") || str_is(s, "null");
}

static enum status value_string(struct parser *parser, struct str raw,
                                const struct token *token, struct str *out)
{
    const struct json_node *node;
    struct err why;
    if (json_read(raw, &json_limits_default, parser->arena, &node, &why) !=
        ST_OK) {
        struct token part = *token;
        part.value = raw;
        part.value_column = (uint32_t)(raw.p - token->raw.p) + token->column;
        return value_not_json(parser, &part, &why);
    }
    *out = json_string(node);
    return ST_OK;
}

enum status args_value(struct parser *parser, const struct token *token,
                       struct arg *out)
{
    struct str raw = token->value;
    const struct json_node *node = NULL;
    struct err why;
    bool quoted = raw.p[0] == '"';
    bool brackets = raw.p[0] == '[' || raw.p[0] == '{';
    *out = (struct arg){.key = token->key,
                        .op = token->op,
                        .value = raw,
                        .quoted = quoted,
                        .column = token->column};
    if (token->key.n > 0 && token->key.p[0] == '"') {
        enum status status = value_string(parser, token->key, token, &out->key);
        if (status != ST_OK) {
            return status;
        }
    }
    if (!quoted && !brackets && !value_looks_json(raw)) {
        return ST_OK;
    }
    if (json_read(raw, &json_limits_default, parser->arena, &node, &why) !=
        ST_OK) {
        /* Only quotes promise JSON; 5ms or {token} are words. */
        return quoted ? value_not_json(parser, token, &why) : ST_OK;
    }
    out->json = json_canonical_str(node, parser->arena);
    out->value = quoted ? json_string(node) : raw;
    return out->json.p ? ST_OK
                       : parse_limit(parser, token->column,
                                     "this file needs too much memory");
}

/* --- fields ------------------------------------------------------------- */

static enum status field_not_json(struct parser *parser,
                                  const struct token *token)
{
    struct err why = {0};
    char first = token->value.p[0];
    if (first == '[' || first == '{' || value_looks_json(token->value)) {
        return value_not_json(parser, token, &why);
    }
    return parse_fail(parser, token->value_column,
                      "%s is not a value: expected a number, true, false, "
                      "null, [..], {..} or text in quotes",
                      parse_quote(token->value).text);
}

static const struct collection_decl *
field_collection(const struct parser *parser, const struct step *step)
{
    const struct arg *record = step_record(step);
    struct str name = record ? record->value : STR("");
    name = str_take(name, str_find(name, '/'));
    for (size_t i = 0; i < parser->now->collection_count; i++) {
        if (str_eq(parser->now->collections[i].name, name)) {
            return &parser->now->collections[i];
        }
    }
    return NULL;
}

/* A bare name must be declared where the collection declares any: it is most
 * likely a slip.  A quoted one is meant as it stands. */
static enum status field_declared(struct parser *parser,
                                  const struct step *step,
                                  const struct token *token,
                                  const struct arg *arg)
{
    const struct collection_decl *decl = field_collection(parser, step);
    struct suggest suggest;
    if (token->key.p[0] == '"' || !decl || decl->field_count == 0 ||
        choices_have("id|createdAt|updatedAt|deletedAt", arg->key)) {
        return ST_OK;
    }
    for (size_t i = 0; i < decl->field_count; i++) {
        if (str_eq(decl->fields[i].name, arg->key)) {
            struct str type = decl->fields[i].type;
            return value_has_type(arg, type)
                       ? ST_OK
                       : parse_fail(parser, token->value_column,
                                    "%.*s is declared as %.*s, not %s",
                                    STR_ARG(arg->key), STR_ARG(type),
                                    parse_quote(token->value).text);
        }
    }
    suggest_init(&suggest, arg->key);
    for (size_t i = 0; i < decl->field_count; i++) {
        suggest_offer(&suggest, decl->fields[i].name);
    }
    return parse_unknown(parser, token->column, "field", &suggest);
}

static bool arg_twice(const struct arg *args, size_t count,
                      const struct arg *arg)
{
    /* Several things may be excluded or contained, and n>=1 n<=5 is a range. */
    if (arg->op == ARG_NE || arg->op == ARG_CONTAINS) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq(args[i].key, arg->key) && args[i].op == arg->op) {
            return true;
        }
    }
    return false;
}

static bool field_somewhere(const struct parser *parser, struct str name)
{
    for (size_t i = 0; i < parser->now->collection_count; i++) {
        const struct collection_decl *decl = &parser->now->collections[i];
        for (size_t j = 0; j < decl->field_count; j++) {
            if (str_eq(decl->fields[j].name, name)) {
                return true;
            }
        }
    }
    return false;
}

/* `hears` has options and fields: what stands before a record is no field. */
static enum status field_of_nothing(struct parser *parser,
                                    const struct step *step,
                                    const struct token *token)
{
    struct suggest suggest;
    suggest_init(&suggest, token->key);
    for (const struct option *o = step->verb->options; o->name; o++) {
        suggest_offer(&suggest, str_of(o->name));
    }
    if (suggest.best.n > 0 && !field_somewhere(parser, token->key)) {
        return parse_unknown(parser, token->column, "option", &suggest);
    }
    suggest_free(&suggest);
    return parse_fail(parser, token->column,
                      "%s is no option of hears, and a field stands behind "
                      "its record, as in: hears tasks/1 done=true",
                      parse_quote(token->key).text);
}

static enum status field_add(struct parser *parser, struct step *step,
                             const struct token *token)
{
    struct arg *arg = &step->fields[step->field_count];
    bool sees = step->verb->id == VERB_SEES;
    enum status status = args_value(parser, token, arg);
    if (status != ST_OK) {
        return status;
    }
    if (!step->verb->fields) {
        return parse_fail(parser, token->column, "%s takes no fields",
                          step->verb->name);
    }
    if (step->verb->id == VERB_HEARS && !step_record(step)) {
        return field_of_nothing(parser, step, token);
    }
    if (token->op != ARG_EQ && !(sees && token->op == ARG_NE)) {
        return parse_fail(parser, token->column,
                          "expected %s for a field here, not %s",
                          sees ? "= or !=" : "=", lex_op_name(token->op));
    }
    bool absent = sees && token->op == ARG_EQ && str_is(arg->value, "absent");
    if (arg->json.n == 0 && !absent) {
        return field_not_json(parser, token);
    }
    if (arg_twice(step->fields, step->field_count, arg)) {
        return parse_fail(parser, token->column, "field %s is there twice",
                          parse_quote(arg->key).text);
    }
    if (step->field_count == LIMIT_FIELDS) {
        return parse_limit(parser, token->column, "over %d fields",
                           LIMIT_FIELDS);
    }
    step->field_count++;
    return absent ? ST_OK : field_declared(parser, step, token, arg);
}

/* --- options ------------------------------------------------------------ */

static enum status option_unknown(struct parser *parser,
                                  const struct token *token,
                                  const struct option *options,
                                  const char *owner)
{
    struct suggest suggest;
    if (str_is(token->key, "clause")) {
        return parse_fail(parser, token->column,
                          "%s cannot fail, so it takes no clause=", owner);
    }
    if (!options || !options->name) {
        return parse_fail(parser, token->column,
                          "%s takes no options, so not %s", owner,
                          parse_quote(token->key).text);
    }
    suggest_init(&suggest, token->key);
    for (; options->name; options++) {
        suggest_offer(&suggest, str_of(options->name));
    }
    return parse_unknown(parser, token->column, "option", &suggest);
}

static enum status option_read(struct parser *parser, const struct token *token,
                               const struct option *options, const char *owner,
                               struct arg *out)
{
    const struct option *option = option_find(options, token->key);
    if (!option || token->key.p[0] == '"') {
        return option_unknown(parser, token, options, owner);
    }
    enum status status = args_value(parser, token, out);
    return status == ST_OK ? value_check(parser, option, token, out) : status;
}

static enum status option_add(struct parser *parser, struct step *step,
                              const struct token *token)
{
    struct arg *arg = &step->options[step->option_count];
    enum status status =
        option_read(parser, token, step->verb->options, step->verb->name, arg);
    if (status != ST_OK) {
        return status;
    }
    if (arg_twice(step->options, step->option_count, arg)) {
        return parse_fail(parser, token->column, "%.*s is there twice",
                          STR_ARG(arg->key));
    }
    step->option_count++;
    return ST_OK;
}

static enum status clause_add(struct parser *parser, const struct token *token,
                              struct str *clause)
{
    if (token->op != ARG_EQ) {
        return parse_fail(parser, token->column, "expected clause=ID");
    }
    if (clause->n > 0) {
        return parse_fail(parser, token->column, "clause is there twice");
    }
    *clause = token->value;
    return parse_clause(parser, token->value, token->value_column);
}

static enum status at_add(struct parser *parser, struct step *step,
                          const struct token *token)
{
    char text[WHEN_TEXT_MAX];
    if (!step->verb->time) {
        return parse_fail(parser, token->column, "%s takes no @TIME",
                          step->verb->name);
    }
    if (step->has_at) {
        return parse_fail(parser, token->column, "@TIME is there twice");
    }
    if (!when_complete(str_skip(token->raw, 1), text)) {
        return parse_fail(parser, token->column,
                          "%s is not a time: expected as @10:05:00, "
                          "@10:05:30.250, @+5s or @2026-03-27T10:05:00.000Z",
                          parse_quote(token->raw).text);
    }
    step->has_at = true;
    return parse_copy(parser, str_of(text), &step->at) ? ST_OK : ST_LIMIT;
}

/* --- a step ------------------------------------------------------------- */

static enum status args_room(struct parser *parser, struct step *step,
                             const struct token *tokens, size_t count)
{
    size_t words = 0, options = 0, fields = 0;
    for (size_t i = 0; i < count; i++) {
        enum arg_class class = arg_class(step->verb, &tokens[i]);
        words += class == ARG_WORD;
        options += class == ARG_OPTION;
        fields += class == ARG_FIELD;
    }
    step->words = parse_alloc(parser, words, sizeof *step->words);
    step->options = parse_alloc(parser, options, sizeof *step->options);
    step->fields = parse_alloc(parser, fields, sizeof *step->fields);
    return step->words && step->options && step->fields ? ST_OK : ST_LIMIT;
}

static enum status arg_add(struct parser *parser, struct step *step,
                           const struct token *token)
{
    switch (arg_class(step->verb, token)) {
    case ARG_WORD:
        return words_add(parser, step, token);
    case ARG_AT:
        return at_add(parser, step, token);
    case ARG_CLAUSE:
        return clause_add(parser, token, &step->clause);
    case ARG_OPTION:
        return option_add(parser, step, token);
    case ARG_FIELD:
        break;
    }
    return field_add(parser, step, token);
}

/* Rules that a table row cannot say. */
static enum status args_combination(struct parser *parser,
                                    const struct step *step)
{
    enum verb_id id = step->verb->id;
    if ((id == VERB_HAS || id == VERB_SERVER_HAS) && step->option_count == 0) {
        return parse_fail(parser, step->column, "has what? expected as in: %s",
                          step->verb->example);
    }
    if (id == VERB_UPDATES && step->field_count == 0) {
        return parse_fail(parser, step->column,
                          "updates what? expected a field, as in: %s",
                          step->verb->example);
    }
    if (id == VERB_SENDS && step->who_count > 1) {
        return parse_fail(parser, step->column,
                          "one client at a time sends; wait=no lets the next "
                          "line begin before the answer");
    }
    enum status status = channels_check(parser, step);
    if (status != ST_OK) {
        return status;
    }
    if (!str_is(str_of(step->verb->who), "net") || step->word_count == 0) {
        return ST_OK;
    }
    bool request = str_is(step->words[0].value, "request");
    bool message = str_is(step->words[0].value, "message");
    const struct arg *wrong = step_option(step, request ? "to" : "from");
    return wrong ? parse_fail(parser, wrong->column,
                              request   ? "to= is of a response; a request has "
                                          "from="
                              : message ? "from= is of a request; a message "
                                          "has to="
                                        : "from= is of a request; a response "
                                          "has to=")
                 : ST_OK;
}

static enum status args_complete(struct parser *parser, const struct step *step)
{
    enum status status = words_complete(parser, step);
    const struct option *option = step->verb->options;
    for (; status == ST_OK && option && option->name; option++) {
        if (option->required && !step_option(step, option->name)) {
            return parse_fail(parser, step->column, "%s needs %s=, as in: %s",
                              step->verb->name, option->name,
                              step->verb->example);
        }
    }
    return status == ST_OK ? args_combination(parser, step) : status;
}

enum status args_parse(struct parser *parser, struct step *step,
                       const struct token *tokens, size_t count)
{
    enum status status = args_room(parser, step, tokens, count);
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = arg_add(parser, step, &tokens[i]);
    }
    return status == ST_OK ? args_complete(parser, step) : status;
}

const char *grade_name(enum grade grade)
{
    static const char *const names[] = {"pass", "nonstrict", "info"};
    return names[grade];
}

static enum status grade_add(struct parser *parser, const struct token *token,
                             struct expectation *out)
{
    static const struct option options[] = {
        {.name = "grade", .kind = OPTION_WORD, .choices = "nonstrict|info"},
        {.name = NULL}};
    struct arg arg = {.column = 0};
    if (!out->alternative) {
        return parse_fail(parser, token->column,
                          "grade is of `or` lines: what holds as `expects` "
                          "says is a pass");
    }
    if (out->grade != GRADE_PASS) {
        return parse_fail(parser, token->column, "grade is there twice");
    }
    enum status status = option_read(parser, token, options, "or", &arg);
    if (status == ST_OK) {
        out->grade = str_is(arg.value, "info") ? GRADE_INFO : GRADE_NONSTRICT;
    }
    return status;
}

static enum status expect_add(struct parser *parser, const struct token *token,
                              struct expectation *out)
{
    struct arg *arg = &out->args[out->count];
    if (!token->has_key) {
        return parse_fail(parser, token->column,
                          "expected KEY=VALUE, as status=400, not %s",
                          parse_quote(token->raw).text);
    }
    if (str_is(token->key, "clause")) {
        return clause_add(parser, token, &out->clause);
    }
    if (str_is(token->key, "grade")) {
        return grade_add(parser, token, out);
    }
    enum status status = option_read(parser, token, expect_options(),
                                     out->alternative ? "or" : "expects", arg);
    if (status == ST_OK && arg_twice(out->args, out->count, arg)) {
        return parse_fail(parser, token->column, "%.*s is there twice",
                          STR_ARG(arg->key));
    }
    out->count++;
    return status;
}

enum status args_parse_expects(struct parser *parser,
                               const struct token *tokens, size_t count,
                               struct expectation *out)
{
    enum status status = ST_OK;
    out->args = parse_alloc(parser, count, sizeof *out->args);
    if (!out->args) {
        return ST_LIMIT;
    }
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = expect_add(parser, &tokens[i], out);
    }
    if (status == ST_OK && out->count == 0) {
        return parse_fail(parser, out->column,
                          "%s what? expected what holds, as status=400",
                          out->alternative ? "or" : "expects");
    }
    return status;
}

const struct arg *step_option(const struct step *step, const char *key)
{
    for (size_t i = 0; i < step->option_count; i++) {
        if (str_is(step->options[i].key, key)) {
            return &step->options[i];
        }
    }
    return NULL;
}
