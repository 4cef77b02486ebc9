/* SPDX-License-Identifier: MIT */
/* merging_record - the registers of one record: field-level last-write-wins,
 * and the record told as changes.  Layer: mock_server. */
#include <inttypes.h>

#include "mock_server/merging.h"

enum { FIELDS_AT_ONCE = LIMIT_FIELDS }; /* a reader need not take more */

/* ---- writes become registers ---- */

/* Two spellings of one instant are one value of deletedAt. */
static struct str order_text(const struct field *field, struct arena *arena)
{
    struct instant at;
    char text[INSTANT_TEXT_MAX];
    struct str value = field->value;

    if (str_is(field->name, "deletedAt") && value.n > 2 && value.p[0] == '"' &&
        instant_parse(str_take(str_skip(value, 1), value.n - 2), &at, NULL) ==
            ST_OK) {
        struct str spelled = at.ns % 1000000 == 0 ? instant_write_ms(at, text)
                                                  : instant_write_ns(at, text);
        return arena_printf(arena, "\"%.*s\"", STR_ARG(spelled));
    }
    return value;
}

static struct field field_keep(const struct field *from, struct arena *arena)
{
    struct field field = *from;

    field.name = arena_str(arena, from->name);
    field.value = arena_str(arena, from->value);
    field.at_text =
        from->at_text.n ? arena_str(arena, from->at_text) : (struct str){0};
    return field;
}

