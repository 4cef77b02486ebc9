/* SPDX-License-Identifier: MIT */
/* channels - rules of live channels.  Layer: harness/scenario. */
#include "harness/scenario/channels.h"

#include "protocol/dialect.h"

enum { KIND_SOCKET = 1, KIND_FRAMES = 2, KIND_STREAM = 4 };

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

static enum status channel_remember(struct parser *parser,
                                    struct channel_seen channel)
{
    for (size_t i = 0; i < parser->channel_count; i++) {
        struct channel_seen *seen = &parser->channels[i];
        if (seen->client == channel.client &&
            str_eq(seen->name, channel.name)) {
            seen->kinds = channel.kinds;
            return ST_OK;
        }
    }
    struct channel_seen *list =
        parse_grow(parser, parser->channels, parser->channel_count,
                   &parser->caps.channels, sizeof *list);
    if (!list) {
        return ST_LIMIT;
    }
    parser->channels = list;
    list[parser->channel_count++] = channel;
    return ST_OK;
}

/* `clients` of this step have such a channel from here on. */
static enum status channel_opens(struct parser *parser, const struct step *step,
                                 struct str name, unsigned kinds)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < step->who_count; i++) {
        status = channel_remember(
            parser, (struct channel_seen){step->who[i], name, kinds});
    }
    return status;
}

static struct str client_name(const struct parser *parser,
                              const struct step *step)
{
    return parser->now->clients[step->who[0]].name;
}

static enum status channel_unknown(struct parser *parser,
                                   const struct step *step,
                                   const struct arg *on)
{
    struct suggest suggest;
    suggest_init(&suggest, on->value);
    for (size_t i = 0; i < parser->channel_count; i++) {
        const struct channel_seen *seen = &parser->channels[i];
        if (seen->client == step->who[0] && seen->name.n > 0) {
            suggest_offer(&suggest, seen->name);
        }
    }
    if (suggest.all.n > 0) {
        return parse_unknown(parser, on->column, "channel", &suggest);
    }
    suggest_free(&suggest);
    struct str name = client_name(parser, step);
    return parse_fail(parser, on->column,
                      "no channel %s is open: expected a line above as %.*s "
                      "connects /ws/{app} on=%.*s",
                      parse_quote(on->value).text, STR_ARG(name),
                      STR_ARG(on->value));
}

/* The kinds of channel that the step may be about: of the one it names, else
 * of all that the client has had, its own among them if `own`. */
static enum status channel_find(struct parser *parser, const struct step *step,
                                bool own, unsigned *kinds)
{
    const struct arg *on = step_option(step, "on");
    *kinds = 0;
    for (size_t i = 0; i < parser->channel_count; i++) {
        const struct channel_seen *seen = &parser->channels[i];
        bool fits =
            on ? str_eq(seen->name, on->value) : seen->name.n > 0 || own;
        *kinds |= fits && seen->client == step->who[0] ? seen->kinds : 0;
    }
    if (*kinds != 0) {
        return ST_OK;
    }
    if (on) {
        return channel_unknown(parser, step, on);
    }
    struct str name = client_name(parser, step);
    return own ? parse_fail(parser, step->column,
                            "%.*s has no live channel: expected a line above "
                            "as %.*s listens socket, or %.*s connects "
                            "/ws/{app}",
                            STR_ARG(name), STR_ARG(name), STR_ARG(name))
               : parse_fail(parser, step->column,
                            "%.*s has no raw channel: expected a line above "
                            "as %.*s connects /ws/{app}",
                            STR_ARG(name), STR_ARG(name));
}

