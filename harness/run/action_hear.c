/* SPDX-License-Identifier: MIT */
/* action_hear - hears: something comes on a live channel, or nothing does.
 * Layer: harness/run. */
#include <inttypes.h>
#include <string.h>

#include "harness/run/channels.h"
#include "protocol/translate.h"

enum { WITHIN_MS = 2000 };

/* What is still to come of one word. */
struct want {
    size_t left;           /* messages, or records */
    size_t end;            /* behind the last of them, once none is left */
    struct intern records; /* that came, of records= */
};

/* One client that has to hear what the step says. */
struct hearing {
    struct runner *runner;
    const struct step *step;
    struct run_client *client;
    struct run_channel *channel; /* NULL: the engine's, or none */
    struct inbox *inbox;         /* NULL: there never was a channel */
    size_t looked;               /* messages that were looked at */
    struct want *wants;          /* by word */
    size_t missing; /* of what is wanted, when it was last looked for */
    bool news;      /* among them is a notice, or changes … */
    bool strange;   /* … of something else, before all of it came */
};

/* ---- what fits ---- */

static bool text_fits(const struct arg *arg, struct str have)
{
    bool found = false;
    for (size_t i = 0;
         arg && !found && arg->op == ARG_CONTAINS && i + arg->value.n <= have.n;
         i++) {
        found = memcmp(have.p + i, arg->value.p, arg->value.n) == 0;
    }
    return !arg || found ||
           (arg->op != ARG_CONTAINS &&
            str_eq(arg->value, have) == (arg->op != ARG_NE));
}

static bool code_fits(const struct arg *arg, int have)
{
    int64_t want = 0;
    if (!arg || !str_to_i64(arg->value, &want)) {
        return !arg;
    }
    return arg->op == ARG_LE   ? have <= want
           : arg->op == ARG_GE ? have >= want
           : arg->op == ARG_NE ? have != want
                               : have == want;
}

static bool app_fits(const struct hearing *hearing,
                     const struct message *message)
{
    const struct arg *app = step_option(hearing->step, "app");
    const struct notice *notice = message->notice;
    return !app ||
           (notice && notice->has_app &&
            str_eq(notice->app, client_live_id(hearing->runner, app->value)));
}

static bool names_table(const struct message *message, struct str table)
{
    const struct notice *notice = message->notice;
    bool named = message->event && str_eq(message->event->table, table) &&
                 message_is_news(message);
    for (size_t i = 0; notice && notice->kind == NOTICE_SYNC_AVAILABLE &&
                       i < notice->table_count;
         i++) {
        named = named || str_eq(notice->tables[i], table);
    }
    return named;
}

static const struct field *change_field(const struct change *change,
                                        struct str name)
{
    const struct field *field =
        field_find(change->data, change->data_count, name);
    return field ? field
                 : field_find(change->fields, change->field_count, name);
}

static bool change_fits(const struct change *change, const struct step *step)
{
    for (size_t i = 0; i < step->field_count; i++) {
        const struct arg *want = &step->fields[i];
        const struct field *have = change_field(change, want->key);
        bool absent = want->json.n == 0; /* name=absent */
        bool equal = have ? !absent && str_eq(have->value, want->json) : absent;
        if (equal == (want->op == ARG_NE)) {
            return false;
        }
    }
    return true;
}

static bool has_change(const struct message *message, const struct step *step,
                       struct str ref)
{
    struct str collection, id;
    ref_split(ref, &collection, &id);
    const struct stream_event *event = message->event;
    for (size_t i = 0; event && i < event->response.count; i++) {
        const struct change *change = &event->response.changes[i];
        if (str_eq(change->table, collection) && str_eq(change->id, id) &&
            change_fits(change, step)) {
            return true;
        }
    }
    return false;
}

/* The text of a message, with the names that scripts use. */
static struct str said(const struct hearing *hearing,
                       const struct message *message)
{
    const struct dialect *dialect = hearing->runner->options->dialect;
    return translate_from_wire(dialect,
                               message->event ? GROUP_EVENT : GROUP_NOTICE,
                               message->bytes, hearing->runner->arena);
}

