/* SPDX-License-Identifier: MIT */
/* step - indented lines: who does what, bodies and expectations.
 * Layer: harness/scenario. */
#include <inttypes.h>
#include <string.h>

#include "base/asserts.h"
#include "base/limits.h"
#include "harness/scenario/body.h"
#include "harness/scenario/channels.h"
#include "harness/scenario/parse.h"

static const char *const step_actors = "everyone|net|clock|server|storm";

static struct step *step_last(struct parser *parser)
{
    struct scenario *now = parser->now;
    return now->step_count > 0 ? &now->steps[now->step_count - 1] : NULL;
}

/* --- who ---------------------------------------------------------------- */

static const char *who_name(enum who_kind kind)
{
    static const char *const names[] = {"client", "everyone", "net",
                                        "clock",  "server",   "storm"};
    return names[kind];
}

/* The first word of a step is nobody: find out what was meant. */
static enum status who_unknown(struct parser *parser, const struct token *token)
{
    struct suggest suggest;
    const struct header *headers = header_all();
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (str_is(token->raw, headers[i].name)) {
            return parse_fail(parser, token->column,
                              "%s is a header: it starts at column 1",
                              headers[i].name);
        }
    }
    if (verb_find(STR("client"), token->raw)) {
        return parse_fail(parser, token->column,
                          "who %.*s? expected a client, everyone, net, "
                          "clock, server or storm first",
                          STR_ARG(token->raw));
    }
    suggest_init(&suggest, token->raw);
    for (size_t i = 0; i < parser->now->client_count; i++) {
        suggest_offer(&suggest, parser->now->clients[i].name);
    }
    suggest_offer_choices(&suggest, step_actors);
    return parse_unknown(parser, token->column, "client", &suggest);
}

static bool who_is_actor(struct str word, enum who_kind *kind)
{
    for (int k = WHO_EVERYONE; k <= WHO_STORM; k++) {
        if (str_is(word, who_name((enum who_kind)k))) {
            *kind = (enum who_kind)k;
            return true;
        }
    }
    return false;
}

static enum status who_clients(struct parser *parser, struct step *step,
                               const struct token *tokens, size_t count)
{
    size_t named = 0;
    while (named < count && parse_client(parser, tokens[named].raw) >= 0) {
        named++;
    }
    if (named == 0) {
        return who_unknown(parser, &tokens[0]);
    }
    step->who = parse_alloc(parser, named, sizeof *step->who);
    if (!step->who) {
        return ST_LIMIT;
    }
    for (size_t i = 0; i < named; i++) {
        uint32_t index = (uint32_t)parse_client(parser, tokens[i].raw);
        for (size_t j = 0; j < i; j++) {
            if (step->who[j] == index) {
                return parse_fail(parser, tokens[i].column,
                                  "%.*s is there twice",
                                  STR_ARG(tokens[i].raw));
            }
        }
        step->who[i] = index;
    }
    step->who_count = named;
    return ST_OK;
}

/* Fill who; *used is how many tokens it took. */
static enum status step_who(struct parser *parser, struct step *step,
                            const struct token *tokens, size_t count,
                            size_t *used)
{
    if (who_is_actor(tokens[0].raw, &step->who_kind)) {
        *used = 1;
        if (step->who_kind == WHO_EVERYONE) {
            step->who = parser->everyone;
            step->who_count = parser->now->client_count;
        }
        return ST_OK;
    }
    step->who_kind = WHO_CLIENTS;
    enum status status = who_clients(parser, step, tokens, count);
    *used = step->who_count;
    return status;
}

/* --- verb --------------------------------------------------------------- */

static void verb_offer(struct suggest *suggest, enum who_kind kind)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        const struct verb *verb = verb_at((enum verb_id)i);
        bool own = str_is(str_of(verb->who), who_name(kind));
        if (own || (kind == WHO_EVERYONE && verb->everyone)) {
            suggest_offer(suggest, str_of(verb->name));
        }
    }
}

/* No verb of this actor: perhaps another one's, perhaps a second client. */
static enum status verb_unknown(struct parser *parser, enum who_kind kind,
                                const struct token *tokens, size_t count)
{
    struct str word = tokens[0].raw;
    struct suggest suggest;
    for (size_t i = 0; i < VERB_COUNT; i++) {
        const struct verb *verb = verb_at((enum verb_id)i);
        if (str_is(word, verb->name)) {
            return parse_fail(
                parser, tokens[0].column, "%s is said of %s%s, not of %s%s",
                verb->name, str_is(str_of(verb->who), "client") ? "a " : "",
                verb->who, kind == WHO_CLIENTS ? "a " : "", who_name(kind));
        }
    }
    suggest_init(&suggest, word);
    bool name = kind == WHO_CLIENTS && count > 1 &&
                (verb_find(STR("client"), tokens[1].raw) ||
                 parse_client(parser, tokens[1].raw) >= 0);
    if (name) {
        suggest_free(&suggest);
        return parse_unknown_client(parser, word, tokens[0].column);
    }
    verb_offer(&suggest, kind);
    return parse_unknown(parser, tokens[0].column, "verb", &suggest);
}