/* Where the register is, or belongs. */
static size_t register_place(const struct merging_record *record,
                             struct str name, bool *found)
{
    size_t low = 0, high = record->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (str_cmp(record->registers[middle].field.name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found =
        low < record->count && str_eq(record->registers[low].field.name, name);
    return low;
}

/* The greater stamp wins, of equal ones the greater value. */
static bool register_take(struct merging_record *record,
                          const struct merging_register *write,
                          struct arena *arena)
{
    bool found;
    size_t at = register_place(record, write->field.name, &found);
    struct merging_register kept = *write;

    if (found) {
        const struct merging_register *have = &record->registers[at];
        int order = instant_cmp(write->field.at, have->field.at);

        order = order ? order : str_cmp(write->order, have->order);
        if (order <= 0) {
            return false;
        }
    } else {
        record->registers =
            arena_grow(arena, record->registers, record->count, &record->cap,
                       sizeof(*record->registers));
        memmove(&record->registers[at + 1], &record->registers[at],
                (record->count - at) * sizeof(*record->registers));
        record->count++;
    }
    kept.field = field_keep(&write->field, arena);
    kept.order = arena_str(arena, write->order);
    record->registers[at] = kept;
    return true;
}

static bool take_fields(struct merging_record *record,
                        const struct change *change,
                        const struct merging_source *source,
                        struct arena *arena)
{
    bool insert = change->op == OP_INSERT, changed = false;
    const struct field *fields = insert ? change->data : change->fields;
    size_t count = insert ? change->data_count : change->field_count;

    for (size_t i = 0; i < count; i++) {
        struct merging_register write = {.field = fields[i], .source = source};

        if (insert) {
            if (str_is(fields[i].name, "id") ||
                str_is(fields[i].name, "updatedAt")) {
                continue; /* they say which record, and when: no fields */
            }
            write.field.at = change_insert_stamp(change);
            write.field.at_text = (struct str){0};
        }
        write.order = order_text(&write.field, arena);
        changed = register_take(record, &write, arena) || changed;
    }
    return changed;
}

static bool take_delete(struct merging_record *record,
                        const struct change *change,
                        const struct merging_source *source,
                        struct arena *arena)
{
    char text[INSTANT_TEXT_MAX];
    struct str spelled = change->deleted_at_text.n
                             ? change->deleted_at_text
                             : instant_write_ms(change->deleted_at, text);
    struct merging_register write = {
        .field = {.name = STR("deletedAt"),
                  .value = arena_printf(arena, "\"%.*s\"", STR_ARG(spelled)),
                  .at = change->deleted_at,
                  .at_text = spelled},
        .by_delete = true,
        .source = source};

    write.order = order_text(&write.field, arena);
    return register_take(record, &write, arena);
}

bool merging_record_take(struct merging_record *record,
                         const struct change *change,
                         const struct merging_source *source,
                         struct arena *arena)
{
    bool first = change->op == OP_INSERT && !record->first_source;

    if (first) {
        record->first =
            arena_must(arena, change->data_count + 1, sizeof(*record->first));
        for (size_t i = 0; i < change->data_count; i++) {
            record->first[i] = field_keep(&change->data[i], arena);
        }
        record->first_count = change->data_count;
        record->first_source = source;
    }
    if (change->op == OP_DELETE) {
        return take_delete(record, change, source, arena);
    }
    /* An insert without a field is news all the same. */
    return take_fields(record, change, source, arena) ||
           (first && record->count == 0);
}

/* ---- who may see what ---- */

static bool source_is_news(const struct merging_source *source,
                           struct str client)
{
    return !client.n || !str_eq(source->client, client);
}

int64_t merging_record_news_ns(const struct merging_record *record,
                               struct str client)
{
    int64_t at_ns = 0;

    for (size_t i = 0; i < record->count; i++) {
        const struct merging_source *source = record->registers[i].source;

        if (source->at_ns > at_ns && source_is_news(source, client)) {
            at_ns = source->at_ns;
        }
    }
    if (record->count == 0 && record->first_source &&
        source_is_news(record->first_source, client)) {
        at_ns = record->first_source->at_ns;
    }
    return at_ns;
}

/* ---- a record as changes ---- */

struct telling {
    const struct merging_record *record;
    struct str client;
    const struct dialect *dialect;
    struct buf *out;
    size_t changes; /* that were written */
    bool first_told;
};

static bool is_due(const struct telling *telling,
                   const struct merging_register *reg)
{
    return source_is_news(reg->source, telling->client) &&
           !(telling->first_told &&
             reg->source == telling->record->first_source);
}

/* Was it written by nobody but the first insert? */
static bool is_untouched(const struct merging_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        if (record->registers[i].source != record->first_source) {
            return false;
        }
    }
    return true;
}

static bool same_extras(const struct merging_source *a,
                        const struct merging_source *b)
{
    return a == b ||
           (str_eq(a->actor, b->actor) && str_eq(a->origin, b->origin) &&
            str_eq(a->space_id, b->space_id));
}

/* A further member of the change: `,"NAME":`. */
static void write_name(const struct telling *telling, enum dialect_name name)
{
    buf_puts(telling->out, ",\"");
    buf_str(telling->out, dialect_name(telling->dialect, name));
    buf_puts(telling->out, "\":");
}

static void write_extra(const struct telling *telling, enum dialect_name name,
                        struct str value)
{
    if (value.n) {
        write_name(telling, name);
        buf_str(telling->out, value);
    }
}

/* `{` and what all changes have; a member is to follow. */
static void change_open(struct telling *telling, enum op op,
                        const struct merging_source *source)
{
    struct buf *out = telling->out;
    const struct merging_record *record = telling->record;
    uint64_t mark =
        hash_u64(record->hash, (uint64_t)record->at_ns) + telling->changes;

    if (telling->changes++ > 0) {
        buf_putc(out, ',');
    }
    buf_printf(out, "{\"%s\":\"%s\",\"merged\":true",
               dialect_name(telling->dialect, NAME_OP).p,
               dialect_name(telling->dialect, NAME_OP_INSERT + op).p);
    write_name(telling, NAME_ID);
    json_write_string(out, record->id);
    if (telling->dialect->change_extras) {
        write_extra(telling, NAME_SPACE_ID, source->space_id);
        write_extra(telling, NAME_ORIGIN, source->origin);
        write_extra(telling, NAME_ACTOR, source->actor);
        write_name(telling, NAME_EVENT_ID);
        buf_printf(out, "\"m%016" PRIx64 "\"", mark);
        write_name(telling, NAME_SCHEMA_VERSION);
        buf_putc(out, '1');
    }
    write_name(telling, NAME_TABLE);
    json_write_string(out, record->table);
}

static void write_stamp(struct buf *out, const struct field *field)
{
    struct instant again;
    char text[INSTANT_TEXT_MAX];
    struct str spelled = instant_write_ns(field->at, text);

    /* An offset may name a time outside the years that can be written. */
    if (instant_parse(spelled, &again, NULL) != ST_OK ||
        instant_cmp(again, field->at) != 0) {
        spelled = field->at_text;
    }
    buf_printf(out, "\"%.*s\"", STR_ARG(spelled));
}

/* A member of the record. */
static void member_open(const struct telling *telling, struct str name,
                        size_t written)
{
    struct buf *out = telling->out;

    if (written > 0) {
        buf_putc(out, ',');
    }
    json_write_string(out,
                      dialect_to_wire(telling->dialect, GROUP_RECORD, name));
    buf_putc(out, ':');
}

/* The first insert as it was written: what lost since loses again. */
static void tell_first(struct telling *telling)
{
    const struct merging_record *record = telling->record;
    struct buf *out = telling->out;

    change_open(telling, OP_INSERT, record->first_source);
    write_name(telling, NAME_DATA);
    buf_putc(out, '{');
    for (size_t i = 0; i < record->first_count; i++) {
        member_open(telling, record->first[i].name, i);
        buf_str(out, record->first[i].value);
    }
    buf_puts(out, "}}");
    telling->first_told = true;
}

static bool is_min(const struct merging_register *reg)
{
    return instant_cmp(reg->field.at, INSTANT_MIN) == 0;
}

/* Odd records tell a delete as a delete, even ones as a field: both are one
 * write of deletedAt. */
static bool is_told_as_delete(const struct merging_record *record,
                              const struct merging_register *reg)
{
    return reg->by_delete && record->hash % 2 == 1;
}

enum part { PART_MIN, PART_FIELDS, PART_DELETE };

static enum part part_of(const struct merging_record *record,
                         const struct merging_register *reg)
{
    return is_min(reg)                      ? PART_MIN
           : is_told_as_delete(record, reg) ? PART_DELETE
                                            : PART_FIELDS;
}

static bool in_part(const struct telling *telling,
                    const struct merging_register *reg,
                    const struct merging_source *like, enum part part)
{
    return is_due(telling, reg) && same_extras(reg->source, like) &&
           part_of(telling->record, reg) == part;
}

static void write_register(const struct telling *telling,
                           const struct merging_register *reg, enum part part)
{
    struct buf *out = telling->out;

    if (part == PART_MIN) {
        buf_str(out, reg->field.value);
        return;
    }
    buf_printf(out, "{\"%s\":", telling->dialect->stamp_key);
    write_stamp(out, &reg->field);
    write_name(telling, NAME_VALUE);
    buf_str(out, reg->field.value);
    buf_putc(out, '}');
}

/* The registers of one kind, of sources with the same extras, as one change.
 * The earliest stamp can only be said by an insert without times. */
static void tell_part(struct telling *telling,
                      const struct merging_source *like, enum part part)
{
    const struct merging_record *record = telling->record;
    size_t written = 0;

    for (size_t i = 0; i < record->count; i++) {
        const struct merging_register *reg = &record->registers[i];

        if (!in_part(telling, reg, like, part)) {
            continue;
        }
        if (part == PART_DELETE) {
            change_open(telling, OP_DELETE, like);
            write_name(telling, NAME_DELETED_AT);
            buf_str(telling->out, reg->field.value);
            buf_putc(telling->out, '}');
            continue;
        }
        if (written == FIELDS_AT_ONCE) {
            buf_puts(telling->out, "}}");
            written = 0;
        }
        if (written == 0) {
            change_open(telling, part == PART_MIN ? OP_INSERT : OP_UPDATE,
                        like);
            write_name(telling, part == PART_MIN ? NAME_DATA : NAME_FIELDS);
            buf_putc(telling->out, '{');
        }
        member_open(telling, reg->field.name, written++);
        write_register(telling, reg, part);
    }
    if (written > 0) {
        buf_puts(telling->out, "}}");
    }
}

/* What is due and was written by the first source behind `after_ns`; NULL: no
 * more. */
static const struct merging_register *next_due(const struct telling *telling,
                                               int64_t after_ns)
{
    const struct merging_register *next = NULL;

    for (size_t i = 0; i < telling->record->count; i++) {
        const struct merging_register *reg = &telling->record->registers[i];

        if (is_due(telling, reg) && reg->source->at_ns > after_ns &&
            (!next || reg->source->at_ns < next->source->at_ns)) {
            next = reg;
        }
    }
    return next;
}

/* Was its part told with that of an earlier source? */
static bool is_told(const struct telling *telling,
                    const struct merging_register *reg)
{
    enum part part = part_of(telling->record, reg);

    for (size_t i = 0; i < telling->record->count; i++) {
        const struct merging_register *other = &telling->record->registers[i];

        if (other->source->at_ns < reg->source->at_ns &&
            in_part(telling, other, reg->source, part)) {
            return true;
        }
    }
    return false;
}

/* Was there nothing before the first insert? */
static bool is_begun_by_insert(const struct merging_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        if (record->registers[i].source->at_ns < record->first_source->at_ns) {
            return false;
        }
    }
    return true;
}

/* In the order in which the sources came, as far as they are still seen: what
 * one client sent is never told the other way round. */
void merging_record_write(const struct merging_record *record,
                          struct str client, const struct dialect *dialect,
                          struct buf *out)
{
    struct telling telling = {
        .record = record, .client = client, .dialect = dialect, .out = out};
    const struct merging_source *first = record->first_source;
    const struct merging_register *reg;

    if (first && source_is_news(first, client) && is_begun_by_insert(record) &&
        (record->hash / 2 % 2 == 0 || is_untouched(record))) {
        tell_first(&telling);
    }
    for (int64_t at_ns = 0; (reg = next_due(&telling, at_ns)) != NULL;
         at_ns = reg->source->at_ns) {
        if (!is_told(&telling, reg)) {
            tell_part(&telling, reg->source, part_of(record, reg));
        }
    }
}
