/* SPDX-License-Identifier: MIT */
/* conn - one connection of the front: requests in order, one at a time,
 * answers as bytes.  No I/O: the front feeds it and takes its output.
 * Layer: mock_server, not for others. */
#ifndef SYNCSPEC_MOCK_SERVER_CONN_H
#define SYNCSPEC_MOCK_SERVER_CONN_H

#include "mock_server/http_in.h"
#include "mock_server/live.h"

/* What the front gives to all its connections. */
struct conn_world {
    struct server *server;
    struct instant (*now)(void);
    int64_t (*clock_us)(void);         /* monotonic */
    int64_t (*live_ms)(void *context); /* clock of the live channels */
    /* A token named an unknown key: true when the keys are new now, and the
     * request should be looked at again. */
    bool (*refresh_keys)(void *context);
    /* An answer is complete: for the access log.  May be NULL. */
    void (*answered)(void *context, const struct http_request *request,
                     int status, size_t bytes_out, int64_t took_us);
    void *context;
    size_t body_limit;
    bool closing;    /* every answer ends its connection */
    struct buf *out; /* of all: taken before another connection is served */
    int64_t date_s;  /* second that `date` spells */
    char date[32];
};

enum conn_want {
    CONN_WANT_INPUT,  /* nothing to do until bytes come */
    CONN_WANT_FINISH, /* call conn_finish() after the job's
                         server_overlap_ms() */
    CONN_WANT_OUTPUT, /* send world->out, then conn_go_on() */
    CONN_WANT_LIVE,   /* send world->out, a head; then the connection is that
                         of the channel conn->live: see conn_leave() */
    CONN_WANT_CLOSE   /* send world->out, then end the connection */
};

struct conn {
    struct http_in in;
    struct server_job *job; /* between begin and finish */
    int64_t begun_us;       /* when the request now served was whole */
    bool ended;             /* the last answer was given */
    struct live *live;      /* owned; the last answer opened it */
    int live_status;        /* of that answer … */
    size_t live_head_bytes; /* … and what of it is in world->out */
    bool live_chunked;      /* what the channel says goes out as chunks */
};

void conn_init(struct conn *conn, size_t body_limit);
void conn_free(struct conn *conn, struct conn_world *world);
/* Bytes came.  Those behind the last answer are passed over. */
enum conn_want conn_receive(struct conn *conn, struct conn_world *world,
                            const void *p, size_t n);
/* The output was sent: the next request may be there already. */
enum conn_want conn_go_on(struct conn *conn, struct conn_world *world);
/* The overlap is over. */
enum conn_want conn_finish(struct conn *conn, struct conn_world *world);
/* The rest of a request does not come: answer 408. */
enum conn_want conn_time_out(struct conn *conn, struct conn_world *world);
/* Is a request half here, or being served? */
bool conn_is_busy(const struct conn *conn);
/* After CONN_WANT_LIVE: gives the channel away.  `rest`: bytes that came behind
 * its request, until conn_free(), which is all that may follow. */
struct live *conn_leave(struct conn *conn, struct str *rest);

#endif
