/* SPDX-License-Identifier: MIT */
/* wire_answer - the answer to an upgrade, read from the bytes of a connection:
 * a head, and a body when it is not 101.  No I/O.
 * Layer: harness/transport, not for others. */
#ifndef SYNCSPEC_HARNESS_TRANSPORT_WIRE_ANSWER_H
#define SYNCSPEC_HARNESS_TRANSPORT_WIRE_ANSWER_H

#include "harness/transport/wire_head.h"

struct wire_opening;

enum wire_answer_state {
    WIRE_ANSWER_MORE,     /* bytes are needed */
    WIRE_ANSWER_SWITCHED, /* 101: what follows is not HTTP any more */
    WIRE_ANSWER_WHOLE,    /* another answer, with its body */
    WIRE_ANSWER_WRONG,    /* not HTTP: `why` */
    WIRE_ANSWER_TOO_BIG
};

struct wire_answer {
    struct buf bytes; /* the first `used` are done with */
    size_t used;
    bool has_head, chunked;
    uint64_t left;   /* of the body; UINT64_MAX: until the end */
    const char *why; /* a sentence that lives for ever */
};

enum { WIRE_ANSWER_MAX = 4 << 20 };

void wire_answer_init(struct wire_answer *answer);
void wire_answer_free(struct wire_answer *answer);
/* Bytes came, also after the state was WIRE_ANSWER_MORE; head, body and status
 * are written to `out`. */
enum wire_answer_state wire_answer_feed(struct wire_answer *answer,
                                        struct str bytes,
                                        struct wire_opening *out);
/* The connection ended properly: WIRE_ANSWER_WHOLE, or WIRE_ANSWER_MORE when
 * something is missing. */
enum wire_answer_state wire_answer_end(const struct wire_answer *answer);
/* What came behind the head of a 101. */
struct str wire_answer_rest(const struct wire_answer *answer);

/* Does the 101 keep to RFC 6455, 4.1, for this key (empty: none was sent)?
 * NULL: it does; else a sentence that lives for ever.  With `strict` nothing
 * may be agreed on that nobody asked for. */
const char *wire_answer_judge(const struct wire_head *head, struct str key,
                              bool strict);

#endif
