/* SPDX-License-Identifier: MIT */
/* fuzz_merge - a few changes to a few registers, brought to three replicas in
 * three orders: alone, twice and backwards, and through the engine in batches
 * of any order.  All replicas must be equal, and equal to a naive fold of what
 * the protocol says (harness/check), which shares no merge code with the
 * client.  Layer: fuzz.
 *
 * The input is a program, see change_make() and delivery_make(); nothing of
 * it is JSON.  SYNCSPEC_PLANT_IGNORE_MS makes the merge forget the fraction of
 * a second of updates: the fuzzer has to find that within seconds. */
#include <stdlib.h>

#include "base/limits.h"
#include "fuzz/claim.h"
#include "fuzz/input.h"
#include "harness/check/ledger.h"
#include "harness/client/device_state.h"
#include "harness/client/engine.h"

enum {
    CHANGES_MAX = 8,
    FIELDS_MAX = 3, /* of one change, beside the times of its record */
    DELIVERIES_MAX = 24,
    REPLICAS = 3,
    REGISTERS_MAX = 64,
    KEEP_BYTES_MAX = 1 << 20
};

/* 2026-03-27T10:00:00Z */
#define BASE_S INT64_C(1774605600)

/* What the naive fold knows of a register. */
struct truth {
    struct str table, id, name, value;
    struct instant at;
};

struct bench {
    struct arena arena;
    struct intern intern;
    struct change changes[CHANGES_MAX];
    size_t change_count;
    struct truth truths[REGISTERS_MAX];
    size_t truth_count;
    const struct change *folding;
};

static const struct str tables[] = {{"tasks", 5}, {"notes", 5}};
static const struct str ids[] = {{"1", 1}, {"2", 1}};
static const struct str names[] = {{"a", 1}, {"b", 1}, {"deletedAt", 9}};
static const struct str values[] = {{"1", 1},     {"2", 1},        {"10", 2},
                                    {"null", 4},  {"\"\"", 2},     {"\"a\"", 3},
                                    {"false", 5}, {"{\"x\":1}", 7}};

/* ---- the program ---- */

/* Two bits each: second, millisecond, nanosecond. */
static struct instant stamp_make(unsigned choice)
{
    static const int64_t seconds[] = {0, 1, -1, 86400};
    static const int32_t milliseconds[] = {0, 1, 999, 500};
    static const int32_t nanoseconds[] = {0, 1, 999999, 100000};
    return (struct instant){BASE_S + seconds[choice & 3],
                            milliseconds[choice >> 2 & 3] * 1000000 +
                                nanoseconds[choice >> 4 & 3]};
}

static struct str quoted_time(struct bench *bench, struct instant at,
                              unsigned spelling)
{
    char text[INSTANT_TEXT_MAX];
    struct str spelled = instant_write_ns(at, text);
    if (spelling & 1) {
        /* The same instant as somebody an hour further east spells it. */
        at = instant_add_ms(at, 3600000);
        spelled = str_take(instant_write_ns(at, text), spelled.n - 1);
        return arena_printf(&bench->arena, "\"%.*s+01:00\"", STR_ARG(spelled));
    }
    return arena_printf(&bench->arena, "\"%.*s\"", STR_ARG(spelled));
}

static struct str inside_quotes(struct str text)
{
    return str_take(str_skip(text, 1), text.n - 2);
}

/* A field of an update; its stamp byte chooses the spelling too. */
static struct field field_make(struct bench *bench, struct input *input,
                               struct str name)
{
    unsigned choice = input_byte(input);
    struct field field = {.name = name, .at = stamp_make(choice)};
    struct str spelled = quoted_time(bench, field.at, choice >> 6);
    field.at_text = inside_quotes(spelled);
    field.value = values[choice >> 7 ? input_below(input, 8) : 0];
    if (str_is(name, "deletedAt")) {
        field.value = choice >> 7 ? quoted_time(bench, field.at, choice >> 5)
                                  : STR("null");
    }
    return field;
}

static void fields_put(struct field *fields, size_t *count, struct field field)
{
    if (!field_find(fields, *count, field.name)) {
        fields[(*count)++] = field;
    }
}