static enum status step_verb(struct parser *parser, struct step *step,
                             const struct token *tokens, size_t count)
{
    if (count == 0) {
        return parse_fail(parser, (uint32_t)parser->raw.n + 1,
                          "expected a verb");
    }
    struct str word = tokens[0].raw;
    step->verb = verb_find(str_of(who_name(step->who_kind)), word);
    if (!step->verb && step->who_kind == WHO_EVERYONE) {
        const struct verb *verb = verb_find(STR("client"), word);
        step->verb = verb && verb->everyone ? verb : NULL;
    }
    return step->verb ? ST_OK
                      : verb_unknown(parser, step->who_kind, tokens, count);
}

/* --- lines -------------------------------------------------------------- */

/* The line as people see it in a report: one blank between words. */
static enum status step_text(struct parser *parser, struct step *step,
                             const struct token *tokens, size_t count)
{
    size_t n = count;
    for (size_t i = 0; i < count; i++) {
        n += tokens[i].raw.n;
    }
    char *p = parse_alloc(parser, n, 1);
    if (!p) {
        return ST_LIMIT;
    }
    step->text = (struct str){p, n - 1};
    for (size_t i = 0; i < count; i++) {
        memcpy(p, tokens[i].raw.p, tokens[i].raw.n);
        p += tokens[i].raw.n;
        if (i + 1 < count) {
            *p++ = ' ';
        }
    }
    return ST_OK;
}

static enum status step_offset(struct parser *parser, struct step *step,
                               const struct token *token)
{
    struct str text = str_skip(token->raw, 1);
    if (!duration_parse(text, &step->after_ms) || step->after_ms < 0) {
        return parse_fail(parser, token->column,
                          "%s is not a duration: expected as +250ms, +2s, "
                          "+5m, +1h or +1d",
                          parse_quote(token->raw).text);
    }
    return ST_OK;
}

static enum status step_tokens(struct parser *parser, struct step *step,
                               const struct token *tokens, size_t count)
{
    enum status status = step_text(parser, step, tokens, count);
    if (status == ST_OK && tokens[0].raw.p[0] == '+') {
        status = step_offset(parser, step, &tokens[0]);
        tokens++;
        count--;
    }
    if (status == ST_OK && count == 0) {
        return parse_fail(parser, (uint32_t)parser->raw.n + 1,
                          "expected who does something after the time");
    }
    size_t used = 0;
    if (status == ST_OK) {
        status = step_who(parser, step, tokens, count, &used);
    }
    if (status == ST_OK) {
        status = step_verb(parser, step, tokens + used, count - used);
    }
    return status == ST_OK
               ? args_parse(parser, step, tokens + used + 1, count - used - 1)
               : status;
}

static enum status step_add(struct parser *parser, const struct token *tokens,
                            size_t count)
{
    struct scenario *now = parser->now;
    enum status status = header_before_steps(parser);
    if (status != ST_OK) {
        return status;
    }
    if (now->step_count == LIMIT_STEPS) {
        return parse_limit(parser, 1, "over %d steps", LIMIT_STEPS);
    }
    struct step *list = parse_grow(parser, now->steps, now->step_count,
                                   &parser->caps.steps, sizeof *list);
    if (!list) {
        return ST_LIMIT;
    }
    now->steps = list;
    struct step *step = &list[now->step_count++];
    *step = (struct step){.line = parser->line, .column = tokens[0].column};
    parser->caps.expects = 0;
    return step_tokens(parser, step, tokens, count);
}

enum status step_parse_onboarding(struct parser *parser, struct token *tokens,
                                  size_t count, struct step *out)
{
    *out = (struct step){.line = parser->line,
                         .column = tokens[0].column,
                         .verb = verb_at(VERB_INSERTS)};
    enum status status = step_text(parser, out, tokens, count);
    status = status == ST_OK ? args_parse(parser, out, tokens, count) : status;
    return status == ST_OK && out->has_at
               ? parse_fail(parser, 1, "onboarding takes no @TIME")
               : status;
}

/* --- bodies and expectations -------------------------------------------- */

