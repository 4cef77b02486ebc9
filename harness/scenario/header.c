/* SPDX-License-Identifier: MIT */
/* header - the lines at column 1: what a scenario claims and whom it needs.
 * Layer: harness/scenario. */
#include <inttypes.h>

#include "base/limits.h"
#include "harness/scenario/parse.h"
#include "harness/scenario/when.h"
#include "protocol/dialect.h"

enum { PAGE_MAX = 100000 };

static const struct header headers[HEADER_COUNT] = {
    {HEADER_SCENARIO, "scenario", false, NULL,
     "Starts a scenario; the text is the claim that it proves.",
     "scenario \"a push whose response is lost takes effect once\""},
    {HEADER_COVERS, "covers", true, NULL,
     "The clauses of docs/PROTOCOL.md that it is about.",
     "covers PUSH-4 QUEUE-1"},
    {HEADER_SOURCE, "source", true, NULL,
     "Public reports of the failure that it stands for.",
     "source firebase-android-sdk#8440 ode#404"},
    {HEADER_CLIENTS, "clients", true, NULL,
     "Devices, each with a database of its own. Options are for all names of "
     "the line: `user=` whose account (default `user`), `app=` which app "
     "(default `app`), `tab=NAME` a second tab on that client's device, "
     "`guest` not signed in, `offline` not connected.",
     "clients mallory user=mallory app=calendar guest offline"},
    {HEADER_COLLECTION, "collection", true, NULL,
     "A collection and its fields, as name:type; types are text, number, "
     "bool, json, time and any. Without such lines every collection that a "
     "step names is there.",
     "collection tasks title:text done:bool"},
    {HEADER_EACH, "each", true, NULL,
     "Makes one scenario for each value, which replaces {NAME} everywhere; "
     "several such lines make all combinations. A bare `@page-1` is a number "
     "that belongs to the server.",
     "each OP = \"upsert\" \"INSERT\" \"\""},
    {HEADER_ONBOARDING, "onboarding", true, NULL,
     "A record with a fixed id that `onboards` puts into an empty collection.",
     "onboarding tasks/welcome title=\"Welcome\""},
    {HEADER_WORLDS, "worlds", false, "virtual|wire|both",
     "Where it can run: in virtual time, over real sockets, or both (the "
     "default).",
     "worlds virtual"},
    {HEADER_DIALECT, "dialect", false, "v1|v2|both",
     "Which version of the protocol it is for (default both).", "dialect v2"},
    {HEADER_TIMERS, "timers", false, "on|off",
     "With timers on, clients push, pull and retry by themselves; off (the "
     "default) they do what the script says.",
     "timers on"},
    {HEADER_STRATEGY, "strategy", false,
     "field-level-lww|client-wins|server-wins",
     "How clients solve conflicts (default field-level-lww).",
     "strategy server-wins"},
    {HEADER_VALUES, "values", false, "repeated",
     "Says that one value is written more than once, so that checkers do not "
     "take it for the name of its write.",
     "values repeated"},
    {HEADER_NEEDS, "needs", false, "restart",
     "It works only where the server can be killed and started.",
     "needs restart"},
    {HEADER_ALONE, "alone", false, NULL,
     "It is played while no other scenario is: it restarts the server, takes "
     "long, or is about what many others at once would disturb.",
     "alone"},
    {HEADER_PAGE, "page", false, NULL,
     "Changes in one page of the bundled server.", "page 10"},
    {HEADER_LATENCY, "latency", false, NULL,
     "One way through the virtual network (default 20ms).",
     "latency 5ms..80ms"},
    {HEADER_TAKES, "takes", false, NULL,
     "How long the virtual server thinks about a request (default 0ms).",
     "takes 0ms..40ms"},
    {HEADER_PLANTS, "plants", false, NULL,
     "Museum: the bug to switch on, of the bundled server or of the model "
     "client.",
     "plants server:cursor-goes-back"},
    {HEADER_CAUGHT, "caught", false, NULL,
     "Museum: the checker that must find the planted bug, and by which "
     "clause.",
     "caught by=cursors clause=CURSOR-3"},
};

const struct header *header_all(void)
{
    return headers;
}

void header_defaults(struct scenario *scenario)
{
    *scenario = (struct scenario){
        .worlds = WORLD_VIRTUAL | WORLD_WIRE,
        .dialects = DIALECT_V1 | DIALECT_V2,
        .strategy = STR("field-level-lww"),
        .latency_low_ms = 20,
        .latency_high_ms = 20,
    };
}

typedef enum status header_reader(struct parser *parser, struct token *tokens,
                                  size_t count);