static bool message_fits(const struct hearing *hearing, const struct arg *word,
                         const struct message *message)
{
    const struct step *step = hearing->step;
    switch (heard_kind(step->verb, word)) {
    case HEARD_COLLECTION:
        return names_table(message, word->value) && app_fits(hearing, message);
    case HEARD_RECORD:
        return has_change(message, step, word->value);
    case HEARD_WORD:
        break;
    }
    if (str_is(word->value, "close") && str_is(message->what, "close")) {
        return code_fits(step_option(step, "code"), message->code);
    }
    return (str_eq(message->what, word->value) ||
            str_eq(message->frame, word->value)) &&
           text_fits(step_option(step, "is"), said(hearing, message));
}

/* ---- what else there is ---- */

/* On the socket of all apps: of somebody who uses the server too, with the same
 * token. */
static bool is_foreign(const struct runner *runner,
                       const struct message *message)
{
    const struct notice *notice = message->notice;
    bool known = !notice || !notice->has_app;
    for (size_t i = 0; !known && i < runner->history.actor_count; i++) {
        known = str_eq(runner->history.actors[i].app, notice->app);
    }
    return !known;
}

static bool is_news(const struct hearing *hearing,
                    const struct message *message)
{
    return message_is_news(message) && !is_foreign(hearing->runner, message);
}

/* Does some word speak of this record, or of its collection?  `id` empty: of
 * the collection alone. */
static bool is_named(const struct step *step, struct str table, struct str id)
{
    bool named = false;
    for (size_t w = 0; w < step->word_count && !named; w++) {
        const struct arg *word = &step->words[w];
        struct str collection = word->value, record = {0};
        bool one = heard_kind(step->verb, word) == HEARD_RECORD;
        if (one) {
            ref_split(word->value, &collection, &record);
        }
        named = str_eq(collection, table) && (!one || str_eq(record, id));
    }
    return named;
}

/* A notice or a change that no word speaks of. */
static bool is_strange(const struct hearing *hearing,
                       const struct message *message)
{
    const struct step *step = hearing->step;
    const struct notice *notice = message->notice;
    const struct stream_event *event = message->event;
    if (!is_news(hearing, message)) {
        return false;
    }
    bool strange = (!notice && !event) || !app_fits(hearing, message);
    for (size_t i = 0; notice && i < notice->table_count; i++) {
        strange = strange || !is_named(step, notice->tables[i], STR(""));
    }
    for (size_t i = 0; event && i < event->response.count; i++) {
        const struct change *change = &event->response.changes[i];
        strange = strange || !is_named(step, change->table, change->id);
    }
    return strange;
}

static bool wants_nothing(const struct step *step)
{
    return heard_kind(step->verb, &step->words[0]) == HEARD_WORD &&
           str_is(step->words[0].value, "nothing");
}

static size_t count_wanted(const struct step *step)
{
    const struct arg *records = step_option(step, "records");
    const struct arg *count = records ? records : step_option(step, "count");
    int64_t number = 1;
    if (count) {
        str_to_i64(count->value, &number);
    }
    return number > 0 ? (size_t)number : 1;
}

static bool wants_more(const struct hearing *hearing)
{
    bool more = false;
    for (size_t w = 0; w < hearing->step->word_count; w++) {
        more = more || hearing->wants[w].left > 0;
    }
    return more;
}

/* How much of what is wanted the message brings: one, or with records= so many
 * as did not come before. */
static size_t message_brings(struct want *want, const struct message *message,
                             bool records)
{
    const struct stream_event *event = message->event;
    size_t before = want->records.count;
    for (size_t i = 0; records && event && i < event->response.count; i++) {
        intern_put(&want->records, event->response.changes[i].id);
    }
    return records ? want->records.count - before : 1;
}

static void look_at(struct hearing *hearing, const struct message *message)
{
    const struct step *step = hearing->step;
    bool records = step_option(step, "records") != NULL;
    const struct arg *only = step_option(step, "only");
    hearing->news = hearing->news || is_news(hearing, message);
    if (only && str_is(only->value, "yes") && wants_more(hearing)) {
        hearing->strange = hearing->strange || is_strange(hearing, message);
    }
    for (size_t w = 0; w < step->word_count; w++) {
        struct want *want = &hearing->wants[w];
        if (want->left > 0 && message_fits(hearing, &step->words[w], message)) {
            size_t brought = message_brings(want, message, records);
            want->left -= brought < want->left ? brought : want->left;
            want->end = hearing->looked + 1;
        }
    }
}

