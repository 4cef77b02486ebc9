/* SPDX-License-Identifier: MIT */
/* renderer - what one format provides, and what report.c keeps for it.
 * Layer: reports; only for the files of the formats. */
#ifndef SYNCSPEC_REPORTS_RENDERER_H
#define SYNCSPEC_REPORTS_RENDERER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/intern.h"
#include "reports/report.h"

/* One format.  Each function appends to report->out and calls report_flush as
 * often as it wants something to be seen; what is left is flushed behind it. */
struct renderer {
    const char *name;
    /* Once, with run and planned set. */
    void (*begin)(struct report *report);
    /* `result` is already counted in the totals.  It borrows: copy to keep. */
    void (*result)(struct report *report, const struct run_result *result);
    /* Once, all counted, totals.took_ms set (negative: not known). */
    void (*end)(struct report *report);
    /* Gives back what `state` owns outside of the arena; may be NULL. */
    void (*free)(struct report *report);
};

/* The ceiling of what one renderer builds up before it writes. */
#define RENDERER_BYTES ((size_t)1 << 30)
/* Of what is kept from begin to end: the plan, names, reasons. */
#define RENDERER_ARENA ((size_t)4 << 30)

struct plan_index; /* planned results by what they are called */

struct report {
    const struct renderer *renderer;
    FILE *stream; /* borrows; NULL: only the totals are wanted */
    struct report_options options;
    struct arena arena;      /* lives as long as the report */
    struct report_run run;   /* copied */
    struct run_result *plan; /* copied: id name file group world dialect
                                covers */
    bool *plan_done;
    size_t plan_count;
    struct plan_index *index;
    struct intern ids, worlds; /* distinct ones, planned or ended */
    struct report_totals totals;
    struct buf out;
    bool begun, ended;
    struct err trouble; /* the first, ST_OK: none */
    void *state;        /* of the renderer, in the arena, zeroed */
};

/* Write out what is in report->out as one fwrite, and fflush.  Keeps the first
 * failure in report->trouble. */
void report_flush(struct report *report);
/* True for the outcomes that need somebody's attention: failures, and what was
 * not decided, died or was not run. */
bool outcome_is_bad(enum outcome outcome, bool strict);
/* The same of a result of this report. */
bool report_is_bad(const struct report *report,
                   const struct run_result *result);
/* The counts of totals that have an outcome each, in the order in which people
 * read them: passed, failed, …, not run. */
struct totals_row {
    enum outcome outcome;
    const char *key;  /* of JSON lines: "not_run" */
    const char *word; /* "not run" */
    size_t offset;    /* in struct report_totals */
};
extern const struct totals_row totals_rows[OUTCOMES];
size_t *totals_count(struct report_totals *totals,
                     const struct totals_row *row);
size_t totals_get(const struct report_totals *totals,
                  const struct totals_row *row);
/* Append "240 passed, 1 failed, 2 skipped": passed always, others when there
 * are any. */
void totals_write(const struct report_totals *totals, struct buf *out);
/* Append "87 scenarios in 3 worlds". */
void report_scope_write(const struct report *report, struct buf *out);
/* Append "12 ms", "1.2 s", "2 min 14 s". */
void duration_write(int64_t took_ms, struct buf *out);

extern const struct renderer text_renderer, junit_renderer, tap_renderer,
    jsonl_renderer, markdown_renderer, github_renderer, clauses_renderer,
    badge_renderer, shields_renderer;
/* Renders nothing: for the totals. */
extern const struct renderer null_renderer;

/* As report_create, for a renderer at hand.  Never fails. */
struct report *report_new(const struct renderer *renderer, FILE *stream,
                          const struct report_options *options);

/* Why something planned has no result. */
#define REPORT_WHY_NOT_RUN STR("the run ended before it")

#endif