enum status header_expected(struct parser *parser, enum header_id id)
{
    return parse_fail(parser, (uint32_t)parser->raw.n + 1,
                      "expected more, as in: %s", headers[id].example);
}

enum status header_twice(struct parser *parser, const struct token *token)
{
    return parse_fail(parser, token->column, "%s is there twice",
                      parse_quote(token->raw).text);
}

static enum status header_only(struct parser *parser,
                               const struct token *tokens, size_t count,
                               enum header_id id)
{
    if (count == 0) {
        return header_expected(parser, id);
    }
    return count == 1 ? ST_OK
                      : parse_fail(parser, tokens[1].column,
                                   "%s is too much here, expected as in: %s",
                                   parse_quote(tokens[1].raw).text,
                                   headers[id].example);
}

static enum status read_scenario(struct parser *parser, struct token *tokens,
                                 size_t count)
{
    struct arg claim;
    enum status status = header_only(parser, tokens, count, HEADER_SCENARIO);
    if (status != ST_OK) {
        return status;
    }
    if (tokens[0].raw.p[0] != '"' || tokens[0].has_key) {
        return parse_fail(parser, tokens[0].column,
                          "expected the claim in quotes");
    }
    status = args_value(parser, &tokens[0], &claim);
    if (status == ST_OK && claim.value.n == 0) {
        return parse_fail(parser, tokens[0].column,
                          "expected a claim: what does this scenario prove?");
    }
    parser->now->name = claim.value;
    return status;
}

static enum status read_covers(struct parser *parser, struct token *tokens,
                               size_t count)
{
    struct scenario *now = parser->now;
    for (size_t i = 0; i < count; i++) {
        struct str id = tokens[i].raw;
        enum status status = parse_clause(parser, id, tokens[i].column);
        if (status != ST_OK) {
            return status;
        }
        for (size_t j = 0; j < now->cover_count; j++) {
            if (str_eq(now->covers[j], id)) {
                return parse_fail(parser, tokens[i].column,
                                  "clause %.*s is there twice", STR_ARG(id));
            }
        }
        struct str *list = parse_grow(parser, now->covers, now->cover_count,
                                      &parser->caps.covers, sizeof *list);
        if (!list) {
            return ST_LIMIT;
        }
        now->covers = list;
        list[now->cover_count++] = id;
    }
    return count > 0 ? ST_OK : header_expected(parser, HEADER_COVERS);
}

static bool source_valid(struct str s)
{
    size_t hash = str_find(s, '#');
    struct str number = str_skip(s, hash + 1);
    int64_t value;
    return hash > 0 && hash < s.n && str_find(s, '"') == s.n && number.n > 0 &&
           str_to_i64(number, &value) && value > 0;
}

static enum status read_source(struct parser *parser, struct token *tokens,
                               size_t count)
{
    struct scenario *now = parser->now;
    for (size_t i = 0; i < count; i++) {
        if (!source_valid(tokens[i].raw)) {
            return parse_fail(parser, tokens[i].column,
                              "%s is not a report: expected REPOSITORY#NUMBER",
                              parse_quote(tokens[i].raw).text);
        }
        struct str *list = parse_grow(parser, now->sources, now->source_count,
                                      &parser->caps.sources, sizeof *list);
        if (!list) {
            return ST_LIMIT;
        }
        now->sources = list;
        list[now->source_count++] = tokens[i].raw;
    }
    return count > 0 ? ST_OK : header_expected(parser, HEADER_SOURCE);
}

/* The values were taken before; here only their faults are told. */
static enum status read_each(struct parser *parser, struct token *tokens,
                             size_t count)
{
    (void)tokens;
    (void)count;
    if (!parser->each_faulty || parser->line != parser->each_line) {
        return ST_OK;
    }
    const struct each_fault *fault = &parser->each_fault;
    return fault->status == ST_LIMIT
               ? parse_limit(parser, fault->column, "%s", fault->what)
               : parse_fail(parser, fault->column, "%s", fault->what);
}

static enum status read_onboarding(struct parser *parser, struct token *tokens,
                                   size_t count)
{
    struct scenario *now = parser->now;
    if (count == 0 || tokens[0].has_key) {
        return header_expected(parser, HEADER_ONBOARDING);
    }
    if (now->onboarding_count == LIMIT_STEPS) {
        return parse_limit(parser, 1, "over %d onboarding records",
                           LIMIT_STEPS);
    }
    struct step *list =
        parse_grow(parser, now->onboarding, now->onboarding_count,
                   &parser->caps.onboarding, sizeof *list);
    if (!list) {
        return ST_LIMIT;
    }
    now->onboarding = list;
    return step_parse_onboarding(parser, tokens, count,
                                 &list[now->onboarding_count++]);
}