/* Each message is looked at once: there may be a storm of them. */
static void look(struct hearing *hearing)
{
    const struct inbox *inbox = hearing->inbox;
    for (; hearing->looked < inbox->count; hearing->looked++) {
        look_at(hearing, &inbox->items[hearing->looked]);
    }
}

static bool all_heard(struct hearing *hearing)
{
    look(hearing);
    return !wants_more(hearing);
}

/* Up to the last message that was needed. */
static size_t all_end(const struct hearing *hearing)
{
    size_t end = 0;
    for (size_t w = 0; w < hearing->step->word_count; w++) {
        end = hearing->wants[w].end > end ? hearing->wants[w].end : end;
    }
    return end;
}

static bool news_heard(struct hearing *hearing)
{
    look(hearing);
    return hearing->news;
}

/* Can nothing come any more?  An engine opens another channel. */
static bool is_over(const struct hearing *hearing)
{
    return hearing->channel && hearing->channel->number == 0 &&
           hearing->channel->phase == CHANNEL_ENDED;
}

static bool hearing_done(void *context)
{
    struct hearing *hearing = context;
    return all_heard(hearing) || hearing->strange || is_over(hearing);
}

static bool silence_done(void *context)
{
    struct hearing *hearing = context;
    return news_heard(hearing) || is_over(hearing);
}

/* ---- what is said of it ---- */

static struct str words_text(const struct hearing *hearing)
{
    struct buf out;
    const struct step *step = hearing->step;
    buf_init(&out, 65536);
    for (size_t i = 0; i < step->word_count; i++) {
        buf_puts(&out, i > 0 ? " " : "");
        buf_str(&out, step->words[i].value);
    }
    for (size_t i = 0; i < step->field_count; i++) {
        buf_printf(&out, " %.*s%s%.*s", STR_ARG(step->fields[i].key),
                   step->fields[i].op == ARG_NE ? "!=" : "=",
                   STR_ARG(step->fields[i].value));
    }
    struct str text = arena_str(hearing->runner->arena, buf_view(&out));
    buf_free(&out);
    return text;
}

static struct str expected_text(const struct hearing *hearing)
{
    struct arena *arena = hearing->runner->arena;
    const struct step *step = hearing->step;
    static const char *const signs[] = {"=", "!=", "~=", "<=", ">="};
    struct str text = words_text(hearing);
    static const char *const keys[] = {"count", "records", "app", "code", "is"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct arg *arg = step_option(step, keys[i]);
        if (arg) {
            text = arena_printf(arena, "%.*s %s%s%.*s", STR_ARG(text), keys[i],
                                signs[arg->op], STR_ARG(arg->value));
        }
    }
    const struct arg *within = step_option(step, "within");
    const struct arg *only = step_option(step, "only");
    const char *alone = only && str_is(only->value, "yes")
                            ? ", and nothing else before it"
                            : "";
    const struct arg *time = step_option(step, "for");
    return wants_nothing(step)
               ? arena_printf(arena, "no notice and no change for %.*s",
                              STR_ARG(time ? time->value : STR("0s")))
               : arena_printf(arena, "%.*s within %.*s%s", STR_ARG(text),
                              STR_ARG(within ? within->value : STR("2s")),
                              alone);
}

static struct str cause_of(const struct hearing *hearing)
{
    const struct run_channel *channel =
        hearing->channel ? hearing->channel : hearing->client->channel;
    struct str why = engine_live_why(hearing->client->engine);
    if (!channel || wants_nothing(hearing->step)) {
        return STR("");
    }
    if (channel->number > 0 && why.n > 0) {
        return why;
    }
    if (channel->phase == CHANNEL_ENDED) {
        return channel_end_text(channel);
    }
    if (channel->phase == CHANNEL_OPENING) {
        return STR("the channel is not open yet");
    }
    return step_record(hearing->step) && channel->channel.kind != CHANNEL_STREAM
               ? STR("notices of a socket name collections, not records")
               : STR("");
}

