/* SPDX-License-Identifier: MIT */
/* channels - rules of live channels.  Layer: harness/scenario. */
#include "harness/scenario/channels.h"

#include <string.h>

#include "protocol/dialect.h"

enum { KIND_SOCKET = 1, KIND_FRAMES = 2, KIND_STREAM = 4 };
enum { CHANNELS_MAX = 64 };

/* --- questions about steps ---------------------------------------------- */

bool target_is_socket(struct str target)
{
    return str_starts(target, STR("/ws"));
}

bool scenario_listens(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct step *step = &scenario->steps[i];
        enum verb_id id = step->verb->id;
        if (id == VERB_CONNECTS ||
            (id == VERB_LISTENS && !str_is(step->words[0].value, "off"))) {
            return true;
        }
    }
    return false;
}

const struct arg *step_record(const struct step *step)
{
    if (step->verb->words != WORDS_HEARD) {
        return step->word_count > 0 ? &step->words[0] : NULL;
    }
    for (size_t i = 0; i < step->word_count; i++) {
        if (heard_kind(step->verb, &step->words[i]) == HEARD_RECORD) {
            return &step->words[i];
        }
    }
    return NULL;
}

static bool option_says(const struct step *step, const char *key,
                        const char *word)
{
    const struct arg *arg = step_option(step, key);
    return arg && str_is(arg->value, word);
}

/* --- what lines above have opened --------------------------------------- */

static struct str channel_name(const struct step *step)
{
    const struct arg *on = step_option(step, "on");
    return on ? on->value : STR("raw");
}

/* The first channel of a client; NULL: it has had none. */
static struct channel_seen *channel_first(const struct parser *parser,
                                          uint32_t client)
{
    uint32_t first =
        parser->channel_first ? parser->channel_first[client] : UINT32_MAX;
    return first == UINT32_MAX ? NULL : &parser->channels[first];
}

static struct channel_seen *channel_next(const struct parser *parser,
                                         const struct channel_seen *seen)
{
    return seen->next == UINT32_MAX ? NULL : &parser->channels[seen->next];
}

static enum status channel_add(struct parser *parser, uint32_t client,
                               struct channel_seen channel)
{
    size_t clients = parser->now->client_count;
    if (!parser->channel_first) {
        parser->channel_first =
            parse_alloc(parser, clients, sizeof *parser->channel_first);
        if (!parser->channel_first) {
            return ST_LIMIT;
        }
        memset(parser->channel_first, 0xff,
               clients * sizeof *parser->channel_first);
    }
    struct channel_seen *list =
        parse_grow(parser, parser->channels, parser->channel_count,
                   &parser->caps.channels, sizeof *list);
    if (!list) {
        return ST_LIMIT;
    }
    parser->channels = list;
    channel.next = parser->channel_first[client];
    parser->channel_first[client] = (uint32_t)parser->channel_count;
    list[parser->channel_count++] = channel;
    return ST_OK;
}

static enum status channel_remember(struct parser *parser,
                                    const struct step *step, uint32_t client,
                                    struct channel_seen channel)
{
    size_t count = 0;
    struct channel_seen *seen = channel_first(parser, client);
    for (; seen; seen = channel_next(parser, seen), count++) {
        if (str_eq(seen->name, channel.name)) {
            seen->kind = channel.kind;
            return ST_OK;
        }
    }
    return count < CHANNELS_MAX
               ? channel_add(parser, client, channel)
               : parse_limit(parser, step->column,
                             "over %d names of channels of one client",
                             CHANNELS_MAX);
}

/* All clients of this step have such a channel from here on. */
static enum status channel_opens(struct parser *parser, const struct step *step,
                                 struct str name, unsigned kind)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < step->who_count; i++) {
        status =
            channel_remember(parser, step, step->who[i],
                             (struct channel_seen){.name = name, .kind = kind});
    }
    return status;
}

/* A line about a channel, for one of its clients. */
struct use {
    struct parser *parser;
    const struct step *step;
    uint32_t client;
    struct str name; /* the client's */
    unsigned kinds;  /* of the channels that may be meant */
};

static enum status channel_unknown(const struct use *use, const struct arg *on)
{
    struct parser *parser = use->parser;
    const struct channel_seen *seen = channel_first(parser, use->client);
    struct suggest suggest;
    suggest_init(&suggest, on->value);
    for (; seen; seen = channel_next(parser, seen)) {
        if (seen->name.n > 0) {
            suggest_offer(&suggest, seen->name);
        }
    }
    if (suggest.all.n > 0) {
        return parse_unknown(parser, on->column, "channel", &suggest);
    }
    suggest_free(&suggest);
    return parse_fail(parser, on->column,
                      "%.*s has no channel %s: expected a line above as %.*s "
                      "connects /ws/{app} on=%.*s",
                      STR_ARG(use->name), parse_quote(on->value).text,
                      STR_ARG(use->name), STR_ARG(on->value));
}