/* Headers that are one word of a few. */
static enum status read_choice(struct parser *parser, enum header_id id,
                               const struct token *tokens, size_t count)
{
    struct scenario *now = parser->now;
    enum status status = header_only(parser, tokens, count, id);
    if (status != ST_OK) {
        return status;
    }
    struct str word = tokens[0].raw;
    if (!choices_have(headers[id].choices, word)) {
        return parse_unknown_choice(
            parser, &tokens[0], str_of(headers[id].name), headers[id].choices);
    }
    bool both = str_is(word, "both");
    if (id == HEADER_WORLDS && !both) {
        now->worlds = str_is(word, "wire") ? WORLD_WIRE : WORLD_VIRTUAL;
    } else if (id == HEADER_DIALECT && !both) {
        now->dialects = str_is(word, "v1") ? DIALECT_V1 : DIALECT_V2;
    } else if (id == HEADER_STRATEGY) {
        now->strategy = word;
    }
    now->timers |= id == HEADER_TIMERS && str_is(word, "on");
    now->repeated_values |= id == HEADER_VALUES;
    now->restartable |= id == HEADER_NEEDS;
    return ST_OK;
}

static enum status read_alone(struct parser *parser, struct token *tokens,
                              size_t count)
{
    parser->now->alone = true;
    return count == 0 ? ST_OK
                      : parse_fail(parser, tokens[0].column,
                                   "%s is too much here, expected as in: %s",
                                   parse_quote(tokens[0].raw).text,
                                   headers[HEADER_ALONE].example);
}

static enum status read_page(struct parser *parser, struct token *tokens,
                             size_t count)
{
    int64_t *size = &parser->now->page_size;
    enum status status = header_only(parser, tokens, count, HEADER_PAGE);
    if (status == ST_OK &&
        (!str_to_i64(tokens[0].raw, size) || *size < 1 || *size > PAGE_MAX)) {
        return parse_fail(parser, tokens[0].column,
                          "expected a number of changes from 1 to %d, not %s",
                          PAGE_MAX, parse_quote(tokens[0].raw).text);
    }
    return status;
}

static enum status read_range(struct parser *parser, const struct token *token,
                              int64_t *low_ms, int64_t *high_ms)
{
    return when_range(token->raw, low_ms, high_ms)
               ? ST_OK
               : parse_fail(parser, token->column,
                            "expected a duration as 20ms, or two as "
                            "5ms..80ms, not %s",
                            parse_quote(token->raw).text);
}

static enum status read_latency(struct parser *parser, struct token *tokens,
                                size_t count)
{
    struct scenario *now = parser->now;
    enum status status = header_only(parser, tokens, count, HEADER_LATENCY);
    return status == ST_OK ? read_range(parser, tokens, &now->latency_low_ms,
                                        &now->latency_high_ms)
                           : status;
}

static enum status read_takes(struct parser *parser, struct token *tokens,
                              size_t count)
{
    struct scenario *now = parser->now;
    enum status status = header_only(parser, tokens, count, HEADER_TAKES);
    return status == ST_OK ? read_range(parser, tokens, &now->server_low_ms,
                                        &now->server_high_ms)
                           : status;
}

static enum status read_plants(struct parser *parser, struct token *tokens,
                               size_t count)
{
    enum status status = header_only(parser, tokens, count, HEADER_PLANTS);
    if (status != ST_OK) {
        return status;
    }
    struct str bug = tokens[0].raw;
    size_t colon = str_find(bug, ':');
    struct str side = str_take(bug, colon);
    if (!choices_have("server|client", side) || colon + 1 >= bug.n ||
        str_find(bug, '"') < bug.n) {
        return parse_fail(parser, tokens[0].column,
                          "expected server:BUG or client:BUG, not %s",
                          parse_quote(bug).text);
    }
    parser->now->planted = bug;
    return ST_OK;
}

static enum status read_caught(struct parser *parser, struct token *tokens,
                               size_t count)
{
    struct scenario *now = parser->now;
    for (size_t i = 0; i < count; i++) {
        const struct token *token = &tokens[i];
        bool by = str_is(token->key, "by");
        struct str *to = by ? &now->caught_by : &now->caught_clause;
        if (token->op != ARG_EQ || !(by || str_is(token->key, "clause"))) {
            return parse_fail(parser, token->column,
                              "expected by=CHECKER clause=ID, not %s",
                              parse_quote(token->raw).text);
        }
        if (to->n > 0) {
            return header_twice(parser, token);
        }
        if (by && !lex_is_name(token->value)) {
            return parse_fail(parser, token->value_column,
                              "expected the name of a checker");
        }
        enum status status =
            by ? ST_OK
               : parse_clause(parser, token->value, token->value_column);
        if (status != ST_OK) {
            return status;
        }
        *to = token->value;
    }
    return now->caught_by.n > 0 && now->caught_clause.n > 0
               ? ST_OK
               : header_expected(parser, HEADER_CAUGHT);
}

