/* SPDX-License-Identifier: MIT */
/* known - failures that are known: a list of them, pinned and with a day on
 * which it ends, held against results.  Layer: harness/run.
 *
 *   # one entry a line: the id, then members
 *   retry/lost_response#1  message="alice has pending=*" \
 *       reason="issue 12" expires=2026-12-31 world=wire dialect=v2
 *
 * (on one line in the file).  `message` is of the worst verdict; * in it
 * stands for anything, \* for itself.  `world` and `dialect` may be left out:
 * then it is of all. */
#ifndef SYNCSPEC_HARNESS_RUN_KNOWN_H
#define SYNCSPEC_HARNESS_RUN_KNOWN_H

#include "harness/scenario/scenario.h"
#include "reports/past.h"

enum { KNOWN_BYTES = 16 << 20, KNOWN_DAYS = 90, DAY_BYTES = 10 };

struct known_entry {
    struct str id, message, reason, expires, world, dialect;
    uint32_t line;
};

struct known_list {
    struct str file;
    struct known_entry *items;
    size_t count, cap;
};

/* What is known beside the scenarios.  All may be absent. */
struct known {
    struct known_list failing, flaky;
    int64_t retries;           /* of what is known to be flaky */
    const struct past *before; /* a run whose failures do not count; NULL */
    bool strict;               /* what is nonstrict fails */
};

/* Everything lives in the arena.  ST_SYNTAX: "FILE:LINE:COLUMN: …". */
enum status known_read(struct str file, struct str text, struct arena *arena,
                       struct known_list *out, struct err *err);
/* Is each entry of one of these scenarios, and has none ended before `today`
 * ("2026-03-27")?  ST_NOT_FOUND, ST_USAGE: "FILE:LINE: …". */
enum status known_check(const struct known_list *list,
                        const struct scenario_list *scenarios, struct str today,
                        struct err *err);
/* Does `text` have this pattern? */
bool known_matches(struct str pattern, struct str text);

/* A result that failed as it is listed becomes OUT_XFAIL; one that is listed
 * and passes OUT_XPASS; one that failed in another way keeps its outcome and
 * gets a note.  What failed in the run before too becomes OUT_XFAIL.  Doing it
 * twice changes nothing. */
void known_judge(const struct known *known, struct arena *arena,
                 struct run_result *result);
/* The entry by which a failed result may be tried again; NULL: none. */
const struct known_entry *known_flaky(const struct known *known,
                                      const struct run_result *result);
/* `second`, the result of try number `attempt`, passed after `first` failed:
 * it becomes OUT_FLAKY and shows how it had failed. */
void known_flaked(const struct known_entry *entry, struct arena *arena,
                  const struct run_result *first, size_t attempt,
                  struct run_result *second);
/* It failed every time. */
void known_failed_again(const struct known *known,
                        const struct known_entry *entry, struct arena *arena,
                        struct run_result *result);

/* The list that makes everything of this run known: entries of `old` that are
 * still needed stay, new ones end after KNOWN_DAYS.  `now` is sorted. */
void known_write(const struct past *now, const struct known_list *old,
                 struct str today, struct buf *out);

#endif
