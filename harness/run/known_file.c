/* SPDX-License-Identifier: MIT */
/* known_file - lists of known failures, read from text and written to it.
 * Layer: harness/run. */
#include <inttypes.h>

#include "harness/run/known.h"
#include "harness/scenario/lex.h"
#include "harness/scenario/suggest.h"
#include "protocol/instant.h"
#include "protocol/json.h"
#include "reports/renderer.h"

struct reading {
    struct str file;
    struct arena *arena;
    struct err *err;
    uint32_t line;
};

static enum status fail(const struct reading *reading, uint32_t column,
                        struct str what)
{
    return err_set(reading->err, ST_SYNTAX,
                   "%.*s:%" PRIu32 ":%" PRIu32 ": %.*s", STR_ARG(reading->file),
                   reading->line, column, STR_ARG(what));
}

/* What a word or a JSON string says, in the arena. */
static enum status read_text(const struct reading *reading, struct str raw,
                             uint32_t column, struct str *out)
{
    const struct json_node *node = NULL;
    struct err err = {.status = ST_OK};
    if (raw.n == 0 || raw.p[0] != '"') {
        *out = arena_str(reading->arena, raw);
        return ST_OK;
    }
    if (json_read(raw, &json_limits_default, reading->arena, &node, &err) !=
        ST_OK) {
        return fail(reading, column, str_of(err.text));
    }
    *out = arena_str(reading->arena, json_string(node));
    return ST_OK;
}

static struct str *member_of(struct known_entry *entry, struct str key)
{
    const struct {
        const char *name;
        struct str *to;
    } members[] = {{"message", &entry->message},
                   {"reason", &entry->reason},
                   {"expires", &entry->expires},
                   {"world", &entry->world},
                   {"dialect", &entry->dialect}};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (str_is(key, members[i].name)) {
            return members[i].to;
        }
    }
    return NULL;
}

static bool is_day(struct str text)
{
    char whole[] = "0000-00-00T00:00:00Z";
    struct instant at;
    for (size_t i = 0; text.n == DAY_BYTES && i < text.n; i++) {
        whole[i] = text.p[i];
    }
    return text.n == DAY_BYTES &&
           instant_parse(str_of(whole), &at, NULL) == ST_OK;
}

static enum status read_member(const struct reading *reading,
                               const struct token *token,
                               struct known_entry *entry)
{
    struct str *to = token->has_key ? member_of(entry, token->key) : NULL;
    if (!to || token->op != ARG_EQ) {
        return fail(reading, token->column,
                    STR("expected message=, reason=, expires=, world= or "
                        "dialect= here"));
    }
    if (to->n > 0) {
        return fail(reading, token->column,
                    arena_printf(reading->arena, "%.*s is there twice",
                                 STR_ARG(token->key)));
    }
    enum status status =
        read_text(reading, token->value, token->value_column, to);
    if (status == ST_OK && to->n == 0) {
        return fail(reading, token->value_column,
                    arena_printf(reading->arena, "%.*s must not be empty",
                                 STR_ARG(token->key)));
    }
    if (status == ST_OK && to == &entry->expires && !is_day(*to)) {
        return fail(reading, token->value_column,
                    STR("expected a day as 2026-12-31"));
    }
    return status;
}

static enum status entry_whole(const struct reading *reading,
                               const struct known_list *list,
                               const struct known_entry *entry)
{
    const char *missing = entry->message.n == 0   ? "message"
                          : entry->reason.n == 0  ? "reason"
                          : entry->expires.n == 0 ? "expires"
                                                  : NULL;
    if (missing) {
        return fail(reading, 1,
                    arena_printf(reading->arena,
                                 "%.*s has no %s: expected ID message=\"…\" "
                                 "reason=\"…\" expires=2026-12-31",
                                 STR_ARG(entry->id), missing));
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct known_entry *other = &list->items[i];
        if (str_eq(other->id, entry->id) &&
            str_eq(other->message, entry->message) &&
            str_eq(other->world, entry->world) &&
            str_eq(other->dialect, entry->dialect)) {
            return fail(reading, 1,
                        arena_printf(reading->arena,
                                     "the same as line %" PRIu32, other->line));
        }
    }
    return ST_OK;
}

