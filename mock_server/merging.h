/* SPDX-License-Identifier: MIT */
/* merging - the other correct mode of the bundled server: it keeps the same
 * log, and answers with merged records in place of it.  What the protocol
 * leaves free it spells otherwise than the log mode does: page size, cursors,
 * errors, notices, events.  Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_MERGING_H
#define SYNCSPEC_MOCK_SERVER_MERGING_H

#include "mock_server/live_core.h"

enum {
    MERGING_PAGE = 137,         /* records in one answer */
    MERGING_PAGE_BYTES = 50000, /* of their texts, about */
    MERGING_HEARTBEAT_MS = 20000
};

static inline bool server_merges(const struct server *server)
{
    return server->config.mode != SERVER_LOG;
}

/* ---- merging.c: a log read as records ---- */

/* A store over another: what is appended goes to `log`; what is read are the
 * records that the log makes, each as one row in the order of its latest
 * commit that the reader has not made itself.  A row's text is one change or
 * several with commas between.  Merged state is caught up with the log before
 * each reading, so others may append to it, or wipe it.  `repeats`: each row
 * says everything twice.  Borrows both; NULL when out of memory. */
struct store *merging_open(struct store *log, const struct codec_rules *rules,
                           bool repeats);

/* ---- merging_record.c: the registers of one record ---- */

/* One accepted change, without its writes. */
struct merging_source {
    int64_t at_ns;
    struct str client;
    struct str actor, origin, space_id; /* v2 */
};

struct merging_register {
    struct field field;
    struct str order; /* decides between equal stamps */
    bool by_delete;   /* written by `delete`, not as a field */
    const struct merging_source *source;
};

struct merging_record {
    struct merging_record *same_slot; /* in its part's table */
    struct merging_record *older, *newer;
    uint64_t hash;
    struct str table, id;
    int64_t at_ns;                      /* of the latest commit that counted */
    struct merging_register *registers; /* sorted by name */
    size_t count, cap;
    struct field *first; /* data of the first insert, as it was written */
    size_t first_count;
    const struct merging_source *first_source; /* NULL: no insert yet */
};

/* Merge an accepted change; the record keeps copies in the arena.  False when
 * it changed nothing: all of it was older than what is there. */
bool merging_record_take(struct merging_record *record,
                         const struct change *change,
                         const struct merging_source *source,
                         struct arena *arena);
/* When it was last changed by others than `client` (empty: by anybody); 0: it
 * has nothing for that client. */
int64_t merging_record_news_ns(const struct merging_record *record,
                               struct str client);
/* Append it as `client` is to get it: changes with commas between. */
void merging_record_write(const struct merging_record *record,
                          struct str client, const struct dialect *dialect,
                          struct buf *out);

/* ---- merging_style.c: what the protocol leaves free ---- */

/* The time that commit times of this server begin from: an own epoch, some
 * years back. */
struct instant merging_clock(struct instant now);
/* A cursor: nine digits, and the offset in figures. */
struct str merging_cursor(struct instant at, char out[INSTANT_TEXT_MAX]);
/* Append canonical JSON in other words: white space, escapes, exponents. */
void merging_respell(struct str json, struct buf *out);
/* The answer of push and pull; `scratch` is overwritten. */
void merging_answer(const struct str *changes, size_t count,
                    const struct response_head *head,
                    const struct dialect *dialect, struct buf *out);
/* Other statuses where any 4xx will do; the message ends with a NUL. */
int merging_status(int status, const char *code, struct str message,
                   const char *version_name);
/* The body of a refusal, and its content type. */
const char *merging_refusal(int status, const char *code, struct str message,
                            struct buf *out);
/* A message of a socket, with members that nobody knows. */
void merging_notice(const struct notice *notice, const struct dialect *dialect,
                    struct buf *out);
/* The beginning of a stream, and an event of it: comments, a retry time, CRLF,
 * data of several lines, no id. */
void merging_stream_begin(struct buf *out);
void merging_event(struct str type, struct str data, struct buf *out);

#endif
