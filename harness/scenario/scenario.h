/* SPDX-License-Identifier: MIT */
/* scenario - a test as data: what the text of a .sync file says.
 * Layer: harness/scenario.  All strings live in the arena it was parsed into.
 */
#ifndef SYNCSPEC_HARNESS_SCENARIO_SCENARIO_H
#define SYNCSPEC_HARNESS_SCENARIO_SCENARIO_H

#include "base/arena.h"
#include "base/err.h"
#include "harness/scenario/verbs.h"

enum arg_op { ARG_EQ, ARG_NE, ARG_CONTAINS, ARG_LE, ARG_GE };

/* `key=value`, or a word alone (key empty). */
struct arg {
    struct str key;
    enum arg_op op;
    struct str value; /* word: as written; string: unescaped */
    struct str json;  /* canonical JSON when the value is a JSON literal
                         (quoted string, number, true, [..] …), else empty */
    bool quoted;
    uint32_t column;
    int64_t ms; /* by the verb table: a duration in ms; a number; a percentage
                   as per mille; a client as its index, -1 for a word in
                   place of one; an HTTP status; else 0 */
};

/* What it comes to when this is what holds. */
enum grade { GRADE_PASS, GRADE_NONSTRICT, GRADE_INFO };
const char *grade_name(enum grade grade); /* "pass", "nonstrict", "info" */

/* An `expects` line under `sends` or `connects`, or one of the `or` lines
 * behind it: of those that belong together, the first that holds decides. */
struct expectation {
    struct arg *args;
    size_t count;
    uint32_t line, column;
    struct str clause; /* of `clause=ID`, else empty: as the step */
    bool alternative;  /* an `or` line */
    enum grade grade;  /* of an `or` line */
};

enum who_kind {
    WHO_CLIENTS,
    WHO_EVERYONE,
    WHO_NET,
    WHO_CLOCK,
    WHO_SERVER,
    WHO_STORM
};

struct step {
    uint32_t line, column;
    int64_t after_ms; /* of `+TIME`; 0: none */
    enum who_kind who_kind;
    uint32_t *who; /* indexes of clients; of everyone: all */
    size_t who_count;
    const struct verb *verb;
    struct arg *words; /* positional, in order */
    size_t word_count;
    struct arg *options; /* named ones of the verb table */
    size_t option_count;
    struct arg *fields; /* name=value of a record, after its reference */
    size_t field_count;
    bool has_at;          /* `@TIME` or `@+5s`: the wall clock of an edit */
    struct str at;        /* "2026-03-27T10:05:00.000Z", always complete */
    struct str body;      /* `|` lines under `sends`, `says` or `frames`, joined
                             by newlines, with {3*ab} and {\xFF} put in; may
                             hold any bytes; a large one is only made when it
                             is sent, see body.h, and empty here */
    size_t body_bytes;    /* how many it has, or will have */
    struct str body_text; /* the same as it was written; empty: as body */
    bool has_body;
    struct expectation *expects;
    size_t expect_count;
    struct str clause; /* of `clause=ID`; empty: by the verb table */
    struct str text;   /* the line, white space folded */
};

struct client_decl {
    struct str name;
    struct str user;   /* default: "user" */
    struct str app;    /* default: "app" */
    struct str tab_of; /* second tab of this client's device; empty: own */
    bool guest;        /* not signed in at the start */
    bool offline;      /* at the start */
    uint32_t line, column;
};

struct collection_decl {
    struct str name;
    struct {
        struct str name, type;
    } * fields;
    size_t field_count;
};

enum { WORLD_VIRTUAL = 1, WORLD_WIRE = 2 };

struct scenario {
    struct str file, name;
    struct str variant; /* "OP=\"upsert\"" of `each`; empty */
    uint32_t line;
    size_t index; /* in the file, from 1, after `each` */
    struct str *covers;
    size_t cover_count;
    struct str *sources; /* public reports that it stands for */
    size_t source_count;
    struct client_decl *clients;
    size_t client_count;
    struct collection_decl *collections;
    size_t collection_count;
    struct step *onboarding; /* `onboarding tasks/1 title=…` lines */
    size_t onboarding_count;
    struct step *steps;
    size_t step_count;
    unsigned worlds;   /* bits */
    unsigned dialects; /* bits; default both */
    bool timers;       /* clients act by themselves; default off */
    bool restartable;  /* `needs restart`: the suite must control the server */
    bool alone;        /* to be played while no other scenario is */
    struct str strategy;                     /* "field-level-lww" */
    int64_t latency_low_ms, latency_high_ms; /* virtual; default 20..20 */
    int64_t server_low_ms, server_high_ms;   /* virtual; default 0..0 */
    bool repeated_values; /* `values repeated`: written values need not be
                             unique */
    int64_t page_size;    /* `page 10`: of the bundled server; 0: dialect's */
    struct str planted;   /* museum: "server:NAME" or "client:NAME" */
    struct str caught_by; /* checker */
    struct str caught_clause;
};

/* What is known of a server before its scenarios are read: the numbers behind
 * `@page` and `@body` in `each`.  0: not known, the default counts. */
struct scenario_facts {
    int64_t page_size;  /* changes in one page; default 1000 */
    int64_t body_limit; /* bytes of a body; default 10 MiB */
};

struct scenario_list {
    struct scenario *items;
    size_t count, cap;
    const struct scenario_facts *facts; /* borrowed while parsing; NULL: the
                                           defaults */
};

/* References and fields, in short:
 * - a reference is kept in words[].value as collection/id, split at the first
 *   slash; an id that was quoted may hold anything, slashes too;
 * - fields[] have key and json; a field that must not be there (`sees` only,
 *   name=absent) has an empty json;
 * - a scenario that declares no collection has those that its steps name. */

/* Parse a whole file and append its scenarios, `each` expanded.  On failure
 * the first error: "FILE:LINE:COLUMN: what, and what was meant". */
enum status scenario_parse(struct str file, struct str text,
                           struct arena *arena, struct scenario_list *list,
                           struct err *err);
/* The same text with its columns aligned; comments and order are kept. */
enum status scenario_format(struct str file, struct str text, struct buf *out,
                            struct err *err);
/* A scenario (generated, expanded, shrunk) as text that parses to the same. */
void scenario_print(const struct scenario *scenario, struct buf *out);

/* One step on one line, without newline, body and expectations. */
void step_print(const struct scenario *scenario, const struct step *step,
                struct buf *out);

const struct arg *step_option(const struct step *step, const char *key);

/* What a word of `hears` is: its verb's row says which are words of the
 * language.  Fields, if any, are of the only record. */
enum heard_kind { HEARD_WORD, HEARD_COLLECTION, HEARD_RECORD };
enum heard_kind heard_kind(const struct verb *verb, const struct arg *word);
/* The word with the record that the fields of a step are of; NULL: none. */
const struct arg *step_record(const struct step *step);
/* Does `connects` to this target open a WebSocket?  Else an event stream. */
bool target_is_socket(struct str target);
/* Does any step open a live channel? */
bool scenario_listens(const struct scenario *scenario);
/* "60s", "1500ms", "2m", "1h", "1d" to milliseconds; a minus sign in front is
 * taken.  False when it is something else, or over 10 000 days. */
bool duration_parse(struct str text, int64_t *ms);

#endif
