/* SPDX-License-Identifier: MIT */
/* probe - see probe.h.  Layer: harness/run.
 *
 * Three devices of one user look at an app that nobody else has: what one of
 * them pushes is pulled by another. */
#include "harness/run/probe.h"

#include <string.h>

#include "harness/run/probe_ask.h"
#include "protocol/instant.h"
#include "protocol/json.h"
#include "reports/escape.h"

enum {
    FIRST_BATCH = 1000,
    BODY_SLACK = 4096, /* what is around a large value, and more */
    BODY_LARGE = (10 << 20) + (512 << 10)
};

static void fact(struct prober *prober, const char *name, struct str value,
                 struct str note)
{
    struct probe *out = prober->out;
    if (out->fact_count < PROBE_FACTS) {
        out->facts[out->fact_count++] =
            (struct report_fact){str_of(name), value, note};
    }
}

static struct str yes_no(bool yes)
{
    return yes ? STR("yes") : STR("no");
}

static bool is_2xx(const struct ending *ending)
{
    return ending->kind == REPLY_ANSWER && ending->reply.status >= 200 &&
           ending->reply.status < 300;
}

/* It could not do it, which says nothing of what it can. */
static bool is_5xx(const struct ending *ending)
{
    return ending->kind == REPLY_ANSWER && ending->reply.status >= 500;
}

/* "413", or why there was no answer. */
static struct str outcome_of(struct prober *prober, const struct ending *ending)
{
    return ending->kind == REPLY_ANSWER
               ? arena_printf(prober->arena, "%d", ending->reply.status)
               : str_of(reply_kind_name(ending->kind));
}

/* ---- may we? ---- */

/* What to do about it depends on where the token came from. */
static enum status refused(const struct prober *prober, int status,
                           struct err *err)
{
    switch (tokens_source(prober->config->tokens)) {
    case TOKENS_ISSUER:
        return err_set(err, ST_USAGE,
                       "the server refuses a token that the suite signed (%d "
                       "to a pull): does it use the suite's key set, and fetch "
                       "it again for a new key? See docs/issuer.md",
                       status);
    case TOKENS_FIXED:
    case TOKENS_COMMAND:
        return err_set(err, ST_USAGE,
                       "the server refuses the token that the suite was given "
                       "(%d to a pull)",
                       status);
    case TOKENS_NAME:
        break;
    }
    return err_set(err, ST_USAGE,
                   "the server refuses the suite's token (%d to a pull): say "
                   "--token, --token-command or --issuer; see docs/issuer.md",
                   status);
}

/* Nothing can be said of somebody who does not know what a pull is; a mistake
 * in the address is likelier than five hundred in a server. */
static enum status is_it_one(struct prober *prober,
                             const struct http_reply *reply, struct err *err)
{
    static const char hint[] = "is this the address of the sync API? Other "
                               "paths and names are for --dialect FILE";
    const struct json_node *root = NULL;
    struct err why = {.status = ST_OK};
    if (reply->status == 404 || reply->status == 405 || reply->status == 501) {
        return err_set(err, ST_NETWORK, "a pull (GET %.*s) got %d: %s",
                       STR_ARG(prober_target(prober, "/pull")), reply->status,
                       hint);
    }
    if (reply->status >= 200 && reply->status < 300 &&
        json_read(reply->body, &json_limits_default, prober->arena, &root,
                  &why) != ST_OK) {
        return err_set(err, ST_NETWORK,
                       "a pull (GET %.*s) got %d and no JSON (%s): %s",
                       STR_ARG(prober_target(prober, "/pull")), reply->status,
                       why.text, hint);
    }
    return ST_OK;
}

/* Who can neither pull nor push, not even nothing, fails everywhere for one
 * reason; if only one of them is broken, cases are for that. */
static enum status does_it_work(struct prober *prober, struct err *err)
{
    enum { ANSWER = 120 };
    struct ending push = prober_push(prober, "a", STR(""));
    struct ending pull = prober_pull(prober, "b", "probe", NULL);
    if (!is_5xx(&push) || !is_5xx(&pull)) {
        return ST_OK;
    }
    struct buf answer;
    buf_init(&answer, 8 * ANSWER);
    escape_line(&answer, pull.reply.body, ANSWER);
    err_set(err, ST_NETWORK,
            "a pull (GET %.*s) got %d and an empty push %d: one of them "
            "must work before anything can be checked; the answer was "
            "\"%.*s\"",
            STR_ARG(prober_target(prober, "/pull")), pull.reply.status,
            push.reply.status, STR_ARG(buf_view(&answer)));
    buf_free(&answer);
    return err->status;
}