/* `what` is of channels of these kinds; the step may be about `kinds`. */
static enum status channel_must_be(struct parser *parser,
                                   const struct step *step, struct str what,
                                   unsigned wanted, unsigned kinds)
{
    if ((wanted & kinds) != 0) {
        return ST_OK;
    }
    const char *of = wanted == KIND_STREAM   ? "an event stream"
                     : wanted == KIND_FRAMES ? "a socket with via=frames"
                     : wanted == KIND_SOCKET ? "a socket without via=frames"
                                             : "a socket";
    const char *as = wanted == KIND_STREAM ? "/sync/{app}/stream?collections=C"
                     : wanted == KIND_FRAMES ? "/ws/{app} via=frames"
                                             : "/ws/{app}";
    struct str name = client_name(parser, step);
    return parse_fail(parser, step->column,
                      "%.*s is of %s: expected a line above as %.*s connects "
                      "%s",
                      STR_ARG(what), of, STR_ARG(name), as);
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
               ? options_refuse(parser, step, "gets|auth",
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

static enum status check_disconnects(struct parser *parser,
                                     const struct step *step, unsigned kinds)
{
    const struct arg *code = step_option(step, "code");
    if (!code) {
        return ST_OK;
    }
    if (option_says(step, "how", "cut")) {
        return parse_fail(parser, code->column,
                          "code= is of a close frame, and how=cut sends none");
    }
    return channel_must_be(parser, step, STR("code="),
                           KIND_SOCKET | KIND_FRAMES, kinds);
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

static enum status hears_word(struct parser *parser, const struct step *step,
                              unsigned kinds)
{
    const struct arg *word = &step->words[0];
    enum status status = ST_OK;
    if (choices_have("auth-ok|heartbeat", word->value)) {
        status = dialect_v2(parser, word->column, word->value);
    }
    return status == ST_OK ? channel_must_be(parser, step, word->value,
                                             word_kinds(word->value), kinds)
                           : status;
}

static enum status hears_records(struct parser *parser, const struct step *step,
                                 unsigned kinds)
{
    size_t records = 0;
    for (size_t i = 0; i < step->word_count; i++) {
        const struct arg *word = &step->words[i];
        if (heard_kind(step->verb, word) != HEARD_RECORD) {
            continue;
        }
        enum status status =
            channel_must_be(parser, step, STR("a record"), KIND_STREAM, kinds);
        if (status != ST_OK) {
            return status;
        }
        if (++records > 1 && step->field_count > 0) {
            return parse_fail(parser, word->column,
                              "fields are of one record: what is heard of "
                              "another is another line");
        }
    }
    return ST_OK;
}

static enum status check_hears(struct parser *parser, const struct step *step,
                               unsigned kinds)
{
    const struct arg *app = step_option(step, "app");
    bool word = heard_kind(step->verb, &step->words[0]) == HEARD_WORD;
    enum status status =
        hears_options(parser, step, word ? step->words[0].value : STR(""));
    if (status == ST_OK && app) {
        status = hears_app(parser, app);
    }
    if (status == ST_OK && app) {
        status = channel_must_be(parser, step, STR("app="),
                                 KIND_SOCKET | KIND_FRAMES, kinds);
    }
    if (status != ST_OK) {
        return status;
    }
    return word ? hears_word(parser, step, kinds)
                : hears_records(parser, step, kinds);
}

/* --- all of them --------------------------------------------------------- */

static enum status check_use(struct parser *parser, const struct step *step)
{
    enum verb_id id = step->verb->id;
    bool own = id == VERB_HEARS || id == VERB_PAUSES || id == VERB_RESUMES;
    unsigned kinds = 0;
    enum status status = id == VERB_FRAMES ? check_frames(parser, step) : ST_OK;
    status = status == ST_OK ? channel_find(parser, step, own, &kinds) : status;
    if (status != ST_OK) {
        return status;
    }
    if (id == VERB_SAYS) {
        return channel_must_be(parser, step, STR("says"), KIND_SOCKET, kinds);
    }
    if (id == VERB_FRAMES) {
        return channel_must_be(parser, step, STR("frames"), KIND_FRAMES, kinds);
    }
    if (id == VERB_DISCONNECTS) {
        return check_disconnects(parser, step, kinds);
    }
    return id == VERB_HEARS ? check_hears(parser, step, kinds) : ST_OK;
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
    if (step->who_count > 1) {
        return parse_fail(parser, step->column, "one client at a time %s",
                          step->verb->name);
    }
    return id == VERB_CONNECTS ? check_connects(parser, step)
                               : check_use(parser, step);
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
