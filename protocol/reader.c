/* SPDX-License-Identifier: MIT */
/* reader - the small steps of reading a document against the protocol.
 * Layer: protocol. */
#include "protocol/reader.h"

#include <string.h>

#define TIME_EXPECTED "expected RFC 3339, e.g. 2026-03-27T10:05:00.000Z"

enum status reader_fail_memory(struct reader *reader, const struct place *at)
{
    reader->starved = true;
    return place_fail(at, reader->err, ST_LIMIT, "no memory left");
}

enum status reader_fail_type(struct reader *reader, const struct place *at,
                             const struct json_node *node, const char *expected)
{
    return place_fail(at, reader->err, ST_PROTOCOL, "expected %s, found %s",
                      expected, json_type_name(json_type(node)));
}

enum status reader_root(struct reader *reader, const struct place *root,
                        struct str bytes, const struct json_node **out)
{
    enum status status =
        json_read(bytes, &reader->rules->json, reader->arena, out, reader->err);
    if (status == ST_OK && json_type(*out) != JSON_OBJECT) {
        return reader_fail_type(reader, root, *out, "an object");
    }
    return status;
}

const struct json_node *reader_present(const struct json_node *node)
{
    return node && json_type(node) != JSON_NULL ? node : NULL;
}

void reader_members(const struct reader *reader, const struct json_node *object,
                    const struct wanted_list *wanted, void *target)
{
    const struct str *names = reader->rules->dialect->names;
    for (const struct json_node *node = json_child(object); node;
         node = json_next(node)) {
        struct str name = json_name(node);
        for (size_t i = 0; i < wanted->count; i++) {
            struct str want = names[wanted->items[i].name];
            if (name.n == want.n && name.p[0] == want.p[0] &&
                memcmp(name.p, want.p, name.n) == 0) {
                *(const struct json_node **)(void *)((char *)target +
                                                     wanted->items[i].offset) =
                    node;
                break;
            }
        }
    }
}

enum status reader_string(struct reader *reader, const struct place *at,
                          const struct json_node *node, struct str *out)
{
    if (json_type(node) != JSON_STRING) {
        return reader_fail_type(reader, at, node, "a string");
    }
    *out = json_string(node);
    return ST_OK;
}

enum status reader_check_name(struct reader *reader, const struct place *at,
                              struct str name)
{
    size_t most = reader->rules->name_bytes;
    if (name.n > most) {
        return place_fail(at, reader->err, ST_LIMIT, "%zu bytes, at most %zu",
                          name.n, most);
    }
    return ST_OK;
}

enum status reader_name(struct reader *reader, const struct place *at,
                        const struct json_node *node, struct str *out)
{
    enum status status = reader_string(reader, at, node, out);
    return status == ST_OK ? reader_check_name(reader, at, *out) : status;
}

enum status reader_key(struct reader *reader, const struct place *at,
                       const struct json_node *node, struct str *out)
{
    if (!node) {
        return place_fail(at, reader->err, ST_PROTOCOL,
                          "missing (expected a string)");
    }
    enum status status = reader_name(reader, at, node, out);
    if (status == ST_OK && out->n == 0) {
        return place_fail(at, reader->err, ST_PROTOCOL,
                          "empty (expected at least one character)");
    }
    return status;
}

enum status reader_time(struct reader *reader, const struct place *at,
                        const struct json_node *node, struct str *text,
                        struct instant *out)
{
    if (!node) {
        return place_fail(at, reader->err, ST_PROTOCOL,
                          "missing (" TIME_EXPECTED ")");
    }
    if (json_type(node) != JSON_STRING) {
        return place_fail(at, reader->err, ST_PROTOCOL,
                          "not a time: %s (" TIME_EXPECTED ")",
                          json_type_name(json_type(node)));
    }
    struct err why;
    *text = json_string(node);
    if (instant_parse(*text, out, &why) != ST_OK) {
        return place_fail(at, reader->err, ST_PROTOCOL, "%s", why.text);
    }
    return ST_OK;
}

enum status reader_integer(struct reader *reader, const struct place *at,
                           const struct json_node *node, int64_t *out)
{
    if (json_type(node) != JSON_NUMBER) {
        return reader_fail_type(reader, at, node, "an integer");
    }
    if (!json_i64(node, out)) {
        return place_fail(at, reader->err, ST_PROTOCOL,
                          "expected an integer of 64 bits, found another "
                          "number");
    }
    return ST_OK;
}

/* No number in the value is beyond a double.  Recursive: as deep as the
 * scanner let the document be. */
static enum status check_numbers(struct reader *reader, const struct place *at,
                                 const struct json_node *node)
{
    enum json_type type = json_type(node);
    if (type == JSON_NUMBER && json_overflows(node)) {
        return place_fail(at, reader->err, ST_PROTOCOL,
                          "a number that no double can hold (expected at most "
                          "1.7976931348623157e308)");
    }
    if (type != JSON_ARRAY && type != JSON_OBJECT) {
        return ST_OK;
    }
    size_t index = 0;
    for (const struct json_node *child = json_child(node); child;
         child = json_next(child), index++) {
        struct place inner = type == JSON_ARRAY
                                 ? place_index(at, index)
                                 : place_member(at, json_name(child));
        enum status status = check_numbers(reader, &inner, child);
        if (status != ST_OK) {
            return status;
        }
    }
    return ST_OK;
}

enum status reader_value(struct reader *reader, const struct place *at,
                         const struct json_node *node, struct str *out)
{
    enum status status = check_numbers(reader, at, node);
    if (status != ST_OK) {
        return status;
    }
    *out = json_canonical_str(node, reader->arena);
    return out->p ? ST_OK : reader_fail_memory(reader, at);
}

size_t reader_count(const struct json_node *container)
{
    size_t count = 0;
    for (const struct json_node *node = json_child(container); node;
         node = json_next(node)) {
        count++;
    }
    return count;
}

enum status reader_array(struct reader *reader, const struct place *at,
                         const struct json_node *node)
{
    if (!node) {
        return place_fail(at, reader->err, ST_PROTOCOL,
                          "missing (expected an array)");
    }
    return json_type(node) == JSON_ARRAY
               ? ST_OK
               : reader_fail_type(reader, at, node, "an array");
}
