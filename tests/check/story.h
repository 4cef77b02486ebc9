/* SPDX-License-Identifier: MIT */
/* story - histories written by hand, to show each checker what it must see and
 * what it must let pass.  Layer: tests. */
#ifndef SYNCSPEC_TESTS_CHECK_STORY_H
#define SYNCSPEC_TESTS_CHECK_STORY_H

#include <check.h>

#include "harness/check/check.h"

struct story {
    struct arena arena;
    struct history history;
    struct run_result result;
    uint32_t alice, bob, observer, stranger, server;
    uint32_t exchange;
    int64_t t_ms;
    struct str covers[8];
    size_t cover_count;
    bool unsettled, killed, timers, other_strategy;
};

void story_begin(struct story *story);
void story_end(struct story *story);
void story_covers(struct story *story, const char *clause);

/* A push of `changes` (JSON array text), answered with `status` and `delta`
 * (JSON array text) and cursor second `until` of 2026-03-27T11:00:xx. */
struct push {
    uint32_t who;
    const char *changes;
    int status; /* 0: no answer; -1: timeout, unknown; -2: never arrived */
    const char *delta;
    int since, until; /* cursor seconds; since 0: first sync */
    bool more;
    enum request_kind kind;
    bool unreadable; /* its body is no changeset, and says more */
};
uint32_t story_push(struct story *story, struct push push);
/* A pull of tasks (or `collection`). */
struct pull {
    uint32_t who;
    const char *collection;
    const char *delta;
    int since, until;
    bool more;
    int status;
    const char *raw_since; /* instead of `since` */
};
uint32_t story_pull(struct story *story, struct pull pull);
/* A local write of one field of tasks/1, stamped 10:00:`second`. */
void story_edit(struct story *story, uint32_t who, const char *field,
                const char *value, int second);
/* What a replica holds at the end: one field of tasks/1. */
void story_holds(struct story *story, uint32_t who, const char *field,
                 const char *value, int second);
void story_reads(struct story *story, uint32_t who, const char *field,
                 const char *value, int second);
void story_life(struct story *story, uint32_t who, enum life life);
void story_event(struct story *story, struct event event);

/* Run all checkers; the first verdict of that checker, or NULL. */
void story_judge(struct story *story);
const struct verdict *story_verdict(const struct story *story,
                                    const char *checker);
/* The checker objects, by that clause; or nothing objects at all. */
void story_expect(struct story *story, const char *checker, const char *clause);
void story_expect_clean(struct story *story);

/* `{"table":"tasks","id":"1","op":"update",…}` for one field. */
#define UPDATE(field, value, second)                                           \
    "[{\"table\":\"tasks\",\"id\":\"1\",\"op\":\"update\",\"fields\":{"        \
    "\"" field "\":{\"value\":" value ",\"at\":\"2026-03-27T10:00:" second     \
    ".000Z\"}}}]"

#endif
