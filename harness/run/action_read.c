/* SPDX-License-Identifier: MIT */
/* action_read - what a client's own replica shows: sees lacks has counts
 * queries.  Every read goes into the history.  Layer: harness/run. */
#include <inttypes.h>

#include "harness/run/channels.h"

static void note_read(struct run_client *client, const struct record *record)
{
    struct runner *runner = client->runner;
    history_append(&runner->history,
                   (struct event){.kind = EV_STATE,
                                  .actor = client->actor,
                                  .t_ms = runner->world.now_ms,
                                  .line = runner->step->line,
                                  .collection = record->collection,
                                  .id = record->id,
                                  .fields = record->fields,
                                  .field_count = record->field_count});
}

static struct str record_text(struct runner *runner,
                              const struct record *record)
{
    if (!record) {
        return STR("no such record");
    }
    struct buf out;
    buf_init(&out, 1024);
    if (!record_live(record)) {
        buf_puts(&out, "(deleted)");
    }
    for (size_t i = 0; i < record->field_count; i++) {
        const struct field *f = &record->fields[i];
        if (!str_is(f->name, "createdAt") && !str_is(f->name, "deletedAt")) {
            buf_printf(&out, "%.*s=%.*s ", STR_ARG(f->name), STR_ARG(f->value));
        }
    }
    struct str text = arena_str(runner->arena, buf_view(&out));
    buf_free(&out);
    return text;
}

static bool record_matches(const struct record *record, const struct step *step)
{
    for (size_t i = 0; i < step->field_count; i++) {
        const struct arg *want = &step->fields[i];
        const struct field *have = record_field(record, want->key);
        bool absent = want->json.n == 0; /* name=absent */
        bool equal = have ? !absent && str_eq(have->value, want->json) : absent;
        if (equal == (want->op == ARG_NE)) {
            return false;
        }
    }
    return true;
}

static void sees(struct run_client *client, const struct step *step)
{
    struct runner *runner = client->runner;
    struct str collection, id;
    ref_split(step->words[0].value, &collection, &id);
    const struct record *record = device_record(client->device, collection, id);
    const struct arg *deleted = step_option(step, "deleted");
    bool want_live = !deleted || !str_is(deleted->value, "yes");
    bool held = record && record_live(record) == want_live &&
                record_matches(record, step);
    if (record) {
        note_read(client, record);
    }
    step_expect(runner, held, step->text,
                arena_printf(runner->arena, "the record on %.*s",
                             STR_ARG(client->name)),
                record_text(runner, record));
}

static void lacks(struct run_client *client, const struct step *step)
{
    struct runner *runner = client->runner;
    for (size_t r = 0; r < step->word_count && !runner->broken; r++) {
        struct str collection, id;
        ref_split(step->words[r].value, &collection, &id);
        const struct record *record =
            device_record(client->device, collection, id);
        if (record) {
            note_read(client, record);
        }
        step_expect(runner, !record || !record_live(record),
                    arena_printf(runner->arena, "%.*s lacks %.*s",
                                 STR_ARG(client->name),
                                 STR_ARG(step->words[r].value)),
                    STR("no live record"), record_text(runner, record));
    }
}

/* What `has` can ask for, as text. */
static struct str client_fact(struct run_client *client, struct str key)
{
    struct arena *arena = client->runner->arena;
    size_t number = 0;
    if (str_is(key, "status")) {
        return str_of(sync_status_name(engine_status(client->engine)));
    }
    if (str_is(key, "signed")) {
        return engine_signed_in(client->engine) ? STR("in") : STR("out");
    }
    if (str_is(key, "stopped")) {
        return engine_stopped_by_payment(client->engine) ? STR("payment")
                                                         : STR("no");
    }
    if (str_is(key, "live")) {
        return str_of(live_state_name(engine_live_state(client->engine)));
    }
    if (str_is(key, "pending")) {
        number = device_pending_count(client->device, STR(""));
    } else if (str_is(key, "refused")) {
        number = device_refused_count(client->device);
    } else if (str_is(key, "channels")) {
        number = channels_open(client);
    } else if (str_is(key, "notices")) {
        number = client->notices;
    } else if (str_is(key, "pulls")) {
        number = client->pulls;
    } else {
        number = client->requests; /* requests, requests-max */
    }
    return arena_printf(arena, "%zu", number);
}

static bool fact_holds(const struct arg *arg, struct str actual)
{
    int64_t want = 0, have = 0;
    bool numbers = str_to_i64(arg->value, &want) && str_to_i64(actual, &have);
    if (str_is(arg->key, "requests-max") || arg->op == ARG_LE) {
        return numbers && have <= want;
    }
    if (arg->op == ARG_GE) {
        return numbers && have >= want;
    }
    return str_eq(arg->value, actual) == (arg->op != ARG_NE);
}