static enum status read_entry(const struct reading *reading, struct str line,
                              struct known_list *out)
{
    struct lexer lexer;
    struct token token;
    struct known_entry entry = {.line = reading->line};
    lex_init(&lexer, line);
    enum lex_result result = lex_next(&lexer, &token);
    enum status status = ST_OK;
    if (result == LEX_TOKEN && token.has_key) {
        return fail(reading, token.column,
                    STR("expected the id of a scenario first, as "
                        "retry/lost_response#1"));
    }
    if (result == LEX_TOKEN) {
        status = read_text(reading, token.raw, token.column, &entry.id);
    }
    while (status == ST_OK && result == LEX_TOKEN &&
           (result = lex_next(&lexer, &token)) == LEX_TOKEN) {
        status = read_member(reading, &token, &entry);
    }
    if (status == ST_OK && result == LEX_FAULT) {
        return fail(reading, lexer.column, str_of(lexer.fault));
    }
    status = status == ST_OK ? entry_whole(reading, out, &entry) : status;
    if (status == ST_OK) {
        out->items = arena_grow(reading->arena, out->items, out->count,
                                &out->cap, sizeof(*out->items));
        out->items[out->count++] = entry;
    }
    return status;
}

enum status known_read(struct str file, struct str text, struct arena *arena,
                       struct known_list *out, struct err *err)
{
    struct reading reading = {.file = file, .arena = arena, .err = err};
    enum status status = ST_OK;
    *out = (struct known_list){.file = file};
    for (size_t at = 0; status == ST_OK && at < text.n;) {
        struct str line = lex_line(text, &at);
        reading.line++;
        if (!lex_is_empty(line)) {
            status = read_entry(&reading, line, out);
        }
    }
    return status;
}

/* ---- writing ---- */

static bool failed(const struct past_result *result)
{
    return result->outcome == OUT_FAIL || result->outcome == OUT_XFAIL;
}

/* Neither failed nor passed: it says nothing of the others of its id. */
static bool counts(const struct past_result *result)
{
    return result->outcome != OUT_SKIP && result->outcome != OUT_NOT_RUN &&
           result->outcome != OUT_UNIMPLEMENTED;
}

static void put_member(struct buf *out, const char *key, struct str text)
{
    buf_printf(out, " %s=", key);
    json_write_string(out, text);
}

static void put_entry(struct buf *out, const struct known_entry *entry)
{
    struct str id = entry->id;
    bool plain = id.n > 0 && str_find(id, ' ') == id.n &&
                 str_find(id, '"') == id.n && str_find(id, '=') == id.n &&
                 id.p[0] != '#';
    if (plain) {
        buf_str(out, id);
    } else {
        json_write_string(out, id);
    }
    put_member(out, "message", entry->message);
    put_member(out, "reason", entry->reason);
    buf_printf(out, " expires=%.*s", STR_ARG(entry->expires));
    if (entry->world.n > 0) {
        put_member(out, "world", entry->world);
    }
    if (entry->dialect.n > 0) {
        put_member(out, "dialect", entry->dialect);
    }
    buf_putc(out, '\n');
}

static struct str pinned(struct arena *arena, struct str message)
{
    struct buf text;
    buf_init(&text, RENDERER_BYTES);
    for (size_t i = 0; i < message.n; i++) {
        if (message.p[i] == '*' || message.p[i] == '\\') {
            buf_putc(&text, '\\');
        }
        buf_putc(&text, message.p[i]);
    }
    struct str out = arena_str(arena, buf_view(&text));
    buf_free(&text);
    return out;
}

