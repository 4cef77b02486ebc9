/* SPDX-License-Identifier: MIT */
/* print - a scenario as text that parses to the same.
 * Layer: harness/scenario. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "harness/scenario/body.h"
#include "harness/scenario/format.h"
#include "harness/scenario/lex.h"
#include "harness/scenario/values.h"
#include "harness/scenario/when.h"
#include "protocol/dialect.h"
#include "protocol/json.h"

enum { PRINT_LINE = 72 }; /* clients on one line until here */

/* Can it stand without quotes where a value is? */
static bool is_bare(struct str s)
{
    static const char *const special = "\"[{#@|+";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == 0x7f || c == '"') {
            return false;
        }
    }
    return s.n > 0 && !strchr(special, s.p[0]);
}

static void put_text(struct buf *out, struct str s, bool quoted)
{
    if (quoted) {
        json_write_string(out, s);
    } else {
        buf_str(out, s);
    }
}

/* --- headers ------------------------------------------------------------ */

static void put_words(struct buf *out, const char *keyword,
                      const struct str *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, i == 0 ? keyword : "");
        buf_putc(out, ' ');
        buf_str(out, words[i]);
    }
    buf_puts(out, count > 0 ? "\n" : "");
}

static bool client_same(const struct client_decl *a,
                        const struct client_decl *b)
{
    return str_eq(a->user, b->user) && str_eq(a->app, b->app) &&
           str_eq(a->tab_of, b->tab_of) && a->guest == b->guest &&
           a->offline == b->offline;
}

static void put_client_options(struct buf *out, const struct client_decl *decl)
{
    if (decl->tab_of.n > 0) {
        buf_puts(out, " tab=");
        buf_str(out, decl->tab_of);
    } else {
        if (!str_is(decl->user, "user")) {
            buf_puts(out, " user=");
            put_text(out, decl->user, !is_bare(decl->user));
        }
        if (!str_is(decl->app, "app")) {
            buf_puts(out, " app=");
            put_text(out, decl->app, !is_bare(decl->app));
        }
    }
    buf_puts(out, decl->guest ? " guest" : "");
    buf_puts(out, decl->offline ? " offline" : "");
    buf_putc(out, '\n');
}

static void put_clients(struct buf *out, const struct scenario *scenario)
{
    size_t i = 0;
    while (i < scenario->client_count) {
        const struct client_decl *first = &scenario->clients[i];
        size_t start = out->n;
        buf_puts(out, "clients");
        do {
            buf_putc(out, ' ');
            buf_str(out, scenario->clients[i++].name);
        } while (i < scenario->client_count && out->n - start < PRINT_LINE &&
                 client_same(first, &scenario->clients[i]));
        put_client_options(out, first);
    }
}

static void put_collections(struct buf *out, const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->collection_count; i++) {
        const struct collection_decl *decl = &scenario->collections[i];
        buf_puts(out, "collection ");
        buf_str(out, decl->name);
        for (size_t j = 0; j < decl->field_count; j++) {
            buf_printf(out, " %.*s:%.*s", STR_ARG(decl->fields[j].name),
                       STR_ARG(decl->fields[j].type));
        }
        buf_putc(out, '\n');
    }
}

static void put_range(struct buf *out, const char *keyword, int64_t low_ms,
                      int64_t high_ms)
{
    buf_puts(out, keyword);
    buf_putc(out, ' ');
    when_write(out, low_ms);
    if (high_ms != low_ms) {
        buf_puts(out, "..");
        when_write(out, high_ms);
    }
    buf_putc(out, '\n');
}

static void put_setting(struct buf *out, const char *keyword, const char *word,
                        bool there)
{
    if (there) {
        buf_printf(out, "%s %s\n", keyword, word);
    }
}