static enum status look_at_access(struct prober *prober, struct err *err)
{
    struct ending ending = prober_pull(prober, "b", "probe", NULL);
    int status = ending.kind == REPLY_ANSWER ? ending.reply.status : 0;
    if (status == 0) {
        return err_set(err, ST_NETWORK, "%.*s", STR_ARG(ending.error));
    }
    if (status == 401 || status == 403) {
        return refused(prober, status, err);
    }
    if (status == 402) {
        return err_set(err, ST_USAGE,
                       "the server says that sync is not paid for (402): give "
                       "users for whom it is");
    }
    enum status known = is_it_one(prober, &ending.reply, err);
    return known == ST_OK && is_5xx(&ending) ? does_it_work(prober, err)
                                             : known;
}

static void look_at_strangers(struct prober *prober)
{
    struct ending ending = prober_ask(
        prober, &(struct probe_request){
                    .method = "GET",
                    .target = prober_target(prober, "/pull?collection=probe&"
                                                    "since=" PROBE_EPOCH)});
    fact(prober, "auth.required",
         yes_no(ending.kind == REPLY_ANSWER && ending.reply.status == 401),
         arena_printf(prober->arena, "a pull without a token: %.*s",
                      STR_ARG(outcome_of(prober, &ending))));
}

/* ---- the dialect ---- */

static bool takes_key(struct prober *prober, const char *key)
{
    struct str change = arena_printf(
        prober->arena,
        "{\"table\":\"probe_%s\",\"id\":\"%s\",\"op\":\"update\",\"fields\":{"
        "\"n\":{\"value\":1,\"%s\":\"2026-03-27T09:00:00.000Z\"}}}",
        key, key, key);
    struct ending ending = prober_push(prober, "a", change);
    return is_2xx(&ending);
}

static bool says_has_more(struct prober *prober, const struct ending *ending)
{
    const struct json_node *root = NULL;
    const char *name = dialect_name(prober->out->dialect, NAME_HAS_MORE).p;
    return is_2xx(ending) &&
           json_read(ending->reply.body, &json_limits_default, prober->arena,
                     &root, NULL) == ST_OK &&
           json_type(root) == JSON_OBJECT && json_member(root, name);
}

static void look_at_dialect(struct prober *prober, const struct dialect *asked)
{
    if (asked && asked->base != asked) {
        fact(prober, "dialect", str_of(asked->name), str_of(asked->file));
        return;
    }
    bool at = takes_key(prober, "at"), updated = takes_key(prober, "updatedAt");
    struct ending ending = prober_pull(prober, "b", "probe", NULL);
    bool pages = says_has_more(prober, &ending);
    bool v2 = at != updated ? at : pages || !at;
    struct probe *out = prober->out;
    out->dialect = asked ? asked : dialect_find(v2 ? STR("v2") : STR("v1"));
    fact(prober, "dialect", str_of(out->dialect->name),
         asked ? STR("as asked for")
               : arena_printf(prober->arena,
                              "a stamp under \"at\" is %s, under "
                              "\"updatedAt\" %s; answers %s hasMore",
                              at ? "taken" : "refused",
                              updated ? "taken" : "refused",
                              pages ? "say" : "do not say"));
    if (asked && at != updated &&
        asked->bit != (at ? (unsigned)DIALECT_V2 : (unsigned)DIALECT_V1)) {
        fact(prober, "dialect.hint", at ? STR("v2") : STR("v1"),
             arena_printf(prober->arena,
                          "stamps under \"%s\" are refused: is it --dialect "
                          "%s?",
                          at ? "updatedAt" : "at", at ? "v2" : "v1"));
    }
}

/* ---- channels ---- */

static void look_at_socket(struct prober *prober, bool all)
{
    const char *name = all ? "channels.socket-all" : "channels.socket";
    struct asked_channel asked = prober_socket(prober, all);
    /* Whoever answers 401 has such a path. */
    bool there = asked.opened || asked.status == 401 || asked.status == 403;
    bool unclear = asked.status == 0 || asked.status >= 500;
    *(all ? &prober->out->socket_all : &prober->out->socket) =
        there || (unclear && asked.status != 501);
    struct str how =
        asked.opened
            ? (asked.heard ? STR("opened, auth is answered") : STR("opened"))
        : asked.status > 0
            ? arena_printf(prober->arena, "the upgrade got %d", asked.status)
            : asked.error;
    fact(prober, name,
         !there && unclear && asked.status != 501 ? STR("unknown")
                                                  : yes_no(there),
         how);
}

