/* SPDX-License-Identifier: MIT */
/* codec - changesets and responses from and to bytes.  Layer: protocol.
 *
 * Errors name the place: `changes[2].fields.title.at: not a time: "10:05"`,
 * or for broken JSON the offset, line and column. */
#ifndef SYNCSPEC_PROTOCOL_CODEC_H
#define SYNCSPEC_PROTOCOL_CODEC_H

#include "protocol/change.h"

/* How strict to be, beyond well-formed JSON. */
struct codec_rules {
    const struct dialect *dialect;
    struct json_limits json;
    size_t changes; /* in one push; answers are bounded by json.bytes alone */
    size_t name_bytes;
};

struct codec_rules codec_rules_default(const struct dialect *dialect);

/* A push body.  Refuses what VALID-1 to VALID-11 and VALID-16 to VALID-18
 * name: first fault wins, `out` is then undefined.  Unknown members are
 * ignored.  `since` is only checked to be a string. */
enum status changeset_read(struct str bytes, const struct codec_rules *rules,
                           struct arena *arena, struct changeset *out,
                           struct err *err);
/* The answer of push or pull.  A malformed entry of serverChanges goes to
 * out->malformed and does not stop the others; everything else that is wrong
 * fails. */
enum status response_read(struct str bytes, const struct codec_rules *rules,
                          struct arena *arena, struct response *out,
                          struct err *err);
/* One change from its own text. */
enum status change_read(struct str bytes, const struct codec_rules *rules,
                        struct arena *arena, struct change *out,
                        struct err *err);

/* Canonical bytes, in the member order of the protocol's examples.  Stamps are
 * written as spelled (at_text), else as clients write them. */
void change_write(const struct change *change, const struct dialect *dialect,
                  struct buf *out);
void changeset_write(const struct changeset *set, const struct dialect *dialect,
                     struct buf *out);
/* `changes` are already encoded texts. */
struct response_head {
    struct str synced_until;
    bool has_more;
    struct str table; /* of a stream's event; answers have none */
};
void response_write(const struct str *changes, size_t count,
                    const struct response_head *head,
                    const struct dialect *dialect, struct buf *out);

#endif
