/* SPDX-License-Identifier: MIT */
/* dump - everything that a scenario means as text, to compare two of them. */
#include <inttypes.h>

#include "tests/scenario/suites.h"

static void put_str(struct buf *out, const char *name, struct str s)
{
    buf_printf(out, "  %s %zu:%.*s\n", name, s.n, STR_ARG(s));
}

static void put_args(struct buf *out, const char *name, const struct arg *args,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "  %s op%d ms%" PRId64 " [%.*s]\n", name, args[i].op,
                   args[i].ms, STR_ARG(args[i].key));
        /* How a word was spelled does not matter, what it says does. */
        put_str(out, "value", args[i].value);
        if (args[i].key.n > 0 || name[0] != 'w') {
            put_str(out, "json", args[i].json);
        }
    }
}

static void put_step(struct buf *out, const struct step *step)
{
    buf_printf(out, "step +%" PRId64 " who%d %s\n", step->after_ms,
               step->who_kind, step->verb->name);
    for (size_t i = 0; i < step->who_count; i++) {
        buf_printf(out, "  who %u\n", step->who[i]);
    }
    put_args(out, "word", step->words, step->word_count);
    put_args(out, "option", step->options, step->option_count);
    put_args(out, "field", step->fields, step->field_count);
    if (step->has_at) {
        put_str(out, "at", step->at);
    }
    if (step->has_body) {
        put_str(out, "body", step->body);
        if (step->body_bytes > step->body.n) {
            put_str(out, "large body", step->body_text);
        }
    }
    put_str(out, "clause", step->clause);
    for (size_t i = 0; i < step->expect_count; i++) {
        put_args(out, "expects", step->expects[i].args, step->expects[i].count);
        put_str(out, "expects clause", step->expects[i].clause);
        buf_printf(out, "  or%d grade%d\n", step->expects[i].alternative,
                   step->expects[i].grade);
    }
}

static void put_names(struct buf *out, const struct scenario *s)
{
    put_str(out, "name", s->name);
    for (size_t i = 0; i < s->cover_count; i++) {
        put_str(out, "covers", s->covers[i]);
    }
    for (size_t i = 0; i < s->source_count; i++) {
        put_str(out, "source", s->sources[i]);
    }
    for (size_t i = 0; i < s->client_count; i++) {
        const struct client_decl *c = &s->clients[i];
        put_str(out, "client", c->name);
        put_str(out, "user", c->user);
        put_str(out, "app", c->app);
        put_str(out, "tab", c->tab_of);
        buf_printf(out, "  guest%d offline%d\n", c->guest, c->offline);
    }
    for (size_t i = 0; i < s->collection_count; i++) {
        const struct collection_decl *c = &s->collections[i];
        put_str(out, "collection", c->name);
        for (size_t j = 0; j < c->field_count; j++) {
            put_str(out, "field", c->fields[j].name);
            put_str(out, "type", c->fields[j].type);
        }
    }
}

static void put_scenario(struct buf *out, const struct scenario *s)
{
    put_names(out, s);
    buf_printf(
        out,
        "worlds%u dialects%u timers%d restart%d alone%d repeated%d page%" PRId64
        " latency%" PRId64 "..%" PRId64 " server%" PRId64 "..%" PRId64 "\n",
        s->worlds, s->dialects, s->timers, s->restartable, s->alone,
        s->repeated_values, s->page_size, s->latency_low_ms, s->latency_high_ms,
        s->server_low_ms, s->server_high_ms);
    put_str(out, "strategy", s->strategy);
    put_str(out, "planted", s->planted);
    put_str(out, "caught by", s->caught_by);
    put_str(out, "caught clause", s->caught_clause);
    for (size_t i = 0; i < s->onboarding_count; i++) {
        buf_puts(out, "onboarding ");
        put_step(out, &s->onboarding[i]);
    }
    for (size_t i = 0; i < s->step_count; i++) {
        put_step(out, &s->steps[i]);
    }
}

static struct str keep(struct buf *out)
{
    ck_assert(!out->failed);
    struct str text = arena_str(&arena, buf_view(out));
    buf_free(out);
    return text;
}

struct str dump(const struct scenario *scenario)
{
    struct buf out;
    buf_init(&out, (size_t)256 << 20);
    put_scenario(&out, scenario);
    return keep(&out);
}

struct str dump_all(const struct scenario_list *list)
{
    struct buf out;
    buf_init(&out, (size_t)256 << 20);
    for (size_t i = 0; i < list->count; i++) {
        put_scenario(&out, &list->items[i]);
    }
    return keep(&out);
}