static void put_settings(struct buf *out, const struct scenario *s)
{
    put_setting(out, "worlds", "virtual", s->worlds == WORLD_VIRTUAL);
    put_setting(out, "worlds", "wire", s->worlds == WORLD_WIRE);
    put_setting(out, "dialect", "v1", s->dialects == DIALECT_V1);
    put_setting(out, "dialect", "v2", s->dialects == DIALECT_V2);
    put_setting(out, "timers", "on", s->timers);
    put_setting(out, "strategy", "client-wins",
                str_is(s->strategy, "client-wins"));
    put_setting(out, "strategy", "server-wins",
                str_is(s->strategy, "server-wins"));
    put_setting(out, "values", "repeated", s->repeated_values);
    put_setting(out, "needs", "restart", s->restartable);
    buf_puts(out, s->alone ? "alone\n" : "");
    if (s->page_size > 0) {
        buf_printf(out, "page %" PRId64 "\n", s->page_size);
    }
    if (s->latency_low_ms != 20 || s->latency_high_ms != 20) {
        put_range(out, "latency", s->latency_low_ms, s->latency_high_ms);
    }
    if (s->server_low_ms != 0 || s->server_high_ms != 0) {
        put_range(out, "takes", s->server_low_ms, s->server_high_ms);
    }
    if (s->planted.n > 0) {
        buf_printf(out, "plants %.*s\ncaught by=%.*s clause=%.*s\n",
                   STR_ARG(s->planted), STR_ARG(s->caught_by),
                   STR_ARG(s->caught_clause));
    }
}

/* --- steps -------------------------------------------------------------- */

static void put_ref(struct buf *out, const struct arg *word)
{
    size_t slash = str_find(word->value, '/');
    if (!word->quoted) {
        buf_str(out, word->value);
        return;
    }
    buf_str(out, str_take(word->value, slash + 1));
    json_write_string(out, str_skip(word->value, slash + 1));
}

/* Blanks and signs that came by {\x20} need quotes around the target. */
static void put_target(struct buf *out, const struct arg *word)
{
    struct buf escaped;
    buf_init(&escaped, LIMIT_TARGET_BYTES * (size_t)8);
    body_escape(word->value, &escaped);
    struct str text = buf_view(&escaped);
    bool path = text.n > 0 && text.p[0] == '/' && is_bare(text);
    put_text(out, text, !path);
    buf_free(&escaped);
}

static void put_word(struct buf *out, const struct step *step, size_t index)
{
    const struct arg *word = &step->words[index];
    buf_putc(out, ' ');
    enum words_kind kind = step->verb->words;
    if (kind == WORDS_REF || kind == WORDS_REFS ||
        (kind == WORDS_HEARD && heard_kind(step->verb, word) == HEARD_RECORD)) {
        put_ref(out, word);
    } else if (kind == WORDS_TARGET ||
               (kind == WORDS_METHOD_TARGET && index == 1)) {
        put_target(out, word);
    } else {
        put_text(out, word->value, word->quoted);
    }
}

static void put_arg(struct buf *out, const struct arg *arg, bool quote_key)
{
    buf_putc(out, ' ');
    put_text(out, arg->key, quote_key);
    buf_puts(out, lex_op_name(arg->op));
    put_text(out, arg->value, arg->quoted);
}

/* As the parser has it: a bare name is a declared one. */
static bool field_needs_quotes(const struct scenario *scenario,
                               const struct step *step, const struct arg *arg)
{
    struct str name = step_record(step)->value;
    name = str_take(name, str_find(name, '/'));
    if (!lex_is_name(arg->key) || str_is(arg->key, "clause") ||
        option_find(step->verb->options, arg->key)) {
        return true;
    }
    for (size_t i = 0; i < scenario->collection_count; i++) {
        const struct collection_decl *decl = &scenario->collections[i];
        if (!str_eq(decl->name, name) || decl->field_count == 0) {
            continue;
        }
        for (size_t j = 0; j < decl->field_count; j++) {
            if (str_eq(decl->fields[j].name, arg->key)) {
                return !value_has_type(arg, decl->fields[j].type);
            }
        }
        return !choices_have("id|createdAt|updatedAt|deletedAt", arg->key);
    }
    return false;
}

