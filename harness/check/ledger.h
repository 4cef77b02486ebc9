/* SPDX-License-Identifier: MIT */
/* ledger - a history read once and put in order: who wrote what to which
 * register, what became of it, and who was told.  The oracle and all checkers
 * work on this.  It shares no merge code with client or server.
 * Layer: harness/check. */
#ifndef SYNCSPEC_HARNESS_CHECK_LEDGER_H
#define SYNCSPEC_HARNESS_CHECK_LEDGER_H

#include "harness/check/check.h"

enum known {
    KNOWN_ACKED,   /* 2xx from the server itself */
    KNOWN_REFUSED, /* another status from the server itself */
    KNOWN_NEVER,   /* surely did not reach the server */
    KNOWN_UNKNOWN  /* no answer: may have taken effect */
};

/* One request and its end. */
struct trip {
    const struct event *send, *reply; /* reply NULL: never came */
    const struct actor *who;          /* with the user it had then */
    enum known known;
    bool faulted; /* the script's bad network touched it */
    bool decided; /* unknown, but its effect was seen: counts as acked */
};

/* One register write: in a push (trip set) or a local edit (trip NULL). */
struct write {
    struct write *next; /* of the same register, in order of the history */
    struct trip *trip;
    const struct event *event; /* EV_SEND or EV_EDIT */
    enum op op;
    struct str value;
    struct instant at;
    bool wild; /* a delete whose time the server gives */
};

/* What one device, or the observer, holds of a register. */
struct held {
    bool present;
    struct str value;
    struct instant at;
    uint32_t seq; /* event that brought it */
};

struct reg {
    struct reg *next; /* all, in order of first appearance */
    struct reg *same_hash;
    uint64_t hash;
    struct str user, app, table, id, name;
    struct write *sent, *sent_last;   /* of pushes */
    struct write *edits, *edits_last; /* of local writes */
    const struct write *must;         /* greatest acknowledged write */
    bool wild; /* nobody can say what it should hold: a time given by the
                  server, an answer that the script made up, a wiped server */
    struct held *told;   /* per device: fold of what the server delivered and
                            of its own edits, since its database was made */
    struct held *dump;   /* per device: its replica at the end */
    struct held *served; /* per device: fold of what was delivered, alone */
};

struct ledger {
    const struct check_input *input;
    struct arena *arena;
    struct trip *trips; /* by exchange id */
    size_t trip_count;
    struct reg *regs, *regs_last;
    struct reg **table;
    size_t table_cap, reg_count;
    uint32_t settle_seq; /* where the script and its healing end */
    uint32_t devices;    /* actors' devices are below this */
    bool *rebuilt;       /* per device: wiped, restored, … at some time */
    uint32_t *lives;     /* per device: 1 << enum life, of all that happened */
    bool *dumped;        /* per device: has a final state */
    uint32_t *actor_of;  /* per device: its first actor */
    const struct actor **now; /* per actor: with the user it signed in as */
    struct line *lines;       /* live channels, by number: see lines.h */
    size_t line_count;
    const struct event **heard; /* every EV_HEAR, in order */
    size_t heard_count;
    int64_t settled_ms; /* when the script and its healing were over */
    bool *astray; /* per device: it resumed a stream behind what it was told */
};

struct line;

/* Everything in the input's arena. */
void ledger_build(struct ledger *ledger, const struct check_input *input);

/* The declared total order: instant, then canonical text. */
int order_cmp(struct instant a_at, struct str a, struct instant b_at,
              struct str b);
bool held_is_write(const struct held *held, const struct write *write);
/* Could the register rightly hold this, by what was acknowledged? */
bool reg_allows(const struct reg *reg, const struct held *held);
/* Is it of that client's user and app, in a collection that clients have? */
bool reg_concerns(const struct ledger *ledger, const struct reg *reg,
                  const struct actor *client);
/* One record, to ask for several of its registers. */
struct record_key {
    const struct actor *who; /* its user and app */
    struct str table, id;
    uint64_t hash;
};
struct record_key record_key(const struct actor *who, struct str table,
                             struct str id);
struct reg *ledger_find(const struct ledger *ledger,
                        const struct record_key *key, struct str name);
/* With the user that it ended with. */
const struct actor *ledger_device(const struct ledger *ledger, uint32_t device);
const struct actor *ledger_actor(const struct ledger *ledger,
                                 const struct event *event);
bool ledger_covers(const struct ledger *ledger, const char *clause);
/* Effective: acknowledged, or unknown but seen. */
bool trip_took_effect(const struct trip *trip);

/* Call `each` for every register write that a change makes. */
struct change_writes {
    void (*each)(void *context, struct str name, struct str value,
                 struct instant at, bool wild);
    void *context;
    struct arena *arena;
};
void change_fold(const struct change *change, const struct change_writes *sink);

#endif
