/* SPDX-License-Identifier: MIT */
/* verdict - what a checker or an expectation says, with its evidence, and
 * what a whole run came to.  Layer: reports. */
#ifndef SYNCSPEC_REPORTS_VERDICT_H
#define SYNCSPEC_REPORTS_VERDICT_H

#include "protocol/clauses.h"
#include "reports/history.h"

enum outcome {
    OUT_PASS,
    OUT_FAIL,          /* a property failed */
    OUT_UNKNOWN,       /* cannot be decided */
    OUT_SKIP,          /* does not apply here; why is told */
    OUT_ERROR,         /* the target died, or the tool failed */
    OUT_NOT_RUN,       /* was selected, never came to it */
    OUT_NONSTRICT,     /* allowed, less than what is recommended */
    OUT_INFO,          /* allowed, and worth knowing */
    OUT_UNIMPLEMENTED, /* an optional part that the target does not have */
    OUT_XFAIL,         /* failed as it is known to */
    OUT_XPASS,         /* is known to fail, and passed: the list is stale */
    OUT_FLAKY          /* passed after it had failed */
};
enum { OUTCOMES = OUT_FLAKY + 1 };
const char *outcome_name(enum outcome outcome); /* "pass", "fail", … */
/* In the order of result_add. */
bool outcome_is_worse(enum outcome a, enum outcome b);
/* Does it make a run fail, as a property that does not hold?  A nonstrict one
 * does where that is what is asked for.  What was not decided, died or was not
 * run is no failure, and no pass either: see report_exit_code. */
bool outcome_fails(enum outcome outcome, bool strict);

enum {
    VERDICT_LINES = 24,
    VERDICT_EXCHANGES = 3,
    PART_HEADERS = 16,
    EXCHANGE_MESSAGES = 32
};

/* A request, or its answer, as a person reads it.  Secrets stand as $TOKEN. */
struct verdict_part {
    struct str line; /* "POST /sync/app-1", "413 Content Too Large", "timeout:
                        …" when there was no answer; empty: there is none */
    struct str headers[PART_HEADERS]; /* "Content-Type: application/json" */
    size_t header_count;
    struct str body;   /* its beginning */
    size_t body_bytes; /* all of it */
};

/* What a verdict on the wire is about. */
struct verdict_exchange {
    uint32_t number; /* in the history: #12 */
    uint32_t line;   /* of the script; 0: none */
    struct str who;  /* "alice (raw)" */
    struct verdict_part request, answer;
    /* On a live channel: "> {…}" said, "< {…}" heard, "closed by …". */
    struct str messages[EXCHANGE_MESSAGES];
    size_t message_count;
    struct str shell; /* the very same request as a line for a shell; may be
                         empty */
};

struct verdict {
    enum outcome outcome;
    struct str checker; /* "expectation", "convergence", "oracle", … */
    struct str clause;  /* "QUEUE-3", may be empty */
    struct str file;
    uint32_t line;       /* 0: no one line */
    struct str what;     /* "alice has pending=0" or "DIVERGED tasks/1 title" */
    struct str expected; /* may be empty */
    struct str actual;
    struct str cause;
    struct str explain[VERDICT_LINES]; /* evidence, a line each */
    size_t explain_count;
    const struct verdict_exchange *exchanges; /* at most VERDICT_EXCHANGES */
    size_t exchange_count;
};

/* One scenario in one world. */
struct run_result {
    struct str id;   /* "retry/lost_response#1" unique in the selection */
    struct str name; /* the claim */
    struct str file;
    struct str group; /* folder: "retry" */
    struct str world; /* "virtual", "wire:memory", "wire:sqlite", "wire" */
    struct str dialect;
    struct str covers; /* clause ids, separated by a space */
    struct str skip;   /* why, when it was skipped, not run, is not implemented,
                          known to fail or to be flaky */
    struct str note;   /* something to know beside the outcome; may be empty */
    struct str replay; /* the line of shell that shows it again */
    uint64_t seed, hash;
    uint64_t state_hash; /* of all final states: equal in every world */
    int64_t took_ms;     /* real time; not part of any hash */
    int64_t world_ms;
    size_t steps, requests;
    size_t timeouts; /* requests without an answer that nobody had disturbed */
    enum outcome outcome;     /* the worst of the verdicts */
    struct verdict *verdicts; /* all that are not a pass */
    size_t verdict_count, verdict_cap;
    const struct history *history; /* may be NULL */
};

/* Append a copy of `verdict` (not of what it points to) with the arena; passes
 * are not kept.  Keeps result->outcome the worst: error, fail, xpass, unknown,
 * not-run, xfail, nonstrict, info, flaky, unimplemented, skip, pass. */
void result_add(struct run_result *result, struct arena *arena,
                const struct verdict *verdict);
/* One more line of evidence, in the arena.  Over VERDICT_LINES the last line
 * becomes "… and more". */
void verdict_explain(struct verdict *verdict, struct arena *arena,
                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