static void look_at_stream(struct prober *prober)
{
    struct asked_channel asked = prober_stream(prober);
    int status = asked.status;
    bool absent = status == 404 || status == 405 || status == 501;
    /* Without an answer there is something that takes its time: cases will
     * tell. */
    prober->out->stream = !absent;
    fact(prober, "channels.stream",
         status > 0 && (status < 500 || absent) ? yes_no(!absent)
                                                : STR("unknown"),
         status > 0 ? arena_printf(prober->arena, "answered %d", status)
                    : STR("no answer in time"));
}

/* ---- limits ---- */

static size_t count_changes(struct prober *prober, const struct ending *ending,
                            bool *more)
{
    struct codec_rules rules = codec_rules_default(prober->out->dialect);
    struct response response;
    *more = false;
    if (!is_2xx(ending) ||
        response_read(ending->reply.body, &rules, prober->arena, &response,
                      NULL) != ST_OK) {
        return 0;
    }
    *more = response.has_more;
    return response.count;
}

static struct str many_changes(struct prober *prober, size_t from, size_t to)
{
    struct buf text;
    buf_init(&text, 4 << 20);
    for (size_t i = from; i < to; i++) {
        buf_printf(&text,
                   "%s{\"table\":\"many\",\"id\":\"%zu\",\"op\":\"insert\","
                   "\"data\":{\"n\":%zu,\"updatedAt\":"
                   "\"2026-03-27T09:00:00.000Z\"}}",
                   i > from ? "," : "", i, i);
    }
    struct str out = arena_str(prober->arena, buf_view(&text));
    buf_free(&text);
    return out;
}

static void look_at_pages(struct prober *prober)
{
    struct probe *out = prober->out;
    bool more = false;
    struct ending first =
        prober_push(prober, "a", many_changes(prober, 0, FIRST_BATCH));
    fact(prober, "push.batch-1000", yes_no(is_2xx(&first)),
         arena_printf(prober->arena, "answered %.*s",
                      STR_ARG(outcome_of(prober, &first))));
    if (!is_2xx(&first)) {
        return;
    }
    prober_push(prober, "a", many_changes(prober, FIRST_BATCH, PROBE_CHANGES));
    struct ending pulled = prober_pull(prober, "b", "many", NULL);
    size_t count = count_changes(prober, &pulled, &more);
    if (count > 0 && count < PROBE_CHANGES) {
        out->page_size = count;
        fact(prober, "pull.page", arena_printf(prober->arena, "%zu", count),
             more ? STR("and hasMore says that it goes on")
                  : STR("and hasMore does not say that it goes on"));
    } else {
        fact(prober, "pull.page", STR("none"),
             arena_printf(prober->arena, "%zu of %d changes in one answer",
                          count, PROBE_CHANGES));
    }
}

/* Limits that people set: of those the largest that a body just below is taken
 * for.  Servers without one are asked once. */
static void look_at_bodies(struct prober *prober)
{
    static const size_t mib[] = {10, 8, 5, 4, 2, 1};
    struct arena *arena = prober->arena;
    struct ending over = prober_push_large(prober, BODY_LARGE);
    struct str refusal = outcome_of(prober, &over);
    if (is_2xx(&over)) {
        fact(prober, "push.body", STR("no limit"),
             arena_printf(arena, "%d KiB were taken", BODY_LARGE >> 10));
        return;
    }
    for (size_t i = 0; i < sizeof(mib) / sizeof(mib[0]); i++) {
        struct ending ending =
            prober_push_large(prober, (mib[i] << 20) - BODY_SLACK);
        if (is_2xx(&ending)) {
            prober->out->body_limit = mib[i] << 20;
            fact(prober, "push.body", arena_printf(arena, "%zu MiB", mib[i]),
                 arena_printf(arena, "just below is taken; %d KiB got %.*s",
                              BODY_LARGE >> 10, STR_ARG(refusal)));
            return;
        }
        refusal = outcome_of(prober, &ending);
    }
    fact(prober, "push.body", STR("under 1 MiB"),
         arena_printf(arena, "just below a megabyte got %.*s",
                      STR_ARG(refusal)));
}

/* ---- ways ---- */

