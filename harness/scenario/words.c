/* SPDX-License-Identifier: MIT */
/* words - what stands behind a verb without a name.
 * Layer: harness/scenario. */
#include "harness/scenario/words.h"

#include <string.h>

#include "base/limits.h"
#include "harness/scenario/body.h"

enum { HEARD_MAX = 256 };

/* `tasks/"any id"`: the value becomes tasks/any id. */
static enum status ref_quoted(struct parser *parser, const struct token *token,
                              size_t slash, struct arg *arg)
{
    struct str raw = token->raw, id = str_skip(raw, slash + 1);
    uint32_t column = token->column + (uint32_t)slash + 1;
    struct token inner = {
        .raw = id, .value = id, .column = column, .value_column = column};
    struct arg unescaped;
    if (id.p[0] != '"' || lex_string(id) != id.n) {
        return parse_fail(parser, column, "quotes go around the whole id");
    }
    enum status status = args_value(parser, &inner, &unescaped);
    if (status != ST_OK) {
        return status;
    }
    id = unescaped.value;
    if (id.n == 0 || id.n > LIMIT_NAME_BYTES) {
        return parse_fail(parser, column, "expected an id of 1 to %d bytes",
                          LIMIT_NAME_BYTES);
    }
    char *p = parse_alloc(parser, slash + 1 + id.n, 1);
    if (!p) {
        return ST_LIMIT;
    }
    memcpy(p, raw.p, slash + 1);
    memcpy(p + slash + 1, id.p, id.n);
    arg->value = (struct str){p, slash + 1 + id.n};
    arg->quoted = true;
    return ST_OK;
}

static enum status word_ref(struct parser *parser, const struct token *token,
                            struct arg *arg)
{
    struct str raw = token->raw;
    size_t slash = str_find(raw, '/'), quote = str_find(raw, '"');
    struct str id = str_skip(raw, slash + 1);
    if (slash == raw.n || id.n == 0 || quote < slash) {
        return parse_fail(parser, token->column,
                          "%s is not a record: expected COLLECTION/ID, as "
                          "tasks/1 or tasks/\"any id\"",
                          parse_quote(raw).text);
    }
    if (id.n > LIMIT_NAME_BYTES && quote == raw.n) {
        return parse_fail(parser, token->column,
                          "expected an id of 1 to %d bytes", LIMIT_NAME_BYTES);
    }
    enum status status =
        quote < raw.n ? ref_quoted(parser, token, slash, arg) : ST_OK;
    if (status != ST_OK) {
        return status;
    }
    return parse_collection(parser, str_take(raw, slash), token->column);
}

static enum status word_choice(struct parser *parser, const struct step *step,
                               const struct token *token)
{
    struct suggest suggest;
    const struct verb *verb = step->verb;
    if (choices_have(verb->choices, token->raw)) {
        return ST_OK;
    }
    suggest_init(&suggest, token->raw);
    suggest_offer_choices(&suggest, verb->choices);
    return parse_unknown(parser, token->column, "word", &suggest);
}

/* {alice.cursor.tasks}: what is behind the client's name. */
static enum status name_cursor(struct parser *parser, struct str rest,
                               uint32_t column)
{
    struct str cursor = STR(".cursor.");
    if (rest.n == 0 || str_is(rest, ".user")) {
        return ST_OK;
    }
    if (!str_starts(rest, cursor)) {
        return parse_fail(parser, column,
                          "expected {NAME}, {NAME.user} or "
                          "{NAME.cursor.COLLECTION}");
    }
    return parse_collection(parser, str_skip(rest, cursor.n), column);
}

