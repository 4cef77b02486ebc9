/* SPDX-License-Identifier: MIT */
/* history - everything that happened in one run, in order, as data.  Checkers
 * read only this.  Layer: reports.
 *
 * All strings and arrays of an event borrow from the run's arena, which
 * outlives the history.  Only what a client could know is in here, so that
 * the same checkers judge the bundled server and anybody's. */
#ifndef SYNCSPEC_REPORTS_HISTORY_H
#define SYNCSPEC_REPORTS_HISTORY_H

#include "protocol/change.h"
#include "protocol/http.h"

enum event_kind {
    EV_STEP,     /* a line of the script starts: line, text = the line */
    EV_EDIT,     /* a local write: collection, id, op, fields; exchange = row */
    EV_SEND,     /* a request leaves: exchange, request_kind, text = target,
                    id = since, collection (pull), body, changes (push);
                    number = 1: a body that is no changeset, and may write
                    what nobody can read in it */
    EV_REPLY,    /* its end: exchange, reply_kind, fate, code = HTTP status,
                    body, response (2xx that could be read), text = error */
    EV_APPLY,    /* a change went into a replica: collection, id, op */
    EV_ACK,      /* pending rows up to number `number` were cleared */
    EV_WITHDRAW, /* a pending write was given up (server-wins, purge, refused
                    for good): collection, id, fields, text = why */
    EV_CURSOR,   /* durable cursor moved: collection, text = cursor */
    EV_STATUS,   /* text = the client's new status, number = pending */
    EV_LIFE,     /* life: crash, restart, sign-in …; text = user, number =
                    pending rows */
    EV_FAULT,    /* the network was disturbed: exchange, text = rule */
    EV_EXPECT,   /* an expectation of the script: code = 1 held, 0 failed */
    EV_STATE,    /* a record in a replica: collection, id, fields; number = 1
                    at the end of the run, 0 when the script read it */
    EV_STUCK,    /* settling did not end: actor, text = why */
    EV_PHASE,    /* text = "script", "heal", "settle", "observe", "done" */
    EV_OPEN,     /* a live channel is asked for: exchange, channel, text =
                    target, id = since of a stream */
    EV_OPENED,   /* exchange, code = HTTP status */
    EV_LISTENS,  /* it is known to be heard from now on: auth-ok, a pong after
                    auth, a stream's head: exchange */
    EV_SAY,      /* the client said something on it: exchange, body */
    EV_HEAR,     /* something came: exchange, text = what ("auth-ok",
                    "sync-available", "changes", "heartbeat", "pong", a frame's
                    name, "unreadable"), body = as it came; of a notice names =
                    tables, id = app if it says one (number = 1); of changes
                    collection, id = cursor that it continues, response */
    EV_PAUSE,    /* the client reads no more (number = 1) or again: exchange */
    EV_SHUT      /* the channel ended: exchange, reply_kind, code = close code
                    or HTTP status, text = reason or error, number = 1: by the
                    client itself */
};

enum request_kind { REQUEST_PUSH, REQUEST_PULL, REQUEST_RAW };

/* What a channel is, whatever carries it. */
enum live_kind {
    LIVE_APP_SOCKET, /* notices of one app */
    LIVE_ALL_SOCKET, /* the unified one */
    LIVE_STREAM,
    LIVE_OTHER /* opened by a script at another path */
};
const char *live_kind_name(enum live_kind kind); /* "socket", "unified", … */

enum reply_kind {
    REPLY_ANSWER,  /* an HTTP answer, whole */
    REPLY_TIMEOUT, /* nothing came in time */
    REPLY_REFUSED, /* no connection */
    REPLY_RESET,   /* the connection ended in the middle */
    REPLY_TOO_BIG, /* the answer passed LIMIT_REPLY_BYTES */
    REPLY_GARBLED  /* not HTTP, or a body that was cut */
};
const char *reply_kind_name(enum reply_kind kind); /* "ok", "timeout", … */

/* What is known of the effect on the server. */
enum fate {
    FATE_ANSWERED, /* the status tells */
    FATE_NONE,     /* the request surely never reached it */
    FATE_UNKNOWN   /* it may have taken effect */
};

enum life {
    LIFE_OFFLINE,
    LIFE_ONLINE,
    LIFE_SIGN_IN,
    LIFE_SIGN_OUT,
    LIFE_CRASH,
    LIFE_RESTART,
    LIFE_REINSTALL, /* database gone, new client id */
    LIFE_WIPE,      /* database gone, same client id */
    LIFE_RESET,     /* cursors forgotten */
    LIFE_RESEED,    /* records and cursors forgotten, pending kept */
    LIFE_SAVE,      /* a backup of the database is kept */
    LIFE_CLONE,     /* database replaced by a copy: number = the device it is
                       of, exchange = seq of its LIFE_SAVE, 0: as it is now */
    LIFE_PURGE,
    LIFE_SERVER_KILL,
    LIFE_SERVER_STOP,
    LIFE_SERVER_RESTART,
    LIFE_SERVER_WIPE
};
const char *life_name(enum life life);

/* What stands in front of a body.  Kept on the wire only, for those who read
 * a failure: checkers do not look at it, and it is neither in the hash nor in
 * the JSON of an event. */
struct http_head {
    struct str method; /* of a request */
    const struct http_header *headers;
    size_t header_count;
    struct str body; /* of the answer to an opening that was refused */
};

struct event {
    uint32_t seq;   /* position in the history */
    uint32_t actor; /* index in the run's actors */
    uint32_t line;  /* of the script, 0: none */
    enum event_kind kind;
    int64_t t_ms; /* world time since the run began */
    uint32_t exchange;
    int32_t code;
    int64_t number;
    union {
        enum request_kind request_kind;
        enum reply_kind reply_kind;
        enum life life;
        enum op op;
        enum live_kind live_kind;
    } as;
    enum fate fate;
    struct str collection, id, text, body;
    const struct field *fields;
    size_t field_count;
    const struct change *changes;
    size_t change_count;
    const struct response *response;
    const struct http_head *head; /* EV_SEND, EV_REPLY, EV_OPEN, EV_OPENED,
                                     EV_SHUT; or NULL */
    const struct str *names;
    size_t name_count;
};

struct actor {
    struct str name;      /* in the script: "alice" */
    struct str user;      /* whose token it uses */
    struct str app;       /* live app id */
    struct str client_id; /* live */
    uint32_t device;      /* tabs of one device have the same number */
    bool is_client;       /* false: net, server, observer, everyone */
    bool is_observer;
};

struct history {
    struct arena *arena; /* borrows */
    struct actor *actors;
    size_t actor_count, actor_cap;
    struct event *events;
    size_t count, cap;
    uint32_t line; /* of the script now: for events that do not know it */
    uint64_t hash; /* of everything appended, in order */
};

void history_init(struct history *history, struct arena *arena);
/* Room for that many events at once, for who knows that they will come; they
 * are large to move.  Only before the first event. */
void history_reserve(struct history *history, size_t count);
uint32_t history_actor(struct history *history, struct actor actor);
/* Copies the event (not what it points to); sets seq.  The returned pointer
 * holds until the next append. */
struct event *history_append(struct history *history, struct event event);
/* One event as one JSON object, no newline (stable member order). */
void history_write_json(const struct history *history,
                        const struct event *event, struct buf *out);
/* Same value on every machine for the same history. */
uint64_t history_hash(const struct history *history);

#endif