static void look_at_atoms(struct prober *prober)
{
    bool more;
    struct ending ending = prober_push(
        prober, "a",
        STR("{\"table\":\"atoms\",\"id\":\"1\",\"op\":\"insert\",\"data\":{"
            "\"n\":1,\"updatedAt\":\"2026-03-27T09:00:00.000Z\"}},"
            "{\"table\":\"atoms\",\"id\":\"2\",\"op\":\"upsert\"}"));
    struct ending pulled = prober_pull(prober, "b", "atoms", NULL);
    size_t kept = count_changes(prober, &pulled, &more);
    bool whole = !is_2xx(&ending) && kept == 0;
    bool unclear = kept == 0 && (is_5xx(&ending) || !is_2xx(&pulled));
    fact(prober, "push.atomic", unclear ? STR("unknown") : yes_no(whole),
         arena_printf(prober->arena,
                      "a good and a bad change in one push: %.*s, %zu kept",
                      STR_ARG(outcome_of(prober, &ending)), kept));
}

static void look_at_log(struct prober *prober)
{
    bool more;
    prober_push(prober, "a", prober_edit(prober, "log", "1", 1));
    prober_push(prober, "a", prober_edit(prober, "log", "1", 2));
    struct ending pulled = prober_pull(prober, "b", "log", NULL);
    struct ending own = prober_pull(prober, "a", "log", NULL);
    size_t count = count_changes(prober, &pulled, &more);
    size_t echoed = count_changes(prober, &own, &more);
    fact(prober, "pull.delivers",
         count >= 2   ? STR("changes")
         : count == 1 ? STR("merged records")
                      : STR("unknown"),
         arena_printf(prober->arena, "two edits of one field came as %zu",
                      count));
    fact(prober, "pull.first-sync-own",
         count + echoed > 0 ? yes_no(echoed > 0) : STR("unknown"),
         STR("a client gets its own records back from the first-sync cursor"));
}

static void look_at_cursor(struct prober *prober)
{
    const struct json_node *root = NULL;
    struct ending ending = prober_pull(prober, "b", "log", NULL);
    if (!is_2xx(&ending) ||
        json_read(ending.reply.body, &json_limits_default, prober->arena, &root,
                  NULL) != ST_OK ||
        json_type(root) != JSON_OBJECT) {
        return;
    }
    const struct json_node *until = json_member(
        root, dialect_name(prober->out->dialect, NAME_SYNCED_UNTIL).p);
    struct str text = until && json_type(until) == JSON_STRING
                          ? json_string(until)
                          : (struct str){0};
    struct instant at;
    size_t dot = str_find(text, '.'), digits = 0;
    while (dot + 1 + digits < text.n && text.p[dot + 1 + digits] >= '0' &&
           text.p[dot + 1 + digits] <= '9') {
        digits++;
    }
    bool time = text.n > 0 && instant_parse(text, &at, NULL) == ST_OK;
    fact(prober, "cursor",
         time ? arena_printf(prober->arena, "a time with %zu digits", digits)
              : STR("not a time"),
         str_take(text, 64));
}

static void look_at_origins(struct prober *prober)
{
    const struct http_header headers[] = {
        {STR("Origin"), STR("http://localhost:5173")},
        {STR("Access-Control-Request-Method"), STR("POST")}};
    struct ending ending = prober_ask(
        prober, &(struct probe_request){.method = "OPTIONS",
                                        .target = prober_target(prober, ""),
                                        .headers = headers,
                                        .header_count = 2});
    struct str allowed =
        ending.kind == REPLY_ANSWER
            ? http_header_find(ending.reply.headers, ending.reply.header_count,
                               "Access-Control-Allow-Origin")
            : (struct str){0};
    fact(prober, "cors",
         is_5xx(&ending) && ending.reply.status != 501 ? STR("unknown")
                                                       : yes_no(allowed.n > 0),
         arena_printf(prober->arena,
                      "a preflight from http://localhost:5173 got %.*s",
                      STR_ARG(outcome_of(prober, &ending))));
}

enum status probe_run(const struct probe_config *config, struct arena *arena,
                      struct probe *out, struct err *err)
{
    struct prober prober = {.config = config, .arena = arena, .out = out};
    *out = (struct probe){.dialect = config->dialect ? config->dialect
                                                     : dialect_find(STR("v2"))};
    enum status status = prober_begin(&prober, err);
    if (status == ST_OK) {
        status = look_at_access(&prober, err);
    }
    if (status != ST_OK) {
        return status;
    }
    look_at_dialect(&prober, config->dialect);
    look_at_strangers(&prober);
    look_at_socket(&prober, false);
    look_at_socket(&prober, true);
    look_at_stream(&prober);
    look_at_pages(&prober);
    look_at_bodies(&prober);
    look_at_atoms(&prober);
    look_at_log(&prober);
    look_at_cursor(&prober);
    look_at_origins(&prober);
    return ST_OK;
}