/* Fills kinds: of the channel that the step names, else of all that the client
 * has had, its own among them if `own`. */
static enum status channel_find(struct use *use, bool own)
{
    const struct step *step = use->step;
    const struct arg *on = step_option(step, "on");
    const struct channel_seen *seen = channel_first(use->parser, use->client);
    for (; seen; seen = channel_next(use->parser, seen)) {
        bool fits =
            on ? str_eq(seen->name, on->value) : seen->name.n > 0 || own;
        use->kinds |= fits ? seen->kind : 0;
    }
    if (use->kinds != 0) {
        return ST_OK;
    }
    if (on) {
        return channel_unknown(use, on);
    }
    struct str name = use->name;
    return own ? parse_fail(use->parser, step->column,
                            "%.*s has no live channel: expected a line above "
                            "as %.*s listens socket, or %.*s connects "
                            "/ws/{app}",
                            STR_ARG(name), STR_ARG(name), STR_ARG(name))
               : parse_fail(use->parser, step->column,
                            "%.*s has no raw channel: expected a line above "
                            "as %.*s connects /ws/{app}",
                            STR_ARG(name), STR_ARG(name));
}

/* `what` is of channels of these kinds only. */
static enum status channel_must_be(const struct use *use, struct str what,
                                   unsigned wanted)
{
    if ((wanted & use->kinds) != 0) {
        return ST_OK;
    }
    const char *of = wanted == KIND_STREAM   ? "an event stream"
                     : wanted == KIND_FRAMES ? "a socket with via=frames"
                     : wanted == KIND_SOCKET ? "a socket without via=frames"
                                             : "a socket";
    const char *as = wanted == KIND_STREAM ? "/sync/{app}/stream?collections=C"
                     : wanted == KIND_FRAMES ? "/ws/{app} via=frames"
                                             : "/ws/{app}";
    return parse_fail(use->parser, use->step->column,
                      "%.*s is of %s: expected a line above as %.*s connects "
                      "%s",
                      STR_ARG(what), of, STR_ARG(use->name), as);
}

/* --- rules that several verbs share -------------------------------------- */

/* The first of these options that is there is one too many. */
static enum status options_refuse(struct parser *parser,
                                  const struct step *step, const char *names,
                                  const char *why)
{
    for (size_t i = 0; i < step->option_count; i++) {
        const struct arg *arg = &step->options[i];
        if (choices_have(names, arg->key)) {
            return parse_fail(parser, arg->column, "%.*s= %s",
                              STR_ARG(arg->key), why);
        }
    }
    return ST_OK;
}

static enum status dialect_v2(struct parser *parser, uint32_t column,
                              struct str what)
{
    unsigned dialects = parser->now->dialects;
    if ((dialects & DIALECT_V1) == 0) {
        return ST_OK;
    }
    return parse_fail(parser, column,
                      "%.*s is of v2 only, and this scenario is for %s: "
                      "expected a header line as dialect v2",
                      STR_ARG(what),
                      dialects == DIALECT_V1 ? "v1" : "both dialects");
}

/* An end that is not waited for can be neither judged nor used. */
static enum status opening_waits(struct parser *parser, const struct step *step)
{
    return option_says(step, "wait", "no")
               ? options_refuse(parser, step, "gets|auth|within",
                                "needs the end of the opening, and wait=no "
                                "does not wait for it")
               : ST_OK;
}

/* --- verbs --------------------------------------------------------------- */

static enum status check_listens(struct parser *parser, const struct step *step)
{
    const struct arg *mode = &step->words[0];
    if (str_is(mode->value, "off")) {
        return options_refuse(parser, step, "gets|wait|jitter",
                              "is of an opening, and off opens nothing");
    }
    enum status status = opening_waits(parser, step);
    bool socket = str_is(mode->value, "socket");
    if (status == ST_OK && !socket) {
        status = dialect_v2(parser, mode->column, mode->value);
    }
    bool stream = str_is(mode->value, "stream");
    return status == ST_OK ? channel_opens(parser, step, STR(""),
                                           stream ? KIND_STREAM : KIND_SOCKET)
                           : status;
}

static bool target_is_unified(struct str target)
{
    return str_is(str_take(target, str_find(target, '?')), "/ws");
}

static bool target_is_stream(struct str target)
{
    return str_ends(str_take(target, str_find(target, '?')), STR("/stream"));
}

