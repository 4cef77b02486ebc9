/* SPDX-License-Identifier: MIT */
/* server - the bundled sync server without I/O: a request and a time in, an
 * answer out.  Sockets are http.c's, disks are store_sqlite.c's.
 * Layer: mock_server. */
#ifndef SYNCSPEC_MOCK_SERVER_SERVER_H
#define SYNCSPEC_MOCK_SERVER_SERVER_H

#include "mock_server/bugs.h"
#include "protocol/change.h"

struct store; /* store.h */
struct auth;  /* auth.h */

/* Servers that are both right and answer differently. */
enum server_mode {
    SERVER_LOG,      /* keeps changes, and leaves the merging to clients */
    SERVER_MERGING,  /* answers with merged records; see merging.h */
    SERVER_REPEATING /* the same, and says everything twice in each answer */
};
/* "log", "merging", "repeating"; false: none of them. */
bool server_mode_find(struct str name, enum server_mode *out);

struct server_config {
    const struct dialect *dialect;
    enum server_mode mode;
    size_t page_size;           /* 0: the dialect's */
    size_t body_limit;          /* 0: LIMIT_BODY_BYTES */
    const char *const *origins; /* allowed by CORS, NULL-terminated; "*" */
    int64_t ahead_limit_s; /* how far a stamp may be ahead of the clock; 0: as
                              far as it likes */
    int64_t time_scale;    /* of a front whose time runs faster; 0: it does not.
                              Only for planted bugs that take their time */
    struct bug_set bugs;
};

struct server;

/* Borrows store and auth, copies config.  NULL when out of memory. */
struct server *server_create(const struct server_config *config,
                             struct store *store, struct auth *auth);
void server_free(struct server *server); /* leaves store and auth alone */

/* A request in two steps, because a real server has other requests between
 * its first look at one and the commit: `begin` parses, authenticates and
 * validates; `finish` commits or reads, and answers.  A sound server decides
 * everything that others can see in `finish`.  The caller may let any number
 * of requests be between the two. */
struct server_job;
struct server_job *server_begin(struct server *server,
                                const struct http_request *request,
                                struct instant now);
/* Takes the job.  reply->body and headers borrow from the server until the
 * next call to server_finish or server_free. */
void server_finish(struct server *server, struct server_job *job,
                   struct instant now, struct http_reply *reply);
void server_abandon(struct server *server, struct server_job *job);
/* Both at once. */
void server_handle(struct server *server, const struct http_request *request,
                   struct instant now, struct http_reply *reply);
/* How long a front should wait between the two: 0 for the sound server, some
 * milliseconds when a planted bug needs overlap to show.  Of two requests at
 * once the second may need less: who writes more takes longer.  `job` NULL: of
 * one that writes nothing. */
int64_t server_overlap_ms(const struct server *server,
                          const struct server_job *job);

struct server_counts {
    uint64_t requests, pushes, pulls, changes, refused;
};
struct server_counts server_counts(const struct server *server);

#endif