/* bits 0-1 how many; then a byte a name, and what field_make() reads. */
static void fields_make(struct bench *bench, struct input *input,
                        struct change *change)
{
    size_t count = 1 + input_below(input, FIELDS_MAX);
    change->has_fields = true;
    change->fields = arena_must(&bench->arena, count, sizeof(struct field));
    for (size_t i = 0; i < count; i++) {
        struct str name = names[input_below(input, 3)];
        fields_put(change->fields, &change->field_count,
                   field_make(bench, input, name));
    }
    field_sort(change->fields, change->field_count);
}

/* The times of a record are members of it: updatedAt, else createdAt, makes
 * the stamp of all; some records have neither. */
static void data_make(struct bench *bench, struct input *input,
                      struct change *change)
{
    unsigned shape = input_byte(input), stamp = input_byte(input);
    struct field *data =
        arena_must(&bench->arena, FIELDS_MAX + 3, sizeof(struct field));
    struct str time = quoted_time(bench, stamp_make(stamp), stamp >> 6);
    change->has_data = true;
    change->data = data;
    if ((shape & 3) != 3) {
        fields_put(data, &change->data_count,
                   (struct field){.name = STR("createdAt"), .value = time});
    }
    if ((shape & 3) != 2 && (shape & 3) != 3) {
        fields_put(data, &change->data_count,
                   (struct field){.name = STR("updatedAt"), .value = time});
    }
    for (size_t i = 0; i < 2; i++) {
        if (shape >> (2 + i) & 1) {
            fields_put(data, &change->data_count,
                       (struct field){.name = names[i],
                                      .value = values[input_below(input, 8)]});
        }
    }
    if (shape >> 4 & 1) {
        fields_put(
            data, &change->data_count,
            (struct field){.name = STR("deletedAt"),
                           .value = shape >> 5 & 1 ? time : STR("null")});
    }
    field_sort(data, change->data_count);
}

static void deleted_make(struct bench *bench, struct input *input,
                         struct change *change)
{
    unsigned choice = input_byte(input);
    change->has_deleted_at = true;
    change->deleted_at = stamp_make(choice);
    change->deleted_at_text =
        inside_quotes(quoted_time(bench, change->deleted_at, choice >> 6));
}

/* First byte: bits 0-1 the op (update, insert, delete, undelete), bit 2 the
 * id, bit 3 the table, bit 4 a deletedAt (or none at a delete), bit 5 fields
 * where the op would have none of its own. */
static void change_make(struct bench *bench, struct input *input,
                        struct change *change)
{
    static const enum op ops[] = {OP_UPDATE, OP_INSERT, OP_DELETE, OP_UPDATE};
    unsigned choice = input_byte(input);
    bool undelete = (choice & 3) == 3, odd = choice >> 4 & 1;
    *change = (struct change){.op = ops[choice & 3],
                              .id = ids[choice >> 2 & 1],
                              .table = tables[choice >> 3 & 1],
                              .deleted_at = INSTANT_MIN};
    if (change->op == OP_INSERT) {
        data_make(bench, input, change);
    }
    if (undelete) {
        change->has_fields = true;
        change->fields = arena_must(&bench->arena, 1, sizeof(struct field));
        fields_put(change->fields, &change->field_count,
                   field_make(bench, input, STR("deletedAt")));
    } else if (change->op == OP_UPDATE || choice >> 5 & 1) {
        fields_make(bench, input, change);
    }
    if ((change->op == OP_DELETE) != odd) {
        deleted_make(bench, input, change);
    }
}

/* ---- the truth ---- */

static void truth_put(void *context, struct str name, struct str value,
                      struct instant at, bool wild)
{
    struct bench *bench = context;
    const struct change *change = bench->folding;
    size_t i = 0;
    if (wild) {
        return; /* a delete that only a server could date is none here */
    }
    while (i < bench->truth_count &&
           !(str_eq(bench->truths[i].table, change->table) &&
             str_eq(bench->truths[i].id, change->id) &&
             str_eq(bench->truths[i].name, name))) {
        i++;
    }
    struct truth *truth = &bench->truths[i];
    if (i == bench->truth_count) {
        CLAIM(i < REGISTERS_MAX, "registers are few");
        bench->truth_count++;
    } else if (order_cmp(at, value, truth->at, truth->value) <= 0) {
        return;
    }
    *truth = (struct truth){change->table, change->id, name, value, at};
}