static void judge(struct hearing *hearing, bool held)
{
    struct runner *runner = hearing->runner;
    struct arena *arena = runner->arena;
    const struct run_channel *channel =
        hearing->channel ? hearing->channel : hearing->client->channel;
    const struct claim claim = {
        .held = held,
        .what = arena_printf(arena, "%.*s hears %.*s",
                             STR_ARG(hearing->client->name),
                             STR_ARG(words_text(hearing))),
        .expected = expected_text(hearing),
        .actual = hearing->inbox ? inbox_text(hearing->inbox, arena)
                                 : STR("there is no live channel"),
        .cause = held ? STR("") : cause_of(hearing),
        .exchange = channel ? channel->channel.id : 0};
    step_expect_cause(runner, &claim);
}

/* ---- the wait ---- */

static void hearing_begin(struct hearing *hearing, struct run_client *client,
                          const struct step *step)
{
    struct run_channel *raw = channel_named(client, step);
    bool engine = !raw && !step_option(step, "on");
    *hearing = (struct hearing){.runner = client->runner,
                                .step = step,
                                .client = client,
                                .channel = raw};
    hearing->inbox = raw ? raw->inbox : engine ? client->inbox : NULL;
    hearing->looked = hearing->inbox ? hearing->inbox->used : 0;
    hearing->wants = arena_must(client->runner->arena, step->word_count,
                                sizeof(*hearing->wants));
    for (size_t w = 0; w < step->word_count; w++) {
        hearing->wants[w].left = count_wanted(step);
        intern_init(&hearing->wants[w].records, client->runner->arena);
    }
}

static int64_t time_of(const struct step *step)
{
    const struct arg *time =
        step_option(step, wants_nothing(step) ? "for" : "within");
    return time ? time->ms : WITHIN_MS;
}

static size_t count_left(const struct hearing *hearing)
{
    size_t left = 0;
    for (size_t w = 0; w < hearing->step->word_count; w++) {
        left += hearing->wants[w].left;
    }
    return left;
}

/* Has some of what was missing come, or is there nothing to wait for? */
static bool hearing_moves(void *context)
{
    struct hearing *hearing = context;
    return hearing_done(hearing) || count_left(hearing) < hearing->missing;
}

/* Megabytes take real time, however fast the server's clock goes: while more of
 * what is wanted comes it is waited for, as long as the step says. */
static void await_something(struct hearing *hearing, int64_t deadline_ms)
{
    struct world *world = &hearing->runner->world;
    int64_t within_ms = time_of(hearing->step);
    int64_t from_ms = world->real_ms ? world->real_ms() : 0;
    bool moves;
    do {
        look(hearing); /* what is here already is no sign of more */
        hearing->missing = count_left(hearing);
        moves = world_await(world, hearing_moves, hearing, deadline_ms,
                            channels_real_ms(hearing->runner, within_ms));
    } while (moves && !hearing_done(hearing) &&
             (!world->real_ms || world->real_ms() - from_ms < within_ms));
}

static bool hear_something(struct hearing *hearing, int64_t deadline_ms)
{
    struct world *world = &hearing->runner->world;
    await_something(hearing, deadline_ms);
    bool held = all_heard(hearing) && !hearing->strange;
    judge(hearing, held);
    if (held) {
        inbox_consume(hearing->inbox, all_end(hearing), world->now_ms);
    }
    return held;
}

/* Consumes nothing: what came is not what was asked for. */
static bool hear_nothing(struct hearing *hearing, int64_t deadline_ms)
{
    world_await(&hearing->runner->world, silence_done, hearing, deadline_ms, 0);
    bool held = !news_heard(hearing);
    judge(hearing, held);
    return held;
}

/* The clients of one line listen at the same time. */
static void hears(struct runner *runner, const struct step *step)
{
    int64_t deadline_ms = runner->world.now_ms + time_of(step);
    bool held = true;
    runner->script_ms += wants_nothing(step) ? time_of(step) : 0;
    for (size_t w = 0; held && w < step->who_count; w++) {
        struct hearing hearing;
        hearing_begin(&hearing, runner->clients[step->who[w]], step);
        if (!hearing.inbox) { /* its opening was never asked for */
            held = false;
            judge(&hearing, held);
        } else if (wants_nothing(step)) {
            held = hear_nothing(&hearing, deadline_ms);
        } else {
            held = hear_something(&hearing, deadline_ms);
        }
    }
}

bool action_hear(struct runner *runner, const struct step *step)
{
    if (step->verb->id != VERB_HEARS) {
        return false;
    }
    hears(runner, step);
    return true;
}