static void put_args(struct buf *out, const struct scenario *scenario,
                     const struct step *step)
{
    for (size_t i = 0; i < step->word_count; i++) {
        put_word(out, step, i);
    }
    for (size_t i = 0; i < step->field_count; i++) {
        const struct arg *field = &step->fields[i];
        put_arg(out, field, field_needs_quotes(scenario, step, field));
    }
    for (size_t i = 0; i < step->option_count; i++) {
        put_arg(out, &step->options[i], false);
    }
    if (step->has_at) {
        buf_printf(out, " @%.*s", STR_ARG(step->at));
    }
    if (step->clause.n > 0) {
        buf_printf(out, " clause=%.*s", STR_ARG(step->clause));
    }
}

static void put_body(struct buf *out, const struct step *step)
{
    bool written = step->body_text.n > 0;
    struct str rest = written ? step->body_text : step->body;
    for (bool more = true; more;) {
        size_t end = str_find(rest, '\n');
        more = end < rest.n;
        buf_puts(out, " | ");
        if (written) {
            body_respell(str_take(rest, end), out);
        } else {
            body_escape(str_take(rest, end), out);
        }
        buf_putc(out, '\n');
        rest = str_skip(rest, end + 1);
    }
}

static void put_expects(struct buf *out, const struct expectation *expect)
{
    buf_puts(out, expect->alternative ? " or" : " expects");
    for (size_t i = 0; i < expect->count; i++) {
        put_arg(out, &expect->args[i], false);
    }
    if (expect->clause.n > 0) {
        buf_printf(out, " clause=%.*s", STR_ARG(expect->clause));
    }
    if (expect->grade != GRADE_PASS) {
        buf_printf(out, " grade=%s", grade_name(expect->grade));
    }
    buf_putc(out, '\n');
}

static void put_who(struct buf *out, const struct scenario *scenario,
                    const struct step *step)
{
    if (step->who_kind != WHO_CLIENTS) {
        static const char *const names[] = {"",      "everyone", "net",
                                            "clock", "server",   "storm"};
        buf_puts(out, names[step->who_kind]);
        return;
    }
    for (size_t i = 0; i < step->who_count; i++) {
        buf_puts(out, i > 0 ? " " : "");
        buf_str(out, scenario->clients[step->who[i]].name);
    }
}

void step_print(const struct scenario *scenario, const struct step *step,
                struct buf *out)
{
    if (step->after_ms > 0) {
        buf_putc(out, '+');
        when_write(out, step->after_ms);
        buf_putc(out, ' ');
    }
    put_who(out, scenario, step);
    buf_putc(out, ' ');
    buf_puts(out, step->verb->name);
    put_args(out, scenario, step);
}

static void put_step(struct buf *out, const struct scenario *scenario,
                     const struct step *step)
{
    buf_putc(out, ' ');
    step_print(scenario, step, out);
    buf_putc(out, '\n');
    if (step->has_body) {
        put_body(out, step);
    }
    for (size_t i = 0; i < step->expect_count; i++) {
        put_expects(out, &step->expects[i]);
    }
}

static void put_scenario(struct buf *out, const struct scenario *scenario)
{
    if (scenario->variant.n > 0) {
        buf_puts(out, "# ");
        buf_str(out, scenario->variant);
        buf_putc(out, '\n');
    }
    buf_puts(out, "scenario ");
    json_write_string(out, scenario->name);
    buf_putc(out, '\n');
    put_words(out, "covers", scenario->covers, scenario->cover_count);
    put_words(out, "source", scenario->sources, scenario->source_count);
    put_clients(out, scenario);
    put_collections(out, scenario);
    put_settings(out, scenario);
    for (size_t i = 0; i < scenario->onboarding_count; i++) {
        buf_puts(out, "onboarding");
        put_args(out, scenario, &scenario->onboarding[i]);
        buf_putc(out, '\n');
    }
    buf_putc(out, '\n');
    for (size_t i = 0; i < scenario->step_count; i++) {
        put_step(out, scenario, &scenario->steps[i]);
    }
}

void scenario_print(const struct scenario *scenario, struct buf *out)
{
    struct buf plain;
    buf_init(&plain, out->max - out->n);
    put_scenario(&plain, scenario);
    format_text(buf_view(&plain), out);
    out->failed |= plain.failed;
    buf_free(&plain);
}