static enum status step_body_line(struct parser *parser, struct str text,
                                  uint32_t column)
{
    struct step *step = step_last(parser);
    if (!step || !step->verb->body) {
        return parse_fail(parser, column,
                          "a body line without `sends`, `says` or `frames` "
                          "above it");
    }
    if (step->expect_count > 0) {
        return parse_fail(parser, column, "the body comes before `expects`");
    }
    struct str *list =
        parse_grow(parser, parser->body_lines, parser->body_count,
                   &parser->caps.body_lines, sizeof *list);
    if (!list) {
        return ST_LIMIT;
    }
    parser->body_lines = list;
    text = str_skip(text, 1);
    list[parser->body_count++] =
        text.n > 0 && text.p[0] == ' ' ? str_skip(text, 1) : text;
    step->has_body = true;
    return ST_OK;
}

static void body_join(struct parser *parser, bool expand)
{
    buf_clear(&parser->body);
    for (size_t i = 0; i < parser->body_count; i++) {
        buf_puts(&parser->body, i > 0 ? "\n" : "");
        if (expand) {
            body_expand(parser->body_lines[i], &parser->body);
        } else {
            buf_str(&parser->body, parser->body_lines[i]);
        }
    }
}

/* Of a large body what was written is enough, as long as its lines are told
 * apart: `each` may bring newlines. */
static bool body_is_for_later(const struct parser *parser)
{
    bool later = parser->body.n > BODY_KEPT_MAX;
    for (size_t i = 0; later && i < parser->body_count; i++) {
        struct str line = parser->body_lines[i];
        later = str_find(line, '\n') == line.n;
    }
    return later;
}

static enum status body_keep(struct parser *parser, const struct step *step,
                             bool later, struct str *out)
{
    struct str view = buf_view(&parser->body);
    parser->work += view.n;
    if (!parser->body.failed && parser->work <= PARSE_WORK_MAX) {
        return later || parse_copy(parser, view, out) ? ST_OK : ST_LIMIT;
    }
    parser->line = step->line;
    parser->replaced = false;
    return parser->body.failed
               ? parse_limit(parser, step->column, "a body over %d bytes",
                             BODY_BYTES_MAX)
               : parse_limit(parser, step->column,
                             "this file becomes over %d bytes of scenarios",
                             PARSE_WORK_MAX);
}

enum status step_finish_body(struct parser *parser)
{
    struct step *step = step_last(parser);
    if (parser->body_count == 0) {
        return step ? channels_check_body(parser, step) : ST_OK;
    }
    ASSERT(step);
    body_join(parser, true);
    bool later = body_is_for_later(parser);
    step->body_bytes = parser->body.n;
    enum status status = body_keep(parser, step, later, &step->body);
    if (status == ST_OK) {
        body_join(parser, false);
        if (!str_eq(buf_view(&parser->body), step->body)) {
            status = body_keep(parser, step, false, &step->body_text);
        }
    }
    parser->body_count = 0;
    return status;
}

static enum status step_expects(struct parser *parser,
                                const struct token *tokens, size_t count)
{
    struct step *step = step_last(parser);
    bool alternative = str_is(tokens[0].raw, "or");
    if (alternative && (!step || step->expect_count == 0)) {
        return parse_fail(parser, tokens[0].column,
                          "or without `expects` above it");
    }
    if (!step || !step->verb->answer) {
        return parse_fail(parser, tokens[0].column,
                          "expects without `sends` or `connects` above it");
    }
    if (count == 1) {
        return parse_fail(parser, (uint32_t)parser->raw.n + 1,
                          "expected more, as in: %s",
                          alternative ? "or status=4xx grade=nonstrict"
                                      : "expects status=400");
    }
    struct expectation *list =
        parse_grow(parser, step->expects, step->expect_count,
                   &parser->caps.expects, sizeof *list);
    if (!list) {
        return ST_LIMIT;
    }
    enum status status = channels_check_expects(parser, step, &tokens[0]);
    if (status != ST_OK) {
        return status;
    }
    step->expects = list;
    struct expectation *expect = &list[step->expect_count++];
    *expect = (struct expectation){.line = parser->line,
                                   .column = tokens[0].column,
                                   .alternative = alternative};
    return args_parse_expects(parser, tokens + 1, count - 1, expect);
}

enum status step_parse(struct parser *parser, struct str line)
{
    size_t at = 0, count;
    struct token *tokens;
    while (lex_is_blank(line.p[at])) {
        at++;
    }
    if (line.p[at] == '|') {
        return step_body_line(parser, str_skip(line, at), (uint32_t)at + 1);
    }
    enum status status = step_finish_body(parser);
    if (status == ST_OK) {
        status = parse_tokens(parser, line, &tokens, &count);
    }
    if (status != ST_OK) {
        return status;
    }
    return str_is(tokens[0].raw, "expects") || str_is(tokens[0].raw, "or")
               ? step_expects(parser, tokens, count)
               : step_add(parser, tokens, count);
}