/* A wrong name in a target would ask for another thing than was meant. */
static enum status target_names(struct parser *parser,
                                const struct token *token)
{
    struct body_name found;
    struct suggest suggest;
    for (size_t from = 0; body_next_name(token->raw, from, &found);
         from = found.offset + 1) {
        uint32_t column = token->column + (uint32_t)found.offset;
        size_t dot = str_find(found.name, '.');
        struct str first = str_take(found.name, dot);
        if (choices_have(body_names, found.name)) {
            continue;
        }
        if (parse_client(parser, first) >= 0) {
            enum status status =
                name_cursor(parser, str_skip(found.name, dot), column);
            if (status != ST_OK) {
                return status;
            }
            continue;
        }
        suggest_init(&suggest, first);
        for (size_t i = 0; i < parser->now->client_count; i++) {
            suggest_offer(&suggest, parser->now->clients[i].name);
        }
        suggest_offer_choices(&suggest, body_names);
        return parse_unknown(parser, column, "name in braces", &suggest);
    }
    return ST_OK;
}

static enum status word_target(struct parser *parser, const struct token *token,
                               struct arg *arg)
{
    enum status status = target_names(parser, token);
    if (status != ST_OK) {
        return status;
    }
    buf_clear(&parser->body);
    body_expand(arg->value, &parser->body);
    if (parser->body.failed || parser->body.n > LIMIT_TARGET_BYTES) {
        return parse_limit(parser, token->column, "a target over %d bytes",
                           LIMIT_TARGET_BYTES);
    }
    if (str_eq(buf_view(&parser->body), arg->value)) {
        return ST_OK;
    }
    return parse_copy(parser, buf_view(&parser->body), &arg->value) ? ST_OK
                                                                    : ST_LIMIT;
}