/* As long as the entry has always been there it keeps what somebody wrote. */
static const struct known_entry *entry_before(const struct known_list *old,
                                              const struct past_result *result)
{
    for (size_t i = 0; i < old->count; i++) {
        const struct known_entry *entry = &old->items[i];
        if (str_eq(entry->id, result->id) &&
            (entry->world.n == 0 || str_eq(entry->world, result->world)) &&
            (entry->dialect.n == 0 ||
             str_eq(entry->dialect, result->dialect)) &&
            known_matches(entry->message, result->what)) {
            return entry;
        }
    }
    return NULL;
}

struct writing {
    const struct past *now;
    const struct known_list *old;
    struct str expires;
    struct arena arena;
    struct buf *out;
};

/* All of one id, from..to-1: do they fail alike everywhere, so that one entry
 * is enough?  Entries of one world stay such. */
static bool alike(const struct writing *writing, size_t from, size_t to)
{
    const struct past_result *first = NULL;
    const struct past *now = writing->now;
    for (size_t i = 0; i < writing->old->count; i++) {
        const struct known_entry *entry = &writing->old->items[i];
        if (str_eq(entry->id, now->items[from].id) &&
            entry->world.n + entry->dialect.n > 0) {
            return false;
        }
    }
    for (size_t i = from; i < to; i++) {
        const struct past_result *result = &now->items[i];
        first = first ? first : counts(result) ? result : NULL;
        if (counts(result) &&
            (!failed(result) || !str_eq(result->what, first->what))) {
            return false;
        }
    }
    return true;
}

static void write_id(struct writing *writing, size_t from, size_t to)
{
    bool one = alike(writing, from, to);
    for (size_t i = from; i < to; i++) {
        const struct past_result *result = &writing->now->items[i];
        if (!failed(result)) {
            continue;
        }
        const struct known_entry *before = entry_before(writing->old, result);
        struct known_entry entry = {
            .id = result->id,
            .message = before ? before->message
                              : pinned(&writing->arena, result->what),
            .reason = before ? before->reason : STR("nobody has said why yet"),
            .expires = before ? before->expires : writing->expires};
        if (one) {
            put_entry(writing->out, &entry);
            return;
        }
        entry.world = result->world;
        entry.dialect = result->dialect;
        put_entry(writing->out, &entry);
    }
}

/* Those whose scenario was not played this time: nothing is known of them. */
static void write_unplayed(struct writing *writing)
{
    for (size_t i = 0; i < writing->old->count; i++) {
        const struct known_entry *entry = &writing->old->items[i];
        bool played = false;
        for (size_t k = 0; k < writing->now->count && !played; k++) {
            played = str_eq(writing->now->items[k].id, entry->id) &&
                     counts(&writing->now->items[k]);
        }
        if (!played) {
            put_entry(writing->out, entry);
        }
    }
}

static struct str day_after(struct str today, int days, struct arena *arena)
{
    char text[INSTANT_TEXT_MAX];
    struct instant at = INSTANT_EPOCH;
    struct str whole = arena_printf(arena, "%.*sT00:00:00Z", STR_ARG(today));
    instant_parse(whole, &at, NULL);
    at.s += (int64_t)days * 86400;
    return arena_str(arena, str_take(instant_write_ms(at, text), DAY_BYTES));
}

void known_write(const struct past *now, const struct known_list *old,
                 struct str today, struct buf *out)
{
    struct writing writing = {.now = now, .old = old, .out = out};
    arena_init(&writing.arena, LIMIT_RUN_ARENA);
    writing.expires = day_after(today, KNOWN_DAYS, &writing.arena);
    buf_puts(out, "# Known failures: the id of a scenario, the message that it "
                  "fails with,\n# why, and until when it may.\n");
    for (size_t from = 0; from < now->count;) {
        size_t to = from + 1;
        while (to < now->count &&
               str_eq(now->items[to].id, now->items[from].id)) {
            to++;
        }
        write_id(&writing, from, to);
        from = to;
    }
    write_unplayed(&writing);
    arena_free(&writing.arena);
}