static header_reader *const readers[HEADER_COUNT] = {
    [HEADER_SCENARIO] = read_scenario,
    [HEADER_COVERS] = read_covers,
    [HEADER_SOURCE] = read_source,
    [HEADER_CLIENTS] = actors_read_clients,
    [HEADER_COLLECTION] = actors_read_collection,
    [HEADER_EACH] = read_each,
    [HEADER_ONBOARDING] = read_onboarding,
    [HEADER_ALONE] = read_alone,
    [HEADER_PAGE] = read_page,
    [HEADER_LATENCY] = read_latency,
    [HEADER_TAKES] = read_takes,
    [HEADER_PLANTS] = read_plants,
    [HEADER_CAUGHT] = read_caught,
};

static const struct header *header_find(struct str name)
{
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (str_is(name, headers[i].name)) {
            return &headers[i];
        }
    }
    return NULL;
}

static enum status header_unknown(struct parser *parser, struct str word)
{
    struct suggest suggest;
    if (word.p[0] == '|' || word.p[0] == '@' ||
        choices_have("everyone|net|clock|server|storm|expects|or", word) ||
        parse_client(parser, word) >= 0) {
        return parse_fail(parser, 1,
                          "a step must be indented: put blanks in front");
    }
    suggest_init(&suggest, word);
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        suggest_offer(&suggest, str_of(headers[i].name));
    }
    return parse_unknown(parser, 1, "header", &suggest);
}

enum status header_parse(struct parser *parser, struct str line)
{
    struct token *tokens;
    size_t count, end = 0;
    while (end < line.n && !lex_is_blank(line.p[end])) {
        end++;
    }
    struct str word = str_take(line, end);
    const struct header *header = header_find(word);
    if (!header) {
        return header_unknown(parser, word);
    }
    if (parser->now->step_count > 0) {
        return parse_fail(parser, 1,
                          "%s after a step: headers come before the first "
                          "step",
                          header->name);
    }
    uint32_t *seen = &parser->header_lines[header->id];
    if (*seen > 0 && !header->repeats) {
        return parse_fail(parser, 1, "%s is already there, in line %" PRIu32,
                          header->name, *seen);
    }
    *seen = parser->line;
    if (header->id == HEADER_EACH) {
        return read_each(parser, NULL, 0);
    }
    enum status status = parse_tokens(parser, line, &tokens, &count);
    if (status != ST_OK) {
        return status;
    }
    return header->choices
               ? read_choice(parser, header->id, tokens + 1, count - 1)
               : readers[header->id](parser, tokens + 1, count - 1);
}

enum status header_before_steps(struct parser *parser)
{
    struct scenario *now = parser->now;
    if (parser->everyone) {
        return ST_OK;
    }
    if (now->client_count == 0) {
        return parse_fail(parser, 1,
                          "a step before any clients: expected a line as "
                          "clients alice bob");
    }
    parser->everyone =
        parse_alloc(parser, now->client_count, sizeof *parser->everyone);
    if (!parser->everyone) {
        return ST_LIMIT;
    }
    for (size_t i = 0; i < now->client_count; i++) {
        parser->everyone[i] = (uint32_t)i;
    }
    return ST_OK;
}

enum status header_finish(struct parser *parser)
{
    const struct scenario *now = parser->now;
    if (now->client_count == 0) {
        return parse_fail(parser, 1,
                          "this scenario has no clients: expected a line as "
                          "clients alice bob");
    }
    if (now->step_count == 0) {
        return parse_fail(parser, 1, "this scenario has no steps");
    }
    if (now->planted.n > 0 && now->caught_by.n == 0) {
        parser->line = parser->header_lines[HEADER_PLANTS];
        return parse_fail(parser, 1,
                          "plants without caught: expected a line as %s",
                          headers[HEADER_CAUGHT].example);
    }
    if (now->planted.n == 0 && now->caught_by.n > 0) {
        parser->line = parser->header_lines[HEADER_CAUGHT];
        return parse_fail(parser, 1,
                          "caught without plants: expected a line as %s",
                          headers[HEADER_PLANTS].example);
    }
    return ST_OK;
}
