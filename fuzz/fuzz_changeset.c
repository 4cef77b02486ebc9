/* SPDX-License-Identifier: MIT */
/* fuzz_changeset - bytes from a peer against the codec: what is taken can be
 * written and taken again without any difference, what is refused is refused
 * with a sentence.  Layer: fuzz.
 *
 * The first byte chooses, by its low bits as the digits 0 to 7 have them:
 * bit 0 the dialect (v1, v2), bits 1 and 2 what the rest is: 0 a push body,
 * 1 an answer, 2 a change, 3 any JSON. */
#include "base/limits.h"
#include "base/utf8.h"
#include "fuzz/claim.h"
#include "protocol/codec.h"

enum { KEEP_BYTES_MAX = 1 << 20 /* of memory kept for the next input */ };

struct bench {
    struct arena arena;
    struct codec_rules rules;
    struct buf one, two; /* what was written */
};

static bool is_canonical(struct bench *bench, struct str value)
{
    const struct json_node *node;
    return json_read(value, &bench->rules.json, &bench->arena, &node, NULL) ==
               ST_OK &&
           str_eq(json_canonical_str(node, &bench->arena), value);
}

static void claim_canonical(struct bench *bench, struct str value)
{
    CLAIM(is_canonical(bench, value), "a value is canonical: %.*s",
          STR_ARG(value));
}

/* A stamp and its spelling are the same instant, and so are the ways in which
 * clients and servers would write it. */
static void claim_stamp(struct str spelled, struct instant at)
{
    struct instant again;
    char text[INSTANT_TEXT_MAX];
    struct err err = {0};
    CLAIM(instant_parse(spelled, &again, &err) == ST_OK, "a stamp is a time");
    CLAIM(instant_cmp(at, again) == 0, "a stamp is what was spelled: %.*s",
          STR_ARG(spelled));
    struct str written = instant_write_ns(at, text);
    CLAIM(instant_parse(written, &again, &err) == ST_OK, "%s is a time: %s",
          text, err.text);
    CLAIM(instant_cmp(at, again) == 0, "%.*s is written as %s",
          STR_ARG(spelled), text);
    written = instant_write_ms(at, text);
    CLAIM(instant_parse(written, &again, &err) == ST_OK, "%s is a time: %s",
          text, err.text);
    at.ns -= at.ns % 1000000;
    CLAIM(instant_cmp(at, again) == 0, "%.*s is cut to %s", STR_ARG(spelled),
          text);
}

static void claim_fields(struct bench *bench, const struct field *fields,
                         size_t count, bool stamped)
{
    for (size_t i = 0; i < count; i++) {
        CLAIM(i == 0 || str_cmp(fields[i - 1].name, fields[i].name) < 0,
              "fields are sorted, and each is there once");
        claim_canonical(bench, fields[i].value);
        if (stamped) {
            claim_stamp(fields[i].at_text, fields[i].at);
        }
    }
}

static void claim_change(struct bench *bench, const struct change *change)
{
    const struct str extras[] = {change->event_id, change->actor,
                                 change->origin, change->space_id};
    CLAIM(change->table.n > 0 && change->id.n > 0, "a record has a name");
    CLAIM(change->op != OP_INSERT || change->has_data, "inserts have data");
    CLAIM(change->op != OP_UPDATE || change->has_fields, "updates have fields");
    claim_fields(bench, change->data, change->data_count, false);
    claim_fields(bench, change->fields, change->field_count, true);
    if (change->has_deleted_at) {
        claim_stamp(change->deleted_at_text, change->deleted_at);
    }
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
        if (extras[i].n > 0) {
            claim_canonical(bench, extras[i]);
        }
    }
}

static void claim_same_fields(const struct field *a, const struct field *b,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        claim_same(a[i].name, b[i].name, "a field's name");
        claim_same(a[i].value, b[i].value, "a field's value");
        claim_same(a[i].at_text, b[i].at_text, "a field's spelled stamp");
        CLAIM(instant_cmp(a[i].at, b[i].at) == 0, "a stamp is the same");
    }
}

static void claim_same_change(const struct change *a, const struct change *b)
{
    claim_same(a->table, b->table, "table");
    claim_same(a->id, b->id, "id");
    CLAIM(a->op == b->op && a->has_data == b->has_data &&
              a->has_fields == b->has_fields &&
              a->has_deleted_at == b->has_deleted_at,
          "op and members are the same");
    CLAIM(a->data_count == b->data_count && a->field_count == b->field_count,
          "there are as many fields");
    claim_same_fields(a->data, b->data, a->data_count);
    claim_same_fields(a->fields, b->fields, a->field_count);
    CLAIM(instant_cmp(a->deleted_at, b->deleted_at) == 0,
          "deletedAt is the same");
    CLAIM(instant_cmp(change_insert_stamp(a), change_insert_stamp(b)) == 0,
          "the stamp of an insert is the same");
    claim_same(a->event_id, b->event_id, "eventId");
    claim_same(a->actor, b->actor, "actor");
    claim_same(a->origin, b->origin, "origin");
    claim_same(a->space_id, b->space_id, "spaceId");
    CLAIM(a->schema_version == b->schema_version, "schemaVersion is the same");
}