static enum status check_connects(struct parser *parser,
                                  const struct step *step)
{
    struct str target = step->words[0].value;
    uint32_t column = step->words[0].column;
    bool socket = target_is_socket(target);
    enum status status = opening_waits(parser, step);
    if (!str_starts(target, STR("/"))) {
        return parse_fail(parser, column,
                          "%s is not a path: expected as /ws/{app} or "
                          "/sync/{app}/stream?collections=tasks",
                          parse_quote(target).text);
    }
    if (status == ST_OK && target_is_unified(target)) {
        status = dialect_v2(parser, column, STR("the socket of all apps"));
    }
    if (status == ST_OK && target_is_stream(target)) {
        status = dialect_v2(parser, column, STR("an event stream"));
    }
    if (status == ST_OK && !socket) {
        status = options_refuse(parser, step, "auth|via",
                                "is of a socket, and only paths that begin "
                                "with /ws are");
    }
    bool frames = option_says(step, "via", "frames");
    if (status == ST_OK && frames && option_says(step, "auth", "yes")) {
        status = options_refuse(parser, step, "auth",
                                "is said as a message; with via=frames the "
                                "script sends it as frames text");
    }
    unsigned kind = !socket ? KIND_STREAM : frames ? KIND_FRAMES : KIND_SOCKET;
    return status == ST_OK
               ? channel_opens(parser, step, channel_name(step), kind)
               : status;
}

static enum status check_frames(struct parser *parser, const struct step *step)
{
    struct str word = step->words[0].value;
    enum status status = ST_OK;
    if (str_is(word, "bytes")) {
        status = options_refuse(parser, step, "fin|mask|rsv|opcode|code|length",
                                "is of a frame, and bytes are sent as they "
                                "are");
    } else if (!str_is(word, "close")) {
        status = options_refuse(parser, step, "code", "is of close");
    }
    return status;
}

static enum status check_disconnects(const struct use *use)
{
    const struct step *step = use->step;
    const struct arg *code = step_option(step, "code");
    if (!code) {
        return ST_OK;
    }
    if (option_says(step, "how", "cut")) {
        return parse_fail(use->parser, code->column,
                          "code= is of a close frame, and how=cut sends none");
    }
    return channel_must_be(use, STR("code="), KIND_SOCKET | KIND_FRAMES);
}

/* --- hears --------------------------------------------------------------- */

static enum status hears_app(struct parser *parser, const struct arg *app)
{
    const struct scenario *now = parser->now;
    struct suggest suggest;
    for (size_t i = 0; i < now->client_count; i++) {
        if (str_eq(now->clients[i].app, app->value)) {
            return ST_OK;
        }
    }
    suggest_init(&suggest, app->value);
    for (size_t i = 0; i < now->client_count; i++) {
        suggest_offer(&suggest, now->clients[i].app);
    }
    return parse_unknown(parser, app->column, "app", &suggest);
}

/* Options that only some words have. */
static enum status hears_options(struct parser *parser, const struct step *step,
                                 struct str word)
{
    enum status status = ST_OK;
    bool nothing = str_is(word, "nothing"), close = str_is(word, "close");
    if (nothing) {
        status = options_refuse(parser, step, "within",
                                "is the time that something may take; nothing "
                                "lasts for=");
    } else {
        status = options_refuse(parser, step, "for",
                                "is how long nothing is heard; something "
                                "comes within=");
    }
    if (status == ST_OK && nothing && !step_option(step, "for")) {
        return parse_fail(parser, step->words[0].column,
                          "nothing needs for=, as in: hears nothing for=3s");
    }
    if (status == ST_OK && (nothing || close)) {
        status = options_refuse(parser, step, "count",
                                nothing ? "is of messages, and nothing is none"
                                        : "is of messages, and a channel "
                                          "closes once");
    }
    if (status == ST_OK && word.n > 0) {
        status = options_refuse(parser, step, "records",
                                "is of changes: expected a collection, as in: "
                                "hears tasks records=10");
    }
    if (status == ST_OK && nothing) {
        status = options_refuse(parser, step, "only",
                                "is of what is heard, and that is nothing");
    }
    if (status == ST_OK && !close) {
        status = options_refuse(parser, step, "code", "is of close");
    }
    if (status == ST_OK &&
        !choices_have("text|binary|ping-frame|pong-frame", word)) {
        status = options_refuse(parser, step, "is",
                                "is of text, binary, ping-frame and "
                                "pong-frame");
    }
    return status == ST_OK && word.n > 0
               ? options_refuse(parser, step, "app",
                                "is of notices: expected a collection, as in: "
                                "hears tasks app=app")
               : status;
}