static void truth_make(struct bench *bench)
{
    struct change_writes sink = {
        .each = truth_put, .context = bench, .arena = &bench->arena};
    for (size_t i = 0; i < bench->change_count; i++) {
        bench->folding = &bench->changes[i];
        change_fold(bench->folding, &sink);
    }
}

/* ---- the replicas ---- */

#ifdef SYNCSPEC_PLANT_IGNORE_MS
/* The planted merge: what it compares has lost its fraction of a second. */
static struct instant stamp_seen(struct instant at)
{
    return (struct instant){at.s, 0};
}
#else
static struct instant stamp_seen(struct instant at)
{
    return at;
}
#endif

static struct change change_seen(struct bench *bench,
                                 const struct change *change)
{
    struct change seen = *change;
    seen.fields =
        arena_must(&bench->arena, seen.field_count + 1, sizeof(struct field));
    for (size_t i = 0; i < seen.field_count; i++) {
        seen.fields[i] = change->fields[i];
        seen.fields[i].at = stamp_seen(seen.fields[i].at);
    }
    return seen;
}

static struct device *replica_open(struct bench *bench)
{
    struct device_config config = {.arena = &bench->arena,
                                   .intern = &bench->intern,
                                   .client_id = STR("replica"),
                                   .collections = tables,
                                   .collection_count = 2};
    return device_create(&config);
}

static void replica_take(struct bench *bench, struct device *device,
                         const struct change *change)
{
    static const struct scribe scribe = {.wall = {BASE_S, 0}};
    struct change seen = change_seen(bench, change);
    replica_apply(device, &seen, &scribe);
}

static struct str token_give(void *context, bool fresh)
{
    (void)context;
    (void)fresh;
    return STR("token");
}

static struct engine *engine_open(struct bench *bench, struct device *device)
{
    struct engine_config config;
    engine_config_defaults(&config);
    config.dialect = dialect_find(STR("v2"));
    config.app = STR("app");
    config.token = token_give;
    config.arena = &bench->arena;
    struct engine *engine = engine_create(&config, device);
    engine_sign_in(engine, (struct moment){0});
    return engine;
}

/* Answer whatever the engine asks, the first time with `changes`. */
static void engine_answer(struct bench *bench, struct engine *engine,
                          const struct change *changes, size_t count)
{
    struct engine_request request;
    unsigned requests = 0;
    while (engine_take(engine, &request)) {
        struct str until = arena_printf(&bench->arena, "%s", CURSOR_EPOCH_TEXT);
        struct response response = {.synced_until = until};
        struct ending ending = {.kind = REPLY_ANSWER, .fate = FATE_ANSWERED};
        ending.reply.status = 200;
        if (requests == 0) {
            response.changes =
                arena_must(&bench->arena, count + 1, sizeof(struct change));
            for (size_t i = 0; i < count; i++) {
                response.changes[i] = change_seen(bench, &changes[i]);
            }
            response.count = count;
        }
        const struct engine_reply reply = {&ending, &response, NULL};
        engine_receive(engine, (struct moment){0}, request.id, &reply);
        CLAIM(++requests < 8, "an engine comes to its end");
    }
    CLAIM(!engine_busy(engine), "an engine comes to its end");
}

/* Batches in an order of the input's: each byte names a change (bits 0-2) and
 * may end the batch (bit 7); afterwards whatever is missing, in one. */
static void delivery_make(struct bench *bench, struct input *input,
                          struct device *device)
{
    struct engine *engine = engine_open(bench, device);
    struct change batch[DELIVERIES_MAX + CHANGES_MAX];
    bool brought[CHANGES_MAX] = {false};
    size_t count = 0;
    for (size_t i = 0; i < DELIVERIES_MAX && !input_ended(input); i++) {
        uint8_t choice = input_byte(input);
        size_t which = (choice & 7) % bench->change_count;
        batch[count++] = bench->changes[which];
        brought[which] = true;
        if (choice >> 7) {
            engine_pull(engine, (struct moment){0}, tables[0]);
            engine_answer(bench, engine, batch, count);
            count = 0;
        }
    }
    for (size_t i = 0; i < bench->change_count; i++) {
        if (!brought[i]) {
            batch[count++] = bench->changes[i];
        }
    }
    engine_pull(engine, (struct moment){0}, tables[0]);
    engine_answer(bench, engine, batch, count);
}