static void try_changeset(struct bench *bench, struct str text)
{
    const struct dialect *dialect = bench->rules.dialect;
    struct changeset one, two;
    struct err err = {0};
    enum status status =
        changeset_read(text, &bench->rules, &bench->arena, &one, &err);
    if (status != ST_OK) {
        claim_error(status, &err);
        return;
    }
    changeset_write(&one, dialect, &bench->one);
    status = changeset_read(buf_view(&bench->one), &bench->rules, &bench->arena,
                            &two, &err);
    CLAIM(status == ST_OK, "what was written can be read: %s", err.text);
    changeset_write(&two, dialect, &bench->two);
    claim_same(buf_view(&bench->one), buf_view(&bench->two), "the second text");
    claim_same(one.client_id, two.client_id, "clientId");
    claim_same(one.app_id, two.app_id, "appId");
    claim_same(one.since, two.since, "since");
    CLAIM(one.schema_version == two.schema_version && one.count == two.count,
          "schemaVersion and the number of changes are the same");
    for (size_t i = 0; i < one.count; i++) {
        claim_change(bench, &one.changes[i]);
        claim_same_change(&one.changes[i], &two.changes[i]);
    }
}

static void claim_malformed(const struct response *response)
{
    for (size_t i = 0; i < response->malformed_count; i++) {
        claim_sentence(str_of(response->malformed[i].why), "a malformed entry");
        CLAIM(i == 0 || response->malformed[i - 1].index <
                            response->malformed[i].index,
              "malformed entries are in order");
    }
}

/* The writer takes changes that are encoded already. */
static void write_response(struct bench *bench, const struct response *response)
{
    const struct dialect *dialect = bench->rules.dialect;
    struct response_head head = {.synced_until = response->synced_until,
                                 .has_more = response->has_more};
    struct str *texts =
        arena_must(&bench->arena, response->count + 1, sizeof *texts);
    for (size_t i = 0; i < response->count; i++) {
        buf_clear(&bench->one);
        change_write(&response->changes[i], dialect, &bench->one);
        texts[i] = arena_str(&bench->arena, buf_view(&bench->one));
    }
    buf_clear(&bench->one);
    response_write(texts, response->count, &head, dialect, &bench->one);
}

static void try_response(struct bench *bench, struct str text)
{
    struct response one, two;
    struct err err = {0};
    enum status status =
        response_read(text, &bench->rules, &bench->arena, &one, &err);
    if (status != ST_OK) {
        claim_error(status, &err);
        return;
    }
    claim_malformed(&one);
    claim_stamp(one.synced_until, one.synced_until_at);
    for (size_t i = 0; i < one.conflict_count; i++) {
        claim_canonical(bench, one.conflicts[i]);
    }
    write_response(bench, &one);
    status = response_read(buf_view(&bench->one), &bench->rules, &bench->arena,
                           &two, &err);
    CLAIM(status == ST_OK, "what was written can be read: %s", err.text);
    CLAIM(two.malformed_count == 0 && two.count == one.count,
          "no change is lost or malformed");
    CLAIM(one.has_more == two.has_more, "hasMore is the same");
    claim_same(one.synced_until, two.synced_until, "syncedUntil");
    for (size_t i = 0; i < one.count; i++) {
        claim_change(bench, &one.changes[i]);
        claim_same_change(&one.changes[i], &two.changes[i]);
    }
}

static void try_change(struct bench *bench, struct str text)
{
    const struct dialect *dialect = bench->rules.dialect;
    struct change one, two;
    struct err err = {0};
    enum status status =
        change_read(text, &bench->rules, &bench->arena, &one, &err);
    if (status != ST_OK) {
        claim_error(status, &err);
        return;
    }
    claim_change(bench, &one);
    change_write(&one, dialect, &bench->one);
    status = change_read(buf_view(&bench->one), &bench->rules, &bench->arena,
                         &two, &err);
    CLAIM(status == ST_OK, "what was written can be read: %s", err.text);
    change_write(&two, dialect, &bench->two);
    claim_same(buf_view(&bench->one), buf_view(&bench->two), "the second text");
    claim_same_change(&one, &two);
}

/* Scanner and parser agree on what JSON is, and canonical text is a
 * fixpoint. */
static void try_json(struct bench *bench, struct str text)
{
    const struct json_node *node;
    struct err scan_err = {0}, err = {0};
    struct json_facts facts;
    enum status scanned =
        json_scan(text, &bench->rules.json, &bench->arena, &facts, &scan_err);
    enum status status =
        json_read(text, &bench->rules.json, &bench->arena, &node, &err);
    CLAIM(scanned == status, "scanner and parser agree: %s, %s",
          status_name(scanned), status_name(status));
    if (status != ST_OK) {
        claim_error(status, &err);
        claim_same(str_of(scan_err.text), str_of(err.text), "the reason");
        CLAIM(facts.fault.offset <= text.n && facts.fault.line > 0 &&
                  facts.fault.column > 0,
              "the fault is inside the text");
        return;
    }
    CLAIM(utf8_bad_at(text) == text.n, "JSON is UTF-8");
    claim_canonical(bench, json_canonical_str(node, &bench->arena));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench bench;
    if (size == 0) {
        return 0;
    }
    struct str text = {(const char *)data + 1, size - 1};
    if (bench.arena.ceiling == 0) {
        arena_init(&bench.arena, LIMIT_REQUEST_ARENA);
        buf_init(&bench.one, LIMIT_REPLY_BYTES);
        buf_init(&bench.two, LIMIT_REPLY_BYTES);
    }
    bench.rules =
        codec_rules_default(dialect_find(data[0] & 1 ? STR("v2") : STR("v1")));
    switch (data[0] >> 1 & 3) {
    case 0:
        try_changeset(&bench, text);
        break;
    case 1:
        try_response(&bench, text);
        break;
    case 2:
        try_change(&bench, text);
        break;
    default:
        try_json(&bench, text);
        break;
    }
    buf_clear(&bench.one);
    buf_clear(&bench.two);
    if (bench.arena.held > KEEP_BYTES_MAX) {
        arena_free(&bench.arena);
    }
    arena_reset(&bench.arena);
    return 0;
}