static bool collection_known(const struct parser *parser, struct str name)
{
    for (size_t i = 0; i < parser->now->collection_count; i++) {
        if (str_eq(parser->now->collections[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* A slip of the pen would wait for what never comes, or prove that nothing
 * came: no collection is there because it is listened to. */
static enum status heard_collection(struct parser *parser,
                                    const struct step *step,
                                    const struct token *token, struct str name)
{
    bool bare = str_eq(name, token->raw);
    struct suggest suggest;
    if (collection_known(parser, name)) {
        return ST_OK;
    }
    suggest_init(&suggest, name);
    for (size_t i = 0; i < parser->now->collection_count; i++) {
        suggest_offer(&suggest, parser->now->collections[i].name);
    }
    if (bare) {
        suggest_offer_choices(&suggest, step->verb->choices);
    }
    if (!parser->declared && suggest.best.n == 0 && lex_is_name(name)) {
        suggest_free(&suggest);
        return parse_fail(parser, token->column,
                          "no line above names a collection %s: expected a "
                          "header line as collection tasks",
                          parse_quote(name).text);
    }
    return parse_unknown(parser, token->column,
                         bare ? "collection or word" : "collection", &suggest);
}

/* A word is the whole of what is heard; nothing is there twice. */
static enum status heard_beside(struct parser *parser, const struct step *step,
                                const struct token *token,
                                const struct arg *arg)
{
    enum heard_kind kind = heard_kind(step->verb, arg);
    if (step->word_count == HEARD_MAX) {
        return parse_limit(parser, token->column, "over %d things to hear",
                           HEARD_MAX);
    }
    for (size_t i = 0; i < step->word_count; i++) {
        const struct arg *other = &step->words[i];
        bool same = str_eq(other->value, arg->value);
        const struct arg *word = kind == HEARD_WORD ? arg
                                 : heard_kind(step->verb, other) == HEARD_WORD
                                     ? other
                                     : NULL;
        if (word && !same) {
            return parse_fail(parser, token->column,
                              "%.*s stands alone: what else is heard is "
                              "another line",
                              STR_ARG(word->value));
        }
        if (same) {
            return parse_fail(parser, token->column,
                              "%s is there twice; count=2 is two messages",
                              parse_quote(token->raw).text);
        }
    }
    return ST_OK;
}

static enum status word_heard(struct parser *parser, const struct step *step,
                              const struct token *token, struct arg *arg)
{
    struct str raw = token->raw;
    size_t slash = str_find(raw, '/');
    bool record = slash < raw.n && slash < str_find(raw, '"');
    enum status status = ST_OK;
    if (record) {
        status = heard_collection(parser, step, token, str_take(raw, slash));
        status = status == ST_OK ? word_ref(parser, token, arg) : status;
    } else if (arg->quoted || !choices_have(step->verb->choices, raw)) {
        status = heard_collection(parser, step, token, arg->value);
    }
    return status == ST_OK ? heard_beside(parser, step, token, arg) : status;
}

static enum status word_name(struct parser *parser, struct step *step,
                             const struct token *token, struct arg *arg)
{
    arg->ms = parse_client(parser, token->raw);
    if (arg->ms < 0) {
        return parse_unknown_client(parser, token->raw, token->column);
    }
    for (size_t i = 0; i < step->word_count; i++) {
        if (step->words[i].ms == arg->ms) {
            return parse_fail(parser, token->column, "%.*s is there twice",
                              STR_ARG(token->raw));
        }
    }
    return ST_OK;
}

static size_t words_most(enum words_kind kind)
{
    switch (kind) {
    case WORDS_NONE:
        return 0;
    case WORDS_REF:
    case WORDS_COLLECTION:
    case WORDS_ONE_COLLECTION:
    case WORDS_CHOICE:
    case WORDS_TARGET:
        return 1;
    case WORDS_METHOD_TARGET:
        return 2;
    case WORDS_REFS:
    case WORDS_NAMES:
    case WORDS_HEARD:
        break;
    }
    return SIZE_MAX;
}

static enum status words_check(struct parser *parser, struct step *step,
                               const struct token *token, struct arg *arg)
{
    switch (step->verb->words) {
    case WORDS_REF:
    case WORDS_REFS:
        return word_ref(parser, token, arg);
    case WORDS_COLLECTION:
    case WORDS_ONE_COLLECTION:
        return parse_collection(parser, token->raw, token->column);
    case WORDS_CHOICE:
        return word_choice(parser, step, token);
    case WORDS_METHOD_TARGET:
        return step->word_count == 0 ? ST_OK : word_target(parser, token, arg);
    case WORDS_TARGET:
        return word_target(parser, token, arg);
    case WORDS_NAMES:
        return word_name(parser, step, token, arg);
    case WORDS_HEARD:
        return word_heard(parser, step, token, arg);
    case WORDS_NONE:
        break;
    }
    return ST_OK;
}

enum status words_add(struct parser *parser, struct step *step,
                      const struct token *token)
{
    const struct verb *verb = step->verb;
    if (verb->id == VERB_SAYS) {
        return parse_fail(parser, token->column,
                          "%s is too much: what is said stands in lines below, "
                          "as | {\"type\":\"ping\"}",
                          parse_quote(token->raw).text);
    }
    if (step->word_count >= words_most(verb->words)) {
        return parse_fail(parser, token->column,
                          "%s is too much, expected as in: %s",
                          parse_quote(token->raw).text, verb->example);
    }
    struct arg *arg = &step->words[step->word_count];
    enum status status = args_value(parser, token, arg);
    if (status == ST_OK) {
        status = words_check(parser, step, token, arg);
    }
    if (status == ST_OK) {
        step->word_count++;
    }
    return status;
}

enum status words_complete(struct parser *parser, const struct step *step)
{
    const struct verb *verb = step->verb;
    size_t least =
        verb->words == WORDS_METHOD_TARGET                             ? 2
        : verb->words == WORDS_NONE || verb->words == WORDS_COLLECTION ? 0
                                                                       : 1;
    return step->word_count >= least
               ? ST_OK
               : parse_fail(parser, step->column,
                            "%s needs more, expected as in: %s", verb->name,
                            verb->example);
}

enum heard_kind heard_kind(const struct verb *verb, const struct arg *word)
{
    if (str_find(word->value, '/') < word->value.n) {
        return HEARD_RECORD;
    }
    return !word->quoted && choices_have(verb->choices, word->value)
               ? HEARD_WORD
               : HEARD_COLLECTION;
}