/* ---- the claims ---- */

static const struct truth *truth_find(const struct bench *bench,
                                      const struct record *record,
                                      struct str name)
{
    for (size_t i = 0; i < bench->truth_count; i++) {
        const struct truth *truth = &bench->truths[i];
        if (str_eq(truth->name, name) && str_eq(truth->id, record->id) &&
            str_eq(truth->table, record->collection)) {
            return truth;
        }
    }
    return NULL;
}

/* Every register holds what the fold says, and nothing else is there. */
static void claim_truth(struct bench *bench, const struct device *device,
                        const char *how)
{
    size_t count, registers = 0;
    const struct record *const *records =
        device_records(device, &bench->arena, &count);
    for (size_t i = 0; i < count; i++) {
        const struct record *record = records[i];
        for (size_t k = 0; k < record->field_count; k++, registers++) {
            const struct field *held = &record->fields[k];
            const struct truth *truth = truth_find(bench, record, held->name);
            CLAIM(truth, "%s: %.*s/%.*s %.*s was written by somebody", how,
                  STR_ARG(record->collection), STR_ARG(record->id),
                  STR_ARG(held->name));
            CLAIM(str_eq(held->value, truth->value),
                  "%s: %.*s/%.*s %.*s is %.*s, not %.*s", how,
                  STR_ARG(record->collection), STR_ARG(record->id),
                  STR_ARG(held->name), STR_ARG(truth->value),
                  STR_ARG(held->value));
            CLAIM(instant_cmp(held->at, truth->at) == 0 ||
                      instant_cmp(held->at, stamp_seen(truth->at)) == 0,
                  "%s: %.*s/%.*s %.*s has the stamp that was written", how,
                  STR_ARG(record->collection), STR_ARG(record->id),
                  STR_ARG(held->name));
        }
    }
    CLAIM(registers == bench->truth_count, "%s: %zu registers, not %zu", how,
          bench->truth_count, registers);
}

static void claim_same_records(struct bench *bench, const struct device *a,
                               const struct device *b)
{
    size_t count, other_count;
    const struct record *const *records =
        device_records(a, &bench->arena, &count);
    const struct record *const *others =
        device_records(b, &bench->arena, &other_count);
    CLAIM(count == other_count, "replicas have the same records: %zu, %zu",
          count, other_count);
    for (size_t i = 0; i < count; i++) {
        claim_same(records[i]->collection, others[i]->collection,
                   "a record's collection");
        claim_same(records[i]->id, others[i]->id, "a record's id");
        CLAIM(record_live(records[i]) == record_live(others[i]),
              "a record lives everywhere or nowhere");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench bench;
    static const char *const how[REPLICAS] = {"in order", "twice and backwards",
                                              "in batches"};
    struct device *replicas[REPLICAS];
    struct input input = input_of(data, size);
    if (bench.arena.ceiling == 0) {
        arena_init(&bench.arena, LIMIT_REQUEST_ARENA);
    }
    intern_init(&bench.intern, &bench.arena);
    bench.truth_count = 0;
    bench.change_count = 1 + input_below(&input, CHANGES_MAX);
    for (size_t i = 0; i < bench.change_count; i++) {
        change_make(&bench, &input, &bench.changes[i]);
    }
    truth_make(&bench);
    for (size_t i = 0; i < REPLICAS; i++) {
        replicas[i] = replica_open(&bench);
    }
    for (size_t i = 0; i < bench.change_count; i++) {
        size_t back = bench.change_count - 1 - i;
        replica_take(&bench, replicas[0], &bench.changes[i]);
        replica_take(&bench, replicas[1], &bench.changes[back]);
        replica_take(&bench, replicas[1], &bench.changes[back]);
    }
    delivery_make(&bench, &input, replicas[2]);
    for (size_t i = 0; i < REPLICAS; i++) {
        claim_truth(&bench, replicas[i], how[i]);
        claim_same_records(&bench, replicas[0], replicas[i]);
    }
    if (bench.arena.held > KEEP_BYTES_MAX) {
        arena_free(&bench.arena);
    }
    arena_reset(&bench.arena);
    return 0;
}
