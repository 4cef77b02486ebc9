/* SPDX-License-Identifier: MIT */
/* rig - a server in the hand of a test: requests as one-liners, answers as
 * data.  Layer: tests/mock_server. */
#ifndef SYNCSPEC_TESTS_MOCK_SERVER_RIG_H
#define SYNCSPEC_TESTS_MOCK_SERVER_RIG_H

#include <check.h>

#include "mock_server/auth.h"
#include "mock_server/server.h"
#include "mock_server/store.h"
#include "protocol/codec.h"

#define EPOCH        CURSOR_EPOCH_TEXT
#define RIG_START_MS INT64_C(1750000000000)

struct rig {
    struct arena arena;
    struct server_config config;
    struct store *store;
    struct auth *auth;
    struct server *server;
    struct instant now; /* moves on by 1 ms with every request */
    struct http_reply reply;
    const char *body;    /* of the last reply, NUL-terminated */
    struct response got; /* of the last push or pull with 200 */
    const char *cursor;  /* its syncedUntil */
};

/* `store` NULL: in memory; taken over.  `bug` may be BUG_COUNT. */
void rig_open(struct rig *rig, const char *dialect, size_t page_size,
              enum bug bug, struct store *store);
void rig_close(struct rig *rig);
/* Another server on the same store, as after a restart. */
void rig_restart(struct rig *rig);

struct http_request rig_request(struct rig *rig, const char *method,
                                const char *target, const char *user,
                                const char *client);
int rig_send(struct rig *rig, struct http_request *request);
/* `line` is "METHOD TARGET"; `user` and `client` may be NULL: no header. */
int rig_do(struct rig *rig, const char *line, const char *user,
           const char *client, const char *body);
/* App "todo"; `changes` is the content of the array. */
int rig_push(struct rig *rig, const char *user, const char *client,
             const char *since, const char *changes);
/* Collection "tasks" of app "todo". */
int rig_pull(struct rig *rig, const char *user, const char *client,
             const char *since);
struct server_job *rig_begin_push(struct rig *rig, const char *client,
                                  const char *since, const char *changes);
struct server_job *rig_begin_pull(struct rig *rig, const char *client,
                                  const char *since);
int rig_finish(struct rig *rig, struct server_job *job);
/* "id id id" of the changes of the last answer. */
const char *rig_ids(struct rig *rig);
bool rig_body_has(const struct rig *rig, const char *text);
struct str rig_header(const struct rig *rig, const char *name);
/* printf into the rig's memory. */
const char *rig_text(struct rig *rig, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* {"table":"tasks","id":ID,"op":"update","fields":{"title":…}} of v2. */
const char *rig_update(struct rig *rig, const char *id, const char *value,
                       const char *at);

#endif
