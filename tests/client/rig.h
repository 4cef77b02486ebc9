/* SPDX-License-Identifier: MIT */
/* rig - one device and its engine on a bench: the test plays network, server
 * and clock.  Layer: tests. */
#ifndef SYNCSPEC_TESTS_CLIENT_RIG_H
#define SYNCSPEC_TESTS_CLIENT_RIG_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "harness/client/device_state.h"
#include "harness/client/engine.h"
#include "protocol/notice.h"
#include "protocol/ws.h"

struct rig_options {
    enum strategy strategy;
    bool timers;
    const char *bug;     /* NULL: none */
    const char *dialect; /* NULL: v2 */
    size_t push_max;     /* 0: 1000 */
};

struct rig {
    struct arena arena;
    struct intern intern;
    struct history history;
    struct device_config device_config;
    struct engine_config config;
    struct device *device;
    struct engine *engine;
    struct moment at;
    struct engine_request request; /* the last that was taken */
    const char *token;             /* what the supplier gives … */
    const char *fresh_token;       /* … and after a 401 */
    size_t tokens_asked, fresh_asked;
    struct live_act act; /* the last that was taken */
};

/* Online, not signed in, wall clock at 2026-01-01T00:00:00Z, world time 0.
 * Collections: tasks, notes. */
void rig_open(struct rig *rig, const struct rig_options *options);
/* The same, signed in, and the first sync answered with nothing. */
void rig_ready(struct rig *rig, const struct rig_options *options);
void rig_close(struct rig *rig);

void rig_wait(struct rig *rig, int64_t ms); /* both clocks, no tick */
/* Go to the engine's next timer and tick; false: there is none. */
bool rig_tick(struct rig *rig);

/* Local writes in tasks; fields as name, canonical value, …, NULL. */
void rig_insert(struct rig *rig, const char *id, ...);
void rig_update(struct rig *rig, const char *id, ...);
void rig_delete(struct rig *rig, const char *id);
void rig_undelete(struct rig *rig, const char *id);
/* One field, any kind; the status, for writes that fail. */
enum status rig_try(struct rig *rig, enum edit_kind kind, const char *id,
                    const char *name, struct err *err);

/* Take the next request, which must be there. */
const struct engine_request *rig_take(struct rig *rig);
bool rig_quiet(struct rig *rig); /* nothing wants to leave */
/* The last request that was taken ends like this. */
void rig_reply(struct rig *rig, int status, const char *body,
               const char *retry_after);
void rig_lose(struct rig *rig, enum reply_kind kind, enum fate fate);
/* 200 with these changes and this cursor. */
void rig_answer(struct rig *rig, const char *changes, const char *until,
                bool has_more);
/* Answer everything with nothing new until the engine is idle; how many
 * requests that took. */
size_t rig_drain(struct rig *rig, const char *until);
/* A pull of tasks that brings these changes, start to end. */
void rig_feed(struct rig *rig, const char *changes);

/* Live channels.  Take all that is wanted, as text: "open 1 GET /ws/a;
 * say 1 {…}; shut 1 1000;", each followed by a semicolon. */
const char *rig_acts(struct rig *rig);
/* The engine listens like that, its channel 1 is open and authenticated, and
 * the pulls of that are answered with nothing. */
void rig_listen(struct rig *rig, enum listen_mode mode);
void rig_live_opens(struct rig *rig, uint32_t channel);
void rig_live_says(struct rig *rig, uint32_t channel, const char *text);
/* An event of a stream; of `changes`, that data. */
void rig_live_event(struct rig *rig, uint32_t channel, const char *type,
                    const char *data);
/* A `changes` event of that collection. */
void rig_live_changes(struct rig *rig, const char *table, const char *changes,
                      const char *until);
/* It ends with that close code, or with 0 in the middle. */
void rig_live_ends(struct rig *rig, uint32_t channel, int code);
/* Its opening is answered with that. */
void rig_live_answers(struct rig *rig, uint32_t channel, int status,
                      const char *body, const char *retry_after);
/* Answer requests with nothing new until the engine is idle: "push ",
 * "pull COLLECTION " for each. */
const char *rig_requests(struct rig *rig, const char *until);

/* The changes of the last request, as the server would read them. */
struct changeset rig_pushed(struct rig *rig);
const struct field *rig_pushed_field(struct rig *rig, size_t change,
                                     const char *name);

/* Canonical value of a field of a record in tasks; "(absent)" without the
 * field, "(none)" without the record. */
const char *rig_value(struct rig *rig, const char *id, const char *name);
bool rig_live(struct rig *rig, const char *id);
size_t rig_pending(struct rig *rig);
const char *rig_cursor(struct rig *rig, const char *collection);
size_t rig_events(struct rig *rig, enum event_kind kind);
const struct event *rig_last_event(struct rig *rig, enum event_kind kind);
/* Everything that the device holds, as text. */
const char *rig_print(struct arena *arena, const struct device *device);

struct str rig_format(struct rig *rig, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct instant rig_instant(const char *text);

#define CK_STR(have, want) ck_assert_str_eq((have), (want))
#define CK_NUM(have, want)                                                     \
    ck_assert_int_eq((long long)(have), (long long)(want))

#define T0 "2026-01-01T00:00:00.000Z"

Suite *suite_record(void);
Suite *suite_apply(void);
Suite *suite_write(void);
Suite *suite_device(void);
Suite *suite_push(void);
Suite *suite_refusal(void);
Suite *suite_pull(void);
Suite *suite_timers(void);
Suite *suite_life(void);
Suite *suite_strategy(void);
Suite *suite_bugs(void);
Suite *suite_crowd(void);
Suite *suite_live(void);
Suite *suite_live_life(void);
Suite *suite_live_stream(void);
Suite *suite_live_chaos(void);

#endif
