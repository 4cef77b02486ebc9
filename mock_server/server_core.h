/* SPDX-License-Identifier: MIT */
/* server_core - what the files of the bundled server share: the server, a
 * request on its way, and the steps that it passes.  Layer: mock_server, not
 * for others. */
#ifndef SYNCSPEC_MOCK_SERVER_SERVER_CORE_H
#define SYNCSPEC_MOCK_SERVER_SERVER_CORE_H

#include "mock_server/auth.h"
#include "mock_server/server.h"
#include "mock_server/shadow.h"
#include "mock_server/store.h"
#include "mock_server/unsaved.h"
#include "protocol/codec.h"

enum route {
    ROUTE_NONE, /* decided in `begin`: an error or a preflight */
    ROUTE_PUSH,
    ROUTE_PULL,
    ROUTE_STREAM,
    ROUTE_SOCKET,
    ROUTE_HEALTH,
    ROUTE_METRICS
};

enum { SERVER_STATUSES = 600 };

struct live_hub; /* live_core.h */

struct server {
    struct server_config config;
    struct codec_rules rules;
    size_t page_size; /* 0: no pages */
    struct store *store;
    struct store *view; /* of a merging server, owned: then it is `store` */
    struct auth *auth;
    struct server_counts counts;
    uint64_t by_status[SERVER_STATUSES];
    struct buf body;         /* of the last reply */
    struct buf scratch;      /* one encoded change */
    struct server_job *idle; /* finished, memory kept */
    size_t idle_count;
    struct server_job *answered; /* the last reply borrows from it */
    struct live_hub *live;
    struct instant finished_at; /* the last server_finish */

    /* Below: only for planted bugs. */
    struct shadow *shadow;
    struct unsaved unsaved;
    bool mangles; /* some bug is on: changes are looked at one by one */
    char *last_pusher;
    size_t last_pusher_n;
    int64_t early_ns; /* last commit time given before a commit */
    void *leaked;     /* chain of blocks */
    size_t leaked_bytes;
    bool dead;
};

struct server_job {
    struct server_job *next; /* in server->idle */
    struct arena arena;
    enum route route;
    int status; /* not 0: the answer is decided */
    const char *allow, *challenge, *code;
    struct str message;
    struct str origin; /* allowed by CORS; empty: not asked or not allowed */
    bool preflight, upgrade; /* headers that belong to the answer */

    struct str user, app, client, collection;
    int64_t after_ns; /* of `since`, 0 is the first-sync cursor */
    bool own_too;     /* a first sync gives a client its own changes back */
    struct str since;
    struct instant since_at;
    int64_t page_end_ns; /* commit time of the last row read */
    struct changeset set;
    struct str *collections; /* of a stream */
    size_t collection_count;
    struct str key;    /* of a socket: Sec-WebSocket-Key */
    bool device_fixed; /* of a socket: the client id came in a header */

    /* Below: only for planted bugs. */
    struct store_page early;
    bool has_early;
    bool keeps_partial;    /* the answer is an error, the changes are stored */
    int64_t stamped_ns;    /* 0: at commit, as it should be */
    int64_t begun_head_ns; /* the newest commit when the request came */
};

/* Refuse: the first refusal of a job stays.  `code` lives for ever, the text
 * goes to the job's arena. */
void reply_refuse(struct server_job *job, int status, const char *code,
                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Write the answer that was decided in `begin`. */
void reply_decided(struct server *server, struct server_job *job,
                   struct http_reply *reply);
/* Status, content type and CORS headers of an answer whose body is in
 * server->body. */
void reply_json(struct server *server, struct server_job *job, int status,
                struct http_reply *reply);
/* The head of an event stream. */
void reply_stream(struct server *server, struct server_job *job,
                  struct http_reply *reply);
/* The origin of a request when CORS allows it, else empty. */
struct str reply_origin(const struct server *server,
                        const struct http_request *request,
                        struct server_job *job);

/* Find the route; refuses with 404, 405, answers OPTIONS. */
void route_find(struct server *server, const struct http_request *request,
                struct server_job *job);

/* Who asks, from which device, from where on: refuses with 400, 401, 413. */
void admit_user(struct server *server, const struct http_request *request,
                struct instant now, struct server_job *job);
/* Who a token stands for: as auth_check(), with the bugs that mix users. */
enum status admit_token(struct server *server,
                        const struct auth_question *question,
                        struct arena *arena, struct str *user, struct err *err);
void admit_client(struct server *server, const struct http_request *request,
                  struct server_job *job);
/* A parameter that the query must have; refuses with 400 and is false. */
bool admit_query(const struct http_request *request, struct str name,
                 struct server_job *job, struct str *out);
void admit_since(struct server *server, struct str since,
                 struct server_job *job);

void push_begin(struct server *server, const struct http_request *request,
                struct instant now, struct server_job *job);
void push_finish(struct server *server, struct server_job *job,
                 struct instant now, struct http_reply *reply);
/* For a planted bug: choose the commit time before the commit. */
void push_stamp_early(struct server *server, struct server_job *job,
                      struct instant now);
/* For a planted bug: store the changes of a push that is refused. */
void push_keep_partial(struct server *server, struct server_job *job,
                       struct instant now);
void pull_begin(struct server *server, const struct http_request *request,
                struct server_job *job);
void pull_finish(struct server *server, struct server_job *job,
                 struct instant now, struct http_reply *reply);
void service_health(struct server *server, struct server_job *job,
                    struct instant now, struct http_reply *reply);
void service_metrics(struct server *server, struct server_job *job,
                     struct http_reply *reply);

/* What others wrote since the job's cursor.  `now` is only for planted bugs.
 * False: the job was refused. */
bool delta_read(struct server *server, struct server_job *job,
                struct instant now, struct store_page *page);
/* The same ahead of time, for a planted bug. */
void delta_read_early(struct server *server, struct server_job *job,
                      struct instant now);
/* Refuses with 409 a cursor that this store never gave. */
bool delta_cursor_known(struct server *server, struct server_job *job);
/* The answer of push and pull: the page, and a cursor behind its last row when
 * there is more, else the head of the user's app. */
void delta_answer(struct server *server, struct server_job *job,
                  const struct store_page *page, struct instant now,
                  struct http_reply *reply);

#endif
