/* SPDX-License-Identifier: MIT */
/* parse - what the parts of the parser share.  Layer: harness/scenario.
 *
 *   parse.c   the file: lines, scenarios, `each`, how errors read
 *   header.c  lines that start at column 1; actors.c the longer ones
 *   step.c    indented lines; args.c their words, options and fields;
 *             words.c, values.c and channels.c what is true of those */
#ifndef SYNCSPEC_HARNESS_SCENARIO_PARSE_H
#define SYNCSPEC_HARNESS_SCENARIO_PARSE_H

#include "harness/scenario/each.h"
#include "harness/scenario/lex.h"
#include "harness/scenario/suggest.h"

enum header_id {
    HEADER_SCENARIO,
    HEADER_COVERS,
    HEADER_SOURCE,
    HEADER_CLIENTS,
    HEADER_COLLECTION,
    HEADER_EACH,
    HEADER_ONBOARDING,
    HEADER_WORLDS,
    HEADER_DIALECT,
    HEADER_TIMERS,
    HEADER_STRATEGY,
    HEADER_VALUES,
    HEADER_NEEDS,
    HEADER_ALONE,
    HEADER_PAGE,
    HEADER_LATENCY,
    HEADER_TAKES,
    HEADER_PLANTS,
    HEADER_CAUGHT,
    HEADER_COUNT
};

struct header {
    enum header_id id;
    const char *name;
    bool repeats;        /* may be there more than once */
    const char *choices; /* of its one word; NULL: read by its own function */
    const char *help;    /* one sentence */
    const char *example;
};

/* All, HEADER_COUNT of them, in the order of the manual and of printing. */
const struct header *header_all(void);

/* Memory of one scenario's growing lists. */
struct caps {
    size_t covers, sources, clients, collections, onboarding, steps, expects,
        body_lines, channels;
};

/* A live channel that lines above have opened: see channels.h. */
struct channel_seen {
    struct str name; /* of a raw one; empty: the client's own */
    unsigned kind;
    uint32_t next; /* of the same client; UINT32_MAX: none */
};

struct parser {
    struct str file;
    struct arena *arena;
    struct err *err;
    struct buf scratch; /* the line with `each` values put in */
    struct buf body;    /* a body with its spells */
    size_t work;        /* bytes made so far, against PARSE_WORK_MAX */

    const struct scenario_facts *facts;
    struct each each;   /* of the current scenario */
    bool each_faulty;   /* a line of it is wrong: reported when reached */
    uint32_t each_line; /* … that line */
    struct each_fault each_fault;

    struct scenario *now; /* being read */
    struct caps caps;
    uint32_t header_lines[HEADER_COUNT]; /* where each was; 0: not yet */
    uint32_t *everyone;                  /* indexes of all clients */
    bool declared;                       /* it has `collection` lines */
    struct str *body_lines;              /* of the last step, as written */
    size_t body_count;
    struct channel_seen *channels;
    size_t channel_count;
    uint32_t *channel_first; /* of each client; NULL: nobody has any */

    struct str raw; /* the current line as written */
    uint32_t line;  /* its number */
    bool replaced;  /* `each` values were put into it */
};

/* Bytes of scenarios that one file may turn into. */
enum { PARSE_WORK_MAX = 128 << 20 };

/* Fail at a column of the current line: "FILE:LINE:COLUMN: …". */
enum status parse_fail(struct parser *parser, uint32_t column,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As parse_fail with ST_LIMIT. */
enum status parse_limit(struct parser *parser, uint32_t column,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* `unknown WHAT "x"; did you mean …`; frees the suggestion. */
enum status parse_unknown(struct parser *parser, uint32_t column,
                          const char *what, struct suggest *suggest);
/* The same for `unknown value of NAME "x"`, one of "a|b|c". */
enum status parse_unknown_choice(struct parser *parser,
                                 const struct token *token, struct str name,
                                 const char *choices);
/* Memory from the arena; NULL after parse_limit. */
void *parse_alloc(struct parser *parser, size_t count, size_t size);
/* The list, with room for one more than `count`; NULL after parse_limit. */
void *parse_grow(struct parser *parser, void *list, size_t count, size_t *cap,
                 size_t size);
/* A copy in the arena; false after parse_limit. */
bool parse_copy(struct parser *parser, struct str s, struct str *out);

/* All tokens of the current line.  Fails on what cannot be cut. */
enum status parse_tokens(struct parser *parser, struct str line,
                         struct token **out, size_t *count);

/* Readable, for "%s" of a message: quotes, escapes, cut to 60 bytes.  Room
 * for four a message. */
struct quoted {
    char text[80];
};
struct quoted parse_quote(struct str s);

/* The index of a client; -1 when there is none. */
int64_t parse_client(const struct parser *parser, struct str name);
/* Fail with the names that there are. */
enum status parse_unknown_client(struct parser *parser, struct str name,
                                 uint32_t column);
/* Is `name` a collection?  Declares it when the scenario declares none. */
enum status parse_collection(struct parser *parser, struct str name,
                             uint32_t column);
enum status parse_clause(struct parser *parser, struct str id, uint32_t column);

/* header.c: a line that starts at column 1. */
enum status header_parse(struct parser *parser, struct str line);
/* What must be there before the first step, or at the end. */
enum status header_finish(struct parser *parser);
/* The first step comes: are the headers enough for it? */
enum status header_before_steps(struct parser *parser);
/* Defaults of a scenario. */
void header_defaults(struct scenario *scenario);

/* Fail with the example of a header whose line says too little. */
enum status header_expected(struct parser *parser, enum header_id id);
/* Fail because a token was there before. */
enum status header_twice(struct parser *parser, const struct token *token);

/* actors.c: `clients` and `collection`, tokens without the keyword. */
enum status actors_read_clients(struct parser *parser, struct token *tokens,
                                size_t count);
enum status actors_read_collection(struct parser *parser, struct token *tokens,
                                   size_t count);

/* step.c: an indented line. */
enum status step_parse(struct parser *parser, struct str line);
/* `onboarding tasks/1 title="x"`: a step with the verb `inserts`. */
enum status step_parse_onboarding(struct parser *parser, struct token *tokens,
                                  size_t count, struct step *out);
/* The body of the last step is complete. */
enum status step_finish_body(struct parser *parser);

/* args.c: everything behind the verb. */
enum status args_parse(struct parser *parser, struct step *step,
                       const struct token *tokens, size_t count);
enum status args_parse_expects(struct parser *parser,
                               const struct token *tokens, size_t count,
                               struct expectation *out);
/* Value of a token: unescaped, canonical JSON where it is JSON. */
enum status args_value(struct parser *parser, const struct token *token,
                       struct arg *out);

#endif