/* Which channels a word of the language can be heard on. */
static unsigned word_kinds(struct str word)
{
    if (choices_have("text|binary|ping-frame|pong-frame", word)) {
        return KIND_FRAMES;
    }
    if (choices_have("auth-ok|error|pong", word)) {
        return KIND_SOCKET | KIND_FRAMES;
    }
    return str_is(word, "heartbeat") ? KIND_STREAM
                                     : KIND_SOCKET | KIND_FRAMES | KIND_STREAM;
}

static enum status hears_word(const struct use *use)
{
    const struct arg *word = &use->step->words[0];
    enum status status = ST_OK;
    if (choices_have("auth-ok|heartbeat", word->value)) {
        status = dialect_v2(use->parser, word->column, word->value);
    }
    return status == ST_OK
               ? channel_must_be(use, word->value, word_kinds(word->value))
               : status;
}

static enum status hears_records(const struct use *use)
{
    size_t records = 0;
    const struct step *step = use->step;
    for (size_t i = 0; i < step->word_count; i++) {
        const struct arg *word = &step->words[i];
        if (heard_kind(step->verb, word) == HEARD_RECORD && ++records > 1 &&
            step->field_count > 0) {
            return parse_fail(use->parser, word->column,
                              "fields are of one record: what is heard of "
                              "another is another line");
        }
    }
    const struct arg *number = step_option(step, "records");
    if (number && records > 0) {
        return parse_fail(use->parser, number->column,
                          "records= is of collections, and a record is one");
    }
    return number        ? channel_must_be(use, STR("records="), KIND_STREAM)
           : records > 0 ? channel_must_be(use, STR("a record"), KIND_STREAM)
                         : ST_OK;
}

static enum status check_hears(const struct use *use)
{
    const struct step *step = use->step;
    const struct arg *app = step_option(step, "app");
    bool word = heard_kind(step->verb, &step->words[0]) == HEARD_WORD;
    enum status status =
        hears_options(use->parser, step, word ? step->words[0].value : STR(""));
    if (status == ST_OK && app) {
        status = hears_app(use->parser, app);
    }
    if (status == ST_OK && app) {
        status = channel_must_be(use, STR("app="), KIND_SOCKET | KIND_FRAMES);
    }
    if (status != ST_OK) {
        return status;
    }
    return word ? hears_word(use) : hears_records(use);
}

/* --- all of them --------------------------------------------------------- */

static enum status check_use(struct use *use)
{
    enum verb_id id = use->step->verb->id;
    bool own = id == VERB_HEARS || id == VERB_PAUSES || id == VERB_RESUMES;
    enum status status = channel_find(use, own);
    if (status != ST_OK) {
        return status;
    }
    if (id == VERB_SAYS) {
        return channel_must_be(use, STR("says"), KIND_SOCKET);
    }
    if (id == VERB_FRAMES) {
        status = channel_must_be(use, STR("frames"), KIND_FRAMES);
        return status == ST_OK ? check_frames(use->parser, use->step) : status;
    }
    if (id == VERB_DISCONNECTS) {
        return check_disconnects(use);
    }
    return id == VERB_HEARS ? check_hears(use) : ST_OK;
}

enum status channels_check(struct parser *parser, const struct step *step)
{
    enum verb_id id = step->verb->id;
    if (id < VERB_LISTENS || id > VERB_DISCONNECTS) {
        return ST_OK;
    }
    if (id == VERB_LISTENS) {
        return check_listens(parser, step);
    }
    if (id == VERB_CONNECTS) {
        return check_connects(parser, step);
    }
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < step->who_count; i++) {
        uint32_t client = step->who[i];
        struct use use = {parser, step, client,
                          parser->now->clients[client].name, 0};
        status = check_use(&use);
    }
    return status;
}

enum status channels_check_body(struct parser *parser, const struct step *step)
{
    bool says = step->verb->id == VERB_SAYS;
    bool bytes =
        step->verb->id == VERB_FRAMES && str_is(step->words[0].value, "bytes");
    if (step->has_body || (!says && !bytes)) {
        return ST_OK;
    }
    parser->line = step->line;
    parser->replaced = false;
    return parse_fail(
        parser, step->column, "%s what? expected a line below as | %s",
        says ? "says" : "frames", says ? "{\"type\":\"ping\"}" : "{\\x8900}");
}

enum status channels_check_expects(struct parser *parser,
                                   const struct step *step,
                                   const struct token *token)
{
    return step->verb->id == VERB_CONNECTS && option_says(step, "wait", "no")
               ? parse_fail(parser, token->column,
                            "expects needs the end of the opening, and "
                            "wait=no does not wait for it")
               : ST_OK;
}
