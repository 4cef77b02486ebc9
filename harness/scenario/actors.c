/* SPDX-License-Identifier: MIT */
/* actors - header lines of clients and collections.
 * Layer: harness/scenario. */
#include "base/limits.h"
#include "harness/scenario/parse.h"

/* Words that mean something else where a client's name could stand. */
static bool client_name_taken(struct str name)
{
    if (choices_have("everyone|net|clock|server|storm|expects|or|guest|offline|"
                     "none|app|epoch|at|token|time|user",
                     name)) {
        return true;
    }
    return verb_find(STR("client"), name) != NULL;
}

static enum status client_name(struct parser *parser, const struct token *token)
{
    struct str name = token->raw;
    struct scenario *now = parser->now;
    if (!lex_is_name(name) || str_find(name, '.') < name.n) {
        return parse_fail(parser, token->column,
                          "%s is not a client's name: expected letters, "
                          "digits, _ and -",
                          parse_quote(name).text);
    }
    if (client_name_taken(name)) {
        return parse_fail(parser, token->column,
                          "%s cannot name a client: the word is taken",
                          parse_quote(name).text);
    }
    if (parse_client(parser, name) >= 0) {
        return parse_fail(parser, token->column, "client %s is there twice",
                          parse_quote(name).text);
    }
    if (now->client_count == LIMIT_CLIENTS) {
        return parse_limit(parser, token->column, "over %d clients",
                           LIMIT_CLIENTS);
    }
    struct client_decl *list =
        parse_grow(parser, now->clients, now->client_count,
                   &parser->caps.clients, sizeof *list);
    if (!list) {
        return ST_LIMIT;
    }
    now->clients = list;
    list[now->client_count++] = (struct client_decl){
        .name = name, .line = parser->line, .column = token->column};
    return ST_OK;
}

static enum status client_tab(struct parser *parser, const struct token *token,
                              struct client_decl *decl, size_t first)
{
    int64_t owner = parse_client(parser, token->value);
    if (owner < 0) {
        return parse_unknown_client(parser, token->value, token->value_column);
    }
    if ((size_t)owner >= first) {
        return parse_fail(parser, token->value_column,
                          "%s must be declared on a line before its tabs",
                          parse_quote(token->value).text);
    }
    if (parser->now->clients[owner].tab_of.n > 0) {
        return parse_fail(parser, token->value_column,
                          "%s is a tab itself: expected the first client of "
                          "that device",
                          parse_quote(token->value).text);
    }
    decl->tab_of = parser->now->clients[owner].name;
    return ST_OK;
}

static enum status client_key(struct parser *parser, const struct token *token,
                              struct client_decl *decl, size_t first)
{
    struct arg arg;
    struct suggest suggest;
    enum status status = args_value(parser, token, &arg);
    bool user = str_is(token->key, "user"), app = str_is(token->key, "app");
    if (status != ST_OK) {
        return status;
    }
    if (token->op != ARG_EQ) {
        return parse_fail(parser, token->column, "expected = here");
    }
    if (user || app) {
        struct str *to = user ? &decl->user : &decl->app;
        if (arg.value.n == 0) {
            return parse_fail(parser, token->value_column,
                              "expected a name, not nothing");
        }
        if (to->n > 0) {
            return header_twice(parser, token);
        }
        *to = arg.value;
        return ST_OK;
    }
    if (str_is(token->key, "tab")) {
        return decl->tab_of.n > 0 ? header_twice(parser, token)
                                  : client_tab(parser, token, decl, first);
    }
    suggest_init(&suggest, token->key);
    suggest_offer_choices(&suggest, "user|app|tab|guest|offline");
    return parse_unknown(parser, token->column, "option", &suggest);
}

static bool client_is_option(const struct token *token)
{
    return token->has_key || str_is(token->raw, "guest") ||
           str_is(token->raw, "offline");
}

static enum status client_option(struct parser *parser,
                                 const struct token *token,
                                 struct client_decl *decl, size_t first)
{
    if (token->has_key) {
        return client_key(parser, token, decl, first);
    }
    bool *flag = str_is(token->raw, "guest") ? &decl->guest : &decl->offline;
    if (*flag) {
        return header_twice(parser, token);
    }
    *flag = true;
    return ST_OK;
}

