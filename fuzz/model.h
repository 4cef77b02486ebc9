/* SPDX-License-Identifier: MIT */
/* model - what a sync server must answer, kept naively: one list of accepted
 * changes in the order of their commits, and for each cursor that was ever
 * given the place in that list that it stands for.  It knows the wire and
 * nothing of the bundled server.  Layer: fuzz. */
#ifndef SYNCSPEC_FUZZ_MODEL_H
#define SYNCSPEC_FUZZ_MODEL_H

#include "protocol/codec.h"

enum { MODEL_ROWS_MAX = 1024, MODEL_MARKS_MAX = 512 };

struct model_row {
    struct str user, app, client, table, id;
    struct str text; /* as sent, without what a server adds */
    bool untimed;    /* a delete whose time the server gives */
};

/* A cursor: everything in front of `position` is behind the client. */
struct mark {
    struct instant at;
    size_t position;
    bool first; /* of a first sync: own changes come too */
};

struct model {
    struct arena *arena; /* borrows */
    const struct dialect *dialect;
    size_t page_size; /* 0: none */
    struct model_row rows[MODEL_ROWS_MAX];
    size_t count;
    struct mark marks[MODEL_MARKS_MAX];
    size_t mark_count;
    struct buf scratch;
};

/* Who asks for what. */
struct question {
    struct str user, app, client;
    struct str table; /* empty: all */
    struct str since;
};

/* Empty, with one mark: the first-sync cursor.  `arena` must outlive it. */
void model_open(struct model *model, struct arena *arena,
                const struct dialect *dialect, size_t page_size);
void model_close(struct model *model);
/* False when the next push might not fit. */
bool model_has_room(const struct model *model, size_t changes);
/* The mark of a cursor in any spelling, or NULL. */
const struct mark *model_mark(const struct model *model, struct str cursor);

/* Claim that `answer` is what the model would say, and take its cursor among
 * the marks.  A cursor that was never given may be answered by anything that
 * is the asker's.  `pushed` is the changeset of a push that was accepted: its
 * changes are appended, less those that the list has already; else NULL. */
void model_judge(struct model *model, const struct question *question,
                 const struct response *answer, const struct changeset *pushed);

#endif
