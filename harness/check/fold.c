/* SPDX-License-Identifier: MIT */
/* fold - what a change writes, read straight from the protocol's text; naive on
 * purpose and independent of the client's merge.  Layer: harness/check. */
#include "harness/check/ledger.h"

static bool is_register(struct str name)
{
    return !str_is(name, "id") && !str_is(name, "updatedAt");
}

/* Two spellings of one instant are one value of deletedAt. */
static struct str time_value(struct arena *arena, struct instant at)
{
    char text[INSTANT_TEXT_MAX + 2] = "\"";
    struct str spelled = at.ns % 1000000 == 0 ? instant_write_ms(at, text + 1)
                                              : instant_write_ns(at, text + 1);
    text[spelled.n + 1] = '"';
    return arena_str(arena, (struct str){text, spelled.n + 2});
}

static struct str deleted_value(struct arena *arena, struct str value)
{
    struct instant at;
    if (value.n < 2 || value.p[0] != '"') {
        return value;
    }
    struct str inner = str_take(str_skip(value, 1), value.n - 2);
    if (instant_parse(inner, &at, NULL) != ST_OK) {
        return value;
    }
    return time_value(arena, at);
}

static void fold_list(const struct field *fields, size_t count,
                      const struct instant *all_at,
                      const struct change_writes *sink)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_register(fields[i].name)) {
            continue;
        }
        struct str value = fields[i].value;
        if (str_is(fields[i].name, "deletedAt")) {
            value = deleted_value(sink->arena, value);
        }
        sink->each(sink->context, fields[i].name, value,
                   all_at ? *all_at : fields[i].at, false);
    }
}

void change_fold(const struct change *change, const struct change_writes *sink)
{
    if (change->op == OP_INSERT && change->has_data) {
        struct instant at = change_insert_stamp(change);
        fold_list(change->data, change->data_count, &at, sink);
    }
    /* A delete says when, and nothing else. */
    if (change->op != OP_DELETE && change->has_fields) {
        fold_list(change->fields, change->field_count, NULL, sink);
    }
    if (change->has_deleted_at) {
        sink->each(sink->context, STR("deletedAt"),
                   time_value(sink->arena, change->deleted_at),
                   change->deleted_at, false);
    } else if (change->op == OP_DELETE) {
        sink->each(sink->context, STR("deletedAt"), STR("\"\""), INSTANT_MIN,
                   true);
    }
}

int order_cmp(struct instant a_at, struct str a, struct instant b_at,
              struct str b)
{
    int by_time = instant_cmp(a_at, b_at);
    return by_time != 0 ? by_time : str_cmp(a, b);
}
