/* SPDX-License-Identifier: MIT */
/* salvage - taking what can be taken from a bad body.  Layer: mock_server. */
#include "mock_server/salvage.h"

/* Length of the first object in `body`: strings are skipped, braces counted. */
static size_t salvage_object_end(struct str body)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < body.n; i++) {
        char c = body.p[i];

        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && (depth == 0 || --depth == 0)) {
            return i + 1;
        }
    }
    return body.n;
}

static const struct json_node *salvage_member(const struct codec_rules *rules,
                                              const struct json_node *object,
                                              enum dialect_name name)
{
    return json_type(object) == JSON_OBJECT
               ? json_member(object, dialect_name(rules->dialect, name).p)
               : NULL;
}

static bool salvage_has_null_field(const struct codec_rules *rules,
                                   const struct json_node *changes)
{
    for (const struct json_node *c = json_child(changes); c; c = json_next(c)) {
        const struct json_node *fields = salvage_member(rules, c, NAME_FIELDS);

        if (!fields || json_type(fields) != JSON_OBJECT) {
            continue;
        }
        for (const struct json_node *f = json_child(fields); f;
             f = json_next(f)) {
            if (json_type(f) == JSON_NULL) {
                return true;
            }
        }
    }
    return false;
}

static bool salvage_op_unknown(const struct codec_rules *rules,
                               const struct json_node *change)
{
    const struct json_node *op = salvage_member(rules, change, NAME_OP);
    const struct dialect *dialect = rules->dialect;

    if (!op || json_type(op) != JSON_STRING) {
        return false;
    }
    struct str name = json_string(op);
    return !dialect_is(dialect, NAME_OP_INSERT, name) &&
           !dialect_is(dialect, NAME_OP_UPDATE, name) &&
           !dialect_is(dialect, NAME_OP_DELETE, name);
}

static struct str salvage_string(const struct codec_rules *rules,
                                 const struct json_node *root,
                                 enum dialect_name name)
{
    const struct json_node *node = salvage_member(rules, root, name);

    return node && json_type(node) == JSON_STRING ? json_string(node)
                                                  : (struct str){0};
}

/* The changes that can be read, up to the first that cannot; with `skip_ops`
 * those with an unknown op are passed over.  False: a change was bad. */
static bool salvage_changes(const struct json_node *changes, bool skip_ops,
                            const struct codec_rules *rules,
                            struct arena *arena, struct changeset *out)
{
    size_t cap = 0;

    for (const struct json_node *c = json_child(changes); c; c = json_next(c)) {
        struct change change;
        struct str text = json_canonical_str(c, arena);

        if (skip_ops && salvage_op_unknown(rules, c)) {
            continue;
        }
        if (!text.p ||
            change_read(text, rules, arena, &change, NULL) != ST_OK) {
            return false;
        }
        out->changes =
            arena_grow(arena, out->changes, out->count, &cap, sizeof(change));
        out->changes[out->count++] = change;
    }
    return true;
}

static enum salvage salvage_document(const struct bug_set *bugs,
                                     const struct json_node *root,
                                     const struct codec_rules *rules,
                                     struct arena *arena, struct changeset *out)
{
    const struct json_node *changes = salvage_member(rules, root, NAME_CHANGES);

    if (!changes || json_type(changes) != JSON_ARRAY) {
        return SALVAGE_NOTHING;
    }
    if (bug_on(bugs, BUG_NULL_FIELD_CRASHES) &&
        salvage_has_null_field(rules, changes)) {
        return SALVAGE_CRASH;
    }
    *out = (struct changeset){.client_id =
                                  salvage_string(rules, root, NAME_CLIENT_ID),
                              .since = salvage_string(rules, root, NAME_SINCE)};
    out->has_client_id = out->client_id.p != NULL;
    out->has_since = out->since.p != NULL;
    if (bug_on(bugs, BUG_BAD_OP_ACKED)) {
        return salvage_changes(changes, true, rules, arena, out)
                   ? SALVAGE_ACK
                   : SALVAGE_NOTHING;
    }
    if (bug_on(bugs, BUG_PARTIAL_PUSH_KEPT)) {
        salvage_changes(changes, false, rules, arena, out);
        return SALVAGE_PARTIAL;
    }
    return SALVAGE_NOTHING;
}

enum salvage salvage_body(const struct salvage_case *found, struct arena *arena,
                          struct changeset *out)
{
    const struct bug_set *bugs = found->bugs;
    const struct json_node *root;
    struct str body = found->body;

    if (bug_on(bugs, BUG_TRAILING_GARBAGE_ACCEPTED)) {
        body = str_take(body, salvage_object_end(body));
        if (changeset_read(body, found->rules, arena, out, NULL) == ST_OK) {
            return SALVAGE_ACK;
        }
    }
    if (bug_on(bugs, BUG_500_ON_BAD_JSON) && found->why == ST_SYNTAX) {
        return SALVAGE_500;
    }
    if (json_read(body, &found->rules->json, arena, &root, NULL) != ST_OK) {
        return SALVAGE_NOTHING;
    }
    return salvage_document(bugs, root, found->rules, arena, out);
}
