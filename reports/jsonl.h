/* SPDX-License-Identifier: MIT */
/* jsonl - what the writer and the reader of JSON lines share: the schema's
 * name, the limits, members.  Layer: reports; only for the jsonl files.
 *
 * docs/report-schema.md describes the lines. */
#ifndef SYNCSPEC_REPORTS_JSONL_H
#define SYNCSPEC_REPORTS_JSONL_H

#include "base/limits.h"
#include "protocol/json.h"
#include "reports/report.h"

#define JSONL_SCHEMA "syncspec.report/1"

/* Of one line.  The longest that is written is an event with a whole answer,
 * every byte of it escaped to six. */
#define JSONL_LINE_BYTES (LIMIT_REPLY_BYTES * 8)
/* What may be taken by the tree of one line, by the result that is in it, by
 * the history of one run and by the plan. */
#define JSONL_LINE_ARENA    (JSONL_LINE_BYTES * 4)
#define JSONL_RESULT_ARENA  (JSONL_LINE_BYTES * 2)
#define JSONL_HISTORY_ARENA LIMIT_RUN_ARENA
#define JSONL_PLAN_ARENA    ((size_t)4 << 30)

enum {
    JSONL_PLAN = 1 << 20,    /* planned results of one report */
    JSONL_VERDICTS = 100000, /* of one result */
    JSONL_ACTORS = 65536,    /* of one history */
    JSONL_EVENTS = 8 << 20   /* of one history */
};

/* Append `"key":`, with a comma in front unless it is the first of its object.
 */
void jsonl_put_key(struct buf *out, const char *key);
/* Append `"key":"text"`, nothing when the text is empty.  Bytes that are not
 * UTF-8 become \xNN text. */
void jsonl_put_text(struct buf *out, const char *key, struct str text);
/* As jsonl_put_text, but exact: bytes that are not UTF-8 as
 * `"key_hex":"00ff"`. */
void jsonl_put_bytes(struct buf *out, const char *key, struct str bytes);
/* Append `"key":N`. */
void jsonl_put_number(struct buf *out, const char *key, int64_t number);

/* Reading members of one document.  The first failure is kept in `err` and
 * `status`, and makes every later call give the empty value, so that a reader
 * asks once at its end.  A member that is absent gives the empty value too; one
 * of another type or out of range fails with ST_SYNTAX, "key: expected …,
 * found …". */
struct jsonl_in {
    struct arena *arena; /* for what is put together; borrows */
    struct err *err;     /* borrows; may be NULL */
    enum status status;
};

/* A string; it lives in the arena of the tree. */
struct str jsonl_text(struct jsonl_in *in, const struct json_node *object,
                      const char *key);
/* `key`, or `key_hex`; copied into in->arena. */
struct str jsonl_bytes(struct jsonl_in *in, const struct json_node *object,
                       const char *key);
int64_t jsonl_number(struct jsonl_in *in, const struct json_node *object,
                     const char *key, int64_t absent);
/* A number in 0..max. */
uint64_t jsonl_count(struct jsonl_in *in, const struct json_node *object,
                     const char *key, uint64_t max);
/* 64 bits as text in base 10 or 16. */
uint64_t jsonl_u64(struct jsonl_in *in, const struct json_node *object,
                   const char *key, unsigned base);
bool jsonl_bool(struct jsonl_in *in, const struct json_node *object,
                const char *key);
/* An array, or NULL. */
const struct json_node *jsonl_array(struct jsonl_in *in,
                                    const struct json_node *object,
                                    const char *key);
/* An array of strings as one text, separated by a space, in in->arena. */
struct str jsonl_words(struct jsonl_in *in, const struct json_node *object,
                       const char *key);
/* Which of `names` (a NULL ends them) the text says; `absent` if it is not
 * there. */
int jsonl_choice(struct jsonl_in *in, const struct json_node *object,
                 const char *key, const char *const *names, int absent);
/* True if nothing failed and `node` is of this type; `key` is for the error.
 */
bool jsonl_expect(struct jsonl_in *in, const struct json_node *node,
                  enum json_type type, const char *key);

/* The stable names of event kinds, requests and fates, NULL-terminated, in
 * the order of their enums. */
extern const char *const jsonl_event_kinds[],
    *const jsonl_request_kinds[], *const jsonl_fates[], *const jsonl_ops[];

/* Append one event to `history` from what history_write_json wrote; bytes are
 * copied into the history's arena.  Actors must be there already.  ST_SYNTAX,
 * or ST_LIMIT over JSONL_EVENTS or half of the arena. */
enum status history_read_json(struct history *history,
                              const struct json_node *node, struct err *err);
/* One actor of a history line. */
struct actor jsonl_actor(struct jsonl_in *in, const struct json_node *object);
/* The members of a run line. */
struct report_run jsonl_run(struct jsonl_in *in,
                            const struct json_node *object);
/* The members of a plan line; strings are copied into in->arena. */
struct run_result jsonl_plan(struct jsonl_in *in,
                             const struct json_node *object);
/* The members of a result line; an outcome that is missing fails. */
struct run_result jsonl_result_of(struct jsonl_in *in,
                                  const struct json_node *object);
/* `exchanges` of a verdict, out and in; nothing when it has none. */
void jsonl_put_exchanges(struct buf *out, const struct verdict *verdict);
void jsonl_exchanges(struct jsonl_in *in, const struct json_node *object,
                     struct verdict *verdict);
/* The members of an end line; took_ms is -1 when it is not told. */
struct report_totals jsonl_totals(struct jsonl_in *in,
                                  const struct json_node *object);

#endif