/* A tab is on its owner's device, so it has its owner's account. */
static enum status clients_apply(struct parser *parser,
                                 struct client_decl *decl, size_t first)
{
    struct scenario *now = parser->now;
    if (decl->tab_of.n > 0 && (decl->user.n > 0 || decl->app.n > 0)) {
        return parse_fail(parser, 1,
                          "a tab has its device's user and app: leave out "
                          "user= and app=");
    }
    if (decl->tab_of.n > 0) {
        const struct client_decl *owner =
            &now->clients[parse_client(parser, decl->tab_of)];
        decl->user = owner->user;
        decl->app = owner->app;
    }
    for (size_t i = first; i < now->client_count; i++) {
        struct client_decl *client = &now->clients[i];
        client->user = decl->user.n > 0 ? decl->user : STR("user");
        client->app = decl->app.n > 0 ? decl->app : STR("app");
        client->tab_of = decl->tab_of;
        client->guest = decl->guest;
        client->offline = decl->offline;
    }
    return ST_OK;
}

enum status actors_read_clients(struct parser *parser, struct token *tokens,
                                size_t count)
{
    size_t first = parser->now->client_count;
    struct client_decl decl = {.guest = false};
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = client_is_option(&tokens[i])
                     ? client_option(parser, &tokens[i], &decl, first)
                     : client_name(parser, &tokens[i]);
    }
    if (status == ST_OK && parser->now->client_count == first) {
        return header_expected(parser, HEADER_CLIENTS);
    }
    return status == ST_OK ? clients_apply(parser, &decl, first) : status;
}

static enum status field_decl(struct parser *parser, const struct token *token,
                              struct collection_decl *decl)
{
    size_t colon = str_find(token->raw, ':');
    struct str name = str_take(token->raw, colon);
    struct str type = str_skip(token->raw, colon + 1);
    struct suggest suggest;
    if (token->has_key || !lex_is_name(name) || colon == token->raw.n) {
        return parse_fail(parser, token->column,
                          "expected a field as name:type, not %s",
                          parse_quote(token->raw).text);
    }
    if (!choices_have("text|number|bool|json|time|any", type)) {
        suggest_init(&suggest, type);
        suggest_offer_choices(&suggest, "text|number|bool|json|time|any");
        return parse_unknown(parser, token->column + (uint32_t)colon + 1,
                             "type", &suggest);
    }
    for (size_t i = 0; i < decl->field_count; i++) {
        if (str_eq(decl->fields[i].name, name)) {
            return parse_fail(parser, token->column, "field %s is there twice",
                              parse_quote(name).text);
        }
    }
    if (decl->field_count == LIMIT_FIELDS) {
        return parse_limit(parser, token->column, "over %d fields",
                           LIMIT_FIELDS);
    }
    decl->fields[decl->field_count].name = name;
    decl->fields[decl->field_count++].type = type;
    return ST_OK;
}

enum status actors_read_collection(struct parser *parser, struct token *tokens,
                                   size_t count)
{
    struct scenario *now = parser->now;
    if (count == 0) {
        return header_expected(parser, HEADER_COLLECTION);
    }
    for (size_t i = 0; i < now->collection_count; i++) {
        if (str_eq(now->collections[i].name, tokens[0].raw)) {
            return parse_fail(parser, tokens[0].column,
                              "collection %s is there twice",
                              parse_quote(tokens[0].raw).text);
        }
    }
    if (!parser->declared && now->collection_count > 0) {
        return parse_fail(parser, 1, "collection comes before onboarding");
    }
    /* Undeclared for this one name, so that the common check adds it. */
    parser->declared = false;
    enum status status =
        parse_collection(parser, tokens[0].raw, tokens[0].column);
    parser->declared = true;
    if (status != ST_OK) {
        return status;
    }
    struct collection_decl *decl = &now->collections[now->collection_count - 1];
    decl->fields = parse_alloc(parser, count, sizeof *decl->fields);
    if (!decl->fields) {
        return ST_LIMIT;
    }
    for (size_t i = 1; status == ST_OK && i < count; i++) {
        status = field_decl(parser, &tokens[i], decl);
    }
    return status;
}
