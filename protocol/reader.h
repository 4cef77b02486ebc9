/* SPDX-License-Identifier: MIT */
/* reader - the small steps of reading a document against the protocol: each
 * takes one node and its place, and tells what was expected there.
 * Layer: protocol; only for codec and notice. */
#ifndef SYNCSPEC_PROTOCOL_READER_H
#define SYNCSPEC_PROTOCOL_READER_H

#include <stddef.h>

#include "protocol/codec.h"
#include "protocol/place.h"

struct reader {
    const struct codec_rules *rules; /* borrows all three */
    struct arena *arena;
    struct err *err; /* or NULL */
    bool starved;    /* memory ran out: not the fault of the entry at hand */
};

/* Which members of an object are read, and where the pointer to each goes. */
struct wanted {
    enum dialect_name name;
    size_t offset; /* of a `const struct json_node *` in the target */
};
struct wanted_list {
    const struct wanted *items;
    size_t count;
};
#define WANTED(name, type, member)                                             \
    {                                                                          \
        (name), offsetof(type, member)                                         \
    }
/* Unknown members are ignored; absent ones leave their pointer alone. */
void reader_members(const struct reader *reader, const struct json_node *object,
                    const struct wanted_list *wanted, void *target);
/* The place of a member by the name that the dialect has for it. */
static inline struct place reader_place(const struct reader *reader,
                                        const struct place *up,
                                        enum dialect_name name)
{
    return place_member(up, dialect_name(reader->rules->dialect, name));
}
size_t reader_count(const struct json_node *container); /* its children */
/* The node, or NULL if it is null: some members may say so and mean absent. */
const struct json_node *reader_present(const struct json_node *node);

/* The document, which has to be an object. */
enum status reader_root(struct reader *reader, const struct place *root,
                        struct str bytes, const struct json_node **out);

/* "expected %s, found a number": ST_PROTOCOL. */
enum status reader_fail_type(struct reader *reader, const struct place *at,
                             const struct json_node *node,
                             const char *expected);
enum status reader_fail_memory(struct reader *reader, const struct place *at);

/* All of these fail with ST_PROTOCOL, or ST_LIMIT over a ceiling.  `node` is
 * not NULL unless said so; strings live in the reader's arena. */
enum status reader_string(struct reader *reader, const struct place *at,
                          const struct json_node *node, struct str *out);
/* ST_LIMIT when the name is longer than the rules allow. */
enum status reader_check_name(struct reader *reader, const struct place *at,
                              struct str name);
/* A string that passes reader_check_name. */
enum status reader_name(struct reader *reader, const struct place *at,
                        const struct json_node *node, struct str *out);
/* The same, neither missing (`node` NULL) nor empty. */
enum status reader_key(struct reader *reader, const struct place *at,
                       const struct json_node *node, struct str *out);
/* A string that is a time: its spelling and its instant.  `node` NULL says
 * that it is missing. */
enum status reader_time(struct reader *reader, const struct place *at,
                        const struct json_node *node, struct str *text,
                        struct instant *out);
enum status reader_integer(struct reader *reader, const struct place *at,
                           const struct json_node *node, int64_t *out);
/* Any value, as canonical text; refused when a number in it is beyond a
 * double. */
enum status reader_value(struct reader *reader, const struct place *at,
                         const struct json_node *node, struct str *out);
/* An array; `node` NULL says that it is missing. */
enum status reader_array(struct reader *reader, const struct place *at,
                         const struct json_node *node);
/* One change.  On failure `out` holds what was read before the fault. */
enum status reader_change(struct reader *reader, const struct place *at,
                          const struct json_node *node, struct change *out);
/* An array of changes from a server (`node` NULL: missing): malformed entries
 * go to out->malformed and do not stop the others.  The reader's err is not
 * NULL. */
enum status reader_delivery(struct reader *reader, const struct place *at,
                            const struct json_node *node, struct response *out);
/* syncedUntil (NULL: missing) and, where the dialect has it, hasMore (NULL:
 * absent) of the object at `root`. */
enum status reader_progress(struct reader *reader, const struct place *root,
                            const struct json_node *synced_until,
                            const struct json_node *has_more,
                            struct response *out);

#endif
