/* SPDX-License-Identifier: MIT */
/* notice - the messages of the live channels as data: those of the WebSocket,
 * and the data of a stream's `changes` events.  Layer: protocol. */
#ifndef SYNCSPEC_PROTOCOL_NOTICE_H
#define SYNCSPEC_PROTOCOL_NOTICE_H

#include "protocol/codec.h"

enum notice_kind {
    NOTICE_AUTH,           /* client: token, client_id if it says so */
    NOTICE_PING,           /* client */
    NOTICE_AUTH_OK,        /* server */
    NOTICE_ERROR,          /* server: message */
    NOTICE_PONG,           /* server */
    NOTICE_SYNC_AVAILABLE, /* server: tables, app on the unified socket */
    NOTICE_UNKNOWN         /* an object with another `type`, or a member of a
                              wrong type where this one needs it */
};
/* "sync-available" …: for people; on the wire a dialect names it. */
const char *notice_kind_name(enum notice_kind kind);

enum { NOTICE_TABLES_MAX = 1024 };

struct notice {
    enum notice_kind kind;
    struct str type;             /* as it was written */
    struct str token, client_id; /* of auth; client_id may be empty */
    struct str message;          /* of error */
    struct str app;              /* of sync-available */
    bool has_app;
    struct str *tables; /* of sync-available, in the order of the message */
    size_t table_count;
};

/* Read a message; strings and arrays are in the arena.  Fails (not JSON, not
 * an object, no `type`) with a sentence that says what and where.  Unknown
 * members are passed over. */
enum status notice_read(struct str text, const struct codec_rules *rules,
                        struct arena *arena, struct notice *out,
                        struct err *err);
void notice_write(const struct notice *notice, const struct dialect *dialect,
                  struct buf *out);

/* What a `changes` event carries. */
struct stream_event {
    struct response response; /* changes, has_more, synced_until */
    struct str table;
};
/* Read the data of a `changes` event: changes as in a pull's answer. */
enum status stream_event_read(struct str data, const struct codec_rules *rules,
                              struct arena *arena, struct stream_event *out,
                              struct err *err);
/* Append the data of such an event: `changes` are texts as they are in pull,
 * the rest comes from `head`. */
void stream_event_write(const struct str *changes, size_t count,
                        const struct response_head *head,
                        const struct dialect *dialect, struct buf *out);

#endif