static struct str pending_cause(struct run_client *client)
{
    struct runner *runner = client->runner;
    if (device_pending_count(client->device, STR("")) == 0) {
        return STR("");
    }
    static const char *const kinds[] = {"insert", "update", "delete",
                                        "undelete"};
    struct pending_view view = device_pending_at(client->device, 0);
    return arena_printf(
        runner->arena,
        "first pending: %.*s/%.*s %s, queued t=%" PRId64 ".%03" PRId64 "s",
        STR_ARG(view.collection), STR_ARG(view.id), kinds[view.kind],
        view.queued_ms / 1000, view.queued_ms % 1000);
}

static struct str fact_cause(struct run_client *client, struct str key)
{
    return str_is(key, "pending") ? pending_cause(client)
           : str_is(key, "live")  ? engine_live_why(client->engine)
                                  : STR("");
}

static void has(struct run_client *client, const struct step *step)
{
    static const char *const signs[] = {"=", "!=", "~=", "<=", ">="};
    struct runner *runner = client->runner;
    for (size_t i = 0; i < step->option_count && !runner->broken; i++) {
        const struct arg *arg = &step->options[i];
        if (str_is(arg->key, "clause")) {
            continue;
        }
        struct str actual = client_fact(client, arg->key);
        struct str expected =
            arena_printf(runner->arena, "%.*s%s%.*s", STR_ARG(arg->key),
                         signs[arg->op], STR_ARG(arg->value));
        const struct claim claim = {
            .held = fact_holds(arg, actual),
            .what = arena_printf(runner->arena, "%.*s has %.*s",
                                 STR_ARG(client->name), STR_ARG(expected)),
            .expected = expected,
            .actual = arena_printf(runner->arena, "%.*s=%.*s",
                                   STR_ARG(arg->key), STR_ARG(actual)),
            .cause = fact_cause(client, arg->key)};
        step_expect_cause(runner, &claim);
    }
}

static const struct record *const *ask(struct run_client *client,
                                       const struct step *step, size_t *count)
{
    struct runner *runner = client->runner;
    const struct arg *order = step_option(step, "order");
    const struct arg *limit = step_option(step, "limit");
    const struct arg *offset = step_option(step, "offset");
    struct query query = {
        .collection = step->word_count > 0 ? step->words[0].value : STR("")};
    struct field *where =
        arena_must(runner->arena, step->field_count + 1, sizeof(*where));
    for (size_t i = 0; i < step->field_count; i++) {
        where[i] = (struct field){.name = step->fields[i].key,
                                  .value = step->fields[i].json};
    }
    query.where = where;
    query.where_count = step->field_count;
    int64_t number = 0;
    if (order) {
        query.descending = str_starts(order->value, STR("-"));
        query.order = str_skip(order->value, query.descending ? 1 : 0);
    }
    if (limit && str_to_i64(limit->value, &number)) {
        query.limit = (size_t)number;
    }
    if (offset && str_to_i64(offset->value, &number)) {
        query.offset = (size_t)number;
    }
    return device_query(client->device, &query, runner->arena, count);
}

static void counts(struct run_client *client, const struct step *step)
{
    struct runner *runner = client->runner;
    const struct arg *is = step_option(step, "is");
    size_t count = 0;
    ask(client, step, &count);
    struct str actual = arena_printf(runner->arena, "%zu", count);
    step_expect(runner, is && fact_holds(is, actual), step->text,
                is ? is->value : STR("is=N"), actual);
}

static void queries(struct run_client *client, const struct step *step)
{
    struct runner *runner = client->runner;
    const struct arg *gives = step_option(step, "gives");
    size_t count = 0;
    const struct record *const *records = ask(client, step, &count);
    struct buf ids;
    buf_init(&ids, 65536);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&ids, "%s%.*s", i > 0 ? "," : "", STR_ARG(records[i]->id));
        note_read(client, records[i]);
    }
    struct str actual = arena_str(runner->arena, buf_view(&ids));
    buf_free(&ids);
    step_expect(runner, gives && str_eq(gives->value, actual), step->text,
                gives ? gives->value : STR("gives=\"…\""), actual);
}

bool action_read(struct runner *runner, const struct step *step)
{
    static const struct {
        enum verb_id verb;
        void (*act)(struct run_client *client, const struct step *step);
    } acts[] = {{VERB_SEES, sees},
                {VERB_LACKS, lacks},
                {VERB_HAS, has},
                {VERB_COUNTS, counts},
                {VERB_QUERIES, queries}};
    for (size_t a = 0; a < sizeof(acts) / sizeof(acts[0]); a++) {
        if (acts[a].verb != step->verb->id) {
            continue;
        }
        for (size_t w = 0; w < step->who_count && !runner->broken; w++) {
            acts[a].act(runner->clients[step->who[w]], step);
        }
        return true;
    }
    return false;
}
